/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "net/http.h"
#include "portal/page.h"
#include "portal/profile.h"

/* One step of a profile: from its description to a request, and from an answer to what it means. Pure, no I/O. */

/* The strings that http_send() wants, owned here. */
struct step_request {
    char *url;
    char **headers;     /* ends with NULL; may be NULL */
    char *content_type; /* NULL: a GET */
    struct buf body;
    bool secret; /* the body holds a password: it is wiped */
};

/*
 * Fills the step's templates in. `base` is the portal's URL, `values` are those of the variables (NULL: empty), `records` what
 * a file part carries. Does no more than that: whether the step may be taken is the caller's to know.
 */
void step_request_build(const struct profile_step *step, const char *base,
                        const char *const values[_PROFILE_VARIABLE_MAX], const void *records,
                        size_t n_records, struct step_request *ret);
void step_request_free(struct step_request *request); /* wipes */

/* The PKCS#7 as the step wants it in its field; new string. */
char *step_pkcs7_text(enum profile_encoding encoding, const struct buf *der);

struct step_verdict {
    enum outcome_reason reason;
    struct page *page; /* NULL when the answer is none */
    char *text;        /* for people: what the portal said or what failed; "" when all is well */
};
/* `inside`: after a login, where the login page means that the session is lost. */
void step_judge(const struct profile *profile, const struct profile_step *step, bool inside,
                const struct http_answer *answer, struct step_verdict *ret);
void step_verdict_free(struct step_verdict *verdict);
