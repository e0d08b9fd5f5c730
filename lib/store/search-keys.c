/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/search-keys.h"

#include "base/buf.h"
#include "store/lot-columns.h"

enum { NSS_SHIFT = 5 /* eleven digits have 37 bits */ };

/* ---- texts ---- */

/*
 * Each sign has a part of the span that the signs before it leave, in their order, and the key is where the
 * span of the last one begins. Parts are about as large as the signs are frequent in names, so that a key
 * tells some eight of them apart. Rare signs share a part, behind which nothing more is told apart. Keys are
 * stored: whoever changes them makes another LAYOUT.
 */
static const struct {
    uint8_t first; /* and all that are before the next one */
    uint16_t part;
} signs[] = {
    {0x01, 110}, {0x02, 1}, {' ', 40}, {'!', 2},  {'A', 135}, {'B', 15}, {'C', 45}, {'D', 40}, {'E', 95},
    {'F', 12},   {'G', 28}, {'H', 18}, {'I', 55}, {'J', 22},  {'K', 4},  {'L', 55}, {'M', 35}, {'N', 65},
    {'O', 75},   {'P', 15}, {'Q', 5},  {'R', 85}, {'S', 45},  {'T', 25}, {'U', 40}, {'V', 18}, {'W', 3},
    {'X', 4},    {'Y', 8},  {'Z', 40}, {'[', 1},  {'~', 8},   {0x7F, 1},
};
enum { ALL_PARTS = 1150 };

static uint8_t last_of(size_t i)
{
    return i + 1 < ELEMENTSOF(signs) ? (uint8_t)(signs[i + 1].first - 1) : UINT8_MAX;
}

struct span {
    uint64_t first, width;
};

/* The part of sign `i`, where those before it have so many parts. */
static struct span narrow(struct span span, size_t i, unsigned before)
{
    uint64_t width = last_of(i) == signs[i].first ? span.width * signs[i].part / ALL_PARTS : 0;
    return (struct span){span.first + span.width * before / ALL_PARTS, width};
}

uint32_t short_key_of_text(const char *text)
{
    struct span span = {0, UINT64_C(1) << 32};
    for (; *text && span.width > 0; text++) {
        unsigned before = 0;
        size_t i = 0;
        for (; last_of(i) < (uint8_t)*text; i++)
            before += signs[i].part;
        span = narrow(span, i, before);
    }
    return (uint32_t)span.first;
}

/*
 * Adds the sign in whose part the key is: the first that begins with it, or the last that begins before it.
 * All that share such a part are before the key.
 */
static struct span add_sign(struct buf *text, struct span span, uint64_t key)
{
    size_t found = 0;
    struct span ret = narrow(span, 0, 0);
    unsigned before = signs[0].part;
    for (size_t i = 1; i < ELEMENTSOF(signs) && ret.first < key; i++) {
        struct span next = narrow(span, i, before);
        if (next.first > key)
            break;
        ret = next;
        found = i;
        before += signs[i].part;
    }
    buf_add_char(text, (char)(ret.first < key ? last_of(found) : signs[found].first));
    return ret;
}

char *short_key_first_text(uint64_t key)
{
    struct span span = {0, UINT64_C(1) << 32};
    struct buf text = BUF_INIT;
    buf_add_str(&text, "");
    while (span.first < key && span.width > 0)
        span = add_sign(&text, span, key);
    if (span.first < key)
        buf_add_char(&text, (char)UINT8_MAX); /* behind all that begin so */
    return buf_steal(&text, NULL);
}

/* ---- numbers and places ---- */

uint32_t short_key_of_number(int64_t number, enum search_sort sort)
{
    switch ((int)sort) {
    case SEARCH_SORT_LOT:
        return ~(uint32_t)number; /* they begin with the newest */
    case SEARCH_SORT_NSS:
        return (uint32_t)(number >> NSS_SHIFT);
    default:
        return (uint32_t)number;
    }
}

uint32_t short_key_of_place(const struct search_place *place, enum search_sort sort)
{
    return place->text ? short_key_of_text(place->text) : short_key_of_number(place->number, sort);
}

void short_key_place_behind(int64_t key, const struct search_query *query, struct search_place *ret)
{
    const bool down = query->descending;
    const int64_t lot = (int64_t)UINT32_MAX - key;
    ret->movement = down ? 1 : INT64_MAX; /* before and behind every one */
    if (search_order(query->sort)->text) {
        ret->movement = 1;
        replace_str(&ret->text, short_key_first_text((uint64_t)(down ? key : key + 1)));
    } else if (query->sort == SEARCH_SORT_LOT) {
        ret->number = lot;
        ret->movement = row_last(lot);
    } else if (query->sort == SEARCH_SORT_NSS)
        ret->number = down ? key << NSS_SHIFT : ((key + 1) << NSS_SHIFT) - 1;
    else
        ret->number = key;
}
