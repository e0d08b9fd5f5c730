/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "base/text.h"
#include "daemon/home.h"
#include "daemon/iface.h"
#include "daemon/profiles.h"
#include "daemon/spool.h"

/* ---- ListLots ---- */

struct lot_filter_options {
    const char *registration;
    struct bus_strings states;
    bool held, waiting;
    uint64_t certificate, since, until;
};

enum { LOT_FILTER_HELD = 2 }; /* its place below */
static const struct bus_option lot_filter_options[] = {
    {"registration", "s", offsetof(struct lot_filter_options, registration)},
    {"states", "as", offsetof(struct lot_filter_options, states)},
    {"held", "b", offsetof(struct lot_filter_options, held)},
    {"waiting", "b", offsetof(struct lot_filter_options, waiting)},
    {"certificate", "t", offsetof(struct lot_filter_options, certificate)},
    {"since", "t", offsetof(struct lot_filter_options, since)},
    {"until", "t", offsetof(struct lot_filter_options, until)},
};

/* Only what waits to be sent is held or waits for older lots, and one that is held does not wait for them. */
static int check_flags(const struct store_lot_filter *filter, struct err *err)
{
    uint32_t open = 0;
    for (int state = 0; state < _LOT_STATE_MAX; state++)
        open |= lot_state_final((enum lot_state)state) ? 0 : UINT32_C(1) << state;
    if (filter->held > 0 && filter->waiting)
        return err_set(err, ERR_INVALID_ARGUMENT,
                       _("waiting: a lot that waits for older ones is not held; ask for one of both"));
    if (filter->held > 0 && filter->states && !(filter->states & open))
        return err_set(err, ERR_INVALID_ARGUMENT,
                       _("held: in these states no lot is held, for nothing is to be done any more"));
    if (filter->waiting && filter->states && !(filter->states & UINT32_C(1) << LOT_STATE_QUEUED))
        return err_set(err, ERR_INVALID_ARGUMENT,
                       _("waiting: in these states no lot waits for older ones, only queued ones do"));
    return 0;
}

static int check_certificate(struct store *store, int64_t id, struct err *err)
{
    struct store_certificate certificate = {0};
    int r = id ? store_certificate_get(store, id, &certificate, err) : 0;
    store_certificate_free(&certificate);
    return r;
}

static int read_lot_filter(struct daemon *daemon, struct bus_reader *r, struct store_lot_filter *ret,
                           struct err *err)
{
    struct lot_filter_options given = {.registration = ""};
    uint32_t bits = 0;
    int result = bus_read_options(r, lot_filter_options, ELEMENTSOF(lot_filter_options), &given, &bits, err);
    if (result >= 0)
        result = iface_take_rp(daemon, given.registration, ret->rp, err);
    if (result >= 0)
        result = iface_take_states(&given.states, lot_state_from_name, &ret->states, err);
    if (result >= 0)
        result = iface_check_period(given.since, given.until, err);
    ret->held = bits & (1u << LOT_FILTER_HELD) ? given.held : -1;
    ret->waiting = given.waiting;
    ret->certificate = iface_number(given.certificate);
    ret->since_us = iface_number(given.since);
    ret->until_us = iface_number(given.until);
    if (result >= 0)
        result = check_certificate(daemon->store, ret->certificate, err);
    return result < 0 ? result : check_flags(ret, err);
}

static int list_lots(struct daemon *daemon, struct bus_call *call, struct err *err)
{
    struct store_lot_filter filter = {0};
    struct store_lot *lots = NULL;
    size_t n = 0;
    int64_t cursor = 0;
    uint32_t limit = 0;
    struct bus_reader reader;
    bus_call_arguments(call, &reader);
    int r = read_lot_filter(daemon, &reader, &filter, err);
    if (r >= 0)
        r = iface_read_numbered_page(&reader, &cursor, &limit, err);
    if (r >= 0) /* one more than asked for tells whether there is a next page */
        r = store_lot_list(daemon->store, &filter, cursor, limit + 1, &lots, &n, err);
    if (r < 0)
        return r;
    struct bus_writer *w = bus_call_results(call);
    size_t shown = MIN(n, (size_t)limit);
    bus_open_array(w);
    for (size_t i = 0; i < shown; i++) {
        struct lot_object object = {.daemon = daemon, .lot = lots[i]};
        bus_write_properties(w, &lot_interface, &object, "Receipts");
    }
    bus_close(w);
    bus_write_u64(w, n > limit ? (uint64_t)lots[shown - 1].id : 0);
    store_lots_free(lots, n);
    return 0;
}

/* ---- registrations and certificates ---- */

