/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/lot.h"

#include "idse/movement.h"

static const struct {
    const char *name, *label;
    bool final;
} states[_LOT_STATE_MAX] = {
#define X(id, code, name, label, final) [code] = {name, label, final},
    LOT_STATE_TABLE(X)
#undef X
};

const char *lot_state_name(enum lot_state state)
{
    return states[state].name;
}

const char *lot_state_label(enum lot_state state)
{
    return _(states[state].label);
}

int lot_state_from_name(const char *name)
{
    return ROW_INDEX(states, name, name);
}

char *lot_state_counted(enum lot_state state, uint64_t n, const char *number)
{
    const unsigned long many = n;
    switch (state) {
    /* TRANSLATORS: so many lots in this state, as in "12 accepted, 1 queued". */
    case LOT_STATE_QUEUED:
        return xasprintf(dngettext(IDSED_TEXTDOMAIN, "%s queued", "%s queued", many), number);
    case LOT_STATE_SENDING:
        return xasprintf(dngettext(IDSED_TEXTDOMAIN, "%s sending", "%s sending", many), number);
    case LOT_STATE_UNCERTAIN:
        return xasprintf(dngettext(IDSED_TEXTDOMAIN, "%s uncertain", "%s uncertain", many), number);
    case LOT_STATE_RECEIVED:
        return xasprintf(dngettext(IDSED_TEXTDOMAIN, "%s received", "%s received", many), number);
    case LOT_STATE_ACCEPTED:
        return xasprintf(dngettext(IDSED_TEXTDOMAIN, "%s accepted", "%s accepted", many), number);
    case LOT_STATE_PARTIAL:
        return xasprintf(dngettext(IDSED_TEXTDOMAIN, "%s partial", "%s partial", many), number);
    case LOT_STATE_REJECTED:
        return xasprintf(dngettext(IDSED_TEXTDOMAIN, "%s rejected", "%s rejected", many), number);
    case LOT_STATE_FAILED:
        return xasprintf(dngettext(IDSED_TEXTDOMAIN, "%s failed", "%s failed", many), number);
    case LOT_STATE_QUARANTINED:
        return xasprintf(dngettext(IDSED_TEXTDOMAIN, "%s quarantined", "%s quarantined", many), number);
    case LOT_STATE_CANCELLED:
        return xasprintf(dngettext(IDSED_TEXTDOMAIN, "%s cancelled", "%s cancelled", many), number);
    case _LOT_STATE_MAX:
        break;
    }
    return xstrdup(number);
}

bool lot_state_final(enum lot_state state)
{
    return states[state].final;
}

bool lot_state_may_go(enum lot_state state)
{
    return state == LOT_STATE_QUEUED || state == LOT_STATE_SENDING || state == LOT_STATE_UNCERTAIN;
}

enum exit_status lot_exit_status(enum lot_state state, bool held)
{
    if (held && !lot_state_final(state))
        return EXIT_STATUS_HELD;
    switch (state) {
    case LOT_STATE_QUEUED:
    case LOT_STATE_SENDING:
    case LOT_STATE_UNCERTAIN:
    case LOT_STATE_RECEIVED:
        return EXIT_STATUS_PENDING;
    case LOT_STATE_ACCEPTED:
        return EXIT_STATUS_OK;
    case LOT_STATE_PARTIAL:
    case LOT_STATE_REJECTED:
    case LOT_STATE_FAILED:
        return EXIT_STATUS_REJECTED;
    case LOT_STATE_QUARANTINED:
        return EXIT_STATUS_HELD;
    case LOT_STATE_CANCELLED:
    case _LOT_STATE_MAX:
        break;
    }
    return EXIT_STATUS_FAILURE;
}

static const struct {
    const char *name, *sentence;
} holds[_LOT_HOLD_MAX] = {
#define X(id, code, name, sentence) [code] = {name, sentence},
    LOT_HOLD_TABLE(X)
#undef X
};

const char *lot_hold_name(enum lot_hold hold)
{
    return holds[hold].name;
}

const char *lot_hold_sentence(enum lot_hold hold)
{
    /* gettext answers "" with the catalogue's header */
    return hold == LOT_HOLD_NONE ? "" : _(holds[hold].sentence);
}

int lot_hold_from_name(const char *name)
{
    return ROW_INDEX(holds, name, name);
}

static const char *const events[_LOT_EVENT_MAX] = {
    [LOT_EVENT_SEND] = "send",       [LOT_EVENT_NOT_SENT] = "not-sent", [LOT_EVENT_TAKEN] = "taken",
    [LOT_EVENT_REFUSED] = "refused", [LOT_EVENT_BROKEN] = "broken",     [LOT_EVENT_RESTARTED] = "restarted",
    [LOT_EVENT_FOUND] = "found",     [LOT_EVENT_ABSENT] = "absent",     [LOT_EVENT_ACCEPTED] = "accepted",
    [LOT_EVENT_PARTIAL] = "partial", [LOT_EVENT_REJECTED] = "rejected", [LOT_EVENT_MISMATCH] = "mismatch",
    [LOT_EVENT_CANCEL] = "cancel",   [LOT_EVENT_RETRY] = "retry",       [LOT_EVENT_RESTORED] = "restored",
};

