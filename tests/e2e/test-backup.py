#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Backups and the fence of two hosts: a copy of the database is restored on another machine (another bus, another daemon,
another folder; the same portal) while the original goes on, and the portal gets each lot once."""

import collections
import contextlib
import json
import os
import shutil
import signal
import sqlite3
import sys

from e2e import *

KEY = STATE.parent / "idsed.key"
BACKUP = HERE / "copy.db"
SENTENCE = "idsectl release --restored"


class Host(contextlib.AbstractContextManager):
    """Another machine: a bus of its own, and a daemon with a state of its own. Started and stopped with `with`."""

    def __init__(self, name, *options, wrap=()):
        self.folder = HERE / name
        self.state = self.folder / "state"
        self.state.mkdir(parents=True, exist_ok=True)
        self.options, self.wrap = options, wrap
        self.env = dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS=f"unix:path={self.folder}/bus")
        config = (STATE.parent / "bus.conf").read_text()
        (self.folder / "bus.conf").write_text(config.replace(f"path={STATE.parent}/bus<", f"path={self.folder}/bus<"))

    def __enter__(self):
        (self.folder / "bus").unlink(missing_ok=True)
        self.bus = subprocess.Popen(["dbus-daemon", f"--config-file={self.folder}/bus.conf", "--nofork", "--nopidfile",
                                     "--print-address"], stdout=subprocess.PIPE)
        self.bus.stdout.readline()
        self.daemon = subprocess.Popen([*self.wrap, os.environ["IDSED_RUN"], "--state", self.state, *self.options],
                                       env=self.env, stderr=(self.folder / "log").open("ab"))
        subprocess.run(["gdbus", "wait", "--system", "--timeout", "60", "mx.idsed1"], env=self.env, check=True)
        return self

    def __exit__(self, *_):
        self.daemon.terminate()
        ended = self.daemon.wait(LIMIT)
        self.bus.kill()
        self.bus.wait()
        assert ended == 0, f"idsed ended with {ended}: {(self.folder / 'log').read_text()}"

    def idsectl(self, *arguments, **more):
        return idsectl(*arguments, env=self.env, **more)

    def ask(self, *arguments, **more):
        return ask(*arguments, env=self.env, **more)

    def restore(self, file, status=OK):
        done = subprocess.run([os.environ["IDSED_RUN"], "--state", self.state, "--restore", file], capture_output=True,
                              text=True, timeout=LIMIT)
        assert (done.returncode == 0) == (status == OK), done.stderr
        return done.stderr

    def check(self, name):
        checks = json.loads(self.idsectl("doctor", "--json", status=(OK, FAILURE)).stdout)
        return next(check for check in checks if check["name"] == name)


B = Host("b")
lots = {}


def copies_of_files():
    return collections.Counter(row["sha256"] for row in ledger())


def each_once():
    for digest, times in copies_of_files().items():
        assert times == 1, f"{digest} arrived {times} times"


def case_what_waits_is_copied_and_then_sent_by_the_original():
    add_registrations(IMSS)
    add_imss(IMSS)
    lots["answered"], = submit(movements(IMSS[0], type="08", count=2), "--wait=60")
    for rp in IMSS:
        idsectl("rp", "pause", rp)
    lots["waiting"] = submit(movements(*IMSS, type="08", first=100, count=2))
    lots["kept"], = submit(movements(IMSS[0], type="08", first=300, count=2), "--hold")
    idsectl("backup", BACKUP)
    assert BACKUP.stat().st_mode & 0o777 == 0o600
    assert [path for path in HERE.iterdir() if path.name.startswith("copy.db")] == [BACKUP]
    assert sorted(path.name for path in STATE.glob("*.backup-*")) == []
    for rp in IMSS:
        idsectl("rp", "resume", rp)
    idsectl("wait", *(lot["id"] for lot in lots["waiting"]), "--timeout=60")
    each_once()


def case_a_backup_is_a_whole_database_and_marked():
    with sqlite3.connect(f"file:{BACKUP}?mode=ro&immutable=1", uri=True) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        mark, = db.execute("SELECT value FROM value WHERE name = 'copy'").fetchone()
        assert json.loads(mark)["at"] > 0, mark
    with sqlite3.connect(f"file:{STATE}/idsed.db?mode=ro", uri=True) as db:
        assert db.execute("SELECT count(*) FROM value WHERE name = 'copy'").fetchone() == (0,)
    acts = [json.loads(line) for line in idsectl("history", "--json").stdout.splitlines()]
    assert any(act["action"] == "backup" and act["outcome"] == "ok" for act in acts), acts


def case_nothing_is_overwritten_unless_told_and_a_pipe_is_served():
    before = BACKUP.read_bytes()
    assert b"--force" in idsectl("backup", BACKUP, status=FAILURE).stderr
    assert BACKUP.read_bytes() == before
    other = file("other.db", b"old")
    idsectl("backup", other, "--force")
    assert other.read_bytes()[:15] == b"SQLite format 3"
    piped = idsectl("backup", "-").stdout
    assert piped[:15] == b"SQLite format 3"
    idsectl("backup", HERE / "nowhere/copy.db", status=FAILURE)
    idsectl("release", "--restored", "--yes", status=FAILURE)


def case_a_client_that_is_killed_leaves_no_half_file():
    target = HERE / "killed"
    target.mkdir()
    # One that is killed has no end at which to look for leaks; killed while it looks, it would leave a report that it cannot.
    quiet = dict(os.environ, ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0")
    for round in range(12):
        process = subprocess.Popen(["idsectl", "--quiet", "backup", target / "copy.db"], env=quiet)
        time.sleep(0.004 * round)
        process.kill()
        process.wait()
        for path in target.iterdir():
            with sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True) as db:
                assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            path.unlink()


def case_restoring_wants_a_free_place_and_a_whole_copy():
    assert "another idsed works" in subprocess.run([os.environ["IDSED_RUN"], "--restore", BACKUP], capture_output=True,
                                                   text=True).stderr
    assert "not a database" in B.restore(file("garbage.db", b"garbage" * 1000), status=FAILURE)
    B.restore(file("cut.db", BACKUP.read_bytes()[:20000]), status=FAILURE)
    assert not list(B.state.iterdir()), list(B.state.iterdir())
    assert SENTENCE in B.restore(BACKUP)
    told = B.restore(BACKUP, status=FAILURE)
    assert "nothing is overwritten" in told and "IDSE_EVENT" not in told, told
    assert [path.name for path in B.state.iterdir()] == ["idsed.db"]


def case_the_copy_holds_everything_and_asks_the_portal_nothing():
    asked = len(lines("requests.jsonl"))
    with B:
        rows = {row["id"]: row for row in B.ask("list")}
        for lot in lots["waiting"]:
            row = rows[lot["id"]]
            assert (row["state"], row["hold_reason"]) == ("uncertain", "restored-copy"), row
        assert rows[lots["answered"]["id"]]["state"] == "accepted" and not rows[lots["answered"]["id"]]["held"]
        assert rows[lots["kept"]["id"]]["hold_reason"] == "operator"
        new, = B.ask("submit", file("new.txt", movements(IMSS[0], type="08", first=500, count=2)))["lots"]
        assert B.ask("show", new["id"])["hold_reason"] == "restored-copy"
        lots["new"] = new
        both = movements(IMSS[0], type="08", first=600, count=2)
        lots["both"], = B.ask("submit", file("both.txt", both))["lots"]
        submit(both, "--wait=60")  # on the original

        status = B.ask("status")
        assert status["restored"] and status["next_visit"] is None and SENTENCE in status["advice"][0], status
        assert b"copy made on" in B.idsectl("status").stdout
        assert not B.check("original")["ok"] and SENTENCE in B.check("original")["text"]
        assert B.check("sealing-key")["ok"]
        for act in (("cert", "test", 1), ("refresh",), ("retry", new["id"]), ("release", new["id"])):
            assert SENTENCE.encode() in B.idsectl(*act, status=HELD).stderr, act
        before = len(lines("requests.jsonl"))
        assert before > asked  # the original's
        time.sleep(4)  # twice the longest time between two polls
        assert len(lines("requests.jsonl")) == before
    each_once()


def case_a_copy_without_the_key_says_so():
    other = file("other.key", os.urandom(32))
    other.chmod(0o600)
    C = Host("c", "--key-file", other)
    C.restore(BACKUP)
    with C:
        check = C.check("sealing-key")
        assert not check["ok"] and "idsed.key" in check["text"], check


def case_a_copied_or_moved_file_is_found_out_without_a_mark():
    D = Host("d")
    source = sqlite3.connect(f"file:{STATE}/idsed.db?mode=ro", uri=True)
    with sqlite3.connect(D.state / "idsed.db") as raw:  # as cp, rsync or a snapshot of the disk would
        source.backup(raw)
    source.close()
    with D:
        assert D.ask("status")["restored"]
        assert {row["hold_reason"] for row in D.ask("list") if row["state"] == "queued"} <= {"operator"}
    with D:
        assert D.ask("status")["restored"], "forgotten at the second start"


def case_the_original_is_not_taken_for_a_copy():
    assert ask("status")["restored"] is None
    os.kill(int(os.environ["IDSED_PID"]), signal.SIGKILL)
    until("it is gone", lambda: subprocess.run(["idsectl", "status"], capture_output=True).returncode == UNREACHABLE)
    again = subprocess.Popen([os.environ["IDSED_RUN"]])
    subprocess.run(["gdbus", "wait", "--system", "--timeout", "60", "mx.idsed1"], check=True)
    assert ask("status")["restored"] is None
    again.terminate()
    assert again.wait(LIMIT) == 0


def case_released_the_copy_sends_only_what_the_portal_does_not_have():
    with B:
        refused = B.idsectl("release", "--restored", status=USAGE, stdin=subprocess.DEVNULL)
        assert b"--yes" in refused.stderr
        B.idsectl("release", "--restored", "--yes")
        B.idsectl("release", lots["kept"]["id"])
        B.idsectl("rp", "resume", *IMSS)  # paused when the copy was made
        ids = [lot["id"] for lot in [*lots["waiting"], lots["new"], lots["both"], lots["kept"]]]
        B.idsectl("wait", *ids, "--timeout=80")
        for id in ids:
            until(f"lot {id} is accepted", lambda: B.ask("show", id)["state"] == "accepted")
        acts = [json.loads(line)["action"] for line in B.idsectl("history", "--json").stdout.splitlines()]
        assert "restored" in acts and "release-copy" in acts, acts
        ours = {B.ask("show", id)["sha256"] for id in ids}
        assert B.check("original")["ok"]
    each_once()
    assert ours <= set(copies_of_files())


def case_files_of_a_crash_are_restored_with_what_their_log_holds():
    """As idsed(8) says for a disk that is put back to a snapshot."""
    with B:
        B.idsectl("rp", "set", IMSS[0], "--name", "Lo último")
        B.daemon.kill()
        B.daemon.wait()
        B.daemon.returncode = 0
    snapshot = HERE / "snapshot"
    snapshot.mkdir()
    for path in B.state.iterdir():
        path.rename(snapshot / path.name)
    B.restore(snapshot / "idsed.db")
    with B:
        assert B.ask("status")["restored"]
        assert "Lo último" in [row["name"] for row in B.ask("rp", "list")]


def case_a_full_disk_refuses_the_backup_and_nothing_else():
    folder = HERE / "small"
    script = 'mount -t tmpfs -o size=60m tmpfs "$0" && exec "$@"'
    E = Host("small", wrap=("unshare", "-m", "sh", "-c", script, folder / "state"))
    with E:
        assert b"make room" in E.idsectl("backup", HERE / "small.db", status=FAILURE).stderr
        assert not (HERE / "small.db").exists()
        E.idsectl("rp", "add", IMSS[0], "--name", "Práctica")


main(cases_of(sys.modules[__name__]))
