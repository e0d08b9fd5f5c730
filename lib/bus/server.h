/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "bus/message.h"
#include "net/loop.h"

/*
 * Objects on the bus, from static tables. All of it runs on the loop's thread; nothing blocks but
 * bus_server_open() and bus_server_own_name(), which a program calls before its loop runs.
 *
 * The life of a call: node, interface, method and signature are looked up; the sender's uid is learned; the
 * method's action is authorised; the object is looked up; the handler runs and replies, now or in a later
 * turn. So no object pointer outlives the dispatch that found it.
 *
 * What leaves in a turn leaves at its end: first PropertiesChanged, merged, with the values of that moment,
 * then signals and replies in the order they were made. A caller that has its reply has therefore seen the
 * changes it caused.
 */
struct bus_server;
struct bus_call;

/* ---- tables ---- */
enum bus_emits { BUS_EMITS_CHANGE, BUS_EMITS_INVALIDATION, BUS_EMITS_NOTHING, BUS_EMITS_CONST };

/* Replies exactly once, by bus_call_reply() or bus_call_fail(), at once or later. `object` is valid until it
 * returns. */
typedef void bus_method_fn(struct bus_call *call, void *object);

struct bus_method {
    const char *name;
    const char *in; /* signature; "" for none */
    const char *out;
    const char *args;   /* names of the arguments, in then out, separated by blanks */
    const char *action; /* polkit action; NULL: everybody may */
    bus_method_fn *handler;
};

struct bus_property {
    const char *name;
    const char *signature;
    enum bus_emits emits;
    /* Writes the value. NULL: it is a member of the object, `offset` bytes into it (s, o: char *; b: bool; u,
     * t: integer). */
    void (*get)(struct bus_writer *w, const struct bus_property *property, void *object);
    size_t offset;
};

struct bus_signal {
    const char *name;
    const char *signature;
    const char *args;
};

/* Each table ends with an entry without name; NULL for none. */
struct bus_interface {
    const char *name;
    const struct bus_method *methods;
    const struct bus_property *properties;
    const struct bus_signal *signals;
    const char *read_action; /* needed to read its properties; NULL: everybody may */
};

/* Collects names of objects. */
struct bus_list;
void bus_list_add(struct bus_list *list, const char *name);

/*
 * A place in the tree. Without `find` it is the one object at `path`, and the object is the node's data. With
 * `find` the objects are at path/NAME, and none of them is registered: they are looked up when they are asked
 * for.
 */
struct bus_node {
    const char *path;
    const struct bus_interface *const *interfaces; /* NULL-terminated */
    /* The object called `name` ([A-Za-z0-9_]+); NULL when there is none. */
    void *(*find)(void *data, const char *name);
    void (*release)(void *object); /* what find gave; may be NULL */
    /* The objects worth showing in Introspect and GetManagedObjects: recent ones, the first BUS_MAX_LISTED of
     * them. */
    void (*list)(void *data, struct bus_list *list);
    enum err_code missing; /* the error for an object that is not there, e.g. ERR_UNKNOWN_LOT */
    bool object_manager;   /* serves org.freedesktop.DBus.ObjectManager for all objects below it */
    /* What GetManagedObjects needs there, since it tells of all objects at once; NULL: the read action of the node. */
    const char *manager_action;
};
enum { BUS_MAX_LISTED = 1000 };

/* All properties of the object as one a{sv}, as GetAll gives them; `except` (may be NULL) is left out. */
void bus_write_properties(struct bus_writer *w, const struct bus_interface *interface, void *object,
                          const char *except);

/* ---- the server ---- */
struct bus_server_options {
    struct loop *loop;
    const char *address; /* NULL: the system bus */
    /*
     * Decides whether the sender may; answers with bus_call_allow() or bus_call_fail(), at once or later.
     * NULL: only uid 0 may do what needs an action.
     */
    void (*authorize)(void *data, struct bus_call *call, const char *action);
    /* Told of faults nobody else learns of: a broken signal, an unknown message. May be NULL. */
    void (*fault)(void *data, const char *text);
    void *data;
};

/* Limits on what others can make us hold. Beyond them a call is refused with ERR_BUSY, a big one with
 * ERR_TOO_LARGE. */
enum {
    BUS_MAX_CALLS = 256,          /* under way at once */
    BUS_MAX_CALLS_PER_USER = 128, /* from all connections of one user but root */
    BUS_MAX_CALLS_PER_SENDER = 64,
    BUS_MAX_CALLS_WITH_FDS = 128,
    BUS_MAX_CALL_SIZE = 128 * 1024, /* bytes of arguments; big input travels as a descriptor */
};

