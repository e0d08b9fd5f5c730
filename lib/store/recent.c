/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/lot-columns.h"

/*
 * Rows of lots that were published lately: whoever announces a lot reads it, just after it was written. SQLite tells of each
 * row that this connection changes, so one that is here is as it is stored.
 */
enum { RECENT = 64 };

struct recent_lots {
    struct store_lot rows[RECENT]; /* each lot has its place; id 0: none is there */
};

/* The lot's row, if it is here, or NULL. */
static struct store_lot *find(const struct store *store, int64_t id)
{
    struct store_lot *row = store->recent && id > 0 ? &store->recent->rows[id % RECENT] : NULL;
    return row && row->id == id ? row : NULL;
}

static void forget(struct store_lot *row)
{
    store_lot_free(row);
    row->id = 0;
}

static void row_changed(void *data, int operation, const char *database, const char *table, sqlite3_int64 id)
{
    struct store_lot *row = streq(table, "lot") ? find(data, id) : NULL;
    if (row)
        forget(row);
}

void recent_watch(struct store *store)
{
    sqlite3_update_hook(store->db, row_changed, store);
    store->recent = xcalloc(1, sizeof(*store->recent));
}

void recent_add(struct store *store, const struct store_lot *lot)
{
    if (!store->recent)
        return;
    struct store_lot *row = &store->recent->rows[lot->id % RECENT];
    forget(row);
    db_record_copy(&lot_mapping, lot, row);
}

bool recent_get(const struct store *store, int64_t id, struct store_lot *ret)
{
    const struct store_lot *row = find(store, id);
    if (row)
        db_record_copy(&lot_mapping, row, ret);
    return row != NULL;
}

void recent_drop(struct store *store)
{
    for (size_t i = 0; store->recent && i < RECENT; i++)
        forget(&store->recent->rows[i]);
}
