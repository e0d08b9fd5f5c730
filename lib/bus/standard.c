/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/server-private.h"

#include "base/buf.h"

const char bus_action_read[] = "(the action of reading)";

/* ---- reading properties ---- */

void bus_write_property(struct bus_writer *w, const struct bus_property *property, void *object)
{
    const char *at = (const char *)object + property->offset;
    if (property->get)
        property->get(w, property, object);
    else if (streq(property->signature, "s"))
        bus_write_string(w, *(const char *const *)at);
    else if (streq(property->signature, "o"))
        bus_write_path(w, *(const char *const *)at);
    else if (streq(property->signature, "b"))
        bus_write_bool(w, *(const bool *)at);
    else if (streq(property->signature, "u"))
        bus_write_u32(w, *(const uint32_t *)at);
    else if (streq(property->signature, "t"))
        bus_write_u64(w, *(const uint64_t *)at);
    else
        bus_writer_fail(w, "property %s needs a getter", property->name);
}

static void write_entries(struct bus_writer *w, const struct bus_interface *interface, void *object,
                          const char *except)
{
    for (const struct bus_property *p = interface->properties; p && p->name; p++)
        if (!except || !streq(p->name, except)) {
            bus_open_entry(w, p->name, p->signature);
            bus_write_property(w, p, object);
            bus_close_entry(w);
        }
}

void bus_write_properties(struct bus_writer *w, const struct bus_interface *interface, void *object,
                          const char *except)
{
    bus_open_array(w);
    write_entries(w, interface, object, except);
    bus_close(w);
}

void bus_write_interfaces(struct bus_writer *w, const struct bus_place *place, void *object)
{
    bus_open_array(w);
    for (size_t i = 0; place->entry->node->interfaces[i]; i++) {
        bus_open_dict_entry(w);
        bus_write_string(w, place->entry->node->interfaces[i]->name);
        bus_write_properties(w, place->entry->node->interfaces[i], object, NULL);
        bus_close(w);
    }
    bus_close(w);
}

/* Is this one of the interfaces that the caller asked for? An empty name asks for all. */
static bool asked_for(const struct bus_interface *interface, const char *name)
{
    return *name == '\0' || streq(interface->name, name);
}

static const struct bus_property *property_find(struct bus_call *call, const char *interface,
                                                const char *name)
{
    const struct bus_interface *const *own = call->place.entry->node->interfaces;
    for (; *own; own++)
        if (asked_for(*own, interface))
            for (const struct bus_property *p = (*own)->properties; p && p->name; p++)
                if (streq(p->name, name))
                    return p;
    return NULL;
}

/* Reads interface and name from the call; refuses it when there is no such property. */
static const struct bus_property *property_wanted(struct bus_call **call)
{
    const char *interface = "", *name = "";
    struct bus_reader r;
    bus_call_arguments(*call, &r);
    bus_read_string(&r, &interface);
    bus_read_string(&r, &name);
    const struct bus_property *property = property_find(*call, interface, name);
    if (!property)
        bus_call_refuse(call, DBUS_ERROR_UNKNOWN_PROPERTY, _("There is no property %s here"), name);
    return property;
}

static void get_property(struct bus_call *call, void *object)
{
    const struct bus_property *property = property_wanted(&call);
    if (!property)
        return;
    struct bus_writer *w = bus_call_results(call);
    bus_open_variant(w, property->signature);
    bus_write_property(w, property, object);
    bus_close(w);
    bus_call_reply(&call);
}

static void get_all_properties(struct bus_call *call, void *object)
{
    const char *name = "";
    struct bus_reader r;
    bool known = false;
    const struct bus_interface *interface;
    bus_call_arguments(call, &r);
    bus_read_string(&r, &name);
    struct bus_writer *w = bus_call_results(call);
    bus_open_array(w);
    for (size_t i = 0; (interface = bus_place_interface(&call->place, i)); i++)
        if (asked_for(interface, name)) {
            known = true;
            write_entries(w, interface, object, NULL);
        }
    bus_close(w);
    if (known)
        bus_call_reply(&call);
    else
        bus_call_refuse(&call, DBUS_ERROR_UNKNOWN_INTERFACE, _("There is no interface %s here"), name);
}

static void set_property(struct bus_call *call, void *object)
{
    const struct bus_property *property = property_wanted(&call);
    if (property)
        bus_call_refuse(&call, DBUS_ERROR_PROPERTY_READ_ONLY, _("The property %s cannot be set"),
                        property->name);
}

