/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "evidence/bundle.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <minizip/unzip.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "evidence/zip-file.h"
#include "vault/digest.h"

enum { CHUNK = 256 * 1024, ENCRYPTED = 1 };

struct bundle {
    int fd;
    bool folder;
    struct zip_file file;
    unzFile zip;
    struct bundle_file *files;
    size_t n;
    uint64_t total;
};

/* ---- names ---- */

static bool part_is_ours(const char *part, size_t n)
{
    if (n == 0 || n > EVIDENCE_NAME_MAX || *part == '.')
        return false;
    for (size_t i = 0; i < n; i++) {
        const char c = part[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
            !strchr(".-_", c))
            return false;
    }
    return true;
}

/* "name" or "folder/name", and so nothing that leads elsewhere. */
static bool name_is_ours(const char *name)
{
    const char *slash = strchr(name, '/');
    if (!slash)
        return part_is_ours(name, strlen(name));
    return part_is_ours(name, (size_t)(slash - name)) && part_is_ours(slash + 1, strlen(slash + 1));
}

static int refuse(struct err *err, const char *why, const char *name)
{
    _cleanup_free_ char *text = zip_name_shown(name);
    return err_set(err, ERR_INVALID_FILE, "%s: %s", text, why);
}

static int add_file(struct bundle *bundle, const char *name, uint64_t size, unz64_file_pos place,
                    struct err *err)
{
    if (!name_is_ours(name))
        return refuse(err, _("no bundle has such a name in it; it was not made by idsed"), name);
    if (bundle->n >= EVIDENCE_FILES_MAX)
        return err_set(err, ERR_INVALID_FILE, _("there are more files in it than a bundle has"));
    bundle->total += MIN(size, EVIDENCE_TOTAL_MAX + 1);
    if (size > EVIDENCE_FILE_MAX || bundle->total > EVIDENCE_TOTAL_MAX)
        return refuse(err, _("larger than anything that a bundle has"), name);
    bundle->files = xreallocarray(bundle->files, bundle->n + 1, sizeof(*bundle->files));
    bundle->files[bundle->n++] =
        (struct bundle_file){xstrdup(name), size, {place.pos_in_zip_directory, place.num_of_file}};
    return 0;
}

/* ---- a zip ---- */

/* The bundle's own folder stands before each name. */
static int add_zipped(struct bundle *bundle, const char *path, const unz_file_info64 *info, struct err *err)
{
    const mode_t mode = (mode_t)(info->external_fa >> 16);
    const char *slash = strchr(path, '/');
    if (info->version >> 8 == 3 && mode & S_IFMT && !S_ISREG(mode) && !S_ISDIR(mode))
        return refuse(err, _("a link, or no plain file; it was not made by idsed"), path);
    if (info->flag & ENCRYPTED || (info->compression_method != 0 && info->compression_method != Z_DEFLATED))
        return refuse(err, _("encrypted, or packed in a way that idsed does not use"), path);
    if (!slash || !str_starts(path, "lot-") || !part_is_ours(path, (size_t)(slash - path)))
        return refuse(err, _("no bundle has such a name in it; it was not made by idsed"), path);
    if (path[strlen(path) - 1] == '/' && info->uncompressed_size == 0)
        return 0; /* a folder, as others' programs note it */
    unz64_file_pos place = {0};
    return unzGetFilePos64(bundle->zip, &place) == UNZ_OK
               ? add_file(bundle, slash + 1, info->uncompressed_size, place, err)
               : zip_damaged(err);
}

/* From its first byte to its last, with nothing before, behind or missing: minizip would not mind. */
static bool is_whole_zip(int fd)
{
    enum { END_SIZE = 22 };
    struct stat st;
    char begins[4], ends[END_SIZE];
    return fstat(fd, &st) == 0 && st.st_size > END_SIZE && pread(fd, begins, 4, 0) == 4 &&
           pread(fd, ends, END_SIZE, st.st_size - END_SIZE) == END_SIZE && memcmp(begins, "PK\3\4", 4) == 0 &&
           memcmp(ends, "PK\5\6", 4) == 0;
}