static int list_registrations(struct daemon *daemon, struct bus_call *call, struct err *err)
{
    struct store_rp *rps = NULL;
    size_t n = 0;
    int r = store_rp_list(daemon->store, &rps, &n, err);
    if (r < 0)
        return r;
    struct bus_writer *w = bus_call_results(call);
    bus_open_array(w);
    for (size_t i = 0; i < n; i++) {
        struct registration_object object = {.daemon = daemon, .rp = rps[i]};
        bus_write_properties(w, &registration_interface, &object, NULL);
    }
    bus_close(w);
    store_rps_free(rps, n);
    return 0;
}

static int list_certificates(struct daemon *daemon, struct bus_call *call, struct err *err)
{
    struct store_certificate *certificates = NULL;
    size_t n = 0;
    int r = store_certificate_list(daemon->store, false, &certificates, &n, err);
    if (r < 0)
        return r;
    struct bus_writer *w = bus_call_results(call);
    bus_open_array(w);
    for (size_t i = 0; i < n; i++) {
        struct certificate_object object = {.daemon = daemon, .certificate = certificates[i]};
        bus_write_properties(w, &certificate_interface, &object, NULL);
    }
    bus_close(w);
    store_certificates_free(certificates, n);
    return 0;
}

/* ---- methods that only look ---- */

typedef int look_fn(struct daemon *daemon, struct bus_call *call, struct err *err);

static void look(struct bus_call *call, void *data, look_fn *fn)
{
    _cleanup_err_ struct err err = ERR_INIT;
    int r = fn(data, call, &err);
    answer(data, call, r, &err);
}

static void manager_list_lots(struct bus_call *call, void *daemon)
{
    look(call, daemon, list_lots);
}

static void manager_list_registrations(struct bus_call *call, void *daemon)
{
    look(call, daemon, list_registrations);
}

static void manager_list_certificates(struct bus_call *call, void *daemon)
{
    look(call, daemon, list_certificates);
}

static void manager_list_profiles(struct bus_call *call, void *daemon)
{
    look(call, daemon, profiles_list);
}

/* ---- acts on the portal ---- */

static void manager_use_profile(struct bus_call *call, void *data)
{
    struct daemon *daemon = data;
    static const struct bus_option options[] = {BUS_OPTION_COMMON};
    const char *name = "";
    struct bus_reader reader;
    bus_call_arguments(call, &reader);
    bus_read_string(&reader, &name);
    struct act *act = act_new(daemon, call, "use-profile", "profile %.64s", name);
    int r = act_options(act, &reader, options, ELEMENTSOF(options), NULL);
    if (r >= 0)
        r = act_write(act);
    if (r >= 0)
        r = profiles_use(daemon, name, &act->err);
    act_end(act, r);
}

static void manager_refresh(struct bus_call *call, void *data)
{
    struct daemon *daemon = data;
    struct act *act = act_new(daemon, call, "refresh", "portal");
    int r = iface_no_options(act);
    if (r >= 0)
        r = act_write(act);
    if (r >= 0)
        r = engine_refresh(daemon->engine, &act->err);
    act_end(act, r);
}

static void manager_release_copy(struct bus_call *call, void *data)
{
    struct daemon *daemon = data;
    struct act *act = act_new(daemon, call, "release-copy", "database");
    int r = iface_no_options(act);
    if (r >= 0)
        r = act_write(act);
    if (r >= 0)
        r = engine_release_copy(daemon->engine, &act->err);
    act_end(act, r);
}

/* ---- properties ---- */

static void get_restored(struct bus_writer *w, const struct bus_property *property, void *daemon)
{
    struct engine_copy copy;
    bus_write_u64(w, engine_is_copy(((struct daemon *)daemon)->engine, &copy) ? (uint64_t)copy.since_us : 0);
}

static void get_restored_text(struct bus_writer *w, const struct bus_property *property, void *daemon)
{
    struct engine_copy copy;
    _cleanup_free_ char *text = NULL;
    if (engine_is_copy(((struct daemon *)daemon)->engine, &copy))
        text = home_copy_sentence(&copy);
    bus_write_string(w, text);
}

static void get_version(struct bus_writer *w, const struct bus_property *property, void *object)
{
    bus_write_string(w, IDSED_VERSION);
}

static struct engine_portal_state portal_state(const struct daemon *daemon)
{
    struct engine_portal_state state = {0};
    engine_portal_state(daemon->engine, &state);
    return state;
}

static void get_portal_state(struct bus_writer *w, const struct bus_property *property, void *daemon)
{
    bus_write_string(w, portal_state(daemon).state);
}

static void get_portal_text(struct bus_writer *w, const struct bus_property *property, void *daemon)
{
    bus_write_string(w, portal_state(daemon).text);
}

static void get_portal_since(struct bus_writer *w, const struct bus_property *property, void *daemon)
{
    bus_write_u64(w, (uint64_t)portal_state(daemon).since_us);
}

