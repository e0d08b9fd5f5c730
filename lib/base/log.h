/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <syslog.h>

#include "base/util.h"

/*
 * Logging, for the layer that decides; libraries return errors instead. To the journal with its fields when standard
 * error is the journal, else one line on standard error. Never pass a secret, a whole NSS or a CURP.
 */
struct log_field {
    const char *name;  /* upper case, e.g. "IDSE_LOT" */
    const char *value; /* UTF-8; NULL leaves the field out */
};

#define LOG_FIELDS(...) ((const struct log_field[]){__VA_ARGS__, {NULL, NULL}})

/* Messages of lower importance than `priority` (LOG_ERR … LOG_DEBUG) are dropped. LOG_INFO at start. */
void log_set_level(int priority);
/*
 * `fields` ends with a NULL name, or is NULL. The field IDSE_EVENT with a word of log-events.h brings the event's
 * MESSAGE_ID with it.
 */
void log_write(int priority, const struct log_field *fields, const char *fmt, ...) _printf_(3, 4);

/* An event that has a word and nothing else to tell it by. */
#define log_event(priority, word, ...) log_write(priority, LOG_FIELDS({"IDSE_EVENT", word}), __VA_ARGS__)
/* The id of an event, 32 hex digits; NULL when the table does not have the word. */
const char *log_message_id(const char *word);

#define log_error(...)   log_write(LOG_ERR, NULL, __VA_ARGS__)
#define log_warning(...) log_write(LOG_WARNING, NULL, __VA_ARGS__)
#define log_notice(...)  log_write(LOG_NOTICE, NULL, __VA_ARGS__)
#define log_info(...)    log_write(LOG_INFO, NULL, __VA_ARGS__)
#define log_debug(...)   log_write(LOG_DEBUG, NULL, __VA_ARGS__)
