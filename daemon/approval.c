/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/approval.h"

#include "daemon/iface.h"

bool approval_is_needed(const struct daemon *daemon, const char *rp)
{
    struct store_rp row = {0};
    bool needed = store_rp_get(daemon->store, rp, &row, NULL) >= 0 && row.approval;
    store_rp_free(&row);
    return needed;
}

/* An identity's two halves: how long "uid 1000" is, and the user behind it, "" for none. */
static size_t uid_length(const char *who)
{
    const char *first = strchr(who, ' ');
    return first ? strlen("uid ") + strcspn(first + 1, " ") : strlen(who);
}

static const char *user_of(const char *who)
{
    const char *rest = who + MIN(uid_length(who), strlen(who));
    return *rest == ' ' ? rest + 1 : rest;
}

bool approval_is_by_another(const char *submitter, const char *approver)
{
    size_t length = uid_length(submitter);
    const char *one = user_of(submitter), *other = user_of(approver);
    bool same_uid = length == uid_length(approver) && strncmp(submitter, approver, length) == 0;
    if (same_uid)
        return *one && *other && !streq(one, other);
    return !*one || !streq(one, other);
}

static int check_identity(const struct act *act, const struct store_lot *lot, struct err *err)
{
    const char *submitter = str_or_empty(lot->created_by);
    if (approval_is_by_another(submitter, act->who))
        return 0;
    return err_set(
        err, ERR_ACCESS_DENIED,
        _("lot %lld was submitted by %s; another person must approve it, and %s may be the same one"),
        (long long)lot->id, submitter, act->who);
}

void lot_approve(struct bus_call *call, void *data)
{
    const struct lot_object *object = data;
    struct act *act = act_new(object->daemon, call, "approve", "lot %lld", (long long)object->lot.id);
    int r = iface_no_options(act);
    if (r >= 0)
        r = act_write(act);
    if (r >= 0 && object->lot.approval == LOT_APPROVAL_NEEDED)
        r = check_identity(act, &object->lot, &act->err);
    if (r >= 0)
        r = engine_approve(object->daemon->engine, object->lot.id, act->who, &act->err);
    act_end(act, r);
}
