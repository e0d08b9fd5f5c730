#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Kills the daemon at every named point and asks the practice portal's ledger: no lot is lost, none is sent twice.

Runs inside tools/sandbox; arguments: the crash-points program, the fault file that the portal
reads, and the points to try (all, if none is named)."""

import collections
import contextlib
import json
import os
import pathlib
import select
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

LIMIT = 90  # seconds until something that has to happen counts as not happening

LOG = tempfile.TemporaryFile()  # of all the daemons, printed when the test fails
CREDENTIALS = pathlib.Path(os.environ["SANDBOX_CREDENTIALS"])
# Points that are only passed when an upload's answer was lost, and the fault that makes it so.
FAULTS = {"settle-listed": "after", "settle-before-commit": "before"}
# A visit passes this point once for each of its steps.
REPEATED = {"step-after-commit": range(1, 8)}


def run(*command, check=True, **kwargs):
    result = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, **kwargs)
    if check and result.returncode != 0:
        raise AssertionError(f"{command}: exit {result.returncode}\n{result.stdout}{result.stderr}")
    return result


def start(crash_at=None):
    env = dict(os.environ)
    if crash_at:
        env["IDSED_CRASH_AT"] = crash_at
    daemon = subprocess.Popen([os.environ["IDSED_RUN"]], env=env, stderr=LOG)
    run("gdbus", "wait", "--system", "--timeout", "60", "mx.idsed1")
    return daemon


def stop(daemon):
    daemon.terminate()
    assert daemon.wait(LIMIT) == 0, f"the daemon ended with {daemon.returncode}"


def ledger():
    path = pathlib.Path(os.environ["IDSE_SIM_LEDGER"])
    return collections.Counter(json.loads(line)["sha256"] for line in path.read_text().splitlines())


def crash_once(point, file, fault_file):
    """Submits `file` to a daemon that dies at `point`, then to one that lives; it must be accepted and be there once."""
    fault = FAULTS.get(point.split(":")[0])
    script = fault_file.with_suffix(".new")
    script.write_text(f"upload cut={fault} times=1\n" if fault else "# none\n")
    script.rename(fault_file)
    daemon = start(point)
    run("idsectl", "submit", file, check=False)
    assert daemon.wait(LIMIT) == -signal.SIGKILL, f"{point} was not passed"

    daemon = start()
    result = run("idsectl", "submit", file, "--wait=60", "--json")
    lots = json.loads(run("idsectl", "list", "--json").stdout)
    evidence, = json.loads(run("idsectl", "receipts", "verify", str(max(lot["id"] for lot in lots)), "--json").stdout)
    proven = {row["check"]: row["result"] for row in evidence["checks"]}
    assert proven["signature"] == proven["signer"] == proven["acuse"] == proven["movements"] == "ok", f"{point}: {evidence}"
    stop(daemon)
    seen = ledger()
    for lot in lots:
        assert lot["state"] == "accepted", f"{point}: lot {lot['id']} is {lot['state']}: {result.stdout}{result.stderr}"
        assert seen[lot["sha256"]] == 1, f"{point}: lot {lot['id']} arrived {seen[lot['sha256']]} times"
    assert sum(seen.values()) == len(lots), f"{point}: the portal has {sum(seen.values())} lots, we have {len(lots)}"


def opens_credentials(key=()):
    """Does a daemon with this key open what is stored?"""
    daemon = subprocess.Popen([os.environ["IDSED_RUN"], *key], stderr=subprocess.DEVNULL)
    run("gdbus", "wait", "--system", "--timeout", "60", "mx.idsed1")
    checks = json.loads(run("idsectl", "doctor", "--json", check=False).stdout)
    stop(daemon)
    return next(check["ok"] for check in checks if check["name"] == "sealing-key")


def crash_while_resealing(point, folder):
    """Whatever the moment, all credentials open under one key: the old one until the commit, the new one from there on."""
    new = pathlib.Path(folder) / f"{point}.key"
    dead = subprocess.run([os.environ["IDSED_RUN"], "--reseal", new], env=dict(os.environ, IDSED_CRASH_AT=point),
                          stderr=subprocess.DEVNULL, timeout=LIMIT)
    assert dead.returncode == -signal.SIGKILL, f"{point} was not passed"
    done = point == "reseal-after-commit"
    assert opens_credentials() != done, f"{point}: the old key"
    assert opens_credentials(["--key-file", new]) == done, f"{point}: the new key"


def crash_while_backing_up(point, folder):
    """Neither where the copy was to be written nor beside the database anything is left of it."""
    target = pathlib.Path(folder) / "backup"
    target.mkdir()
    daemon = start(point)
    failed = run("idsectl", "backup", target / "idsed.db", check=False)
    assert daemon.wait(LIMIT) == -signal.SIGKILL, f"{point} was not passed"
    assert failed.returncode != 0 and not list(target.iterdir()), f"{point}: {list(target.iterdir())}"
    stop(start())
    left = [path.name for path in pathlib.Path(os.environ["IDSED_STATE"]).glob("*backup*")]
    assert not left, f"{point}: {left}"


def crash_while_spooling(point, rp, data):
    """The file is taken once, answered, and where it belongs."""
    spool, name = pathlib.Path(os.environ["IDSED_SPOOL"]), f"{point}.txt"
    for side in "out", "in":
        (spool / side / rp).mkdir(exist_ok=True)
    daemon = start(point)
    (spool / "beside").write_bytes(data)
    (spool / "beside").rename(spool / "in" / rp / name)
    assert daemon.wait(LIMIT) == -signal.SIGKILL, f"{point} was not passed"
    daemon = start()
    result, end = spool / "out" / rp / f"{name}.result.json", time.monotonic() + LIMIT
    while not result.exists() or [lot["state"] for lot in json.loads(result.read_text())["lots"]] != ["accepted"]:
        assert time.monotonic() < end, f"{point}: {result.read_text() if result.exists() else 'no result'}"
        time.sleep(0.05)
    stop(daemon)
    assert (spool / "out" / rp / name).read_bytes() == data and not list((spool / "in" / rp).iterdir()), point
    assert set(ledger().values()) == {1}, f"{point}: {ledger()}"


def crash_while_importing(point, folder):
    """A daemon that knows nothing dies with a receipt at hand; what it leaves is nothing or all, and the rest comes by itself."""
    receipts, aside = pathlib.Path(folder) / f"{point}.receipts", pathlib.Path(folder) / f"{point}.state"
    state = pathlib.Path(os.environ["IDSED_STATE"])
    daemon = start()
    rp = json.loads(run("idsectl", "rp", "list", "--json").stdout)[0]["rp"]
    run("idsectl", "receipts", "export", "1", f"--to={receipts}")
    stop(daemon)
    aside.mkdir()
    for file in state.glob("idsed.db*"):
        file.rename(aside / file.name)
    start_and_add = lambda at=None: (start(at), run("idsectl", "rp", "add", rp))[0]
    for kind in "acuse", "constancia":
        daemon = start_and_add(point) if kind == "acuse" else start(point)
        run("idsectl", "receipts", "import", *receipts.glob(f"*{kind}*"), check=False)
        assert daemon.wait(LIMIT) == -signal.SIGKILL, f"{point} was not passed"
        daemon = start()
        lots = json.loads(run("idsectl", "list", "--json").stdout)
        expected = 0 if point == "import-before-commit" else 1
        assert len(lots) == (expected if kind == "acuse" else 1), f"{point}, {kind}: {lots}"
        run("idsectl", "receipts", "import", *receipts.glob(f"*{kind}*"))
        stop(daemon)
    daemon = start()
    lot, = json.loads(run("idsectl", "list", "--json").stdout)
    assert lot["state"] == "accepted" and lot["adopted"], lot
    run("idsectl", "history", "verify")
    stop(daemon)
    for file in state.glob("idsed.db*"):
        file.unlink()
    for file in aside.iterdir():
        file.rename(state / file.name)


def crash_while_reindexing(point):
    """A lot whose index was damaged is as it was, and is put right the next time."""
    path = pathlib.Path(os.environ["IDSED_STATE"]) / "idsed.db"

    def names():
        with contextlib.closing(sqlite3.connect(path)) as db:
            return [name for name, in db.execute("SELECT nombres FROM movement ORDER BY id")]

    before = names()
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE movement SET nombres = 'OTRO'")
    daemon = start(point)
    run("idsectl", "doctor", "--reindex", check=False)
    assert daemon.wait(LIMIT) == -signal.SIGKILL, f"{point} was not passed"
    assert set(names()) == {"OTRO"}, point
    daemon = start()
    run("idsectl", "doctor", "--reindex")
    run("idsectl", "history", "verify")
    stop(daemon)
    assert names() == before, point


def main():
    points = sys.argv[3:] or run(sys.argv[1]).stdout.split()
    fault_file = pathlib.Path(sys.argv[2])
    assert points
    run("idsectl", "rp", "add", (CREDENTIALS / "imss.rp").read_text().split()[0], "--name", "Práctica")
    rp = (CREDENTIALS / "imss.rp").read_text().split()[0]
    run("idsectl", "cert", "add", "--rp", rp, "--pfx", CREDENTIALS / "imss.pfx", "--user",
        (CREDENTIALS / "imss.user").read_text(), "--password-file", CREDENTIALS / "imss.password")
    first = os.pidfd_open(int(os.environ["IDSED_PID"]))
    signal.pidfd_send_signal(first, signal.SIGTERM)
    assert select.select([first], [], [], LIMIT)[0], "the first daemon does not end"  # it has the name until then

    with tempfile.TemporaryDirectory() as folder:
        plan = [f"{point}:{n}" if point in REPEATED else point for point in points for n in REPEATED.get(point, [1])]
        for number, point in enumerate(plan):
            if point.startswith("reindex"):
                crash_while_reindexing(point)
                print(f"ok {point}", flush=True)
                continue
            if point.startswith("import"):
                crash_while_importing(point, folder)
                print(f"ok {point}", flush=True)
                continue
            if point.startswith("reseal"):
                crash_while_resealing(point, folder)
                print(f"ok {point}", flush=True)
                continue
            if point.startswith("backup"):
                crash_while_backing_up(point, folder)
                print(f"ok {point}", flush=True)
                continue
            file = pathlib.Path(folder) / f"{number}.txt"
            made = subprocess.run(["make-movements", "--rp", rp, "--count", "3", "--first", str(1 + 10 * number)],
                                  check=True, capture_output=True)
            if point.startswith("spool"):
                crash_while_spooling(point, rp, made.stdout)
                print(f"ok {point}", flush=True)
                continue
            file.write_bytes(made.stdout)
            crash_once(point, file, fault_file)
            print(f"ok {point}", flush=True)
    print(f"{len(plan)} deaths, {sum(ledger().values())} lots, each once")


try:
    main()
except BaseException:
    LOG.seek(0)
    sys.stderr.write(LOG.read().decode(errors="replace"))
    raise
