/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/adoption.h"
#include "idse/record.h"
#include "store/key.h"
#include "store/lot-columns.h"
#include "vault/digest.h"

struct store_intake {
    struct store *store;
    struct store_intake *next; /* of those that live */
    struct store_lot row;      /* as it will be once published, but for its hash, counts and type */
    int64_t lot;
    int64_t first_token, token; /* tell this intake's row from a later one of the same number after an undo */
    int64_t rp;
    bool allow_duplicate;
    bool adopted; /* every record must be understood */
    bool failed;
    bool read_all;
    struct buf records;
    struct record_reader *reader;
    const struct constancia *constancia; /* where there are no records: its rows are the movements */
    struct keys keys;                    /* of movements that are stored, not yet in the index */
    int64_t oldest;                      /* see precedence_oldest(); -1: to be found out in this slice */
    uint32_t counts[_COUNT_MAX];
    uint32_t parts;
    size_t stored;         /* bytes of the records */
    struct digest *digest; /* of the stored ones */
};

static void taking_free(struct store_intake *intake)
{
    struct store_intake **at = &intake->store->intakes;
    while (*at != intake)
        at = &(*at)->next;
    *at = intake->next;
    record_reader_free(intake->reader);
    digest_free(intake->digest);
    keys_free(&intake->keys);
    buf_free(&intake->records);
    store_lot_free(&intake->row);
    free(intake);
}

static const struct db_field new_fields[] = {LOT_FIXED(COLUMN_FIELD) LOT_CHANGING(COLUMN_FIELD)};
static const struct db_mapping new_mapping = DB_MAPPING(store_lot, new_fields);
#define LOT_NEW(X) LOT_FIXED(X) LOT_CHANGING(X)

static int insert_lot(struct store *store, const struct store_lot *lot, int64_t token, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err, SQL_INSERT("lot", "token", LOT_NEW), DB_INT(token));
    if (r >= 0)
        r = db_bind(&query, 2, &new_mapping, lot, err);
    return r < 0 ? r : db_finish(&query, err);
}

int lot_discard_some(struct store *store, int64_t lot, size_t max, struct err *err)
{
    int64_t upto = 0;
    int r = db_number(store, &upto, err,
                      "SELECT coalesce(max(id), 0) FROM (SELECT id FROM movement WHERE id BETWEEN ?1 AND ?2"
                      " ORDER BY id LIMIT ?3)",
                      DB_INT(row_first(lot)), DB_INT(row_last(lot)),
                      DB_INT((int64_t)MIN(max, (size_t)INT32_MAX)));
    if (r < 0 || upto == 0)
        return r < 0 ? r : 0;
    struct db_value first = DB_INT(row_first(lot)), last = DB_INT(upto);
    r = rejections_forget(store, row_first(lot), upto + 1, err);
    if (r >= 0)
        r = db_run(store, err, "DELETE FROM movement_error WHERE movement BETWEEN ?1 AND ?2", first, last);
    if (r >= 0)
        r = db_run(store, err,
                   "DELETE FROM movement_key WHERE (nss, rp, type, date, movement) IN"
                   " (SELECT nss, rp, type, date, id FROM movement WHERE id BETWEEN ?1 AND ?2)",
                   first, last);
    if (r >= 0)
        r = db_run(store, err, "DELETE FROM movement WHERE id BETWEEN ?1 AND ?2", first, last);
    return r < 0 ? r : 1;
}

/* Deletes a lot that is not visible. */
static int discard(struct store *store, int64_t lot, struct err *err)
{
    int r = lot_discard_some(store, lot, SIZE_MAX, err);
    if (r >= 0)
        r = db_run(store, err, "DELETE FROM record_part WHERE id BETWEEN ?1 AND ?2", DB_INT(row_first(lot)),
                   DB_INT(row_last(lot)));
    if (r >= 0)
        r = db_run(store, err, "DELETE FROM lot WHERE id = ?1", DB_INT(lot));
    return r;
}

static bool lives(const struct store *store, int64_t lot)
{
    for (const struct store_intake *intake = store->intakes; intake; intake = intake->next)
        if (intake->lot == lot)
            return true;
    return false;
}

static int sweep(struct store *store, int64_t lot, struct err *err)
{
    int64_t token = 0; /* of its intake; one that gave way has none */
    int r = db_number(store, &token, err, "SELECT coalesce(token, 0) FROM lot WHERE id = ?1", DB_INT(lot));
    if (r >= 0)
        r = discard(store, lot, err);
    if (r < 0 || token == 0) /* its giving way was recorded */
        return r;
    _cleanup_free_ char *object = xasprintf("lot %lld", (long long)lot);
    struct store_audit audit = {.who = (char *)"idsed",
                                .action = (char *)"discard",
                                .object = object,
                                .outcome = (char *)"ok",
                                .detail = (char *)"{\"reason\":\"never taken in whole\"}"};
    return store_audit_add(store, &audit, err);
}

