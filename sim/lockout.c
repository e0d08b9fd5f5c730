/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/lockout.h"

#include <unistd.h>

#include "base/file.h"

enum { TRIES = 3 };

struct count {
    char *fingerprint;
    unsigned wrong;
};

struct lockout {
    char *dir;
    struct count *counts;
    size_t n;
};

int lockout_open(const char *dir, struct lockout **ret, struct err *err)
{
    int r = file_make_dirs(dir, 0700, err);
    if (r < 0)
        return r;
    struct lockout *lockout = xcalloc(1, sizeof *lockout);
    lockout->dir = xstrdup(dir);
    *ret = lockout;
    return 0;
}

struct lockout *lockout_free(struct lockout *lockout)
{
    if (!lockout)
        return NULL;
    for (size_t i = 0; i < lockout->n; i++)
        free(lockout->counts[i].fingerprint);
    free(lockout->counts);
    free(lockout->dir);
    free(lockout);
    return NULL;
}

static char *lock_path(const struct lockout *lockout, const char *fingerprint)
{
    return xasprintf("%s/%s", lockout->dir, fingerprint);
}

bool lockout_locked(const struct lockout *lockout, const char *fingerprint)
{
    _cleanup_free_ char *path = lock_path(lockout, fingerprint);
    return access(path, F_OK) == 0;
}

static struct count *count_of(struct lockout *lockout, const char *fingerprint)
{
    for (size_t i = 0; i < lockout->n; i++)
        if (streq(lockout->counts[i].fingerprint, fingerprint))
            return &lockout->counts[i];
    lockout->counts = xreallocarray(lockout->counts, lockout->n + 1, sizeof *lockout->counts);
    lockout->counts[lockout->n] = (struct count){.fingerprint = xstrdup(fingerprint)};
    return &lockout->counts[lockout->n++];
}

int lockout_failed(struct lockout *lockout, const char *fingerprint, struct err *err)
{
    struct count *count = count_of(lockout, fingerprint);
    if (++count->wrong < TRIES)
        return 0;
    count->wrong = 0;
    _cleanup_free_ char *path = lock_path(lockout, fingerprint);
    return file_replace(path, 0600, "", 0, err);
}

void lockout_passed(struct lockout *lockout, const char *fingerprint)
{
    count_of(lockout, fingerprint)->wrong = 0;
}
