#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""idsed as a service of a real systemd: run by tests/boot/boot inside the container, as root, once. The tests go on from
one another, in the order of their names."""

import contextlib
import hashlib
import json
import os
import pathlib
import re
import signal
import subprocess
import threading
import time
import unittest

import dbus
import dbus.lowlevel
import dbus.service

NAME, ROOT, MANAGER = "mx.idsed1", "/mx/idsed1", "mx.idsed1.Manager"
SIM = pathlib.Path("/var/lib/idse-sim")
KEY = pathlib.Path("/etc/credstore.encrypted/idsed.key")
DROP_INS = pathlib.Path("/etc/systemd/system")
MAKE = "/usr/lib/idsed-boot/make-movements"
PATIENCE = 25

CONFIG = """[Portal]
CAFile=/var/lib/idse-sim/ca.pem
ConnectTimeoutSec=2
[Polling]
MinSec=1
MaxSec=2
[Sending]
RetryFirstSec=1
RetryMaxSec=2
UncertainSettleSec=5
"""


def run(*command, user=None, check=True, **more):
    if user:
        command = ("runuser", "-u", user, "--", *command)
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, **more)
    if check and done.returncode:
        raise AssertionError(f"{command} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done


def show(prop, unit="idsed.service"):
    return run("systemctl", "show", "-P", prop, unit).stdout.strip()


def main_pid():
    return int(show("MainPID"))


def until(what, condition):
    """What happens in other processes, of which some have no event to wait for."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"in vain: {what}\n" + run("journalctl", "-n", "40", "--no-pager", check=False).stdout)


def journal(*match):
    run("journalctl", "--sync")
    lines = run("journalctl", "--output=json", "--all", *match, check=False).stdout.splitlines()
    return [json.loads(line) for line in lines]


def event(word):
    return journal("_SYSTEMD_UNIT=idsed.service", f"IDSE_EVENT={word}")


def manager(method, *arguments):
    """On a connection of its own, so that idsed may come and go."""
    bus = dbus.SystemBus(private=True)
    try:
        return bus.get_object(NAME, ROOT, introspect=False).get_dbus_method(method, MANAGER)(*arguments, timeout=PATIENCE)
    finally:
        bus.close()


def counts():
    bus = dbus.SystemBus(private=True)
    try:
        return dict(bus.get_object(NAME, ROOT, introspect=False).get_dbus_method(
            "Get", "org.freedesktop.DBus.Properties")(MANAGER, "LotCounts", timeout=PATIENCE))
    finally:
        bus.close()


def lots():
    return json.loads(run("idsectl", "list", "--json").stdout)


def lot(number):
    return json.loads(run("idsectl", "show", "--json", str(number)).stdout)


def movements(first, count=5):
    path = pathlib.Path(f"/run/movements-{first}.txt")
    path.write_bytes(subprocess.run([MAKE, "--type", "08", "--rp", Boot.rp, "--first", str(first), "--count", str(count)],
                                    capture_output=True, check=True).stdout)
    path.chmod(0o644)
    return path


def drop_in(unit, text):
    folder = DROP_INS / f"{unit}.d"
    folder.mkdir(exist_ok=True)
    (folder / "boot.conf").write_text(text)
    run("systemctl", "daemon-reload")


def prepare_portal():
    """It fails as SIM/faults says."""
    drop_in("idse-sim.service", "[Service]\nExecStart=\nExecStart=/usr/bin/idse-sim --listen 127.0.0.1:8443 --state "
            f"{SIM} --make-credentials {SIM}/credentials --delay 1 --fault {SIM}/faults\n")


