/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <jansson.h>

#include "base/err.h"
#include "evidence/bundle.h"
#include "evidence/movements.h"
#include "idse/receipt.h"
#include "vault/proof.h"

/*
 * The examination of one bundle, without the daemon, the portal or any network: checks in a fixed order, each of which may
 * use what those before it read.
 */
enum verdict { VERDICT_OK, VERDICT_FAILED, VERDICT_NOT_CHECKED, _VERDICT_MAX };

struct outcome_of_check {
    const char *check; /* stable name */
    enum verdict verdict;
    char *text; /* a sentence */
};

struct examination {
    struct bundle *bundle;
    json_t *lot;          /* lot.json */
    json_t *history;      /* history.json */
    struct buf movements; /* movements.json */
    struct buf records;
    struct signature *signatures;
    size_t n_signatures;
    struct acuse acuse;
    struct constancia constancia;
    bool has_acuse, has_constancia; /* they were read */
    size_t *row_of;                 /* the constancia's row of each record; NULL: it was not matched */
    size_t n_records;
    struct outcome_of_check *outcomes;
    size_t n_outcomes;
    bool incomplete; /* a check could not be made for want of something on this machine */
};

/*
 * Opens and examines; `fd` is taken over. What is wrong with the bundle is in the outcomes; negative only for what is wrong
 * here.
 */
int examine(int fd, struct examination *ret, struct err *err);
void examination_free(struct examination *examination); /* fields only */
bool examination_failed(const struct examination *examination);
/* The verdict on one check; VERDICT_NOT_CHECKED when it was not reached. */
enum verdict examination_verdict(const struct examination *examination, const char *check);

/* ---- the checks; the text is a sentence, whatever the verdict ---- */
enum verdict check_manifest(struct examination *e, struct buf *text);
enum verdict check_contents(struct examination *e, struct buf *text);
enum verdict check_records(struct examination *e, struct buf *text);
enum verdict check_history(struct examination *e, struct buf *text);
enum verdict check_entries(struct examination *e, struct buf *text);
enum verdict check_signature(struct examination *e, struct buf *text);
enum verdict check_signer(struct examination *e, struct buf *text);
enum verdict check_tls(struct examination *e, struct buf *text);
enum verdict check_acuse(struct examination *e, struct buf *text);
enum verdict check_serial(struct examination *e, struct buf *text);
enum verdict check_constancia(struct examination *e, struct buf *text);
enum verdict check_movements(struct examination *e, struct buf *text);
enum verdict check_tables(struct examination *e, struct buf *text);
enum verdict check_report(struct examination *e, struct buf *text);
enum verdict check_sello(struct examination *e, struct buf *text);

/* ---- what they share ---- */
/* Writes the sentence and gives the verdict. */
enum verdict said(enum verdict verdict, struct buf *text, const char *fmt, ...) _printf_(3, 4);
const char *text_of(const json_t *object, const char *key); /* "" for none */
int64_t number_of(const json_t *object, const char *key);
/* The part "lot" of lot.json; an instant, as time_format_iso() writes it, in microseconds, 0 for none. */
const json_t *lot_of(const struct examination *e);
int64_t instant_of(const json_t *object, const char *key);
/* The last document of that kind in lot.json, or NULL. */
const json_t *document_of(const struct examination *e, enum document_kind kind);
/* Reads a JSON file of the bundle. */
int read_json(struct bundle *bundle, const char *name, json_t **ret, struct err *err);
