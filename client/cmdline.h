/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "client/verbs.h"

/* From argv to an invocation, and the texts that explain how. */

/*
 * Parses; options may stand before and behind the verb. `ret->verb` stays NULL only with --help or --version
 * and no verb, or with the first word of some (verb_is_family()), which then is the one argument. ERR_USAGE
 * with a suggestion where a word is nearly one of ours. argv is permuted, words of it are written as the
 * tables have them, and it must outlive *ret.
 */
int cmdline_parse(int argc, char **argv, struct invocation *ret, struct err *err);
/* The general usage, appended. */
struct buf;
void cmdline_usage(struct buf *out);
/* How to call the verb, and its options, appended. */
void cmdline_verb_help(const struct verb *verb, struct buf *out);
/* The same of all verbs that begin with this word ("rp"), one of its own among them ("history"). */
void cmdline_family_help(const char *word, struct buf *out);

/*
 * "RP,RP" cut at the commas; a NULL-terminated list, to be freed with strv_free(). Blanks around a
 * part do not count, empty parts are left out.
 */
char **list_split(const char *text);
void strv_free(char **list);
DEFINE_CLEANUP(char **, strv_cleanup, strv_free)
