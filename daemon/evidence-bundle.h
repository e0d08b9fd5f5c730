/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "idse/law.h"
#include "store/store.h"

struct evidence_order {
    struct store *reader;  /* store_open_reader() */
    const struct law *law; /* without a calendar there are no legal dates */
    int64_t lot;
    int fd; /* an empty file, to be written at any place */
    /* Asked again and again; negative gives up. */
    int (*go_on)(void *data, struct err *err);
    void *data;
};

/*
 * Writes the evidence bundle of a lot, as the store of a reader has it. Takes seconds for a large lot, in bounded memory: for
 * a worker thread. Nothing secret is in what it reads: transcripts are stored without. ERR_UNKNOWN_LOT, ERR_IO,
 * ERR_STORE_CORRUPT, or what go_on() says.
 */
int evidence_bundle_write(const struct evidence_order *order, struct err *err);
