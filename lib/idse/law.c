/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/law.h"

void law_free(struct law *law)
{
    law->limits = limits_free(law->limits);
    law->calendar = calendar_free(law->calendar);
}

static int load_limits(law_reader read, struct limits *limits, struct err *err)
{
    static const char name[] = "limits.conf";
    _cleanup_buf_ struct buf shipped = BUF_INIT, local = BUF_INIT;
    int r = read(name, &shipped, &local, err);
    if (r >= 0)
        r = limits_parse(limits, name, str_or_empty(shipped.data), err);
    return r < 0 ? r : limits_parse(limits, "/etc/idsed/limits.conf", str_or_empty(local.data), err);
}

static int load_calendar(law_reader read, struct calendar *calendar, struct err *err)
{
    static const char name[] = "calendar.conf";
    _cleanup_buf_ struct buf shipped = BUF_INIT, local = BUF_INIT;
    int r = read(name, &shipped, &local, err);
    if (r >= 0)
        r = calendar_parse(calendar, name, str_or_empty(shipped.data), err);
    return r < 0 ? r : calendar_parse(calendar, "/etc/idsed/calendar.conf", str_or_empty(local.data), err);
}

int law_load(law_reader read, struct law *ret, struct err *err)
{
    _cleanup_law_ struct law law = {limits_new(), calendar_new()};
    int r = load_limits(read, law.limits, err);
    if (r >= 0)
        r = load_calendar(read, law.calendar, err);
    if (r < 0)
        return r;
    *ret = law;
    law = (struct law){0};
    return 0;
}
