/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/log.h"
#include "sim/pages.h"
#include "sim/signature.h"
#include "sim/steps.h"

DEFINE_CLEANUP(X509 *, x509_cleanup, X509_free)

/* The messages that a client has to tell apart; those of which the wording is known from the real portal are marked. */
#define MESSAGE_USER     "Usuario o contraseña incorrectos"
#define MESSAGE_UNKNOWN  "Certificado no registrado ante el IMSS"
#define MESSAGE_EXPIRED  "Certificado caducado (código 11)" /* code and cause known */
#define MESSAGE_LOCKED   "Cuenta bloqueada por intentos fallidos; solicite su desbloqueo"
#define MESSAGE_BACKEND  "El tiempo de espera del WS de firma electrónica expiró" /* known */
#define MESSAGE_SEQUENCE "Secuencia de firma no válida: no existe, ya fue usada o expiró"

/* ---- login ---- */

/* User and password of a registered, unexpired certificate; the message to refuse with, or NULL. */
static const char *check_account(struct exchange *exchange, const struct authority_account *account)
{
    struct lockout *lockout = exchange->portal->lockout;
    _cleanup_err_ struct err err = ERR_INIT;
    if (exchange->fault.login == LOGIN_LOCKED || lockout_locked(lockout, account->fingerprint))
        return MESSAGE_LOCKED;
    if (!streq(account->user, form_text(&exchange->form, "idUsuario")))
        return MESSAGE_USER;
    if (authority_account_password(account, form_text(&exchange->form, "password"))) {
        lockout_passed(lockout, account->fingerprint);
        return NULL;
    }
    if (lockout_failed(lockout, account->fingerprint, &err) < 0)
        log_error("%s", err_text(&err));
    return lockout_locked(lockout, account->fingerprint) ? MESSAGE_LOCKED : MESSAGE_USER;
}

static const struct authority_account *account_of(struct exchange *exchange, X509 *certificate)
{
    _cleanup_free_ char *fingerprint = authority_fingerprint(certificate);
    return authority_find(exchange->portal->authority, fingerprint);
}

/* "Firma electrónica no válida: …", or NULL when the field `pkcs7` is a valid signature. */
static char *read_signature(const struct exchange *exchange, struct buf *ret_content, X509 **ret_signer)
{
    const char *wrong = signature_read(form_text(&exchange->form, "pkcs7"), ret_content, ret_signer);
    return wrong ? xasprintf("Firma electrónica no válida: %s", wrong) : NULL;
}

static const char *login(struct exchange *exchange, X509 *signer)
{
    const struct authority_account *account = account_of(exchange, signer);
    if (!account)
        return MESSAGE_UNKNOWN;
    if (X509_cmp_current_time(X509_get0_notAfter(signer)) < 0)
        return MESSAGE_EXPIRED;
    const char *refusal = check_account(exchange, account);
    if (refusal)
        return refusal;
    /* A fresh cookie, so that nobody can have planted the one that is now worth something. */
    replace_str(&exchange->session_id, session_id_new());
    replace_str(&exchange->identity, xstrdup(account->user));
    session_begin(exchange->portal->sessions, exchange->session_id, account->fingerprint);
    page_menu(&exchange->body, account);
    return NULL;
}

bool step_login(struct exchange *exchange)
{
    _cleanup_buf_ struct buf nonce = BUF_INIT;
    _cleanup_(x509_cleanup) X509 *signer = NULL;
    const char *refusal;
    if (exchange->fault.login == LOGIN_BACKEND_TIMEOUT) {
        page_login(&exchange->body, MESSAGE_BACKEND, NULL);
        return true;
    }
    _cleanup_free_ char *bad_signature = read_signature(exchange, &nonce, &signer);
    if (bad_signature)
        refusal = bad_signature;
    else if (!nonce_use(exchange->portal->sessions, str_or_empty(nonce.data)))
        refusal = MESSAGE_SEQUENCE;
    else
        refusal = login(exchange, signer);
    if (refusal)
        page_login(&exchange->body, refusal, NULL);
    return true;
}

/* ---- upload ---- */

/* Why the file is not even looked at, in a new string, or NULL. */
static char *check_upload(struct exchange *exchange, const struct buf *file)
{
    _cleanup_buf_ struct buf content = BUF_INIT;
    _cleanup_(x509_cleanup) X509 *signer = NULL;
    if (exchange->fault.login == LOGIN_BACKEND_TIMEOUT)
        return xstrdup(MESSAGE_BACKEND);
    if (!nonce_use(exchange->portal->sessions, form_text(&exchange->form, "secuencia")))
        return xstrdup(MESSAGE_SEQUENCE);
    if (!file || file->len == 0)
        return xstrdup("Archivo rechazado: el archivo está vacío");
    char *bad_signature = read_signature(exchange, &content, &signer);
    if (bad_signature)
        return bad_signature;
    if (content.len != file->len || memcmp(content.data, file->data, file->len) != 0)
        return xstrdup("Firma electrónica no válida: lo firmado no es el archivo que se recibió");
    if (account_of(exchange, signer) != exchange->account)
        return xstrdup("Firma electrónica no válida: el certificado no es el de la sesión");
    return NULL;
}

/* Stores the lot and says so, or says why the file as a whole is refused. */
static void receive(struct exchange *exchange, const struct buf *file)
{
    _cleanup_err_ struct err err = ERR_INIT;
    _cleanup_free_ char *refusal = NULL;
    const struct sim_lot *lot = NULL;
    int r = lots_receive(exchange->portal->lots, exchange->account, file, exchange->fault.lot, &lot, &refusal,
                         &err);
    if (r < 0) {
        log_error("%s", err_text(&err));
        exchange->status = HTTP_INTERNAL;
        page_refusal(&exchange->body, "Envío de archivo", "El lote no se pudo guardar");
    } else if (refusal) {
        _cleanup_free_ char *message = xasprintf("Archivo rechazado: %s", refusal);
        page_refusal(&exchange->body, "Envío de archivo", message);
    } else {
        page_received(&exchange->body, lot);
    }
}

bool step_upload(struct exchange *exchange)
{
    const struct buf *file = form_get(&exchange->form, "archivo");
    _cleanup_free_ char *refusal = check_upload(exchange, file);
    if (refusal)
        page_refusal(&exchange->body, "Envío de archivo", refusal);
    else
        receive(exchange, file);
    return true;
}
