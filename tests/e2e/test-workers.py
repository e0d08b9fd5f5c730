#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is stored of a worker warns of movements that cannot be right, and a roster is held against it."""

import sys

from e2e import *

RP = IMSS[0]
SEEN = {}


def ask_lines(*arguments):
    """What is printed as JSON lines."""
    return [json.loads(line) for line in idsectl(*arguments, "--json").stdout.splitlines()]


def found(data, name, *options, status=OK):
    """The rules that concern workers, with their lines; and the lots."""
    answer = ask("submit", file(name, data), *options, status=status)
    rules = ("worker-active", "worker-gone", "alta-unknown", "before-alta", "before-baja")
    return [(finding["rule"], finding["line"]) for part in answer["files"] for finding in part["findings"]
            if finding["rule"] in rules]


def roster(rows, *options, status, heading="NSS,RP,SBC"):
    text = "\n".join([heading, *rows, ""])
    return [(row["difference"], row["nss"]) for row in
            ask("reconcile", "--roster", file("plantilla.csv", text.encode()), *options, status=status)]


def case_altas_of_new_workers_are_not_odd():
    add_registrations(IMSS)
    add_imss(IMSS)
    assert found(movements(RP, count=6, date="2026-11-03"), "altas.txt", "--wait=60") == []
    for row in ask("movements", "--limit=0"):
        SEEN[row["position"]] = row["nss"], row["sbc"]
    assert len(SEEN) == 6


def case_what_cannot_be_right_is_warned_of():
    again = found(movements(RP, count=1, date="2026-11-05"), "otra-alta.txt", "--hold")
    assert again == [("worker-active", 1)], again
    stranger = found(movements(RP, type="02", count=1, first=700, date="2026-11-05"), "desconocido.txt", "--hold")
    assert stranger == [("alta-unknown", 1)], stranger
    early = found(movements(RP, type="02", count=1, first=2, date="2026-11-02"), "antes.txt", "--hold")
    assert early == [("before-alta", 1)], early
    salary = found(movements(RP, type="07", count=1, first=2, date="2026-11-02"), "salario.txt", "--hold")
    assert salary == [("before-alta", 1)], salary
    salary = found(movements(RP, type="07", count=1, first=701, date="2026-11-05"), "otro-salario.txt", "--hold")
    assert salary == [("alta-unknown", 1)], salary
    backwards = found(movements(RP, count=1, first=5, date="2026-11-02"), "antes-de-su-alta.txt", "--hold")
    assert backwards == [("worker-active", 1)], backwards


def case_movements_of_one_file_count_by_their_dates():
    baja, alta = (movements(RP, type=kind, count=1, first=3, date=date).splitlines(keepends=True)[0]
                  for kind, date in (("02", "2026-11-10"), ("08", "2026-11-12")))
    salary, = movements(RP, type="07", count=1, first=3, date="2026-11-11").splitlines(keepends=True)[:1]
    rules = found(alta + salary + baja, "vuelta.txt", "--hold")
    assert rules == [("worker-gone", 2)], rules


def case_held_lots_are_given_up():
    for lot in ask("list", "--held"):
        idsectl("cancel", lot["id"], "--yes")


def on_disk(text):
    return any(text.encode() in path.read_bytes() for path in STATE.glob("idsed.db*"))


def case_who_never_reached_imss_can_be_erased():
    stranger = movements(RP, type="02", count=1, first=700, date="2026-11-05")[11:22].decode()
    document = ask("worker", "export", stranger)
    row, = document["movements"]
    assert (row["state"], row["cause"], row["sbc"], row["effective"]) == ("cancelled", "2", None, None), document
    assert row["deadline"] == "2026-11-12", row
    assert on_disk(stranger)
    answer = ask("worker", "erase", stranger, "--yes")
    assert answer == {"erased": 1, "kept": 0, "until": None}, answer
    assert ask("movements", f"--nss={stranger}") == []
    until("nothing of the worker is on disk", lambda: not on_disk(stranger))
    lot = document["movements"][0]["lot"]
    assert show(lot)["erased"] and show(lot)["sha256"]
    idsectl("receipts", "get", lot, "records", status=NOT_FOUND)
    told = idsectl("worker", "export", stranger, status=NOT_FOUND)
    assert "erased" in told.stderr.decode(), told
    idsectl("worker", "export", "99999999999", status=NOT_FOUND)
    record = next(row for row in ask_lines("history", "--limit=5") if row["action"] == "worker-erase")
    assert (record["action"], record["object"]) == ("worker-erase", f"worker *******{stranger[-4:]}"), record


