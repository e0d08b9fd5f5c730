/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/lot-columns.h"
#include "store/select.h"

/* The columns that the record gives, but for its NSS and registro patronal, which are stored as numbers. */
#define MOVEMENT_COLUMNS(X)                                                                                  \
    X(type, I32, store_movement, movement.type)                                                              \
    X(date, I32, store_movement, movement.date)                                                              \
    X(sbc_centavos, I32, store_movement, movement.sbc_centavos)                                              \
    X(tipo_trabajador, CHAR, store_movement, movement.tipo_trabajador)                                       \
    X(tipo_salario, CHAR, store_movement, movement.tipo_salario)                                             \
    X(jornada, CHAR, store_movement, movement.jornada)                                                       \
    X(causa_baja, CHAR, store_movement, movement.causa_baja)                                                 \
    X(paterno, CHARS, store_movement, movement.paterno)                                                      \
    X(materno, CHARS, store_movement, movement.materno)                                                      \
    X(nombres, CHARS, store_movement, movement.nombres)                                                      \
    X(umf, CHARS, store_movement, movement.umf)                                                              \
    X(guia, CHARS, store_movement, movement.guia)                                                            \
    X(clave, CHARS, store_movement, movement.clave)                                                          \
    X(curp, CHARS, store_movement, movement.curp)

#define MOVEMENT_GIVEN(X) X(rp, , , ) X(nss, , , ) MOVEMENT_COLUMNS(X)

/*
 * 0 (not sent) and 7 (cancelled) have no instants; of what is 4 (rejected) the correction may be given up. An NSS that was
 * erased is 0.
 */
#define COMPUTED                                                                                             \
    "lot.id, movement.id & 1048575, " MOVEMENT_STATE_NOW ", lot.rp,"                                         \
    " iif(movement.nss = 0, '', format('%011d', movement.nss)),"                                             \
    " iif(" MOVEMENT_STATE_NOW " IN (0, 7), 0, lot.attempt_us), iif(" MOVEMENT_STATE_NOW                     \
    " IN (0, 7), 0, lot.received_us),"                                                                       \
    " lot.answered_us, iif(" MOVEMENT_STATE_NOW                                                              \
    " = 4, lot.given_up_us, 0), " MOVEMENT_OWN("extemporaneo", "0") ", " MOVEMENT_OWN("imss_name", "NULL")
#define COLUMN_QUALIFIED(column, ...) ", movement." #column

static const struct db_field fields[] = {DB_FIELD(I64, store_movement, lot),
                                         DB_FIELD(U32, store_movement, seq),
                                         DB_FIELD(I32, store_movement, state),
                                         DB_FIELD(CHARS, store_movement, movement.rp),
                                         DB_FIELD(CHARS, store_movement, movement.nss),
                                         DB_FIELD(I64, store_movement, sent_us),
                                         DB_FIELD(I64, store_movement, received_us),
                                         DB_FIELD(I64, store_movement, answered_us),
                                         DB_FIELD(I64, store_movement, given_up_us),
                                         DB_FIELD(CHAR, store_movement, extemporaneo),
                                         DB_FIELD(TEXT, store_movement, imss_name),
                                         MOVEMENT_COLUMNS(COLUMN_FIELD)};
static const struct db_mapping mapping = DB_MAPPING(store_movement, fields);

#undef COLUMN_FIELD
#define COLUMN_FIELD(column, type, record, member) DB_FIELD(type, movement, column),
static const struct db_field given_fields[] = {MOVEMENT_COLUMNS(COLUMN_FIELD)};
static const struct db_mapping given_mapping = DB_MAPPING(movement, given_fields);
static const struct db_field stored_fields[] = {DB_FIELD(CHARS, movement, rp), DB_FIELD(CHARS, movement, nss),
                                                MOVEMENT_COLUMNS(COLUMN_FIELD)};
static const struct db_mapping stored_mapping = DB_MAPPING(movement, stored_fields);

