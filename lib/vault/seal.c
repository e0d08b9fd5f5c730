/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vault/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

/* A sealed value: version, nonce, ciphertext as long as the plain text, tag. The version is authenticated
 * too. */
enum { VERSION = 1, NONCE_SIZE = 12, TAG_SIZE = 16, HEAD_SIZE = 1 + NONCE_SIZE };
_Static_assert(SEAL_OVERHEAD == HEAD_SIZE + TAG_SIZE, "the header's figure");

struct seal {
    uint8_t key[SEAL_KEY_SIZE];
};

DEFINE_CLEANUP(EVP_CIPHER_CTX *, cipher_cleanup, EVP_CIPHER_CTX_free)

/* ---- the key file ---- */

static bool is_credential_of_service(const char *path)
{
    const char *dir = secure_getenv("CREDENTIALS_DIRECTORY");
    _cleanup_free_ char *real_dir = dir ? realpath(dir, NULL) : NULL;
    _cleanup_free_ char *real_path = realpath(path, NULL);
    if (!real_dir || !real_path)
        return false;
    size_t n = strlen(real_dir);
    return strncmp(real_path, real_dir, n) == 0 && real_path[n] == '/';
}

static int check_key_file(int fd, const char *path, struct err *err)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return err_set_errno(err, ERR_IO, errno, "%s", path);
    if (!S_ISREG(st.st_mode) || st.st_size != SEAL_KEY_SIZE)
        return err_set(err, ERR_CONFIG, _("%s is not a sealing key: it must be a file of exactly %d bytes"),
                       path, SEAL_KEY_SIZE);
    if ((st.st_mode & 07177) && !is_credential_of_service(path))
        return err_set(
            err, ERR_CONFIG,
            _("the sealing key %s has mode %04o and others may read it; set it with: chmod 0600 %s"), path,
            (unsigned)(st.st_mode & 07777), path);
    return 0;
}

int seal_open_key(const char *path, struct seal **ret, struct err *err)
{
    /* O_NONBLOCK, so that a FIFO in the key's place is refused instead of waited for. */
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return err_set_errno(err, ERR_IO, errno, _("the sealing key %s"), path);
    int r = check_key_file(fd, path, err);
    if (r < 0)
        return r;
    _cleanup_(seal_cleanup) struct seal *seal = xcalloc(1, sizeof(*seal));
    if (read(fd, seal->key, sizeof(seal->key)) != (ssize_t)sizeof(seal->key))
        return err_set(err, ERR_IO, _("the sealing key %s could not be read whole"), path);
    *ret = STEAL(seal);
    return 0;
}

int seal_make_key(const char *path, struct err *err)
{
    _cleanup_free_ char *beside = xasprintf("%s.XXXXXX", path);
    _cleanup_close_ int fd = mkostemp(beside, O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(err, ERR_IO, errno, "%s", path);
    uint8_t key[SEAL_KEY_SIZE];
    random_bytes(key, sizeof(key));
    int r = file_write_fd(fd, key, sizeof(key), err);
    explicit_bzero(key, sizeof(key));
    /* link() refuses an existing name where rename() would replace it: a lost key cannot be made again. */
    if (r >= 0 &&
        (fchmod(fd, 0600) < 0 || fsync(fd) < 0 || link(beside, path) < 0 || file_sync_parent(path) < 0))
        r = err_set_errno(err, ERR_IO, errno, _("making the sealing key %s"), path);
    unlink(beside);
    return r;
}

struct seal *seal_free(struct seal *seal)
{
    return wipe_free(seal, sizeof(*seal));
}

/* ---- sealing ---- */

/* A context that has seen key, nonce (behind the version at `head`), version and record name; NULL when
 * OpenSSL fails. */
static EVP_CIPHER_CTX *cipher_new(const struct seal *seal, const uint8_t *head, const char *record,
                                  int encrypt)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int len = 0;
    if (ctx && EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, seal->key, head + 1, encrypt) == 1 &&
        EVP_CipherUpdate(ctx, NULL, &len, head, 1) == 1 &&
        EVP_CipherUpdate(ctx, NULL, &len, (const uint8_t *)record, (int)strlen(record)) == 1)
        return ctx;
    EVP_CIPHER_CTX_free(ctx);
    return NULL;
}

int seal_close(const struct seal *seal, const char *record, const void *plain, size_t n, struct buf *ret,
               struct err *err)
{
    if (n > INT_MAX - SEAL_OVERHEAD)
        return err_set(err, ERR_TOO_LARGE, _("too much to seal"));
    uint8_t *head = (uint8_t *)buf_reserve(ret, n + SEAL_OVERHEAD);
    uint8_t *body = head + HEAD_SIZE;
    head[0] = VERSION;
    random_bytes(head + 1, NONCE_SIZE);
    _cleanup_(cipher_cleanup) EVP_CIPHER_CTX *ctx = cipher_new(seal, head, record, 1);
    int len = 0, rest = 0;
    if (!ctx || EVP_CipherUpdate(ctx, body, &len, plain, (int)n) != 1 ||
        EVP_CipherFinal_ex(ctx, body + len, &rest) != 1 ||
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, body + n) != 1)
        return err_set(err, ERR_FAILED, _("%s could not be sealed"), record);
    ret->len += n + SEAL_OVERHEAD;
    ret->data[ret->len] = '\0';
    return 0;
}

int seal_open(const struct seal *seal, const char *record, const void *sealed, size_t n, struct buf *ret,
              struct err *err)
{
    const uint8_t *head = sealed;
    if (n < SEAL_OVERHEAD || n > INT_MAX || head[0] != VERSION)
        return err_set(err, ERR_SEAL_BROKEN, _("the sealed secret of %s is damaged"), record);
    const size_t plain_len = n - SEAL_OVERHEAD;
    const uint8_t *body = head + HEAD_SIZE;
    uint8_t tag[TAG_SIZE];
    memcpy(tag, body + plain_len, sizeof(tag));
    uint8_t *plain = (uint8_t *)buf_reserve(ret, plain_len);
    _cleanup_(cipher_cleanup) EVP_CIPHER_CTX *ctx = cipher_new(seal, head, record, 0);
    int len = 0, rest = 0;
    if (!ctx || EVP_CipherUpdate(ctx, plain, &len, body, (int)plain_len) != 1 ||
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, tag) != 1 ||
        EVP_CipherFinal_ex(ctx, plain + len, &rest) != 1) {
        /* What GCM gave out before it judged the tag is not to be seen by anybody. */
        explicit_bzero(plain, plain_len);
        return err_set(
            err, ERR_SEAL_BROKEN,
            _("the sealed secret of %s does not open: another key made it, or it was changed or moved; "
              "restore the key, or register the certificate again"),
            record);
    }
    ret->len += plain_len;
    ret->data[ret->len] = '\0';
    return 0;
}
