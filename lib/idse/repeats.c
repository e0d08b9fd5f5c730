/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/repeats.h"

#include <stdio.h>

enum kind { KIND_BAJA, KIND_REINGRESO, KIND_MODIFICACION, KINDS };

static const enum movement_type types[] = {MOVEMENT_BAJA, MOVEMENT_REINGRESO, MOVEMENT_MODIFICACION};

/* A registro patronal on a date. They are few, and their numbers make the keys below short. */
struct pair {
    uint64_t rp;
    int32_t date; /* 0: free */
    uint32_t number;
};

/* All that tells a movement, in 64 bits: NSS, pair and kind; packed, since what counts is how much memory they lie in. */
struct __attribute__((packed)) note {
    uint64_t key;
    uint32_t line;
};

enum { KIND_BITS = 2, PAIR_BITS = 25 };

struct repeats {
    struct pair *pairs; /* a hash table; its size is a power of two */
    size_t n_pairs, cap_pairs;
    struct pair *numbered; /* by their numbers; made when all were added */
    char rp[12];           /* the last one, */
    uint64_t rp_number;    /* as a number */
    struct note *notes;
    size_t n, cap;
};

struct repeats *repeats_new(size_t expected)
{
    enum { LEAST = 16, MOST = 1 << 21 };
    struct repeats *repeats = xcalloc(1, sizeof(*repeats));
    repeats->cap_pairs = LEAST;
    repeats->pairs = xcalloc(repeats->cap_pairs, sizeof(*repeats->pairs));
    repeats->cap = CLAMP(expected, (size_t)LEAST, (size_t)MOST);
    repeats->notes = xreallocarray(NULL, repeats->cap, sizeof(*repeats->notes));
    return repeats;
}

struct repeats *repeats_free(struct repeats *repeats)
{
    if (!repeats)
        return NULL;
    free(repeats->pairs);
    free(repeats->numbered);
    free(repeats->notes);
    free(repeats);
    return NULL;
}

/* ---- noting down ---- */

/* A number for characters of which all but the first are digits. */
static inline uint64_t number_of(const char *text, size_t n)
{
    uint64_t number = (unsigned char)*text;
    for (size_t i = 1; i < n; i++)
        number = number * 10 + (uint64_t)(text[i] - '0');
    return number;
}

static inline uint64_t mix(uint64_t key)
{
    key = (key ^ key >> 32) * UINT64_C(0xD6E8FEB86659FD93);
    return key ^ key >> 32;
}

static struct pair *pair_slot(struct pair *pairs, size_t cap, uint64_t rp, int32_t date)
{
    for (size_t i = mix(rp ^ (uint64_t)(uint32_t)date << 40);; i++) {
        struct pair *pair = &pairs[i & (cap - 1)];
        if (pair->date == 0 || (pair->rp == rp && pair->date == date))
            return pair;
    }
}

static void grow_pairs(struct repeats *repeats)
{
    size_t cap = repeats->cap_pairs * 2;
    struct pair *bigger = xcalloc(cap, sizeof(*bigger));
    for (size_t i = 0; i < repeats->cap_pairs; i++)
        if (repeats->pairs[i].date)
            *pair_slot(bigger, cap, repeats->pairs[i].rp, repeats->pairs[i].date) = repeats->pairs[i];
    free(repeats->pairs);
    repeats->pairs = bigger;
    repeats->cap_pairs = cap;
}

static uint32_t pair_of(struct repeats *repeats, const struct movement *m)
{
    /* In two halves, which compilers do without a call. */
    if (memcmp(repeats->rp, m->rp, 8) != 0 || memcmp(repeats->rp + 8, m->rp + 8, 4) != 0) {
        memcpy(repeats->rp, m->rp, sizeof(repeats->rp));
        repeats->rp_number = number_of(m->rp, 11);
    }
    struct pair *pair = pair_slot(repeats->pairs, repeats->cap_pairs, repeats->rp_number, m->date);
    if (pair->date)
        return pair->number;
    uint32_t number = (uint32_t)repeats->n_pairs++;
    *pair = (struct pair){repeats->rp_number, m->date, number};
    if (repeats->n_pairs * 2 > repeats->cap_pairs)
        grow_pairs(repeats);
    return number;
}

void repeats_add(struct repeats *repeats, const struct movement *m, uint32_t line)
{
    enum kind kind = m->type == MOVEMENT_BAJA        ? KIND_BAJA
                     : m->type == MOVEMENT_REINGRESO ? KIND_REINGRESO
                                                     : KIND_MODIFICACION;
    uint64_t nss = number_of(m->nss, 11) - '0' * UINT64_C(10000000000);
    if (repeats->n == repeats->cap) {
        repeats->cap *= 2;
        repeats->notes = xreallocarray(repeats->notes, repeats->cap, sizeof(*repeats->notes));
    }
    uint64_t key = (nss << PAIR_BITS | pair_of(repeats, m)) << KIND_BITS | kind;
    repeats->notes[repeats->n++] = (struct note){key, line};
}

