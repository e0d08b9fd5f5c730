/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/iface.h"
#include "idse/expiry.h"
#include "idse/risk.h"

/* Manager.Overview: how each registro patronal stands, the most pressing first. */

struct standing {
    const struct store_overview *lots;
    const struct store_rp *rp;
    const struct store_certificate *certificate; /* NULL: none */
    int certificate_days;                        /* that are left; 0 where there is none */
    enum risk risk;
};

/* What it is made of, each sorted by its own number or name. */
struct sources {
    struct store_overview *lots;
    struct store_rp *rps;
    struct store_certificate *certificates;
    size_t n_lots, n_rps, n_certificates;
};

static void sources_clear(struct sources *sources)
{
    free(sources->lots);
    store_rps_free(sources->rps, sources->n_rps);
    store_certificates_free(sources->certificates, sources->n_certificates);
}

static int load(struct daemon *daemon, struct sources *ret, struct err *err)
{
    int32_t today = time_to_date(clock_wall_us(daemon_clock(daemon)));
    int r = store_overview_list(daemon->store, today, &ret->lots, &ret->n_lots, err);
    if (r >= 0)
        r = store_rp_list(daemon->store, &ret->rps, &ret->n_rps, err);
    return r < 0
               ? r
               : store_certificate_list(daemon->store, false, &ret->certificates, &ret->n_certificates, err);
}

static const struct store_certificate *find_certificate(const struct sources *sources, int64_t id)
{
    for (size_t i = 0; i < sources->n_certificates; i++)
        if (sources->certificates[i].id == id)
            return &sources->certificates[i];
    return NULL;
}

static void weigh(struct standing *standing, int64_t now_us)
{
    const struct store_overview *lots = standing->lots;
    const struct store_certificate *certificate = standing->certificate;
    standing->certificate_days = certificate ? expiry_days(certificate->not_after_us, now_us) : 0;
    const struct risk_facts facts = {
        .paused = standing->rp->paused,
        .certified = certificate && certificate->hold == LOT_HOLD_NONE,
        .certificate_days = standing->certificate_days,
        .held = (uint64_t)lots->held,
        .uncertain = (uint64_t)lots->uncertain,
        .quarantined = (uint64_t)lots->quarantined,
        .late = (uint64_t)lots->late,
        .due = (uint64_t)lots->due,
        .rejected = (uint64_t)lots->rejected,
        .failed = (uint64_t)lots->failed,
    };
    standing->risk = risk_of(&facts);
}

static int by_risk(const void *a, const void *b)
{
    const struct standing *x = a, *y = b;
    return x->risk != y->risk ? (x->risk < y->risk ? 1 : -1) : strcmp(x->rp->rp, y->rp->rp);
}

static void write_standing(struct bus_writer *w, const struct standing *standing)
{
    const struct store_overview *lots = standing->lots;
    const struct store_certificate *certificate = standing->certificate;
    bus_open_array(w);
    bus_entry_string(w, "registration", standing->rp->rp);
    bus_entry_string(w, "name", standing->rp->name);
    bus_entry_string(w, "risk", risk_name(standing->risk));
    bus_entry_string(w, "risk-text", risk_text(standing->risk));
    bus_entry_u64(w, "certificate", certificate ? (uint64_t)certificate->id : 0);
    bus_entry_i32(w, "certificate-days", standing->certificate_days);
    bus_entry_u64(w, "queued", (uint64_t)lots->queued);
    bus_entry_u64(w, "uncertain", (uint64_t)lots->uncertain);
    bus_entry_u64(w, "received", (uint64_t)lots->received);
    bus_entry_u64(w, "quarantined", (uint64_t)lots->quarantined);
    bus_entry_u64(w, "held", (uint64_t)lots->held);
    bus_entry_string(w, "hold-reason", lot_hold_name(lots->hold));
    bus_entry_u64(w, "late", (uint64_t)lots->late);
    bus_entry_u64(w, "due", (uint64_t)lots->due);
    bus_entry_u64(w, "rejected", (uint64_t)lots->rejected);
    bus_entry_u64(w, "failed", (uint64_t)lots->failed);
    bus_entry_u64(w, "last-success", (uint64_t)lots->success_us);
    bus_close(w);
}

/* Both lists are sorted by registro patronal and of the same instant, so they have the same ones. */
static void write_overview(struct daemon *daemon, const struct sources *sources, struct bus_writer *w)
{
    size_t n = MIN(sources->n_lots, sources->n_rps);
    _cleanup_free_ struct standing *standings = xcalloc(n, sizeof(*standings));
    for (size_t i = 0; i < n; i++) {
        standings[i] =
            (struct standing){.lots = &sources->lots[i],
                              .rp = &sources->rps[i],
                              .certificate = find_certificate(sources, sources->rps[i].certificate)};
        weigh(&standings[i], clock_wall_us(daemon_clock(daemon)));
    }
    if (n > 0)
        qsort(standings, n, sizeof(*standings), by_risk);
    bus_open_array(w);
    for (size_t i = 0; i < n; i++)
        write_standing(w, &standings[i]);
    bus_close(w);
}

void overview(struct bus_call *call, void *data)
{
    struct daemon *daemon = data;
    _cleanup_err_ struct err err = ERR_INIT;
    _cleanup_(sources_clear) struct sources sources = {0};
    int r = load(daemon, &sources, &err);
    if (r >= 0)
        write_overview(daemon, &sources, bus_call_results(call));
    answer(daemon, call, r, &err);
}
