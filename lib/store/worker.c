/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/columns.h"
#include "store/key.h"
#include "store/lot-columns.h"

/*
 * What movements say of workers. Those count that IMSS operated and, where they are asked for, those that are on their
 * way: not of lots that came to nothing (rejected, failed, cancelled), nor rejected, superseded or cancelled ones.
 */
#define FROM_KEYS                                                                                            \
    " FROM movement_key CROSS JOIN movement ON movement.id = movement_key.movement"                          \
    " CROSS JOIN lot ON lot.id = movement.id >> 20"
/* In which IMSS got the lots; those that it has not come last. */
#define RECEPTION "lot.received_us = 0, lot.received_us, movement.id"
#define COUNTS    "lot.state NOT IN (-1, 6, 7, 9) AND " MOVEMENT_STATE_NOW " IN (0, 1, 2, 3, 5)"

static const struct db_field event_fields[] = {DB_FIELD(I32, worker_event, type),
                                               DB_FIELD(I32, worker_event, date),
                                               DB_FIELD(I32, worker_event, sbc_centavos)};
static const struct db_mapping event_mapping = DB_MAPPING(worker_event, event_fields);

int store_worker_events(struct store *store, const char *rp, int64_t nss, struct worker_event **ret,
                        size_t *ret_n, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int64_t number = 0;
    int r = rp_number(store, rp, &number, err);
    if (r > 0)
        r = key_is_known(store, number, nss, err);
    if (r <= 0) {
        *ret = NULL;
        *ret_n = 0;
        return r;
    }
    r = db_query(store, &query, err,
                 "SELECT movement.type, movement.date, movement.sbc_centavos" FROM_KEYS
                 " WHERE movement_key.nss = ?1 AND movement_key.rp = ?2 AND " COUNTS " ORDER BY " RECEPTION,
                 DB_INT(nss), DB_INT(number));
    if (r >= 0)
        r = db_records(&query, &event_mapping, ret, ret_n, err);
    for (size_t i = 0; r >= 0 && i < *ret_n; i++)
        (*ret)[i].order = (uint32_t)i;
    return r;
}

/* ---- all workers ---- */

struct row {
    int64_t nss, rp, id, received_us;
    bool counts;
    int32_t state;
    struct worker_event event;
};

static const struct db_field row_fields[] = {
    DB_FIELD(I64, row, nss),         DB_FIELD(I64, row, rp),         DB_FIELD(I64, row, id),
    DB_FIELD(I64, row, received_us), DB_FIELD(BOOL, row, counts),    DB_FIELD(I32, row, state),
    DB_FIELD(I32, row, event.type),  DB_FIELD(I32, row, event.date), DB_FIELD(I32, row, event.sbc_centavos),
};
static const struct db_mapping row_mapping = DB_MAPPING(row, row_fields);

#define WORKER_COLUMNS(X)                                                                                    \
    X(nss, CHARS, store_worker, nss)                                                                         \
    X(paterno, CHARS, store_worker, paterno)                                                                 \
    X(materno, CHARS, store_worker, materno)                                                                 \
    X(nombres, CHARS, store_worker, nombres)
static const struct db_field worker_fields[] = {DB_FIELD(CHARS, store_worker, rp),
                                                WORKER_COLUMNS(COLUMN_FIELD)};
static const struct db_mapping worker_mapping = DB_MAPPING(store_worker, worker_fields);

/* The page that is being made, and the movements that count of its last worker. */
struct gathering {
    struct store_worker *workers;
    size_t n_workers;
    struct store_worker_cursor at; /* the worker whose movements are gathered */
    struct row *rows;
    size_t n, cap;
};

static void gather(struct gathering *gathering, const struct row *row)
{
    if (gathering->n == gathering->cap) {
        gathering->cap = gathering->cap ? 2 * gathering->cap : 16;
        gathering->rows = xreallocarray(gathering->rows, gathering->cap, sizeof(*gathering->rows));
    }
    gathering->rows[gathering->n++] = *row;
}

