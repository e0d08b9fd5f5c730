/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "client/output.h"
#include "client/place.h"
#include "client/progress.h"
#include "client/remote.h"
#include "client/terminal.h"
#include "client/verbs.h"

/* A copy of the database, and the end of the fence around one that was restored. */

/* ---- where it is written: a file that has no name before it is whole ---- */

struct target {
    const char *path; /* NULL: standard output */
    char *beside;     /* its name until it is whole, where the file system has no files without one */
    int fd;
};

static void target_close(struct target *target)
{
    if (target->beside)
        unlink(target->beside);
    free(target->beside);
    if (target->path)
        cleanup_close(&target->fd);
}

static int target_open(struct target *target, bool force, struct err *err)
{
    struct stat st;
    if (!target->path) {
        target->fd = STDOUT_FILENO;
        return isatty(STDOUT_FILENO)
                   ? err_set(err, ERR_USAGE,
                             _("A backup is not written to a terminal; name a file, or use a pipe."))
                   : 0;
    }
    if (!force && lstat(target->path, &st) == 0)
        return place_refuse(target->path, EEXIST, err);
    _cleanup_free_ char *copy = xstrdup(target->path);
    target->fd = open(dirname(copy), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (target->fd >= 0)
        return 0;
    target->beside = xasprintf("%s.XXXXXX", target->path);
    target->fd = mkostemp(target->beside, O_CLOEXEC);
    if (target->fd >= 0)
        return 0;
    int errnum = errno;
    replace_str(&target->beside, NULL);
    return place_refuse(target->path, errnum, err);
}

static int give_name(const struct target *target, const char *name)
{
    if (target->beside)
        return link(target->beside, name);
    _cleanup_free_ char *descriptor = xasprintf("/proc/self/fd/%d", target->fd);
    return linkat(AT_FDCWD, descriptor, AT_FDCWD, name, AT_SYMLINK_FOLLOW);
}

/* In place of what is there: by a rename, so that there is always one of the two. */
static int replace(struct target *target)
{
    if (!target->beside) {
        _cleanup_free_ char *name = xasprintf("%s.%d", target->path, (int)getpid());
        if (give_name(target, name) < 0)
            return -1;
        target->beside = STEAL(name);
    }
    if (rename(target->beside, target->path) < 0)
        return -1;
    replace_str(&target->beside, NULL);
    return 0;
}

static int target_finish(struct target *target, bool force, struct err *err)
{
    if (!target->path)
        return 0;
    if (fsync(target->fd) < 0 ||
        (give_name(target, target->path) < 0 && (!force || errno != EEXIST || replace(target) < 0)) ||
        file_sync_parent(target->path) < 0)
        return err_set_errno(err, ERR_IO, errno, "%s", target->path);
    return 0;
}

/* ---- the copy ---- */

static int fetch(struct invocation *inv, int *ret_fd, struct err *err)
{
    struct bus_writer w;
    remote_begin(inv->remote, REMOTE_ROOT, REMOTE_MANAGER, "Backup", "a{sv}", &w);
    remote_open_options(&w);
    remote_close_options(inv->remote, &w);
    return remote_file_patiently(inv->remote, &w, "ht", ret_fd, err);
}

static int pass_on(struct progress *progress, int from, const struct target *target, uint64_t *ret_size,
                   struct err *err)
{
    enum { PIECE = 1 << 20 };
    _cleanup_free_ char *piece = xmalloc(PIECE);
    struct stat st = {0};
    uint64_t done = 0;
    fstat(from, &st);
    for (;;) {
        ssize_t got = pread(from, piece, PIECE, (off_t)done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_set_errno(err, ERR_IO, errno, _("reading the copy"));
        if (got == 0)
            break;
        int r = file_write_fd(target->fd, piece, (size_t)got, err);
        if (r < 0)
            return target->path ? err_prefix(err, "%s", target->path) : r;
        done += (uint64_t)got;
        progress_show(progress, done >> 20, (uint64_t)st.st_size >> 20, _("MiB written"));
    }
    *ret_size = done;
    return 0;
}

int verb_backup(struct invocation *inv, struct err *err)
{
    bool force = inv->value[OPT_FORCE] != NULL;
    _cleanup_(target_close) struct target target = {.path = streq(inv->args[0], "-") ? NULL : inv->args[0],
                                                    .fd = -1};
    _cleanup_(progress_cleanup) struct progress *progress = progress_open(inv);
    _cleanup_close_ int fd = -1;
    uint64_t size = 0;
    int r = target_open(&target, force, err);
    if (r < 0)
        return r;
    progress_show(progress, 0, 1, _("the daemon copies its database"));
    r = fetch(inv, &fd, err);
    if (r >= 0)
        r = pass_on(progress, fd, &target, &size, err);
    if (r >= 0)
        r = target_finish(&target, force, err);
    progress = progress_close(progress);
    if (r >= 0 && target.path)
        output_note(inv,
                    _("%s: %llu bytes. Keep the sealing key apart from it; without that key no credential in "
                      "it opens."),
                    target.path, (unsigned long long)size);
    return r;
}

/* ---- a copy that was restored ---- */

static int release_restored(struct invocation *inv, struct err *err)
{
    if (!inv->value[OPT_YES]) {
        if (!terminal_interactive())
            return err_set(err, ERR_USAGE,
                           _("'%s' asks for confirmation, and there is no terminal to ask on; give --yes."),
                           "release --restored");
        if (!terminal_confirm(_("Is the machine that this database comes from out of use, so that it will "
                                "send nothing more?")))
            return EXIT_STATUS_FAILURE;
    }
    int r = remote_act(inv->remote, REMOTE_ROOT, REMOTE_MANAGER, "ReleaseCopy", err);
    if (r >= 0)
        output_note(inv, _("Released. The portal is asked for what was waiting to be sent; only what it does "
                           "not have is sent."));
    return r;
}

int verb_release(struct invocation *inv, struct err *err)
{
    if (!inv->value[OPT_RESTORED])
        return inv->n_args > 0
                   ? verb_act(inv, err)
                   : err_set(err, ERR_USAGE, _("Name the lots to release; see 'idsectl help release'."));
    return inv->n_args == 0
               ? release_restored(inv, err)
               : err_set(err, ERR_USAGE, _("--restored releases the whole; name no lots with it."));
}