static void get_portal_failures(struct bus_writer *w, const struct bus_property *property, void *daemon)
{
    bus_write_u32(w, portal_state(daemon).failures);
}

static void get_next_visit(struct bus_writer *w, const struct bus_property *property, void *daemon)
{
    bus_write_u64(w, (uint64_t)engine_next_visit_us(((struct daemon *)daemon)->engine));
}

static void get_profile(struct bus_writer *w, const struct bus_property *property, void *object)
{
    const struct portal *portal = &((struct daemon *)object)->portal;
    bus_write_string(w, portal->ops->profile_name(portal->data));
}

static void get_can_send(struct bus_writer *w, const struct bus_property *property, void *object)
{
    const struct portal *portal = &((struct daemon *)object)->portal;
    bus_write_bool(w, portal->ops->can_upload(portal->data));
}

static void get_lot_counts(struct bus_writer *w, const struct bus_property *property, void *daemon)
{
    uint64_t totals[_LOT_STATE_MAX] = {0}, held = 0;
    store_lot_totals(((struct daemon *)daemon)->store, totals, &held, NULL);
    bus_open_array(w);
    for (int state = 0; state < _LOT_STATE_MAX; state++) {
        if (totals[state] == 0)
            continue;
        bus_open_dict_entry(w);
        bus_write_string(w, lot_state_name((enum lot_state)state));
        bus_write_u64(w, totals[state]);
        bus_close(w);
    }
    bus_close(w);
}

static void get_held_count(struct bus_writer *w, const struct bus_property *property, void *daemon)
{
    uint64_t totals[_LOT_STATE_MAX], held = 0;
    store_lot_totals(((struct daemon *)daemon)->store, totals, &held, NULL);
    bus_write_u64(w, held);
}

static void get_waiting_count(struct bus_writer *w, const struct bus_property *property, void *daemon)
{
    uint64_t waiting = 0;
    store_lot_waiting(((struct daemon *)daemon)->store, &waiting, NULL);
    bus_write_u64(w, waiting);
}

static void get_movement_count(struct bus_writer *w, const struct bus_property *property, void *daemon)
{
    uint64_t count = 0;
    store_movement_count(((struct daemon *)daemon)->store, &count, NULL);
    bus_write_u64(w, count);
}

static void get_clock_trusted(struct bus_writer *w, const struct bus_property *property, void *daemon)
{
    bus_write_bool(w, engine_clock_trusted(((struct daemon *)daemon)->engine));
}

static void get_clock_offset(struct bus_writer *w, const struct bus_property *property, void *daemon)
{
    int64_t seconds = engine_clock_off_us(((struct daemon *)daemon)->engine) / US_PER_S;
    bus_write_i32(w, (int32_t)CLAMP(seconds, INT32_MIN, INT32_MAX));
}

static void get_spool(struct bus_writer *w, const struct bus_property *property, void *daemon)
{
    bus_write_string(w, spool_path(((struct daemon *)daemon)->spool));
}

static void get_default_user(struct bus_writer *w, const struct bus_property *property, void *daemon)
{
    _cleanup_free_ char *email = NULL;
    store_user_default(((struct daemon *)daemon)->store, &email, NULL);
    bus_write_string(w, email);
}

static const struct bus_property properties[] = {
    {"Version", "s", BUS_EMITS_CONST, get_version},
    {"PortalState", "s", BUS_EMITS_CHANGE, get_portal_state},
    {"PortalText", "s", BUS_EMITS_CHANGE, get_portal_text},
    {"PortalSince", "t", BUS_EMITS_CHANGE, get_portal_since},
    {"PortalFailures", "u", BUS_EMITS_CHANGE, get_portal_failures},
    {"NextVisit", "t", BUS_EMITS_NOTHING, get_next_visit},
    {"Profile", "s", BUS_EMITS_CHANGE, get_profile},
    {"CanSend", "b", BUS_EMITS_CHANGE, get_can_send},
    {"Restored", "t", BUS_EMITS_CHANGE, get_restored},
    {"RestoredText", "s", BUS_EMITS_CHANGE, get_restored_text},
    {"LotCounts", "a{st}", BUS_EMITS_NOTHING, get_lot_counts},
    {"HeldCount", "t", BUS_EMITS_NOTHING, get_held_count},
    {"WaitingCount", "t", BUS_EMITS_NOTHING, get_waiting_count},
    {"MovementCount", "t", BUS_EMITS_NOTHING, get_movement_count},
    {"ClockTrusted", "b", BUS_EMITS_CHANGE, get_clock_trusted},
    {"ClockOffset", "i", BUS_EMITS_NOTHING, get_clock_offset},
    {"Spool", "s", BUS_EMITS_NOTHING, get_spool},
    {"DefaultUser", "s", BUS_EMITS_NOTHING, get_default_user},
    {0},
};

