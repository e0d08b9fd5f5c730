/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/reindex.h"

#include "idse/adoption.h"
#include "idse/record.h"
#include "store/lot-columns.h"
#include "vault/digest.h"

struct store_reindex {
    struct store *store;
    struct store_truth truth;
    char rp[12];
    int64_t rp_id;
    struct record_reader *reader;
    size_t at;
    uint32_t *superseded; /* positions of what later lots corrected, ascending */
    size_t n_superseded;
    uint32_t *wrong; /* positions that are not as they should be, ascending */
    size_t n_wrong, surplus;
    uint32_t counts[_COUNT_MAX];
    struct digest *digest; /* of the records before `hashed` */
    size_t hashed;
    char *sha256;
};

int store_reindex_begin(struct store *store, const struct store_truth *truth, struct store_reindex **ret,
                        struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err,
                     "SELECT rp.id, rp.rp FROM lot JOIN rp ON rp.rp = lot.rp WHERE lot.id = ?1",
                     DB_INT(truth->lot));
    if (r >= 0)
        r = db_next(&query, err);
    if (r <= 0)
        return r < 0 ? r : lot_unknown(truth->lot, err);
    struct store_reindex *reindex = xcalloc(1, sizeof(*reindex));
    *reindex =
        (struct store_reindex){.store = store, .truth = *truth, .rp_id = sqlite3_column_int64(query.stmt, 0)};
    strncpy(reindex->rp, (const char *)sqlite3_column_text(query.stmt, 1), sizeof(reindex->rp) - 1);
    if (truth->records)
        reindex->reader = record_reader_new(truth->records->data, truth->records->len, NULL);
    reindex->digest = digest_new();
    r = corrections_superseded(store, truth->lot, &reindex->superseded, &reindex->n_superseded, err);
    if (r < 0) {
        store_reindex_free(reindex);
        return r;
    }
    *ret = reindex;
    return 0;
}

struct store_reindex *store_reindex_free(struct store_reindex *reindex)
{
    if (!reindex)
        return NULL;
    record_reader_free(reindex->reader);
    digest_free(reindex->digest);
    free(reindex->sha256);
    free(reindex->superseded);
    free(reindex->wrong);
    free(reindex);
    return NULL;
}

size_t store_reindex_seen(const struct store_reindex *reindex)
{
    return reindex->at;
}

size_t store_reindex_differ(const struct store_reindex *reindex)
{
    return reindex->n_wrong + reindex->surplus;
}

const uint32_t *store_reindex_counts(const struct store_reindex *reindex)
{
    return reindex->counts;
}

enum movement_type store_reindex_type(const struct store_reindex *reindex)
{
    return type_of_counts(reindex->counts);
}

const char *store_reindex_sha256(const struct store_reindex *reindex)
{
    return reindex->sha256;
}

/* ---- looking ---- */

static const struct constancia_row *row_at(const struct store_reindex *reindex, size_t i)
{
    const struct store_truth *truth = &reindex->truth;
    return truth->constancia && i < truth->n ? &truth->constancia->rows[truth->row_of[i]] : NULL;
}

static enum movement_state state_at(const struct store_reindex *reindex, size_t i,
                                    const struct constancia_row *row)
{
    if (row->operated)
        return MOVEMENT_STATE_APPROVED;
    size_t low = 0, high = reindex->n_superseded;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (reindex->superseded[middle] < i)
            low = middle + 1;
        else
            high = middle;
    }
    return low < reindex->n_superseded && reindex->superseded[low] == i ? MOVEMENT_STATE_SUPERSEDED
                                                                        : MOVEMENT_STATE_REJECTED;
}

/* The i-th movement as it should be: 1, or 0 behind the last. */
static int movement_at(struct store_reindex *reindex, struct record_reader *reader, size_t i,
                       struct movement *ret)
{
    const struct constancia *constancia = reindex->truth.constancia;
    if (reader)
        return record_reader_next(reader, ret);
    if (!constancia || i >= constancia->n_rows)
        return 0;
    adoption_movement(&constancia->rows[i], reindex->rp, ret);
    return 1;
}

static bool fields_equal(const struct movement *a, const struct movement *b)
{
    return a->type == b->type && a->date == b->date && a->sbc_centavos == b->sbc_centavos &&
           a->tipo_trabajador == b->tipo_trabajador && a->tipo_salario == b->tipo_salario &&
           a->jornada == b->jornada && a->causa_baja == b->causa_baja && streq(a->nss, b->nss) &&
           streq(a->paterno, b->paterno) && streq(a->materno, b->materno) && streq(a->nombres, b->nombres) &&
           streq(a->umf, b->umf) && streq(a->guia, b->guia) && streq(a->clave, b->clave) &&
           streq(a->curp, b->curp);
}

