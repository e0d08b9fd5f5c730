/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/buf.h"
#include "base/err.h"

/*
 * The configuration: an INI file, then the *.conf files of the folder FILE.d in lexical order, each key
 * overriding what was read before. All that is known of a key stands in one table, config_keys(); the manual
 * is checked against it. Times are microseconds, sizes bytes. Texts are owned, NULL where nothing is set.
 */
struct config {
    /* [General] */
    int64_t language; /* enum config_language */
    /* [Portal] */
    char *profile;
    char *base;
    char *ca_file;
    char *proxy;
    int64_t connect_timeout_us, idle_timeout_us, total_timeout_us;
    int64_t max_page_size;
    int64_t failures_until_down;
    /* [Polling] */
    int64_t poll_min_us, poll_max_us;
    /* [Sending] */
    int64_t retry_first_us, retry_max_us;
    int64_t uncertain_settle_us;
    int64_t visits_at_once;
    int64_t max_file_size;
    /* [Check] */
    int64_t future_dates; /* enum future_dates */
    int64_t minimum_wage; /* enum minimum_wage */
    /* [Deadlines] */
    int64_t deadlines_mail; /* enum deadlines_mail */
    int64_t deadlines_grace_us;
    /* [Spool] */
    char *spool_path;
    /* [Store] */
    char *store_path;
    /* [Sealing] */
    char *key_file;
    /* [Certificates] */
    int64_t check_revocation; /* enum check_revocation */
    char *issuers_file;
    /* [Users] */
    int64_t self_registration; /* enum self_registration */
    int64_t session_idle_us;
    int64_t attempt_delay_us, attempt_delay_max_us;
    int64_t retain_years; /* 0: for ever */
    /* [Mail] */
    char *mail_relay, *mail_from, *mail_user, *mail_password_file, *mail_ca_file;
    int64_t mail_starttls; /* enum mail_starttls */
    /* [Log] */
    int64_t log_level;
};

/* In the order of their words. */
enum config_language { CONFIG_LANGUAGE_SYSTEM, CONFIG_LANGUAGE_ES, CONFIG_LANGUAGE_EN };
enum future_dates { FUTURE_DATES_REFUSE, FUTURE_DATES_ALLOW };
enum minimum_wage { MINIMUM_WAGE_GENERAL, MINIMUM_WAGE_NORTE };
enum deadlines_mail { DEADLINES_MAIL_NO, DEADLINES_MAIL_YES };
enum check_revocation { CHECK_REVOCATION_NO, CHECK_REVOCATION_YES };
enum self_registration { SELF_REGISTRATION_APPROVE, SELF_REGISTRATION_OPEN, SELF_REGISTRATION_OFF };
enum mail_starttls { MAIL_STARTTLS_REQUIRED, MAIL_STARTTLS_NEVER };

enum config_type {
    CONFIG_TEXT,
    CONFIG_PATH,  /* absolute */
    CONFIG_URL,   /* https:// */
    CONFIG_RELAY, /* smtp:// or smtps:// */
    CONFIG_EMAIL,
    CONFIG_SECONDS, /* stored as microseconds */
    CONFIG_SIZE,    /* bytes, with K, M or G for 1024 and so on */
    CONFIG_COUNT,
    CONFIG_WORD,  /* one of `words`, stored as its place among them */
    CONFIG_LEVEL, /* err, warning, notice, info, debug */
};

struct config_key {
    const char *section, *name;
    enum config_type type;
    size_t offset;        /* in struct config */
    const char *fallback; /* as one would write it; NULL: unset */
    int64_t least, most;  /* bounds of a number, in the unit that is written */
    bool reloadable;      /* applied by SIGHUP; otherwise by a restart */
    const char *help;     /* translated when shown */
    const char *words;    /* "one|other", for CONFIG_WORD */
};

/* The table; ends with a NULL name. */
const struct config_key *config_keys(void);

/*
 * Reads `path` and its drop-ins over the defaults; a file that is missing is an error only when it
 * `must_exist`. What is odd but harmless (an unknown key) goes to `warnings`, one line each: "FILE:LINE:
 * text". A value that is not valid, or a line that is none, gives ERR_CONFIG with file and line. On failure
 * *ret is untouched.
 */
int config_load(const char *path, bool must_exist, struct config *ret, struct buf *warnings, struct err *err);
void config_free(struct config *config); /* fields only */
#define _cleanup_config_ _cleanup_(config_free)

/*
 * Takes over from `fresh` every reloadable value, swapping so that both stay whole. Appends to `restart` one
 * line for each key that differs and needs a restart.
 */
void config_reload(struct config *config, struct config *fresh, struct buf *restart);
