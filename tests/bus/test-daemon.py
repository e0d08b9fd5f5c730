#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
The real daemon on a private bus with the real policy: every method's happy path and each documented error, bad input,
and callers that mean no good. Nothing is sent: the portal's address leads nowhere.

usage: test-daemon.py IDSED IDSE-SIM POLICY
"""

import contextlib
import fcntl
import io
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import zipfile

import dbus
import dbus.lowlevel

from harness import (CERTIFICATE, CONFIG, ERROR, LONG, LOT, MANAGER, NAME, PROPERTIES, REGISTRATION, ROOT, RP, RP_2, RP_UNKNOWN,
                     House, acuse, baja, constancia, control, die_with_parent, dispmag, invoke, memory_file, nss, option, paper,
                     reingreso)

IDSED, SIM, POLICY = (os.path.abspath(path) for path in sys.argv[1:4])

CONFIG += "MaxFileSize=64M\n"


class DaemonTest(unittest.TestCase):
    """One daemon for a class, a fresh movement number for each movement."""

    number = 0

    @classmethod
    def setUpClass(cls):
        cls.house = House(IDSED, POLICY, CONFIG)
        cls.bus = cls.house.connect()
        for rp in RP, RP_2:
            cls.manager("AddRegistration", rp, option({}))

    @classmethod
    def tearDownClass(cls):
        cls.bus.close()
        cls.house.end()

    @classmethod
    def call(cls, path, interface, method, *arguments):
        return invoke(cls.bus, path, interface, method, *arguments)

    @classmethod
    def manager(cls, method, *arguments):
        return cls.call(ROOT, MANAGER, method, *arguments)

    @classmethod
    def get(cls, path, interface, name):
        return cls.call(path, PROPERTIES, "Get", interface, name)

    @classmethod
    def numbers(cls, n):
        first = DaemonTest.number
        DaemonTest.number += n
        return range(first, first + n)

    def answered_at_once(self, n, path, interface, method):
        """How many of n calls that are under way together are answered; the others have to be told that it is busy."""
        connection = self.house.connect()
        answers, pending = [], []
        for _ in range(n):
            message = dbus.lowlevel.MethodCallMessage(NAME, path, interface, method)
            message.append({}, signature="a{sv}")
            pending.append(connection.send_message_with_reply(message, answers.append, LONG))
        self.get(ROOT, MANAGER, "Version")
        for call in pending:
            call.block()
        connection.close()
        errors = {str(answer.get_error_name()) for answer in answers if answer.get_type() == 3}
        self.assertLessEqual(errors, {ERROR + "Busy"})
        for answer in answers:
            if answer.get_type() == 2:
                os.close(answer.get_args_list()[0].take())
        return sum(answer.get_type() == 2 for answer in answers)

    def fails(self, name, call, *arguments, **options):
        with self.assertRaises(dbus.DBusException) as raised:
            call(*arguments, **options)
        self.assertEqual(raised.exception.get_dbus_name(), ERROR + name, raised.exception.get_dbus_message())
        return raised.exception.get_dbus_message()

    @classmethod
    def submit_fd(cls, fd, **options):
        try:
            return cls.manager("Submit", dbus.types.UnixFd(fd),
                               option({name.replace("_", "-"): value for name, value in options.items()}))
        finally:
            os.close(fd)

    @classmethod
    def submit(cls, data, **options):
        return cls.submit_fd(memory_file(data), **options)

    def new_lot(self, n=1, **options):
        lots, existing, findings = self.submit(dispmag([reingreso(i) for i in self.numbers(n)]), **options)
        self.assertEqual(len(lots), 1)
        self.assertFalse(existing)
        return lots[0]

    def totals(self):
        return (dict(self.get(ROOT, MANAGER, "LotCounts")), int(self.get(ROOT, MANAGER, "MovementCount")))

    def stores_nothing(self, error, data, **options):
        before = self.totals()
        text = self.fails(error, lambda: self.submit(data, **options))
        self.assertEqual(self.totals(), before)
        return text


class Submitting(DaemonTest):
    def test_a_lot_is_queued_and_held_without_a_certificate(self):
        path = self.new_lot(3, name="altas.txt")
        everything = self.call(path, PROPERTIES, "GetAll", LOT)
        self.assertEqual(everything["State"], "queued")
        self.assertEqual(everything["Registration"], RP)
        self.assertEqual(everything["Type"], "reingreso")
        self.assertEqual(everything["Movements"], 3)
        self.assertEqual(everything["Reingresos"], 3)
        self.assertEqual(everything["Source"], "altas.txt")
        self.assertEqual(everything["CreatedBy"], f"uid {os.getuid()}")
        self.assertTrue(everything["Held"])
        self.assertEqual(everything["HoldReason"], "certificate-missing")
        self.assertTrue(everything["HoldText"])
        self.assertEqual(len(everything["Sha256"]), 64)

    def test_the_same_bytes_give_the_same_lot(self):
        data = dispmag([reingreso(i) for i in self.numbers(2)])
        first, existing, _ = self.submit(data)
        self.assertFalse(existing)
        second, existing, _ = self.submit(data, name="another name")
        self.assertTrue(existing)
        self.assertEqual(first, second)

    def test_what_was_cancelled_may_be_submitted_again(self):
        data = dispmag([reingreso(i) for i in self.numbers(1)])
        first, _, _ = self.submit(data)
        self.call(first[0], LOT, "Cancel", option({}))
        second, existing, _ = self.submit(data)
        self.assertFalse(existing)
        self.assertNotEqual(first, second)

    def test_a_movement_under_way_is_refused_with_its_lot(self):
        one, other = self.numbers(2)
        lots, _, _ = self.submit(dispmag([reingreso(one)]))
        text = self.stores_nothing("DuplicateMovement", dispmag([reingreso(other), reingreso(one)]))
        self.assertIn("lot " + lots[0].rsplit("/")[-1], text)
        again, existing, _ = self.submit(dispmag([reingreso(other), reingreso(one)]), allow_duplicate=True)
        self.assertFalse(existing)
        self.assertEqual(int(again[0].rsplit("/")[-1]), int(lots[0].rsplit("/")[-1]) + 1)  # what was refused took no number

    def test_a_file_of_several_lots_that_is_refused_takes_no_number(self):
        one, *others = self.numbers(4)
        first, _, _ = self.submit(dispmag([reingreso(one)]))
        self.stores_nothing("DuplicateMovement", dispmag([baja(others[0]), reingreso(others[1], RP_2), reingreso(one)]))
        self.assertEqual(int(self.new_lot().rsplit("/")[-1]), int(first[0].rsplit("/")[-1]) + 1)

    def test_a_file_is_split_by_registration_and_type(self):
        a, b, c = self.numbers(3)
        records = [reingreso(a), baja(b), reingreso(c, RP_2)]
        lots, _, _ = self.submit(dispmag(records))
        shapes = [(self.get(lot, LOT, "Registration"), self.get(lot, LOT, "Type")) for lot in lots]
        self.assertCountEqual(shapes, [(RP, "reingreso"), (RP, "baja"), (RP_2, "reingreso")])

    def test_types_stay_together_when_asked_for(self):
        a, b = self.numbers(2)
        lots, _, _ = self.submit(dispmag([reingreso(a), baja(b)]), keep_mixed=True)
        self.assertEqual([self.get(lot, LOT, "Type") for lot in lots], ["mixed"])

    def test_a_lot_can_be_queued_held(self):
        lot = self.new_lot(hold=True)
        self.assertEqual(self.get(lot, LOT, "HoldReason"), "operator")
        self.assertEqual(self.get(lot, LOT, "HoldBy"), f"uid {os.getuid()}")

    def test_an_unsealed_memory_file_and_a_file_on_disk_are_taken(self):
        for number in self.numbers(2):
            data = dispmag([reingreso(number)])
            if number % 2:
                fd = memory_file(data, sealed=False)
            else:
                with tempfile.TemporaryFile() as f:
                    f.write(data)
                    f.flush()
                    fd = os.dup(f.fileno())
            lots, _, _ = self.submit_fd(fd)
            self.assertEqual(self.get(lots[0], LOT, "Movements"), 1)

    def test_a_large_lot_is_stored_in_slices_and_seen_only_whole(self):
        data = dispmag([reingreso(i) for i in self.numbers(2500)])
        before = self.totals()
        lots, _, _ = self.submit(data)
        after = self.totals()
        self.assertEqual(self.get(lots[0], LOT, "Movements"), 2500)
        self.assertEqual(after[1] - before[1], 2500)

    def test_the_same_large_file_twice_at_once_is_one_lot(self):
        data = dispmag([reingreso(i) for i in self.numbers(1500)])
        replies = self.at_once([memory_file(data) for _ in range(3)])
        self.assertEqual(len({reply[0][0] for reply in replies}), 1)
        self.assertEqual(sorted(bool(reply[1]) for reply in replies), [False, True, True])

    def test_a_file_of_a_slice_and_a_half_is_stored_whole(self):
        for count in (700, 1500):
            reply, = self.at_once([memory_file(dispmag([reingreso(i) for i in self.numbers(count)]))])
            self.assertEqual(len(reply[0]), 1)

    def test_many_calls_in_flight_are_all_answered(self):
        files = [memory_file(dispmag([reingreso(i)])) for i in self.numbers(32)]
        replies = self.at_once(files)
        self.assertEqual(len({reply[0][0] for reply in replies}), 32)

    def at_once(self, fds, refused=False):
        """Submits all of them before it waits for the first answer; the refusals themselves where these are expected."""
        answers, pending = [], []
        for fd in fds:
            message = dbus.lowlevel.MethodCallMessage(NAME, ROOT, MANAGER, "Submit")
            message.append(dbus.types.UnixFd(fd), {}, signature="ha{sv}")
            pending.append(self.bus.send_message_with_reply(message, answers.append, LONG))
            os.close(fd)
        for call in pending:
            call.block()
        if refused:
            return answers
        for answer in answers:
            self.assertEqual(answer.get_type(), dbus.lowlevel.MESSAGE_TYPE_METHOD_RETURN, answer.get_args_list())
        return [answer.get_args_list() for answer in answers]

    def test_repairs_are_told(self):
        number, = self.numbers(1)
        lots, _, findings = self.submit((reingreso(number) + "\n").encode())
        self.assertEqual(len(lots), 1)
        self.assertTrue(findings)
        for finding in findings:
            self.assertEqual(set(finding), {"rule", "severity", "line", "column", "field", "value", "text", "detail",
                                            "expected", "fix"})

    def test_a_refusal_tells_each_error_behind_its_text(self):
        a, b, c = self.numbers(3)
        wrong = [reingreso(a, date="31022026"), reingreso(b).replace("045050", "000001"), reingreso(c, rp="B9900001109")]
        refusal, = self.at_once([memory_file(dispmag(wrong))], refused=True)
        self.assertEqual(refusal.get_error_name(), ERROR + "InvalidFile")
        text, findings, errors = refusal.get_args_list()
        self.assertIn("line 1, column 119", text)
        self.assertIn("2 more errors", text)
        self.assertEqual(errors, 3)
        told = [(f["line"], f["column"], f["rule"], f["value"]) for f in findings if f["severity"] == "error"]
        self.assertEqual(told, [(1, 119, "date-shape", "31022026"), (2, 104, "sbc-under-minimum", "0.01"),
                                (3, 1, "rp-unknown", "B9900001109")])
        under, = [f for f in findings if f["rule"] == "sbc-under-minimum"]
        self.assertEqual((under["detail"], under["expected"]), ("315.04", "315.04"))
        refusal, = self.at_once([memory_file(dispmag([reingreso(c, rp="B9900001109")] * 2))], refused=True)
        self.assertEqual(refusal.get_error_name(), ERROR + "InvalidFile")  # the second is a repetition, too

    def test_an_sbc_over_the_cap_goes_through_as_it_is_and_the_cap_is_told(self):
        number, = self.numbers(1)
        lots, _, findings = self.submit(dispmag([reingreso(number).replace("045050", "999999")]))
        self.assertEqual(len(lots), 1)
        over, = [finding for finding in findings if finding["rule"] == "sbc-over-cap"]
        self.assertEqual((over["severity"], over["line"], over["column"], over["value"], over["expected"], over["fix"]),
                         ("warning", 1, 104, "9999.99", "2932.75", ""))

    def test_an_sbc_under_the_minimum_wage_is_refused(self):
        number, = self.numbers(1)
        text = self.stores_nothing("InvalidFile", dispmag([reingreso(number).replace("045050", "031503")]))
        self.assertIn("315.04", text)

    def test_a_table_is_taken_like_records(self):
        number, = self.numbers(1)
        head = "RP;NSS;Apellido paterno;Nombre(s);Tipo de movimiento;Fecha;Causa de baja\n"
        lots, _, _ = self.submit((head + f"{RP};{nss(number)};Núñez;Íñigo;Baja;20/11/2026;separación voluntaria\n").encode())
        row, = self.manager("ListMovements", option({"lot": dbus.UInt64(int(lots[0].rsplit("/")[-1]))}), "",
                            dbus.UInt32(10))[0]
        self.assertEqual((row["nss"], row["first-surname"], row["names"], row["type"], row["date"], row["cause"]),
                         (nss(number), "NUÑEZ", "IÑIGO", "baja", 20261120, "2"))

    def test_a_count_that_lies_is_told(self):
        number, = self.numbers(1)
        data = (reingreso(number) + "\r\n" + control(7) + "\r\n").encode()
        before = self.totals()
        try:
            _, _, findings = self.submit(data)
        except dbus.DBusException as e:
            self.assertEqual(e.get_dbus_name(), ERROR + "InvalidFile")
            self.assertEqual(self.totals(), before)
        else:
            self.assertTrue([f for f in findings if f["severity"] != "note"])

    def test_bad_files_are_refused_whole_with_their_place(self):
        number, = self.numbers(1)
        good = reingreso(number)
        for what, data in {
            "truncated": (good + "\r\n" + good[:100] + "\r\n").encode(),
            "too wide": (good + "X\r\n").encode(),
            "binary": bytes(range(256)) * 40,
            "no movement": (control(0) + "\r\n").encode(),
            "letters in the NSS": (good.replace(nss(number), "ABCDEFGHIJK") + "\r\n").encode(),
            "the same movement twice": dispmag([good, good]),
        }.items():
            with self.subTest(what):
                text = self.stores_nothing("InvalidFile", data)
                self.assertGreater(len(text), 10)

    def test_an_unknown_registration_is_refused(self):
        number, = self.numbers(1)
        text = self.stores_nothing("UnknownRegistration", dispmag([reingreso(number, RP_UNKNOWN)]))
        self.assertIn(RP_UNKNOWN, text)

    def test_an_empty_file_is_refused(self):
        self.stores_nothing("InvalidFile", b"")

    def test_a_byte_order_mark_is_no_obstacle(self):
        number, = self.numbers(1)
        lots, _, findings = self.submit(b"\xef\xbb\xbf" + dispmag([reingreso(number)]))
        self.assertEqual(self.get(lots[0], LOT, "Movements"), 1)

    def test_a_file_above_the_limit_is_refused_unread(self):
        fd = memory_file(b"", sealed=False)
        os.ftruncate(fd, 100 << 20)
        self.fails("TooLarge", self.submit_fd, fd)

    def test_what_is_no_file_is_refused(self):
        ends = os.pipe()
        left, right = socket.socketpair()
        for fd in (ends[0], os.dup(left.fileno()), os.open("/tmp", os.O_RDONLY | os.O_DIRECTORY),
                   os.open("/dev/zero", os.O_RDONLY), os.open("/proc/self/status", os.O_RDONLY)):
            self.fails("InvalidFile", self.submit_fd, fd)
        os.close(ends[1])
        left.close()
        right.close()

    def test_options_are_checked(self):
        data = dispmag([reingreso(i) for i in self.numbers(1)])
        self.assertIn("keep-mixed", self.stores_nothing("UnknownOption", data, keep_mixd=True))
        self.stores_nothing("InvalidArgument", data, hold="yes")
        self.stores_nothing("InvalidArgument", data, name="x" * 300)


class Listing(DaemonTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lots = []
        for n in range(5):
            records = [reingreso(i, RP_2 if n == 4 else RP) for i in cls.numbers(n + 1)]
            cls.lots.append(cls.submit(dispmag(records), hold=n == 0)[0][0])

    def ids(self, rows):
        return [f"{ROOT}/lot/{row['Id']}" for row in rows]

    def test_lots_come_newest_first_page_by_page(self):
        rows, following = self.manager("ListLots", option({}), dbus.UInt64(0), dbus.UInt32(2))
        self.assertEqual(self.ids(rows), [self.lots[4], self.lots[3]])
        rows, following = self.manager("ListLots", option({}), following, dbus.UInt32(2))
        self.assertEqual(self.ids(rows), [self.lots[2], self.lots[1]])
        rows, following = self.manager("ListLots", option({}), following, dbus.UInt32(2))
        self.assertEqual(self.ids(rows), [self.lots[0]])
        self.assertEqual(following, 0)

    def test_a_page_that_is_just_full_is_the_last(self):
        rows, following = self.manager("ListLots", option({}), dbus.UInt64(0), dbus.UInt32(5))
        self.assertEqual((len(rows), following), (5, 0))

    def test_a_row_has_the_properties_of_the_lot(self):
        rows, _ = self.manager("ListLots", option({}), dbus.UInt64(0), dbus.UInt32(1))
        properties = self.call(self.lots[4], PROPERTIES, "GetAll", LOT)
        del properties["Receipts"]
        self.assertEqual(rows[0], properties)

    def lots_where(self, **conditions):
        return self.ids(self.manager("ListLots", option(conditions), dbus.UInt64(0), dbus.UInt32(1000))[0])

    def test_lots_are_filtered(self):
        self.assertEqual(self.lots_where(registration=RP_2), [self.lots[4]])
        self.assertEqual(self.lots_where(states=dbus.Array(["accepted"], signature="s")), [])
        self.assertEqual(len(self.lots_where(states=dbus.Array(["queued", "failed"], signature="s"))), 5)
        self.assertEqual(len(self.lots_where(held=True)), 5)
        self.assertEqual(self.lots_where(held=False), [])
        created = self.get(self.lots[2], LOT, "Created")
        self.assertIn(self.lots[2], self.lots_where(since=dbus.UInt64(created)))
        self.assertNotIn(self.lots[1], self.lots_where(since=dbus.UInt64(created)))
        self.assertNotIn(self.lots[4], self.lots_where(until=dbus.UInt64(created)))

    def test_wrong_filters_are_refused(self):
        for name, call in {
            "UnknownOption": lambda: self.lots_where(registro=RP),
            "InvalidArgument": lambda: self.lots_where(states=dbus.Array(["sent"], signature="s")),
        }.items():
            self.fails(name, call)
        for limit in 0, 1001:
            self.fails("InvalidArgument", self.manager, "ListLots", option({}), dbus.UInt64(0), dbus.UInt32(limit))
            self.fails("InvalidArgument", self.manager, "ListMovements", option({}), "", dbus.UInt32(limit))
        for cursor in "x", "1:", "1:2:3", "-1:0", "99999999999999999999:1":
            self.fails("InvalidArgument", self.manager, "ListMovements", option({}), cursor, dbus.UInt32(1))
        self.fails("InvalidArgument", self.manager, "ListMovements", option({"type": "alta-rara"}), "",
                   dbus.UInt32(1))

    def test_what_nothing_can_pass_is_refused(self):
        date, lot = dbus.UInt32, dbus.UInt64
        for key, filter in (
            ("nss", {"nss": "abc"}), ("nss", {"nss": "123"}), ("nss", {"nss": "990285000171"}), ("nss", {"nss": "9902850001x"}),
            ("since", {"since": date(20261301)}), ("until", {"until": date(20260230)}), ("since", {"since": date(0xFFFFFFFF)}),
            ("since", {"since": date(20261201), "until": date(20261130)}),
        ):
            for method in "ListMovements", "ReadMovements":
                text = self.fails("InvalidArgument", self.manager, method, option(filter), "", dbus.UInt32(1))
                self.assertIn(key, text)
        self.assertIn("99999", self.fails("UnknownLot", self.manager, "ListMovements", option({"lot": lot(99999)}), "", dbus.UInt32(1)))
        states = lambda *names: dbus.Array(names, signature="s")
        for filter in ({"since": lot(2), "until": lot(1)}, {"held": True, "waiting": True},
                       {"held": True, "states": states("accepted", "cancelled")}, {"waiting": True, "states": states("sending")}):
            self.fails("InvalidArgument", self.lots_where, **filter)
        self.fails("UnknownCertificate", self.lots_where, certificate=lot(99999))

    def test_what_merely_finds_nothing_is_empty(self):
        day = dbus.UInt32(20261120)
        for filter in ({"nss": "99999999999"}, {"nss": ""}, {"since": day, "until": day}, {"lot": dbus.UInt64(0)}):
            self.grid(**filter)
        self.assertEqual(self.grid(nss="00000000000"), [])
        for filter in ({"since": dbus.UInt64(1), "until": dbus.UInt64(1)}, {"held": False, "waiting": True},
                       {"held": True, "states": dbus.Array(["accepted", "uncertain"], signature="s")}):
            self.assertEqual(self.lots_where(**filter), [])

    def test_movements_come_page_by_page(self):
        seen, cursor = [], ""
        while True:
            rows, cursor = self.manager("ListMovements", option({}), cursor, dbus.UInt32(4))
            seen += [(int(row["lot"]), int(row["position"])) for row in rows]
            if cursor == "":
                break
        self.assertEqual(len(seen), 15)
        self.assertEqual(seen, sorted(seen, key=lambda place: (-place[0], place[1])))

    def grid(self, limit=4, **filter):
        rows, cursor = [], ""
        while True:
            page, cursor = self.manager("ListMovements", option(filter), cursor, dbus.UInt32(limit))
            rows += page
            if cursor == "":
                return rows

    def test_movements_are_sorted_by_what_is_asked_for(self):
        def surnames(row):
            return (row["first-surname"], row["second-surname"], row["names"])
        everything = self.grid()
        for sort, key in (("nss", lambda row: row["nss"]), ("date", lambda row: row["date"]), ("sbc", lambda row: row["sbc"]),
                          ("first-surname", lambda row: tuple(part.replace("Ñ", "N~") for part in surnames(row)))):
            rows = self.grid(sort=sort)
            self.assertEqual(len(rows), len(everything), sort)
            self.assertEqual([key(row) for row in rows], sorted(map(key, rows)), sort)
            down = self.grid(sort=sort, descending=True)
            self.assertEqual([(row["lot"], row["position"]) for row in down],
                             [(row["lot"], row["position"]) for row in reversed(rows)], sort)
        days = [int(row["deadline"]) for row in self.grid(sort="deadline")]
        self.assertEqual((days, days[-1] > 0), (sorted(days), True))
        self.fails("InvalidArgument", self.manager, "ListMovements", option({"sort": "colour"}), "", dbus.UInt32(1))

    def test_lots_go_either_way_and_their_movements_never_turn(self):
        places = [(int(row["lot"]), int(row["position"])) for row in self.grid()]
        self.assertEqual(places, sorted(places, key=lambda place: (-place[0], place[1])))
        self.assertEqual([(int(row["lot"]), int(row["position"])) for row in self.grid(sort="lot", descending=True)], sorted(places))

    def test_movements_of_several_types_are_found(self):
        def of(*types, **more):
            return {(row["lot"], row["position"]) for row in self.grid(types=dbus.Array(types, signature="s"), **more)}
        self.assertEqual(of("reingreso"), {(row["lot"], row["position"]) for row in self.grid(type="reingreso")})
        self.assertEqual(of("reingreso", "baja"), of("reingreso") | of("baja"))
        self.assertEqual(of("reingreso", "modificacion", "baja"), of())
        self.assertEqual(of("baja", type="reingreso"), of("reingreso", "baja"))
        self.fails("InvalidArgument", self.manager, "ListMovements", option({"types": dbus.Array(["mixed"], signature="s")}), "",
                   dbus.UInt32(1))

    def test_a_cursor_belongs_to_its_order(self):
        _, cursor = self.manager("ListMovements", option({"sort": "nss"}), "", dbus.UInt32(1))
        self.fails("InvalidArgument", self.manager, "ListMovements", option({"sort": "date"}), cursor, dbus.UInt32(1))

    def test_movements_are_found_by_parts_of_words(self):
        row = self.grid()[0]
        for text in (row["nss"][2:8], str(row["first-surname"]).lower()[:4] + " " + row["nss"][-4:]):
            found = self.grid(search=text)
            self.assertIn((row["lot"], row["position"]), [(other["lot"], other["position"]) for other in found], text)
        self.assertEqual(self.grid(search="nobodyiscalledthis"), [])
        self.assertEqual(self.grid(search="x" * 200), [])
        self.fails("InvalidArgument", self.manager, "ListMovements", option({"search": "x" * 201}), "", dbus.UInt32(1))

    def test_only_the_fields_that_are_asked_for_are_told(self):
        for row in self.grid(fields=["lot", "nss"]):
            self.assertEqual(sorted(row), ["lot", "nss"])
        self.fails("InvalidArgument", self.manager, "ListMovements", option({"fields": ["shoe-size"]}), "", dbus.UInt32(1))

    def test_movements_come_as_lines(self):
        rows = self.grid(sort="nss")
        file, count, cursor = self.manager("ReadMovements", option({"sort": "nss"}), "", dbus.UInt32(20000))
        with open(file.take(), encoding="utf-8", newline="") as stream:
            head, *lines = stream.read().split("\n")
        self.assertEqual((count, cursor, lines[-1]), (len(rows), "", ""))
        keys = head.split("\t")
        for row, line in zip(rows, lines[:-1], strict=True):
            cells = dict(zip(keys, line.split("\t"), strict=True))
            self.assertEqual(set(cells), set(row))
            for key in ("lot", "position", "nss", "names", "state", "curp", "date"):
                self.assertEqual(cells[key], str(row[key]), key)
        file, count, cursor = self.manager("ReadMovements", option({"fields": ["nss"]}), "", dbus.UInt32(2))
        with open(file.take(), encoding="utf-8") as stream:
            self.assertEqual((stream.readline(), len(stream.readlines()), count), ("nss\n", 2, 2))
        self.assertNotEqual(cursor, "")
        for limit in 0, 20001:
            self.fails("InvalidArgument", self.manager, "ReadMovements", option({}), "", dbus.UInt32(limit))

    def test_workers_come_page_by_page(self):
        seen, cursor = [], ""
        while True:
            rows, cursor = self.manager("ListWorkers", option({}), cursor, dbus.UInt32(2))
            seen += [(str(row["nss"]), str(row["registration"])) for row in rows]
            if cursor == "":
                break
        everybody, _ = self.manager("ListMovements", option({}), "", dbus.UInt32(1000))
        expected = {(str(row["nss"]), str(row["registration"])) for row in everybody if row["state"] != "cancelled"}
        self.assertEqual(sorted(set(seen)), sorted(expected))
        self.assertEqual(len(seen), len(expected))
        self.assertEqual([nss for nss, _ in seen], sorted(nss for nss, _ in seen))

    def test_workers_say_what_is_known_of_them(self):
        rows, _ = self.manager("ListWorkers", option({"registration": RP}), "", dbus.UInt32(1000))
        self.assertTrue(rows)
        for row in rows:
            self.assertEqual((row["registration"], row["status"], row["since"]), (RP, "unknown", 0))
            self.assertGreaterEqual(row["pending"], 1)
        self.assertEqual(self.manager("ListWorkers", option({"active": True}), "", dbus.UInt32(1000)), ([], ""))
        for cursor in "x", "1:", "-1:0":
            self.fails("InvalidArgument", self.manager, "ListWorkers", option({}), cursor, dbus.UInt32(1))
        self.fails("InvalidArgument", self.manager, "ListWorkers", option({}), "", dbus.UInt32(0))
        self.fails("UnknownOption", self.manager, "ListWorkers", option({"name": "x"}), "", dbus.UInt32(1))

    def test_the_overview_says_what_is_most_pressing(self):
        ours, = [row for row in self.manager("Overview") if row["registration"] == RP]
        self.assertEqual((ours["risk"], ours["certificate"], ours["certificate-days"]), ("no-certificate", 0, 0))
        self.assertEqual(ours["queued"], len(self.lots_where(registration=RP, states=dbus.Array(["queued"], signature="s"))))
        self.assertEqual(ours["held"], len(self.lots_where(registration=RP, held=True)))
        self.assertEqual((ours["rejected"], ours["failed"], ours["uncertain"], ours["last-success"]), (0, 0, 0, 0))

    def test_the_data_of_a_worker_is_handed_over(self):
        rows, _ = self.manager("ListMovements", option({"registration": RP}), "", dbus.UInt32(1))
        nss = str(rows[0]["nss"])
        file = self.manager("ExportWorker", nss, option({}))
        with os.fdopen(file.take()) as opened:
            document = json.load(opened)
        found, _ = self.manager("ListMovements", option({"nss": nss}), "", dbus.UInt32(100))
        self.assertEqual(document["nss"], nss)
        self.assertEqual({(row["lot"], row["position"]) for row in document["movements"]},
                         {(int(row["lot"]), int(row["position"])) for row in found})
        first, same = document["movements"][0], found[0]
        for key in ("first_surname", "guia", "worker_type", "salary_type", "reduced_week", "cause", "deadline_rule"):
            self.assertEqual(first[key], str(same[key.replace("_", "-")]) or None, key)
        self.assertEqual(first["sbc"], None if first["type"] == "baja" else f"{int(same['sbc']) / 100:.2f}")
        self.assertEqual(first["deadline"].replace("-", ""), str(same["deadline"]))
        self.assertLessEqual({"effective", "given_up", "extemporaneous"}, set(first))
        record, = self.manager("ListHistory", option({}), dbus.UInt64(0), dbus.UInt32(1))[0]
        self.assertEqual((record["action"], record["object"]), ("worker-export", f"worker *******{nss[-4:]}"))
        self.fails("InvalidArgument", self.manager, "ExportWorker", "123", option({}))
        self.assertIn("99999999999", self.fails("UnknownWorker", self.manager, "ExportWorker", "99999999999", option({})))

    def test_what_is_not_finished_is_not_erased(self):
        rows, _ = self.manager("ListMovements", option({"registration": RP, "states": dbus.Array(["unsent"], signature="s")}),
                               "", dbus.UInt32(1))
        erased, kept, until = self.manager("EraseWorker", str(rows[0]["nss"]), option({}))
        self.assertEqual((int(erased), int(until)), (0, 0))
        self.assertGreaterEqual(kept, 1)
        found, _ = self.manager("ListMovements", option({"nss": rows[0]["nss"]}), "", dbus.UInt32(100))
        self.assertEqual(len(found), kept)
        self.fails("InvalidArgument", self.manager, "EraseWorker", "9902850001x", option({}))

    def test_a_movement_says_what_the_record_says(self):
        lot = int(self.lots[0].rsplit("/")[-1])
        rows, _ = self.manager("ListMovements", option({"lot": dbus.UInt64(lot)}), "", dbus.UInt32(10))
        row, = rows
        self.assertEqual(row["registration"], RP)
        self.assertEqual((row["first-surname"], row["second-surname"], row["names"]), ("PEREZ", "LOPEZ", "JUAN"))
        self.assertEqual((row["sbc"], row["date"], row["position"]), (45050, 20261120, 1))
        self.assertEqual(row["effective"], 0)  # nobody received it yet
        self.assertEqual((row["worker-type"], row["salary-type"], row["reduced-week"], row["cause"]), ("1", "0", "0", ""))
        self.assertEqual((row["state"], row["type"], row["extemporaneous"]), ("unsent", "reingreso", ""))
        self.assertEqual(list(row["errors"]), [])
        found, _ = self.manager("ListMovements", option({"nss": row["nss"]}), "", dbus.UInt32(10))
        self.assertEqual(len(found), 1)

    def test_objects_are_listed_with_their_properties(self):
        objects = self.call(ROOT, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects")
        for path in [*self.lots, f"{ROOT}/registration/{RP}"]:
            self.assertIn(path, objects)
        self.assertEqual(objects[self.lots[0]][LOT]["State"], "queued")


class Lots(DaemonTest):
    def test_evidence_is_a_zip_that_can_only_be_read(self):
        lot = self.new_lot()
        fd = self.call(lot, LOT, "GetEvidence", option({})).take()
        with os.fdopen(fd, "rb") as file, zipfile.ZipFile(file) as bundle:
            self.assertIsNone(bundle.testzip())
            names = {name.split("/", 1)[1] for name in bundle.namelist()}
            self.assertLessEqual({"records.txt", "lot.json", "history.json", "SHA256SUMS"}, names)
            self.assertEqual(fcntl.fcntl(file, fcntl.F_GETFL) & os.O_ACCMODE, os.O_RDONLY)
        self.fails("UnknownOption", self.call, lot, LOT, "GetEvidence", option({"format": "zip"}))
        acts, _ = self.manager("ListHistory", option({"lot": dbus.UInt64(int(lot.rsplit("/", 1)[1]))}), dbus.UInt64(0),
                               dbus.UInt32(10))
        self.assertEqual([(str(act["action"]), str(act["outcome"])) for act in acts][:2],
                         [("evidence", "UnknownOption"), ("evidence", "ok")])

    def test_bundles_are_made_one_after_the_other(self):
        lot = self.new_lot()
        self.assertGreaterEqual(self.answered_at_once(30, lot, LOT, "GetEvidence"), 2)

    def test_holding_and_releasing(self):
        lot = self.new_lot()
        self.call(lot, LOT, "Hold", option({"text": "the accountant asked for it"}))
        self.assertEqual(self.get(lot, LOT, "HoldReason"), "operator")
        self.assertEqual(self.get(lot, LOT, "HoldText"), "the accountant asked for it")
        self.call(lot, LOT, "Release", option({}))
        self.assertEqual(self.get(lot, LOT, "HoldReason"), "certificate-missing")

    def test_cancelling_ends_it(self):
        lot = self.new_lot()
        self.call(lot, LOT, "Cancel", option({}))
        self.assertEqual(self.get(lot, LOT, "State"), "cancelled")
        for method in "Hold", "Cancel", "Retry", "Reconcile":
            with self.subTest(method):
                self.fails("WrongState", self.call, lot, LOT, method, option({}))

    def test_reconciling_is_for_uncertain_lots(self):
        self.fails("WrongState", self.call, self.new_lot(), LOT, "Reconcile", option({}))

    def test_its_records_are_the_bytes_to_be_sent(self):
        number, = self.numbers(1)
        data = dispmag([reingreso(number)])
        lots, _, _ = self.submit(data)
        fd = self.call(lots[0], LOT, "GetRecords").take()
        with os.fdopen(fd, "rb") as f:
            self.assertEqual(f.read(), data)
            with self.assertRaises(OSError):
                os.write(fd, b"x")

    def test_what_is_not_there(self):
        lot = self.new_lot()
        self.fails("UnknownDocument", self.call, lot, LOT, "GetReceipt", dbus.UInt64(1))
        self.fails("UnknownDocument", self.call, lot, LOT, "GetTranscript", dbus.UInt64(2**64 - 1))
        self.assertEqual(list(self.call(lot, LOT, "ListAttempts")), [])
        for name in "999999", "0", "007", "x", "99999999999999999999":
            self.fails("UnknownLot", self.call, f"{ROOT}/lot/{name}", LOT, "Hold", option({}))
            self.fails("UnknownLot", self.get, f"{ROOT}/lot/{name}", LOT, "State")

    def signals_before_reply(self, method, act):
        """The signals that leave between a call, which act() makes, and its reply."""
        monitor = subprocess.Popen(["dbus-monitor", "--address", self.house.address, "--profile"],
                                   stdout=subprocess.PIPE, text=True)
        while "NameLost" not in monitor.stdout.readline():
            pass
        act()
        seen, reply = [], None
        while reply is None or seen[-1][:1] + seen[-1][4:] != reply:
            seen.append(monitor.stdout.readline().rstrip("\n").split("\t"))
            if seen[-1][-1] == method:
                reply = ["mr", seen[-1][3], seen[-1][2]]
        monitor.terminate()
        monitor.wait()
        monitor.stdout.close()
        return sorted(line[7] for line in seen if line[0] == "sig")

    def test_signals_leave_before_the_reply(self):
        lot = self.new_lot()
        signals = self.signals_before_reply("Hold", lambda: self.call(lot, LOT, "Hold", option({})))
        self.assertEqual(signals, ["LotChanged", "PropertiesChanged"])

    def test_a_new_lot_is_announced_once_as_it_is(self):
        signals = self.signals_before_reply("Submit", self.new_lot)
        self.assertEqual(signals, ["InterfacesAdded", "LotAdded"])

    def test_options_are_refused_by_name(self):
        lot = self.new_lot()
        for method in "Hold", "Release", "Cancel", "Retry", "Reconcile":
            self.fails("UnknownOption", self.call, lot, LOT, method, option({"colour": "red"}))
        self.call(lot, LOT, "Hold", option({"interactive": True}))


class Corrections(DaemonTest):
    def test_only_what_was_rejected_is_corrected(self):
        path = self.new_lot()
        self.fails("WrongState", self.call, path, LOT, "Correct", option({}))
        self.fails("UnknownOption", self.call, path, LOT, "Correct", option({"colour": "red"}))
        self.fails("InvalidArgument", self.call, path, LOT, "Correct", option({"fixes": "red"}))
        fd = memory_file(b"No.,NSS\n")
        self.fails("WrongState", self.call, path, LOT, "Correct", option({"fixes": dbus.types.UnixFd(fd)}))
        os.close(fd)
        self.fails("UnknownLot", self.call, ROOT + "/lot/999999", LOT, "Correct", option({}))
        self.assertEqual(self.get(path, LOT, "CorrectedBy"), 0)

    def test_a_descriptor_is_not_kept(self):
        path = self.new_lot()
        before = self.house.descriptors()
        for _ in range(20):
            fd = memory_file(b"x")
            self.fails("WrongState", self.call, path, LOT, "Correct", option({"fixes": dbus.types.UnixFd(fd)}))
            os.close(fd)
        self.assertLessEqual(self.house.descriptors(), before + 2)


class Receipts(DaemonTest):
    """Receipts that are brought; what is said of them is in tests/unit/test-engine-import.c and tests/e2e/test-import.py."""

    def bring(self, data, **options):
        fd = memory_file(data)
        try:
            return self.manager("ImportReceipt", dbus.types.UnixFd(fd),
                                option({name.replace("_", "-"): value for name, value in options.items()}))
        finally:
            os.close(fd)

    def test_a_zip_is_listed_and_each_file_in_it_is_an_act(self):
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w") as archive:
            archive.mkdir("c")
            archive.writestr("c/acuse.pdf", acuse("501000077", [reingreso(i) for i in self.numbers(2)]))
        listed = self.bring(data.getvalue())
        self.assertEqual((listed["kind"], [str(name) for name in listed["entries"]]), ("zip", ["", "c/acuse.pdf"]))
        result = self.bring(data.getvalue(), entry=dbus.UInt64(2))
        self.assertEqual((result["outcome"], result["portal-lot"], list(result["others"])), ("adopted", "501000077", []), result)
        for entry in (1, 3, 2**63):
            self.fails("InvalidFile", self.bring, data.getvalue(), entry=dbus.UInt64(entry))
        self.fails("InvalidArgument", self.bring, data.getvalue(), entry=dbus.UInt64(2), registration="Z99")

    def test_an_acuse_of_the_past_becomes_a_lot(self):
        records = [reingreso(i) for i in self.numbers(3)]
        receipt = acuse("501000001", records)
        result = self.bring(receipt, name="acuse.pdf")
        self.assertEqual((result["kind"], result["outcome"], result["state"], result["portal-lot"]),
                         ("acuse", "adopted", "received", "501000001"), result)
        path = f"{ROOT}/lot/{result['lot']}"
        lot = {name: self.get(path, LOT, name) for name in ("Adopted", "Movements", "Type", "Source", "Attempts", "NextStep")}
        self.assertGreater(lot["Adopted"], 0)
        self.assertEqual((lot["Movements"], lot["Type"], lot["Source"], lot["Attempts"], lot["NextStep"]),
                         (3, "reingreso", "acuse.pdf", 0, 0))
        fd, = [self.call(path, LOT, "GetRecords")]
        self.assertEqual(os.read(fd.take(), 10000), dispmag(records))
        self.assertEqual([str(kind) for _, kind, *_ in self.get(path, LOT, "Receipts")], ["acuse"])
        self.assertEqual(self.bring(receipt)["outcome"], "present")
        self.fails("DuplicateMovement", self.submit, dispmag(records))
        for method in "Hold", "Retry", "Cancel", "Reconcile":
            self.fails("WrongState", self.call, path, LOT, method, option({}))
        self.assertEqual(self.bring(b"LOTE,NSS\n501000001,1\n")["outcome"], "completed")

    def test_each_employer_of_a_constancia_is_an_act(self):
        data = constancia(("Y5499999105", "501000090", ["99028500017"]), (RP, "501000091", ["99028500025", "99028500033"]),
                          (RP_2, "501000092", ["99028500041"]))
        first = self.bring(data)  # of whom is registered
        self.assertEqual((first["registration"], first["portal-lot"], first["outcome"]), (RP, "501000091", "adopted"), first)
        self.assertEqual([tuple(map(str, other)) for other in first["others"]],
                         [("Y5499999105", "501000090"), (RP_2, "501000092")])
        second = self.bring(data, registration=RP_2, portal_lot="501000092")
        self.assertEqual((second["registration"], second["outcome"], second["state"]), (RP_2, "adopted", "accepted"), second)
        self.assertEqual([self.get(f"{ROOT}/lot/{result['lot']}", LOT, "Movements") for result in (first, second)], [2, 1])
        self.fails("UnknownRegistration", self.bring, data, registration="Y5499999105")
        self.fails("InvalidArgument", self.bring, data, registration=RP, portal_lot="501000092")
        report = self.manager("Reindex", option({}))
        self.assertEqual((report["repaired"], report["faults"]), (0, 0), report)

    def test_a_lot_that_was_sent_by_hand_is_received(self):
        records = [reingreso(i) for i in self.numbers(2)]
        path, = self.submit(dispmag(records))[0]
        self.fails("InvalidArgument", self.bring, acuse("501000002", [reingreso(i) for i in self.numbers(1)]),
                   lot=dbus.UInt64(int(path.rsplit("/")[-1])))
        result = self.bring(acuse("501000003", records))
        self.assertEqual((result["outcome"], f"{ROOT}/lot/{result['lot']}"), ("found", path))
        self.assertEqual(self.get(path, LOT, "State"), "received")

    def test_what_is_no_receipt_of_ours_is_refused(self):
        before = self.totals()
        self.fails("InvalidFile", self.bring, b"PK\3\4 and so on")
        self.fails("InvalidFile", self.bring, b"\0\1\2")
        self.fails("UnreadableReceipt", self.bring, paper(["Acuse de recibo", "Número de lote: 501000009"]))
        self.fails("InvalidFile", self.bring, paper(["Estado de cuenta"]))
        self.fails("InvalidFile", self.bring, b"%PDF-1.4 that ends here")
        self.fails("InvalidFile", self.bring, b"NSS,NOMBRE\n1,ANA\n")
        self.fails("UnknownLot", self.bring, b"LOTE,NSS,ESTATUS\n501999999,1,OPERADO\n")
        self.fails("UnknownLot", self.bring, b"NSS,NOMBRE\n1,ANA\n", lot=dbus.UInt64(999999))
        self.fails("UnknownOption", self.bring, b"x", colour="red")
        other = [reingreso(i, rp="Y5412345105") for i in self.numbers(1)]
        self.assertIn("rp add Y5412345105",
                      self.fails("UnknownRegistration", self.bring, acuse("501000004", other, rp="Y5412345105")))
        self.assertEqual(self.totals(), before)
        self.assertEqual(self.bring(acuse("501000004", other, rp="Y5412345105"), add_registration=True)["outcome"], "adopted")

    def test_many_at_once_are_answered_each_once(self):
        before = self.house.descriptors()
        papers = [acuse(f"5020{i:05}", [reingreso(k) for k in self.numbers(1)]) for i in range(24)]
        lots = {int(self.bring(paper)["lot"]) for paper in papers}
        self.assertEqual(len(lots), 24)
        self.assertLessEqual(self.house.descriptors(), before + 2)
        record, = [r for r in self.manager("ListHistory", option({"lot": dbus.UInt64(max(lots))}), dbus.UInt64(0),
                                           dbus.UInt32(10))[0] if r["action"] == "import"]
        self.assertEqual((record["action"], record["outcome"]), ("import", "ok"))
        self.assertEqual(json.loads(record["detail"])["outcome"], "adopted")


class Registrations(DaemonTest):
    def path(self, rp=RP):
        return f"{ROOT}/registration/{rp}"

    def test_adding_checks_what_it_is_given(self):
        add = lambda rp, **options: self.manager("AddRegistration", rp, option(options))
        self.fails("RegistrationExists", add, RP)
        for rp in "", "Z99", "Z990000110X", "Ñ9900001108", "Z99000011080", "x" * 1000:
            self.fails("InvalidRegistration", add, rp)
        self.assertIn("8", self.fails("InvalidRegistration", add, "Z9900001109"))
        self.fails("InvalidArgument", lambda: add(RP_UNKNOWN, guia="12"))
        self.fails("InvalidArgument", lambda: add(RP_UNKNOWN, enye="other"))
        self.fails("InvalidArgument", lambda: add(RP_UNKNOWN, name="x" * 500))
        self.fails("UnknownOption", lambda: add(RP_UNKNOWN, nombre="x"))
        self.fails("UnknownRegistration", self.get, self.path(RP_UNKNOWN), REGISTRATION, "Name")

    def test_a_check_digit_can_be_insisted_on(self):
        said = self.fails("InvalidRegistration", self.manager, "AddRegistration", "Z9900005551", option({}))
        self.assertIn("'idsectl rp add Z9900005551 --force'", said)  # the option has that name on D-Bus, too
        path = self.manager("AddRegistration", "Z9900005551", option({"force": True}))
        self.assertEqual(self.get(path, REGISTRATION, "Rp"), "Z9900005551")
        self.call(path, REGISTRATION, "Remove", option({}))

    def test_lower_case_is_the_same_registration(self):
        path = self.manager("AddRegistration", RP_UNKNOWN.lower(), option({"name": "EMPRESA DE PRUEBA"}))
        self.assertEqual(path, self.path(RP_UNKNOWN))
        self.assertEqual(self.get(path, REGISTRATION, "Name"), "EMPRESA DE PRUEBA")
        self.call(path, REGISTRATION, "Remove", option({}))
        self.fails("UnknownRegistration", self.get, path, REGISTRATION, "Name")

    def test_a_filter_has_one_that_is_known(self):
        lists = {"ListLots": dbus.UInt64(0), "ListMovements": "", "ReadMovements": "", "ListDue": "", "ListWorkers": ""}
        path = self.manager("AddRegistration", RP_UNKNOWN, option({}))
        self.call(path, REGISTRATION, "Remove", option({}))
        for method, cursor in lists.items():
            for key in ["registration", "registrations"] if "Movements" in method else ["registration"]:
                def ask(rp):
                    value = dbus.Array([RP, rp], signature="s") if key == "registrations" else rp
                    return self.manager(method, option({key: value}), cursor, dbus.UInt32(10))
                ask(RP), ask(RP_UNKNOWN)  # which was removed, and has its history
                for rp in "Z9900001107", "Z99", "Z9900001108X", "z9900001108":
                    self.fails("InvalidRegistration", ask, rp)
                self.assertIn("never registered", self.fails("UnknownRegistration", ask, "B9900004100"))

    def test_updating(self):
        self.call(self.path(RP_2), REGISTRATION, "Update", option({"guia": "06400", "enye": "n", "name": "B"}))
        row = {str(r["Rp"]): r for r in self.manager("ListRegistrations")}[RP_2]
        self.assertEqual((row["Guia"], row["Enye"], row["Name"]), ("06400", "n", "B"))
        self.fails("UnknownOption", self.call, self.path(), REGISTRATION, "Update", option({"force": True}))
        self.fails("InvalidArgument", self.call, self.path(), REGISTRATION, "Update", option({"guia": "x"}))

    def test_pausing_keeps_its_lots_here(self):
        self.call(self.path(RP_2), REGISTRATION, "Pause", option({}))
        self.assertTrue(self.get(self.path(RP_2), REGISTRATION, "Paused"))
        number, = self.numbers(1)
        lots, _, _ = self.submit(dispmag([reingreso(number, RP_2)]))
        self.assertEqual(self.get(lots[0], LOT, "State"), "queued")
        self.assertEqual(self.get(lots[0], LOT, "NextStep"), 0)
        self.call(self.path(RP_2), REGISTRATION, "Resume", option({}))
        self.assertFalse(self.get(self.path(RP_2), REGISTRATION, "Paused"))

    def test_one_with_open_lots_stays(self):
        self.new_lot()
        self.fails("RegistrationInUse", self.call, self.path(), REGISTRATION, "Remove", option({}))


class Mailbox(threading.Thread):
    """A mail server of a few words, for one message; where nobody else listens."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.recipients, self.message = [], ""
        self.start()

    def run(self):
        with self.listener:
            connection, _ = self.listener.accept()
        with connection, connection.makefile("rw", newline="") as stream:
            say = lambda text: (stream.write(text + "\r\n"), stream.flush())
            say("220 ready")
            for line in stream:
                word = line.split()[0].upper()
                if word == "RCPT":
                    self.recipients.append(line.strip())
                if word == "DATA":
                    say("354 go on")
                    while (text := stream.readline()) != ".\r\n":
                        self.message += text
                say("221 bye" if word == "QUIT" else "250 fine")
                if word == "QUIT":
                    break


