/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/account.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "evidence/report.h"
#include "verify/examine.h"

struct account {
    json_t *lot, *history;
    struct buf movements;
};

static void account_cleanup(struct account *account)
{
    json_decref(account->lot);
    json_decref(account->history);
    buf_free(&account->movements);
}

static int account_read(struct bundle *bundle, struct account *ret, struct err *err)
{
    int r = read_json(bundle, EVIDENCE_LOT, &ret->lot, err);
    if (r >= 0)
        r = read_json(bundle, EVIDENCE_HISTORY, &ret->history, err);
    return r < 0 ? r : bundle_read(bundle, EVIDENCE_MOVEMENTS, &ret->movements, err);
}

static void print_bytes(void *data, const void *bytes, size_t n)
{
    fwrite(bytes, 1, n, data);
}

int account_print(struct bundle *bundle, FILE *to, struct err *err)
{
    _cleanup_(account_cleanup) struct account account = {0};
    int r = account_read(bundle, &account, err);
    if (r < 0)
        return r;
    struct report *report = report_begin(REPORT_TEXT, account.lot, print_bytes, to);
    struct movements_reader reader = movements_reader(&account.movements);
    for (json_t *movement; (r = movements_next(&reader, &movement, err)) > 0; json_decref(movement))
        report_movement(report, movement);
    report_end(report, account.history);
    return r;
}

int account_json(struct bundle *bundle, json_t **ret, struct err *err)
{
    _cleanup_(account_cleanup) struct account account = {0};
    int r = account_read(bundle, &account, err);
    if (r < 0)
        return r;
    json_t *movements = json_array();
    json_object_set_new(account.lot, "movements", movements);
    struct movements_reader reader = movements_reader(&account.movements);
    for (json_t *movement; (r = movements_next(&reader, &movement, err)) > 0;)
        json_array_append_new(movements, movement);
    if (r < 0)
        return r;
    json_object_set(account.lot, "history", account.history);
    *ret = json_incref(account.lot);
    return 0;
}

/* ---- unpacking ---- */

static int write_bytes(void *data, const void *bytes, size_t n, struct err *err)
{
    return file_write_fd(*(const int *)data, bytes, n, err);
}

static int unpack_file(struct bundle *bundle, const struct bundle_file *file, const char *folder, bool force,
                       struct err *err)
{
    _cleanup_free_ char *path = xasprintf("%s/%s", folder, file->name);
    const int replace = force ? O_TRUNC | O_NOFOLLOW : O_EXCL;
    _cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | replace, 0666);
    if (fd < 0)
        return err_set_errno(err, ERR_IO, errno, "%s", path);
    return bundle_stream(bundle, file, write_bytes, &fd, err);
}

static int make_folder(const char *path, bool force, struct err *err)
{
    if (mkdir(path, 0777) == 0 || (errno == EEXIST && force))
        return 0;
    if (errno == EEXIST)
        return err_set(err, ERR_IO, _("%s is there already; --force writes over what is in it."), path);
    return err_set_errno(err, ERR_IO, errno, "%s", path);
}

int account_unpack(struct bundle *bundle, const char *folder, bool force, struct err *err)
{
    json_t *lot = NULL;
    size_t n = 0;
    const struct bundle_file *files = bundle_files(bundle, &n);
    int r = read_json(bundle, EVIDENCE_LOT, &lot, err);
    if (r < 0)
        return r;
    _cleanup_free_ char *path =
        xasprintf("%s/lot-%lld", folder, (long long)number_of(json_object_get(lot, "lot"), "id"));
    json_decref(lot);
    r = make_folder(path, force, err);
    for (size_t i = 0; r >= 0 && i < n; i++) {
        const char *slash = strchr(files[i].name, '/');
        _cleanup_free_ char *below =
            slash ? xasprintf("%s/%.*s", path, (int)(slash - files[i].name), files[i].name) : NULL;
        if (below)
            r = make_folder(below, true, err);
        if (r >= 0)
            r = unpack_file(bundle, &files[i], path, force, err);
    }
    if (r >= 0)
        puts(path);
    return r;
}
