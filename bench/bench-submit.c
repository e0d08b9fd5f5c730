/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Submitting over the system bus, where a daemon must be serving mx.idsed1:
 *   bulk   one lot of 100,000 movements, from the call to its reply, which comes when all of it is committed; against the
 *          same rows inserted into raw SQLite in one transaction;
 *   small  lots of one movement with 32 calls in flight; against raw commits of one row each;
 *   queue  small lots only, without a measure: they fill the daemon's queue.
 * The two sides take turns. The raw database lies at --raw, which belongs on the daemon's file system; both databases
 * grow alike from round to round.
 */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "bench/measure.h"
#include "bench/raw.h"
#include "bus/client.h"
#include "tests/synthetic.h"

enum { IN_FLIGHT = 32, BULK_ROUNDS = 5, SMALL_ROUNDS = 7, BULK_TIMEOUT_MS = 600000 };

struct submitter {
    DBusConnection *connection;
    const char *rp;
    unsigned in_flight;
};

/* ---- one call ---- */

/* A sealed memory file, which the daemon may read in place. */
static int make_file(uint64_t first, size_t n, const char *rp)
{
    _cleanup_err_ struct err err = ERR_INIT;
    _cleanup_buf_ struct buf file = BUF_INIT;
    raw_write_file(&file, first, n, rp);
    int fd = memfd_create("lot", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        measure_fail("memfd_create", strerror(errno));
    measure_must(file_write_fd(fd, file.data, file.len, &err), &err, "memory file");
    if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)
        measure_fail("F_ADD_SEALS", strerror(errno));
    return fd;
}

static DBusMessage *make_call(int fd)
{
    _cleanup_err_ struct err err = ERR_INIT;
    struct bus_writer w;
    DBusMessage *message = NULL;
    bus_writer_init(
        &w, dbus_message_new_method_call("mx.idsed1", "/mx/idsed1", "mx.idsed1.Manager", "Submit"), "ha{sv}");
    bus_write_fd(&w, fd);
    bus_open_array(&w);
    bus_close(&w);
    measure_must(bus_writer_finish(&w, &message, &err), &err, "Submit");
    return message;
}

static void answered(DBusPendingCall *pending, void *data)
{
    struct submitter *submitter = data;
    _cleanup_err_ struct err err = ERR_INIT;
    _cleanup_message_ DBusMessage *reply = dbus_pending_call_steal_reply(pending);
    if (dbus_message_get_type(reply) == DBUS_MESSAGE_TYPE_ERROR)
        measure_must(bus_err_from_message(reply, &err), &err, "Submit");
    submitter->in_flight--;
}

static void send_call(struct submitter *submitter, int fd)
{
    _cleanup_message_ DBusMessage *message = make_call(fd);
    DBusPendingCall *pending = NULL;
    if (!dbus_connection_send_with_reply(submitter->connection, message, &pending, BULK_TIMEOUT_MS) ||
        !pending)
        measure_fail("Submit", "the bus is gone");
    submitter->in_flight++;
    dbus_pending_call_set_notify(pending, answered, submitter, NULL);
    dbus_pending_call_unref(pending);
}

static void wait_until_in_flight(struct submitter *submitter, unsigned most)
{
    while (submitter->in_flight > most)
        if (!dbus_connection_read_write_dispatch(submitter->connection, -1))
            measure_fail("Submit", "the bus is gone");
}

/* ---- ours ---- */

static double submit_big(struct submitter *submitter, uint64_t first, size_t n)
{
    _cleanup_close_ int fd = make_file(first, n, submitter->rp);
    double start = measure_now_s();
    send_call(submitter, fd);
    wait_until_in_flight(submitter, 0);
    return measure_now_s() - start;
}

static double submit_small(struct submitter *submitter, uint64_t first, size_t n)
{
    double start = measure_now_s();
    for (size_t i = 0; i < n; i++) {
        _cleanup_close_ int fd = make_file(first + i, 1, submitter->rp);
        wait_until_in_flight(submitter, IN_FLIGHT - 1);
        send_call(submitter, fd);
    }
    wait_until_in_flight(submitter, 0);
    return measure_now_s() - start;
}

/* ---- rounds ---- */

static void bench_bulk(struct submitter *submitter, const char *raw, size_t n)
{
    struct measure measure = {0};
    sqlite3 *db = raw_open(raw);
    for (unsigned i = 0; i < BULK_ROUNDS; i++) {
        _cleanup_buf_ struct buf file = BUF_INIT;
        raw_write_file(&file, i * n, n, submitter->rp);
        double baseline = raw_bulk(db, i + 1, &file, i * n, n);
        measure_note(&measure, submit_big(submitter, i * n, n), baseline);
    }
    sqlite3_close(db);
    measure_print_speed("bulk", &measure, (double)n, "movements/s", "rows/s into raw SQLite");
}

static void bench_small(struct submitter *submitter, const char *raw, size_t n)
{
    struct measure measure = {0};
    sqlite3 *db = raw_open(raw);
    submit_small(submitter, 0, n); /* warm */
    raw_small(db, n);
    for (unsigned i = 1; i <= SMALL_ROUNDS; i++) {
        double baseline = raw_small(db, n);
        measure_note(&measure, submit_small(submitter, i * n, n), baseline);
    }
    sqlite3_close(db);
    measure_print_speed("small", &measure, (double)n, "lots/s", "raw single-row commits/s");
}

/* ---- the command line ---- */

struct arguments {
    const char *what, *raw, *rp;
    uint64_t n;
};

static error_t take_option(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case 'n':
        if (!str_to_uint(value, RECORD_MAX_MOVEMENTS, &arguments->n) || arguments->n == 0)
            argp_error(state, "-n: a number from 1 to %d", RECORD_MAX_MOVEMENTS);
        return 0;
    case 'r':
        arguments->raw = value;
        return 0;
    case 'p':
        arguments->rp = value;
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->what)
            argp_usage(state);
        arguments->what = value;
        return 0;
    case ARGP_KEY_END:
        if (!arguments->what || (!arguments->raw && !streq(arguments->what, "queue")))
            argp_usage(state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int main(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"number", 'n', "N", 0, "Movements of the bulk lot, or small lots in a round", 0},
        {"raw", 'r', "FILE", 0, "Where the raw database is made, and removed at the end", 0},
        {"rp", 'p', "RP", 0, "The registro patronal, which must be registered", 0},
        {0},
    };
    _cleanup_err_ struct err err = ERR_INIT;
    struct arguments arguments = {.rp = synthetic_rps[0]};
    argp_parse(&(struct argp){.options = options, .parser = take_option, .args_doc = "bulk|small|queue"},
               argc, argv, 0, NULL, &arguments);
    struct submitter submitter = {.rp = arguments.rp};
    measure_must(bus_connect(NULL, &submitter.connection, &err), &err, "bus");
    if (streq(arguments.what, "bulk"))
        bench_bulk(&submitter, arguments.raw, arguments.n ? arguments.n : 100000);
    else if (streq(arguments.what, "small"))
        bench_small(&submitter, arguments.raw, arguments.n ? arguments.n : 1000);
    else
        submit_small(&submitter, 0, arguments.n ? arguments.n : 1000);
    if (arguments.raw)
        raw_remove(arguments.raw);
    dbus_connection_close(submitter.connection);
    dbus_connection_unref(submitter.connection);
    return EXIT_SUCCESS;
}
