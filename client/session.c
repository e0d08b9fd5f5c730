/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/session.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "client/output.h"

enum { TOKEN_MAX = 256 };

static int session_path(char **ret_folder, char **ret_path, struct err *err)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    _cleanup_free_ char *usual = xasprintf("/run/user/%u", (unsigned)getuid());
    if (str_empty(runtime) && access(usual, X_OK) == 0)
        runtime = usual;
    if (str_empty(runtime))
        return err_set(err, ERR_FAILED,
                       _("XDG_RUNTIME_DIR is not set, so there is no place to keep a session."));
    *ret_folder = xasprintf("%s/idsed", runtime);
    *ret_path = xasprintf("%s/session", *ret_folder);
    return 0;
}

int session_keep(const char *token, struct err *err)
{
    _cleanup_free_ char *folder = NULL, *path = NULL;
    int r = session_path(&folder, &path, err);
    if (r >= 0)
        r = file_make_dirs(folder, 0700, err);
    return r < 0 ? r : file_replace(path, 0600, token, strlen(token), err);
}

void session_forget(void)
{
    _cleanup_free_ char *folder = NULL, *path = NULL;
    if (session_path(&folder, &path, NULL) >= 0)
        unlink(path);
}

/* 1 and the token, or 0 when none is kept. */
static int read_token(struct buf *ret, struct err *err)
{
    _cleanup_free_ char *folder = NULL, *path = NULL;
    if (session_path(&folder, &path, NULL) < 0)
        return 0;
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0)
        return errno == ENOENT || errno == ENOTDIR ? 0 : err_set_errno(err, ERR_IO, errno, "%s", path);
    if (st.st_uid != geteuid()) /* sudo kept the environment of somebody else, whose session it is */
        return 0;
    if (st.st_mode & 077)
        return err_set(err, ERR_FAILED, _("%s may be seen by others; remove it and log in again."), path);
    buf_reserve(ret, TOKEN_MAX + 1);
    int r = file_read_fd(fd, TOKEN_MAX, ret, err);
    return r < 0 ? r : ret->len > 0;
}

static int use_token(struct invocation *inv, const char *token, struct err *err)
{
    struct bus_writer w;
    remote_begin(inv->remote, REMOTE_ROOT, REMOTE_MANAGER, "UseSession", "s", &w);
    bus_write_string(&w, token);
    return remote_call(inv->remote, &w, REMOTE_SHORT, "ss", NULL, err);
}

int session_take_up(struct invocation *inv, struct err *err)
{
    struct buf token = BUF_INIT;
    _cleanup_err_ struct err fault = ERR_INIT;
    int r = read_token(&token, &fault);
    if (r > 0)
        r = use_token(inv, token.data, &fault);
    buf_wipe_free(&token);
    if (r >= 0)
        return 0;
    if (fault.code != ERR_SESSION_ENDED)
        return err_move(err, &fault);
    session_forget();
    output_warn(inv, _("The session has ended; log in again with 'idsectl login'."));
    return 0;
}
