/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sys/statvfs.h>

#include "daemon/credentials.h"
#include "daemon/home.h"
#include "daemon/iface.h"
#include "daemon/profiles.h"
#include "daemon/spool.h"

/*
 * Manager.Diagnose: the daemon looks into itself. The database is read by a worker, since a big one takes
 * seconds.
 */

enum { CLOCK_ASK_MS = 3000, DISK_LEAST_MIB = 200, CERTIFICATE_SOON_DAYS = 30 };

struct diagnosis {
    struct daemon *daemon;
    struct bus_call *call;
    char *path, *spool_path;
    struct spool_state spool;
    struct err database, audit;
    enum { CLOCK_UNKNOWN, CLOCK_KEPT, CLOCK_NOT_KEPT } clock;
};

static void write_check(struct bus_writer *w, const char *name, bool ok, const char *text)
{
    bus_open_array(w);
    bus_entry_string(w, "name", name);
    bus_entry_bool(w, "ok", ok);
    bus_entry_string(w, "text", text);
    bus_close(w);
}

static void write_result(struct bus_writer *w, const char *name, const struct err *err, const char *text)
{
    bool ok = err->code == ERR_NONE;
    write_check(w, name, ok, ok ? text : err_text(err));
}

/* ---- keys and certificates ---- */

static void check_sealing_key(struct bus_writer *w, struct daemon *daemon,
                              const struct store_certificate *rows, size_t n)
{
    _cleanup_err_ struct err err = ERR_INIT;
    for (size_t i = 0; i < n && err.code == ERR_NONE; i++) {
        _cleanup_(credential_cleanup) struct credential *credential = NULL;
        credentials_open(daemon->store, daemon->seal, rows[i].id, &credential, &err);
    }
    if (err.code == ERR_SEAL_BROKEN && engine_is_copy(daemon->engine, NULL)) {
        err_clear(&err);
        err_set(&err, ERR_SEAL_BROKEN,
                _("It is not the key that sealed the credentials of this restored copy: put the sealing key "
                  "of the original's "
                  "machine (idsed.key) in its place, see idsed(8), or add the certificates again."));
    }
    if (!daemon->seal)
        write_check(w, "sealing-key", false, credentials_no_key_sentence());
    else
        write_result(w, "sealing-key", &err, _("It is there, and opens every stored credential."));
}

static void judge_certificate(const struct store_certificate *row, int64_t now_us, struct buf *faults)
{
    _cleanup_free_ char *until = time_format_short(row->not_after_us);
    if (row->hold != LOT_HOLD_NONE)
        buf_printf(faults, _("Certificate %lld is held: %s. "), (long long)row->id,
                   str_or_empty(row->hold_text));
    if (row->not_after_us <= now_us)
        buf_printf(faults, _("Certificate %lld expired on %s; add the new one. "), (long long)row->id, until);
    else if (row->not_after_us <= now_us + CERTIFICATE_SOON_DAYS * US_PER_DAY)
        buf_printf(faults, _("Certificate %lld expires on %s; renew it. "), (long long)row->id, until);
}

static void check_certificates(struct bus_writer *w, struct daemon *daemon,
                               const struct store_certificate *rows, size_t n)
{
    _cleanup_buf_ struct buf faults = BUF_INIT;
    int64_t now_us = clock_wall_us(daemon_clock(daemon));
    for (size_t i = 0; i < n; i++)
        judge_certificate(&rows[i], now_us, &faults);
    struct store_rp *rps = NULL;
    size_t n_rps = 0;
    store_rp_list(daemon->store, &rps, &n_rps, NULL);
    for (size_t i = 0; i < n_rps; i++)
        if (rps[i].certificate == 0)
            buf_printf(&faults, _("%s has no certificate; add one with 'idsectl cert add'. "), rps[i].rp);
    if (n_rps == 0)
        buf_add_str(&faults, _("No registro patronal is registered; add one with 'idsectl rp add'."));
    store_rps_free(rps, n_rps);
    _cleanup_free_ char *well = xasprintf(_("%zu in use, none held or about to expire."), n);
    write_check(w, "certificates", faults.len == 0, faults.len ? faults.data : well);
}

/* ---- lots that do not go on by themselves ---- */

static void describe_lot(const struct store_lot *lot, struct buf *text)
{
    long long id = lot->id;
    const char *why = str_or_empty(lot->last_error);
    buf_printf(
        text,
        lot->state == LOT_STATE_UNCERTAIN
            ? _("Nobody knows whether lot %lld of %s arrived (%s): 'idsectl show %lld' says what to do. ")
            : _("The receipts of lot %lld of %s do not add up (%s): 'idsectl show %lld' says what to do. "),
        id, lot->rp, why, id);
}

