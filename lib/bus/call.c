/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/server-private.h"

enum { BUS_MAX_SENDERS = 256, UID_TIMEOUT_MS = 25000 };
/* One with a call under way is never forgotten, so there must be room for that many. */
_Static_assert((int)BUS_MAX_SENDERS >= (int)BUS_MAX_CALLS, "every open call has a sender");

/* ---- answering ---- */

static void call_free(struct bus_call *call)
{
    if (call->server) {
        TAILQ_REMOVE(&call->server->calls, call, link);
        call->server->n_calls--;
        call->server->n_calls_with_fds -= call->has_fds;
    }
    if (call->sender)
        call->sender->calls--;
    if (call->writing)
        bus_writer_abandon(&call->results);
    dbus_message_unref(call->message);
    free(call);
}

static bool is_awaited(const struct bus_call *call)
{
    return call->server && !call->orphan && !dbus_message_get_no_reply(call->message);
}

void bus_call_refuse(struct bus_call **call, const char *error, const char *fmt, ...)
{
    struct bus_writer w;
    DBusMessage *message = NULL;
    if (!*call)
        return;
    if (is_awaited(*call)) {
        va_list ap;
        va_start(ap, fmt);
        _cleanup_free_ char *text = xvasprintf(fmt, ap);
        va_end(ap);
        bus_writer_init(&w, dbus_message_new_error((*call)->message, error, NULL), "s");
        bus_write_string(&w, text);
        if (bus_writer_finish(&w, &message, NULL) == 0)
            bus_server_post((*call)->server, message);
    }
    call_free(STEAL(*call));
}

void bus_call_fail(struct bus_call **call, const struct err *err)
{
    _cleanup_free_ char *name = xasprintf(BUS_ERROR_PREFIX "%s", err_dbus_name(err->code));
    bus_call_refuse(call, name, "%s", err_text(err));
}

static void fail(struct bus_call **call, enum err_code code, const char *text)
{
    bus_call_fail(call, &(struct err){.code = code, .text = (char *)text});
}

struct bus_writer *bus_call_results(struct bus_call *call)
{
    if (!call->writing)
        bus_writer_init(&call->results, dbus_message_new_method_return(call->message), call->method->out);
    call->writing = true;
    return &call->results;
}

struct bus_writer *bus_call_fault(struct bus_call *call, const struct err *err, const char *signature)
{
    _cleanup_free_ char *name = xasprintf(BUS_ERROR_PREFIX "%s", err_dbus_name(err->code));
    if (call->writing)
        bus_writer_abandon(&call->results);
    bus_writer_init(&call->results, dbus_message_new_error(call->message, name, NULL), signature);
    call->writing = true;
    bus_write_string(&call->results, err_text(err));
    return &call->results;
}

void bus_call_reply(struct bus_call **call)
{
    _cleanup_err_ struct err err = ERR_INIT;
    DBusMessage *message;
    if (!*call)
        return;
    bus_call_results(*call);
    (*call)->writing = false;
    if (bus_writer_finish(&(*call)->results, &message, &err) < 0) {
        err_prefix(&err, "%s.%s", (*call)->interface->name, (*call)->method->name);
        if ((*call)->server)
            bus_server_fault((*call)->server, &err);
        bus_call_fail(call, &err);
        return;
    }
    if (is_awaited(*call))
        bus_server_post((*call)->server, message);
    else
        dbus_message_unref(message);
    call_free(STEAL(*call));
}

/* ---- asking the call ---- */

void *bus_call_data(const struct bus_call *call)
{
    return call->place.entry ? call->place.entry->data : NULL;
}

DBusMessage *bus_call_message(const struct bus_call *call)
{
    return call->message;
}

void bus_call_arguments(struct bus_call *call, struct bus_reader *ret)
{
    bus_reader_init(ret, call->message);
}

const char *bus_call_path(const struct bus_call *call)
{
    return dbus_message_get_path(call->message);
}

const char *bus_call_object_name(const struct bus_call *call)
{
    return strrchr(bus_call_path(call), '/') + 1;
}

const char *bus_call_sender(const struct bus_call *call)
{
    return dbus_message_get_sender(call->message);
}

uid_t bus_call_uid(const struct bus_call *call)
{
    return call->uid;
}

bool bus_call_is_orphan(const struct bus_call *call)
{
    return call->orphan;
}

