/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "portal/layout.h"

/*
 * The tables of a constancia are read by position. Where a line stands says what it may be: a row begins with its type and
 * NSS; a further line of a row stands close below it and begins at the left edge of a column of its own; what stands close
 * and begins elsewhere is not understood; what stands far off belongs to the page. Edges and order of the columns are held
 * against the heading and the rows before.
 */
enum section { SECTION_HEAD, SECTION_OPERATED, SECTION_REJECTED, SECTION_END };

/* The fields of a movimiento operado behind its name. */
enum field {
    FIELD_SALARY,
    FIELD_EXTEMPORANEO,
    FIELD_UMF,
    FIELD_TIPO_SALARIO,
    FIELD_DATE,
    FIELD_TIPO_TRABAJADOR,
    FIELD_CAUSA,
    _FIELD_MAX
};

struct span {
    float from, to;
};

/* The columns of the table, as its heading and the rows so far have them. Edges are in points, as in the layout. */
struct table {
    enum section section; /* whose rows it has */
    bool known;           /* a row was read */
    float name,
        next;    /* left edges of the names and of what stands behind them; `next` rejected: of the errors */
    float right; /* how far errors were seen to reach */
    struct span fields[_FIELD_MAX];
    size_t heading, heading_end; /* lines of the first heading, in layout->lines */
};

/* ---- words and lines ---- */

float word_height(const struct word *word);
/* Does it begin there, but for what writers of PDF differ in? */
bool word_at_edge(const struct word *word, float edge);
/* From the middle of the upper word to that of the lower one, in heights of the upper. */
float word_distance(const struct word *above, const struct word *below);

/* Do the words stand side by side on one line, none on another? */
bool line_is_even(const struct line *line);
/* Are the words [from, to) one text: no gap among them wider than a blank? */
bool line_is_text(const struct line *line, size_t from, size_t to);
/* Are the words [from, to) one text that may be a name? */
bool line_could_be_name(const struct line *line, size_t from, size_t to);
/* Does it begin with a type and an NSS? */
bool line_is_row(const struct line *line);
bool line_has_nss(const struct line *line);
bool line_is_heading(const struct line *line);

/* ---- the heading ---- */

/* ERR_UNREADABLE_RECEIPT when its columns are in another order than rows are read in. */
int heading_check(const struct line *line, struct err *err);
/* Could a word below the heading be of a name or an error, by where it stands? */
bool heading_leaves_room(const struct line *heading, const struct word *word);

/* ---- the columns ---- */

/*
 * Does a row stand in the columns of those before? `next` is what stands behind its name, `fields` the _FIELD_MAX ones of a
 * movimiento operado, else NULL. The first row says where the columns are; each one widens them.
 */
bool table_fits(struct table *table, const struct line *line, const struct word *next,
                const struct word *fields);
/* Of each word of the heading: is the field of the (operado) row that it names the nearest to it? */
bool table_is_below_heading(const struct table *table, const struct layout *layout, const struct line *row);
/*
 * A further line of a row: its words [0, *ret_split) stand in the column of names, the rest in that of errors. False, with
 * *ret_split of no use, when it does not stand in the columns of a row.
 */
bool table_split_line(const struct table *table, const struct line *line, size_t *ret_split);
