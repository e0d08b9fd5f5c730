/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "idse/receipt.h"

/*
 * The CSV that the portal gives of a processed lot, held against its constancia. What its columns are is not published, so
 * they are found by their headings, in any order, and nothing relies on what they say: it can only raise doubts. Pure.
 */
struct csv_doubts {
    /*
     * A movement that the constancia lists as operado the CSV calls rechazado, or the other way round: then neither can be
     * believed. NULL: none.
     */
    char *contradictions;
    char *remarks; /* what else differs, or could not be compared; NULL: nothing */
};

/* What cannot be read is a remark, no error. Fills the doubts, for csv_doubts_free(). */
void result_csv_compare(const void *csv, size_t n, const struct constancia *constancia,
                        struct csv_doubts *ret);
/*
 * Is it a table at all, and are its headings those of results? A table of others may be the portal's all the same, if somebody
 * says so.
 */
enum result_csv_kind { RESULT_CSV_NO_TABLE, RESULT_CSV_OTHER_TABLE, RESULT_CSV_RESULTS };
enum result_csv_kind result_csv_kind(const void *csv, size_t n);
/* Both, as one text; NULL when there are none. New string. */
char *csv_doubts_text(const struct csv_doubts *doubts);
void csv_doubts_free(struct csv_doubts *doubts); /* frees the fields, not the struct */
