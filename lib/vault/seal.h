/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/buf.h"
#include "base/err.h"

/* Sealing: AES-256-GCM under the machine's key, with the record's own name as associated data. */
struct seal;
enum {
    SEAL_KEY_SIZE = 32,
    SEAL_OVERHEAD = 1 + 12 + 16, /* bytes that sealing adds: version, nonce, tag */
};

/*
 * From a key file of exactly SEAL_KEY_SIZE bytes, mode not wider than 0600 unless it lies in
 * $CREDENTIALS_DIRECTORY, where the service manager sets the modes. ERR_IO when it cannot be read, ERR_CONFIG
 * for a wrong size or mode.
 */
int seal_open_key(const char *path, struct seal **ret, struct err *err);
/* Makes a key file that does not exist yet, mode 0600; never overwrites, and never leaves half a key. ERR_IO.
 */
int seal_make_key(const char *path, struct err *err);
struct seal *seal_free(struct seal *seal);
DEFINE_CLEANUP(struct seal *, seal_cleanup, seal_free)

/*
 * Appends the sealed bytes to ret. `record` names the record ("certificate/7"): a sealed value that was moved
 * to another record does not open.
 */
int seal_close(const struct seal *seal, const char *record, const void *plain, size_t n, struct buf *ret,
               struct err *err);
/*
 * Appends the plain bytes to ret; ERR_SEAL_BROKEN for the wrong key, record or any changed bit. Give an empty
 * buf, so that no copy is left behind, and buf_wipe_free() it.
 */
int seal_open(const struct seal *seal, const char *record, const void *sealed, size_t n, struct buf *ret,
              struct err *err);
