/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/session.h"

/* Sessions and nonces are the same to a table: a key that is good until some instant. */
struct token {
    char *key;
    char *fingerprint; /* of sessions */
    int64_t until_us;
};

struct table {
    struct token *tokens;
    size_t n;
};

struct sessions {
    const struct clock *clock;
    int64_t idle_us;
    struct table logged_in, nonces;
};

static const int64_t nonce_life_us = 5 * US_PER_MIN;

static void table_remove(struct table *table, struct token *token)
{
    free(token->key);
    free(token->fingerprint);
    *token = table->tokens[--table->n];
}

static void table_sweep(struct table *table, int64_t now_us)
{
    for (size_t i = table->n; i-- > 0;)
        if (table->tokens[i].until_us <= now_us)
            table_remove(table, &table->tokens[i]);
}

static void table_free(struct table *table)
{
    table_sweep(table, INT64_MAX);
    free(table->tokens);
}

/* Sweeps first, so that abandoned ones do not pile up. */
static struct token *table_add(struct table *table, char *key, int64_t now_us, int64_t life_us)
{
    table_sweep(table, now_us);
    table->tokens = xreallocarray(table->tokens, table->n + 1, sizeof *table->tokens);
    struct token *token = &table->tokens[table->n++];
    *token = (struct token){.key = key, .until_us = now_us + life_us};
    return token;
}

static struct token *table_find(struct table *table, const char *key, int64_t now_us)
{
    for (size_t i = 0; i < table->n; i++)
        if (streq(table->tokens[i].key, key))
            return table->tokens[i].until_us > now_us ? &table->tokens[i] : NULL;
    return NULL;
}

struct sessions *sessions_new(const struct clock *clock, int64_t idle_us)
{
    struct sessions *sessions = xcalloc(1, sizeof *sessions);
    sessions->clock = clock;
    sessions->idle_us = idle_us;
    return sessions;
}

struct sessions *sessions_free(struct sessions *sessions)
{
    if (!sessions)
        return NULL;
    table_free(&sessions->logged_in);
    table_free(&sessions->nonces);
    free(sessions);
    return NULL;
}

static char *random_hex(void)
{
    uint8_t random[16];
    random_bytes(random, sizeof random);
    return hex_encode(random, sizeof random);
}

char *session_id_new(void)
{
    return random_hex();
}

void session_begin(struct sessions *sessions, const char *id, const char *fingerprint)
{
    session_end(sessions, id);
    int64_t now_us = clock_boot_us(sessions->clock);
    table_add(&sessions->logged_in, xstrdup(id), now_us, sessions->idle_us)->fingerprint =
        xstrdup(fingerprint);
}

const char *session_touch(struct sessions *sessions, const char *id)
{
    int64_t now_us = clock_boot_us(sessions->clock);
    struct token *token = table_find(&sessions->logged_in, id, now_us);
    if (!token)
        return NULL;
    token->until_us = now_us + sessions->idle_us;
    return token->fingerprint;
}

void session_end(struct sessions *sessions, const char *id)
{
    struct token *token = table_find(&sessions->logged_in, id, 0);
    if (token)
        table_remove(&sessions->logged_in, token);
}

const char *nonce_issue(struct sessions *sessions)
{
    return table_add(&sessions->nonces, random_hex(), clock_boot_us(sessions->clock), nonce_life_us)->key;
}

bool nonce_use(struct sessions *sessions, const char *nonce)
{
    struct token *token = table_find(&sessions->nonces, nonce, clock_boot_us(sessions->clock));
    if (token)
        table_remove(&sessions->nonces, token);
    return token != NULL;
}
