/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vault/password.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <strings.h>

#include "base/text.h"

enum {
    SALT_SIZE = 16,
    KEY_SIZE = 32,
    COST = 32768, /* N, r and p of RFC 7914 */
    BLOCK = 8,
    PARALLEL = 1,
    COST_MOST = 1 << 20, /* what a stored hash may ask for: its text could have been tampered with */
};

/* "scrypt:N:r:p:SALT:KEY", the last two in hexadecimal. */
struct hash {
    unsigned cost, block, parallel;
    uint8_t salt[SALT_SIZE], key[KEY_SIZE];
};

static const struct hash today = {.cost = COST, .block = BLOCK, .parallel = PARALLEL};

static void derive(struct hash *hash, const char *password)
{
    const uint64_t memory = UINT64_C(128) * hash->block * (hash->cost + hash->parallel + 2);
    if (EVP_PBE_scrypt(password, strlen(password), hash->salt, SALT_SIZE, hash->cost, hash->block,
                       hash->parallel, memory + (1 << 20), hash->key, KEY_SIZE) != 1)
        abort(); /* the parameters were checked, so this is want of memory */
}

static char *format(const struct hash *hash)
{
    _cleanup_free_ char *salt = hex_encode(hash->salt, SALT_SIZE), *key = hex_encode(hash->key, KEY_SIZE);
    return xasprintf("scrypt:%u:%u:%u:%s:%s", hash->cost, hash->block, hash->parallel, salt, key);
}

static bool parse(const char *text, struct hash *ret)
{
    char salt[2 * SALT_SIZE + 1], key[2 * KEY_SIZE + 1];
    int end = 0;
    struct hash hash;
    if (sscanf(text, "scrypt:%7u:%2u:%2u:%32[0-9a-f]:%64[0-9a-f]%n", &hash.cost, &hash.block, &hash.parallel,
               salt, key, &end) != 5 ||
        text[end] != '\0' || !hex_decode(salt, hash.salt, SALT_SIZE) || !hex_decode(key, hash.key, KEY_SIZE))
        return false;
    if (hash.cost < 2 || hash.cost > COST_MOST || (hash.cost & (hash.cost - 1)) || hash.block < 1 ||
        hash.block > 32 || hash.parallel < 1 || hash.parallel > 16)
        return false;
    *ret = hash;
    return true;
}

char *password_hash(const char *password)
{
    struct hash hash = today;
    random_bytes(hash.salt, SALT_SIZE);
    derive(&hash, password);
    return format(&hash);
}

bool password_verify(const char *text, const char *password)
{
    struct hash known = today, given;
    bool exists = text && parse(text, &known);
    given = known;
    derive(&given, password);
    bool same = CRYPTO_memcmp(given.key, known.key, KEY_SIZE) == 0;
    OPENSSL_cleanse(&given, sizeof(given));
    return same && exists;
}

bool password_is_stale(const char *text)
{
    struct hash hash;
    return !parse(text, &hash) || hash.cost < COST || hash.block < BLOCK || hash.parallel < PARALLEL;
}

/* ---- the rules ---- */

static bool is_common(const char *password, const char *common)
{
    const size_t len = strlen(password);
    for (const char *line = str_or_empty(common); *line;) {
        const size_t n = strcspn(line, "\n");
        if (*line != '#' && n == len && strncasecmp(line, password, n) == 0)
            return true;
        line += n + (line[n] == '\n');
    }
    return false;
}

/* One character again and again, or a run like 1234567890 or abcdefghij, up or down. */
static bool is_a_run(const char *password)
{
    const size_t len = strlen(password);
    for (int step = -1; step <= 1; step++) {
        size_t i = 1;
        while (i < len &&
               (password[i] - password[i - 1] == step || (password[i] == '0' && password[i - 1] == '9')))
            i++;
        if (i == len)
            return true;
    }
    return false;
}

int password_check(const char *password, const char *user, const char *common, struct err *err)
{
    if (!utf8_valid(password, strlen(password)))
        return err_set(err, ERR_WEAK_PASSWORD, _("The password is not UTF-8 text"));
    if (utf8_length(password) < PASSWORD_LEAST_CHARACTERS)
        return err_set(err, ERR_WEAK_PASSWORD, _("The password must have at least %d characters"),
                       PASSWORD_LEAST_CHARACTERS);
    if (strlen(password) > PASSWORD_MOST_BYTES)
        return err_set(err, ERR_WEAK_PASSWORD, _("The password must have at most %d bytes"),
                       PASSWORD_MOST_BYTES);
    if (user && strcasecmp(password, user) == 0)
        return err_set(err, ERR_WEAK_PASSWORD, _("The password must not be the user's own e-mail"));
    if (is_common(password, common) || is_a_run(password))
        return err_set(err, ERR_WEAK_PASSWORD, _("The password is one of the commonest; choose another"));
    return 0;
}
