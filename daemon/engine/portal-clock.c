/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "internal.h"

/* Legal deadlines hang on this machine's clock; the portal's Date says whether it is right. */

#define TOLERATED_US (2 * US_PER_MIN)
#define CLOCK_VALUE  "clock"

int portal_clock_load(struct engine *engine, struct err *err)
{
    _cleanup_free_ char *value = NULL;
    int r = store_value_get(engine->store, CLOCK_VALUE, &value, err);
    if (r > 0)
        engine->clock_off_us = strtoll(value, NULL, 10);
    return r < 0 ? r : 0;
}

bool engine_clock_trusted(const struct engine *engine)
{
    return llabs(engine->clock_off_us) <= TOLERATED_US;
}

int64_t engine_clock_off_us(const struct engine *engine)
{
    return engine->clock_off_us;
}

/* What is wrong is stored, so that a restart does not forget it. */
static int tell_clock(struct engine *engine, bool trusted, struct err *err)
{
    long long seconds = llabs(engine->clock_off_us) / US_PER_S;
    _cleanup_free_ char *value = xasprintf("%lld", (long long)engine->clock_off_us);
    _cleanup_free_ char *text =
        trusted
            ? xstrdup(_("This machine's clock agrees with the portal's again, so deadlines can be trusted."))
        : engine->clock_off_us > 0
            ? xasprintf(
                  _("This machine's clock is %lld s ahead of the portal's. Deadlines cannot be trusted until "
                    "they agree: turn on NTP."),
                  seconds)
            : xasprintf(
                  _("This machine's clock is %lld s behind the portal's. Deadlines cannot be trusted until "
                    "they agree: turn on NTP."),
                  seconds);
    if (trusted)
        engine_tell(engine, 0, 0, "clock-agrees", text);
    else
        engine_tell(engine, 0, 0, "clock-wrong", text);
    engine->host.portal_changed(engine->host.data);
    return store_value_set(engine->store, CLOCK_VALUE, trusted ? NULL : value, err);
}

int portal_clock_note(struct engine *engine, const struct portal_answer *answer, struct err *err)
{
    bool before = engine_clock_trusted(engine);
    if (!answer->server_date_us)
        return 0;
    engine->clock_off_us = engine_wall_us(engine) - answer->server_date_us;
    bool now = engine_clock_trusted(engine);
    return now == before ? 0 : tell_clock(engine, now, err);
}
