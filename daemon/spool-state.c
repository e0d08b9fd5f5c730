/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "daemon/spool-job.h"
#include "idse/identifier.h"

/* How it is with the spool, for who asks: can its folders be worked in? */

static void inspect_side(const char *path, const char *side, const char *rp, struct buf *faults)
{
    _cleanup_close_ int folder = spool_open_folder(path, side, rp);
    if (folder >= 0 && faccessat(folder, ".", R_OK | W_OK | X_OK, AT_EACCESS) >= 0)
        return;
    buf_printf(faults, _("%s/%s/%s: %s; put it right with 'idsectl rp spool %s --owner=USER'. "), path, side,
               rp, strerror(errno), rp);
}

void spool_inspect(const char *path, struct spool_state *state)
{
    _cleanup_free_ char *in = xasprintf("%s/in", path);
    DIR *dir = opendir(in);
    for (const struct dirent *entry; dir && (entry = readdir(dir));) {
        if (rp_verdict(entry->d_name) == IDENTIFIER_SHAPE)
            continue;
        state->folders++;
        inspect_side(path, "in", entry->d_name, &state->faults);
        inspect_side(path, "out", entry->d_name, &state->faults);
    }
    if (dir)
        closedir(dir);
    else
        buf_printf(&state->faults, "%s: %s. ", in, strerror(errno));
}

const char *spool_stuck(const struct spool *spool)
{
    return spool && event_pending(spool->retry, EV_TIMEOUT, NULL) ? spool->last_warning : NULL;
}
