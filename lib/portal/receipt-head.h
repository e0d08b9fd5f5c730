/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "portal/layout.h"

/* What acuse and constancia have in common: a head of labels with their values, page numbers, and a seal. */
enum label {
    LABEL_FOLIO,
    LABEL_NAME,
    LABEL_LOT,
    LABEL_RFC,
    LABEL_RECEIVED,
    LABEL_RP,
    LABEL_SERIAL,
    LABEL_HUELLA,
    LABEL_SELLO,
    _LABEL_MAX
};

struct head {
    char *values[_LABEL_MAX]; /* the first valid one of each; NULL where there is none */
    bool colon[_LABEL_MAX];   /* had a colon: then prose that uses the words without one is no label */
    bool numbered;            /* all pages have a number, in order and without a gap */
    int64_t received_us;      /* 0: not printed */
};

/* ERR_UNREADABLE_RECEIPT without lot or registro patronal, or when the numbers of the pages do not go on. */
int head_read(const struct layout *layout, struct head *ret, struct err *err);
void head_free(struct head *head);

/* The value of a label that stands on line `i`, written as the head has it; NULL when there is none. New string. */
char *head_value(const struct layout *layout, const struct head *head, size_t i, enum label label);

/* Does the line begin with the label of the seal? *ret_to is the first word behind it. */
bool line_is_sello(const struct line *line, size_t *ret_to);
/* Can the line be a further one of the seal, so of hexadecimal digits and the notary's number only? */
bool line_is_sello_more(const struct line *line);
/* A line of the page's own head or foot: one with a label, or the page's number. */
bool line_is_furniture(const struct line *line);
bool line_is_page_number(const struct line *line);

/* "page 2, line 7: what", or what alone for NULL. */
int unreadable(const struct line *line, struct err *err, const char *what);
