/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/file.h"
#include "sim/authority-private.h"

/* The practice credentials: invented employers, whose registros patronales begin with a letter that IMSS does
 * not use. */

enum { MAX_RPS = 3, PASSWORD_LENGTH = 16 };

static const struct practice {
    const char *base; /* of the file names */
    const char *certificate_suffix, *key_suffix;
    const char *user; /* NULL: the RFC */
    const char *rps[MAX_RPS + 1];
    struct authority_request request; /* all but the password */
} practice_set[] = {
    {
        .base = "imss",
        .certificate_suffix = "pfx",
        .user = "practica01",
        .rps = {"Z9900001108", "Z9900002106"},
        .request = {.kind = AUTHORITY_IMSS,
                    .rfc = "ZPI990101AA3",
                    .representative = "PEXJ850101CC2",
                    .curp = "PEXJ850101HDFRXN06",
                    .name = "PRACTICA INDUSTRIAL SA DE CV"},
    },
    {
        .base = "efirma",
        .certificate_suffix = "cer",
        .key_suffix = "key",
        .rps = {"Y9900003105", "Y9900004103", "Y9900005100"},
        .request = {.kind = AUTHORITY_EFIRMA,
                    .rfc = "ZPE990101BB5",
                    .representative = "GOXL800202DD5",
                    .curp = "GOXL800202MDFMXR09",
                    .name = "PRACTICA DE ENSEÑANZA SC"},
    },
};

static void make_password(char ret[PASSWORD_LENGTH + 1])
{
    /* 32 characters, so that no remainder favours some of them; without those that look alike. */
    static const char alphabet[32] = "abcdefghjkmnpqrstuvwxyz23456789A";
    uint8_t random[PASSWORD_LENGTH];
    random_bytes(random, sizeof(random));
    for (size_t i = 0; i < PASSWORD_LENGTH; i++)
        ret[i] = alphabet[random[i] % sizeof(alphabet)];
    ret[PASSWORD_LENGTH] = '\0';
}

static int write_file(const char *dir, const char *base, const char *suffix, const void *data, size_t n,
                      struct err *err)
{
    _cleanup_free_ char *path = xasprintf("%s/%s.%s", dir, base, suffix);
    return file_replace(path, 0600, data, n, err);
}

static int write_text(const char *dir, const char *base, const char *suffix, const char *text,
                      struct err *err)
{
    return write_file(dir, base, suffix, text, strlen(text), err);
}

static int write_rps(const char *dir, const struct practice *practice, struct err *err)
{
    _cleanup_buf_ struct buf text = BUF_INIT;
    for (size_t i = 0; practice->rps[i]; i++)
        buf_printf(&text, "%s%s", i ? "\n" : "", practice->rps[i]);
    return write_text(dir, practice->base, "rp", text.data, err);
}

static int write_credential(const char *dir, const struct practice *practice,
                            const struct authority_credential *credential, const char *user,
                            const char *password, struct err *err)
{
    int r = write_file(dir, practice->base, practice->certificate_suffix, credential->certificate.data,
                       credential->certificate.len, err);
    if (r >= 0 && practice->key_suffix)
        r = write_file(dir, practice->base, practice->key_suffix, credential->key.data, credential->key.len,
                       err);
    if (r >= 0)
        r = write_text(dir, practice->base, "user", user, err);
    if (r >= 0)
        r = write_text(dir, practice->base, "password", password, err);
    return r < 0 ? r : write_rps(dir, practice, err);
}

static int make_practice(struct authority *authority, const char *dir, const struct practice *practice,
                         struct err *err)
{
    char password[PASSWORD_LENGTH + 1];
    make_password(password);
    struct authority_request request = practice->request;
    request.password = password;
    const char *user = practice->user ? practice->user : request.rfc;
    struct authority_credential credential = {0};
    int r = authority_issue(authority, &request, &credential, err);
    if (r >= 0)
        r = authority_register(authority, &credential, user, password, practice->rps, err);
    if (r >= 0)
        r = write_credential(dir, practice, &credential, user, password, err);
    authority_credential_free(&credential);
    explicit_bzero(password, sizeof(password));
    return r;
}

int authority_make_practice_set(struct authority *authority, const char *dir, struct err *err)
{
    int r = file_make_dirs(dir, 0700, err);
    for (size_t i = 0; r >= 0 && i < ELEMENTSOF(practice_set); i++)
        r = make_practice(authority, dir, &practice_set[i], err);
    return r;
}
