#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""po/POTFILES names every file with text for people, and every catalogue has all of that text, up to date, and nothing
else; and the programs speak it. Arguments: the tops of the source and the build tree, then xgettext's arguments as
po/meson.build has them."""

import os
import pathlib
import re
import subprocess
import sys

FOLDERS = ("lib", "daemon", "client", "verify", "sim", "notify")
PROGRAMS = ("client/idsectl", "daemon/idsed", "verify/idsed-verify", "sim/idse-sim", "notify/idse-notify")
MARKED = re.compile(r"\b(?:_|N_|dngettext)\(\s*[\"I]")


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def listed(path):
    return [line for line in path.read_text().splitlines() if line and not line.startswith("#")]


def check_potfiles(top):
    marked = {str(path.relative_to(top)) for folder in FOLDERS for path in (top / folder).rglob("*.[ch]")
              if MARKED.search(path.read_text())}
    named = listed(top / "po/POTFILES")
    assert len(marked) > 30, "the sources were not found"
    return ([f"po/POTFILES: {name} is missing" for name in sorted(marked - set(named))]
            + [f"po/POTFILES: {name} has no text for people" for name in sorted(set(named) - marked)]
            + (["po/POTFILES is not sorted"] if named != sorted(named) else []))


def messages(catalogue, *selection):
    """The message ids of a catalogue's text, or of those that the msgattrib options select."""
    command = ("msgattrib", "--no-wrap", "--no-location", *selection, "-")
    chosen = subprocess.run(command, input=catalogue, capture_output=True, text=True, check=True).stdout
    return set(re.findall(r'^(?:#~ )?msgid (".*(?:\n(?:#~ )?".*)*)', chosen, re.M)) - {'""'}


def check_catalogue(top, language, template):
    path = top / f"po/{language}.po"
    status, _, told = run("msgfmt", "--check", "--output-file=/dev/null", str(path))
    faults = [f"{path.name}: {told.strip()}"] if status else []
    text = path.read_text()
    have, wanted = messages(text, "--no-obsolete"), messages(template)
    faults += [f"{path.name}: not there: {text}" for text in sorted(wanted - have)]
    faults += [f"{path.name}: no longer used: {text}" for text in sorted(have - wanted)]
    for word in ("untranslated", "only-fuzzy", "only-obsolete"):
        faults += [f"{path.name}: {word}: {one}" for one in sorted(messages(text, f"--{word}"))]
    return faults


def check_spoken(build):
    spanish = dict(os.environ, IDSED_LOCALEDIR=str(build / "po"), LC_ALL="C.UTF-8", LANGUAGE="es")
    help_of = {name: subprocess.run((build / name, "--help"), env=spanish, capture_output=True, text=True,
                                    check=True).stdout
               for name in PROGRAMS}
    return [f"{name} --help does not speak Spanish" for name, said in help_of.items() if not said.startswith("Uso: ")]


def main():
    top, build, arguments = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3:]
    faults = check_potfiles(top) + check_spoken(build)
    status, template, told = run("xgettext", *arguments, "--directory", str(top), "--files-from",
                                 str(top / "po/POTFILES"), "--output=-")
    assert status == 0, told
    for language in listed(top / "po/LINGUAS"):
        faults += check_catalogue(top, language, template)
    print("\n".join(faults) or "every text has its translation")
    return 1 if faults else 0


sys.exit(main())
