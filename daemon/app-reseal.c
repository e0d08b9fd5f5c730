/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/app-private.h"

#include <errno.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/act.h"
#include "daemon/credentials.h"
#include "daemon/engine/crash.h"

static int open_new_key(const char *path, struct seal **ret, struct err *err)
{
    int r = access(path, F_OK) < 0 && errno == ENOENT ? seal_make_key(path, err) : 0;
    return r < 0 ? r : seal_open_key(path, ret, err);
}

static int audit_reseal(struct store *store, size_t n, struct err *err)
{
    char who[ACT_WHO_SIZE];
    act_who(getuid(), NULL, who);
    _cleanup_free_ char *detail = xasprintf("{\"credentials\":%zu}", n);
    const struct store_audit record = {.who = who,
                                       .action = (char *)"reseal",
                                       .object = (char *)"sealing key",
                                       .outcome = (char *)"ok",
                                       .detail = detail};
    return store_audit_add(store, &record, err);
}

int app_reseal(const struct app_options *options, const char *new_key, struct err *err)
{
    _cleanup_(app_cleanup) struct app *app = app_alloc(options);
    _cleanup_(seal_cleanup) struct seal *seal = NULL;
    struct daemon *daemon = &app->daemon;
    size_t n = 0;
    int r = app_open_state(app, err);
    if (r >= 0)
        r = open_new_key(new_key, &seal, err);
    if (r >= 0)
        r = store_begin(daemon->store, err);
    if (r < 0)
        return r;
    r = credentials_reseal(daemon->store, daemon->seal, seal, &n, err);
    if (r >= 0)
        r = audit_reseal(daemon->store, n, err);
    store_end(daemon->store, r >= 0, r >= 0 ? err : NULL);
    crash_point(CRASH_RESEAL_BEFORE_COMMIT);
    if (r >= 0)
        r = store_commit(daemon->store, err);
    crash_point(CRASH_RESEAL_AFTER_COMMIT);
    if (r >= 0)
        log_notice(dngettext(IDSED_TEXTDOMAIN,
                             "%zu credential is sealed under %s now. Put it in the place of the old key "
                             "before idsed starts, and destroy the old one.",
                             "%zu credentials are sealed under %s now. Put it in the place of the old key "
                             "before idsed starts, and destroy the old one.",
                             n),
                   n, new_key);
    return r;
}
