#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""idse-notify: what it reads and hears from idsed, and what it shows on the desktop. Arguments: the program, idsed's bus policy."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import dbus
import dbus.bus
import dbus.lowlevel
import dbus.mainloop.glib
from gi.repository import GLib

AGENT, POLICY = sys.argv[1:3]
ROOT, MANAGER = "/mx/idsed1", "mx.idsed1.Manager"
SERVER, SERVER_PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"
DAY = 86400
METHOD_CALL = 1  # of the protocol
PATIENCE = 30

BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>{kind}</type>
  <listen>unix:path={path}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_destination="*"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
  </policy>
  {more}
</busconfig>
"""


def until(what, condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"in vain: {what}"
        GLib.timeout_add(20, lambda: False)
        GLib.MainContext.default().iteration(True)


class Bus:
    def __init__(self, folder, kind, more=""):
        self.path = os.path.join(folder, kind)
        with open(self.path + ".conf", "w", encoding="utf-8") as file:
            file.write(BUS.format(kind=kind, path=self.path, more=more))
        self.daemon = subprocess.Popen(["dbus-daemon", f"--config-file={self.path}.conf", "--nofork", "--nopidfile",
                                        "--print-address"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.daemon.stdout.readline()
        self.address = f"unix:path={self.path}"

    def close(self):
        self.daemon.kill()
        self.daemon.wait()
        self.daemon.stdout.close()


class Service:
    """A name on a bus whose calls go to answer(member, arguments), which gives signature and values."""

    def __init__(self, address, name):
        self.name = name
        self.bus = dbus.bus.BusConnection(address)
        self.bus.set_exit_on_disconnect(False)
        self.bus._register_object_path("/", self.on_message, fallback=True)
        self.calls = []

    def come(self):
        self.bus.request_name(self.name, dbus.bus.NAME_FLAG_DO_NOT_QUEUE)

    def leave(self):
        self.bus.release_name(self.name)

    def on_message(self, connection, message):
        if message.get_type() != METHOD_CALL:
            return
        self.calls.append(message.get_member())
        try:
            signature, *values = self.answer(message.get_member(), message.get_args_list())
            reply = dbus.lowlevel.MethodReturnMessage(message)
            if signature:
                reply.append(*values, signature=signature)
        except PermissionError as error:
            reply = dbus.lowlevel.ErrorMessage(message, "mx.idsed1.Error.AccessDenied", str(error))
        connection.send_message(reply)

    def tell(self, path, interface, member, signature, *values):
        message = dbus.lowlevel.SignalMessage(path, interface, member)
        message.append(*values, signature=signature)
        self.bus.send_message(message)
        self.bus.flush()


class Idsed(Service):
    def __init__(self, address):
        super().__init__(address, "mx.idsed1")
        self.lots, self.certificates, self.portal, self.denied = {}, {}, "ok", False

    def answer(self, member, arguments):
        if self.denied:
            raise PermissionError("Not authorised")
        if member == "Get":
            interface, name = arguments
            value = self.portal if interface == MANAGER else self.lots[max(self.lots)][1]
            assert name in ("PortalState", "HoldReason")
            return "v", value
        if member == "ListLots":
            wanted, cursor, limit = arguments
            rows = [{"Id": dbus.UInt64(n), "State": state, "Held": bool(reason), "HoldReason": reason}
                    for n, (state, reason) in sorted(self.lots.items(), reverse=True)
                    if (reason if wanted.get("held") else state in wanted["states"]) and (not cursor or n < cursor)]
            page = rows[:min(int(limit), 2)]  # small ones, so that more are asked for
            return "aa{sv}t", page, page[-1]["Id"] if len(page) < len(rows) else 0
        assert member == "ListCertificates"
        return "aa{sv}", dbus.Array([{"Id": dbus.UInt64(n), "NotAfter": dbus.UInt64((time.time() + days * DAY) * 1e6)}
                                     for n, days in self.certificates.items()], signature="a{sv}")

    def lot(self, number, state, reason=""):
        self.lots[number] = (state, reason)
        self.tell(ROOT, MANAGER, "LotChanged", "osb", f"{ROOT}/lot/{number}", state, bool(reason))

    def attention(self, path, what, text):
        self.tell(ROOT, MANAGER, "Attention", "oss", path, what, text)


class Desktop(Service):
    def __init__(self, address):
        super().__init__(address, SERVER)
        self.shown, self.closed, self.number = [], [], 0

    def answer(self, member, arguments):
        if member == "CloseNotification":
            self.closed.append(int(arguments[0]))
            self.tell(SERVER_PATH, SERVER, "NotificationClosed", "uu", arguments[0], 3)
            return ("",)
        assert member == "Notify"
        app, replaces, icon, summary, body, actions, hints, timeout = arguments
        if not replaces:
            self.number += 1
        self.shown.append({"app": str(app), "replaces": int(replaces), "id": int(replaces) or self.number,
                           "summary": str(summary), "body": str(body), "actions": [str(a) for a in actions],
                           "urgency": int(hints["urgency"])})
        return "u", dbus.UInt32(int(replaces) or self.number)


class Notify(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="idse-notify.")
        os.chmod(self.folder.name, 0o755)
        self.system = Bus(self.folder.name, "system", f"<include>{POLICY}</include>")
        self.session = Bus(self.folder.name, "session")
        self.idsed, self.desktop = Idsed(self.system.address), Desktop(self.session.address)
        self.agent = None

    def tearDown(self):
        if self.agent.poll() is None:
            self.agent.send_signal(signal.SIGTERM)
            self.assertEqual(self.agent.wait(PATIENCE), 0, self.agent.stderr.read())
        self.agent.stderr.close()
        for bus in self.system, self.session:
            bus.close()
        self.folder.cleanup()

    def start(self, *command, **more):
        environment = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": self.system.address, "LC_ALL": "C.UTF-8",
                       "DBUS_SESSION_BUS_ADDRESS": self.session.address, "LANGUAGE": "", **more}
        self.agent = subprocess.Popen([*command, AGENT, "--gather=1"], env=environment, stderr=subprocess.PIPE, text=True)

    def begin(self, **more):
        """With both there; what is open was read when this returns."""
        self.idsed.come()
        self.desktop.come()
        self.start(**more)
        self.was_read()

    def was_read(self):
        until("what is open is read", lambda: "ListCertificates" in self.idsed.calls)
        self.idsed.calls.clear()

    def shows(self, summary):
        """The notification, once it is there; all that came before it is gone from the list."""
        until(summary, lambda: any(note["summary"] == summary for note in self.desktop.shown))
        note = next(note for note in self.desktop.shown if note["summary"] == summary)
        before = [note["summary"] for note in self.desktop.shown[:self.desktop.shown.index(note)]]
        self.assertEqual(before, [])
        self.desktop.shown.remove(note)
        return note

    def test_what_is_open_at_login_is_said_once(self):
        self.idsed.lots = {1: ("queued", "operator"), 2: ("queued", "portal-down"), 3: ("accepted", ""),
                           4: ("uncertain", ""), 5: ("quarantined", ""), 6: ("received", "portal-changed")}
        self.idsed.certificates = {1: 400, 2: 5.5}
        self.idsed.portal = "down"
        self.begin()
        until("three notifications", lambda: len(self.desktop.shown) == 3)
        waiting, certificates, portal = self.desktop.shown
        self.assertEqual(waiting["summary"], "4 lots need attention")
        self.assertNotIn("Lot 2", waiting["body"])  # it waits for the portal, not for a person
        self.assertEqual(waiting["urgency"], 2)
        self.assertRegex(certificates["summary"], r"^Certificate 2 ends in [56] days\.$")
        self.assertIn("The portal does not answer", portal["summary"])
        self.assertEqual({note["actions"][0] for note in self.desktop.shown}, {"default"})
        self.assertEqual({note["app"] for note in self.desktop.shown}, {"idsed"})

    def test_nothing_open_is_nothing_to_say(self):
        self.idsed.lots = {1: ("accepted", ""), 2: ("rejected", ""), 3: ("queued", "")}
        self.begin()
        self.idsed.lot(3, "accepted")
        self.shows("Lot 3: IMSS approved all of its movements.")

    def test_a_burst_is_one_notification_and_the_next_takes_its_place(self):
        self.begin()
        for number in range(1, 41):
            self.idsed.lot(number, "sending")
            self.idsed.lot(number, "accepted")
        note = self.shows("IMSS approved 40 lots")
        self.assertEqual((note["replaces"], note["urgency"]), (0, 0))
        self.assertIn("and 35 more", note["body"])
        self.idsed.lot(41, "accepted")
        self.assertEqual(self.shows("IMSS approved 41 lots")["replaces"], note["id"])

    def test_what_was_dismissed_stays_away(self):
        self.begin()
        self.idsed.lot(1, "uncertain")
        note = self.shows("Lot 1: it is not known yet whether it arrived.")
        self.desktop.tell(SERVER_PATH, SERVER, "NotificationClosed", "uu", note["id"], 2)
        self.idsed.lot(1, "uncertain")
        self.idsed.lot(2, "queued", "operator")
        note = self.shows("Lot 2 is held.")
        self.assertEqual(note["replaces"], 0)
        self.desktop.tell(SERVER_PATH, SERVER, "ActionInvoked", "us", note["id"], "default")
        until("a click closes it", lambda: self.desktop.closed == [note["id"]])
        self.idsed.lot(1, "failed")
        self.assertEqual(self.shows("Lot 1: the portal refused the whole file.")["replaces"], 0)

    def test_what_is_over_is_taken_off_the_screen(self):
        self.begin()
        self.idsed.lot(1, "queued", "operator")
        note = self.shows("Lot 1 is held.")
        self.idsed.lot(1, "queued")
        until("it is closed", lambda: self.desktop.closed == [note["id"]])
        self.idsed.tell(ROOT, "org.freedesktop.DBus.Properties", "PropertiesChanged", "sa{sv}as", MANAGER,
                        {"PortalState": "down"}, [])
        note = self.shows("The portal does not answer. Lots wait, and go on by themselves.")
        self.idsed.lot(2, "queued", "portal-down")
        self.idsed.tell(ROOT, "org.freedesktop.DBus.Properties", "PropertiesChanged", "sa{sv}as", MANAGER,
                        {"PortalState": "ok"}, [])
        until("it is closed", lambda: note["id"] in self.desktop.closed)
        self.assertEqual(self.desktop.shown, [])

    def test_it_speaks_the_users_language(self):
        self.start(LANGUAGE="es")
        self.idsed.come()
        self.desktop.come()
        self.was_read()
        self.idsed.tell(ROOT, MANAGER, "CertificateExpiring", "ois", f"{ROOT}/certificate/3", 7, "text of the daemon")
        self.assertIn("idsectl cert list", self.shows("El certificado 3 vence en 7 días.")["body"])

    def test_no_word_of_the_daemons_text_is_shown(self):
        self.begin()
        self.idsed.attention(f"{ROOT}/lot/3", "something-new", "NSS 99028500017 PEÑA JUAN")
        note = self.shows("Lot 3 needs a person (something-new).")
        self.assertNotRegex(note["summary"] + note["body"], r"\d{11}|PEÑA")

    def test_it_outlives_the_daemon_and_does_not_repeat_itself(self):
        self.start()
        self.desktop.come()
        self.idsed.lots = {1: ("queued", "operator")}
        self.idsed.come()  # it was not started by us
        self.was_read()
        self.shows("Lot 1 is held.")
        self.idsed.leave()
        self.idsed.come()
        self.was_read()
        self.idsed.lot(2, "failed")
        self.shows("2 lots need attention")
        self.assertEqual(self.desktop.shown, [])

    def test_another_desktop_gets_what_is_open(self):
        self.idsed.come()
        self.start()
        self.was_read()
        self.idsed.lot(1, "failed")
        until("nobody to show it is told", lambda: "Nobody shows" in self.agent.stderr.readline())
        self.desktop.come()
        self.shows("Lot 1: the portal refused the whole file.")
        self.desktop.leave()
        other = Desktop(self.session.address)
        other.come()
        until("it is shown again", lambda: other.shown)
        self.assertEqual((other.shown[0]["summary"], other.shown[0]["replaces"]),
                         ("Lot 1: the portal refused the whole file.", 0))

    def test_it_ends_with_the_session_and_fails_without_the_system_bus(self):
        self.begin()
        self.session.close()
        self.assertEqual(self.agent.wait(PATIENCE), 0)
        self.agent.stderr.close()
        self.session = Bus(self.folder.name, "session")
        self.start()
        self.was_read()
        self.system.close()
        self.assertEqual(self.agent.wait(PATIENCE), 5)

    def test_who_may_not_read_is_told_so(self):
        self.idsed.denied = True
        self.idsed.come()
        self.start()
        self.finish(4, "Not authorised")

    @unittest.skipUnless(os.getuid() == 0, "needs root")
    def test_whom_the_signals_do_not_reach_is_told_so(self):
        self.start("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
        self.finish(4, "members of the group idse")

    def finish(self, status, text):
        until("it ends", lambda: self.agent.poll() is not None)
        self.assertEqual(self.agent.returncode, status)
        self.assertIn(text, self.agent.stderr.read())


dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
unittest.main(argv=sys.argv[:1])
