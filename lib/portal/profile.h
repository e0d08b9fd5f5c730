/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/err.h"
#include "idse/outcome.h"

/*
 * A portal profile: the portal's HTTP steps as data, read from NAME.profile. docs in
 * data/profiles/idse-sim.profile. Everything here is read-only once loaded.
 */

/* PROFILE_STEP_TABLE(X): X(id, section) */
#define PROFILE_STEP_TABLE(X)                                                                                \
    X(CONNECT, "connect")                                                                                    \
    X(SEQUENCE, "sequence")                                                                                  \
    X(LOGIN, "login")                                                                                        \
    X(MENU, "menu")                                                                                          \
    X(MODULE, "module")                                                                                      \
    X(LIST, "list")                                                                                          \
    X(UPLOAD, "upload")                                                                                      \
    X(ACUSE, "acuse")                                                                                        \
    X(CONSTANCIA, "constancia")                                                                              \
    X(CSV, "csv")                                                                                            \
    X(LOGOUT, "logout")

enum profile_step_id {
#define X(id, section) PROFILE_STEP_##id,
    PROFILE_STEP_TABLE(X)
#undef X
        _PROFILE_STEP_MAX
};
const char *profile_step_name(enum profile_step_id id); /* its section's, stable */

/* How sure it is that the real portal works this way. An unknown step is never taken. */
enum profile_sure { PROFILE_UNKNOWN, PROFILE_ASSUMED, PROFILE_KNOWN };
const char *profile_sure_name(enum profile_sure sure); /* "unknown", "assumed", "known" */

enum profile_sign { PROFILE_SIGN_NOTHING, PROFILE_SIGN_NONCE, PROFILE_SIGN_RECORDS };
/* How the PKCS#7 travels: PEM without BEGIN line and line breaks and with "END+PKCS7", whole PEM, or bare
 * base64. */
enum profile_encoding { PROFILE_PEM_QUIRK, PROFILE_PEM, PROFILE_BASE64 };

/* What a page has to show. A mark is one fact, `marks` a list of which all must hold. */
enum mark_kind {
    MARK_ID,    /* an element with this id */
    MARK_TEXT,  /* these words in the visible text, in any case of letters */
    MARK_ERROR, /* these words in the portal's error box */
};
struct mark {
    enum mark_kind kind;
    bool absent; /* must not be there */
    char *value;
};
struct marks {
    struct mark *items;
    size_t n;
};

struct profile_failure {
    enum outcome_reason reason;
    struct marks when;
};
struct profile_failures {
    struct profile_failure *items;
    size_t n;
};

struct profile_field {
    char *name;
    char *value; /* a template: ${variable} */
    bool file;   /* the records, as a file part; `value` is the file's name */
};

struct profile_step {
    bool present; /* the profile has its section */
    enum profile_sure sure;
    bool post, multipart;
    char *path;     /* template, below the base URL */
    char **headers; /* templates; NULL at the end */
    size_t n_headers;
    struct profile_field *fields;
    size_t n_fields;
    unsigned variables; /* those that its templates use, as bits */
    enum profile_sign sign;
    enum profile_encoding encoding;
    struct marks expect; /* what proves success; none: any answer with the right media type does */
    struct profile_failures failures;
    char *media;        /* media types of a success that is no page, separated by blanks; or NULL */
    int64_t timeout_us; /* 0: as configured */
    char *lot_id, *folio_id, *received_id; /* upload: ids of the elements with número de lote, folio, time */
    char *table_class, *processed_class,
        *csv_link;    /* list: classes of its tables, text of the link to the CSV */
    uint32_t rows[4]; /* list: how many rows to ask for, growing; 0 ends it */
};

struct profile {
    unsigned more_owners; /* than one */
    char *name;
    char *title;
    char *url; /* base, ends with '/' */
    char *user_agent;
    char *error_box;                /* id of the element with the portal's error text */
    int64_t pause_us;               /* between two documents */
    struct profile_failures any;    /* what any page may say, */
    struct profile_failures inside; /* and any page after the login */
    struct profile_step steps[_PROFILE_STEP_MAX];
};

/* /etc/idsed/profiles, then the package's; ends with NULL. */
extern const char *const profile_default_dirs[];

/* Reads NAME.profile from the first of `dirs` that has it. ERR_UNKNOWN_PROFILE, ERR_CONFIG with file and
 * line. */
int profile_load(const char *const *dirs, const char *name, struct profile **ret, struct err *err);
/* Another owner; on the loop's thread only. */
struct profile *profile_ref(struct profile *profile);
struct profile *profile_free(struct profile *profile); /* with its last owner */
DEFINE_CLEANUP(struct profile *, profile_cleanup, profile_free)
/* The names of all profiles in `dirs`, sorted, each once; the array ends with NULL and is the caller's, as
 * its strings. */
char **profile_names(const char *const *dirs);

/* The variables of the templates. PROFILE_VARIABLE_TABLE(X): X(id, name) */
#define PROFILE_VARIABLE_TABLE(X)                                                                            \
    X(BASE, "base")                                                                                          \
    X(USER, "user")                                                                                          \
    X(RFC, "rfc")                                                                                            \
    X(PASSWORD, "password")                                                                                  \
    X(CERTIFICATE_FILE, "certificate-file")                                                                  \
    X(KEY_FILE, "key-file")                                                                                  \
    X(NONCE, "nonce")                                                                                        \
    X(PKCS7, "pkcs7")                                                                                        \
    X(RP, "rp")                                                                                              \
    X(LOT, "lot")                                                                                            \
    X(LOT_DATE, "lot-date")                                                                                  \
    X(ROWS, "rows")

enum profile_variable {
#define X(id, name) PROFILE_VARIABLE_##id,
    PROFILE_VARIABLE_TABLE(X)
#undef X
        _PROFILE_VARIABLE_MAX
};

/* The template with its variables filled in; a NULL value is the empty string. New string, perhaps with
 * secrets. */
char *profile_expand(const char *template, const char *const values[_PROFILE_VARIABLE_MAX]);

/* Can this step be taken? */
static inline bool profile_knows(const struct profile *profile, enum profile_step_id id)
{
    return profile->steps[id].present && profile->steps[id].sure != PROFILE_UNKNOWN;
}

/* Does the step use this variable? */
static inline bool profile_uses(const struct profile_step *step, enum profile_variable variable)
{
    return step->variables & 1U << variable;
}
/* Does it sign or send a nonce, so that a fresh sequence has to come before? */
static inline bool profile_needs_nonce(const struct profile_step *step)
{
    return step->sign == PROFILE_SIGN_NONCE || profile_uses(step, PROFILE_VARIABLE_NONCE);
}
