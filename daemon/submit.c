/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/submit.h"

#include <stdio.h>

#include "daemon/approval.h"
#include "daemon/deadlines.h"
#include "daemon/iface.h"
#include "daemon/input.h"
#include "daemon/engine/crash.h"
#include "daemon/notices.h"
#include "daemon/past.h"
#include "idse/correction.h"
#include "idse/date.h"
#include "idse/intake.h"

enum {
    SMALL_BYTES = 64 * 1024, /* at most so many are parsed in the turn of the call */
    SLICE_STEPS = 2000,      /* of store_lot_add() in one turn; a few milliseconds */
    SLICE_WORKERS = 1000,    /* that past_check() looks up in one turn; the like */
    COPIED_AS_A_STEP = 8192, /* bytes of records that store_lot_begin() copies in the time of one */
    NAME_MAX_BYTES = 255,
    UNDER_WAY_BYTES = 192 * 1024 * 1024,
};

#define NOT_BEFORE_MAX_US UINT64_C(253402300799000000)

struct options {
    const char *name; /* of the message */
    bool keep_mixed, allow_duplicate, hold;
    uint64_t not_before; /* 0: as soon as may be */
    int fixes;           /* descriptor of a table of corrections; -1: none */
};

/* What nobody calls for: a file of the spool. It lives until it is told the end. */
struct ordered {
    struct submit_order order;
    struct findings findings;
};

/* What Lot.Correct starts from. */
struct parent {
    int64_t lot; /* 0: nothing is corrected */
    struct buf records;
    uint32_t *rejected; /* positions of its movements that are corrected, in the order of the new lot */
    size_t n_rejected;
};

struct submission {
    struct submissions *all;
    struct act *act;
    struct options options;
    struct ordered *ordered; /* NULL: somebody called */
    struct parent parent;
    struct check_options check;
    struct input input; /* without a descriptor where a lot is corrected as it is */
    bool counted;       /* its bytes are in all->bytes */

    /* made by prepare(), in a worker where the input is large */
    struct intake_rp *rps;
    size_t n_rps;
    struct buf bytes;
    char *key;
    struct intake intake;
    int result;

    bool begun;                   /* it was not here before */
    size_t past;                  /* how many of its events were held against what is stored */
    struct store_intake **stored; /* one for each lot, NULL before it is begun and after it is published */
    size_t at;                    /* the lot that is being stored */
    struct submission *next;
};

struct submissions {
    struct daemon *daemon;
    struct submission *first, **last; /* waiting for their slices */
    struct event *more;
    size_t bytes; /* of files, waiting for a worker or in memory */
    struct intake_rp *rps; /* as they were at this version; submissions have copies, for they may be in a worker */
    size_t n_rps;
    uint64_t rps_version;
};

/* ---- one submission's memory ---- */

static void submission_free(struct submission *s)
{
    for (size_t i = 0; s->stored && i < s->intake.n_lots; i++)
        store_lot_abandon(s->stored[i]);
    if (s->counted)
        s->all->bytes -= s->input.size;
    free(s->stored);
    free(s->rps);
    free(s->key);
    free(s->parent.rejected);
    buf_free(&s->parent.records);
    buf_free(&s->bytes);
    intake_free(&s->intake);
    input_close(&s->input);
    free(s);
}

/*
 * The one way out of a submission. What act_end() undoes comes first, so that the rest is deleted for good.
 */
static void finish(struct submission *s, int r)
{
    if (s->ordered) {
        s->ordered->findings = s->intake.findings;
        s->intake.findings = (struct findings){0};
    }
    act_end(s->act, r);
    submission_free(s);
}

/* ---- reading and checking; touches nothing but the submission, so that a worker can do it ---- */

