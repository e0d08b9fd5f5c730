/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include "idse/chains.h"

static void add_all(struct chains *chains, const char *words) /* blanks between them */
{
    while (*words) {
        size_t n = strcspn(words, " ");
        chains_add(chains, words, n);
        words += n + (words[n] == ' ');
    }
}

static bool has(const struct buf *word, const char *chain, size_t n)
{
    size_t at = 0;
    for (size_t i = 0; i < word->len && at < n; i++)
        at += word->data[i] == chain[at];
    return at == n;
}

static void the_shortest_word_that_has_all_chains_is_found(void **state)
{
    static const struct {
        const char *chains, *word;
    } cases[] = {
        {"a", "a"},          {"a b c", "abc"}, /* who has one movement changes nothing */
        {"a ba", "ba"},      /* nor does the order of the letters when fewer lots are enough */
        {"ab ba", "aba"},    /* of two the first in the alphabet */
        {"ba ab", "aba"},    /* */
        {"abc acb", "abcb"}, /* */
        {"aba ca", "abca"},  /* */
        {"abab", "abab"},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_(chains_cleanup) struct chains *chains = chains_new();
        _cleanup_buf_ struct buf word = BUF_INIT;
        add_all(chains, cases[i].chains);
        chains_cover(chains, &word);
        buf_add_char(&word, '\0');
        assert_string_equal(word.data, cases[i].word);
    }
}

/* Chains that a generator of numbers makes: letters, none beside its like. */
static size_t make_chain(uint32_t *seed, char *letters, size_t most)
{
    *seed = *seed * 1664525 + 1013904223;
    size_t n = 1 + (*seed >> 8) % most;
    for (size_t i = 0; i < n; i++) {
        *seed = *seed * 1664525 + 1013904223;
        int step = i == 0 ? (int)((*seed >> 8) % 3) : 1 + (int)((*seed >> 8) % 2);
        letters[i] = (char)('a' + (i == 0 ? step : (letters[i - 1] - 'a' + step) % 3));
    }
    return n;
}

static void however_many_and_long_they_are_all_are_in_it(void **state)
{
    enum { MOST = 40, CHAINS = 500 };
    uint32_t seed = 1;
    for (size_t most = 1; most <= MOST; most += 3) {
        _cleanup_(chains_cleanup) struct chains *chains = chains_new();
        _cleanup_buf_ struct buf word = BUF_INIT;
        char all[CHAINS][MOST];
        size_t lengths[CHAINS], longest = 0;
        for (size_t i = 0; i < CHAINS; i++) {
            lengths[i] = make_chain(&seed, all[i], most);
            longest = MAX(longest, lengths[i]);
            chains_add(chains, all[i], lengths[i]);
        }
        chains_cover(chains, &word);
        assert_in_range(word.len, longest, 2 * longest + 1);
        for (size_t i = 0; i < CHAINS; i++)
            assert_true(has(&word, all[i], lengths[i]));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shortest_word_that_has_all_chains_is_found),
        cmocka_unit_test(however_many_and_long_they_are_all_are_in_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