class Certificates(DaemonTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.credentials = os.path.join(cls.house.folder, "credentials")
        # Once the practice portal prints its address, the credentials are there; nothing else is wanted of it.
        with subprocess.Popen([SIM, "--listen", "127.0.0.1:0", "--state", os.path.join(cls.house.folder, "sim"),
                               "--make-credentials", cls.credentials], stdout=subprocess.PIPE,
                              preexec_fn=die_with_parent) as sim:
            sim.stdout.readline()
            sim.terminate()
        cls.imss_rp = cls.text("imss.rp").split()
        cls.efirma_rps = cls.text("efirma.rp").split()
        for rp in {*cls.imss_rp, *cls.efirma_rps} - {RP, RP_2}:
            cls.manager("AddRegistration", rp, option({}))

    @classmethod
    def bytes(cls, name):
        with open(os.path.join(cls.credentials, name), "rb") as f:
            return f.read()

    @classmethod
    def text(cls, name):
        return cls.bytes(name).decode().strip()

    def hand_over(self, path, interface, method, kind, files, *arguments):
        fds = {name: memory_file(data) for name, data in files.items()}
        try:
            return self.call(path, interface, method, kind,
                             dbus.Dictionary({name: dbus.types.UnixFd(fd) for name, fd in fds.items()}, signature="sh"),
                             *arguments)
        finally:
            for fd in fds.values():
                os.close(fd)

    def add(self, kind, files, rps, **options):
        return self.hand_over(ROOT, MANAGER, "AddCertificate", kind, files, dbus.Array(rps, signature="s"),
                              option(options))

    def replace(self, path, kind, files, **options):
        return self.hand_over(path, CERTIFICATE, "Replace", kind, files, option(options))

    def imss(self):
        return {"pfx": self.bytes("imss.pfx"), "password": self.text("imss.password").encode()}

    def efirma(self):
        return {"cer": self.bytes("efirma.cer"), "key": self.bytes("efirma.key"),
                "password": self.text("efirma.password").encode()}

    def test_1_wrong_ones_are_refused_each_by_its_name(self):
        user = self.text("imss.user")
        imss = lambda **files: self.add("imss", {**self.imss(), **files}, self.imss_rp, user=user)
        efirma = lambda **files: self.add("efirma", {**self.efirma(), **files}, self.efirma_rps)
        self.fails("WrongPassword", lambda: imss(password=b"Equivocada1"))
        self.fails("WrongPassword", lambda: efirma(password=b"Equivocada1"))
        self.fails("NotACertificate", lambda: imss(pfx=b"no certificate"))
        self.fails("NotACertificate", lambda: efirma(cer=b"no certificate"))
        self.fails("NotAKey", lambda: efirma(key=b"no key"))
        self.fails("InvalidCredential", lambda: imss(password=b"two\nlines"))
        self.fails("InvalidCredential", lambda: self.add("imss", self.imss(), self.imss_rp))
        self.fails("InvalidArgument", lambda: self.add("fiel", self.imss(), self.imss_rp))
        self.fails("InvalidFile", lambda: imss(password=b""))
        self.fails("TooLarge", lambda: imss(pfx=bytes(1 << 20)))
        self.fails("InvalidArgument", lambda: self.add("imss", {"pfx": b"x"}, self.imss_rp, user=user))
        self.fails("UnknownOption", lambda: imss(cer=b"x"))
        self.fails("InvalidArgument", lambda: self.add("imss", self.imss(), [], user=user))
        self.fails("UnknownRegistration", lambda: self.add("imss", self.imss(), ["Y1111111111"], user=user))
        self.assertEqual(list(self.manager("ListCertificates")), [])

    def test_2_a_certificate_lives_and_goes(self):
        number, = self.numbers(1)
        rp = self.imss_rp[0]
        lots, _, _ = self.submit(dispmag([reingreso(number, rp)]))
        self.assertEqual(self.get(lots[0], LOT, "HoldReason"), "certificate-missing")
        path = self.add("imss", self.imss(), self.imss_rp, user=self.text("imss.user"))
        self.assertEqual(self.get(path, CERTIFICATE, "Kind"), "imss")
        self.assertEqual(self.get(path, CERTIFICATE, "User"), self.text("imss.user"))
        self.assertEqual(list(self.get(path, CERTIFICATE, "Registrations")), sorted(self.imss_rp))
        self.assertEqual(len(self.manager("ListCertificates")), 1)
        self.assertEqual(f"{ROOT}/certificate/{self.get(f'{ROOT}/registration/{rp}', REGISTRATION, 'Certificate')}", path)
        self.assertFalse(self.get(lots[0], LOT, "Held"))
        self.fails("CertificateExists",
                   lambda: self.add("imss", self.imss(), self.imss_rp, user=self.text("imss.user")))
        result, text = self.call(path, CERTIFICATE, "Test", option({}))
        self.assertEqual(result, "connect", text)
        self.call(path, CERTIFICATE, "Release", option({}))
        self.call(path, CERTIFICATE, "Remove", option({}))
        self.fails("UnknownCertificate", self.get, path, CERTIFICATE, "User")
        self.assertEqual(self.get(lots[0], LOT, "HoldReason"), "certificate-missing")
        self.assertEqual(list(self.manager("ListCertificates")), [])

    def test_3_an_efirma_is_known_by_its_rfc(self):
        path = self.add("efirma", self.efirma(), self.efirma_rps[:1])
        # Stored again for others it serves those too; when there is nothing new that is said.
        self.assertEqual(self.add("efirma", self.efirma(), self.efirma_rps), path)
        self.assertIn(path.rsplit("/")[-1], self.fails("CertificateExists",
                                                       lambda: self.add("efirma", self.efirma(), self.efirma_rps[1:])))
        records, _ = self.manager("ListHistory", option({}), dbus.UInt64(0), dbus.UInt32(2))
        self.assertEqual(json.loads(records[1]["detail"]), {"registrations": self.efirma_rps})
        self.assertEqual((records[1]["object"], records[0]["outcome"]),
                         ("certificate " + path.rsplit("/")[-1], "CertificateExists"))
        self.assertEqual(self.get(path, CERTIFICATE, "Rfc"), self.text("efirma.user"))
        self.assertEqual(list(self.get(path, CERTIFICATE, "Registrations")), sorted(self.efirma_rps))
        for method in "Test", "Release", "Remove":
            self.fails("UnknownOption", self.call, path, CERTIFICATE, method, option({"colour": "red"}))

    def test_4_a_replacement_waits_while_the_portal_cannot_be_asked(self):
        rp, user = self.imss_rp[0], self.text("imss.user")
        serving = lambda: f"{ROOT}/certificate/{self.get(f'{ROOT}/registration/{rp}', REGISTRATION, 'Certificate')}"
        old = self.add("imss", self.imss(), self.imss_rp, user=user)
        self.fails("WrongPassword", self.replace, old, "imss", {**self.imss(), "password": b"Equivocada1"}, user=user)
        self.fails("UnknownCertificate", self.replace, f"{ROOT}/certificate/999", "imss", self.imss(), user=user)
        heir = self.replace(old, "imss", self.imss(), user=user)
        self.assertEqual(f"{ROOT}/certificate/{self.get(heir, CERTIFICATE, 'Replaces')}", old)
        self.assertEqual(list(self.get(heir, CERTIFICATE, "Registrations")), [])
        self.assertEqual(serving(), old)
        text = self.fails("WrongState", self.replace, old, "imss", self.imss(), user=user)
        self.assertIn("certificate " + heir.rsplit("/")[-1], text)
        self.fails("WrongState", self.replace, heir, "imss", self.imss(), user=user)
        self.call(heir, CERTIFICATE, "Remove", option({}))  # it gives up its place, and another may wait for it
        self.assertEqual(serving(), old)
        heir = self.replace(old, "imss", self.imss(), user=user)
        self.call(old, CERTIFICATE, "Remove", option({}))  # a person does not wait for the portal
        self.assertEqual(serving(), heir)
        self.assertEqual(len([row for row in self.manager("ListCertificates") if row["Kind"] == "imss"]), 1)

    def warnings_of(self, certificate, days):
        """What a daemon says that starts when the certificate has so many days left: [(days, text)]."""
        self.house.stop()
        end = int((time.time() + days * 86400) * 1_000_000)
        with contextlib.closing(sqlite3.connect(os.path.join(self.house.state, "idsed.db"))) as db:
            db.execute("UPDATE certificate SET not_after_us = ? WHERE id = ?", (end, certificate))
            db.commit()
        size = os.path.getsize(self.house.log)
        self.house.start()
        self.manager("ListCertificates")  # the daemon looks at them in its first turn
        with open(self.house.log) as f:
            f.seek(size)
            return [(int(line.split("IDSE_DAYS=")[1]), line) for line in f
                    if "IDSE_EVENT=certificate-expiring" in line and f"IDSE_CERT={certificate} " in line]

    def test_5_the_end_of_a_certificate_is_told_once_for_each_stage(self):
        rows = self.manager("ListCertificates")
        certificate = next(int(row["Id"]) for row in rows if row["Kind"] == "imss")
        number, = self.numbers(1)
        lots, _, _ = self.submit(dispmag([reingreso(number, self.imss_rp[0])]))
        self.assertEqual(self.warnings_of(certificate, 61.5), [])
        for days in 50, 29, 12, 5, 1:
            (left, text), = self.warnings_of(certificate, days)
            self.assertEqual(left, days)
            self.assertIn(f"idsectl cert replace {certificate}", text)
            self.assertEqual(self.warnings_of(certificate, days), [])
        self.assertNotEqual(self.get(lots[0], LOT, "HoldReason"), "certificate-expired")
        with subprocess.Popen(["dbus-monitor", "--address", self.house.address, "--profile",
                               "member='CertificateExpiring'"], stdout=subprocess.PIPE, text=True,
                              preexec_fn=die_with_parent) as monitor:
            while "NameLost" not in monitor.stdout.readline():
                pass
            (_, text), = self.warnings_of(certificate, -0.001)
            self.assertIn("CertificateExpiring", monitor.stdout.readline())
            monitor.terminate()
        self.assertIn("expired on", text)
        self.assertEqual(self.warnings_of(certificate, -0.001), [])
        self.assertEqual(self.get(lots[0], LOT, "HoldReason"), "certificate-expired")
        result, _ = self.call(f"{ROOT}/certificate/{certificate}", CERTIFICATE, "Test", option({}))
        self.assertEqual(result, "certificate-expired")

    def test_6_administrators_get_mail_where_a_relay_is_configured(self):
        privacy, agreement = (str(text["version"]) for text in self.manager("LegalTexts", "es"))
        for email, role in ("ana@example.mx", "administrador"), ("luis@example.mx", "consulta"):
            fd = memory_file(b"una clave bien larga 2026")
            self.manager("AddUser", email, dbus.types.UnixFd(fd), option(
                {"names": "Persona", "first-surname": "Ficticia", "role": role, "privacy": privacy,
                 "agreement": agreement}))
            os.close(fd)
        mailbox = Mailbox()
        with open(self.house.config, "a") as f:
            f.write(f"[Mail]\nRelay=smtp://127.0.0.1:{mailbox.port}\nFrom=idsed@example.mx\nStartTLS=never\n")
        certificate = next(int(row["Id"]) for row in self.manager("ListCertificates") if row["Kind"] == "efirma")
        (days, _), = self.warnings_of(certificate, 7)
        mailbox.join(LONG)
        self.assertEqual(days, 7)
        self.assertEqual([line for line in mailbox.recipients if "<" in line], ["RCPT TO:<ana@example.mx>"])
        self.assertIn("expires in 7 days", mailbox.message.replace("=\r\n", ""))

    def test_7_no_secret_is_in_the_state_folder_or_the_log(self):
        secrets = [self.text("imss.password").encode(), self.text("efirma.password").encode()]
        for name in os.listdir(self.house.state):
            with open(os.path.join(self.house.state, name), "rb") as f:
                data = f.read()
            for secret in secrets:
                self.assertNotIn(secret, data)
        with open(self.house.log, "rb") as f:
            log = f.read()
        for secret in secrets:
            self.assertNotIn(secret, log)


class History(DaemonTest):
    def history(self, cursor=0, limit=1000, **filter):
        return self.manager("ListHistory", option(filter), dbus.UInt64(cursor), dbus.UInt32(limit))

    def test_1_every_act_is_a_record_newest_first(self):
        lot = self.new_lot()
        number = lot.rsplit("/")[-1]
        self.call(lot, LOT, "Hold", option({"text": "por revisar"}))
        self.fails("WrongState", self.call, lot, LOT, "Reconcile", option({}))
        records, after = self.history(lot=dbus.UInt64(int(number)))
        self.assertEqual([(str(r["action"]), str(r["outcome"])) for r in records],
                         [("reconcile", "WrongState"), ("hold", "ok"), ("submit", "ok")])
        self.assertEqual({str(r["who"]) for r in records}, {f"uid {os.getuid()}"})
        self.assertEqual({str(r["object"]) for r in records}, {f"lot {number}"})
        self.assertTrue(all(len(r["hash"]) == 64 and r["at"] > 0 for r in records))
        self.assertEqual(after, 0)

    def test_2_it_comes_in_pages_and_by_filter(self):
        everything, after = self.history()
        self.assertEqual(after, 0)
        seqs, cursor = [], 0
        while True:
            page, cursor = self.history(cursor, 2)
            seqs += [int(r["seq"]) for r in page]
            if cursor == 0:
                break
        self.assertEqual(seqs, list(range(len(everything), 0, -1)))
        self.assertEqual(len(self.history(who="uid 4711")[0]), 0)
        self.assertEqual(len(self.history(since=everything[0]["at"])[0]), 1)
        self.assertEqual(len(self.history(until=dbus.UInt64(1))[0]), 0)
        self.fails("InvalidArgument", self.history, 0, 1001)
        self.fails("InvalidArgument", self.history, since=dbus.UInt64(2), until=dbus.UInt64(1))
        self.fails("UnknownOption", self.history, colour="red")

    def test_2_nobody_and_no_lot_are_told_from_nothing(self):
        self.assertIn("nadie", self.fails("UnknownUser", self.history, who="nadie"))
        self.fails("UnknownUser", self.history, who="uid x")
        self.fails("UnknownLot", self.history, lot=dbus.UInt64(99999))
        never = dbus.UInt64(1)
        self.assertEqual(self.history(who=f"uid {os.getuid()}", until=never)[0], [])  # who did something, but not then
        self.assertEqual(self.history(who=str(os.getuid()), until=never)[0], [])
        self.assertEqual(self.history(lot=dbus.UInt64(1), until=never)[0], [])

    def test_3_a_change_a_gap_and_a_cut_tail_are_found(self):
        records = len(self.history()[0])
        whole, text, count = self.manager("VerifyHistory")
        self.assertEqual((bool(whole), int(count)), (True, records), text)
        tampering = {"UPDATE audit SET who = 'uid 4711' WHERE seq = 2": "record 2 was changed",
                     "DELETE FROM audit WHERE seq = 3": "record 3 is missing",
                     f"DELETE FROM audit WHERE seq = {records}": f"record {records} is missing"}
        database = os.path.join(self.house.state, "idsed.db")
        for sql, expected in tampering.items():
            self.house.stop()
            with open(database, "rb") as f:
                before = f.read()
            with contextlib.closing(sqlite3.connect(database)) as db:
                db.execute(sql)
                db.commit()
            self.house.start()
            whole, text, count = self.manager("VerifyHistory")
            self.assertEqual((bool(whole), int(count)), (False, 0))
            self.assertIn(expected, text)
            checks = {str(check["name"]): check for check in self.manager("Diagnose")}
            self.assertFalse(checks["audit"]["ok"])
            self.house.stop()
            with open(database, "wb") as f:
                f.write(before)
            self.house.start()
        self.assertTrue(self.manager("VerifyHistory")[0])


class Whole(DaemonTest):
    def test_what_can_be_seen_of_it(self):
        self.assertRegex(self.get(ROOT, MANAGER, "Version"), r"^\d+\.\d+\.\d+$")
        self.assertIn(self.get(ROOT, MANAGER, "PortalState"), ("unknown", "ok", "down", "changed"))
        self.assertEqual(self.get(ROOT, MANAGER, "Profile"), "idse-sim")
        self.assertTrue(self.get(ROOT, MANAGER, "CanSend"))

    def test_the_log_of_the_database_is_moved_into_it_while_the_daemon_works(self):
        database = os.path.join(self.house.state, "idsed.db")
        before = os.path.getsize(database)
        for _ in range(40):
            self.new_lot(1000)
            if os.path.getsize(database) > before:  # nothing else makes the file itself grow
                return
        self.fail(f"idsed.db-wal has {os.path.getsize(database + '-wal')} bytes, and nothing of it is in idsed.db")

    def test_it_looks_into_itself(self):
        checks = {str(check["name"]): check for check in self.manager("Diagnose")}
        self.assertEqual(set(checks), {"database", "audit", "sealing-key", "certificates", "profile", "portal", "clock",
                                       "disk", "original", "lots", "spool"})
        for name in "database", "audit", "sealing-key", "original", "spool":
            self.assertTrue(checks[name]["ok"], checks[name]["text"])
        self.assertRegex(checks["portal"]["text"], r"^It (was not asked|answers|does not answer)")

    def test_profiles(self):
        profiles = {str(p["name"]): p for p in self.manager("ListProfiles")}
        self.assertTrue(profiles["idse-sim"]["current"])
        self.assertTrue(profiles["idse-sim"]["can-send"])
        self.assertIn("upload", [str(step) for step, sure in profiles["idse-sim"]["steps"]])
        self.fails("UnknownProfile", self.manager, "UseProfile", "nowhere", option({}))
        self.fails("UnknownProfile", self.manager, "UseProfile", "../../etc/passwd", option({}))
        self.manager("UseProfile", "imss", option({}))
        self.assertEqual(self.get(ROOT, MANAGER, "Profile"), "imss")
        self.assertFalse(self.get(ROOT, MANAGER, "CanSend"))
        self.manager("UseProfile", "idse-sim", option({}))

    def test_codes_are_explained_for_the_portal_in_use(self):
        known = self.manager("ExplainCode", "031", "es")
        self.assertEqual(len(known), 1)
        self.assertEqual({str(k): str(known[0][k]) for k in ("code", "who", "action", "profile")},
                         {"code": "031", "who": "worker", "action": "fix", "profile": "idse-sim"})
        self.assertTrue(known[0]["known"])
        self.assertIn("CURP", known[0]["meaning"])
        self.assertNotEqual(known[0]["advice"], self.manager("ExplainCode", "031", "en")[0]["advice"])
        self.assertEqual(len(self.manager("ExplainCode", "", "en")), 12)
        self.assertIn("imss", self.in_profile_imss(lambda: self.fails("UnknownCode", self.manager, "ExplainCode", "031", "")))
        self.assertEqual(self.in_profile_imss(lambda: len(self.manager("ExplainCode", "", "en"))), 0)
        self.fails("UnknownCode", self.manager, "ExplainCode", "x" * 1000, "es")

    def in_profile_imss(self, what):
        self.manager("UseProfile", "imss", option({}))
        try:
            return what()
        finally:
            self.manager("UseProfile", "idse-sim", option({}))

    def test_a_backup_is_a_file_without_a_name_that_only_can_be_read(self):
        os.close(self.manager("Backup", option({}))[0].take())
        open_files = self.house.descriptors()
        fd, size = self.manager("Backup", option({}))
        fd = fd.take()
        try:
            self.assertEqual(os.fstat(fd).st_size, size)
            self.assertEqual(os.fstat(fd).st_nlink, 0)
            self.assertEqual(fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE, os.O_RDONLY)
            self.assertEqual(os.pread(fd, 15, 0), b"SQLite format 3")
        finally:
            os.close(fd)
        self.assertEqual([name for name in os.listdir(self.house.state) if "backup" in name], [])
        until = time.monotonic() + LONG  # workers have files of their own open now and then
        while self.house.descriptors() > open_files and time.monotonic() < until:
            time.sleep(0.05)
        self.assertLessEqual(self.house.descriptors(), open_files)
        self.fails("UnknownOption", self.manager, "Backup", option({"x": 1}))

    def test_one_backup_at_a_time_and_calls_are_served_meanwhile(self):
        self.assertGreaterEqual(self.answered_at_once(5, ROOT, MANAGER, "Backup"), 1)

    def test_what_is_no_copy_has_nothing_to_release(self):
        self.assertEqual(self.get(ROOT, MANAGER, "Restored"), 0)
        self.assertEqual(self.get(ROOT, MANAGER, "RestoredText"), "")
        self.fails("WrongState", self.manager, "ReleaseCopy", option({}))

    def test_refreshing(self):
        self.manager("Refresh", option({}))
        self.fails("UnknownOption", self.manager, "Refresh", option({"x": 1}))

    def test_nothing_is_lost_by_a_kill_or_by_a_stop(self):
        lot = self.new_lot(2)
        for how, status in (signal.SIGKILL, -signal.SIGKILL), (signal.SIGTERM, 0), (signal.SIGINT, 0):
            self.assertEqual(self.house.stop(how), status)
            self.house.start()
            self.assertEqual(self.get(lot, LOT, "Movements"), 2)

    def test_lots_that_wait_for_one_portal_are_never_shown_to_another(self):
        lot = self.new_lot()

        def choose(profile):
            with contextlib.closing(sqlite3.connect(os.path.join(self.house.state, "idsed.db"))) as db:
                db.execute("INSERT OR REPLACE INTO value(name, value) VALUES ('profile', ?)", (profile,))
                db.commit()
        self.house.stop()
        choose("gone")  # its file, that is: the configuration's is another portal's
        with self.assertRaisesRegex(RuntimeError, "lots? waits? for the portal of a profile that cannot be used: .*gone"):
            self.house.start()
        self.house.notify.close()
        choose("idse-sim")
        self.house.start()
        self.assertEqual(self.get(lot, LOT, "Movements"), 1)

    def test_a_second_daemon_keeps_off_the_same_state(self):
        second = subprocess.run([IDSED, "--config", self.house.config, "--state", self.house.state],
                                env=dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS=self.house.address, LC_ALL="C.UTF-8"),
                                capture_output=True, text=True, timeout=LONG)
        self.assertNotEqual(second.returncode, 0)
        self.assertIn(self.house.state, second.stderr)

    def test_reloading_tells_what_needs_a_restart(self):
        with open(self.house.config, "a") as f:
            f.write("[Polling]\nMinSec=7\n[Portal]\nProfile=imss\n[Log]\nLevel=debug\nColour=red\n")
        self.house.daemon.send_signal(signal.SIGHUP)
        texts = []
        while not any("READY=1" in text for text in texts):
            texts.append(self.house.next_notice())
        self.assertTrue(any("RELOADING=1" in text for text in texts))
        self.assertEqual(self.get(ROOT, MANAGER, "Profile"), "idse-sim")
        with open(self.house.log) as f:
            log = f.read()
        self.assertIn("[Portal] Profile", log)
        self.assertIn("Colour", log)
        with open(self.house.config, "w") as f:
            f.write(CONFIG)

    def test_without_a_key_credentials_are_refused_and_the_rest_works(self):
        self.house.stop()
        self.house.start(with_key=False)
        fds = [memory_file(b"x"), memory_file(b"y")]
        text = self.fails("SealBroken", self.manager, "AddCertificate", "imss",
                          dbus.Dictionary({"pfx": dbus.types.UnixFd(fds[0]), "password": dbus.types.UnixFd(fds[1])},
                                          signature="sh"),
                          dbus.Array([RP], signature="s"), option({"user": "USUARIO01"}))
        self.assertIn("idsed-setup", text)
        self.new_lot()
        self.house.stop()
        self.house.start()

    def test_checking_the_configuration(self):
        def check(text):
            with tempfile.NamedTemporaryFile("w") as f:
                f.write(text)
                f.flush()
                return subprocess.run([IDSED, "--config", f.name, "--check-config"], capture_output=True, text=True,
                                      env=dict(os.environ, LC_ALL="C.UTF-8"))
        self.assertEqual(check("[Polling]\nMinSec=3\n").returncode, 0)
        self.assertEqual(check("[Polling]\nMinSec=x\n").returncode, 1)
        odd = check("[Polling]\nMinSecs=3\n")
        self.assertEqual(odd.returncode, 0)
        self.assertIn("'MinSec'", odd.stderr)


