#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What was rejected is explained, corrected, sent again, and superseded once the correction is operated."""

import csv
import io
import sys

from e2e import *

TOO_HIGH = "051"
LOTS = []


def states(lot):
    return [row["state"] for row in ask("movements", f"--lot={lot}")]


def answered(lot):
    return ask("wait", lot, "--timeout=60", status=(OK, REJECTED))[0]


def retry(*arguments, **more):
    told = idsectl("retry", *arguments, "--only-rejected", **more).stderr.decode()
    assert "control-missing" not in told and " note: " not in told, told  # idsed wrote these records itself
    return max(lot["id"] for lot in ask("list"))


def fixes(lot):
    return list(csv.DictReader(io.StringIO(idsectl("show", lot, "--fixes").stdout.decode("utf-8-sig"))))


def write(name, rows):
    with open(HERE / name, "w", newline="") as file:
        table = csv.DictWriter(file, rows[0].keys())
        table.writeheader()
        table.writerows(rows)
    return HERE / name


def case_some_movements_are_rejected():
    add_registrations(IMSS)
    add_imss(IMSS)
    lots = submit(movements(IMSS[0], type="08", count=12, spoil=5), "--wait=60", name="altas.txt", status=REJECTED)
    LOTS.append(lots[0]["id"])
    assert states(LOTS[0]).count("rejected") == 2


def case_the_code_is_explained_with_what_was_seen():
    code, = ask("explain", TOO_HIGH)
    assert code["known"] and code["action"] == "fix" and code["profile"] == "idse-sim", code
    assert [text["movements"] for text in code["texts"]] == [2], code
    assert "UMA" in code["texts"][0]["text"]
    assert TOO_HIGH in idsectl("explain").stdout.decode()
    idsectl("explain", "999", status=NOT_FOUND)


def case_only_what_was_rejected_is_sent_again():
    told = idsectl("retry", LOTS[0], "--only-rejected", status=USAGE).stderr.decode()  # there is no terminal to ask on
    assert "Nothing is corrected" in told and len(ask("list")) == 1, told
    LOTS.append(retry(LOTS[0], "--yes"))
    child = answered(LOTS[1])
    assert (child["state"], child["movements"], child["rejected"], child["parent"]) == ("rejected", 2, 2, LOTS[0]), child
    assert show(LOTS[0])["corrected_by"] == LOTS[1]
    assert states(LOTS[0]).count("superseded") == 0
    idsectl("retry", LOTS[0], "--only-rejected")  # the same again is the same lot
    assert len(ask("list")) == 2
    assert ask("explain", TOO_HIGH)[0]["texts"][0]["movements"] == 4


def case_a_correction_that_came_to_nothing_gives_way():
    rows = fixes(LOTS[1])
    for few in rows, [{**rows[1], "SBC": "500.00"}]:
        told = idsectl("retry", LOTS[1], "--only-rejected", "--with", write("few.csv", few), status=USAGE).stderr.decode()
        assert ("Nothing is corrected" if few is rows else "1 rejected movement is not corrected") in told, told
    assert "No. 1." in told and len(ask("list")) == 2, told
    held = retry(LOTS[1], "--hold", "--yes")
    assert show(LOTS[1])["corrected_by"] == held
    idsectl("retry", LOTS[1], "--only-rejected", status=FAILURE)  # that would be another, not held
    idsectl("cancel", held, "--yes")
    assert show(LOTS[1])["corrected_by"] is None


def case_corrections_that_fit_nothing_are_refused():
    rows = fixes(LOTS[1])
    assert [row["No."] for row in rows] == ["1", "2"]
    for change in {"No.": "3"}, {"No.": "x"}, {"No.": "", "NSS": "12345678903"}, {"Movimiento": "baja", "Causa de baja": "1"}, \
            {"No.": "2"}, {"Registro patronal": IMSS[1]}, {"SBC": "much"}:
        idsectl("retry", LOTS[1], "--only-rejected", "--with", write("bad.csv", [{**rows[0], **change}, rows[1]]),
                status=INVALID)
        told = idsectl("retry", LOTS[1], "--only-rejected", "--with", HERE / "bad.csv", status=INVALID).stderr.decode()
        assert f"{LOTS[1]}: {HERE / 'bad.csv'}: line " in told or f"{HERE / 'bad.csv'}:2:" in told, told
    low = write("low.csv", [rows[0], {**rows[1], "SBC": "1.00"}])
    told = idsectl("retry", LOTS[1], "--only-rejected", "--with", low, "--yes", status=INVALID).stderr.decode()
    assert f"{low}:3: error: the SBC is under the minimum wage" in told, told  # where it stands in the table
    idsectl("retry", LOTS[1], "--with", HERE / "bad.csv", status=USAGE)
    idsectl("retry", LOTS[0], "--only-rejected", "--with", write("rows.csv", fixes(LOTS[0])), status=FAILURE)
    assert len(ask("list")) == 3


