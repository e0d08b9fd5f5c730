/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/reindex.h"

#include "daemon/iface.h"

/* Manager.Reindex: the engine does it; here it becomes an act, which ends when all lots were looked at. */

static void write_report(struct bus_writer *w, const struct engine_reindex_report *report)
{
    bus_open_array(w);
    bus_entry_u64(w, "lots", report->lots);
    bus_entry_u64(w, "equal", report->equal);
    bus_entry_u64(w, "repaired", report->repaired);
    bus_entry_u64(w, "faults", report->faults);
    bus_open_entry(w, "differences", "a(ts)");
    bus_open_array(w);
    for (size_t i = 0; i < report->n_entries; i++) {
        bus_open_struct(w);
        bus_write_u64(w, (uint64_t)report->entries[i].lot);
        bus_write_string(w, report->entries[i].text);
        bus_close(w);
    }
    bus_close(w);
    bus_close_entry(w);
    bus_close(w);
}

static void done(void *data, const struct engine_reindex_report *report, const struct err *err)
{
    struct daemon *daemon = data;
    struct act *act = daemon->reindexing;
    daemon->reindexing = NULL;
    if (!err)
        write_report(bus_call_results(act->call), report);
    act->detail = xasprintf("{\"lots\":%llu,\"equal\":%llu,\"repaired\":%llu,\"faults\":%llu}",
                            (unsigned long long)report->lots, (unsigned long long)report->equal,
                            (unsigned long long)report->repaired, (unsigned long long)report->faults);
    act_end(act, err ? err_set(&act->err, err->code, "%s", err_text(err)) : 0);
}

void reindex(struct bus_call *call, void *data)
{
    struct daemon *daemon = data;
    struct act *act = act_new(daemon, call, "reindex", "index");
    int r = iface_no_options(act);
    if (r >= 0)
        r = engine_reindex(daemon->engine, act->who, done, daemon, &act->err);
    if (r < 0)
        act_end(act, r);
    else
        daemon->reindexing = act;
}

void reindex_stop(struct daemon *daemon)
{
    struct act *act = daemon->reindexing;
    if (!act)
        return;
    daemon->reindexing = NULL;
    engine_reindex_stop(daemon->engine);
    act_end(act, err_set(&act->err, ERR_BUSY, _("the daemon is stopping; what was put right so far stays")));
}
