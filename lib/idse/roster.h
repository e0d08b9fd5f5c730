/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "idse/finding.h"
#include "idse/worker.h"

/*
 * The staff as the payroll has it, held against the workers that IMSS has by the movements that it operated. Both are lists
 * of pairs of registro patronal and NSS.
 */

/* A row of the roster, or a worker at IMSS. */
struct roster_entry {
    char rp[12], nss[12];
    char *name;                /* owned; NULL: not known */
    int32_t sbc_centavos;      /* 0: not known */
    int32_t since;             /* yyyymmdd of the alta; 0: not known */
    uint32_t line;             /* of the roster; 0: of a worker at IMSS */
    enum worker_status status; /* of a worker at IMSS */
    uint32_t pending;          /* movements of it that are on their way */
};

struct roster {
    struct roster_entry *entries;
    size_t n;
};
void roster_free(struct roster *roster);
/* Adds one; takes the name over. */
void roster_add(struct roster *roster, const struct roster_entry *entry);
/* The parts of a name that are there, with blanks between them; NULL when none is. New string. */
char *roster_name(const char *first_surname, const char *second_surname, const char *names);
/* By registro patronal and NSS, as roster_compare() needs it. */
void roster_sort(struct roster *roster);

/*
 * Reads a table (CSV) with the columns NSS and, unless `rp` is given for all of it, registro patronal; SBC, date of the alta
 * and name may be there. Rows of another registro patronal than `rp` are passed over. Whatever is wrong is a finding with
 * line and cell, and then ERR_INVALID_FILE: what is left out would be taken for a difference.
 */
int roster_read(const void *data, size_t n, const char *rp, struct findings *findings, struct roster *ret,
                struct err *err);

enum roster_difference {
    ROSTER_MISSING_ALTA, /* on the roster, not active at IMSS: nobody is insured */
    ROSTER_GHOST,        /* active at IMSS, not on the roster: dues go on */
    ROSTER_SBC,          /* another SBC */
    ROSTER_PENDING,      /* one of these, but movements of the worker are on their way */
};
const char *roster_difference_name(enum roster_difference difference);  /* "missing-alta", …: stable */
const char *roster_difference_label(enum roster_difference difference); /* for people, translated */

/* Called for each difference, in order; one of the two is NULL where it is not there. */
typedef void roster_fn(void *data, enum roster_difference difference, const struct roster_entry *ours,
                       const struct roster_entry *imss);
/* Both sorted. Workers of a registro patronal that the roster does not have are passed over. */
void roster_compare(const struct roster *ours, const struct roster *imss, roster_fn *fn, void *data);