static const struct db_field error_fields[] = {DB_FIELD(TEXT, receipt_error, code),
                                               DB_FIELD(TEXT, receipt_error, text),
                                               DB_FIELD(TEXT, receipt_error, imss_value)};
static const struct db_mapping error_mapping = DB_MAPPING(receipt_error, error_fields);

void movement_clear(struct store_movement *movement)
{
    db_records_free(&error_mapping, movement->errors, movement->n_errors);
    db_record_free(&mapping, movement);
}

void store_movements_free(struct store_movement *movements, size_t n)
{
    for (size_t i = 0; i < n; i++)
        movement_clear(&movements[i]);
    free(movements);
}

int movement_insert(struct store *store, int64_t id, int64_t rp, const struct movement *movement,
                    struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err, SQL_INSERT("movement", "id", MOVEMENT_GIVEN), DB_INT(id), DB_INT(rp),
                     DB_INT(strtoll(movement->nss, NULL, 10)));
    if (r >= 0)
        r = db_bind(&query, 4, &given_mapping, movement, err);
    return r < 0 ? r : db_finish(&query, err);
}

int movement_stored(struct store *store, int64_t id, int64_t *ret_rp, struct movement *ret, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err,
                     SQL_SELECT("rp, format('%011d', nss)", MOVEMENT_COLUMNS) " FROM movement WHERE id = ?1",
                     DB_INT(id));
    if (r >= 0)
        r = db_record(&query, &stored_mapping, ret, err);
    if (r > 0)
        *ret_rp = strtoll(ret->rp, NULL, 10); /* the number of its row, in place of the registro patronal */
    return r;
}

int result_stored(struct store *store, int64_t id, int64_t *ret_state, int64_t *ret_extemporaneo,
                  char **ret_imss_name, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err,
                     "SELECT coalesce(state, -1), extemporaneo, imss_name FROM movement WHERE id = ?1",
                     DB_INT(id));
    if (r >= 0)
        r = db_next(&query, err);
    if (r <= 0)
        return r;
    *ret_state = sqlite3_column_int64(query.stmt, 0);
    *ret_extemporaneo = sqlite3_column_int64(query.stmt, 1);
    *ret_imss_name = xstrdup((const char *)sqlite3_column_text(query.stmt, 2));
    return 1;
}

/* ---- changes of a whole lot ---- */

int store_lot_set_movements(struct store *store, int64_t lot, enum movement_state state, struct err *err)
{
    int r =
        db_run(store, err, "UPDATE lot SET movement_state = ?2, answered_us = 0 WHERE id = ?1 AND state >= 0",
               DB_INT(lot), DB_INT(state));
    return r < 0 || sqlite3_changes(store->db) > 0 ? r : lot_unknown(lot, err);
}

int result_write(struct store *store, int64_t movement, const struct constancia_row *row, struct err *err)
{
    int r =
        db_run(store, err, "UPDATE movement SET state = ?2, extemporaneo = ?3, imss_name = ?4 WHERE id = ?1",
               DB_INT(movement), DB_INT(row->operated ? MOVEMENT_STATE_APPROVED : MOVEMENT_STATE_REJECTED),
               DB_INT((unsigned char)row->extemporaneo), DB_TEXT(row->name));
    for (size_t i = 0; r >= 0 && i < row->n_errors; i++)
        r = db_run(store, err,
                   "INSERT INTO movement_error(movement, position, code, text, imss_value) VALUES (?1, ?2, "
                   "?3, ?4, ?5)",
                   DB_INT(movement), DB_INT((int64_t)i), DB_TEXT(row->errors[i].code),
                   DB_TEXT(row->errors[i].text), DB_TEXT(row->errors[i].imss_value));
    return r;
}