int lot_sweep(struct store *store, struct err *err)
{
    if (!store->unswept)
        return 0;
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    _cleanup_free_ int64_t *lots = NULL;
    size_t n = 0;
    int r = db_query(store, &query, err, "SELECT id FROM lot WHERE state = -1");
    if (r >= 0)
        r = db_numbers(&query, &lots, &n, err);
    for (size_t i = 0; r >= 0 && i < n; i++)
        if (!lives(store, lots[i]))
            r = sweep(store, lots[i], err);
    if (r >= 0)
        store->unswept = false;
    return r;
}

/* Of the lot whose hidden row was just written. */
static struct store_intake *intake_new(struct store *store, const struct store_lot *row, int64_t token,
                                       int64_t rp, const struct buf *records, bool allow_duplicate)
{
    struct store_intake *intake = xmalloc(sizeof(*intake));
    *intake = (struct store_intake){.store = store,
                                    .next = store->intakes,
                                    .lot = sqlite3_last_insert_rowid(store->db),
                                    .token = token,
                                    .first_token = token,
                                    .rp = rp,
                                    .adopted = row->adopted_us != 0,
                                    .allow_duplicate = allow_duplicate};
    db_record_copy(&lot_mapping, row, &intake->row);
    intake->row.id = store->newest = intake->lot;
    buf_add(&intake->records, str_or_empty(records->data), records->len);
    intake->digest = digest_new();
    intake->reader = record_reader_new(intake->records.data, intake->records.len, NULL);
    store->intakes = intake;
    return intake;
}

static int begin(struct store *store, const struct store_lot *lot, const struct buf *records,
                 bool allow_duplicate, struct store_intake **ret, struct err *err)
{
    int64_t rp;
    int r =
        db_number(store, &rp, err, "SELECT id FROM rp WHERE rp = ?1 AND removed_us = 0", DB_TEXT(lot->rp));
    if (r <= 0)
        return r < 0 ? r
                     : err_set(err, ERR_UNKNOWN_RP, _("The registro patronal %s is not registered"), lot->rp);

    r = lot_sweep(store, err);
    if (r < 0)
        return r;

    struct store_lot row = *lot;
    if (row.created_us == 0)
        row.created_us = clock_wall_us(store->clock);
    if (row.next_us == 0 && !row.adopted_us)
        row.next_us = row.created_us;
    row.sha256 = NULL; /* with the last slice */
    int64_t token;
    random_bytes(&token, sizeof(token));
    token &= INT64_MAX / 2; /* it is counted on */
    struct store_lot hidden = row;
    hidden.state = (enum lot_state)LOT_BEING_TAKEN_IN;
    r = insert_lot(store, &hidden, token, err);
    if (r < 0)
        return r;
    *ret = intake_new(store, &row, token, rp, records, allow_duplicate);
    return 0;
}

int store_lot_begin(struct store *store, const struct store_lot *lot, const struct buf *records,
                    bool allow_duplicate, struct store_intake **ret, struct err *err)
{
    return begin(store, lot, records, allow_duplicate, ret, err);
}

int store_lot_adopt(struct store *store, const struct store_lot *lot, const struct buf *records,
                    const struct constancia *constancia, struct store_intake **ret, struct err *err)
{
    int r = begin(store, lot, records ? records : &BUF_INIT, true, ret, err);
    if (r >= 0 && !records)
        (*ret)->constancia = constancia;
    return r;
}

bool store_lot_is_newest(const struct store *store, int64_t lot)
{
    return lot == store->newest;
}

int64_t store_intake_lot(const struct store_intake *intake)
{
    return intake->lot;
}

uint32_t store_intake_movements(const struct store_intake *intake)
{
    return intake->counts[COUNT_TOTAL];
}

static int add_movement(struct store_intake *intake, const struct movement *movement, struct err *err)
{
    uint32_t seq = intake->counts[COUNT_TOTAL];
    if (seq >= RECORD_MAX_MOVEMENTS)
        return err_set(err, ERR_TOO_LARGE, _("A lot holds at most %d movements"), RECORD_MAX_MOVEMENTS);
    if (intake->adopted && !streq(movement->rp, intake->row.rp))
        return err_set(err, ERR_UNREADABLE_RECEIPT,
                       _("record %u is of registro patronal %s, the document of %s"), seq + 1, movement->rp,
                       intake->row.rp);
    int r = movement_insert(intake->store, row_id(intake->lot, seq), intake->rp, movement, err);
    if (r < 0)
        return r;
    keys_collect(&intake->keys, movement, seq);
    intake->counts[count_of_type(movement->type)]++;
    intake->counts[COUNT_TOTAL]++;
    return 0;
}

