#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Evidence bundles: those of lots with every outcome are made and checked; then every file of one is changed, taken away,
added or exchanged in every way, and each time the check says what is wrong."""

import hashlib
import io
import os
import shutil
import stat
import struct
import sys
import zipfile

from e2e import *

LOTS = {}      # outcome: lot
BUNDLES = {}   # outcome: the bytes of its bundle
CHECKED = {"container", "manifest", "contents", "records", "history", "entries", "signature", "signer", "tls", "acuse", "serial",
           "constancia", "movements", "tables", "report"}


# ---- making ----

def one(state, data, status, fault=""):
    faults(fault)
    lot, = submit(data, "--wait=60", name=f"{state}.txt", status=status)
    assert lot["state"] == state, lot
    return lot["id"]


def case_lots_end_in_every_way():
    add_registrations(IMSS)
    add_imss(IMSS)
    rp = IMSS[0]
    LOTS["accepted"] = one("accepted", movements(rp, type="08", count=5, first=1), OK)
    LOTS["partial"] = one("partial", movements(rp, type="08", count=12, first=11, spoil=5), REJECTED)
    LOTS["rejected"] = one("rejected", movements(rp, type="08", count=3, first=31, spoil=1), REJECTED)
    LOTS["settled"] = one("accepted", movements(rp, type="08", count=4, first=41), OK, "upload cut=after times=1")
    LOTS["quarantined"] = one("quarantined", movements(rp, type="08", count=4, first=51), HELD, "acuse receipt=mismatch times=1")
    faults()
    lot, = submit(movements(rp, type="08", count=1, first=61), "--hold", name="held.txt")
    LOTS["queued"] = lot["id"]
    for lot in LOTS["accepted"], LOTS["partial"], LOTS["rejected"], LOTS["settled"]:
        whole(lot)


def export(lot, name):
    path = HERE / name
    idsectl("receipts", "export", lot, "--zip", path)
    return path


def case_each_has_a_bundle():
    for name, lot in LOTS.items():
        BUNDLES[name] = export(lot, f"{name}.zip").read_bytes()
    again = idsectl("receipts", "export", LOTS["partial"], "--zip", HERE / "partial.zip", status=FAILURE)
    assert b"--force" in again.stderr
    idsectl("receipts", "export", LOTS["partial"], "--zip", HERE / "partial.zip", "--force")
    idsectl("receipts", "export", LOTS["partial"], LOTS["accepted"], "--zip", HERE / "two.zip", status=USAGE)
    idsectl("receipts", "export", "999", "--zip", HERE / "no.zip", status=NOT_FOUND)
    assert not (HERE / "no.zip").exists()


def case_whoever_takes_one_is_in_the_history():
    acts = [record for record in map(json.loads, idsectl("history", "--json", "--lot", LOTS["partial"]).stdout.splitlines())
            if record["action"] == "evidence"]
    assert len(acts) == 2 and all(act["outcome"] == "ok" for act in acts), acts


# ---- checking ----

def verdicts(path, status=OK):
    """What the check says, without the daemon: check -> (result, sentence)."""
    said, = ask("receipts", "verify", path, "--address=unix:path=/nonexistent", status=status)
    assert said["verified"] == (status == OK), said
    return {row["check"]: (row["result"], row["text"]) for row in said["checks"]}


def case_bundles_are_verified_without_the_daemon():
    for name in "accepted", "partial", "rejected", "settled":
        found = verdicts(HERE / f"{name}.zip")
        assert {check for check, (result, _) in found.items() if result == "ok"} == CHECKED, (name, found)
        assert found["sello"][0] == "not-checked"


def case_what_is_not_there_is_not_checked():
    found = verdicts(HERE / "queued.zip")
    assert {found[check][0] for check in ("signature", "acuse", "serial", "constancia", "tls")} == {"not-checked"}, found
    done = idsectl("receipts", "verify", HERE / "queued.zip").stdout.decode()
    assert "Verified" not in done and "does not show that IMSS received" in done, done


def case_a_quarantined_lot_fails_at_what_does_not_fit():
    found = verdicts(HERE / "quarantined.zip", INVALID)
    assert [check for check, (result, _) in found.items() if result == "failed"] == ["acuse"], found
    assert "the acuse differs" in found["acuse"][1]


def case_those_of_lots_are_verified_too():
    done = idsectl("receipts", "verify", LOTS["partial"], LOTS["accepted"]).stdout.decode()
    assert done.count("Verified.") == 2 and f"Lot {LOTS['partial']}\n" in done, done
    assert "What this proves:" in done and "What this does not prove:" in done and "sello digital" in done
    assert idsectl("receipts", "verify", "998", status=NOT_FOUND)
    spanish = idsectl("receipts", "verify", LOTS["partial"], env={**os.environ, "LANGUAGE": "es"}).stdout.decode()
    assert "Lo que esto prueba:" in spanish, spanish


def unpacked(name):
    folder = HERE / "unpacked" / name
    shutil.rmtree(folder, ignore_errors=True)
    with zipfile.ZipFile(io.BytesIO(BUNDLES[name])) as bundle:
        bundle.extractall(folder)
    return folder / f"lot-{LOTS[name]}"


def case_a_folder_is_as_good_as_a_zip():
    idsectl("receipts", "export", LOTS["partial"], LOTS["rejected"], "--bundle", "--to", HERE / "folders")
    for name in "partial", "rejected":
        folder = HERE / "folders" / f"lot-{LOTS[name]}"
        verdicts(folder)
        subprocess.run(["sha256sum", "--check", "--quiet", "--strict", "SHA256SUMS"], cwd=folder, check=True)
    verdicts(unpacked("partial"))


def case_the_same_state_gives_the_same_bytes():
    """But for the history, which has who took a bundle."""
    def files(path):
        with zipfile.ZipFile(path) as bundle:
            return {name.split("/", 1)[1]: bundle.read(name) for name in bundle.namelist()}
    first, second = files(export(LOTS["partial"], "a.zip")), files(export(LOTS["partial"], "b.zip"))
    differ = {name for name in first if first[name] != second[name]}
    assert first.keys() == second.keys() and differ <= {"history.json", "report.txt", "report.html", "manifest.json", "SHA256SUMS"}


def case_the_account_is_in_words():
    text = idsectl("report", LOTS["partial"]).stdout.decode()
    rejected, = [row for row in ask("movements", f"--lot={LOTS['partial']}", "--state=rejected")][:1]
    for word in rejected["nss"], "051", rejected["errors"][0]["text"], "2932.75", show(LOTS["partial"])["folio"], "TLS", "SHA-256":
        assert word in text, (word, text)
    assert idsectl("report", HERE / "partial.zip").stdout.decode().split("Who did what")[0] == text.split("Who did what")[0]
    row, = ask("report", LOTS["partial"])
    assert len(row["movements"]) == 12 and row["history"]["records"] and row["lot"]["folio"]
    idsectl("report", LOTS["partial"], "--output", HERE / "report.txt")
    assert "IMSS" in (HERE / "report.txt").read_text()
    assert "Cuenta del lote" in idsectl("report", LOTS["partial"], env={**os.environ, "LANGUAGE": "es"}).stdout.decode()


def case_a_quarantined_lot_is_verified_once_it_is_put_right():
    """The wrong acuse stays in the bundle, beside the right one."""
    idsectl("retry", LOTS["quarantined"])
    until("it is accepted", lambda: show(LOTS["quarantined"])["state"] == "accepted")
    whole(LOTS["quarantined"])
    found = verdicts(export(LOTS["quarantined"], "put-right.zip"))
    assert {check for check, (result, _) in found.items() if result == "ok"} == CHECKED, found
    with zipfile.ZipFile(HERE / "put-right.zip") as bundle:
        assert len([name for name in bundle.namelist() if name.endswith("-acuse.pdf")]) == 2


# ---- mutations ----

def sums(folder):
    """Makes manifest.json and SHA256SUMS fit again what is in the folder."""
    def digest(path):
        return hashlib.sha256(path.read_bytes()).hexdigest()
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    named = [name for name in names if name not in ("manifest.json", "SHA256SUMS")]
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"] = [{"name": name, "size": (folder / name).stat().st_size, "sha256": digest(folder / name)} for name in named]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "SHA256SUMS").write_text("".join(f"{digest(folder / name)}  {name}\n" for name in [*named, "manifest.json"]))


def files_of(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def fails(folder, sentence):
    found = verdicts(folder, INVALID)
    failed = {check: text for check, (result, text) in found.items() if result == "failed"}
    assert any(sentence in text for text in failed.values()), (sentence, failed)
    return set(failed)


def case_a_flipped_byte_in_any_file_is_found():
    folder = unpacked("partial")
    for path in files_of(folder):
        data = path.read_bytes()
        for at in 0, len(data) // 2, len(data) - 1:
            path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1:])
            name = str(path.relative_to(folder))
            fails(folder, "SHA256SUMS" if name in ("SHA256SUMS", "manifest.json") else f"{name} was changed")
        path.write_bytes(data)
    verdicts(folder)


def case_a_missing_or_added_file_is_found():
    folder = unpacked("partial")
    for path in files_of(folder):
        away = HERE / "away"
        path.rename(away)
        fails(folder, path.name)
        away.rename(path)
    for name in "more.txt", "documents/99-acuse.pdf", "attempts/9-tls.pem":
        (folder / name).write_bytes(b"more")
        fails(folder, f"{name} was added")
        (folder / name).unlink()
    verdicts(folder)


def case_a_new_manifest_hides_no_change():
    """Every file is changed at its middle, and the manifest made to fit: something else still knows better."""
    folder = unpacked("partial")
    for path in files_of(folder):
        name = str(path.relative_to(folder))
        if name in ("manifest.json", "SHA256SUMS"):
            continue
        data = path.read_bytes()
        at = len(data) // 2
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1:])
        sums(folder)
        assert "manifest" not in fails(folder, ""), name
        if name.startswith("documents/"):
            fails(folder, "is not the document that was stored")
        elif name.startswith("attempts/"):
            fails(folder, "is not what the history recorded")
        path.write_bytes(data)
    sums(folder)
    verdicts(folder)


def replaced(folder, kind, data):
    """A document replaced, with lot.json and the manifest made to fit."""
    lot = json.loads((folder / "lot.json").read_text())
    for document in lot["documents"]:
        if document["kind"] == kind:
            (folder / document["file"]).write_bytes(data)
            document["sha256"], document["size"] = hashlib.sha256(data).hexdigest(), len(data)
    (folder / "lot.json").write_text(json.dumps(lot))
    sums(folder)


def document(folder, kind):
    lot = json.loads((folder / "lot.json").read_text())
    return [(folder / row["file"]).read_bytes() for row in lot["documents"] if row["kind"] == kind][-1]


def case_documents_of_another_lot_do_not_pass():
    other = {kind: document(unpacked("accepted"), kind) for kind in ("acuse", "constancia", "signature", "csv")}
    words = {"acuse": "of another lot", "constancia": "of another lot", "signature": "other bytes than records.txt", "csv": ""}
    for kind, data in other.items():
        folder = unpacked("partial")
        replaced(folder, kind, data)
        fails(folder, words[kind])
        fails(folder, "is not what the history recorded")


def case_a_document_that_was_taken_out_is_missed():
    folder = unpacked("partial")
    lot = json.loads((folder / "lot.json").read_text())
    gone = [row for row in lot["documents"] if row["kind"] == "constancia"][0]
    (folder / gone["file"]).unlink()
    lot["documents"].remove(gone)
    (folder / "lot.json").write_text(json.dumps(lot))
    sums(folder)
    fails(folder, "the document is missing")
    fails(folder, "is missing: the history recorded it")


def edited(folder, name, edit):
    rows = json.loads((folder / name).read_text())
    edit(rows)
    one_a_line = "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]\n"
    (folder / name).write_text(one_a_line if name == "movements.json" else json.dumps(rows))
    sums(folder)


def case_what_idsed_says_cannot_be_embellished():
    def approve(rows):
        for row in rows:
            if row["state"] == "rejected":
                row["state"], row["errors"] = "approved", []

    def forget(rows):
        rows[0]["nss"] = rows[1]["nss"]

    def accept(lot):
        lot["lot"].update(state="accepted", approved=12, rejected=0)

    def rename(history):
        history["records"][0]["who"] = "uid 4711"

    def drop(history):
        del history["records"][-1]

    def swap(history):
        history["records"][2:4] = reversed(history["records"][2:4])

    def serial(lot):
        lot["certificates"][0]["serial"] = "30001000000000000001"

    def late(lot):
        lot["attempts"][0]["started"] = "2019-01-01T00:00:00-06:00"

    for name, edit, sentence in (("movements.json", approve, "is not what the constancia says"),
                                 ("movements.json", forget, "is not that of the record"),
                                 ("movements.json", lambda rows: rows.pop(), "movements.json: 11; in records.txt: 12"),
                                 ("movements.json", lambda rows: rows.append(rows[0]), "more movements than records.txt"),
                                 ("lot.json", accept, "are not those of the constancia"),
                                 ("history.json", rename, "was changed: it does not have its hash"),
                                 ("history.json", swap, "does not follow the one before it"),
                                 ("history.json", drop, "is missing in the history"),
                                 ("lot.json", serial, "another serial number"),
                                 ("lot.json", late, "was not valid when attempt")):
        folder = unpacked("partial")
        edited(folder, name, edit)
        fails(folder, sentence)
    folder = unpacked("partial")
    text = (folder / "report.txt").read_text()
    (folder / "report.txt").write_text(text.replace(": rejected", ": approved"))
    sums(folder)
    fails(folder, "report.txt or report.html does not say")


# ---- what is no bundle ----

def zipped(entries, **more):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, data in entries:
            bundle.writestr(name, data, **more)
    return out.getvalue()


def refused(data, sentence):
    path = HERE / "strange.zip"
    path.write_bytes(data)
    fails(path, sentence)
    shutil.rmtree(HERE / "out", ignore_errors=True)
    (HERE / "out").mkdir()
    idsed_verify = [os.environ["IDSED_LIBEXECDIR"] + "/idsed-verify", "unpack", f"--to={HERE / 'out'}", str(path)]
    assert subprocess.run(idsed_verify, capture_output=True).returncode == INVALID
    assert not list((HERE / "out").rglob("*"))


def case_names_that_lead_elsewhere_are_refused():
    for name in ("../x", "/etc/x", "lot-1/../x", "lot-1/../../x", "lot-1/a/b/c", "lot-1/.x", "lot-1//x", "lot-1/a\\b", "lot-1/a b",
                 "lot-1/\x1b[2J", "x", "C:/x", "lot-1/" + "a" * 200, "lot-1/ñ"):
        refused(zipped([("lot-1/lot.json", "{}"), (name, "x")]), "no bundle has such a name")
    refused(zipped([("lot-1/lot.json", "{}"), ("lot-2/lot.json", "{}")]), "more than one bundle")
    link = zipfile.ZipInfo("lot-1/report.txt")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    refused(zipped([("lot-1/lot.json", "{}"), (link, "/etc/passwd")]), "a link")
    refused(zipped([("lot-1/lot.json", "{}"), ("lot-1/lot.json", "{}")]), "there twice")


def case_links_in_a_folder_are_refused():
    folder = unpacked("partial")
    (folder / "records.txt").rename(HERE / "records.away")
    (folder / "records.txt").symlink_to(HERE / "records.away")
    fails(folder, "a link")
    os.mkfifo(folder / "pipe")
    fails(folder, "")


def case_huge_sizes_are_refused():
    refused(zipped([(f"lot-1/f{i}", b"") for i in range(20001)]), "more files")
    data = bytearray(zipped([("lot-1/lot.json", "{}")]))
    at = data.rindex(b"PK\x01\x02")
    struct.pack_into("<I", data, at + 24, 0xF0000000)  # the size that it claims
    refused(bytes(data), "larger than anything")
    bomb = zipped([(f"lot-1/f{i}", bytes(1 << 20)) for i in range(3)])
    data = bytearray(bomb)  # says that little comes of it
    at = 0
    while (at := data.find(b"PK\x01\x02", at + 1)) > 0:
        struct.pack_into("<I", data, at + 24, 10)
    refused(bytes(data), "")


def case_a_zip_that_is_cut_off_is_refused():
    whole_one = BUNDLES["partial"]
    for size in [*range(0, len(whole_one), len(whole_one) // 40), len(whole_one) - 1]:
        (HERE / "cut.zip").write_bytes(whole_one[:size])
        fails(HERE / "cut.zip", "cut off")


def case_a_bundle_that_is_not_there_is_no_forged_one():
    """idsectl's exit statuses tell them apart, and so do its words; what is there and cannot be read is a third thing."""
    (HERE / "forged.zip").write_bytes(b"PK no bundle at all")
    for name, status, words in (("nothing-here", NOT_FOUND, "No such file"), ("nothing.zip", NOT_FOUND, "No such file"),
                                ("forged.zip/in", NOT_FOUND, "Not a directory"), ("loop.zip", FAILURE, "symbolic links"),
                                ("forged.zip", INVALID, "")):
        if name == "loop.zip":
            (HERE / name).symlink_to(name)
        for verb in ["receipts", "verify"], ["report"]:
            done = idsectl(*verb, HERE / name, status=status)
            assert words in done.stderr.decode(), (verb, name, done)


def case_no_flipped_byte_of_a_zip_crashes_it():
    """One that no file of it notices (a date, say) may pass; nothing else may happen."""
    data = bytearray(BUNDLES["accepted"])
    step = max(1, len(data) // 60)
    for at in range(0, len(data), step):
        data[at] ^= 0x41
        (HERE / "flipped.zip").write_bytes(data)
        idsectl("receipts", "verify", HERE / "flipped.zip", status=(OK, INVALID))
        data[at] ^= 0x41


main(cases_of(sys.modules[__name__]))
