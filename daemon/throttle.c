/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/throttle.h"

#include <sys/queue.h>

enum { KEYS_MAX = 4096, QUIET_MIN = 15 };

struct key {
    TAILQ_ENTRY(key) link;
    char *name;
    unsigned wrong;
    int64_t last_us, free_us; /* boot clock: the last attempt, and when the next may go on */
};

struct throttle {
    const struct clock *clock;
    const int64_t *first_us, *most_us;
    TAILQ_HEAD(keys, key) keys; /* last attempt first */
    size_t n;
};

struct throttle *throttle_new(const struct clock *clock, const int64_t *first_us, const int64_t *most_us)
{
    struct throttle *throttle = xcalloc(1, sizeof(*throttle));
    throttle->clock = clock;
    throttle->first_us = first_us;
    throttle->most_us = most_us;
    TAILQ_INIT(&throttle->keys);
    return throttle;
}

static void drop(struct throttle *throttle, struct key *key)
{
    TAILQ_REMOVE(&throttle->keys, key, link);
    throttle->n--;
    free(key->name);
    free(key);
}

struct throttle *throttle_free(struct throttle *throttle)
{
    while (throttle && !TAILQ_EMPTY(&throttle->keys))
        drop(throttle, TAILQ_FIRST(&throttle->keys));
    free(throttle);
    return NULL;
}

static struct key *find(struct throttle *throttle, const char *name)
{
    int64_t now_us = clock_boot_us(throttle->clock);
    struct key *key;
    while ((key = TAILQ_LAST(&throttle->keys, keys)) &&
           MAX(key->last_us, key->free_us) + QUIET_MIN * US_PER_MIN <= now_us)
        drop(throttle, key);
    TAILQ_FOREACH(key, &throttle->keys, link)
    if (streq(key->name, name))
        break;
    return key;
}

/* The first wait doubles with every wrong attempt, up to the longest. */
static int64_t delay_us(const struct throttle *throttle, unsigned wrong)
{
    int64_t delay = wrong > 0 ? *throttle->first_us : 0;
    for (unsigned i = 1; i < wrong && delay < *throttle->most_us; i++)
        delay *= 2;
    return MIN(delay, *throttle->most_us);
}

int64_t throttle_wait_us(struct throttle *throttle, const char *name)
{
    const struct key *key = find(throttle, name);
    return key ? MAX(key->free_us - clock_boot_us(throttle->clock), 0) : 0;
}

void throttle_count(struct throttle *throttle, const char *name)
{
    int64_t now_us = clock_boot_us(throttle->clock);
    struct key *key = find(throttle, name);
    if (key)
        TAILQ_REMOVE(&throttle->keys, key, link);
    else {
        if (throttle->n++ == KEYS_MAX)
            drop(throttle, TAILQ_LAST(&throttle->keys, keys));
        key = xcalloc(1, sizeof(*key));
        key->name = xstrdup(name);
    }
    TAILQ_INSERT_HEAD(&throttle->keys, key, link);
    key->last_us = now_us;
    key->free_us = MAX(key->free_us, now_us) + delay_us(throttle, ++key->wrong);
}

void throttle_undo(struct throttle *throttle, const char *name)
{
    struct key *key = find(throttle, name);
    if (!key)
        return;
    key->free_us -= delay_us(throttle, key->wrong--);
    if (key->wrong == 0)
        drop(throttle, key);
}

void throttle_forget(struct throttle *throttle, const char *name)
{
    struct key *key = find(throttle, name);
    if (key)
        drop(throttle, key);
}
