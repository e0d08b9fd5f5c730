/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/rp.h"

#include "base/buf.h"
#include "client/kinds.h"
#include "client/output.h"
#include "client/remote.h"

/* ---- those without a certificate ---- */

char *rp_some(const json_t *registrations, bool (*wanted)(const json_t *rp), const char *between)
{
    enum { SOME = 5 };
    struct buf names = BUF_INIT;
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(registrations) && n < SOME; i++) {
        const json_t *rp = json_array_get(registrations, i);
        if (wanted(rp))
            buf_printf(&names, "%s%s", n++ ? between : "", row_text(rp, "Rp"));
    }
    return n ? buf_steal(&names, NULL) : xstrdup("");
}

static bool lacks_certificate(const json_t *rp)
{
    return row_number(rp, "Certificate") == 0;
}

char *rp_lacking(const json_t *registrations)
{
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(registrations); i++)
        n += lacks_certificate(json_array_get(registrations, i));
    _cleanup_free_ char *some = rp_some(registrations, lacks_certificate, ",");
    if (n == 0)
        return NULL;
    return xasprintf(
        dngettext(IDSED_TEXTDOMAIN,
                  "On-line services are not available for %zu registro patronal without a certificate; "
                  "add one: idsectl cert add --rp %s --pfx FILE",
                  "On-line services are not available for %zu registros patronales without a "
                  "certificate; add one: idsectl cert add --rp %s --pfx FILE",
                  n),
        n, some);
}

static void warn_lacking(const struct invocation *inv, const json_t *registrations)
{
    _cleanup_free_ char *lacking = rp_lacking(registrations);
    if (lacking)
        output_warn(inv, "%s", lacking);
}

void rp_warn_lacking(struct invocation *inv)
{
    _cleanup_err_ struct err fault = ERR_INIT;
    _cleanup_json_ json_t *rows = NULL;
    if (remote_read(inv->remote, REMOTE_ROOT, REMOTE_MANAGER, "ListRegistrations", "aa{sv}", &rows, &fault) >=
        0)
        warn_lacking(inv, rows);
}

/* ---- verbs ---- */

static void write_details(struct bus_writer *w, const struct invocation *inv)
{
    static const enum opt details[] = {OPT_NAME, OPT_GUIA, OPT_ENYE};
    for (size_t i = 0; i < ELEMENTSOF(details); i++)
        if (inv->value[details[i]])
            bus_entry_string(w, option_table[details[i]].name, inv->value[details[i]]);
    if (inv->value[OPT_APPROVE])
        bus_entry_bool(w, "approval", streq(inv->value[OPT_APPROVE], "yes"));
}

int verb_rp_add(struct invocation *inv, struct err *err)
{
    /* The same shape rule as everywhere, so that a slip of the finger is named before the daemon sees it. */
    _cleanup_free_ char *path = NULL;
    int r = remote_registration_path(inv->args[0], &path, err);
    if (r < 0)
        return r;
    const char *rp = strrchr(path, '/') + 1;
    struct bus_writer w;
    remote_begin(inv->remote, REMOTE_ROOT, REMOTE_MANAGER, "AddRegistration", "sa{sv}", &w);
    bus_write_string(&w, rp);
    remote_open_options(&w);
    write_details(&w, inv);
    if (inv->value[OPT_FORCE])
        bus_entry_bool(&w, "force", true);
    remote_close_options(inv->remote, &w);
    r = remote_call(inv->remote, &w, REMOTE_SHORT, "o", NULL, err);
    if (r >= 0)
        output_note(inv, _("%s is registered. Next: idsectl cert add --rp %s …"), rp, rp);
    return r;
}

int verb_rp_set(struct invocation *inv, struct err *err)
{
    _cleanup_free_ char *path = NULL;
    int r = remote_registration_path(inv->args[0], &path, err);
    if (r < 0)
        return r;
    struct bus_writer w;
    remote_begin(inv->remote, path, REMOTE_REGISTRATION, "Update", "a{sv}", &w);
    remote_open_options(&w);
    write_details(&w, inv);
    remote_close_options(inv->remote, &w);
    r = remote_call(inv->remote, &w, REMOTE_SHORT, NULL, NULL, err);
    if (r >= 0)
        output_note(inv, _("%s is changed; it holds from the next submission on."), inv->args[0]);
    return r;
}

int verb_rp_list(struct invocation *inv, struct err *err)
{
    _cleanup_json_ json_t *rows = NULL;
    int r = remote_read(inv->remote, REMOTE_ROOT, REMOTE_MANAGER, "ListRegistrations", "aa{sv}", &rows, err);
    if (r < 0)
        return r;
    output_list(inv, registration_kind, rows,
                _("No registro patronal yet; register one with 'idsectl rp add'."));
    warn_lacking(inv, rows);
    return 0;
}