/* ---- names of objects ---- */

void bus_list_add(struct bus_list *list, const char *name)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
    if (list->n < BUS_MAX_LISTED && *name && name[strspn(name, letters)] == '\0')
        list->name[list->n++] = xstrdup(name);
}

void bus_list_clear(struct bus_list *list)
{
    while (list->n > 0)
        free(list->name[--list->n]);
}

static void list_objects(const struct bus_entry *entry, struct bus_list *list)
{
    if (entry->node->list)
        entry->node->list(entry->data, list);
}

/* ---- ObjectManager ---- */

static void write_managed(struct bus_writer *w, struct bus_entry *entry, const char *name)
{
    struct bus_place place = {.entry = entry, .name = name};
    void *object = bus_place_object(&place);
    if (name && !object)
        return;
    _cleanup_free_ char *path =
        name ? xasprintf("%s/%s", entry->node->path, name) : xstrdup(entry->node->path);
    bus_open_dict_entry(w);
    bus_write_path(w, path);
    bus_write_interfaces(w, &place, object);
    bus_close(w);
    bus_place_release(&place, object);
}

static void get_managed_objects(struct bus_call *call, void *object)
{
    struct bus_writer *w = bus_call_results(call);
    struct bus_entry *entry;
    bus_open_array(w);
    STAILQ_FOREACH(entry, &call->server->entries, link)
    {
        struct bus_list list = {.n = 0};
        if (!bus_path_below(entry->node->path, bus_call_path(call)))
            continue;
        if (!entry->node->find)
            write_managed(w, entry, NULL);
        else
            list_objects(entry, &list);
        for (size_t i = 0; i < list.n; i++)
            write_managed(w, entry, list.name[i]);
        bus_list_clear(&list);
    }
    bus_close(w);
    bus_call_reply(&call);
}

/* ---- Introspectable ---- */

/* One <arg> for each complete type of the signature, with the next of the names. */
static void add_args(struct buf *xml, const char *signature, const char **names, const char *direction)
{
    DBusSignatureIter types;
    if (!*signature)
        return;
    dbus_signature_iter_init(&types, signature);
    do {
        char *type = dbus_signature_iter_get_signature(&types);
        size_t n = strcspn(*names, " ");
        buf_printf(xml, "      <arg name=\"%.*s\" type=\"%s\"%s/>\n", (int)n, *names, type, direction);
        *names += n + strspn(*names + n, " ");
        dbus_free(type);
    } while (dbus_signature_iter_next(&types));
}

static void add_annotation(struct buf *xml, const char *name, const char *value)
{
    buf_printf(xml, "      <annotation name=\"%s\" value=\"%s\"/>\n", name, value);
}

static void add_interface(struct buf *xml, const struct bus_interface *interface)
{
    static const char *const emits[] = {
        [BUS_EMITS_INVALIDATION] = "invalidates", [BUS_EMITS_NOTHING] = "false", [BUS_EMITS_CONST] = "const"};
    buf_printf(xml, "  <interface name=\"%s\">\n", interface->name);
    for (const struct bus_method *m = interface->methods; m && m->name; m++) {
        const char *names = str_or_empty(m->args);
        buf_printf(xml, "    <method name=\"%s\">\n", m->name);
        if (m->action && m->action != bus_action_read)
            add_annotation(xml, "mx.idsed1.Action", m->action);
        add_args(xml, m->in, &names, " direction=\"in\"");
        add_args(xml, m->out, &names, " direction=\"out\"");
        buf_add_str(xml, "    </method>\n");
    }
    for (const struct bus_signal *s = interface->signals; s && s->name; s++) {
        const char *names = str_or_empty(s->args);
        buf_printf(xml, "    <signal name=\"%s\">\n", s->name);
        add_args(xml, s->signature, &names, "");
        buf_add_str(xml, "    </signal>\n");
    }
    for (const struct bus_property *p = interface->properties; p && p->name; p++) {
        buf_printf(xml, "    <property name=\"%s\" type=\"%s\" access=\"read\">\n", p->name, p->signature);
        if (p->emits != BUS_EMITS_CHANGE)
            add_annotation(xml, "org.freedesktop.DBus.Property.EmitsChangedSignal", emits[p->emits]);
        buf_add_str(xml, "    </property>\n");
    }
    buf_add_str(xml, "  </interface>\n");
}

/* What is directly below the path: the next part of each node's path, and the objects of a node with `find`.
 */
