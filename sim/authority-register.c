/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <jansson.h>
#include <openssl/crypto.h>

#include "base/file.h"
#include "sim/authority-private.h"

/*
 * Who may sign in, as registry.json. Passwords are kept as salted hashes even here: sooner or later somebody
 * tries the practice portal with the password of a real certificate, and then it must not lie on this disk.
 * The rounds are few, since the portal checks one at every login, in its only thread.
 */
enum { SALT_SIZE = 16, HASH_SIZE = 32, HASH_ROUNDS = 10000, REGISTER_MAX = 16 * 1024 * 1024 };

static const char *const kind_names[] = {
    [AUTHORITY_IMSS] = "imss",
    [AUTHORITY_EFIRMA] = "efirma",
    [AUTHORITY_CSD] = "csd",
};

/* The text members of an account, by their names in the file. */
static const struct {
    const char *name;
    size_t offset;
} members[] = {
    {"fingerprint", offsetof(struct authority_account, fingerprint)},
    {"serial", offsetof(struct authority_account, serial)},
    {"user", offsetof(struct authority_account, user)},
    {"rfc", offsetof(struct authority_account, rfc)},
    {"name", offsetof(struct authority_account, name)},
    {"salt", offsetof(struct authority_account, salt)},
    {"hash", offsetof(struct authority_account, hash)},
};

static char **member(const struct authority_account *account, size_t i)
{
    return (char **)((char *)account + members[i].offset);
}

/* ---- memory ---- */

static void account_free(struct authority_account *account)
{
    for (size_t i = 0; i < ELEMENTSOF(members); i++)
        free(*member(account, i));
    for (char **rp = account->rps; rp && *rp; rp++)
        free(*rp);
    free(account->rps);
}

static void accounts_free(struct authority_account *accounts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        account_free(&accounts[i]);
    free(accounts);
}

void register_free(struct authority *authority)
{
    accounts_free(authority->accounts, authority->n_accounts);
    authority->accounts = NULL;
    authority->n_accounts = 0;
}

/* ---- the file ---- */

static bool account_from_json(const json_t *json, struct authority_account *ret)
{
    const char *kind = json_string_value(json_object_get(json, "kind"));
    for (int i = AUTHORITY_IMSS; kind && i < (int)ELEMENTSOF(kind_names); i++)
        if (streq(kind, kind_names[i]))
            ret->kind = (enum authority_kind)i;
    bool ok = ret->kind != 0;
    for (size_t i = 0; i < ELEMENTSOF(members); i++) {
        *member(ret, i) = xstrdup(json_string_value(json_object_get(json, members[i].name)));
        ok &= *member(ret, i) != NULL;
    }
    const json_t *rps = json_object_get(json, "rps"), *rp;
    ret->rps = xcalloc(json_array_size(rps) + 1, sizeof(char *));
    size_t i;
    json_array_foreach (rps, i, rp) {
        ret->rps[i] = xstrdup(json_string_value(rp));
        if (!ret->rps[i])
            return false;
    }
    return ok;
}

static json_t *account_to_json(const struct authority_account *account)
{
    json_t *json = json_object(), *rps = json_array();
    json_object_set_new(json, "kind", json_string(kind_names[account->kind]));
    for (size_t i = 0; i < ELEMENTSOF(members); i++)
        json_object_set_new(json, members[i].name, json_string(*member(account, i)));
    for (char **rp = account->rps; *rp; rp++)
        json_array_append_new(rps, json_string(*rp));
    json_object_set_new(json, "rps", rps);
    return json;
}

static int register_parse(struct authority *authority, const struct buf *text, struct err *err)
{
    json_t *root = json_loadb(text->data, text->len, 0, NULL);
    const json_t *list = json_object_get(root, "accounts"), *json;
    const size_t n = json_array_size(list);
    struct authority_account *accounts = xcalloc(n, sizeof(*accounts));
    bool ok = json_is_array(list);
    size_t i;
    json_array_foreach (list, i, json)
        ok &= account_from_json(json, &accounts[i]);
    json_decref(root);
    if (!ok) {
        accounts_free(accounts, n);
        return err_set(err, ERR_CONFIG, _("%s is not a register of the practice portal"),
                       authority->register_path);
    }
    register_free(authority);
    authority->accounts = accounts;
    authority->n_accounts = n;
    return 0;
}

int register_load(struct authority *authority, struct err *err)
{
    struct stat st;
    if (stat(authority->register_path, &st) < 0)
        return errno == ENOENT ? 0 : err_set_errno(err, ERR_IO, errno, "%s", authority->register_path);
    _cleanup_buf_ struct buf text = BUF_INIT;
    int r = file_read(authority->register_path, REGISTER_MAX, &text, err);
    if (r >= 0)
        r = register_parse(authority, &text, err);
    if (r >= 0)
        authority->register_seen = st;
    return r;
}

