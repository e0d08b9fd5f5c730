/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "idse/deadline.h"
#include "idse/intake.h"
#include "idse/lot.h"
#include "idse/movement.h"
#include "idse/outcome.h"
#include "idse/receipt.h"
#include "idse/worker.h"

/*
 * The durable state: one SQLite file, WAL, synchronous=FULL. One thread, one connection.
 *
 * The write turn. The first write of a loop turn opens a transaction; store_commit(), called once at the end
 * of the turn, commits all of them with one sync, and then what was registered by store_after_commit() runs
 * in order: replies and signals leave there, and so does the first byte of an upload. Nothing is ever told or
 * sent before it is on disk. Several calls that belong together are put between store_begin() and
 * store_end(), which undo just them on failure.
 *
 * Every function that returns int gives 0 (or a documented positive value), or a negative code with err set.
 * Returned structs are filled by copy; free them with their store_*_free(). Instants are wall-clock
 * microseconds, 0 = none.
 */
struct store;

struct store_options {
    const char *path; /* the database file */
    const struct clock *clock;
    /* Called once when a write turn opens, so that the loop schedules store_commit() for the end of the turn.
     */
    void (*turn_opened)(void *data);
    /*
     * The log has grown: store_checkpoint() is due, in a worker thread. Called after commits; NULL: commits do it themselves,
     * and each such one takes as long as writing and syncing some megabytes.
     */
    void (*log_grown)(void *data);
    void *data;
};

/*
 * Opens, checks (application_id, quick integrity) and migrates; a migration first makes a dated copy beside
 * the file with VACUUM INTO. ERR_STORE_NEWER for a schema from the future, ERR_STORE_CORRUPT; the file is
 * never deleted or replaced.
 */
int store_open(const struct store_options *options, struct store **ret, struct err *err);
/* Reads the whole database for damage (SQLite's quick_check), for `doctor`: seconds on a big one.
 * ERR_STORE_CORRUPT. */
int store_check(struct store *store, struct err *err);
/*
 * What store_check() and store_audit_verify() find, read over a connection of its own, so that a worker
 * thread can do it while the daemon works. Each err stays empty when its part is whole.
 */
void store_inspect(const char *path, struct err *database, struct err *audit);
/*
 * A connection of its own that reads one state of the database, whatever is committed meanwhile, for a worker thread. Only
 * reading functions may be called with it; end it with store_close().
 */
int store_open_reader(const char *path, struct store **ret, struct err *err);
/* Moves what the log holds into the database, over a connection of its own; readers and the daemon go on meanwhile. */
int store_checkpoint(const char *path, struct err *err);

/* ---- copies ---- */
/* The value that every copy has and no database at work: JSON, {"at": when it was made, "host": where}. */
#define STORE_COPY_MARK "copy"
struct store_copy {
    const char *from;
    const char *to;                            /* an empty file */
    const char *mark;                          /* kept as it is where `from` is a copy already */
    int (*go_on)(void *data, struct err *err); /* asked now and then; negative gives up. May be NULL */
    void *data;
};
/*
 * Copies a database of ours as it is at one instant, over connections of its own, so that a worker can do it while the
 * daemon works: compact, in one file without a log, marked. ERR_STORE_CORRUPT, ERR_STORE_NEWER. What was written of `to`
 * stays there on failure. It is not synced.
 */
int store_copy(const struct store_copy *copy, struct err *err);
/* Marks a database that nobody works on, unless it is marked. */
int store_copy_mark(const char *path, const char *mark, struct err *err);

/*
 * Moves what is left in the log and empties it, so that it holds nothing of what was erased either. Between turns; quick
 * after store_checkpoint(). 1, or 0 when somebody else is reading: try again later.
 */
int store_empty_log(struct store *store, struct err *err);
/* Commits what is open and closes. Returns NULL. */
struct store *store_close(struct store *store);
DEFINE_CLEANUP(struct store *, store_cleanup, store_close)

/* ---- the write turn ---- */
int store_begin(struct store *store, struct err *err); /* nests; a savepoint in the turn's transaction */
/*
 * Keeps (ok) or undoes what was written since the matching store_begin(). Callbacks registered in between
 * stay registered. When the database has dropped the whole turn (disk full, I/O error), every write until
 * store_commit() fails with that error, so that a turn is on disk whole or not at all.
 */