class Boot(unittest.TestCase):
    rp = None
    key = None
    lots = None

    def test_01_the_first_call_starts_it_with_no_configuration_and_makes_the_key(self):
        self.assertEqual(show("ActiveState"), "inactive")
        self.assertFalse(KEY.exists())
        self.assertFalse(set(re.findall(r"^[^#\s].*", pathlib.Path("/etc/idsed/idsed.conf").read_text(), re.M))
                         - set(re.findall(r"^\[\w+\]$", pathlib.Path("/etc/idsed/idsed.conf").read_text(), re.M)))
        self.assertEqual(sum(counts().values()), 0)
        self.assertEqual((show("ActiveState"), show("SubState"), show("Type")), ("active", "running", "notify"))
        self.assertEqual(KEY.stat().st_mode & 0o7777, 0o600)
        Boot.key = hashlib.sha256(KEY.read_bytes()).hexdigest()
        self.assertFalse(event("no-sealing-key"))
        self.assertEqual(len(event("started")), 1)

    def test_02_the_status_says_what_it_does(self):
        self.assertRegex(show("StatusText"), r"Lots: 0 queued")
        self.assertIn("idsectl rp add", run("idsectl", "status").stdout)  # what to do next
        self.assertTrue(run("idsectl", "status", "--metrics").stdout.endswith("# EOF\n"))
        checks = {check["name"]: check for check in json.loads(run("idsectl", "doctor", "--json", check=False).stdout)}
        self.assertTrue(checks["sealing-key"]["ok"])
        self.assertNotIn("cannot be known", checks["clock"]["text"])

    def test_02_and_it_is_small(self):
        resident = re.search(r"VmRSS:\s+(\d+) kB", pathlib.Path(f"/proc/{main_pid()}/status").read_text())
        self.assertLess(int(resident[1]), 20 * 1024)

    def test_03_the_key_is_made_once_and_nobody_else_reads_it(self):
        for user in "idsed", "nomina", "curioso":
            self.assertNotEqual(run("cat", str(KEY), user=user, check=False).returncode, 0)
        plain = "/run/credentials/idsed.service/idsed.key"
        self.assertEqual(os.stat(plain).st_size, 32)
        for user in "nomina", "curioso":
            self.assertNotEqual(run("cat", plain, user=user, check=False).returncode, 0)
        run("systemctl", "start", "idsed-setup.service")
        self.assertNotEqual(run("/usr/libexec/idsed/idsed-setup", check=False).returncode, 0)
        self.assertEqual(hashlib.sha256(KEY.read_bytes()).hexdigest(), Boot.key)
        self.assertEqual([path.name for path in KEY.parent.iterdir()], [KEY.name])

    def test_04_the_process_is_shut_in(self):
        pid = main_pid()
        status = dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
                      if ":\t" in line)
        self.assertNotEqual(status["Uid"].split()[0], "0")
        lease = f"{1 << 28:016x}"  # for the spool, and for no program that it starts
        self.assertEqual([status[caps] for caps in ("CapPrm", "CapEff", "CapBnd", "CapAmb")], [lease] * 3 + ["0" * 16])
        self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"))
        mounts = {line.split()[4]: line.split()[5].split(",") for line in
                  pathlib.Path(f"/proc/{pid}/mountinfo").read_text().splitlines()}
        self.assertIn("ro", mounts["/"])
        self.assertIn("noexec", mounts["/"])
        self.assertIn("rw", mounts["/var/lib/idsed"])
        inside = ("nsenter", "-t", str(pid), "-m", "-S", status["Uid"].split()[0], "--", "/usr/bin/ls", "-A", "/home", "/root")
        self.assertNotIn(".", run(*inside, check=False).stdout.replace("/home:", "").replace("/root:", ""))
        state = os.stat("/var/lib/idsed")
        self.assertEqual(state.st_mode & 0o7777, 0o700)
        self.assertTrue(all(path.stat().st_mode & 0o77 == 0 for path in pathlib.Path("/var/lib/idsed").rglob("*")))

    def test_05_a_service_user_submits_unattended(self):
        prepare_portal()
        (SIM / "faults").parent.mkdir(exist_ok=True)
        (SIM / "faults").write_text("")
        run("systemctl", "start", "idse-sim.service")
        folder = pathlib.Path("/etc/idsed/idsed.conf.d")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "boot.conf").write_text(CONFIG)
        run("systemctl", "restart", "idsed.service")
        credentials = SIM / "credentials"
        rps = (credentials / "imss.rp").read_text().split()
        Boot.rp = rps[0]
        run("idsectl", "rp", "add", Boot.rp, "--name", "Compañía de práctica", "--guia", "06400")
        run("idsectl", "cert", "add", "--rp", Boot.rp, "--pfx", str(credentials / "imss.pfx"), "--user",
            (credentials / "imss.user").read_text().strip(), "--password-file", str(credentials / "imss.password"))
        run("systemd-run", "--quiet", "--wait", "--collect", "--pipe", "--uid=nomina", "idsectl", "submit", str(movements(1)),
            "--wait=30")
        self.assertEqual([one["state"] for one in lots()], ["accepted"])  # its PDFs were read in the sandbox too

    def test_05_and_its_evidence_is_made_in_the_sandbox_and_checked_outside(self):
        found, = json.loads(run("idsectl", "receipts", "verify", "1", "--json").stdout)
        self.assertTrue(found["verified"], found)
        self.assertIn({"ok"}, [{row["result"] for row in found["checks"] if row["check"] != "sello"}], found)

    def test_06_others_may_only_what_they_may(self):
        path = str(movements(101))
        self.assertEqual(run("idsectl", "movements", user="lector").returncode, 0)
        self.assertEqual(run("idsectl", "submit", path, user="lector", check=False).returncode, 4)
        self.assertEqual(run("idsectl", "list", user="curioso", check=False).returncode, 4)
        self.assertEqual(run("idsectl", "list", user="nomina").returncode, 0)
        self.assertEqual(run("idsectl", "cert", "remove", "1", "--yes", user="nomina", check=False).returncode, 4)
        self.assertEqual(len(lots()), 1)

    def test_07_the_journal_has_fields_and_no_secrets(self):
        entries = journal("_SYSTEMD_UNIT=idsed.service", "IDSE_LOT=1", f"IDSE_RP={Boot.rp}", "IDSE_EVENT=lot-state")
        self.assertIn("accepted", [entry["IDSE_STATE"] for entry in entries])
        last = entries[-1]
        self.assertEqual((last["IDSE_ATTEMPT"], last["IDSE_CERT"]), ("1", "1"))
        self.assertIn("idsectl show 1", run("journalctl", "--catalog", "--no-pager", f"MESSAGE_ID={last['MESSAGE_ID']}").stdout)
        # what idsed says; the journal's own fields have long numbers too
        everything = json.dumps([{name: value for name, value in entry.items() if not name.startswith("_")}
                                 for entry in journal("_SYSTEMD_UNIT=idsed.service")])
        self.assertNotIn((SIM / "credentials/imss.password").read_text().strip(), everything)
        self.assertNotRegex(everything, r"\b\d{11}\b")
        records = movements(1).read_text("latin-1").splitlines()
        self.assertTrue(records)
        for record in records[:5]:
            self.assertNotIn(record[11:22], everything)

    def test_08_a_reload_loses_no_call(self):
        pid, stop, failures, done = main_pid(), threading.Event(), [], []

        def ask():
            while not stop.is_set():
                try:
                    done.append(counts())
                except dbus.DBusException as failure:
                    failures.append(failure)

        asking = threading.Thread(target=ask)
        asking.start()
        try:
            until("calls", lambda: len(done) > 5)
            path = pathlib.Path("/etc/idsed/idsed.conf.d/reload.conf")
            path.write_text("[Polling]\nMaxSec=3\n[Portal]\nMaxPageSize=32M\n")
            run("systemctl", "reload", "idsed.service")
            until("the configuration is read", lambda: event("configuration-read"))
            path.write_text("[Polling]\nMaxSec=never\n")
            run("systemctl", "reload", "idsed.service")
            until("the fault is told", lambda: event("configuration-invalid"))
            path.unlink()
            before = len(done)
            until("more calls", lambda: len(done) > before + 5)
        finally:
            stop.set()
            asking.join()
        self.assertEqual(failures, [])
        self.assertEqual(main_pid(), pid)
        restart = [entry["MESSAGE"] for entry in journal("_SYSTEMD_UNIT=idsed.service") if "MaxPageSize" in entry["MESSAGE"]]
        self.assertEqual(len(restart), 1)

    def test_09_what_hangs_is_started_again(self):
        drop_in("idsed.service", "[Service]\nWatchdogSec=1\n")
        run("systemctl", "restart", "idsed.service")
        counts()
        pid = main_pid()
        os.kill(pid, signal.SIGSTOP)
        until("another process", lambda: main_pid() not in (0, pid))
        self.assertEqual(len(lots()), 1)
        self.assertTrue(journal("UNIT=idsed.service", "UNIT_RESULT=watchdog"))
        drop_in("idsed.service", "")
        run("systemctl", "restart", "idsed.service")

    def test_10_killed_while_it_sends_it_sends_once(self):
        (SIM / "faults").write_text("upload delay=2 times=1\n")
        run("systemctl", "reload", "idse-sim.service")
        path = movements(201)
        run("idsectl", "submit", str(path), user="nomina")
        until("it is being sent", lambda: lot(2)["state"] == "sending")
        pid = main_pid()
        os.kill(pid, signal.SIGKILL)
        until("another process", lambda: main_pid() not in (0, pid))
        self.assertEqual(lot(2)["state"], "uncertain")
        run("idsectl", "wait", "2", "--timeout=30", check=False)
        until("it is answered", lambda: lot(2)["state"] == "accepted")
        ledger = [json.loads(line)["sha256"] for line in (SIM / "ledger.jsonl").read_text().splitlines()]
        self.assertEqual((len(ledger), len(set(ledger))), (2, 2))

    def test_11_resuming_is_noticed(self):
        bus = dbus.SystemBus(private=True)
        with contextlib.closing(bus):
            name = dbus.service.BusName("org.freedesktop.login1", bus, do_not_queue=True)
            for begins in True, False:
                signal_ = dbus.lowlevel.SignalMessage("/org/freedesktop/login1", "org.freedesktop.login1.Manager", "PrepareForSleep")
                signal_.append(begins, signature="b")
                bus.send_message(signal_)
            bus.flush()
            until("resuming is told", lambda: event("resumed"))
            del name
        self.assertEqual(len(event("resumed")), 1)
        counts()

    def test_12_only_the_login_manager_is_believed(self):
        run("busctl", "emit", "/org/freedesktop/login1", "org.freedesktop.login1.Manager", "PrepareForSleep", "b", "false")
        run("busctl", "emit", "--destination=mx.idsed1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager",
            "PrepareForSleep", "b", "false")
        counts()  # it has read what came before
        self.assertEqual(len(event("resumed")), 1)

    def test_13_another_network_is_noticed(self):
        self.assertFalse(event("network-changed"))
        run("ip", "link", "add", "boot0", "type", "veth", "peer", "name", "boot1")
        run("ip", "address", "add", "192.0.2.1/24", "dev", "boot0")
        run("ip", "link", "set", "boot0", "up")
        until("the change is told", lambda: event("network-changed"))
        run("idsectl", "submit", str(movements(301)), "--wait=30", user="nomina")

    def test_13_the_spool_takes_the_files_of_its_owner(self):
        spool = pathlib.Path("/var/spool/idsed")
        self.assertEqual([oct(path.stat().st_mode & 0o7777) for path in (spool, spool / "in", spool / "out")], ["0o755"] * 3)
        self.assertEqual(run("idsectl", "rp", "spool", Boot.rp, "--owner", "nomina", user="nomina", check=False).returncode, 4)
        run("idsectl", "rp", "spool", Boot.rp, "--owner", "nomina")
        inside, out = spool / "in" / Boot.rp, spool / "out" / Boot.rp
        source = movements(331)
        self.assertNotEqual(run("cp", str(source), str(inside / "x"), user="curioso", check=False).returncode, 0)
        run("sh", "-c", f"cp {source} {inside}/.x && mv {inside}/.x {inside}/altas.txt", user="nomina")
        result = out / "altas.txt.result.json"

        def answered(name):
            result = out / f"{name}.result.json"
            return result.exists() and [one["state"] for one in json.loads(result.read_text())["lots"]] == ["accepted"]

        until("the lot is answered", lambda: answered("altas.txt"))
        told = json.loads(run("cat", str(result), user="nomina").stdout)
        number = told["lots"][0]["lot"]
        uid = run("id", "-u", "nomina").stdout.strip()
        self.assertEqual((lot(number)["created_by"], told["submitted_by"]), (f"uid {uid}", f"uid {uid}"))
        until("receipts come out", (out / f"lot-{number}-constancia.pdf").exists)
        run("cmp", str(source), str(out / "altas.txt"), user="nomina")
        self.assertEqual(list(inside.iterdir()), [])
        # Leases work on files of others: what is written slowly is left alone at a start, and taken when it is closed.
        slow = movements(341)
        writer = subprocess.Popen(["runuser", "-u", "nomina", "--", "sh", "-c", f"(head -c 500 {slow}; read x; tail -c +501 {slow}) >{inside}/lenta.txt"],
                                  stdin=subprocess.PIPE, text=True)
        until("it is begun", lambda: (inside / "lenta.txt").exists() and (inside / "lenta.txt").stat().st_size == 500)
        run("systemctl", "restart", "idsed")
        run("sh", "-c", f"cp {movements(346)} {inside}/.y && mv {inside}/.y {inside}/otra.txt", user="nomina")
        until("another is taken", lambda: answered("otra.txt"))
        self.assertTrue((inside / "lenta.txt").exists())
        writer.communicate("\n")
        until("it is taken", lambda: answered("lenta.txt"))
        run("cmp", str(slow), str(out / "lenta.txt"), user="nomina")
        run("sh", "-c", f"rm {out}/*", user="nomina")

    def test_14_hooks_are_told_and_cannot_block(self):
        folder, out = pathlib.Path("/etc/idsed/hooks.d"), pathlib.Path("/var/lib/idsed-hook")
        (folder / "10-hangs").write_text('#!/bin/sh\n[ "$IDSE_EVENT" != network-changed ] && sleep 1\nexit 3\n')
        (folder / "20-notes").write_text('#!/bin/sh\n(env; echo uid=$(id -u); cat; echo) >>notes\n'
                                         'echo x >/etc/idsed/x || echo kept out >>notes\n'
                                         'idsectl movements >/dev/null && echo may read >>notes\n'
                                         'idsectl retry 1 || echo may not act, status $? >>notes\n')
        for hook in folder.iterdir():
            hook.chmod(0o755)
        run("idsectl", "submit", str(movements(351)), "--wait=30", user="nomina")
        notes = out / "notes"
        last = lots()[0]["id"]
        until("hooks are run", lambda: notes.exists() and '"state":"accepted"' in notes.read_text())
        text = notes.read_text()
        events = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
        self.assertEqual([event["state"] for event in events], ["sending", "received", "accepted"])
        self.assertEqual({(event["event"], event["lot"], event["registration"]) for event in events},
                         {("lot-state", last, Boot.rp)})
        self.assertIn(f"IDSE_LOT={last}\n", text)
        for line in "kept out", "may read", "may not act, status 4":
            self.assertIn(line, text)
        self.assertFalse(pathlib.Path("/etc/idsed/x").exists())
        self.assertNotIn("uid=0\n", text)
        until("the failing hook is told of", lambda: any(
            "10-hangs ended with status 3" in entry["MESSAGE"] for entry in journal("SYSLOG_IDENTIFIER=idsed-hook")))
        for hook in folder.iterdir():
            hook.unlink()

    def test_15_a_drop_in_says_where_it_may_connect_to(self):
        drop_in("idsed.service", "[Service]\nIPAddressDeny=any\n")
        run("systemctl", "restart", "idsed.service")
        self.assertEqual(run("idsectl", "cert", "test", "1", check=False).returncode, 10)
        drop_in("idsed.service", "[Service]\nIPAddressDeny=any\nIPAddressAllow=localhost\n")
        run("systemctl", "restart", "idsed.service")
        run("idsectl", "cert", "test", "1")
        drop_in("idsed.service", "")
        run("systemctl", "restart", "idsed.service")

    def test_16_it_stops_in_time(self):
        (SIM / "faults").write_text("login delay=30\n")
        run("systemctl", "reload", "idse-sim.service")
        run("idsectl", "submit", str(movements(401)))
        Boot.lots = [one["id"] for one in lots()]
        run("systemctl", "stop", "idsed.service")
        self.assertEqual((show("ActiveState"), show("Result")), ("inactive", "success"))  # not "timeout"
        self.assertEqual(len(event("stopping")), len(event("started")) - 2)  # two were killed
        (SIM / "faults").write_text("")

    def test_17_a_bad_configuration_is_for_a_person(self):
        path = pathlib.Path("/etc/idsed/idsed.conf.d/worse.conf")
        path.write_text("[Polling]\nMinSec=never\n")
        self.assertNotEqual(run("idsed", "--check-config", check=False).returncode, 0)
        run("systemctl", "start", "idsed.service", check=False)
        self.assertEqual((show("ActiveState"), show("ExecMainStatus")), ("failed", "78"))
        path.write_text("[Portal]\nCAFile=/nowhere.pem\n[Poling]\nMinSec=1\n[Polling]\nMinSek=1\n")
        told = run("idsed", "--check-config", check=False)
        self.assertEqual(told.returncode, 1)
        for piece in "/nowhere.pem: No such file", "no section [Poling]", "did you mean 'MinSec'?":
            self.assertIn(piece, told.stderr)
        path.unlink()
        self.assertEqual(run("idsed", "--check-config").stderr, "")

    def test_18_what_was_queued_is_still_there(self):
        self.assertEqual(hashlib.sha256(KEY.read_bytes()).hexdigest(), Boot.key)
        self.assertEqual([one["id"] for one in lots()], Boot.lots)
        run("systemctl", "stop", "idse-sim.service")
        until("a portal that is down is told", lambda: show("StatusText").endswith("portal down"))
        self.assertEqual(show("ActiveState"), "active")  # its health is not the service's
        run("systemctl", "start", "idse-sim.service")
        until("the last lot is answered", lambda: lot(Boot.lots[0])["state"] == "accepted")

    def test_19_members_of_the_group_are_notified(self):
        self.assertEqual(run("idse-notify", user="lector", check=False).returncode, 4)  # may read, but hears nothing
        seen = pathlib.Path("/run/notified")
        session = ("dbus-monitor --session \"interface='org.freedesktop.Notifications'\" &"
                   "exec idse-notify --gather=0")
        with open(seen, "w", encoding="utf-8") as file:
            agent = subprocess.Popen(("runuser", "-u", "nomina", "--", "dbus-run-session", "--", "sh", "-c", session),
                                     stdout=file, start_new_session=True)
        until("it listens", lambda: "idse-notify" in run("busctl", "--no-pager", "list").stdout)
        run("idsectl", "submit", str(movements(501)), "--wait=30", user="nomina")
        until("it is shown", lambda: "IMSS approved all of its movements" in seen.read_text(encoding="utf-8"))
        os.killpg(agent.pid, signal.SIGTERM)
        agent.wait(PATIENCE)


if __name__ == "__main__":
    unittest.main(failfast=True, verbosity=2)