/* Equal bytes with equal options are the same submission. */
static char *submission_key(const struct submission *s)
{
    char options[64];
    snprintf(options, sizeof(options), "%d %d %d\n", s->options.keep_mixed, s->options.allow_duplicate,
             s->options.hold);
    if (s->parent.lot)
        snprintf(options, sizeof(options), "corrects %lld %d\n", (long long)s->parent.lot, s->options.hold);
    struct digest *digest = digest_new();
    digest_add(digest, options, strlen(options));
    digest_add(digest, s->bytes.data, s->bytes.len);
    return digest_end_hex(digest);
}

/* The bytes become the records of the new lot. */
static int apply_corrections(struct submission *s)
{
    const struct correction correction = {
        .records = s->parent.records.data,
        .n = s->parent.records.len,
        .rejected = s->parent.rejected,
        .n_rejected = s->parent.n_rejected,
        .fixes = s->bytes.data,
        .n_fixes = s->bytes.len,
    };
    _cleanup_buf_ struct buf records = BUF_INIT;
    _cleanup_(findings_free) struct findings findings = {0};
    if (s->parent.n_rejected == 0)
        return err_set(&s->act->err, ERR_WRONG_STATE, _("lot %lld: none of its movements is rejected"),
                       (long long)s->parent.lot);
    int r = correction_apply(&correction, &findings, &records, &s->act->err);
    if (r < 0)
        return r;
    buf_free(&s->bytes);
    buf_take(&s->bytes, &records);
    return 0;
}

/* The folder that a file lies in says whose movements it may have. */
static int check_rps(struct submission *s)
{
    const char *rp = s->ordered ? s->ordered->order.rp : NULL;
    for (size_t i = 0; rp && i < s->intake.n_lots; i++)
        if (!streq(s->intake.lots[i].rp, rp))
            return err_set(&s->act->err, ERR_INVALID_FILE,
                           _("the file has movements of %s, and this is the folder of %s"),
                           s->intake.lots[i].rp, rp);
    return 0;
}

static void prepare(void *data)
{
    struct submission *s = data;
    const struct intake_options options = {
        .rps = s->rps,
        .n_rps = s->n_rps,
        .keep_mixed = s->options.keep_mixed,
        .events = true,
        .check = s->check,
    };
    s->result = s->input.fd < 0 ? 0 : input_read(&s->input, &s->bytes, &s->act->err);
    if (s->result < 0)
        return;
    s->key = submission_key(s);
    if (s->parent.lot)
        s->result = apply_corrections(s);
    if (s->result < 0)
        return;
    s->result = intake_read(s->bytes.data, s->bytes.len, &options, &s->intake, &s->act->err);
    if (s->result >= 0)
        s->result = check_rps(s);
    buf_free(&s->bytes);
}

/* As things are now: the worker that reads the file must not look at what a reload may change. */
static struct check_options check_as_of_now(const struct daemon *daemon)
{
    return (struct check_options){
        .limits = daemon->law.limits,
        .calendar = daemon->law.calendar,
        .today = time_to_date(clock_wall_us(daemon_clock(daemon))),
        .north = daemon->config.minimum_wage == MINIMUM_WAGE_NORTE,
        .allow_future = daemon->config.future_dates == FUTURE_DATES_ALLOW,
    };
}

static int load_rps(struct submissions *all, struct err *err)
{
    struct store_rp *rows = NULL;
    size_t n = 0;
    uint64_t version = store_rp_version(all->daemon->store);
    if (all->rps && all->rps_version == version)
        return 0;
    int r = store_rp_list(all->daemon->store, &rows, &n, err);
    if (r < 0)
        return r;
    free(all->rps);
    all->rps = xcalloc(n, sizeof(*all->rps));
    all->n_rps = n;
    all->rps_version = version;
    for (size_t i = 0; i < n; i++) {
        struct intake_rp *rp = &all->rps[i];
        memcpy(rp->rp, rows[i].rp, sizeof(rp->rp));
        memcpy(rp->guia, rows[i].guia, sizeof(rp->guia));
        rp->enye = rows[i].enye;
    }
    store_rps_free(rows, n);
    return 0;
}

