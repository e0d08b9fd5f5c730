/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/sessions.h"

#include <sys/queue.h>

#include "base/clock.h"
#include "daemon/iface.h"
#include "vault/digest.h"

enum { TOKEN_SIZE = 32, SESSIONS_MAX = 1024, SESSIONS_PER_UID = 32, CONNECTIONS_MAX = 64 };

struct entry {
    TAILQ_ENTRY(entry) link;
    uint8_t token[DIGEST_SHA256_SIZE]; /* its hash: finding one tells nothing of the others by its timing */
    uid_t uid;
    int64_t used_us; /* boot clock */
    struct session session;
    char *email;
    char *connections[CONNECTIONS_MAX]; /* unique names, which a bus never gives twice; last used first */
};

struct sessions {
    const struct clock *clock;
    const int64_t *idle_us;
    TAILQ_HEAD(entries, entry) entries; /* last used first */
};

struct sessions *sessions_new(const struct clock *clock, const int64_t *idle_us)
{
    struct sessions *sessions = xcalloc(1, sizeof(*sessions));
    sessions->clock = clock;
    sessions->idle_us = idle_us;
    TAILQ_INIT(&sessions->entries);
    return sessions;
}

static void drop(struct sessions *sessions, struct entry *entry)
{
    TAILQ_REMOVE(&sessions->entries, entry, link);
    for (size_t i = 0; i < CONNECTIONS_MAX; i++)
        free(entry->connections[i]);
    free(entry->email);
    wipe_free(entry, sizeof(*entry));
}

struct sessions *sessions_free(struct sessions *sessions)
{
    struct entry *entry;
    while (sessions && (entry = TAILQ_FIRST(&sessions->entries)))
        drop(sessions, entry);
    free(sessions);
    return NULL;
}

static void touch(struct sessions *sessions, struct entry *entry)
{
    entry->used_us = clock_boot_us(sessions->clock);
    TAILQ_REMOVE(&sessions->entries, entry, link);
    TAILQ_INSERT_HEAD(&sessions->entries, entry, link);
}

/* The ones that nobody used for long are at the end. */
static void expire(struct sessions *sessions)
{
    int64_t limit_us = clock_boot_us(sessions->clock) - *sessions->idle_us;
    struct entry *entry;
    while ((entry = TAILQ_LAST(&sessions->entries, entries)) && entry->used_us <= limit_us)
        drop(sessions, entry);
}

/* ---- finding ---- */

static struct entry *by_token(struct sessions *sessions, uid_t uid, const char *token)
{
    uint8_t hash[DIGEST_SHA256_SIZE];
    struct entry *entry;
    digest_sha256(token, strlen(token), hash);
    TAILQ_FOREACH(entry, &sessions->entries, link)
    if (entry->uid == uid && memcmp(entry->token, hash, sizeof(hash)) == 0)
        break;
    return entry;
}

/* Where the connection stands in the entry's list, or -1. */
static int place_of(const struct entry *entry, const char *connection)
{
    for (int i = 0; i < CONNECTIONS_MAX && entry->connections[i]; i++)
        if (streq(entry->connections[i], connection))
            return i;
    return -1;
}

static struct entry *by_connection(struct sessions *sessions, const char *connection)
{
    struct entry *entry;
    TAILQ_FOREACH(entry, &sessions->entries, link)
    if (place_of(entry, connection) >= 0)
        break;
    return entry;
}

/* Puts the connection first in the list; the one that was used longest ago gives way. */
static void connect_to(struct entry *entry, const char *connection)
{
    int at = place_of(entry, connection);
    char *name = at >= 0 ? entry->connections[at] : xstrdup(connection);
    if (at < 0) {
        at = CONNECTIONS_MAX - 1;
        free(entry->connections[at]);
    }
    memmove(&entry->connections[1], &entry->connections[0], (size_t)at * sizeof(char *));
    entry->connections[0] = name;
}

static void disconnect(struct entry *entry, const char *connection)
{
    int at = place_of(entry, connection);
    if (at < 0)
        return;
    free(entry->connections[at]);
    memmove(&entry->connections[at], &entry->connections[at + 1],
            (size_t)(CONNECTIONS_MAX - 1 - at) * sizeof(char *));
    entry->connections[CONNECTIONS_MAX - 1] = NULL;
}

