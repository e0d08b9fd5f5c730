/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon/act.h"

/*
 * The objects on the bus: where they are, and the tables that serve them. the XML files in dbus/ say what
 * each member means.
 */
#define IFACE_ROOT "/mx/idsed1"

#define ACTION_READ        "mx.idsed1.read"
#define ACTION_SUBMIT      "mx.idsed1.submit"
#define ACTION_CONTROL     "mx.idsed1.control"
#define ACTION_CREDENTIALS "mx.idsed1.manage-credentials"
#define ACTION_USERS       "mx.idsed1.manage-users"

extern const struct bus_interface manager_interface;
extern const struct bus_interface lot_interface;
extern const struct bus_interface certificate_interface;
extern const struct bus_interface registration_interface;
extern const struct bus_interface user_interface;

/* The data of each is the struct daemon. */
extern const struct bus_node manager_node;
extern const struct bus_node lot_node;
extern const struct bus_node certificate_node;
extern const struct bus_node registration_node;
extern const struct bus_node user_node;

enum { IFACE_PATH_SIZE = 64, IFACE_RECENT_LOTS = 100 };
void iface_lot_path(int64_t id, char ret[static IFACE_PATH_SIZE]);
void iface_certificate_path(int64_t id, char ret[static IFACE_PATH_SIZE]);
void iface_user_path(int64_t id, char ret[static IFACE_PATH_SIZE]);
void iface_registration_path(const char *rp, char ret[static IFACE_PATH_SIZE]);

/* What the tables' functions get as their object, and lists write one after the other. */
struct lot_object {
    struct daemon *daemon;
    struct store_lot lot;
};
struct certificate_object {
    struct daemon *daemon;
    struct store_certificate certificate;
};
struct registration_object {
    struct daemon *daemon;
    struct store_rp rp;
};
struct user_object {
    struct daemon *daemon;
    struct store_user user;
};

/* Methods of the Manager that have a file of their own; their data is the struct daemon. */
void registration_add(struct bus_call *call, void *daemon);
void certificate_add(struct bus_call *call, void *daemon);
void submit(struct bus_call *call, void *daemon);
void import_receipt(struct bus_call *call, void *daemon);
void diagnose(struct bus_call *call, void *daemon);
void reindex(struct bus_call *call, void *daemon);
void user_add(struct bus_call *call, void *daemon);
void user_register(struct bus_call *call, void *daemon);
void user_list(struct bus_call *call, void *daemon);
void user_update(struct bus_call *call, void *user_object);
void user_legal_texts(struct bus_call *call, void *daemon);
void user_login(struct bus_call *call, void *daemon);
void user_logout(struct bus_call *call, void *daemon);
void user_use_session(struct bus_call *call, void *daemon);
void user_change_password(struct bus_call *call, void *daemon);
void user_recover_password(struct bus_call *call, void *daemon);
void user_reset_password(struct bus_call *call, void *daemon);

void lot_correct(struct bus_call *call, void *object); /* a struct lot_object */
void lot_get_evidence(struct bus_call *call, void *object);
void explain_code(struct bus_call *call, void *daemon);
void list_movements(struct bus_call *call, void *daemon);
void list_due(struct bus_call *call, void *daemon);
void read_movements(struct bus_call *call, void *daemon);
void list_history(struct bus_call *call, void *daemon);
void verify_history(struct bus_call *call, void *daemon);
void list_workers(struct bus_call *call, void *daemon);
void manager_backup(struct bus_call *call, void *daemon);
void overview(struct bus_call *call, void *daemon);
void worker_export(struct bus_call *call, void *daemon);
void worker_erase(struct bus_call *call, void *daemon);

/* … and one of Certificate. */
void certificate_replace(struct bus_call *call, void *certificate_object);

/* The limit that every list takes; ERR_INVALID_ARGUMENT when it is out of bounds. */
int iface_check_limit(uint32_t limit, struct err *err);
/* What follows the filter of a list: the cursor, of the kind that its rows have, and the limit, which is checked. */
int iface_read_page(struct bus_reader *reader, const char **ret_cursor, uint32_t *ret_limit, struct err *err);
int iface_read_numbered_page(struct bus_reader *reader, int64_t *ret_cursor, uint32_t *ret_limit,
                             struct err *err);
/* A caller's number as one that the database takes: what is larger than any there is the largest. */
static inline int64_t iface_number(uint64_t number)
{
    return (int64_t)MIN(number, (uint64_t)INT64_MAX);
}
/*
 * A registro patronal of a filter; "" is any. ERR_INVALID_RP when it is none, ERR_UNKNOWN_RP when nothing can be of it, for it
 * was never registered; one that was removed has its history still.
 */
int iface_take_rp(struct daemon *daemon, const char *text, char ret[static 12], struct err *err);
/* Says that this is no registro patronal: ERR_INVALID_RP. */
int iface_no_rp(const char *text, struct err *err);
/* ERR_INVALID_ARGUMENT when it is no NSS. A wrong check digit is no obstacle: real ones have such. */
int iface_check_nss(const char *nss, struct err *err);
/* Both ends of a period, 0 for none: ERR_INVALID_ARGUMENT when nothing can be between them. */
int iface_check_period(uint64_t since, uint64_t until, struct err *err);
/* Names of states as bits; `from_name` is one of the enum's own functions. */
int iface_take_states(const struct bus_strings *names, int (*from_name)(const char *), uint32_t *ret,
                      struct err *err);
/* Reads the only argument of a method that has none but its options. */
int iface_no_options(struct act *act);
/* What was found in a file, as the aa{sv} that Submit gives. */
void iface_write_findings(struct bus_writer *w, const struct findings *findings);
/* The number that an object's name is; 0 when it is none. */
int64_t iface_object_id(const char *name);
