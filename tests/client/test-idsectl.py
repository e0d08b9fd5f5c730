#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""idsectl against standin.py on a private bus: each verb's calls, its output and its exit status."""
import fcntl
import itertools
import json
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest

import dbus
import dbus.mainloop.glib
from gi.repository import GLib

HERE = os.path.dirname(os.path.abspath(__file__))
IDSECTL = os.path.abspath(sys.argv.pop(1))
RP, RP_2 = "Z9900001108", "Z9900002106"
OK, FAILURE, USAGE, NOT_FOUND, DENIED, UNREACHABLE, INVALID, REJECTED, PENDING, HELD, PORTAL = range(11)

BUS_CONFIG = """<busconfig><type>system</type><listen>unix:path={}/bus</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*"/><allow own="*"/><allow receive_sender="*"/></policy>
</busconfig>"""


class Case(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="idsectl-")
        config = os.path.join(cls.folder.name, "bus.conf")
        with open(config, "w") as file:
            file.write(BUS_CONFIG.format(cls.folder.name))
        cls.bus = subprocess.Popen(["dbus-daemon", "--config-file=" + config, "--print-address", "--nofork"],
                                   stdout=subprocess.PIPE, text=True)
        cls.address = cls.bus.stdout.readline().strip()
        cls.env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "DBUS_SYSTEM_BUS_ADDRESS": cls.address,
                   "IDSED_LOCALEDIR": os.path.join(os.path.dirname(IDSECTL), "..", "po"),
                   "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")}

    @classmethod
    def tearDownClass(cls):
        cls.bus.terminate()
        cls.bus.wait()
        cls.bus.stdout.close()
        cls.folder.cleanup()

    def setUp(self):
        self.start_daemon()

    def tearDown(self):
        self.stop_daemon()

    def start_daemon(self):
        self.daemon = subprocess.Popen(["/usr/bin/python3", os.path.join(HERE, "standin.py")], env=self.env,
                                       stdout=subprocess.PIPE, text=True)
        self.assertEqual(self.daemon.stdout.readline(), "ready\n")
        connection = dbus.bus.BusConnection(self.address)
        self.control = dbus.Interface(connection.get_object("mx.idsed1", "/test", introspect=False), "test.Control")

    def stop_daemon(self):
        self.daemon.terminate()
        self.daemon.wait()
        self.daemon.stdout.close()

    def run_it(self, *args, status=OK, **more):
        more.setdefault("stdin", subprocess.DEVNULL)
        if "input" in more:
            del more["stdin"]
        done = subprocess.run([IDSECTL, *args], env=self.env, capture_output=True, timeout=30, **more)
        self.assertEqual(done.returncode, status, (args, done.stdout, done.stderr))
        self.out, self.err = done.stdout.decode(), done.stderr.decode()
        return self.out

    def run_json(self, *args, **more):
        return json.loads(self.run_it(*args, "--json", **more))

    def calls(self, method):
        return [call for call in json.loads(self.control.Calls()) if call[1] == method]

    def path(self, name, content=None):
        path = os.path.join(self.folder.name, name)
        if content is not None:
            with open(path, "wb") as file:
                file.write(content)
        return path


class Status(Case):
    def test_one_screen_says_who_is_held_and_what_is_next(self):
        text = self.run_it("status")
        self.assertIn("idsed 0.1.0", text)
        self.assertIn("1 queued, 2 accepted; ", text)
        self.assertIn("idsectl cert add", text)
        self.assertIn("lot 2 (Z9900001108): The registro patronal has no certificate", text)
        self.assertIn("Certificate 1 (EJEMPLO) expired on 2026-09-21", text)
        self.assertIn("Certificate 1 (EJEMPLO):\n  REVOKED on 2026-09-20", text)
        self.assertIn("idsectl rp resume Z9900002106", text)
        self.assertIn("; 2 failures in a row, not yet counted as down\n  login worked\n", text)
        self.assertIn("Z9900001108: 2 late, 1 for today", text)
        self.assertNotIn("Z9900002106: ", text)
        self.assertEqual(len(json.loads(self.control.Calls())), 5)

    def test_metrics_are_openmetrics_and_name_nobody(self):
        text = self.run_it("status", "--metrics")
        lines = text.splitlines()
        self.assertEqual(lines[-1], "# EOF")
        self.assertIn('idse_lots{state="accepted"} 2', lines)
        self.assertIn('idse_lots{state="quarantined"} 0', lines)
        self.assertIn('idse_portal{idse_portal="ok"} 1', lines)
        self.assertIn('idse_portal_failures 2', lines)
        self.assertIn('idse_portal{idse_portal="down"} 0', lines)
        self.assertTrue(any(line.startswith('idse_certificate_end_timestamp_seconds{certificate="1"} ') for line in lines))
        typed = [line.split()[2] for line in lines if line.startswith("# TYPE")]
        self.assertEqual(len(typed), len(set(typed)))
        for line in lines[:-1]:
            self.assertRegex(line, r'^(# (TYPE|HELP|UNIT) idse_\w+ .+|idse_\w+(\{\w+="[^"]*"\})? \d+)$')
            if not line.startswith("#"):
                self.assertTrue(any(line.startswith(name) for name in typed), line)
        self.assertNotIn("EJEMPLO", text)

    def test_numbers_go_with_their_words(self):
        self.env.update(LANGUAGE="es")
        self.assertIn("Lotes: 1 en cola, 2 aceptados; movimientos guardados: 1,234\n", self.run_it("status"))
        self.env.update(LANGUAGE="")

    def test_json_has_the_documented_keys(self):
        status = self.run_json("status")
        self.assertEqual(status["portal_state"], "ok")
        self.assertEqual(status["portal_since"], "2026-09-21T08:13:20-06:00")
        self.assertIsNone(status["next_visit"])
        self.assertEqual(status["lot_counts"], {"queued": 1, "accepted": 2})
        self.assertEqual(status["held"][0]["hold_reason"], "certificate-missing")
        self.assertEqual(status["expiring_certificates"][0]["id"], 1)
        self.assertEqual((status["uncertain"], status["quarantined"]), ([], []))
        self.assertEqual(status["due"], [{"registration": "Z9900001108", "late": 2, "today": 1}])

    def test_a_fresh_install_is_told_how_to_begin(self):
        self.control.Fresh()
        text = self.run_it("status")
        self.assertIn("idsectl rp add RP --name", text)
        self.assertIn("none yet", text)
        self.assertEqual(self.run_json("status")["lot_counts"], {})

    def test_no_daemon_is_5(self):
        self.stop_daemon()
        self.run_it("status", status=UNREACHABLE)
        self.run_it("--address=unix:path=/nonexistent", "status", status=UNREACHABLE)
        self.start_daemon()

    def test_reindex_says_what_it_put_right(self):
        report = self.run_json("doctor", "--reindex")
        self.assertEqual(report, {"lots": 4, "equal": 1300, "repaired": 2, "faults": 0,
                                  "differences": [{"lot": 3, "text": "movements 2"}]})
        self.assertIn("Lot 3: movements 2", self.run_it("doctor", "--reindex"))
        self.control.Refuse("Reindex", "Busy", "wait for its end")
        self.run_it("doctor", "--reindex", status=PORTAL)
        self.control.Fresh()  # where documents are not what was stored
        self.assertEqual(self.run_json("doctor", "--reindex", status=FAILURE)["faults"], 1)

    def test_doctor_fails_where_a_check_does(self):
        self.assertIn("clock: not synchronised", self.run_it("doctor", status=FAILURE))
        self.control.Fresh()
        self.assertTrue(all(check["ok"] for check in self.run_json("doctor")))

    def test_refresh(self):
        self.run_it("refresh")
        self.assertEqual(self.calls("Refresh"), [["/mx/idsed1", "Refresh", [{}]]])


