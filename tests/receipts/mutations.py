#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Receipts that were damaged are refused, differ from what was sent, or are read as they were, or as they now are: nothing
of one movement is ever taken for another's, and no movement gets another verdict.

    mutations.py READER [--count N] [--first SEED]
"""

import argparse
import collections
import copy
import pathlib
import random
import sys
import tempfile

import corpus
import documents
import writers

Row = collections.namedtuple("Row", "lot section type nss name sbc extemporaneo errors")
MARK = "Dato registrado en el IMSS"


# ---- what a person would read: lines of tagged words, whatever their places ----


def lines_of(document):
    for runs in document.pages:
        lines = []
        for run in sorted(runs, key=lambda run: run.y):
            if lines and run.y - lines[-1][0].y < 0.25 * run.size:
                lines[-1].append(run)
            else:
                lines.append([run])
        for line in lines:
            yield sorted(line, key=lambda run: run.x)


def has_code(line):
    """Does the error's part of the line begin with a code?"""
    words = words_with(line, "code", "error")
    return bool(words) and len(words[0]) == 3 and words[0].isdigit() and words[0][0] == "0"


def words_with(line, *whats):
    return [run.text for run in line if run.tag.what in whats]


def finish(row):
    errors = []
    for words in row["errors"]:
        text, mark, value = " ".join(words[1:]).partition(MARK)
        errors.append([words[0], text.strip(" "), value.lstrip(" :") if mark else None])
    return Row(row["lot"], row["section"], row["type"], row["nss"], " ".join(row["name"]), row["sbc"], row["extemporaneo"], errors)


def rows_of(document):
    section, rows = None, []
    for line in lines_of(document):
        titles = [run.tag.value for run in line if run.tag.what == "title"]
        if titles:
            section = titles[0]
        elif words_with(line, "end"):
            section = None
        elif words_with(line, "nss") and section:
            fields = {run.tag.value: run.text.lstrip("$") for run in line if run.tag.what == "field"}
            lot = next(run.tag.value for run in line if run.tag.what == "nss")
            rows.append({"lot": lot, "section": section, "type": "".join(words_with(line, "type")).lstrip("0"),
                         "nss": "".join(words_with(line, "nss")), "name": words_with(line, "name"),
                         "sbc": fields.get("sbc"), "extemporaneo": fields.get("ext", ""), "errors": []})
            if words_with(line, "code"):
                rows[-1]["errors"].append(words_with(line, "code", "error"))
        elif rows and words_with(line, "name", "code", "error"):
            rows[-1]["name"] += words_with(line, "name")
            if has_code(line):
                rows[-1]["errors"].append(words_with(line, "code", "error"))
            elif rows[-1]["errors"]:
                rows[-1]["errors"][-1] += words_with(line, "code", "error")
    return [finish(row) for row in rows if row["lot"] == document.truth["portal_lot"]]


def rows_read(answer):
    return [Row(answer["portal_lot"], "operated" if row["operated"] else "rejected", str(row["type"]), row["nss"], row["name"],
                None if row["sbc"] < 0 else f"{row['sbc'] // 100}.{row['sbc'] % 100:02}", row["extemporaneo"], row["errors"])
            for row in answer["rows"]]


def plain(rows):
    """Blanks aside, since whether a word that was moved stands apart is for pdftotext to say."""
    return repr([row._replace(sbc=row.sbc.replace(",", "") if row.sbc else row.sbc) for row in rows]).replace(" ", "")


# ---- damage ----


def explode(pen, document):
    """Each word a run of its own."""
    for number, runs in enumerate(document.pages):
        words = []
        for run in runs:
            at = 0
            for word in run.text.split(" "):
                if word:
                    words.append(run._replace(text=word, x=run.x + pen.width(run.font, run.size, run.text[:at])))
                at += len(word) + 1
        document.pages[number] = words


def pick_page(rng, document):
    return rng.choice([number for number, runs in enumerate(document.pages) if runs])


def pick_lines(rng, document, count):
    """Page, and the bases of some of its lines; with a weakness for those of the tables."""
    page = pick_page(rng, document)
    bases = sorted({run.y for run in document.pages[page]})
    table = sorted({run.y for run in document.pages[page] if run.tag.what in ("nss", "name", "code", "error")})
    if len(table) >= count and rng.random() < 0.8:
        bases = table
    return page, rng.sample(bases, min(count, len(bases)))


def drop_line(rng, document):
    page, (y,) = pick_lines(rng, document, 1)
    document.pages[page] = [run for run in document.pages[page] if run.y != y]


