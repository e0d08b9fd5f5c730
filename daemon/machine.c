/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/machine.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "daemon/deadlines.h"
#include "daemon/privacy.h"
#include "daemon/profiles.h"
#include "daemon/reminder.h"

#define LOGIN "org.freedesktop.login1"

static const char sleep_rule[] = "type='signal',sender='" LOGIN "',interface='" LOGIN
                                 ".Manager',member='PrepareForSleep',path='/org/freedesktop/login1'";

enum { NEWS_SIZE = 16384, QUIET_MS = 1000 };

struct machine {
    struct daemon *daemon;
    struct clock_watch *clock_watch;
    struct event *news;  /* of the kernel, about addresses and routes */
    struct event *quiet; /* pending: the network changed, and may go on changing for a moment */
    struct buf addresses;
    bool route_changed;
};

/* ---- clock and sleep ---- */

static void time_jumped(struct daemon *daemon)
{
    engine_clock_changed(daemon->engine);
    reminder_ask(daemon->expiry);
    deadlines_ask(daemon->deadlines);
    privacy_ask(daemon->privacy);
}

static void on_clock_set(void *data)
{
    struct machine *machine = data;
    log_event(LOG_NOTICE, "clock-set", "%s", _("The system clock was set."));
    time_jumped(machine->daemon);
}

static void resume(struct machine *machine)
{
    log_event(LOG_INFO, "resumed", "%s", _("The machine has resumed from sleep."));
    profiles_drop_connections(machine->daemon->profiles);
    time_jumped(machine->daemon);
}

/* What is sent to us alone was not sent by the login manager, which tells everybody. */
static DBusHandlerResult signal_came(DBusConnection *connection, DBusMessage *message, void *data)
{
    dbus_bool_t begins;
    if (dbus_message_is_signal(message, LOGIN ".Manager", "PrepareForSleep") &&
        !dbus_message_get_destination(message) &&
        dbus_message_get_args(message, NULL, DBUS_TYPE_BOOLEAN, &begins, DBUS_TYPE_INVALID) && !begins)
        resume(data);
    return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
}

/* ---- network ---- */

/* The machine's addresses but the loopback's, as text. */
static void list_addresses(struct buf *ret)
{
    struct ifaddrs *list = NULL;
    if (getifaddrs(&list) < 0)
        return;
    for (const struct ifaddrs *i = list; i; i = i->ifa_next) {
        int family = i->ifa_addr ? i->ifa_addr->sa_family : AF_UNSPEC;
        if ((family != AF_INET && family != AF_INET6) || (i->ifa_flags & IFF_LOOPBACK))
            continue;
        char text[NI_MAXHOST];
        socklen_t size = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
        if (getnameinfo(i->ifa_addr, size, text, sizeof(text), NULL, 0, NI_NUMERICHOST) == 0)
            buf_printf(ret, "%s %s\n", i->ifa_name, text);
    }
    freeifaddrs(list);
}

/* The kernel also tells that an address was prolonged; only other addresses, or other default routes, matter. */
static void network_quiet(evutil_socket_t fd, short what, void *data)
{
    struct machine *machine = data;
    _cleanup_buf_ struct buf now = BUF_INIT;
    list_addresses(&now);
    bool changed =
        machine->route_changed || !streq(str_or_empty(now.data), str_or_empty(machine->addresses.data));
    machine->route_changed = false;
    if (!changed)
        return;
    struct buf before = machine->addresses;
    machine->addresses = now;
    now = before;
    log_event(LOG_INFO, "network-changed", "%s", _("The network has changed."));
    profiles_drop_connections(machine->daemon->profiles);
}

static bool is_default_route(const struct nlmsghdr *head)
{
    if ((head->nlmsg_type != RTM_NEWROUTE && head->nlmsg_type != RTM_DELROUTE) ||
        head->nlmsg_len < NLMSG_LENGTH(sizeof(struct rtmsg)))
        return false;
    const struct rtmsg *route = NLMSG_DATA(head);
    return route->rtm_dst_len == 0 && route->rtm_table == RT_TABLE_MAIN;
}

static void network_news(evutil_socket_t fd, short what, void *data)
{
    struct machine *machine = data;
    const struct timeval soon = {QUIET_MS / 1000, QUIET_MS % 1000 * 1000};
    _Alignas(struct nlmsghdr) char news[NEWS_SIZE];
    ssize_t n = recv(fd, news, sizeof(news), 0);
    if (n < 0 && errno != ENOBUFS) /* in which case some were lost */
        return;
    for (const struct nlmsghdr *head = (const struct nlmsghdr *)news; n > 0 && NLMSG_OK(head, (size_t)n);
         head = NLMSG_NEXT(head, n))
        machine->route_changed = machine->route_changed || is_default_route(head);
    if (!event_pending(machine->quiet, EV_TIMEOUT, NULL))
        event_add(machine->quiet, &soon);
}

/* A machine that gives no such socket (another kernel, a tight sandbox) is served without. */
static void watch_network(struct machine *machine)
{
    const struct sockaddr_nl address = {
        .nl_family = AF_NETLINK,
        .nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE,
    };
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
        log_warning(_("Changes of the network cannot be seen: %s"), strerror(errno));
        cleanup_close(&fd);
        return;
    }
    struct event_base *base = loop_base(machine->daemon->loop);
    list_addresses(&machine->addresses);
    machine->quiet = evtimer_new(base, network_quiet, machine);
    machine->news = event_new(base, fd, EV_READ | EV_PERSIST, network_news, machine);
    if (!machine->quiet || !machine->news || event_add(machine->news, NULL) < 0)
        abort();
}

static void stop_watching_network(struct machine *machine)
{
    if (!machine->news)
        return;
    evutil_socket_t fd = event_get_fd(machine->news);
    event_free(machine->quiet);
    event_free(machine->news);
    close(fd);
}

/* ---- both ---- */

struct machine *machine_new(struct daemon *daemon)
{
    struct machine *machine = xcalloc(1, sizeof(*machine));
    DBusConnection *connection = bus_server_connection(daemon->bus);
    machine->daemon = daemon;
    machine->clock_watch = clock_watch_new(daemon->loop, on_clock_set, machine);
    if (!dbus_connection_add_filter(connection, signal_came, machine, NULL))
        abort();
    dbus_bus_add_match(connection, sleep_rule, NULL); /* without an error to fill it does not wait */
    watch_network(machine);
    return machine;
}

struct machine *machine_free(struct machine *machine)
{
    if (!machine)
        return NULL;
    dbus_connection_remove_filter(bus_server_connection(machine->daemon->bus), signal_came, machine);
    clock_watch_free(machine->clock_watch);
    stop_watching_network(machine);
    buf_free(&machine->addresses);
    free(machine);
    return NULL;
}
