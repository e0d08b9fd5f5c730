/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <jansson.h>

#include "base/buf.h"
#include "bus/client.h"

/*
 * The daemon, seen from here: calls of the published interface, with replies as JSON. A reply becomes an
 * array of its out-arguments; a dictionary becomes an object, a structure an array; keys are those of the
 * contract.
 */
struct remote;

#define REMOTE_ROOT         "/mx/idsed1"
#define REMOTE_MANAGER      "mx.idsed1.Manager"
#define REMOTE_LOT          "mx.idsed1.Lot"
#define REMOTE_CERTIFICATE  "mx.idsed1.Certificate"
#define REMOTE_REGISTRATION "mx.idsed1.Registration"
#define REMOTE_USER         "mx.idsed1.User"

static inline void json_cleanup(json_t **p)
{
    json_decref(*p);
}
#define _cleanup_json_ _cleanup_(json_cleanup)

/* Connects to the bus at `address` (NULL: the system bus). */
int remote_open(const char *address, struct remote **ret, struct err *err);
struct remote *remote_close(struct remote *remote);
DEFINE_CLEANUP(struct remote *, remote_cleanup, remote_close)
/* For what is not here: subscribing and waiting. */
struct bus_client *remote_bus(struct remote *remote);

/* Starts a call, as bus_client_begin(); remote_call() or remote_file() sends it. */
void remote_begin(struct remote *remote, const char *path, const char *interface, const char *method,
                  const char *signature, struct bus_writer *w);
/* The closing a{sv} options that every changing method has: put entries between the two. */
void remote_open_options(struct bus_writer *w);
void remote_close_options(struct remote *remote, struct bus_writer *w);

/* How long a call may take: most are short, some wait for the portal or for a file of any size. */
enum remote_patience { REMOTE_SHORT, REMOTE_LONG };
/* Sends, waits, and gives the reply of signature `expect` as a JSON array (ret may be NULL). */
int remote_call(struct remote *remote, struct bus_writer *w, enum remote_patience patience,
                const char *expect, json_t **ret, struct err *err);
/*
 * The same for what is refused with reasons: where the daemon's error says more than its text, *ret is on
 * failure what follows the text, as an array; else it stays NULL.
 */
int remote_call_reasoned(struct remote *remote, struct bus_writer *w, const char *expect, json_t **ret,
                         struct err *err);
/*
 * The same in two halves, without end of patience, so that several are under way; what was sent must be
 * received.
 */
int remote_send(struct remote *remote, struct bus_writer *w, DBusPendingCall **ret, struct err *err);
int remote_receive(DBusPendingCall *pending, const char *expect, json_t **ret, struct err *err);
/* Will polkit ask a person before the daemon answers? Then one thing is asked for at a time. */
bool remote_asks_people(const struct remote *remote);
/* As remote_call(), for replies that begin with a descriptor, which the caller closes. */
int remote_file(struct remote *remote, struct bus_writer *w, const char *expect, int *ret_fd,
                struct err *err);
/* The same for a file that takes long to make. */
int remote_file_patiently(struct remote *remote, struct bus_writer *w, const char *expect, int *ret_fd,
                          struct err *err);
/* Appends a lot's records, the exact bytes that were or will be sent, to `ret`. */
int remote_records(struct remote *remote, const char *path, struct buf *ret, struct err *err);
/* A method without arguments, for reading; ret[0] of its reply. */
int remote_read(struct remote *remote, const char *path, const char *interface, const char *method,
                const char *expect, json_t **ret, struct err *err);
/*
 * Several readings of one object, under way together; only where polkit may ask a person, one after the
 * other. All are received; the first failure is reported.
 */
struct remote_reading {
    const char *interface, *method;
    const char *argument; /* a text, its only one; NULL: none */
    const char *expect;
    json_t **ret;  /* the first value of the reply */
    bool optional; /* to be denied it is no failure */
};
int remote_read_all(struct remote *remote, const char *path, const struct remote_reading *readings, size_t n,
                    struct err *err);
/* A method that takes nothing but options. */
int remote_act(struct remote *remote, const char *path, const char *interface, const char *method,
               struct err *err);
/* The arguments of a message as an array. */
json_t *remote_body(DBusMessage *message);
/*
 * Waits for the next signal until `deadline_us` (boot clock; INT64_MAX: for ever). 1: look at *ret_signal,
 * which stays NULL when the wait was only cut short; 0: the time is over; ERR_UNREACHABLE: the daemon left
 * the bus.
 */
int remote_wait(struct remote *remote, int64_t deadline_us, DBusMessage **ret_signal, struct err *err);
/* All properties of an interface as an object. */
int remote_properties(struct remote *remote, const char *path, const char *interface, json_t **ret,
                      struct err *err);

/* "/mx/idsed1/lot/12" from "12"; a new string; ERR_USAGE when it is no number. */
int remote_lot_path(const char *number, char **ret_path, struct err *err);
/* Path and properties of a lot that a person named by its number; errors begin with it. */
int remote_lot(struct remote *remote, const char *number, char **ret_path, json_t **ret_lot, struct err *err);
/*
 * For who may see receipts and not lots: its path, what receipts say of it and, under "Receipts", those that
 * the caller may see. Named as those of remote_lot().
 */
int remote_lot_receipts(struct remote *remote, const char *number, char **ret_path, json_t **ret_lot,
                        struct err *err);
int remote_certificate_path(const char *number, char **ret_path, struct err *err);
/* ERR_INVALID_RP when it has not the shape of a registro patronal; letters may be small. */
int remote_registration_path(const char *rp, char **ret_path, struct err *err);
/* The number at the end of an object path; 0 when there is none. */
uint64_t remote_path_number(const char *path);

/* What is under a key, or "", 0, false. */
const char *row_text(const json_t *row, const char *key);
uint64_t row_number(const json_t *row, const char *key);
bool row_flag(const json_t *row, const char *key);
