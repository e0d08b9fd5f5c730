/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/*
 * Version n of the schema is what the first n texts make together; a text that was released is never
 * changed.
 *
 * Version 1. Lots are numbered for ever (AUTOINCREMENT). While a lot is being taken in its state is -1 and
 * `token` tells its intake. Movements and the parts of a lot's records have (lot << 20 | number) as their
 * key, parts of a document (document << 20 | number): the rows of one lie together, in order, without an index.
 * A document has no hash as long as parts of it are missing. What a movement has of its own counts only when
 * lot.answered_us is set, else all movements of its lot share lot.movement_state, so that sending a lot of
 * 100,000 changes one row.
 * movement_key is the index of movements by worker, kept by hand: see key.h. `total` is kept by triggers: a
 * lot state's code, 100 for held lots, 101 for movements.
 *
 * Version 2. An attempt has the certificates that the portal showed, as PEM. Approval by a second person, sending later,
 * deadlines. search_todo: the lots that the index of the grid (search.h) does not show as they are; `version` grows with every
 * change. erasure: lots of which something is still to be erased, see erase.c. precedence: which lots go before others, see
 * precedence.c.
 */
static const char *const migrations[] = {
    "CREATE TABLE certificate("
    "  id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, user TEXT, rfc TEXT, curp TEXT, name TEXT, serial TEXT,"
    "  fingerprint TEXT, not_before_us INTEGER NOT NULL, not_after_us INTEGER NOT NULL, added_us INTEGER NOT "
    "NULL,"
    "  removed_us INTEGER NOT NULL, hold INTEGER NOT NULL, hold_text TEXT, last_login_us INTEGER NOT NULL,"
    "  replaces INTEGER REFERENCES certificate(id), sealed BLOB) STRICT;"

    "CREATE TABLE user("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT NOT NULL UNIQUE, names TEXT NOT NULL, first_surname TEXT NOT NULL,"
    "  second_surname TEXT NOT NULL, role INTEGER NOT NULL, enabled INTEGER NOT NULL, password TEXT NOT NULL,"
    "  added_us INTEGER NOT NULL, login_us INTEGER NOT NULL, accepted_us INTEGER NOT NULL, privacy_version TEXT,"
    "  agreement_version TEXT, code TEXT, code_until_us INTEGER NOT NULL, code_tries INTEGER NOT NULL) STRICT;"

    "CREATE TABLE rp("
    "  id INTEGER PRIMARY KEY, rp TEXT NOT NULL UNIQUE, name TEXT, guia TEXT NOT NULL, enye INTEGER NOT NULL,"
    "  paused INTEGER NOT NULL, certificate INTEGER REFERENCES certificate(id), added_us INTEGER NOT NULL,"
    "  removed_us INTEGER NOT NULL DEFAULT 0) STRICT;"
    "CREATE INDEX rp_by_certificate ON rp(certificate);"

    "CREATE TABLE lot("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, rp TEXT NOT NULL REFERENCES rp(rp), type INTEGER NOT NULL,"
    "  created_us INTEGER NOT NULL, created_by TEXT, source TEXT, sha256 TEXT, parent INTEGER REFERENCES "
    "lot(id),"
    "  state INTEGER NOT NULL, hold INTEGER NOT NULL, hold_text TEXT, hold_by TEXT, hold_us INTEGER NOT NULL,"
    "  approved INTEGER NOT NULL, rejected INTEGER NOT NULL, certificate INTEGER REFERENCES certificate(id),"
    "  attempts INTEGER NOT NULL, failures INTEGER NOT NULL, next_us INTEGER NOT NULL, attempt_us INTEGER "
    "NOT NULL,"
    "  attempt_end_us INTEGER NOT NULL, polled_us INTEGER NOT NULL, last_reason INTEGER NOT NULL, last_error "
    "TEXT,"
    "  portal_lot TEXT, folio TEXT, received_us INTEGER NOT NULL, finished_us INTEGER NOT NULL,"
    "  have_acuse INTEGER NOT NULL, have_constancia INTEGER NOT NULL, have_csv INTEGER NOT NULL,"
    "  count_bajas INTEGER NOT NULL DEFAULT 0, count_modificaciones INTEGER NOT NULL DEFAULT 0,"
    "  count_reingresos INTEGER NOT NULL DEFAULT 0, count_total INTEGER NOT NULL DEFAULT 0,"
    "  movement_state INTEGER NOT NULL DEFAULT 0, answered_us INTEGER NOT NULL DEFAULT 0, token INTEGER) "
    "STRICT;"
    "CREATE INDEX lot_by_rp ON lot(rp);"
    "CREATE INDEX lot_by_state ON lot(state);"
    "CREATE INDEX lot_due ON lot(id) WHERE next_us <> 0;"
    "CREATE INDEX lot_held ON lot(id) WHERE hold <> 0;"
    "CREATE INDEX lot_by_portal_lot ON lot(portal_lot) WHERE portal_lot IS NOT NULL;"
    "CREATE INDEX lot_by_parent ON lot(parent);"

    "CREATE TABLE total(what INTEGER PRIMARY KEY, n INTEGER NOT NULL) STRICT;"
    "CREATE TRIGGER lot_state AFTER UPDATE OF state ON lot WHEN NEW.state <> OLD.state BEGIN"
    "  UPDATE total SET n = n - 1 WHERE what = OLD.state;"
    "  INSERT INTO total(what, n) VALUES (NEW.state, 1) ON CONFLICT DO UPDATE SET n = n + 1;"
    "END;"
    "CREATE TRIGGER lot_hold AFTER UPDATE OF state, hold ON lot"
    "  WHEN (OLD.state >= 0 AND OLD.hold <> 0) <> (NEW.state >= 0 AND NEW.hold <> 0) BEGIN"
    "  INSERT INTO total(what, n) VALUES (100, 1)"
    "    ON CONFLICT DO UPDATE SET n = n + CASE WHEN NEW.hold <> 0 THEN 1 ELSE -1 END;"
    "END;"
    "CREATE TRIGGER lot_published AFTER UPDATE OF state ON lot WHEN OLD.state < 0 AND NEW.state >= 0 BEGIN"
    "  INSERT INTO total(what, n) VALUES (101, NEW.count_total) ON CONFLICT DO UPDATE SET n = n + "
    "NEW.count_total;"
    "END;"

    "CREATE TABLE record_part(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;"
    "CREATE TABLE movement("
    "  id INTEGER PRIMARY KEY, rp INTEGER NOT NULL, nss INTEGER NOT NULL, type INTEGER NOT NULL, date "
    "INTEGER NOT NULL,"
    "  state INTEGER, sbc_centavos INTEGER NOT NULL, tipo_trabajador INTEGER NOT NULL, tipo_salario INTEGER "
    "NOT NULL,"
    "  jornada INTEGER NOT NULL, causa_baja INTEGER NOT NULL, extemporaneo INTEGER NOT NULL DEFAULT 0,"
    "  paterno TEXT NOT NULL, materno TEXT NOT NULL, nombres TEXT NOT NULL, umf TEXT NOT NULL, guia TEXT NOT "
    "NULL,"
    "  clave TEXT NOT NULL, curp TEXT NOT NULL, imss_name TEXT) STRICT;"
    "CREATE TABLE movement_key("
    "  nss INTEGER NOT NULL, rp INTEGER NOT NULL, type INTEGER NOT NULL, date INTEGER NOT NULL, movement "
    "INTEGER NOT NULL,"
    "  PRIMARY KEY(nss, rp, type, date, movement)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE movement_error("
    "  movement INTEGER NOT NULL, position INTEGER NOT NULL, code TEXT, text TEXT, imss_value TEXT,"
    "  PRIMARY KEY(movement, position)) STRICT, WITHOUT ROWID;"

    /* Of a lot that corrects its parent: the position there of each of its movements, 32 bits each, little-endian. */
    "CREATE TABLE correction(lot INTEGER PRIMARY KEY REFERENCES lot(id), positions BLOB NOT NULL) STRICT;"

    /* What constancias said, each code and text once: for how many movements, and when it was stored last. */
    "CREATE TABLE rejection("
    "  code TEXT NOT NULL, text TEXT NOT NULL, movements INTEGER NOT NULL, last_us INTEGER NOT NULL,"
    "  PRIMARY KEY(code, text)) STRICT, WITHOUT ROWID;"

    "CREATE TABLE submission("
    "  key TEXT NOT NULL, position INTEGER NOT NULL, lot INTEGER NOT NULL REFERENCES lot(id),"
    "  PRIMARY KEY(key, position)) STRICT, WITHOUT ROWID;"

    "CREATE TABLE document("
    "  id INTEGER PRIMARY KEY, lot INTEGER REFERENCES lot(id), kind INTEGER NOT NULL, name TEXT, media_type "
    "TEXT,"
    "  sha256 TEXT NOT NULL, size INTEGER NOT NULL, stored_us INTEGER NOT NULL) STRICT;"
    "CREATE INDEX document_by_lot ON document(lot, kind, sha256);"
    "CREATE INDEX document_unfinished ON document(id) WHERE sha256 = '';"
    "CREATE TABLE document_part(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;"

    "CREATE TABLE attempt("
    "  id INTEGER PRIMARY KEY, lot INTEGER NOT NULL REFERENCES lot(id), certificate INTEGER REFERENCES "
    "certificate(id),"
    "  started_us INTEGER NOT NULL, ended_us INTEGER NOT NULL DEFAULT 0, reason INTEGER NOT NULL DEFAULT 0, "
    "text TEXT,"
    "  sent INTEGER NOT NULL DEFAULT 0, transcript BLOB) STRICT;"
    "CREATE INDEX attempt_by_lot ON attempt(lot);"

    "CREATE TABLE foreign_lot(portal_lot TEXT PRIMARY KEY, sha256 TEXT) STRICT, WITHOUT ROWID;"
    "CREATE TABLE value(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;"

    "CREATE TABLE audit("
    "  seq INTEGER PRIMARY KEY, at_us INTEGER NOT NULL, who TEXT, action TEXT, object TEXT, outcome TEXT, "
    "detail TEXT,"
    "  hash TEXT NOT NULL) STRICT;"
    "CREATE TABLE audit_head(one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL, hash TEXT NOT "
    "NULL) STRICT;"
    "INSERT INTO audit_head VALUES (1, 0, '');",

    "ALTER TABLE attempt ADD COLUMN tls_chain BLOB;"
    /* What the portal's CSV says otherwise than its constancia. */
    "ALTER TABLE lot ADD COLUMN remarks TEXT;"
    /* lot.deadline: yyyymmdd, the first last day of what is still to reach IMSS; 0 none, -1 not worked out yet. */
    "ALTER TABLE rp ADD COLUMN approval INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE lot ADD COLUMN not_before_us INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE lot ADD COLUMN approval INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE lot ADD COLUMN approved_by TEXT;"
    "ALTER TABLE lot ADD COLUMN approved_us INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE lot ADD COLUMN deadline INTEGER NOT NULL DEFAULT -1;"
    /*
     * The last days of its movements, where they differ. Up to told_us people were told what was to be told of each; untold_day
     * is the first of them that they were not told to be over, 0 none. told_in_doubt: the clock was known wrong.
     */
    "ALTER TABLE lot ADD COLUMN untold_day INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE lot ADD COLUMN told_us INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE lot ADD COLUMN told_in_doubt INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE last_day("
    "  lot INTEGER NOT NULL REFERENCES lot(id) ON DELETE CASCADE, day INTEGER NOT NULL,"
    "  PRIMARY KEY(lot, day)) STRICT, WITHOUT ROWID;"
    /*
     * Everything but what is done with (accepted, cancelled) and what is being taken in. Sets of states are bits here, 231
     * those of 0, 1, 2, 5, 6, 7 and 495 those of 0 to 3 and 5 to 8: for IN (...) SQLite would make and drop a table of its
     * own in each statement that writes a lot.
     */
    "CREATE INDEX lot_untold ON lot(untold_day, id) WHERE untold_day > 0 AND 231 >> state & 1;"
    "CREATE INDEX lot_told ON lot(told_us) WHERE told_us <> 0;"
    "CREATE INDEX lot_told_in_doubt ON lot(id) WHERE told_in_doubt <> 0;"
    "CREATE INDEX lot_by_deadline ON lot(deadline, id) WHERE 495 >> state & 1;"

    "CREATE TABLE search_todo(lot INTEGER PRIMARY KEY, version INTEGER NOT NULL) STRICT;"
    "CREATE TRIGGER search_lot AFTER UPDATE OF state, movement_state, answered_us ON lot WHEN NEW.state >= 0 AND"
    "  (OLD.state < 0 OR OLD.movement_state <> NEW.movement_state OR OLD.answered_us <> NEW.answered_us) BEGIN"
    "  INSERT INTO search_todo VALUES (NEW.id, 1) ON CONFLICT DO UPDATE SET version = version + 1;"
    "END;"
    "CREATE TRIGGER search_lot_deleted AFTER DELETE ON lot WHEN OLD.state >= 0 BEGIN"
    "  INSERT INTO search_todo VALUES (OLD.id, 1) ON CONFLICT DO UPDATE SET version = version + 1;"
    "END;"
    /* Until its lot is answered a movement has no state of its own. */
    "CREATE TRIGGER search_movement_state AFTER UPDATE OF state ON movement"
    "  WHEN (SELECT answered_us FROM lot WHERE id = NEW.id >> 20) <> 0 BEGIN"
    "  INSERT INTO search_todo VALUES (NEW.id >> 20, 1) ON CONFLICT DO UPDATE SET version = version + 1;"
    "END;"
    "CREATE TRIGGER search_movement AFTER UPDATE OF rp, nss, type, date, paterno, materno, nombres, curp ON movement"
    "  WHEN (SELECT state FROM lot WHERE id = NEW.id >> 20) >= 0 BEGIN"
    "  INSERT INTO search_todo VALUES (NEW.id >> 20, 1) ON CONFLICT DO UPDATE SET version = version + 1;"
    "END;"
    "CREATE TRIGGER search_movement_deleted AFTER DELETE ON movement"
    "  WHEN (SELECT state FROM lot WHERE id = OLD.id >> 20) >= 0 BEGIN"
    "  INSERT INTO search_todo VALUES (OLD.id >> 20, 1) ON CONFLICT DO UPDATE SET version = version + 1;"
    "END;"

    /* A file of the spool; `identity` is NULL once it was moved away. What was told of its lots, and which documents. */
    "CREATE TABLE spool_file("
    "  id INTEGER PRIMARY KEY, rp TEXT NOT NULL, name TEXT NOT NULL, identity TEXT, result TEXT NOT NULL) STRICT;"
    "CREATE INDEX spool_by_identity ON spool_file(identity) WHERE identity IS NOT NULL;"
    "CREATE TABLE spool_lot("
    "  lot INTEGER NOT NULL REFERENCES lot(id), file INTEGER NOT NULL REFERENCES spool_file(id),"
    "  written INTEGER NOT NULL DEFAULT 0, told INTEGER NOT NULL DEFAULT -1, done INTEGER NOT NULL DEFAULT 0,"
    "  PRIMARY KEY(lot, file)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX spool_open ON spool_lot(lot) WHERE done = 0;"

    "ALTER TABLE lot ADD COLUMN erased_us INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE erasure(lot INTEGER PRIMARY KEY REFERENCES lot(id), whole INTEGER NOT NULL) STRICT;"
    "CREATE INDEX lot_by_end ON lot(finished_us) WHERE finished_us <> 0 AND erased_us = 0;"
    "CREATE INDEX lot_by_success ON lot(rp, finished_us) WHERE 48 >> state & 1;"

    /* Most lots correct none. */
    "DROP INDEX lot_by_parent;"
    "CREATE INDEX lot_by_parent ON lot(parent) WHERE parent IS NOT NULL;"
    /* Without a reference: whenever a lot that was refused is deleted, SQLite looked through all submissions for it. */
    "ALTER TABLE submission RENAME TO submission_before;"
    "CREATE TABLE submission("
    "  key TEXT NOT NULL, position INTEGER NOT NULL, lot INTEGER NOT NULL,"
    "  PRIMARY KEY(key, position)) STRICT, WITHOUT ROWID;"
    "INSERT INTO submission SELECT key, position, lot FROM submission_before;"
    "DROP TABLE submission_before;"

    /* Since when a lot that others sent is known from its receipts; 0 for one of our own. */
    "ALTER TABLE lot ADD COLUMN adopted_us INTEGER NOT NULL DEFAULT 0;"

    /* Since when the lot is cancelled, or nobody will correct what was rejected of it; who said so, and why. */
    "ALTER TABLE lot ADD COLUMN given_up_us INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE lot ADD COLUMN given_up_by TEXT;"
    "ALTER TABLE lot ADD COLUMN given_up_text TEXT;"
    "UPDATE lot SET given_up_us = act.at_us, given_up_by = act.who,"
    "  given_up_text = iif(json_valid(act.detail), json_extract(act.detail, '$.text'), NULL)"
    "  FROM (SELECT CAST(substr(object, 5) AS INTEGER) AS lot, max(seq), at_us, who, detail FROM audit"
    "    WHERE action = 'cancel' AND outcome = 'ok' AND object GLOB 'lot [0-9]*' GROUP BY 1) AS act"
    "  WHERE lot.id = act.lot AND lot.state = 9;"

    /*
     * Both may still go to the portal (states 0 to 2) or are being taken in (-1), and have a worker in common. With row
     * numbers, for without them SQLite would make a table of its own to delete some.
     */
    "CREATE TABLE precedence("
    "  lot INTEGER NOT NULL REFERENCES lot(id) ON DELETE CASCADE,"
    "  older INTEGER NOT NULL REFERENCES lot(id) ON DELETE CASCADE,"
    "  UNIQUE(lot, older)) STRICT;"
    "CREATE INDEX precedence_by_older ON precedence(older);"
    "CREATE TRIGGER lot_gone AFTER UPDATE OF state ON lot WHEN OLD.state < 3 AND NEW.state > 2 BEGIN"
    "  DELETE FROM precedence WHERE lot = NEW.id;"
    "  DELETE FROM precedence WHERE older = NEW.id;"
    "END;"
    "INSERT INTO precedence(lot, older) SELECT DISTINCT young.id, old.id FROM lot young"
    "  CROSS JOIN movement m ON m.id BETWEEN young.id << 20 AND young.id << 20 | 1048575"
    "  CROSS JOIN movement_key k ON k.nss = m.nss AND k.rp = m.rp AND k.movement < young.id << 20"
    "  CROSS JOIN lot old ON old.id = k.movement >> 20"
    "  WHERE young.state BETWEEN 0 AND 2 AND old.state BETWEEN 0 AND 2;",
};

