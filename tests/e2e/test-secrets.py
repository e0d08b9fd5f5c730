#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Secrets stay secret: the main job is done with known secrets, then everything that the daemon wrote, told and shows is
searched for each of them in every form; what is sealed opens in its own place only, and moves to another key whole."""

import base64
import contextlib
import os
import pathlib
import re
import signal
import sqlite3
import subprocess
import sys

import dbus
import dbus.bus

from e2e import *

FOLDER = STATE.parent
KEY = FOLDER / "idsed.key"
LOG = FOLDER / "idsed.log"
TRAFFIC = HERE / "bus.traffic"
TYPED_WRONG = "Equivocada7391"      # a password that opens nothing
PASSWORDS = ("Cuatro caballos 81 verdes", "Nueve barcos 27 hundidos")  # of a user of the module: at first, and later
REFUSED = "Rechazado55"             # a user that the portal does not know; it is no secret, and is to be seen
DAEMON = {"pid": int(os.environ["IDSED_PID"])}
SECRETS = {}
OUTPUT = []  # all that idsectl said


# ---- what is secret ----

def openssl(*arguments):
    return subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True).stdout


def read_length(der, at):
    first = der[at]
    if first < 0x80:
        return first, at + 1
    n = first & 0x7F
    return int.from_bytes(der[at + 1:at + 1 + n], "big"), at + 1 + n


def integers(der):
    """Those of an RSAPrivateKey: version, modulus, e, d, p, q, …"""
    _, at = read_length(der, 1)
    while at < len(der):
        assert der[at] == 0x02
        n, at = read_length(der, at + 1)
        yield der[at:at + n].lstrip(b"\0")
        at += n


def add_key(name, pem):
    """What every form of a key has in it: PKCS#1 or PKCS#8, PEM or DER, its numbers stand there byte by byte."""
    path = file(name + ".pem", pem)
    _, modulus, _, d, p, q, *_ = integers(openssl("rsa", "-in", path, "-traditional", "-outform", "DER"))
    for what, number in ("d", d), ("p", p), ("q", q):
        assert len(number) > 60
        for part in range(0, len(number) - 24, len(number) // 3):  # also a piece of it
            SECRETS[f"{name}: {what}, from byte {part}"] = number[part:part + 24]
    path.unlink()
    return modulus


def collect():
    for kind in "imss", "efirma":
        SECRETS[f"password of the {kind} credential"] = (CREDENTIALS / f"{kind}.password").read_bytes().strip()
    SECRETS["a password that was typed wrong"] = TYPED_WRONG.encode()
    for i, password in enumerate(PASSWORDS):
        SECRETS[f"password {i} of a user"] = password.encode()
    SECRETS["sealing key"] = KEY.read_bytes()
    password = f"file:{CREDENTIALS}/imss.password"
    add_key("imss", openssl("pkcs12", "-in", CREDENTIALS / "imss.pfx", "-nocerts", "-nodes", "-passin", password))
    password = f"file:{CREDENTIALS}/efirma.password"
    add_key("efirma", openssl("pkcs8", "-inform", "DER", "-in", CREDENTIALS / "efirma.key", "-passin", password))


def collect_session():
    token, = (path.read_text().strip() for path in (HERE / "idsed").iterdir())
    assert len(token) >= 32
    SECRETS[f"token {token[:4]}… of a session"] = token.encode()


def collect_cookies():
    cookies = {request["session"] for request in lines("requests.jsonl") if request.get("session")}
    assert len(cookies) >= 4, cookies
    for i, cookie in enumerate(sorted(cookies)):
        SECRETS[f"cookie {i}"] = cookie.encode()


# ---- searching ----

def forms(secret):
    """A secret as it is, in hexadecimal, in base64 at each of its three places in a group, and in UTF-16."""
    yield secret
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    for before in range(3):
        text = base64.b64encode(bytes(before) + secret)
        first = {0: 0, 1: 2, 2: 3}[before]
        last = len(text) - {0: 0, 1: 3, 2: 2}[(before + len(secret)) % 3]
        yield text[first:last]
        yield text[first:last].replace(b"+", b"-").replace(b"/", b"_")
    text = secret.decode("latin-1")
    yield text.encode("utf-16-le")
    yield text.encode("utf-16-be")


def leaks(data):
    """Names of the secrets that are in the bytes; line breaks hide nothing."""
    joined = re.sub(rb"\s+", b"", data)
    return sorted({name for name, secret in SECRETS.items() for form in forms(secret) if form in data or form in joined})


def has_none(what, data):
    found = leaks(data)
    assert not found, f"{what}: {', '.join(found)}"


def case_the_search_finds_what_is_planted():
    collect()
    assert len(SECRETS) > 20
    for name, secret in SECRETS.items():
        for form in forms(secret):
            assert name in leaks(b"before " + form + b" after"), f"{name}: {form}"
    for before in range(3):
        text = base64.b64encode(b"x" * before + SECRETS["sealing key"] + b"and more")
        assert "sealing key" in leaks(text[:20] + b"\n" + text[20:])
    assert not leaks(os.urandom(100000))


# ---- the run ----

def said(*arguments, **more):
    done = idsectl(*arguments, **more)
    OUTPUT.append((" ".join(map(str, arguments)), done.stdout + done.stderr))
    return done


def case_the_main_job_is_done_with_them():
    with open(TRAFFIC, "wb") as out:
        DAEMON["monitor"] = subprocess.Popen(["dbus-monitor", "--address", os.environ["DBUS_SYSTEM_BUS_ADDRESS"], "--binary"],
                                             stdout=out)
    until("the monitor listens", lambda: TRAFFIC.stat().st_size > 0)
    add_registrations(IMSS + EFIRMA)
    wrong = file("wrong.password", TYPED_WRONG.encode())
    imss = ["--pfx", CREDENTIALS / "imss.pfx", "--user", (CREDENTIALS / "imss.user").read_text()]
    said("cert", "add", "--rp", IMSS[0], *imss, "--password-file", wrong, status=INVALID)
    said("cert", "add", "--rp", IMSS[0], "--cer", CREDENTIALS / "efirma.cer", "--key", CREDENTIALS / "efirma.key",
         "--password-file", wrong, status=INVALID)
    add_imss(IMSS)
    add_efirma(EFIRMA)
    for certificate in ask("cert", "list"):
        said("cert", "test", certificate["id"])
    for name, rps, options in (("altas.txt", IMSS, dict(count=6, spoil=3)), ("altas.dat", EFIRMA, dict(count=3, first=501))):
        submit(movements(*rps, type="08", **options), "--wait=60", name=name, status=(OK, REJECTED))
    faults("login login=backend-timeout times=1\nupload cut=after times=1")
    submit(movements(IMSS[0], type="07", count=4), "--wait=60", name="salarios.txt", status=(OK, REJECTED))
    faults()
    # A user that the portal refuses: its certificate is held, and the one that serves goes on.
    password = ["--password-file", CREDENTIALS / "imss.password"]
    said("cert", "replace", 1, "--pfx", CREDENTIALS / "imss.pfx", "--user", REFUSED, *password)
    heir = ask("cert", "list")[-1]["id"]
    until("the portal refuses it", lambda: ask("cert", "show", heir)["held"])
    said("cert", "test", heir, status=(FAILURE, HELD, DENIED, INVALID))
    assert ask("cert", "show", 1)["registrations"] == IMSS
    said("cert", "remove", heir, "--yes")
    # The same with its right user: it logs in and takes over; what was signed before says by whom.
    said("cert", "replace", 1, *imss, *password)
    heir = ask("cert", "list")[-1]["id"]
    until("the other takes over", lambda: ask("cert", "show", heir)["registrations"] == IMSS)
    said("cert", "show", 1, status=NOT_FOUND)
    signed = {row["certificate"] for row in ask("list", f"--rp={IMSS[0]}")}
    assert signed == {1}, signed
    portal_is_exact()
    collect_cookies()


def case_a_user_has_passwords_and_a_session():
    """The token travels over the bus, to its owner and from there; everything else is searched for it."""
    os.environ["XDG_RUNTIME_DIR"] = str(HERE)
    first, second = (file(f"user-{i}.password", password.encode()) for i, password in enumerate(PASSWORDS))
    wrong = file("wrong.password", TYPED_WRONG.encode())
    said("user", "add", "ana@example.mx", "--names", "Ana", "--first-surname", "Ficticia", "--role", "administrador",
         "--accept", "--password-file", first)
    said("login", "ana@example.mx", "--password-file", wrong, status=tuple(range(1, 11)))
    until("the wait is over", lambda: idsectl("login", "ana@example.mx", "--password-file", first,
                                              status=tuple(range(11))).returncode == OK)
    collect_session()
    said("user", "passwd", "ana@example.mx", "--old-password-file", first, "--password-file", second)
    until("the new one is good", lambda: idsectl("login", "ana@example.mx", "--password-file", second,
                                                 status=tuple(range(11))).returncode == OK)
    collect_session()
    said("user", "list")
    said("history", "--user", "ana@example.mx")


# ---- where they are looked for ----

def case_the_database_and_its_journal_have_none():
    files = sorted(path for path in STATE.rglob("*") if path.is_file())
    assert {"idsed.db", "idsed.db-wal"} <= {path.name for path in files}, files
    assert any(b"PRACTICA" in path.read_bytes() for path in files), "nothing is in them"
    for path in files:
        has_none(path.name, path.read_bytes())


def case_the_log_has_none():
    data = LOG.read_bytes()
    assert b"certificate-rejected" in data, "the log tells nothing"
    has_none("log", data)


def case_the_process_shows_none():
    proc = pathlib.Path("/proc") / str(DAEMON["pid"])
    for name in "cmdline", "environ", "comm", "limits", "maps", "status":
        has_none(name, (proc / name).read_bytes())
    assert re.search(rb"^Max core file size\s+0\s+0\s", (proc / "limits").read_bytes(), re.M)


def flatten(value):
    """All texts and bytes of a D-Bus value."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from flatten(key)
            yield from flatten(item)
    elif isinstance(value, (list, tuple)):
        if value and isinstance(value[0], dbus.Byte):
            yield bytes(value)
        else:
            for item in value:
                yield from flatten(item)
    else:
        yield str(value).encode()


def case_no_property_of_any_object_is_one():
    bus = dbus.bus.BusConnection(os.environ["DBUS_SYSTEM_BUS_ADDRESS"])
    objects = bus.get_object("mx.idsed1", "/mx/idsed1", introspect=False).get_dbus_method(
        "GetManagedObjects", "org.freedesktop.DBus.ObjectManager")()
    kinds = {path.split("/")[3] for path in objects}
    assert {"lot", "certificate", "registration"} <= kinds, kinds
    objects["/mx/idsed1"] = {"mx.idsed1.Manager": None}
    for path, interfaces in objects.items():
        for interface in interfaces:
            everything = bus.get_object("mx.idsed1", path, introspect=False).get_dbus_method(
                "GetAll", "org.freedesktop.DBus.Properties")(interface)
            for name, value in everything.items():
                has_none(f"{path} {name}", b"\n".join(flatten(value)))
    bus.close()


def reading_verbs():
    """Every verb that prints, with something to print."""
    lots = [row["id"] for row in ask("list", "--limit=0")]
    certificates = [row["id"] for row in ask("cert", "list")]
    assert lots and certificates
    for verb in ("status", "doctor", "list", "movements", "history", "history verify", "rp list", "cert list",
                 "profile list", "profile show", "user list"):
        yield verb.split()
    for lot in lots:
        yield ["show", lot]
        yield ["receipts", "list", lot]
    for certificate in certificates:
        yield ["cert", "show", certificate]


def case_nothing_that_idsectl_prints_is_one():
    for arguments in reading_verbs():
        for more in [], ["--json"]:
            done = said(*arguments, *more, status=(OK, FAILURE))
            assert done.stdout or done.stderr, arguments
    for command in (["cert", "test", 999], ["show", 999], ["cert", "remove", 999, "--yes"], ["login"], ["rp", "add", "x"]):
        said(*command, status=tuple(range(1, 11)))
    for arguments, text in OUTPUT:
        has_none(f"idsectl {arguments}", text)


def case_no_document_and_no_transcript_has_one():
    transcripts = 0
    for lot in ask("list", "--limit=0"):
        folder = HERE / f"lot-{lot['id']}"
        said("receipts", "export", lot["id"], "--to", folder)
        transcript = idsectl("receipts", "get", lot["id"], "transcript").stdout
        assert b"POST" in transcript, transcript[:300]
        transcripts += 1
        has_none(f"transcript of lot {lot['id']}", transcript)
        for path in folder.rglob("*"):
            if path.is_file():
                has_none(str(path), path.read_bytes())
    assert transcripts >= 4


def case_no_evidence_bundle_has_one():
    for lot in ask("list", "--limit=0"):
        said("receipts", "export", lot["id"], "--bundle", "--to", HERE / "bundles")
        files = [path for path in (HERE / "bundles" / f"lot-{lot['id']}").rglob("*") if path.is_file()]
        assert len(files) > 8, files
        for path in files:
            has_none(str(path), path.read_bytes())
        said("receipts", "verify", lot["id"], status=(OK, INVALID))
        said("report", lot["id"])


def case_the_bus_carried_none():
    DAEMON["monitor"].terminate()
    DAEMON["monitor"].wait()
    data = TRAFFIC.read_bytes()
    assert b"AddCertificate" in data and REFUSED.encode() in data, "the monitor saw nothing"
    found = [name for name in leaks(data) if not name.startswith("token")]
    assert not found, f"the bus: {found}"


# ---- a daemon that is started again ----

def stop():
    os.kill(DAEMON["pid"], signal.SIGTERM)
    if "process" in DAEMON:
        assert DAEMON.pop("process").wait(LIMIT) == 0
    else:
        until("idsed ends", lambda: not pathlib.Path(f"/proc/{DAEMON['pid']}/cmdline").exists() or
              not pathlib.Path(f"/proc/{DAEMON['pid']}/cmdline").read_bytes())


def start(*arguments, before=()):
    with open(LOG, "ab") as log:
        DAEMON["process"] = subprocess.Popen([*before, os.environ["IDSED_RUN"], *map(str, arguments)], stderr=log)
    DAEMON["pid"] = DAEMON["process"].pid
    subprocess.run(["gdbus", "wait", "--system", "--timeout", "60", "mx.idsed1"], check=True, timeout=LIMIT)


def case_the_process_is_open_to_nobody():
    """Not even to its own user: it is undumpable, which keeps core files and debuggers away too."""
    powerless = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
    look = lambda pid: subprocess.run([*powerless, "cat", f"/proc/{pid}/environ"], capture_output=True).returncode == 0
    with subprocess.Popen([*powerless, "sleep", "1000"]) as other:
        until("another process of this user is open", lambda: look(other.pid))
        other.kill()
    stop()
    start(before=powerless)
    assert not look(DAEMON["pid"])
    stop()
    start()


# ---- sealed records ----

@contextlib.contextmanager
def database():
    with contextlib.closing(sqlite3.connect(STATE / "idsed.db")) as db:
        yield db
        db.commit()


def sealed():
    with database() as db:
        return dict(db.execute("SELECT id, sealed FROM certificate WHERE sealed IS NOT NULL ORDER BY id"))


def write(records):
    with database() as db:
        db.executemany("UPDATE certificate SET sealed = ? WHERE id = ?", [(data, id) for id, data in records.items()])


def opens():
    checks = {check["name"]: check for check in ask("doctor", status=(OK, FAILURE))}
    return checks["sealing-key"]["ok"]


def case_a_sealed_record_with_one_wrong_bit_opens_no_more():
    stop()
    records = sealed()
    first, data = next(iter(records.items()))
    assert len(records) == 2
    for place in 0, 1, 12, 13, len(data) // 2, len(data) - 17, len(data) - 16, len(data) - 1:
        changed = bytearray(data)
        changed[place] ^= 1 << (place % 8)
        write({first: bytes(changed)})
        start()
        assert not opens(), f"byte {place}"
        stop()
    write({first: data[:-1]})
    start()
    assert not opens()
    done = said("cert", "test", first, status=(FAILURE, HELD, INVALID))
    assert b"restore the key" in done.stderr or b"damaged" in done.stderr, done.stderr
    stop()
    write(records)
    start()
    assert opens()


def case_a_sealed_record_in_another_row_opens_no_more():
    stop()
    records = sealed()
    a, b = records
    write({a: records[b], b: records[a]})
    start()
    assert not opens()
    lot, = submit(movements(IMSS[0], type="08", first=900, count=1), "--wait=60", status=HELD)
    assert lot["hold_reason"] == "certificate-rejected", lot
    idsectl("cancel", lot["id"], "--yes")
    stop()
    write(records)
    start()
    assert opens()
    for certificate in records:
        idsectl("cert", "release", certificate, status=(OK, FAILURE))
        idsectl("cert", "test", certificate)


def reseal(key, *arguments):
    return subprocess.run([os.environ["IDSED_RUN"], *map(str, arguments), "--reseal", str(key)], capture_output=True,
                          text=True, timeout=LIMIT)


def case_everything_is_sealed_under_a_new_key_at_once():
    new, other = HERE / "new.key", HERE / "other.key"
    other.write_bytes(os.urandom(32))
    other.chmod(0o600)
    done = reseal(new)
    assert done.returncode != 0 and "another idsed" in done.stderr and not new.exists(), done
    stop()
    before = sealed()
    done = reseal(new, "--key-file", other)  # not the one that sealed it
    assert done.returncode != 0 and sealed() == before, done
    new.unlink(missing_ok=True)
    done = reseal(new)
    assert done.returncode == 0 and str(new) in done.stderr, done
    SECRETS["the new sealing key"] = new.read_bytes()
    assert len(new.read_bytes()) == 32 and new.stat().st_mode & 0o777 == 0o600
    has_none("what it says", (done.stdout + done.stderr).encode())
    after = sealed()
    assert set(after) == set(before) and not set(after.values()) & set(before.values())
    for path in STATE.iterdir():
        if path.is_file():
            data = path.read_bytes()
            has_none(path.name, data)
            assert not any(record[13:45] in data for record in before.values()), f"{path.name} still has the old record"
    start()
    assert not opens()  # the old key opens nothing
    stop()
    start("--key-file", new)
    assert opens()
    for certificate in after:
        idsectl("cert", "test", certificate)
    records = [record for record in map(json.loads, idsectl("history", "--json").stdout.splitlines())
               if record["action"] == "reseal"]
    assert [json.loads(record["detail"]) for record in records] == [{"credentials": 2}], records
    said("history", "verify")
    case_the_log_has_none()


main(cases_of(sys.modules[__name__]))