static void add_children(struct buf *xml, struct bus_server *server, const char *path, struct bus_list *list)
{
    struct bus_entry *entry;
    STAILQ_FOREACH(entry, &server->entries, link)
    {
        const char *rest = bus_path_below(entry->node->path, path);
        if (rest) {
            _cleanup_free_ char *name = xstrndup(rest, strcspn(rest, "/"));
            size_t i = 0;
            while (i < list->n && !streq(list->name[i], name))
                i++;
            if (i == list->n)
                bus_list_add(list, name);
        }
    }
    STAILQ_FOREACH(entry, &server->entries, link)
    if (streq(entry->node->path, path))
        list_objects(entry, list);
    for (size_t i = 0; i < list->n; i++)
        buf_printf(xml, "  <node name=\"%s\"/>\n", list->name[i]);
}

static void introspect(struct bus_call *call, void *object)
{
    _cleanup_buf_ struct buf xml = BUF_INIT;
    struct bus_list list = {.n = 0};
    const struct bus_interface *interface;
    buf_add_str(&xml, DBUS_INTROSPECT_1_0_XML_DOCTYPE_DECL_NODE "<node>\n");
    for (size_t i = 0; (interface = bus_place_interface(&call->place, i)); i++)
        add_interface(&xml, interface);
    add_children(&xml, call->server, bus_call_path(call), &list);
    bus_list_clear(&list);
    buf_add_str(&xml, "</node>\n");
    bus_write_string(bus_call_results(call), xml.data);
    bus_call_reply(&call);
}

/* ---- who may read ---- */

static const char *node_read_action(const struct bus_node *node, const char *interface)
{
    for (size_t i = 0; node->interfaces[i]; i++)
        if (asked_for(node->interfaces[i], interface) && node->interfaces[i]->read_action)
            return node->interfaces[i]->read_action;
    return NULL;
}

const char *bus_read_action(struct bus_call *call)
{
    const char *interface = "", *action = NULL;
    struct bus_entry *entry;
    struct bus_reader r;
    if (call->interface == &bus_object_manager_interface) { /* it tells of all the others */
        if (call->place.entry && call->place.entry->node->manager_action)
            return call->place.entry->node->manager_action;
        STAILQ_FOREACH(entry, &call->server->entries, link)
        action = action ? action : node_read_action(entry->node, "");
        return action;
    }
    /* Tables are no secret, but which objects there are is. */
    if (call->interface == &bus_introspectable_interface &&
        !(call->place.entry && call->place.entry->node->find))
        return NULL;
    bus_call_arguments(call, &r);
    bus_read_string(&r, &interface);
    return node_read_action(call->place.entry->node, interface);
}

/* ---- the tables ---- */

const struct bus_interface bus_introspectable_interface = {
    .name = DBUS_INTERFACE_INTROSPECTABLE,
    .methods =
        (const struct bus_method[]){{"Introspect", "", "s", "xml_data", bus_action_read, introspect}, {0}},
};

const struct bus_interface bus_properties_interface = {
    .name = DBUS_INTERFACE_PROPERTIES,
    .methods =
        (const struct bus_method[]){
            {"Get", "ss", "v", "interface_name property_name value", bus_action_read, get_property},
            {"GetAll", "s", "a{sv}", "interface_name properties", bus_action_read, get_all_properties},
            {"Set", "ssv", "", "interface_name property_name value", bus_action_read, set_property},
            {0}},
    .signals = (const struct bus_signal[]){{"PropertiesChanged", "sa{sv}as",
                                            "interface_name changed_properties invalidated_properties"},
                                           {0}},
};

/* libdbus itself answers these two, on every path; they are here to be introspected. */
const struct bus_interface bus_peer_interface = {
    .name = DBUS_INTERFACE_PEER,
    .methods = (const struct bus_method[]){{"Ping", "", "", "", NULL, NULL},
                                           {"GetMachineId", "", "s", "machine_uuid", NULL, NULL},
                                           {0}},
};

const struct bus_interface bus_object_manager_interface = {
    .name = "org.freedesktop.DBus.ObjectManager",
    .methods =
        (const struct bus_method[]){
            {"GetManagedObjects", "", "a{oa{sa{sv}}}", "objects", bus_action_read, get_managed_objects}, {0}},
    .signals =
        (const struct bus_signal[]){{"InterfacesAdded", "oa{sa{sv}}", "object interfaces_and_properties"},
                                    {"InterfacesRemoved", "oas", "object interfaces"},
                                    {0}},
};
