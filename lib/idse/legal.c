/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/legal.h"

void legal_free(struct legal *legal)
{
    legal->limits = limits_free(legal->limits);
    legal->calendar = calendar_free(legal->calendar);
}

static int load_limits(legal_reader read, struct limits *limits, struct err *err)
{
    static const char name[] = "limits.conf";
    _cleanup_buf_ struct buf shipped = BUF_INIT, local = BUF_INIT;
    int r = read(name, &shipped, &local, err);
    if (r >= 0)
        r = limits_parse(limits, name, str_or_empty(shipped.data), err);
    return r < 0 ? r : limits_parse(limits, "/etc/idsed/limits.conf", str_or_empty(local.data), err);
}

static int load_calendar(legal_reader read, struct calendar *calendar, struct err *err)
{
    static const char name[] = "calendar.conf";
    _cleanup_buf_ struct buf shipped = BUF_INIT, local = BUF_INIT;
    int r = read(name, &shipped, &local, err);
    if (r >= 0)
        r = calendar_parse(calendar, name, str_or_empty(shipped.data), err);
    return r < 0 ? r : calendar_parse(calendar, "/etc/idsed/calendar.conf", str_or_empty(local.data), err);
}

int legal_load(legal_reader read, struct legal *ret, struct err *err)
{
    _cleanup_legal_ struct legal legal = {limits_new(), calendar_new()};
    int r = load_limits(read, legal.limits, err);
    if (r >= 0)
        r = load_calendar(read, legal.calendar, err);
    if (r < 0)
        return r;
    *ret = legal;
    legal = (struct legal){0};
    return 0;
}
