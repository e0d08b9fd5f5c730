#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The manual against the code. Every verb, option, key, method, signal, property, error and exit status has its entry; every
option of the programs stands on their pages; a reference to another page leads to one; mandoc and groff have nothing to say.

usage: manual.py SOURCE-TREE BUILD-FOLDER"""

import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree

# What mandoc says of scdoc's way of writing, and what it cannot know.
TOLERATED = ("missing date", "cross reference to unknown manual", "operating system", "skipping paragraph macro: PP empty",
             "skipping paragraph macro: PP after SH", "skipping paragraph macro: PP after SS", "input text line longer than 80")


def printed(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


class Manual:
    def __init__(self, top, build):
        self.top, self.build = top, build
        self.pages = {path.name.removesuffix(".scd"): path.read_text() for path in (build / "man").glob("*.scd")
                      if (build / "man" / path.name.removesuffix(".scd")).exists()}
        self.plain = {name: re.sub(r"\\(.)", r"\1", text) for name, text in self.pages.items()}
        assert len(self.pages) > 10, "the pages were not found"

    def has_entry(self, page, name):
        """Does a line of the page begin with the name in bold?"""
        return re.search(rf"^\*{re.escape(name)}[*=(]", self.plain.get(page, ""), re.M) is not None

    def entries(self, page, names, what):
        assert names, f"no {what} were found"
        return [f"{page}: {what} {name} is missing" for name in names if not self.has_entry(page, name)]


def check_verbs(manual):
    source = (manual.top / "client/verbs.c").read_text()
    verbs = [name for name in re.findall(r'^    \{"([a-z -]+)", ', source, re.M) if name not in ("complete",)]
    families = "".join(text for name, text in manual.plain.items() if re.match(r"idsectl-\w+\.1$", name))
    faults = manual.entries("idsectl.1", verbs, "verb")
    for verb in verbs:
        if verb != "help" and f"\n## {verb}\n" not in families:
            faults.append(f"verb {verb} stands on no page of a family")
    return faults


def check_options(manual):
    header = (manual.top / "client/verbs.h").read_text()
    names = re.findall(r'^    X\(\w+, "([a-z-]+)", ', header, re.M)
    everything = "".join(manual.plain.values())
    return [f"option --{name} stands on no page" for name in names if f"*--{name}*" not in everything]


def check_programs(manual):
    """Each long option of a program's argp table."""
    faults = []
    for source, page in ("daemon/main.c", "idsed.8"), ("sim/main.c", "idse-sim.8"), ("notify/main.c", "idse-notify.1"):
        path = manual.top / source
        if not path.exists():
            continue
        options = re.findall(r'^    \{"([a-z-]+)", (?:OPTION_|KEY_|\')', path.read_text(), re.M)
        faults += [f"{page}: option --{name} is missing" for name in options
                   if not re.search(rf"--{name}\b", manual.plain.get(page, ""))]
    return faults


def check_keys(manual):
    keys = re.findall(r'KEY\("\w+", "(\w+)"', (manual.top / "daemon/config.c").read_text())
    return manual.entries("idsed.conf.5", keys, "key")


def check_interfaces(manual):
    names = []
    for path in (manual.top / "dbus").glob("mx.idsed1.*.xml"):
        for interface in xml.etree.ElementTree.parse(path).getroot().iter("interface"):
            names += [member.get("name") for member in interface if member.tag in ("method", "signal", "property")]
    return manual.entries("mx.idsed1.5", sorted(set(names)), "member")


