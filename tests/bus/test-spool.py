#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
The spool with the real daemon on a private bus: files that are moved into a folder are submitted by their owner, answered
and moved away, each once, whatever comes in between. Nothing is sent: the portal's address leads nowhere. As root, for files
of several owners; in a build with crash points also with a daemon that dies at each of them.

usage: test-spool.py IDSED POLICY IDSECTL
"""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import dbus

from harness import CONFIG, LOT, MANAGER, REGISTRATION, ROOT, RP, RP_2, House, baja, dispmag, invoke, nss, option, reingreso

IDSED, POLICY, IDSECTL = (os.path.abspath(path) for path in sys.argv[1:4])
CONFIG += "MaxFileSize=1M\n[Spool]\nPath={}\n"
OWNER, STRANGER = 12345, 23456
LIMIT = 60
POINTS = ("intake-begun", "submit-before-commit", "submit-after-commit", "spool-taken", "spool-told", "spool-moved")


class SpoolTest(unittest.TestCase):
    number = 0

    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="idsed-spool.")
        os.chmod(self.temporary.name, 0o755)
        self.top = pathlib.Path(self.temporary.name)
        for side in "in", "out":
            (self.top / side).mkdir(mode=0o755)
        for rp in RP, RP_2:
            self.make_folder(rp)
        self.house = House(IDSED, POLICY, CONFIG.format(self.top))
        self.bus = self.house.connect()
        for rp in RP, RP_2:
            self.manager("AddRegistration", rp, option({}))

    def tearDown(self):
        self.bus.close()
        self.addCleanup(self.temporary.cleanup)
        self.house.end()

    def make_folder(self, rp, owner=OWNER):
        for side in "in", "out":
            path = self.top / side / rp
            path.mkdir()
            os.chown(path, owner, 0)
            path.chmod(0o2770)

    def manager(self, method, *arguments):
        return invoke(self.bus, ROOT, MANAGER, method, *arguments)

    def lots(self):
        rows, _ = self.manager("ListLots", option({}), dbus.UInt64(0), dbus.UInt32(1000))
        return {int(row["Id"]): row for row in rows}

    def records(self, n=1, rp=RP, make=reingreso):
        first = SpoolTest.number
        SpoolTest.number += n
        return dispmag([make(i, rp) for i in range(first, first + n)])

    def prepare(self, data, name="beside", owner=OWNER, mode=0o644):
        path = self.top / name
        path.write_bytes(data)
        os.chown(path, owner, 0)
        path.chmod(mode)
        return path

    def put(self, name, data, rp=RP, beside="beside", **more):
        """Moves a file in, as programs should."""
        self.prepare(data, beside, **more).rename(self.top / "in" / rp / name)

    def until(self, what, look):
        end = time.monotonic() + LIMIT
        while not (found := look()):
            self.assertLess(time.monotonic(), end, f"this did not happen: {what}\n" + open(self.house.log).read()[-2000:])
            self.assertIsNone(self.house.daemon.poll(), "the daemon died")
            time.sleep(0.01)
        return found

    def result(self, name, rp=RP):
        """What is told of a file, once it was moved away."""
        path = self.top / "out" / rp / f"{name}.result.json"
        self.until(f"a result of {name}", path.exists)
        self.until(f"{name} goes away", lambda: not (self.top / "in" / rp / name).exists())
        return json.loads(path.read_text())

    def waiting(self, rp=RP):
        return sorted(path.name for path in (self.top / "in" / rp).iterdir())

    def out(self, rp=RP):
        """What a reader sees: a result that is being written has a hidden name."""
        return sorted(path.name for path in (self.top / "out" / rp).iterdir() if not path.name.startswith("."))

    # ---- what is taken ----

    def test_a_file_that_is_moved_in_is_submitted_by_its_owner_and_answered(self):
        data = self.records(3)
        self.put("altas.txt", data)
        result = self.result("altas.txt")
        self.assertEqual((result["result"], result["error"], result["registration"]), ("submitted", None, RP))
        lot, = result["lots"]
        self.assertEqual((lot["movements"], lot["type"], lot["hold_reason"]), (3, "reingreso", "certificate-missing"))
        row, = self.lots().values()
        self.assertEqual((row["Id"], row["CreatedBy"], row["Source"]), (lot["lot"], f"uid {OWNER}", "altas.txt"))
        moved = self.top / "out" / RP / "altas.txt"
        self.assertEqual(moved.read_bytes(), data)
        self.assertEqual(moved.stat().st_uid, OWNER)
        self.assertEqual(self.waiting(), [])
        records, _ = self.manager("ListHistory", option({"who": f"uid {OWNER}"}), dbus.UInt64(0), dbus.UInt32(5))
        self.assertEqual([(str(row["action"]), str(row["object"]), str(row["outcome"])) for row in records],
                         [("submit", f"lot {lot['lot']}", "ok")])
        mode = (self.top / "out" / RP / "altas.txt.result.json").stat().st_mode
        self.assertEqual(mode & 0o777, 0o644)

    def test_a_file_that_is_written_there_is_taken_when_it_is_closed(self):
        data = self.records(2)
        path = self.top / "in" / RP / "slow.txt"
        with open(path, "wb") as f:
            os.chown(path, OWNER, 0)
            path.chmod(0o644)
            f.write(data[:200])
            f.flush()
            self.put("other.txt", self.records())
            self.result("other.txt")
            f.write(data[200:])
        self.assertEqual(self.result("slow.txt")["lots"][0]["movements"], 2)

    @contextlib.contextmanager
    def slowly(self, name, data):
        """A file of which half is there; the rest comes, and it is closed, at the end."""
        path = self.top / "in" / RP / name
        with open(path, "wb", buffering=0) as f:
            os.chown(path, OWNER, 0)
            path.chmod(0o644)
            f.write(data[:len(data) // 2])
            yield f
            f.write(data[len(data) // 2:])

    def test_a_file_that_is_being_written_at_a_start_is_taken_when_it_is_closed(self):
        data = self.records(6)
        self.house.stop()
        with self.slowly("half.txt", data):
            self.put("other.txt", self.records())
            self.house.start()
            self.result("other.txt")
            self.assertEqual((self.waiting(), len(self.lots())), (["half.txt"], 1))
        self.assertEqual(self.result("half.txt")["lots"][0]["movements"], 6)
        self.assertEqual((self.top / "out" / RP / "half.txt").read_bytes(), data)
        self.assertEqual(len(self.lots()), 2)

    def test_a_file_that_is_being_written_when_the_folder_is_looked_through_is_taken_when_it_is_closed(self):
        data = self.records(6)
        with self.slowly("half.txt", data):
            for i in range(3):
                (self.top / "in" / RP).chmod(0o2775 if i % 2 else 0o2770)  # of which there is news of all that lies there
                self.put(f"{i}.txt", self.records())
                self.result(f"{i}.txt")
            self.assertEqual(self.waiting(), ["half.txt"])
        self.assertEqual(self.result("half.txt")["lots"][0]["movements"], 6)
        self.assertEqual(len(self.lots()), 4)

    def test_a_file_that_is_moved_in_while_it_is_written_is_taken_when_it_is_closed(self):
        data = self.records(6)
        with self.slowly(".half", data):
            (self.top / "in" / RP / ".half").rename(self.top / "in" / RP / "half.txt")
            self.put("other.txt", self.records())
            self.result("other.txt")
            self.assertEqual(self.waiting(), ["half.txt"])
        self.assertEqual(self.result("half.txt")["lots"][0]["movements"], 6)

    def test_a_writer_that_nobody_hears_of_is_waited_for_too(self):
        data = self.records(6)
        with self.slowly(".half", data):
            os.link(self.top / "in" / RP / ".half", self.top / "in" / RP / "half.txt")  # it is closed under the other name
            (self.top / "in" / RP / ".half").rename(self.top / "elsewhere")
            self.put("other.txt", self.records())
            self.result("other.txt")
            self.assertEqual(self.waiting(), ["half.txt"])
            (self.top / "elsewhere").unlink()
        self.assertEqual(self.result("half.txt")["lots"][0]["movements"], 6)

    def test_who_writes_a_file_that_is_being_taken_waits_so_that_what_was_read_is_what_is_kept(self):
        for i in range(20):
            self.put(f"{i}.txt", data := self.records(200))
            with contextlib.suppress(FileNotFoundError), open(self.top / "in" / RP / f"{i}.txt", "ab", buffering=0) as f:
                f.write(b"more")
            # Either it was opened before, and is refused for what was added, or it was taken as it was.
            result = self.result(f"{i}.txt")
            kept = (self.top / "out" / RP / f"{i}.txt").read_bytes()
            if result["result"] == "submitted":
                self.assertEqual((result["lots"][0]["movements"], kept[:len(data)]), (200, data))
            else:
                self.assertEqual((result["result"], kept), ("refused", data + b"more"))

    def without_leases(self):
        """The daemon may not ask the kernel who writes the files of others."""
        wrapper = self.top / "idsed"
        wrapper.write_text(f'#!/bin/sh\nexec setpriv --bounding-set=-lease --inh-caps=-lease {IDSED} "$@"\n')
        wrapper.chmod(0o755)
        self.house.stop()
        self.house.idsed = str(wrapper)

    def test_where_nobody_knows_who_writes_a_file_must_lie_still_before_it_is_taken(self):
        data = self.records(6)
        self.without_leases()
        with self.slowly("half.txt", data):
            self.put("still.txt", self.records())
            self.house.start()
            self.put("moved.txt", self.records())
            self.result("moved.txt")
            self.assertEqual((self.waiting(), len(self.lots())), (["half.txt", "still.txt"], 1))
        self.assertEqual(self.result("half.txt")["lots"][0]["movements"], 6)
        self.assertEqual(self.result("still.txt")["result"], "submitted")
        self.assertEqual(len(self.lots()), 3)

    def test_a_second_name_that_becomes_the_only_one_is_taken(self):
        source = self.prepare(self.records())
        os.link(source, self.top / "in" / RP / "x.txt")
        source.unlink()
        self.assertEqual(self.result("x.txt")["result"], "submitted")

    def test_files_that_are_being_written_are_left_alone(self):
        for name in (".hidden", "x.tmp", "x.part", "x~"):
            self.put(name, self.records())
        self.put("last.txt", self.records())
        self.result("last.txt")
        self.assertEqual(self.waiting(), sorted([".hidden", "x.tmp", "x.part", "x~"]))
        self.assertEqual(len(self.lots()), 1)

    def test_tables_are_taken_like_records(self):
        head = "RP;NSS;Apellido paterno;Nombre(s);Tipo de movimiento;Fecha;Causa de baja"
        row = f"{RP};{nss(777777)};Núñez;Íñigo;Baja;20/11/2026;separación voluntaria"
        self.put("bajas.csv", f"{head}\n{row}\n".encode())
        lot, = self.result("bajas.csv")["lots"]
        self.assertEqual((lot["type"], lot["movements"]), ("baja", 1))
        self.put("mala.csv", f"{head}\n{row.replace(nss(777777), '9.9E+10')}\n".encode("cp1252"))
        rules = [finding["rule"] for finding in self.result("mala.csv")["findings"] if finding["severity"] == "error"]
        self.assertEqual(rules, ["scientific-notation"])

    def test_a_name_that_is_no_text_is_left_alone_and_told(self):
        os.rename(self.prepare(self.records()), os.fsencode(self.top / "in" / RP) + b"/\xff.txt")
        self.put("x.txt", self.records())
        self.result("x.txt")
        self.assertEqual(len(self.lots()), 1)
        self.assertIn("IDSE_EVENT=spool-stuck", open(self.house.log).read())

    def test_a_mixed_file_makes_several_lots(self):
        first = SpoolTest.number
        SpoolTest.number += 2
        self.put("mixed.txt", dispmag([reingreso(first), baja(first + 1)]))
        self.assertEqual(sorted(lot["type"] for lot in self.result("mixed.txt")["lots"]), ["baja", "reingreso"])

    def test_names_in_any_script(self):
        for name in ("nómina ñandú 2026.txt", "社員.txt", "-rf", "a" * 250):
            self.put(name, self.records())
            shown = name if len(name) < 200 else name[:200]
            self.assertEqual(self.result(shown)["file"], name)

    def test_a_file_that_came_while_nobody_looked_is_found_at_the_start(self):
        self.house.stop()
        self.put("b.txt", self.records())
        time.sleep(0.02)
        self.put("a.txt", self.records())
        self.house.start()
        first, second = self.result("b.txt"), self.result("a.txt")
        self.assertLess(first["lots"][0]["lot"], second["lots"][0]["lot"])  # the older one first

    def test_a_folder_that_comes_later_is_watched(self):
        rp = "A9900003103"
        self.manager("AddRegistration", rp, option({"force": True}))
        self.make_folder(rp)
        self.put("x.txt", self.records(rp=rp), rp=rp)
        self.assertEqual(self.result("x.txt", rp)["result"], "submitted")

    def test_two_files_with_equal_bytes_are_one_submission(self):
        data = self.records(2)
        self.put("one.txt", data)
        one = self.result("one.txt")
        self.put("two.txt", data)
        two = self.result("two.txt")
        self.assertEqual((one["result"], two["result"]), ("submitted", "existing"))
        self.assertEqual(one["lots"][0]["lot"], two["lots"][0]["lot"])
        self.assertEqual(len(self.lots()), 1)

    def test_a_name_that_comes_again_hides_no_result(self):
        for _ in range(3):
            self.put("diario.txt", self.records())
            self.until("it is taken", lambda: not self.waiting())
        self.until("all results", lambda: len([name for name in self.out() if name.endswith(".result.json")]) == 3)
        self.assertEqual(self.out(), sorted(f"{name}{end}" for name in ("diario.txt", "diario.txt.2", "diario.txt.3")
                                            for end in ("", ".result.json")))
        self.assertEqual(len(self.lots()), 3)

    def test_the_result_follows_the_lots(self):
        self.put("x.txt", self.records())
        lot = self.result("x.txt")["lots"][0]["lot"]
        invoke(self.bus, f"{ROOT}/lot/{lot}", LOT, "Cancel", option({}))
        self.until("the result says so", lambda: self.result("x.txt")["lots"][0]["state"] == "cancelled")

    def test_what_is_submitted_here_waits_for_approval_too(self):
        invoke(self.bus, f"{ROOT}/registration/{RP}", REGISTRATION, "Update", option({"approval": True}))
        self.put("x.txt", self.records())
        lot = self.result("x.txt")["lots"][0]
        self.assertEqual(lot["hold_reason"], "approval")
        invoke(self.bus, f"{ROOT}/lot/{lot['lot']}", LOT, "Approve", option({}))  # root is another than the owner of the folder
        self.until("it is approved", lambda: self.result("x.txt")["lots"][0]["hold_reason"] == "certificate-missing")

    def test_a_thousand_files_at_once(self):
        data = [self.records() for _ in range(1000)]
        for i, bytes_ in enumerate(data):
            self.put(f"{i:04}.txt", bytes_)
        self.until("all are taken", lambda: not self.waiting())
        self.until("all are answered", lambda: len([n for n in self.out() if n.endswith(".result.json")]) == 1000)
        self.assertEqual(len(self.lots()), 1000)
        for i, bytes_ in enumerate(data):
            self.assertEqual((self.top / "out" / RP / f"{i:04}.txt").read_bytes(), bytes_)

    # ---- what is refused ----

    def refused(self, name="x", rp=RP):
        result = self.result(name, rp)
        self.assertEqual((result["result"], result["lots"]), ("refused", []))
        self.assertIn(name, self.out(rp))
        self.assertEqual(len(self.lots()), 0)
        return result

    def test_a_bad_file_goes_out_with_its_findings(self):
        data = self.records(2)
        self.put("x", data.replace(b"PEREZ", b"PER=Z", 1)[:-400])
        result = self.refused()
        self.assertEqual(result["error"]["name"].rsplit(".")[-1], "InvalidFile")
        self.assertTrue([finding for finding in result["findings"] if finding["severity"] == "error"])
        self.assertIn("Refused", result["text"])

    def test_movements_of_another_registration_are_refused(self):
        self.put("x", self.records(rp=RP_2))
        self.assertIn(f"movements of {RP_2}, and this is the folder of {RP}", self.refused()["error"]["text"])

    def test_bytes_that_were_submitted_elsewhere_open_no_other_folder(self):
        data = self.records(rp=RP_2)
        self.put("x", data, rp=RP_2)
        self.assertEqual(self.result("x", RP_2)["result"], "submitted")
        self.put("x", data)
        self.assertEqual(self.result("x")["result"], "refused")

    def test_the_command_line_looks_for_the_registration_before_its_owner_and_the_group(self):
        for rp, status, text in ("B9900004107", 3, "not known"), (RP, 2, "There is no user"):
            done = subprocess.run([IDSECTL, f"--address={self.house.address}", "rp", "spool", rp, "--owner=nobody-at-all"],
                                  text=True, capture_output=True, env=dict(os.environ, LC_ALL="C.UTF-8"), check=False)
            self.assertEqual(done.returncode, status, done.stderr)
            self.assertIn(text, done.stderr)

    def test_a_registration_that_is_not_registered(self):
        rp = "B9900004107"
        self.make_folder(rp)
        self.put("x", self.records(rp=rp), rp=rp)
        self.assertEqual(self.refused(rp=rp)["error"]["name"].rsplit(".")[-1], "UnknownRegistration")

    def test_a_movement_that_is_under_way_is_refused(self):
        data = self.records()
        self.put("one", data)
        self.result("one")
        self.put("x", data.replace(b"PEREZ", b"PERES"))
        self.assertEqual(self.result("x")["error"]["name"].rsplit(".")[-1], "DuplicateMovement")

    def test_files_of_strangers_are_refused(self):
        self.put("x", self.records(), owner=STRANGER)
        self.assertIn("belongs neither", self.refused()["error"]["text"])

    def test_files_of_nobody_are_refused(self):
        rp = "A9900003103"
        self.manager("AddRegistration", rp, option({"force": True}))
        self.make_folder(rp, owner=65534)
        self.put("x", self.records(rp=rp), rp=rp, owner=65534)
        self.assertIn("cannot be told", self.refused(rp=rp)["error"]["text"])

    def test_root_may_put_files_into_any_folder(self):
        self.put("x", self.records(), owner=0)
        self.assertEqual(self.result("x")["submitted_by"], "uid 0")

    def test_what_is_no_plain_file_is_refused_unopened(self):
        secret = self.prepare(self.records(), name="secret")
        folder = self.top / "in" / RP
        os.mkfifo(self.top / "pipe")
        cases = {"link": lambda: os.symlink(secret, folder / "link"), "pipe": lambda: (self.top / "pipe").rename(folder / "pipe"),
                 "hard": lambda: self.put("hard", self.records(), beside="twice")}
        self.house.stop()
        for make in cases.values():
            make()
        os.link(folder / "hard", self.top / "twice")
        self.house.start()
        for name, text in ("link", "not a regular file"), ("pipe", "not a regular file"), ("hard", "second name"):
            self.assertIn(text, self.result(name)["error"]["text"])
        self.assertEqual(len(self.lots()), 0)
        self.assertTrue(secret.exists())

    def test_what_is_made_there_and_is_no_plain_file_is_refused_too(self):
        secret = self.prepare(self.records(), name="secret")
        folder = self.top / "in" / RP
        os.symlink(secret, folder / "link")
        os.mkfifo(folder / "pipe")
        os.link(secret, folder / "hard")
        for name, text in ("link", "not a regular file"), ("pipe", "not a regular file"), ("hard", "second name"):
            self.assertIn(text, self.result(name)["error"]["text"])
        self.assertEqual((len(self.lots()), self.waiting()), (0, []))

    def test_strange_modes_and_sizes_are_refused(self):
        self.put("x", self.records(), mode=0o4644)
        self.assertIn("set-uid", self.result("x")["error"]["text"])
        self.put("empty", b"")
        self.assertIn("empty", self.result("empty")["error"]["text"])
        self.put("huge", b"x" * (2 << 20))
        self.assertEqual(self.result("huge")["error"]["name"].rsplit(".")[-1], "TooLarge")
        self.assertEqual(len(self.lots()), 0)

    def test_a_link_in_the_folder_of_results_is_not_followed(self):
        victim = self.prepare(b"precious", name="victim")
        os.symlink(victim, self.top / "out" / RP / "x.result.json")
        os.symlink(victim, self.top / "out" / RP / ".x.2.result.json.tmp")
        self.put("x", self.records())
        self.until("it is answered", (self.top / "out" / RP / "x.2.result.json").exists)
        self.assertEqual(victim.read_bytes(), b"precious")
        self.assertFalse((self.top / "out" / RP / "x.2.result.json").is_symlink())

    def test_without_a_folder_for_results_a_file_stays_and_is_taken_when_there_is_one(self):
        (self.top / "out" / RP).rename(self.top / "out" / "away")
        self.put("x", self.records())
        self.until("it is told", lambda: "IDSE_EVENT=spool-stuck" in open(self.house.log).read())
        self.assertEqual((self.waiting(), len(self.lots())), (["x"], 0))
        self.assertEqual(open(self.house.log).read().count("IDSE_EVENT=spool-stuck"), 1)
        ok, text = self.diagnosis()
        self.assertFalse(ok)
        self.assertIn(f"out/{RP}: No such file or directory; put it right with 'idsectl rp spool {RP} --owner=USER'", text)
        (self.top / "out" / "away").rename(self.top / "out" / RP)
        self.house.stop()
        self.house.start()
        self.assertEqual(self.result("x")["result"], "submitted")
        self.assertEqual(self.diagnosis(), (True, f"Files are taken from 2 folders of {self.top}."))

    def diagnosis(self):
        check, = (check for check in self.manager("Diagnose") if check["name"] == "spool")
        return bool(check["ok"]), str(check["text"])

    # ---- crashes ----

    def test_each_file_is_taken_once_whenever_the_daemon_is_killed(self):
        for round_ in range(8):
            self.put(f"{round_}.txt", self.records(20))
            time.sleep(0.004 * round_)
            self.house.stop(signal.SIGKILL)
            self.house.start()
            result = self.result(f"{round_}.txt")
            self.assertIn(result["result"], ("submitted", "existing"))
            self.assertEqual(len(self.lots()), round_ + 1)

    def test_each_file_is_taken_once_wherever_the_daemon_dies(self):
        for i, point in enumerate(POINTS):
            data = self.records(3)
            self.house.stop()
            os.environ["IDSED_CRASH_AT"] = point
            self.house.start()
            del os.environ["IDSED_CRASH_AT"]
            self.put(f"{point}.txt", data)
            try:
                self.assertEqual(self.house.daemon.wait(3), -signal.SIGKILL, point)
            except subprocess.TimeoutExpired:
                self.skipTest("this build has no crash points")
            self.house.notify.close()
            self.house.start()
            result = self.result(f"{point}.txt")
            self.assertEqual(result["lots"][0]["movements"], 3)
            self.assertEqual((self.top / "out" / RP / f"{point}.txt").read_bytes(), data)
            self.assertEqual(len(self.lots()), i + 1, point)


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("files of several owners need root")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1], verbosity=2)
