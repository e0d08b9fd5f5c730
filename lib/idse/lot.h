/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/err.h"

/*
 * The life of a lot as pure functions: no clock, no storage, no network. Codes are stored and never renumbered.
 */

/* LOT_STATE_TABLE(X): X(id, code, name, label, final) */
#define LOT_STATE_TABLE(X)                                                                                   \
    X(QUEUED, 0, "queued", N_("queued"), false)                                                              \
    X(SENDING, 1, "sending", N_("sending"), false)                                                           \
    X(UNCERTAIN, 2, "uncertain", N_("uncertain"), false)                                                     \
    X(RECEIVED, 3, "received", N_("received"), false)                                                        \
    X(ACCEPTED, 4, "accepted", N_("accepted"), true)                                                         \
    X(PARTIAL, 5, "partial", N_("partial"), true)                                                            \
    X(REJECTED, 6, "rejected", N_("rejected"), true)                                                         \
    X(FAILED, 7, "failed", N_("failed"), true)                                                               \
    X(QUARANTINED, 8, "quarantined", N_("quarantined"), false)                                               \
    X(CANCELLED, 9, "cancelled", N_("cancelled"), true)

enum lot_state {
#define X(id, code, name, label, final) LOT_STATE_##id = code,
    LOT_STATE_TABLE(X)
#undef X
        _LOT_STATE_MAX
};

const char *lot_state_name(enum lot_state state);  /* "queued": stable */
const char *lot_state_label(enum lot_state state); /* translated */
/* "2 rejected": so many lots in this state, in words that go with n, which `number` is written. A new string. */
char *lot_state_counted(enum lot_state state, uint64_t n, const char *number);
int lot_state_from_name(const char *name);  /* negative when it is none */
bool lot_state_final(enum lot_state state); /* nothing will change it any more */
/* May it still go to the portal, or be on its way there? Then younger lots with workers of it wait. */
bool lot_state_may_go(enum lot_state state);
/* What idsectl submit --wait ends with for a lot in this state (0, 7, 8, 9 …); `held` is the flag. */
enum exit_status lot_exit_status(enum lot_state state, bool held);

/*
 * Why a lot is held. Held is a flag beside the state. The sentence says what unblocks it.
 * LOT_HOLD_TABLE(X): X(id, code, name, sentence)
 */
#define LOT_HOLD_TABLE(X)                                                                                    \
    X(NONE, 0, "", "")                                                                                       \
    X(OPERATOR, 1, "operator", N_("Held by an operator; release it to send it."))                            \
    X(APPROVAL, 2, "approval", N_("Waits for a second person to approve it: idsectl approve."))              \
    X(CERTIFICATE_MISSING, 3, "certificate-missing",                                                         \
      N_("The registro patronal has no certificate; add one with 'idsectl cert add'."))                      \
    X(CERTIFICATE_EXPIRED, 4, "certificate-expired", N_("The certificate has expired; add the new one."))    \
    X(CERTIFICATE_REJECTED, 5, "certificate-rejected",                                                       \
      N_("The portal refused the certificate, its user or its password; correct it, then release."))         \
    X(PORTAL_DOWN, 6, "portal-down", N_("The portal does not answer; sending goes on when it does."))        \
    X(PORTAL_CHANGED, 7, "portal-changed",                                                                   \
      N_("The portal answered with a page that is not understood; it was kept for inspection."))             \
    X(PROFILE_INCOMPLETE, 8, "profile-incomplete",                                                           \
      N_("The portal profile does not know how to send: see 'idsectl profile show'."))                       \
    X(RESTORED_COPY, 9, "restored-copy",                                                                     \
      N_("This is a restored copy of the queue; release it only if the original will not send."))

enum lot_hold {
#define X(id, code, name, sentence) LOT_HOLD_##id = code,
    LOT_HOLD_TABLE(X)
#undef X
        _LOT_HOLD_MAX
};

const char *lot_hold_name(enum lot_hold hold);     /* "" for none */
const char *lot_hold_sentence(enum lot_hold hold); /* translated */
int lot_hold_from_name(const char *name);          /* negative when it is none */

/* Must a second person approve it before it is sent? Stored and never renumbered. */
enum lot_approval {
    LOT_APPROVAL_NONE = 0,
    LOT_APPROVAL_NEEDED = 1, /* the hold `approval` stands for it */
    LOT_APPROVAL_GIVEN = 2,
};

/* What can happen to a lot. */
enum lot_event {
    LOT_EVENT_SEND,      /* an attempt begins; to be committed before its first byte leaves */
    LOT_EVENT_NOT_SENT,  /* the attempt ended and certainly nothing arrived */
    LOT_EVENT_TAKEN,     /* the portal answered with a número de lote */
    LOT_EVENT_REFUSED,   /* the portal refused the whole file */
    LOT_EVENT_BROKEN,    /* the attempt ended and nobody knows whether it arrived */
    LOT_EVENT_RESTARTED, /* the daemon starts */
    LOT_EVENT_RESTORED,  /* the database is a restored copy: its original may have sent the lot */
    LOT_EVENT_FOUND,     /* the portal's own acuse proves arrival */
    LOT_EVENT_ABSENT,    /* a complete list, taken late enough, proves that it did not arrive */
    LOT_EVENT_ACCEPTED,  /* the constancia has every movement as operado */
    LOT_EVENT_PARTIAL,   /* some operados, some rechazados */
    LOT_EVENT_REJECTED,  /* all rechazados */
    LOT_EVENT_MISMATCH,  /* the receipts do not add up, or are not what was sent */
    LOT_EVENT_CANCEL,    /* a person gives it up before it was sent */
    LOT_EVENT_RETRY,     /* a person wants the next step taken now */
    _LOT_EVENT_MAX
};

/* What the engine has to do after a transition; bits. */
enum lot_action {
    LOT_ACTION_NONE = 0,
    LOT_ACTION_UPLOAD = 1 << 0,    /* send, once this transition is committed */
    LOT_ACTION_BACK_OFF = 1 << 1,  /* next attempt after the backoff */
    LOT_ACTION_RECONCILE = 1 << 2, /* ask the portal whether it has the lot */
    LOT_ACTION_POLL = 1 << 3,      /* follow it until the constancia is there */
    LOT_ACTION_SEND_NOW = 1 << 4,  /* due at once */
    LOT_ACTION_MOVEMENTS = 1 << 5, /* the movements change with it, see lot_movement_state() */
    LOT_ACTION_TELL = 1 << 6,      /* a person should know: signal and journal */
};

struct lot_step {
    enum lot_state state; /* the state after the event */
    unsigned actions;     /* bits of enum lot_action */
};

/*
 * (state, event) -> (state, actions). Returns 1 when the event applies, 0 when it does not: then the caller must change
 * nothing (a late answer for a lot that has moved on, a cancel after sending). *ret is written only on 1.
 */
int lot_transition(enum lot_state state, enum lot_event event, struct lot_step *ret);
const char *lot_event_name(enum lot_event event);

/* The state that all movements of a lot share in this lot state; negative where each has its own (accepted, partial …). */
int lot_movement_state(enum lot_state state);