static int has_key(struct store_reindex *reindex, size_t i, const struct movement *movement, struct err *err)
{
    int64_t one;
    return db_number(
        reindex->store, &one, err,
        "SELECT 1 FROM movement_key WHERE nss = ?1 AND rp = ?2 AND type = ?3 AND date = ?4 AND movement = ?5",
        DB_INT(strtoll(movement->nss, NULL, 10)), DB_INT(reindex->rp_id), DB_INT(movement->type),
        DB_INT(movement->date), DB_INT(row_id(reindex->truth.lot, (uint32_t)i)));
}

/* Is it stored as it should be? 1 or 0. */
static int is_right(struct store_reindex *reindex, size_t i, const struct movement *movement, struct err *err)
{
    const int64_t id = row_id(reindex->truth.lot, (uint32_t)i);
    const struct constancia_row *row = row_at(reindex, i);
    struct movement stored;
    int64_t rp;
    int r = movement_stored(reindex->store, id, &rp, &stored, err);
    if (r <= 0 || rp != reindex->rp_id || !fields_equal(&stored, movement))
        return r < 0 ? r : 0;
    r = has_key(reindex, i, movement, err);
    return r <= 0 || !row ? r
                          : result_is_stored(reindex->store, id, row, (int)state_at(reindex, i, row), err);
}

static void note_wrong(struct store_reindex *reindex)
{
    if ((reindex->n_wrong & (reindex->n_wrong - 1)) == 0)
        reindex->wrong =
            xreallocarray(reindex->wrong, MAX(2 * reindex->n_wrong, (size_t)1), sizeof(*reindex->wrong));
    reindex->wrong[reindex->n_wrong++] = (uint32_t)reindex->at;
}

/* The records go along with their movements, so that no turn hashes them all. */
static void hash(struct store_reindex *reindex, bool rest)
{
    const struct buf *records = reindex->truth.records;
    if (!records)
        return;
    size_t upto = rest ? records->len : MIN(reindex->at * (RECORD_COLUMNS + 2), records->len);
    digest_add(reindex->digest, records->data + reindex->hashed, upto - reindex->hashed);
    reindex->hashed = upto;
    if (rest)
        reindex->sha256 = digest_end_hex(STEAL(reindex->digest));
}

static int count_surplus(struct store_reindex *reindex, struct err *err)
{
    int64_t n = 0;
    hash(reindex, true);
    int r = db_number(reindex->store, &n, err, "SELECT count(*) FROM movement WHERE id BETWEEN ?1 AND ?2",
                      DB_INT(row_id(reindex->truth.lot, (uint32_t)reindex->at)),
                      DB_INT(row_last(reindex->truth.lot)));
    reindex->surplus = (size_t)n;
    return r < 0 ? r : 0;
}

int store_reindex_next(struct store_reindex *reindex, size_t max, struct err *err)
{
    for (size_t i = 0; i < max; i++) {
        struct movement movement;
        if (movement_at(reindex, reindex->reader, reindex->at, &movement) <= 0)
            return count_surplus(reindex, err);
        int r = is_right(reindex, reindex->at, &movement, err);
        if (r < 0)
            return r;
        if (r == 0)
            note_wrong(reindex);
        reindex->counts[count_of_type(movement.type)]++;
        reindex->counts[COUNT_TOTAL]++;
        reindex->at++;
    }
    hash(reindex, false);
    return 1;
}

/* ---- putting right ---- */

static int forget_errors(struct store *store, int64_t first, int64_t last, struct err *err)
{
    int r = rejections_forget(store, first, last + 1, err);
    return r < 0 ? r
                 : db_run(store, err, "DELETE FROM movement_error WHERE movement BETWEEN ?1 AND ?2",
                          DB_INT(first), DB_INT(last));
}

static int take_out(struct store_reindex *reindex, int64_t first, int64_t last, struct err *err)
{
    struct store *store = reindex->store;
    int r = db_run(store, err,
                   "DELETE FROM movement_key WHERE (nss, rp, type, date, movement) IN"
                   " (SELECT nss, rp, type, date, id FROM movement WHERE id BETWEEN ?1 AND ?2)",
                   DB_INT(first), DB_INT(last));
    return r < 0 ? r
                 : db_run(store, err, "DELETE FROM movement WHERE id BETWEEN ?1 AND ?2", DB_INT(first),
                          DB_INT(last));
}

