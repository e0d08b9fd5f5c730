/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/portal/practice.h"

#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/support.h"

extern char **environ;

static char *path_of(const struct practice *practice, const char *name)
{
    return xasprintf("%s/%s", practice->dir, name);
}

/* The first line of what the program prints: its URL, when it is ready. */
static char *read_line(int fd)
{
    struct buf line = BUF_INIT;
    char c;
    while (read(fd, &c, 1) == 1 && c != '\n')
        buf_add_char(&line, c);
    assert_true(line.len > 0);
    return buf_steal(&line, NULL);
}

void practice_start(struct practice *practice)
{
    *practice = (struct practice){.dir = "/tmp/idsed-portal-XXXXXX"};
    assert_non_null(mkdtemp(practice->dir));
    practice_fault(practice, "");
    _cleanup_free_ char *state = path_of(practice, "state"), *credentials = path_of(practice, "credentials"),
                        *fault = path_of(practice, "fault");
    char *const arguments[] = {(char *)"idse-sim",
                               (char *)"--listen",
                               (char *)"127.0.0.1:0",
                               (char *)"--state",
                               state,
                               (char *)"--make-credentials",
                               credentials,
                               (char *)"--fault",
                               fault,
                               (char *)"--delay",
                               (char *)"0",
                               NULL};
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    posix_spawn_file_actions_addclose(&actions, ends[1]);
    assert_int_equal(posix_spawn(&practice->pid, getenv("IDSE_SIM"), &actions, NULL, arguments, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    practice->url = read_line(ends[0]);
    practice->ca_file = path_of(practice, "state/ca.pem");
    close(ends[0]);
}

static void remove_tree(const char *dir)
{
    pid_t pid;
    char *const arguments[] = {(char *)"rm", (char *)"-rf", (char *)dir, NULL};
    assert_int_equal(posix_spawnp(&pid, "rm", NULL, NULL, arguments, environ), 0);
    waitpid(pid, NULL, 0);
}

void practice_stop(struct practice *practice)
{
    if (practice->pid > 0) {
        kill(practice->pid, SIGTERM);
        int status;
        waitpid(practice->pid, &status, 0);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    remove_tree(practice->dir);
    free(practice->url);
    free(practice->ca_file);
}

void practice_fault(struct practice *practice, const char *rules)
{
    _cleanup_free_ char *path = path_of(practice, "fault");
    assert_int_equal(file_replace(path, 0600, rules, strlen(rules), NULL), 0);
}

void practice_credential(const struct practice *practice, const char *name, struct buf *ret)
{
    _cleanup_free_ char *path = xasprintf("%s/credentials/%s", practice->dir, name);
    assert_int_equal(file_read(path, 1 << 20, ret, NULL), 0);
    const bool text = strstr(name, ".user") || strstr(name, ".password");
    while (text && ret->len &&
           ret->data[ret->len - 1] == '\n') /* which may be the last byte of a certificate, too */
        ret->data[--ret->len] = '\0';
}

size_t practice_ledger(const struct practice *practice)
{
    _cleanup_free_ char *path = path_of(practice, "state/ledger.jsonl");
    _cleanup_buf_ struct buf text = BUF_INIT;
    size_t n = 0;
    if (access(path, F_OK) == 0)
        assert_int_equal(file_read(path, 1 << 24, &text, NULL), 0);
    for (size_t i = 0; i < text.len; i++)
        n += text.data[i] == '\n';
    return n;
}
