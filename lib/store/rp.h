/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/err.h"
#include "idse/lot.h"
#include "idse/record.h"

/* Registros patronales, and how they stand. */
struct store;

struct store_rp {
    char rp[12];
    char *name;   /* razón social */
    char guia[6]; /* for movements that have none of their own; "" = none */
    enum enye_policy enye;
    bool paused;
    bool approval;       /* what is submitted for it waits until a second person approves it */
    int64_t certificate; /* id; 0 = none */
    int64_t added_us;
};
void store_rp_free(struct store_rp *rp);                                              /* fields only */
int store_rp_add(struct store *store, const struct store_rp *rp, struct err *err);    /* ERR_RP_EXISTS */
int store_rp_update(struct store *store, const struct store_rp *rp, struct err *err); /* ERR_UNKNOWN_RP */
/* ERR_RP_IN_USE while lots of it are not final; history stays. */
int store_rp_remove(struct store *store, const char *rp, struct err *err);
int store_rp_get(struct store *store, const char *rp, struct store_rp *ret,
                 struct err *err); /* ERR_UNKNOWN_RP */
/* Was it ever registered, removed since or not? 1 or 0. */
int store_rp_known(struct store *store, const char *rp, struct err *err);
/* Another number than before once one of them may have changed. */
uint64_t store_rp_version(const struct store *store);
/* All, sorted by rp; *ret is an array of *ret_n to be freed with store_rps_free(). */
int store_rp_list(struct store *store, struct store_rp **ret, size_t *ret_n, struct err *err);
void store_rps_free(struct store_rp *rps, size_t n);

/* How a registro patronal stands: lots, unless it says movements. */
struct store_overview {
    char rp[12];
    int64_t queued, uncertain, received, quarantined;
    int64_t held;
    enum lot_hold hold; /* one of those that hold them */
    int64_t late,
        due; /* not at IMSS, or rejected there and not corrected, with the last legal day over, or today */
    int64_t rejected;   /* movements that IMSS rejected, in lots that were not corrected */
    int64_t failed;     /* lots whose file was refused, neither taken again nor given up */
    int64_t success_us; /* when a lot was last accepted, in whole or in part; 0: never */
};
/* All that are registered, sorted by rp; free the array with free(). `today` is yyyymmdd in Mexico. */
int store_overview_list(struct store *store, int32_t today, struct store_overview **ret, size_t *ret_n,
                        struct err *err);
