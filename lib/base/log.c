/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/log.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "base/log-events.h"

enum { LOG_MAX_FIELDS = 16 };

static const struct {
    const char *word, *id;
} events[] = {
#define X(word, id) {word, id},
    LOG_EVENT_TABLE(X)
#undef X
};

static int log_level = LOG_INFO;

void log_set_level(int priority)
{
    log_level = priority;
}

/* systemd tells in JOURNAL_STREAM which device and inode it connected to standard error. */
static bool stderr_is_journal(void)
{
    static int known = -1;
    if (known < 0) {
        const char *stream = getenv("JOURNAL_STREAM");
        unsigned long device, inode;
        struct stat st;
        known = stream && sscanf(stream, "%lu:%lu", &device, &inode) == 2 && fstat(STDERR_FILENO, &st) == 0 &&
                st.st_dev == device && st.st_ino == inode;
    }
    return known;
}

const char *log_message_id(const char *word)
{
    for (size_t i = 0; i < ELEMENTSOF(events); i++)
        if (streq(events[i].word, word))
            return events[i].id;
    return NULL;
}

static struct iovec field_iovec(char *text)
{
    return (struct iovec){.iov_base = text, .iov_len = strlen(text)};
}

static void log_to_journal(int priority, const struct log_field *fields, const char *text)
{
    struct iovec iov[LOG_MAX_FIELDS + 3];
    const char *id = NULL;
    int n = 0;
    iov[n++] = field_iovec(xasprintf("PRIORITY=%d", priority));
    iov[n++] = field_iovec(xasprintf("MESSAGE=%s", text));
    for (; fields && fields->name && n < LOG_MAX_FIELDS; fields++) {
        if (!fields->value)
            continue;
        iov[n++] = field_iovec(xasprintf("%s=%s", fields->name, fields->value));
        if (streq(fields->name, "IDSE_EVENT"))
            id = log_message_id(fields->value);
    }
    if (id)
        iov[n++] = field_iovec(xasprintf("MESSAGE_ID=%s", id));
    sd_journal_sendv(iov, n);
    while (n > 0)
        free(iov[--n].iov_base);
}

static void log_to_stderr(int priority, const struct log_field *fields, const char *text)
{
    static const char *const names[] = {"emerg",   "alert",  "crit", "error",
                                        "warning", "notice", "info", "debug"};
    _cleanup_free_ char *line = NULL;
    size_t len;
    FILE *out = open_memstream(&line, &len);
    if (!out)
        return;
    fprintf(out, "%s: %s", names[priority & 7], text);
    if (isatty(STDERR_FILENO)) /* fields are for programs; whoever sits there wants the sentence */
        fields = NULL;
    for (; fields && fields->name; fields++)
        if (fields->value)
            fprintf(out, " %s=%s", fields->name, fields->value);
    fputc('\n', out);
    fclose(out);
    fputs(line, stderr);
}

void log_write(int priority, const struct log_field *fields, const char *fmt, ...)
{
    if (priority > log_level)
        return;
    va_list ap;
    va_start(ap, fmt);
    _cleanup_free_ char *text = xvasprintf(fmt, ap);
    va_end(ap);
    if (stderr_is_journal())
        log_to_journal(priority, fields, text);
    else
        log_to_stderr(priority, fields, text);
}
