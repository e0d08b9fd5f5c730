/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "internal.h"

/*
 * Legal deadlines hang on this machine's clock; the Date of every answer of the portal says whether it is right. Visits bring
 * them. Where the clock was set, or is known to be wrong, the portal is asked for nothing else: once, or every hour until both
 * agree, for the next visit may be days away.
 */

#define TOLERATED_US (2 * US_PER_MIN)
#define LOOK_US      (60 * US_PER_MIN)
#define SOONEST_US   US_PER_MIN /* however often the clock is set */
#define CLOCK_VALUE  "clock"

int portal_clock_load(struct engine *engine, struct err *err)
{
    _cleanup_free_ char *value = NULL;
    int r = store_value_get(engine->store, CLOCK_VALUE, &value, err);
    engine->clock_look_us = SCHEDULE_NEVER;
    engine->clock_looked_us = engine_boot_us(engine) - SOONEST_US;
    if (r > 0)
        engine->clock_off_us = strtoll(value, NULL, 10);
    if (!engine_clock_trusted(engine))
        portal_clock_ask(engine); /* it may have been set right meanwhile */
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

static void tell_clock(struct engine *engine, bool trusted)
{
    long long seconds = llabs(engine->clock_off_us) / US_PER_S;
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
}

/* What is wrong is stored, so that a restart does not forget it. */
static int store_clock(struct engine *engine, bool trusted, struct err *err)
{
    _cleanup_free_ char *value = xasprintf("%lld", (long long)engine->clock_off_us);
    return store_value_set(engine->store, CLOCK_VALUE, trusted ? NULL : value, err);
}

int portal_clock_note(struct engine *engine, const struct portal_answer *answer, struct err *err)
{
    bool before = engine_clock_trusted(engine);
    if (!answer->server_date_us)
        return 0;
    engine->clock_off_us = engine_wall_us(engine) - answer->server_date_us;
    bool now = engine_clock_trusted(engine);
    engine->clock_look_us = now ? SCHEDULE_NEVER : engine_boot_us(engine) + LOOK_US;
    if (now && before)
        return 0;
    if (now != before)
        tell_clock(engine, now);
    engine->host.portal_changed(engine->host.data);
    return store_clock(engine, now, err);
}

/* ---- looking by itself ---- */

void portal_clock_ask(struct engine *engine)
{
    engine->clock_look_us = MAX(engine_boot_us(engine), engine->clock_looked_us + SOONEST_US);
}

int64_t portal_clock_due_us(const struct engine *engine)
{
    return engine->fence.closed || engine->stopping ? SCHEDULE_NEVER : engine->clock_look_us;
}

static void looked(void *data, const struct portal_answer *answer)
{
    struct engine *engine = data;
    _cleanup_err_ struct err err = ERR_INIT;
    if (portal_clock_note(engine, answer, &err) < 0)
        engine_fatal(engine, &err);
    else
        engine_rearm(engine);
}

void portal_clock_look(struct engine *engine)
{
    int64_t now = engine_boot_us(engine);
    if (portal_clock_due_us(engine) > now)
        return;
    engine->clock_looked_us = now;
    engine->clock_look_us = engine_clock_trusted(engine) ? SCHEDULE_NEVER : now + LOOK_US;
    engine->portal->ops->date(engine->portal->data, looked, engine);
}
