/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "daemon/iface.h"
#include "daemon/movement-rows.h"
#include "daemon/search.h"
#include "idse/date.h"

/* Manager.ListMovements and ReadMovements: the grid, searched and written out by workers. */

enum { LINES_MAX = 20000, SEARCH_TEXT_MAX = 200 };

struct grid {
    struct daemon *daemon;
    struct bus_call *call; /* its message holds the texts of the query */
    struct search_query query;
    const char *rps[BUS_MAX_STRINGS + 1];
    struct movement_rows what;
    bool lines;
    int fd; /* with lines */
    struct bus_writer *results;
    size_t n;
    char *next;
    struct err err;
};

static void grid_free(struct grid *grid)
{
    cleanup_close(&grid->fd);
    err_clear(&grid->err);
    free(grid->next);
    free(grid);
}

/* ---- the filter ---- */

struct filter_options {
    const char *registration, *nss, *type, *search, *sort;
    struct bus_strings registrations, types, states, fields;
    bool descending;
    uint64_t lot;
    uint32_t since, until;
};

static const struct bus_option filter_options[] = {
    {"lot", "t", offsetof(struct filter_options, lot)},
    {"registration", "s", offsetof(struct filter_options, registration)},
    {"registrations", "as", offsetof(struct filter_options, registrations)},
    {"nss", "s", offsetof(struct filter_options, nss)},
    {"type", "s", offsetof(struct filter_options, type)},
    {"types", "as", offsetof(struct filter_options, types)},
    {"states", "as", offsetof(struct filter_options, states)},
    {"since", "u", offsetof(struct filter_options, since)},
    {"until", "u", offsetof(struct filter_options, until)},
    {"search", "s", offsetof(struct filter_options, search)},
    {"sort", "s", offsetof(struct filter_options, sort)},
    {"descending", "b", offsetof(struct filter_options, descending)},
    {"fields", "as", offsetof(struct filter_options, fields)},
};

static int take_rps(struct grid *grid, const struct filter_options *given, struct err *err)
{
    char rp[12];
    size_t n = 0;
    for (size_t i = 0; i < given->registrations.n; i++)
        grid->rps[n++] = given->registrations.item[i];
    if (!str_empty(given->registration))
        grid->rps[n++] = given->registration;
    grid->query.rps = grid->rps;
    grid->query.n_rps = n;
    int r = 0;
    for (size_t i = 0; r >= 0 && i < n; i++)
        r = iface_take_rp(grid->daemon, grid->rps[i], rp, err);
    return r;
}

static int take_type(const char *key, const char *text, uint32_t *ret, struct err *err)
{
    int type = movement_type_from_name(text);
    if (type <= MOVEMENT_NONE)
        return err_set(err, ERR_INVALID_ARGUMENT, _("%s: there is no type '%s'"), key, text);
    *ret |= UINT32_C(1) << type;
    return 0;
}

/* "type" is one of them, as before there were several. */
static int take_types(const struct filter_options *given, uint32_t *ret, struct err *err)
{
    uint32_t types = 0;
    int r = *given->type ? take_type("type", given->type, &types, err) : 0;
    for (size_t i = 0; r >= 0 && i < given->types.n; i++)
        r = take_type("types", given->types.item[i], &types, err);
    if (r >= 0)
        *ret = types;
    return r;
}

static int refuse_sort(const char *text, struct err *err)
{
    _cleanup_buf_ struct buf names = BUF_INIT;
    for (int i = 0; i < _SEARCH_SORT_MAX; i++)
        buf_printf(&names, "%s%s", i > 0 ? ", " : "", search_sort_name((enum search_sort)i));
    return err_set(err, ERR_INVALID_ARGUMENT, _("sort: movements are not sorted by '%s', but by %s"), text,
                   names.data);
}

static int take_sort(const char *text, enum search_sort *ret, struct err *err)
{
    int sort = *text ? search_sort_from_name(text) : SEARCH_SORT_LOT;
    if (sort < 0)
        return refuse_sort(text, err);
    *ret = (enum search_sort)sort;
    return 0;
}

static int take_texts(struct search_query *query, const struct filter_options *given, struct err *err)
{
    int r = *given->nss ? iface_check_nss(given->nss, err) : 0;
    if (r < 0)
        return r;
    if (strlen(given->search) > SEARCH_TEXT_MAX)
        return err_set(err, ERR_INVALID_ARGUMENT, _("search: the text is longer than %d bytes"),
                       SEARCH_TEXT_MAX);
    query->nss = given->nss;
    query->text = given->search;
    return 0;
}

static int check_date(const char *key, uint32_t date, struct err *err)
{
    if (date && (date > INT32_MAX || !date_valid((int32_t)date)))
        return err_set(err, ERR_INVALID_ARGUMENT, _("%s: %u is no day of the calendar (yyyymmdd)"), key,
                       date);
    return 0;
}

