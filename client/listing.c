/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/listing.h"
#include "client/output.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"
#include "client/cmdline.h"
#include "client/kinds.h"
#include "idse/movement.h"

enum { PAGE = 1000, DEFAULT_LIMIT = 1000 };

static const struct {
    const char *method, *signature, *expect, *nothing;
    const struct field *kind;
} listings[] = {
    [LISTING_LOTS] = {"ListLots", "a{sv}tu", "aa{sv}t", N_("There are no such lots."), lot_kind},
    [LISTING_MOVEMENTS] = {"ListMovements", "a{sv}su", "aa{sv}s", N_("There are no such movements."),
                           movement_kind},
    [LISTING_WORKERS] = {"ListWorkers", "a{sv}su", "aa{sv}s", N_("There are no such workers."), worker_kind},
    [LISTING_HISTORY] = {"ListHistory", "a{sv}tu", "aa{sv}t", N_("There is no such record."), history_kind},
};

/* ---- fetching ---- */

static size_t strv_length(char *const *list)
{
    size_t n = 0;
    while (list[n])
        n++;
    return n;
}

static void write_rps(struct bus_writer *w, enum listing listing, const char *given)
{
    _cleanup_free_ char *upper = str_ascii_upper(xstrdup(given));
    if (listing != LISTING_MOVEMENTS || !strchr(upper, ',')) {
        bus_entry_string(w, "registration", upper);
        return;
    }
    _cleanup_(strv_cleanup) char **rps = list_split(upper);
    bus_entry_strings(w, "registrations", (const char *const *)rps, strv_length(rps));
}

static void write_types(struct bus_writer *w, uint32_t types)
{
    const char *names[32];
    size_t n = 0;
    for (unsigned type = 0; type < ELEMENTSOF(names); type++)
        if (types >> type & 1)
            names[n++] = movement_type_name((enum movement_type)type);
    if (n == 1)
        bus_entry_string(w, "type", names[0]);
    else
        bus_entry_strings(w, "types", names, n);
}

/* Movements are filtered by dates, the others by instants. */
static void write_period(struct bus_writer *w, enum listing listing, const struct filter *filter)
{
    if (listing == LISTING_MOVEMENTS) {
        if (filter->since)
            bus_entry_u32(w, "since", filter->since);
        if (filter->until)
            bus_entry_u32(w, "until", filter->until);
        return;
    }
    if (filter->since)
        bus_entry_u64(w, "since", (uint64_t)time_from_date((int32_t)filter->since, 0));
    if (filter->until)
        bus_entry_u64(w, "until", (uint64_t)(time_from_date((int32_t)filter->until, 24 * 60) - 1));
}

void listing_write_filter(struct bus_writer *w, enum listing listing, const struct filter *filter,
                          const char *const *fields, size_t n_fields)
{
    bus_open_array(w);
    if (filter->rp)
        write_rps(w, listing, filter->rp);
    if (filter->states)
        bus_entry_strings(w, "states", (const char *const *)filter->states, strv_length(filter->states));
    if (n_fields > 0)
        bus_entry_strings(w, "fields", fields, n_fields);
    if (filter->search)
        bus_entry_string(w, "search", filter->search);
    if (filter->sort)
        bus_entry_string(w, "sort", filter->sort);
    if (filter->descending)
        bus_entry_bool(w, "descending", true);
    if (filter->held)
        bus_entry_bool(w, "held", true);
    if (filter->waiting)
        bus_entry_bool(w, "waiting", true);
    if (filter->active)
        bus_entry_bool(w, "active", true);
    if (filter->nss)
        bus_entry_string(w, "nss", filter->nss);
    if (filter->types)
        write_types(w, filter->types);
    if (filter->lot)
        bus_entry_u64(w, "lot", filter->lot);
    if (filter->who)
        bus_entry_string(w, "who", filter->who);
    write_period(w, listing, filter);
    bus_close(w);
}

