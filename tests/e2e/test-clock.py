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
    for verb in ("refresh",), ("cert", "test", "1"):  # nothing is left to visit the portal for
        assert not ask("status")["clock_trusted"]
        idsectl(*verb)
        until("the clock is trusted", lambda: ask("status")["clock_trusted"])
        faults("login behind=600\nlist behind=600")
        send(3 if verb[0] == "refresh" else 4)
        faults()
    send(5)
    assert ask("status")["clock_trusted"] and ask("due", status=(OK, HELD))["trusted"]
    portal_is_exact()


main()
