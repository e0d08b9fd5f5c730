/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/chains.h"

/*
 * The shortest word that has all of some words in it is hard to find in general, but chains are short, and most are alike. So
 * a few different ones are kept and words tried, shorter ones first. Where that would take long the alphabet is gone through
 * again and again, in the best of its directions: since no letter is beside its like each is at most two away.
 */

enum {
    KEPT = 64,         /* different chains, */
    KEPT_LETTERS = 12, /* of so many letters at most */
    TRIES = 20000,     /* letters of words */
    CYCLES = 6,        /* the directions, with where they begin */
};

static const char cycles[CYCLES][CHAIN_LETTERS + 1] = {"abc", "acb", "bac", "bca", "cab", "cba"};

struct chain {
    char letters[KEPT_LETTERS + 1];
    uint8_t n;
};

struct chains {
    struct chain kept[KEPT];
    size_t n;
    bool many;             /* not all are kept */
    size_t longest;        /* chain */
    size_t needed[CYCLES]; /* letters of each cycle */
};

struct chains *chains_new(void)
{
    return xcalloc(1, sizeof(struct chains));
}

struct chains *chains_free(struct chains *chains)
{
    free(chains);
    return NULL;
}

/* How much of a cycle goes by until the chain has had all its letters. */
static size_t cycle_needed(const char *cycle, const char *letters, size_t n)
{
    size_t at = 0;
    for (size_t i = 0; i < n; i++, at++)
        while (cycle[at % CHAIN_LETTERS] != letters[i])
            at++;
    return at;
}

static void keep(struct chains *chains, const char *letters, size_t n)
{
    if (n > KEPT_LETTERS) {
        chains->many = true;
        return;
    }
    for (size_t i = 0; i < chains->n; i++)
        if (chains->kept[i].n == n && memcmp(chains->kept[i].letters, letters, n) == 0)
            return;
    if (chains->n == KEPT) {
        chains->many = true;
        return;
    }
    struct chain *chain = &chains->kept[chains->n++];
    memcpy(chain->letters, letters, n);
    chain->n = (uint8_t)n;
}

void chains_add(struct chains *chains, const char *letters, size_t n)
{
    chains->longest = MAX(chains->longest, n);
    for (size_t i = 0; i < CYCLES; i++)
        chains->needed[i] = MAX(chains->needed[i], cycle_needed(cycles[i], letters, n));
    if (!chains->many)
        keep(chains, letters, n);
}

/* ---- the shortest word ---- */

struct search {
    const struct chains *chains;
    char word[2 * KEPT_LETTERS + 2];
    size_t n;     /* letters that it is to have */
    size_t tries; /* that are left */
};

/* How far the chains are, which are in the word up to there. */
struct progress {
    uint8_t done[KEPT];
};

/* Goes on with a letter: how many the longest rest still has, or -1 when no chain needs the letter now. */
static int take_letter(const struct chains *chains, char letter, struct progress *progress)
{
    int rest = 0;
    bool needed = false;
    for (size_t i = 0; i < chains->n; i++) {
        const struct chain *chain = &chains->kept[i];
        bool takes = progress->done[i] < chain->n && chain->letters[progress->done[i]] == letter;
        progress->done[i] += takes;
        needed |= takes;
        rest = MAX(rest, chain->n - progress->done[i]);
    }
    return needed ? rest : -1;
}

static bool spell(struct search *search, size_t at, const struct progress *progress)
{
    for (char letter = 'a'; letter < 'a' + CHAIN_LETTERS && search->tries > 0; letter++) {
        struct progress next = *progress;
        search->tries--;
        int rest = take_letter(search->chains, letter, &next);
        if (rest < 0 || (size_t)rest > search->n - at - 1)
            continue;
        search->word[at] = letter;
        if (rest == 0) {
            search->n = at + 1;
            return true;
        }
        if (spell(search, at + 1, &next))
            return true;
    }
    return false;
}

void chains_cover(const struct chains *chains, struct buf *ret)
{
    struct search search = {.chains = chains, .tries = chains->many ? 0 : TRIES};
    size_t best = 0;
    for (size_t i = 1; i < CYCLES; i++)
        if (chains->needed[i] < chains->needed[best])
            best = i;
    for (size_t n = chains->longest; search.tries > 0 && n <= chains->needed[best]; n++) {
        search.n = n;
        if (spell(&search, 0, &(struct progress){0})) {
            buf_add(ret, search.word, search.n);
            return;
        }
    }
    for (size_t i = 0; i < chains->needed[best]; i++)
        buf_add_char(ret, cycles[best][i % CHAIN_LETTERS]);
}