/* ---- finding ---- */

/* What a worker has on one day is equal up to the kind. */
static inline uint64_t day_of(const struct note *note)
{
    return note->key >> KIND_BITS;
}

static inline uint64_t nss_of(const struct note *note)
{
    return note->key >> (PAIR_BITS + KIND_BITS);
}

enum { HEAP_BITS = 10 }; /* about so many notes, as a power of two, are in a heap */

/* Into heaps by the top bits of the hash, in the order of the lines; `ends` becomes where each ends. */
static struct note *make_heaps(const struct repeats *repeats, unsigned bits, size_t *ends)
{
    struct note *heaps = xreallocarray(NULL, repeats->n, sizeof(*heaps));
    for (size_t i = 0; i < repeats->n; i++)
        ends[mix(nss_of(&repeats->notes[i])) >> (64 - bits)]++;
    for (size_t i = 0, at = 0; i < (size_t)1 << bits; i++) {
        size_t n = ends[i];
        ends[i] = at;
        at += n;
    }
    for (size_t i = 0; i < repeats->n; i++)
        heaps[ends[mix(nss_of(&repeats->notes[i])) >> (64 - bits)]++] = repeats->notes[i];
    return heaps;
}

/* The notes whose worker is in the heap more than once. */
struct shared {
    struct note *notes;
    size_t n;
    uint32_t *slots; /* a hash table for one heap: places of notes, from 1 on */
    size_t cap;
};

static void share(struct shared *shared, const struct note *note)
{
    if ((shared->n & (shared->n - 1)) == 0) /* full at every power of two */
        shared->notes = xreallocarray(shared->notes, MAX(shared->n * 2, (size_t)1), sizeof(*shared->notes));
    shared->notes[shared->n++] = *note;
}

static void look_through(struct shared *shared, const struct note *heap, size_t n)
{
    size_t cap = 64;
    while (cap < 2 * n)
        cap *= 2;
    if (cap > shared->cap) {
        shared->slots = xreallocarray(shared->slots, cap, sizeof(*shared->slots));
        shared->cap = cap;
    }
    memset(shared->slots, 0, cap * sizeof(*shared->slots));
    for (size_t i = 0; i < n; i++) {
        size_t at = mix(nss_of(&heap[i])) & (cap - 1);
        while (shared->slots[at] && nss_of(&heap[shared->slots[at] - 1]) != nss_of(&heap[i]))
            at = (at + 1) & (cap - 1);
        if (!shared->slots[at]) {
            shared->slots[at] = (uint32_t)i + 1;
            continue;
        }
        share(shared, &heap[shared->slots[at] - 1]);
        share(shared, &heap[i]);
    }
}

static int by_note(const void *a, const void *b)
{
    const struct note *x = a, *y = b;
    return x->key != y->key ? COMPARE(x->key, y->key) : COMPARE(x->line, y->line);
}

/* A note that was shared, with what its pair stands for. */
struct told {
    struct note note;
    uint64_t rp;
    int32_t date;
};

static int by_worker_and_line(const void *a, const void *b)
{
    const struct told *x = a, *y = b;
    uint64_t nss_x = nss_of(&x->note), nss_y = nss_of(&y->note);
    return nss_x != nss_y   ? COMPARE(nss_x, nss_y)
           : x->rp != y->rp ? COMPARE(x->rp, y->rp)
                            : COMPARE(x->note.line, y->note.line);
}

static int by_day_and_line(const void *a, const void *b)
{
    const struct told *x = a, *y = b;
    uint64_t day_x = day_of(&x->note), day_y = day_of(&y->note);
    return day_x != day_y ? COMPARE(day_x, day_y) : COMPARE(x->note.line, y->note.line);
}

static int by_line(const void *a, const void *b)
{
    const struct repeat *x = a, *y = b;
    return COMPARE(x->line, y->line);
}

/* The line of what should have come later on the same day, or 0. */
static uint32_t out_of_order(const uint32_t *lines, enum kind kind)
{
    switch (kind) {
    case KIND_BAJA:
        return lines[KIND_REINGRESO];
    case KIND_REINGRESO:
        return lines[KIND_MODIFICACION];
    case KIND_MODIFICACION:
        return lines[KIND_REINGRESO] ? 0 : lines[KIND_BAJA];
    case KINDS:
        break;
    }
    return 0;
}