int store_end(struct store *store, bool ok, struct err *err);
/*
 * Runs fn once what was written so far is on disk (err NULL), or was lost because the commit failed (err says
 * why). When no turn is open it runs at once. Callbacks may write: that opens the next turn.
 */
typedef void store_commit_fn(void *data, const struct err *err);
void store_after_commit(struct store *store, store_commit_fn *fn, void *data);
int store_commit(struct store *store, struct err *err);
bool store_turn_is_open(const struct store *store);

/* ---- registros patronales ---- */
struct store_rp {
    char rp[12];
    char *name;   /* razón social */
    char guia[6]; /* "" = the file's own */
    enum enye_policy enye;
    bool paused;
    bool approval;       /* what is submitted for it waits until a second person approves it */
    int64_t certificate; /* id; 0 = none */
    int64_t added_us;
};
void store_rp_free(struct store_rp *rp);                                              /* fields only */
int store_rp_add(struct store *store, const struct store_rp *rp, struct err *err);    /* ERR_RP_EXISTS */
int store_rp_update(struct store *store, const struct store_rp *rp, struct err *err); /* ERR_UNKNOWN_RP */
/* ERR_RP_IN_USE while lots of it are not final; history stays. */
int store_rp_remove(struct store *store, const char *rp, struct err *err);
int store_rp_get(struct store *store, const char *rp, struct store_rp *ret,
                 struct err *err); /* ERR_UNKNOWN_RP */
/* Was it ever registered, removed since or not? 1 or 0. */
int store_rp_known(struct store *store, const char *rp, struct err *err);
/* Another number than before once one of them may have changed. */
uint64_t store_rp_version(const struct store *store);
/* All, sorted by rp; *ret is an array of *ret_n to be freed with store_rps_free(). */
int store_rp_list(struct store *store, struct store_rp **ret, size_t *ret_n, struct err *err);
void store_rps_free(struct store_rp *rps, size_t n);

/* How a registro patronal stands: lots, unless it says movements. */
struct store_overview {
    char rp[12];
    int64_t queued, uncertain, received, quarantined;
    int64_t held;
    enum lot_hold hold; /* one of those that hold them */
    int64_t late, due;  /* not at IMSS, or rejected there and not corrected, with the last legal day over, or today */
    int64_t rejected;   /* movements that IMSS rejected, in lots that were not corrected */
    int64_t success_us; /* when a lot was last accepted, in whole or in part; 0: never */
};
/* All that are registered, sorted by rp; free the array with free(). `today` is yyyymmdd in Mexico. */
int store_overview_list(struct store *store, int32_t today, struct store_overview **ret, size_t *ret_n,
                        struct err *err);

/* ---- certificates ---- */
enum certificate_kind { CERTIFICATE_IMSS = 1, CERTIFICATE_EFIRMA = 2 };
struct store_certificate {
    int64_t id;
    enum certificate_kind kind;
    char *user;
    char *rfc, *curp, *name, *serial; /* as the certificate has them; may be NULL */
    char *fingerprint;                /* SHA-256 of the DER, hex */
    int64_t not_before_us, not_after_us;
    void *sealed; /* the vault's record: key, certificate and password */
    size_t sealed_len;
    int64_t added_us, removed_us;
    enum lot_hold hold; /* certificate-rejected or certificate-expired: not to be tried until somebody acts */
    char *hold_text;    /* what the portal said */
    int64_t last_login_us; /* last login that worked */
    int64_t replaces;      /* the certificate whose place it takes at its first login; 0 = none */
};
void store_certificate_free(struct store_certificate *certificate);
/* ret_id is chosen before sealing, since it is the seal's associated data: reserve it first. */
int store_certificate_reserve(struct store *store, int64_t *ret_id, struct err *err);
int store_certificate_add(struct store *store, const struct store_certificate *certificate, struct err *err);
int store_certificate_update(struct store *store, const struct store_certificate *certificate,
                             struct err *err);
/* Marks it removed, wipes the sealed bytes, unbinds its RPs; the row stays for history. */
int store_certificate_remove(struct store *store, int64_t id, struct err *err);
/* Gives all RPs of `old` to `heir` and removes `old`. */
int store_certificate_succeed(struct store *store, int64_t old, int64_t heir, struct err *err);
int store_certificate_get(struct store *store, int64_t id, struct store_certificate *ret, struct err *err);
/* Without `removed`, only those in use; sealed bytes are not loaded. */
int store_certificate_list(struct store *store, bool removed, struct store_certificate **ret, size_t *ret_n,
                           struct err *err);
