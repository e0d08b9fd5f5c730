#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the documents say, held against the code: every table of docs/reference.md against the table in C that it shows,
the layers, the life of a lot and the stored tables of docs/architecture.md against layers.py and the sources, the
dependencies in both READMEs against meson.build; and the SPDX line in every file.

Argument: the top of the source tree."""

import pathlib
import re
import subprocess
import sys

import layers

SPDX = "SPDX-License-Identifier: LGPL-2.1-or-later"
WITHOUT_SPDX = ("LICENSE", "tests/data/", "debian/changelog", "debian/copyright", "debian/source/format", "debian/po/templates.pot",
                "debian/idsed.README.Debian")
BINARY = (".png", ".pdf", ".pfx", ".cer", ".key")
LIBRARIES = {"systemd": "libsystemd", "jansson": "jansson", "openssl": "OpenSSL", "sqlite": "SQLite",
             "event": "libevent", "curl": "libcurl", "xml": "libxml2", "dbus": "libdbus", "ini": "inih", "smartcols": "libsmartcols",
             "hpdf": "libharu", "csv": "libcsv", "minizip": "minizip", "xlsxwriter": "libxlsxwriter"}


def source(path):
    """C with its continued lines, and the pieces of its strings, put together."""
    return re.sub(r'"\s*\n\s*"', "", re.sub(r"\s*\\\n\s*", " ", path.read_text()))


def entries(path, pattern):
    found = [match.groups() for match in re.finditer(pattern, source(path))]
    assert len(found) > 5, f"{path}: the table was not found"
    return found


def words(constant):
    """HOLD_OPERATOR as people see it."""
    return "" if constant == "NONE" else constant.lower().replace("_", "-")


# ---- the tables of docs/reference.md: heading, and the rows that the code asks for ----

def exit_statuses(top):
    return {name: number for name, number in entries(top / "lib/base/err.h", r"EXIT_STATUS_(\w+) = (\d+)")}


def exit_status_rows(top):
    return [(number, None) for number in exit_statuses(top).values()]


def error_rows(top):
    status = exit_statuses(top)
    pattern = r'X\(\w+, "(\w+)", EXIT_STATUS_(\w+),\s*N_\("(.*?)"\)\)'
    return [(f"`{name}`", status[code], text) for name, code, text in entries(top / "lib/base/err-table.h", pattern)]


def state_rows(top):
    pattern = r'X\(\w+, \d+, "([\w-]+)", N_\("[^"]*"\), (true|false)\)'
    return [(f"`{name}`", "yes" if final == "true" else "", None)
            for name, final in entries(top / "lib/idse/lot.h", pattern)]


def movement_rows(top):
    pattern = r'X\(\w+, \d, "(\w+)", N_\("[^"]*"\)\)'
    return [(f"`{name}`", None) for name, in entries(top / "lib/idse/movement.h", pattern)]


def hold_rows(top):
    pattern = r'X\(\w+, \d+, "([\w-]+)",\s*N_\("(.*?)"\)\)'
    return [(f"`{name}`", text) for name, text in entries(top / "lib/idse/lot.h", pattern)]


def reason_rows(top):
    pattern = r'X\(\w+, "([\w-]+)", (\w+), (\w+), (true|false),\s*N_\("(.*?)"\)\)'
    return [(f"`{name}`", words(outcome), words(hold), "yes" if blames == "true" else "", text)
            for name, outcome, hold, blames, text in entries(top / "lib/idse/outcome.h", pattern)]


def config_rows(top):
    pattern = r'KEY\("(\w+)", "(\w+)", \w+, \w+\), (?:"([^"]*)"|NULL),[^{}]*?(true|false),\s*N_\("(.*?)"\)(?:,\s*"[^"]*")?\}'
    return [(f"`[{section}] {name}`", fallback or "", "reload" if reload == "true" else "restart", text)
            for section, name, fallback, reload, text in entries(top / "daemon/config.c", pattern)]


def verb_rows(top):
    pattern = r'\{"([a-z ]+)", (?:N_\()?"([^"]*)"\)?, \d+, -?\d+,[^{}]*?N_\("(.*?)"\)'
    return [(f"`{name}`", arguments, text) for name, arguments, text in entries(top / "client/verbs.c", pattern)]


REFERENCE = {
    "Exit statuses of idsectl": exit_status_rows,
    "Errors": error_rows,
    "States of a lot": state_rows,
    "States of a movement": movement_rows,
    "Why a lot is held": hold_rows,
    "What a request to the portal can end with": reason_rows,
    "Configuration": config_rows,
    "Verbs of idsectl": verb_rows,
}


def tables(document):
    """The rows below each heading, without the two that head the table."""
    found = {}
    for section in re.split(r"^## ", document.read_text(), flags=re.M)[1:]:
        heading, _, body = section.partition("\n")
        rows = [tuple(cell.strip() for cell in line.strip("|\n").split("|"))
                for line in body.splitlines() if line.startswith("|")]
        found[heading] = rows[2:]
    return found


def fits(row, wanted):
    """None stands for a cell that only the document has."""
    return len(row) == len(wanted) and all(w is None or w == cell for cell, w in zip(row, wanted))


def check_reference(top):
    document = tables(top / "docs/reference.md")
    faults = []
    for heading, rows_of in REFERENCE.items():
        rows, wanted = document.get(heading, []), rows_of(top)
        faults += [f"reference.md, {heading}: needs | " + " | ".join("…" if w is None else w for w in want) + " |"
                   for want in wanted if not any(fits(row, want) for row in rows)]
        faults += [f"reference.md, {heading}: the code has no | " + " | ".join(row) + " |"
                   for row in rows if not any(fits(row, want) for want in wanted)]
    return faults


# ---- the others ----

def check_layers(top):
    document = {row[0].strip("`"): row for row in tables(top / "docs/architecture.md")["Layers"]}
    faults = [f"architecture.md: {folder}: no such layer" for folder in sorted(set(document) - set(layers.TABLE))]
    for folder, (project, system) in layers.TABLE.items():
        _, headers, libraries = document.get(folder, ("", "", ""))
        if set(re.findall(r"`([^`]+)`", headers)) != set(project):
            faults.append(f"architecture.md: {folder} may include {' '.join(project)}")
        if set(filter(None, libraries.split(", "))) != {LIBRARIES[name] for name in system}:
            faults.append(f"architecture.md: {folder} may use {' '.join(LIBRARIES[name] for name in system)}")
    return faults


def check_states(top):
    """The diagram of a lot's life against the transitions, as (state, event, next state)."""
    code = source(top / "lib/idse/lot.c")
    wanted = {(words(state), words(event), words(after))
              for state, events in re.findall(r"\[LOT_STATE_(\w+)\] =\s*\{(.*?)\n        \},", code, re.S)
              for event, after in re.findall(r"\[LOT_EVENT_(\w+)\] =\s*TO\((\w+),", events)}
    assert len(wanted) > 10, "the transitions were not found"
    diagram = (top / "docs/architecture.md").read_text()
    drawn = set()
    for state, after, label in re.findall(r"^  (\w+) --> (\w+): ([^(\n]+)", diagram, re.M):
        drawn |= {(state, event, after) for event in re.split(r",? or |, ", label.strip())}
    return ([f"architecture.md: the diagram needs {a} --> {c}: {b}" for a, b, c in sorted(wanted - drawn)]
            + [f"architecture.md: the code has no {a} --> {c}: {b}" for a, b, c in sorted(drawn - wanted)])


