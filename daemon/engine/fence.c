/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "internal.h"

#include <jansson.h>

/*
 * The fence around a restored copy. Another machine may have the original and go on with it, so nothing is said to the portal
 * here until a person says that the original is out of use. What waits to be sent may have been sent by the original since
 * the copy was made: it is uncertain from the start, and settled by asking.
 */
#define FENCE_VALUE "restored"

static int fence_parse(const char *value, struct fence *fence)
{
    json_int_t since, copied;
    const char *host;
    json_t *json = json_loads(value, 0, NULL);
    int r =
        json ? json_unpack(json, "{s:I, s:I, s:s}", "since", &since, "copied", &copied, "host", &host) : -1;
    if (r == 0) {
        fence->since_us = since;
        fence->copied_us = copied;
        replace_str(&fence->host, xstrdup(host));
    }
    json_decref(json);
    return r;
}

int fence_load(struct engine *engine, struct err *err)
{
    _cleanup_free_ char *value = NULL;
    int r = store_value_get(engine->store, FENCE_VALUE, &value, err);
    if (r <= 0)
        return r;
    engine->fence.closed = true; /* also when it cannot be read: nobody took it off */
    fence_parse(value, &engine->fence);
    return 0;
}

void fence_free(struct fence *fence)
{
    free(fence->host);
    *fence = (struct fence){0};
}

int engine_fence(struct store *store, const struct engine_copy *copy, struct err *err)
{
    _cleanup_free_ char *there = NULL;
    int r = store_value_get(store, FENCE_VALUE, &there, err);
    if (r != 0)
        return r; /* a copy of a copy: what the first one is unsure of counts */
    json_t *json = json_pack("{s:I, s:I, s:s}", "since", (json_int_t)copy->since_us, "copied",
                             (json_int_t)copy->copied_us, "host", str_or_empty(copy->host));
    _cleanup_free_ char *value = json ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    if (!value)
        return err_set(err, ERR_FAILED, _("what is known of the copy cannot be written as JSON"));
    return store_value_set(store, FENCE_VALUE, value, err);
}

bool engine_is_copy(const struct engine *engine, struct engine_copy *ret)
{
    const struct fence *fence = &engine->fence;
    if (ret)
        *ret = (struct engine_copy){fence->since_us, fence->copied_us, fence->host};
    return fence->closed;
}

int fence_check(const struct engine *engine, struct err *err)
{
    return engine->fence.closed ? err_set(err, ERR_RESTORED_COPY,
                                          _("this is a restored copy, and nothing is asked of the portal; "
                                            "once the original is out of use, "
                                            "release it with 'idsectl release --restored'"))
                                : 0;
}

int fence_doubt(struct engine *engine, struct store_lot *lot, struct err *err)
{
    unsigned actions;
    if (!engine->fence.closed || lot->state != LOT_STATE_QUEUED)
        return 0;
    int r = lot_apply(engine, lot, LOT_EVENT_RESTORED, &actions, err);
    if (r <= 0)
        return r;
    /* The original can have sent it from then on. */
    lot->attempt_us = engine->fence.copied_us ? engine->fence.copied_us : lot->created_us;
    lot->attempt_end_us = engine_wall_us(engine);
    lot->next_us = lot->attempt_end_us;
    lot_set_error(lot, REASON_LOCAL, _("the original of this copy may have sent it"));
    return 0;
}

int engine_release_copy(struct engine *engine, struct err *err)
{
    if (!engine->fence.closed)
        return err_set(err, ERR_WRONG_STATE, _("this is no restored copy; there is nothing to release"));
    int r = store_value_set(engine->store, FENCE_VALUE, NULL, err);
    if (r < 0)
        return r;
    fence_free(&engine->fence);
    /* The original may have sent up to now: only what the portal shows later proves that a lot did not arrive. */
    for (size_t i = 0; i < engine->schedule.n_jobs; i++)
        engine->schedule.jobs[i].since_us = engine_boot_us(engine);
    engine->host.portal_changed(engine->host.data);
    return judge_again(engine, 0, err);
}