void store_certificates_free(struct store_certificate *certificates, size_t n);

/* ---- users of the module; never deleted, for the history speaks of them ---- */
enum user_role { USER_CONSULTA = 1, USER_OPERADOR, USER_ADMINISTRADOR, _USER_ROLE_MAX };
const char *user_role_name(enum user_role role); /* "consulta", "operador", "administrador" */
int user_role_from_name(const char *name);       /* -1 when it is none */
struct store_user {
    int64_t id;
    char *email; /* folded; unique */
    char *names, *first_surname, *second_surname;
    enum user_role role;
    bool enabled;
    char *password; /* the vault's hash */
    int64_t added_us, login_us;
    int64_t accepted_us;                       /* when the two texts were accepted, */
    char *privacy_version, *agreement_version; /* and which */
    char *code;                                /* the vault's hash of a recovery code; NULL = none */
    int64_t code_until_us;
    uint32_t code_tries; /* that are left */
};
void store_user_free(struct store_user *user);
void store_users_free(struct store_user *users, size_t n);
/* ERR_USER_EXISTS; id and added_us are set here. */
int store_user_add(struct store *store, const struct store_user *user, int64_t *ret_id, struct err *err);
/* Everything but the id; ERR_UNKNOWN_USER. */
int store_user_update(struct store *store, const struct store_user *user, struct err *err);
int store_user_get(struct store *store, int64_t id, struct store_user *ret,
                   struct err *err); /* ERR_UNKNOWN_USER */
/* 1 and the user with this (folded) e-mail, or 0. */
int store_user_find(struct store *store, const char *email, struct store_user *ret, struct err *err);
int store_user_list(struct store *store, struct store_user **ret, size_t *ret_n,
                    struct err *err); /* by e-mail */
/* The e-mail when exactly one is enabled: 1 and *ret, or 0. */
int store_user_default(struct store *store, char **ret, struct err *err);

/* ---- lots ---- */
struct store_lot {
    int64_t id;
    char rp[12];
    enum movement_type type; /* MOVEMENT_NONE: mixed */
    enum lot_state state;
    enum lot_hold hold;
    char *hold_text, *hold_by; /* the sentence as it was said; who: "uid 1000" or "idsed" */
    int64_t hold_us;
    int64_t created_us;
    char *created_by; /* "uid 1000" */
    char *source;     /* file name given by the submitter; may be NULL */
    char *sha256;     /* of the records, hex; computed while it is taken in; NULL when they are not known */
    int64_t adopted_us; /* since when it is known from its receipts, others having sent it; 0: it is our own */
    uint32_t counts[_COUNT_MAX];
    uint32_t approved, rejected; /* movements; 0 until the constancia was read */
    int64_t certificate;         /* of the last attempt; 0 = none yet */
    uint32_t attempts;
    uint32_t failures;                  /* in a row, for the backoff; 0 after success */
    int64_t next_us;                    /* when the next step is due, wall clock; 0 = not scheduled */
    int64_t attempt_us, attempt_end_us; /* last attempt */
    int64_t polled_us;                  /* last time the list was read for it */
    enum outcome_reason last_reason;
    char *last_error; /* NULL = none */
    char *portal_lot, *folio;
    int64_t received_us; /* reception by the portal */
    int64_t finished_us;
    int64_t parent;                             /* lot that this one corrects; 0 = none */
    bool have_acuse, have_constancia, have_csv; /* stored and, for the PDFs, read */
    int64_t not_before_us;                      /* it is not sent before; 0 = as soon as may be */
    enum lot_approval approval;
    char *approved_by; /* "uid 1000"; NULL = nobody */
    int64_t approved_us;
    /*
     * The earliest last legal day of its movements, of those that are rejected once it was answered: yyyymmdd; 0: the
     * calendar does not tell, -1: to be worked out.
     */
    int32_t deadline;
    enum deadline_stage deadline_stage; /* that people were told of */
    int64_t erased_us; /* when its bytes were erased; 0 = they are here */
    char *remarks; /* what the portal's CSV says otherwise than the constancia; NULL = nothing */
    /* Since when nobody will correct what was rejected, by the word of whom; then it has no deadline. 0, NULL: not so */
    int64_t given_up_us;
    char *given_up_by;
};
void store_lot_free(struct store_lot *lot);
void store_lots_free(struct store_lot *lots, size_t n);

