/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <openssl/x509.h>

#include "vault/credential.h"

/* Reading certificates; inside lib/vault only. */

DEFINE_CLEANUP(X509 *, certificate_cleanup, X509_free)

/* Exactly one DER certificate and nothing behind it, or NULL. */
X509 *certificate_from_der(const void *data, size_t n);
/* Fills what the certificate says about itself; kind and user are left alone. */
void certificate_read(X509 *certificate, struct credential_info *ret);
/* A certificado de sello digital: it signs invoices for a branch, and the portal takes none. */
bool certificate_is_csd(X509 *certificate);
/* Wall clock. A date that cannot be read is 0: long ago, and so never a reason to trust. */
int64_t certificate_time_us(const ASN1_TIME *time);
