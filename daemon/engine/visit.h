/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "internal.h"

/*
 * One visit to the portal with one identity: log in, settle what is uncertain, send what is due, fetch
 * receipts, log out. A step either starts a request and returns true, or finds nothing to do and returns
 * false, and then the next kind of step has its turn. When a request's answer was turned into writes,
 * visit_continue() goes on after their commit. What is large is loaded, saved and written in slices, each in a turn of its
 * own, so that nobody waits for a lot of 100,000 movements.
 */

/* Lots waiting for one kind of step, in the order they are served. */
struct visit_queue {
    int64_t *lots;
    size_t n, at; /* those before `at` are done */
};

struct visit;
typedef void visit_fn(struct visit *visit);

struct visit {
    struct engine *engine;
    struct identity *identity;
    struct portal_session *session;
    engine_test_fn *test_fn; /* set: a test, which only logs in and out */
    void *test_data;
    bool served; /* the portal did more for it than to let it in */

    struct visit_queue settle;  /* uncertain lots */
    struct visit_queue send;    /* queued lots */
    struct visit_queue receipt; /* lots whose receipts may be there */

    /* the portal's list, once it was asked for */
    bool listed, complete;
    bool unlisted;      /* it is not to be had: what needs none is served all the same, and nothing else */
    int64_t listed_us;  /* boot clock, when the request began: what came later may be missing */
    int64_t since_us;   /* wall clock: lots sent before that were not asked for */
    bool clocks_differ; /* so far that dates cannot be compared */
    struct portal_row *rows;
    size_t n_rows;
    bool *undecided; /* rows whose acuse could not be had or read, in this visit */
    char *undecided_why;

    /* the request under way */
    enum circuit_step step;
    int64_t lot;
    struct buf records;  /* of the lot, to be sent or that were sent */
    struct buf document; /* that was received */
    int64_t document_id; /* of the one that was stored last */
    int64_t attempt;
    size_t transcript_from; /* where the attempt's part of the session's transcript begins */
    size_t row;
    enum document_kind kind;
    struct portal_reading reading; /* what was read in it, while its results are stored */
    struct buf csv;                /* of csv_lot, to be held against its constancia */
    int64_t csv_lot;
    struct store_results results;
    unsigned tried; /* bits of document kinds already asked for, for the lot at the head of `receipt` */

    /* the work under way */
    visit_fn *next; /* what comes in the next turn … */
    bool ready;     /* … which may be this one */
    visit_fn *then; /* what comes when all is loaded, saved or stored */
    uint32_t part;
    struct store_saving *saving;
};

void visit_queue_add(struct visit_queue *queue, int64_t lot);
static inline bool visit_queue_empty(const struct visit_queue *queue)
{
    return queue->at == queue->n;
}

/* Goes on with fn, in a turn of its own, once everything written so far is on disk. */
void visit_next(struct visit *visit, visit_fn *fn);
/* A fault of the store: ends the visit and the engine. Takes what err holds. */
void visit_fatal(struct visit *visit, struct err *err);
/* Goes on with the next step once everything written so far is on disk. */
void visit_continue(struct visit *visit);
/* Is the lot still to be served as it was when it was put into the queue? */
bool visit_may_serve(const struct visit *visit, int64_t lot, enum lot_state state);
void visit_end(struct visit *visit);

/* ---- the list (visit-list.c) ---- */

/* Asks for the list, unless the visit has it; true when the request was started. */
bool visit_list(struct visit *visit);
/* The row of a portal lot, or NULL. */
const struct portal_row *visit_row(const struct visit *visit, const char *portal_lot);
/* The next step that needs a list asks for another. */
void visit_forget_list(struct visit *visit);

/* ---- what an answer means beyond the lot at hand (visit-blame.c) ---- */

/*
 * A request of this visit ended neither well nor with "wait". Draws the consequences for identity,
 * certificate and portal (backoff, hold, circuit), and ends the visit.
 */
void visit_failed(struct visit *visit, const struct portal_answer *answer);
/* Only the consequences: false when that ended the visit, else visit_end() is still to be called. */
bool visit_blame(struct visit *visit, const struct portal_answer *answer);
/* The portal served the step under way: where such a step had failed, what was held against it is forgotten. */
int visit_step_served(struct visit *visit, struct err *err);
/* It served all that the visit came for: the same, whichever step had failed; a login alone is nothing to come for. */
int visit_all_served(struct visit *visit, struct err *err);
/* Holds the certificate of the visit, and with it its lots, with `text` for the reason, and tells so. */
int visit_hold_certificate(struct visit *visit, enum lot_hold hold, const char *text, struct err *err);
/* Lots whose next step needs what the portal did not give learn why; `hold`: and wait for a person. */
int visit_tell_waiting(struct visit *visit, const struct visit_queue *queue, enum lot_hold hold,
                       const struct portal_answer *answer, struct err *err);
/* Stores the failures of the identity, and until when it waits. */
int visit_save_identity(struct visit *visit, struct err *err);
/* Keeps the page of an answer that mattered; no page, nothing kept. */
int visit_keep_page(struct visit *visit, int64_t lot, const struct portal_answer *answer, struct err *err);

/* ---- what is large (bulk.c); `then` may be called at once ---- */
/* Loads the records of visit->lot into visit->records. */
void visit_load(struct visit *visit, visit_fn *then);
/* Stores the bytes, which must stay as they are until then. */
void visit_save(struct visit *visit, const struct store_document *document, const struct buf *bytes,
                visit_fn *then);
/* Stores visit->results, which are those of visit->reading. */
void visit_store_results(struct visit *visit, visit_fn *then);

/* ---- the kinds of steps (settle.c, send.c, receipts.c), see above ---- */
bool settle_step(struct visit *visit);
bool send_step(struct visit *visit);
bool receipt_step(struct visit *visit);