/*
 * A new lot, in slices, so that a big one does not block the loop. begin stores the lot's row but hides it
 * (it is not listed and not sent); add takes up to `max` steps (a movement with its record, or its entry in
 * the index of workers) and returns about how many are left (0: finished); publish makes it visible. Each
 * call may be in a turn of its own. The lot's id, counts and hash are made here, whatever `lot` says; the
 * records are copied. An unpublished lot is deleted by store_open(). Movements that stand in another lot
 * that is accepted or under way make add fail with ERR_DUPLICATE_MOVEMENT, naming that lot, unless
 * allow_duplicate. After a failure, or when a turn of it was lost or undone, only store_lot_abandon() is
 * possible.
 */
struct store_intake;
int store_lot_begin(struct store *store, const struct store_lot *lot, const struct buf *records,
                    bool allow_duplicate, struct store_intake **ret, struct err *err);
int store_lot_add(struct store_intake *intake, size_t max, struct err *err);
int store_lot_publish(struct store_intake *intake, int64_t *ret_id,
                      struct err *err); /* frees the intake, on success */
/*
 * The same in two steps, so that what is to be known of the lot is stored with it: its row as it will be, once it is
 * finished, and publishing it with the hold that this row has got meanwhile.
 */
int store_intake_row(struct store_intake *intake, struct store_lot *ret, struct err *err);
int store_lot_publish_as(struct store_intake *intake, const struct store_lot *row, struct err *err);
/*
 * The same for an adopted lot, one with adopted_us: it is not scheduled, its type is what its movements are, and they may
 * stand in other lots. With records, each must be understood and of its registro patronal, or adding ends with
 * ERR_UNREADABLE_RECEIPT. Without (`records` NULL) the movements are what the constancia prints, in its order; it stays
 * the caller's and must live as long as the intake.
 */
int store_lot_adopt(struct store *store, const struct store_lot *lot, const struct buf *records,
                    const struct constancia *constancia, struct store_intake **ret, struct err *err);
/* The lot that an intake makes: its results may be stored before it is published. */
int64_t store_intake_lot(const struct store_intake *intake);
/* Is no lot younger, published or not? False also where that is not known. */
bool store_lot_is_newest(const struct store *store, int64_t lot);
/* How many movements it has so far. */
uint32_t store_intake_movements(const struct store_intake *intake);
/* Deletes what was written and frees; NULL is fine. None may be left when the store is closed. */
void store_lot_abandon(struct store_intake *intake);

/* The lots that a submission with this key (hash of bytes and options) made: 1 and ids, or 0. */
int store_submission_find(struct store *store, const char *key, int64_t **ret_ids, size_t *ret_n,
                          struct err *err);
/* An older submission with the same key gives way: what it made came to nothing. */
int store_submission_add(struct store *store, const char *key, const int64_t *ids, size_t n, struct err *err);

int store_lot_get(struct store *store, int64_t id, struct store_lot *ret,
                  struct err *err); /* ERR_UNKNOWN_LOT */
/* Writes every changeable field of the row. Together with store_lot_set_movements() this is one transition.
 */
int store_lot_update(struct store *store, const struct store_lot *lot, struct err *err);
/* Gives all movements of the lot that state. */
int store_lot_set_movements(struct store *store, int64_t lot, enum movement_state state, struct err *err);
/* What a matched constancia says of a lot's movements; all pointers stay the caller's. */
struct store_results {
    const struct constancia *constancia;
    const size_t *row_of; /* the row for the i-th movement (see constancia_match()) */
    size_t n;             /* movements; all of the lot */
    size_t at;            /* how many are stored; begins with 0 */
};
/*
 * Stores at most `max` more of them; each call may be in a turn of its own. None shows until the call that stores the last
 * one: 1 when there are more, 0 when all are stored. What was never stored whole is written over by the next constancia.
 */
int store_lot_set_results(struct store *store, int64_t lot, struct store_results *results, size_t max,
                          struct err *err);
