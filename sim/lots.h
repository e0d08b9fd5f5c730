/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/loop.h"
#include "sim/authority.h"
#include "sim/rules.h"

/*
 * Every lot that was ever received, in the order of reception, and their processing. In the state folder:
 *   ledger.jsonl     one line for each lot received, on disk before the answer;
 *   lots/LOT.txt     the bytes as they came;
 *   processed.jsonl  one line for each lot processed. Results are not stored: the rules give the same ones again.
 */
struct sim_lot {
    char lot[10], folio[20];
    char rp[12];
    char *user, *fingerprint, *serial, *rfc, *name; /* of the identity that sent it */
    const char *type;                               /* "Reingresos" … */
    char sha256[65];
    char huella[41]; /* SHA-1 of the bytes */
    char sello[129];
    char notary[11];
    int64_t received_us;
    size_t size;
    size_t counts[_RECORD_KINDS];
    bool stuck; /* will never be processed */
    bool processed;
    struct result result; /* once processed */
    char *path;           /* of the bytes */
};

struct lots;

struct lots_options {
    const char *dir;
    uint64_t seed;
    int64_t delay_us; /* from reception to the result */
};

/* Loads what is there and goes on processing it. */
int lots_open(struct loop *loop, const struct lots_options *options, struct lots **ret, struct err *err);
struct lots *lots_free(struct lots *lots);

/*
 * Takes a file, or refuses it as a whole: *ret is the lot, or *ret_refusal says why not (Spanish, new string). The lot is
 * on disk when this returns. A negative return means that it could not be stored.
 */
int lots_receive(struct lots *lots, const struct authority_account *account, const struct buf *bytes,
                 bool stuck, const struct sim_lot **ret, char **ret_refusal, struct err *err);

/* By its number, or NULL. */
const struct sim_lot *lots_find(const struct lots *lots, const char *number);
/* How many there are; the i-th one, 0 being the oldest. A lot stays where it is until lots_free(). */
size_t lots_count(const struct lots *lots);
const struct sim_lot *lots_at(const struct lots *lots, size_t i);

/* Reads the stored bytes and finds the records in them, which point into *ret_bytes. */
int lot_read(const struct sim_lot *lot, struct buf *ret_bytes, struct record_list *ret, struct err *err);
