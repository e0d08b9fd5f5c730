/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/credentials.h"

/* The name under which a record is sealed, so that it opens in its own row only. */
static char *record_name(int64_t id)
{
    return xasprintf("certificate/%lld", (long long)id);
}

const char *credentials_no_key_sentence(void)
{
    return _(
        "There is no sealing key. Make one with \"systemctl start idsed-setup\", or set [Sealing] KeyFile in "
        "idsed.conf to a file of 32 random bytes with mode 0600; then restart idsed.");
}

static int require_key(const struct seal *seal, struct err *err)
{
    return seal ? 0 : err_set(err, ERR_SEAL_BROKEN, "%s", credentials_no_key_sentence());
}

int credentials_open(struct store *store, const struct seal *seal, int64_t id, struct credential **ret,
                     struct err *err)
{
    int r = require_key(seal, err);
    if (r < 0)
        return r;
    struct store_certificate row = {0};
    r = store_certificate_get(store, id, &row, err);
    if (r < 0)
        return r;
    struct buf plain = BUF_INIT;
    _cleanup_free_ char *record = record_name(id);
    if (row.removed_us != 0)
        r = err_set(err, ERR_UNKNOWN_CERTIFICATE, _("certificate %lld was removed"), (long long)id);
    if (r >= 0)
        r = seal_open(seal, record, row.sealed, row.sealed_len, &plain, err);
    if (r >= 0)
        r = credential_load(plain.data, plain.len, ret, err);
    buf_wipe_free(&plain);
    store_certificate_free(&row);
    return r < 0 ? err_prefix(err, _("certificate %lld"), (long long)id) : 0;
}

/* The certificate in use with this fingerprint, other than the one that is to be replaced; 0 when there is none. */
static int find_known(struct store *store, const char *fingerprint, int64_t replaces, int64_t *ret_id,
                      struct err *err)
{
    struct store_certificate *rows = NULL;
    size_t n = 0;
    int r = store_certificate_list(store, false, &rows, &n, err);
    *ret_id = 0;
    for (size_t i = 0; r >= 0 && i < n; i++)
        if (rows[i].id != replaces && streq_null(rows[i].fingerprint, fingerprint))
            *ret_id = rows[i].id;
    store_certificates_free(rows, n);
    return r;
}

int credentials_heir(struct store *store, int64_t id, int64_t *ret_heir, struct err *err)
{
    struct store_certificate *rows = NULL;
    size_t n = 0;
    int r = store_certificate_list(store, false, &rows, &n, err);
    *ret_heir = 0;
    for (size_t i = 0; r >= 0 && i < n; i++)
        if (rows[i].replaces == id)
            *ret_heir = rows[i].id;
    store_certificates_free(rows, n);
    return r;
}

/* Is it there to take the place of one that still serves? */
static int waits(struct store *store, const struct store_certificate *row, bool *ret, struct err *err)
{
    struct store_certificate old = {0};
    int r = row->replaces ? store_certificate_get(store, row->replaces, &old, err) : 0;
    *ret = row->replaces && !old.removed_us;
    store_certificate_free(&old);
    return r;
}

/* One waits for a place at most, and for the place of one that serves. */
static int check_place(struct store *store, int64_t id, struct err *err)
{
    struct store_certificate old = {0};
    int64_t heir = 0;
    bool is_heir = false;
    int r = store_certificate_get(store, id, &old, err);
    if (r >= 0)
        r = waits(store, &old, &is_heir, err);
    if (r >= 0)
        r = credentials_heir(store, id, &heir, err);
    if (r >= 0 && old.removed_us)
        r = err_set(err, ERR_UNKNOWN_CERTIFICATE, _("certificate %lld was removed"), (long long)id);
    else if (r >= 0 && is_heir)
        r = err_set(
            err, ERR_WRONG_STATE,
            _("certificate %lld does not serve yet, it waits to replace certificate %lld; remove it, then "
              "replace that one"),
            (long long)id, (long long)old.replaces);
    else if (r >= 0 && heir)
        r = err_set(err, ERR_WRONG_STATE,
                    _("certificate %lld already waits to replace certificate %lld; remove it first"),
                    (long long)heir, (long long)id);
    store_certificate_free(&old);
    return r;
}

static int seal_credential(const struct seal *seal, int64_t id, const struct credential *credential,
                           struct buf *ret, struct err *err)
{
    struct buf plain = BUF_INIT;
    _cleanup_free_ char *record = record_name(id);
    int r = credential_save(credential, &plain, err);
    if (r >= 0)
        r = seal_close(seal, record, plain.data, plain.len, ret, err);
    buf_wipe_free(&plain);
    return r;
}

/* 1 when it was bound to another one, or to none. */
static int bind_rp(struct store *store, const char *rp, int64_t certificate, struct err *err)
{
    struct store_rp row = {0};
    int r = store_rp_get(store, rp, &row, err);
    if (r < 0)
        return r;
    const bool is_new = row.certificate != certificate;
    row.certificate = certificate;
    r = is_new ? store_rp_update(store, &row, err) : 0;
    store_rp_free(&row);
    return r < 0 ? r : is_new;
}

