/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "client/output.h"
#include "client/remote.h"
#include "client/verbs.h"

#define DAEMON_GROUP "idsed"

/*
 * A folder of the spool: its owner's, and through the group idsed's, so that the daemon, which may not pass over modes, can
 * move files out of it.
 */
static int make_folder(const char *side, const char *rp, uid_t owner, gid_t group, struct err *err)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    _cleanup_close_ int top = open(side, flags);
    if (top < 0 || (mkdirat(top, rp, 0700) < 0 && errno != EEXIST))
        return err_set_errno(err, ERR_IO, errno, "%s/%s", side, rp);
    _cleanup_close_ int folder = openat(top, rp, flags);
    if (folder < 0 || fchown(folder, owner, group) < 0 || fchmod(folder, 02770) < 0)
        return err_set_errno(err, ERR_IO, errno, "%s/%s", side, rp);
    return 0;
}

static int find_owner(const struct invocation *inv, uid_t *ret_owner, gid_t *ret_group, struct err *err)
{
    const char *name = inv->value[OPT_OWNER];
    if (!name)
        return err_set(err, ERR_USAGE, _("Whose files? Give --owner=USER."));
    const struct passwd *user = getpwnam(name);
    if (!user)
        return err_set(err, ERR_INVALID_ARGUMENT, _("There is no user '%s' on this machine."), name);
    *ret_owner = user->pw_uid;
    const struct group *group = getgrnam(DAEMON_GROUP);
    if (!group)
        return err_set(err, ERR_INVALID_ARGUMENT, _("There is no group '%s', the daemon's own."),
                       DAEMON_GROUP);
    *ret_group = group->gr_gid;
    return 0;
}

int verb_rp_spool(struct invocation *inv, struct err *err)
{
    static const char *const sides[] = {"in", "out"};
    _cleanup_free_ char *path = NULL;
    _cleanup_json_ json_t *manager = NULL, *registration = NULL;
    uid_t owner = 0;
    gid_t group = 0;
    int r = remote_registration_path(inv->args[0], &path, err);
    if (r >= 0)
        r = remote_properties(inv->remote, path, REMOTE_REGISTRATION, &registration, err);
    if (r >= 0)
        r = remote_properties(inv->remote, REMOTE_ROOT, REMOTE_MANAGER, &manager, err);
    if (r >= 0)
        r = find_owner(inv, &owner, &group, err);
    if (r < 0)
        return r;
    const char *top = row_text(manager, "Spool"), *rp = row_text(registration, "Rp");
    if (!*top)
        return err_set(err, ERR_FAILED, _("The daemon has no spool: see [Spool] Path in idsed.conf(5)."));
    if (geteuid() != 0)
        return err_set(err, ERR_ACCESS_DENIED, _("Only root gives folders to others."));
    /* The one for results first: a file is taken only where it can be answered. */
    for (size_t i = ELEMENTSOF(sides); i-- > 0 && r >= 0;) {
        _cleanup_free_ char *side = xasprintf("%s/%s", top, sides[i]);
        r = make_folder(side, rp, owner, group, err);
    }
    if (r >= 0)
        output_note(inv, _("Files that %s moves into %s/in/%s are submitted, and answered in %s/out/%s."),
                    inv->value[OPT_OWNER], top, rp, top, rp);
    return r;
}
