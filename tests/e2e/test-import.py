#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Receipts that people bring: an uncertain lot is settled by its acuse, a queued one that was sent by hand is not sent, and
a folder of the past becomes history, in any order, whatever is in it, and however often it is imported."""

import io
import os
import random
import signal
import subprocess
import sys
import zipfile

from e2e import *

RP = IMSS[0]
PAST = HERE / "pasado"  # the receipts of three lots, as they were exported
BEFORE = {}  # what those lots were, by número de lote


def bring(*files, status=OK):
    return ask("receipts", "import", *files, status=status)


def history():
    return [json.loads(line) for line in idsectl("history", "--limit=0", "--json").stdout.splitlines()]


def by_number():
    return {lot["portal_lot"]: lot for lot in ask("list", "--limit=0") if lot["portal_lot"]}


def story(lot):
    """What is known of a lot and its movements, apart from when and by whom."""
    keys = "position", "registration", "nss", "first_surname", "names", "type", "date", "sbc", "state", "errors", "imss_name"
    rows = ask("movements", f"--lot={lot['id']}", "--limit=0")
    return ([lot[key] for key in ("registration", "state", "movements", "approved", "rejected", "folio", "received", "sha256")],
            [[row[key] for key in keys] for row in rows])


def has_ended(pid):
    """The first one is not ours to wait for."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def start_anew(fresh):
    """Another daemon; on a state of its own, where it knows nothing."""
    os.kill(DAEMON[-1], signal.SIGTERM)
    until("the daemon ends", lambda: has_ended(DAEMON[-1]))
    if fresh:
        for path in STATE.glob("idsed.db*"):
            path.unlink()
    DAEMON.append(subprocess.Popen([os.environ["IDSED_RUN"]], stderr=subprocess.DEVNULL).pid)
    subprocess.run(["gdbus", "wait", "--system", "--timeout", "60", "mx.idsed1"], check=True)


DAEMON = [int(os.environ["IDSED_PID"])]


def case_the_receipts_of_three_lots_are_exported():
    add_registrations([RP])
    add_imss([RP])
    submit(movements(RP, type="07", count=5), "--wait=60", name="salarios.txt")
    submit(movements(RP, type="02", count=3, first=20), "--wait=60", name="bajas.txt")
    submit(movements(RP, type="08", count=12, spoil=5, first=40), "--wait=60", name="altas.txt", status=REJECTED)
    lots = ask("list")
    for lot in lots:
        whole(lot["id"])
    idsectl("receipts", "export", *(lot["id"] for lot in lots), f"--to={PAST}")
    for name in list(PAST.iterdir()):
        if name.suffix not in (".pdf", ".csv"):
            name.unlink()
    BEFORE.update({number: story(lot) for number, lot in by_number().items()})
    assert len(BEFORE) == 3 and len(list(PAST.iterdir())) == 9, list(PAST.iterdir())


def case_what_is_there_already_changes_nothing():
    before = len(history())
    assert {row["outcome"] for row in bring(PAST)} == {"present"}
    assert {number: story(lot) for number, lot in by_number().items()} == BEFORE
    assert len(history()) == before + 9  # but it is known who did it


def case_an_uncertain_lot_is_settled_by_its_acuse():
    """For another daemon, whose connection broke, it is the portal's own proof."""
    start_anew(fresh=True)
    add_registrations([RP])
    add_imss([RP])
    faults("upload cut=before times=1\nlist status=503")
    lot = submit(movements(RP, type="07", count=5), name="salarios.txt")[0]["id"]
    until("nobody knows whether it arrived", lambda: show(lot)["state"] == "uncertain")
    assert b"receipts import" in idsectl("reconcile", lot).stdout
    found = [row for row in bring(*PAST.glob("*acuse*")) if row["outcome"] == "found"]
    assert [(row["lot"], row["state"]) for row in found] == [(lot, "received")], found
    row = show(lot)
    assert row["portal_lot"] in BEFORE and row["folio"] == BEFORE[row["portal_lot"]][0][5], row
    faults()
    assert whole(lot)["state"] == "accepted"
    assert len(ledger()) == 3


