/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "evidence/archive.h"

#include <minizip/unzip.h>
#include <sys/stat.h>

#include "base/text.h"
#include "evidence/zip-file.h"

enum { CHUNK = 256 * 1024, ENCRYPTED = 1, MADE_ON_UNIX = 3, NAME_MAX_BYTES = 1024 };

static unzFile close_zip(unzFile zip)
{
    if (zip)
        unzClose(zip);
    return NULL;
}

static void cleanup_zip(unzFile *zip)
{
    close_zip(*zip);
}
#define _cleanup_zip_ _cleanup_(cleanup_zip)

static int open_zip(struct zip_file *file, int fd, unzFile *ret, struct err *err)
{
    zlib_filefunc64_def functions;
    *file = (struct zip_file){.fd = fd};
    zip_file_functions(file, &functions);
    *ret = unzOpen2_64("", &functions);
    return *ret ? 0 : zip_damaged(err);
}

/* Of the current entry; "" for a folder, a link or a device, of which nothing is read. */
static int entry_name(unzFile zip, unz_file_info64 *info, char **ret, struct err *err)
{
    char name[NAME_MAX_BYTES + 1];
    if (unzGetCurrentFileInfo64(zip, info, name, NAME_MAX_BYTES, NULL, 0, NULL, 0) != UNZ_OK)
        return zip_damaged(err);
    name[MIN(info->size_filename, (uLong)NAME_MAX_BYTES)] = '\0';
    const mode_t mode = (mode_t)(info->external_fa >> 16);
    const size_t n = strlen(name);
    bool plain = n > 0 && name[n - 1] != '/' &&
                 (info->version >> 8 != MADE_ON_UNIX || !(mode & S_IFMT) || S_ISREG(mode));
    *ret = plain ? zip_name_shown(name) : xstrdup("");
    return 0;
}

char **archive_names_free(char **names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(names[i]);
    free(names);
    return NULL;
}

int archive_list(int fd, char ***ret_names, size_t *ret_n, struct err *err)
{
    struct zip_file file;
    _cleanup_zip_ unzFile zip = NULL;
    char **names = NULL;
    size_t n = 0;
    int r = open_zip(&file, fd, &zip, err);
    if (r < 0)
        return r;
    int code = unzGoToFirstFile(zip);
    for (; r >= 0 && code == UNZ_OK; code = unzGoToNextFile(zip)) {
        unz_file_info64 info;
        if (n == ARCHIVE_ENTRIES_MAX) {
            r = err_set(err, ERR_TOO_LARGE, _("there are more than %d files in the zip"),
                        ARCHIVE_ENTRIES_MAX);
            break;
        }
        names = xreallocarray(names, n + 1, sizeof(*names));
        r = entry_name(zip, &info, &names[n], err);
        n += r >= 0;
    }
    if (r >= 0 && code != UNZ_END_OF_LIST_OF_FILE)
        r = zip_damaged(err);
    if (r < 0) {
        archive_names_free(names, n);
        return r;
    }
    *ret_names = names;
    *ret_n = n;
    return 0;
}

static int go_to(unzFile zip, size_t index, struct err *err)
{
    int code = unzGoToFirstFile(zip);
    for (size_t i = 0; code == UNZ_OK && i < index; i++)
        code = unzGoToNextFile(zip);
    return code == UNZ_OK ? 0
                          : err_set(err, ERR_INVALID_FILE, _("the zip has no file number %zu"), index + 1);
}

/* What it says of itself is a limit only: no more is unpacked than that. */
static int unpack(unzFile zip, uint64_t size, struct buf *ret, struct err *err)
{
    int n = 0;
    if (unzOpenCurrentFile(zip) != UNZ_OK)
        return zip_damaged(err);
    while (ret->len <= size && (n = unzReadCurrentFile(zip, buf_reserve(ret, CHUNK), CHUNK)) > 0)
        ret->len += (size_t)n;
    bool whole = unzCloseCurrentFile(zip) == UNZ_OK && n == 0 && ret->len == size;
    if (!whole)
        return zip_damaged(err);
    *buf_reserve(ret, 1) = '\0';
    return 0;
}

int archive_read(int fd, size_t index, size_t max, struct buf *ret, struct err *err)
{
    struct zip_file file;
    unz_file_info64 info;
    _cleanup_zip_ unzFile zip = NULL;
    _cleanup_free_ char *name = NULL;
    int r = open_zip(&file, fd, &zip, err);
    if (r >= 0)
        r = go_to(zip, index, err);
    if (r >= 0)
        r = entry_name(zip, &info, &name, err);
    if (r < 0)
        return r;
    if (!*name || info.uncompressed_size == 0)
        return err_set(err, ERR_INVALID_FILE, _("it is no plain file, or empty"));
    if (info.flag & ENCRYPTED || (info.compression_method != 0 && info.compression_method != Z_DEFLATED))
        return err_set(
            err, ERR_INVALID_FILE,
            _("it is encrypted, or packed in a way that idsed does not know; unpack the zip and hand "
              "over the files in it"));
    if (info.uncompressed_size > max)
        return err_set(err, ERR_TOO_LARGE, _("the file has %lld bytes; at most %zu are accepted"),
                       (long long)info.uncompressed_size, max);
    return unpack(zip, info.uncompressed_size, ret, err);
}
