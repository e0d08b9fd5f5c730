/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/columns.h"
#include "store/db.h"

#define USER_COLUMNS(X)                                                                                      \
    X(email, TEXT, store_user, email)                                                                        \
    X(names, TEXT, store_user, names)                                                                        \
    X(first_surname, TEXT, store_user, first_surname)                                                        \
    X(second_surname, TEXT, store_user, second_surname)                                                      \
    X(role, I32, store_user, role)                                                                           \
    X(enabled, BOOL, store_user, enabled)                                                                    \
    X(password, TEXT, store_user, password)                                                                  \
    X(added_us, I64, store_user, added_us)                                                                   \
    X(login_us, I64, store_user, login_us)                                                                   \
    X(accepted_us, I64, store_user, accepted_us)                                                             \
    X(privacy_version, TEXT, store_user, privacy_version)                                                    \
    X(agreement_version, TEXT, store_user, agreement_version)                                                \
    X(code, TEXT, store_user, code)                                                                          \
    X(code_until_us, I64, store_user, code_until_us)                                                         \
    X(code_tries, U32, store_user, code_tries)

static const struct db_field fields[] = {DB_FIELD(ID, store_user, id), USER_COLUMNS(COLUMN_FIELD)};
static const struct db_mapping mapping = DB_MAPPING(store_user, fields);

static const char *const role_names[_USER_ROLE_MAX] = {
    [USER_CONSULTA] = "consulta",
    [USER_OPERADOR] = "operador",
    [USER_ADMINISTRADOR] = "administrador",
};

const char *user_role_name(enum user_role role)
{
    return role_names[role];
}

int user_role_from_name(const char *name)
{
    for (int role = USER_CONSULTA; role < _USER_ROLE_MAX; role++)
        if (streq(role_names[role], name))
            return role;
    return -1;
}

void store_user_free(struct store_user *user)
{
    db_record_free(&mapping, user);
}

void store_users_free(struct store_user *users, size_t n)
{
    db_records_free(&mapping, users, n);
}

static int write_user(struct store *store, const char *sql, const struct store_user *user, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err, sql);
    if (r >= 0)
        r = db_bind(&query, 1, &mapping, user, err);
    if (r >= 0)
        r = db_finish(&query, err);
    return r < 0 ? r : sqlite3_changes(store->db) > 0;
}

int store_user_add(struct store *store, const struct store_user *user, int64_t *ret_id, struct err *err)
{
    struct store_user row = *user;
    row.id = 0; /* NULL: the next number */
    row.added_us = clock_wall_us(store->clock);
    int r =
        write_user(store, SQL_INSERT("user", "id", USER_COLUMNS) " ON CONFLICT(email) DO NOTHING", &row, err);
    if (r == 0)
        return err_set(err, ERR_USER_EXISTS, _("There is a user %s already"), user->email);
    if (r < 0)
        return r;
    *ret_id = sqlite3_last_insert_rowid(store->db);
    return 0;
}

static int unknown(int64_t id, struct err *err)
{
    return err_set(err, ERR_UNKNOWN_USER, _("There is no user %lld"), (long long)id);
}

int store_user_update(struct store *store, const struct store_user *user, struct err *err)
{
    int r = write_user(store, SQL_UPDATE("user", "id", "added_us", USER_COLUMNS), user, err);
    return r < 0 ? r : r > 0 ? 0 : unknown(user->id, err);
}

int store_user_get(struct store *store, int64_t id, struct store_user *ret, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r =
        db_query(store, &query, err, SQL_SELECT("id", USER_COLUMNS) " FROM user WHERE id = ?1", DB_INT(id));
    if (r >= 0)
        r = db_record(&query, &mapping, ret, err);
    return r < 0 ? r : r > 0 ? 0 : unknown(id, err);
}

int store_user_find(struct store *store, const char *email, struct store_user *ret, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err, SQL_SELECT("id", USER_COLUMNS) " FROM user WHERE email = ?1",
                     DB_TEXT(email));
    return r < 0 ? r : db_record(&query, &mapping, ret, err);
}

int store_user_list(struct store *store, struct store_user **ret, size_t *ret_n, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err, SQL_SELECT("id", USER_COLUMNS) " FROM user ORDER BY email");
    return r < 0 ? r : db_records(&query, &mapping, ret, ret_n, err);
}

int store_user_default(struct store *store, char **ret, struct err *err)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    int r = db_query(store, &query, err, "SELECT min(email) FROM user WHERE enabled HAVING count(*) = 1");
    if (r >= 0)
        r = db_next(&query, err);
    if (r > 0)
        *ret = db_text(&query, 0);
    return r;
}