class Submit(Case):
    def test_the_file_goes_with_its_name_and_options(self):
        file = self.path("altas.txt", b"GOOD")
        lots = self.run_json("submit", file, "--keep-mixed", "--allow-duplicate", "--hold")
        self.assertEqual(self.calls("Submit")[0][2],
                         ["GOOD", {"name": "altas.txt", "keep-mixed": True, "allow-duplicate": True, "hold": True}])
        self.assertEqual(lots["lots"][0]["id"], 5)
        self.assertEqual(lots["files"][0]["lots"], [5])
        self.assertEqual(self.err, f"{file}:3:22: warning: odd digit (nss-check-digit)\n")

    def test_standard_input(self):
        self.assertIn("queued", self.run_it("submit", "-", input=b"PIPED"))
        self.assertEqual(self.calls("Submit")[0][2], ["PIPED", {}])

    def test_bytes_that_were_there_give_their_lots(self):
        lots = self.run_json("submit", self.path("same.txt", b"SAME"))
        self.assertTrue(lots["files"][0]["existing"])
        self.assertIn("it is lot 1 already; nothing new was queued", self.err)
        self.assertIn("Lot 1 is accepted: --at", self.told_again("--at=+2h"))

    def told_again(self, *options):
        self.run_it("submit", self.path("same.txt", b"SAME"), *options)
        return self.err

    def test_another_time_for_bytes_that_were_there_changes_nothing_and_that_is_told(self):
        later = dbus.UInt64(int((time.time() + 86400) * 1_000_000))
        self.control.Set(dbus.UInt64(1), json.dumps({"State": "queued"}))
        self.assertIn("Lot 1 is sent as soon as may be, as before: --at does not change that. 'idsectl cancel 1'",
                      self.told_again("--at=+2h"))
        self.assertIn("'idsectl hold 1' does", self.told_again("--hold"))
        self.assertEqual(len(self.told_again().splitlines()), 2)
        self.control.Set(dbus.UInt64(1), json.dumps({"State": "queued", "NotBefore": later}))
        self.assertIn("as before: --at does not change that", self.told_again("--at=+2h"))
        self.assertIn("'idsectl retry 1' sends it now", self.told_again())

    def test_one_bad_file_does_not_stop_the_others(self):
        bad, good = self.path("bad.txt", b"BAD"), self.path("good.txt", b"GOOD")
        lots = self.run_json("submit", bad, self.path("none.txt"), good, status=INVALID)
        self.assertEqual(lots["files"][0]["error"]["name"], "InvalidFile")
        self.assertEqual(lots["files"][2]["lots"], [5])
        self.assertIn("line 1, column 1", self.err)
        self.assertIn("none.txt", self.err)

    def test_why_a_file_is_refused_is_told_line_by_line_in_the_language_of_who_reads(self):
        file = self.path("wrong.txt", b"WRONG")
        refused, = self.run_json("submit", file, status=INVALID)["files"]
        lines = self.err.splitlines()
        self.assertEqual(lines[0], f"{file}:1:117: error: the tipo de salario must be one of: 0, 1, 2, found: 7 (tipo-salario)")
        self.assertEqual(len(lines), 21)
        self.assertEqual(lines[20], f"idsectl: {file}: refused, nothing of it was queued; errors: 31, of which 11 are not shown: "
                                    f"see 'idsectl check {file}'")
        self.assertEqual(len(refused["findings"]), 24)
        self.assertEqual(set(refused["findings"][0]),
                         {"line", "column", "field", "rule", "severity", "value", "text", "expected", "fix"})
        self.assertEqual(refused["error"], {"name": "InvalidFile", "text": "the first"})
        self.assertNotIn("debe", self.err)

    def test_a_note_on_every_line_is_counted(self):
        file = self.path("odd.txt", b"ODD")
        lots = self.run_json("submit", file)
        self.assertEqual(len(lots["files"][0]["findings"]), 50)
        lines = self.err.splitlines()
        self.assertEqual(len(lines), 4)
        self.assertIn("50 times nss-check-digit", lines[3])

    def test_wait_ends_with_what_became_of_it(self):
        file = self.path("same.txt", b"SAME")
        self.run_it("submit", file, "--wait", status=OK)
        self.run_it("submit", self.path("held.txt", b"GOOD"), "--hold", "--wait", status=HELD)
        self.run_it("submit", self.path("slow.txt", b"GOOD2"), "--wait=0", status=PENDING)
        self.assertNotIn("\r", self.err)
        self.run_it("submit", file, "--wait=soon", status=USAGE)