static int list_rps(struct submission *s)
{
    const struct submissions *all = s->all;
    int r = load_rps(s->all, &s->act->err);
    if (r < 0)
        return r;
    s->n_rps = all->n_rps;
    s->rps = xcalloc(s->n_rps, sizeof(*s->rps));
    memcpy(s->rps, all->rps, s->n_rps * sizeof(*s->rps));
    return 0;
}

/* ---- the answer ---- */

static void write_finding(struct bus_writer *w, const struct finding *finding)
{
    bus_open_array(w);
    bus_entry_string(w, "rule", finding->rule);
    bus_entry_string(w, "severity", finding_severity_name(finding->severity));
    bus_entry_u32(w, "line", finding->line);
    bus_entry_u32(w, "column", finding->column);
    bus_entry_string(w, "field", finding->field);
    bus_entry_string(w, "value", finding->value);
    bus_entry_string(w, "text", finding->text);
    bus_entry_string(w, "expected", finding->expected);
    bus_entry_string(w, "fix", finding->fix);
    bus_close(w);
}

static void write_results(struct submission *s, const int64_t *ids, size_t n, bool existing)
{
    if (s->ordered)
        return;
    struct bus_writer *w = bus_call_results(s->act->call);
    bool several = s->parent.lot == 0; /* a correction is one lot */
    if (several)
        bus_open_array(w);
    for (size_t i = 0; i < n; i++) {
        char path[IFACE_PATH_SIZE];
        iface_lot_path(ids[i], path);
        bus_write_path(w, path);
    }
    if (several)
        bus_close(w);
    bus_write_bool(w, existing);
    bus_open_array(w);
    for (size_t i = 0; i < s->intake.findings.n; i++)
        write_finding(w, &s->intake.findings.items[i]);
    bus_close(w);
}

/* What the audit says of it: "lot 7", or "lots 7-9". */
static void name_object(struct act *act, const int64_t *ids, size_t n)
{
    replace_str(&act->object, n == 1 ? xasprintf("lot %lld", (long long)ids[0])
                                     : xasprintf("lots %lld-%lld", (long long)ids[0], (long long)ids[n - 1]));
}

/* To be sent after the last day: that is for people to decide, but not without a word. */
static void warn_of_late_sending(struct submission *s)
{
    int64_t at_us = (int64_t)MIN(s->options.not_before, (uint64_t)INT64_MAX);
    int64_t now_us = clock_wall_us(daemon_clock(s->all->daemon));
    int32_t day = at_us > now_us ? time_to_date(at_us) : 0;
    for (size_t i = 0; i < s->intake.n_lots; i++) {
        char value[DATE_TEXT_SIZE], last[DATE_TEXT_SIZE];
        int32_t deadline = s->intake.lots[i].deadline;
        if (deadline && day > deadline)
            findings_report(&s->intake.findings, RULE_SENT_LATE, 0, 0, NULL, date_text(day, value),
                            date_text(deadline, last));
    }
}

/* In the turn of the lots: whoever ordered them writes what belongs to them. */
static int tell_order(struct submission *s, const int64_t *ids, size_t n, bool existing)
{
    if (!s->ordered)
        return 0;
    const struct submit_order *order = &s->ordered->order;
    return order->taken(order->data, ids, n, existing, &s->intake.findings, &s->act->err);
}

/* ---- was it here before? ---- */

/* Given up or refused by the portal as a whole: it may be submitted again. */
static bool came_to_nothing(struct store *store, int64_t id)
{
    struct store_lot lot = {0};
    if (store_lot_get(store, id, &lot, NULL) < 0)
        return true;
    bool nothing = lot.state == LOT_STATE_CANCELLED || lot.state == LOT_STATE_FAILED;
    store_lot_free(&lot);
    return nothing;
}

