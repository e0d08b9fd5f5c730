#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a test of a certificate says, and how one takes the place of another while lots are under way."""

import subprocess
import sys

from e2e import *

USER = (CREDENTIALS / "imss.user").read_text()
PASSWORD = ["--password-file", CREDENTIALS / "imss.password"]
OTHER_RP = "Z9900003103"
SERVING, STRANGER = 2, 3  # as they are numbered


def verdict(certificate, status):
    answer = ask("cert", "test", certificate, status=status)
    return answer["result"], answer["text"]


def case_a_wrong_user_is_held_and_not_tried_again():
    add_registrations(IMSS)
    assert add_imss(IMSS[:1], user="Rechazado55") == 1
    result, text = verdict(1, HELD)
    assert result == "credentials" and "user or password refused" in text, (result, text)
    attempts = len(requests("login"))
    done = idsectl("cert", "test", 1, status=HELD)
    assert b"could lock the account" in done.stderr and len(requests("login")) == attempts, done.stderr
    assert b"idsectl cert replace 1" in idsectl("status").stdout
    # The right one takes its place as soon as it has logged in.
    idsectl("cert", "replace", 1, "--pfx", CREDENTIALS / "imss.pfx", "--user", USER, *PASSWORD)
    until("it takes over", lambda: ask("cert", "list")[0]["id"] == SERVING)
    assert ask("cert", "show", SERVING)["registrations"] == IMSS[:1] and verdict(SERVING, OK)[0] == "ok"


def case_one_that_works():
    """It serves one more registro patronal when it is stored for that too."""
    done = idsectl("cert", "add", "--rp", IMSS[1], "--pfx", CREDENTIALS / "imss.pfx", "--user", "Rechazado55", *PASSWORD,
                   status=FAILURE)
    assert f"certificate {SERVING} already, with another user".encode() in done.stderr, done.stderr
    assert add_imss(IMSS) == SERVING
    assert ask("cert", "show", SERVING)["registrations"] == IMSS
    assert verdict(SERVING, OK)[0] == "ok"


def case_a_portal_that_is_not_available():
    faults("home status=503\nsequence status=503\nlogin status=503")
    result, text = verdict(SERVING, PORTAL)
    assert result == "http-unavailable" and "overloaded or closed" in text, (result, text)
    faults()


def case_one_that_the_portal_does_not_know():
    pem, pfx = HERE / "any.pem", HERE / "any.pfx"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", pem, "-out", pem, "-days", "90",
                    "-subj", "/CN=Practica"], check=True, capture_output=True)
    subprocess.run(["openssl", "pkcs12", "-export", "-in", pem, "-out", pfx, "-passout", "pass:Clave2026x"], check=True)
    idsectl("rp", "add", OTHER_RP, "--force")
    listed = idsectl("rp", "list").stderr.decode()
    assert OTHER_RP in listed and "On-line services are not available" in listed, listed
    idsectl("cert", "add", "--rp", OTHER_RP, "--pfx", pfx, "--user", "USUARIO01", "--password-file",
            file("any.password", b"Clave2026x"))
    result, text = verdict(STRANGER, HELD)
    assert result == "certificate-unknown" and "24 to 48 hours" in text and "no registrado" in text, (result, text)
    # It is held, and not tried again until somebody acts.
    attempts = len(requests("login"))
    done = idsectl("cert", "test", STRANGER, status=(HELD, INVALID, FAILURE))
    assert f"refused certificate {STRANGER}".encode() in done.stderr and len(requests("login")) == attempts, done.stderr
    left = idsectl("cert", "remove", STRANGER, "--yes").stderr.decode()
    assert OTHER_RP in left, left


def case_a_wrong_user_is_refused_and_the_one_that_serves_goes_on():
    idsectl("cert", "replace", SERVING, "--pfx", CREDENTIALS / "imss.pfx", "--user", "Rechazado55", *PASSWORD)
    heir = ask("cert", "list")[-1]["id"]
    until("the portal refuses it", lambda: ask("cert", "show", heir)["held"])
    lot, = submit(movements(IMSS[0], type="08", count=3), "--wait=60")
    assert (lot["state"], lot["certificate"]) == ("accepted", SERVING), lot
    idsectl("cert", "remove", heir, "--yes")


def case_the_right_one_takes_over_and_history_keeps_who_signed():
    lots = submit(movements(*IMSS, type="08", first=100, count=3), "--hold")
    idsectl("cert", "replace", SERVING, "--pfx", CREDENTIALS / "imss.pfx", "--user", USER, *PASSWORD)
    heir = ask("cert", "list")[-1]["id"]
    until("it takes over", lambda: ask("cert", "show", heir)["registrations"] == IMSS)
    idsectl("cert", "show", SERVING, status=NOT_FOUND)
    idsectl("release", *(lot["id"] for lot in lots))
    idsectl("wait", *(lot["id"] for lot in lots), "--timeout=60")
    assert {show(lot["id"])["certificate"] for lot in lots} == {heir}
    assert SERVING in {lot["certificate"] for lot in ask("list")}
    replaced = [record for record in map(json.loads, idsectl("history", "--json").stdout.splitlines())
                if record["action"] == "certificate-replaced"]
    assert [(record["who"], record["object"]) for record in replaced] == \
        [("idsed", f"certificate {id}") for id in (heir, SERVING)], replaced
    portal_is_exact()


main(cases_of(sys.modules[__name__]))
