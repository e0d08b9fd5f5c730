/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/terminal.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/i18n.h"

bool terminal_colours(int fd)
{
    return str_empty(getenv("NO_COLOR")) && isatty(fd);
}

size_t terminal_columns(int fd)
{
    enum { OF_A_DUMB_TERMINAL = 80 };
    struct winsize size;
    if (!isatty(fd))
        return 0;
    return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : OF_A_DUMB_TERMINAL;
}

char *terminal_harmless(char *text)
{
    for (unsigned char *at = (unsigned char *)text; *at; at++)
        if ((*at < ' ' && *at != '\n' && *at != '\t') || *at == 0x7f)
            *at = '?';
        else if (*at == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0)
            at[0] = at[1] = '?'; /* U+0080 to U+009F, which some terminals obey too */
    return text;
}

bool terminal_interactive(void)
{
    return isatty(STDIN_FILENO);
}

bool terminal_confirm(const char *question)
{
    /* TRANSLATORS: the first letters of the words for yes and no, both accepted in capitals too. */
    const char *yes = _("yY"), *no = _("nN");
    _cleanup_free_ char *line = NULL;
    size_t cap = 0;
    for (;;) {
        fprintf(stderr, "%s [%c/%c] ", question, yes[0], no[0]);
        fflush(stderr);
        if (getline(&line, &cap, stdin) < 1)
            return false;
        if (line[0] != '\n' && strchr(yes, line[0]))
            return true;
        if (line[0] != '\n' && strchr(no, line[0]))
            return false;
    }
}
