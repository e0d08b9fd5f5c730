/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "store/store.h"
#include "vault/vault.h"

/* Credentials between the store, where they lie sealed, and the vault, which opens them. */

/*
 * The credential of a certificate, opened; the caller frees it. ERR_UNKNOWN_CERTIFICATE, also when it was
 * removed; ERR_SEAL_BROKEN, also when there is no key (`seal` NULL).
 */
int credentials_open(struct store *store, const struct seal *seal, int64_t id, struct credential **ret,
                     struct err *err);
/*
 * Seals a credential, stores it and binds it to its registros patronales; or lets it wait to take the place of the
 * certificate `replaces` (0: none). One that is stored already, with this user and password, serves these registros
 * patronales too: CREDENTIALS_KNOWN, with its id. Belongs between store_begin() and store_end(). ERR_CERTIFICATE_EXISTS when
 * it serves all of them already, has another user or password, or waits for a place; that which it replaces may be the
 * same certificate. ERR_UNKNOWN_RP, ERR_SEAL_BROKEN without a key, ERR_WRONG_STATE when another waits for that place or
 * that one waits itself.
 */
enum { CREDENTIALS_KNOWN = 1 };
int credentials_add(struct store *store, const struct seal *seal, const struct credential *credential,
                    const char *const *rps, size_t n_rps, int64_t replaces, int64_t *ret_id, struct err *err);
/* The certificate that waits to take the place of `id`, or 0. */
int credentials_heir(struct store *store, int64_t id, int64_t *ret_heir, struct err *err);
/*
 * Seals every credential anew, from one key to another. Belongs between store_begin() and store_end(). ERR_SEAL_BROKEN when
 * one does not open under `from`.
 */
int credentials_reseal(struct store *store, const struct seal *from, const struct seal *to, size_t *ret_n,
                       struct err *err);
/* What to tell a person when there is no sealing key. */
const char *credentials_no_key_sentence(void);
