/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/iface.h"

#include <stdio.h>

#include "base/text.h"
#include "idse/identifier.h"

void iface_lot_path(int64_t id, char ret[static IFACE_PATH_SIZE])
{
    snprintf(ret, IFACE_PATH_SIZE, IFACE_ROOT "/lot/%lld", (long long)id);
}

void iface_certificate_path(int64_t id, char ret[static IFACE_PATH_SIZE])
{
    snprintf(ret, IFACE_PATH_SIZE, IFACE_ROOT "/certificate/%lld", (long long)id);
}

void iface_user_path(int64_t id, char ret[static IFACE_PATH_SIZE])
{
    snprintf(ret, IFACE_PATH_SIZE, IFACE_ROOT "/user/%lld", (long long)id);
}

void iface_registration_path(const char *rp, char ret[static IFACE_PATH_SIZE])
{
    snprintf(ret, IFACE_PATH_SIZE, IFACE_ROOT "/registration/%s", rp);
}

int64_t iface_object_id(const char *name)
{
    uint64_t id;
    /* "007" is no name of lot 7: an object has one path. */
    return *name != '0' && str_to_uint(name, INT64_MAX, &id) ? (int64_t)id : 0;
}

int iface_check_limit(uint32_t limit, struct err *err)
{
    enum { LIMIT_MAX = 1000 };
    if (limit < 1 || limit > LIMIT_MAX)
        return err_set(err, ERR_INVALID_ARGUMENT, _("limit: %u is not between 1 and %d"), limit, LIMIT_MAX);
    return 0;
}

int iface_read_page(struct bus_reader *reader, const char **ret_cursor, uint32_t *ret_limit, struct err *err)
{
    const char *cursor = "";
    uint32_t limit = 0;
    bus_read_string(reader, &cursor);
    bus_read_u32(reader, &limit);
    int r = iface_check_limit(limit, err);
    if (r < 0)
        return r;
    *ret_cursor = cursor;
    *ret_limit = limit;
    return 0;
}

int iface_read_numbered_page(struct bus_reader *reader, int64_t *ret_cursor, uint32_t *ret_limit,
                             struct err *err)
{
    uint64_t cursor = 0;
    uint32_t limit = 0;
    bus_read_u64(reader, &cursor);
    bus_read_u32(reader, &limit);
    int r = iface_check_limit(limit, err);
    if (r < 0)
        return r;
    *ret_cursor = iface_number(cursor);
    *ret_limit = limit;
    return 0;
}

int iface_no_options(struct act *act)
{
    static const struct bus_option options[] = {BUS_OPTION_COMMON};
    struct bus_reader r;
    bus_call_arguments(act->call, &r);
    return act_options(act, &r, options, ELEMENTSOF(options), NULL);
}

int iface_no_rp(const char *text, struct err *err)
{
    return err_set(
        err, ERR_INVALID_RP,
        _("'%s' is not a registro patronal: 11 characters, a letter or digit, nine digits and the check "
          "digit"),
        text);
}

/* What was registered once has a history; what was registered with a wrong check digit, too. */
int iface_take_rp(struct daemon *daemon, const char *text, char ret[static 12], struct err *err)
{
    enum identifier_verdict verdict = *text ? rp_verdict(text) : IDENTIFIER_OK;
    if (verdict == IDENTIFIER_SHAPE)
        return iface_no_rp(text, err);
    int known = *text ? store_rp_known(daemon->store, text, err) : 1;
    if (known < 0)
        return known;
    if (known == 0 && verdict == IDENTIFIER_CHECK_DIGIT)
        return err_set(err, ERR_INVALID_RP, _("'%s': the check digit should be %c"), text,
                       rp_check_digit(text));
    if (known == 0)
        return err_set(
            err, ERR_UNKNOWN_RP,
            _("the registro patronal %s was never registered here; 'idsectl rp list' shows those that are"),
            text);
    strcpy(ret, text);
    return 0;
}

int iface_check_nss(const char *nss, struct err *err)
{
    if (nss_verdict(nss) == IDENTIFIER_SHAPE)
        return err_set(err, ERR_INVALID_ARGUMENT, _("nss: '%s' is not an NSS, which has eleven digits"), nss);
    return 0;
}

int iface_check_period(uint64_t since, uint64_t until, struct err *err)
{
    if (since && until && since > until)
        return err_set(err, ERR_INVALID_ARGUMENT, _("since: %llu is later than until, %llu"),
                       (unsigned long long)since, (unsigned long long)until);
    return 0;
}

int iface_take_states(const struct bus_strings *names, int (*from_name)(const char *), uint32_t *ret,
                      struct err *err)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < names->n; i++) {
        int state = from_name(names->item[i]);
        if (state < 0)
            return err_set(err, ERR_INVALID_ARGUMENT, _("states: there is no state '%s'"), names->item[i]);
        bits |= UINT32_C(1) << state;
    }
    *ret = bits;
    return 0;
}

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
    bus_entry_string(w, "detail", finding->detail);
    bus_entry_string(w, "expected", finding->expected);
    bus_entry_string(w, "fix", finding->fix);
    bus_close(w);
}

void iface_write_findings(struct bus_writer *w, const struct findings *findings)
{
    bus_open_array(w);
    for (size_t i = 0; i < findings->n; i++)
        write_finding(w, &findings->items[i]);
    bus_close(w);
}