def double_line(rng, document):
    page, (y,) = pick_lines(rng, document, 1)
    runs = document.pages[page]
    step = 1.2 * runs[0].size
    below = [run._replace(y=run.y + step) if run.y > y else run for run in runs]
    document.pages[page] = below + [run._replace(y=y + step) for run in runs if run.y == y]


def swap_lines(rng, document):
    page, bases = pick_lines(rng, document, 2)
    if len(bases) == 2:
        other = {bases[0]: bases[1], bases[1]: bases[0]}
        document.pages[page] = [run._replace(y=other.get(run.y, run.y)) for run in document.pages[page]]


def on_word(change, matter=lambda run: True):
    def damage(rng, document):
        page = pick_page(rng, document)
        runs = document.pages[page]
        fitting = [at for at, run in enumerate(runs) if matter(run)]
        table = [at for at in fitting if runs[at].tag.what in ("type", "nss", "field", "name", "code", "error", "total")]
        if not fitting:
            return
        at = rng.choice(table if table and rng.random() < 0.8 else fitting)
        runs[at:at + 1] = change(rng, runs[at])
    return damage


def other_digit(rng, run):
    at = rng.choice([at for at, c in enumerate(run.text) if c.isdigit()])
    return [run._replace(text=run.text[:at] + rng.choice("0123456789") + run.text[at + 1:])]


def truncated(rng, run):
    at = rng.randrange(1, len(run.text))
    return [run._replace(text=rng.choice((run.text[:at], run.text[at:])))]


def shifted(rng, run):
    return [run._replace(x=run.x + rng.choice((-1, 1)) * rng.choice((0.6, 2, 6, 20)) * run.size)]


def shifted_down(rng, run):
    return [run._replace(y=run.y + rng.choice((-1, 1)) * rng.choice((0.4, 0.8, 1.2)) * run.size)]


def swap_words(rng, document):
    page = pick_page(rng, document)
    runs = document.pages[page]
    if len(runs) < 2:
        return
    a, b = rng.sample(range(len(runs)), 2)
    runs[a], runs[b] = runs[a]._replace(text=runs[b].text), runs[b]._replace(text=runs[a].text)


def move_column(rng, document):
    """All that begins within a strip of the page, some way to the side, or to the other side of the page."""
    page = pick_page(rng, document)
    runs = document.pages[page]
    left = rng.choice(runs).x - 0.1
    wide, by = rng.uniform(5, 60), rng.choice((-40, -12, 12, 40, 200))
    document.pages[page] = [run._replace(x=run.x + by) if left <= run.x < left + wide else run for run in runs]


def column_of(run):
    return run.tag.value if run.tag.what in ("field", "heading") else run.tag.what


def swap_columns(rng, document):
    """Two columns change places, with what their headings say."""
    a, b = rng.sample(("type", "nss", "sbc", "ext", "umf", "salario", "date", "trabajador", "causa"), 2)
    for runs in document.pages:
        for y in {run.y for run in runs}:
            pair = [at for at, run in enumerate(runs) if run.y == y and column_of(run) in (a, b)]
            if len(pair) == 2:
                i, j = pair
                runs[i], runs[j] = runs[i]._replace(x=runs[j].x), runs[j]._replace(x=runs[i].x)


def drop_page(rng, document):
    if len(document.pages) > 1:
        document.pages.pop(rng.randrange(len(document.pages)))


def repeat_page(rng, document):
    at = rng.randrange(len(document.pages))
    document.pages.insert(rng.randrange(len(document.pages) + 1), list(document.pages[at]))


def swap_pages(rng, document):
    if len(document.pages) > 1:
        a, b = rng.sample(range(len(document.pages)), 2)
        document.pages[a], document.pages[b] = document.pages[b], document.pages[a]


DAMAGES = {
    "drop-line": drop_line, "double-line": double_line, "swap-lines": swap_lines,
    "digit": on_word(other_digit, lambda run: any(c.isdigit() for c in run.text)),
    "truncate": on_word(truncated, lambda run: len(run.text) > 1), "drop-word": on_word(lambda rng, run: []),
    "double-word": on_word(lambda rng, run: [run, run._replace(x=run.x + 3 * run.size)]),
    "shift-word": on_word(shifted), "shift-down": on_word(shifted_down), "swap-words": swap_words,
    "move-column": move_column, "swap-columns": swap_columns, "drop-page": drop_page, "repeat-page": repeat_page,
    "swap-pages": swap_pages,
}


# ---- the verdict on what was read ----


