#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A clock that differs from the portal's by more than two minutes is told, and deadlines are not trusted until both agree."""

from e2e import *

RP = IMSS[0]


def send(first):
    lot, = submit(movements(RP, first=first, count=1), "--wait")
    assert lot["state"] == "accepted", lot


def clock_check():
    return next(row for row in ask("doctor", status=(OK, FAILURE)) if row["name"] == "clock")


def main():
    add_registrations([RP])
    add_imss([RP])
    faults("login behind=110\nlist behind=110")
    send(1)
    assert ask("status")["clock_trusted"] and clock_check()["ok"]

    faults("login behind=600\nlist behind=600")
    send(2)
    status = ask("status")
    assert not status["clock_trusted"] and 590 < status["clock_offset"] < 610 + LIMIT, status
    assert "deadlines cannot be trusted" in idsectl("status").stdout.decode()
    assert not clock_check()["ok"] and "s from the portal's clock" in clock_check()["text"]
    due = idsectl("due", status=(OK, HELD))
    assert "cannot be trusted" in due.stderr.decode()
    assert not ask("due", status=(OK, HELD))["trusted"]

    faults()
    send(3)
    assert ask("status")["clock_trusted"] and ask("due", status=(OK, HELD))["trusted"]
    portal_is_exact()


main()
