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
 * Seals a credential, stores it and binds it to its registros patronales. Belongs between store_begin() and
 * store_end(). ERR_CERTIFICATE_EXISTS, ERR_UNKNOWN_RP, ERR_SEAL_BROKEN without a key.
 */
int credentials_add(struct store *store, const struct seal *seal, const struct credential *credential,
                    const char *const *rps, size_t n_rps, int64_t *ret_id, struct err *err);
/* What to tell a person when there is no sealing key. */
const char *credentials_no_key_sentence(void);