def wrong(original, damaged, answer):
    """What was taken for true and is not; None when nothing was, or it is true."""
    if "refused" in answer or "difference" in answer or answer["portal_lot"] != original.truth["portal_lot"] \
            or answer["rp"][:10] != original.truth["rp"][:10]:
        return None
    if original.kind == "acuse":
        return None if answer["records"] == original.truth["records"] else "other records"
    read, truth = corpus.of_constancia(answer), original.truth["movements"]
    if read == truth:
        return None
    verdicts = [a["operated"] for a in read] == [b["operated"] for b in truth]
    if not verdicts and not original.repeats:
        return "another verdict"
    if damaged is None or plain(rows_read(answer)) == plain(rows_of(damaged)):
        return None
    return next(f"{a} instead of {b}" for a, b in zip(read, truth) if a != b)


def damaged_ones(rng, document, each):
    for name, damage in DAMAGES.items():
        for _ in range(each):
            copied = copy.copy(document)
            copied.pages = [list(runs) for runs in document.pages]
            damage(rng, copied)
            yield name, copied


class Tally:
    def __init__(self):
        self.counts, self.failures = collections.defaultdict(collections.Counter), 0

    def add(self, what, where, original, damaged, answer):
        fault = wrong(original, damaged, answer)
        kind = "refused" if "refused" in answer else "differs" if "difference" in answer else "read"
        self.counts[what]["WRONG" if fault else kind] += 1
        if fault:
            self.failures += 1
            print(f"{where} {what}: {fault}")

    def show(self):
        for what, counts in self.counts.items():
            print(f"{what:<14}" + "".join(f" {kind} {counts[kind]:<6}" for kind in ("read", "differs", "refused", "WRONG")))


def prepare(kind, seed, pen):
    document = documents.make(kind, seed, pen)
    explode(pen, document)
    records = document.sent.decode("cp1252").splitlines()
    keys = [(line[11:22], line[131:133]) for line in records]
    document.repeats = len(set(keys)) < len(keys)
    return document


def among_words(reader, seeds, pens, each, tally):
    for seed in seeds:
        for pen in pens:
            asked = []
            for kind in ("acuse", "constancia"):
                document = prepare(kind, seed, pen)
                rng = random.Random(f"damage {kind} {seed} {pen.name}")
                asked += [(name, document, damaged) for name, damaged in damaged_ones(rng, document, each)]
            answers = reader.read([(document.kind, writers.words_of(pen, damaged), document.sent)
                                   for _, document, damaged in asked])
            for (name, document, damaged), answer in zip(asked, answers):
                tally.add(name, f"{document.kind} {seed} {pen.name}", document, damaged, answer)


def damaged_bytes(rng, data):
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 3, 20))):
        data[rng.randrange(len(data))] = rng.randrange(256)
    if rng.random() < 0.3:
        at = rng.randrange(len(data))
        del data[at:at + rng.choice((1, 50, 5000))]
    return bytes(data)


def among_files(reader, seeds, pens, tally):
    """The same damages, and some to the bytes, in PDFs."""
    with tempfile.TemporaryDirectory() as scratch:
        made = {}
        for seed in seeds:
            for pen in pens:
                document = prepare("constancia", seed, pen)
                rng = random.Random(f"file {seed} {pen.name}")
                for name, damaged in damaged_ones(rng, document, 1):
                    path = pathlib.Path(scratch, f"{seed}-{pen.name}-{name}.pdf")
                    damaged.pages = [runs for runs in damaged.pages if runs] or [[]]
                    pen.write(damaged, path)
                    made[path] = f"pdf {name}", document, damaged
                path = pathlib.Path(scratch, f"{seed}-{pen.name}.pdf")
                pen.write(document, path)
                for at in range(6):
                    changed = path.with_suffix(f".{at}.pdf")
                    changed.write_bytes(damaged_bytes(rng, path.read_bytes()))
                    made[changed] = "pdf bytes", document, None
        words = writers.words_in(made)
        answers = reader.read([(document.kind, words[path], document.sent) for path, (_, document, _) in made.items()])
        for (path, (what, document, damaged)), answer in zip(made.items(), answers):
            tally.add(what, path.name, document, damaged, answer)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("reader")
    parser.add_argument("--count", type=int, default=20, help="documents to damage")
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--each", type=int, default=4, help="damages of each kind")
    options = parser.parse_args()
    reader, tally = writers.Reader(options.reader), Tally()
    pens = [writers.Harupen(), writers.Cairopen()]
    seeds = range(options.first, options.first + options.count)
    among_words(reader, seeds, pens, options.each, tally)
    among_files(reader, seeds[:max(1, options.count // 4)], pens, tally)
    tally.show()
    return 1 if tally.failures else 0


if __name__ == "__main__":
    sys.exit(main())
