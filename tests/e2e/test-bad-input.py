#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Input that is no good, through idsectl: what is said, the exit status, and that nothing is half-stored."""

import signal
import sys

from e2e import *

RP, OTHER = IMSS
STRANGER = "A9900003103"
WIDE = 168 + 2  # bytes of a record with its end of line


def good(first, count=3, rp=RP, **options):
    return movements(rp, count=count, first=first, **options)


def line(data, number):
    return data[(number - 1) * WIDE:number * WIDE]


def stored():
    return [lot["id"] for lot in ask("list", "--limit=0")], len(ask("movements", "--limit=0"))


def refused(data, *said, name="bad.txt", options=(), status=INVALID):
    """idsectl says all of `said`, and nothing was stored."""
    before = stored()
    done = idsectl("submit", file(name, data), *options, status=status)
    text = done.stderr.decode()
    for words in said:
        assert words in text, f"'{words}' is not said: {text}"
    assert stored() == before, "something was stored"
    return text


def case_registration():
    add_registrations([RP, OTHER])
    add_imss([RP])


def case_truncated_in_a_record():
    refused(good(1)[:-WIDE - 50], ":3:121: error: ", "shorter than 168")


def case_without_its_end_only_warns():
    lots = submit(good(10)[:-WIDE], name="cut.txt")
    assert lots[0]["movements"] == 3
    assert b"control-missing" in idsectl("submit", file("cut-2.txt", good(15)[:-WIDE])).stderr


def case_binary():
    refused(bytes(range(256)) * 64, ":1:1: error: ", "no text has")


def case_empty():
    refused(b"", "the file is empty")
    refused(b"\r\n\r\n", "no movement")


def case_only_a_control_record():
    refused(line(good(20), 4), "no movement")