static int register_save(struct authority *authority, struct err *err)
{
    json_t *root = json_object(), *list = json_array();
    for (size_t i = 0; i < authority->n_accounts; i++)
        json_array_append_new(list, account_to_json(&authority->accounts[i]));
    json_object_set_new(root, "accounts", list);
    _cleanup_free_ char *text = json_dumps(root, JSON_INDENT(2));
    json_decref(root);
    if (!text)
        return err_set(err, ERR_INVALID_ARGUMENT, _("an account's text is not UTF-8"));
    int r = file_replace(authority->register_path, 0600, text, strlen(text), err);
    if (r >= 0 && stat(authority->register_path, &authority->register_seen) < 0)
        r = err_set_errno(err, ERR_IO, errno, "%s", authority->register_path);
    return r;
}

/* file_replace() makes a new file each time, so a changed register has another inode, or at least another
 * time. */
static void register_refresh(struct authority *authority)
{
    struct stat st;
    const struct stat *seen = &authority->register_seen;
    if (stat(authority->register_path, &st) == 0 &&
        (st.st_ino != seen->st_ino || st.st_mtim.tv_sec != seen->st_mtim.tv_sec ||
         st.st_mtim.tv_nsec != seen->st_mtim.tv_nsec))
        register_load(authority, NULL); /* a broken one changes nothing */
}

/* ---- accounts ---- */

static char *password_hash(const char *password, const char *salt)
{
    uint8_t hash[HASH_SIZE];
    if (PKCS5_PBKDF2_HMAC(password, (int)strlen(password), (const uint8_t *)salt, (int)strlen(salt),
                          HASH_ROUNDS, EVP_sha256(), sizeof(hash), hash) != 1)
        abort(); /* out of memory */
    return hex_encode(hash, sizeof(hash));
}

static char **copy_list(const char *const *list)
{
    size_t n = 0;
    while (list[n])
        n++;
    char **copy = xcalloc(n + 1, sizeof(char *));
    for (size_t i = 0; i < n; i++)
        copy[i] = xstrdup(list[i]);
    return copy;
}

static struct authority_account *account_by_fingerprint(struct authority *authority, const char *fingerprint)
{
    for (size_t i = 0; i < authority->n_accounts; i++)
        if (streq(authority->accounts[i].fingerprint, fingerprint))
            return &authority->accounts[i];
    return NULL;
}

static struct authority_account *account_add(struct authority *authority)
{
    const size_t n = authority->n_accounts;
    authority->accounts = xreallocarray(authority->accounts, n + 1, sizeof(*authority->accounts));
    authority->n_accounts = n + 1;
    return &authority->accounts[n];
}

int authority_register(struct authority *authority, const struct authority_credential *credential,
                       const char *user, const char *password, const char *const *rps, struct err *err)
{
    _cleanup_close_ int lock = authority_lock(authority->dir, err);
    if (lock < 0)
        return lock;
    int r = register_load(authority, err);
    if (r < 0)
        return r;
    uint8_t salt[SALT_SIZE];
    random_bytes(salt, sizeof(salt));
    struct authority_account *account = account_by_fingerprint(authority, credential->fingerprint);
    if (account)
        account_free(account);
    else
        account = account_add(authority);
    *account = (struct authority_account){
        .kind = credential->kind,
        .fingerprint = xstrdup(credential->fingerprint),
        .serial = xstrdup(credential->serial),
        .user = xstrdup(user),
        .rfc = xstrdup(credential->rfc),
        .name = xstrdup(credential->name),
        .rps = copy_list(rps),
        .salt = hex_encode(salt, sizeof(salt)),
    };
    account->hash = password_hash(password, account->salt);
    return register_save(authority, err);
}

const struct authority_account *authority_find(struct authority *authority, const char *fingerprint)
{
    register_refresh(authority);
    return account_by_fingerprint(authority, fingerprint);
}

const struct authority_account *authority_account_at(struct authority *authority, size_t i)
{
    return i < authority->n_accounts ? &authority->accounts[i] : NULL;
}

bool authority_account_password(const struct authority_account *account, const char *password)
{
    _cleanup_free_ char *hash = password_hash(password, account->salt);
    const size_t n = strlen(hash);
    return strlen(account->hash) == n && CRYPTO_memcmp(hash, account->hash, n) == 0;
}

bool authority_account_has_rp(const struct authority_account *account, const char *rp)
{
    const size_t n = strlen(rp);
    if (n != 10 && n != 11)
        return false;
    for (char **own = account->rps; *own; own++)
        if (strncmp(*own, rp, n) == 0)
            return true;
    return false;
}