static void check_lots(struct bus_writer *w, struct daemon *daemon)
{
    enum { SHOWN = 10 };
    const struct store_lot_filter doubtful = {
        .states = 1u << LOT_STATE_UNCERTAIN | 1u << LOT_STATE_QUARANTINED, .held = -1};
    _cleanup_buf_ struct buf text = BUF_INIT;
    _cleanup_err_ struct err err = ERR_INIT;
    uint64_t totals[_LOT_STATE_MAX] = {0}, held;
    struct store_lot *lots = NULL;
    size_t n = 0;
    int r = store_lot_totals(daemon->store, totals, &held, &err);
    if (r >= 0)
        r = store_lot_list(daemon->store, &doubtful, 0, SHOWN, &lots, &n, &err);
    for (size_t i = 0; i < n; i++)
        describe_lot(&lots[i], &text);
    store_lots_free(lots, n);
    uint64_t all = totals[LOT_STATE_UNCERTAIN] + totals[LOT_STATE_QUARANTINED];
    if (all > n)
        buf_printf(&text, _("There are %llu more; see '%s'"), (unsigned long long)(all - n),
                   "idsectl list --state=uncertain,quarantined");
    if (r < 0)
        write_check(w, "lots", false, err_text(&err));
    else
        write_check(w, "lots", n == 0, n ? text.data : _("None is uncertain or quarantined."));
}

/* ---- the portal ---- */

static void check_profile(struct bus_writer *w, struct daemon *daemon)
{
    const struct portal *portal = &daemon->portal;
    bool can_send = portal->ops->can_upload(portal->data);
    _cleanup_free_ char *text = xasprintf(
        can_send ? _("%s, at %s.") : _("%s, at %s, does not know how to send: see 'idsectl profile show'."),
        portal->ops->profile_name(portal->data), profiles_url(daemon->profiles));
    write_check(w, "profile", can_send, text);
}

/* Not often enough yet to count as down. */
static char *failing(const struct engine_portal_state *state)
{
    return xasprintf(
        dngettext(IDSED_TEXTDOMAIN, "It failed %u time in a row: %s. From %u on it counts as down.",
                  "It failed %u times in a row: %s. From %u on it counts as down.", state->failures),
        state->failures, state->text, state->failures_until_down);
}

static void check_portal(struct bus_writer *w, struct daemon *daemon)
{
    struct engine_portal_state state = {0};
    engine_portal_state(daemon->engine, &state);
    bool ok = streq(state.state, "ok"), down = streq(state.state, "down");
    bool unknown = streq(state.state, "unknown");
    _cleanup_free_ char *since = time_format_short(state.since_us);
    _cleanup_free_ char *text =
        state.failures > 0 && (ok || unknown) ? failing(&state)
        : unknown                             ? xstrdup(_("It was not asked for anything yet."))
        : ok                                  ? xasprintf(_("It answers, without a fault since %s."), since)
        : down ? xasprintf(_("It does not answer, since %s: %s"), since, str_or_empty(state.text))
               : xasprintf(_("It answers with pages that are not understood, since %s: %s"), since,
                           str_or_empty(state.text));
    write_check(w, "portal", ok || unknown, text);
}

/* ---- the machine ---- */

static void check_place(struct bus_writer *w, struct daemon *daemon)
{
    struct engine_copy copy;
    bool is_copy = engine_is_copy(daemon->engine, &copy);
    _cleanup_free_ char *what = is_copy ? home_copy_sentence(&copy) : NULL;
    _cleanup_free_ char *text = is_copy ? xasprintf(_("%s Everything is held. Once the original is out of "
                                                      "use, go on with 'idsectl release --restored'."),
                                                    what)
                                        : xstrdup(_("The database is where it was."));
    write_check(w, "original", !is_copy, text);
}

static int64_t newest_lot_us(struct store *store)
{
    const struct store_lot_filter any = {.held = -1};
    struct store_lot *lots = NULL;
    size_t n = 0;
    store_lot_list(store, &any, 0, 1, &lots, &n, NULL);
    int64_t at_us = n ? lots[0].created_us : 0;
    store_lots_free(lots, n);
    return at_us;
}

/* A clock that nobody sets right is worth a word; one that went back is a fault, for deadlines hang on it. */
static void check_clock(struct bus_writer *w, const struct diagnosis *diagnosis)
{
    struct daemon *daemon = diagnosis->daemon;
    int64_t now_us = clock_wall_us(daemon_clock(daemon));
    bool went_back = newest_lot_us(daemon->store) > now_us + US_PER_MIN;
    _cleanup_free_ char *now = time_format_short(now_us);
    bool trusted = engine_clock_trusted(daemon->engine);
    long long off = engine_clock_off_us(daemon->engine) / US_PER_S;
    _cleanup_free_ char *apart = xasprintf(
        _("%s, %+lld s from the portal's clock: deadlines cannot be trusted. Set it right."), now, off);
    _cleanup_free_ char *text = xasprintf(
        went_back ? _("%s, but a lot was submitted later than that: the clock went back. Set it right.")
        : diagnosis->clock == CLOCK_KEPT ? _("%s, kept right over the network.")
        : diagnosis->clock == CLOCK_NOT_KEPT
            ? _("%s; nobody keeps it right. Legal deadlines depend on it: turn on NTP.")
            : _("%s; whether it is kept right cannot be known here. Legal deadlines depend on it."),
        now);
    write_check(w, "clock", !went_back && trusted, went_back || trusted ? text : apart);
}

