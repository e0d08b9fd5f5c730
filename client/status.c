/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/status.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "client/format.h"
#include "client/kinds.h"
#include "client/listing.h"
#include "client/metrics.h"
#include "client/output.h"
#include "client/overview.h"
#include "client/rp.h"
#include "client/terminal.h"
#include "idse/lot.h"

enum { LOTS_SHOWN = 20, WARN_DAYS = 60 };

struct status {
    json_t *manager;
    json_t *held;                    /* lots; the newest */
    json_t *waiting;                 /* … that wait for older ones */
    json_t *uncertain, *quarantined; /* … in these states */
    json_t *overview;                /* what is late or ends today, for each registro patronal */
    json_t *registrations;
    json_t *certificates;
};

static void status_clear(struct status *status)
{
    json_decref(status->manager);
    json_decref(status->held);
    json_decref(status->waiting);
    json_decref(status->uncertain);
    json_decref(status->quarantined);
    json_decref(status->overview);
    json_decref(status->registrations);
    json_decref(status->certificates);
}

/* Lots are asked for only where there are such. Who may only read sees none. */
static int fetch_lots(struct remote *remote, uint64_t count, const struct filter *filter, json_t **ret,
                      struct err *err)
{
    *ret = json_array();
    if (count == 0)
        return 0;
    int r = listing_fetch(remote, LISTING_LOTS, filter, LOTS_SHOWN, listing_collect, *ret, NULL, err);
    if (r >= 0 || err->code != ERR_ACCESS_DENIED)
        return r;
    err_clear(err);
    return 0;
}

static uint64_t count_of(const struct status *status, enum lot_state state)
{
    return row_number(json_object_get(status->manager, "LotCounts"), lot_state_name(state));
}

static int fetch_state(struct remote *remote, enum lot_state state, const struct status *status, json_t **ret,
                       struct err *err)
{
    char *states[] = {(char *)lot_state_name(state), NULL};
    return fetch_lots(remote, count_of(status, state), &(struct filter){.states = states}, ret, err);
}

/* Who may only read sees neither lots nor certificates; the rest is told all the same. */
static int fetch(struct invocation *inv, struct status *status, struct err *err)
{
    struct remote *remote = inv->remote;
    const struct remote_reading readings[] = {
        {DBUS_INTERFACE_PROPERTIES, "GetAll", REMOTE_MANAGER, "a{sv}", &status->manager, false},
        {REMOTE_MANAGER, "ListRegistrations", NULL, "aa{sv}", &status->registrations, false},
        {REMOTE_MANAGER, "ListCertificates", NULL, "aa{sv}", &status->certificates, true},
        {REMOTE_MANAGER, "Overview", NULL, "aa{sv}", &status->overview, true},
    };
    int r = remote_read_all(remote, REMOTE_ROOT, readings, ELEMENTSOF(readings), err);
    if (r < 0)
        return r;
    r = fetch_lots(remote, row_number(status->manager, "HeldCount"), &(struct filter){.held = true},
                   &status->held, err);
    if (r >= 0)
        r = fetch_lots(remote, row_number(status->manager, "WaitingCount"), &(struct filter){.waiting = true},
                       &status->waiting, err);
    if (r >= 0)
        r = fetch_state(remote, LOT_STATE_UNCERTAIN, status, &status->uncertain, err);
    return r < 0 ? r : fetch_state(remote, LOT_STATE_QUARANTINED, status, &status->quarantined, err);
}

/* ---- what it means ---- */

static void advise(json_t *advice, char *text)
{
    json_array_append_new(advice, json_string(text));
    free(text);
}

static bool is_paused(const json_t *rp)
{
    return row_flag(rp, "Paused");
}

