/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "daemon/iface.h"

/* Manager.ListWorkers: what movements make of workers. */

enum { MOST_MOVEMENTS = 2000 }; /* that one call looks at; a few milliseconds */

struct filter {
    const char *registration;
    bool active;
};

static const struct bus_option filter_options[] = {
    {"registration", "s", offsetof(struct filter, registration)},
    {"active", "b", offsetof(struct filter, active)},
};

/* "NSS:NUMBER" of the worker behind which the page begins. */
static int read_cursor(const char *text, struct store_worker_cursor *ret, struct err *err)
{
    uint64_t nss = 0, rp = 0;
    const char *colon = strchr(text, ':');
    if (*text == '\0')
        return 0;
    _cleanup_free_ char *first = colon ? xstrndup(text, (size_t)(colon - text)) : NULL;
    if (!colon || !str_to_uint(first, INT64_MAX, &nss) || !str_to_uint(colon + 1, INT64_MAX, &rp))
        return err_set(err, ERR_INVALID_ARGUMENT, _("cursor: '%s' is not one that was given out"), text);
    *ret = (struct store_worker_cursor){(int64_t)nss, (int64_t)rp};
    return 0;
}

static bool is_wanted(const struct filter *filter, const struct store_worker *worker)
{
    return (str_empty(filter->registration) || streq(filter->registration, worker->rp)) &&
           (!filter->active || worker->worker.status == WORKER_ACTIVE);
}

static void write_worker(struct bus_writer *w, const struct store_worker *worker)
{
    bus_open_array(w);
    bus_entry_string(w, "registration", worker->rp);
    bus_entry_string(w, "nss", worker->nss);
    bus_entry_string(w, "first-surname", worker->paterno);
    bus_entry_string(w, "second-surname", worker->materno);
    bus_entry_string(w, "names", worker->nombres);
    bus_entry_string(w, "status", worker_status_name(worker->worker.status));
    bus_entry_u32(w, "since", (uint32_t)worker->worker.since);
    bus_entry_u32(w, "last", (uint32_t)worker->worker.last);
    bus_entry_u32(w, "sbc", (uint32_t)worker->worker.sbc_centavos);
    bus_entry_u32(w, "pending", worker->pending);
    bus_close(w);
}

static int write_page(struct daemon *daemon, struct bus_call *call, const struct filter *filter,
                      const struct store_worker_cursor *after, uint32_t limit, struct err *err)
{
    struct store_worker_cursor next;
    _cleanup_free_ struct store_worker *workers = NULL;
    size_t n = 0;
    int r = store_worker_list(daemon->store, after, MIN(limit, (uint32_t)MOST_MOVEMENTS), &workers, &n, &next,
                              err);
    if (r < 0)
        return r;
    struct bus_writer *w = bus_call_results(call);
    bus_open_array(w);
    for (size_t i = 0; i < n; i++)
        if (is_wanted(filter, &workers[i]))
            write_worker(w, &workers[i]);
    bus_close(w);
    char text[48] = "";
    if (next.nss)
        snprintf(text, sizeof(text), "%" PRId64 ":%" PRId64, next.nss, next.rp);
    bus_write_string(w, text);
    return 0;
}

void list_workers(struct bus_call *call, void *data)
{
    struct daemon *daemon = data;
    _cleanup_err_ struct err err = ERR_INIT;
    struct filter filter = {.registration = ""};
    struct store_worker_cursor after = {0};
    const char *cursor = "";
    char rp[12];
    uint32_t limit = 0;
    struct bus_reader reader;
    bus_call_arguments(call, &reader);
    int r = bus_read_options(&reader, filter_options, ELEMENTSOF(filter_options), &filter, NULL, &err);
    if (r >= 0)
        r = iface_take_rp(daemon, filter.registration, rp, &err);
    if (r >= 0)
        r = iface_read_page(&reader, &cursor, &limit, &err);
    if (r >= 0)
        r = read_cursor(cursor, &after, &err);
    if (r >= 0)
        r = write_page(daemon, call, &filter, &after, limit, &err);
    answer(daemon, call, r, &err);
}
