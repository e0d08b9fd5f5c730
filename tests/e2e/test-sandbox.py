#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""tools/sandbox itself: what it gives its command, how it ends, and that it leaves nothing behind.

usage: test-sandbox.py SANDBOX, with IDSED_BUILD in the environment"""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

SANDBOX = pathlib.Path(sys.argv[1]).resolve()
TREE = SANDBOX.parent.parent
BUILD = pathlib.Path(os.environ["IDSED_BUILD"]).resolve()
WORK = tempfile.TemporaryDirectory(prefix="idsed-e2e.")
HERE = pathlib.Path(WORK.name)
HERE.chmod(0o755)
LIMIT = 60
NOBODY = 65534

# What a lot needs before it can be submitted.
READY = """
rp=$(head -n 1 $SANDBOX_CREDENTIALS/imss.rp)
idsectl --quiet rp add $rp --name Práctica
idsectl --quiet cert add --rp $rp --pfx $SANDBOX_CREDENTIALS/imss.pfx --user $(cat $SANDBOX_CREDENTIALS/imss.user) \\
    --password-file $SANDBOX_CREDENTIALS/imss.password
"""
SUBMIT = READY + "make-movements --rp $rp --count 2 | idsectl --quiet submit - --wait="


def start(*arguments, sandbox=SANDBOX, folder=None, **more):
    """The sandbox in a folder of its own, so that what it leaves can be seen."""
    folder = folder or pathlib.Path(tempfile.mkdtemp(dir=HERE))
    env = dict(os.environ, TMPDIR=str(folder), LC_ALL="C.UTF-8", **more.pop("env", {}))
    process = subprocess.Popen([sandbox, *map(str, arguments)], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, start_new_session=True, **more)
    process.folder = folder
    return process


def left_by(folder):
    """The command lines that name the folder."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in line:
            found.append(line)
    return found


def ends(process, status):
    out, err = process.communicate(timeout=LIMIT)
    assert process.returncode == status, f"status {process.returncode}, not {status}:\n{out}{err}"
    assert not left_by(process.folder), f"still running: {left_by(process.folder)}"
    return out, err


def run(*arguments, status=0, **more):
    process = start(*arguments, **more)
    out, err = ends(process, status)
    assert not list(process.folder.iterdir()), f"left behind: {list(process.folder.iterdir())}"
    return out, err


def case_the_status_is_that_of_the_command():
    run("true")
    run("sh", "-c", "exit 3", status=3)
    run("--", "false", status=1)
    run("no-such-program", status=127)
    run("--no-such-option", "true", status=2)
    run(status=2)


def case_the_command_finds_everything():
    out, _ = run("sh", "-ec", """
        test -S "${DBUS_SYSTEM_BUS_ADDRESS#unix:path=}"
        test -d "$IDSED_STATE" -a -x "$IDSED_RUN" -a -f "$SANDBOX_FAULTS"
        kill -0 $IDSED_PID
        for file in imss.pfx imss.user imss.password imss.rp efirma.cer efirma.key efirma.user efirma.password efirma.rp; do
            test -s "$SANDBOX_CREDENTIALS/$file"
        done
        case $IDSE_SIM_URL in https://127.0.0.1:*/imss/) ;; *) exit 1 ;; esac
        command -v idsectl idsed idse-sim make-movements
        idsectl --json status
        echo "$IDSE_SIM_LEDGER" """)
    assert out.strip().endswith("/ledger.jsonl") and str(BUILD) in out


def case_a_lot_goes_through():
    run("--sim-delay", "0", "sh", "-ec", SUBMIT + "30; test $(wc -l <$IDSE_SIM_LEDGER) = 1")


def case_the_delay_is_the_portals():
    run("--sim-delay", "3600", "sh", "-c", SUBMIT + "2", status=8)


