#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A portal that lets us in and then fails: it is told as a portal that fails, and what it cannot do stops nothing else."""

import sys

from e2e import *

RP, OTHER = IMSS[:2]
DOWN = "The portal does not answer; sending goes on when it does."


def send(rp, first, *options, **more):
    return submit(movements(rp, count=1, first=first, **more), *options)[0]["id"]


def state_of(lot):
    return show(lot)["state"]


def until_down():
    until("the portal is down", lambda: ask("status")["portal_state"] == "down")


def until_accepted(*lots):
    faults()
    for lot in lots:
        until(f"lot {lot} is accepted", lambda lot=lot: state_of(lot) == "accepted")
    until("the portal answers again", lambda: ask("status")["portal_state"] == "ok")


def case_a_lot_that_cannot_be_settled_stops_no_other():
    faults("list status=503 times=0\nupload cut=after times=1")
    lost = send(RP, 100, type="08")
    until("nobody knows where it is", lambda: state_of(lost) == "uncertain")
    others = send(RP, 200), send(OTHER, 300)
    younger = send(RP, 100, type="02")
    for lot in others:
        until(f"lot {lot} is received", lambda lot=lot: state_of(lot) == "received")
    until_down()
    assert (state_of(lost), state_of(younger)) == ("uncertain", "queued")
    assert show(lost)["last_reason"] == "http-unavailable"
    assert [lot["id"] for lot in ask("status")["uncertain"]] == [lost]
    assert f"lot {lost} ({RP}): " in idsectl("status").stdout.decode()
    assert f"idsectl reconcile {lost}" in idsectl("show", lost).stdout.decode()
    checks = {check["name"]: check for check in ask("doctor", status=FAILURE)}
    assert not checks["portal"]["ok"] and "HTTP status 503" in checks["portal"]["text"], checks
    assert not checks["lots"]["ok"] and f"lot {lost} of {RP} arrived" in checks["lots"]["text"], checks
    assert f"'idsectl show {lost}'" in checks["lots"]["text"], checks
    idsectl("wait", lost, "--timeout=1", status=PORTAL)
    until_accepted(lost, younger, *others)


def case_received_lots_are_not_stuck_in_silence():
    lot = send(RP, 400)
    faults("constancia status=503 times=0")
    until_down()
    assert show(lot)["last_reason"] == "http-unavailable"
    later = send(OTHER, 500, "--at=+2h")
    assert show(later)["hold_reason"] == "portal-down"
    idsectl("cancel", later, "--yes")
    until_accepted(lot)


def case_a_lot_whose_receipts_do_not_add_up_is_shown():
    faults("constancia receipt=mismatch times=0")
    lot = submit(movements(RP, count=1, first=800), "--wait", status=HELD)[0]["id"]
    assert [row["id"] for row in ask("status")["quarantined"]] == [lot]
    assert f"lot {lot} ({RP}): " in idsectl("status").stdout.decode()
    assert f"idsectl retry {lot}" in idsectl("show", lot).stdout.decode()
    faults()
    idsectl("retry", lot)
    until_accepted(lot)
    status = ask("status")
    assert (status["uncertain"], status["quarantined"]) == ([], []), status


def held_lines():
    return [line for line in idsectl("status").stdout.decode().splitlines() if line.startswith("  lot ")]


def case_why_a_lot_is_held_is_told_once():
    faults("home status=503 times=0")
    lot = send(RP, 600)
    until("the lot is held", lambda: show(lot)["hold_reason"] == "portal-down")
    line, = held_lines()
    assert line.count(DOWN) == 1 and "HTTP status 503" in line, line
    until_accepted(lot)


def case_why_a_certificate_is_held_is_told_once():
    faults("login login=locked times=0")
    lot = send(RP, 700)
    until("the lot is held", lambda: show(lot)["hold_reason"] == "certificate-rejected")
    line, = held_lines()
    assert line.count("certificate") == 1 and "Cuenta bloqueada" in line, line
    faults()
    idsectl("cert", "release", ask("cert", "list")[0]["id"])
    until_accepted(lot)


add_registrations([RP, OTHER])
add_imss([RP, OTHER])
main(cases_of(sys.modules[__name__]) + [("each lot exactly once", portal_is_exact)])