/* 1 when it was submitted before, and the results are written; else 0. */
static int find_existing(struct submission *s)
{
    struct store *store = s->all->daemon->store;
    _cleanup_free_ int64_t *ids = NULL;
    size_t n = 0;
    int r = store_submission_find(store, s->key, &ids, &n, &s->act->err);
    if (r <= 0)
        return r;
    bool nothing = true;
    for (size_t i = 0; nothing && i < n; i++)
        nothing = came_to_nothing(store, ids[i]);
    if (nothing)
        return 0;
    r = tell_order(s, ids, n, true);
    if (r < 0)
        return r;
    name_object(s->act, ids, n);
    replace_str(&s->act->detail, xstrdup("{\"existing\":true}"));
    write_results(s, ids, n, true);
    return 1;
}

/* ---- storing ---- */

static int begin_lot(struct submission *s)
{
    const struct intake_lot *part = &s->intake.lots[s->at];
    int64_t now_us = clock_wall_us(daemon_clock(s->all->daemon));
    int64_t not_before_us = (int64_t)MIN(s->options.not_before, (uint64_t)INT64_MAX);
    bool later = not_before_us > now_us;
    struct store_lot lot = {
        .type = part->type,
        .created_us = now_us,
        .created_by = s->act->who,
        .source = (char *)s->options.name,
        .parent = s->parent.lot,
        .not_before_us = later ? not_before_us : 0,
        .deadline = part->deadline,
    };
    if (approval_is_needed(s->all->daemon, part->rp))
        lot.approval = LOT_APPROVAL_NEEDED;
    memcpy(lot.rp, part->rp, sizeof(lot.rp));
    if (s->options.hold) {
        lot.hold = LOT_HOLD_OPERATOR;
        lot.hold_text = (char *)lot_hold_sentence(LOT_HOLD_OPERATOR);
        lot.hold_by = s->act->who;
        lot.hold_us = now_us;
    }
    return store_lot_begin(s->all->daemon->store, &lot, &part->records, s->options.allow_duplicate,
                           &s->stored[s->at], &s->act->err);
}

/* Stores at most about `max` movements: 1 when all are stored, 0 when there are more. */
static int store_some(struct submission *s, size_t max)
{
    while (s->at < s->intake.n_lots) {
        int r = 0;
        if (!s->stored[s->at]) {
            r = begin_lot(s);
            max -= MIN(max, s->intake.lots[s->at].records.len / COPIED_AS_A_STEP);
        }
        int left = r < 0 ? r : store_lot_add(s->stored[s->at], max, &s->act->err);
        if (left < 0)
            return left;
        crash_point(CRASH_INTAKE_BEGUN);
        max -= MIN(max, s->intake.lots[s->at].counts[COUNT_TOTAL]);
        if (left == 0)
            s->at++;
        if (left > 0 || max == 0)
            break;
    }
    return s->at == s->intake.n_lots;
}

static void committed(void *data, const struct err *commit_err)
{
    crash_point(CRASH_SUBMIT_AFTER_COMMIT);
}

/* There is one line of correction: what was rejected again is corrected in the lot that corrected it first. */
static int check_uncorrected(struct submission *s)
{
    int64_t other;
    int r = s->parent.lot ? store_lot_corrected_by(s->all->daemon->store, s->parent.lot, &other, &s->act->err)
                          : 0;
    return r <= 0
               ? r
               : err_set(&s->act->err, ERR_WRONG_STATE,
                         _("lot %lld corrects lot %lld already; what was rejected there is corrected there"),
                         (long long)other, (long long)s->parent.lot);
}

