#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The shells complete what the program offers: bash, fish, and zsh on a terminal of its own. No daemon is asked.

usage: test-completion.py IDSECTL FOLDER"""

import os
import pathlib
import pty
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

IDSECTL, FOLDER = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
HOME = tempfile.mkdtemp(prefix="idsed-completion.")
ENV = dict(os.environ, PATH=f"{IDSECTL.parent}:{os.environ['PATH']}", HOME=HOME, XDG_CONFIG_HOME=HOME, XDG_DATA_HOME=HOME,
           LC_ALL="C.UTF-8", LANGUAGE="", TERM="xterm")
LIMIT = 60

# What is typed, and what has to be among the candidates.
CASES = {
    "idsectl rec": {"receipts", "reconcile"},
    "idsectl cert re": {"release", "remove", "replace"},
    "idsectl list --stat": {"--state"},
    "idsectl list --state qu": {"queued", "quarantined"},
    "idsectl receipts get 1 a": {"acuse"},
    "idsectl cert --h": {"--help"},
    "idsectl help c": {"cert", "check", "cancel"},
}


def run(*command):
    return subprocess.run(command, env=ENV, capture_output=True, text=True, check=True, timeout=LIMIT).stdout


class Terminal:
    """zsh as a person has it."""

    def __init__(self, *command):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], command, ENV)

    def type(self, text, *awaited):
        """Types, and reads until all that is awaited has been shown."""
        os.write(self.fd, text.encode())
        shown, deadline = "", time.monotonic() + LIMIT
        while not all(word in shown for word in awaited):
            if not select.select([self.fd], [], [], max(0, deadline - time.monotonic()))[0]:
                raise AssertionError(f"{awaited} did not come after {text!r}: {shown!r}")
            shown += os.read(self.fd, 65536).decode(errors="replace")

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


class Completion(unittest.TestCase):
    def test_bash(self):
        script = ('. "$1"; COMP_LINE=$2 COMP_POINT=${#2}; compopt() { :; }; _idsectl; printf "%s\\n" "${COMPREPLY[@]}"')
        for line, expected in CASES.items():
            found = run("bash", "--norc", "-c", script, "bash", FOLDER / "idsectl.bash", line).split()
            self.assertLessEqual(expected, set(found), line)

    def test_fish(self):
        for line, expected in CASES.items():
            found = run("fish", "--no-config", "-c", f"source {FOLDER}/idsectl.fish; complete -C '{line}'")
            self.assertLessEqual(expected, {row.split("\t")[0] for row in found.splitlines()}, line)

    def test_zsh(self):
        terminal = Terminal("zsh", "-f", "-i")
        try:
            terminal.type(f"fpath=({FOLDER} $fpath); autoload -Uz compinit; compinit -u -D; echo re''ady\n", "ready")
            for line, expected in CASES.items():
                rest = [word for word in expected if len(expected) > 1] or [next(iter(expected))[-3:]]
                terminal.type(f"\x15{line}\t\t", *rest)
        finally:
            terminal.close()


if __name__ == "__main__":
    try:
        unittest.main(argv=sys.argv[:1])
    finally:
        shutil.rmtree(HOME)