/* Writes the movement; what its row has of its own stays, where no constancia says what it should be. */
static int write_movement(struct store_reindex *reindex, int64_t id, const struct movement *movement,
                          struct err *err)
{
    struct store *store = reindex->store;
    int64_t state = -1, extemporaneo = 0;
    _cleanup_free_ char *imss_name = NULL;
    int r = result_stored(store, id, &state, &extemporaneo, &imss_name, err);
    if (r >= 0)
        r = take_out(reindex, id, id, err);
    if (r >= 0)
        r = movement_insert(store, id, reindex->rp_id, movement, err);
    if (r >= 0 && state >= 0)
        r = db_run(store, err,
                   "UPDATE movement SET state = ?2, extemporaneo = ?3, imss_name = ?4 WHERE id = ?1",
                   DB_INT(id), DB_INT(state), DB_INT(extemporaneo), DB_TEXT(imss_name));
    return r;
}

static int write_result(struct store_reindex *reindex, size_t i, int64_t id, const struct constancia_row *row,
                        struct err *err)
{
    struct store *store = reindex->store;
    int r = forget_errors(store, id, id, err);
    if (r >= 0)
        r = result_write(store, id, row, err);
    if (r >= 0)
        r = db_run(store, err, "UPDATE movement SET state = ?2 WHERE id = ?1", DB_INT(id),
                   DB_INT(state_at(reindex, i, row)));
    return r < 0 ? r : rejections_learn(store, id, id + 1, err);
}

static int write(struct store_reindex *reindex, size_t i, const struct movement *movement, struct err *err)
{
    const int64_t id = row_id(reindex->truth.lot, (uint32_t)i);
    const struct constancia_row *row = row_at(reindex, i);
    struct store *store = reindex->store;
    int r = write_movement(reindex, id, movement, err);
    if (r >= 0)
        r = db_run(
            store, err,
            "INSERT OR IGNORE INTO movement_key(nss, rp, type, date, movement) VALUES (?1, ?2, ?3, ?4, ?5)",
            DB_INT(strtoll(movement->nss, NULL, 10)), DB_INT(reindex->rp_id), DB_INT(movement->type),
            DB_INT(movement->date), DB_INT(id));
    return r < 0 || !row ? r : write_result(reindex, i, id, row, err);
}

int store_reindex_repair(struct store_reindex *reindex, struct err *err)
{
    const struct store_truth *truth = &reindex->truth;
    _cleanup_(record_reader_cleanup) struct record_reader *reader =
        truth->records ? record_reader_new(truth->records->data, truth->records->len, NULL) : NULL;
    int r = 0;
    size_t i = 0;
    for (size_t k = 0; r >= 0 && k < reindex->n_wrong; i++) {
        struct movement movement;
        if (movement_at(reindex, reader, i, &movement) <= 0)
            break;
        if (i != reindex->wrong[k])
            continue;
        r = write(reindex, i, &movement, err);
        k++;
    }
    const int64_t behind = row_id(truth->lot, (uint32_t)reindex->at), last = row_last(truth->lot);
    if (r >= 0 && reindex->surplus > 0) {
        r = forget_errors(reindex->store, behind, last, err);
        if (r >= 0)
            r = take_out(reindex, behind, last, err);
    }
    return r;
}

/* ---- the lot's row ---- */

static const struct db_field fields[] = {DB_FIELD(I64, store_lot, id),
                                         LOT_FIXED(COLUMN_FIELD) LOT_CHANGING(COLUMN_FIELD)
                                             LOT_COUNTED(COLUMN_FIELD)};
static const struct db_mapping mapping = DB_MAPPING(store_lot, fields);
#define LOT_REPAIRED(X) LOT_FIXED(X) LOT_CHANGING(X) LOT_COUNTED(X)

int store_lot_index_get(struct store *store, int64_t lot, struct store_lot_index *ret, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err, "SELECT movement_state, answered_us FROM lot WHERE id = ?1",
                     DB_INT(lot));
    if (r >= 0)
        r = db_next(&query, err);
    if (r <= 0)
        return r < 0 ? r : lot_unknown(lot, err);
    ret->movement_state = (enum movement_state)sqlite3_column_int(query.stmt, 0);
    ret->answered_us = sqlite3_column_int64(query.stmt, 1);
    return 0;
}

int store_lot_repair(struct store *store, const struct store_lot *lot, const struct store_lot_index *index,
                     struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err,
                     SQL_UPDATE("lot", "id", "movement_state", LOT_REPAIRED) " AND state >= 0");
    if (r >= 0)
        r = db_bind(&query, 1, &mapping, lot, err);
    if (r >= 0)
        r = db_finish(&query, err);
    return r < 0 ? r
                 : db_run(store, err, "UPDATE lot SET movement_state = ?2, answered_us = ?3 WHERE id = ?1",
                          DB_INT(lot->id), DB_INT(index->movement_state), DB_INT(index->answered_us));
}

