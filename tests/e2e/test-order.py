#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A baja does not arrive before the alta of the same worker, whatever becomes of the alta; what it waits for is seen."""

import datetime

from e2e import *

RP = IMSS[0]
ALTA, BAJA = "08", "02"
BROKEN = "list status=503\nupload cut=before"  # nobody knows whether it arrived, and the portal does not say


def file_of(kind, first, **options):
    return movements(RP, type=kind, first=first, count=1, **options)


def state_of(lot):
    return show(lot)["state"]


def log():
    return (STATE.parent / "idsed.log").read_text()


def accepted_in_order(*lots):
    for lot in lots:
        until(f"lot {lot} is accepted", lambda: state_of(lot) == "accepted")
    arrived = [row["lot"] for row in ledger()]
    places = [arrived.index(show(lot)["portal_lot"]) for lot in lots]
    assert places == sorted(places), places


def case_a_baja_waits_for_an_uncertain_alta():
    faults(BROKEN)
    alta = submit(file_of(ALTA, 1))[0]["id"]
    until("the alta is uncertain", lambda: state_of(alta) == "uncertain")
    baja = submit(file_of(BAJA, 1))[0]["id"]
    row = show(baja)
    assert row["waits_for"] == [{"lot": alta, "state": "uncertain", "hold_reason": None}] and row["next_step"] is None, row
    assert f"lot {alta} (uncertain)" in idsectl("show", baja).stdout.decode()
    assert [lot["id"] for lot in ask("status")["waiting"]] == [lot["id"] for lot in ask("list", "--waiting")] == [baja]
    assert f"lot {baja} ({RP}): lot {alta} (uncertain)" in idsectl("status").stdout.decode()
    assert "queued, waits" in idsectl("list").stdout.decode()
    assert f"waits for lot {alta}" in idsectl("retry", baja, status=FAILURE).stderr.decode()
    due = ask("due", "--days=3650", status=(OK, HELD))["movements"]
    assert {row["lot"]: row["waits_for"] for row in due} == {alta: None, baja: alta}, due
    faults("list status=503")  # uploads work again, but still nobody knows of the alta
    asked = len(requests("list"))
    until("the portal is asked for it", lambda: len(requests("list")) > asked)
    assert (state_of(alta), state_of(baja)) == ("uncertain", "queued")
    faults()
    accepted_in_order(alta, baja)
    assert show(baja)["waits_for"] == [] and ask("status")["waiting"] == []


def case_a_baja_waits_for_an_alta_that_is_held():
    long_ago = [datetime.date.today() - datetime.timedelta(days=days) for days in (40, 30)]
    alta = submit(file_of(ALTA, 2, date=long_ago[0]), "--hold")[0]["id"]
    baja, = submit(file_of(BAJA, 2, date=long_ago[1]), "--wait", status=HELD)
    baja = baja["id"]
    assert state_of(baja) == "queued"
    assert f"lot {alta} (queued, held): Held by an operator" in idsectl("status").stdout.decode()
    waits, late = (until(f"{what} is told", lambda: next((line for line in log().splitlines() if f"IDSE_EVENT={what} "
                                                           f"IDSE_LOT={baja} " in line), None))
                   for what in ("waits", "deadline-missed"))
    assert f"waits for lot {alta}" in waits, waits
    assert f"waits for lot {alta}" in late, late
    idsectl("release", alta)
    accepted_in_order(alta, baja)


def case_a_person_lets_it_go_ahead():
    alta = submit(file_of(ALTA, 3), "--at=+2h")[0]["id"]
    baja = submit(file_of(BAJA, 3))[0]["id"]
    faults("upload status=503 times=1")
    idsectl("retry", baja, "--ahead")
    until("the portal does not take it", lambda: show(baja)["last_reason"] == "http-unavailable")
    assert ask("doctor", "--reindex")["repaired"] == 0  # what was let go ahead is not made to wait again
    assert show(baja)["waits_for"] == []
    until("the baja is accepted", lambda: state_of(baja) == "accepted")
    assert state_of(alta) == "queued"
    acts = map(json.loads, idsectl("history", "show", "--json").stdout.splitlines())
    assert [act["detail"] for act in acts if act["action"] == "retry" and act["outcome"] == "ok"] == ['{"ahead":true}']
    idsectl("cancel", alta, "--yes")


def records(*rows):
    """A file of the movements (type, worker, date), in that order."""
    return b"".join(movements(RP, type=kind, first=worker, count=1, date=f"2026-11-{day}").splitlines(keepends=True)[0]
                    for kind, worker, day in rows)


def case_a_file_that_has_a_worker_twice_is_sent_by_its_dates():
    for worker, rows in ((11, ((ALTA, 21, 24), (BAJA, 11, 25), (ALTA, 11, 26))),
                         (12, ((ALTA, 22, 24), (ALTA, 12, 26), (BAJA, 12, 25)))):
        was_there = submit(records((ALTA, worker, 20)))
        accepted_in_order(was_there[0]["id"])
        lots = [lot["id"] for lot in submit(records(*rows))]
        assert [(show(lot)["type"], show(lot)["movements"]) for lot in lots] == [("baja", 1), ("reingreso", 2)], show(lots[0])
        accepted_in_order(*lots)
        nss = records((ALTA, worker, 20))[11:22].decode()
        who, = [row for row in ask("worker", "list") if row["nss"] == nss]
        assert (who["status"], who["since"]) == ("active", "2026-11-26"), who


def case_who_works_for_one_day_is_gone_and_may_come_back():
    nss = records((ALTA, 13, 20))[11:22].decode()
    for rows, status in (((ALTA, 13, 20), (BAJA, 13, 20)), "gone"), (((ALTA, 13, 24), (BAJA, 13, 25), (ALTA, 13, 25)), "active"):
        accepted_in_order(*[lot["id"] for lot in submit(records(*rows))])
        who, = [row for row in ask("worker", "list") if row["nss"] == nss]
        assert who["status"] == status, who


add_registrations([RP])
add_imss([RP])
main(cases_of(sys.modules[__name__]) + [("each lot exactly once", portal_is_exact)])
