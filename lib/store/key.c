/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/key.h"

#include "idse/date.h"
#include "idse/lot.h"
#include "store/lot-columns.h"

/* As many as one sort does within a few milliseconds. */
enum { RUN = 1 << 16 };

void keys_free(struct keys *keys)
{
    free(keys->items);
    *keys = (struct keys){0};
}

bool keys_pending(const struct keys *keys)
{
    return keys->sorted;
}

void keys_collect(struct keys *keys, const struct movement *movement, uint32_t seq)
{
    if (keys->n == keys->cap) {
        keys->cap = keys->cap ? 2 * keys->cap : 16;
        keys->items = xreallocarray(keys->items, keys->cap, sizeof(*keys->items));
    }
    keys->items[keys->n++] = (struct key){
        .nss = strtoll(movement->nss, NULL, 10), .date = movement->date, .seq = seq, .type = movement->type};
    if (keys->n == RUN)
        keys_sort(keys);
}

static int by_key(const void *left, const void *right)
{
    const struct key *a = left, *b = right;
    int r = COMPARE(a->nss, b->nss);
    if (r == 0)
        r = COMPARE(a->type, b->type);
    if (r == 0)
        r = COMPARE(a->date, b->date);
    return r ? r : COMPARE(a->seq, b->seq);
}

void keys_sort(struct keys *keys)
{
    if (keys->n > 0)
        qsort(keys->items, keys->n, sizeof(*keys->items), by_key);
    keys->sorted = keys->n > 0;
    keys->at = 0;
}

/* The movement that stands in the way: one with the same key in a lot that is, or may become, accepted. */
static const char sql_duplicate[] =
    "SELECT lot.id, movement.id & 1048575, lot.state"
    " FROM movement_key CROSS JOIN movement ON movement.id = movement_key.movement"
    " CROSS JOIN lot ON lot.id = movement.id >> 20"
    " WHERE movement_key.nss = ?1 AND movement_key.rp = ?2 AND movement_key.type = ?3"
    " AND movement_key.date = ?4"
    " AND lot.id <> ?5 AND lot.state NOT IN (6, 7, 9)" /* rejected, failed, cancelled; and the movement's: */
    " AND " MOVEMENT_STATE_NOW " IN (0, 1, 2, 3, 5)"   /* not 4, 6, 7: the like */
    " ORDER BY movement_key.movement LIMIT 1";

static int refuse_duplicate(struct store *store, int64_t lot, int64_t rp, const struct key *key,
                            struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err, sql_duplicate, DB_INT(key->nss), DB_INT(rp), DB_INT(key->type),
                     DB_INT(key->date), DB_INT(lot));
    if (r >= 0)
        r = db_next(&query, err);
    if (r <= 0)
        return r;
    int state = sqlite3_column_int(query.stmt, 2);
    char date[DATE_TEXT_SIZE];
    return err_set(err, ERR_DUPLICATE_MOVEMENT,
                   _("Line %u (NSS *******%04d, %s of %s) already stands in lot %lld (%s), line %lld"),
                   key->seq + 1, (int)(key->nss % 10000), movement_type_label(key->type),
                   date_text(key->date, date), (long long)sqlite3_column_int64(query.stmt, 0),
                   state < 0 ? _("being taken in") : lot_state_label((enum lot_state)state),
                   (long long)sqlite3_column_int64(query.stmt, 1) + 1);
}

int key_is_known(struct store *store, int64_t rp, int64_t nss, struct err *err)
{
    int64_t any;
    return db_number(store, &any, err, "SELECT 1 FROM movement_key WHERE nss = ?1 AND rp = ?2 LIMIT 1",
                     DB_INT(nss), DB_INT(rp));
}

int keys_store_next(struct keys *keys, struct store *store, const struct keys_owner *owner, struct err *err)
{
    const struct key *key = &keys->items[keys->at];
    const int64_t lot = owner->lot, rp = owner->rp;
    bool asks = !owner->allow_duplicate || owner->oldest > 0;
    int known = asks ? key_is_known(store, rp, key->nss, err) : 0;
    int r = MIN(known, 0);
    if (known > 0 && !owner->allow_duplicate)
        r = refuse_duplicate(store, lot, rp, key, err);
    if (r >= 0 && known > 0 && owner->oldest > 0)
        r = precedence_note(store, lot, rp, key->nss, owner->oldest, err);
    if (r >= 0)
        r = db_run(store, err,
                   "INSERT INTO movement_key(nss, rp, type, date, movement) VALUES (?1, ?2, ?3, ?4, ?5)",
                   DB_INT(key->nss), DB_INT(rp), DB_INT(key->type), DB_INT(key->date),
                   DB_INT(row_id(lot, key->seq)));
    if (r < 0)
        return r;
    if (++keys->at == keys->n) {
        keys->n = 0;
        keys->sorted = false;
    }
    return 0;
}