static int list_zip(struct bundle *bundle, struct err *err)
{
    zlib_filefunc64_def functions;
    if (!is_whole_zip(bundle->fd))
        return zip_damaged(err);
    bundle->file.fd = bundle->fd;
    zip_file_functions(&bundle->file, &functions);
    bundle->zip = unzOpen2_64("", &functions);
    int code = bundle->zip ? unzGoToFirstFile(bundle->zip) : UNZ_BADZIPFILE;
    _cleanup_free_ char *folder = NULL;
    for (; code == UNZ_OK; code = unzGoToNextFile(bundle->zip)) {
        unz_file_info64 info;
        char path[3 * EVIDENCE_NAME_MAX];
        if (unzGetCurrentFileInfo64(bundle->zip, &info, path, sizeof(path), NULL, 0, NULL, 0) != UNZ_OK)
            return zip_damaged(err);
        path[sizeof(path) - 1] = '\0';
        if (info.size_filename >= sizeof(path) || strlen(path) != info.size_filename)
            return refuse(err, _("no bundle has such a name in it; it was not made by idsed"), path);
        int r = add_zipped(bundle, path, &info, err);
        if (r < 0)
            return r;
        size_t n = strcspn(path, "/") + 1;
        if (!folder)
            folder = xstrndup(path, n);
        if (strncmp(folder, path, n) != 0 || strlen(folder) != n)
            return err_set(err, ERR_INVALID_FILE, _("it holds more than one bundle"));
    }
    return code == UNZ_END_OF_LIST_OF_FILE ? 0 : zip_damaged(err);
}

static int stream_zip(struct bundle *bundle, const struct bundle_file *file, bundle_fn *fn, void *data,
                      struct err *err)
{
    unz64_file_pos place = {file->place[0], file->place[1]};
    _cleanup_free_ char *chunk = xmalloc(CHUNK);
    uint64_t seen = 0;
    if (unzGoToFilePos64(bundle->zip, &place) != UNZ_OK || unzOpenCurrentFile(bundle->zip) != UNZ_OK)
        return refuse(err, _("damaged in the zip"), file->name);
    int n, r = 0;
    while (r >= 0 && (n = unzReadCurrentFile(bundle->zip, chunk, CHUNK)) > 0) {
        seen += (uint64_t)n;
        r = seen > file->size ? zip_damaged(err) : fn(data, chunk, (size_t)n, err);
    }
    bool whole = unzCloseCurrentFile(bundle->zip) == UNZ_OK && n == 0 && seen == file->size;
    return r < 0 || whole ? r : refuse(err, _("damaged in the zip"), file->name);
}

/* ---- a folder ---- */

static int list_folder(struct bundle *bundle, int fd, const char *below, struct err *err);