const char *lot_event_name(enum lot_event event)
{
    return events[event];
}

/* An entry that is not here does not apply. Nothing leads back to QUEUED but the proof that nothing arrived.
 */
static const struct transition {
    bool applies;
    struct lot_step step;
} transitions[_LOT_STATE_MAX][_LOT_EVENT_MAX] = {
#define TO(next, action_bits)                                                                                \
    {                                                                                                        \
        .applies = true, .step = {.state = LOT_STATE_##next, .actions = (action_bits) }                      \
    }
    [LOT_STATE_QUEUED] =
        {
            [LOT_EVENT_SEND] = TO(SENDING, LOT_ACTION_UPLOAD | LOT_ACTION_MOVEMENTS),
            /* somebody sent the same file by hand, so it must not be sent again */
            [LOT_EVENT_FOUND] = TO(RECEIVED, LOT_ACTION_POLL | LOT_ACTION_MOVEMENTS | LOT_ACTION_TELL),
            [LOT_EVENT_CANCEL] = TO(CANCELLED, LOT_ACTION_MOVEMENTS),
            [LOT_EVENT_RESTORED] = TO(UNCERTAIN, LOT_ACTION_RECONCILE | LOT_ACTION_MOVEMENTS),
            [LOT_EVENT_RETRY] = TO(QUEUED, LOT_ACTION_SEND_NOW),
        },
    [LOT_STATE_SENDING] =
        {
            [LOT_EVENT_NOT_SENT] = TO(QUEUED, LOT_ACTION_BACK_OFF | LOT_ACTION_MOVEMENTS),
            [LOT_EVENT_TAKEN] = TO(RECEIVED, LOT_ACTION_POLL | LOT_ACTION_MOVEMENTS),
            [LOT_EVENT_REFUSED] = TO(FAILED, LOT_ACTION_MOVEMENTS | LOT_ACTION_TELL),
            [LOT_EVENT_BROKEN] = TO(UNCERTAIN, LOT_ACTION_RECONCILE | LOT_ACTION_MOVEMENTS | LOT_ACTION_TELL),
            [LOT_EVENT_RESTARTED] =
                TO(UNCERTAIN, LOT_ACTION_RECONCILE | LOT_ACTION_MOVEMENTS | LOT_ACTION_TELL),
        },
    [LOT_STATE_UNCERTAIN] =
        {
            [LOT_EVENT_FOUND] = TO(RECEIVED, LOT_ACTION_POLL | LOT_ACTION_MOVEMENTS),
            [LOT_EVENT_ABSENT] = TO(QUEUED, LOT_ACTION_SEND_NOW | LOT_ACTION_MOVEMENTS),
            [LOT_EVENT_RETRY] = TO(UNCERTAIN, LOT_ACTION_RECONCILE),
        },
    [LOT_STATE_RECEIVED] =
        {
            [LOT_EVENT_ACCEPTED] = TO(ACCEPTED, LOT_ACTION_MOVEMENTS | LOT_ACTION_TELL),
            [LOT_EVENT_PARTIAL] = TO(PARTIAL, LOT_ACTION_MOVEMENTS | LOT_ACTION_TELL),
            [LOT_EVENT_REJECTED] = TO(REJECTED, LOT_ACTION_MOVEMENTS | LOT_ACTION_TELL),
            [LOT_EVENT_MISMATCH] = TO(QUARANTINED, LOT_ACTION_MOVEMENTS | LOT_ACTION_TELL),
            [LOT_EVENT_RETRY] = TO(RECEIVED, LOT_ACTION_POLL),
        },
    [LOT_STATE_QUARANTINED] =
        {
            [LOT_EVENT_RETRY] =
                TO(RECEIVED, LOT_ACTION_POLL | LOT_ACTION_MOVEMENTS), /* its receipts are read again */
        },
#undef TO
};

int lot_transition(enum lot_state state, enum lot_event event, struct lot_step *ret)
{
    const struct transition *transition = &transitions[state][event];
    if (!transition->applies)
        return 0;
    *ret = transition->step;
    return 1;
}

int lot_movement_state(enum lot_state state)
{
    switch (state) {
    case LOT_STATE_QUEUED:
        return MOVEMENT_STATE_UNSENT;
    case LOT_STATE_SENDING:
        return MOVEMENT_STATE_SENT;
    case LOT_STATE_UNCERTAIN:
    case LOT_STATE_QUARANTINED:
        return MOVEMENT_STATE_UNKNOWN;
    case LOT_STATE_RECEIVED:
        return MOVEMENT_STATE_RECEIVED;
    case LOT_STATE_FAILED:
        return MOVEMENT_STATE_REJECTED; /* with the whole file */
    case LOT_STATE_CANCELLED:
        return MOVEMENT_STATE_CANCELLED;
    case LOT_STATE_ACCEPTED:
    case LOT_STATE_PARTIAL:
    case LOT_STATE_REJECTED:
    case _LOT_STATE_MAX:
        break;
    }
    return -1;
}
