/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pages of the grid, as a screen asks for them (a page of 25 rows with the columns of the grid), from a daemon with a million
 * movements, against a bare round trip, in turns. Each kind of page is asked for with many filters; what counts is the
 * slowest of them, so one line is printed for the slowest of each group, and with --all one for each.
 */
#include <stdio.h>

#include "base/buf.h"
#include "base/clock.h"
#include "bench/bare.h"
#include "bench/measure.h"

enum { ROUNDS = 15, BARE = 20, PAGE = 25, SKIPPED = 1000, SKIPS = 20 };

/* What the grid of the model shows, and what names the row. */
static const char *const columns[] = {
    "lot",   "position", "registration", "names",    "first-surname", "second-surname", "nss",
    "sbc",   "date",     "curp",         "umf",      "worker-type",   "salary-type",    "reduced-week",
    "state", "sent",     "received",     "answered", "errors"};

enum group { GRID, LATER, SEARCH, SORT, _GROUP_MAX };
static const char *const groups[] = {"grid", "grid-later", "grid-search", "grid-sort"};

struct ask {
    enum group group;
    const char *rp, *type, *state, *search, *sort;
    bool descending;
    int since_days, until_days; /* ago; 0: any */
};

static uint32_t date_ago(int days)
{
    return (uint32_t)time_to_date(clock_wall_us(&clock_system) - (int64_t)days * US_PER_DAY);
}

static void write_filter(struct bus_writer *w, const struct ask *ask)
{
    bus_open_array(w);
    bus_entry_strings(w, "fields", columns, ELEMENTSOF(columns));
    if (ask->rp)
        bus_entry_string(w, "registration", ask->rp);
    if (ask->type)
        bus_entry_string(w, "type", ask->type);
    if (ask->state)
        bus_entry_strings(w, "states", &ask->state, 1);
    if (ask->search)
        bus_entry_string(w, "search", ask->search);
    if (ask->sort)
        bus_entry_string(w, "sort", ask->sort);
    if (ask->descending)
        bus_entry_bool(w, "descending", true);
    if (ask->since_days)
        bus_entry_u32(w, "since", date_ago(ask->since_days));
    if (ask->until_days)
        bus_entry_u32(w, "until", date_ago(ask->until_days));
    bus_close(w);
}

/* Seconds; the rows and where the next page begins. */
static double page(struct bus_client *client, const struct ask *ask, const char *cursor, uint32_t limit,
                   size_t *ret_rows, char **ret_next)
{
    _cleanup_err_ struct err err = ERR_INIT;
    _cleanup_message_ DBusMessage *reply = NULL;
    struct bus_writer w;
    double start = measure_now_s();
    bus_client_begin(client, "/mx/idsed1", "mx.idsed1.Manager", "ListMovements", "a{sv}su", &w);
    write_filter(&w, ask);
    bus_write_string(&w, cursor);
    bus_write_u32(&w, limit);
    measure_must(bus_client_call(client, &w, 60000, "aa{sv}s", &reply, &err), &err, "ListMovements");
    double seconds = measure_now_s() - start;
    struct bus_reader r, rows;
    const char *next = "";
    bus_reader_init(&r, reply);
    bus_read_enter(&r, &rows);
    for (*ret_rows = 0; bus_reader_type(&rows); ++*ret_rows)
        bus_read_skip(&rows);
    bus_read_string(&r, &next);
    replace_str(ret_next, xstrdup(next));
    return seconds;
}

/* A long way behind the first page, unless there are fewer rows. */
static char *far_cursor(struct bus_client *client, const struct ask *ask)
{
    _cleanup_free_ char *next = xstrdup("");
    char *before = xstrdup("");
    size_t rows;
    for (int i = 0; i < SKIPS; i++) {
        page(client, ask, next, SKIPPED, &rows, &next);
        if (!*next)
            break;
        replace_str(&before, xstrdup(next));
    }
    return before;
}

struct result {
    struct measure measure;
    double ratio;
    char *name;
};

static char *describe(const struct ask *ask, size_t rows)
{
    struct buf text = BUF_INIT;
    const char *const parts[] = {ask->rp, ask->type, ask->state, ask->search};
    for (size_t i = 0; i < ELEMENTSOF(parts); i++)
        if (parts[i])
            buf_printf(&text, "%s, ", parts[i]);
    if (ask->since_days)
        buf_printf(&text, "%d days, ", ask->since_days - ask->until_days);
    buf_printf(&text, "by %s%s, %zu rows", ask->sort ? ask->sort : "lot", ask->descending ? " down" : "",
               rows);
    return buf_steal(&text, NULL);
}

static struct result measure_ask(struct bus_client *client, struct bus_client *bare, const struct ask *ask)
{
    struct result result = {0};
    size_t rows = 0;
    _cleanup_free_ char *next = NULL;
    _cleanup_free_ char *cursor = ask->group == LATER ? far_cursor(client, ask) : xstrdup("");
    page(client, ask, cursor, PAGE, &rows, &next); /* warm */
    int rounds = ask->group == SORT ? 3 : ROUNDS;
    double ratios[ROUNDS];
    for (int i = 0; i < rounds; i++) {
        double baseline = bare_read(bare, BARE) / BARE;
        measure_note(&result.measure, page(client, ask, cursor, PAGE, &rows, &next), baseline);
        ratios[i] = result.measure.ours[i] / (ask->group == SORT ? 1 : baseline);
    }
    result.ratio = measure_median(ratios, rounds);
    result.name = describe(ask, rows);
    return result;
}