static int publish_correction(struct submission *s, int64_t id)
{
    struct daemon *daemon = s->all->daemon;
    const struct parent *parent = &s->parent;
    if (parent->lot == 0)
        return 0;
    if (s->intake.n_lots != 1 || s->intake.lots[0].counts[COUNT_TOTAL] != parent->n_rejected)
        return err_set(&s->act->err, ERR_FAILED, _("the corrections of lot %lld do not make one lot"),
                       (long long)parent->lot);
    int r = store_lot_set_corrections(daemon->store, id, parent->rejected, parent->n_rejected, &s->act->err);
    if (r >= 0)
        r = engine_lot_corrected(daemon->engine, parent->lot, &s->act->err);
    if (r >= 0)
        notices_lot_changed(daemon->notices, parent->lot);
    return r;
}

/* Writes all that belongs to the lots, which become visible, and enters them into the queue. */
static int publish_lots(struct submission *s, struct store_lot *lots, int64_t *ids)
{
    struct daemon *daemon = s->all->daemon;
    int r = check_uncorrected(s);
    for (size_t i = 0; r >= 0 && i < s->intake.n_lots; i++) {
        r = engine_lot_publish(daemon->engine, s->stored[i], &lots[i], &s->act->err);
        if (r >= 0)
            s->stored[i] = NULL;
        ids[i] = lots[i].id;
    }
    if (r >= 0)
        r = publish_correction(s, ids[0]);
    if (r >= 0)
        r = store_submission_add(daemon->store, s->key, ids, s->intake.n_lots, &s->act->err);
    if (r >= 0)
        r = tell_order(s, ids, s->intake.n_lots, false);
    if (r >= 0)
        deadlines_lot_moved(daemon, &(struct store_lot){.state = LOT_STATE_QUEUED});
    for (size_t i = 0; r >= 0 && i < s->intake.n_lots; i++) {
        notices_lot_added(daemon->notices, ids[i]);
        r = engine_lot_added(daemon->engine, &lots[i], &s->act->err);
    }
    return r;
}

/* All of it is in one write turn with the act's record. */
static int publish(struct submission *s)
{
    struct daemon *daemon = s->all->daemon;
    struct store_lot *lots = xcalloc(s->intake.n_lots, sizeof(*lots));
    _cleanup_free_ int64_t *ids = xcalloc(s->intake.n_lots, sizeof(*ids));
    int r = act_write(s->act);
    if (r >= 0)
        r = publish_lots(s, lots, ids);
    store_lots_free(lots, s->intake.n_lots);
    if (r < 0)
        return r;
    name_object(s->act, ids, s->intake.n_lots);
    write_results(s, ids, s->intake.n_lots, false);
    crash_point(CRASH_SUBMIT_BEFORE_COMMIT);
    store_after_commit(daemon->store, committed, NULL);
    return 0;
}

/* Looks whether it is new: 0 when it is, else what it ends with. */
static int begin(struct submission *s)
{
    int r = find_existing(s);
    if (r == 0)
        r = check_uncorrected(s);
    s->begun = r == 0;
    if (s->begun)
        warn_of_late_sending(s);
    return r;
}

/* A step of the work: 1 when it ends well, 0 when there is more to do. */
static int go_on(struct submission *s)
{
    if (!s->begun) {
        int r = begin(s);
        if (r != 0)
            return r;
    }
    if (s->past < s->intake.n_events) {
        int r = past_check(s->all->daemon->store, s->rps, &s->intake, &s->past, SLICE_WORKERS, &s->act->err);
        if (r != 0)
            return r < 0 ? r : 0;
    }
    if (!s->stored)
        s->stored = xcalloc(s->intake.n_lots, sizeof(struct store_intake *));
    int r = store_some(s, SLICE_STEPS);
    if (r <= 0)
        return r;
    r = publish(s);
    return r < 0 ? r : 1;
}

/* One turn's share of it; true when the submission has ended, and is freed. */
static bool advance(struct submission *s)
{
    int r = go_on(s);
    if (r != 0)
        finish(s, r);
    return r != 0;
}