def case_a_queued_lot_that_was_sent_by_hand_is_not_sent():
    """Another daemon has the same file in its queue; the portal has it already."""
    start_anew(fresh=True)
    add_registrations([RP])
    lots = submit(movements(RP, type="02", count=3, first=20), name="bajas.txt")
    assert show(lots[0]["id"])["hold_reason"] == "certificate-missing"
    acuses = sorted(PAST.glob("*acuse*"))
    outcomes = {row["outcome"]: row for row in bring(*acuses)}
    assert set(outcomes) == {"adopted", "found"} and outcomes["found"]["lot"] == lots[0]["id"], outcomes
    row = show(lots[0]["id"])
    assert (row["state"], row["adopted"], row["attempts"]) == ("received", None, 0), row
    add_imss([RP])
    assert whole(lots[0]["id"])["state"] == "accepted"  # the portal is asked for the rest
    assert len(ledger()) == 3


def case_the_past_is_adopted_in_any_order():
    for seed in range(3):
        start_anew(fresh=True)
        add_registrations([RP])
        files = [path for path in PAST.iterdir() if path.suffix == ".pdf"]
        random.Random(seed).shuffle(files)
        for path in files:
            bring(path)
        rows = bring(PAST)
        assert {row["outcome"] for row in rows} == {"present", "completed"}, rows  # the tables came now
        now = by_number()
        assert {number: story(lot) for number, lot in now.items()} == BEFORE
        assert all(lot["adopted"] and not lot["next_step"] for lot in now.values()), now
        assert {row["outcome"] for row in bring(PAST)} == {"present"}
    idsectl("history", "verify")
    who = [record for record in history() if record["action"] == "import"]
    assert all(record["outcome"] == "ok" and record["object"].startswith("lot ") for record in who), who


def case_adopted_movements_are_not_sent_again():
    error = idsectl("submit", file("bajas.txt", movements(RP, type="02", count=3, first=20)), status=INVALID)
    assert b"lot" in error.stderr
    lot = next(lot for lot in ask("list") if lot["state"] == "accepted")
    idsectl("hold", lot["id"], status=FAILURE)
    idsectl("retry", lot["id"], status=FAILURE)


def case_what_was_rejected_in_the_past_can_be_corrected_now():
    partial = next(lot for lot in ask("list") if lot["state"] == "partial")
    add_imss([RP])
    idsectl("retry", partial["id"], "--only-rejected", "--hold", "--yes")
    assert ask("list")[0]["parent"] == partial["id"]


def case_unknown_registrations_are_named_and_added_on_demand():
    start_anew(fresh=True)
    refused = idsectl("receipts", "import", PAST, status=NOT_FOUND)
    assert f"idsectl rp add {RP}".encode() in refused.stderr
    assert ask("list") == []
    rows = bring(PAST, "--add-rp")
    assert [row["outcome"] for row in rows].count("adopted") >= 3
    assert [rp["rp"] for rp in ask("rp", "list")] == [RP]
    assert {number: story(lot) for number, lot in by_number().items()} == BEFORE


