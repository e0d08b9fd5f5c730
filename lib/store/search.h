/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "idse/movement-sort.h"
#include "store/store.h"

/*
 * The grid of movements: searched, filtered, and sorted by any column, page by page.
 *
 * What is searched is an index in a file of its own beside the database, PATH.index. All of it can be made again from the
 * database, which alone is the truth: it is written behind it, by a worker, and read beside it. The table search_todo of the
 * database, kept by triggers, names the lots that the index does not show as they are; a query takes these from the database
 * itself, so that its answer is right at any time, and only slower while much waits to be indexed. An index that is missing,
 * damaged, or not of this database is made anew.
 */

/* ---- keeping the index; the calls with a store are the loop's, the others a worker's ---- */

/* Is there something for search_index_run() to do? */
bool search_index_due(struct store *store);
/*
 * One slice: some ten thousand movements, or a part of a large lot. First store_search_begin() on the loop,
 * then run in a worker, then end on the loop, which writes what was done; begin again while
 * search_index_due(). A slice that fails leaves the index as it was, or is the reason to make a new one the
 * next time.
 */
struct search_slice;
int search_slice_begin(struct store *store, struct search_slice **ret, struct err *err);
void search_slice_run(struct search_slice *slice);
int search_slice_end(struct store *store, struct search_slice *slice, struct err *err);
/* Frees one that was never run, or whose end nobody waits for. Returns NULL. */
struct search_slice *search_slice_free(struct search_slice *slice);
/* The next slices make a new index, in another file, so that nothing is left of what the old one had. */
int search_index_renew(struct store *store, struct err *err);
/* All of it at once, in the caller's thread; for tools and tests. Commits. */
int search_index_all(struct store *store, struct err *err);

/* ---- searching ---- */

/*
 * By what a page can be sorted: the names of ListMovements. Rows that have the same there stand in the order
 * in which they were submitted. LOT, DATE, NSS, FIRST_SURNAME and NAMES are served from the index.
 */
#define SEARCH_SORT_TABLE MOVEMENT_SORT_TABLE

enum search_sort {
#define X(id, name) SEARCH_SORT_##id,
    SEARCH_SORT_TABLE(X)
#undef X
        _SEARCH_SORT_MAX
};
const char *search_sort_name(enum search_sort sort);
int search_sort_from_name(const char *name); /* negative when it is none */

struct search_query {
    int64_t lot;            /* 0 = any */
    const char *const *rps; /* n_rps of them; none = any */
    size_t n_rps;
    const char *nss;      /* whole; NULL or "" = any */
    uint32_t types;       /* bits by enum movement_type; 0 = any */
    uint32_t states;      /* bits; 0 = any */
    int32_t since, until; /* date of the movement, yyyymmdd, both included; 0 = any */
    /*
     * Words, each of which must be a part of the names, the NSS or the CURP; case and accents do not count. NULL or "" = all.
     */
    const char *text;
    enum search_sort sort; /* LOT: newest lot first, in the order of its file */
    bool descending;       /* the other way round; LOT: oldest lot first, still in the order of its file */
    const struct calendar *calendar; /* for the sort DEADLINE; NULL: none is known */
    const char *cursor;              /* `next` of the page before; NULL or "" = the first page */
    size_t limit;
    bool documents; /* look for the receipts of each row's lot */
};

struct search_row {
    struct store_movement movement; /* first */
    int64_t acuse, constancia;      /* documents of its lot; 0 = not there, or not asked for */
};

struct search_page {
    struct search_row *rows;
    size_t n;
    char *next; /* where the next page begins; NULL = there is none */
};
void search_page_free(struct search_page *page);

/* A reader: a connection of its own, for one thread at a time. */
struct search;
int search_open(const char *path, struct search **ret, struct err *err);
struct search *search_close(struct search *search);
DEFINE_CLEANUP(struct search *, search_cleanup, search_close)
/*
 * Rows up to this number are fetched and sorted rather than looked for in the order of the page; for tests.
 */
void search_set_most_hits(struct search *search, size_t most);
/*
 * One page of one state of the database. A row that did not change is on exactly one of the pages that follow
 * each other by `next`, whatever happens between them. ERR_INVALID_ARGUMENT for a cursor that is none, or of
 * another order; ERR_BUSY when it takes longer than any answer is waited for.
 */
int search_page(struct search *search, const struct search_query *query, struct search_page *ret,
                struct err *err);
