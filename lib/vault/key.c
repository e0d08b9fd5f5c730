/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <limits.h>
#include <malloc.h>
#include <openssl/x509.h>

#include "vault/credential-private.h"

/* Private keys as bytes, and no trace of them afterwards. */

/* ---- OpenSSL's memory ---- */

/*
 * OpenSSL clears what it knows to be secret, but its decoders also give copies of a whole private key back
 * as they are. So it gets functions here that overwrite every block before it is freed. They have to be in
 * place before OpenSSL first asks for memory, hence the constructor.
 */
static void *block_new(size_t n, const char *file, int line)
{
    return malloc(n);
}

static void block_free(void *p, const char *file, int line)
{
    if (p)
        explicit_bzero(p, malloc_usable_size(p));
    free(p);
}

static void *block_resize(void *p, size_t n, const char *file, int line)
{
    const size_t had = p ? malloc_usable_size(p) : 0;
    if (p && n > 0 && n <= had)
        return p;
    void *moved = n > 0 ? malloc(n) : NULL;
    if (moved && p)
        memcpy(moved, p, had);
    if (moved || n == 0)
        block_free(p, file, line);
    return moved;
}

__attribute__((constructor)) static void overwrite_what_openssl_frees(void)
{
    CRYPTO_set_mem_functions(block_new, block_resize, block_free);
}

/* ---- keys as bytes ---- */

void der_wipe(struct der *der)
{
    OPENSSL_clear_free(der->data, der->len > 0 ? (size_t)der->len : 0);
    *der = (struct der){0};
}

struct der der_of_key(const EVP_PKEY *key)
{
    struct der der = {0};
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
    if (info)
        der.len = i2d_PKCS8_PRIV_KEY_INFO(info, &der.data);
    PKCS8_PRIV_KEY_INFO_free(info);
    return der;
}

EVP_PKEY *key_from_der(const void *data, size_t n)
{
    const uint8_t *at = data;
    PKCS8_PRIV_KEY_INFO *info = n <= LONG_MAX ? d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)n) : NULL;
    bool whole = at == (const uint8_t *)data + n;
    EVP_PKEY *key = info && whole ? EVP_PKCS82PKEY(info) : NULL;
    PKCS8_PRIV_KEY_INFO_free(info);
    return key;
}
