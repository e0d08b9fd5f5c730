/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/text.h"
#include "client/terminal.h"

enum { BAR_WIDTH = 22 };

struct progress {
    bool drawn;
};

struct progress *progress_open(const struct invocation *inv)
{
    if (inv->value[OPT_QUIET] || !isatty(STDERR_FILENO))
        return NULL;
    return xcalloc(1, sizeof(struct progress));
}

char *progress_bar(size_t done, size_t total, size_t width)
{
    size_t full = total ? MIN(done, total) * (width - 2) / total : 0;
    struct buf bar = BUF_INIT;
    buf_add_char(&bar, '[');
    for (size_t i = 0; i < width - 2; i++)
        buf_add_char(&bar, i < full ? '#' : '.');
    buf_add_char(&bar, ']');
    return buf_steal(&bar, NULL);
}

/* Bytes of the first `columns` characters: a line that wraps could not be drawn over. */
static int cut(const char *text, size_t columns)
{
    const char *at = text;
    while (columns-- > 0 && *at)
        utf8_next(&at);
    return (int)(at - text);
}

void progress_show(struct progress *progress, size_t done, size_t total, const char *text)
{
    if (!progress)
        return;
    _cleanup_free_ char *bar = progress_bar(done, total, BAR_WIDTH);
    _cleanup_free_ char *line = xasprintf("%s %zu/%zu %s", bar, done, total, text);
    fprintf(stderr, "\r%.*s\033[K", cut(line, terminal_columns(STDERR_FILENO) - 1), line);
    fflush(stderr);
    progress->drawn = true;
}

void progress_hide(struct progress *progress)
{
    if (progress && progress->drawn)
        fputs("\r\033[K", stderr);
}

struct progress *progress_close(struct progress *progress)
{
    progress_hide(progress);
    free(progress);
    return NULL;
}