static const struct bus_method methods[] = {
    {"Submit", "ha{sv}", "aobaa{sv}", "file options lots existing findings", ACTION_SUBMIT, submit},
    {"ListLots", "a{sv}tu", "aa{sv}t", "filter cursor limit lots next", ACTION_SUBMIT, manager_list_lots},
    {"ListMovements", "a{sv}su", "aa{sv}s", "filter cursor limit movements next", ACTION_READ,
     list_movements},
    {"ReadMovements", "a{sv}su", "hus", "filter cursor limit movements count next", ACTION_READ,
     read_movements},
    {"ListWorkers", "a{sv}su", "aa{sv}s", "filter cursor limit workers next", ACTION_READ, list_workers},
    {"ListDue", "a{sv}su", "aa{sv}sb", "filter cursor limit movements next trusted", ACTION_READ, list_due},
    {"ImportReceipt", "ha{sv}", "a{sv}", "file options result", ACTION_CONTROL, import_receipt},
    {"AddRegistration", "sa{sv}", "o", "rp options registration", ACTION_CONTROL, registration_add},
    {"ListRegistrations", "", "aa{sv}", "registrations", ACTION_READ, manager_list_registrations},
    {"ExportWorker", "sa{sv}", "h", "nss options file", ACTION_SUBMIT, worker_export},
    {"EraseWorker", "sa{sv}", "uuu", "nss options erased kept until", ACTION_USERS, worker_erase},
    {"Overview", "", "aa{sv}", "registrations", ACTION_SUBMIT, overview},
    {"AddCertificate", "sa{sh}asa{sv}", "o", "kind files rps options certificate", ACTION_CREDENTIALS,
     certificate_add},
    {"ListCertificates", "", "aa{sv}", "certificates", ACTION_SUBMIT, manager_list_certificates},
    {"ListProfiles", "", "aa{sv}", "profiles", ACTION_READ, manager_list_profiles},
    {"UseProfile", "sa{sv}", "", "name options", ACTION_CONTROL, manager_use_profile},
    {"Refresh", "a{sv}", "", "options", ACTION_CONTROL, manager_refresh},
    {"Backup", "a{sv}", "ht", "options file size", ACTION_CREDENTIALS, manager_backup},
    {"ReleaseCopy", "a{sv}", "", "options", ACTION_CREDENTIALS, manager_release_copy},
    {"ListHistory", "a{sv}tu", "aa{sv}t", "filter cursor limit records next", ACTION_SUBMIT, list_history},
    {"VerifyHistory", "", "bst", "whole text records", ACTION_READ, verify_history},
    {"ExplainCode", "ss", "aa{sv}", "code language codes", ACTION_READ, explain_code},
    {"AddUser", "sha{sv}", "o", "user password options new_user", ACTION_USERS, user_add},
    {"ListUsers", "", "aa{sv}", "users", ACTION_USERS, user_list},
    {"Register", "sha{sv}", "o", "user password options new_user", NULL, user_register},
    {"LegalTexts", "s", "aa{sv}", "language texts", NULL, user_legal_texts},
    {"Login", "sha{sv}", "sosas", "user password options session object role uncertified", NULL, user_login},
    {"UseSession", "s", "ss", "session user role", NULL, user_use_session},
    {"Logout", "a{sv}", "", "options", NULL, user_logout},
    {"ChangePassword", "shha{sv}", "", "user old_password password options", NULL, user_change_password},
    {"RecoverPassword", "sa{sv}", "", "user options", NULL, user_recover_password},
    {"ResetPassword", "shha{sv}", "", "user code password options", NULL, user_reset_password},
    {"Reindex", "a{sv}", "a{sv}", "options report", ACTION_CONTROL, reindex},
    {"Diagnose", "", "aa{sv}", "checks", ACTION_READ, diagnose},
    {0},
};

static const struct bus_signal signals[] = {
    {"LotAdded", "o", "lot"},
    {"LotChanged", "osb", "lot state held"},
    {"Attention", "oss", "lot what text"},
    {"CertificateExpiring", "ois", "certificate days text"},
    {"DeadlineNear", "oius", "lot days deadline text"},
    {0},
};

const struct bus_interface manager_interface = {
    .name = "mx.idsed1.Manager",
    .methods = methods,
    .properties = properties,
    .signals = signals,
    .read_action = ACTION_READ,
};

static const struct bus_interface *const interfaces[] = {&manager_interface, NULL};

const struct bus_node manager_node = {
    .path = IFACE_ROOT,
    .interfaces = interfaces,
    .missing = ERR_FAILED,
    .object_manager = true,
    .manager_action = ACTION_SUBMIT, /* lots are among them */
};
