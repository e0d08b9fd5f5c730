#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The packages on a system that runs: upgraded with a queue, removed, installed again, purged. Run by tests/boot/boot inside the
container, as root, once; the tests go on from one another, in the order of their names."""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import unittest

import inside
from inside import CONFIG, KEY, SIM, counts, event, lot, lots, main_pid, movements, run, show, until

HERE = pathlib.Path("/usr/lib/idsed-boot")
STATE = pathlib.Path("/var/lib/idsed")
CONF = pathlib.Path("/etc/idsed")
UNATTENDED = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}


def dpkg(*arguments):
    return run("dpkg", "--force-unsafe-io", *arguments, env=UNATTENDED)


def install(version):
    """What 0.1.0 had too."""
    return dpkg("--install", *(str(path) for path in (HERE / version).glob("*.deb") if "notify" not in path.name))


def version():
    return run("dpkg-query", "--show", "--showformat=${Version}", "idsed").stdout


def ledger():
    return [json.loads(line)["sha256"] for line in (SIM / "ledger.jsonl").read_text().splitlines()]


def key_hash():
    return hashlib.sha256(KEY.read_bytes()).hexdigest()


def put(source, target, user, mode=0o600):
    shutil.copy(source, target)
    shutil.chown(target, user, user)
    target.chmod(mode)


class Packages(unittest.TestCase):
    lots = None
    key = None

    def test_01_an_upgrade_takes_a_queue_of_0_1_0_over(self):
        dpkg("--remove", "idse-notify")  # which 0.1.0 did not have
        install("old")
        self.assertEqual(version(), "0.1.0")
        run("systemctl", "stop", "idsed.service")
        self.leave_what_0_1_0_left()
        run("systemctl", "start", "idse-sim.service")
        install("new")
        self.assertNotEqual(version(), "0.1.0")
        rows = {row["id"]: row for row in lots()}
        self.assertEqual(sorted(rows), list(range(1, 11)))
        self.assertEqual({number: rows[number]["state"] for number in (1, 2, 3, 10)},
                         {1: "accepted", 2: "partial", 3: "rejected", 10: "cancelled"})
        copy, = STATE.glob("idsed.db.v1-*")
        self.assertEqual(copy.stat().st_mode & 0o7777, 0o600)
        self.assertEqual(run("sqlite3", str(copy), "PRAGMA user_version; SELECT count(*) FROM lot").stdout, "1\n10\n")
        for number in 4, 5, 6, 7, 8:
            until(f"lot {number} is answered", lambda n=number: lot(n)["state"] == "accepted")
        self.assertEqual((lot(9)["state"], lot(9)["hold_reason"]), ("queued", "operator"))
        run("idsectl", "release", "9")
        until("lot 9 is answered", lambda: lot(9)["state"] == "accepted")
        self.assertEqual((len(ledger()), len(set(ledger()))), (9, 9))  # all but the cancelled one, each once
        for word, number in ("found", "5"), ("absent", "7"):
            self.assertIn(number, [entry["IDSE_LOT"] for entry in event(word)])
        run("idsectl", "history", "verify")

    def leave_what_0_1_0_left(self):
        left = HERE / "store-v1"
        for path in STATE.iterdir():
            path.unlink()
        KEY.unlink()
        run("systemd-creds", "encrypt", "--name=idsed.key", str(left / "idsed.key"), str(KEY))
        dump = pathlib.Path("/run/idsed-v1.db")
        with open(left / "idsed.sql", encoding="utf-8") as sql:
            subprocess.run(("sqlite3", dump), stdin=sql, check=True, timeout=60)
        put(dump, STATE / "idsed.db", "idsed")
        (CONF / "idsed.conf.d/boot.conf").write_text(CONFIG)
        inside.prepare_portal()
        shutil.copytree(left / "sim", SIM, dirs_exist_ok=True)
        (SIM / "faults").write_text("")
        SIM.chmod(0o711)
        for path in SIM, *SIM.rglob("*"):
            shutil.chown(path, "idse-sim", "idse-sim")
            path.chmod(0o711 if path.is_dir() else 0o600)
        (SIM / "ca.pem").chmod(0o644)

    def test_02_an_upgrade_in_the_middle_of_sending_sends_once(self):
        install("old")
        self.assertEqual(version(), "0.1.0")
        self.assertEqual(show("ActiveState"), "active")
        (SIM / "faults").write_text("upload delay=2 times=1\n")
        run("systemctl", "reload", "idse-sim.service")
        inside.Boot.rp = "Z9900001108"
        sent, stopped, pid = len(ledger()), len(event("stopping")), main_pid()
        run("idsectl", "submit", str(movements(2001)))
        until("it is being sent", lambda: lot(11)["state"] == "sending")
        install("new")
        self.assertEqual(len(event("stopping")), stopped + 1)  # in order
        self.assertEqual((show("ActiveState"), show("Result")), ("active", "success"))
        self.assertNotEqual(main_pid(), pid)
        until("it is answered", lambda: lot(11)["state"] == "accepted")
        self.assertEqual((len(ledger()), len(set(ledger()))), (sent + 1, sent + 1))

    def test_03_removing_stops_it_and_keeps_its_data(self):
        Packages.lots, Packages.key = lots(), key_hash()
        stopped = len(event("stopping"))
        dpkg("--remove", "idsed")
        self.assertEqual(len(event("stopping")), stopped + 1)
        self.assertEqual(show("LoadState"), "not-found")
        self.assertEqual(show("LoadState", "idsed-hook.socket"), "not-found")
        self.assertEqual(run("idsectl", "list", check=False).returncode, 5)  # nobody comes when called
        self.assertEqual(key_hash(), Packages.key)
        self.assertTrue((STATE / "idsed.db").exists())
        self.assertTrue((CONF / "idsed.conf").exists())

    def test_04_installed_again_it_goes_on(self):
        install("new")
        self.assertEqual(show("ActiveState"), "active")
        self.assertEqual(show("UnitFileState"), "enabled")
        self.assertEqual(lots(), Packages.lots)
        self.assertEqual(key_hash(), Packages.key)
        run("systemctl", "stop", "idsed.service")
        counts()
        self.assertEqual(show("ActiveState"), "active")  # the call started it
        self.assertEqual(run("dpkg", "--audit").stdout, "")
        self.assertEqual(show("UnitFileState", "idse-sim.service"), "disabled")
        for package in (HERE / "new").glob("idse-notify_*.deb"):
            dpkg("--install", str(package))
        self.assertTrue(pathlib.Path("/etc/systemd/user/graphical-session.target.wants/idse-notify.service").is_symlink())

    def test_05_an_unattended_purge_keeps_the_data_and_says_so(self):
        told = dpkg("--purge", "idsed").stderr
        for path in str(STATE), str(KEY), "by hand":
            self.assertIn(path, told)
        self.assertFalse((CONF / "idsed.conf").exists())
        self.assertTrue((CONF / "idsed.conf.d/boot.conf").exists())  # not the package's
        self.assertFalse(pathlib.Path("/etc/systemd/system/multi-user.target.wants/idsed.service").exists())
        policy = pathlib.Path("/usr/sbin/policy-rc.d")  # of an administrator who starts services in person
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
        install("new")
        self.assertEqual(show("ActiveState"), "inactive")
        policy.unlink()
        self.assertEqual(lots(), Packages.lots)
        self.assertEqual(key_hash(), Packages.key)

    def test_06_a_purge_asks(self):
        self.assertIn("Delete the queue", self.purge_and_answer("no"))
        self.assertTrue((STATE / "idsed.db").exists() and KEY.exists())
        install("new")
        self.assertEqual(lots(), Packages.lots)
        self.purge_and_answer("yes")
        self.assertFalse(STATE.exists() or KEY.exists())
        install("new")
        self.assertEqual(lots(), [])

    @staticmethod
    def purge_and_answer(answer):
        """On a terminal, where debconf asks."""
        return run("script", "--quiet", "--return", "--command", "dpkg --force-unsafe-io --purge idsed", "/dev/null",
                   input=answer + "\n", env={**os.environ, "DEBIAN_FRONTEND": "teletype", "TERM": "dumb"}).stdout

    def test_07_a_purge_that_was_told_to_before_deletes(self):
        run("debconf-set-selections", input="idsed idsed/purge-data boolean true\n")
        dpkg("--purge", "idsed", "idsectl", "idse-sim", "idse-notify", "idsed-common")
        left = [path for path in (STATE, CONF, KEY, SIM, pathlib.Path("/var/lib/idsed-hook"), pathlib.Path("/var/spool/idsed"))
                if path.exists()]
        self.assertEqual(left, [])
        self.assertEqual(show("ActiveState", "idse-sim.service"), "inactive")
        self.assertEqual(run("debconf-show", "idsed").stdout, "")


if __name__ == "__main__":
    unittest.main(failfast=True, verbosity=2)
