/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <getopt.h>
#include <stdio.h>

#include "config.h"
#include "verify/account.h"
#include "verify/input.h"
#include "verify/print.h"

/*
 * What idsectl runs on evidence bundles. It needs neither the daemon nor a network, and nobody's rights: whoever was handed
 * a bundle can check it with this program alone.
 */
static const char usage[] = N_("Usage: idsed-verify check [--json] BUNDLE...\n"
                               "       idsed-verify report [--json] BUNDLE...\n"
                               "       idsed-verify unpack [--force] [--to=FOLDER] BUNDLE...\n"
                               "BUNDLE is a zip or a folder.\n");

struct arguments {
    bool json, force, help;
    const char *to;
    json_t *list; /* of --json */
    int status;
};

typedef int command_fn(struct arguments *arguments, const char *name, struct err *err);

static int check(struct arguments *arguments, const char *name, struct err *err)
{
    struct examination examination = {0};
    int fd = input_open(name, err);
    int r = fd < 0 ? fd : examine(fd, &examination, err);
    if (r < 0)
        return r;
    if (examination_failed(&examination))
        arguments->status = EXIT_STATUS_INVALID;
    else if (examination.incomplete && arguments->status == EXIT_STATUS_OK)
        arguments->status = EXIT_STATUS_FAILURE;
    if (arguments->json)
        json_array_append_new(arguments->list, examination_json(name, &examination));
    else
        print_examination(name, &examination);
    examination_free(&examination);
    return 0;
}

static int open_bundle(const char *name, struct bundle **ret, struct err *err)
{
    int fd = input_open(name, err);
    int r = fd < 0 ? fd : bundle_open(fd, ret, err);
    return r < 0 && fd >= 0 ? err_prefix(err, "%s", name) : r;
}

static int report(struct arguments *arguments, const char *name, struct err *err)
{
    _cleanup_(bundle_cleanup) struct bundle *bundle = NULL;
    json_t *json = NULL;
    int r = open_bundle(name, &bundle, err);
    if (r < 0)
        return r;
    if (!arguments->json)
        return account_print(bundle, stdout, err);
    r = account_json(bundle, &json, err);
    if (r >= 0)
        json_array_append_new(arguments->list, json);
    return r;
}

static int unpack(struct arguments *arguments, const char *name, struct err *err)
{
    _cleanup_(bundle_cleanup) struct bundle *bundle = NULL;
    int r = open_bundle(name, &bundle, err);
    return r < 0 ? r : account_unpack(bundle, arguments->to, arguments->force, err);
}

static const struct {
    const char *name;
    command_fn *fn;
} commands[] = {{"check", check}, {"report", report}, {"unpack", unpack}};

static command_fn *find_command(const char *name)
{
    for (size_t i = 0; name && i < ELEMENTSOF(commands); i++)
        if (streq(commands[i].name, name))
            return commands[i].fn;
    return NULL;
}

static bool read_options(int argc, char **argv, struct arguments *ret)
{
    static const struct option options[] = {{"json", no_argument, NULL, 'j'},
                                            {"force", no_argument, NULL, 'f'},
                                            {"to", required_argument, NULL, 't'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) >= 0;)
        switch (c) {
        case 'j':
            ret->json = true;
            break;
        case 'f':
            ret->force = true;
            break;
        case 'h':
            ret->help = true;
            break;
        case 't':
            ret->to = optarg;
            break;
        default:
            return false;
        }
    return true;
}

static void complain(const struct err *err)
{
    fprintf(stderr, "idsed-verify: %s\n", err_text(err));
}

int main(int argc, char **argv)
{
    i18n_init();
    struct arguments arguments = {.to = ".", .list = json_array()};
    bool right = read_options(argc, argv, &arguments);
    command_fn *command = find_command(argv[optind]);
    if (arguments.help) {
        fputs(_(usage), stdout);
        json_decref(arguments.list);
        return EXIT_STATUS_OK;
    }
    if (!right || !command || optind + 1 >= argc) {
        fputs(_(usage), stderr);
        json_decref(arguments.list);
        return EXIT_STATUS_USAGE;
    }
    for (int i = optind + 1; i < argc; i++) {
        _cleanup_err_ struct err err = ERR_INIT;
        if (command(&arguments, argv[i], &err) < 0) {
            complain(&err);
            arguments.status = err_exit_status(err.code);
            break;
        }
    }
    if (arguments.json && arguments.status != EXIT_STATUS_USAGE) {
        json_dumpf(arguments.list, stdout, JSON_INDENT(2));
        putchar('\n');
    }
    json_decref(arguments.list);
    return fflush(stdout) != 0 || ferror(stdout) ? EXIT_STATUS_FAILURE : arguments.status;
}