static void check_disk(struct bus_writer *w, const char *path)
{
    struct statvfs fs;
    if (statvfs(path, &fs) < 0) {
        write_check(w, "disk", false, path);
        return;
    }
    uint64_t mib = (uint64_t)fs.f_bavail * fs.f_frsize >> 20;
    bool ok = mib >= DISK_LEAST_MIB;
    _cleanup_free_ char *text = xasprintf(
        ok ? _("%llu MiB are free.") : _("Only %llu MiB are free; make room."), (unsigned long long)mib);
    write_check(w, "disk", ok, text);
}

/* ---- the spool ---- */

static void check_spool(struct bus_writer *w, struct diagnosis *diagnosis)
{
    struct buf *faults = &diagnosis->spool.faults;
    const char *stuck = spool_stuck(diagnosis->daemon->spool);
    size_t n = diagnosis->spool.folders;
    _cleanup_free_ char *well =
        !*diagnosis->spool_path
            ? xstrdup(_("There is none: no folder gives files to submit."))
            : xasprintf(dngettext(IDSED_TEXTDOMAIN, "Files are taken from %zu folder of %s.",
                                  "Files are taken from %zu folders of %s.", n),
                        n, diagnosis->spool_path);
    if (faults->len == 0 && stuck)
        buf_printf(faults, _("%s: what could not be done is tried again."), stuck);
    write_check(w, "spool", faults->len == 0, faults->len ? faults->data : well);
}

/* ---- the method ---- */

static void diagnosis_free(struct diagnosis *diagnosis)
{
    err_clear(&diagnosis->database);
    err_clear(&diagnosis->audit);
    buf_free(&diagnosis->spool.faults);
    free(diagnosis->path);
    free(diagnosis->spool_path);
    free(diagnosis);
}

static void inspect(void *data)
{
    struct diagnosis *diagnosis = data;
    store_inspect(diagnosis->path, &diagnosis->database, &diagnosis->audit);
    if (*diagnosis->spool_path)
        spool_inspect(diagnosis->spool_path, &diagnosis->spool);
}

static void inspected(void *data)
{
    struct diagnosis *diagnosis = data;
    struct daemon *daemon = diagnosis->daemon;
    struct store_certificate *rows = NULL;
    size_t n = 0;
    store_certificate_list(daemon->store, false, &rows, &n, NULL);
    struct bus_writer *w = bus_call_results(diagnosis->call);
    bus_open_array(w);
    write_result(w, "database", &diagnosis->database, _("Whole."));
    write_result(w, "audit", &diagnosis->audit, _("The chain is whole."));
    check_place(w, daemon);
    check_lots(w, daemon);
    check_sealing_key(w, daemon, rows, n);
    check_certificates(w, daemon, rows, n);
    check_profile(w, daemon);
    check_portal(w, daemon);
    check_clock(w, diagnosis);
    check_disk(w, diagnosis->path);
    check_spool(w, diagnosis);
    bus_close(w);
    store_certificates_free(rows, n);
    answer(daemon, diagnosis->call, 0, NULL);
    diagnosis_free(diagnosis);
}

static void begin(struct diagnosis *diagnosis)
{
    _cleanup_err_ struct err err = ERR_INIT;
    int r = worker_run(diagnosis->daemon->loop, inspect, inspected, diagnosis, &err);
    if (r < 0) {
        answer(diagnosis->daemon, diagnosis->call, r, &err);
        diagnosis_free(diagnosis);
    }
}

static void clock_told(void *data, DBusMessage *reply)
{
    struct diagnosis *diagnosis = data;
    struct bus_reader body, value;
    bool kept;
    bus_reader_init(&body, reply);
    if (dbus_message_has_signature(reply, "v") && bus_read_enter(&body, &value) &&
        bus_read_bool(&value, &kept))
        diagnosis->clock = kept ? CLOCK_KEPT : CLOCK_NOT_KEPT;
    begin(diagnosis);
}

/* The unit forbids to ask the kernel, which is the same call that sets the clock. */
static void ask_about_clock(struct diagnosis *diagnosis)
{
    DBusMessage *message = dbus_message_new_method_call(
        "org.freedesktop.timedate1", "/org/freedesktop/timedate1", DBUS_INTERFACE_PROPERTIES, "Get");
    if (!message)
        abort();
    struct bus_writer w;
    bus_writer_init(&w, message, "ss");
    bus_write_string(&w, "org.freedesktop.timedate1");
    bus_write_string(&w, "NTPSynchronized");
    message = NULL;
    bus_writer_finish(&w, &message, NULL);
    bus_server_ask(diagnosis->daemon->bus, message, CLOCK_ASK_MS, clock_told, diagnosis, NULL);
}

void diagnose(struct bus_call *call, void *data)
{
    struct daemon *daemon = data;
    struct diagnosis *diagnosis = xcalloc(1, sizeof(*diagnosis));
    *diagnosis = (struct diagnosis){.daemon = daemon,
                                    .call = call,
                                    .path = xstrdup(daemon->store_path),
                                    .spool_path = xstrdup(spool_path(daemon->spool))};
    ask_about_clock(diagnosis);
}
