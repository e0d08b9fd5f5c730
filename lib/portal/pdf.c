/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portal/pdf.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"

enum {
    PDF_CHILDREN = 2,
    PDF_WAITING_MAX = 256,
    PDF_TIME_S = 60,
    PDF_EXIT_NO_EXEC = 127,
};
#define PDF_MAX_OUTPUT (192u << 20)
#define PDF_MAX_MEMORY (512u << 20)

struct pdf_job {
    struct pdf *pdf;
    struct pdf_job *next, **link; /* in waiting or running */
    int input;                    /* sealed memory file with the document */
    pdf_fn *fn;
    void *data;

    /* while it runs */
    pid_t pid;
    int pid_fd, output_fd;
    struct event *exited, *readable;
    struct timer *timer;
    struct buf output;
    struct err err; /* why it was stopped; the first reason counts */
    int status;     /* of waitpid() */
    bool ended, drained;
};

struct pdf_list {
    struct pdf_job *first, **last;
    size_t n;
};

struct pdf {
    struct loop *loop;
    char *program;
    struct event *start; /* new jobs begin from the loop */
    struct pdf_list waiting, running;
};

/* ---- lists ---- */

static void list_init(struct pdf_list *list)
{
    *list = (struct pdf_list){.last = &list->first};
}

static void list_put(struct pdf_list *list, struct pdf_job *job)
{
    job->next = NULL;
    job->link = list->last;
    *list->last = job;
    list->last = &job->next;
    list->n++;
}

static void list_remove(struct pdf_list *list, struct pdf_job *job)
{
    *job->link = job->next;
    if (job->next)
        job->next->link = job->link;
    else
        list->last = job->link;
    list->n--;
}

/* ---- the child ---- */

static void limit(int resource, rlim_t value)
{
    struct rlimit rlimit = {value, value};
    setrlimit((__rlimit_resource_t)resource, &rlimit);
}

static void allow_reading(int rules, const char *path, uint64_t access)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = access,
                                              .parent_fd = open(path, O_PATH | O_CLOEXEC)};
    syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    close(rule.parent_fd);
}

/* From here on nothing can be opened but the program and its libraries, and nothing be made, renamed or removed. */
static void wall_off_files(const char *program)
{
    static const char *const folders[] = {"/usr", "/lib", "/lib64"};
    const uint64_t file = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE;
    const struct landlock_ruleset_attr attr = {.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1};
    int rules = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
    if (rules < 0)
        return; /* a kernel without Landlock */
    for (size_t i = 0; i < ELEMENTSOF(folders); i++)
        allow_reading(rules, folders[i], file | LANDLOCK_ACCESS_FS_READ_DIR);
    allow_reading(rules, "/etc/ld.so.cache", LANDLOCK_ACCESS_FS_READ_FILE);
    allow_reading(rules, program, file);
    syscall(SYS_landlock_restrict_self, rules, 0);
    close(rules);
}

#if defined(__x86_64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

/*
 * No sockets, so neither network nor bus. Where the architecture is not named here, calls in the manner of others are not
 * seen by this; the service's unit forbids them.
 */
