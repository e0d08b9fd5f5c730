/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <jansson.h>
#include <stdio.h>

/* What was found in a file, as JSON rows like those that Submit answers with, and for people. */

struct err;
struct findings;

/* The word for people; the severity's name where it is not known. */
const char *findings_severity_label(const char *severity);
/*
 * Those that the daemon told, an aa{sv}, as such rows: what it says of a rule that is known here is said in
 * the language of who reads it.
 */
json_t *findings_told(const json_t *told);
/* All that were kept, as an array. */
json_t *findings_json(const struct findings *findings);
/*
 * A line for each, "file.txt:12:34: warning: text (rule)", the form that editors follow. A file in a foreign
 * style has the same note on every line: a few of each rule are shown, the rest is counted. Errors are all
 * shown.
 */
void findings_print(FILE *stream, const char *file, const json_t *findings);
/*
 * Tells why the daemon refused a file: of the `reasons` that remote_call_reasoned() gave the first errors in
 * the same form and how many more there are, or where there are none what `fault` says.
 */
void findings_refused(const char *file, const json_t *reasons, const struct err *fault);