def check_storage(top):
    made = set(re.findall(r"CREATE TABLE (\w+)", source(top / "lib/store/schema.c")))
    assert len(made) > 10, "the schema was not found"
    told = {name for row in tables(top / "docs/architecture.md")["Storage"] for name in re.findall(r"`(\w+)`", row[0])}
    return [f"architecture.md: table {name} is only on one side" for name in sorted(made ^ told)]


def check_dependencies(top):
    build = (top / "meson.build").read_text()
    wanted = set(re.findall(r"(?:dependency|find_library)\('([^']+)'", build)) - {"threads"}
    assert len(wanted) > 10, "meson.build was not understood"
    faults = []
    for name in ("README.md", "README.es.md"):
        text = (top / name).read_text()
        faults += [f"{name}: does not say why {library} is here"
                   for library in sorted(wanted) if f"`{library}`" not in text]
    return faults


def check_spdx(top):
    if not (top / ".git").exists():
        return []
    listed = subprocess.run(("git", "-c", "safe.directory=*", "-C", top, "ls-files", "-z"), capture_output=True,
                            text=True, check=True).stdout
    files = [name for name in listed.split("\0") if name and not name.startswith(WITHOUT_SPDX)
             and not name.endswith(BINARY) and (top / name).exists()]
    return [f"{name}: no SPDX line" for name in files if SPDX not in (top / name).read_text()[:1000]]


def main():
    top = pathlib.Path(sys.argv[1])
    checks = (check_reference, check_layers, check_states, check_storage, check_dependencies, check_spdx)
    faults = [fault for check in checks for fault in check(top)]
    print("\n".join(faults) or "the documents say what the code does")
    return 1 if faults else 0


sys.exit(main())
