#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Fills a page in: a line @NAME ARGUMENT…@ becomes what the program of that name prints with these arguments.

usage: fill.py PAGE LANGUAGE [NAME=PROGRAM…]"""

import os
import re
import subprocess
import sys


def main():
    programs = dict(argument.split("=", 1) for argument in sys.argv[3:])

    def printed(match):
        name, *arguments = match.group(1).split()
        if name not in programs:
            sys.exit(f"{sys.argv[1]}: there is no program {name}")
        command = programs[name].split() + arguments
        env = dict(os.environ, LC_ALL="C.UTF-8", LANGUAGE=sys.argv[2])  # whatever the builder's language is
        done = subprocess.run(command, env=env, stdout=subprocess.PIPE, encoding="utf-8", check=True)
        return done.stdout.rstrip("\n") + "\n"
    with open(sys.argv[1], encoding="utf-8") as page:
        filled = re.sub(r"^@([a-z][a-z -]*)@\n", printed, page.read(), flags=re.M)
    sys.stdout.reconfigure(encoding="utf-8")
    sys.stdout.write(filled)


main()