def case_the_faults_are_the_portals():
    faults = HERE / "faults"
    faults.write_text("login login=locked\n")
    run("--sim-fault", faults, "sh", "-c", READY + "idsectl cert test 1", status=9)


def case_more_configuration_is_read():
    config = HERE / "more.conf"
    config.write_text("[Portal]\nProfile=imss\n")
    out, _ = run("--config", config, "idsectl", "status", "--json")
    assert '"profile": "imss"' in out, out


def case_a_kept_folder_has_the_logs():
    kept = HERE / "kept"
    run("--keep", kept, "true")
    for name in "idsed.log", "idse-sim.log", "bus.log", "state/idsed.db", "sim/url", "credentials/imss.pfx":
        assert (kept / name).exists(), name
    assert not left_by(kept)
    run("--keep", kept, "idsectl", "list")


def case_a_daemon_that_ends_badly_is_told():
    _, err = run("sh", "-c", "kill -ABRT $IDSED_PID", status=70)
    assert "idsed ended with status" in err, err
    run("sh", "-c", "kill -ABRT $IDSED_PID; exit 5", status=5)
    run("sh", "-c", "kill -KILL $IDSED_PID")  # only somebody who means it does that


def case_a_sanitizers_report_is_told():
    _, err = run("sh", "-c", "echo heap-use-after-free >${ASAN_OPTIONS##*log_path=}.1", status=70)
    assert "heap-use-after-free" in err


def case_a_daemon_can_be_started_again():
    run("sh", "-ec", READY + """
        kill $IDSED_PID
        while kill -0 $IDSED_PID 2>/dev/null; do sleep 0.05; done
        $IDSED_RUN & daemon=$!
        gdbus wait --system --timeout 20 mx.idsed1
        idsectl rp list --json | grep -q $rp
        kill $daemon
        wait $daemon""")


def case_an_interrupted_sandbox_leaves_nothing():
    process = start("sh", "-c", "echo running; sleep 1000")
    assert process.stdout.readline() == "running\n"
    os.killpg(process.pid, signal.SIGTERM)
    ends(process, 143)
    assert not list(process.folder.iterdir())


def copy_for_others():
    """What the sandbox needs, where everybody may read it."""
    tree = HERE / "tree"
    for source in "tools", "data/profiles", "dbus":
        shutil.copytree(TREE / source, tree / source)
    for source in "client/idsectl", "daemon/idsed", "sim/idse-sim":
        (tree / "build" / source).parent.mkdir(parents=True)
        shutil.copy(BUILD / source, tree / "build" / source)
    for path in [tree, *tree.rglob("*")]:
        path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) and path.stat().st_mode & 0o100 else 0o644)
    return tree


def case_anybody_can_use_it():
    if os.getuid() != 0:
        return  # all the other cases show it
    tree = copy_for_others()
    folder = pathlib.Path(tempfile.mkdtemp(dir=HERE))
    os.chown(folder, NOBODY, NOBODY)
    as_nobody = dict(user=NOBODY, group=NOBODY, extra_groups=[], cwd="/")
    allowed = subprocess.run(["unshare", "--user", "--map-root-user", "true"], capture_output=True, **as_nobody).returncode == 0
    process = start("sh", "-ec", SUBMIT + "30", sandbox=tree / "tools/sandbox", folder=folder,
                    env={"IDSED_BUILD": str(tree / "build")}, **as_nobody)
    _, err = ends(process, 0 if allowed else 1)
    assert allowed or "user namespaces" in err, err
    assert not list(folder.iterdir())


failed = 0
for name, case in list(globals().items()):
    if name.startswith("case_"):
        started = time.monotonic()
        try:
            case()
            print(f"ok     {name[5:].replace('_', ' ')} ({time.monotonic() - started:.1f} s)", flush=True)
        except Exception as e:
            print(f"FAILED {name[5:].replace('_', ' ')}: {type(e).__name__}: {e}", flush=True)
            failed += 1
sys.exit(1 if failed else 0)
