#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A stand-in of idsed on the bus: answers from tables, remembers what it was asked, does what the test says.

The interface test.Control at /test is the test's: Set(lot, json) changes a lot and says so, Calls() gives what was
asked so far, Await(method) answers at the next call of that method, Refuse(method, error, text) makes it fail, and
Fresh() empties everything.
"""
import hashlib
import json
import os

import dbus
import dbus.lowlevel
import dbus.mainloop.glib
from gi.repository import GLib

ROOT = "/mx/idsed1"
MANAGER, LOT = "mx.idsed1.Manager", "mx.idsed1.Lot"
CERTIFICATE, REGISTRATION, CONTROL = "mx.idsed1.Certificate", "mx.idsed1.Registration", "test.Control"
METHOD_CALL = 1  # of the protocol
T0 = 1790000000 * 1000000  # 2026-09-21

RP, RP2 = "Z9900001108", "Z9900002106"
ACUSE, CONSTANCIA = b"%PDF-1.4 acuse \xff\x00", b"%PDF-1.4 constancia \xfe"


class Error(Exception):
    """Name below mx.idsed1.Error, the text, and perhaps the signature and the values of what follows it."""


def older(lots):
    return dbus.Array([dbus.Struct([dbus.UInt64(n), state, hold], signature="tss") for n, state, hold in lots], signature="(tss)")


def lot(number, **more):
    u, t = dbus.UInt32, dbus.UInt64
    row = {
        "Id": t(number), "Registration": RP, "Type": "reingreso", "State": "queued", "Held": False, "HoldReason": "",
        "HoldText": "", "HoldBy": "", "HoldSince": t(0), "WaitsFor": older([]), "Created": t(T0), "CreatedBy": "uid 1000",
        "Source": "altas.txt", "Sha256": "ab" * 32, "Movements": u(1234), "Bajas": u(0), "Modificaciones": u(0),
        "Reingresos": u(1234), "Approved": u(0), "Rejected": u(0), "Attempts": u(0), "LastAttempt": t(0),
        "NextStep": t(0), "NotBefore": t(0), "LastReason": "", "LastError": "", "Remarks": "", "Certificate": t(0), "PortalLot": "", "Folio": "",
        "Received": t(0), "Finished": t(0), "Parent": t(0), "Receipts": dbus.Array([], signature="(tssst)"),
    }
    row.update(more)
    return row


def receipts():
    return dbus.Array([
        dbus.Struct([dbus.UInt64(7), "acuse", "Recibo_1.pdf", hashlib.sha256(ACUSE).hexdigest(),
                     dbus.UInt64(len(ACUSE))], signature="tssst"),
        dbus.Struct([dbus.UInt64(8), "constancia", "../../etc/Constancia.pdf",
                     hashlib.sha256(CONSTANCIA).hexdigest(), dbus.UInt64(len(CONSTANCIA))], signature="tssst"),
    ], signature="(tssst)")


def movement(number, position, state, errors=()):
    return dbus.Dictionary({
        "lot": dbus.UInt64(number), "position": dbus.UInt32(position), "registration": RP, "type": "reingreso",
        "nss": "99028500017", "first-surname": "PEÑA", "second-surname": "X", "names": "JUAN", "curp": "", "umf": "000",
        "guia": "06400", "clave": "", "sbc": dbus.UInt32(145010), "date": dbus.UInt32(20261102), "effective": dbus.UInt32(0), "worker-type": "1",
        "salary-type": "0", "reduced-week": "0", "cause": "", "state": state, "sent": dbus.UInt64(T0),
        "received": dbus.UInt64(0), "answered": dbus.UInt64(0), "extemporaneous": "", "imss-name": "",
        "errors": dbus.Array([dbus.Struct(e, signature="sss") for e in errors], signature="(sss)"),
        "acuse": dbus.UInt64(7), "constancia": dbus.UInt64(0),
    }, signature="sv")


def registration(rp, certificate, paused=False):
    return {"Rp": rp, "Name": "EJEMPLO SINTÉTICO SA", "Guia": "06400", "Enye": "hash", "Paused": paused,
            "Certificate": dbus.UInt64(certificate), "Added": dbus.UInt64(T0)}


def certificate(number, not_after):
    return {"Id": dbus.UInt64(number), "Kind": "imss", "User": "usuario01", "Rfc": "EJE900101AB1", "Curp": "",
            "Name": "EJEMPLO", "Serial": "00001000000500003415", "Fingerprint": "cd" * 32,
            "NotBefore": dbus.UInt64(T0), "NotAfter": dbus.UInt64(not_after),
            "Registrations": dbus.Array([RP], signature="s"), "Held": False, "HoldText": "",
            "LastLogin": dbus.UInt64(0), "Added": dbus.UInt64(T0), "Revocation": "revoked",
            "RevocationText": "REVOKED on 2026-09-20 (it is suspended), by the word of its authority"}


def plain(value):
    """As JSON can hold it; descriptors by what they hold."""
    if isinstance(value, dbus.types.UnixFd):
        fd = value.take()
        with os.fdopen(fd, "rb") as file:
            if file.seekable():
                file.seek(0)
            return file.read().decode("latin1")
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, dbus.Boolean):
        return bool(value)
    return int(value) if isinstance(value, int) else str(value)


def memory_file(data):
    fd = os.memfd_create("document")
    os.write(fd, data)
    os.lseek(fd, 0, os.SEEK_SET)
    answer = dbus.types.UnixFd(fd)
    os.close(fd)
    return answer


class State:
    def __init__(self):
        self.calls, self.refuse, self.awaited, self.fresh = [], {}, {}, False
        self.lots = {
            1: lot(1, State="accepted", PortalLot="987654321", Folio="123", Approved=dbus.UInt32(1234),
                   Receipts=receipts(), Finished=dbus.UInt64(T0)),
            2: lot(2, State="queued", Held=True, HoldReason="certificate-missing", HoldText="text of the daemon"),
            3: lot(3, State="partial", Rejected=dbus.UInt32(1), Approved=dbus.UInt32(1233)),
            4: lot(4, State="sending"),
        }


def the_lot(path):
    number = int(path.rsplit("/", 1)[1])
    if number not in state.lots:
        raise Error("UnknownLot", f"There is no lot {number}")
    return state.lots[number]


def explanation(code, known, texts):
    return {"code": code, "known": known, "meaning": "the CURP is another" if known else "",
            "who": "worker" if known else "", "action": "wait" if known else "", "advice": "",
            "profile": "idse-sim" if known else "",
            "texts": dbus.Array([dbus.Struct([text, dbus.UInt64(n), dbus.UInt64(T0)], signature="stt")
                                 for text, n in texts], signature="(stt)")}


# ---- methods: functions of the path and the arguments, giving the signature and the values of the reply ----

def get_all(path, interface):
    if interface == LOT:
        return "a{sv}", the_lot(path)
    if interface == CERTIFICATE:
        return "a{sv}", certificate(1, T0)
    counts = {} if state.fresh else {"queued": dbus.UInt64(1), "accepted": dbus.UInt64(2)}
    return "a{sv}", {
        "Version": "0.1.0", "PortalState": "ok", "PortalText": "login worked", "PortalSince": dbus.UInt64(T0),
        "PortalFailures": dbus.UInt32(0 if state.fresh else 2), "NextVisit": dbus.UInt64(0), "Profile": "idse-sim", "CanSend": True,
        "LotCounts": dbus.Dictionary(counts, signature="st"),
        "HeldCount": dbus.UInt64(0 if state.fresh else 1), "WaitingCount": dbus.UInt64(0), "MovementCount": dbus.UInt64(0 if state.fresh else 1234),
    }


def wrong(line):
    """The text is that of a daemon that speaks Spanish."""
    return dbus.Dictionary({
        "rule": "tipo-salario", "severity": "error", "line": dbus.UInt32(line), "column": dbus.UInt32(117), "field": "tipo-salario",
        "value": "7", "text": "el tipo de salario debe ser: 0, 1, 2", "detail": "0, 1, 2", "expected": "0, 1, 2", "fix": ""},
        signature="sv")


def submit(path, data, options):
    if data.startswith("BAD"):
        raise Error("InvalidFile", "line 1, column 1: not a record")
    if data.startswith("WRONG"):
        raise Error("InvalidFile", "the first", "aa{sv}t", [wrong(line) for line in range(1, 25)], dbus.UInt64(31))
    number = 1 if data.startswith("SAME") else max(state.lots) + 1
    held = options.get("hold", False)
    state.lots.setdefault(number, lot(number, Held=held, HoldReason="operator" if held else ""))
    finding = {"rule": "nss-check-digit", "severity": "warning", "line": dbus.UInt32(3), "column": dbus.UInt32(22),
               "field": "nss", "value": "1", "text": "odd digit"}
    return "aobaa{sv}", [f"{ROOT}/lot/{number}"], number == 1, [finding] * (50 if data == "ODD" else 1)


def list_lots(path, filter, cursor, limit):
    rows = [state.lots[n] for n in sorted(state.lots, reverse=True) if not cursor or n < cursor]
    if filter.get("states"):
        rows = [row for row in rows if row["State"] in filter["states"]]
    if filter.get("held"):
        rows = [row for row in rows if row["Held"]]
    page = rows[:min(limit, 3)]  # small pages, so that the next one is asked for
    return "aa{sv}t", page, page[-1]["Id"] if len(page) < len(rows) else 0


def list_movements(path, filter, cursor, limit):
    errors = [("012", "CURP no coincide", "OTRA"), ("044", "Fecha no válida", "")]
    row = movement(3, 5, "rejected", errors)
    row["imss-name"], row["name-differs"] = "PEÑAS X JUANA", True
    return "aa{sv}s", [row], ""


def list_receipts(path):
    row = the_lot(path)
    said = {name: row[name] for name in ("Id", "Registration", "PortalLot", "Folio", "Received")}
    return "a{sv}a(tssst)", said, row["Receipts"]


def correct(path, options):
    if "BAD" in options.get("fixes", ""):
        raise Error("InvalidFile", "line 2: movement 7 of the lot is not rejected")
    number = the_lot(path)["Id"] + 10
    return "obaa{sv}", f"{ROOT}/lot/{number}", number == 14, []


def list_profiles(path):
    steps = dbus.Array([("login", "known"), ("upload", "unknown")], signature="(ss)")
    return "aa{sv}", [{"name": "imss", "title": "IMSS", "base": "https://example.invalid/", "current": True,
                       "can-send": False, "steps": steps}]


def diagnose(path):
    return "aa{sv}", [{"name": "database", "ok": True, "text": "sound"},
                      {"name": "clock", "ok": state.fresh, "text": "not synchronised"}]


def list_attempts(path):
    return "aa{sv}", [{"id": dbus.UInt64(5), "certificate": dbus.UInt64(1), "started": dbus.UInt64(T0),
                       "ended": dbus.UInt64(T0), "reason": "connect", "text": "no connection", "sent": False}]


def try_login(path, options):
    answers = {"1": ("ok", "done"), "2": ("connect", "no connection")}
    return "ss", *answers.get(path.rsplit("/", 1)[1], ("credentials", "user or password refused"))


def set_lot(path, number, changes):
    row = state.lots[number]
    for key, value in json.loads(changes).items():
        row[key] = type(row[key])(value) if isinstance(row.get(key), int) else value
    row["WaitsFor"] = older(row["WaitsFor"])
    signal = dbus.lowlevel.SignalMessage(ROOT, MANAGER, "LotChanged")
    signal.append(f"{ROOT}/lot/{number}", row["State"], row["Held"], signature="osb")
    bus.send_message(signal)
    return ("",)


def calls(path):
    made, state.calls = state.calls, []
    return "s", json.dumps(made)


def refuse(path, method, name, text):
    state.refuse[method] = (name, text)
    return ("",)


def fresh(path):
    state.fresh, state.lots = True, {}
    return ("",)


def explain_code(path, code, language):
    codes = [explanation("031", True, []), explanation("099", False, [("UNO", 2), ("DOS", 1)])]
    found = [c for c in codes if code in ("", c["code"])]
    if not found:
        raise Error("UnknownCode", "nobody knows it")
    return "aa{sv}", found


def import_receipt(path, text, options):
    """What the file says: it is a zip, of two employers, wrong, or none."""
    plainly = {"kind": "constancia", "outcome": "adopted", "lot": dbus.UInt64(9), "replaces": dbus.UInt64(0), "state": "accepted",
               "registration": RP, "portal-lot": "123", "text": "a lot that others sent",
               "others": dbus.Array([], signature="(ss)")}
    if text.startswith("PK") and "entry" not in options:
        return "a{sv}", {"kind": "zip", "entries": dbus.Array(["uno/", "uno/a.pdf", "leeme.txt", "b.CSV", "c.zip"], signature="s")}
    if options.get("entry") == 5:
        raise Error("InvalidFile", "it is a zip in a zip")
    if "registration" in options:
        plainly.update({"registration": RP2, "portal-lot": options["portal-lot"], "lot": dbus.UInt64(10)})
    elif text == "two":
        plainly["others"] = dbus.Array([dbus.Struct([RP2, "456"], signature="ss")], signature="(ss)")
    if text == "wrong":
        plainly["outcome"] = "contradicts"
    if text == "none":
        raise Error("UnreadableReceipt", "page 1, line 2: not understood")
    return "a{sv}", plainly


def reindex(path, options):
    u = dbus.UInt64
    return "a{sv}", {"lots": u(4), "equal": u(1300), "repaired": u(2), "faults": u(1 if state.fresh else 0),
                     "differences": dbus.Array([dbus.Struct([u(3), "movements 2"], signature="ts")], signature="(ts)")}


METHODS = {
    ("org.freedesktop.DBus.Properties", "GetAll"): get_all,
    (MANAGER, "Submit"): submit,
    (MANAGER, "ListLots"): list_lots,
    (MANAGER, "ListMovements"): list_movements,
    (MANAGER, "AddRegistration"): lambda path, rp, options: ("o", f"{ROOT}/registration/{rp}"),
    (MANAGER, "ListRegistrations"): lambda path: (
        "aa{sv}", [] if state.fresh else [registration(RP, 1), registration(RP2, 0, True)]),
    (MANAGER, "AddCertificate"): lambda path, kind, files, rps, options: ("o", f"{ROOT}/certificate/9"),
    (MANAGER, "ListCertificates"): lambda path: ("aa{sv}", [] if state.fresh else [certificate(1, T0)]),
    (MANAGER, "Overview"): lambda path: ("aa{sv}", [] if state.fresh else [
        {"registration": RP, "late": dbus.UInt64(2), "due": dbus.UInt64(1)},
        {"registration": RP2, "late": dbus.UInt64(0), "due": dbus.UInt64(0)}]),
    (MANAGER, "ListProfiles"): list_profiles,
    (MANAGER, "Diagnose"): diagnose,
    (MANAGER, "ImportReceipt"): import_receipt,
    (MANAGER, "Reindex"): reindex,
    (LOT, "ListReceipts"): list_receipts,
    (LOT, "GetReceipt"): lambda path, number: (
        "hss", memory_file(ACUSE if number == 7 else CONSTANCIA), "name", "application/pdf"),
    (LOT, "GetRecords"): lambda path: ("h", memory_file(b"RECORD\r\n")),
    (LOT, "ListAttempts"): list_attempts,
    (LOT, "GetTranscript"): lambda path, number: ("h", memory_file(b"POST /attempt/%d\n" % number)),
    (LOT, "Correct"): correct,
    (MANAGER, "ExplainCode"): explain_code,
    (CERTIFICATE, "Test"): try_login,
    (CONTROL, "Set"): set_lot,
    (CONTROL, "Calls"): calls,
    (CONTROL, "Refuse"): refuse,
    (CONTROL, "Fresh"): fresh,
}
# Those that take options and give nothing.
SILENT = {(MANAGER, "UseProfile"), (MANAGER, "Refresh")}
SILENT |= {(LOT, name) for name in ("Hold", "Release", "Cancel", "Retry", "Reconcile")}
SILENT |= {(REGISTRATION, name) for name in ("Pause", "Resume", "Remove", "Update")}
SILENT |= {(CERTIFICATE, name) for name in ("Release", "Remove")}


def answer(message):
    method, path = (message.get_interface(), message.get_member()), message.get_path()
    args = plain(message.get_args_list())
    if method[0] != CONTROL:
        state.calls.append([path, method[1], args])
        if method[1] in state.refuse:
            raise Error(*state.refuse.pop(method[1]))
    if method in SILENT:
        return ("",)
    return METHODS[method](path, *args)


def on_message(connection, message):
    if message.get_type() != METHOD_CALL:
        return
    if message.get_member() == "Await":
        state.awaited.setdefault(message.get_args_list()[0], []).append(message)
        return
    try:
        signature, *values = answer(message)
        reply = dbus.lowlevel.MethodReturnMessage(message)
        if signature:
            reply.append(*values, signature=signature)
    except Error as error:
        reply = dbus.lowlevel.ErrorMessage(message, "mx.idsed1.Error." + error.args[0], error.args[1])
        if error.args[2:]:
            reply.append(*error.args[3:], signature=error.args[2])
    connection.send_message(reply)
    for call in state.awaited.pop(message.get_member(), []):
        connection.send_message(dbus.lowlevel.MethodReturnMessage(call))


state = State()
dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
bus = dbus.bus.BusConnection(os.environ["DBUS_SYSTEM_BUS_ADDRESS"])
bus._register_object_path("/", on_message, fallback=True)
bus.request_name("mx.idsed1", dbus.bus.NAME_FLAG_DO_NOT_QUEUE)
print("ready", flush=True)
GLib.MainLoop().run()