static int take_period(struct search_query *query, const struct filter_options *given, struct err *err)
{
    int r = check_date("since", given->since, err);
    if (r >= 0)
        r = check_date("until", given->until, err);
    if (r >= 0)
        r = iface_check_period(given->since, given->until, err);
    query->since = (int32_t)given->since;
    query->until = (int32_t)given->until;
    return r;
}

static int take_lot(struct store *store, uint64_t given, int64_t *ret, struct err *err)
{
    struct store_lot lot = {0};
    int r = given ? store_lot_get(store, iface_number(given), &lot, err) : 0;
    if (r >= 0)
        *ret = lot.id;
    store_lot_free(&lot);
    return r;
}

static int read_filter(struct bus_reader *r, struct grid *grid, struct err *err)
{
    struct filter_options given = {.registration = "", .nss = "", .type = "", .search = "", .sort = ""};
    struct search_query *query = &grid->query;
    int result = bus_read_options(r, filter_options, ELEMENTSOF(filter_options), &given, NULL, err);
    if (result >= 0)
        result = take_rps(grid, &given, err);
    if (result >= 0)
        result = take_lot(grid->daemon->store, given.lot, &query->lot, err);
    if (result >= 0)
        result = take_texts(query, &given, err);
    if (result >= 0)
        result = take_period(query, &given, err);
    if (result >= 0)
        result = take_types(&given, &query->types, err);
    if (result >= 0)
        result = iface_take_states(&given.states, movement_state_from_name, &query->states, err);
    if (result >= 0)
        result = take_sort(given.sort, &query->sort, err);
    if (result >= 0)
        result = movement_rows_fields(&given.fields, &grid->what.fields, err);
    query->descending = given.descending;
    query->calendar = grid->what.calendar;
    query->documents = movement_rows_need_documents(grid->what.fields);
    return result;
}

/* ---- the page ---- */

static int write_lines(struct grid *grid, const struct search_page *page, struct err *err)
{
    _cleanup_buf_ struct buf lines = BUF_INIT;
    movement_rows_lines(&lines, page, &grid->what);
    grid->fd = file_sealed_memory("movements", lines.data, lines.len, err);
    return MIN(grid->fd, 0);
}

/* In a worker, as the marshalling of many rows takes as long as finding them. */
static void search_and_write(void *data, struct search *search)
{
    struct grid *grid = data;
    struct search_page page = {0};
    if (search_page(search, &grid->query, &page, &grid->err) < 0)
        return;
    grid->n = page.n;
    grid->next = STEAL(page.next);
    if (!grid->lines)
        movement_rows_write(grid->results, &page, &grid->what);
    else
        write_lines(grid, &page, &grid->err);
    search_page_free(&page);
}

static void searched(void *data, const struct err *err)
{
    struct grid *grid = data;
    const struct err *fault = err ? err : grid->err.code != ERR_NONE ? &grid->err : NULL;
    if (!fault && grid->lines) {
        bus_write_fd(grid->results, grid->fd);
        bus_write_u32(grid->results, (uint32_t)grid->n);
    }
    if (!fault)
        bus_write_string(grid->results, grid->next);
    answer(grid->daemon, grid->call, fault ? -1 : 0, fault);
    grid_free(grid);
}

static int check_limit(uint32_t limit, bool lines, struct err *err)
{
    if (!lines)
        return iface_check_limit(limit, err);
    if (limit < 1 || limit > LINES_MAX)
        return err_set(err, ERR_INVALID_ARGUMENT, _("limit: %u is not between 1 and %d"), limit, LINES_MAX);
    return 0;
}

static void list(struct daemon *daemon, struct bus_call *call, bool lines)
{
    static const char *const every_page = "";
    struct grid *grid = xcalloc(1, sizeof(*grid));
    *grid = (struct grid){.daemon = daemon,
                          .call = call,
                          .lines = lines,
                          .fd = -1,
                          .query.cursor = every_page,
                          .what.calendar = daemon->law.calendar};
    uint32_t limit = 0;
    struct bus_reader reader;
    bus_call_arguments(call, &reader);
    int r = read_filter(&reader, grid, &grid->err);
    bus_read_string(&reader, &grid->query.cursor);
    bus_read_u32(&reader, &limit);
    grid->query.limit = limit;
    if (r >= 0)
        r = check_limit(limit, lines, &grid->err);
    if (r < 0) {
        answer(daemon, call, r, &grid->err);
        grid_free(grid);
        return;
    }
    grid->results = bus_call_results(call);
    const struct searching searching = {search_and_write, searched, grid};
    searches_run(daemon->searches, bus_call_uid(call), &searching);
}

void list_movements(struct bus_call *call, void *daemon)
{
    list(daemon, call, false);
}

void read_movements(struct bus_call *call, void *daemon)
{
    list(daemon, call, true);
}
