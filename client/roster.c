/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/roster.h"

#include "base/file.h"
#include "base/text.h"
#include "client/findings.h"
#include "client/input.h"
#include "client/kinds.h"
#include "client/listing.h"
#include "client/output.h"
#include "client/remote.h"
#include "client/verbs.h"
#include "idse/identifier.h"

/* idsectl reconcile: of lots with the portal's list, and of a roster with the workers that IMSS has. */

enum { MAX_ROSTER = 256 << 20 };

/* ---- the workers that IMSS has ---- */

static void take_worker(struct roster *imss, const json_t *row)
{
    int status = worker_status_from_name(row_text(row, "status"));
    struct roster_entry entry = {
        .sbc_centavos = (int32_t)row_number(row, "sbc"),
        .since = (int32_t)row_number(row, "since"),
        .status = status < 0 ? WORKER_UNKNOWN : (enum worker_status)status,
        .pending = (uint32_t)row_number(row, "pending"),
    };
    snprintf(entry.rp, sizeof(entry.rp), "%s", row_text(row, "registration"));
    snprintf(entry.nss, sizeof(entry.nss), "%s", row_text(row, "nss"));
    entry.name =
        roster_name(row_text(row, "first-surname"), row_text(row, "second-surname"), row_text(row, "names"));
    roster_add(imss, &entry);
}

static void take_workers(void *data, const json_t *rows)
{
    for (size_t i = 0; i < json_array_size(rows); i++)
        take_worker(data, json_array_get(rows, i));
}

static int fetch_workers(struct invocation *inv, const char *rp, struct roster *imss, struct err *err)
{
    int r = listing_fetch(inv->remote, LISTING_WORKERS, &(struct filter){.rp = *rp ? rp : NULL}, 0,
                          take_workers, imss, NULL, err);
    roster_sort(imss);
    return r;
}

/* ---- the roster ---- */

static int read_roster(const struct invocation *inv, const char *path, const char *rp, struct roster *ret,
                       struct err *err)
{
    _cleanup_close_ int fd = -1;
    _cleanup_buf_ struct buf bytes = BUF_INIT;
    _cleanup_findings_ struct findings findings = FINDINGS_INIT;
    int r = input_open(path, &fd, err);
    if (r >= 0)
        r = file_read_fd(fd, MAX_ROSTER, &bytes, err);
    if (r >= 0)
        r = roster_read(bytes.data, bytes.len, rp, &findings, ret, err);
    if (!inv->value[OPT_QUIET]) {
        _cleanup_json_ json_t *rows = findings_json(&findings);
        findings_print(stderr, path, rows);
    }
    return r < 0 ? err_prefix(err, "%s", path) : 0;
}

/* One of the two may be missing; then the other has what can be said. */
static void take_difference(void *data, enum roster_difference difference, const struct roster_entry *ours,
                            const struct roster_entry *imss)
{
    static const struct roster_entry nobody = {.nss = ""};
    const struct roster_entry *either = ours ? ours : imss ? imss : &nobody;
    const char *name = either->name ? either->name : imss ? imss->name : NULL;
    json_array_append_new(data,
                          json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:i}", "difference",
                                    roster_difference_name(difference), "text",
                                    roster_difference_label(difference), "registration", either->rp, "nss",
                                    either->nss, "name", str_or_empty(name), "roster-sbc",
                                    ours ? ours->sbc_centavos : 0, "imss-sbc", imss ? imss->sbc_centavos : 0,
                                    "since", imss ? imss->since : either->since, "line", (int)either->line));
}

/* Of a registro patronal that is not registered here nothing is known, so that all of its workers seem not to be insured. */
static int warn_of_unknown_rps(struct invocation *inv, const struct roster *ours, struct err *err)
{
    enum { SHOWN = 10 };
    _cleanup_json_ json_t *rows = NULL, *known = json_object();
    int r = remote_read(inv->remote, REMOTE_ROOT, REMOTE_MANAGER, "ListRegistrations", "aa{sv}", &rows, err);
    for (size_t i = 0; i < json_array_size(rows); i++)
        json_object_set_new(known, row_text(json_array_get(rows, i), "Rp"), json_true());
    size_t unknown = 0;
    for (size_t i = 0, next; r >= 0 && i < ours->n; i = next) {
        const char *rp = ours->entries[i].rp;
        for (next = i + 1; next < ours->n && streq(ours->entries[next].rp, rp); next++)
            ;
        if (!json_object_get(known, rp) && unknown++ < SHOWN)
            output_warn(inv,
                        _("%s is not registered here, so nothing is known of its workers on the roster "
                          "(%zu); 'idsectl rp "
                          "add' registers it."),
                        rp, next - i);
    }
    if (unknown > SHOWN)
        output_warn(inv, _("Registros patronales of the roster that are not registered here: %zu"), unknown);
    return MIN(r, 0);
}

/* Of rosters with hundreds of registros patronales nobody counts the lines. */
static void tell_sums(const struct invocation *inv, const json_t *rows)
{
    for (int i = 0; i <= ROSTER_PENDING; i++) {
        size_t n = 0, n_rps = 0;
        const char *rp = "";
        for (size_t at = 0; at < json_array_size(rows); at++) {
            const json_t *row = json_array_get(rows, at);
            if (!streq(row_text(row, "difference"), roster_difference_name((enum roster_difference)i)))
                continue;
            n++;
            n_rps += !streq(rp, row_text(row, "registration"));
            rp = row_text(row, "registration");
        }
        if (n > 0)
            output_note(inv, _("%s: %zu, registros patronales: %zu"),
                        roster_difference_label((enum roster_difference)i), n, n_rps);
    }
}

static int reconcile_roster(struct invocation *inv, struct err *err)
{
    struct roster ours = {0}, imss = {0};
    _cleanup_free_ char *rp = str_ascii_upper(xstrdup(str_or_empty(inv->value[OPT_RP])));
    _cleanup_json_ json_t *rows = json_array();
    if (*rp && rp_verdict(rp) == IDENTIFIER_SHAPE)
        return err_set(err, ERR_INVALID_RP,
                       _("'%s' is not a registro patronal: it has 11 letters and digits."), rp);
    int r = read_roster(inv, inv->value[OPT_ROSTER], rp, &ours, err);
    if (r >= 0)
        r = warn_of_unknown_rps(inv, &ours, err);
    if (r >= 0)
        r = fetch_workers(inv, rp, &imss, err);
    if (r >= 0) {
        roster_compare(&ours, &imss, take_difference, rows);
        output_list(inv, roster_difference_kind, rows, _("The roster and what IMSS has agree."));
        tell_sums(inv, rows);
    }
    roster_free(&ours);
    roster_free(&imss);
    return r < 0 ? r : json_array_size(rows) > 0 ? EXIT_STATUS_FAILURE : EXIT_STATUS_OK;
}

int verb_reconcile(struct invocation *inv, struct err *err)
{
    if (!inv->value[OPT_ROSTER] && (inv->n_args == 0 || inv->value[OPT_RP]))
        return err_set(err, ERR_USAGE, _("Give lots, or --roster=FILE."));
    if (inv->value[OPT_ROSTER] && inv->n_args > 0)
        return err_set(err, ERR_USAGE, _("Lots and a roster are not reconciled at once."));
    return inv->value[OPT_ROSTER] ? reconcile_roster(inv, err) : verb_act(inv, err);
}
