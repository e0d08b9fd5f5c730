/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "evidence/zip-file.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

static voidpf open_it(voidpf opaque, const void *name, int mode)
{
    return opaque;
}

static uLong read_some(voidpf opaque, voidpf stream, void *data, uLong n)
{
    struct zip_file *file = opaque;
    uLong done = 0;
    while (done < n) {
        ssize_t got = pread(file->fd, (char *)data + done, n - done, (off_t)(file->at + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        done += (uLong)got;
    }
    file->at += done;
    return done;
}

static uLong write_all(voidpf opaque, voidpf stream, const void *data, uLong n)
{
    struct zip_file *file = opaque;
    uLong done = file->write_errno ? n : 0;
    while (done < n) {
        ssize_t put = pwrite(file->fd, (const char *)data + done, n - done, (off_t)(file->at + done));
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0) {
            file->write_errno = errno;
            break;
        }
        done += (uLong)put;
    }
    file->at += n;
    return n;
}

static ZPOS64_T tell(voidpf opaque, voidpf stream)
{
    return ((struct zip_file *)opaque)->at;
}

static long seek(voidpf opaque, voidpf stream, ZPOS64_T offset, int origin)
{
    struct zip_file *file = opaque;
    struct stat st;
    uint64_t from = 0;
    if (origin == ZLIB_FILEFUNC_SEEK_CUR)
        from = file->at;
    else if (origin == ZLIB_FILEFUNC_SEEK_END) {
        if (fstat(file->fd, &st) < 0)
            return -1;
        from = (uint64_t)st.st_size;
    }
    uint64_t at;
    if (__builtin_add_overflow(from, (uint64_t)offset, &at) || at > (uint64_t)INT64_MAX / 2)
        return -1;
    file->at = at;
    return 0;
}

static int close_it(voidpf opaque, voidpf stream)
{
    return 0; /* the descriptor is the caller's */
}

static int has_failed(voidpf opaque, voidpf stream)
{
    return 0; /* short counts tell */
}

void zip_file_functions(struct zip_file *file, zlib_filefunc64_def *ret)
{
    *ret = (zlib_filefunc64_def){
        .zopen64_file = open_it,
        .zread_file = read_some,
        .zwrite_file = write_all,
        .ztell64_file = tell,
        .zseek64_file = seek,
        .zclose_file = close_it,
        .zerror_file = has_failed,
        .opaque = file,
    };
}

char *zip_name_shown(const char *name)
{
    char *text = utf8_repair(name, strlen(name));
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7F)
            *c = '?';
    return text;
}

int zip_damaged(struct err *err)
{
    return err_set(err, ERR_INVALID_FILE, _("it is no zip, or damaged or cut off"));
}