def check_states(manual):
    def names(path, pattern):
        text = re.sub(r"\s*\\\n\s*", " ", (manual.top / path).read_text())
        return re.findall(pattern, text)
    page = "idsed-states.7"
    faults = manual.entries(page, names("lib/base/err-table.h", r'X\(\w+, "(\w+)", EXIT_STATUS'), "error")
    faults += manual.entries(page, names("lib/idse/lot.h", r'X\(\w+, \d+, "([\w-]+)"'), "state or hold")
    faults += manual.entries(page, names("lib/idse/movement.h", r'X\(\w+, \d, "(\w+)", N_'), "state")
    faults += manual.entries(page, names("lib/idse/outcome.h", r'X\(\w+, "([\w-]+)", \w+, \w+, (?:true|false)'), "reason")
    statuses = names("lib/base/err.h", r"EXIT_STATUS_\w+ = (\d+)")
    return faults + manual.entries(page, statuses, "exit status") + manual.entries("idsectl.1", statuses, "exit status")


def check_sorts(manual):
    """The page lists what movements can be sorted by, no more and no less."""
    names = re.findall(r'X\(\w+, "([a-z-]+)"\)', (manual.top / "lib/idse/movement-sort.h").read_text())
    wanted = {"name", *(name.replace("-", "_") for name in names)}
    listed = re.search(r"^\*--sort\* takes ((?:[^.])+)\.", manual.pages["idsectl-movements.1"], re.M)
    told = set(re.findall(r"\*(\w+)\*", listed[1])) if listed else set()
    return [f"idsectl-movements.1: sort {name} is only on one side" for name in sorted(wanted ^ told)]


def check_references(manual):
    known = {re.sub(r"^(.*)\.(\d)$", r"\1(\2)", name) for name in manual.pages}
    faults = []
    for name, text in sorted(manual.pages.items()):
        for reference in re.findall(r"\*([\w.-]+)\*(\(\d\))", text):
            if re.match(r"idse|mx\.", reference[0]) and "".join(reference) not in known:
                faults.append(f"{name}: there is no {''.join(reference)}")
    index = manual.plain["idsectl.1"]
    for name in manual.pages:
        if re.match(r"idsectl-\w+\.1$", name) and f"*{name.removesuffix('.1')}*(1)" not in index.split("# SEE ALSO")[1]:
            faults.append(f"idsectl.1: SEE ALSO does not name {name}")
    return faults


def check_readmes(manual):
    faults = []
    for readme in "README.md", "README.es.md":
        text = (manual.top / readme).read_text()
        for name in manual.pages:
            if re.sub(r"^(.*)\.(\d)$", r"\1(\2)", name) not in text:
                faults.append(f"{readme}: does not name the page {name}")
    return faults


def check_spanish(manual):
    """Every verb and global option, by the same names, and in Spanish."""
    text = (manual.build / "man/es/idsectl.1.scd").read_text()
    entries = r"^\*(?:--)?([a-z -]+)\*(?:[ =].*)?$"
    missing = set(re.findall(entries, manual.pages["idsectl.1"], re.M)) - set(re.findall(entries, text, re.M))
    faults = [f"es/idsectl.1: {name} is missing" for name in sorted(missing)]
    in_english = re.search(r"^\*--json\*\n(.*)", manual.pages["idsectl.1"], re.M)[1]
    if in_english in text:
        faults.append("es/idsectl.1: the tables are in English")
    return faults


def check_formatting(manual):
    faults = []
    for name in [*sorted(manual.pages), "es/idsectl.1"]:
        path = manual.build / "man" / name
        said = subprocess.run(("groff", "-man", "-t", "-ww", "-z", "-Tutf8", "-Kutf8", path), capture_output=True, text=True)
        faults += [f"groff: {line}" for line in said.stderr.splitlines()]
        said = subprocess.run(("mandoc", "-T", "lint", "-W", "warning", path), capture_output=True, text=True)
        faults += [line for line in said.stdout.splitlines() if not any(words in line for words in TOLERATED)]
    return faults


def main():
    manual = Manual(*map(pathlib.Path, sys.argv[1:3]))
    checks = (check_verbs, check_options, check_programs, check_keys, check_interfaces, check_states, check_sorts, check_references,
              check_readmes, check_spanish, check_formatting)
    faults = [fault for check in checks for fault in check(manual)]
    print("\n".join(faults) or f"{len(manual.pages)} pages say what the code does")
    return 1 if faults else 0


sys.exit(main())