/* "PATH.v3-20261102T153000Z", empty and only for the owner: VACUUM INTO fills an empty file. */
static int copy_create(struct store *store, int64_t version, char **ret_path, struct err *err)
{
    time_t now = (time_t)(clock_wall_us(store->clock) / US_PER_S);
    struct tm utc;
    char date[32];
    strftime(date, sizeof(date), "%Y%m%dT%H%M%SZ", gmtime_r(&now, &utc));
    for (unsigned i = 0;; i++) {
        _cleanup_free_ char *path =
            i == 0 ? xasprintf("%s.v%lld-%s", store->path, (long long)version, date)
                   : xasprintf("%s.v%lld-%s.%u", store->path, (long long)version, date, i);
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd >= 0) {
            close(fd);
            *ret_path = STEAL(path);
            return 0;
        }
        if (errno != EEXIST || i == 99)
            return err_set_errno(err, ERR_IO, errno, _("The copy %s cannot be made"), path);
    }
}

static int sync_path(const char *path, int flags, struct err *err)
{
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | flags);
    if (fd < 0 || fsync(fd) < 0)
        return err_set_errno(err, ERR_IO, errno, _("%s cannot be synced"), path);
    return 0;
}

static int copy_make(struct store *store, int64_t version, struct err *err)
{
    _cleanup_free_ char *path = NULL;
    int r = copy_create(store, version, &path, err);
    if (r < 0)
        return r;
    char *sql = sqlite3_mprintf("VACUUM INTO %Q", path);
    r = db_exec(store, sql, err);
    sqlite3_free(sql);
    _cleanup_free_ char *mark = xasprintf("{\"at\":%lld}", (long long)clock_wall_us(store->clock));
    if (r >= 0 && version > 0) /* tables that make no database of ours have no place for it */
        r = store_copy_mark(path, mark, err);
    if (r >= 0)
        r = sync_path(path, 0, err);
    if (r < 0) {
        unlink(path);
        return err_prefix(err, _("The copy before the migration could not be made"));
    }
    const char *slash = strrchr(path, '/');
    _cleanup_free_ char *folder = slash ? xstrndup(path, (size_t)(slash - path) + 1) : xstrdup(".");
    return sync_path(folder, O_DIRECTORY, err);
}

