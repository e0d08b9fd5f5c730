/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/text.h"
#include "daemon/iface.h"

/* Manager.ListHistory and VerifyHistory: who did what, and whether the record of it is whole. */

/* ---- listing ---- */

struct history_options {
    uint64_t since, until, lot;
    const char *who;
};

static const struct bus_option history_options[] = {
    {"since", "t", offsetof(struct history_options, since)},
    {"until", "t", offsetof(struct history_options, until)},
    {"who", "s", offsetof(struct history_options, who)},
    {"lot", "t", offsetof(struct history_options, lot)},
};

static void write_record(struct bus_writer *w, const struct store_audit *audit)
{
    bus_open_array(w);
    bus_entry_u64(w, "seq", (uint64_t)audit->seq);
    bus_entry_u64(w, "at", (uint64_t)audit->at_us);
    bus_entry_string(w, "who", audit->who);
    bus_entry_string(w, "action", audit->action);
    bus_entry_string(w, "object", audit->object);
    bus_entry_string(w, "outcome", audit->outcome);
    bus_entry_string(w, "detail", audit->detail);
    bus_entry_string(w, "hash", audit->hash);
    bus_close(w);
}

/* "uid 1000", which need not have done anything yet. */
static bool is_uid(const char *who)
{
    return str_starts(who, "uid ") && str_all_digits(who + 4);
}

/*
 * Who did something is in the history for ever, a user may not have done anything yet; who is neither is unknown.
 * `searched`: the whole history was, and has nothing.
 */
static int check_who(struct store *store, const char *who, bool searched, struct err *err)
{
    const struct store_audit_filter filter = {.who = who};
    struct store_audit *audits = NULL;
    struct store_user user = {0};
    size_t n = 0;
    if (is_uid(who))
        return 0;
    int r = store_user_find(store, who, &user, err);
    store_user_free(&user);
    if (r != 0)
        return r;
    r = searched ? 0 : store_audit_list(store, &filter, 0, 1, &audits, &n, err);
    if (r < 0)
        return r;
    store_audits_free(audits, n);
    return n > 0 ? 0
                 : err_set(err, ERR_UNKNOWN_USER,
                           _("who: nobody called '%s' ever did anything here; the history calls people by "
                             "the e-mail of their user, or 'uid 1000' after their Unix user"),
                           who);
}

/* An empty answer is told from a question that nothing can answer. */
static int check_nothing(struct store *store, const struct store_audit_filter *filter, struct err *err)
{
    struct store_lot lot = {0};
    const bool by_who_alone = !filter->since_us && !filter->until_us && !filter->lot;
    int r = filter->who ? check_who(store, filter->who, by_who_alone, err) : 0;
    if (r < 0 || !filter->lot)
        return r;
    r = store_lot_get(store, filter->lot, &lot, err);
    store_lot_free(&lot);
    return r;
}

static int read_filter(struct bus_reader *reader, struct store_audit_filter *ret, char **ret_who,
                       struct err *err)
{
    struct history_options given = {0};
    int r = bus_read_options(reader, history_options, ELEMENTSOF(history_options), &given, NULL, err);
    if (r >= 0)
        r = iface_check_period(given.since, given.until, err);
    if (r < 0)
        return r;
    if (!str_empty(given.who)) {
        *ret_who = email_fold(given.who);
        if (!*ret_who)
            *ret_who = xstrdup(given.who);
    }
    *ret = (struct store_audit_filter){.since_us = iface_number(given.since),
                                       .until_us = iface_number(given.until),
                                       .who = *ret_who,
                                       .lot = iface_number(given.lot)};
    return 0;
}

static int list(struct daemon *daemon, struct bus_call *call, struct err *err)
{
    struct store_audit_filter filter;
    _cleanup_free_ char *who = NULL;
    struct store_audit *audits = NULL;
    size_t n = 0;
    int64_t cursor = 0;
    uint32_t limit = 0;
    struct bus_reader reader;
    bus_call_arguments(call, &reader);
    int r = read_filter(&reader, &filter, &who, err);
    if (r >= 0)
        r = iface_read_numbered_page(&reader, &cursor, &limit, err);
    if (r >= 0) /* one more than asked for tells whether there is a next page */
        r = store_audit_list(daemon->store, &filter, cursor, limit + 1, &audits, &n, err);
    if (r >= 0 && n == 0 && cursor == 0)
        r = check_nothing(daemon->store, &filter, err);
    if (r < 0)
        return r;
    struct bus_writer *w = bus_call_results(call);
    size_t shown = MIN(n, (size_t)limit);
    bus_open_array(w);
    for (size_t i = 0; i < shown; i++)
        write_record(w, &audits[i]);
    bus_close(w);
    bus_write_u64(w, n > limit ? (uint64_t)audits[shown - 1].seq : 0);
    store_audits_free(audits, n);
    return 0;
}

void list_history(struct bus_call *call, void *daemon)
{
    _cleanup_err_ struct err err = ERR_INIT;
    int r = list(daemon, call, &err);
    answer(daemon, call, r, &err);
}

/* ---- verifying; a worker reads, since the chain grows for ever ---- */

struct verification {
    struct daemon *daemon;
    struct bus_call *call;
    char *path;
    uint64_t records;
    int result;
    struct err err;
};

static void verification_free(struct verification *verification)
{
    err_clear(&verification->err);
    free(verification->path);
    free(verification);
}

static void verify(void *data)
{
    struct verification *v = data;
    v->result = store_audit_inspect(v->path, &v->records, &v->err);
}

static void verified(void *data)
{
    struct verification *v = data;
    bool broken = v->result < 0 && v->err.code == ERR_STORE_CORRUPT;
    if (v->result < 0 && !broken) {
        answer(v->daemon, v->call, v->result, &v->err);
    } else {
        struct bus_writer *w = bus_call_results(v->call);
        bus_write_bool(w, !broken);
        bus_write_string(w, broken ? err_text(&v->err) : _("The chain is whole."));
        bus_write_u64(w, v->records);
        answer(v->daemon, v->call, 0, NULL);
    }
    verification_free(v);
}

void verify_history(struct bus_call *call, void *data)
{
    struct daemon *daemon = data;
    struct verification *v = xcalloc(1, sizeof(*v));
    *v = (struct verification){.daemon = daemon, .call = call, .path = xstrdup(daemon->store_path)};
    int r = worker_run(daemon->loop, verify, verified, v, &v->err);
    if (r < 0) {
        answer(daemon, call, r, &v->err);
        verification_free(v);
    }
}
