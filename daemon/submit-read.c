/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/submit-private.h"

#include <stdio.h>

#include "idse/date.h"

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

void submission_prepare(void *data)
{
    struct submission *s = data;
    const struct intake_options options = {
        .rps = s->rps,
        .n_rps = s->n_rps,
        .keep_mixed = s->options.keep_mixed,
        .as_it_is = s->parent.lot > 0, /* corrections are told from what they correct by their place */
        .check = s->check,
    };
    s->result = s->input.fd < 0 ? 0 : input_read(&s->input, &s->bytes, &s->act->err);
    if (s->result < 0)
        return;
    s->key = submission_key(s);
    if (s->parent.lot)
        s->result = submission_apply_corrections(s);
    if (s->result < 0)
        return;
    s->result = intake_read(s->bytes.data, s->bytes.len, &options, &s->intake, &s->act->err);
    if (s->result < 0 && s->parent.lot)
        s->result = submission_refuse_corrections(s);
    if (s->result >= 0)
        s->result = check_rps(s);
    buf_free(&s->bytes);
}

struct check_options submission_check_options(const struct daemon *daemon)
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

int submission_list_rps(struct submission *s)
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