json_t *status_advice(const json_t *manager, const json_t *registrations, const json_t *certificates)
{
    json_t *advice = json_array();
    _cleanup_free_ char *lacking = rp_lacking(registrations),
                        *paused = rp_some(registrations, is_paused, " ");
    if (row_number(manager, "Restored"))
        advise(advice,
               xstrdup(_("Once the machine with the original is out of use: idsectl release --restored")));
    if (!row_flag(manager, "CanSend"))
        advise(advice, xasprintf(_("The profile '%s' does not know how to send: see 'idsectl profile show'."),
                                 row_text(manager, "Profile")));
    if (json_array_size(registrations) == 0)
        advise(advice, xstrdup(_("Register a registro patronal: idsectl rp add RP --name TEXT")));
    if (lacking)
        advise(advice, xstrdup(lacking));
    for (size_t i = 0; i < json_array_size(certificates); i++) {
        const json_t *row = json_array_get(certificates, i);
        unsigned long long id = row_number(row, "Id");
        if (row_flag(row, "Held"))
            advise(advice, xasprintf(_("Certificate %llu is not tried again until somebody acts: idsectl "
                                       "cert replace %llu, or, "
                                       "when it was put right at the portal, idsectl cert release %llu"),
                                     id, id, id));
    }
    if (*paused)
        advise(advice, xasprintf(_("Paused; to go on: idsectl rp resume %s"), paused));
    bool ready = json_array_size(registrations) > 0 && json_array_size(certificates) > 0;
    if (ready && json_object_size(json_object_get(manager, "LotCounts")) == 0)
        advise(advice, xstrdup(_("Submit a file of movements: idsectl submit FILE --wait")));
    return advice;
}

json_t *status_due(const json_t *overview)
{
    json_t *due = json_array();
    for (size_t i = 0; i < json_array_size(overview); i++) {
        const json_t *row = json_array_get(overview, i);
        json_int_t late = (json_int_t)row_number(row, "late"), today = (json_int_t)row_number(row, "due");
        if (late || today)
            json_array_append_new(due,
                                  json_pack("{s:s, s:I, s:I}", "registration", row_text(row, "registration"),
                                            "late", late, "today", today));
    }
    return due;
}

json_t *status_expiring(const json_t *certificates, int64_t now_us)
{
    json_t *expiring = json_array();
    for (size_t i = 0; i < json_array_size(certificates); i++) {
        json_t *certificate = json_array_get(certificates, i);
        if ((int64_t)row_number(certificate, "NotAfter") < now_us + WARN_DAYS * US_PER_DAY)
            json_array_append(expiring, certificate);
    }
    return expiring;
}

/* ---- the screen ---- */

static void print_portal(const json_t *manager, int64_t now_us)
{
    static const struct {
        const char *state, *label, *colour;
    } states[] = {
        {"unknown", N_("not asked yet"), ""},
        {"ok", N_("answers"), "\033[32m"},
        {"down", N_("does not answer"), "\033[31m"},
        {"changed", N_("answers with pages that are not understood"), "\033[31m"},
    };
    const char *state = row_text(manager, "PortalState"), *label = state, *paint = "";
    for (size_t i = 0; i < ELEMENTSOF(states); i++)
        if (streq(states[i].state, state)) {
            label = _(states[i].label);
            paint = states[i].colour;
        }
    unsigned long long failures = row_number(manager, "PortalFailures");
    bool unknown = streq(state, "unknown"), failing = failures > 0 && (unknown || streq(state, "ok"));
    if (unknown && failing)
        label = _("no answer yet");
    else if (failing)
        paint = "\033[33m";
    bool coloured = terminal_colours(STDOUT_FILENO) && *paint;
    _cleanup_free_ char *since = field_text(manager, &(struct field){"PortalSince", FIELD_INSTANT});
    const char *text = row_text(manager, "PortalText");
    printf(_("Portal: %s%s%s (profile %s)"), coloured ? paint : "", label, coloured ? "\033[0m" : "",
           row_text(manager, "Profile"));
    if (*since)
        printf(_(", since %s"), since);
    if (failing)
        printf(dngettext(IDSED_TEXTDOMAIN, "; %llu failure in a row, not yet counted as down",
                         "; %llu failures in a row, not yet counted as down", failures),
               failures);
    putchar('\n');
    if (*text && (failing || !streq(state, "ok"))) /* when all is well, what was seen last is no news */
        printf("  %s\n", text);
    int64_t next_us = (int64_t)row_number(manager, "NextVisit");
    _cleanup_free_ char *span = format_span(next_us - now_us);
    if (next_us)
        printf(_("Next visit in %s\n"), span);
}

