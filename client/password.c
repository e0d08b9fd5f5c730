/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/password.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/file.h"

/*
 * One line into memory that is never moved, so that no copy stays behind; NULL when there is none, or ^C
 * came.
 */
static char *read_line(int fd)
{
    enum { ROOM = PASSWORD_MAX + 2 };
    char *line = xcalloc(1, ROOM);
    size_t n = 0;
    while (n < ROOM - 1) {
        ssize_t r = read(fd, line + n, 1);
        if (r < 0 && errno == EINTR)
            continue;
        bool end = r == 0 || (r > 0 && line[n] == '\n');
        if (r < 0 || (r == 0 && n == 0) || line[n] == '\003')
            break;
        if (end) {
            line[n] = '\0';
            return line;
        }
        n++;
    }
    return wipe_free(line, ROOM);
}

int password_ask(const char *prompt, char **ret_password, struct err *err)
{
    _cleanup_close_ int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    struct termios before, quiet;
    if (fd < 0 || tcgetattr(fd, &before) < 0)
        return err_set(
            err, ERR_USAGE,
            _("There is no terminal to ask for the password; give --password-file (for the present "
              "one --old-password-file)."));
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
    quiet.c_lflag |= ICANON | ECHONL;
    /* No signal may leave the terminal mute: ^C is a character here, and one that ends the line. */
    quiet.c_cc[VEOL] = '\003';
    tcsetattr(fd, TCSAFLUSH, &quiet);
    dprintf(fd, "%s ", prompt);
    char *line = read_line(fd);
    tcsetattr(fd, TCSAFLUSH, &before);
    if (!line || !*line) {
        wipe_free_str(line);
        return err_set(err, ERR_FAILED, _("No password was given."));
    }
    *ret_password = line;
    return 0;
}

int password_read(const char *path, char **ret_password, struct err *err)
{
    _cleanup_close_ int fd =
        streq(path, "-") ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0)
        return err_set_errno(err, file_fault(errno), errno, "%s", path);
    if (S_ISDIR(st.st_mode))
        return err_set_errno(err, file_fault(EISDIR), EISDIR, "%s", path);
    char *line = read_line(fd);
    size_t n = line ? strlen(line) : 0;
    if (n > 0 && line[n - 1] == '\r')
        line[--n] = '\0';
    if (n == 0) {
        wipe_free_str(line);
        return err_set(err, ERR_INVALID_FILE, _("%s: the first line must be a password of 1 to %d bytes."),
                       path, PASSWORD_MAX);
    }
    *ret_password = line;
    return 0;
}
