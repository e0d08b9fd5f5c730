/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <jansson.h>
#include <stdio.h>

/* What was found in a file, as JSON rows like those that Submit answers with, and for people. */

struct findings;

/* The word for people; the severity's name where it is not known. */
const char *findings_severity_label(const char *severity);
/* All that were kept, as an array. */
json_t *findings_json(const struct findings *findings);
/*
 * A line for each, "file.txt:12:34: warning: text (rule)", the form that editors follow. A file in a foreign style has
 * the same note on every line: a few of each rule are shown, the rest is counted. Errors are all shown.
 */
void findings_print(FILE *stream, const char *file, const json_t *findings);