int store_lot_before(struct store *store, int64_t lot, int64_t *ret, struct err *err)
{
    return db_number(
        store, ret, err,
        "SELECT id FROM lot WHERE id < ?1 AND +state >= 0 AND erased_us = 0 ORDER BY id DESC LIMIT 1",
        DB_INT(lot ? lot : INT64_MAX));
}

/* ---- what is kept of all lots together ---- */

/* Entries that no movement stands behind. */
int store_reindex_keys(struct store *store, struct store_key_cursor *at, size_t max, size_t *repaired,
                       struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    struct store_key_cursor *stale = xcalloc(max, sizeof(*stale));
    size_t n = 0, n_stale = 0;
    int r = db_query(
        store, &query, err,
        "SELECT nss, rp, type, date, movement, EXISTS (SELECT 1 FROM movement AS m"
        "  WHERE m.id = k.movement AND m.nss = k.nss AND m.rp = k.rp AND m.type = k.type AND m.date = k.date)"
        " FROM movement_key AS k WHERE (nss, rp, type, date, movement) > (?1, ?2, ?3, ?4, ?5)"
        " ORDER BY nss, rp, type, date, movement LIMIT ?6",
        DB_INT(at->nss), DB_INT(at->rp), DB_INT(at->type), DB_INT(at->date), DB_INT(at->movement),
        DB_INT((int64_t)max));
    while (r >= 0 && (r = db_next(&query, err)) > 0) {
        int64_t *const to[] = {&at->nss, &at->rp, &at->type, &at->date, &at->movement};
        for (int i = 0; i < (int)ELEMENTSOF(to); i++)
            *to[i] = sqlite3_column_int64(query.stmt, i);
        if (!sqlite3_column_int(query.stmt, 5))
            stale[n_stale++] = *at;
        n++;
    }
    for (size_t i = 0; r >= 0 && i < n_stale; i++)
        r = db_run(store, err,
                   "DELETE FROM movement_key WHERE nss = ?1 AND rp = ?2 AND type = ?3 AND date = ?4 AND "
                   "movement = ?5",
                   DB_INT(stale[i].nss), DB_INT(stale[i].rp), DB_INT(stale[i].type), DB_INT(stale[i].date),
                   DB_INT(stale[i].movement));
    *repaired += n_stale;
    free(stale);
    return r < 0 ? r : n == max;
}

#define SEEN                                                                                                 \
    "(SELECT code, coalesce(text, '') AS text, count(*) AS n, max(answered_us) AS last_us FROM "             \
    "movement_error"                                                                                         \
    " JOIN lot ON lot.id = movement_error.movement >> 20 WHERE code IS NOT NULL AND lot.state >= 0 GROUP "   \
    "BY 1, 2)"

/* How often a text was seen is counted anew; when one came last is kept where it is known. */
int store_reindex_rejections(struct store *store, size_t *repaired, struct err *err)
{
    int r = db_run(
        store, err,
        "INSERT INTO rejection(code, text, movements, last_us) SELECT code, text, n, last_us FROM " SEEN
        " WHERE true ON CONFLICT DO UPDATE SET movements = excluded.movements"
        " WHERE movements <> excluded.movements");
    if (r < 0)
        return r;
    *repaired += (size_t)sqlite3_changes(store->db);
    r = db_run(store, err,
               "UPDATE rejection SET movements = 0 WHERE movements <> 0 AND (code, text) NOT IN (SELECT "
               "code, text FROM " SEEN ")");
    if (r >= 0)
        *repaired += (size_t)sqlite3_changes(store->db);
    return r;
}

#define COUNTED                                                                                              \
    "SELECT state AS what, count(*) AS n FROM lot WHERE state >= 0 GROUP BY state"                           \
    " UNION ALL SELECT 100, count(*) FROM lot WHERE state >= 0 AND hold <> 0"                                \
    " UNION ALL SELECT 101, coalesce(sum(count_total), 0) FROM lot WHERE state >= 0"

int store_reindex_totals(struct store *store, size_t *repaired, struct err *err)
{
    int r = db_run(store, err,
                   "INSERT INTO total(what, n) SELECT what, n FROM (" COUNTED ") WHERE n > 0"
                   " ON CONFLICT DO UPDATE SET n = excluded.n WHERE n <> excluded.n");
    if (r < 0)
        return r;
    *repaired += (size_t)sqlite3_changes(store->db);
    r = db_run(store, err,
               "UPDATE total SET n = 0 WHERE what >= 0 AND n <> 0 AND what NOT IN (SELECT what FROM (" COUNTED
               ") WHERE n > 0)");
    if (r >= 0)
        *repaired += (size_t)sqlite3_changes(store->db);
    return r;
}
