#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A payroll program drops files and reads results, and never speaks to idsed: what comes out of the spool in the end."""

from e2e import *

RP = IMSS[0]
SPOOL = pathlib.Path(os.environ["IDSED_SPOOL"])
IN, OUT = SPOOL / "in" / RP, SPOOL / "out" / RP


def drop(name, data):
    file(name, data).rename(SPOOL / name)
    (SPOOL / name).rename(IN / name)


def result(name):
    path = OUT / f"{name}.result.json"
    return json.loads(path.read_text()) if path.exists() else {"lots": [], "result": None}


def finished(name):
    lots = result(name)["lots"]
    return lots and all(lot["state"] in ("accepted", "partial", "rejected") for lot in lots)


def main():
    for folder in OUT, IN:
        folder.mkdir()
    add_registrations([RP])
    add_imss([RP])

    data = movements(RP, count=6)
    drop("altas.txt", data)
    until("the lot is accepted", lambda: finished("altas.txt"))
    lot, = result("altas.txt")["lots"]
    assert (lot["state"], lot["approved"], lot["rejected_movements"]) == ("accepted", 6, []), lot
    assert lot["portal_lot"] and lot["folio"] and lot["received"]
    assert (OUT / "altas.txt").read_bytes() == data and not list(IN.iterdir())
    for kind in "acuse.pdf", "constancia.pdf", "csv.csv":
        receipt = OUT / f"lot-{lot['lot']}-{kind}"
        until(kind, receipt.exists)
        idsectl("receipts", "get", str(lot["lot"]), kind.split(".")[0], "--output", HERE / kind)
        assert receipt.read_bytes() == (HERE / kind).read_bytes()

    drop("malas.txt", movements(RP, count=4, first=100, spoil=2))
    until("the lot is partial", lambda: finished("malas.txt"))
    lot, = result("malas.txt")["lots"]
    assert lot["state"] == "partial" and [row["position"] for row in lot["rejected_movements"]] == [2, 4], lot
    assert all(error["code"] for row in lot["rejected_movements"] for error in row["errors"])

    drop("roto.txt", b"no movements\r\n")
    until("it is refused", lambda: result("roto.txt")["result"] == "refused")
    assert result("roto.txt")["findings"]
    portal_is_exact()


main()
