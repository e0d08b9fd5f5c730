/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/terminal.h"

#include <stdio.h>
#include <unistd.h>

#include "base/i18n.h"

bool terminal_colours(int fd)
{
    return str_empty(getenv("NO_COLOR")) && isatty(fd);
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
