/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/err.h"

/*
 * What to do about the codes with which a portal rejects movements. It is data, rejections.conf: a section [PROFILE CODE]
 * for each code of the portal that a profile speaks to. IMSS's catalogue is not public, so the codes that are not here
 * are many; their texts are learned from constancias.
 */
struct advice {
    char *profile, *code;
    char *who;                  /* who can put it right: "employer", "worker", "imss" */
    char *action;               /* "fix", "wait", "visit" */
    char *meaning, *meaning_es; /* the second may be NULL, */
    char *advice, *advice_es;   /* of these both may be */
};

struct advices {
    struct advice *items;
    size_t n;
};
void advices_free(struct advices *advices); /* fields only */

/*
 * Adds what a file's text says, over what is there; `name` is for the error, ERR_CONFIG with the line or the section.
 * After a failure the advices are only good to be freed.
 */
int advices_parse(struct advices *advices, const char *name, const char *text, struct err *err);
/* NULL when there is none. */
const struct advice *advices_find(const struct advices *advices, const char *profile, const char *code);
/* In a language, "es" or another, for which English stands in. */
const char *advice_meaning(const struct advice *advice, const char *language);
const char *advice_text(const struct advice *advice, const char *language); /* "" when there is none */