static bool finished(const struct store_intake *intake)
{
    return intake->read_all && !keys_pending(&intake->keys);
}

/* The next movement, of the records or of what a constancia prints: 1, or 0 at the end. */
static int next_movement(struct store_intake *intake, struct movement *ret)
{
    const struct constancia *constancia = intake->constancia;
    uint32_t at = intake->counts[COUNT_TOTAL];
    if (!constancia)
        return record_reader_next(intake->reader, ret);
    if (at == constancia->n_rows)
        return 0;
    adoption_movement(&constancia->rows[at], intake->row.rp, ret);
    return 1;
}

static int check_understood(const struct store_intake *intake, struct err *err)
{
    size_t bad = record_reader_bad(intake->reader);
    if (!intake->adopted || (bad == 0 && intake->counts[COUNT_TOTAL] > 0))
        return 0;
    return bad > 0 ? err_set(err, ERR_UNREADABLE_RECEIPT,
                             dngettext(IDSED_TEXTDOMAIN, "%zu of the records is not understood",
                                       "%zu of the records are not understood", bad),
                             bad)
                   : err_set(err, ERR_UNREADABLE_RECEIPT, _("there is no movement in it"));
}

static int add_key(struct store_intake *intake, struct err *err)
{
    int r = 0;
    if (intake->oldest < 0)
        r = precedence_oldest(intake->store, intake->lot, &intake->oldest, err);
    const struct keys_owner owner = {intake->lot, intake->rp, intake->allow_duplicate, intake->oldest};
    return r < 0 ? r : keys_store_next(&intake->keys, intake->store, &owner, err);
}

/* One step: the next key while a run of them waits, else the next movement. */
static int add_step(struct store_intake *intake, struct err *err)
{
    if (keys_pending(&intake->keys))
        return add_key(intake, err);
    struct movement movement;
    int r = next_movement(intake, &movement);
    if (r > 0)
        return add_movement(intake, &movement, err);
    intake->read_all = true;
    keys_sort(&intake->keys);
    return r < 0 ? r : check_understood(intake, err);
}

static int add_steps(struct store_intake *intake, size_t max, struct err *err)
{
    int r = 0;
    /* An adopted lot was sent already and waits for none. Any other asks anew in each slice: lots may have begun since. */
    intake->oldest = intake->adopted ? 0 : -1;
    for (size_t i = 0; r >= 0 && i < max && !finished(intake); i++)
        r = add_step(intake, err);
    return r;
}

/* The bytes of the slice go along with its movements, the last one's with whatever is left. */
static int add_records(struct store_intake *intake, struct err *err)
{
    size_t upto = (size_t)record_reader_line(intake->reader) * (RECORD_COLUMNS + 2);
    if (intake->read_all || upto > intake->records.len)
        upto = intake->records.len;
    if (upto <= intake->stored)
        return 0;
    const char *part = intake->records.data + intake->stored;
    size_t n = upto - intake->stored;
    int r = db_run(intake->store, err, "INSERT INTO record_part(id, bytes) VALUES (?1, ?2)",
                   DB_INT(row_id(intake->lot, intake->parts)), DB_BLOB(part, n));
    if (r < 0)
        return r;
    digest_add(intake->digest, part, n);
    intake->parts++;
    intake->stored = upto;
    return 0;
}

enum movement_type type_of_counts(const uint32_t *counts)
{
    static const enum movement_type types[] = {MOVEMENT_BAJA, MOVEMENT_MODIFICACION, MOVEMENT_REINGRESO};
    for (size_t i = 0; i < ELEMENTSOF(types); i++)
        if (counts[count_of_type(types[i])] == counts[COUNT_TOTAL])
            return types[i];
    return MOVEMENT_NONE;
}

/* A slice whose turn was lost, or that was undone, is seen here: then the row has not the token in memory. */
static int check_written(const struct store_intake *intake, struct err *err)
{
    return sqlite3_changes(intake->store->db) > 0
               ? 0
               : err_set(err, ERR_STORE, _("A part of lot %lld was not stored; submit it again"),
                         (long long)intake->lot);
}

/* After a slice: sets nothing that an index or a trigger looks at. */
static int write_counts(struct store_intake *intake, struct err *err)
{
    const uint32_t *counts = intake->counts;
    int r = db_run(
        intake->store, err,
        "UPDATE lot SET count_bajas = ?3, count_modificaciones = ?4, count_reingresos = ?5, count_total = ?6,"
        " token = token + 1 WHERE id = ?1 AND token = ?2",
        DB_INT(intake->lot), DB_INT(intake->token), DB_INT(counts[COUNT_BAJAS]),
        DB_INT(counts[COUNT_MODIFICACIONES]), DB_INT(counts[COUNT_REINGRESOS]), DB_INT(counts[COUNT_TOTAL]));
    if (r >= 0)
        r = check_written(intake, err);
    if (r >= 0)
        intake->token++;
    return r;
}