static int add_unpacked(struct bundle *bundle, int fd, const char *below, const char *entry, struct err *err)
{
    _cleanup_free_ char *name = xasprintf("%s%s%s", below, *below ? "/" : "", entry);
    struct stat st;
    if (fstatat(fd, entry, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return err_set_errno(err, ERR_IO, errno, "%s", name);
    if (S_ISREG(st.st_mode))
        return add_file(bundle, name, (uint64_t)st.st_size, (unz64_file_pos){0}, err);
    if (!S_ISDIR(st.st_mode) || *below)
        return refuse(err, _("a link, or no plain file; it was not made by idsed"), name);
    int sub = openat(fd, entry, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (sub < 0)
        return err_set_errno(err, ERR_IO, errno, "%s", name);
    return list_folder(bundle, sub, entry, err);
}

/* Takes the descriptor over. */
static int list_folder(struct bundle *bundle, int fd, const char *below, struct err *err)
{
    DIR *folder = fdopendir(fd);
    if (!folder) {
        close(fd);
        return err_set_errno(err, ERR_IO, errno, "%s", below);
    }
    int r = 0;
    for (struct dirent *entry; r >= 0 && (entry = readdir(folder));)
        if (!streq(entry->d_name, ".") && !streq(entry->d_name, ".."))
            r = add_unpacked(bundle, fd, below, entry->d_name, err);
    closedir(folder);
    return r;
}

static int stream_folder(struct bundle *bundle, const struct bundle_file *file, bundle_fn *fn, void *data,
                         struct err *err)
{
    _cleanup_free_ char *chunk = xmalloc(CHUNK);
    _cleanup_close_ int folder = -1, fd = -1;
    const char *slash = strchr(file->name, '/');
    _cleanup_free_ char *below = slash ? xstrndup(file->name, (size_t)(slash - file->name)) : NULL;
    if (below)
        folder = openat(bundle->fd, below, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    fd = openat(below ? folder : bundle->fd, slash ? slash + 1 : file->name,
                O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    uint64_t seen = 0;
    ssize_t n = fd < 0 ? -1 : 0;
    int r = 0;
    while (fd >= 0 && r >= 0 && (n = read(fd, chunk, CHUNK)) > 0) {
        seen += (uint64_t)n;
        r = seen > file->size ? 0 : fn(data, chunk, (size_t)n, err);
        if (seen > file->size)
            break;
    }
    if (r < 0)
        return r;
    if (n < 0)
        return err_set_errno(err, ERR_IO, errno, "%s", file->name);
    return seen == file->size ? 0 : refuse(err, _("it changes while it is read"), file->name);
}

/* ---- both ---- */

static int by_name(const void *left, const void *right)
{
    return strcmp(((const struct bundle_file *)left)->name, ((const struct bundle_file *)right)->name);
}

static int list_files(struct bundle *bundle, struct err *err)
{
    struct stat st;
    if (fstat(bundle->fd, &st) < 0)
        return err_set_errno(err, ERR_IO, errno, "fstat");
    bundle->folder = S_ISDIR(st.st_mode);
    if (!bundle->folder && !S_ISREG(st.st_mode))
        return err_set(err, ERR_INVALID_FILE, _("it is neither a file nor a folder"));
    int r = bundle->folder ? list_folder(bundle, fcntl(bundle->fd, F_DUPFD_CLOEXEC, 3), "", err)
                           : list_zip(bundle, err);
    if (r < 0)
        return r;
    if (bundle->n > 0)
        qsort(bundle->files, bundle->n, sizeof(*bundle->files), by_name);
    for (size_t i = 1; i < bundle->n; i++)
        if (streq(bundle->files[i - 1].name, bundle->files[i].name))
            return refuse(err, _("it is there twice"), bundle->files[i].name);
    return 0;
}

int bundle_open(int fd, struct bundle **ret, struct err *err)
{
    _cleanup_(bundle_cleanup) struct bundle *bundle = xcalloc(1, sizeof(*bundle));
    bundle->fd = fd;
    int r = list_files(bundle, err);
    if (r < 0)
        return r;
    *ret = STEAL(bundle);
    return 0;
}

struct bundle *bundle_close(struct bundle *bundle)
{
    if (!bundle)
        return NULL;
    if (bundle->zip)
        unzClose(bundle->zip);
    for (size_t i = 0; i < bundle->n; i++)
        free(bundle->files[i].name);
    free(bundle->files);
    cleanup_close(&bundle->fd);
    free(bundle);
    return NULL;
}

const struct bundle_file *bundle_files(const struct bundle *bundle, size_t *ret_n)
{
    *ret_n = bundle->n;
    return bundle->files;
}

const struct bundle_file *bundle_find(const struct bundle *bundle, const char *name)
{
    const struct bundle_file key = {.name = (char *)name};
    return bundle->n ? bsearch(&key, bundle->files, bundle->n, sizeof(key), by_name) : NULL;
}

int bundle_stream(struct bundle *bundle, const struct bundle_file *file, bundle_fn *fn, void *data,
                  struct err *err)
{
    return bundle->folder ? stream_folder(bundle, file, fn, data, err)
                          : stream_zip(bundle, file, fn, data, err);
}

static int add_bytes(void *data, const void *bytes, size_t n, struct err *err)
{
    buf_add(data, bytes, n);
    return 0;
}

int bundle_read(struct bundle *bundle, const char *name, struct buf *ret, struct err *err)
{
    const struct bundle_file *file = bundle_find(bundle, name);
    if (!file)
        return refuse(err, _("the bundle does not have it"), name);
    buf_reserve(ret, (size_t)MIN(file->size, (uint64_t)16 << 20));
    buf_add_str(ret, "");
    return bundle_stream(bundle, file, add_bytes, ret, err);
}

static int digest_bytes(void *data, const void *bytes, size_t n, struct err *err)
{
    digest_add(data, bytes, n);
    return 0;
}

int bundle_hash(struct bundle *bundle, const struct bundle_file *file, char **ret, struct err *err)
{
    _cleanup_(digest_cleanup) struct digest *digest = digest_new();
    int r = bundle_stream(bundle, file, digest_bytes, digest, err);
    if (r >= 0)
        *ret = digest_end_hex(STEAL(digest));
    return r;
}
