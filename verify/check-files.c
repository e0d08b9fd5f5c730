/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/examine.h"

#include "base/text.h"
#include "idse/record.h"
#include "vault/digest.h"

/* That the files are those of the manifest, that there are no others, and that they are what idsed writes. */

/* ---- the manifest ---- */

/* One line of SHA256SUMS, cut in place: 64 digits, two blanks, a name. */
static bool cut_line(char *line, const char **ret_sha256, const char **ret_name)
{
    uint8_t bytes[DIGEST_SHA256_SIZE];
    if (strlen(line) < 67 || line[64] != ' ' || line[65] != ' ')
        return false;
    line[64] = '\0';
    *ret_sha256 = line;
    *ret_name = line + 66;
    return hex_decode(line, bytes, sizeof(bytes));
}

static enum verdict check_sum(struct examination *e, const char *name, const char *sha256, struct buf *text)
{
    _cleanup_err_ struct err err = ERR_INIT;
    _cleanup_free_ char *is = NULL;
    const struct bundle_file *file = bundle_find(e->bundle, name);
    if (!file)
        return said(VERDICT_FAILED, text, _("%s is missing: SHA256SUMS names it."), name);
    if (bundle_hash(e->bundle, file, &is, &err) < 0)
        return said(VERDICT_FAILED, text, "%s", err_text(&err));
    if (!streq(is, sha256))
        return said(VERDICT_FAILED, text, _("%s was changed: its SHA-256 is not the one in SHA256SUMS."),
                    name);
    return VERDICT_OK;
}

/* Every line against its file; `named` gets the hash under the name. */
static enum verdict check_sums(struct examination *e, json_t *named, struct buf *text)
{
    _cleanup_buf_ struct buf sums = BUF_INIT;
    _cleanup_err_ struct err err = ERR_INIT;
    if (bundle_read(e->bundle, EVIDENCE_SUMS, &sums, &err) < 0)
        return said(VERDICT_FAILED, text, "%s", err_text(&err));
    if (sums.len == 0 || sums.data[sums.len - 1] != '\n' || strlen(sums.data) != sums.len)
        return said(VERDICT_FAILED, text, _("SHA256SUMS is not what idsed writes."));
    char *save = NULL;
    for (char *line = strtok_r(sums.data, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        const char *sha256, *name;
        if (!cut_line(line, &sha256, &name) || !utf8_valid(name, strlen(name)) ||
            json_object_get(named, name))
            return said(VERDICT_FAILED, text, _("SHA256SUMS is not what idsed writes."));
        json_object_set_new(named, name, json_string(sha256));
        enum verdict verdict = check_sum(e, name, sha256, text);
        if (verdict != VERDICT_OK)
            return verdict;
    }
    return VERDICT_OK;
}

static enum verdict check_manifest_json(struct examination *e, const json_t *named, struct buf *text)
{
    _cleanup_err_ struct err err = ERR_INIT;
    json_t *manifest = NULL;
    if (read_json(e->bundle, EVIDENCE_MANIFEST, &manifest, &err) < 0)
        return said(VERDICT_FAILED, text, "%s", err_text(&err));
    enum verdict verdict = VERDICT_OK;
    const json_t *files = json_object_get(manifest, "files");
    if (number_of(manifest, "format") != EVIDENCE_FORMAT)
        verdict = said(VERDICT_FAILED, text,
                       _("The bundle has format %lld, this idsed knows %d; use the newer one."),
                       (long long)number_of(manifest, "format"), EVIDENCE_FORMAT);
    for (size_t i = 0; i < json_array_size(files) && verdict == VERDICT_OK; i++) {
        const json_t *file = json_array_get(files, i);
        const struct bundle_file *is = bundle_find(e->bundle, text_of(file, "name"));
        if (!is || is->size != (uint64_t)number_of(file, "size") ||
            !streq(text_of(file, "sha256"), text_of(named, text_of(file, "name"))))
            verdict = said(VERDICT_FAILED, text, _("manifest.json does not agree with SHA256SUMS about %s."),
                           text_of(file, "name"));
    }
    if (verdict == VERDICT_OK && json_array_size(files) + 1 != json_object_size(named))
        verdict =
            said(VERDICT_FAILED, text, _("manifest.json does not name the files that SHA256SUMS names."));
    json_decref(manifest);
    return verdict;
}

static enum verdict check_all(struct examination *e, json_t *named, struct buf *text)
{
    enum verdict verdict = check_sums(e, named, text);
    size_t n = 0;
    const struct bundle_file *files = bundle_files(e->bundle, &n);
    for (size_t i = 0; i < n && verdict == VERDICT_OK; i++)
        if (!json_object_get(named, files[i].name) && !streq(files[i].name, EVIDENCE_SUMS))
            verdict =
                said(VERDICT_FAILED, text, _("%s was added: SHA256SUMS does not name it."), files[i].name);
    return verdict == VERDICT_OK ? check_manifest_json(e, named, text) : verdict;
}

enum verdict check_manifest(struct examination *e, struct buf *text)
{
    json_t *named = json_object();
    enum verdict verdict = check_all(e, named, text);
    if (verdict == VERDICT_OK)
        said(verdict, text,
             _("All %zu files have the SHA-256 of the manifest; none is missing, none was added."),
             json_object_size(named));
    json_decref(named);
    return verdict;
}

/* ---- what lot.json says of the files ---- */

static bool is_named(const json_t *list, const char *key, const char *file)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (streq(text_of(json_array_get(list, i), key), file))
            return true;
    return false;
}

