/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/spool-job.h"

#include "base/log.h"
#include "daemon/spool-result.h"

/* What becomes of a lot that came by the spool: its results and receipts are written into the folder, as they come. */

static const enum document_kind kinds[SPOOL_DOCUMENTS] = {DOCUMENT_ACUSE, DOCUMENT_CONSTANCIA, DOCUMENT_CSV};

/* "lot-12-acuse.pdf" */
static char *document_name(const struct store_document *document)
{
    const char *dot = strrchr(str_or_empty(document->name), '.');
    return xasprintf("lot-%lld-%s%s", (long long)document->lot, document_kind_name(document->kind),
                     dot && !strchr(dot, '/') ? dot : "");
}

static int load_documents(struct job *job, struct err *err)
{
    struct store *store = job->spool->daemon->store;
    struct store_document *documents = NULL;
    size_t n = 0;
    int r = store_document_list(store, job->lot, &documents, &n, err);
    for (size_t k = 0; k < SPOOL_DOCUMENTS && r >= 0; k++)
        for (size_t i = n; i-- > 0 && r >= 0;) { /* the last of a kind is the one that was read */
            struct document *document = &job->documents[job->n_documents];
            if (documents[i].kind != kinds[k] || (job->written >> kinds[k] & 1))
                continue;
            r = store_document_get(store, documents[i].id, NULL, &document->bytes, err);
            documents[i].lot = job->lot;
            document->name = document_name(&documents[i]);
            job->n_documents++;
            job->written |= 1u << kinds[k];
        }
    store_documents_free(documents, n);
    return r;
}

/* What is to be told of it; 1 when there is something. */
static int look_at_lot(struct job *job, int *told, struct err *err)
{
    struct store *store = job->spool->daemon->store;
    struct store_lot lot = {0};
    int before;
    int r = store_lot_get(store, job->lot, &lot, err);
    if (r >= 0)
        r = store_spool_progress(store, job->lot, &job->written, &before, err);
    if (r > 0)
        r = load_documents(job, err);
    if (r < 0) {
        store_lot_free(&lot);
        return r;
    }
    strcpy(job->rp, lot.rp);
    *told = (int)lot.state << 8 | (int)lot.hold;
    job->done = lot_state_final(lot.state) && lot.next_us == 0;
    bool news = job->n_documents > 0 || job->done ||
                (*told != before && lot.state != LOT_STATE_SENDING); /* which lasts for a moment */
    store_lot_free(&lot);
    return news;
}

/* Receipts, and the results of the files that the lot is of. */
static void write_lot(void *data)
{
    struct job *job = data;
    int r = 0;
    job->out = spool_open_folder(job->spool->path, "out", job->rp);
    if (job->out < 0)
        r = err_set_errno(&job->err, ERR_IO, errno, "%s/out/%s", job->spool->path, job->rp);
    for (size_t i = 0; r >= 0 && i < job->n_documents; i++) {
        const struct document *document = &job->documents[i];
        r = spool_write(job->out, document->name, str_or_empty(document->bytes.data), document->bytes.len,
                        &job->err);
    }
    for (size_t i = 0; r >= 0 && job->names[i]; i += 2)
        r = spool_write(job->out, job->names[i], job->names[i + 1], strlen(job->names[i + 1]), &job->err);
}

static void lot_was_written(void *data)
{
    struct job *job = data;
    struct spool *spool = job->spool;
    _cleanup_err_ struct err err = ERR_INIT;
    if (job->err.code != ERR_NONE) {
        spool_warn(spool, job->rp, err_text(&job->err));
        spool_later(spool);
        return;
    }
    if (store_spool_note_progress(spool->daemon->store, job->lot, job->written, job->told, job->done, &err) <
        0)
        log_error("%s", err_text(&err));
    spool_next(spool);
}

/* Name and text of the result of each file that it is of, one after the other. */
static int compose_results(struct job *job, struct err *err)
{
    struct store *store = job->spool->daemon->store;
    _cleanup_free_ int64_t *files = NULL;
    size_t n = 0;
    int r = store_spool_files_of(store, job->lot, &files, &n, err);
    job->names = xcalloc(2 * n + 1, sizeof(*job->names));
    for (size_t i = 0, at = 0; r >= 0 && i < n; i++) {
        struct store_spool_file file = {0};
        char *result = NULL;
        r = store_spool_get(store, files[i], &file, err);
        if (r > 0)
            r = spool_result_now(store, &file, &result, err);
        if (r >= 0 && result) {
            job->names[at++] = xasprintf("%s.result.json", file.name);
            job->names[at++] = result;
        }
        store_spool_file_free(&file);
    }
    return r;
}

void spool_tell_lot(struct job *job)
{
    _cleanup_err_ struct err err = ERR_INIT;
    int r = look_at_lot(job, &job->told, &err);
    if (r > 0)
        r = compose_results(job, &err) < 0 ? -1 : 1;
    if (r > 0) {
        spool_in_worker(job, write_lot, lot_was_written);
        return;
    }
    if (r < 0)
        spool_warn(job->spool, job->rp, err_text(&err));
    spool_next(job->spool);
}
