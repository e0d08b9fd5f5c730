/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "portal/constancia-table.h"
#include "portal/receipt-head.h"
#include "portal/receipt-text.h"

/*
 * A constancia while it is read. constancia-text.c goes down its lines and says what each is; constancia-row.c reads the
 * rows, constancia-owner.c says whose they are, constancia-table.c in which columns they stand.
 */

/* Where on the page the last line was. */
enum place {
    PLACE_OUTSIDE, /* in the page's head or foot */
    PLACE_TOP, /* below the table's heading: more of the heading, or of a row that the page before has begun */
    PLACE_ROW  /* in a row */
};

struct reading {
    const struct layout *layout;
    const struct head *head;
    /* Whose rows are wanted: the registro patronal perhaps without its check digit; lot: NULL for its first. */
    struct receipt_owner whose;
    struct constancia constancia;
    enum section section;
    struct table table;
    struct table before; /* the one before, when it had rows */
    enum place place;
    unsigned page;
    bool sello;                  /* the line before was of a seal */
    char *owner[_LABEL_MAX];     /* of the head that was read last: whose rows follow it */
    bool owner_read[_LABEL_MAX]; /* since the last row or page: further ones are not authoritative */
    bool totals;
    size_t page_rows;            /* on this page so far */
    size_t first_row;            /* in layout->lines: what stands above may stand on other pages too */
    bool open;                   /* the last row can go on */
    struct word last;            /* of the line before, in the table: the last word */
    struct constancia_row *row;  /* the last one */
    struct constancia_row other; /* when that one is of somebody else */
    struct buf error;            /* text of the last row's last error, as far as it was read */
};

/* ---- whose rows (constancia-owner.c) ---- */

/* Takes what line `i` says of whose rows follow; false when it says nothing of that. */
bool reading_owner(struct reading *reading, size_t i);
/* Is what is read now of the registro patronal and the lot that are wanted? The first of its lots is. */
bool reading_is_ours(struct reading *reading);
/* A row of somebody else: whose it is is noted, so that nobody thinks that these were all. */
void reading_note_other(struct reading *reading);

/* ---- rows (constancia-row.c) ---- */

/* A line that begins a row, which is the last one from now on. ERR_UNREADABLE_RECEIPT when it is not understood. */
int row_operated(struct reading *reading, const struct line *line, struct err *err);
int row_rejected(struct reading *reading, const struct line *line, struct err *err);
/* More of the last row: the words before `split` of its name, the others of its errors. ERR_UNREADABLE_RECEIPT likewise. */
int row_continue(struct reading *reading, const struct line *line, size_t split, struct err *err);
/* The last row has no further lines. */
void row_end_error(struct reading *reading);
