/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/notices.h"

#include "base/log.h"
#include "daemon/hooks.h"
#include "daemon/iface.h"

/* In the order in which they leave: a program hears of an object before it hears of its changes. */
enum news {
    NEWS_ADDED,
    NEWS_CHANGED,
    NEWS_MOVED, /* a lot, to another state; the bus has it among its changes */
    NEWS_REMOVED,
    NEWS_ATTENTION,
    NEWS_EXPIRING,
    NEWS_DEADLINE,
};

struct notice {
    enum news news;
    size_t order; /* in which it was said */
    const struct bus_interface *interface;
    int64_t lot;
    int days; /* NEWS_EXPIRING, NEWS_DEADLINE */
    int32_t deadline;
    int64_t certificate;
    char rp[12];
    const char *state; /* of the lot */
    char path[IFACE_PATH_SIZE];
    char *what, *text;
};

struct notices {
    struct daemon *daemon;
    struct notice *items;
    size_t n, room;
    bool asked; /* for the end of this write turn */
};

struct notices *notices_new(struct daemon *daemon)
{
    struct notices *notices = xcalloc(1, sizeof(*notices));
    notices->daemon = daemon;
    return notices;
}

static void forget(struct notices *notices)
{
    for (size_t i = 0; i < notices->n; i++) {
        free(notices->items[i].what);
        free(notices->items[i].text);
    }
    free(notices->items);
    notices->items = NULL;
    notices->n = notices->room = 0;
    notices->asked = false;
}

struct notices *notices_free(struct notices *notices)
{
    if (notices)
        forget(notices);
    free(notices);
    return NULL;
}

/* ---- sending ---- */

static void tell_properties(struct bus_server *bus, const struct notice *notice)
{
    for (const struct bus_property *property = notice->interface->properties; property->name; property++)
        bus_server_changed(bus, notice->path, notice->interface, property->name);
}

static void tell_lot_added(struct bus_server *bus, const struct notice *notice)
{
    struct bus_writer w;
    bus_signal_begin(IFACE_ROOT, &manager_interface, "LotAdded", &w);
    bus_write_path(&w, notice->path);
    bus_signal_send(bus, &w);
}

static void tell_lot_changed(struct notices *notices, const struct notice *notice)
{
    struct store_lot lot = {0};
    if (store_lot_get(notices->daemon->store, notice->lot, &lot, NULL) < 0)
        return;
    struct bus_writer w;
    bus_signal_begin(IFACE_ROOT, &manager_interface, "LotChanged", &w);
    bus_write_path(&w, notice->path);
    bus_write_string(&w, lot_state_name(lot.state));
    bus_write_bool(&w, lot.hold != LOT_HOLD_NONE);
    bus_signal_send(notices->daemon->bus, &w);
    store_lot_free(&lot);
}

static void tell_attention(struct bus_server *bus, const struct notice *notice)
{
    struct bus_writer w;
    bus_signal_begin(IFACE_ROOT, &manager_interface, "Attention", &w);
    bus_write_path(&w, notice->lot ? notice->path : "/");
    bus_write_string(&w, notice->what);
    bus_write_string(&w, notice->text);
    bus_signal_send(bus, &w);
}

static void tell_expiring(struct bus_server *bus, const struct notice *notice)
{
    struct bus_writer w;
    bus_signal_begin(IFACE_ROOT, &manager_interface, "CertificateExpiring", &w);
    bus_write_path(&w, notice->path);
    bus_write_i32(&w, notice->days);
    bus_write_string(&w, notice->text);
    bus_signal_send(bus, &w);
}

static void tell_deadline(struct bus_server *bus, const struct notice *notice)
{
    struct bus_writer w;
    bus_signal_begin(IFACE_ROOT, &manager_interface, "DeadlineNear", &w);
    bus_write_path(&w, notice->path);
    bus_write_i32(&w, notice->days);
    bus_write_u32(&w, (uint32_t)notice->deadline);
    bus_write_string(&w, notice->text);
    bus_signal_send(bus, &w);
}

static void tell(struct notices *notices, const struct notice *notice)
{
    struct bus_server *bus = notices->daemon->bus;
    switch (notice->news) {
    case NEWS_ADDED:
        bus_server_added(bus, notice->path);
        if (notice->lot)
            tell_lot_added(bus, notice);
        break;
    case NEWS_CHANGED:
        tell_properties(bus, notice);
        if (notice->lot)
            tell_lot_changed(notices, notice);
        break;
    case NEWS_MOVED:
        break;
    case NEWS_REMOVED:
        bus_server_removed(bus, notice->path);
        break;
    case NEWS_ATTENTION:
        tell_attention(bus, notice);
        break;
    case NEWS_EXPIRING:
        tell_expiring(bus, notice);
        break;
    case NEWS_DEADLINE:
        tell_deadline(bus, notice);
        break;
    }
}

