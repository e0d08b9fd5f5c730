/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "internal.h"

/* A certificate that replaces another is on trial until it has logged in once; the other serves meanwhile. */

static int find_replaced(struct engine *engine, int64_t id, int64_t *ret, struct err *err)
{
    struct store_certificate heir = {0}, old = {0};
    int r = store_certificate_get(engine->store, id, &heir, err);
    bool waits = r >= 0 && heir.replaces && !heir.removed_us && heir.hold == LOT_HOLD_NONE;
    if (waits)
        r = store_certificate_get(engine->store, heir.replaces, &old, err);
    if (r >= 0)
        *ret = waits && !old.removed_us ? heir.replaces : 0;
    store_certificate_free(&heir);
    store_certificate_free(&old);
    return r;
}

int trial_look(struct engine *engine, int64_t certificate, struct err *err)
{
    return find_replaced(engine, certificate, &schedule_identity(&engine->schedule, certificate)->replaces,
                         err);
}

int trial_pass(struct engine *engine, struct identity *identity, struct err *err)
{
    int64_t old = 0;
    int r = find_replaced(engine, identity->certificate, &old, err);
    if (r < 0 || old == 0)
        return r;
    r = store_certificate_succeed(engine->store, old, identity->certificate, err);
    if (r < 0)
        return r;
    identity->replaces = 0;
    _cleanup_free_ char *text =
        xasprintf(_("certificate %lld has logged in and takes the place of certificate %lld"),
                  (long long)identity->certificate, (long long)old);
    engine_tell(engine, 0, identity->certificate, "certificate-replaced", text);
    engine->host.certificate_replaced(engine->host.data, old, identity->certificate);
    return judge_again(engine, old, err); /* its lots go over */
}