static int bind_rps(struct store *store, const char *const *rps, size_t n_rps, int64_t certificate,
                    size_t *ret_new, struct err *err)
{
    int r = 0;
    *ret_new = 0;
    for (size_t i = 0; r >= 0 && i < n_rps; i++) {
        r = bind_rp(store, rps[i], certificate, err);
        *ret_new += r > 0;
    }
    return r < 0 ? r : 0;
}

/* Somebody who has the certificate, its key, user and password lets it serve more registros patronales. */
static int extend(struct store *store, const struct seal *seal, int64_t id,
                  const struct credential *credential, const char *const *rps, size_t n_rps, struct err *err)
{
    _cleanup_(credential_cleanup) struct credential *known = NULL;
    struct store_certificate row = {0};
    bool is_heir = false;
    size_t n_new = 0;
    int r = store_certificate_get(store, id, &row, err);
    if (r >= 0)
        r = waits(store, &row, &is_heir, err);
    store_certificate_free(&row);
    if (r >= 0)
        r = credentials_open(store, seal, id, &known, err);
    if (r < 0)
        return r;
    if (!credential_same(known, credential))
        return err_set(
            err, ERR_CERTIFICATE_EXISTS,
            _("it is certificate %lld already, with another user or password; to change them replace it"),
            (long long)id);
    if (!is_heir)
        r = bind_rps(store, rps, n_rps, id, &n_new, err);
    if (r >= 0 && n_new == 0)
        r = err_set(err, ERR_CERTIFICATE_EXISTS, _("it is certificate %lld already"), (long long)id);
    return r < 0 ? r : CREDENTIALS_KNOWN;
}

int credentials_add(struct store *store, const struct seal *seal, const struct credential *credential,
                    const char *const *rps, size_t n_rps, int64_t replaces, int64_t *ret_id, struct err *err)
{
    const struct credential_info *info = credential_info(credential);
    _cleanup_buf_ struct buf sealed = BUF_INIT;
    int64_t id = 0;
    int r = require_key(seal, err);
    if (r >= 0 && replaces)
        r = check_place(store, replaces, err);
    if (r >= 0)
        r = find_known(store, info->fingerprint, replaces, &id, err);
    if (r >= 0 && id && replaces)
        r = err_set(err, ERR_CERTIFICATE_EXISTS, _("it is certificate %lld already"), (long long)id);
    if (r >= 0 && id) {
        *ret_id = id;
        return extend(store, seal, id, credential, rps, n_rps, err);
    }
    if (r >= 0)
        r = store_certificate_reserve(store, &id, err);
    if (r >= 0)
        r = seal_credential(seal, id, credential, &sealed, err);
    if (r < 0)
        return r;
    const struct store_certificate row = {
        .id = id,
        .kind = info->kind == CREDENTIAL_IMSS ? CERTIFICATE_IMSS : CERTIFICATE_EFIRMA,
        .user = info->user,
        .rfc = info->rfc,
        .curp = info->curp,
        .name = info->name,
        .serial = info->serial,
        .fingerprint = info->fingerprint,
        .not_before_us = info->not_before_us,
        .not_after_us = info->not_after_us,
        .sealed = sealed.data,
        .sealed_len = sealed.len,
        .replaces = replaces,
    };
    size_t n_new;
    r = store_certificate_add(store, &row, err);
    if (r >= 0)
        r = bind_rps(store, rps, n_rps, id, &n_new, err);
    if (r < 0)
        return r;
    *ret_id = id;
    return 0;
}

static int reseal_row(struct store *store, const struct seal *from, const struct seal *to, int64_t id,
                      struct err *err)
{
    struct store_certificate row = {0};
    struct buf plain = BUF_INIT;
    _cleanup_buf_ struct buf sealed = BUF_INIT;
    _cleanup_free_ char *record = record_name(id);
    int r = store_certificate_get(store, id, &row, err);
    if (r >= 0)
        r = seal_open(from, record, row.sealed, row.sealed_len, &plain, err);
    if (r >= 0)
        r = seal_close(to, record, plain.data, plain.len, &sealed, err);
    buf_wipe_free(&plain);
    if (r >= 0) {
        free(row.sealed);
        row.sealed = buf_steal(&sealed, &row.sealed_len);
        r = store_certificate_update(store, &row, err);
    }
    store_certificate_free(&row);
    return r < 0 ? err_prefix(err, _("certificate %lld"), (long long)id) : 0;
}

int credentials_reseal(struct store *store, const struct seal *from, const struct seal *to, size_t *ret_n,
                       struct err *err)
{
    struct store_certificate *rows = NULL;
    size_t n = 0;
    int r = require_key(from, err);
    if (r >= 0)
        r = store_certificate_list(store, false, &rows, &n, err);
    for (size_t i = 0; r >= 0 && i < n; i++)
        r = reseal_row(store, from, to, rows[i].id, err);
    store_certificates_free(rows, n);
    if (r >= 0)
        *ret_n = n;
    return r;
}
