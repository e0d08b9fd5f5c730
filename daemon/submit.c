/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/submit-private.h"

#include "daemon/iface.h"

enum {
    SMALL_BYTES = 64 * 1024, /* at most so many are parsed in the turn of the call */
    NAME_MAX_BYTES = 255,
    UNDER_WAY_BYTES = 192 * 1024 * 1024,
};

#define NOT_BEFORE_MAX_US UINT64_C(253402300799000000)

struct submission *submission_new(struct daemon *daemon)
{
    struct submission *s = xcalloc(1, sizeof(*s));
    s->all = daemon->submissions;
    s->input = INPUT_INIT;
    s->check = submission_check_options(daemon);
    return s;
}

static void submission_free(struct submission *s)
{
    for (size_t i = s->stored ? s->intake.n_lots : 0;
         i-- > 0;) /* the last first, which gives the numbers back */
        store_lot_abandon(s->stored[i]);
    if (s->counted)
        s->all->bytes -= s->input.size;
    free(s->stored);
    free(s->rps);
    free(s->key);
    free(s->parent.rejected);
    free(s->parent.lines);
    buf_free(&s->parent.records);
    buf_free(&s->bytes);
    intake_free(&s->intake);
    input_close(&s->input);
    free(s);
}

/* What act_end() undoes comes first, so that the rest is deleted for good. */
void submission_finish(struct submission *s, int r)
{
    if (s->ordered) {
        s->ordered->findings = s->intake.findings;
        s->intake.findings = (struct findings){0};
    } else if (r < 0) {
        s->act->wrong = s->intake.findings;
        s->intake.findings = (struct findings){0};
    }
    act_end(s->act, r);
    submission_free(s);
}

static int start(struct submission *s)
{
    struct daemon *daemon = s->all->daemon;
    bool whole = s->input.fd < 0; /* nothing is read */
    int r = whole ? 0 : input_check(&s->input, (size_t)daemon->config.max_file_size, &s->act->err);
    if (r >= 0 && s->options.not_before > NOT_BEFORE_MAX_US)
        r = err_set(&s->act->err, ERR_INVALID_ARGUMENT, _("the time to send it at is beyond the year 9999"));
    if (r >= 0 && s->options.not_before)
        s->check.sent = time_to_date((int64_t)s->options.not_before);
    if (r >= 0 && s->options.name && strlen(s->options.name) > NAME_MAX_BYTES)
        r = err_set(&s->act->err, ERR_INVALID_ARGUMENT, _("name: longer than %d bytes"), NAME_MAX_BYTES);
    if (r >= 0)
        r = submission_list_rps(s);
    if (r < 0)
        return r;
    if ((whole || (s->input.sealed && s->input.size <= SMALL_BYTES)) &&
        s->parent.records.len <= SMALL_BYTES) {
        submission_prepare(s);
        submission_prepared(s);
        return 0;
    }
    if (s->all->bytes + s->input.size > UNDER_WAY_BYTES)
        return err_set(&s->act->err, ERR_BUSY, _("other large files are being read; try again in a moment"));
    r = worker_run(daemon->loop, submission_prepare, submission_prepared, s, &s->act->err);
    if (r >= 0) {
        s->all->bytes += s->input.size;
        s->counted = true;
    }
    return r;
}

void submission_start(struct submission *s, int r)
{
    if (r >= 0)
        r = start(s);
    if (r < 0)
        submission_finish(s, r);
}

void submit(struct bus_call *call, void *data)
{
    static const struct bus_option options[] = {
        {"name", "s", offsetof(struct submit_options, name)},
        {"keep-mixed", "b", offsetof(struct submit_options, keep_mixed)},
        {"allow-duplicate", "b", offsetof(struct submit_options, allow_duplicate)},
        {"hold", "b", offsetof(struct submit_options, hold)},
        {"not-before", "t", offsetof(struct submit_options, not_before)},
        BUS_OPTION_COMMON,
    };
    struct daemon *daemon = data;
    struct submission *s = submission_new(daemon);
    struct bus_reader reader;
    bus_call_arguments(call, &reader);
    s->act = act_new(daemon, call, "submit", "file");
    int r = 0;
    if (!bus_read_fd(&reader, &s->input.fd))
        r = err_set(&s->act->err, ERR_INVALID_FILE, _("there is no descriptor"));
    if (r >= 0)
        r = act_options(s->act, &reader, options, ELEMENTSOF(options), &s->options);
    submission_start(s, r);
}

static void order_ended(void *data, const struct err *err)
{
    struct ordered *ordered = data;
    ordered->order.ended(ordered->order.data, &ordered->findings, err);
    findings_free(&ordered->findings);
    free(ordered);
}

void submit_ordered(struct daemon *daemon, const struct submit_order *order)
{
    struct submission *s = submission_new(daemon);
    s->ordered = xcalloc(1, sizeof(*s->ordered));
    s->ordered->order = *order;
    s->act = act_new_for(daemon, order->who, "submit", "file", order_ended, s->ordered);
    s->input.fd = order->fd;
    s->options.name = order->name;
    submission_start(s, 0);
}
