/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/filter.h"

#include "base/buf.h"
#include "base/text.h"
#include "client/cmdline.h"
#include "client/format.h"
#include "client/words.h"
#include "idse/identifier.h"
#include "idse/lot.h"
#include "idse/movement-sort.h"
#include "idse/movement.h"

/* ---- states ---- */

/* The states of what is listed: their stable names, and behind these, in the same order, what tables show. */
struct state_words {
    const char *words[2 * MAX((int)_LOT_STATE_MAX, (int)_MOVEMENT_STATE_MAX) + 1];
    size_t n;
};

static void collect_states(enum listing listing, struct state_words *ret)
{
    bool lots = listing == LISTING_LOTS;
    *ret = (struct state_words){.n = lots ? (size_t)_LOT_STATE_MAX : (size_t)_MOVEMENT_STATE_MAX};
    for (size_t i = 0; i < ret->n; i++) {
        ret->words[i] =
            lots ? lot_state_name((enum lot_state)i) : movement_state_name((enum movement_state)i);
        ret->words[ret->n + i] =
            lots ? lot_state_label((enum lot_state)i) : movement_state_label((enum movement_state)i);
    }
}

/* A table shows it beside the state, but it is a flag. */
static bool is_flag(const char *typed, enum listing listing)
{
    return listing == LISTING_LOTS && (word_is(typed, "held") || word_is(typed, _("held")));
}

static int refuse_state(const char *typed, const struct state_words *states, struct err *err)
{
    _cleanup_buf_ struct buf list = BUF_INIT;
    for (size_t i = 0; i < states->n; i++) {
        const char *name = states->words[i], *label = states->words[states->n + i];
        buf_printf(&list, "%s%s", i ? ", " : "", name);
        if (!word_is(name, label))
            buf_printf(&list, " (%s)", label);
    }
    const char *near = str_nearest(typed, states->words);
    return near ? err_set(err, ERR_USAGE, _("Unknown state '%s'; did you mean '%s'? The states are: %s."),
                          typed, near, list.data)
                : err_set(err, ERR_USAGE, _("Unknown state '%s'. The states are: %s."), typed, list.data);
}

/* Puts the stable names in the place of what was typed. */
static int take_states(char **typed, enum listing listing, struct err *err)
{
    struct state_words states;
    collect_states(listing, &states);
    for (; *typed; typed++) {
        size_t i = 0;
        while (i < 2 * states.n && !word_is(*typed, states.words[i]))
            i++;
        if (i == 2 * states.n && is_flag(*typed, listing))
            return err_set(
                err, ERR_USAGE,
                _("'%s' is no state: give --held for lots that are held, whatever their state is."), *typed);
        if (i == 2 * states.n)
            return refuse_state(*typed, &states, err);
        replace_str(typed, xstrdup(states.words[i % states.n]));
    }
    return 0;
}

uint32_t filter_types(const char *typed)
{
    uint32_t types = 0;
    _cleanup_(strv_cleanup) char **names = typed ? list_split(typed) : NULL;
    for (char **name = names; name && *name; name++)
        types |= UINT32_C(1) << movement_type_from_name(*name);
    return types;
}

/* ---- sorting ---- */

/* People say "name" for surnames and names; the rest are the keys of --json. */
static const struct {
    const char *typed, *name;
} sorts[] = {
#define X(id, name) {name, name},
    {"name", "first-surname"}, MOVEMENT_SORT_TABLE(X)
#undef X
};

const char *filter_sort_column(size_t index, char ret[static 32])
{
    if (index >= ELEMENTSOF(sorts))
        return NULL;
    size_t n = 0;
    for (const char *at = sorts[index].typed; *at && n < 31; at++)
        ret[n++] = *at == '-' ? '_' : *at;
    ret[n] = '\0';
    return ret;
}

static int refuse_sort(const char *typed, struct err *err)
{
    char column[32];
    _cleanup_buf_ struct buf list = BUF_INIT;
    for (size_t i = 0; filter_sort_column(i, column); i++)
        buf_printf(&list, "%s%s", i ? ", " : "", column);
    return err_set(err, ERR_USAGE, _("--sort: there is no column '%s'; there are %s."), typed, list.data);
}

/* Lots come newest first unless told otherwise; who asks for a column gets it rising, whatever it is. */
static bool begins_with_greatest(const char *sort)
{
    return streq(sort, "lot");
}

