/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <openssl/x509.h>

#include "vault/revocation.h"

/* What the question shares with the list of the authority; inside lib/vault only. Both are the question's own. */
X509 *revocation_certificate(const struct revocation_question *question);
X509 *revocation_issuer(const struct revocation_question *question);

/* Where the authority publishes the whole list that the certificate would be on, as a new string; NULL when it names none. */
char *crl_find_url(X509 *certificate);

enum { REVOCATION_CLOCKS_APART_S = 300 }; /* theirs and ours */
