/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "idse/deadline.h"
#include "store/search.h"
#include "store/search-set.h"
#include "store/select.h"

/* What the files of the index share. */

/* Names of values in the database: which index is its own, and how far that is. */
#define SEARCH_TOKEN      "search-token"
#define SEARCH_GENERATION "search-generation"

/* A new string. */
char *search_index_path(const char *path);

struct search_kind {
    int type, state;
    uint64_t n; /* rows of the index */
    bool few;   /* of them fit the filter: those are fetched and sorted */
};

/* A place between two rows: behind the movement with this key. */
struct search_place {
    int64_t number;
    char *text;       /* in place of it, where the sort is by text */
    int64_t movement; /* 0: before everything */
};

/* The statements that a reader had last, by their text. */
struct search_prepared {
    char *sql;
    sqlite3_stmt *stmt;
};
struct search_statements {
    struct search_prepared items[8];
    unsigned next;
};

/* What a query comes to. */
struct search_plan {
    const struct search_query *query;
    struct search_place place;
    int64_t *rps; /* numbers of the registros patronales */
    size_t n_rps;
    int64_t nss; /* negative: any */
    char *terms;
    int64_t last;           /* number of an entry */
    struct search_set *set; /* the reader's own; what is in it: */
    enum {
        SET_UNKNOWN,
        SET_MAY_HAVE_TERMS,
        SET_IS_ALL
    } holds;                   /* nothing, what may have the terms, what may be on the page */
    struct search_place reach; /* of the set that is all: behind it there are more, which are in: */
    struct search_set *rest;   /* the reader's own, too */
    size_t fetched;            /* how many of them, for the page as far as it was found */
    bool walked;               /* the first steps were tried, and did not suffice */
    struct search_kind kinds[3 * _MOVEMENT_STATE_MAX]; /* those that there are, and that fit */
    size_t n_kinds;
    size_t most_hits;   /* rows that are sorted rather than looked for in passing */
    bool waiting;       /* lots are in search_todo */
    const char *narrow; /* the table in which kinds with few rows have them together; NULL: none has few */
    struct search_statements *statements;
    struct buf sql;
    unsigned parts; /* of the statement */
};

/*
 * What a page is sorted by: the expression over lot and movement and, where there is one, the table of the
 * index.
 */
struct search_order {
    const char *expression, *table, *column, *of_entry;
    bool text;
};
const struct search_order *search_order(enum search_sort sort);
/* The function that such an expression calls; it looks up days in the memo. */
int search_sort_register(sqlite3 *db, struct deadline_memo *memo);

/* Pieces of conditions, each with its " AND " in front. */
void search_add_numbers(struct buf *sql, const char *column, const int64_t *numbers, size_t n);
void search_add_bits(struct buf *sql, const char *expression, uint32_t bits); /* numbers below 32 */
void search_add_dates(struct buf *sql, const char *column, const struct search_query *query);
/*
 * The rows of a narrow filter, whatever their kind: " FROM … WHERE …". With a name `row` other than "e", "e"
 * is their entry.
 */
void search_add_narrow(const struct search_plan *plan, const char *row, struct buf *sql);

/* Is each of the registros patronales, in each of its kinds, in the order of the page? */
bool search_goes_by_rp(const struct search_plan *plan);
/*
 * What is better known before the statement is made. 1 when the set holds all rows of the index that may be
 * on the page, or on its part up to the plan's reach.
 */
int search_hits_find(struct search_plan *plan, struct store *store, struct err *err);
/* Puts the statement together; it gives keys and numbers of movements in order. `index`: there is one. */
int search_plan_make(struct search_plan *plan, struct store *store, bool index, struct err *err);
/* What is in the one is then in the other. */
void search_plan_swap_sets(struct search_plan *plan);
/*
 * When that was read up to the place `last` (which has no movement when nothing was found), and did not
 * suffice: is there more to be found in another way? Then it is for search_plan_make() to go on.
 */
bool search_plan_goes_on(struct search_plan *plan, const struct search_place *last);
/* A statement, which is kept, with the plan's own values bound. */
int search_statement(struct search_plan *plan, struct store *store, const char *sql, struct db_query *ret,
                     struct err *err);
