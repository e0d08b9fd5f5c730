/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portal/profile-private.h"

#include <dirent.h>
#include <unistd.h>

#include "base/file.h"

#include "config.h"

enum { PROFILE_MAX_SIZE = 256 * 1024 };

const char *const profile_default_dirs[] = {IDSED_SYSCONFDIR "/profiles", IDSED_PKGDATADIR "/profiles", NULL};

/* A name becomes part of a path, and comes from configuration or the bus. */
static bool name_is_safe(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
    return n > 0 && n <= 64 && !name[n] && name[0] != '.';
}

static char *profile_find(const char *const *dirs, const char *name)
{
    for (; name_is_safe(name) && *dirs; dirs++) {
        char *path = xasprintf("%s/%s.profile", *dirs, name);
        if (access(path, F_OK) == 0)
            return path;
        free(path);
    }
    return NULL;
}

int profile_load(const char *const *dirs, const char *name, struct profile **ret, struct err *err)
{
    _cleanup_free_ char *path = profile_find(dirs, name);
    if (!path)
        return err_set(err, ERR_UNKNOWN_PROFILE, _("there is no portal profile '%s'"), name);
    _cleanup_buf_ struct buf text = BUF_INIT;
    int r = file_read(path, PROFILE_MAX_SIZE, &text, err);
    if (r < 0)
        return r;
    if (memchr(text.data ? text.data : "", '\0', text.len))
        return err_set(err, ERR_CONFIG, _("%s: not a text"), path);
    _cleanup_(profile_cleanup) struct profile *profile = xcalloc(1, sizeof(*profile));
    profile->name = xstrdup(name);
    r = profile_parse(path, text.data ? text.data : "", profile, err);
    if (r < 0)
        return r;
    *ret = STEAL(profile);
    return 0;
}

/* ---- what there is ---- */

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool name_listed(char *const *names, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (streq(names[i], name))
            return true;
    return false;
}

char **profile_names(const char *const *dirs)
{
    static const char suffix[] = ".profile";
    char **names = xcalloc(1, sizeof(*names));
    size_t n = 0;
    for (; *dirs; dirs++) {
        DIR *dir = opendir(*dirs);
        for (struct dirent *entry; dir && (entry = readdir(dir));) {
            size_t length = strlen(entry->d_name);
            if (length < sizeof(suffix) || !streq(entry->d_name + length - (sizeof(suffix) - 1), suffix))
                continue;
            char *name = xstrndup(entry->d_name, length - (sizeof(suffix) - 1));
            if (!name_is_safe(name) || name_listed(names, n, name)) {
                free(name);
                continue;
            }
            names = xreallocarray(names, n + 2, sizeof(*names));
            names[n++] = name;
            names[n] = NULL;
        }
        if (dir)
            closedir(dir);
    }
    qsort(names, n, sizeof(*names), compare_names);
    return names;
}
