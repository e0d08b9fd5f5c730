/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "evidence/writer.h"

#include <jansson.h>
#include <minizip/zip.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "evidence/zip-file.h"
#include "vault/digest.h"

enum { MADE_ON_UNIX = 3 << 8 | 30, LEVEL = 6 };

struct evidence_writer {
    struct zip_file file;
    zipFile zip;
    char *folder;
    char *name; /* of the file under way */
    struct digest *digest;
    uint64_t size;
    json_t *files;
    struct buf sums;
    bool broken; /* minizip refused something */
};

struct evidence_writer *evidence_writer_new(int fd, int64_t lot)
{
    struct evidence_writer *writer = xcalloc(1, sizeof(*writer));
    zlib_filefunc64_def functions;
    writer->file.fd = fd;
    writer->folder = xasprintf("lot-%lld", (long long)lot);
    writer->files = json_array();
    zip_file_functions(&writer->file, &functions);
    writer->zip = zipOpen2_64("", APPEND_STATUS_CREATE, NULL, &functions);
    if (!writer->zip)
        abort(); /* for want of memory only */
    return writer;
}

struct evidence_writer *evidence_writer_free(struct evidence_writer *writer)
{
    if (!writer)
        return NULL;
    if (writer->zip)
        zipClose(writer->zip, NULL);
    digest_free(writer->digest);
    json_decref(writer->files);
    buf_free(&writer->sums);
    free(writer->folder);
    free(writer->name);
    free(writer);
    return NULL;
}

static void check(struct evidence_writer *writer, int zip_result)
{
    writer->broken |= zip_result != ZIP_OK;
}

void evidence_begin(struct evidence_writer *writer, const char *name)
{
    /* A date that says nothing, so that nothing but the contents decides about the bytes. */
    const zip_fileinfo info = {.tmz_date = {.tm_year = 1980, .tm_mday = 1},
                               .external_fa = (uLong)(S_IFREG | 0644) << 16};
    _cleanup_free_ char *path = xasprintf("%s/%s", writer->folder, name);
    replace_str(&writer->name, xstrdup(name));
    writer->digest = digest_new();
    writer->size = 0;
    check(writer, zipOpenNewFileInZip4_64(writer->zip, path, &info, NULL, 0, NULL, 0, NULL, Z_DEFLATED, LEVEL,
                                          0, -MAX_WBITS, DEF_MEM_LEVEL, Z_DEFAULT_STRATEGY, NULL, 0,
                                          MADE_ON_UNIX, 0, 0));
}

void evidence_add(void *data, const void *bytes, size_t n)
{
    struct evidence_writer *writer = data;
    enum { SLICE = 1 << 20 };
    digest_add(writer->digest, bytes, n);
    writer->size += n;
    for (size_t at = 0; at < n && !writer->broken && !writer->file.write_errno; at += SLICE)
        check(writer, zipWriteInFileInZip(writer->zip, (const char *)bytes + at,
                                          (unsigned)MIN(n - at, (size_t)SLICE)));
}

void evidence_end(struct evidence_writer *writer)
{
    _cleanup_free_ char *sha256 = digest_end_hex(STEAL(writer->digest));
    check(writer, zipCloseFileInZip(writer->zip));
    /* Bit by bit: else the next one who syncs another file here, the database for instance, waits for all of it. */
    fdatasync(writer->file.fd);
    buf_printf(&writer->sums, "%s  %s\n", sha256, writer->name);
    json_array_append_new(writer->files, json_pack("{sssIss}", "name", writer->name, "size",
                                                   (json_int_t)writer->size, "sha256", sha256));
}

void evidence_put(struct evidence_writer *writer, const char *name, const void *data, size_t n)
{
    evidence_begin(writer, name);
    evidence_add(writer, str_or_empty(data), n);
    evidence_end(writer);
}

int evidence_finish(struct evidence_writer *writer, struct err *err)
{
    json_t *manifest =
        json_pack("{sisssO}", "format", EVIDENCE_FORMAT, "folder", writer->folder, "files", writer->files);
    _cleanup_free_ char *text = json_dumps(manifest, JSON_INDENT(1));
    json_decref(manifest);
    evidence_put(writer, EVIDENCE_MANIFEST, text, strlen(text));
    _cleanup_free_ char *sums = xmemdup(writer->sums.data, writer->sums.len + 1);
    evidence_put(writer, EVIDENCE_SUMS, sums, strlen(sums));
    check(writer, zipClose(STEAL(writer->zip), NULL));
    if (writer->file.write_errno)
        return err_set_errno(err, ERR_IO, writer->file.write_errno, _("the bundle cannot be written"));
    return writer->broken ? err_set(err, ERR_IO, _("the bundle cannot be written")) : 0;
}
