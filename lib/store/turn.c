/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>

#include "store/lot-columns.h"

int turn_open(struct store *store, struct err *err)
{
    if (store->lost.code != ERR_NONE)
        return err_set(err, store->lost.code, "%s", err_text(&store->lost));
    if (store->turn)
        return 0;
    int r = db_exec(store, "BEGIN IMMEDIATE", err);
    if (r < 0)
        return r;
    store->turn = true;
    if (store->turn_opened)
        store->turn_opened(store->data);
    return 0;
}

/* SQLite rolls everything back by itself when the disk is full or fails; what follows must not begin half a
 * turn. */
void turn_note_loss(struct store *store, const struct err *err)
{
    if (store->turn && store->lost.code == ERR_NONE && sqlite3_get_autocommit(store->db))
        err_set(&store->lost, err->code, "%s", err_text(err));
}

void turn_undone(struct store *store)
{
    rp_changed(store);
    recent_drop(store);
}

bool store_turn_is_open(const struct store *store)
{
    return store->turn;
}

int store_begin(struct store *store, struct err *err)
{
    int r = turn_open(store, err);
    if (r < 0)
        return r;
    r = db_run(store, err, "SAVEPOINT part");
    if (r < 0)
        return r;
    store->depth++;
    return 0;
}

int store_end(struct store *store, bool ok, struct err *err)
{
    assert(store->depth > 0);
    store->depth--;
    int r = turn_open(store, err); /* fails when the turn was lost, and the savepoint with it */
    if (r < 0)
        return r;
    if (!ok) {
        store->unswept = true;
        turn_undone(store);
        r = db_run(store, err, "ROLLBACK TO part");
        if (r < 0)
            return r;
    }
    return db_run(store, err, "RELEASE part");
}

void store_after_commit(struct store *store, store_commit_fn *fn, void *data)
{
    if (!store->turn) {
        fn(data, NULL);
        return;
    }
    store->callbacks = xreallocarray(store->callbacks, store->n_callbacks + 1, sizeof(*store->callbacks));
    store->callbacks[store->n_callbacks++] = (struct db_callback){fn, data};
}

static int commit(struct store *store, struct err *err)
{
    if (store->lost.code != ERR_NONE)
        return err_move(err, &store->lost);
    if (sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK)
        return 0;
    int r = db_fail(store, err);
    err_clear(&store->lost);
    if (!sqlite3_get_autocommit(store->db))
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    return r;
}

void turn_abort(struct store *store)
{
    if (store->db && !sqlite3_get_autocommit(store->db))
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    store->turn = false;
    err_clear(&store->lost);
}

int store_commit(struct store *store, struct err *err)
{
    if (!store->turn)
        return 0;
    assert(store->depth == 0);
    _cleanup_err_ struct err failure = ERR_INIT;
    int r = commit(store, &failure);
    store->turn = false;
    if (r < 0) {
        store->unswept = true;
        turn_undone(store);
    }

    /* The list is taken first: a callback may write, which opens the next turn and its own list. */
    _cleanup_free_ struct db_callback *callbacks = STEAL(store->callbacks);
    size_t n = store->n_callbacks;
    store->n_callbacks = 0;
    for (size_t i = 0; i < n; i++)
        callbacks[i].fn(callbacks[i].data, r < 0 ? &failure : NULL);
    return r < 0 ? err_move(err, &failure) : 0;
}