static void wall_off_network(void)
{
    static struct sock_filter code[] = {
#ifdef NATIVE_ARCHITECTURE
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCHITECTURE, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
#endif
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
#ifdef __x86_64__
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000 /* x32 */, 2, 0),
#endif
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {.len = ELEMENTSOF(code), .filter = code};
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/*
 * Between fork and exec in a process with threads: system calls only. What the kernel refuses here (a name space, in a
 * service that may not make any) is one wall less, not a reason to stop; without the descriptors in place there is
 * nothing to run.
 */
static void become_pdftotext(const char *program, int input, int output)
{
    static char *const environment[] = {(char *)"LC_ALL=C", NULL};
    char *const arguments[] = {(char *)"pdftotext", (char *)"-bbox", (char *)"-enc", (char *)"UTF-8",
                               (char *)"-q",        (char *)"-",     (char *)"-",    NULL};
    int null = open("/dev/null", O_RDWR);
    if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(null, 2) < 0 || close_range(3, ~0U, 0) < 0)
        _exit(PDF_EXIT_NO_EXEC);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
        unshare(CLONE_NEWNET); /* root in a container may have the one but not the other */
    wall_off_files(program);
    wall_off_network();
    limit(RLIMIT_AS, PDF_MAX_MEMORY);
    limit(RLIMIT_CPU, PDF_TIME_S);
    limit(RLIMIT_FSIZE, 0);
    limit(RLIMIT_NOFILE, 32);
    limit(RLIMIT_CORE, 0);
    signal(SIGPIPE, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(program, arguments, environment);
    _exit(PDF_EXIT_NO_EXEC);
}

/* ---- jobs ---- */

static void start_waiting(struct pdf *pdf);

static void stop_watching(struct pdf_job *job)
{
    if (job->exited)
        event_free(job->exited);
    if (job->readable)
        event_free(job->readable);
    job->exited = job->readable = NULL;
    job->timer = timer_free(job->timer);
}

static void job_free(struct pdf_job *job)
{
    stop_watching(job);
    cleanup_close(&job->input);
    cleanup_close(&job->pid_fd);
    cleanup_close(&job->output_fd);
    buf_free(&job->output);
    err_clear(&job->err);
    free(job);
}

static void judge_exit(struct pdf_job *job)
{
    if (job->err.code)
        return;
    if (WIFEXITED(job->status) && WEXITSTATUS(job->status) == PDF_EXIT_NO_EXEC)
        err_set(&job->err, ERR_FAILED, _("%s cannot be run"), job->pdf->program);
    else if (WIFSIGNALED(job->status))
        err_set(&job->err, ERR_UNREADABLE_RECEIPT, _("reading the PDF was stopped by signal %d"),
                WTERMSIG(job->status));
    else if (WEXITSTATUS(job->status) != 0)
        err_set(&job->err, ERR_UNREADABLE_RECEIPT,
                _("the PDF cannot be read (pdftotext ended with status %d)"), WEXITSTATUS(job->status));
}

/* Reports and frees the job; the callback may do anything but free the pdf reader. */
static void job_end(struct pdf_job *job)
{
    struct pdf *pdf = job->pdf;
    list_remove(&pdf->running, job);
    stop_watching(job);
    judge_exit(job);
    job->fn(job->data, job->err.code ? NULL : &job->output, &job->err);
    job_free(job);
    start_waiting(pdf);
}

static void job_kill(struct pdf_job *job, const char *why)
{
    if (!job->err.code)
        err_set(&job->err, ERR_UNREADABLE_RECEIPT, "%s", why);
    kill(job->pid, SIGKILL); /* ours and not yet waited for, so the number is still its own */
}

static void on_time_out(void *data)
{
    job_kill(data, _("reading the PDF took too long"));
}

static void on_exit_of_child(evutil_socket_t fd, short what, void *data)
{
    struct pdf_job *job = data;
    if (waitpid(job->pid, &job->status, WNOHANG) != job->pid)
        return;
    event_del(job->exited);
    job->ended = true;
    if (job->drained)
        job_end(job);
}

static void on_output(evutil_socket_t fd, short what, void *data)
{
    struct pdf_job *job = data;
    enum { CHUNK = 65536 };
    ssize_t n = read(fd, buf_reserve(&job->output, CHUNK), CHUNK);
    if (n > 0) {
        job->output.len += (size_t)n;
        job->output.data[job->output.len] = '\0';
        if (job->output.len > PDF_MAX_OUTPUT)
            job_kill(job, _("the PDF has too much text"));
        else
            return;
    } else if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    event_del(job->readable);
    job->drained = true;
    if (job->ended)
        job_end(job);
}

static struct event *watch(struct pdf *pdf, int fd, event_callback_fn fn, struct pdf_job *job)
{
    struct event *event = event_new(loop_base(pdf->loop), fd, EV_READ | EV_PERSIST, fn, job);
    event_add(event, NULL);
    return event;
}

static int job_start(struct pdf_job *job)
{
    struct pdf *pdf = job->pdf;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return err_set_errno(&job->err, ERR_FAILED, errno, "pipe");
    job->output_fd = ends[0];
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    job->pid = fork();
    if (job->pid == 0)
        become_pdftotext(pdf->program, job->input, ends[1]);
    int errnum = errno;
    close(ends[1]);
    if (job->pid < 0)
        return err_set_errno(&job->err, ERR_FAILED, errnum, "fork");
    job->pid_fd = pidfd_open(job->pid, 0);
    if (job->pid_fd < 0) {
        errnum = errno;
        kill(job->pid, SIGKILL);
        waitpid(job->pid, NULL, 0);
        return err_set_errno(&job->err, ERR_FAILED, errnum, "pidfd_open");
    }
    job->exited = watch(pdf, job->pid_fd, on_exit_of_child, job);
    job->readable = watch(pdf, job->output_fd, on_output, job);
    job->timer = timer_new(pdf->loop, on_time_out, job);
    timer_set_boot(job->timer, clock_boot_us(loop_clock(pdf->loop)) + PDF_TIME_S * US_PER_S);
    return 0;
}

static void start_waiting(struct pdf *pdf)
{
    while (pdf->running.n < PDF_CHILDREN && pdf->waiting.first) {
        struct pdf_job *job = pdf->waiting.first;
        list_remove(&pdf->waiting, job);
        list_put(&pdf->running, job);
        if (job->err.code || job_start(job) < 0) {
            job_end(job);
            return; /* which started the others */
        }
    }
}

static void start(evutil_socket_t fd, short what, void *data)
{
    start_waiting(data);
}

void pdf_read_words(struct pdf *pdf, int document, pdf_fn *fn, void *data)
{
    struct pdf_job *job = xcalloc(1, sizeof(*job));
    *job = (struct pdf_job){
        .pdf = pdf, .input = document, .pid_fd = -1, .output_fd = -1, .fn = fn, .data = data};
    if (pdf->waiting.n >= PDF_WAITING_MAX)
        err_set(&job->err, ERR_BUSY, _("too many documents are waiting to be read"));
    else if (document < 0)
        err_set(&job->err, ERR_FAILED, _("there is no memory for the document"));
    list_put(&pdf->waiting, job);
    event_active(pdf->start, EV_TIMEOUT, 0);
}

struct pdf *pdf_new(struct loop *loop, const char *program)
{
    struct pdf *pdf = xcalloc(1, sizeof(*pdf));
    pdf->loop = loop;
    pdf->program = xstrdup(program);
    pdf->start = event_new(loop_base(loop), -1, 0, start, pdf);
    list_init(&pdf->waiting);
    list_init(&pdf->running);
    return pdf;
}

static void list_drop(struct pdf_list *list)
{
    while (list->first) {
        struct pdf_job *job = list->first;
        list_remove(list, job);
        if (job->pid > 0 && !job->ended) {
            kill(job->pid, SIGKILL);
            waitpid(job->pid, NULL, 0);
        }
        job_free(job);
    }
}

struct pdf *pdf_free(struct pdf *pdf)
{
    if (!pdf)
        return NULL;
    list_drop(&pdf->waiting);
    list_drop(&pdf->running);
    event_free(pdf->start);
    free(pdf->program);
    free(pdf);
    return NULL;
}