/*
 * Holds at most `max` more results against what is stored, and moves on; 1 when there are more, else 0. Counts in *differ
 * the movements that are others, or have another result; that one was superseded since is none.
 */
int store_lot_compare_results(struct store *store, int64_t lot, struct store_results *results, size_t max,
                              size_t *differ, struct err *err);
/* The exact bytes sent or to be sent. */
int store_lot_records(struct store *store, int64_t id, struct buf *ret, struct err *err);
/* The same in slices: appends at least `max` bytes more, if there are so many; *part begins with 0. 1 when there are
 * more, else 0. */
int store_lot_records_next(struct store *store, int64_t id, uint32_t *part, size_t max, struct buf *ret,
                           struct err *err);
/* All lots that carry this portal lot number, newest first. */
int store_lots_by_portal_lot(struct store *store, const char *portal_lot, int64_t **ret, size_t *ret_n,
                             struct err *err);
/* The lots with these records that were not sent yet, or of which that is not known; of those in one state the oldest first. */
int store_lots_open_by_records(struct store *store, const char *sha256, int64_t **ret, size_t *ret_n,
                               struct err *err);
/*
 * An adopted lot gives way to another that is the same: its documents become the heir's, and it is seen no more. What is left
 * of it goes with store_lot_erase(), at most `max` movements in a call (1: there are more), or when the store is opened.
 */
int store_lot_give_way(struct store *store, int64_t lot, int64_t heir, struct err *err);
int store_lot_erase(struct store *store, int64_t lot, size_t max, struct err *err);

/* ---- lots that correct others ---- */
/* The 0-based positions of the movements that are rejected, ascending. */
int store_lot_rejected(struct store *store, int64_t lot, uint32_t **ret, size_t *ret_n, struct err *err);
/* The lot that corrects this one, unless it came to nothing: 1 and *ret_id (the newest), or 0. */
int store_lot_corrected_by(struct store *store, int64_t lot, int64_t *ret_id, struct err *err);
/*
 * Says which movement of its parent each movement of a lot corrects. Once one of them is approved, that movement, and the
 * one that it corrected itself, become superseded (store_lot_set_results()).
 */
int store_lot_set_corrections(struct store *store, int64_t lot, const uint32_t *positions, size_t n,
                              struct err *err);

struct store_lot_filter {
    char rp[12];                /* "" = any */
    uint32_t states;            /* bit 1 << state; 0 = any */
    int held;                   /* 1 only held, 0 only not held, -1 any */
    bool waiting;               /* only those that are not held but wait for older ones */
    int64_t certificate;        /* lots of RPs bound to it; 0 = any */
    int64_t since_us, until_us; /* created; 0 = any */
};
/* Newest first below the cursor (an id; 0 = from the newest), at most `limit`. */
int store_lot_list(struct store *store, const struct store_lot_filter *filter, int64_t cursor, size_t limit,
                   struct store_lot **ret, size_t *ret_n, struct err *err);
/*
 * Ids of the lots that have a next step (next_us is set), oldest first: what the engine schedules from at
 * start.
 */
int store_lot_open_ids(struct store *store, int64_t **ret, size_t *ret_n, struct err *err);

/*
 * ---- which lots go before others: older ones of the same registro patronal that have a worker in common with it and may
 * still go to the portal; all of these are one look at an index, however large the lots are ----
 */
/* Is there such a lot? 1 or 0. */
int store_lot_waits(struct store *store, int64_t lot, struct err *err);
struct store_older {
    int64_t lot;
    enum lot_state state;
    enum lot_hold hold;
};
/* They, oldest first, at most `limit`; free the array with free(). */
int store_lot_waits_for(struct store *store, int64_t lot, size_t limit, struct store_older **ret,
                        size_t *ret_n, struct err *err);
/* The queued lots that this one goes before. */
int store_lot_younger(struct store *store, int64_t lot, int64_t **ret, size_t *ret_n, struct err *err);
/* A person lets it go ahead of them. */
int store_lot_go_ahead(struct store *store, int64_t lot, struct err *err);
/* How many lots that are not held wait so. */
int store_lot_waiting(struct store *store, uint64_t *ret, struct err *err);