static int take_sort(const char *typed, struct filter *ret, struct err *err)
{
    const char *colon = strchr(typed, ':');
    if (colon && !streq(colon, ":desc"))
        return err_set(err, ERR_USAGE, _("--sort needs a column, or a column and ':desc', not '%s'."), typed);
    _cleanup_free_ char *column = xstrndup(typed, strcspn(typed, ":"));
    for (size_t i = 0; i < ELEMENTSOF(sorts); i++)
        if (word_is(column, sorts[i].typed)) {
            ret->sort = sorts[i].name;
            ret->descending = (colon != NULL) != begins_with_greatest(ret->sort);
            return 0;
        }
    return refuse_sort(column, err);
}

/* ---- numbers and days ---- */

static int number_option(const struct invocation *inv, enum opt opt, uint64_t least, uint64_t *ret,
                         struct err *err)
{
    const char *typed = inv->value[opt];
    uint64_t number;
    if (!typed)
        return 0;
    if (!str_to_uint(typed, INT64_MAX, &number) || number < least)
        return err_set(err, ERR_USAGE, _("--%s needs a number, not '%s'."), option_table[opt].name, typed);
    *ret = number;
    return 0;
}

static int date_option(const struct invocation *inv, enum opt opt, uint32_t *ret, struct err *err)
{
    if (inv->value[opt] && !parse_date(inv->value[opt], ret))
        return err_set(err, ERR_USAGE, _("--%s needs a date like 2026-11-30, not '%s'."),
                       option_table[opt].name, inv->value[opt]);
    return 0;
}

static int take_numbers(const struct invocation *inv, struct filter *ret, struct err *err)
{
    int r = number_option(inv, OPT_LOT, 1, &ret->lot, err);
    if (r >= 0)
        r = number_option(inv, OPT_LIMIT, 0, &ret->limit, err);
    if (r >= 0)
        r = date_option(inv, OPT_SINCE, &ret->since, err);
    if (r >= 0)
        r = date_option(inv, OPT_UNTIL, &ret->until, err);
    if (r >= 0 && ret->since && ret->until && ret->since > ret->until)
        r = err_set(err, ERR_USAGE, _("--since=%s is later than --until=%s; no day is between them."),
                    inv->value[OPT_SINCE], inv->value[OPT_UNTIL]);
    return r;
}

/* ---- the whole ---- */

/* A variable of a script that is not set must not mean everything. */
static int check_given(const struct invocation *inv, struct err *err)
{
    static const enum opt needed[] = {OPT_RP, OPT_STATE, OPT_NSS, OPT_USER, OPT_SORT};
    for (size_t i = 0; i < ELEMENTSOF(needed); i++) {
        const char *typed = inv->value[needed[i]];
        if (typed && typed[strspn(typed, ", ")] == '\0')
            return err_set(err, ERR_USAGE, _("--%s is given, but empty; leave it out to see everything."),
                           option_table[needed[i]].name);
    }
    return 0;
}

static int check_nss(const char *nss, struct err *err)
{
    if (!nss || nss_verdict(nss) != IDENTIFIER_SHAPE)
        return 0;
    return err_set(err, ERR_USAGE,
                   _("--nss needs an NSS, which has eleven digits, not '%s'; --search finds parts of it."),
                   nss);
}

int filter_read(const struct invocation *inv, enum listing listing, struct filter *ret, struct err *err)
{
    struct filter filter = {
        .rp = inv->value[OPT_RP],
        .held = inv->value[OPT_HELD] != NULL,
        .waiting = inv->value[OPT_WAITING] != NULL,
        .active = inv->value[OPT_ACTIVE] != NULL,
        .nss = inv->value[OPT_NSS],
        .types = filter_types(inv->value[OPT_TYPE]),
        .who = inv->value[OPT_USER],
        .search = inv->value[OPT_SEARCH],
    };
    int r = check_given(inv, err);
    if (r >= 0 && filter.held && filter.waiting)
        r = err_set(err, ERR_USAGE,
                    _("A lot that waits for older ones is not held: give --held or --waiting, not both."));
    if (r >= 0)
        r = check_nss(filter.nss, err);
    if (r >= 0 && inv->value[OPT_SORT])
        r = take_sort(inv->value[OPT_SORT], &filter, err);
    if (r >= 0)
        r = take_numbers(inv, &filter, err);
    if (r < 0)
        return r;
    if (inv->value[OPT_STATE]) {
        _cleanup_(strv_cleanup) char **states = list_split(inv->value[OPT_STATE]);
        r = take_states(states, listing, err);
        if (r < 0)
            return r;
        filter.states = STEAL(states);
    }
    *ret = filter;
    return 0;
}
