/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/evidence.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "client/output.h"
#include "client/place.h"
#include "client/remote.h"
#include "client/session.h"
#include "config.h"

extern char **environ;

/* ---- from the daemon ---- */

/* Verbs that may do without the daemon reach for it when they turn out to need it. */
static int reach_daemon(struct invocation *inv, struct err *err)
{
    if (inv->remote)
        return 0;
    int r = remote_open(inv->value[OPT_ADDRESS], &inv->remote, err);
    return r < 0 ? r : session_take_up(inv, err);
}

int evidence_fetch(struct invocation *inv, const char *lot, struct err *err)
{
    _cleanup_free_ char *path = NULL;
    struct bus_writer w;
    int fd = -1;
    int r = reach_daemon(inv, err);
    if (r >= 0)
        r = remote_lot_path(lot, &path, err);
    if (r < 0)
        return r;
    remote_begin(inv->remote, path, REMOTE_LOT, "GetEvidence", "a{sv}", &w);
    remote_open_options(&w);
    remote_close_options(inv->remote, &w);
    r = remote_file_patiently(inv->remote, &w, "h", &fd, err);
    return r < 0 ? err_prefix(err, "%s", lot) : fd;
}

/* ---- idsed-verify ---- */

static char *program_path(void)
{
    const char *folder = secure_getenv("IDSED_LIBEXECDIR");
    return xasprintf("%s/idsed-verify", folder ? folder : IDSED_LIBEXECDIR);
}

/* Its words, and the descriptors among them that it is to have; freed with command_end(). */
struct command {
    char **words;
    size_t n;
    int *fds;
    size_t n_fds;
};

static void command_add(struct command *command, char *word)
{
    command->words = xreallocarray(command->words, command->n + 2, sizeof(*command->words));
    command->words[command->n++] = word;
    command->words[command->n] = NULL;
}

static void command_add_fd(struct command *command, int fd)
{
    command->fds = xreallocarray(command->fds, command->n_fds + 1, sizeof(*command->fds));
    command->fds[command->n_fds++] = fd;
    fcntl(fd, F_SETFD, 0); /* goes with the program */
    command_add(command, xasprintf("/dev/fd/%d", fd));
}

static void command_end(struct command *command)
{
    for (size_t i = 0; i < command->n; i++)
        free(command->words[i]);
    free(command->words);
    for (size_t i = 0; i < command->n_fds; i++)
        close(command->fds[i]);
    free(command->fds);
}

static int command_run(const struct command *command, int output, struct err *err)
{
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int status = 0;
    fflush(stdout);
    posix_spawn_file_actions_init(&actions);
    if (output >= 0)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    int errnum = posix_spawn(&pid, command->words[0], &actions, NULL, command->words, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (errnum != 0)
        return err_set_errno(err, ERR_FAILED, errnum, _("%s cannot be run"), command->words[0]);
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return err_set_errno(err, ERR_FAILED, errno, "waitpid");
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE)
        return EXIT_STATUS_FAILURE; /* nobody wants the rest */
    if (!WIFEXITED(status))
        return err_set(err, ERR_FAILED, _("%s was ended by signal %d"), command->words[0], WTERMSIG(status));
    return WEXITSTATUS(status);
}

/* A number is a lot, unless a file is called so. */
static bool is_lot(const char *argument)
{
    return str_all_digits(argument) && access(argument, F_OK) < 0;
}

static int add_arguments(struct invocation *inv, struct command *command, struct err *err)
{
    for (int i = 0; i < inv->n_args; i++) {
        if (!is_lot(inv->args[i])) {
            command_add(command, xstrdup(inv->args[i]));
            continue;
        }
        int fd = evidence_fetch(inv, inv->args[i], err);
        if (fd < 0)
            return fd;
        command_add_fd(command, fd);
    }
    return 0;
}

static struct command command_new(const char *const *words)
{
    struct command command = {0};
    command_add(&command, program_path());
    for (; *words; words++)
        command_add(&command, xstrdup(*words));
    return command;
}

int evidence_run(struct invocation *inv, const char *const *words, int output, struct err *err)
{
    struct command command = command_new(words);
    struct remote *before = inv->remote;
    if (inv->value[OPT_JSON])
        command_add(&command, xstrdup("--json"));
    command_add(&command, xstrdup("--"));
    int r = add_arguments(inv, &command, err);
    if (r >= 0)
        r = command_run(&command, output, err);
    command_end(&command);
    if (!before)
        inv->remote = remote_close(inv->remote);
    return r;
}

int verb_receipts_verify(struct invocation *inv, struct err *err)
{
    return evidence_run(inv, (const char *const[]){"check", NULL}, -1, err);
}

/* ---- export ---- */

static int unpack(const struct invocation *inv, int fd, struct err *err)
{
    const char *folder = inv->value[OPT_TO] ? inv->value[OPT_TO] : ".";
    int r = file_make_dirs(folder, 0777, err);
    if (r < 0) {
        close(fd);
        return r;
    }
    struct command command = command_new((const char *const[]){"unpack", "--to", folder, NULL});
    if (inv->value[OPT_FORCE])
        command_add(&command, xstrdup("--force"));
    command_add(&command, xstrdup("--"));
    command_add_fd(&command, fd);
    r = command_run(&command, -1, err);
    command_end(&command);
    return r;
}

static int copy_file(int from, int to, struct err *err)
{
    enum { CHUNK = 1 << 20 };
    _cleanup_free_ char *chunk = xmalloc(CHUNK);
    ssize_t n;
    for (off_t at = 0; (n = pread(from, chunk, CHUNK, at)) > 0; at += n) {
        int r = file_write_fd(to, chunk, (size_t)n, err);
        if (r < 0)
            return r;
    }
    return n < 0 ? err_set_errno(err, ERR_IO, errno, _("the bundle cannot be read")) : 0;
}

static int write_zip(const struct invocation *inv, int bundle, struct err *err)
{
    const char *path = inv->value[OPT_ZIP];
    struct place place;
    int r = place_open(&place, path, inv->value[OPT_FORCE] != NULL, err);
    if (r < 0)
        return r;
    r = copy_file(bundle, place.fd, err);
    int closed = place_close(&place, r >= 0, err);
    if (r < 0)
        return err_prefix(err, "%s", path);
    if (closed < 0)
        return closed;
    output_note(inv, "%s", path);
    return 0;
}

int evidence_export(struct invocation *inv, struct err *err)
{
    if (inv->value[OPT_ZIP] && inv->n_args > 1)
        return err_set(err, ERR_USAGE, _("--zip takes one lot; --bundle takes several."));
    if (inv->value[OPT_JSON])
        return err_set(err, ERR_USAGE, _("--json does not go with --bundle or --zip."));
    int r = 0;
    if (inv->value[OPT_ZIP]) /* before a bundle is made for nothing */
        r = place_check(inv->value[OPT_ZIP], inv->value[OPT_FORCE] != NULL, err);
    for (int i = 0; r == 0 && i < inv->n_args; i++) {
        int fd = evidence_fetch(inv, inv->args[i], err);
        if (fd < 0)
            return fd;
        if (!inv->value[OPT_ZIP]) {
            r = unpack(inv, fd, err);
            continue;
        }
        r = write_zip(inv, fd, err);
        close(fd);
    }
    return r;
}
