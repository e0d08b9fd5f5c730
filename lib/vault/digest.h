/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/buf.h"

/* SHA-256. */
enum { DIGEST_SHA256_SIZE = 32 };
void digest_sha256(const void *data, size_t n, uint8_t ret[DIGEST_SHA256_SIZE]);
char *digest_sha256_hex(const void *data, size_t n); /* new string */

/* In steps, for what does not lie in one piece. */
struct digest;
struct digest *digest_new(void);
void digest_add(struct digest *digest, const void *data, size_t n);
char *digest_end_hex(struct digest *digest); /* new string; frees the digest */
struct digest *digest_free(struct digest *digest);
DEFINE_CLEANUP(struct digest *, digest_cleanup, digest_free)

/*
 * One link of a hash chain: over the hash before it ("" for the first), its number, its instant and its texts, each of which
 * may be NULL. No two links have the same serialisation. A new string.
 */
char *digest_link_hex(const char *previous, int64_t seq, int64_t at_us, const char *const *texts, size_t n);
