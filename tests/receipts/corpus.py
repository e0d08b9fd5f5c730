#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Receipts of many shapes, written by two PDF writers, come out of pdftotext and our parsers exactly as the truth says.

    corpus.py READER [--count N] [--first SEED] [--keep FOLDER]
"""

import argparse
import datetime
import json
import pathlib
import sys
import tempfile
import zoneinfo

import documents
import writers

MEXICO = zoneinfo.ZoneInfo("America/Mexico_City")


def microseconds(received):
    return int(datetime.datetime(*received, tzinfo=MEXICO).timestamp()) * 1000000


def of_constancia(answer):
    """What was read, movement by movement, in the form of the truth."""
    rows = answer["rows"]
    return [{key: rows[at][key] for key in ("operated", "name", "sbc", "extemporaneo", "errors")} for at in answer["row_of"]]


def differences(document, answer):
    """What is not as the truth says, in words."""
    if "refused" in answer:
        return [f"refused: {answer['refused']}"]
    truth, found = document.truth, []
    if "difference" in answer:
        found.append(answer["difference"])
    for key, value in truth.items():
        if key == "received":
            key, value = "received_us", microseconds(value)
        read = of_constancia(answer) if key == "movements" else answer[key]
        if read == value:
            continue
        if key == "movements":
            found += [f"{a} instead of {b}" for a, b in zip(read, value) if a != b] or [f"{len(read)} movements"]
        else:
            found.append(f"{key}: {read!r} instead of {value!r}")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("reader")
    parser.add_argument("--count", type=int, default=70, help="documents of each kind by each writer")
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--keep", type=pathlib.Path, help="leave the PDFs and their truth in this folder")
    options = parser.parse_args()

    reader, wrong, total = writers.Reader(options.reader), 0, 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or pathlib.Path(scratch)
        folder.mkdir(exist_ok=True)
        made = {}
        for pen in (writers.Harupen(), writers.Cairopen()):
            for kind in ("acuse", "constancia"):
                for seed in range(options.first, options.first + options.count):
                    path = folder / f"{kind}-{seed}-{pen.name}.pdf"
                    made[path] = documents.make(kind, seed, pen)
                    pen.write(made[path], path)
                    if options.keep:
                        path.with_suffix(".json").write_text(json.dumps(made[path].truth, ensure_ascii=False, indent=1))
        words = writers.words_in(made)
        answers = reader.read([(document.kind, words[path], document.sent) for path, document in made.items()])
        for (path, document), answer in zip(made.items(), answers):
            found = differences(document, answer)
            if answer.get("owners", []) != document.others:
                found.append(f"others: {answer['owners']} instead of {document.others}")
            total += 1
            wrong += bool(found)
            for text in found[:3]:
                print(f"{path.name}: {text}")
    print(f"{total - wrong} of {total} receipts are read exactly")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
