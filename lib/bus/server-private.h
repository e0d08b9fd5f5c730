/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/queue.h>

#include "bus/glue.h"
#include "bus/server.h"

/* What the files of the server half share: server.c, call.c, announce.c and standard.c. */

/* ---- the tree (server.c) ---- */
struct bus_entry {
    STAILQ_ENTRY(bus_entry) link;
    const struct bus_node *node;
    void *data;
};

/* Where a path leads: to an object, to the folder of a node with `find` (no name), or just above a node (no
 * entry). */
struct bus_place {
    struct bus_entry *entry;
    const char *name;
};

/* False for a path that is neither ours nor above one of ours. *ret points into the path. */
bool bus_place_find(struct bus_server *server, const char *path, struct bus_place *ret);
bool bus_place_is_object(const struct bus_place *place); /* or may be one: bus_place_object() says */
/* The i-th interface that is served there, the node's own first; NULL behind the last. */
const struct bus_interface *bus_place_interface(const struct bus_place *place, size_t i);
/* The object, until bus_place_release(); NULL when there is none. */
void *bus_place_object(const struct bus_place *place);
void bus_place_release(const struct bus_place *place, void *object);
/* Is `path` below `top`? Gives the rest behind the slash. */
const char *bus_path_below(const char *path, const char *top);

/* ---- announcements (announce.c) ---- */
enum bus_news { BUS_NEWS_ADDED, BUS_NEWS_CHANGED, BUS_NEWS_REMOVED };

struct bus_announcement {
    STAILQ_ENTRY(bus_announcement) link;
    enum bus_news news;
    char *path;
    const struct bus_interface *interface; /* NULL unless CHANGED */
    uint64_t changed;                      /* bit i: properties[i] */
};

struct bus_announcements {
    STAILQ_HEAD(, bus_announcement) queue;
    void *index; /* tsearch() tree of the same, to merge by */
};

/* Makes signals of what was announced, each change once with its last value; or forgets it, when it came to nothing. */
void bus_announce_flush(struct bus_server *server);
void bus_announce_drop(struct bus_server *server);

/* ---- standard interfaces (standard.c) ---- */
extern const struct bus_interface bus_introspectable_interface, bus_properties_interface, bus_peer_interface,
    bus_object_manager_interface;
/* Stands for an action in their tables: whatever reading that object needs. */
extern const char bus_action_read[];
const char *bus_read_action(struct bus_call *call);
/* The value of one property. */
void bus_write_property(struct bus_writer *w, const struct bus_property *property, void *object);
/* The a{sa{sv}} of an object. */
void bus_write_interfaces(struct bus_writer *w, const struct bus_place *place, void *object);

struct bus_list {
    size_t n;
    char *name[BUS_MAX_LISTED];
};
void bus_list_clear(struct bus_list *list);

/* ---- calls (call.c) ---- */
struct bus_sender {
    TAILQ_ENTRY(bus_sender) link;
    char *name;
    char *match; /* tells us when it leaves */
    uid_t uid;
    bool known; /* its uid came */
    unsigned calls;
};

enum bus_stage { BUS_STAGE_UID, BUS_STAGE_ACTION, BUS_STAGE_HANDLER };
/* What is known of the action that a handler asked for on top of the method's. */
enum bus_further { BUS_FURTHER_NONE, BUS_FURTHER_ASKED, BUS_FURTHER_YES, BUS_FURTHER_NO };

struct bus_call {
    TAILQ_ENTRY(bus_call) link;
    struct bus_server *server; /* NULL once it was closed */
    struct bus_sender *sender; /* NULL once it left, or before it was admitted */
    bool orphan;
    enum bus_stage stage;
    enum bus_further further;
    bool is_wish; /* a no to what is asked further is an answer, not the end */
    uid_t uid;
    DBusMessage *message;
    struct bus_place place;
    const struct bus_interface *interface;
    const struct bus_method *method;
    bool has_fds;
    bool writing;
    struct bus_writer results;
};

/* A method call came in. */
void bus_call_receive(struct bus_server *server, DBusMessage *message);
/* This unique name left the bus. */
void bus_sender_left(struct bus_server *server, const char *name);
/* An error by its D-Bus name; as bus_call_fail(). */
void bus_call_refuse(struct bus_call **call, const char *error, const char *fmt, ...) _printf_(3, 4);
/* Lets go of all calls and senders of a server that closes. */
void bus_calls_close(struct bus_server *server);

/* ---- the server (server.c) ---- */
struct bus_server {
    struct bus_server_options options;
    DBusConnection *connection;
    struct bus_glue *glue;
    struct turn_end *turn_end;
    STAILQ_HEAD(, bus_entry) entries;
    struct bus_announcements announcements;
    DBusMessage **outbox; /* leaves at the end of the turn */
    size_t n_outbox, outbox_cap;
    TAILQ_HEAD(, bus_call) calls;
    TAILQ_HEAD(bus_senders, bus_sender) senders; /* last used first */
    unsigned n_calls, n_calls_with_fds, n_senders;
};

/* Takes a message over, which leaves when the turn ends. */
void bus_outbox_add(struct bus_server *server, DBusMessage *message);
/* … and sees to it that it ends. */
void bus_server_post(struct bus_server *server, DBusMessage *message);
void bus_server_fault(struct bus_server *server, const struct err *err);