def case_a_zip_is_as_good_as_the_files_in_it():
    start_anew(fresh=True)
    add_registrations([RP])
    folder = HERE / "zips"
    folder.mkdir()
    with zipfile.ZipFile(folder / "resultados.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir("2026")
        archive.writestr("leeme.txt", "not looked at")
        for path in sorted(PAST.iterdir()):
            archive.write(path, f"2026/{path.name}")
    rows = bring(folder)
    assert len(rows) == 9 and all("/resultados.zip/2026/" in row["file"] for row in rows), rows
    assert {number: story(lot) for number, lot in by_number().items()} == BEFORE
    assert {row["outcome"] for row in bring(PAST)} == {"present"}  # byte for byte
    assert {row["outcome"] for row in bring(folder / "resultados.zip")} == {"present"}


def case_a_zip_that_is_wrong_is_refused():
    folder = HERE / "malos"
    folder.mkdir()
    (folder / "cortado.zip").write_bytes((HERE / "zips" / "resultados.zip").read_bytes()[:-400])
    with zipfile.ZipFile(folder / "bomba.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomba.pdf", b"%PDF-1.4" + bytes(200 * 1024 * 1024))
        archive.writestr("otro.zip", b"PK\3\4")
    data = (HERE / "zips" / "resultados.zip").read_bytes()
    at = data.index(b".pdf") + 200
    (folder / "roto.zip").write_bytes(data[:at] + bytes(40) + data[at + 40:])
    before = ask("list")
    errors = {row["file"].removeprefix(f"{folder}/"): row["error"]["name"]
              for row in bring(folder, status=(HELD, INVALID, NOT_FOUND)) if "error" in row}
    assert errors.pop("cortado.zip") == "InvalidFile", errors
    assert errors.pop("bomba.zip/bomba.pdf") == "TooLarge", errors
    assert errors.pop("bomba.zip/otro.zip") == "InvalidFile", errors
    assert len(errors) == 1 and set(errors.values()) == {"InvalidFile"}, errors  # the damaged one
    with zipfile.ZipFile(folder / "nada.zip", "w") as archive:
        archive.writestr("leeme.txt", "nothing")
    assert b"nada.zip" in idsectl("receipts", "import", folder / "nada.zip", status=INVALID).stderr
    assert ask("list") == before


def case_a_folder_without_receipts_is_told_of():
    (HERE / "vacia").mkdir()
    told = idsectl("receipts", "import", HERE / "vacia").stderr.decode()
    assert "neither a PDF nor a table" in told, told


def zipped(files):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return data.getvalue()


def case_what_is_no_receipt_is_refused():
    strange = HERE / "otras"
    strange.mkdir()
    (strange / "nota.pdf").write_bytes(b"%PDF-1.4\nno PDF at all")
    (strange / "tabla.csv").write_text("NSS,NOMBRE\n1,ANA\n")
    (strange / "leeme.txt").write_text("not looked at")
    (strange / "zip.pdf").write_bytes(b"PK\3\4....")
    before = ask("list")
    rows = bring(strange, status=INVALID)
    assert {pathlib.Path(row["file"]).name: row["error"]["name"] for row in rows} == dict.fromkeys(
        ("nota.pdf", "tabla.csv", "zip.pdf"), "InvalidFile"), rows
    (strange / "libro.xlsx").write_bytes(zipped({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"}))
    (strange / "nada.zip").write_bytes(zipped({"leeme.txt": b"nothing"}))
    for name, data, text in (
            ("foto.jpg", b"\xff\xd8\xff\xe0" + bytes(99), "a picture"), ("acuse.pdf", b"<!DOCTYPE html><html>", "a page of the web"),
            ("lote.txt", movements(RP, count=1), "'idsectl submit'"), ("carta.txt", b"Estimado cliente:\n", "a text"),
            ("vacio.pdf", b"", "empty"), ("lista.csv", b"LOTE,PRODUCTO\n77,TORNILLOS\n", "a table, but not"),
            ("quien.csv", b"NSS,ESTATUS\n1,OPERADO\n", "does not name its lot"), ("cert.pfx", b"0\x82\x0a\0" + bytes(9), "cert add"),
            ("libro.xlsx", None, "a workbook"), ("nada.zip", None, "neither a PDF nor")):
        if data is not None:
            (strange / name).write_bytes(data)
        told = idsectl("receipts", "import", strange / name, status=INVALID).stderr.decode()
        assert text in told, (name, told)
        if name not in ("libro.xlsx", "nada.zip", "lista.csv", "quien.csv"):
            told = idsectl("receipts", "import", strange / name, "--lot", before[0]["id"], status=INVALID).stderr.decode()
            assert text in told, (name, told)
    idsectl("receipts", "import", HERE / "nothing", status=NOT_FOUND)
    assert ask("list") == before


def case_the_daemon_ends_as_it_should():
    os.kill(DAEMON[-1], signal.SIGTERM)
    assert os.waitpid(DAEMON[-1], 0)[1] == 0


if __name__ == "__main__":
    main(cases_of(sys.modules[__name__]))