static struct repeat repeat_of(const struct note *note, enum finding_rule rule, uint32_t other)
{
    struct repeat repeat = {
        .rule = rule, .type = types[note->key & ((1 << KIND_BITS) - 1)], .line = note->line, .other = other};
    snprintf(repeat.nss, sizeof(repeat.nss), "%011llu", (unsigned long long)nss_of(note) % 100000000000);
    return repeat;
}

struct found {
    struct repeat *items;
    size_t n;
};

static void find(struct found *found, const struct note *note, enum finding_rule rule, uint32_t other)
{
    if ((found->n & (found->n - 1)) == 0) /* full at every power of two */
        found->items = xreallocarray(found->items, MAX(found->n * 2, (size_t)1), sizeof(*found->items));
    found->items[found->n++] = repeat_of(note, rule, other);
}

/* Worker by worker, from the last line up: what is dated later than something further down. */
static void judge_dates(struct told *told, size_t n, struct found *found)
{
    const struct told *earliest = NULL;
    qsort(told, n, sizeof(*told), by_worker_and_line);
    for (size_t i = n; i-- > 0;) {
        if (!earliest || nss_of(&told[i].note) != nss_of(&earliest->note) || told[i].rp != earliest->rp ||
            told[i].date <= earliest->date)
            earliest = &told[i];
        else
            find(found, &told[i].note, RULE_DATE_ORDER, earliest->note.line);
    }
}

/* Day by day, line by line. */
static void judge_days(struct told *told, size_t n, struct found *found)
{
    uint32_t lines[1 << KIND_BITS] = {0};
    qsort(told, n, sizeof(*told), by_day_and_line);
    for (size_t i = 0; i < n; i++) {
        const struct note *note = &told[i].note;
        enum kind kind = (enum kind)(note->key & ((1 << KIND_BITS) - 1));
        if (i == 0 || day_of(note) != day_of(&told[i - 1].note))
            memset(lines, 0, sizeof(lines));
        uint32_t other = out_of_order(lines, kind);
        if (lines[kind])
            find(found, note, RULE_MOVEMENT_REPEATED, lines[kind]);
        else if (other)
            find(found, note, RULE_DAY_ORDER, other);
        if (!lines[kind])
            lines[kind] = note->line;
    }
}

/* A note that was shared several times counts once. */
static struct told *read_pairs(struct repeats *repeats, struct shared *shared, size_t *ret_n)
{
    struct told *told = xcalloc(shared->n, sizeof(*told));
    size_t n = 0;
    repeats->numbered = xcalloc(repeats->n_pairs, sizeof(*repeats->numbered));
    for (size_t i = 0; i < repeats->cap_pairs; i++)
        if (repeats->pairs[i].date)
            repeats->numbered[repeats->pairs[i].number] = repeats->pairs[i];
    qsort(shared->notes, shared->n, sizeof(*shared->notes), by_note);
    for (size_t i = 0; i < shared->n; i++) {
        const struct note *note = &shared->notes[i];
        if (i > 0 && note->key == note[-1].key && note->line == note[-1].line)
            continue;
        const struct pair *pair = &repeats->numbered[day_of(note) & ((1 << PAIR_BITS) - 1)];
        told[n++] = (struct told){*note, pair->rp, pair->date};
    }
    *ret_n = n;
    return told;
}

static struct repeat *judge(struct repeats *repeats, struct shared *shared, size_t *ret_n)
{
    struct found found = {0};
    size_t n;
    _cleanup_free_ struct told *told = read_pairs(repeats, shared, &n);
    judge_dates(told, n, &found);
    judge_days(told, n, &found);
    if (found.n > 0)
        qsort(found.items, found.n, sizeof(*found.items), by_line);
    *ret_n = found.n;
    return found.items;
}

struct repeat *repeats_find(struct repeats *repeats, size_t *ret_n)
{
    unsigned bits = 0;
    while (repeats->n >> bits > (size_t)1 << HEAP_BITS)
        bits++;
    struct shared shared = {0};
    if (bits == 0)
        look_through(&shared, repeats->notes, repeats->n);
    else {
        _cleanup_free_ size_t *ends = xcalloc((size_t)1 << bits, sizeof(*ends));
        _cleanup_free_ struct note *heaps = make_heaps(repeats, bits, ends);
        for (size_t i = 0; i < (size_t)1 << bits; i++)
            look_through(&shared, heaps + (i ? ends[i - 1] : 0), ends[i] - (i ? ends[i - 1] : 0));
    }
    struct repeat *found = NULL;
    *ret_n = 0;
    if (shared.n > 0)
        found = judge(repeats, &shared, ret_n);
    free(shared.notes);
    free(shared.slots);
    return found;
}
