/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/buf.h"

/* The fields of a request, from the query, an urlencoded body or a multipart body. They may hold passwords. */
struct form_field {
    char *name;
    struct buf value; /* exact bytes, with a NUL behind them */
};

struct form {
    struct form_field *fields;
    size_t n;
};

/* Adds the fields of "a=b&c=d"; what is not well-formed is taken literally, as servlet engines do. */
void form_read_urlencoded(struct form *form, const char *data, size_t n);
/* Adds the parts of a multipart/form-data body; false when it is not one. */
bool form_read_multipart(struct form *form, const char *content_type, const char *data, size_t n);
void form_free(struct form *form); /* wipes */

/* The first field of that name, or NULL. */
const struct buf *form_get(const struct form *form, const char *name);
/* Its value as a string, "" when there is none. */
const char *form_text(const struct form *form, const char *name);