class Language(DaemonTest):
    """What idsed says to everybody has the language of its configuration, whatever its environment has."""

    @classmethod
    def setUpClass(cls):
        os.environ["IDSED_LOCALEDIR"] = os.path.join(os.path.dirname(IDSED), "../po")
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        del os.environ["IDSED_LOCALEDIR"]

    def said_in(self, language, environment):
        self.house.stop()
        with open(self.house.config, "w") as f:
            f.write(CONFIG + f"[General]\nLanguage={language}\n")
        self.house.start(environment=environment)
        return self.fails("InvalidRegistration", self.manager, "AddRegistration", "x", option({}))

    def test_it_is_that_of_the_machine_unless_one_is_chosen(self):
        english, spanish = "is not a registro patronal", "no es un registro patronal"
        for language, environment, words in (
                ("system", {}, english), ("system", {"LANGUAGE": "es"}, spanish), ("es", {}, spanish),
                ("es", {"LC_ALL": "C"}, spanish), ("en", {"LANGUAGE": "es"}, english)):
            self.assertIn(words, self.said_in(language, environment), (language, environment))


class Hostile(DaemonTest):
    """Whatever a caller does, the daemon answers the next one, and does not grow."""

    def raw(self, path, interface, method, signature, *arguments, destination=NAME):
        message = dbus.lowlevel.MethodCallMessage(destination, path, interface, method)
        message.append(*arguments, signature=signature)
        return message

    def answers(self, message, connection=None):
        with self.assertRaises(dbus.DBusException) as raised:
            (connection or self.bus).send_message_with_reply_and_block(message, LONG)
        return raised.exception.get_dbus_name()

    def tearDown(self):
        self.assertIsNone(self.house.daemon.poll())
        self.assertTrue(self.get(ROOT, MANAGER, "Version"))

    def test_wrong_signatures(self):
        methods = {
            (ROOT, MANAGER): ["Submit", "ListLots", "ListMovements", "AddRegistration", "AddCertificate", "UseProfile",
                              "Refresh"],
            (f"{ROOT}/registration/{RP}", REGISTRATION): ["Pause", "Resume", "Remove", "Update"],
        }
        for (path, interface), names in methods.items():
            for method in names:
                for signature, arguments in (("", ()), ("i", (1,)), ("sssss", ("x",) * 5), ("a(ii)", ([(1, 2)],)),
                                             ("v", (dbus.String("x"),)), ("a{ss}", ({"a": "b"},))):
                    self.assertEqual(self.answers(self.raw(path, interface, method, signature, *arguments)),
                                     "org.freedesktop.DBus.Error.InvalidArgs")

    def test_unknown_members(self):
        known = self.raw(ROOT, MANAGER, "Explode", "s", "x")
        self.assertEqual(self.answers(known), "org.freedesktop.DBus.Error.UnknownMethod")
        self.assertEqual(self.answers(self.raw("/nowhere", MANAGER, "ListProfiles", "")),
                         "org.freedesktop.DBus.Error.UnknownObject")

    def test_huge_arguments(self):
        huge = dbus.Dictionary({f"key{i}": "x" * 1000 for i in range(5000)}, signature="sv")
        self.assertIn(self.answers(self.raw(ROOT, MANAGER, "Refresh", "a{sv}", huge)),
                      (ERROR + "TooLarge", ERROR + "UnknownOption"))
        rps = dbus.Array(["Z9900001108"] * 200000, signature="s")
        files = dbus.Dictionary({}, signature="sh")
        self.assertTrue(self.answers(self.raw(ROOT, MANAGER, "AddCertificate", "sa{sh}asa{sv}", "imss", files, rps,
                                              option({}))).startswith(ERROR))

    def test_nested_variants_as_options(self):
        deep = dbus.String("x", variant_level=20)
        self.assertEqual(self.answers(self.raw(ROOT, MANAGER, "Refresh", "a{sv}", {"interactive": deep})),
                         ERROR + "InvalidArgument")

    def test_strings_that_are_no_names(self):
        for name in "\n", "\u202e", "a" * 100000, "%s%n", "'; DROP TABLE lot; --":
            self.fails("InvalidRegistration", self.manager, "AddRegistration", name, option({}))

    def test_thousands_of_pending_calls(self):
        before = self.house.resident_kib()
        connection = self.house.connect()
        answers = []
        message = self.raw(ROOT, MANAGER, "Diagnose", "")
        pending = [connection.send_message_with_reply(self.raw(ROOT, MANAGER, "Diagnose", ""), answers.append, LONG)
                   for _ in range(5000)]
        for call in pending:
            call.block()
        connection.close()
        self.assertTrue(self.get(ROOT, MANAGER, "Version"))
        self.assertLess(self.house.resident_kib() - before, 20 * 1024)

    def test_callers_that_vanish(self):
        before = self.house.descriptors()
        for round in range(20):
            connection = self.house.connect()
            for number in self.numbers(10):
                fd = memory_file(dispmag([reingreso(number)]), sealed=number % 2 == 0)
                message = self.raw(ROOT, MANAGER, "Submit", "ha{sv}", dbus.types.UnixFd(fd), {})
                os.close(fd)
                connection.send_message(message)
            connection.send_message(self.raw(ROOT, MANAGER, "Diagnose", ""))
            connection.flush()
            connection.close()
        self.manager("Diagnose")
        self.assertLessEqual(self.house.descriptors(), before + 2)

    def test_large_files_again_and_again_do_not_make_it_grow(self):
        garbage = b"\x00\xff" * (4 << 20)
        for _ in range(3):
            self.fails("InvalidFile", self.submit, garbage)
        after_some = self.house.resident_kib()
        for _ in range(10):
            self.fails("InvalidFile", self.submit, garbage)
        self.assertLess(self.house.resident_kib() - after_some, 8 * 1024)

    def test_a_file_that_shrinks_while_it_is_read(self):
        fd = memory_file(b"x" * (8 << 20), sealed=False)
        connection = self.house.connect()
        message = self.raw(ROOT, MANAGER, "Submit", "ha{sv}", dbus.types.UnixFd(fd), {})
        connection.send_message(message)
        connection.flush()
        os.ftruncate(fd, 0)
        os.close(fd)
        connection.close()
        self.manager("Diagnose")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:])
