# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the end-to-end tests share. They run inside tools/sandbox and speak to idsed through idsectl, as a person does."""

import collections
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

OK, FAILURE, USAGE, NOT_FOUND, DENIED, UNREACHABLE, INVALID, REJECTED, PENDING, HELD, PORTAL = range(11)
LIMIT = int(os.environ.get("E2E_LIMIT", "90"))  # seconds until something that has to happen counts as not happening

CREDENTIALS = pathlib.Path(os.environ["SANDBOX_CREDENTIALS"])
FAULTS = pathlib.Path(os.environ["SANDBOX_FAULTS"])
STATE = pathlib.Path(os.environ["IDSED_STATE"])
PORTAL_STATE = pathlib.Path(os.environ["IDSE_SIM_LEDGER"]).parent
WORK = tempfile.TemporaryDirectory(prefix="idsed-e2e.")
HERE = pathlib.Path(WORK.name)

IMSS = (CREDENTIALS / "imss.rp").read_text().split()
EFIRMA = (CREDENTIALS / "efirma.rp").read_text().split()

os.environ["LC_ALL"] = "C.UTF-8"
os.environ.pop("LANGUAGE", None)


def idsectl(*arguments, status=OK, **more):
    """Runs it, holds its exit status against `status` (one, or several in a tuple), and gives what it printed."""
    command = ["idsectl", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, timeout=LIMIT, **more)
    expected = status if isinstance(status, tuple) else (status,)
    assert done.returncode in expected, \
        f"{command} ended with {done.returncode}, not {expected}\n{done.stdout.decode()}{done.stderr.decode()}"
    return done


def ask(*arguments, status=OK, **more):
    return json.loads(idsectl(*arguments, "--json", status=status, **more).stdout)


def show(lot):
    return ask("show", lot)


def until(what, look):
    """Looks again and again until the answer is true."""
    deadline = time.monotonic() + LIMIT
    while not (found := look()):
        assert time.monotonic() < deadline, f"this did not happen: {what}"
        time.sleep(0.05)
    return found


# ---- who may sign ----

def add_registrations(rps):
    for rp in rps:
        idsectl("rp", "add", rp, "--name", f"Compañía {rp}", "--guia", "06400")


def add_imss(rps, password=CREDENTIALS / "imss.password", user=None):
    user = user or (CREDENTIALS / "imss.user").read_text()
    idsectl("cert", "add", "--rp", ",".join(rps), "--pfx", CREDENTIALS / "imss.pfx", "--user", user,
            "--password-file", password)
    return ask("cert", "list")[-1]["id"]


def add_efirma(rps):
    idsectl("cert", "add", "--rp", ",".join(rps), "--cer", CREDENTIALS / "efirma.cer", "--key",
            CREDENTIALS / "efirma.key", "--password-file", CREDENTIALS / "efirma.password")


# ---- files ----

def movements(*rps, **options):
    """The bytes of a file of made-up movements; the options are those of tools/make-movements."""
    command = ["make-movements"] + [f"--rp={rp}" for rp in rps] + [f"--{key}={value}" for key, value in options.items()]
    return subprocess.run(command, check=True, capture_output=True).stdout


def file(name, data):
    path = HERE / name
    path.write_bytes(data)
    return path


def submit(data, *options, name="movements.txt", status=OK):
    """Gives the lots."""
    return ask("submit", file(name, data), *options, status=status)["lots"]


# ---- the portal ----

def faults(script=""):
    """What the portal does wrong from now on; every rule counts from here."""
    fresh = FAULTS.with_name(FAULTS.name + ".new")
    fresh.write_text(script + "\n")
    fresh.rename(FAULTS)


def lines(name):
    path = PORTAL_STATE / name
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def ledger():
    return lines("ledger.jsonl")


def requests(step):
    return [request for request in lines("requests.jsonl") if request["step"] == step]


def portal_is_exact():
    """The portal has each lot that we have, once, with the same bytes, and no other."""
    seen = collections.Counter(row["sha256"] for row in ledger())
    ours = {lot["sha256"]: lot for lot in ask("list", "--limit=0") if lot["portal_lot"]}
    for sha256, times in seen.items():
        assert times == 1, f"{sha256} arrived {times} times"
    assert set(seen) == set(ours), f"the portal has {set(seen)}, we have {set(ours)}"
    for row in ledger():
        lot = ours[row["sha256"]]
        assert (lot["portal_lot"], lot["folio"], lot["registration"]) == (row["lot"], row["folio"], row["rp"]), (lot, row)


def whole(lot):
    """Waits until the portal gave everything that it has for the lot."""
    return until(f"lot {lot} is at its end", lambda: (row := show(lot))["next_step"] is None and row)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


# ---- running ----

def main(cases):
    """Runs every case, or those named on the command line, and tells all that failed."""
    failed = []
    for name, case in cases:
        started = time.monotonic()
        try:
            case()
            print(f"ok     {name} ({time.monotonic() - started:.1f} s)", flush=True)
        except Exception as e:
            print(f"FAILED {name}: {type(e).__name__}: {e}", flush=True)
            failed.append(name)
    print(f"{len(failed)} failed: {', '.join(failed)}" if failed else "all passed")
    sys.exit(1 if failed else 0)


def cases_of(module):
    """The functions of a test program whose name begins with `case_`, in the order in which they stand there."""
    return [(name[5:].replace("_", " "), value) for name, value in vars(module).items() if name.startswith("case_")]
