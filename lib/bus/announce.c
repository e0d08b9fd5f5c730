/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/server-private.h"

#include <search.h>

/* Announcements of one turn, merged: an object's interface appears once, with all properties that changed. */

static int compare(const void *a, const void *b)
{
    const struct bus_announcement *x = a, *y = b;
    if (x->news != y->news)
        return x->news < y->news ? -1 : 1;
    if (x->interface != y->interface)
        return (uintptr_t)x->interface < (uintptr_t)y->interface ? -1 : 1;
    return strcmp(x->path, y->path);
}

static struct bus_announcement *announce(struct bus_server *server, enum bus_news news, const char *path,
                                         const struct bus_interface *interface)
{
    struct bus_announcement wanted = {.news = news, .path = (char *)path, .interface = interface};
    void *found = tfind(&wanted, &server->announcements.index, compare);
    if (found)
        return *(struct bus_announcement **)found;
    struct bus_announcement *announcement = xcalloc(1, sizeof(*announcement));
    *announcement = wanted;
    announcement->path = xstrdup(path);
    if (!tsearch(announcement, &server->announcements.index, compare))
        abort(); /* only for want of memory */
    STAILQ_INSERT_TAIL(&server->announcements.queue, announcement, link);
    turn_end_ask(server->turn_end);
    return announcement;
}

void bus_server_changed(struct bus_server *server, const char *path, const struct bus_interface *interface,
                        const char *property)
{
    for (size_t i = 0; interface->properties && interface->properties[i].name; i++)
        if (streq(interface->properties[i].name, property)) {
            if (interface->properties[i].emits <= BUS_EMITS_INVALIDATION)
                announce(server, BUS_NEWS_CHANGED, path, interface)->changed |= UINT64_C(1) << i;
            return;
        }
    _cleanup_err_ struct err err = ERR_INIT;
    err_set(&err, ERR_FAILED, "%s has no property %s", interface->name, property);
    bus_server_fault(server, &err);
}

void bus_server_added(struct bus_server *server, const char *path)
{
    announce(server, BUS_NEWS_ADDED, path, NULL);
}

void bus_server_removed(struct bus_server *server, const char *path)
{
    announce(server, BUS_NEWS_REMOVED, path, NULL);
}

/* ---- the signals ---- */

static void write_changed(struct bus_writer *w, const struct bus_announcement *news, void *object)
{
    const struct bus_property *property = news->interface->properties;
    bus_write_string(w, news->interface->name);
    bus_open_array(w);
    for (size_t i = 0; property[i].name; i++)
        if (news->changed & UINT64_C(1) << i && property[i].emits == BUS_EMITS_CHANGE) {
            bus_open_entry(w, property[i].name, property[i].signature);
            bus_write_property(w, &property[i], object);
            bus_close_entry(w);
        }
    bus_close(w);
    bus_open_array(w);
    for (size_t i = 0; property[i].name; i++)
        if (news->changed & UINT64_C(1) << i && property[i].emits == BUS_EMITS_INVALIDATION)
            bus_write_string(w, property[i].name);
    bus_close(w);
}

static void write_removed(struct bus_writer *w, const struct bus_place *place)
{
    bus_open_array(w);
    for (size_t i = 0; place->entry->node->interfaces[i]; i++)
        bus_write_string(w, place->entry->node->interfaces[i]->name);
    bus_close(w);
}

/* The path of the object manager that is nearest above, or NULL. */
static const char *manager_of(struct bus_server *server, const char *path)
{
    const char *best = NULL;
    struct bus_entry *entry;
    STAILQ_FOREACH(entry, &server->entries, link)
    if (entry->node->object_manager && bus_path_below(path, entry->node->path) &&
        (!best || strlen(entry->node->path) > strlen(best)))
        best = entry->node->path;
    return best;
}

/* Starts the signal that fits; false when there is nobody to send it. */
static bool begin(struct bus_server *server, const struct bus_announcement *news, struct bus_writer *w)
{
    if (news->news == BUS_NEWS_CHANGED) {
        bus_signal_begin(news->path, &bus_properties_interface, "PropertiesChanged", w);
        return true;
    }
    const char *manager = manager_of(server, news->path);
    if (!manager)
        return false;
    bus_signal_begin(manager, &bus_object_manager_interface,
                     news->news == BUS_NEWS_ADDED ? "InterfacesAdded" : "InterfacesRemoved", w);
    bus_write_path(w, news->path);
    return true;
}

static void send_news(struct bus_server *server, const struct bus_announcement *news)
{
    _cleanup_err_ struct err err = ERR_INIT;
    struct bus_place place;
    struct bus_writer w;
    DBusMessage *message = NULL;
    if (!bus_place_find(server, news->path, &place) || !bus_place_is_object(&place))
        return;
    void *object = news->news == BUS_NEWS_REMOVED ? NULL : bus_place_object(&place);
    if ((object || news->news == BUS_NEWS_REMOVED || !place.name) && begin(server, news, &w)) {
        if (news->news == BUS_NEWS_CHANGED)
            write_changed(&w, news, object);
        else if (news->news == BUS_NEWS_ADDED)
            bus_write_interfaces(&w, &place, object);
        else
            write_removed(&w, &place);
        if (bus_writer_finish(&w, &message, &err) < 0)
            bus_server_fault(server, &err);
        else
            bus_outbox_add(server, message);
    }
    bus_place_release(&place, object);
}

/* Empties the list, telling the bus if `send`. */
static void empty(struct bus_server *server, bool send)
{
    struct bus_announcement *news;
    while ((news = STAILQ_FIRST(&server->announcements.queue))) {
        STAILQ_REMOVE_HEAD(&server->announcements.queue, link);
        tdelete(news, &server->announcements.index, compare);
        if (send)
            send_news(server, news);
        free(news->path);
        free(news);
    }
}

void bus_announce_flush(struct bus_server *server)
{
    empty(server, true);
}

void bus_announce_drop(struct bus_server *server)
{
    empty(server, false);
}
