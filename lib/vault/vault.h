/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* OpenSSL, behind a few words: digests, sealing, credentials, PKCS#7. All of it is safe in a worker thread.
 */
#include "vault/credential.h"
#include "vault/digest.h"
#include "vault/seal.h"
