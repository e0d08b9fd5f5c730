/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/err.h"

/*
 * The command line of idsectl as data: one table of options, one of verbs. Parsing, usage, `idsectl help
 * VERB`, the completion and the manual are read off them.
 */

struct remote;

/*
 * OPTION_TABLE(X): X(id, name, value, help). value: NULL for a switch; a name in brackets may be left out;
 * words with bars between them are the only ones allowed.
 */
#define OPTION_TABLE(X)                                                                                      \
    /* those that every verb takes */                                                                        \
    X(ADDRESS, "address", N_("ADDRESS"), N_("D-Bus address instead of the system bus"))                      \
    X(HELP, "help", NULL, N_("show this help"))                                                              \
    X(JSON, "json", NULL, N_("print JSON with stable keys"))                                                 \
    X(NO_HEADERS, "no-headers", NULL, N_("print tables without headings"))                                   \
    X(QUIET, "quiet", NULL, N_("print errors and what was asked for, nothing else"))                         \
    X(VERSION, "version", NULL, N_("show the version"))                                                      \
    X(YES, "yes", NULL, N_("do not ask for confirmation"))                                                   \
    /* those of some verbs */                                                                                \
    X(ACCEPT, "accept", NULL, N_("the privacy notice and the service agreement are accepted"))               \
    X(ACTIVE, "active", NULL, N_("only workers who are active"))                                             \
    X(ADD_RP, "add-rp", NULL, N_("register registros patronales that are not known"))                        \
    X(ADMIN, "admin", NULL, N_("as an administrator, without the present password"))                         \
    X(AHEAD, "ahead", NULL, N_("do not wait for older lots that have a worker of it"))                       \
    X(ALLOW_DUPLICATE, "allow-duplicate", NULL, N_("accept movements that were sent before"))                \
    X(APPROVE, "approve", "yes|no", N_("must a second person approve what is submitted?"))                   \
    X(AT, "at", N_("TIME"), N_("send it then, not before: YYYY-MM-DD HH:MM or HH:MM in Mexico City, or +2h"))  \
    X(BUNDLE, "bundle", NULL, N_("write the whole evidence bundle, as a folder lot-NUMBER"))                 \
    X(CER, "cer", N_("FILE"), N_("e.firma certificate (.cer)"))                                              \
    X(CODE, "code", NULL, N_("prove it with the code that was mailed, which is asked for"))                  \
    X(CODE_FILE, "code-file", N_("FILE"), N_("the same, with the code in this file"))                        \
    X(DAYS, "days", N_("N"), N_("so many days ahead (7 when not given)"))                                    \
    X(DISABLED, "disabled", NULL, N_("not to log in before it is enabled"))                                  \
    X(ENYE, "enye", "hash|latin1|n", N_("what becomes of Ñ in the file that is sent"))                       \
    X(EXPORT, "export", N_("FILE"), N_("write them to this file, .xlsx or .csv"))                             \
    X(FIRST_SURNAME, "first-surname", N_("NAME"), N_("primer apellido"))                                     \
    X(FIX, "fix", N_("FILE"), N_("write what is good, in canonical form, to this file"))                     \
    X(FIXES, "fixes", NULL, N_("print what was rejected as a table (CSV) to correct"))                       \
    X(FORCE, "force", NULL, N_("go on in spite of a wrong check digit or an existing file"))                 \
    X(GUIA, "guia", N_("NNNNN"), N_("guía, five digits"))                                                    \
    X(HELD, "held", NULL, N_("only lots that are held"))                                                     \
    X(HOLD, "hold", NULL, N_("queue the lots held"))                                                         \
    X(KEEP_MIXED, "keep-mixed", NULL, N_("do not split by movement type"))                                   \
    X(KEY, "key", N_("FILE"), N_("e.firma private key (.key)"))                                              \
    X(LIMIT, "limit", N_("N"), N_("at most N rows (0: all; 1000 when not given)"))                           \
    X(LOT, "lot", N_("LOT"), N_("only what is about this lot"))                                              \
    X(METRICS, "metrics", NULL, N_("print OpenMetrics text, for a monitoring system"))                       \
    X(NAME, "name", N_("TEXT"), N_("razón social"))                                                          \
    X(NAMES, "names", N_("NAMES"), N_("nombre(s) of the user"))                                              \
    X(NSS, "nss", N_("NSS"), N_("only movements of this worker"))                                            \
    X(OLD_PASSWORD_FILE, "old-password-file", N_("FILE"), N_("read the present password from this file"))    \
    X(ONLY_REJECTED, "only-rejected", NULL, N_("make a new lot of the movements that were rejected"))        \
    X(OUTPUT, "output", N_("FILE"), N_("write to this file instead of standard output"))                     \
    X(OWNER, "owner", N_("USER"), N_("Unix user whose files are taken"))                                     \
    X(PASSWORD_FILE, "password-file", N_("FILE"), N_("read the password from this file"))                    \
    X(PFX, "pfx", N_("FILE"), N_("IMSS certificate (.pfx)"))                                                 \
    X(REASON, "reason", N_("TEXT"), N_("why, for the record"))                                               \
    X(REINDEX, "reindex", NULL, N_("hold what was parsed against the stored records and documents, and put it right"))  \
    X(REGISTER, "register", NULL, N_("register yourself; an administrator enables you"))                     \
    X(RESTORED, "restored", NULL, N_("the original of this restored copy is out of use: go on here"))        \
    X(ROLE, "role", "consulta|operador|administrador", N_("what the user may do"))                           \
    X(ROSTER, "roster", N_("FILE"), N_("the staff as the payroll has it (CSV)"))                             \
    X(RP, "rp", N_("RP"), N_("registro patronal; several with commas where a certificate serves them"))      \
    X(RPS, "rps", NULL, N_("one line for each registro patronal, the most pressing first"))                  \
    X(RULES, "rules", NULL, N_("list the rules"))                                                            \
    X(SEARCH, "search", N_("TEXT"), N_("only with these words, or parts of them, in names, NSS or CURP"))    \
    X(SECOND_SURNAME, "second-surname", N_("NAME"), N_("segundo apellido"))                                  \
    X(SINCE, "since", N_("DATE"), N_("from this day on (YYYY-MM-DD)"))                                       \
    X(SORT, "sort", N_("COLUMN"), N_("by this column; 'COLUMN:desc' the other way round"))                  \
    X(STATE, "state", N_("STATE"), N_("only in this state; several with commas"))                            \
    X(TIMEOUT, "timeout", N_("SECONDS"), N_("stop waiting after so long (also 5m, 2h)"))                     \
    X(TODAY, "today", N_("DATE"), N_("check as on this day (YYYY-MM-DD)"))                                   \
    X(TO, "to", N_("DIR"), N_("folder to write to"))                                                         \
    X(TYPE, "type", "reingreso|modificacion|baja[,...]", N_("only movements of these types"))                \
    X(UNTIL, "until", N_("DATE"), N_("up to and with this day (YYYY-MM-DD)"))                                \
    X(USER, "user", N_("USER"), N_("user of the IMSS certificate; in the history, who did it"))              \
    X(WAIT, "wait", N_("[SECONDS]"), N_("follow the lots until they are answered, or so long"))              \
    X(WAITING, "waiting", NULL, N_("only those that wait for older lots with a worker of theirs"))           \
    X(WITH, "with", N_("FILE"), N_("corrections of rejected movements (CSV), see 'show --fixes'"))           \
    X(ZIP, "zip", N_("FILE"), N_("write the whole evidence bundle, as this zip file"))                       \
    X(ZONE, "zone", "general|norte", N_("whose minimum wage holds"))