/* Connects. The loop ends with status EXIT_STATUS_UNREACHABLE when the bus goes away. */
int bus_server_open(const struct bus_server_options *options, struct bus_server **ret, struct err *err);
/* Sends what is due, answers what is open with ERR_BUSY, closes. Calls that are still held stay valid.
 * Returns NULL. */
struct bus_server *bus_server_close(struct bus_server *server);
DEFINE_CLEANUP(struct bus_server *, bus_server_cleanup, bus_server_close)
/* Adds a node; it and its tables must outlive the server. `data` goes to find and list, or is the object. */
void bus_server_add(struct bus_server *server, const struct bus_node *node, void *data);
/* Takes the name; ERR_BUSY when another process has it, ERR_ACCESS_DENIED. Do this last: calls come in from
 * here on. */
int bus_server_own_name(struct bus_server *server, const char *name, struct err *err);
DBusConnection *bus_server_connection(struct bus_server *server);

/* Announces a new value; only properties that emit changes have an effect. */
void bus_server_changed(struct bus_server *server, const char *path, const struct bus_interface *interface,
                        const char *property);
/* Announces an object that came or went (InterfacesAdded, InterfacesRemoved of the object manager above it).
 */
void bus_server_added(struct bus_server *server, const char *path);
void bus_server_removed(struct bus_server *server, const char *path);
/* A signal: begin, write its arguments to w, send. */
void bus_signal_begin(const char *path, const struct bus_interface *interface, const char *name,
                      struct bus_writer *w);
void bus_signal_send(struct bus_server *server, struct bus_writer *w);

/*
 * Calls another service. `done` is called once, on the loop, with its reply or an error message; `destroy`
 * (may be NULL) frees data, also when the server is closed first. Consumes the message.
 */
typedef void bus_reply_fn(void *data, DBusMessage *reply);
void bus_server_ask(struct bus_server *server, DBusMessage *message, int timeout_ms, bus_reply_fn *done,
                    void *data, void (*destroy)(void *data));

/* ---- calls ---- */
/* The node's data. */
void *bus_call_data(const struct bus_call *call);
DBusMessage *bus_call_message(const struct bus_call *call);
/* At the first argument; the signature was checked before the handler was called. */
void bus_call_arguments(struct bus_call *call, struct bus_reader *ret);
const char *bus_call_path(const struct bus_call *call);
/* Name of the object: the last part of its path. */
const char *bus_call_object_name(const struct bus_call *call);
/* The sender's unique name and uid, by the bus's word. */
const char *bus_call_sender(const struct bus_call *call);
uid_t bus_call_uid(const struct bus_call *call);
/* May a person be asked? The message's flag, or the option "interactive" in its last argument. */
bool bus_call_interactive(const struct bus_call *call);
/* A text among the options, the a{sv} that is its last argument; "" when it is not there. Of the message. */
const char *bus_call_option(const struct bus_call *call, const char *key);
/* True when the caller left the bus: there is nobody to answer, so work that has no other effect may stop. */
bool bus_call_is_orphan(const struct bus_call *call);

/*
 * The authoriser's yes; the call goes on. Its no is bus_call_fail() with ERR_ACCESS_DENIED, but for a call that only asked
 * whether it may (bus_call_is_wish()): that goes on with bus_call_go_without().
 */
void bus_call_allow(struct bus_call *call);
bool bus_call_is_wish(const struct bus_call *call);
void bus_call_go_without(struct bus_call *call);
/*
 * For methods that give some callers more than others: is the sender authorised for `action`, too? To be called before
 * anything was done or written, and for one action. Where it returns false the answer is not known yet: the handler returns
 * at once and touches neither call nor object again; it is called anew, with the object looked up, when it is known. After
 * bus_call_may() *ret_may then says it; after bus_call_must() the sender may, for else the call was refused.
 */
bool bus_call_may(struct bus_call *call, const char *action, bool *ret_may);
bool bus_call_must(struct bus_call *call, const char *action);
/* The writer for the results; it may be filled now and sent by bus_call_reply() in a later turn. */
struct bus_writer *bus_call_results(struct bus_call *call);
/*
 * Answer: frees the call and sets *call to NULL, for which both do nothing, so a call is answered once.
 * Nothing is sent to a caller that wanted no reply or has left.
 */
void bus_call_reply(struct bus_call **call);
void bus_call_fail(struct bus_call **call, const struct err *err);
/*
 * As bus_call_fail(), for an error that says more than its text: a writer for what follows the text. The signature is that of
 * all, "s…", and static. bus_call_reply() sends it.
 */
struct bus_writer *bus_call_fault(struct bus_call *call, const struct err *err, const char *signature);