static int ended(struct err *err)
{
    return err_set(err, ERR_SESSION_ENDED, _("The session has ended, or was never yours; log in again"));
}

static int find_entry(struct sessions *sessions, const struct bus_call *call, struct entry **ret,
                      struct err *err)
{
    const char *token = bus_call_option(call, "session");
    expire(sessions);
    *ret = *token ? by_token(sessions, bus_call_uid(call), token)
                  : by_connection(sessions, bus_call_sender(call));
    return *ret ? 1 : *token ? ended(err) : 0;
}

int sessions_find(struct sessions *sessions, const struct bus_call *call, struct session *ret,
                  struct err *err)
{
    struct entry *entry = NULL;
    int r = find_entry(sessions, call, &entry, err);
    if (r <= 0)
        return r;
    touch(sessions, entry);
    if (place_of(entry, bus_call_sender(call)) > 0)
        connect_to(entry, bus_call_sender(call));
    if (ret)
        *ret = entry->session;
    return 1;
}

int sessions_use(struct sessions *sessions, const struct bus_call *call, const char *token,
                 struct session *ret, struct err *err)
{
    expire(sessions);
    struct entry *entry = by_token(sessions, bus_call_uid(call), token);
    if (!entry)
        return ended(err);
    struct entry *former = by_connection(sessions, bus_call_sender(call));
    if (former)
        disconnect(former, bus_call_sender(call));
    connect_to(entry, bus_call_sender(call));
    touch(sessions, entry);
    *ret = entry->session;
    return 0;
}

/* ---- opening and ending ---- */

/* One more must fit: of the caller's own, then of all, the one that was used longest ago gives way. */
static void make_room(struct sessions *sessions, uid_t uid)
{
    size_t all = 0, own = 0;
    struct entry *entry, *oldest = NULL;
    TAILQ_FOREACH(entry, &sessions->entries, link)
    {
        all++;
        if (entry->uid == uid && ++own)
            oldest = entry;
    }
    if (own >= SESSIONS_PER_UID)
        drop(sessions, oldest);
    else if (all >= SESSIONS_MAX)
        drop(sessions, TAILQ_LAST(&sessions->entries, entries));
}

char *sessions_open(struct sessions *sessions, const struct bus_call *call, const struct store_user *user)
{
    uint8_t random[TOKEN_SIZE];
    struct entry *entry = by_connection(sessions, bus_call_sender(call));
    if (entry)
        disconnect(entry, bus_call_sender(call));
    expire(sessions);
    make_room(sessions, bus_call_uid(call));
    random_bytes(random, sizeof(random));
    char *token = hex_encode(random, sizeof(random));
    explicit_bzero(random, sizeof(random));

    entry = xcalloc(1, sizeof(*entry));
    digest_sha256(token, strlen(token), entry->token);
    entry->uid = bus_call_uid(call);
    entry->used_us = clock_boot_us(sessions->clock);
    entry->email = xstrdup(user->email);
    entry->session = (struct session){.user = user->id, .email = entry->email, .role = user->role};
    TAILQ_INSERT_HEAD(&sessions->entries, entry, link);
    connect_to(entry, bus_call_sender(call));
    return token;
}

int sessions_close(struct sessions *sessions, const struct bus_call *call, struct err *err)
{
    struct entry *entry = NULL;
    int r = find_entry(sessions, call, &entry, err);
    if (r <= 0)
        return r < 0 ? r : ended(err);
    drop(sessions, entry);
    return 0;
}

void sessions_end_user(struct sessions *sessions, int64_t user)
{
    struct entry *entry = TAILQ_FIRST(&sessions->entries), *next;
    for (; entry; entry = next) {
        next = TAILQ_NEXT(entry, link);
        if (entry->session.user == user)
            drop(sessions, entry);
    }
}

/* ---- roles ---- */

bool sessions_role_may(enum user_role role, const char *action)
{
    static const char *const of_operador[] = {ACTION_READ, ACTION_SUBMIT, ACTION_CONTROL};
    const size_t known = role == USER_CONSULTA ? 1 : ELEMENTSOF(of_operador);
    for (size_t i = 0; i < known; i++)
        if (streq(of_operador[i], action))
            return true;
    return role == USER_ADMINISTRADOR;
}

enum user_role sessions_least_role(const char *action)
{
    enum user_role role = USER_CONSULTA;
    while (!sessions_role_may(role, action))
        role++;
    return role;
}
