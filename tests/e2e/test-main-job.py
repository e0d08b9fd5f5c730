#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The main job: files of every kind and style go in, each lot is sent once, and every movement comes back with its answer
and its documents."""

import sys

from e2e import *

# file: its lots are those of these registros patronales, of this type
FILES = {
    "altas-imss.txt": (IMSS, "reingreso", dict(type="08", count=12, spoil=5)),
    "altas-efirma.dat": (EFIRMA, "reingreso", dict(type="08", count=5, first=501, style="foreign")),
    "salarios.txt": (IMSS[:1], "modificacion", dict(type="07", count=10, spoil=9, style="utf8")),
    "bajas.txt": (IMSS[1:], "baja", dict(type="02", count=3, first=6)),
    "bajas-desconocidos.txt": (EFIRMA[:1], "baja", dict(type="02", count=2, first=501, style="utf8")),
    "bajas-otra-vez.txt": (EFIRMA[:1], "baja", dict(type="02", count=2, first=501, date="2024-02-29", style="foreign")),
}
TOO_HIGH, NOT_ACTIVE = "051", "022"
# file: state of its lots, approved and rejected of each, code of those that are rejected
ANSWERS = {
    "altas-imss.txt": ("partial", 10, 2, TOO_HIGH),
    "altas-efirma.dat": ("accepted", 5, 0, None),
    "salarios.txt": ("partial", 9, 1, TOO_HIGH),
    "bajas.txt": ("accepted", 3, 0, None),
    "bajas-desconocidos.txt": ("accepted", 2, 0, None),
    "bajas-otra-vez.txt": ("rejected", 0, 2, NOT_ACTIVE),
}
LOTS = {}


def case_credentials_of_both_kinds_are_stored():
    add_registrations(IMSS + EFIRMA)
    add_imss(IMSS)
    add_efirma(EFIRMA)
    imss, efirma = ask("cert", "list")
    assert (imss["kind"], imss["registrations"], imss["user"]) == ("imss", IMSS, (CREDENTIALS / "imss.user").read_text())
    assert (efirma["kind"], sorted(efirma["registrations"]), efirma["user"]) == \
        ("efirma", sorted(EFIRMA), (CREDENTIALS / "efirma.user").read_text()), efirma
    for certificate in imss, efirma:
        idsectl("cert", "test", certificate["id"])


def case_files_are_submitted_and_answered():
    for name, (rps, kind, options) in FILES.items():
        state, approved, rejected, _ = ANSWERS[name]
        lots = submit(movements(*rps, **options), "--wait=60", name=name, status=REJECTED if rejected else OK)
        assert [lot["registration"] for lot in lots] == rps, f"{name}: {lots}"
        for lot in lots:
            found = (lot["type"], lot["state"], lot["movements"], lot["approved"], lot["rejected"], lot["held"])
            assert found == (kind, state, options["count"], approved, rejected, False), f"{name}: {found}"
            assert lot["remarks"] is None, lot["remarks"]  # the portal's CSV says the same as its constancia
            assert lot["source"] == name and lot["attempts"] == 1 and lot["portal_lot"] and lot["folio"]
        LOTS[name] = [lot["id"] for lot in lots]


def case_every_movement_has_its_answer():
    for name, ids in LOTS.items():
        _, approved, rejected, code = ANSWERS[name]
        for lot in ids:
            rows = ask("movements", f"--lot={lot}")
            assert [row["position"] for row in rows] == list(range(1, approved + rejected + 1))
            for row in rows:
                codes = [error["code"] for error in row["errors"]]
                assert codes == ([code] if row["state"] == "rejected" else []), row
                assert all(error["text"] for error in row["errors"])
            assert [row["state"] for row in rows].count("approved") == approved
            assert all(row["effective"] == (row["date"] if row["state"] == "approved" else None) for row in rows), rows
            spoilt = FILES[name][2].get("spoil")
            if spoilt:
                wrong = [row["position"] for row in rows if row["state"] == "rejected"]
                assert wrong == list(range(spoilt, len(rows) + 1, spoilt)), wrong
    said = ask("movements", "--state=rejected")
    assert len(said) == 2 * 2 + 1 + 2


def case_the_portal_has_each_lot_once():
    portal_is_exact()
    assert len(ledger()) == sum(map(len, LOTS.values())) == len(ask("list"))


def each_lot():
    for ids in LOTS.values():
        for lot in ids:
            yield whole(lot)


def case_receipts_on_disk_are_what_the_portal_served():
    folder = HERE / "receipts"
    for row in each_lot():
        idsectl("receipts", "export", row["id"], "--to", folder / str(row["id"]))
        on_disk = {sha256(path.read_bytes()): path for path in (folder / str(row["id"])).iterdir()}
        assert len(on_disk) == len(row["receipts"]) == 5
        assert {receipt["sha256"] for receipt in row["receipts"]} == set(on_disk)
        for kind in "acuse", "constancia", "csv":
            served = (PORTAL_STATE / "lots" / f"{row['portal_lot']}.txt.{kind}").read_bytes()
            assert sha256(served) in on_disk, f"lot {row['id']}: {kind}"
            assert idsectl("receipts", "get", row["id"], kind).stdout == served


def case_pdf_receipts_can_be_read():
    for row in each_lot():
        for kind in "acuse", "constancia":
            pdf = idsectl("receipts", "get", row["id"], kind).stdout
            text = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, check=True, capture_output=True).stdout.decode()
            assert row["portal_lot"] in text and row["registration"][:10] in text, text
        rejected = ask("movements", f"--lot={row['id']}", "--state=rejected")
        assert all(movement["nss"][:10] in text for movement in rejected), text


def case_records_are_the_bytes_in_the_portals_ledger():
    for row in each_lot():
        sent = (PORTAL_STATE / "lots" / f"{row['portal_lot']}.txt").read_bytes()
        assert idsectl("receipts", "get", row["id"], "records").stdout == sent
        assert sha256(sent) == row["sha256"]
        assert all(len(line) == 168 for line in sent.decode("ascii").split("\r\n")[:-1])


def case_the_signature_verifies():
    for row in each_lot():
        signature = file("signature.p7s", idsectl("receipts", "get", row["id"], "signature").stdout)
        inform = "PEM" if signature.read_bytes().startswith(b"-----") else "DER"
        done = subprocess.run(["openssl", "smime", "-verify", "-binary", "-inform", inform, "-in", signature, "-CAfile",
                               PORTAL_STATE / "ca.pem", "-purpose", "any"], capture_output=True)
        assert done.returncode == 0, done.stderr.decode()
        assert done.stdout == idsectl("receipts", "get", row["id"], "records").stdout


def case_the_transcript_tells_no_secret():
    secrets = [(CREDENTIALS / f"{kind}.password").read_bytes().strip() for kind in ("imss", "efirma")]
    for row in each_lot():
        transcript = idsectl("receipts", "get", row["id"], "transcript").stdout
        assert b"AfiliaEnvio.idse" in transcript
        assert not [secret for secret in secrets if secret in transcript]


def case_no_secret_is_on_disk():
    secrets = [(CREDENTIALS / f"{kind}.password").read_bytes().strip() for kind in ("imss", "efirma")]
    for path in [*STATE.iterdir(), STATE.parent / "idsed.log"]:
        data = path.read_bytes()
        assert not [secret for secret in secrets if secret in data], path


main(cases_of(sys.modules[__name__]))
