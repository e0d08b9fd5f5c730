/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/clock.h"
#include "base/i18n.h"
#include "base/text.h"
#include "client/kinds.h"
#include "client/output.h"
#include "client/remote.h"
#include "client/verbs.h"
#include "idse/deadline.h"

enum { PAGE = 1000, DEFAULT_LIMIT = 1000 };

/* The words of the contract, most urgent first. */
static const struct {
    const char *word, *label;
    bool needs_somebody;
} urgencies[] = {
    {"late", N_("late"), true},
    {"will-be-late", N_("will be late"), true},
    {"today", N_("today"), true},
    {"soon", N_("soon"), false},
    {"received", N_("at IMSS, not processed"), false},
};

static size_t rank_of(const json_t *row)
{
    size_t rank = 0;
    while (rank < ELEMENTSOF(urgencies) - 1 && !streq(urgencies[rank].word, row_text(row, "urgency")))
        rank++;
    return rank;
}

static int by_urgency(const void *a, const void *b)
{
    static const char *const keys[] = {"deadline", "lot", "position"};
    const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
    if (rank_of(x) != rank_of(y))
        return rank_of(x) < rank_of(y) ? -1 : 1;
    for (size_t i = 0; i < ELEMENTSOF(keys); i++) {
        uint64_t p = row_number(x, keys[i]), q = row_number(y, keys[i]);
        if (p != q)
            return p < q ? -1 : 1;
    }
    return 0;
}

/* The daemon gives lot by lot; here each movement has the place that its own last day gives it. */
static json_t *sort(const json_t *rows)
{
    size_t n = json_array_size(rows);
    _cleanup_free_ json_t **sorted = xcalloc(n, sizeof(*sorted));
    for (size_t i = 0; i < n; i++)
        sorted[i] = json_array_get(rows, i);
    qsort(sorted, n, sizeof(*sorted), by_urgency);
    json_t *result = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append(result, sorted[i]);
    return result;
}

static int fetch(const struct invocation *inv, uint32_t days, json_t *rows, bool *ret_trusted,
                 struct err *err)
{
    _cleanup_free_ char *rp = inv->value[OPT_RP] ? str_ascii_upper(xstrdup(inv->value[OPT_RP])) : NULL;
    _cleanup_free_ char *cursor = xstrdup("");
    do {
        _cleanup_json_ json_t *reply = NULL;
        struct bus_writer w;
        remote_begin(inv->remote, REMOTE_ROOT, REMOTE_MANAGER, "ListDue", "a{sv}su", &w);
        bus_open_array(&w);
        if (rp)
            bus_entry_string(&w, "registration", rp);
        bus_entry_u32(&w, "days", days);
        bus_close(&w);
        bus_write_string(&w, cursor);
        bus_write_u32(&w, PAGE);
        int r = remote_call(inv->remote, &w, REMOTE_SHORT, "aa{sv}sb", &reply, err);
        if (r < 0)
            return r;
        json_array_extend(rows, json_array_get(reply, 0));
        replace_str(&cursor, xstrdup(json_string_value(json_array_get(reply, 1))));
        *ret_trusted = json_is_true(json_array_get(reply, 2));
    } while (*cursor);
    return 0;
}

static int number_option(const struct invocation *inv, enum opt opt, uint64_t most, uint64_t *ret,
                         struct err *err)
{
    if (!inv->value[opt] || str_to_uint(inv->value[opt], most, ret))
        return 0;
    return err_set(err, ERR_USAGE, _("--%s needs a number up to %llu, not '%s'."), option_table[opt].name,
                   (unsigned long long)most, inv->value[opt]);
}

/* In a table the words are those of people. */
static void print_table(const struct invocation *inv, const json_t *rows)
{
    _cleanup_json_ json_t *shown = json_array();
    for (size_t i = 0; i < json_array_size(rows); i++) {
        json_t *row = json_copy(json_array_get(rows, i));
        json_object_set_new(row, "urgency", json_string(_(urgencies[rank_of(row)].label)));
        json_array_append_new(shown, row);
    }
    output_list(inv, due_kind, shown, _("Nothing is due."));
}

/* What keeps a lot beyond its last day is a word of ours, and easily taken back. */
static void print_planned(const struct invocation *inv, const json_t *rows)
{
    uint64_t told = 0;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        uint64_t lot = row_number(row, "lot"), last = row_number(row, "deadline");
        if (lot == told || !deadline_is_sent_late((int32_t)last, (int64_t)row_number(row, "not-before")))
            continue;
        _cleanup_free_ char *when = time_format_short((int64_t)row_number(row, "not-before"));
        output_warn(inv,
                    _("Lot %llu is not to be sent before %s, when a last day of its is over: 'idsectl retry "
                      "%llu' sends it now."),
                    (unsigned long long)lot, when, (unsigned long long)lot);
        told = lot;
    }
}

int verb_due(struct invocation *inv, struct err *err)
{
    uint64_t days = 7, limit = DEFAULT_LIMIT;
    bool trusted = true;
    _cleanup_json_ json_t *rows = json_array();
    int r = number_option(inv, OPT_DAYS, 3650, &days, err);
    if (r >= 0)
        r = number_option(inv, OPT_LIMIT, UINT32_MAX, &limit, err);
    if (r >= 0)
        r = fetch(inv, (uint32_t)days, rows, &trusted, err);
    if (r < 0)
        return r;
    _cleanup_json_ json_t *sorted = sort(rows);
    bool urgent = json_array_size(sorted) > 0 && urgencies[rank_of(json_array_get(sorted, 0))].needs_somebody;
    bool more = limit > 0 && json_array_size(sorted) > limit;
    while (more && json_array_size(sorted) > limit)
        json_array_remove(sorted, json_array_size(sorted) - 1);
    if (inv->value[OPT_JSON])
        output_print_json(
            json_pack("{s:b, s:o}", "trusted", trusted, "movements", field_json_rows(sorted, due_kind)));
    else
        print_table(inv, sorted);
    print_planned(inv, sorted);
    if (!trusted)
        output_warn(
            inv, _("This machine's clock and the portal's differ by more than two minutes: these days cannot "
                   "be trusted before it is set right."));
    if (more)
        output_warn(inv, _("There are more; --limit=N shows N of them, --limit=0 all."));
    return urgent ? EXIT_STATUS_HELD : EXIT_STATUS_OK;
}
