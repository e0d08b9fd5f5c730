/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "daemon/engine/crash.h"
#include "daemon/home.h"
#include "daemon/iface.h"

/* What must stay free: the queue needs room for what comes in meanwhile. */
enum { RESERVE_MIB = 64 };

struct backup {
    struct daemon *daemon;
    struct act *act; /* NULL: answered already */
    atomic_bool stopping;
    char *source, *mark;
    char *path; /* of the copy; NULL once it has no name */
    int fd;
    uint64_t size;
    int result;
    struct err err;
};

void backup_sweep(const char *store_path)
{
    _cleanup_free_ char *pattern = xasprintf("%s.backup-??????", store_path);
    glob_t found = {0};
    if (glob(pattern, GLOB_NOSORT, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc; i++)
            unlink(found.gl_pathv[i]);
    globfree(&found);
}

struct backup *backup_free(struct backup *backup)
{
    if (!backup)
        return NULL;
    if (backup->path)
        unlink(backup->path);
    cleanup_close(&backup->fd);
    err_clear(&backup->err);
    free(backup->source);
    free(backup->mark);
    free(backup->path);
    free(backup);
    return NULL;
}

/* ---- room ---- */

static uint64_t size_of(const char *path, const char *suffix)
{
    _cleanup_free_ char *name = xasprintf("%s%s", path, suffix);
    struct stat st;
    return stat(name, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static int need_room(const char *path, uint64_t bytes, struct err *err)
{
    struct statvfs fs;
    if (statvfs(path, &fs) < 0)
        return err_set_errno(err, ERR_IO, errno, "%s", path);
    uint64_t free_mib = (uint64_t)fs.f_bavail * fs.f_frsize >> 20, mib = (bytes >> 20) + RESERVE_MIB;
    if (free_mib >= mib)
        return 0;
    return err_set(
        err, ERR_IO,
        _("the copy needs %llu MiB on the disk of %s for a moment, and %llu MiB are free; make room"),
        (unsigned long long)mib, path, (unsigned long long)free_mib);
}

/* ---- the worker ---- */

static int go_on(void *data, struct err *err)
{
    struct backup *backup = data;
    if (atomic_load(&backup->stopping))
        return err_set(err, ERR_BUSY, _("The daemon is stopping"));
    return need_room(backup->source, 0, err);
}

static int make_file(struct backup *backup)
{
    _cleanup_free_ char *path = xasprintf("%s.backup-XXXXXX", backup->source);
    _cleanup_close_ int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(&backup->err, ERR_IO, errno, "%s", path);
    backup->path = STEAL(path);
    return 0;
}

/* From here on the copy is a descriptor and nothing else. */
static int take_descriptor(struct backup *backup)
{
    struct stat st;
    backup->fd = open(backup->path, O_RDONLY | O_CLOEXEC);
    if (backup->fd < 0 || fstat(backup->fd, &st) < 0 || unlink(backup->path) < 0)
        return err_set_errno(&backup->err, ERR_IO, errno, "%s", backup->path);
    replace_str(&backup->path, NULL);
    backup->size = (uint64_t)st.st_size;
    return 0;
}

static void work(void *data)
{
    struct backup *backup = data;
    int r = need_room(backup->source, size_of(backup->source, "") + size_of(backup->source, "-wal"),
                      &backup->err);
    if (r >= 0)
        r = make_file(backup);
    const struct store_copy copy = {
        .from = backup->source, .to = backup->path, .mark = backup->mark, .go_on = go_on, .data = backup};
    if (r >= 0)
        r = store_copy(&copy, &backup->err);
    crash_point(CRASH_BACKUP_COPIED);
    backup->result = r < 0 ? r : take_descriptor(backup);
}

/* ---- the method ---- */

static void worked(void *data)
{
    struct backup *backup = data;
    struct act *act = STEAL(backup->act);
    int r = backup->result;
    backup->daemon->backup = NULL;
    if (r < 0)
        err_move(&act->err, &backup->err);
    else {
        struct bus_writer *w = bus_call_results(act->call);
        bus_write_fd(w, backup->fd);
        bus_write_u64(w, backup->size);
        act->detail = xasprintf("{\"bytes\":%llu}", (unsigned long long)backup->size);
        r = act_write(act);
    }
    act_end(act, r);
    backup_free(backup);
}

void backup_stop(struct daemon *daemon)
{
    struct backup *backup = daemon->backup;
    if (!backup || !backup->act)
        return;
    atomic_store(&backup->stopping, true);
    struct act *act = STEAL(backup->act);
    act_end(act, err_set(&act->err, ERR_BUSY, _("The daemon is stopping")));
}

static int begin(struct daemon *daemon, struct act *act)
{
    if (daemon->backup)
        return err_set(&act->err, ERR_BUSY, _("a backup is under way already"));
    struct backup *backup = xcalloc(1, sizeof(*backup));
    *backup = (struct backup){.daemon = daemon,
                              .act = act,
                              .source = xstrdup(daemon->store_path),
                              .mark = home_copy_mark(daemon_clock(daemon)),
                              .fd = -1};
    int r = worker_run(daemon->loop, work, worked, backup, &act->err);
    if (r < 0)
        backup_free(backup);
    else
        daemon->backup = backup;
    return r;
}

void manager_backup(struct bus_call *call, void *data)
{
    struct daemon *daemon = data;
    struct act *act = act_new(daemon, call, "backup", "database");
    int r = iface_no_options(act);
    if (r >= 0)
        r = begin(daemon, act);
    if (r < 0)
        act_end(act, r);
}