static void advance_first(evutil_socket_t fd, short what, void *data)
{
    struct submissions *all = data;
    struct submission *s = all->first;
    struct submission *next = s->next;
    if (advance(s)) {
        all->first = next;
        if (!next)
            all->last = &all->first;
    }
    if (all->first)
        event_active(all->more, EV_TIMEOUT, 0);
}

static void enqueue(struct submission *s)
{
    struct submissions *all = s->all;
    if (!all->first)
        event_active(all->more, EV_TIMEOUT, 0);
    *all->last = s;
    all->last = &s->next;
}

static bool is_waiting(const struct submissions *all, const char *key)
{
    for (const struct submission *s = all->first; s; s = s->next)
        if (streq(s->key, key))
            return true;
    return false;
}

static void prepared(void *data)
{
    struct submission *s = data;
    /* What was taken before is there whatever has become of its registration since. */
    int existing = s->result < 0 && s->key && !s->ordered ? find_existing(s) : 0;
    if (existing > 0)
        err_clear(&s->act->err);
    if (s->result < 0)
        finish(s, existing > 0 ? 0 : s->result);
    else if (is_waiting(s->all, s->key) || !advance(s))
        enqueue(s);
}

/* ---- the method ---- */

static int start(struct submission *s)
{
    struct daemon *daemon = s->all->daemon;
    bool whole = s->input.fd < 0; /* nothing is read */
    int r = whole ? 0 : input_check(&s->input, (size_t)daemon->config.max_file_size, &s->act->err);
    if (r >= 0 && s->options.not_before > NOT_BEFORE_MAX_US)
        r = err_set(&s->act->err, ERR_INVALID_ARGUMENT, _("not-before: beyond the year 9999"));
    if (r >= 0 && s->options.name && strlen(s->options.name) > NAME_MAX_BYTES)
        r = err_set(&s->act->err, ERR_INVALID_ARGUMENT, _("name: longer than %d bytes"), NAME_MAX_BYTES);
    if (r >= 0)
        r = list_rps(s);
    if (r < 0)
        return r;
    if ((whole || (s->input.sealed && s->input.size <= SMALL_BYTES)) &&
        s->parent.records.len <= SMALL_BYTES) {
        prepare(s);
        prepared(s);
        return 0;
    }
    if (s->all->bytes + s->input.size > UNDER_WAY_BYTES)
        return err_set(&s->act->err, ERR_BUSY, _("other large files are being read; try again in a moment"));
    r = worker_run(daemon->loop, prepare, prepared, s, &s->act->err);
    if (r >= 0) {
        s->all->bytes += s->input.size;
        s->counted = true;
    }
    return r;
}

void submit(struct bus_call *call, void *data)
{
    static const struct bus_option options[] = {
        {"name", "s", offsetof(struct options, name)},
        {"keep-mixed", "b", offsetof(struct options, keep_mixed)},
        {"allow-duplicate", "b", offsetof(struct options, allow_duplicate)},
        {"hold", "b", offsetof(struct options, hold)},
        {"not-before", "t", offsetof(struct options, not_before)},
        BUS_OPTION_COMMON,
    };
    struct daemon *daemon = data;
    struct submission *s = xcalloc(1, sizeof(*s));
    struct bus_reader reader;
    bus_call_arguments(call, &reader);
    s->all = daemon->submissions;
    s->act = act_new(daemon, call, "submit", "file");
    s->input = INPUT_INIT;
    s->check = check_as_of_now(daemon);
    int r = 0;
    if (!bus_read_fd(&reader, &s->input.fd))
        r = err_set(&s->act->err, ERR_INVALID_FILE, _("there is no descriptor"));
    if (r >= 0)
        r = act_options(s->act, &reader, options, ELEMENTSOF(options), &s->options);
    if (r >= 0)
        r = start(s);
    if (r < 0)
        finish(s, r);
}

/* ---- the same, of a file that nobody hands over ---- */

static void order_ended(void *data, const struct err *err)
{
    struct ordered *ordered = data;
    ordered->order.ended(ordered->order.data, &ordered->findings, err);
    findings_free(&ordered->findings);
    free(ordered);
}

