#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Approval by a second person, sending later, and waiting for older lots, with the real daemon on a private bus.

usage: test-approval.py IDSED POLICY IDSECTL
"""

import json
import os
import subprocess
import sys
import time
import unittest

import dbus

from harness import (CONFIG, ERROR, LOT, MANAGER, PROPERTIES, REGISTRATION, ROOT, RP, RP_2, House, die_with_parent, dispmag, invoke,
                     memory_file, option, reingreso)

IDSED, POLICY, IDSECTL = (os.path.abspath(path) for path in sys.argv[1:4])

PASSWORD = b"Caballo-correcto 7"
HOUR = 3600 * 1_000_000


class Waiting(unittest.TestCase):
    number = 0

    @classmethod
    def setUpClass(cls):
        cls.house = House(IDSED, POLICY, CONFIG)
        cls.bus = cls.house.connect()
        cls.manager("AddRegistration", RP, option({"approval": True}))
        cls.manager("AddRegistration", RP_2, option({}))
        texts = {str(row["name"]): str(row["version"]) for row in cls.manager("LegalTexts", "es")}
        cls.sessions = {}
        for user in "ana@example.mx", "beto@example.mx":
            cls.with_password("AddUser", user, {
                "names": "Persona", "first-surname": "Ficticia", "role": "operador",
                **{key: version for key, version in zip(("privacy", "agreement"), texts.values())}})
            cls.sessions[user[:3]] = str(cls.with_password("Login", user, {})[0])

    @classmethod
    def tearDownClass(cls):
        cls.bus.close()
        cls.house.end()

    @classmethod
    def call(cls, path, interface, method, *arguments, bus=None):
        return invoke(bus or cls.bus, path, interface, method, *arguments)

    @classmethod
    def manager(cls, method, *arguments):
        return cls.call(ROOT, MANAGER, method, *arguments)

    @classmethod
    def with_password(cls, method, user, options):
        bus, fd = cls.house.connect(), memory_file(PASSWORD)
        try:
            return cls.call(ROOT, MANAGER, method, user, dbus.types.UnixFd(fd), option(options), bus=bus)
        finally:
            os.close(fd)
            bus.close()

    @classmethod
    def get(cls, lot, name):
        return cls.call(lot, PROPERTIES, "Get", LOT, name)

    def fails(self, name, call, *arguments):
        with self.assertRaises(dbus.DBusException) as raised:
            call(*arguments)
        self.assertEqual(raised.exception.get_dbus_name(), ERROR + name, raised.exception.get_dbus_message())
        return raised.exception.get_dbus_message()

    def submit(self, rp=RP, session=None, **options):
        Waiting.number += 1
        fd = memory_file(dispmag([reingreso(Waiting.number, rp)]))
        options = {key.replace("_", "-"): value for key, value in options.items()}
        if session:
            options["session"] = self.sessions[session]
        lots, _, findings = self.manager("Submit", dbus.types.UnixFd(fd), option(options))
        os.close(fd)
        self.findings = findings
        return lots[0]

    def act(self, lot, method, session=None):
        return self.call(lot, LOT, method, option({"session": self.sessions[session]} if session else {}))

    def hold(self, lot):
        return str(self.get(lot, "HoldReason"))

    def idsectl(self, *arguments):
        return subprocess.run([IDSECTL, f"--address={self.house.address}", *arguments], text=True, capture_output=True,
                              env=dict(os.environ, LC_ALL="C.UTF-8"), check=False)

    def test_what_is_submitted_waits_for_somebody_else(self):
        lot = self.submit(session="ana")
        self.assertEqual(self.hold(lot), "approval")
        self.assertIn("submitted by uid 0 ana@example.mx", self.fails("AccessDenied", self.act, lot, "Approve", "ana"))
        self.assertIn("may be the same", self.fails("AccessDenied", self.act, lot, "Approve"))  # a shell of the same uid
        self.assertEqual((self.hold(lot), self.get(lot, "ApprovedBy")), ("approval", ""))
        self.act(lot, "Approve", "bet")
        self.assertEqual(self.hold(lot), "certificate-missing")
        self.assertEqual(self.get(lot, "ApprovedBy"), "uid 0 beto@example.mx")
        self.assertGreater(self.get(lot, "ApprovedTime"), self.get(lot, "Created"))
        self.fails("WrongState", self.act, lot, "Approve", "bet")
        records, _ = self.manager("ListHistory", option({"lot": dbus.UInt64(int(lot.rsplit("/")[-1]))}), dbus.UInt64(0),
                                  dbus.UInt32(20))
        self.assertEqual([(str(row["action"]), str(row["who"]), str(row["outcome"])) for row in records][:3], [
            ("approve", "uid 0 beto@example.mx", "WrongState"), ("approve", "uid 0 beto@example.mx", "ok"),
            ("approve", "uid 0", "AccessDenied")])

    def test_nobody_but_a_session_approves_what_a_shell_of_the_same_uid_submitted(self):
        lot = self.submit()
        self.fails("AccessDenied", self.act, lot, "Approve")
        self.fails("AccessDenied", self.act, lot, "Approve", "ana")
        self.assertEqual(self.hold(lot), "approval")

    def test_releasing_is_not_approving(self):
        lot = self.submit(session="ana")
        self.assertIn("idsectl approve", self.fails("WrongState", self.act, lot, "Release", "bet"))
        self.act(lot, "Hold", "bet")
        self.assertEqual(self.hold(lot), "operator")
        self.act(lot, "Release", "bet")
        self.assertEqual(self.hold(lot), "approval")
        self.act(lot, "Retry", "bet")
        self.assertEqual(self.hold(lot), "approval")

    def test_approving_keeps_what_a_person_holds(self):
        lot = self.submit(session="ana", hold=True)
        self.assertEqual(self.hold(lot), "operator")
        self.act(lot, "Approve", "bet")
        self.assertEqual(self.hold(lot), "operator")
        self.act(lot, "Release", "bet")
        self.assertEqual(self.hold(lot), "certificate-missing")

    def test_a_policy_that_ends_releases_nothing(self):
        lot = self.submit(session="ana")
        path = f"{ROOT}/registration/{RP}"
        self.assertEqual(self.idsectl("rp", "set", RP, "--approve=no").returncode, 0)
        self.addCleanup(self.call, path, REGISTRATION, "Update", option({"approval": True}))
        self.assertFalse(self.call(path, "org.freedesktop.DBus.Properties", "Get", REGISTRATION, "Approval"))
        self.assertEqual(self.hold(lot), "approval")
        self.assertEqual(self.hold(self.submit(session="ana")), "certificate-missing")
        self.act(lot, "Cancel", "ana")

    def test_other_changes_of_a_registration_keep_its_policy(self):
        path = f"{ROOT}/registration/{RP}"
        self.call(path, REGISTRATION, "Update", option({"name": "Otra"}))
        self.assertTrue(self.call(path, "org.freedesktop.DBus.Properties", "Get", REGISTRATION, "Approval"))

    def test_approval_survives_a_restart(self):
        waits, approved = self.submit(session="ana"), self.submit(session="ana")
        self.act(approved, "Approve", "bet")
        self.house.stop()
        self.house.start()
        self.assertEqual((self.hold(waits), self.hold(approved)), ("approval", "certificate-missing"))
        for name in self.sessions:  # they are kept in memory only
            user = {"ana": "ana@example.mx", "bet": "beto@example.mx"}[name]
            self.sessions[name] = str(self.with_password("Login", user, {})[0])

    def test_the_command_line_approves(self):
        lot = self.submit(session="ana").rsplit("/")[-1]
        told = self.idsectl("approve", lot)
        self.assertEqual(told.returncode, 4, told.stderr)
        self.assertIn("another person must approve it", told.stderr)

    def test_a_lot_is_queued_for_later(self):
        at = int(time.time() * 1_000_000) + 48 * HOUR
        lot = self.submit(RP_2, not_before=dbus.UInt64(at))
        self.assertEqual(self.get(lot, "NotBefore"), at)
        self.act(lot, "Cancel")
        self.assertEqual(self.get(lot, "State"), "cancelled")

    def test_a_time_that_is_past_is_now(self):
        lot = self.submit(RP_2, not_before=dbus.UInt64(int(time.time() * 1_000_000) - HOUR))
        self.assertEqual(self.get(lot, "NotBefore"), 0)

    def test_a_person_may_not_want_to_wait_after_all(self):
        lot = self.submit(RP_2, not_before=dbus.UInt64(int(time.time() * 1_000_000) + HOUR))
        self.act(lot, "Retry")
        self.assertEqual(self.get(lot, "NotBefore"), 0)

    def test_sending_only_after_the_last_day_is_told(self):
        self.submit(RP_2, not_before=dbus.UInt64(4_000_000_000_000_000))
        self.assertIn("sent-late", [str(finding["rule"]) for finding in self.findings])
        fd = memory_file(dispmag([reingreso(999999, RP_2)]))
        self.fails("InvalidArgument", self.manager, "Submit", dbus.types.UnixFd(fd),
                   option({"not-before": dbus.UInt64(2**63)}))
        os.close(fd)

    def test_a_lot_waits_for_an_older_one_with_its_worker(self):
        older = self.submit(RP_2, hold=True)
        Waiting.number -= 1
        lot = self.submit(RP_2, allow_duplicate=True, not_before=dbus.UInt64(int(time.time() * 1_000_000) + HOUR), name="again")
        number = int(older.rsplit("/")[-1])
        self.assertEqual(self.get(lot, "WaitsFor"), [(number, "queued", "operator")])
        self.assertEqual(self.get(older, "WaitsFor"), [])
        rows, _, _ = self.manager("ListDue", option({"days": dbus.UInt32(3650)}), "", dbus.UInt32(1000))
        waits_for = {f"{ROOT}/lot/{int(row['lot'])}": int(row["waits-for"]) for row in rows}
        self.assertEqual((waits_for[lot], waits_for[older]), (number, 0))
        # its certificate stands in its way as well, and first
        self.assertEqual(self.manager("ListLots", option({"waiting": True}), dbus.UInt64(0), dbus.UInt32(100))[0], [])
        self.assertIn(f"waits for lot {number}", self.fails("WrongState", self.act, lot, "Retry"))
        self.call(lot, LOT, "Retry", option({"ahead": True}))
        self.assertEqual(self.get(lot, "WaitsFor"), [])
        self.act(lot, "Retry")
        self.fails("UnknownOption", self.call, lot, LOT, "Retry", option({"behind": True}))

    def test_the_wait_ends_with_the_older_lot(self):
        older = self.submit(RP_2, hold=True)
        Waiting.number -= 1
        lot = self.submit(RP_2, allow_duplicate=True, name="again")
        self.assertEqual(len(self.get(lot, "WaitsFor")), 1)
        self.act(older, "Cancel")
        self.assertEqual(self.get(lot, "WaitsFor"), [])

    def test_who_waits_is_told_when_the_older_lot_changes(self):
        older = self.submit(RP_2, hold=True)
        Waiting.number -= 1
        lot = self.submit(RP_2, allow_duplicate=True, name="again")
        match = f"type='signal',path='{lot}',member='PropertiesChanged'"
        with subprocess.Popen(["dbus-monitor", "--address", self.house.address, match], stdout=subprocess.PIPE, text=True,
                              preexec_fn=die_with_parent) as monitor:
            while "NameLost" not in monitor.stdout.readline():
                pass
            for method, hold in ("Release", "certificate-missing"), ("Hold", "operator"), ("Cancel", None):
                self.act(older, method)
                while '"WaitsFor"' not in monitor.stdout.readline():
                    pass
                monitor.stdout.readline()  # variant
                value = "".join(iter(lambda: monitor.stdout.readline().strip(), "]"))
                self.assertEqual(f'string "queued"string "{hold}"' in value, hold is not None, value)
            monitor.terminate()

    def test_the_command_line_takes_a_time(self):
        path = os.path.join(self.house.folder, "later.txt")
        with open(path, "wb") as f:
            f.write(dispmag([reingreso(888888, RP_2)]))
        told = self.idsectl("submit", path, "--at=+2h", "--json")
        self.assertEqual(told.returncode, 0, told.stderr)
        row, = json.loads(told.stdout)["lots"]
        self.assertIsNotNone(row["not_before"])
        self.assertEqual(self.idsectl("submit", path, "--at=tomorrow").returncode, 2)
        past = self.idsectl("submit", path, "--at=2020-01-01 08:00")  # sent at once it could not be called back
        self.assertEqual(past.returncode, 2)
        self.assertIn("is over", past.stderr)
        shown = self.idsectl("show", str(row["id"]))
        self.assertIn("Not to be sent before", shown.stdout)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