enum opt {
#define X(id, name, value, help) OPT_##id,
    OPTION_TABLE(X)
#undef X
        _OPT_MAX
};

enum { _OPT_FIRST_OF_VERBS = OPT_ACCEPT };

/* The options of a verb, besides the global ones. */
#define OPTIONS(...) ((const enum opt[]){__VA_ARGS__, _OPT_MAX})

struct option_info {
    const char *name;
    const char *value; /* untranslated; NULL for a switch */
    const char *help;  /* untranslated */
};

/* Indexed by enum opt. */
extern const struct option_info option_table[_OPT_MAX];

enum verb_flag {
    VERB_LOCAL = 1 << 0,   /* does not speak to the daemon */
    VERB_READS = 1 << 1,   /* --json makes sense */
    VERB_CONFIRM = 1 << 2, /* asks a person first, unless --yes */
    VERB_HIDDEN = 1 << 3,  /* for our own completion; in no list */
    VERB_NOBODY = 1 << 4,  /* takes no session up: it is for who has none */
};

/* One command line, parsed. */
struct invocation {
    const struct verb *verb;
    const char *value[_OPT_MAX]; /* NULL: not given; "" for a switch and a value that was left out */
    char **args;                 /* behind the verb; borrowed from argv, as the values are */
    int n_args;
    struct remote *remote; /* connection to the daemon; NULL for VERB_LOCAL */
};