static int migrate_from(struct store *store, int64_t version, struct err *err)
{
    int r = 0;
    for (size_t i = (size_t)version; r >= 0 && i < ELEMENTSOF(migrations); i++)
        r = db_exec(store, migrations[i], err);
    if (r < 0)
        return err_prefix(err, _("Migrating the database failed; it stays as it was"));
    _cleanup_free_ char *marks = xasprintf("PRAGMA application_id = %d; PRAGMA user_version = %zu",
                                           SCHEMA_APPLICATION_ID, ELEMENTSOF(migrations));
    return db_exec(store, marks, err);
}

int schema_version(struct store *store, int64_t *ret, struct err *err)
{
    int64_t version = 0;
    int r = db_number(store, &version, err, "PRAGMA user_version");
    if (r < 0)
        return r;
    const int64_t present = (int64_t)ELEMENTSOF(migrations);
    if (version < 0 || version > present)
        return err_set(
            err, ERR_STORE_NEWER,
            _("The database %s has schema %lld, this idsed knows up to %lld; install the newer idsed again"),
            store->path, (long long)version, (long long)present);
    *ret = version;
    return 0;
}

int schema_migrate(struct store *store, bool fresh, struct err *err)
{
    int64_t version = 0;
    int r = schema_version(store, &version, err);
    if (r < 0 || version == (int64_t)ELEMENTSOF(migrations))
        return r;
    if (!fresh) {
        r = copy_make(store, version, err);
        if (r < 0)
            return r;
    }
    r = turn_open(store, err);
    if (r < 0)
        return r;
    r = migrate_from(store, version, err);
    if (r < 0) {
        turn_abort(store);
        return r;
    }
    return store_commit(store, err);
}
