/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/buf.h"

/*
 * What was said to the portal and what it answered, raw and in order, with secrets blanked: every text that
 * was declared secret wherever it turns up, and the values of cookies and authorisation headers.
 */
struct transcript;
enum { TRANSCRIPT_MAX_BODY = 256 * 1024 }; /* what is kept of a body */

struct transcript *transcript_new(void);
struct transcript *transcript_free(struct transcript *transcript);

/* From now on this text is blanked, also in its form-encoded shape. Short texts (under 4 bytes) are ignored.
 */
void transcript_hide(struct transcript *transcript, const char *secret);
/* A line of ours: which step, where to, how it ended. */
void transcript_note(struct transcript *transcript, const char *fmt, ...) _printf_(2, 3);
/* Raw header lines, and a body, which is cut beyond a limit; a body that is no text is only described. */
void transcript_head(struct transcript *transcript, const struct buf *head);
void transcript_body(struct transcript *transcript, const void *body, size_t n);
/* All so far; valid until the next line. */
const struct buf *transcript_text(const struct transcript *transcript);