/* A reader inside the a{sv} that is the last argument; false when another thing is. */
static bool enter_options(const struct bus_call *call, struct bus_reader *ret)
{
    struct bus_reader r;
    bus_reader_init(&r, call->message);
    while (dbus_message_iter_has_next(&r.iter))
        bus_read_skip(&r);
    return bus_reader_type(&r) == DBUS_TYPE_ARRAY &&
           dbus_message_iter_get_element_type(&r.iter) == DBUS_TYPE_DICT_ENTRY && bus_read_enter(&r, ret);
}

bool bus_call_interactive(const struct bus_call *call)
{
    struct bus_reader dict;
    return dbus_message_get_allow_interactive_authorization(call->message) ||
           (enter_options(call, &dict) && bus_dict_bool(&dict, "interactive"));
}

const char *bus_call_option(const struct bus_call *call, const char *key)
{
    struct bus_reader dict;
    return enter_options(call, &dict) ? bus_dict_string(&dict, key) : "";
}

/* ---- on its way to the handler ---- */

static void run(struct bus_call *call)
{
    const struct bus_place place = call->place; /* the call may be gone when the handler returns */
    void *object = NULL;
    call->stage = BUS_STAGE_HANDLER;
    if (call->orphan) {
        call_free(call);
        return;
    }
    if (bus_place_is_object(&place)) {
        object = bus_place_object(&place);
        if (!object && place.name) {
            if (place.entry->node->missing != ERR_NONE)
                fail(&call, place.entry->node->missing, NULL);
            else
                bus_call_refuse(&call, DBUS_ERROR_UNKNOWN_OBJECT, _("There is no object %s"),
                                bus_call_path(call));
            return;
        }
    }
    call->method->handler(call, object);
    if (object)
        bus_place_release(&place, object);
}

static void go_on(struct bus_call *call)
{
    if (call->server)
        run(call);
    else
        call_free(call);
}

void bus_call_allow(struct bus_call *call)
{
    if (call->further == BUS_FURTHER_ASKED)
        call->further = BUS_FURTHER_YES;
    go_on(call);
}

void bus_call_go_without(struct bus_call *call)
{
    call->further = BUS_FURTHER_NO;
    go_on(call);
}

/* One user must not be able to keep all others out, with any number of connections. Root may. */
static bool is_greedy(const struct bus_call *call)
{
    unsigned n = 0;
    const struct bus_call *other;
    TAILQ_FOREACH(other, &call->server->calls, link)
    n += other->stage != BUS_STAGE_UID && other->uid == call->uid;
    return call->uid != 0 && n >= BUS_MAX_CALLS_PER_USER;
}

static void ask_authoriser(struct bus_call *call, const char *action)
{
    const struct bus_server_options *options = &call->server->options;
    call->stage = BUS_STAGE_ACTION;
    if (!action || (!options->authorize && call->uid == 0))
        bus_call_allow(call);
    else if (options->authorize)
        options->authorize(options->data, call, action);
    else if (call->is_wish)
        bus_call_go_without(call);
    else
        fail(&call, ERR_ACCESS_DENIED, NULL);
}

static void authorise(struct bus_call *call)
{
    const char *action =
        call->method->action == bus_action_read ? bus_read_action(call) : call->method->action;
    call->uid = call->sender->uid;
    if (is_greedy(call)) {
        fail(&call, ERR_BUSY, _("You have too many calls under way; wait for an answer first"));
        return;
    }
    ask_authoriser(call, action);
}

/* ---- asking for more ---- */

static bool ask_further(struct bus_call *call, const char *action, bool is_wish)
{
    if (call->further == BUS_FURTHER_YES || call->further == BUS_FURTHER_NO)
        return true;
    call->further = BUS_FURTHER_ASKED;
    call->is_wish = is_wish;
    ask_authoriser(call, action);
    return false;
}

bool bus_call_may(struct bus_call *call, const char *action, bool *ret_may)
{
    bool known = ask_further(call, action, true);
    if (known)
        *ret_may = call->further == BUS_FURTHER_YES;
    return known;
}

bool bus_call_must(struct bus_call *call, const char *action)
{
    return ask_further(call, action, false);
}

bool bus_call_is_wish(const struct bus_call *call)
{
    return call->is_wish;
}

/* ---- senders ---- */

static struct bus_sender *sender_find(struct bus_server *server, const char *name)
{
    struct bus_sender *sender;
    TAILQ_FOREACH(sender, &server->senders, link)
    if (streq(sender->name, name))
        break;
    return sender;
}