/* Looked at before the first row of the slice is written, so that a wrong call changes nothing. */
static int check_results(struct store *store, int64_t lot, const struct store_results *results, size_t end,
                         struct err *err)
{
    int64_t total = 0;
    int r = db_number(store, &total, err, "SELECT count_total FROM lot WHERE id = ?1", DB_INT(lot));
    if (r <= 0)
        return r < 0 ? r : lot_unknown(lot, err);
    bool fits = (uint64_t)total == results->n;
    for (size_t i = results->at; fits && i < end; i++)
        fits = results->row_of[i] < results->constancia->n_rows;
    return fits ? 0
                : err_set(err, ERR_INVALID_ARGUMENT, _("The results are not those of lot %lld"),
                          (long long)lot);
}

/* What the approved ones of the slice correct is superseded with it. */
static int supersede(struct store *store, int64_t lot, const struct store_results *results, size_t end,
                     struct err *err)
{
    _cleanup_free_ uint32_t *approved = xcalloc(end - results->at, sizeof(*approved));
    size_t n = 0;
    for (size_t i = results->at; i < end; i++)
        if (results->constancia->rows[results->row_of[i]].operated)
            approved[n++] = (uint32_t)i;
    return corrections_supersede(store, lot, approved, n, err);
}

/* Results that were written before, in whole or in part, are written over. */
static int write_results(struct store *store, int64_t lot, const struct store_results *results, size_t end,
                         struct err *err)
{
    const int64_t first = row_id(lot, (uint32_t)results->at), behind = row_id(lot, (uint32_t)end);
    int r = rejections_forget(store, first, behind, err);
    if (r >= 0)
        r = db_run(store, err, "DELETE FROM movement_error WHERE movement >= ?1 AND movement < ?2",
                   DB_INT(first), DB_INT(behind));
    for (size_t i = results->at; r >= 0 && i < end; i++)
        r = result_write(store, row_id(lot, (uint32_t)i), &results->constancia->rows[results->row_of[i]],
                         err);
    if (r >= 0)
        r = supersede(store, lot, results, end, err);
    return r < 0 ? r : rejections_learn(store, first, behind, err);
}

int store_lot_set_results(struct store *store, int64_t lot, struct store_results *results, size_t max,
                          struct err *err)
{
    size_t end = results->at + MIN(max, results->n - results->at);
    bool last = end == results->n;
    int r = check_results(store, lot, results, end, err);
    if (r >= 0)
        r = write_results(store, lot, results, end, err);
    if (r >= 0 && (results->at == 0 || last))
        r = db_run(store, err, "UPDATE lot SET answered_us = ?2 WHERE id = ?1", DB_INT(lot),
                   DB_INT(last ? MAX(clock_wall_us(store->clock), 1) : 0));
    if (r < 0)
        return r;
    results->at = end;
    return last ? 0 : 1;
}

/* ---- lists ---- */

/*
 * From the worker when one is asked for, else through the lots, newest first, each with its run of rows, of
 * which the cursor's lot has only those behind it.
 */
static void from_tables(struct select *select, const struct store_movement_filter *filter,
                        const struct store_movement_cursor *after)
{
    select_text(select, "SELECT " COMPUTED MOVEMENT_COLUMNS(COLUMN_QUALIFIED));
    if (filter->nss[0])
        select_where(select,
                     " FROM movement_key CROSS JOIN movement ON movement.id = movement_key.movement"
                     " CROSS JOIN lot ON lot.id = movement.id >> 20 WHERE movement_key.nss = ?",
                     DB_INT(strtoll(filter->nss, NULL, 10)));
    else
        select_text(select,
                    " FROM lot CROSS JOIN movement ON movement.id <= (lot.id << 20) + 1048575 WHERE true");
    select_text(select, " AND +lot.state >= 0");
    if (after && after->lot) {
        select_where(select, " AND lot.id <= ?", DB_INT(after->lot));
        select_where(select, " AND movement.id >= iif(lot.id = ?", DB_INT(after->lot));
        select_where(select, ", ?, lot.id << 20)", DB_INT(row_id(after->lot, after->seq) + 1));
    } else
        select_text(select, " AND movement.id >= lot.id << 20");
}

/*
 * Lots of another type, or whose movements all share another state, are passed over without a look at their
 * rows. The sign keeps SQLite from indexing all movements by their type for one page.
 */
