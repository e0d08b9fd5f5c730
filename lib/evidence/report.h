/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <jansson.h>

#include "base/buf.h"

/*
 * The readable account of a lot: what was sent, when, by whom, with which certificate, what IMSS answered to every movement,
 * and who did what. From lot.json, the objects of movements.json, and history.json; in the language of the locale. It
 * leaves piece by piece, so that a large lot needs no more memory than a small one.
 */
struct report;

enum report_format { REPORT_TEXT, REPORT_HTML };
typedef void report_sink(void *data, const void *bytes, size_t n);

/* In this order: begin, movement for each, end, which frees. */
struct report *report_begin(enum report_format format, const json_t *lot, report_sink *sink, void *data);
void report_movement(struct report *report, const json_t *movement);
void report_end(struct report *report, const json_t *history);

/* The language of the reports that this process writes, "en" or that of the catalogue in use; new string. */
char *report_language(void);
