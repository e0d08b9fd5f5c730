/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "store/search.h"
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
    char *text; /* in place of it, where the sort is by text */
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
    struct buf match;
    int64_t signature[2];
    struct search_kind kinds[3 * _MOVEMENT_STATE_MAX]; /* those that there are, and that fit */
    size_t n_kinds;
    size_t most_hits; /* rows that are sorted rather than looked for in passing */
    bool waiting; /* lots are in search_todo */
    const char *narrow; /* the table in which kinds with few rows have them together; NULL: none has few */
    struct search_statements *statements;
    struct buf sql;
    unsigned parts; /* of the statement */
};

bool search_sort_is_text(enum search_sort sort);
/* Puts the statement together; it gives keys and numbers of movements in order. `index`: there is one. */
int search_plan_make(struct search_plan *plan, struct store *store, bool index, struct err *err);
/* A statement, which is kept, with the plan's own values bound. */
int search_statement(struct search_plan *plan, struct store *store, const char *sql, struct db_query *ret,
                     struct err *err);