static void where_type_and_states(struct select *select, const struct store_movement_filter *filter)
{
    if (filter->type) {
        select_where(select, " AND lot.type IN (0, ?)", DB_INT(filter->type));
        select_where(select, " AND +movement.type = ?", DB_INT(filter->type));
    }
    if (filter->states) {
        select_text(select, " AND (lot.answered_us <> 0 OR lot.movement_state IN (");
        select_bits(select, filter->states);
        select_text(select, ")) AND " MOVEMENT_STATE_NOW " IN (");
        select_bits(select, filter->states);
        select_text(select, ")");
    }
}

static void select_page(struct select *select, const struct store_movement_filter *filter,
                        const struct store_movement_cursor *after, size_t limit)
{
    from_tables(select, filter, after);
    where_type_and_states(select, filter);
    if (filter->lot)
        select_where(select, " AND lot.id = ?", DB_INT(filter->lot));
    if (filter->rp[0])
        select_where(select, " AND lot.rp = ?", DB_TEXT(filter->rp));
    if (filter->since)
        select_where(select, " AND movement.date >= ?", DB_INT(filter->since));
    if (filter->until)
        select_where(select, " AND movement.date <= ?", DB_INT(filter->until));
    select_where(select, " ORDER BY lot.id DESC, movement.id LIMIT ?",
                 DB_INT((int64_t)MIN(limit, (size_t)INT32_MAX)));
}

static int read_errors(struct store *store, struct store_movement *movements, size_t n, struct err *err)
{
    int r = 0;
    for (size_t i = 0; r >= 0 && i < n; i++) {
        if (movements[i].state != MOVEMENT_STATE_REJECTED && movements[i].state != MOVEMENT_STATE_SUPERSEDED)
            continue;
        _cleanup_query_ struct db_query query = DB_QUERY_INIT;
        r = db_query(
            store, &query, err,
            "SELECT code, text, imss_value FROM movement_error WHERE movement = ?1 ORDER BY position",
            DB_INT(row_id(movements[i].lot, movements[i].seq)));
        if (r >= 0)
            r = db_records(&query, &error_mapping, &movements[i].errors, &movements[i].n_errors, err);
    }
    return r;
}

int movement_get(struct store *store, int64_t id, struct store_movement *ret, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(
        store, &query, err,
        "SELECT " COMPUTED MOVEMENT_COLUMNS(
            COLUMN_QUALIFIED) " FROM movement CROSS JOIN lot"
                              " ON lot.id = movement.id >> 20 WHERE movement.id = ?1 AND lot.state >= 0",
        DB_INT(id));
    if (r >= 0)
        r = db_record(&query, &mapping, ret, err);
    if (r <= 0)
        return r;
    r = read_errors(store, ret, 1, err);
    if (r < 0) {
        movement_clear(ret);
        return r;
    }
    return 1;
}

int store_movement_list(struct store *store, const struct store_movement_filter *filter,
                        const struct store_movement_cursor *after, size_t limit, struct store_movement **ret,
                        size_t *ret_n, struct err *err)
{
    _cleanup_select_ struct select select = SELECT_INIT;
    select_page(&select, filter, after, limit);
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    struct store_movement *movements = NULL;
    size_t n = 0;
    int r = select_query(&select, store, &query, err);
    if (r >= 0)
        r = db_records(&query, &mapping, &movements, &n, err);
    if (r >= 0)
        r = read_errors(store, movements, n, err);
    if (r < 0) {
        store_movements_free(movements, n);
        return r;
    }
    *ret = movements;
    *ret_n = n;
    return 0;
}

int store_movement_count(struct store *store, uint64_t *ret, struct err *err)
{
    int64_t n = 0;
    int r = db_number(store, &n, err, "SELECT n FROM total WHERE what = ?1", DB_INT(TOTAL_MOVEMENTS));
    if (r < 0)
        return r;
    *ret = (uint64_t)n;
    return 0;
}
