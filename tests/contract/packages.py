#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The Debian packages take every file that is installed, each once, and name none that is not; their version is the
program's; what they ask is asked in Spanish too. Arguments: the tops of the source and the build tree."""

import json
import pathlib
import re
import subprocess
import sys


def installed(build):
    """Without the leading slash; folders that are installed whole by their files."""
    plan = json.loads(subprocess.run(("meson", "introspect", "--installed", build), check=True, capture_output=True,
                                     text=True).stdout)
    files = []
    for source, target in plan.items():
        source, target = pathlib.Path(source), pathlib.PurePath(target.lstrip("/"))
        inside = [path.relative_to(source) for path in source.rglob("*") if path.is_file()] if source.is_dir() else [""]
        files += [target / path for path in inside]
    assert len(files) > 30, "what is installed was not found"
    return files


def lists(top):
    """(package, pattern) of every line."""
    for path in sorted((top / "debian").glob("*.install")):
        for line in path.read_text().splitlines():
            if line.strip() and not line.startswith("#"):
                yield path.stem, line.split()[0]


def takes(pattern, file):
    return any(path.match("/" + pattern) for path in (pathlib.PurePath("/") / file, *(pathlib.PurePath("/") / file).parents))


def check_files(top, build):
    faults, used = [], set()
    files = installed(build)
    for file in files:
        found = [entry for entry in lists(top) if takes(entry[1], file)]
        used.update(found)
        if len(found) != 1:
            who = " and ".join(package for package, _ in found) or "no package"
            faults.append(f"debian/*.install: {who} takes {file}")
    faults += [f"debian/{package}.install: nothing is installed as {pattern}"
               for package, pattern in lists(top) if (package, pattern) not in used]
    return faults


def check_packages(top):
    stanzas = set(re.findall(r"^Package: (\S+)", (top / "debian/control").read_text(), re.M))
    named = {package for package, _ in lists(top)}
    return [f"debian/control: {package} is only on one side" for package in sorted(stanzas ^ named)]


def check_setup(top):
    """What the packages need to be built is installed by tools/setup; an image that has it by chance must not hide that."""
    needed = re.search(r"^Build-Depends:(.*?)^\S", (top / "debian/control").read_text(), re.M | re.S)[1]
    needed = {entry.split()[0] for entry in needed.split(",") if entry.strip()} - {"debhelper-compat"}
    script = re.search(r"^packages=\((.*?)^\)", (top / "tools/setup").read_text(), re.M | re.S)[1]
    listed = set(re.sub(r"#.*", "", script).split())
    needed |= {"build-essential", "debhelper"}
    return [f"tools/setup: {package} is missing, which debian/control needs" for package in sorted(needed - listed)]


def check_version(top):
    version = re.search(r"version: '([^']+)'", (top / "meson.build").read_text())[1]
    packaged = re.match(r"idsed \(([^)]+)\)", (top / "debian/changelog").read_text())[1]
    news = re.search(r"^idsed (\S+)$", (top / "NEWS").read_text(), re.M)[1]
    return [] if version == packaged == news else [f"meson.build says {version}, debian/changelog {packaged}, NEWS {news}"]


def check_questions(top):
    told = subprocess.run(("msgfmt", "--statistics", "--check", "-o", "/dev/null", top / "debian/po/es.po"), check=False,
                          capture_output=True, text=True)
    if told.returncode or "untranslated" in told.stderr or "fuzzy" in told.stderr:
        return ["debian/po/es.po: " + told.stderr.strip()]
    template = re.sub(r"\s+", " ", (top / "debian/idsed.templates").read_text())
    texts = subprocess.run(("msgcat", "--no-wrap", top / "debian/po/es.po"), check=True, capture_output=True, text=True).stdout
    return [f"debian/po/es.po is not of this template: {text}; run debconf-updatepo"
            for text in re.findall(r'^msgid "(.+)"$', texts, re.M) if text not in template]


def main():
    top, build = (pathlib.Path(argument) for argument in sys.argv[1:3])
    faults = check_files(top, build) + check_packages(top) + check_setup(top) + check_version(top) + check_questions(top)
    print("\n".join(faults) or "every file is in its package")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