/* Everything below documents/ and attempts/ belongs to something in lot.json, and the other way round. */
static enum verdict check_belonging(struct examination *e, struct buf *text)
{
    const json_t *documents = json_object_get(e->lot, "documents"),
                 *attempts = json_object_get(e->lot, "attempts");
    size_t n = 0;
    const struct bundle_file *files = bundle_files(e->bundle, &n);
    for (size_t i = 0; i < n; i++) {
        const char *name = files[i].name;
        if ((str_starts(name, "documents/") && !is_named(documents, "file", name)) ||
            (str_starts(name, "attempts/") && !is_named(attempts, "transcript", name) &&
             !is_named(attempts, "tls", name)))
            return said(VERDICT_FAILED, text, _("%s belongs to nothing that lot.json names."), name);
    }
    for (size_t i = 0; i < json_array_size(attempts); i++)
        for (size_t k = 0; k < 2; k++) {
            const char *file = text_of(json_array_get(attempts, i), k ? "tls" : "transcript");
            if (*file && !bundle_find(e->bundle, file))
                return said(VERDICT_FAILED, text, _("%s is missing: lot.json names it."), file);
        }
    return VERDICT_OK;
}

static enum verdict check_documents(struct examination *e, struct buf *text)
{
    const json_t *documents = json_object_get(e->lot, "documents");
    for (size_t i = 0; i < json_array_size(documents); i++) {
        const json_t *document = json_array_get(documents, i);
        const char *name = text_of(document, "file");
        const struct bundle_file *file = bundle_find(e->bundle, name);
        _cleanup_err_ struct err err = ERR_INIT;
        _cleanup_free_ char *sha256 = NULL;
        if (!file)
            return said(VERDICT_FAILED, text, _("%s is missing: lot.json names it."), name);
        if (bundle_hash(e->bundle, file, &sha256, &err) < 0)
            return said(VERDICT_FAILED, text, "%s", err_text(&err));
        if (!streq(sha256, text_of(document, "sha256")))
            return said(VERDICT_FAILED, text,
                        _("%s is not the document that was stored: lot.json has another SHA-256."), name);
    }
    return VERDICT_OK;
}

enum verdict check_contents(struct examination *e, struct buf *text)
{
    _cleanup_err_ struct err err = ERR_INIT;
    if (read_json(e->bundle, EVIDENCE_LOT, &e->lot, &err) < 0 ||
        read_json(e->bundle, EVIDENCE_HISTORY, &e->history, &err) < 0 ||
        bundle_read(e->bundle, EVIDENCE_MOVEMENTS, &e->movements, &err) < 0 ||
        bundle_read(e->bundle, EVIDENCE_RECORDS, &e->records, &err) < 0)
        return said(VERDICT_FAILED, text, "%s", err_text(&err));
    if (!json_is_object(lot_of(e)) || !json_is_array(json_object_get(e->lot, "documents")) ||
        !json_is_array(json_object_get(e->lot, "attempts")) ||
        !json_is_array(json_object_get(e->history, "records")))
        return said(VERDICT_FAILED, text, _("lot.json or history.json is not what idsed writes."));
    enum verdict verdict = check_documents(e, text);
    if (verdict == VERDICT_OK)
        verdict = check_belonging(e, text);
    return verdict != VERDICT_OK
               ? verdict
               : said(verdict, text,
                      _("Lot %lld of %s: every document and attempt is there, and nothing else."),
                      (long long)number_of(lot_of(e), "id"), text_of(lot_of(e), "registration"));
}

/* ---- the records ---- */

enum verdict check_records(struct examination *e, struct buf *text)
{
    const json_t *lot = lot_of(e);
    _cleanup_free_ char *sha256 = digest_sha256_hex(str_or_empty(e->records.data), e->records.len);
    if (!streq(sha256, text_of(lot, "sha256")))
        return said(VERDICT_FAILED, text,
                    _("records.txt are not the records of the lot: lot.json has another SHA-256."));
    _cleanup_(record_reader_cleanup) struct record_reader *reader =
        record_reader_new(str_or_empty(e->records.data), e->records.len, NULL);
    struct movement movement;
    size_t n = 0;
    for (; record_reader_next(reader, &movement) > 0; n++)
        if (!streq(movement.rp, text_of(lot, "registration")))
            return said(VERDICT_FAILED, text, _("Record %zu is of %s, not of the lot's registro patronal."),
                        n + 1, movement.rp);
    e->n_records = n;
    if ((int64_t)n != number_of(lot, "movements") || record_reader_bad(reader) > 0)
        return said(VERDICT_FAILED, text, _("Movements in records.txt: %zu; lot.json says %lld."), n,
                    (long long)number_of(lot, "movements"));
    return said(VERDICT_OK, text,
                dngettext(IDSED_TEXTDOMAIN,
                          "%zu movement, of the lot's registro patronal, with the SHA-256 of the lot.",
                          "%zu movements, all of the lot's registro patronal, with the SHA-256 of the lot.",
                          n),
                n);
}
