/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/err.h"

/* Users of the module; never deleted, for the history speaks of them. */
struct store;

enum user_role { USER_CONSULTA = 1, USER_OPERADOR, USER_ADMINISTRADOR, _USER_ROLE_MAX };
const char *user_role_name(enum user_role role); /* "consulta", "operador", "administrador" */
int user_role_from_name(const char *name);       /* -1 when it is none */
struct store_user {
    int64_t id;
    char *email; /* folded; unique */
    char *names, *first_surname, *second_surname;
    enum user_role role;
    bool enabled;
    char *password; /* the vault's hash */
    int64_t added_us, login_us;
    int64_t accepted_us;                       /* when the two texts were accepted, */
    char *privacy_version, *agreement_version; /* and which */
    char *code;                                /* the vault's hash of a recovery code; NULL = none */
    int64_t code_until_us;
    uint32_t code_tries; /* that are left */
};
void store_user_free(struct store_user *user);
void store_users_free(struct store_user *users, size_t n);
/* ERR_USER_EXISTS; id and added_us are set here. */
int store_user_add(struct store *store, const struct store_user *user, int64_t *ret_id, struct err *err);
/* Everything but the id; ERR_UNKNOWN_USER. */
int store_user_update(struct store *store, const struct store_user *user, struct err *err);
int store_user_get(struct store *store, int64_t id, struct store_user *ret,
                   struct err *err); /* ERR_UNKNOWN_USER */
/* 1 and the user with this (folded) e-mail, or 0. */
int store_user_find(struct store *store, const char *email, struct store_user *ret, struct err *err);
int store_user_list(struct store *store, struct store_user **ret, size_t *ret_n,
                    struct err *err); /* by e-mail */
/* The e-mail when exactly one is enabled: 1 and *ret, or 0. */
int store_user_default(struct store *store, char **ret, struct err *err);