static void print_clock(const json_t *manager)
{
    if (!row_flag(manager, "ClockTrusted"))
        printf(_("Clock: %+lld s from the portal's; deadlines cannot be trusted before it is set right\n"),
               (long long)json_integer_value(json_object_get(manager, "ClockOffset")));
}

/* "12 accepted, 1 queued", in the order of a lot's life. */
static void print_counts(const json_t *manager)
{
    const json_t *counts = json_object_get(manager, "LotCounts");
    _cleanup_free_ char *movements = format_count(row_number(manager, "MovementCount"));
    printf(_("Lots:"));
    if (json_object_size(counts) == 0)
        printf(_(" none yet"));
    bool first = true;
    for (int state = 0; state < _LOT_STATE_MAX; state++) {
        uint64_t n = row_number(counts, lot_state_name((enum lot_state)state));
        _cleanup_free_ char *number = format_count(n);
        _cleanup_free_ char *text = lot_state_counted((enum lot_state)state, n, number);
        if (n)
            printf("%s %s", first ? "" : ",", text);
        first = first && n == 0;
    }
    printf(_("; movements stored: %s\n"), movements);
}

/* The newest of `total` lots, with what this field says of them; `more` is where the others are found. */
static void print_lots(const char *title, const json_t *lots, const struct field *field, uint64_t total,
                       const char *more)
{
    size_t shown = json_array_size(lots);
    if (total == 0)
        return;
    printf("\n%s\n", title);
    for (size_t i = 0; i < shown; i++) {
        const json_t *lot = json_array_get(lots, i);
        _cleanup_free_ char *text = field_text(lot, field);
        printf(_("  lot %llu (%s): %s\n"), (unsigned long long)row_number(lot, "Id"),
               row_text(lot, "Registration"), text);
    }
    if (total > shown)
        printf(_("  and %llu more; see '%s'\n"), (unsigned long long)(total - shown), more);
}

/* Those that need a person although nothing holds them. */
static void print_doubtful(const struct status *status)
{
    const struct field why = {"LastError", FIELD_TEXT};
    print_lots(_("Lots of which nobody knows whether they arrived ('idsectl show LOT' says what to do):"),
               status->uncertain, &why, count_of(status, LOT_STATE_UNCERTAIN),
               "idsectl list --state=uncertain");
    print_lots(_("Lots whose receipts do not add up ('idsectl show LOT' says what to do):"),
               status->quarantined, &why, count_of(status, LOT_STATE_QUARANTINED),
               "idsectl list --state=quarantined");
}

static void print_due(const json_t *due)
{
    size_t n = json_array_size(due);
    if (n > 0)
        printf("\n%s\n",
               _("Lots whose last legal day is over, or is today; 'idsectl due' shows their movements:"));
    for (size_t i = 0; i < n && i < LOTS_SHOWN; i++) {
        const json_t *row = json_array_get(due, i);
        printf(_("  %s: %llu late, %llu for today\n"), row_text(row, "registration"),
               (unsigned long long)row_number(row, "late"), (unsigned long long)row_number(row, "today"));
    }
    if (n > LOTS_SHOWN)
        printf(_("  and %llu more; see '%s'\n"), (unsigned long long)(n - LOTS_SHOWN),
               "idsectl status --rps");
}

static void print_held(const struct status *status)
{
    print_lots(_("Held lots:"), status->held, &(struct field){"HoldReason", FIELD_HOLD},
               row_number(status->manager, "HeldCount"), "idsectl list --held");
    print_lots(_("Lots that are not sent before older ones with a worker of theirs:"), status->waiting,
               &(struct field){"WaitsFor", FIELD_OLDER}, row_number(status->manager, "WaitingCount"),
               "idsectl list --waiting");
}