void submit_ordered(struct daemon *daemon, const struct submit_order *order)
{
    struct submission *s = xcalloc(1, sizeof(*s));
    s->all = daemon->submissions;
    s->ordered = xcalloc(1, sizeof(*s->ordered));
    s->ordered->order = *order;
    s->act = act_new_for(daemon, order->who, "submit", "file", order_ended, s->ordered);
    s->input = INPUT_INIT;
    s->input.fd = order->fd;
    s->options.name = order->name;
    s->check = check_as_of_now(daemon);
    int r = start(s);
    if (r < 0)
        finish(s, r);
}

/* ---- the same, from what was rejected of a lot ---- */

static int load_parent(struct submission *s, const struct store_lot *lot)
{
    struct store *store = s->all->daemon->store;
    struct err *err = &s->act->err;
    if (lot->state != LOT_STATE_PARTIAL && lot->state != LOT_STATE_REJECTED)
        return err_set(err, ERR_WRONG_STATE,
                       _("lot %lld is %s; only what was rejected of a partial or rejected lot is corrected"),
                       (long long)lot->id, lot_state_label(lot->state));
    if (!lot->sha256)
        return err_set(err, ERR_WRONG_STATE,
                       _("lot %lld is known from its constancia alone; import its acuse first, which has the records"),
                       (long long)lot->id);
    s->parent.lot = lot->id;
    s->options.keep_mixed = lot->type == MOVEMENT_NONE;
    s->act->detail = xasprintf("{\"corrects\":%lld}", (long long)lot->id);
    int r = store_lot_rejected(store, lot->id, &s->parent.rejected, &s->parent.n_rejected, err);
    return r < 0 ? r : store_lot_records(store, lot->id, &s->parent.records, err);
}

void lot_correct(struct bus_call *call, void *data)
{
    static const struct bus_option options[] = {
        {"fixes", "h", offsetof(struct options, fixes)},
        {"name", "s", offsetof(struct options, name)},
        {"hold", "b", offsetof(struct options, hold)},
        {"not-before", "t", offsetof(struct options, not_before)},
        BUS_OPTION_COMMON,
    };
    const struct lot_object *object = data;
    struct daemon *daemon = object->daemon;
    struct submission *s = xcalloc(1, sizeof(*s));
    struct bus_reader reader;
    bus_call_arguments(call, &reader);
    s->all = daemon->submissions;
    s->act = act_new(daemon, call, "correct", "lot %lld", (long long)object->lot.id);
    s->input = INPUT_INIT;
    s->options.fixes = -1;
    s->check = check_as_of_now(daemon);
    int r = act_options(s->act, &reader, options, ELEMENTSOF(options), &s->options);
    s->input.fd = s->options.fixes;
    if (r >= 0)
        r = load_parent(s, &object->lot);
    if (r >= 0)
        r = start(s);
    if (r < 0)
        finish(s, r);
}

struct submissions *submissions_new(struct daemon *daemon)
{
    struct submissions *all = xcalloc(1, sizeof(*all));
    all->daemon = daemon;
    all->last = &all->first;
    /* Among the ends of turns and the calls: at a higher priority, slice after slice, it would keep both waiting. */
    struct event_base *base = loop_base(daemon->loop);
    all->more = event_new(base, -1, 0, advance_first, all);
    if (!all->more || event_priority_set(all->more, event_base_get_npriorities(base) - 1) < 0)
        abort();
    return all;
}

struct submissions *submissions_free(struct submissions *all)
{
    if (!all)
        return NULL;
    while (all->first) {
        struct submission *s = all->first;
        all->first = s->next;
        finish(s, err_set(&s->act->err, ERR_BUSY, _("the daemon is stopping; submit the file again")));
    }
    event_free(all->more);
    free(all->rps);
    free(all);
    return NULL;
}
