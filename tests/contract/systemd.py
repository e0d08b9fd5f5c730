#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The units say what systemd understands and expose little; the journal's catalogue explains every event, in English and
Spanish, and every event that is logged is in the table. Arguments: the tops of the source and the build tree."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

THRESHOLD = 14  # exposure of at most 1.4
# The field's value, or engine_tell()'s word.
USED = re.compile(r'\{"IDSE_EVENT", (?:[^",]*\? )?"([\w-]+)"(?: : "([\w-]+)")?|log_(?:event|lot)\([^,]+, (?:[^,]*\? )?"([\w-]+)"(?: : "([\w-]+)")?'
                  r'|(?:engine_tell|notices_attention)\((?:[^"]*, )"([\w-]+)"')


def run(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


def runnable(unit, folder):
    """A copy whose programs exist, so that verify finds fault with nothing but the unit."""
    copy = folder / unit.name
    copy.write_text(re.sub(r"^(ExecStart=)\S+", r"\1/bin/true", unit.read_text(), flags=re.M))
    return copy


def check_units(top, build):
    units = sorted((build / "systemd").glob("*.service"))
    sockets = sorted((top / "systemd").glob("*.socket"))
    of_users = sorted((build / "notify").glob("*.service"))
    assert len(units) >= 3 and sockets and of_users, "the units were not found"
    faults = []
    with tempfile.TemporaryDirectory() as name:
        copies = [runnable(unit, pathlib.Path(name)) for unit in units]
        sockets = [runnable(socket, pathlib.Path(name)) for socket in sockets]
        told = run("systemd-analyze", "--man=no", "verify", *copies, *sockets)
        if told.returncode or told.stdout.strip():  # it exits with 0 on an unknown key
            faults.append("systemd-analyze verify: " + told.stdout.strip())
        os.environ.setdefault("XDG_RUNTIME_DIR", name)  # which the service manager of a user wants
        told = run("systemd-analyze", "--user", "--man=no", "verify",
                   *(runnable(unit, pathlib.Path(name)) for unit in of_users))
        if told.returncode or told.stdout.strip():
            faults.append("systemd-analyze --user verify: " + told.stdout.strip())
        for copy in copies:
            told = run("systemd-analyze", "security", "--offline=true", f"--threshold={THRESHOLD}", copy)
            if told.returncode:
                faults.append(f"{copy.name}: {told.stdout.strip().splitlines()[-1]}")
    return faults


def catalogue(path):
    """(id, language) of each entry: its subject and text."""
    found = {}
    for entry in re.split(r"^-- ", path.read_text(), flags=re.M)[1:]:
        head, _, rest = entry.partition("\n")
        fields, _, text = rest.partition("\n\n")
        uuid, _, language = head.strip().partition(" ")
        assert (uuid, language) not in found, f"{uuid} {language} is there twice"
        found[uuid, language] = (re.search(r"^Subject: (.+)", fields, re.M)[1], text.strip())
    return found


def check_journal(top):
    table = dict(re.findall(r'X\("([\w-]+)",\s*"([0-9a-f]{32})"\)', (top / "lib/base/log-events.h").read_text()))
    assert len(table) > 15, "the table of events was not found"
    path = top / "systemd/idsed.catalog"
    entries = catalogue(path)
    faults = [f"{path.name}: {word} has no entry in {language or 'English'}"
              for word, uuid in table.items() for language in ("", "es") if not entries.get((uuid, language), ("", ""))[1]]
    faults += [f"{path.name}: {uuid} is no event's" for uuid, _ in entries if uuid not in table.values()]
    faults += [f"two events have the id {uuid}" for uuid in set(table.values()) if list(table.values()).count(uuid) > 1]
    used = {}
    for source in sorted(path for folder in ("lib", "daemon") for path in (top / folder).rglob("*.c")):
        for words in USED.findall(re.sub(r"\s+", " ", source.read_text())):
            used.update({word: source.name for word in words if word})
    assert len(used) > 10, "no event is logged"
    faults += [f"{name}: the event {word} is not in lib/base/log-events.h" for word, name in used.items() if word not in table]
    # Holds of certificates are told by the hold's own name.
    holds = ("certificate-expired", "certificate-rejected", "profile-incomplete")
    faults += [f"lib/base/log-events.h: nothing logs {word}" for word in table if word not in used and word not in holds]
    with tempfile.TemporaryDirectory() as root:
        place = pathlib.Path(root, "usr/lib/systemd/catalog")
        place.mkdir(parents=True)
        (place / path.name).write_text(path.read_text())
        pathlib.Path(root, "var/lib/systemd/catalog").mkdir(parents=True)
        told = run("journalctl", f"--root={root}", "--update-catalog")
        if told.returncode:
            faults.append("journalctl --update-catalog: " + told.stdout.strip())
    return faults


def main():
    top, build = (pathlib.Path(argument) for argument in sys.argv[1:3])
    faults = check_units(top, build) + check_journal(top)
    print(*faults, sep="\n")
    sys.exit(bool(faults))


main()