static int by_date_and_reception(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    return x->event.date != y->event.date     ? COMPARE(x->event.date, y->event.date)
           : x->received_us != y->received_us ? COMPARE(x->received_us, y->received_us)
                                              : COMPARE(x->id, y->id);
}

/* What those that IMSS operated make of the worker; they are sorted. */
static struct worker fold_approved(const struct gathering *gathering, uint32_t *ret_pending)
{
    _cleanup_free_ struct worker_event *events = xcalloc(gathering->n, sizeof(*events));
    size_t n = 0;
    for (size_t i = 0; i < gathering->n; i++) {
        if (gathering->rows[i].state != MOVEMENT_STATE_APPROVED)
            continue;
        events[n] = gathering->rows[i].event;
        events[n].order = (uint32_t)n;
        n++;
    }
    *ret_pending = (uint32_t)(gathering->n - n);
    return worker_fold(events, n);
}

/* Makes a worker of the movements that were gathered, with the names that the last of them has. */
static int finish_worker(struct store *store, struct gathering *gathering, struct err *err)
{
    if (gathering->n == 0)
        return 0;
    uint32_t pending;
    qsort(gathering->rows, gathering->n, sizeof(*gathering->rows), by_date_and_reception);
    struct worker worker = fold_approved(gathering, &pending);
    struct store_worker *ret = &gathering->workers[gathering->n_workers];
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err,
                     "SELECT rp.rp, format('%011d', movement.nss), paterno, materno, nombres"
                     " FROM movement CROSS JOIN rp ON rp.id = movement.rp WHERE movement.id = ?1",
                     DB_INT(gathering->rows[gathering->n - 1].id));
    if (r >= 0)
        r = db_record(&query, &worker_mapping, ret, err);
    if (r < 0)
        return r;
    ret->worker = worker;
    ret->pending = pending;
    gathering->n_workers += (size_t)r;
    gathering->n = 0;
    return 0;
}

/* Goes on with a movement; 1 when it begins another worker, and as many as are allowed were looked at. */
static int take_row(struct store *store, struct gathering *gathering, const struct row *row, bool enough,
                    struct err *err)
{
    if (gathering->at.nss != row->nss || gathering->at.rp != row->rp) {
        int r = finish_worker(store, gathering, err);
        if (r < 0 || enough)
            return r < 0 ? r : 1;
        gathering->at = (struct store_worker_cursor){row->nss, row->rp};
    }
    if (row->counts)
        gather(gathering, row);
    return 0;
}

int store_worker_list(struct store *store, const struct store_worker_cursor *after, size_t movements,
                      struct store_worker **ret, size_t *ret_n, struct store_worker_cursor *ret_next,
                      struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    struct gathering gathering = {.workers = xcalloc(movements, sizeof(*gathering.workers)), .at = *after};
    struct row row;
    int r = db_query(store, &query, err,
                     "SELECT movement_key.nss, movement_key.rp, movement.id, lot.received_us, " COUNTS
                     ", " MOVEMENT_STATE_NOW ", movement.type, movement.date, movement.sbc_centavos" FROM_KEYS
                     " WHERE (movement_key.nss, movement_key.rp) > (?1, ?2)"
                     " ORDER BY movement_key.nss, movement_key.rp",
                     DB_INT(after->nss), DB_INT(after->rp));
    bool more = false;
    for (size_t seen = 0; r >= 0 && !more && (r = db_record(&query, &row_mapping, &row, err)) > 0; seen++) {
        r = take_row(store, &gathering, &row, seen >= movements, err);
        more = r > 0;
    }
    if (r == 0)
        r = finish_worker(store, &gathering, err);
    free(gathering.rows);
    if (r < 0) {
        free(gathering.workers);
        return r;
    }
    *ret = gathering.workers;
    *ret_n = gathering.n_workers;
    *ret_next = more ? gathering.at : (struct store_worker_cursor){0};
    return 0;
}
