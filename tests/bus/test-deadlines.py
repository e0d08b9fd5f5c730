#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Legal deadlines with the real daemon on a private bus: what is due, in what order, and who is told of it, once. Nothing is
sent: the portal's address leads nowhere.

usage: test-deadlines.py IDSED POLICY IDSECTL
"""

import contextlib
import datetime
import email
import email.policy
import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import time
import unittest
import zoneinfo

import dbus
from aiosmtpd.controller import Controller

from harness import (CONFIG, ERROR, LOT, MANAGER, PROPERTIES, ROOT, RP, RP_2, House, acuse, baja, die_with_parent, dispmag, invoke,
                     memory_file, option)

IDSED, POLICY, IDSECTL = (os.path.abspath(path) for path in sys.argv[1:4])

CONFIG += "[Deadlines]\nGraceSec=0\n"
HELD, INVALID, OK, USAGE = 9, 6, 0, 2
TOLD = re.compile(r"IDSE_EVENT=(deadline-near|deadline-missed) IDSE_LOT=(\d+) IDSE_RP=\w+ IDSE_DAYS=(-?\d+)")
REJECTED, PARTIAL, FAILED, RECEIVED, ACCEPTED, CANCELLED = 6, 5, 7, 3, 4, 9


def today():
    return datetime.datetime.now(zoneinfo.ZoneInfo("America/Mexico_City")).date()


def day(n, form="%d%m%Y"):
    return (today() + datetime.timedelta(days=n)).strftime(form)


class Deadlines(unittest.TestCase):
    number = 0

    def setUp(self):
        self.house = House(IDSED, POLICY, CONFIG)
        self.bus = self.house.connect()
        for rp in RP, RP_2:
            self.manager("AddRegistration", rp, option({}))

    def tearDown(self):
        self.bus.close()
        self.house.end()

    def manager(self, method, *arguments):
        return invoke(self.bus, ROOT, MANAGER, method, *arguments)

    def get(self, lot, name):
        return invoke(self.bus, f"{ROOT}/lot/{lot}", PROPERTIES, "Get", LOT, name)

    def submit(self, records, **options):
        fd = memory_file(dispmag(records))
        lots, _, _ = self.manager("Submit", dbus.types.UnixFd(fd), option({k.replace("_", "-"): v for k, v in options.items()}))
        os.close(fd)
        return [int(lot.rsplit("/")[-1]) for lot in lots]

    def new_lot(self, date, n=1, make=baja, rp=RP):
        first = Deadlines.number
        Deadlines.number += n
        lot, = self.submit([make(i, rp, date) for i in range(first, first + n)])
        return lot

    def due(self, limit=1000, **filter):
        rows, cursor = [], ""
        while True:
            page, cursor, trusted = self.manager("ListDue", option(filter), cursor, dbus.UInt32(limit))
            self.assertLessEqual(len(page), limit)
            self.assertTrue(trusted)
            rows += page
            if not cursor:
                return rows

    def change(self, *statements):
        """Changes what the daemon has stored, and starts it again; what it then tells of lots: [(event, lot, days)]."""
        self.house.stop()
        with contextlib.closing(sqlite3.connect(os.path.join(self.house.state, "idsed.db"))) as db:
            for statement in statements:
                db.execute(*statement)
            db.commit()
        size = os.path.getsize(self.house.log)
        self.house.start()
        self.manager("Diagnose")  # takes some turns
        with open(self.house.log) as f:
            f.seek(size)
            return [(event, int(lot), int(days)) for event, lot, days in TOLD.findall(f.read())]

    def tell(self, lot, days):
        """… when the lot's last day is so many days away."""
        return self.change(self.last_day(lot, days))

    def state(self, lot, state, movement_state=None):
        return ("UPDATE lot SET state = ?, finished_us = 1, next_us = 0, hold = 0, movement_state = coalesce(?, movement_state),"
                " attempt_us = 1, received_us = 1 WHERE id = ?", (state, movement_state, lot))

    def idsectl(self, *arguments):
        return subprocess.run([IDSECTL, f"--address={self.house.address}", *arguments], text=True, capture_output=True,
                              env=dict(os.environ, LC_ALL="C.UTF-8"), check=False)

    def test_movements_are_due_by_their_last_day(self):
        late, far = self.new_lot(day(-30)), self.new_lot(day(60))
        mixed = self.new_lot(day(-40), n=3)
        rows = self.due()
        self.assertEqual([int(row["lot"]) for row in rows], [mixed] * 3 + [late])
        self.assertEqual([int(row["position"]) for row in rows], [1, 2, 3, 1])
        self.assertEqual({str(row["urgency"]) for row in rows}, {"late"})
        row = rows[-1]
        self.assertEqual(row["deadline"], self.get(late, "Deadline"))
        self.assertEqual((row["deadline-rule"], row["source"]), ("baja", "LSS 15-I; RACERF 57"))
        self.assertLess(row["days"], 0)
        # a late baja has two dates: the one that is written, and the day after IMSS receives it
        self.assertEqual((str(row["date"]), str(row["effective"])), (day(-30, "%Y%m%d"), day(1, "%Y%m%d")))
        self.assertIn(far, [int(row["lot"]) for row in self.due(days=dbus.UInt32(120))])

    def test_it_comes_in_pages_and_by_registration(self):
        lots = [self.new_lot(day(-30 - 7 * i), n=3) for i in range(4)] + [self.new_lot(day(-70), rp=RP_2)]
        whole = self.due()
        self.assertEqual([int(row["lot"]) for row in whole][:4], [lots[4]] + [lots[3]] * 3)
        for limit in 1, 2, 3, 4, 7:
            self.assertEqual(self.due(limit), whole)
        self.assertEqual([int(row["lot"]) for row in self.due(registration=RP_2)], [lots[4]])

    def test_movements_say_their_last_day(self):
        lot = self.new_lot(day(-30))
        rows, _ = self.manager("ListMovements", option({}), "", dbus.UInt32(1))
        self.assertEqual(rows[0]["deadline"], self.get(lot, "Deadline"))
        self.assertEqual(rows[0]["deadline-rule"], "baja")

    def test_wrong_questions_are_refused(self):
        for arguments in ((option({}), "x", 10), (option({}), "1:2", 10), (option({}), "1:2:3:4", 10), (option({}), "", 0),
                          (option({"days": dbus.UInt32(4000)}), "", 10)):
            with self.assertRaises(dbus.DBusException) as raised:
                self.manager("ListDue", *arguments[:2], dbus.UInt32(arguments[2]))
            self.assertEqual(raised.exception.get_dbus_name(), ERROR + "InvalidArgument")

    def test_what_imss_has_is_shown_apart_and_what_is_done_is_not(self):
        lots = [self.new_lot(day(-30)) for _ in range(5)]
        self.change(self.state(lots[0], RECEIVED, 2), self.state(lots[1], ACCEPTED, 3), self.state(lots[2], CANCELLED, 7),
                    self.state(lots[3], FAILED, 4))
        self.assertEqual({int(row["lot"]): str(row["urgency"]) for row in self.due()},
                         {lots[0]: "received", lots[3]: "late", lots[4]: "late"})

    def test_the_clock_of_what_was_rejected_runs_on_until_it_is_corrected(self):
        lot = self.new_lot(day(-30), n=3)
        rejected = [("UPDATE movement SET state = 4 WHERE id = ?", (lot << 20 | 1,)),
                    ("UPDATE movement SET state = 3 WHERE id IN (?, ?)", (lot << 20, lot << 20 | 2)),
                    ("UPDATE lot SET answered_us = 1, rejected = 1, deadline = -1, untold_day = 0, told_us = 0 WHERE id = ?", (lot,))]
        told = self.change(self.state(lot, PARTIAL), *rejected)
        self.assertEqual([int(row["position"]) for row in self.due()], [2])
        self.assertEqual(told, [("deadline-missed", lot, told[0][2])])  # its last day was worked out before that
        path, _, _ = self.lot_method(lot, "Correct")
        self.assertEqual([int(row["lot"]) for row in self.due()], [int(path.rsplit("/")[-1])])

    def lot_method(self, lot, name, **options):
        return invoke(self.bus, f"{ROOT}/lot/{lot}", LOT, name, option(options))

    def rejected_lot(self):
        """A lot whose second movement of three was rejected."""
        lot = self.new_lot(day(-30), n=3)
        self.change(self.state(lot, PARTIAL), ("UPDATE movement SET state = iif(id & 1, 4, 3) WHERE id >> 20 = ?", (lot,)),
                    ("UPDATE lot SET answered_us = 1, approved = 2, rejected = 1, deadline = -1, untold_day = 0, told_us = 0 WHERE id = ?",
                     (lot,)))
        return lot

    def given_up(self, lot):
        rows, _ = self.manager("ListMovements", option({"lot": dbus.UInt64(lot)}), "", dbus.UInt32(10))
        return [(str(row["state"]), row["given-up"] > 0) for row in rows]

    def rejected_of(self, rp):
        return {str(row["registration"]): int(row["rejected"]) for row in self.manager("Overview")}[rp]

    def test_what_nobody_will_correct_is_due_and_told_no_more(self):
        lot = self.rejected_lot()
        self.assertEqual([int(row["lot"]) for row in self.due()], [lot])
        self.assertEqual(self.rejected_of(RP), 1)
        self.assertEqual(self.idsectl("cancel", str(lot), "--yes", "--reason=no se presentó").returncode, OK)
        self.assertEqual(self.due(), [])
        self.assertEqual(self.rejected_of(RP), 0)
        self.assertEqual((self.get(lot, "State"), self.get(lot, "Deadline"), self.get(lot, "GivenUpBy")), ("partial", 0, "uid 0"))
        self.assertEqual(self.given_up(lot), [("approved", False), ("rejected", True), ("approved", False)])
        for verb in ("show", lot), ("list",), ("movements",):
            self.assertIn("given_up", self.idsectl(*map(str, verb), "--json").stdout)
        shown = " ".join(self.idsectl("show", str(lot)).stdout.split())
        self.assertIn("Given up by: uid 0", shown)
        self.assertIn("Given up because: no se presentó", shown)
        record = self.manager("ListHistory", option({"lot": dbus.UInt64(lot)}), dbus.UInt64(0), dbus.UInt32(1))[0][0]
        self.assertEqual((record["action"], record["outcome"], json.loads(record["detail"])), ("cancel", "ok", {"text": "no se presentó"}))
        with self.assertRaises(dbus.DBusException) as raised:
            self.lot_method(lot, "Cancel")
        self.assertEqual(raised.exception.get_dbus_name(), ERROR + "WrongState")

    def test_what_is_cancelled_says_who_when_and_why(self):
        lot, silent = self.new_lot(day(-30)), self.new_lot(day(-30))
        self.assertEqual(self.idsectl("cancel", str(lot), "--yes", "--reason=se capturó dos veces").returncode, OK)
        self.assertEqual(self.idsectl("cancel", str(silent), "--yes").returncode, OK)
        self.assertEqual((self.get(lot, "State"), self.get(lot, "GivenUpBy"), self.get(lot, "GivenUpText")),
                         ("cancelled", "uid 0", "se capturó dos veces"))
        self.assertEqual((self.get(lot, "GivenUp"), self.get(silent, "GivenUpText")), (self.get(lot, "Finished"), ""))
        shown = self.idsectl("show", str(lot)).stdout
        self.assertRegex(shown, r"Given up: +20\d\d-")
        self.assertRegex(shown, "Given up because: +se capturó dos veces")
        self.assertNotIn("Given up because", self.idsectl("show", str(silent)).stdout)
        told = self.idsectl("history", "--lot", str(lot)).stdout
        self.assertIn(" se capturó dos veces", told)
        self.assertNotIn("{", told)

    def test_what_was_given_up_stays_so_with_another_calendar_and_after_a_start(self):
        lot = self.rejected_lot()
        self.lot_method(lot, "Cancel")
        self.assertEqual(self.change(("UPDATE value SET value = 'another' WHERE name = 'calendar'",)), [])
        self.assertEqual((self.due(), self.get(lot, "Deadline")), ([], 0))

    def test_documents_that_were_erased_are_listed_as_such(self):
        fd = memory_file(acuse("501000071", [baja(1, RP, day(-30))]))
        lot = int(self.manager("ImportReceipt", dbus.types.UnixFd(fd), option({}))["lot"])
        os.close(fd)
        self.assertNotIn("Erased", self.idsectl("receipts", "list", str(lot)).stdout)
        self.assertIsNone(json.loads(self.idsectl("receipts", "list", str(lot), "--json").stdout)[0]["erased"])
        self.change(("UPDATE lot SET erased_us = 1795435200000000 WHERE id = ?", (lot,)))
        self.assertRegex(self.idsectl("receipts", "list", str(lot)).stdout, r"Erased[^\n]*\n.*acuse.* 2026-11-23 ")
        self.assertRegex(json.loads(self.idsectl("receipts", "list", str(lot), "--json").stdout)[0]["erased"], "^2026-11-2")

    def test_a_correction_takes_giving_up_back(self):
        lot = self.rejected_lot()
        self.lot_method(lot, "Cancel")
        path, _, _ = self.lot_method(lot, "Correct")
        child = int(path.rsplit("/")[-1])
        self.assertEqual((self.get(lot, "GivenUp"), self.get(lot, "GivenUpBy")), (0, ""))
        with self.assertRaises(dbus.DBusException) as raised:
            self.lot_method(lot, "Cancel")  # what becomes of it is decided in the correction
        self.assertEqual(raised.exception.get_dbus_name(), ERROR + "WrongState")
        self.lot_method(child, "Cancel")
        self.change()
        self.assertEqual([int(row["lot"]) for row in self.due()], [lot])

    def test_a_file_that_was_refused_whole_is_given_up_too_and_what_was_accepted_is_not(self):
        failed, accepted = self.new_lot(day(-30)), self.new_lot(day(-30))
        self.change(self.state(failed, FAILED, 4), self.state(accepted, ACCEPTED, 3))
        self.lot_method(failed, "Cancel")
        self.assertEqual(self.due(), [])
        with self.assertRaises(dbus.DBusException) as raised:
            self.lot_method(accepted, "Cancel")
        self.assertEqual(raised.exception.get_dbus_name(), ERROR + "WrongState")

    def test_the_same_movement_in_another_lot_takes_the_place_of_what_was_refused(self):
        record = baja(77777, RP, day(-30))
        lot, = self.submit([record])
        self.change(self.state(lot, FAILED, 4))
        self.assertEqual([int(row["lot"]) for row in self.due()], [lot])
        again, = self.submit([record])
        self.assertNotEqual(again, lot)
        self.assertEqual([int(row["lot"]) for row in self.due()], [again])

    def test_each_stage_is_told_once(self):
        lot = self.new_lot(day(60))
        self.assertEqual(self.tell(lot, 20), [])
        for days, event in (1, "deadline-near"), (0, "deadline-near"), (-1, "deadline-missed"):
            self.assertEqual(self.tell(lot, days), [(event, lot, days)])
            self.assertEqual(self.tell(lot, days), [])
        self.assertEqual(self.tell(lot, -9), [])

    def lot_with_two_last_days(self):
        """The one is over, the other one far."""
        Deadlines.number += 3
        lot, = self.submit([baja(Deadlines.number - i, RP, day(-30 if i == 0 else 60)) for i in range(3)])
        self.manager("Diagnose")
        with self.database() as db:
            days = [row[0] for row in db.execute("SELECT day FROM last_day WHERE lot = ? ORDER BY day", (lot,))]
        self.assertEqual((len(days), days[0]), (2, self.get(lot, "Deadline")))
        return lot

    def database(self):
        return contextlib.closing(sqlite3.connect(os.path.join(self.house.state, "idsed.db")))

    def second_day(self, lot, days):
        """The second last day is so many days away, and people were told what there was to be told a day before."""
        last = int(day(days, "%Y%m%d"))
        return (("UPDATE last_day SET day = ? WHERE lot = ? AND day = (SELECT max(day) FROM last_day)", (last, lot)),
                ("UPDATE lot SET untold_day = ?, told_us = told_us - 86400000000 WHERE id = ?", (last, lot)))

    def test_each_last_day_of_a_lot_is_told_once(self):
        lot = self.lot_with_two_last_days()
        self.assertEqual(self.change(), [])  # that one is over was told as it came
        for days, event in (1, "deadline-near"), (0, "deadline-near"), (-1, "deadline-missed"):
            self.assertEqual(self.change(*self.second_day(lot, days)), [(event, lot, days)])
            self.assertEqual(self.change(), [])
        with open(self.house.log) as f:
            log = f.read()
        self.assertIn(f"Movements of lot {lot} of {RP} (queued) must reach IMSS today, {day(0, '%Y-%m-%d')}", log)
        self.assertIn(f"the last day of some of its movements, {day(-1, '%Y-%m-%d')}, is over", log)

    def test_a_mail_has_each_last_day_of_a_lot(self):
        self.add_users()
        lot = self.lot_with_two_last_days()
        messages = self.relay()
        self.change(*self.second_day(lot, 0))
        subject, text = self.mailed(messages)
        self.assertEqual(subject, f"IDSE: 1 lot late, 1 lot due today ({RP})")
        self.assertEqual(text.count(f"Lot {lot} of {RP}"), 2)
        self.assertIn(f"Must reach IMSS today:\n\n  Lot {lot} of {RP} (queued), last day {day(0, '%Y-%m-%d')}",
                      text.replace("\r\n", "\n"))

    def test_another_calendar_tells_nothing_twice(self):
        self.lot_with_two_last_days()
        self.assertEqual(self.change(("UPDATE value SET value = 'another' WHERE name = 'calendar'",)), [])

    def log_of(self, *statements):
        size = os.path.getsize(self.house.log)
        told = self.change(*statements)
        with open(self.house.log) as f:
            f.seek(size)
            return told, "not to be trusted" in f.read()

    def test_what_is_told_while_the_clock_is_wrong_says_so_and_is_told_again_once_it_is_right(self):
        lot = self.new_lot(day(60))
        told = [("deadline-near", lot, 0)]
        wrong = ("INSERT INTO value VALUES ('clock', '9000000000')",)
        self.assertEqual(self.log_of(self.last_day(lot, 0), wrong), (told, True))
        self.assertEqual(self.log_of(), ([], False))
        right = ("DELETE FROM value WHERE name = 'clock'",)
        self.assertEqual(self.log_of(right), (told, False))
        self.assertEqual(self.log_of(), ([], False))

    def test_what_a_clock_ahead_told_is_told_again_when_it_was_set_back(self):
        lot = self.new_lot(day(60))
        self.tell(lot, 0)
        ahead = "UPDATE lot SET untold_day = 0, told_us = told_us + ?"
        self.assertEqual(self.change((ahead, (5 * 86400000000,))), [("deadline-near", lot, 0)])
        self.assertEqual(self.change((ahead, (120000000,))), [])  # a clock that is kept, over midnight perhaps

    def test_who_listens_gets_a_signal_with_the_day(self):
        lot = self.new_lot(day(60))
        with subprocess.Popen(["dbus-monitor", "--address", self.house.address, "member='DeadlineNear'"],
                              stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent) as monitor:
            while "NameLost" not in monitor.stdout.readline():
                pass
            self.tell(lot, 0)
            while "member=DeadlineNear" not in monitor.stdout.readline():
                pass
            lines = [monitor.stdout.readline() for _ in range(4)]
            monitor.terminate()
        text = "".join(lines)
        self.assertIn(f'object path "{ROOT}/lot/{lot}"', text)
        self.assertIn(f"uint32 {day(0, '%Y%m%d')}", text)
        self.assertIn("must reach IMSS today", text)
        self.assertIn("has no certificate", text)  # what it waits for

    def test_a_new_lot_is_given_its_time(self):
        with open(self.house.config, "a") as f:
            f.write("[Deadlines]\nGraceSec=3600\n")
        self.house.stop()
        self.house.start()
        lot = self.new_lot(day(-30))
        self.assertEqual(self.change(), [])
        told = self.change(("UPDATE lot SET created_us = created_us - 3600000000 WHERE id = ?", (lot,)))
        self.assertEqual([event for event, _, _ in told], ["deadline-missed"])

    def add_users(self):
        versions = [str(text["version"]) for text in self.manager("LegalTexts", "es")]
        for user, role in ("ana@example.mx", "administrador"), ("beto@example.mx", "operador"), ("lia@example.mx", "consulta"):
            fd = memory_file(b"una clave bien larga 2026")
            self.manager("AddUser", user, dbus.types.UnixFd(fd), option(
                {"names": "Persona", "first-surname": "Ficticia", "role": role, "privacy": versions[0],
                 "agreement": versions[-1]}))
            os.close(fd)

    def relay(self, grace=0):
        """A relay that keeps what it gets, and the configuration to use it; the messages, [(recipient, message)]."""
        messages = []

        class Inbox:
            async def handle_DATA(self, server, session, envelope):
                message = email.message_from_bytes(envelope.content, policy=email.policy.default)
                messages.extend((to, message) for to in envelope.rcpt_tos)
                return "250 fine"

        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        server = Controller(Inbox(), hostname="127.0.0.1", port=port)
        server.start()
        self.addCleanup(server.stop)
        with open(self.house.config, "a") as f:
            f.write(f"GraceSec={grace}\nMail=yes\n[Mail]\nRelay=smtp://127.0.0.1:{port}\nFrom=idsed@example.mx\nStartTLS=never\n")
        return messages

    def mailed(self, messages, n=2):
        """The subject and the text of the only message, when as many people as that have it."""
        end = time.monotonic() + 60
        while len(messages) < n:
            self.assertLess(time.monotonic(), end, "there is no mail")
            time.sleep(0.02)
        self.assertEqual(sorted(to for to, _ in messages), ["ana@example.mx", "beto@example.mx"])
        self.assertEqual(len({(message["Subject"], message.get_content()) for _, message in messages}), 1)
        message = messages[0][1]
        messages.clear()
        return message["Subject"], message.get_content()

    def last_day(self, lot, days):
        """The lot comes so near to its last day: what was told of it was told as many days before."""
        before = "julianday(substr(deadline, 1, 4) || '-' || substr(deadline, 5, 2) || '-' || substr(deadline, 7))"
        return (f"UPDATE lot SET told_us = iif(told_us, told_us + (julianday(?) - {before}) * 86400000000, 0), deadline = ?,"
                " untold_day = ? WHERE id = ?", (day(days, "%Y-%m-%d"), *[int(day(days, "%Y%m%d"))] * 2, lot))

    def test_operators_and_administrators_get_one_mail_of_all_lots(self):
        self.add_users()
        late = [self.new_lot(day(60)), self.new_lot(day(60), rp=RP_2)]
        todays, soon, far, done = [self.new_lot(day(60)) for _ in range(4)]
        messages = self.relay()
        self.change(self.last_day(late[0], -2), self.last_day(late[1], -1), self.last_day(todays, 0), self.last_day(soon, 1),
                    self.last_day(far, 30), self.last_day(done, -1), self.state(done, RECEIVED, 2))
        subject, text = self.mailed(messages)
        self.assertEqual(subject, "IDSE: 2 lots late, 1 lot due today, 1 lot due soon (2 registros patronales)")
        order = ["The last day is over", f"Lot {late[0]} of {RP} (queued), last day {day(-2, '%Y-%m-%d')}", f"Lot {late[1]} of {RP_2}",
                 "Must reach IMSS today:", f"Lot {todays} of", "Must reach IMSS in the next days:", f"Lot {soon} of", "'idsectl due'"]
        places = [text.find(part) for part in order]
        self.assertEqual(places, sorted(places), text)
        self.assertNotIn(-1, places, text)
        for lot in far, done:
            self.assertNotIn(f"Lot {lot} of", text)
        self.assertIn("has no certificate", text)  # what they wait for
        self.change(("UPDATE lot SET state = 9 WHERE id IN (?, ?, ?)", (late[0], todays, soon)))
        self.assertEqual(messages, [])  # nothing is new

    def test_the_subject_of_a_mail_on_one_lot_names_it(self):
        self.add_users()
        lot = self.new_lot(day(60))
        messages = self.relay()
        for days, told in ((1, f"must reach IMSS by {day(1, '%Y-%m-%d')}"), (0, "must reach IMSS today"),
                           (-1, f"is late, its last day was {day(-1, '%Y-%m-%d')}")):
            self.tell(lot, days)
            self.assertEqual(self.mailed(messages)[0], f"IDSE: lot {lot} of {RP} {told}")

    def test_lots_of_one_registration_are_mailed_with_its_name(self):
        self.add_users()
        lots = [self.new_lot(day(60)), self.new_lot(day(60))]
        messages = self.relay()
        self.change(*(self.last_day(lot, 0) for lot in lots))
        self.assertEqual(self.mailed(messages)[0], f"IDSE: 2 lots due today ({RP})")

    def test_a_mail_of_very_many_lots_counts_all_and_lists_the_most_urgent(self):
        self.add_users()
        lots = [self.new_lot(day(60)) for _ in range(205)]
        messages = self.relay()
        self.change(("UPDATE lot SET deadline = ?1, untold_day = ?1", (int(day(0, "%Y%m%d")),)), self.last_day(lots[-1], -1))
        subject, text = self.mailed(messages)
        self.assertEqual(subject, f"IDSE: 1 lot late, 204 lots due today ({RP})")
        self.assertIn(f"Lot {lots[-1]} of", text)
        self.assertEqual(text.count("last day "), 100 + 1)  # one is in the heading
        self.assertIn("and 105 lots more", text)

    def test_a_mail_waits_for_more_lots_and_leaves_once_over_restarts(self):
        self.add_users()
        lots = [self.new_lot(day(60)), self.new_lot(day(60))]
        messages = self.relay(grace=3600)
        old = ("UPDATE lot SET created_us = created_us - 7200000000",)
        self.assertEqual(len(self.change(old, self.last_day(lots[0], 0))), 1)
        self.assertEqual(len(self.change(self.last_day(lots[1], -1))), 1)
        self.assertEqual(messages, [])  # the first one waits for the second
        self.change(("UPDATE value SET value = '1' WHERE name = 'deadline-mail'",))  # its time has come
        subject, text = self.mailed(messages)
        self.assertEqual(subject, f"IDSE: 1 lot late, 1 lot due today ({RP})")
        for lot in lots:
            self.assertIn(f"Lot {lot} of", text)
        self.change()
        self.assertEqual(messages, [])

    def test_no_mail_leaves_where_none_is_wanted_any_more(self):
        self.add_users()
        lot = self.new_lot(day(60))
        messages = self.relay()
        with open(self.house.config, "a") as f:
            f.write("[Deadlines]\nMail=no\n")
        self.tell(lot, 0)
        self.change(("INSERT INTO value VALUES ('deadline-mail', '1')",))
        self.assertEqual(self.change(), [])
        with contextlib.closing(sqlite3.connect(os.path.join(self.house.state, "idsed.db"))) as db:
            self.assertEqual(db.execute("SELECT count(*) FROM value WHERE name = 'deadline-mail'").fetchone(), (0,))
        self.assertEqual(messages, [])

    def test_another_calendar_gives_other_days(self):
        lot = self.new_lot(day(-30))
        right = self.get(lot, "Deadline")
        self.change(("UPDATE lot SET deadline = 20200101",))
        self.assertEqual(self.get(lot, "Deadline"), 20200101)
        self.change(("UPDATE value SET value = 'another' WHERE name = 'calendar'",))
        self.assertEqual(self.get(lot, "Deadline"), right)

    def planned(self, date, days):
        """A lot that is not sent before so many days."""
        at = datetime.datetime.combine(today() + datetime.timedelta(days=days), datetime.time(8),
                                       zoneinfo.ZoneInfo("America/Mexico_City"))
        Deadlines.number += 1
        lot, = self.submit([baja(Deadlines.number, RP, date)], not_before=dbus.UInt64(int(at.timestamp()) * 1000000))
        return lot

    def test_what_imss_takes_by_the_day_on_which_it_is_sent_can_be_planned(self):
        with open(self.house.config, "a") as f:
            f.write("[Check]\nFutureDates=refuse\n")
        self.house.stop()
        self.house.start()
        for days in None, 9:
            with self.assertRaises(dbus.DBusException) as raised:
                self.planned(day(10), days) if days else self.new_lot(day(10))
            self.assertEqual(raised.exception.get_dbus_name(), ERROR + "InvalidFile")
            self.assertIn("the movement is in the future", str(raised.exception))
        lot = self.planned(day(10), 10)
        self.assertEqual(self.get(lot, "State"), "queued")

    def test_check_judges_by_the_day_of_sending_too(self):
        path = os.path.join(self.house.state, "fut.txt")
        with open(path, "wb") as f:
            f.write(dispmag([baja(1, RP, day(10))]))
        for options, status in ((), INVALID), ((f"--at={day(9, '%Y-%m-%d')} 23:00",), INVALID), ((f"--at={day(10, '%Y-%m-%d')} 08:00",), OK):
            self.assertEqual(self.idsectl("check", path, *options).returncode, status)

    def test_what_is_planned_for_when_its_last_day_is_over_is_told_so_in_time(self):
        lots = {"will-be-late": self.planned(day(0), 30), "late": self.planned(day(-30), 1), "soon": self.planned(day(0), 1)}
        rows = {int(row["lot"]): row for row in self.due(days=dbus.UInt32(60))}
        self.assertEqual({urgency: str(rows[lot]["urgency"]) for urgency, lot in lots.items()}, {u: u for u in lots})
        for lot in lots.values():
            self.assertEqual(rows[lot]["not-before"], self.get(lot, "NotBefore"))
        told = self.idsectl("due", "--days=60")
        self.assertEqual(told.returncode, HELD)
        self.assertIn("will be late", told.stdout)
        for urgency, lot in lots.items():
            self.assertEqual(f"'idsectl retry {lot}' sends it now" in told.stderr, urgency != "soon")
        planned = lots["will-be-late"]
        self.assertIn("queued, held, will be late", self.idsectl("list").stdout)
        self.assertIn("It will be late: it is not to be sent before", self.idsectl("show", str(planned)).stdout)
        self.lot_method(planned, "Retry")  # as it is told to do
        rows = {int(row["lot"]): row for row in self.due(days=dbus.UInt32(60))}
        self.assertEqual((str(rows[planned]["urgency"]), rows[planned]["not-before"]), ("soon", 0))
        self.assertNotIn("It will be late", self.idsectl("show", str(planned)).stdout)

    def test_when_a_lot_goes_out_is_in_a_column_of_its_own_as_long_as_it_waits(self):
        self.new_lot(day(0))
        self.assertNotIn("Not before", self.idsectl("list").stdout)
        lot = self.planned(day(0), 1)
        self.assertRegex(self.idsectl("list").stdout, rf"Not before[^\n]*\n(.*\n)*? *{lot} .*{day(1, '%Y-%m-%d')} 08:00")
        path = os.path.join(self.house.state, "planned.txt")
        Deadlines.number += 1
        with open(path, "wb") as f:
            f.write(dispmag([baja(Deadlines.number, RP, day(0))]))
        self.assertIn(f"{day(2, '%Y-%m-%d')} 09:30", self.idsectl("submit", path, f"--at={day(2, '%Y-%m-%d')} 09:30").stdout)
        for planned in self.idsectl("list", "--no-headers").stdout.split("\n"):
            if number := planned.split()[:1]:
                self.lot_method(int(number[0]), "Retry")
        self.assertNotIn("Not before", self.idsectl("list").stdout)

    def test_a_reminder_says_that_the_lot_is_planned_for_later(self):
        lot = self.planned(day(0), 30)
        self.tell(lot, 0)
        with open(self.house.log) as f:
            line = next(line for line in f if "must reach IMSS today" in line)
        self.assertIn(f"when that day is over: 'idsectl retry {lot}' sends it now", line)

    def test_holds_are_in_words_in_tables(self):
        lot = self.new_lot(day(-30))
        self.lot_method(lot, "Hold")
        for verb in ("due",), ("status", "--rps"):
            self.assertIn("Held by an operator", self.idsectl(*verb).stdout)
            self.assertRegex(self.idsectl(*verb, "--json").stdout, r'"hold_reason": ?"operator"')

    def test_the_command_line_sorts_by_urgency_and_says_whether_somebody_is_needed(self):
        self.assertEqual(self.idsectl("due").returncode, OK)
        lots = [self.new_lot(day(-30)), self.new_lot(day(-40)), self.new_lot(day(60))]
        told = self.idsectl("due", "--json")
        self.assertEqual(told.returncode, HELD)
        document = json.loads(told.stdout)
        self.assertTrue(document["trusted"])
        self.assertEqual([row["lot"] for row in document["movements"]], [lots[1], lots[0]])
        self.assertLess(document["movements"][0]["days"], 0)
        self.assertEqual(document["movements"][0]["effective"], day(1, "%Y-%m-%d"))
        table = self.idsectl("due", "--limit=1")
        self.assertIn("late", table.stdout)
        self.assertIn("There are more", table.stderr)
        self.assertEqual(self.idsectl("due", "--days=x").returncode, USAGE)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