static void sender_forget(struct bus_server *server, struct bus_sender *sender)
{
    dbus_bus_remove_match(server->connection, sender->match, NULL);
    TAILQ_REMOVE(&server->senders, sender, link);
    server->n_senders--;
    free(sender->match);
    free(sender->name);
    free(sender);
}

/* The oldest call of the sender that waits for its uid, or NULL. Handlers may free any call, so nobody walks
 * the list. */
static struct bus_call *next_waiting(struct bus_server *server, const struct bus_sender *sender)
{
    struct bus_call *call;
    TAILQ_FOREACH(call, &server->calls, link)
    if (call->sender == sender && call->stage == BUS_STAGE_UID)
        break;
    return call;
}

void bus_sender_left(struct bus_server *server, const char *name)
{
    struct bus_sender *sender = sender_find(server, name);
    struct bus_call *call;
    if (!sender)
        return;
    while ((call = next_waiting(server, sender)))
        call_free(call);
    TAILQ_FOREACH(call, &server->calls, link)
    if (call->sender == sender) {
        call->sender = NULL;
        call->orphan = true;
    }
    sender_forget(server, sender);
}

struct uid_question {
    struct bus_server *server;
    char *name;
};

static void uid_question_free(void *data)
{
    struct uid_question *question = data;
    free(question->name);
    free(question);
}

static void uid_answered(void *data, DBusMessage *reply)
{
    struct uid_question *question = data;
    struct bus_server *server = question->server;
    struct bus_sender *sender = sender_find(server, question->name);
    struct bus_reader r;
    struct bus_call *call;
    uint32_t uid;
    if (!sender)
        return;
    bus_reader_init(&r, reply);
    if (dbus_message_get_type(reply) == DBUS_MESSAGE_TYPE_ERROR || !bus_read_u32(&r, &uid)) {
        bus_sender_left(server, question->name);
        return;
    }
    sender->uid = (uid_t)uid;
    sender->known = true;
    while ((call = next_waiting(server, sender)))
        authorise(call);
}

static struct bus_sender *sender_new(struct bus_server *server, const char *name)
{
    struct bus_sender *oldest;
    if (server->n_senders >= BUS_MAX_SENDERS) {
        TAILQ_FOREACH_REVERSE(oldest, &server->senders, bus_senders, link)
        if (oldest->calls == 0)
            break;
        if (oldest) /* there always is one */
            sender_forget(server, oldest);
    }

    struct bus_sender *sender = xcalloc(1, sizeof(*sender));
    sender->name = xstrdup(name);
    sender->match =
        xasprintf("type='signal',sender='%s',interface='%s',member='NameOwnerChanged',arg0='%s',arg2=''",
                  DBUS_SERVICE_DBUS, DBUS_INTERFACE_DBUS, name);
    /* The match first: from then on we learn that it left, and whether it had left before, the answer tells.
     */
    dbus_bus_add_match(server->connection, sender->match, NULL);
    server->n_senders++;

    struct uid_question *question = xcalloc(1, sizeof(*question));
    *question = (struct uid_question){.server = server, .name = xstrdup(name)};
    struct bus_writer w;
    DBusMessage *message = NULL;
    bus_writer_init(&w,
                    dbus_message_new_method_call(DBUS_SERVICE_DBUS, DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS,
                                                 "GetConnectionUnixUser"),
                    "s");
    bus_write_string(&w, name);
    if (bus_writer_finish(&w, &message, NULL) == 0)
        bus_server_ask(server, message, UID_TIMEOUT_MS, uid_answered, question, uid_question_free);
    return sender;
}

static struct bus_sender *sender_get(struct bus_server *server, const char *name)
{
    struct bus_sender *sender = sender_find(server, name);
    if (sender)
        TAILQ_REMOVE(&server->senders, sender, link);
    else
        sender = sender_new(server, name);
    TAILQ_INSERT_HEAD(&server->senders, sender, link);
    return sender;
}

/* ---- coming in ---- */

/* Takes the size of the values off *left; false when there is not enough. An array is left at once when it is
 * too long. */
static bool fits(struct bus_reader r, size_t *left)
{
    struct bus_reader inner;
    while (bus_reader_type(&r)) {
        const char *text;
        size_t size = 8;
        if (bus_read_string(&r, &text))
            size += strlen(text);
        else if (bus_read_enter(&r, &inner)) {
            if (!fits(inner, left))
                return false;
        } else
            bus_read_skip(&r);
        if (size > *left)
            return false;
        *left -= size;
    }
    return true;
}