static void print_certificates(const json_t *certificates, const json_t *expiring, int64_t now_us)
{
    for (size_t i = 0; i < json_array_size(certificates); i++) {
        const json_t *row = json_array_get(certificates, i);
        if (row_flag(row, "Held"))
            printf(_("\nCertificate %llu (%s) is held:\n  %s\n"), (unsigned long long)row_number(row, "Id"),
                   row_text(row, "Name"), row_text(row, "HoldText"));
        if (streq(row_text(row, "Revocation"), "revoked"))
            printf(_("\nCertificate %llu (%s):\n  %s\n"), (unsigned long long)row_number(row, "Id"),
                   row_text(row, "Name"), row_text(row, "RevocationText"));
    }
    for (size_t i = 0; i < json_array_size(expiring); i++) {
        const json_t *row = json_array_get(expiring, i);
        int64_t end_us = (int64_t)row_number(row, "NotAfter");
        _cleanup_free_ char *date = time_format_short(end_us), *span = format_span(end_us - now_us);
        unsigned long long id = row_number(row, "Id");
        if (end_us <= now_us)
            printf(_("\nCertificate %llu (%s) expired on %.10s.\n"), id, row_text(row, "Name"), date);
        else
            printf(_("\nCertificate %llu (%s) expires on %.10s, in %s.\n"), id, row_text(row, "Name"), date,
                   span);
    }
}

static void print_restored(const json_t *manager)
{
    bool coloured = terminal_colours(STDOUT_FILENO);
    if (row_number(manager, "Restored"))
        printf("%s%s%s %s\n", coloured ? "\033[31m" : "", row_text(manager, "RestoredText"),
               coloured ? "\033[0m" : "", _("Everything is held, and the portal is asked nothing."));
}

static void print_status(const struct status *status, const json_t *due, const json_t *expiring,
                         const json_t *advice, int64_t now_us)
{
    printf("idsed %s\n", row_text(status->manager, "Version"));
    print_restored(status->manager);
    print_portal(status->manager, now_us);
    print_clock(status->manager);
    print_counts(status->manager);
    print_due(due);
    print_doubtful(status);
    print_held(status);
    print_certificates(status->certificates, expiring, now_us);
    if (json_array_size(advice) > 0)
        printf(_("\nWhat to do next:\n"));
    for (size_t i = 0; i < json_array_size(advice); i++)
        printf("  %s\n", json_string_value(json_array_get(advice, i)));
}

int verb_status(struct invocation *inv, struct err *err)
{
    if (inv->value[OPT_RPS])
        return overview_run(inv, err);
    _cleanup_(status_clear) struct status status = {0};
    int r = fetch(inv, &status, err);
    if (r < 0)
        return r;
    if (inv->value[OPT_METRICS]) {
        metrics_print(status.manager, status.registrations, status.certificates);
        return EXIT_STATUS_OK;
    }
    int64_t now_us = clock_wall_us(&clock_system);
    _cleanup_json_ json_t *due = status_due(status.overview);
    _cleanup_json_ json_t *expiring = status_expiring(status.certificates, now_us);
    _cleanup_json_ json_t *advice = status_advice(status.manager, status.registrations, status.certificates);
    if (!inv->value[OPT_JSON]) {
        print_status(&status, due, expiring, advice, now_us);
        return EXIT_STATUS_OK;
    }
    json_t *document = field_json(status.manager, manager_kind);
    json_object_set_new(document, "held", field_json_rows(status.held, lot_kind));
    json_object_set_new(document, "waiting", field_json_rows(status.waiting, lot_kind));
    json_object_set_new(document, "uncertain", field_json_rows(status.uncertain, lot_kind));
    json_object_set_new(document, "quarantined", field_json_rows(status.quarantined, lot_kind));
    json_object_set(document, "due", due);
    json_object_set_new(document, "expiring_certificates", field_json_rows(expiring, certificate_kind));
    json_object_set_new(document, "registrations",
                        json_integer((json_int_t)json_array_size(status.registrations)));
    json_object_set_new(document, "certificates",
                        json_integer((json_int_t)json_array_size(status.certificates)));
    json_object_set(document, "advice", advice);
    output_print_json(document);
    return EXIT_STATUS_OK;
}
