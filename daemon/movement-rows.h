/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "bus/message.h"
#include "idse/calendar.h"
#include "store/search.h"

/* A page of movements in the two forms in which it is given out. All of it runs in worker threads too. */

struct movement_rows {
    uint64_t fields;                 /* a set */
    const struct calendar *calendar; /* for deadlines; may be NULL */
};

/* The set of fields with these names; all, when there are none. ERR_INVALID_ARGUMENT. */
int movement_rows_fields(const struct bus_strings *names, uint64_t *ret, struct err *err);
/* Are the documents of the movements' lots among them? */
bool movement_rows_need_documents(uint64_t fields);
/* As aa{sv}. */
void movement_rows_write(struct bus_writer *w, const struct search_page *page,
                         const struct movement_rows *what);
/*
 * As lines of cells with tabs between them, the first with the names of the fields. In a cell a tab, an end of line and a
 * backslash are \t, \n, \r and \\. Errors are code, text and IMSS's value with U+001F between them, one and the next with
 * U+001E.
 */
void movement_rows_lines(struct buf *out, const struct search_page *page, const struct movement_rows *what);
