/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/intake-order.h"

#include "idse/chains.h"

/*
 * Movements are put in lots of their type while the file is read, which is right as long as no worker has
 * several. Here those who have are found. A worker's movements share out the places that they have in the
 * file by their dates, so that nobody else's move; and where the types of all workers' movements ask for it,
 * the registro patronal gets its lots anew. All of that is a function of the file's movements, so that the
 * same file makes the same lots.
 */

void intake_lot_count(struct intake_lot *lot, enum movement_type type, int32_t deadline)
{
    lot->counts[count_of_type(type)]++;
    lot->counts[COUNT_TOTAL]++;
    if (deadline)
        last_days_add(&lot->last_days, deadline);
}

static bool same_worker(const struct intake_event *a, const struct intake_event *b)
{
    return a->rp == b->rp && a->nss == b->nss;
}

static int by_worker(const void *a, const void *b)
{
    const struct intake_event *x = a, *y = b;
    return x->rp != y->rp     ? COMPARE(x->rp, y->rp)
           : x->nss != y->nss ? COMPARE(x->nss, y->nss)
                              : COMPARE(x->event.order, y->event.order);
}

/* ---- the movements of one worker ---- */

/* Puts them in their order; true when it is not enough that each is in the lot of its type. */
static bool order_worker(struct intake_event *events, size_t n, bool as_it_is)
{
    _cleanup_free_ struct intake_event *were = xmemdup(events, n * sizeof(*events));
    _cleanup_free_ struct worker_event *sorted = xcalloc(n, sizeof(*sorted));
    bool moves = false;
    for (size_t i = 0; i < n; i++) {
        sorted[i] = events[i].event;
        sorted[i].order = (uint32_t)i;
    }
    worker_fold(sorted, n);
    for (size_t i = 0; i < n; i++) {
        events[i] = were[sorted[i].order];
        moves |= sorted[i].order != i || (i > 0 && sorted[i].type != sorted[i - 1].type);
        if (!as_it_is)
            events[i].event.order = were[i].event.order;
    }
    return moves && !as_it_is;
}

/* ---- the lots of one registro patronal ---- */

/* A movement at its place in the file. */
struct place {
    uint32_t line, event;
};

struct part {
    struct intake *intake;
    bool mixed;
    const struct intake_event *events;
    size_t n;
    struct place *places;
    char letters[MOVEMENT_REINGRESO + 1]; /* of the types, in the order in which they come */
    struct buf word;                      /* the types of the lots */
    uint32_t *targets;                    /* which of them each event goes to */
};

static int by_line(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    return COMPARE(x->line, y->line);
}

static char letter_of(const struct part *part, const struct intake_event *event)
{
    return part->letters[part->mixed ? MOVEMENT_NONE : event->event.type];
}

static void find_places(struct part *part)
{
    char next = 'a';
    part->places = xcalloc(part->n, sizeof(*part->places));
    for (size_t i = 0; i < part->n; i++)
        part->places[i] = (struct place){part->events[i].event.order, (uint32_t)i};
    qsort(part->places, part->n, sizeof(*part->places), by_line);
    part->letters[MOVEMENT_NONE] = next;
    for (size_t i = 0; i < part->n; i++) {
        char *letter = &part->letters[part->events[part->places[i].event].event.type];
        if (!*letter)
            *letter = next++;
    }
}

static void find_word(struct part *part)
{
    _cleanup_(chains_cleanup) struct chains *chains = chains_new();
    _cleanup_buf_ struct buf chain = BUF_INIT;
    for (size_t i = 0; i < part->n; i++) {
        char letter = letter_of(part, &part->events[i]);
        if (chain.len == 0 || chain.data[chain.len - 1] != letter)
            buf_add_char(&chain, letter);
        if (i + 1 < part->n && same_worker(&part->events[i], &part->events[i + 1]))
            continue;
        chains_add(chains, chain.data, chain.len);
        buf_reset(&chain);
    }
    chains_cover(chains, &part->word);
}

/* Each goes as early as what its worker has before it lets it. */
static void find_targets(struct part *part)
{
    uint32_t at = 0;
    part->targets = xcalloc(part->n, sizeof(*part->targets));
    for (size_t i = 0; i < part->n; i++) {
        if (i > 0 && !same_worker(&part->events[i - 1], &part->events[i]))
            at = 0;
        while (part->word.data[at] != letter_of(part, &part->events[i]))
            at++;
        part->targets[i] = at;
    }
}

/* The records come from the lots that they were put in, in the order of their places. */
static void fill_lots(const struct part *part, struct intake_lot *lots)
{
    enum { RECORD_SIZE = RECORD_COLUMNS + 2 };
    const struct intake *intake = part->intake;
    for (size_t i = 0; i < part->n; i++) {
        const struct intake_event *event = &part->events[part->places[i].event];
        const struct intake_lot *from = &intake->lots[event->lot];
        struct intake_lot *to = &lots[part->targets[part->places[i].event]];
        if (to->counts[COUNT_TOTAL] == 0) {
            memcpy(to->rp, from->rp, sizeof(to->rp));
            to->type = from->type;
        }
        buf_add(&to->records, from->records.data + (size_t)event->at * RECORD_SIZE, RECORD_SIZE);
        intake_lot_count(to, event->event.type, event->deadline);
    }
}

/* They take the places of the lots that the registro patronal had, which were no more; others come last. */
static void replace_lots(struct intake *intake, struct intake_lot *lots, size_t n)
{
    size_t at = 0, n_lots = intake->n_lots;
    intake->lots = xreallocarray(intake->lots, n_lots + n, sizeof(*intake->lots));
    for (size_t i = 0; i < n; i++) {
        if (lots[i].counts[COUNT_TOTAL] == 0)
            continue; /* a letter that nobody needs */
        while (at < n_lots && !streq(intake->lots[at].rp, lots[i].rp))
            at++;
        if (at == n_lots) {
            intake->lots[intake->n_lots++] = lots[i];
            continue;
        }
        buf_free(&intake->lots[at].records);
        last_days_free(&intake->lots[at].last_days);
        intake->lots[at++] = lots[i];
    }
}

static void order_lots(struct intake *intake, const struct intake_event *events, size_t n, bool mixed)
{
    struct part part = {.intake = intake, .mixed = mixed, .events = events, .n = n};
    find_places(&part);
    find_word(&part);
    find_targets(&part);
    _cleanup_free_ struct intake_lot *lots = xcalloc(part.word.len, sizeof(*lots));
    fill_lots(&part, lots);
    replace_lots(intake, lots, part.word.len);
    free(part.places);
    free(part.targets);
    buf_free(&part.word);
}

void intake_order(struct intake *intake, const struct intake_options *options)
{
    struct intake_event *events = intake->events;
    if (intake->n_events > 0)
        qsort(events, intake->n_events, sizeof(*events), by_worker);
    for (size_t from = 0, to = 0; from < intake->n_events; from = to) { /* each registro patronal */
        bool moves = false;
        for (size_t i = from; i < intake->n_events && events[i].rp == events[from].rp; i = to) {
            for (to = i + 1; to < intake->n_events && same_worker(&events[i], &events[to]);)
                to++;
            moves |= to - i > 1 && order_worker(events + i, to - i, options->as_it_is);
        }
        if (moves)
            order_lots(intake, events + from, to - from, options->keep_mixed);
    }
}