/* Is each of them told, in the order in which they were said, whatever it is about? */
static bool is_event(enum news news)
{
    return news == NEWS_MOVED || news == NEWS_ATTENTION || news == NEWS_DEADLINE;
}

static void tell_hooks(struct hooks *hooks, const struct notice *notice)
{
    const struct hook_event event = {
        .event = notice->news == NEWS_MOVED      ? "lot-state"
                 : notice->news == NEWS_EXPIRING ? "certificate-expiring"
                                                 : notice->what,
        .lot = notice->lot,
        .rp = notice->rp,
        .state = notice->state,
        .certificate = notice->certificate,
        .days = notice->news == NEWS_EXPIRING || notice->news == NEWS_DEADLINE ? &notice->days : NULL,
        .text = notice->text,
    };
    if (is_event(notice->news) || notice->news == NEWS_EXPIRING)
        hooks_tell(hooks, &event);
}

static int by_news_and_path(const void *a, const void *b)
{
    const struct notice *x = a, *y = b;
    if (x->news != y->news || is_event(x->news))
        return COMPARE(x->news, y->news);
    size_t x_len = strlen(x->path), y_len = strlen(y->path);
    if (x_len != y_len)
        return x_len < y_len ? -1 : 1; /* so that lot 9 comes before lot 10 */
    return strcmp(x->path, y->path);
}

static int by_news_path_and_order(const void *a, const void *b)
{
    const struct notice *x = a, *y = b;
    int c = by_news_and_path(a, b);
    return c != 0 ? c : COMPARE(x->order, y->order);
}

/* Was it said already? What is new is announced as it is now, changes of this turn included. */
static bool is_known(const struct notices *notices, const struct notice *notice)
{
    struct notice birth = *notice;
    birth.news = NEWS_ADDED;
    if (is_event(notice->news))
        return false;
    if (notice > notices->items && by_news_and_path(notice, notice - 1) == 0)
        return true;
    return notice->news == NEWS_CHANGED &&
           bsearch(&birth, notices->items, notices->n, sizeof(birth), by_news_and_path);
}

static void flush(void *data, const struct err *lost)
{
    struct notices *notices = data;
    if (!lost && notices->daemon->bus && notices->n > 0) {
        qsort(notices->items, notices->n, sizeof(*notices->items), by_news_path_and_order);
        for (size_t i = 0; i < notices->n; i++)
            if (!is_known(notices, &notices->items[i])) {
                tell(notices, &notices->items[i]);
                tell_hooks(notices->daemon->hooks, &notices->items[i]);
            }
    }
    forget(notices);
}

/* ---- taking note ---- */

static struct notice *note(struct notices *notices, enum news news, const struct bus_interface *interface)
{
    if (!notices->asked) {
        notices->asked = true;
        store_after_commit(notices->daemon->store, flush, notices);
    }
    if (notices->n == notices->room) {
        notices->room = MAX(2 * notices->room, (size_t)16);
        notices->items = xreallocarray(notices->items, notices->room, sizeof(*notices->items));
    }
    struct notice *notice = &notices->items[notices->n];
    *notice = (struct notice){.news = news, .order = notices->n, .interface = interface};
    notices->n++;
    return notice;
}

static void note_lot(struct notices *notices, enum news news, int64_t lot)
{
    struct notice *notice = note(notices, news, &lot_interface);
    notice->lot = lot;
    iface_lot_path(lot, notice->path);
}

void notices_lot_added(struct notices *notices, int64_t lot)
{
    note_lot(notices, NEWS_ADDED, lot);
}

void notices_lot_changed(struct notices *notices, int64_t lot)
{
    note_lot(notices, NEWS_CHANGED, lot);
}

void notices_lot_removed(struct notices *notices, int64_t lot)
{
    note_lot(notices, NEWS_REMOVED, lot);
}

/* In the journal's fields and to hooks: which lot, registro patronal, attempt and certificate; never a worker. */
static void log_lot(int priority, const char *event, const struct store_lot *lot, const char *text)
{
    _cleanup_free_ char *number = xasprintf("%lld", (long long)lot->id);
    _cleanup_free_ char *attempt = xasprintf("%u", lot->attempts);
    _cleanup_free_ char *certificate =
        lot->certificate ? xasprintf("%lld", (long long)lot->certificate) : NULL;
    log_write(priority,
              LOG_FIELDS({"IDSE_EVENT", event}, {"IDSE_LOT", number}, {"IDSE_RP", lot->rp},
                         {"IDSE_ATTEMPT", attempt}, {"IDSE_CERT", certificate},
                         {"IDSE_STATE", lot_state_name(lot->state)}),
              _("lot %lld: %s"), (long long)lot->id, text);
}