/* ---- deadlines; "open" are all lots but those accepted and cancelled ---- */
/* Does the movement at this 0-based position stand once more in a later lot that did not come to nothing? 1 or 0. */
int store_movement_redone(struct store *store, int64_t lot, uint32_t seq, struct err *err);
/* An open lot whose deadline is to be worked out: 1 and *ret, or 0. */
int store_lot_undated(struct store *store, int64_t *ret, struct err *err);
/* The deadlines of all open lots are to be worked out anew, but of those that were given up. */
int store_lot_undate(struct store *store, struct err *err);
int store_lot_set_stage(struct store *store, int64_t lot, enum deadline_stage stage, struct err *err);
/*
 * Lots that IMSS did not receive, or of which it rejected something, with a deadline before `horizon`, whose people were
 * not told yet that it is over: by deadline and number, behind the cursor (deadline 0: from the start).
 */
struct store_due_cursor {
    int32_t deadline;
    int64_t lot;
};
int store_lot_untold(struct store *store, int32_t horizon, const struct store_due_cursor *after, size_t limit,
                     struct store_lot **ret, size_t *ret_n, struct err *err);
/* … and all open ones, told or not. `rp` "" is any. */
int store_lot_due(struct store *store, const char *rp, int32_t horizon, const struct store_due_cursor *after,
                  size_t limit, struct store_lot **ret, size_t *ret_n, struct err *err);

/* How many lots are in each state, [_LOT_STATE_MAX], and how many are held. Cheap: kept by triggers, not
 * counted. */
int store_lot_totals(struct store *store, uint64_t *ret_totals, uint64_t *ret_held, struct err *err);

/* How many of the lots in this state were adopted. */
int store_lot_adopted(struct store *store, enum lot_state state, uint64_t *ret, struct err *err);

/* ---- movements ---- */
struct store_movement {
    int64_t lot;
    uint32_t seq; /* 0-based position in the lot */
    struct movement movement;
    enum movement_state state;
    int64_t sent_us, received_us, answered_us;
    int64_t given_up_us; /* that it was rejected will not be corrected; 0 = not so */
    char extemporaneo; /* IMSS's own verdict on lateness: '0', '1' or 0 */
    char *imss_name;   /* the name as IMSS holds it; NULL = not known */
    struct receipt_error *errors;
    size_t n_errors;
};
void store_movements_free(struct store_movement *movements, size_t n);

struct store_movement_filter {
    int64_t lot;             /* 0 = any */
    char rp[12];             /* "" = any */
    char nss[12];            /* "" = any */
    enum movement_type type; /* MOVEMENT_NONE = any */
    uint32_t states;         /* bits; 0 = any */
    int32_t since, until;    /* date of the movement, yyyymmdd; 0 = any */
};
struct store_movement_cursor { /* a place behind a row; lot 0 = from the start */
    int64_t lot;
    uint32_t seq;
};
/* By lot (newest first) and order in the lot. */
int store_movement_list(struct store *store, const struct store_movement_filter *filter,
                        const struct store_movement_cursor *after, size_t limit, struct store_movement **ret,
                        size_t *ret_n, struct err *err);
int store_movement_count(struct store *store, uint64_t *ret, struct err *err); /* all stored; cheap */

/* ---- workers, as their movements leave them ---- */
/*
 * The movements of a worker at a registro patronal that IMSS operated or that are on their way, in no order and with no
 * line; a new array.
 */
int store_worker_events(struct store *store, const char *rp, int64_t nss, struct worker_event **ret, size_t *ret_n,
                        struct err *err);
struct store_worker {
    char rp[12], nss[12];
    char paterno[MOVEMENT_NAME_SIZE], materno[MOVEMENT_NAME_SIZE], nombres[MOVEMENT_NAME_SIZE]; /* the last that were sent */
    struct worker worker; /* by what IMSS operated */
    uint32_t pending;     /* movements that are on their way */
};
struct store_worker_cursor { /* a place behind a worker; zeros: the start, or the end */
    int64_t nss, rp;
};
/*
 * By NSS. Looks at about `movements` of them, so that a page may have any number of workers, none among them; *ret_next says
 * whether there is another. Free the array with free().
 */
int store_worker_list(struct store *store, const struct store_worker_cursor *after, size_t movements,
                      struct store_worker **ret, size_t *ret_n, struct store_worker_cursor *ret_next, struct err *err);

