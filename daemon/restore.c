/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "daemon/home.h"

/* idsed --restore: a copy becomes the database. */

/* A log that was left would be applied to whatever database stands beside it. */
static int check_place(const char *path, struct err *err)
{
    static const char *const suffixes[] = {"", "-wal", "-journal"};
    for (size_t i = 0; i < ELEMENTSOF(suffixes); i++) {
        _cleanup_free_ char *there = xasprintf("%s%s", path, suffixes[i]);
        struct stat st;
        if (lstat(there, &st) == 0)
            return err_set(err, ERR_IO,
                           _("%s is there already; nothing is overwritten: move it away, with its -wal and "
                             "-shm, if the copy "
                             "is to take its place"),
                           there);
        if (errno != ENOENT)
            return err_set_errno(err, ERR_IO, errno, "%s", there);
    }
    return 0;
}

static int check_whole(const char *path, struct err *err)
{
    _cleanup_err_ struct err database = ERR_INIT, audit = ERR_INIT;
    store_inspect(path, &database, &audit);
    if (database.code != ERR_NONE)
        return err_move(err, &database);
    return audit.code != ERR_NONE ? err_move(err, &audit) : 0;
}

/* As the folder has it: root restores for the daemon's user. */
static int give_to_owner(const char *state, const char *path, struct err *err)
{
    struct stat folder;
    _cleanup_close_ int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0 || stat(state, &folder) < 0 || fchmod(fd, 0600) < 0 || fsync(fd) < 0)
        return err_set_errno(err, ERR_IO, errno, "%s", path);
    if (geteuid() == 0 && fchown(fd, folder.st_uid, folder.st_gid) < 0)
        return err_set_errno(err, ERR_IO, errno, "%s", path);
    return 0;
}

static int copy_and_check(const char *file, const char *to, const char *state, struct err *err)
{
    _cleanup_free_ char *mark = xstrdup("{\"at\":0,\"host\":\"\"}"); /* of a raw copy nothing is known */
    const struct store_copy copy = {.from = file, .to = to, .mark = mark};
    int r = store_copy(&copy, err);
    if (r >= 0)
        r = check_whole(to, err);
    return r < 0 ? r : give_to_owner(state, to, err);
}

static int put(const char *file, const char *path, const char *state, struct err *err)
{
    _cleanup_free_ char *beside = xasprintf("%s.restore-XXXXXX", path);
    _cleanup_close_ int fd = mkostemp(beside, O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(err, ERR_IO, errno, "%s", beside);
    int r = copy_and_check(file, beside, state, err);
    if (r >= 0 && (link(beside, path) < 0 || file_sync_parent(path) < 0))
        r = err_set_errno(err, ERR_IO, errno, "%s", path);
    unlink(beside);
    return r;
}

int restore(const struct app_options *options, const char *file, struct err *err)
{
    _cleanup_config_ struct config config = {0};
    _cleanup_buf_ struct buf warnings = BUF_INIT;
    _cleanup_close_ int lock = -1;
    int r = config_load(options->config_path, options->config_must_exist, &config, &warnings, err);
    if (r >= 0)
        r = app_lock_state(options->state, &lock, err);
    if (r < 0)
        return r;
    _cleanup_free_ char *path = app_store_path(options, &config);
    if (access(file, R_OK) < 0)
        return err_set_errno(err, ERR_IO, errno, "%s", file);
    r = check_place(path, err);
    if (r >= 0)
        r = put(file, path, options->state, err);
    if (r >= 0)
        log_notice(_("%s is restored as %s. When idsed starts, everything is held until 'idsectl release "
                     "--restored'."),
                   file, path);
    return r;
}