static void describe_lot(struct notice *notice, const struct store_lot *lot)
{
    notice->certificate = lot->certificate;
    notice->state = lot_state_name(lot->state);
    memcpy(notice->rp, lot->rp, sizeof(notice->rp));
}

void notices_lot_moved(struct notices *notices, const struct store_lot *lot)
{
    log_lot(LOG_INFO, "lot-state", lot, lot_state_label(lot->state));
    struct notice *notice = note(notices, NEWS_MOVED, &lot_interface);
    notice->lot = lot->id;
    iface_lot_path(lot->id, notice->path);
    describe_lot(notice, lot);
    notice->text = xstrdup(lot_state_label(lot->state));
    if (lot->parent && lot_state_final(lot->state))
        notices_lot_changed(notices, lot->parent); /* CorrectedBy, or movements that are superseded */
}

void notices_certificate_added(struct notices *notices, int64_t certificate)
{
    iface_certificate_path(certificate, note(notices, NEWS_ADDED, &certificate_interface)->path);
}

void notices_certificate_changed(struct notices *notices, int64_t certificate)
{
    iface_certificate_path(certificate, note(notices, NEWS_CHANGED, &certificate_interface)->path);
}

void notices_certificate_removed(struct notices *notices, int64_t certificate)
{
    iface_certificate_path(certificate, note(notices, NEWS_REMOVED, &certificate_interface)->path);
}

void notices_rp_added(struct notices *notices, const char *rp)
{
    iface_registration_path(rp, note(notices, NEWS_ADDED, &registration_interface)->path);
}

void notices_rp_changed(struct notices *notices, const char *rp)
{
    iface_registration_path(rp, note(notices, NEWS_CHANGED, &registration_interface)->path);
}

void notices_rp_removed(struct notices *notices, const char *rp)
{
    iface_registration_path(rp, note(notices, NEWS_REMOVED, &registration_interface)->path);
}

void notices_portal_changed(struct notices *notices)
{
    struct notice *notice = note(notices, NEWS_CHANGED, &manager_interface);
    strcpy(notice->path, IFACE_ROOT);
}

void notices_attention(struct notices *notices, int64_t id, int64_t certificate, const char *what,
                       const char *text)
{
    struct notice *notice = note(notices, NEWS_ATTENTION, &manager_interface);
    struct store_lot lot = {0};
    notice->lot = id;
    notice->certificate = certificate;
    notice->what = xstrdup(what);
    notice->text = xstrdup(text);
    iface_lot_path(id, notice->path);
    if (id && store_lot_get(notices->daemon->store, id, &lot, NULL) >= 0) {
        log_lot(LOG_WARNING, what, &lot, text);
        describe_lot(notice, &lot);
    } else {
        _cleanup_free_ char *number = certificate ? xasprintf("%lld", (long long)certificate) : NULL;
        log_write(LOG_WARNING, LOG_FIELDS({"IDSE_EVENT", what}, {"IDSE_CERT", number}), "%s", text);
    }
    store_lot_free(&lot);
}

void notices_certificate_expiring(struct notices *notices, int64_t certificate, int days, const char *text)
{
    _cleanup_free_ char *number = xasprintf("%lld", (long long)certificate), *left = xasprintf("%d", days);
    log_write(LOG_WARNING,
              LOG_FIELDS({"IDSE_EVENT", "certificate-expiring"}, {"IDSE_CERT", number}, {"IDSE_DAYS", left}),
              "%s", text);
    struct notice *notice = note(notices, NEWS_EXPIRING, &manager_interface);
    iface_certificate_path(certificate, notice->path);
    notice->days = days;
    notice->certificate = certificate;
    notice->text = xstrdup(text);
}

void notices_deadline(struct notices *notices, const struct store_lot *lot, int32_t last, int days,
                      const char *text)
{
    _cleanup_free_ char *number = xasprintf("%lld", (long long)lot->id), *left = xasprintf("%d", days);
    log_write(LOG_WARNING,
              LOG_FIELDS({"IDSE_EVENT", days < 0 ? "deadline-missed" : "deadline-near"}, {"IDSE_LOT", number},
                         {"IDSE_RP", lot->rp}, {"IDSE_DAYS", left},
                         {"IDSE_STATE", lot_state_name(lot->state)}),
              "%s", text);
    struct notice *notice = note(notices, NEWS_DEADLINE, &manager_interface);
    iface_lot_path(lot->id, notice->path);
    describe_lot(notice, lot);
    notice->lot = lot->id;
    notice->days = days;
    notice->deadline = last;
    notice->what = xstrdup(days < 0 ? "deadline-missed" : "deadline-near");
    notice->text = xstrdup(text);
}
