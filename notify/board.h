/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/util.h"

/*
 * What a person should see, by topic: at most one notification a topic is on the screen, and says all that
 * the topic holds. Pure: it takes in what idsed says, in its words, and makes the text. No text names a
 * worker, or an NSS.
 */
struct board;

enum topic {
    TOPIC_ANSWERED,     /* lots whose movements IMSS has all approved */
    TOPIC_WAITING,      /* lots that need a person, or may */
    TOPIC_CERTIFICATES, /* that end, or were refused */
    TOPIC_PORTAL,       /* out of reach, or not understood */
    _TOPIC_MAX,
};

/* As org.freedesktop.Notifications numbers it. */
enum urgency { URGENCY_LOW, URGENCY_NORMAL, URGENCY_CRITICAL };

struct board *board_new(void);
struct board *board_free(struct board *board);
DEFINE_CLEANUP(struct board *, board_cleanup, board_free)

/*
 * ---- what happened ----
 *
 * The same twice is no news. What does not concern a person any more goes away; what was dismissed comes back
 * only with something else to say.
 */
void board_lot(struct board *board, uint64_t lot, const char *state, bool held);
/* Its last legal day is in so many days of the calendar, 0 today, negative when it was missed; until IMSS has it. */
void board_deadline(struct board *board, uint64_t lot, int days);
/* Was it said that this lot is held? */
bool board_has_hold(const struct board *board, uint64_t lot);
/* The signal Attention; lot 0: of none. */
void board_attention(struct board *board, uint64_t lot, const char *what);
/* `days` of the calendar are left, 0 on the last one, negative afterwards. Over 30: nothing to say. */
void board_certificate(struct board *board, uint64_t certificate, int days);
/* Manager.PortalState. */
void board_portal(struct board *board, const char *state);

/*
 * ---- what to show ----
 */
struct note {
    char *summary, *body; /* owned; the summary is "" when there is nothing to show any more */
    enum urgency urgency; /* low when nothing is new in it */
};
void note_clear(struct note *note);
#define _cleanup_note_ _cleanup_(note_clear)

/* Has the topic something else to say than when board_note() was asked last? */
bool board_is_dirty(const struct board *board, enum topic topic);
/* The text; the topic is clean from now on. */
void board_note(struct board *board, enum topic topic, struct note *ret);
/* It is on no screen any more, though nobody dismissed it. */
void board_forget_shown(struct board *board, enum topic topic);
/* A person has seen it. */
void board_dismiss(struct board *board, enum topic topic);