def case_what_must_be_kept_is_not_erased():
    lot = ask("movements", f"--nss={SEEN[1][0]}", "--state=approved")[0]["lot"]
    answer = ask("worker", "erase", SEEN[1][0], "--yes")
    assert answer["kept"] == 1 and answer["until"] == f"{int(show(lot)['finished'][:4]) + 6}-01-01", answer
    assert len(ask("movements", f"--nss={SEEN[1][0]}")) >= 1
    idsectl("worker", "erase", "123", "--yes", status=USAGE)


def case_workers_are_listed():
    rows = ask("worker", "list", f"--rp={RP}", "--active")
    assert {row["nss"] for row in rows} == {nss for nss, _ in SEEN.values()}, rows
    assert {row["status"] for row in rows} == {"active"}
    assert "active" in idsectl("worker", "list").stdout.decode()


def case_who_is_gone_may_come_back():
    assert found(movements(RP, type="02", count=1, first=4, date="2026-11-10"), "baja.txt", "--wait=60") == []
    assert found(movements(RP, type="08", count=1, first=4, date="2026-11-20"), "vuelve.txt", "--wait=60") == []
    assert found(movements(RP, type="02", count=1, first=5, date="2026-11-10"), "otra-baja.txt", "--wait=60") == []
    for day in ("2026-11-09", "2026-11-11"):
        salary = found(movements(RP, type="07", count=1, first=5, date=day), f"salario-{day}.txt", "--hold")
        assert salary == [("worker-gone", 1)], salary
    again = found(movements(RP, count=1, first=5, date="2026-11-09"), "antes-de-su-baja.txt", "--hold")
    assert again == [("before-baja", 1)], again
    case_held_lots_are_given_up()


def case_a_roster_that_agrees():
    rows = [f"{nss},{RP},{sbc}" for number, (nss, sbc) in SEEN.items() if number != 5]
    assert roster(rows, status=OK) == []
    assert idsectl("reconcile", "--roster", HERE / "plantilla.csv").stdout == b""


def case_the_differences_of_a_roster():
    submit(movements(RP, count=1, first=50), "--hold", name="en-camino.txt")
    pending, = ask("movements", f"--lot={max(lot['id'] for lot in ask('list'))}")
    rows = [f"{SEEN[1][0]},1.00", f"{SEEN[2][0]},", f"{SEEN[3][0]},{SEEN[3][1]}", f"{SEEN[5][0]},", f"{pending['nss']},"]
    expected = {("sbc", SEEN[1][0]), ("ghost", SEEN[4][0]), ("missing-alta", SEEN[5][0]), ("ghost", SEEN[6][0]),
                ("pending", pending["nss"])}
    assert set(roster(rows, f"--rp={RP.lower()}", status=FAILURE, heading="NSS,SBC")) == expected
    idsectl("reconcile", "--roster", HERE / "plantilla.csv", "--rp", "Z99", status=INVALID)
    table = idsectl("reconcile", "--roster", HERE / "plantilla.csv", "--rp", RP, status=FAILURE).stdout.decode()
    assert "active at IMSS, not on the roster: 2, registros patronales: 1" in table, table
    assert "another SBC: 1, registros patronales: 1" in table, table
    strange = idsectl("reconcile", "--roster", file("otro.csv", b"NSS,RP\n99028500017,X9900001102\n"), status=FAILURE)
    assert "X9900001102 is not registered here" in strange.stderr.decode(), strange


def case_one_line_for_each_registration():
    idsectl("rp", "pause", IMSS[1])
    rows = ask("status", "--rps")
    assert [row["registration"] for row in rows] == [RP, IMSS[1]], rows
    ours, other = rows
    assert (ours["risk"], ours["held"], other["risk"]) == ("held", 1, "paused"), rows
    assert ours["certificate_days"] > 0 and ours["last_success"] and other["last_success"] is None, rows
    idsectl("rp", "resume", IMSS[1])
    assert "lots are held" in idsectl("status", "--rps").stdout.decode()


def case_a_roster_that_cannot_be_read():
    text = f"NSS,RP\n{SEEN[1][0][1:]},{RP}\n"
    done = idsectl("reconcile", "--roster", file("mala.csv", text.encode()), status=INVALID)
    assert b"mala.csv:2:1: error: " in done.stderr, done.stderr
    idsectl("reconcile", status=USAGE)
    idsectl("reconcile", "1", "--roster", HERE / "mala.csv", status=USAGE)
    idsectl("reconcile", "--roster", HERE / "no-existe.csv", status=NOT_FOUND)


if __name__ == "__main__":
    main(cases_of(sys.modules[__name__]))
