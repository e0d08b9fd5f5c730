/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/buf.h"
#include "base/err.h"

/*
 * The words of a document at their places, as `pdftotext -bbox` prints them, gathered into lines. Places are in points
 * from the upper left corner of the page. Receipts are read by position because their labels, values and columns are
 * separate runs of text whose order in the file means nothing.
 */
struct word {
    char *text;    /* UTF-8; within layout->text */
    unsigned page; /* 1-based */
    float x0, y0, x1, y1;
};

struct line {
    struct word *words; /* left to right */
    size_t n;
    unsigned page;
    unsigned number; /* on its page, 1-based */
};

struct layout {
    char *text;
    struct word *words;
    size_t n_words;
    struct line *lines; /* page by page, downwards */
    size_t n_lines;
};

/* Takes the text over (bbox is empty afterwards). ERR_UNREADABLE_RECEIPT when it is not what pdftotext prints. */
int layout_parse(struct buf *bbox, struct layout *ret, struct err *err);
void layout_free(struct layout *layout);

/* The words [from, to) with one blank between them; new string. */
char *line_join(const struct line *line, size_t from, size_t to);
/*
 * Finds a phrase, blanks, accents and case aside. *ret_from is its first word, *ret_to the first one behind it; a colon
 * belongs to the phrase. False when it is not there, or ends within a word.
 */
bool line_find(const struct line *line, const char *phrase, size_t *ret_from, size_t *ret_to);
/* The same, but the phrase may end in a colon and its value follow without a blank, which is then *ret_rest, else "". */
bool line_find_label(const struct line *line, const char *phrase, size_t *ret_from, size_t *ret_to,
                     const char **ret_rest);
