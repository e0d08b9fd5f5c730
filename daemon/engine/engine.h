/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "portal/ops.h"
#include "store/store.h"

/*
 * The engine moves lots from submission to their receipts. It decides when to visit the portal, with which
 * identity and for which lots, and turns each answer into one committed transition. It knows the store and
 * `struct portal_ops`, neither bus nor curl nor loop: time, randomness and waking come through struct
 * engine_host.
 *
 * The queue is on disk; in memory there is only a schedule that is rebuilt from it. Work is grouped by
 * identity (the certificate): one visit logs in once, settles what is uncertain, uploads what is due, asks
 * for the list once, fetches receipts, and logs out. Each step of a visit begins only after the result of the
 * step before is on disk. A lot is not sent while an older one with a worker of it may still go to the portal.
 */
struct engine;

struct engine_config {
    int64_t poll_min_us, poll_max_us;     /* how often a received lot is asked for: at first, at most */
    int64_t retry_first_us, retry_max_us; /* backoff of failing visits and uploads */
    int64_t settle_us;                    /* how long after a broken upload a list may prove its absence */
    unsigned visits_at_once;              /* identities served in parallel */
    unsigned circuit_failures;            /* failures in a row after which the portal counts as down */
};

/* What the engine needs of its surroundings. The notices are called inside a write turn: pass them on after
 * its commit. */
struct engine_host {
    void (*arm)(void *data,
                int64_t at_boot_us); /* call engine_wake() then; INT64_MAX: never. Replaces the last one */
    void (*lot_changed)(void *data, int64_t lot);
    /* It has another state; the row is written later in this turn. */
    void (*lot_moved)(void *data, const struct store_lot *lot);
    void (*certificate_changed)(void *data, int64_t certificate);
    /* The RPs of one certificate were given to the one that replaces it, and the old one was removed. */
    void (*certificate_replaced)(void *data, int64_t old, int64_t heir);
    void (*portal_changed)(void *data);
    /* A person should know. `what` is a word of lib/base/log-events.h; lot or certificate 0: of none. */
    void (*attention)(void *data, int64_t lot, int64_t certificate, const char *what, const char *text);
    uint32_t (*random)(void *data);
    /* The database cannot be written. End the process: what was in flight is settled at the next start. */
    void (*fatal)(void *data, const struct err *err);
    void *data;
};

/* All pointers stay the caller's and must outlive the engine. */
struct engine *engine_new(struct store *store, struct portal *portal, const struct clock *clock,
                          const struct engine_config *config, const struct engine_host *host);
struct engine *engine_free(struct engine *engine); /* closes visits without a word; what was in flight is
                                                      settled at the next start */
DEFINE_CLEANUP(struct engine *, engine_cleanup, engine_free)

/* A database that is a copy of another, which may be in use still. */
struct engine_copy {
    int64_t since_us;  /* it is at work since then */
    int64_t copied_us; /* when it was made; 0 = not known */
    const char *host;  /* where; "" or NULL = not known */
};
/*
 * Says, before engine_start(), that the database is such a copy. From then on, restarts included, nothing is said to the
 * portal, every lot that is not finished is held with restored-copy, and what is queued is uncertain, for the original may
 * have sent it. Ends with engine_release_copy().
 */
int engine_fence(struct store *store, const struct engine_copy *copy, struct err *err);
/* Is it one? ret may be NULL; its texts are the engine's. */
bool engine_is_copy(const struct engine *engine, struct engine_copy *ret);
/* Folds what was in flight (sending becomes uncertain), builds the schedule, arms the timer. Once, before the
 * bus name. */
int engine_start(struct engine *engine, struct err *err);
/* The armed instant has come. */
void engine_wake(struct engine *engine);
/* Takes new numbers after a reload. */
void engine_configure(struct engine *engine, const struct engine_config *config);
/* The wall clock was set, or the machine resumed: due times are worked out anew, and the portal's clock is looked at. */
void engine_clock_changed(struct engine *engine);

/* ---- news from outside; all inside the write turn that made the change ---- */
/* Publishes a lot that was taken in, held where something stands in its way, and gives its row. */
int engine_lot_publish(struct engine *engine, struct store_intake *intake, struct store_lot *ret,
                       struct err *err);