/* What is known at the end: of what the lot began with, its hold may be another. */
#define LOT_PUBLISHED(X)                                                                                     \
    X(state, I32, store_lot, state)                                                                          \
    X(sha256, TEXT, store_lot, sha256)                                                                       \
    X(type, I32, store_lot, type)                                                                            \
    X(hold, I32, store_lot, hold)                                                                            \
    X(hold_text, TEXT, store_lot, hold_text)                                                                 \
    X(hold_by, TEXT, store_lot, hold_by)                                                                     \
    X(hold_us, I64, store_lot, hold_us)
static const struct db_field published_fields[] = {LOT_PUBLISHED(COLUMN_FIELD)};
static const struct db_mapping published_mapping = DB_MAPPING(store_lot, published_fields);

/* After the last slice, which has written the counts. */
static int write_published(const struct store_intake *intake, const struct store_lot *row, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(intake->store, &query, err,
                     "UPDATE lot SET token = nullif(token, ?2)" LOT_PUBLISHED(
                         COLUMN_SET) " WHERE id = ?1 AND token = ?2", /* the members begin with ?3 */
                     DB_INT(intake->lot), DB_INT(intake->token));
    if (r >= 0)
        r = db_bind(&query, 3, &published_mapping, row, err);
    if (r >= 0)
        r = db_finish(&query, err);
    return r < 0 ? r : check_written(intake, err);
}

static int add_slice(struct store_intake *intake, size_t max, struct err *err)
{
    int r = add_steps(intake, max, err);
    if (r >= 0)
        r = add_records(intake, err);
    if (r >= 0)
        r = write_counts(intake, err);
    return r;
}

/* Each line is a movement and a key, but for the control record; at least 1. */
static size_t steps_left(const struct store_intake *intake)
{
    size_t lines =
        intake->constancia ? intake->constancia->n_rows + 1 : intake->records.len / (RECORD_COLUMNS + 2);
    size_t taken = intake->counts[COUNT_TOTAL];
    size_t unread = lines > taken + 1 ? lines - taken - 1 : 0;
    return MAX(2 * unread + intake->keys.n - intake->keys.at, 1);
}

int store_lot_add(struct store_intake *intake, size_t max, struct err *err)
{
    if (intake->failed)
        return err_set(err, ERR_STORE, _("Lot %lld could not be stored"), (long long)intake->lot);
    int r = add_slice(intake, max, err);
    if (r < 0) {
        intake->failed = true;
        return r;
    }
    return finished(intake) ? 0 : (int)MIN(steps_left(intake), (size_t)INT32_MAX);
}

int store_intake_row(struct store_intake *intake, struct store_lot *ret, struct err *err)
{
    if (intake->failed || !finished(intake))
        return err_set(err, ERR_STORE, _("Lot %lld is not stored whole"), (long long)intake->lot);
    if (intake->digest) {
        intake->row.sha256 = digest_end_hex(STEAL(intake->digest));
        if (intake->constancia)
            replace_str(&intake->row.sha256, NULL);
    }
    memcpy(intake->row.counts, intake->counts, sizeof(intake->counts));
    if (intake->adopted)
        intake->row.type = type_of_counts(intake->counts);
    db_record_copy(&lot_mapping, &intake->row, ret);
    return 0;
}

int store_lot_publish_as(struct store_intake *intake, const struct store_lot *row, struct err *err)
{
    int r = write_published(intake, row, err);
    if (r < 0) {
        intake->failed = true;
        return r;
    }
    recent_add(intake->store, row);
    taking_free(intake);
    return 0;
}

int store_lot_publish(struct store_intake *intake, int64_t *ret_id, struct err *err)
{
    struct store_lot row = {0};
    int r = store_intake_row(intake, &row, err);
    if (r >= 0)
        r = store_lot_publish_as(intake, &row, err);
    if (r >= 0)
        *ret_id = row.id;
    store_lot_free(&row);
    return r;
}

/* Nobody saw its number: where no later lot has one, the next lot takes it. */
static void give_number_back(struct store *store, int64_t lot)
{
    db_run(store, NULL, "UPDATE sqlite_sequence SET seq = seq - 1 WHERE name = 'lot' AND seq = ?1",
           DB_INT(lot));
}

void store_lot_abandon(struct store_intake *intake)
{
    if (!intake)
        return;
    /* On failure the row stays hidden and store_open() deletes it. */
    int64_t lot;
    if (db_number(intake->store, &lot, NULL, "SELECT id FROM lot WHERE id = ?1 AND token BETWEEN ?2 AND ?3",
                  DB_INT(intake->lot), DB_INT(intake->first_token), DB_INT(intake->token)) > 0 &&
        discard(intake->store, lot, NULL) >= 0)
        give_number_back(intake->store, lot);
    taking_free(intake);
}
