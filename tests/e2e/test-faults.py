#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Everything that the practice portal can do wrong, through the whole system. Each case: the portal misbehaves, a lot is
submitted, what idsectl must tell meanwhile is waited for, the portal behaves again, a person does what the hold says, and
the lot gets its answer. At the end the portal has each lot exactly once.

Arguments: the steps whose faults are tried, or nothing for all."""

import sys

from e2e import *

RP = IMSS[0]
BLOCKED = "list status=503\n"  # so that nothing is found out before it was looked at


class Case:
    """What must be seen while `script` is in force. Of `show LOT`: its state, hold, a reason (of the lot or of one of its
    attempts) and a text (of hold, error or attempt); of `status`: the state of the portal; of the portal: how often
    the step was asked for. `uploads`: how many in the end."""

    def __init__(self, script, state=None, hold="", reason=None, text=None, portal=None, asked=1, uploads=1, end="accepted"):
        self.__dict__.update(locals())
        self.step = script.splitlines()[-1].split()[0]

    def seen(self, lot, asked_before):
        row, status = show(lot), ask("status")
        attempts = row["attempt_list"]
        texts = [row["hold_text"], row["last_error"], status["portal_text"], *(attempt["text"] for attempt in attempts)]
        return (self.state in (None, row["state"]) and self.hold == (row["hold_reason"] or "") and
                (self.reason is None or self.reason in [row["last_reason"], *(a["reason"] for a in attempts)]) and
                (self.text is None or any(self.text in (text or "") for text in texts)) and
                self.portal in (None, status["portal_state"]) and
                (self.step == "connect" or len(requests(self.step)) - asked_before >= self.asked))


DOWN = dict(state="queued", hold="portal-down", portal="down")
UNSURE = dict(state="uncertain", uploads=2)
CHANGED = dict(hold="portal-changed", portal="changed", text="not understood")
NO_ANSWER, BROKEN = "Empty reply", "closed with"

CASES = [
    Case("connect tls=fail", text="SSL", **DOWN),
    Case("connect cut=before", text="connect: ", **DOWN),
    Case("home status=503 retry-after=1", text="HTTP status 503", **DOWN),
    Case("home page=unknown", state="queued", **CHANGED),
    Case("sequence status=500", text="HTTP status 500", **DOWN),
    Case("sequence cut=before", text=NO_ANSWER, **DOWN),

    Case("login cut=before", text=NO_ANSWER, asked=3, **DOWN),
    Case("login cut=after", text=NO_ANSWER, asked=3, **DOWN),
    Case("login cut=mid", text=BROKEN, asked=3, **DOWN),
    Case("login status=500", text="HTTP status 500", asked=3, **DOWN),
    Case("login status=503 retry-after=1", text="HTTP status 503", asked=3, **DOWN),
    Case("login page=maintenance", text="maintenance", asked=3, **DOWN),
    Case("login page=unknown", state="queued", **CHANGED),
    Case("login page=encoding", state="accepted"),
    Case("login login=backend-timeout", text="tiempo de espera", asked=3, **DOWN),
    Case("login login=locked", state="queued", hold="certificate-rejected", text="Cuenta bloqueada"),
    Case("login drip=2000", state="accepted"),

    Case("module page=session-lost", state="queued", asked=2),
    Case("module status=500", text="HTTP status 500", **DOWN),
    Case("module page=unknown", state="queued", **CHANGED),

    Case("upload cut=before", reason="broken", text=NO_ANSWER, **UNSURE),
    Case(BLOCKED + "upload cut=after", state="uncertain", reason="broken", text=NO_ANSWER),
    Case(BLOCKED + "upload cut=mid", state="uncertain", reason="broken", text=BROKEN),
    Case("upload status=500", reason="http-server", **UNSURE),
    Case(BLOCKED + "upload status=500 taken=yes", state="uncertain", reason="http-server"),
    Case("upload status=503 retry-after=1", reason="http-unavailable", **UNSURE),
    Case("upload page=maintenance", reason="maintenance", **UNSURE),
    Case(BLOCKED + "upload page=maintenance taken=yes", state="uncertain", reason="maintenance"),
    Case("upload page=unknown", state="queued", reason="unknown-page", uploads=2, **CHANGED),
    Case(BLOCKED + "upload page=unknown taken=yes", state="uncertain", reason="unknown-page", portal="changed"),
    Case("upload page=session-lost", state="queued", reason="session-lost", asked=2, uploads=3),
    Case("upload page=encoding", state="accepted"),
    Case("upload login=backend-timeout", reason="backend", **UNSURE),
    Case("upload drip=400", state="accepted"),
    Case("upload delay=1", state="accepted"),

    Case("list cut=before", state="received", reason="broken", text=NO_ANSWER, asked=2),
    Case("list cut=mid", state="received", reason="broken", text=BROKEN, asked=2),
    Case("list status=500", state="received", reason="http-server", text="HTTP status 500", asked=2),
    Case("list status=503 retry-after=1", state="received", reason="http-unavailable", text="HTTP status 503", asked=2),
    Case("list page=maintenance", state="received", reason="maintenance", text="maintenance", asked=2),
    Case("list page=unknown", state="received", **CHANGED),
    Case("list page=session-lost", state="received", reason="session-lost", asked=2),
    Case("list page=encoding", state="accepted"),
    Case("list drip=4000", state="accepted"),

    Case("acuse cut=mid", state="received", reason="broken", text=BROKEN, asked=2),
    Case("acuse status=500", state="received", reason="http-server", text="HTTP status 500", asked=2),
    Case("acuse page=unknown", state="received", hold="portal-changed", text="not understood"),
    Case("acuse receipt=missing", state="accepted", asked=2),
    Case("acuse receipt=mismatch", state="quarantined", text="the acuse differs"),
    Case("acuse receipt=foreign", state="quarantined", text="the acuse is of lot"),
    Case("acuse page=session-lost", state="received", reason="session-lost", asked=2),

    Case("constancia cut=before", state="received", reason="broken", text=NO_ANSWER, asked=2),
    Case("constancia status=503 retry-after=1", state="received", reason="http-unavailable", text="HTTP status 503", asked=2),
    Case("constancia page=unknown", state="received", hold="portal-changed", text="not understood"),
    Case("constancia receipt=missing", state="received", asked=2),
    Case("constancia receipt=mismatch", state="quarantined"),
    Case("constancia receipt=foreign", state="quarantined", text="the constancia is of lot"),

    Case("csv cut=after", state="accepted", asked=2),
    Case("csv status=500", state="accepted", asked=2),
    Case("csv page=unknown", state="accepted"),
    Case("csv receipt=missing", state="accepted", asked=2),
    Case("csv receipt=mismatch", state="accepted"),
    Case("csv receipt=foreign", state="accepted"),

    Case("logout cut=before", state="accepted"),
    Case("logout page=unknown", state="accepted"),
]


def do_what_the_hold_says(lot):
    row = show(lot)
    if row["hold_reason"] == "certificate-rejected":
        idsectl("cert", "release", ask("cert", "list")[0]["id"])
    elif row["hold_reason"] == "portal-changed":
        idsectl("release", lot)
    elif row["state"] == "quarantined":
        idsectl("retry", lot)


def receipts_are_those_of_the_portal(row, case):
    """The newest document of each kind has the bytes that the portal made; but a CSV that is wrong is kept as it came."""
    newest = {receipt["kind"]: receipt for receipt in row["receipts"]}
    wrong_csv = case.script in ("csv receipt=mismatch", "csv receipt=foreign")
    assert "csv" in newest
    for kind in ["acuse", "constancia"] + ["csv"] * (not wrong_csv):
        served = (PORTAL_STATE / "lots" / f"{row['portal_lot']}.txt.{kind}").read_bytes()
        assert newest[kind]["sha256"] == sha256(served), f"{kind}: not the bytes that the portal made"


def portal_is_trusted_again(number):
    """After a page that was not understood nothing more is sent until a person says so, although this lot needs none."""
    lot = submit(movements(RP, count=1, first=9000 + 10 * number))[0]["id"]
    assert show(lot)["hold_reason"] == "portal-changed"
    idsectl("release", lot)
    until(f"lot {lot} is accepted", lambda: show(lot)["state"] == "accepted")


def try_case(case, number):
    try:
        go_through(case, number)
    finally:
        faults()


def go_through(case, number):
    asked, uploads = len(requests(case.step)), len(requests("upload"))
    faults(case.script)
    lot = submit(movements(RP, count=2, first=1000 + 10 * number))[0]["id"]
    until(f"lot {lot} is as expected", lambda: case.seen(lot, asked))
    faults()
    do_what_the_hold_says(lot)
    until(f"lot {lot} is {case.end}", lambda: show(lot)["state"] == case.end)
    receipts_are_those_of_the_portal(whole(lot), case)
    made = len(requests("upload")) - uploads
    assert made >= case.uploads if case.uploads > 1 else made == 1, f"{made} uploads, not {case.uploads}"
    if ask("status")["portal_state"] == "changed":
        portal_is_trusted_again(number)
    until("the portal counts as well", lambda: ask("status")["portal_state"] == "ok")


def main_with(steps):
    add_registrations([RP])
    add_imss([RP])
    chosen = [case for case in CASES if not steps or case.step in steps]
    assert chosen
    main([(case.script.replace("\n", "; "), lambda case=case, n=n: try_case(case, n)) for n, case in enumerate(chosen)]
         + [("each lot exactly once", portal_is_exact)])


main_with(sys.argv[1:])
