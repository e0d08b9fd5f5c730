/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vault/digest.h"

#include <openssl/evp.h>
#include <pthread.h>

struct digest {
    EVP_MD_CTX *ctx;
};

/* SHA-256 in memory fails only for want of memory or a broken OpenSSL; neither leaves anything to go on with.
 */
static void must(int ok)
{
    if (ok != 1)
        abort();
}

static EVP_MD *fetched;

static void fetch(void)
{
    fetched = EVP_MD_fetch(NULL, "SHA256", NULL);
    must(fetched != NULL);
}

/* EVP_sha256() is only a name, which OpenSSL would look up again for each digest. */
static const EVP_MD *sha256(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, fetch);
    return fetched;
}

void digest_sha256(const void *data, size_t n, uint8_t ret[DIGEST_SHA256_SIZE])
{
    must(EVP_Digest(data, n, ret, NULL, sha256(), NULL));
}

char *digest_sha256_hex(const void *data, size_t n)
{
    uint8_t sum[DIGEST_SHA256_SIZE];
    digest_sha256(data, n, sum);
    return hex_encode(sum, sizeof(sum));
}

struct digest *digest_new(void)
{
    struct digest *digest = xcalloc(1, sizeof(*digest));
    digest->ctx = EVP_MD_CTX_new();
    must(digest->ctx && EVP_DigestInit_ex(digest->ctx, sha256(), NULL));
    return digest;
}

void digest_add(struct digest *digest, const void *data, size_t n)
{
    must(EVP_DigestUpdate(digest->ctx, data, n));
}

char *digest_end_hex(struct digest *digest)
{
    uint8_t sum[DIGEST_SHA256_SIZE];
    must(EVP_DigestFinal_ex(digest->ctx, sum, NULL));
    digest_free(digest);
    return hex_encode(sum, sizeof(sum));
}

struct digest *digest_free(struct digest *digest)
{
    if (digest)
        EVP_MD_CTX_free(digest->ctx);
    free(digest);
    return NULL;
}

/* "LENGTH:TEXT," or "-," for NULL. */
static void serialise_text(struct buf *buf, const char *text)
{
    if (text)
        buf_printf(buf, "%zu:%s,", strlen(text), text);
    else
        buf_add_str(buf, "-,");
}

char *digest_link_hex(const char *previous, int64_t seq, int64_t at_us, const char *const *texts, size_t n)
{
    _cleanup_buf_ struct buf buf = BUF_INIT;
    buf_printf(&buf, "%s,%lld,%lld,", previous, (long long)seq, (long long)at_us);
    for (size_t i = 0; i < n; i++)
        serialise_text(&buf, texts[i]);
    return digest_sha256_hex(buf.data, buf.len);
}
