/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/signature.h"

#include <openssl/err.h>
#include <openssl/pkcs7.h>

#include "base/util.h"

DEFINE_CLEANUP(PKCS7 *, pkcs7_cleanup, PKCS7_free)
DEFINE_CLEANUP(BIO *, bio_cleanup, BIO_free_all)

#define ARMOUR_END "-----END+PKCS7-----"

/* The DER of an armoured field in new memory, or NULL. */
static unsigned char *decode(const char *field, long *ret_len)
{
    size_t len = strlen(field), end = strlen(ARMOUR_END);
    if (len <= end || !streq(field + len - end, ARMOUR_END))
        return NULL;
    len -= end;
    if (len % 4 != 0 || len > INT32_MAX || strcspn(field, "\r\n \t-") < len)
        return NULL;
    unsigned char *der = xmalloc(len / 4 * 3 + 1);
    int got = EVP_DecodeBlock(der, (const unsigned char *)field, (int)len);
    if (got < 0) {
        free(der);
        return NULL;
    }
    *ret_len = got - (field[len - 1] == '=') - (field[len - 2] == '=');
    return der;
}

static PKCS7 *parse(const char *field)
{
    long len = 0;
    _cleanup_free_ unsigned char *der = decode(field, &len);
    const unsigned char *at = der;
    PKCS7 *p7 = der ? d2i_PKCS7(NULL, &at, len) : NULL;
    if (p7 && at != der + len) {
        PKCS7_free(p7);
        return NULL;
    }
    return p7;
}

/* The one signer's entry when the structure is the one expected, else NULL. */
static PKCS7_SIGNER_INFO *only_signer(PKCS7 *p7)
{
    if (!PKCS7_type_is_signed(p7) || PKCS7_get_detached(p7))
        return NULL;
    STACK_OF(PKCS7_SIGNER_INFO) *signers = PKCS7_get_signer_info(p7);
    return sk_PKCS7_SIGNER_INFO_num(signers) == 1 ? sk_PKCS7_SIGNER_INFO_value(signers, 0) : NULL;
}

static const char *verify(PKCS7 *p7, struct buf *ret_content, X509 **ret_signer)
{
    PKCS7_SIGNER_INFO *info = only_signer(p7);
    if (!info)
        return "no es un PKCS#7 firmado con contenido y un solo firmante";
    if (sk_X509_ATTRIBUTE_num(PKCS7_get_signed_attributes(info)) > 0)
        return "lleva atributos firmados";
    if (OBJ_obj2nid(info->digest_alg->algorithm) != NID_sha256)
        return "la huella no es SHA-256";
    _cleanup_(bio_cleanup) BIO *out = BIO_new(BIO_s_mem());
    /* The register decides whom to trust, so that an expired or unknown certificate gets its own answer. */
    if (PKCS7_verify(p7, NULL, NULL, NULL, out, PKCS7_NOVERIFY | PKCS7_BINARY) != 1)
        return "la firma no corresponde al certificado";
    char *content;
    long len = BIO_get_mem_data(out, &content);
    buf_add(ret_content, content, (size_t)len);
    STACK_OF(X509) *signers = PKCS7_get0_signers(p7, NULL, 0);
    X509 *signer = sk_X509_value(signers, 0);
    X509_up_ref(signer);
    sk_X509_free(signers);
    *ret_signer = signer;
    return NULL;
}

const char *signature_read(const char *field, struct buf *ret_content, X509 **ret_signer)
{
    _cleanup_(pkcs7_cleanup) PKCS7 *p7 = parse(field);
    const char *wrong = p7 ? verify(p7, ret_content, ret_signer) : "el PKCS#7 no se puede leer";
    ERR_clear_error();
    return wrong;
}
