/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/buf.h"
#include "client/verbs.h"

/*
 * What could stand where the last word of a command line is begun. The shells' completion files ask for it
 * with the hidden verb: idsectl complete -- WORD..., the words behind "idsectl" with the one under the cursor
 * last. Each line of the answer is a candidate, a tab and an explanation; a line ":files" or ":folders"
 * leaves it to the shell.
 */

/* Candidates that only the daemon knows. */
enum complete_want {
    COMPLETE_NOTHING,
    COMPLETE_LOTS,
    COMPLETE_REGISTRATIONS,
    COMPLETE_CERTIFICATES,
    COMPLETE_PROFILES
};

/* Appends what the tables know, and says what else to ask for. Pure. */
enum complete_want complete_words(char *const *words, int n, struct buf *out);
