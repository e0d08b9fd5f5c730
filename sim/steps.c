/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/log.h"
#include "base/text.h"
#include "sim/documents.h"
#include "sim/pages.h"
#include "sim/steps.h"

enum { LIST_USUAL = 10, LIST_MOST = 100000 };

static bool on_home(struct exchange *exchange)
{
    page_login(&exchange->body, NULL, NULL);
    return true;
}

static bool on_sequence(struct exchange *exchange)
{
    if (!streq(form_text(&exchange->form, "siteId"), "9")) {
        exchange->status = HTTP_BADREQUEST;
        page_refusal(&exchange->body, "Secuencia de firma", "Sitio desconocido");
        return true;
    }
    exchange->media_type = "text/plain; charset=UTF-8";
    buf_add_str(&exchange->body, nonce_issue(exchange->portal->sessions));
    return true;
}

static bool on_menu(struct exchange *exchange)
{
    page_menu(&exchange->body, exchange->account);
    return true;
}

static bool on_module(struct exchange *exchange)
{
    const char *module = evhttp_uri_get_query(evhttp_request_get_evhttp_uri(exchange->http));
    if (streq_null(module, "irA=afiliacion"))
        page_module(&exchange->body, exchange->account);
    else
        page_refusal(&exchange->body, "Módulo", "El módulo no está disponible en el portal de práctica");
    return true;
}

static bool on_list(struct exchange *exchange)
{
    uint64_t most = LIST_USUAL;
    str_to_uint(form_text(&exchange->form, "paginacion"), LIST_MOST, &most);
    page_list(&exchange->body, exchange->account, exchange->portal->lots, most);
    return true;
}

static bool on_logout(struct exchange *exchange)
{
    session_end(exchange->portal->sessions, exchange->session_id);
    page_login(&exchange->body, NULL, "Ha cerrado su sesión");
    return true;
}

static bool on_unknown(struct exchange *exchange)
{
    exchange->status = HTTP_NOTFOUND;
    buf_add_str(&exchange->body, "<html><body><h1>Error 404--Not Found</h1></body></html>\n");
    return true;
}

/* ---- documents, made in a worker ---- */

struct document_job {
    struct exchange *exchange;
    const struct sim_lot *lot;
    enum step kind;
    enum fault_receipt fault;
    struct buf bytes;
    struct err err;
    int r;
};

static void work(void *data)
{
    struct document_job *job = data;
    job->r = document_get(job->lot, job->kind, job->fault, &job->bytes, &job->err);
}

static void work_done(void *data)
{
    struct document_job *job = data;
    struct exchange *exchange = job->exchange;
    struct portal *portal = exchange->portal;
    portal->working--;
    if (job->r < 0) {
        log_error("lot %s: %s", job->lot->lot, err_text(&job->err));
        exchange->status = HTTP_INTERNAL;
        page_refusal(&exchange->body, "Documentos", "Documento no disponible");
    } else {
        exchange->media_type = document_media_type(job->kind);
        exchange->file_name = document_file_name(job->lot, job->kind);
        exchange->body = job->bytes;
        job->bytes = BUF_INIT;
    }
    buf_free(&job->bytes);
    err_clear(&job->err);
    free(job);
    exchange_answer(exchange);
    if (portal->stopping && portal->working == 0)
        loop_quit(portal->loop, 0);
}

static bool on_document(struct exchange *exchange)
{
    const struct sim_lot *lot = lots_find(exchange->portal->lots, form_text(&exchange->form, "loteID"));
    if (!lot || !authority_account_has_rp(exchange->account, lot->rp)) {
        page_refusal(&exchange->body, "Documentos", "El lote no existe");
        return true;
    }
    if (exchange->fault.receipt == RECEIPT_MISSING || (exchange->step != STEP_ACUSE && !lot->processed)) {
        page_refusal(&exchange->body, "Documentos", "Documento no disponible");
        return true;
    }
    struct document_job *job = xcalloc(1, sizeof *job);
    job->exchange = exchange;
    job->lot = lot;
    job->kind = exchange->step;
    job->fault = (enum fault_receipt)exchange->fault.receipt;
    if (worker_run(exchange->portal->loop, work, work_done, job, &job->err) < 0) {
        exchange->status = HTTP_SERVUNAVAIL;
        page_refusal(&exchange->body, "Documentos", err_text(&job->err));
        err_clear(&job->err);
        free(job);
        return true;
    }
    exchange->portal->working++;
    return false;
}

/* ---- the table ---- */

static const struct entry {
    enum step step;
    unsigned methods;
    const char *path;
    const char *act; /* what the form's field of that name must be; NULL: it is not looked at */
    bool needs_session;
    bool (*fn)(struct exchange *exchange);
} entries[] = {
    {STEP_HOME, EVHTTP_REQ_GET, "/imss/", NULL, false, on_home},
    {STEP_SEQUENCE, EVHTTP_REQ_POST, "/imss/SecuenciaFirma.idse", NULL, false, on_sequence},
    {STEP_LOGIN, EVHTTP_REQ_POST, "/imss/AccesoIDSE.idse", NULL, false, step_login},
    {STEP_MENU, EVHTTP_REQ_GET | EVHTTP_REQ_POST, "/imss/Menu.idse", NULL, true, on_menu},
    {STEP_MODULE, EVHTTP_REQ_GET | EVHTTP_REQ_POST, "/imss/Modulos.idse", NULL, true, on_module},
    {STEP_UPLOAD, EVHTTP_REQ_POST, "/imss/AfiliaEnvio.idse", NULL, true, step_upload},
    {STEP_LIST, EVHTTP_REQ_GET | EVHTTP_REQ_POST, "/imss/AfiliaResultados.idse", "", true, on_list},
    {STEP_LIST, EVHTTP_REQ_POST, "/imss/AfiliaResultados.idse", "encuesta", true, on_list},
    {STEP_ACUSE, EVHTTP_REQ_POST, "/imss/AfiliaResultados.idse", "acuse", true, on_document},
    {STEP_CONSTANCIA, EVHTTP_REQ_POST, "/imss/AfiliaResultados.idse", "constancia", true, on_document},
    {STEP_CSV, EVHTTP_REQ_POST, "/imss/AfiliaResultados.idse", "csv", true, on_document},
    {STEP_LOGOUT, EVHTTP_REQ_GET | EVHTTP_REQ_POST, "/imss/CerrarSesion.idse", NULL, false, on_logout},
    {STEP_UNKNOWN, 0, NULL, NULL, false, on_unknown},
};

enum step step_find(enum evhttp_cmd_type method, const char *path, const struct form *form)
{
    for (const struct entry *entry = entries; entry->path; entry++)
        if ((entry->methods & (unsigned)method) && streq(entry->path, path) &&
            (!entry->act || streq(entry->act, form_text(form, "act"))))
            return entry->step;
    return STEP_UNKNOWN;
}

static const struct entry *entry_of(enum step step)
{
    const struct entry *entry = entries;
    while (entry->path && entry->step != step)
        entry++;
    return entry;
}

bool step_needs_session(enum step step)
{
    return entry_of(step)->needs_session;
}

bool step_act(struct exchange *exchange)
{
    return entry_of(exchange->step)->fn(exchange);
}
