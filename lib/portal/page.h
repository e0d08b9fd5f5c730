/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "portal/ops.h"
#include "portal/profile.h"

/*
 * A page of the portal, read by libxml2's HTML parser. Nothing is guessed: what is asked for is there, or it
 * is not. Text out of a page is UTF-8 with runs of blanks made one.
 */
struct page;

/* NULL when the bytes are no page at all (binary, too large, nested too deep). `error_box`: the id of the
 * error text. */
struct page *page_parse(const void *body, size_t n, const char *error_box);
struct page *page_free(struct page *page);
DEFINE_CLEANUP(struct page *, page_cleanup, page_free)

/* Do all marks hold? An empty list never does. */
bool page_shows(const struct page *page, const struct marks *marks);
/* The portal's error text, "" when there is none. */
const char *page_error(const struct page *page);
/* The text of the element with this id; NULL when there is none or it is empty. New string. */
char *page_text_of(const struct page *page, const char *id);

/* The rows of the list of lots. */
struct page_row {
    struct portal_row row;
    char *date_text;     /* as printed; the portal wants it back with a document's request */
    int64_t date_end_us; /* the last instant that the printed date can mean */
};
struct page_rows {
    struct page_row *items;
    size_t n;
    bool newest_first; /* within each table, and every date was readable */
};
/* ERR_PORTAL_CHANGED with the row in the text when a row is not what the profile's list says. */
int page_rows(const struct page *page, const struct profile_step *list, struct page_rows *ret,
              struct err *err);
void page_rows_free(struct page_rows *rows);

/*
 * "dd/mm/aaaa" or "aaaa-mm-dd", with "hh:mm" or "hh:mm:ss" behind it or without, in the portal's time zone.
 * *ret_end_us (may be NULL) is the end of the minute or day that it names. False when it is no such date.
 */
bool page_date(const char *text, int64_t *ret_us, int64_t *ret_end_us);