def case_a_hundred_megabytes():
    refused(line(good(20), 1) * (100 * 1000 * 1000 // WIDE), status=INVALID)


def case_a_hundred_megabytes_that_are_no_text():
    refused(b"\0" * (100 << 20), status=INVALID)


def case_wrong_width():
    data = good(20)
    refused(line(data, 1) + line(data, 2)[:-2] + b"X\r\n" + line(data, 3) + line(data, 4), ":2:169: error: ", "longer than 168")
    refused(line(data, 1)[:44] + b"\r\n", ":1:45: error: ", "shorter than 168")


def case_shifted_columns_tell_their_place():
    data = good(20)
    refused(b" " + line(data, 1)[:-3] + b"\r\n" + data[WIDE:], ":1:132: error: ", "type of movement")


def case_a_byte_order_mark_is_dropped():
    lots = submit(b"\xef\xbb\xbf" + good(30, style="utf8"), "--wait=60", name="bom.txt")
    assert lots[0]["state"] == "accepted"


def case_a_second_control_record():
    data = good(40)
    refused(data + line(data, 4), ":5:", "second control record")
    refused(data + line(data, 1), ":5:", "behind the control record")


def case_a_count_that_lies_is_told_and_put_right():
    data = good(50)
    lying = data[:3 * WIDE] + line(data, 4).replace(b"000003", b"000007")
    done = idsectl("submit", file("lying.txt", lying), "--wait=60")
    assert b"control-count" in done.stderr and b":4:" in done.stderr, done.stderr
    lot = ask("list", "--limit=1")[0]
    assert idsectl("receipts", "get", lot["id"], "records").stdout.endswith(line(data, 4))


def case_an_unknown_registro_patronal():
    assert STRANGER in refused(good(60, rp=STRANGER), status=(NOT_FOUND, INVALID))


def case_one_bad_line_refuses_the_whole_file():
    data = good(60, count=200)
    refused(data[:150 * WIDE] + line(data, 151).replace(b"0640", b"06A0") + data[151 * WIDE:], ":151:134: error: ", "guía")


def case_without_a_certificate_it_is_held_and_goes_on_when_there_is_one():
    lots = submit(good(300, rp=OTHER), "--wait=30", status=HELD)
    assert (lots[0]["hold_reason"], lots[0]["state"]) == ("certificate-missing", "queued")
    assert "cert add" in lots[0]["hold_text"]
    idsectl("cert", "remove", ask("cert", "list")[0]["id"], "--yes")
    add_imss([RP, OTHER])
    idsectl("wait", lots[0]["id"], "--timeout=60")


def case_paused_it_is_held_and_goes_on_when_resumed():
    idsectl("rp", "pause", RP)
    lots = submit(good(310), "--wait=30", status=HELD)
    assert "rp resume" in lots[0]["hold_text"]
    assert not [row for row in ledger() if row["sha256"] == lots[0]["sha256"]]
    idsectl("rp", "resume", RP)
    idsectl("wait", lots[0]["id"], "--timeout=60")


def case_paused_while_uncertain_it_is_not_sent_again():
    faults("upload cut=before\nlist status=503")
    lot = submit(good(315))[0]["id"]
    until(f"lot {lot} is uncertain", lambda: show(lot)["state"] == "uncertain")
    idsectl("rp", "pause", RP)
    faults()
    row = until(f"lot {lot} is known not to have arrived", lambda: (row := show(lot))["state"] == "queued" and row)
    assert row["held"] and "rp resume" in row["hold_text"], row
    idsectl("rp", "resume", RP)
    idsectl("wait", lot, "--timeout=60")


def case_the_same_bytes_are_the_same_lot():
    first = submit(good(320), "--wait=60", name="first.txt")
    again = submit(good(320), "--wait=60", name="again.txt")
    assert [lot["id"] for lot in first] == [lot["id"] for lot in again]


def case_a_repeated_movement_is_refused_with_its_lot():
    lot = submit(good(330), "--wait=60")[0]["id"]
    overlapping = good(332)
    refused(overlapping, f"lot {lot}")
    lots = submit(overlapping, "--allow-duplicate", "--wait=60", status=REJECTED)
    assert (lots[0]["approved"], lots[0]["rejected"]) == (2, 1)


def case_the_same_movement_twice_in_a_file():
    data = good(340)
    refused(line(data, 1) * 2 + data[2 * WIDE:], ":2:12: error: ", "stands in line: 1")


def case_exit_statuses():
    idsectl("list", status=OK)
    idsectl("submit", "--wiat", status=USAGE)
    idsectl("submit", status=USAGE)
    idsectl("frobnicate", status=USAGE)
    idsectl("show", "99999", status=NOT_FOUND)
    idsectl("show", "first", status=USAGE)
    idsectl("receipts", "get", "1", "99999", status=NOT_FOUND)
    idsectl("rp", "remove", STRANGER, "--yes", status=NOT_FOUND)
    idsectl("--address=unix:path=/nonexistent", "list", status=UNREACHABLE)
    lots = submit(good(350), "--hold")
    idsectl("wait", lots[0]["id"], "--timeout=30", status=HELD)
    idsectl("release", lots[0]["id"])
    idsectl("wait", lots[0]["id"], "--timeout=60", status=OK)
    faults("upload lot=stuck")
    stuck = submit(good(360), "--wait=2", status=PENDING)
    assert stuck[0]["state"] in ("received", "sending", "queued")
    faults("connect tls=fail")
    certificate = ask("cert", "list")[0]["id"]
    idsectl("cert", "test", certificate, status=PORTAL)
    faults()


def case_a_wrong_password_is_tried_once():
    """Three would lock the account."""
    until("the portal counts as well", lambda: ask("status")["portal_state"] == "ok")
    certificate, = ask("cert", "list")
    idsectl("cert", "remove", certificate["id"], "--yes")
    before = len(requests("login"))
    add_imss([RP], user="otrapersona")
    lots = [submit(good(400 + 10 * n))[0]["id"] for n in range(3)]
    for lot in lots:
        until(f"lot {lot} is held", lambda: show(lot)["hold_reason"] == "certificate-rejected")
    idsectl("wait", *lots, "--timeout=30", status=HELD)
    idsectl("retry", lots[0], status=(OK, FAILURE))
    held, = ask("cert", "list")
    assert held["held"] and "incorrectos" in held["hold_text"], held
    assert len(requests("login")) - before == 1, "the portal was asked again and again"
    idsectl("cert", "remove", held["id"], "--yes")
    add_imss([RP, OTHER])
    idsectl("wait", *lots, "--timeout=60", status=OK)


def case_the_portal_has_each_lot_once():
    portal_is_exact()


def case_nothing_is_half_stored():
    daemon = int(os.environ["IDSED_PID"])
    os.kill(daemon, signal.SIGTERM)
    until("the daemon ended", lambda: not pathlib.Path(f"/proc/{daemon}").exists())
    idsectl("list", status=UNREACHABLE)
    database = STATE / "idsed.db"

    def query(sql):
        return subprocess.run(["sqlite3", "-readonly", database, sql], check=True, capture_output=True).stdout.decode().strip()

    assert query("PRAGMA integrity_check") == "ok"
    assert query("PRAGMA foreign_key_check") == ""
    assert query("SELECT count(*) FROM lot WHERE state = -1") == "0"
    assert query("SELECT sum(count_total) FROM lot") == query("SELECT count(*) FROM movement")


main(cases_of(sys.modules[__name__]))