class Lots(Case):
    def test_list_takes_every_page(self):
        self.assertEqual([row["id"] for row in self.run_json("list")], [4, 3, 2, 1])
        self.assertEqual([row["id"] for row in self.run_json("list", "--limit=2")], [4, 3])
        self.assertIn("There are more", self.err)

    def test_list_table(self):
        lines = self.run_it("list").splitlines()
        self.assertRegex(lines[0], r"^ *Lot +RP +Type +State")
        self.assertRegex(lines[3], "queued, held")
        self.assertIn("1,234", lines[1])
        self.assertEqual(len(self.run_it("list", "--no-headers").splitlines()), 4)

    def test_columns_that_no_row_has_are_left_out(self):
        heading = lambda *more: self.run_it("list", *more).splitlines()[0]
        self.assertNotIn("Given up", heading())
        self.assertNotIn("Last day", heading())
        self.assertIn("Número de lote", heading())  # which one of them has
        self.assertIn("Cause of rejection", self.run_it("movements"))
        self.assertNotIn("CURP", self.run_it("movements").splitlines()[0])
        rows = self.run_json("list")
        self.assertEqual(len({tuple(row) for row in rows}), 1)  # JSON has every key in every row
        self.assertIn("finished", rows[0])

    def test_a_narrow_terminal_loses_columns_and_keeps_one_line_for_each_lot(self):
        widths = {}
        for columns in (200, 60):
            outer, inner = pty.openpty()
            fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 25, columns, 0, 0))
            process = subprocess.Popen([IDSECTL, "list"], env={**self.env, "NO_COLOR": "1"}, stdout=inner)
            self.assertEqual(process.wait(timeout=30), OK)
            lines = os.read(outer, 10000).decode().splitlines()
            self.assertEqual(len(lines), 5)
            self.assertNotIn("\033", "".join(lines))
            widths[columns] = max(map(len, lines))
            os.close(outer)
            os.close(inner)
        self.assertLessEqual(widths[60], 60)
        self.assertGreater(widths[200], 80)

    def test_list_filter(self):
        self.run_it("list", "--rp", RP.lower(), "--state", "queued,sending", "--held", "--since=2026-09-01", "--until=20260930")
        self.assertEqual(self.calls("ListLots")[0][2][0], {
            "registration": RP, "states": ["queued", "sending"], "held": True, "since": 1788242400000000,
            "until": 1790834399999999})
        self.run_it("list", "--state=qeued", status=USAGE)
        self.assertIn("did you mean 'queued'", self.err)
        for name in ("queued", "uncertain", "cancelled"):
            self.assertIn(name, self.err.split("The states are")[1])
        self.run_it("list", "--since=2026-02-30", status=USAGE)

    def test_a_filter_that_nothing_can_pass_is_refused(self):
        for part, *line in (
            ("eleven digits", "movements", "--nss=abc"), ("'123'", "movements", "--nss", "123"), ("empty", "movements", "--nss="),
            ("2026-12-02", "movements", "--since=2026-12-02", "--until=2026-12-01"), ("later than", "list", "--since=20261202", "--until=20261201"),
            ("later than", "history", "--since=20261202", "--until=20261201"), ("not both", "list", "--held", "--waiting"),
            ("empty", "list", "--rp="), ("empty", "list", "--state=,"), ("empty", "history", "--user", ""), ("--lot", "history", "--lot=0"),
            ("later than", "receipts", "list", "--since=20261202", "--until=20261201"), ("empty", "movements", "--sort="),
        ):
            self.run_it(*line, status=USAGE)
            self.assertIn(part, self.err)
        self.assertEqual(json.loads(self.control.Calls()), [])

    def test_states_are_called_as_the_table_calls_them(self):
        def states(*args, language=""):
            self.env.update(LANGUAGE=language)
            self.run_it(*args)
            self.env.update(LANGUAGE="")
            return json.loads(self.control.Calls())[-1][2][0]["states"]
        self.assertEqual(states("movements", "--state=Not Sent,approved"), ["unsent", "approved"])
        self.assertEqual(states("list", "--state", "QUEUED"), ["queued"])
        for typed, state in (("rechazado", "rejected"), ("Sin-Enviar", "unsent"), ("APROBADO", "approved"), ("approved", "approved")):
            self.assertEqual(states("movements", "--state", typed, language="es"), [state])
        for typed, state in (("en cola", "queued"), ("en_cola", "queued"), ("Aceptado", "accepted")):
            self.assertEqual(states("list", "--state", typed, language="es"), [state])
        self.assertEqual(states("list", "--state", "en cola, Rechazado", language="es"), ["queued", "rejected"])
        self.env.update(LANGUAGE="es")
        self.run_it("list", "--state=en cola, retenido", status=USAGE)
        self.assertIn("--held", self.err)
        self.run_it("list", "--state=rechasado", status=USAGE)
        self.env.update(LANGUAGE="")
        self.assertIn("«rechazado»", self.err)
        self.assertIn("rejected (rechazado)", self.err)

    def test_show(self):
        text = self.run_it("show", "3")
        for part in ("Attempts to send", "no connection", "Rejected movements", "CURP no coincide", "PEÑA X JUAN", "OTRA"):
            self.assertIn(part, text)
        lot = self.run_json("show", "3")
        self.assertEqual(lot["rejected_movements"][0]["errors"][1]["code"], "044")
        self.assertEqual(lot["attempt_list"][0]["reason"], "connect")
        self.assertIn("Documents", self.run_it("show", "1"))
        self.run_it("show", "99", status=NOT_FOUND)
        self.run_it("show", "three", status=USAGE)

    def test_names_of_imss_stand_beside_ours(self):
        text = self.run_it("show", "3")
        self.assertRegex(text, r"Names that IMSS has otherwise\n.*\n *5 +99028500017 +PEÑA X JUAN +PEÑAS X JUANA\n")
        row = self.run_json("movements")[0]
        self.assertEqual((row["imss_name"], row["name_differs"]), ("PEÑAS X JUANA", True))

    def test_show_fixes_is_a_table_ready_to_send(self):
        done = subprocess.run([IDSECTL, "show", "3", "--fixes"], env=self.env, capture_output=True)
        headings, row, end = done.stdout.decode().split("\r\n")
        self.assertEqual((done.returncode, end), (OK, ""))
        self.assertTrue(headings.startswith("\ufeffNo.,Registro patronal,NSS,Apellido paterno,"))
        self.assertEqual(row, f"5,{RP},99028500017,PEÑAS,X,JUANA,reingreso,02/11/2026,1450.10,1,0,0,000,,06400,,")
        self.assertIn("No. 5: the name is IMSS's now, 'PEÑAS X JUANA'", done.stderr.decode())

    def test_what_waits_for_older_lots(self):
        older = [[2, "queued", "operator"], [3, "uncertain", ""]]
        self.control.Set(dbus.UInt64(4), json.dumps({"State": "queued", "WaitsFor": older}))
        sentence = "lot 2 (queued, held): Held by an operator; release it to send it. · lot 3 (uncertain)"
        self.assertIn("Waits for: " + sentence, self.run_it("show", "4"))
        self.assertEqual(self.run_json("show", "4")["waits_for"][1], {"lot": 3, "state": "uncertain", "hold_reason": None})
        self.assertIn("queued, waits", self.run_it("list", "--waiting"))
        self.assertEqual(self.calls("ListLots")[0][2][0], {"waiting": True})
        self.run_it("wait", "4", status=HELD)  # for a person
        self.run_it("retry", "4", "--ahead")
        self.assertEqual(self.calls("Retry")[0][2], [{"ahead": True}])
        self.run_it("retry", "4", "--ahead", "--only-rejected", status=USAGE)

    def test_retry_says_what_stands_in_its_way(self):
        for hold, told in (("", "takes its next step now"), ("portal-down", "is tried now, although the portal does not answer"),
                           ("operator", "is held, and takes its next step when it is not: Held by an operator; release it")):
            self.control.Set(dbus.UInt64(4), json.dumps({"State": "queued", "Held": hold != "", "HoldReason": hold}))
            self.assertIn("4: " + told, self.run_it("retry", "4"))

    def test_what_is_not_corrected_is_only_sent_again_when_somebody_says_so(self):
        self.control.Set(dbus.UInt64(3), json.dumps({"State": "partial", "Rejected": 1}))
        self.run_it("retry", "3", "--only-rejected", status=USAGE)
        self.assertIn(": 3: Nothing is corrected (--with)", self.err)
        self.assertIn("give --yes", self.err)
        self.assertEqual(self.calls("Correct"), [])
        self.run_it("retry", "3", "--only-rejected", "--yes")
        self.assertEqual(len(self.calls("Correct")), 1)

    def test_retry_of_what_was_rejected(self):
        self.assertIn("3: lot 13 has what was rejected", self.run_it("retry", "3", "--only-rejected", "--hold", "--yes"))
        self.assertEqual(self.calls("Correct")[0][2][0]["hold"], True)
        self.assertIn("before", self.run_it("retry", "4", "--only-rejected"))
        with tempfile.TemporaryDirectory() as folder:
            for text, status in ("No.,NSS", OK), ("BAD", INVALID):
                with open(os.path.join(folder, "fixes.csv"), "w") as file:
                    file.write(text)
                self.run_it("retry", "3", "--only-rejected", "--with", file.name, status=status)
                options = self.calls("Correct")[-1][2][0]
                self.assertEqual((options["fixes"], options["name"]), (text, "fixes.csv"))
            self.run_it("retry", "3", "--with", file.name, status=USAGE)
            self.run_it("retry", "3", "4", "--only-rejected", "--with", file.name, status=USAGE)
        self.run_it("retry", "3", "--only-rejected", "--with", "/nonexistent", status=NOT_FOUND)
        self.run_it("retry", "99", "3", "--only-rejected", status=NOT_FOUND)

    def test_wait_gives_each_state_its_exit_status(self):
        self.run_it("wait", "1", status=OK)
        self.run_it("wait", "1", "3", status=REJECTED)
        self.run_it("wait", "1", "2", "3", status=HELD)
        self.run_it("wait", "4", "--timeout=0", status=PENDING)
        self.control.Set(dbus.UInt64(4), json.dumps({"LastReason": "connect"}))
        self.run_it("wait", "4", "--timeout=0", status=PORTAL)
        self.run_it("wait", "99", status=NOT_FOUND)

    def start_waiting(self, *args):
        """Returns when it has read the lot, so that what follows is news to it."""
        seen = []
        self.control.Await("GetAll", reply_handler=lambda: seen.append(True), error_handler=seen.append)
        process = subprocess.Popen([IDSECTL, *args], env=self.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        while not seen:
            GLib.MainContext.default().iteration(True)
        return process

    def test_wait_sees_the_change(self):
        process = self.start_waiting("wait", "4", "--json")
        self.control.Set(dbus.UInt64(4), json.dumps({"State": "received"}))
        self.control.Set(dbus.UInt64(4), json.dumps({"State": "rejected"}))
        out, _ = process.communicate(timeout=30)
        self.assertEqual(process.returncode, REJECTED)
        self.assertEqual(json.loads(out)[0]["state"], "rejected")

    def test_wait_survives_a_restart(self):
        process = self.start_waiting("wait", "4", "--json")
        self.stop_daemon()
        self.start_daemon()
        self.control.Set(dbus.UInt64(4), json.dumps({"State": "accepted"}))
        process.communicate(timeout=30)
        self.assertEqual(process.returncode, OK)

    def test_watch_prints_each_event_at_once(self):
        process = self.start_waiting("watch", "--json")
        for name in ("received", "received"):
            self.control.Set(dbus.UInt64(4), json.dumps({"State": name}))
        event = json.loads(process.stdout.readline())
        self.assertEqual((event["event"], event["lot"], event["state"]), ("changed", 4, "received"))
        self.stop_daemon()
        self.assertEqual(json.loads(process.stdout.readline())["event"], "daemon-left")
        self.start_daemon()
        self.assertEqual(json.loads(process.stdout.readline())["event"], "daemon-started")
        process.terminate()
        process.communicate()

    def test_acts(self):
        for verb, method in (("release", "Release"), ("retry", "Retry"), ("reconcile", "Reconcile")):
            self.run_it(verb, "1", "2")
            self.assertEqual([call[0] for call in self.calls(method)], ["/mx/idsed1/lot/1", "/mx/idsed1/lot/2"])
        self.run_it("hold", "1", "--reason", "ask Ana")
        self.assertEqual(self.calls("Hold")[0][2], [{"text": "ask Ana"}])
        self.control.Refuse("Retry", "WrongState", "it is final")
        self.run_it("retry", "1", "2", status=FAILURE)
        self.assertIn("1: it is final", self.err)
        self.assertEqual(len(self.calls("Retry")), 2)
        self.control.Refuse("Hold", "AccessDenied", "no")
        self.run_it("hold", "1", status=DENIED)

    def test_cancel_asks_first(self):
        self.run_it("cancel", "1", status=USAGE)
        self.assertEqual(self.calls("Cancel"), [])
        self.run_it("cancel", "1", "--yes")
        self.assertEqual(len(self.calls("Cancel")), 1)

    def test_a_person_at_the_terminal_decides(self):
        asking = (("cancel", "1"), "Cancel"), (("retry", "3", "--only-rejected"), "Correct")
        answers = (b"n\n", FAILURE, 0), (b"y\n", OK, 1)
        self.control.Set(dbus.UInt64(3), json.dumps({"State": "partial", "Rejected": 1}))
        for ((verb, method), (answer, status, calls)) in itertools.product(asking, answers):
            outer, inner = pty.openpty()
            os.write(outer, answer)
            self.run_it(*verb, stdin=inner, status=status)
            made = self.calls(method)
            self.assertEqual(len(made), calls)
            self.assertTrue(all(call[2][0]["interactive"] for call in made))
            os.close(outer)
            os.close(inner)


class Movements(Case):
    def test_filter_and_money(self):
        rows = self.run_json("movements", "--lot=3", "--rp", RP, "--nss=99028500017", "--type=reingreso",
                             "--state=rejected", "--since=2026-11-01", "--until=2026-11-30")
        self.assertEqual(self.calls("ListMovements")[0][2][0], {
            "lot": 3, "registration": RP, "nss": "99028500017", "type": "reingreso", "states": ["rejected"],
            "since": 20261101, "until": 20261130})
        self.assertEqual((rows[0]["sbc"], rows[0]["date"], rows[0]["received"]), ("1450.10", "2026-11-02", None))
        self.assertEqual(rows[0]["errors"][0], {"code": "012", "text": "CURP no coincide", "imss_value": "OTRA"})
        self.assertIsNone(rows[0]["errors"][1]["imss_value"])
        for absent in "curp", "clave", "cause", "extemporaneous", "constancia":
            self.assertIsNone(rows[0][absent], absent)
        self.assertEqual((rows[0]["worker_type"], rows[0]["reduced_week"]), ("1", "0"))
        self.assertIn("1,450.10", self.run_it("movements"))

    def test_several_rps_words_and_a_sort(self):
        self.run_json("movements", "--rp", f"{RP},{RP_2.lower()}", "--search=muñoz 99", "--sort=first_surname:desc")
        self.run_json("movements", "--sort=name")
        several, named = (call[2][0] for call in self.calls("ListMovements"))
        self.assertEqual(several, {"registrations": [RP, RP_2], "search": "muñoz 99", "sort": "first-surname", "descending": True})
        self.assertEqual(named, {"sort": "first-surname"})
        self.run_json("movements", "--sort=imss-name")
        self.run_json("movements", "--sort=Imss_Name")
        self.assertEqual([call[2][0] for call in self.calls("ListMovements")], [{"sort": "imss-name"}] * 2)
        for typed, filter in (("lot", {"sort": "lot", "descending": True}), ("lot:desc", {"sort": "lot"}),
                              ("deadline", {"sort": "deadline"}), ("given_up:desc", {"sort": "given-up", "descending": True})):
            self.run_json("movements", "--sort", typed)
            self.assertEqual(self.calls("ListMovements")[-1][2][0], filter)
        self.run_it("movements", "--sort=colour", status=USAGE)
        for column in ("name", "names", "first_surname", "imss_name", "approved", "rejected"):
            self.assertIn(f" {column}", self.err)
        self.assertNotIn("first-surname", self.err)
        self.run_it("movements", "--sort=nss:up", status=USAGE)
        self.run_it("movements", "--export=table.ods", status=USAGE)

    def test_only_types_of_imss(self):
        self.run_it("movements", "--type=alta", status=USAGE)
        for typed in "modificación", "Modificacion", "MODIFICACIÓN":
            self.run_it("movements", "--type", typed)
            self.assertEqual(self.calls("ListMovements")[0][2][0], {"type": "modificacion"})
        for wrong in "baja,alta", "baja,,reingreso", "baja,", ",", "baja;reingreso":
            self.run_it("movements", f"--type={wrong}", status=USAGE)
            self.assertIn("reingreso|modificacion|baja[,...]", self.err)
        self.run_it("movements", "--type=Baja,Modificación")
        self.assertEqual(self.calls("ListMovements")[-1][2][0], {"types": ["baja", "modificacion"]})


class Receipts(Case):
    def test_list_and_get(self):
        self.assertEqual([row["kind"] for row in self.run_json("receipts", "list", "1")], ["acuse", "constancia"])
        self.assertIn(("acuse", 1), [(row["kind"], row["lot"]) for row in self.run_json("receipts", "list", "--state=partial,accepted")])
        self.run_it("receipts", "list", "1", "--state=partial", status=USAGE)
        self.run_it("receipts", "get", "1", "records")
        self.assertEqual(self.out, "RECORD\n".replace("\n", "\r\n"))
        self.assertIn("/attempt/5", self.run_it("receipts", "get", "1", "transcript"))
        self.run_it("receipts", "get", "1", "csv", status=NOT_FOUND)
        file = self.path("one.pdf")
        self.run_it("receipts", "get", "1", "8", "--output", file)
        with open(file, "rb") as got:
            self.assertEqual(got.read(), b"%PDF-1.4 constancia \xfe")

    def test_import_says_of_each_receipt_what_became_of_it(self):
        folder = self.path("past")
        os.makedirs(os.path.join(folder, "2019"))
        for name in ("2019/uno.PDF", "2019/tabla.csv", "leeme.txt"):
            self.path("past/" + name, b"one")
        rows = self.run_json("receipts", "import", folder)
        self.assertEqual([os.path.relpath(row["file"], folder) for row in rows], ["2019/uno.PDF", "2019/tabla.csv"])
        self.assertEqual({key: value for key, value in rows[0].items() if key != "file"}, {
            "kind": "constancia", "lot": 9, "registration": RP, "portal_lot": "123", "outcome": "adopted", "state": "accepted",
            "replaces": None, "text": "a lot that others sent", "others": []})
        self.assertEqual([call[2][1]["name"] for call in self.calls("ImportReceipt")], ["uno.PDF", "tabla.csv"])
        text = self.run_it("receipts", "import", folder)
        self.assertIn("adopted", text)

    def test_import_exits_by_the_worst_and_goes_on_behind_it(self):
        none, wrong, fine = (self.path(name, name.split(".")[0].encode()) for name in ("none.pdf", "wrong.pdf", "fine.pdf"))
        self.assertEqual(self.run_json("receipts", "import", wrong, fine, status=HELD)[0]["outcome"], "contradicts")
        rows = self.run_json("receipts", "import", none, fine, status=HELD)
        self.assertEqual(sorted(row.get("error", {}).get("name", "") for row in rows), ["", "UnreadableReceipt"], rows)
        self.assertIn("page 1, line 2", self.err)
        self.run_it("receipts", "import", self.path("nothing.pdf"), status=NOT_FOUND)
        self.run_it("receipts", "import", fine, "--lot=x", status=USAGE)
        self.calls("ImportReceipt")
        self.run_it("receipts", "import", fine, "--lot=4", "--add-rp")
        options = self.calls("ImportReceipt")[0][2][1]
        self.assertEqual((options["lot"], options["add-registration"]), (4, True))

    def test_import_takes_each_part_of_a_document_of_several_employers(self):
        rows = self.run_json("receipts", "import", self.path("two.pdf", b"two"))
        self.assertEqual([(row["registration"], row["portal_lot"], row["lot"]) for row in rows],
                         [(RP, "123", 9), (RP_2, "456", 10)])
        self.assertEqual(rows[0]["others"], [{"registration": RP_2, "portal_lot": "456"}])
        self.calls("ImportReceipt")
        self.assertEqual(len(self.run_json("receipts", "import", "-", input=b"two")), 2)
        self.assertEqual([call[2][0] for call in self.calls("ImportReceipt")], ["two", "two"])
        self.assertEqual(len(self.run_json("receipts", "import", self.path("two.pdf"), "--lot=9")), 1)

    def test_import_takes_what_is_in_a_zip(self):
        folder = self.path("zips")
        os.makedirs(folder)
        file = self.path("zips/resultados.ZIP", b"PK\3\4")
        rows = self.run_json("receipts", "import", folder, status=INVALID)
        self.assertEqual(sorted(row["file"] for row in rows), [f"{file}/b.CSV", f"{file}/c.zip", f"{file}/uno/a.pdf"])
        self.assertEqual([row["error"]["name"] for row in rows if "error" in row], ["InvalidFile"])
        asked = [call[2][1] for call in self.calls("ImportReceipt")]
        self.assertEqual([(row.get("entry"), row["name"]) for row in asked],
                         [(None, "resultados.ZIP"), (2, "a.pdf"), (5, "c.zip"), (4, "b.CSV")])

    def test_an_account_that_fails_replaces_nothing(self):
        file = self.path("account.txt", b"the old one")
        self.run_it("report", "99", "--output", file, status=FAILURE)
        self.assertIn("--force", self.err)
        self.control.Refuse("GetEvidence", "UnknownLot", "there is no such lot")
        self.run_it("report", "99", "--output", file, "--force", status=NOT_FOUND)
        with open(file, "rb") as old:
            self.assertEqual(old.read(), b"the old one")
        self.assertEqual([name for name in os.listdir(self.folder.name) if name.startswith("account")], ["account.txt"])

    def test_a_folder_is_told_from_a_file(self):
        file, folder = self.path("plain.txt", b"x"), self.path("folder.pdf")
        os.mkdir(folder)
        self.run_it("receipts", "export", "1", "--to", file, status=FAILURE)
        self.assertIn("is no folder", self.err)
        for more in [], ["--force"]:
            self.run_it("receipts", "get", "1", "acuse", "--output", folder, *more, status=FAILURE)
            self.assertIn("is a folder", self.err)
        self.run_it("receipts", "get", "1", "acuse", "--output", self.path("none/a.pdf"), status=FAILURE)
        self.assertIn("there is no folder", self.err)
        self.run_it("receipts", "export", "99", "--to", self.path("never"), status=NOT_FOUND)
        self.assertFalse(os.path.exists(self.path("never")))

    def test_export_is_byte_for_byte_and_never_overwrites(self):
        folder = self.path("out/deep")
        names = self.run_it("receipts", "export", "1", "--to", folder).splitlines()
        acuse = folder + "/1-987654321-acuse.pdf"
        self.assertEqual(names, [acuse, folder + "/1-987654321-constancia.pdf"])
        with open(acuse, "rb") as file:
            self.assertEqual(file.read(), b"%PDF-1.4 acuse \xff\x00")
        self.assertEqual(self.run_json("receipts", "export", "1", "--to", folder)[0]["path"], acuse)
        self.path("out/deep/1-987654321-acuse.pdf", b"mine")
        self.run_it("receipts", "export", "1", "--to", folder, status=FAILURE)
        with open(acuse, "rb") as file:
            self.assertEqual(file.read(), b"mine")
        self.run_it("receipts", "export", "1", "--to", folder, "--force")
        with open(acuse, "rb") as file:
            self.assertEqual(file.read(), b"%PDF-1.4 acuse \xff\x00")


class Registrations(Case):
    def test_add_list_set(self):
        self.run_it("rp", "add", RP.lower(), "--name", "EJEMPLO", "--guia", "06400", "--enye", "n", "--force")
        self.assertEqual(self.calls("AddRegistration")[0][2],
                         [RP, {"name": "EJEMPLO", "guia": "06400", "enye": "n", "force": True}])
        self.assertEqual(self.run_json("rp", "list")[0]["rp"], RP)
        self.run_it("rp", "set", RP, "--name=OTRO")
        self.assertEqual(self.calls("Update")[0][0], f"/mx/idsed1/registration/{RP}")
        self.run_it("rp", "add", "../etc", status=INVALID)
        self.run_it("rp", "add", RP, "--enye=x", status=USAGE)
        self.control.Refuse("AddRegistration", "RegistrationExists", "there")
        self.run_it("rp", "add", RP, status=FAILURE)

    def test_pause_resume_remove(self):
        for verb, method in (("pause", "Pause"), ("resume", "Resume")):
            self.run_it("rp", verb, RP)
            self.assertEqual(len(self.calls(method)), 1)
        self.run_it("rp", "remove", RP, status=USAGE)
        self.run_it("rp", "remove", RP, "--yes")
        self.assertEqual(len(self.calls("Remove")), 1)


class Certificates(Case):
    def test_add_passes_descriptors_and_one_password(self):
        pfx, password = self.path("a.pfx", b"PFX"), self.path("password", b"secreta12\r\nrest")
        self.run_it("cert", "add", "--rp", f"{RP},{RP.lower()}", "--pfx", pfx, "--user=usuario01", "--password-file", password)
        self.assertEqual(self.calls("AddCertificate")[0][2],
                         ["imss", {"pfx": "PFX", "password": "secreta12"}, [RP, RP], {"user": "usuario01"}])
        self.assertIn("Certificate 9", self.out)
        cer, key = self.path("a.cer", b"CER"), self.path("a.key", b"KEY")
        self.run_it("cert", "add", "--rp", RP, "--cer", cer, "--key", key, "--password-file=-", input=b"secreta12")
        self.assertEqual(self.calls("AddCertificate")[0][2][:2],
                         ["efirma", {"cer": "CER", "key": "KEY", "password": "secreta12"}])

    def test_add_needs_whole_input(self):
        pfx = self.path("a.pfx", b"PFX")
        self.run_it("cert", "add", "--pfx", pfx, status=USAGE)
        self.run_it("cert", "add", "--rp", RP, "--cer", pfx, status=USAGE)
        self.run_it("cert", "add", "--rp", RP, "--pfx", pfx, "--key", pfx, status=USAGE)
        self.run_it("cert", "add", "--rp", RP, "--pfx", pfx, "--password-file", self.path("empty", b"\n"), status=INVALID)
        self.run_it("cert", "add", "--rp", RP, "--pfx", pfx, "--password-file", self.path("long", b"x" * 300),
                    status=INVALID)
        self.run_it("cert", "add", "--rp", RP, "--pfx", pfx, status=USAGE, start_new_session=True)
        self.assertEqual(self.calls("AddCertificate"), [])
        self.control.Refuse("AddCertificate", "WrongPassword", "it does not open")
        self.run_it("cert", "add", "--rp", RP, "--pfx", pfx, "--password-file", self.path("p", b"x"), status=INVALID)

    def test_the_password_is_asked_for_without_echo(self):
        pfx = self.path("a.pfx", b"PFX")
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(IDSECTL, [IDSECTL, "cert", "add", "--rp", RP, "--pfx", pfx], self.env)
        seen = b""
        while not seen.endswith(b"Password: "):
            seen += os.read(terminal, 1)
        os.write(terminal, b"de la terminal\n")
        while True:
            try:
                part = os.read(terminal, 1000)
            except OSError:
                break
            if not part:
                break
            seen += part
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), OK, seen)
        self.assertNotIn(b"terminal", seen)
        self.assertEqual(self.calls("AddCertificate")[0][2][1]["password"], "de la terminal")

    def test_list_show_test(self):
        self.assertEqual(self.run_json("cert", "list")[0]["registrations"], [RP])
        self.assertIn("00001000000500003415", self.run_it("cert", "show", "1"))
        self.run_it("cert", "test", "1", status=OK)
        self.run_it("cert", "test", "2", status=PORTAL)
        self.assertEqual(self.run_json("cert", "test", "3", status=HELD)["result"], "credentials")
        self.run_it("cert", "release", "1")
        self.run_it("cert", "remove", "1", "--yes")
        self.assertEqual(self.calls("Remove")[0][0], "/mx/idsed1/certificate/1")