def case_a_correction_that_is_operated_supersedes_the_whole_line():
    rows = fixes(LOTS[1])
    for row in rows:
        assert float(row["SBC"]) > 2932.75
        row["SBC"] = "500.00"
    rows[0]["No."] = ""  # found by NSS, type and date
    LOTS.append(retry(LOTS[1], "--with", write("fixes.csv", rows)))
    grandchild = answered(LOTS[2])
    assert (grandchild["state"], grandchild["approved"], grandchild["source"]) == ("accepted", 2, "fixes.csv"), grandchild
    assert states(LOTS[0]).count("superseded") == 2 and "rejected" not in states(LOTS[0])
    assert states(LOTS[1]) == ["superseded"] * 2
    assert states(LOTS[2]) == ["approved"] * 2
    assert {row["sbc"] for row in ask("movements", f"--lot={LOTS[2]}")} == {"500.00"}
    assert all(row["errors"] for row in ask("movements", "--state=superseded"))


def case_the_line_can_be_followed_and_is_in_the_history():
    line = [(show(lot)["parent"], show(lot)["corrected_by"]) for lot in LOTS]
    assert line == [(None, LOTS[1]), (LOTS[0], LOTS[2]), (LOTS[1], None)], line
    text = idsectl("show", LOTS[1]).stdout.decode()
    assert f"Corrects lot: {LOTS[0]}" in " ".join(text.split()) and f"Corrected by lot: {LOTS[2]}" in " ".join(text.split())
    acts = [json.loads(record) for record in idsectl("history", "--json").stdout.splitlines()]
    made = {act["object"]: act["detail"] for act in acts if act["action"] == "correct" and act["outcome"] == "ok"}
    assert str(LOTS[1]) in str(made[f"lot {LOTS[2]}"]), made
    idsectl("history", "verify")
    for lot in LOTS[0], LOTS[1]:
        idsectl("retry", lot, "--only-rejected", status=(OK if lot == LOTS[0] else FAILURE))


def case_what_nobody_corrects_is_given_up():
    lot = submit(movements(IMSS[1], type="08", count=8, spoil=4, first=900), "--wait=60", name="otras.txt", status=REJECTED)[0]["id"]
    LOTS.append(lot)
    before = states(lot)
    assert [row["rejected"] for row in ask("status", "--rps") if row["registration"] == IMSS[1]] == [2]
    idsectl("cancel", lot, "--yes", "--reason=no se presentaron")
    assert lot not in [row["lot"] for row in ask("due", "--days=30")["movements"]]
    assert [row["rejected"] for row in ask("status", "--rps") if row["registration"] == IMSS[1]] == [0]
    assert states(lot) == before and show(lot)["given_up"] and not show(lot)["deadline"]
    assert b"Given up: " in idsectl("report", lot).stdout
    report = json.loads(idsectl("doctor", "--reindex", "--json").stdout)
    assert (report["repaired"], report["faults"]) == (0, 0), report
    assert show(lot)["given_up"]


def case_the_evidence_of_a_corrected_lot_is_verified():
    for lot in LOTS:
        found, = ask("receipts", "verify", lot)
        assert found["verified"] and found["lot"] == lot, found
        assert {row["result"] for row in found["checks"] if row["check"] != "sello"} == {"ok"}, found


def case_the_portal_got_each_lot_once():
    portal_is_exact()
    assert len(ledger()) == len(LOTS) == len(ask("list")) - 1  # one was given up


main(cases_of(sys.modules[__name__]))
