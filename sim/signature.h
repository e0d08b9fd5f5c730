/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <openssl/x509.h>

#include "base/buf.h"

/*
 * The portal's signature field: PKCS#7 signedData, content embedded, SHA-256, no signed attributes, as PEM without its
 * BEGIN line and without line breaks, ending in "-----END+PKCS7-----". Returns NULL when it is a valid signature, with
 * what was signed appended to ret_content and the signer in *ret_signer (X509_free() it); else what is wrong with it, in
 * Spanish. Whether the signer is known is not judged.
 */
const char *signature_read(const char *field, struct buf *ret_content, X509 **ret_signer);