/* The reply of one page: its rows and, as JSON, the cursor of the next. */
static int fetch_page(struct remote *remote, enum listing listing, const struct filter *filter,
                      const json_t *cursor, uint32_t limit, json_t **ret, struct err *err)
{
    struct bus_writer w;
    remote_begin(remote, REMOTE_ROOT, REMOTE_MANAGER, listings[listing].method, listings[listing].signature,
                 &w);
    listing_write_filter(&w, listing, filter, NULL, 0);
    if (listing == LISTING_MOVEMENTS || listing == LISTING_WORKERS)
        bus_write_string(&w, json_string_value(cursor));
    else
        bus_write_u64(&w, (uint64_t)json_integer_value(cursor));
    bus_write_u32(&w, limit);
    return remote_call(remote, &w, REMOTE_SHORT, listings[listing].expect, ret, err);
}

static bool last_page(const json_t *cursor)
{
    return json_is_string(cursor) ? str_empty(json_string_value(cursor)) : json_integer_value(cursor) == 0;
}

int listing_fetch(struct remote *remote, enum listing listing, const struct filter *filter, uint64_t limit,
                  listing_sink sink, void *data, bool *ret_more, struct err *err)
{
    _cleanup_json_ json_t *reply = NULL;
    uint64_t left = limit ? limit : UINT64_MAX;
    do {
        _cleanup_json_ json_t *before = STEAL(reply);
        int r = fetch_page(remote, listing, filter, json_array_get(before, 1), (uint32_t)MIN(left, PAGE),
                           &reply, err);
        if (r < 0)
            return r;
        const json_t *rows = json_array_get(reply, 0);
        sink(data, rows);
        left -= MIN(left, json_array_size(rows));
    } while (left > 0 && !last_page(json_array_get(reply, 1)));
    if (ret_more)
        *ret_more = !last_page(json_array_get(reply, 1));
    return 0;
}

void listing_collect(void *data, const json_t *rows)
{
    json_array_extend(data, (json_t *)rows);
}

/* ---- the whole verb ---- */

static void print_rows(void *data, const json_t *rows)
{
    output_rows(data, rows);
}

/* JSON lines: what is kept for years is read one line at a time, also while it still comes. */
int listing_rejected(struct remote *remote, const json_t *lot, json_t *rows, struct err *err)
{
    char *states[] = {(char[]){"rejected"}, NULL};
    struct filter filter = {.lot = row_number(lot, "Id"), .states = states};
    if (row_number(lot, "Rejected") == 0)
        return 0;
    return listing_fetch(remote, LISTING_MOVEMENTS, &filter, 0, listing_collect, rows, NULL, err);
}

static void print_lines(void *data, const json_t *rows)
{
    for (size_t i = 0; i < json_array_size(rows); i++) {
        _cleanup_json_ json_t *object = field_json(json_array_get(rows, i), data);
        json_dumpf(object, stdout, JSON_COMPACT);
        putchar('\n');
    }
}

int listing_run(struct invocation *inv, enum listing listing, struct err *err)
{
    const struct field *kind = listings[listing].kind;
    struct filter filter = {0};
    int r = filter_read(inv, listing, &filter, err);
    if (r < 0)
        return r;
    const uint64_t limit = inv->value[OPT_LIMIT] ? filter.limit : DEFAULT_LIMIT;
    _cleanup_(strv_cleanup) char **states = filter.states;
    bool more = false;
    if (listing == LISTING_HISTORY && inv->value[OPT_JSON]) {
        r = listing_fetch(inv->remote, listing, &filter, limit, print_lines, (void *)kind, &more, err);
    } else {
        struct output *output = output_open(inv, kind, _(listings[listing].nothing));
        r = listing_fetch(inv->remote, listing, &filter, limit, print_rows, output, &more, err);
        output_close(output);
    }
    if (r >= 0 && more)
        output_warn(inv, _("There are more; --limit=N shows N of them, --limit=0 all."));
    return r;
}