/* Counts the call in, or refuses it. */
static bool admit(struct bus_call **call)
{
    struct bus_server *server = (*call)->server;
    struct bus_reader r;
    size_t left = BUS_MAX_CALL_SIZE;
    if (server->n_calls > BUS_MAX_CALLS || server->n_calls_with_fds > BUS_MAX_CALLS_WITH_FDS) {
        fail(call, ERR_BUSY, NULL);
        return false;
    }
    struct bus_sender *sender = sender_get(server, bus_call_sender(*call));
    if (sender->calls >= BUS_MAX_CALLS_PER_SENDER) {
        fail(call, ERR_BUSY, _("You have too many calls under way; wait for an answer first"));
        return false;
    }
    (*call)->sender = sender;
    sender->calls++;
    bus_call_arguments(*call, &r);
    if (!fits(r, &left)) {
        fail(call, ERR_TOO_LARGE,
             _("The arguments of a call are limited to 128 KiB; big input travels as a file"));
        return false;
    }
    return true;
}

static const struct bus_method *method_find(const struct bus_interface *interface, const char *name)
{
    const struct bus_method *method = interface->methods;
    while (method && method->name && !streq(method->name, name))
        method++;
    return method && method->name && method->handler ? method : NULL; /* libdbus keeps some to itself */
}

/* Finds the method in the tables, or refuses the call. A call may leave its interface out. */
static bool look_up(struct bus_call **at)
{
    struct bus_call *call = *at;
    const char *name = dbus_message_get_interface(call->message),
               *member = dbus_message_get_member(call->message);
    const struct bus_interface *interface;
    bool known = !name;
    if (!bus_place_find(call->server, bus_call_path(call), &call->place)) {
        bus_call_refuse(at, DBUS_ERROR_UNKNOWN_OBJECT, _("There is no object %s"), bus_call_path(call));
        return false;
    }
    for (size_t i = 0; !call->method && (interface = bus_place_interface(&call->place, i)); i++) {
        if (name && !streq(interface->name, name))
            continue;
        known = true;
        call->interface = interface;
        call->method = method_find(interface, member);
    }
    if (!known)
        bus_call_refuse(at, DBUS_ERROR_UNKNOWN_INTERFACE, _("There is no interface %s here"), name);
    else if (!call->method)
        bus_call_refuse(at, DBUS_ERROR_UNKNOWN_METHOD, _("There is no method %s here"), member);
    else if (!dbus_message_has_signature(call->message, call->method->in))
        bus_call_refuse(at, DBUS_ERROR_INVALID_ARGS, _("%s takes “%s”, not “%s”"), member, call->method->in,
                        dbus_message_get_signature(call->message));
    return *at != NULL;
}

void bus_call_receive(struct bus_server *server, DBusMessage *message)
{
    struct bus_call *call = xcalloc(1, sizeof(*call));
    call->server = server;
    call->message = dbus_message_ref(message);
    call->has_fds = dbus_message_contains_unix_fds(message);
    call->uid = (uid_t)-1;
    server->n_calls++;
    server->n_calls_with_fds += call->has_fds;
    TAILQ_INSERT_TAIL(&server->calls, call, link);
    if (admit(&call) && look_up(&call) && call->sender->known)
        authorise(call);
}

void bus_calls_close(struct bus_server *server)
{
    struct bus_call *call;
    struct bus_sender *sender;
    while ((call = TAILQ_FIRST(&server->calls))) {
        if (call->stage == BUS_STAGE_UID) {
            fail(&call, ERR_BUSY, _("The daemon is stopping"));
            continue;
        }
        /* Somebody holds this one and will answer it; the caller hears now, the holder's answer goes nowhere.
         */
        struct bus_call *stand_in = xcalloc(1, sizeof(*stand_in));
        stand_in->server = server;
        stand_in->message = dbus_message_ref(call->message);
        stand_in->orphan = call->orphan;
        TAILQ_REMOVE(&server->calls, call, link);
        call->server = NULL;
        call->sender = NULL;
        call->orphan = true;
        TAILQ_INSERT_TAIL(&server->calls, stand_in, link);
        fail(&stand_in, ERR_BUSY, _("The daemon is stopping"));
    }
    while ((sender = TAILQ_FIRST(&server->senders)))
        sender_forget(server, sender);
}
