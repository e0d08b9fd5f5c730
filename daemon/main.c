/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <argp.h>
#include <config.h>
#include <malloc.h>
#include <errno.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/app.h"
#include "daemon/backup.h"
#include "daemon/config.h"
#include "portal/profile.h"

const char *argp_program_version = "idsed " IDSED_VERSION;

struct arguments {
    struct app_options app;
    bool check_config;
    const char *reseal;  /* file of the new key */
    const char *restore; /* a copy of the database */
};

enum {
    OPTION_CONFIG = 'c',
    OPTION_STATE = 's',
    OPTION_KEY_FILE = 'k',
    OPTION_CHECK_CONFIG = 0x100,
    OPTION_RESEAL,
    OPTION_RESTORE
};

static const struct argp_option options[] = {
    {"config", OPTION_CONFIG, N_("FILE"), 0, N_("Read this configuration instead of the system's"), 0},
    {"state", OPTION_STATE, N_("DIR"), 0, N_("Keep the database in this folder"), 0},
    {"key-file", OPTION_KEY_FILE, N_("FILE"), 0, N_("Seal credentials with this key (32 bytes, mode 0600)"),
     0},
    {"reseal", OPTION_RESEAL, N_("FILE"), 0,
     N_("Only seal every credential under the key in FILE, which is made if it is not there"), 0},
    {"restore", OPTION_RESTORE, N_("FILE"), 0,
     N_("Only make the database anew from this copy; none may be there"), 0},
    {"check-config", OPTION_CHECK_CONFIG, NULL, 0, N_("Only say what is wrong with the configuration"), 0},
    {0},
};

static error_t take_option(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case OPTION_CONFIG:
        arguments->app.config_path = value;
        arguments->app.config_must_exist = true;
        return 0;
    case OPTION_STATE:
        arguments->app.state = value;
        return 0;
    case OPTION_KEY_FILE:
        arguments->app.key_file = value;
        return 0;
    case OPTION_RESEAL:
        arguments->reseal = value;
        return 0;
    case OPTION_RESTORE:
        arguments->restore = value;
        return 0;
    case OPTION_CHECK_CONFIG:
        arguments->check_config = true;
        return 0;
    case ARGP_KEY_ARG:
        argp_usage(state);
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Files that are only opened later, and the profile. */
static int check_what_it_names(const struct config *config, struct err *err)
{
    const char *const files[] = {config->ca_file, config->key_file, config->mail_ca_file,
                                 config->mail_password_file};
    const char *const environment[] = {getenv("IDSED_PROFILES"), NULL};
    _cleanup_(profile_cleanup) struct profile *profile = NULL;
    for (size_t i = 0; i < ELEMENTSOF(files); i++)
        if (files[i] && access(files[i], R_OK) < 0)
            return err_set_errno(err, ERR_CONFIG, errno, "%s", files[i]);
    return profile_load(environment[0] ? environment : profile_default_dirs, config->profile, &profile, err);
}

static int check_config(const struct app_options *app)
{
    _cleanup_err_ struct err err = ERR_INIT;
    _cleanup_buf_ struct buf warnings = BUF_INIT;
    _cleanup_config_ struct config config = {0};
    int r = config_load(app->config_path, app->config_must_exist, &config, &warnings, &err);
    if (r >= 0)
        r = check_what_it_names(&config, &err);
    fputs(str_or_empty(warnings.data), stderr);
    if (r < 0)
        fprintf(stderr, "%s\n", err_text(&err));
    return r < 0 ? EXIT_STATUS_FAILURE : EXIT_STATUS_OK;
}

/*
 * Keys and passwords pass through this process: it leaves no core, is not traced, and its files are its own. What it may do
 * (leases in the spool) no program may that it starts.
 */
static void keep_to_ourselves(void)
{
    const struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    prctl(PR_SET_DUMPABLE, 0);
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    umask(077);
}

/*
 * The service manager starts us again after a failure, but not after one that only a person can put right.
 */
static int failure_status(const struct err *err)
{
    bool for_a_person =
        err->code == ERR_CONFIG || err->code == ERR_STORE_NEWER || err->code == ERR_STORE_CORRUPT;
    return for_a_person ? EX_CONFIG : EXIT_STATUS_FAILURE;
}

/*
 * A large lot goes through some hundred megabytes. What is large comes from the system and goes back at once (the threshold
 * would otherwise grow with the first of it), and the rest lies in few heaps, from which malloc_trim() can give it back.
 */
static void keep_little_memory(void)
{
    mallopt(M_MMAP_THRESHOLD, 256 * 1024);
    mallopt(M_ARENA_MAX, 2);
}

int main(int argc, char **argv)
{
    i18n_init();
    keep_to_ourselves();
    keep_little_memory();
    struct arguments arguments = {
        .app = {.config_path = IDSED_SYSCONFDIR "/idsed.conf", .state = IDSED_STATEDIR},
    };
    const struct argp argp = {
        .options = options,
        .parser = take_option,
        .doc = N_("Keeps an employer's IDSE credentials and a durable queue of lots, sends them to the IMSS "
                  "portal, and "
                  "follows them until every movement has an answer."),
        .argp_domain = IDSED_TEXTDOMAIN,
    };
    argp_err_exit_status = EXIT_STATUS_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    if (arguments.check_config)
        return check_config(&arguments.app);

    _cleanup_err_ struct err err = ERR_INIT;
    _cleanup_(app_cleanup) struct app *app = NULL;
    int r = arguments.reseal    ? app_reseal(&arguments.app, arguments.reseal, &err)
            : arguments.restore ? restore(&arguments.app, arguments.restore, &err)
                                : app_new(&arguments.app, &app, &err);
    if (r < 0 && (arguments.reseal || arguments.restore)) {
        log_error("%s", err_text(&err)); /* who asked for it reads it; no daemon failed to start */
        return failure_status(&err);
    }
    if (r < 0) {
        log_event(LOG_ERR, err.code == ERR_CONFIG ? "configuration-invalid" : "start-failed", "%s",
                  err_text(&err));
        return failure_status(&err);
    }
    return app ? app_run(app) : EXIT_STATUS_OK;
}