static void print(const char *name, enum group group, const struct result *result)
{
    double ours = measure_median(result->measure.ours, result->measure.n);
    if (group == SORT)
        printf("{\"name\":\"%s\",\"value\":%.3f,\"figure\":\"%.2f s (%s)\"}\n", name, ours, ours,
               result->name);
    else
        printf("{\"name\":\"%s\",\"ratio\":%.2f,\"figure\":\"%.2f ms (%s)\",\"baseline\":\"%.3f ms\"}\n",
               name, result->ratio, ours * 1e3, result->name,
               measure_median(result->measure.baseline, result->measure.n) * 1e3);
    fflush(stdout);
}

static const struct ask filters[] = {
    {.type = NULL},
    {.rp = "RP"},
    {.type = "baja"},
    {.state = "approved"},
    {.state = "rejected"},
    {.state = "received"},
    {.state = "unsent"},
    {.since_days = 40, .until_days = 33},
    {.since_days = 70, .until_days = 67},
    {.since_days = 400, .until_days = 370},
    {.since_days = 800, .until_days = 435},
    {.since_days = 100, .until_days = 100},
    {.rp = "RP", .since_days = 400, .until_days = 340},
    {.rp = "RP", .type = "baja", .state = "rejected"},
    {.type = "modificacion", .state = "approved", .since_days = 900, .until_days = 870},
};
static const char *const named_sorts[] = {"date", "first-surname", "names", "nss"};
/* Parts of names, numbers and CURPs as people type them: common and rare ones, some that nobody has. */
static const char *const searches[] = {
    "garlo",  "ruiflo", "muño",  "villu",  "sanmara", "garez marero", "99123456",
    "012345", "990012", "GAXH8", "850412", "hurseda", "zzz",          "flores perez",
    "garez",  "zu",     "qx",    "yauz",   "al",      "valuz gojia",  "yax",
    "zux",    "vix",    "xdf",   "0499",   "99",      "h01"};
/* The same words with what else is asked for: only for some of the searches. */
static const struct ask narrowed[] = {
    {.search = "garlo", .rp = "RP"},
    {.search = "yax", .rp = "RP"},
    {.search = "yax", .type = "baja"},
    {.search = "yax", .state = "rejected"},
    {.search = "garez", .state = "unsent"},
    {.search = "yax", .since_days = 400, .until_days = 370},
    {.search = "al", .since_days = 800, .until_days = 435},
    {.search = "zu", .rp = "RP", .since_days = 800},
};
static const char *const other_sorts[] = {
    "lot",     "second-surname", "registration", "type",        "sbc",         "curp",
    "umf",     "guia",           "clave",        "worker-type", "salary-type", "reduced-week",
    "cause",   "state",          "sent",         "received",    "approved",    "rejected",
    "errors",  "extemporaneous", "imss-name",    "deadline",    "answered",    "position",
    "given-up"};

struct asks {
    struct ask *items;
    size_t n;
};

static void add(struct asks *asks, struct ask ask, enum group group, const char *sort, bool descending,
                const char *rp)
{
    asks->items = xreallocarray(asks->items, asks->n + 1, sizeof(*asks->items));
    ask.group = group;
    ask.sort = sort;
    ask.descending = descending;
    ask.rp = ask.rp ? rp : NULL;
    asks->items[asks->n++] = ask;
}

/* By each sort that has a table, and by lots, up and down. */
static void add_search(struct asks *asks, struct ask ask, const char *rp)
{
    for (size_t i = 0; i <= ELEMENTSOF(named_sorts); i++)
        for (int down = 0; down < 2; down++)
            add(asks, ask, SEARCH, i < ELEMENTSOF(named_sorts) ? named_sorts[i] : NULL, down, rp);
}

static struct asks all_asks(const char *rp)
{
    struct asks asks = {0};
    for (size_t i = 0; i < ELEMENTSOF(filters); i++)
        for (size_t j = 0; j < ELEMENTSOF(named_sorts); j++) {
            add(&asks, filters[i], GRID, named_sorts[j], false, rp);
            add(&asks, filters[i], GRID, named_sorts[j], true, rp);
            add(&asks, filters[i], LATER, named_sorts[j], j % 2, rp);
        }
    for (size_t i = 0; i < ELEMENTSOF(searches); i++)
        add_search(&asks, (struct ask){.search = searches[i]}, rp);
    for (size_t i = 0; i < ELEMENTSOF(narrowed); i++)
        add_search(&asks, narrowed[i], rp);
    for (size_t i = 0; i < ELEMENTSOF(other_sorts); i++)
        add(&asks, (struct ask){0}, SORT, other_sorts[i], i % 2, rp);
    return asks;
}

int main(int argc, char **argv)
{
    bool all = argc == 4 && streq(argv[3], "--all");
    if (argc != 3 && !all) {
        fprintf(stderr, "usage: bench-grid ECHO-SERVICE RP [--all]\n");
        return EXIT_FAILURE;
    }
    struct bare *bare = bare_start(argv[1]);
    struct bus_client *ours = bare_connect(NULL);
    struct result slowest[_GROUP_MAX] = {0};
    struct asks asks = all_asks(argv[2]);
    for (size_t i = 0; i < asks.n; i++) {
        struct result result = measure_ask(ours, bare_client(bare), &asks.items[i]);
        struct result *worst = &slowest[asks.items[i].group];
        if (all)
            print(groups[asks.items[i].group], asks.items[i].group, &result);
        if (result.ratio > worst->ratio) {
            free(worst->name);
            *worst = result;
        } else
            free(result.name);
    }
    for (int group = 0; group < _GROUP_MAX; group++) {
        if (!all)
            print(groups[group], (enum group)group, &slowest[group]);
        free(slowest[group].name);
    }
    free(asks.items);
    bus_client_close(ours);
    bare_stop(bare);
    return EXIT_SUCCESS;
}