struct verb {
    const char *name; /* one word, or two: "rp add" */
    const char *args; /* untranslated, as shown in the usage; "" for none */
    int min_args;
    int max_args;     /* -1: any number */
    const enum opt *options; /* OPTIONS(), or NULL for none */
    unsigned flags;
    const char *help; /* untranslated, one line */
    /* The exit status, or a negative error. */
    int (*run)(struct invocation *inv, struct err *err);
};

/* Ends with a NULL name. Verbs of one family stand together, in the order of the help. */
extern const struct verb verb_table[];

/* The verb that the words begin with; *ret_words is how many of them its name took. NULL when it is none. */
const struct verb *verb_find(char *const *words, int n, int *ret_words);
/* Does the first word of some verb's two-word name read so? */
bool verb_is_family(const char *word);
/* Does the verb take the option (global ones included)? */
bool verb_takes(const struct verb *verb, enum opt opt);
/*
 * Where the table has the words that are allowed, writes the one that was typed as it has it: "Modificación".
 */
void option_value_settle(const char *value, char *word);
/*
 * Is `word` one of those allowed for a value written "a|b|c", or several with commas of "a|b|c[,...]"? Any
 * is, where there are no bars.
 */
bool option_value_allowed(const char *value, const char *word);

/* One function for each verb, in the file of its family. */
int verb_status(struct invocation *inv, struct err *err);
int verb_submit(struct invocation *inv, struct err *err);
int verb_check(struct invocation *inv, struct err *err);
int verb_template(struct invocation *inv, struct err *err);
int verb_list(struct invocation *inv, struct err *err);
int verb_show(struct invocation *inv, struct err *err);
int verb_act(struct invocation *inv,
             struct err *err); /* those that only change a lot, a registro or a certificate */
int verb_release(struct invocation *inv, struct err *err);
int verb_retry(struct invocation *inv, struct err *err);
int verb_wait(struct invocation *inv, struct err *err);
int verb_watch(struct invocation *inv, struct err *err);
int verb_history(struct invocation *inv, struct err *err);
int verb_history_verify(struct invocation *inv, struct err *err);
int verb_explain(struct invocation *inv, struct err *err);
int verb_due(struct invocation *inv, struct err *err);
int verb_movements(struct invocation *inv, struct err *err);
int verb_receipts_list(struct invocation *inv, struct err *err);
int verb_receipts_get(struct invocation *inv, struct err *err);
int verb_receipts_export(struct invocation *inv, struct err *err);
int verb_receipts_verify(struct invocation *inv, struct err *err);
int verb_report(struct invocation *inv, struct err *err);
int verb_worker_list(struct invocation *inv, struct err *err);
int verb_worker_export(struct invocation *inv, struct err *err);
int verb_worker_erase(struct invocation *inv, struct err *err);
int verb_receipts_import(struct invocation *inv, struct err *err);
int verb_rp_add(struct invocation *inv, struct err *err);
int verb_rp_list(struct invocation *inv, struct err *err);
int verb_rp_spool(struct invocation *inv, struct err *err);
int verb_rp_set(struct invocation *inv, struct err *err);
int verb_cert_add(struct invocation *inv, struct err *err);
int verb_cert_replace(struct invocation *inv, struct err *err);
int verb_cert_list(struct invocation *inv, struct err *err);
int verb_cert_show(struct invocation *inv, struct err *err);
int verb_cert_test(struct invocation *inv, struct err *err);
int verb_user_add(struct invocation *inv, struct err *err);
int verb_user_list(struct invocation *inv, struct err *err);
int verb_user_enable(struct invocation *inv, struct err *err);
int verb_user_disable(struct invocation *inv, struct err *err);
int verb_user_set(struct invocation *inv, struct err *err);
int verb_user_role(struct invocation *inv, struct err *err);
int verb_user_passwd(struct invocation *inv, struct err *err);
int verb_user_recover(struct invocation *inv, struct err *err);
int verb_user_texts(struct invocation *inv, struct err *err);
int verb_login(struct invocation *inv, struct err *err);
int verb_logout(struct invocation *inv, struct err *err);
int verb_profile_list(struct invocation *inv, struct err *err);
int verb_profile_show(struct invocation *inv, struct err *err);
int verb_profile_use(struct invocation *inv, struct err *err);
int verb_reconcile(struct invocation *inv, struct err *err);
int verb_backup(struct invocation *inv, struct err *err);
int verb_refresh(struct invocation *inv, struct err *err);
int verb_doctor(struct invocation *inv, struct err *err);
int verb_help(struct invocation *inv, struct err *err);
int verb_complete(struct invocation *inv, struct err *err);
