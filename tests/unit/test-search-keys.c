/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include <stdio.h>
#include "store/search-keys.h"

/*
 * Short keys against what they stand for: none is greater than that of what stands behind, and a place behind a key is behind
 * all that have it and before all others.
 */

static unsigned random_state = 5;

static unsigned pick(unsigned n)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % n;
}

/* Names in pieces that often begin alike, with signs of all kinds between them. */
static void random_text(char ret[static 64])
{
    static const char *const pieces[] = {"GARCIA", "GARCIA", "HERNANDEZ", "N",     "N~", "A",
                                         "Z",      "\x01",   "\x01",      " ",     "-",  "'",
                                         "ZZ",     "W",      "K",         "MARIA", "",   "9"};
    *ret = '\0';
    for (unsigned i = pick(7); i > 0; i--)
        strcat(ret, pieces[pick(ELEMENTSOF(pieces))]);
}

static int side(int difference)
{
    return (difference > 0) - (difference < 0);
}

static void keys_of_texts_are_in_their_order(void **state)
{
    unsigned told_apart = 0;
    for (int i = 0; i < 20000; i++) {
        char a[64], b[64];
        random_text(a);
        random_text(b);
        uint32_t x = short_key_of_text(a), y = short_key_of_text(b);
        int texts = side(strcmp(a, b)), keys = COMPARE(x, y);
        if (keys != 0 && keys != texts)
            fail_msg("'%s' has %08x, '%s' has %08x", a, x, b, y);
        told_apart += texts != 0 && keys != 0;
    }
    assert_true(told_apart > 15000);
}

static void frequent_names_are_told_apart(void **state)
{
    assert_true(short_key_of_text("GARCIA\x01LOPEZ") < short_key_of_text("GARCIA\x01PEREZ"));
    assert_true(short_key_of_text("HERNANDA") < short_key_of_text("HERNANDE"));
    assert_true(short_key_of_text("MARIA A") < short_key_of_text("MARIA G"));
    assert_true(short_key_of_text("MUN~OZ") > short_key_of_text("MUNOZ"));
}

static void the_first_text_divides_those_of_a_smaller_key_from_all_others(void **state)
{
    for (int i = 0; i < 5000; i++) {
        char text[64];
        random_text(text);
        uint64_t key = (uint64_t)short_key_of_text(text) + pick(3);
        _cleanup_free_ char *first = short_key_first_text(key);
        for (int j = 0; j < 20; j++) {
            char other[64];
            if (j == 0)
                strcpy(other, text);
            else if (j == 1)
                snprintf(other, sizeof(other), "%.62s", first);
            else
                random_text(other);
            bool smaller = short_key_of_text(other) < key, before = strcmp(other, first) < 0;
            if (smaller != before && !(j == 1 && strchr(first, '\xFF')))
                fail_msg("key %09llx begins with '%s', but '%s' has %08x", (unsigned long long)key, first,
                         other, short_key_of_text(other));
        }
    }
}

/* Is a movement with this number behind the place, as the statement of a page asks? */
static bool is_behind(const struct search_query *query, const struct search_place *place, int64_t number,
                      int64_t movement)
{
    int keys = COMPARE(number, place->number), movements = COMPARE(movement, place->movement);
    if (query->sort == SEARCH_SORT_LOT) /* in it they stay in their order */
        return (query->descending ? keys : -keys) > 0 || (keys == 0 && movements > 0);
    return query->descending ? keys < 0 || (keys == 0 && movements < 0)
                             : keys > 0 || (keys == 0 && movements > 0);
}

static void places_behind_numbers_divide_them(void **state)
{
    static const enum search_sort sorts[] = {SEARCH_SORT_LOT, SEARCH_SORT_DATE, SEARCH_SORT_NSS};
    static const int64_t greatest[] = {1000000, 20991231, 99999999999};
    for (int i = 0; i < 20000; i++) {
        size_t which = pick(3);
        struct search_query query = {.sort = sorts[which], .descending = pick(2)};
        int64_t one = 1 + (int64_t)((uint64_t)pick(1 << 24) * (uint64_t)greatest[which] >> 24),
                other = one + pick(80) - 40;
        int64_t movement = (query.sort == SEARCH_SORT_LOT ? other : 77) << 20 | pick(1 << 20);
        if (other < 0 || other > greatest[which])
            continue;
        uint32_t key = short_key_of_number(one, query.sort),
                 key_of_other = short_key_of_number(other, query.sort);
        struct search_place place = {0};
        short_key_place_behind(key, &query, &place);
        bool behind = query.descending ? key_of_other < key : key_of_other > key;
        assert_int_equal(is_behind(&query, &place, other, movement), behind);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_of_texts_are_in_their_order),
        cmocka_unit_test(frequent_names_are_told_apart),
        cmocka_unit_test(the_first_text_divides_those_of_a_smaller_key_from_all_others),
        cmocka_unit_test(places_behind_numbers_divide_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