/* ---- files that came by the spool ---- */
struct store_spool_file {
    char rp[12];    /* of its folder */
    char *name;     /* that it has in the folder of results */
    char *result;   /* JSON: what is told of it, but for what its lots do */
};
void store_spool_file_free(struct store_spool_file *file); /* fields only */
/* In the write turn that publishes its lots. `identity` tells the file as it lies in the folder, until it was moved away. */
int store_spool_add(struct store *store, const struct store_spool_file *file, const char *identity,
                    const int64_t *lots, size_t n, int64_t *ret_id, struct err *err);
/* The file that lies in the folder of this registro patronal and was taken: 1 and *ret_id, or 0. */
int store_spool_find(struct store *store, const char *rp, const char *identity, int64_t *ret_id, struct err *err);
int store_spool_moved(struct store *store, int64_t file, struct err *err);
/* 1 and the file, or 0. */
int store_spool_get(struct store *store, int64_t id, struct store_spool_file *ret, struct err *err);
/* Files of which this lot is, as long as something of it is to be told. */
int store_spool_files_of(struct store *store, int64_t lot, int64_t **ret, size_t *ret_n, struct err *err);
/* Lots of which something is to be told still. */
int store_spool_open_lots(struct store *store, int64_t **ret, size_t *ret_n, struct err *err);
/*
 * How far telling of a lot has come: which documents were written (bits 1 << kind) and what was told last (-1: nothing). 1,
 * or 0 when nothing is to be told of it any more. Either may be NULL.
 */
int store_spool_progress(struct store *store, int64_t lot, unsigned *ret_written, int *ret_told, struct err *err);
int store_spool_note_progress(struct store *store, int64_t lot, unsigned written, int told, bool done, struct err *err);

/* ---- erasing; see erase.c for what goes and what stays ---- */
struct store_erasure {
    uint32_t erased, kept; /* movements */
    uint32_t open;         /* of those kept: in lots that are not finished */
    int64_t last_us;       /* when the last of those kept was finished */
};
/*
 * Erases a worker's movements in lots that never reached IMSS or were finished before `before_us`. The bytes of these lots
 * cannot be read any more, and go with store_erase_some().
 */
int store_erase_worker(struct store *store, int64_t nss, int64_t before_us, struct store_erasure *ret, struct err *err);
/* Begins to erase the lot that was finished first, if before `before_us`: 1 and its id, or 0. */
int store_erase_oldest(struct store *store, int64_t before_us, int64_t *ret_lot, struct err *err);
/* Goes on with what was begun, at most `max` movements: 1 when there may be more, 0 when nothing is left to do. */
int store_erase_some(struct store *store, size_t max, struct err *err);

/* ---- codes of rejections, learned from constancias ---- */
struct store_rejection {
    char *code, *text;
    int64_t movements; /* how many were rejected so */
    int64_t last_us;   /* when the last of them was stored */
};
void store_rejections_free(struct store_rejection *rejections, size_t n);
/* The texts seen with a code (NULL: with all), by code, the most frequent first; at most `limit`. */
int store_rejection_list(struct store *store, const char *code, size_t limit, struct store_rejection **ret,
                         size_t *ret_n, struct err *err);

/* ---- documents: received bytes, whole, with their SHA-256 ---- */
struct store_document {
    int64_t id;
    int64_t lot; /* 0 = of no lot (a page that mattered) */
    enum document_kind kind;
    char *name, *media_type;
    char *sha256; /* hex; computed by store_document_add() */
    uint64_t size;
    int64_t stored_us;
};
void store_documents_free(struct store_document *documents, size_t n);
/*
 * Equal bytes of the same kind for the same lot are stored once; *ret_id is then the first one's. A lot's document is
 * entered into the history with its hash.
 */
int store_document_add(struct store *store, const struct store_document *document, const void *bytes,
                       size_t n, int64_t *ret_id, struct err *err);
/*
 * The same in slices, each of which may be in a turn of its own: next stores at most `max` bytes more and returns 1 when
 * there are more, or 0 with *ret_id; until then the document does not show. `bytes` stay the caller's. What was begun and
 * not ended is deleted by store_open(). End it with store_document_end() either way.
 */
struct store_saving;
int store_document_begin(struct store *store, const struct store_document *document, const void *bytes,
                         size_t n, struct store_saving **ret, struct err *err);
