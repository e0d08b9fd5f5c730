/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/buf.h"

/* Bodies of requests. Buffers that take a secret must have their room reserved before: see FORM_GROWTH. */
enum { FORM_GROWTH = 3 }; /* the most bytes that one byte of a value becomes */

/* Appends name and value, encoded, with "&" before all but the first. */
void form_add_urlencoded(struct buf *body, const char *name, const char *value);
/* `boundary` must not occur in any value. A part with `file_name` is a file. */
void form_add_part(struct buf *body, const char *boundary, const char *name, const char *file_name,
                   const void *value, size_t n);
/* The line that ends the last part. */
void form_end_parts(struct buf *body, const char *boundary);

/* Standard base64, without line breaks; new string. */
char *base64_encode(const void *data, size_t n);