/* … and schedules it, once all that belongs to it is written. */
int engine_lot_added(struct engine *engine, struct store_lot *lot, struct err *err);
/* The last days of what a lot has left to do are known now; none where the calendar does not tell. */
int engine_lot_dated(struct engine *engine, int64_t lot, const struct last_days *days, struct err *err);
/* A registration was added, paused, resumed or bound to another certificate: its lots are held or let go. */
int engine_rp_changed(struct engine *engine, const char *rp, struct err *err);
/*
 * A certificate was added, released or removed: the lots of its RPs are let go or held. One that replaces another is tried
 * soon; the first login that works gives it the other's RPs, in one turn. Until then, and when the portal refuses it, the
 * other goes on serving.
 */
int engine_certificate_changed(struct engine *engine, int64_t certificate, struct err *err);
/* Another profile is in use: lots held with profile-incomplete are let go or the others held. */
int engine_profile_changed(struct engine *engine, struct err *err);

/* ---- what people ask for; `who` is "uid 1000". ERR_UNKNOWN_LOT, ERR_WRONG_STATE with what the state allows,
 * ERR_RESTORED_COPY for what needs the portal ---- */
int engine_hold(struct engine *engine, int64_t lot, enum lot_hold reason, const char *text, const char *who,
                struct err *err);
int engine_release(struct engine *engine, int64_t lot, const char *who, struct err *err);
/*
 * Takes off the hold `approval`, and what else people hold it for stays. Whether `who` is another person than the one that
 * submitted it is for the caller to know.
 */
int engine_approve(struct engine *engine, int64_t lot, const char *who, struct err *err);
/*
 * What was not sent is never sent; what was rejected nobody will correct, until a correction says otherwise. `text` says why;
 * may be NULL or empty.
 */
int engine_cancel(struct engine *engine, int64_t lot, const char *text, const char *who, struct err *err);
/* A lot that corrects this one was made: if it was given up, that is over. */
int engine_lot_corrected(struct engine *engine, int64_t lot, struct err *err);
int engine_retry(struct engine *engine, int64_t lot, const char *who, struct err *err);
/* The same for a lot that waits for older ones with workers of it: it goes ahead of them. */
int engine_go_ahead(struct engine *engine, int64_t lot, const char *who, struct err *err);
int engine_reconcile(struct engine *engine, int64_t lot, const char *who, struct err *err);
/* A person says that the original is out of use: work begins. ERR_WRONG_STATE when it is no copy. */
int engine_release_copy(struct engine *engine, struct err *err);
/* Asks at once for everything that waits for the portal, and for its clock where ours is known to be wrong. */
int engine_refresh(struct engine *engine, struct err *err);

/* Logs in and out with a certificate; fn is called once, after the result is on disk. */
typedef void engine_test_fn(void *data, enum outcome_reason reason, const char *text);
int engine_test_certificate(struct engine *engine, int64_t certificate, engine_test_fn *fn, void *data,
                            struct err *err);

/*
 * ---- receipts that people bring: they settle or complete the lot that they are of, by the rules for those that the engine
 * fetches, or the lot that they tell of is adopted ----
 */

/* What became of it; the words are stable. IMPORT_TABLE(X): X(id, name) */
#define IMPORT_TABLE(X)                                                                                      \
    X(PRESENT, "present")         /* these bytes are there already */                                       \
    X(KEPT, "kept")               /* another copy, which says the same */                                   \
    X(COMPLETED, "completed")     /* its lot did not have it */                                             \
    X(FOUND, "found")             /* it proves that a lot arrived of which that was not known */            \
    X(ANSWERED, "answered")       /* it has the results of its lot */                                       \
    X(ADOPTED, "adopted")         /* a lot was made of it */                                                \
    X(QUARANTINED, "quarantined") /* it does not fit its lot: kept, and a person has to look */             \
    X(CONTRADICTS, "contradicts") /* it says something else than what is known: kept, nothing is changed */
enum import_outcome {
#define X(id, name) IMPORT_##id,
    IMPORT_TABLE(X)
#undef X
};
const char *import_outcome_name(enum import_outcome outcome);

struct engine_receipt {
    struct buf bytes;       /* as they are kept */
    struct buf copy;        /* the same, to be read; empty for a CSV, in which nothing is relied on */
    char *sha256;           /* of the bytes, hex */
    char *name;             /* of the file; may be NULL */
    char *who;              /* brings it */
    int64_t lot;            /* whose it is said to be; 0: it says so itself */
    bool add_rp;            /* registers its registro patronal where that is not known */
    char *portal_lot, *rp;  /* of a CSV: whose it is by its own words; may be NULL */
    const char *guess;      /* what a CSV seems to be that does not look like one of results; NULL: it does */
    /* Of a constancia of several employers: whose part is wanted; no registro patronal: of one that is registered. */
    struct receipt_owner part;
};
void engine_receipt_free(struct engine_receipt *receipt);