class Others(Case):
    def test_profiles(self):
        self.assertEqual(self.run_json("profile", "list")[0]["can_send"], False)
        self.assertEqual(self.run_json("profile", "show")["steps"][1], {"step": "upload", "certainty": "unknown"})
        self.run_it("profile", "show", "other", status=NOT_FOUND)
        self.run_it("profile", "use", "imss", status=USAGE)  # which asks, and here is nobody to answer
        self.assertEqual(self.calls("UseProfile"), [])
        self.control.Set(4, json.dumps({"State": "queued"}))
        self.run_it("profile", "use", "imss", "--yes")
        calls = json.loads(self.control.Calls())
        self.assertEqual([call for call in calls if call[1] == "UseProfile"][0][2][0], "imss")
        self.assertLess([call[1] for call in calls].index("ListLots"), [call[1] for call in calls].index("UseProfile"))
        for part in ("never takes them: upload.", "'profile-incomplete'", "1 lot that waits to be sent is held so: 4."):
            self.assertIn(part, self.err)  # lot 2 is held already, for another reason
        self.run_it("profile", "use", "other", "--yes", status=NOT_FOUND)
        self.control.Refuse("ListLots", "AccessDenied", "not for you")
        self.run_it("profile", "use", "imss", "--yes")
        self.control.Refuse("UseProfile", "WrongState", "lots are under way")
        self.run_it("profile", "use", "imss", "--yes", status=FAILURE)

    def test_explain(self):
        text = self.run_it("explain", "031")
        for part in "the CURP is another", "the worker", "send it again later", "idse-sim":
            self.assertIn(part, text)
        self.assertEqual(self.calls("ExplainCode")[0][2], ["031", "en"])
        text = self.run_it("explain", "099")
        for part in "no advice", "UNO", "DOS":
            self.assertIn(part, text)
        lines = self.run_it("explain").split("\n")
        self.assertRegex(lines[1], r"^031 .*the CURP is another")
        self.assertRegex(lines[2], r"^099 .*UNO .*3$")
        code = self.run_json("explain")[1]
        self.assertEqual(code["texts"][0]["movements"], 2)
        self.assertIs(code["known"], False)
        self.run_it("explain", "777", status=NOT_FOUND)

    def test_completion_asks_the_daemon(self):
        self.assertEqual(self.run_it("complete", "--", "show", "").split("\n")[0], "4\tsending")
        self.assertEqual(self.run_it("complete", "--", "rp", "pause", "Z99000011").strip().split("\t")[0], RP)

    def test_a_file_that_is_not_there_ends_with_3_one_that_cannot_be_read_with_1(self):
        good, folder, missing = self.path("good.pfx", b"x"), self.path("folder"), self.path("none")
        os.mkdir(folder)
        for status, words, file in (NOT_FOUND, "No such file", missing), (FAILURE, "Is a directory", folder):
            for arguments in (["submit", file], ["retry", "3", "--only-rejected", "--with", file],
                              ["cert", "add", "--rp", RP, "--user", "x", "--pfx", file, "--password-file", good],
                              ["cert", "add", "--rp", RP, "--user", "x", "--pfx", good, "--password-file", file],
                              ["reconcile", "--roster", file, "--rp", RP]):
                self.run_it(*arguments, status=status)
                self.assertIn(words, self.err, arguments)
                self.assertIn(file, self.err, arguments)

    def test_output_that_cannot_be_written_is_a_failure(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([IDSECTL, "list"], env=self.env, stdout=full, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, FAILURE)

    def test_help_needs_no_daemon(self):
        self.assertIn("Exit status", self.run_it("help", "--address=unix:path=/nonexistent"))
        self.assertIn("--pfx", self.run_it("cert", "add", "--help"))

    def test_help_of_a_group_of_verbs_is_that_of_each(self):
        with open(os.path.join(os.path.dirname(__file__), "../../docs/reference.md"), encoding="utf-8") as file:
            verbs = re.findall(r"^\| `([a-z]+ [a-z]+)` \|", file.read(), re.MULTILINE)
        groups = {verb.split()[0] for verb in verbs}
        self.assertLessEqual({"cert", "rp", "user", "worker", "receipts", "profile", "history"}, groups)
        for group in groups:
            for asked in (group, "--help"), (group, "-h"), ("--help", group), ("help", group):
                text = self.run_it(*asked)
                shown = re.findall(r"^Usage: idsectl ([a-z]+(?: [a-z]+)?)", text, re.MULTILINE)
                self.assertEqual(sorted(name for name in shown if " " in name),
                                 sorted(verb for verb in verbs if verb.startswith(group + " ")), asked)
        self.assertIn("Usage: idsectl history [", self.run_it("history", "--help"))
        self.run_it("cert", status=USAGE)
        self.run_it("cert", "none", "--help", status=USAGE)


if __name__ == "__main__":
    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    unittest.main()