int store_document_next(struct store_saving *saving, size_t max, int64_t *ret_id, struct err *err);
struct store_saving *store_document_end(struct store_saving *saving);
/* Ends it and deletes what was stored so far. */
struct store_saving *store_document_drop(struct store_saving *saving);
/* Whose the document is turns out only now, before its last slice. */
void store_document_of(struct store_saving *saving, int64_t lot);
/* How many bytes are left to be stored. */
size_t store_document_left(const struct store_saving *saving);
int store_document_list(struct store *store, int64_t lot, struct store_document **ret, size_t *ret_n,
                        struct err *err);
/* The bytes; ERR_UNKNOWN_DOCUMENT, or ERR_STORE_CORRUPT when they no longer have their hash. ret_document may
 * be NULL. */
int store_document_get(struct store *store, int64_t id, struct store_document *ret_document, struct buf *ret,
                       struct err *err);

/* ---- attempts ---- */
struct store_attempt {
    int64_t id, lot, certificate;
    int64_t started_us, ended_us; /* ended 0: never closed (the daemon died) */
    enum outcome_reason reason;
    char *text;
    bool sent;
};
void store_attempts_free(struct store_attempt *attempts, size_t n);
int store_attempt_begin(struct store *store, int64_t lot, int64_t certificate, int64_t *ret_id,
                        struct err *err);
/*
 * Closes it, with its transcript (secrets already blanked) and the certificates that the portal showed (PEM); either may be
 * NULL. It is entered into the history with the hashes of both.
 */
int store_attempt_end(struct store *store, const struct store_attempt *attempt, const struct buf *transcript,
                      const struct buf *tls_chain, struct err *err);
int store_attempt_list(struct store *store, int64_t lot, struct store_attempt **ret, size_t *ret_n,
                       struct err *err);
int store_attempt_transcript(struct store *store, int64_t id, struct buf *ret, struct err *err);
int store_attempt_tls_chain(struct store *store, int64_t id, struct buf *ret, struct err *err); /* nothing, if none was seen */

/* ---- portal lots that are not ours (sent by hand, or by another program), so that their acuse is read only
 * once ---- */
int store_foreign_add(struct store *store, const char *portal_lot, const char *sha256, struct err *err);
/* 1 when it is known (and its records' hash in *ret_sha256, to be freed), else 0. */
int store_foreign_find(struct store *store, const char *portal_lot, char **ret_sha256, struct err *err);

/* ---- what the engine must remember of the portal and of itself: small named values ---- */
int store_value_set(struct store *store, const char *name, const char *value,
                    struct err *err); /* NULL deletes */
int store_value_get(struct store *store, const char *name, char **ret,
                    struct err *err); /* 1 and *ret, or 0 */

/* ---- audit: a hash chain; see docs/architecture.md ---- */
struct store_audit {
    int64_t seq, at_us;
    char *who;     /* "uid 1000" */
    char *action;  /* "submit", "hold", … */
    char *object;  /* "lot 12", "rp Z9900001108", … */
    char *outcome; /* "ok" or the error's D-Bus name */
    char *detail;  /* JSON object or NULL; never a secret */
    char *hash;    /* hex */
};
void store_audits_free(struct store_audit *audits, size_t n);
/* seq, at_us and hash are set here. */
int store_audit_add(struct store *store, const struct store_audit *audit, struct err *err);
struct store_audit_filter {
    int64_t since_us, until_us; /* 0 = any */
    const char *who;            /* "uid 1000", or a word of it; NULL = anybody */
    int64_t lot;                /* done on this lot, alone or with others; 0 = on anything */
};
/* Newest first below the cursor (a seq; 0 = from the newest), at most `limit`. */
int store_audit_list(struct store *store, const struct store_audit_filter *filter, int64_t cursor,
                     size_t limit, struct store_audit **ret, size_t *ret_n, struct err *err);
/* The hash of one record, "" when there is none of that number; and the last record's number and hash. New strings. */
int store_audit_hash(struct store *store, int64_t seq, char **ret, struct err *err);
int store_audit_head(struct store *store, int64_t *ret_seq, char **ret_hash, struct err *err);
/* 0 when the chain is whole; ERR_STORE_CORRUPT naming the first record that is changed or missing. */
int store_audit_verify(struct store *store, struct err *err);
/* The same over a connection of its own, for a worker thread. *ret_records (may be NULL): how long the chain is. */
int store_audit_inspect(const char *path, uint64_t *ret_records, struct err *err);
