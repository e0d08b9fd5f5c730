/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "idse/outcome.h"
#include "idse/receipt.h"
#include "idse/result-csv.h"

/*
 * What the engine wants of a portal, and nothing of how: the engine knows neither curl nor pages, and a test
 * can put any portal behind this. All calls return at once; each ends in exactly one call of its callback,
 * later, from the loop, unless the session is closed first. One request of a session is under way at a time.
 */

/* One row of the portal's list of lots. */
struct portal_row {
    char *portal_lot; /* número de lote */
    char *type;       /* as the page says it */
    int64_t date_us;  /* fecha de transacción; 0 when it cannot be read */
    bool processed;   /* stands in a "procesados" table: its constancia can be fetched */
    bool has_csv;
};

/*
 * How a request ended. Valid during the callback only; the receiver copies what it keeps, or takes the buffers that are not
 * const, which can be large.
 */
struct portal_answer {
    enum outcome_reason reason;
    const char *text; /* what the portal said, or what failed and where; UTF-8, never NULL, no secrets */
    bool sent;        /* a byte of the request's body may have left this machine */
    int64_t retry_after_us; /* what the portal asked to wait; 0: nothing asked */
    int64_t server_date_us; /* the portal's Date header; 0: none */
    const struct buf *page; /* the body, for reasons that hold or are unknown; may be NULL */
    const struct buf
        *tls_chain; /* certificates that the portal showed, its own first, PEM; NULL: none were seen */

    /* list */
    const struct portal_row *rows; /* newest first, as the portal has them */
    size_t n_rows;
    bool complete; /* the rows reach back to the instant that was asked for */

    /* upload */
    const char *portal_lot;
    const char *folio;   /* NULL when the answer does not have it yet */
    int64_t received_us; /* the portal's reception time; 0 when not printed */

    /* sign: the PKCS#7 that is to go with the file (DER); upload: one that was only made then; may be NULL */
    struct buf *signature;

    /* fetch */
    struct buf *document; /* byte for byte */
    const char *media_type;
    const char *file_name; /* as the portal names it, made safe; may be NULL */
};
typedef void portal_answer_fn(void *data, const struct portal_answer *answer);

/*
 * A receipt read: exactly one of acuse and constancia is set when reason is REASON_OK. All but `text` is the receiver's; see
 * portal_reading_free().
 */
struct portal_reading {
    enum outcome_reason reason; /* OK, RECEIPT_UNREADABLE (text says which line) or LOCAL */
    const char *text;
    bool foreign; /* what cannot be read does not even call itself an acuse or a constancia */
    struct acuse *acuse;
    struct constancia *constancia;
    char *sha256;             /* acuse: of the records that it reprints, hex */
    char *difference;         /* from what was sent, in words; NULL: there is none */
    struct csv_doubts doubts; /* after compare() */
    size_t *row_of; /* constancia without difference: the row of each movement, see constancia_match() */
    size_t n_sent;
};
static inline void portal_reading_free(struct portal_reading *reading)
{
    if (reading->acuse)
        acuse_free(reading->acuse);
    if (reading->constancia)
        constancia_free(reading->constancia);
    free(reading->acuse);
    free(reading->constancia);
    free(reading->sha256);
    free(reading->difference);
    csv_doubts_free(&reading->doubts);
    free(reading->row_of);
    *reading = (struct portal_reading){0};
}
typedef void portal_reading_fn(void *data, struct portal_reading *reading);

struct portal_session;

struct portal_ops {
    /*
     * A session for one login identity, a certificate's id in the store; nothing is sent yet. NULL with err
     * set when the credential cannot be used (missing, seal broken).
     */
    struct portal_session *(*open)(void *portal, int64_t certificate, struct err *err);
    void (*login)(struct portal_session *session, portal_answer_fn *fn, void *data);
    /* All lots newer than `since_us`, in as few requests as the portal allows. */
    void (*list)(struct portal_session *session, int64_t since_us, portal_answer_fn *fn, void *data);
    /*
     * Makes what the next upload sends: the records, which are taken over, and their signature, which the caller thus has
     * before the portal does. Nothing is sent. Without a signature where the profile signs something else.
     */
    void (*sign)(struct portal_session *session, const char *rp, struct buf *records, portal_answer_fn *fn,
                 void *data);
    /* Sends what sign() made, also when that failed: then the answer says so again. */
    void (*upload)(struct portal_session *session, portal_answer_fn *fn, void *data);
    void (*fetch)(struct portal_session *session, const char *portal_lot, enum document_kind kind,
                  portal_answer_fn *fn, void *data);
    void (*logout)(struct portal_session *session, portal_answer_fn *fn, void *data);
    /*
     * The transcript so far: every request and answer, raw, in order, secrets blanked. Valid until the next
     * call of the session. May be empty, never NULL.
     */
    const struct buf *(*transcript)(struct portal_session *session);
    /* Ends the session at once, without a word to the portal; a pending callback is not called any more. NULL
     * is fine. */
    void (*close)(struct portal_session *session);
    /*
     * Reads an acuse or a constancia and holds it against the records that were sent; needs no session. Both buffers
     * are taken over. DOCUMENT_UNKNOWN: which of the two it is shows. Without records an acuse is held against nothing, a
     * constancia against its own rows. `whose` part of a constancia of several employers is read; NULL, or without a
     * registro patronal: that of the records, else the first.
     */
    void (*read)(void *portal, enum document_kind kind, struct buf *bytes, struct buf *sent,
                 const struct receipt_owner *whose, portal_reading_fn *fn, void *data);
    /*
     * Holds what was read before against these records. Both are taken over; what was found then is found anew. The
     * callback may come at once.
     */
    void (*match)(void *portal, struct portal_reading *reading, struct buf *sent, portal_reading_fn *fn,
                  void *data);
    /* Holds a CSV against a constancia that was read without a difference; takes both over and gives the reading back. */
    void (*compare)(void *portal, struct portal_reading *reading, struct buf *csv, portal_reading_fn *fn,
                    void *data);
    /* Does the profile know how to send? Else the engine holds lots with profile-incomplete. */
    bool (*can_upload)(void *portal);
    /* Asks the portal for its Date, without logging in: one small request. Only server_date_us of the answer counts. */
    void (*date)(void *portal, portal_answer_fn *fn, void *data);
    /* The name of the profile in use, e.g. "idse-sim". */
    const char *(*profile_name)(void *portal);
};

/* The portal the engine was given. */
struct portal {
    const struct portal_ops *ops;
    void *data; /* first argument of what has no session */
};