struct engine_import_result {
    enum document_kind kind;
    enum import_outcome outcome;
    int64_t lot;
    int64_t replaced; /* a lot that was known from its constancia alone and gave way to this one; 0: none */
    enum lot_state state; /* the lot's now */
    char rp[12];
    char *portal_lot;
    char *text; /* what happened, in words */
    struct receipt_owner *others; /* whose rows are in the same document, too, and were left alone */
    size_t n_others;
};
void engine_import_result_free(struct engine_import_result *result);

/*
 * Takes over what the receipt holds. It is read, and all is prepared in turns that hold nobody up; then fn is called: with err
 * NULL all that is left is engine_import_conclude(), in the write turn that audits it; else nothing came of it
 * (ERR_UNREADABLE_RECEIPT, ERR_UNKNOWN_RP, ERR_UNKNOWN_LOT, ERR_INVALID_ARGUMENT, ERR_BUSY). Either way the import is then
 * the caller's to free, outside that turn's savepoint; what was prepared and not concluded is undone.
 */
struct engine_import;
typedef void engine_import_fn(void *data, struct engine_import *import, const struct err *err);
struct engine_import *engine_import(struct engine *engine, struct engine_receipt *receipt, engine_import_fn *fn,
                                    void *data);
int engine_import_conclude(struct engine_import *import, struct engine_import_result *ret, struct err *err);
/* The registro patronal that it registered, whatever became of it then; NULL: none. */
const char *engine_import_registered(const struct engine_import *import);
struct engine_import *engine_import_free(struct engine_import *import);

/* ---- the index over records and documents, held against them ---- */
struct engine_reindex_entry {
    int64_t lot; /* 0: of all lots together */
    char *text;  /* what was put right, or what cannot be */
};
struct engine_reindex_report {
    uint64_t lots;     /* looked at */
    uint64_t equal;    /* rows that are as they should be */
    uint64_t repaired; /* … that were not, and are now */
    uint64_t faults;   /* documents or records that are not what was stored */
    struct engine_reindex_entry *entries; /* the first of them */
    size_t n_entries;
};
/* Called once; the report is valid during the call. With err the rest was not looked at. */
typedef void engine_reindex_fn(void *data, const struct engine_reindex_report *report, const struct err *err);
/* Works in turns; each lot that differs is put right, and audited, in one. ERR_BUSY while another is under way. */
int engine_reindex(struct engine *engine, const char *who, engine_reindex_fn *fn, void *data, struct err *err);
/* Gives up what is under way, without a word. */
void engine_reindex_stop(struct engine *engine);

/* ---- what can be seen ---- */
struct engine_portal_state {
    const char *state; /* "unknown", "ok", "down", "changed" */
    const char *text;
    int64_t since_us;
    unsigned failures; /* in a row, its own; from so many on it is down: */
    unsigned failures_until_down;
};
void engine_portal_state(const struct engine *engine, struct engine_portal_state *ret);
/* Does this clock agree with the portal's to two minutes, as far as is known? Else deadlines cannot be trusted. */
bool engine_clock_trusted(const struct engine *engine);
/* By so much it is ahead of the portal's, as was last seen; negative: behind. */
int64_t engine_clock_off_us(const struct engine *engine);
/* Wall-clock instant of the next visit; 0 when nothing waits. */
int64_t engine_next_visit_us(struct engine *engine);
/* Wall-clock instant of the lot's next step, its identity's and the portal's delays included; 0 when none is
 * due. */
int64_t engine_lot_due_us(struct engine *engine, int64_t lot);
/*
 * What a queued lot waits for, when older lots with workers of it may still go to the portal: a sentence, to be freed; NULL
 * when there are none. store_lot_waits_for() has them all.
 */
char *engine_lot_waits(const struct engine *engine, int64_t lot);
/* Is a visit under way? (For an orderly stop.) */
bool engine_is_visiting(const struct engine *engine);
/* Begins no new visit; visits under way end after their current step and log out. */
void engine_stop(struct engine *engine);
