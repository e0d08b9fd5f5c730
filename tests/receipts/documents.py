# SPDX-License-Identifier: LGPL-2.1-or-later
"""Receipts of many shapes, with the truth beside each. Shares nothing with the parsers or with the practice portal. What is
random is drawn from the seed, so a document can be made again by its number."""

import collections
import dataclasses
import random

Run = collections.namedtuple("Run", "x y text font size tag")  # y: of the base line, downwards
Tag = collections.namedtuple("Tag", "what value", defaults=(None,))

FRAME = Tag("frame")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SURNAMES = ("PEREZ", "MUÑOZ", "DE LA CRUZ", "LOPEZ", "NUÑEZ DE CACERES", "XOCHITL", "O'HARA", "SAENZ-PEÑA", "RUIZ", "MU#OZ",
            "IBARRA", "FACADE", "DEL VALLE Y MONTES", "ABAD")
NAMES = ("JUAN", "MARIA DEL CARMEN", "EVA", "IÑAKI", "JOSE LUIS", "ANA", "GUADALUPE", "MA. ELENA", "ADA", "BEATRIZ DE LOS ANGELES")
COMPANIES = ("PRUEBAS & ENSAYOS SA DE CV", "COMPAÑÍA DE EJEMPLO DEL SURESTE SA", "LA MUESTRA <UNO> S DE RL", "EJEMPLOS SC")
ERRORS = (
    ("022", "El asegurado no tiene una relación laboral vigente con este patrón"),
    ("031", "La CURP no corresponde al número de seguridad social"),
    ("045", "Movimiento duplicado; véase el del 01/02/2026 con NSS 99028500017 ya registrado en la UMF 032 del IMSS"),
    ("050", "Salario menor al mínimo de la zona"),
    ("061", "El registro patronal no está vigente en la subdelegación 06 de la delegación 14, consulte con el área de Afiliación "
            "y Vigencia que corresponda a su domicilio fiscal"),
    ("099", "Año fuera de rango: sólo de 1900 en adelante"),
)
VALUES = ("MUÑOZ DE LA CRUZ JUAN CARLOS", "BAJA DEL 01/02/2026", "PEXJ850101HDFRXN06", "SIN DATO", "$ 1,250.00 AL 15/03/2026",
          "REGISTRO PATRONAL Z9900001108 DESDE 2019-03-01")
PROSE = (
    "Con fundamento en los artículos 5 y 6 del reglamento, a nombre del Registro Patronal Y5512345101 y de su representante,",
    "Registro Patronal y Número de lote identifican este documento, que consta de las páginas que se indican al pie,",
    "el Instituto hace constar lo siguiente, también para el patrón con Registro Patronal A1234567890",
)
TITLES = {"operated": "Relación de movimientos operados", "rejected": "Relación de movimientos rechazados"}
KIND_OF = {"2": 0, "7": 1, "8": 2}


@dataclasses.dataclass
class Document:
    kind: str
    seed: int
    width: float
    height: float
    pages: list  # of lists of runs
    sent: bytes
    truth: dict
    numbered: bool = True
    others: list = dataclasses.field(default_factory=list)  # registro patronal and lot of the other parts


# ---- what was sent ----


def record(rp, movement, fill):
    """The 168 columns of one movement."""
    paterno, materno, nombres = movement["names"]
    year, month, day = movement["date"]
    head = f"{rp}{movement['nss']}{paterno:<27}{materno:<27}{nombres:<27}"
    date = f"{day:02}{month:02}{year}"
    salary = f"{movement['sbc']:06}"
    kind = movement["type"]
    if kind == "8":
        line = f"{head}{salary}{fill * 6}100{date}{movement['umf']}  0806400{'EMP0001':<10} {'':<18}9"
    elif kind == "7":
        line = f"{head}{salary}{fill * 6}{' ' if fill == ' ' else '0'}00{date}     0706400{'':<10} {'':<18}9"
    else:
        line = f"{head}{'0' * 15}{date}     0206400{'EMP0001':<10}2{'':<18}9"
    assert len(line) == 168
    return line


def control(count):
    return f"{'*' * 13}{'':<43}{count:06}{'':<71}06400{'':<29}9"


def make_nss(rng):
    return f"{rng.randrange(10**11):011}"


def make_movement(rng, kind):
    return {
        "type": kind, "nss": make_nss(rng), "names": (rng.choice(SURNAMES), rng.choice(SURNAMES + ("",)), rng.choice(NAMES)),
        "date": (rng.choice((2025, 2026)), rng.randrange(1, 13), rng.randrange(1, 29)),
        "sbc": rng.randrange(24893, 325000) if kind != "2" else 0, "umf": f"{rng.randrange(200):03}",
        "extemporaneo": rng.choice("0001"), "errors": [],
    }


def make_errors(rng):
    errors = []
    for code, text in rng.sample(ERRORS, rng.choice((1, 1, 1, 2, 3))):
        errors.append([code, text, rng.choice(VALUES) if rng.random() < 0.4 else None])
    return errors


def make_lot(rng):
    """RP, movements with their verdicts, and what else the head says."""
    count = rng.choice((1, 2, 3, 5, 8, 13, 30, 60))
    kinds = rng.choice(("8", "7", "2", "872"))
    movements = [make_movement(rng, rng.choice(kinds)) for _ in range(count)]
    for at in range(1, count):
        if rng.random() < 0.05:  # a worker twice
            movements[at]["nss"] = movements[rng.randrange(at)]["nss"]
    rejections = rng.choice((0, 0, 0.1, 0.4, 1))
    for movement in movements:
        if rng.random() < rejections:
            movement["errors"] = make_errors(rng)
    return {
        "rp": f"{rng.choice(LETTERS)}{rng.randrange(10**10):010}", "movements": movements,
        "lot": f"{rng.randrange(10**8, 10**9)}", "folio": f"{rng.randrange(10**18, 10**19)}",
        "company": rng.choice(COMPANIES), "rfc": rng.choice(("PEN900101AB1", "ÑAN900101AB12", "P&N900101AB1")),
        "received": (2026, rng.randrange(1, 13), rng.randrange(1, 29), rng.randrange(24), rng.randrange(60)),
        "serial": f"0000100000050{rng.randrange(10**7):07}", "huella": f"{rng.getrandbits(160):040x}",
        "sello": make_sello(rng), "notary": f"{rng.randrange(1000, 99999)}",
    }


def make_sello(rng):
    """Hexadecimal digits, some of them so that they look like an NSS."""
    if rng.random() < 0.3:
        return "99028500017" + f"{rng.getrandbits(468):0117X}"
    return f"{rng.getrandbits(512):0128X}"


def sent_bytes(lot, fill):
    lines = [record(lot["rp"], movement, fill) for movement in lot["movements"]]
    lines.append(control(len(lines)))
    return "".join(f"{line}\r\n" for line in lines).encode("cp1252")


# ---- paper ----


class Sheet:
    """Pages that fill from the top, with a head and a foot on each."""

    def __init__(self, rng, pen, font, size):
        self.rng, self.pen, self.font, self.size = rng, pen, font, size
        self.left = rng.uniform(20, 60)
        self.leading = size * rng.uniform(1.15, 1.4)
        self.height = rng.uniform(420, 842)
        self.foot = 5 * size + 30
        self.pages = []
        self.right = self.left
        self.y = 0
        self.by_word = rng.random() < 0.4
        self.on_page = lambda: None

    def page(self):
        self.pages.append([])
        self.y = 40
        self.on_page()

    def left_over(self):
        return self.height - self.foot - self.y

    def feed(self, lines=1.0):
        self.y += lines * self.leading

    def put(self, x, text, tag=FRAME, font=None, y=None, page=-1):
        font, size, y = font or self.font, self.size, y or self.y
        if self.by_word:
            at = 0
            for word in text.split(" "):
                if word:
                    before = self.pen.width(font, size, text[:at])
                    self.pages[page].append(Run(x + before, y, word, font, size, tag))
                at += len(word) + 1
        elif text:
            self.pages[page].append(Run(x, y, text, font, size, tag))
        self.right = max(self.right, x + self.pen.width(font, size, text))

    def width(self, text, font=None):
        return self.pen.width(font or self.font, self.size, text)

    def wrap(self, text, room):
        """Lines no wider than the room, broken as late as possible, but never so that one begins with a number."""
        lines, line = [], []
        for word in text.split(" "):
            if line and self.width(" ".join(line + [word])) > room:
                carried = [word]
                while carried[0].isdigit() and len(line) > 1:
                    carried.insert(0, line.pop())
                lines.append(" ".join(line))
                line = carried
            else:
                line.append(word)
        return lines + [" ".join(line)]


def two_dates(rng, parts):
    year, month, day = parts[:3]
    return rng.choice((f"{day:02}/{month:02}/{year}", f"{year}-{month:02}-{day:02}"))


class Head:
    """The labels with their values, in one of several forms."""

    def __init__(self, rng, lot, title, like=None):
        self.rng, self.lot, self.title = rng, lot, title
        self.form = like.form if like else rng.choice(("inline", "columns", "pairs", "below"))
        self.colon = like.colon if like else "" if rng.random() < 0.2 and self.form != "inline" else ":"
        self.rp = lot["rp"][:rng.choice((10, 11))]
        self.blank = rng.choice((" ", " ", ""))
        hour, minute = lot["received"][3:]
        date = two_dates(rng, lot["received"])
        self.noise = rng.random() < 0.3
        self.fields = [("Número de folio", lot["folio"], "folio"), ("Razón Social", lot["company"], "company"),
                       ("Número de lote", lot["lot"], "lot"), ("RFC del patrón", lot["rfc"], "rfc"),
                       ("Fecha y hora de recepción del lote", f"{date} {hour:02}:{minute:02}", "received"),
                       ("Registro Patronal", self.rp, "rp"), ("Serial del certificado", lot["serial"], "serial"),
                       ("Huella Digital", lot["huella"], "huella")]

    def draw(self, sheet, full=True):
        sheet.put(sheet.left + self.rng.uniform(0, 80), "INSTITUTO MEXICANO DEL SEGURO SOCIAL", font="bold")
        sheet.feed(1.5)
        sheet.put(sheet.left + 30, self.title, font="bold")
        sheet.feed(2.5)
        if self.noise and full:
            for text in PROSE:
                sheet.put(sheet.left, text)
                sheet.feed()
        fields = self.fields if full else [field for field in self.fields if field[2] in ("rp", "lot")]
        getattr(self, self.form)(sheet, fields)
        if self.noise:
            sheet.put(sheet.left, f"Registro Patronal{self.colon} B{self.rng.randrange(10**10):010}")
            sheet.feed(2)

    def inline(self, sheet, fields):
        for label, value, name in fields:
            sheet.put(sheet.left, f"{label}:{self.blank}{value}", Tag("head", name))
            sheet.feed()
        sheet.feed()

    def columns(self, sheet, fields):
        at = sheet.left + max(sheet.width(label + ":", font) for label, _, _ in fields for font in (None, "bold")) + self.rng.uniform(10, 60)
        for label, value, name in fields:
            sheet.put(sheet.left, label + self.colon, Tag("head", name), font=self.rng.choice((None, "bold")))
            sheet.put(at, value, Tag("head", name))
            sheet.feed()
        sheet.feed()

    def pairs(self, sheet, fields):
        widest = max(sheet.width(f"{label}:  {value}") for label, value, _ in fields) + 4 * sheet.size
        for at, (label, value, name) in enumerate(fields):
            x = sheet.left + at % 2 * widest
            sheet.put(x, label + self.colon, Tag("head", name))
            sheet.put(x + sheet.width(label + ":") + 0.6 * sheet.size, value, Tag("head", name))
            if at % 2 or at == len(fields) - 1:
                sheet.feed()
        sheet.feed()

    def below(self, sheet, fields):
        for at in range(0, len(fields), 3):
            x = sheet.left
            for label, value, name in fields[at:at + 3]:
                sheet.put(x, label + self.colon, Tag("head", name), font="bold")
                sheet.put(x + self.rng.uniform(0, sheet.size), value, Tag("head", name), y=sheet.y + 1.2 * sheet.size)
                x += max(sheet.width(label + ":", "bold"), sheet.width(value)) + 3 * sheet.size
            sheet.feed(3)


def draw_feet(rng, sheet, lot, numbered, first=0):
    """Seal and page number at the foot of each page, counted from `first`."""
    everywhere, beside, step = rng.random() < 0.7, rng.random() < 0.5, rng.choice((64, 128))
    label = "Sello Digital: "
    for page in range(first, len(sheet.pages)):
        y = sheet.height - sheet.foot + 30
        if everywhere or page == len(sheet.pages) - 1:
            sheet.put(sheet.left, label, y=y, page=page)
            for at in range(0, 128, step):
                end = f" | {lot['notary']}" if at + step == 128 else ""
                sheet.put(sheet.left + sheet.width(label), lot["sello"][at:at + step] + end, y=y, page=page)
                y += sheet.size * 1.3
        if numbered:
            x = sheet.left + (0 if beside else 200)
            sheet.put(x, f"Página {page - first + 1} de {len(sheet.pages) - first}", Tag("page"), y=y, page=page)


def shuffle(rng, sheet):
    for runs in sheet.pages:
        if rng.random() < 0.5:
            rng.shuffle(runs)


# ---- the constancia ----


class Table:
    """Columns of a table: where they begin, how wide they are, and how their cells stand in them."""

    def __init__(self, sheet, cells, aligned):
        """cells: [(widths of content, label)], aligned: for each 'left', 'right' or 'middle'."""
        self.sheet, self.aligned, self.columns = sheet, aligned, []
        x = sheet.left
        for room, labels in cells:
            wide = max([room] + [sheet.width(label, "bold") for label in labels])
            self.columns.append((x, wide))
            x += wide + sheet.size * sheet.rng.uniform(0.8, 2.5)

    def put(self, at, text, tag=FRAME, font=None, aligned=None):
        x, wide = self.columns[at]
        spare = wide - self.sheet.width(text, font)
        self.sheet.put(x + {"left": 0, "right": 1, "middle": 0.5}[aligned or self.aligned[at]] * spare, text, tag, font)


class Constancia:
    def __init__(self, rng, pen, lot):
        self.rng, self.lot = rng, lot
        self.sheet = Sheet(rng, pen, rng.choice(("sans", "serif", "mono")), rng.uniform(5.5, 10))
        self.numbered = rng.random() < 0.8
        self.head = Head(rng, lot, "Constancia de Presentación de Movimientos Afiliatorios")
        self.heads_repeat = rng.random() < 0.6
        self.headings_repeat = rng.random() < 0.7
        self.rows_break = self.headings_repeat and self.numbered and rng.random() < 0.5
        self.dollar = rng.choice(("own", "glued", "spaced"))
        self.comma = rng.random() < 0.5
        self.zero = rng.choice(("", "", "0"))
        self.spacing = rng.choice((0, 0.2, 0.5))
        self.name_room = self.sheet.size * rng.uniform(9, 22)
        self.error_room = self.sheet.size * rng.uniform(16, 45)
        self.heading = None

    # pages

    def on_page(self):
        if len(self.sheet.pages) > 1 and self.heads_repeat:
            self.head.draw(self.sheet, full=False)
        if self.heading and self.headings_repeat:
            self.heading()

    def need(self, lines):
        if self.sheet.left_over() < lines * self.sheet.leading:
            self.sheet.page()

    def begin(self, lot):
        self.lot = lot
        self.head = Head(self.rng, lot, self.head.title, self.head)
        self.heading = None
        self.sheet.on_page = lambda: None
        self.sheet.page()
        self.head.draw(self.sheet)
        self.sheet.on_page = self.on_page
        self.totals()
        self.tables()

    # parts

    def counts(self):
        blocks = [[0] * 4 for _ in range(3)]
        for movement in self.lot["movements"]:
            for block in (0, 2 if movement["errors"] else 1):
                blocks[block][KIND_OF[movement["type"]]] += 1
                blocks[block][3] += 1
        return [count for block in blocks for count in block]

    def totals(self):
        sheet, step = self.sheet, self.sheet.size * 5
        self.need(6)
        for block, title in enumerate(("Movimientos recibidos por el IMSS", "Operados", "Rechazados")):
            sheet.put(sheet.left + block * 4 * step, title)
        sheet.feed(1.5)
        for at in range(12):
            sheet.put(sheet.left + at * step, ("Bajas", "Modif.", "Reing.", "Total")[at % 4])
        sheet.feed()
        for at, count in enumerate(self.counts()):
            sheet.put(sheet.left + at * step, f"{count:,}", Tag("total", at))
        sheet.feed(2)

    def title(self, section):
        self.heading = None
        self.need(8)
        self.sheet.feed()
        self.sheet.put(self.sheet.left, TITLES[section], Tag("title", section), font=self.rng.choice((None, "bold")))
        self.sheet.feed(1.6)

    def tables(self):
        movements = self.lot["movements"]
        shuffled = [movement for movement in movements if not movement["errors"]]
        if self.rng.random() < 0.3 and len({(m["nss"], m["type"]) for m in movements}) == len(movements):
            self.rng.shuffle(shuffled)
        for section, rows, draw, table in (
                ("operated", shuffled, self.operated, self.operated_table()),
                ("rejected", [movement for movement in movements if movement["errors"]], self.rejected, self.rejected_table())):
            if not rows and self.rng.random() < 0.3:
                continue
            self.title(section)
            heading = self.heading_of(section, table)
            heading()
            self.heading = heading
            for movement in rows:
                draw(table, movement)
        self.heading = None
        self.need(4)
        self.sheet.feed(2.6)
        self.sheet.put(self.sheet.left, "Para efectos de esta constancia: NSS = Número de seguridad social, Sal.Base = Salario base",
                       Tag("end"))
        self.sheet.feed()

    LABELS = {
        "operated": ("Tipo", "NSS", "Nombre Asegurado", "Sal.Base", "Ext.", "UMF", "Tipo", "Fec-Mov", "Tipo", "C.Baja"),
        "rejected": ("T-MOV", "NSS", "Nombre Asegurado", "Error"),
    }
    COLUMNS = {"operated": ("type", "nss", "name", "sbc", "ext", "umf", "salario", "date", "trabajador", "causa"),
               "rejected": ("type", "nss", "name", "error")}
    SECOND = {"operated": ("Mov", "", "", "", "", "", "Sal.", "", "Trab.", ""), "rejected": ("",) * 4}

    def heading_of(self, section, table):
        order = [self.LABELS[section], self.SECOND[section]]
        middle = self.rng.random() < 0.3

        def draw():
            for labels in order:
                for at, label in enumerate(labels):
                    if label:
                        table.put(at, label, Tag("heading", self.COLUMNS[section][at]), font="bold",
                                  aligned="middle" if middle and at not in (2,) else "left")
                if any(labels):
                    self.sheet.feed()
            self.sheet.feed(self.rng.choice((0.1, 0.6)))
        return draw

    def operated_table(self):
        sheet = self.sheet
        wide = [sheet.width("08"), sheet.width("99028500017"), self.name_room, sheet.width("$ 9,999.99"), sheet.width("0"),
                sheet.width("000"), sheet.width("0"), sheet.width("2026-12-31"), sheet.width("0"), sheet.width("0")]
        stand = self.rng.choice(("left", "middle", "right"))
        aligned = ["left"] * 3 + [stand] * 7
        return Table(sheet, list(zip(wide, [[a, b] for a, b in zip(self.LABELS["operated"], self.SECOND["operated"])])), aligned)

    def rejected_table(self):
        sheet = self.sheet
        wide = [sheet.width("08"), sheet.width("99028500017"), self.name_room, self.error_room]
        return Table(sheet, list(zip(wide, [[label] for label in self.LABELS["rejected"]])), ["left"] * 4)

    def who(self, table, movement, name):
        table.put(0, self.zero + movement["type"], Tag("type"))
        table.put(1, movement["nss"], Tag("nss", self.lot["lot"]))
        table.put(2, name, Tag("name"))

    def name_lines(self, movement):
        return self.sheet.wrap(" ".join(filter(None, movement["names"])), self.name_room)

    def lines(self, rows):
        """Each on a line of its own; the first one begins a row."""
        self.need(1 if self.rows_break else len(rows))
        for at, draw in enumerate(rows):
            if at > 0:
                self.need(1)
            draw()
            self.sheet.feed()
        self.sheet.feed(self.spacing)

    def operated(self, table, movement):
        names = self.name_lines(movement)
        salary = f"{movement['sbc'] // 100:{',' if self.comma else ''}}.{movement['sbc'] % 100:02}"
        fields = [movement["extemporaneo"], movement["umf"], "0", two_dates(self.rng, movement["date"]),
                  "1" if movement["type"] == "8" else "0", "2" if movement["type"] == "2" else "0"]

        def first():
            self.who(table, movement, names[0])
            self.salary(table, salary)
            for at, (name, value) in enumerate(zip(("ext", "umf", "salario", "date", "trabajador", "causa"), fields)):
                table.put(4 + at, value, Tag("field", name))
        self.lines([first] + [lambda name=name: table.put(2, name, Tag("name")) for name in names[1:]])

    def salary(self, table, salary):
        if self.dollar == "own":
            x, wide = table.columns[3]
            self.sheet.put(x, "$", Tag("field", "dollar"))
            self.sheet.put(x + wide - self.sheet.width(salary), salary, Tag("field", "sbc"))
        else:
            table.put(3, ("$" if self.dollar == "glued" else "$ ") + salary, Tag("field", "sbc"))

    def rejected(self, table, movement):
        names, errors = self.name_lines(movement), []
        for code, text, value in movement["errors"]:
            lines = self.sheet.wrap(f"{code} {text}", self.error_room)
            if value is not None:
                lines += self.sheet.wrap(f"Dato registrado en el IMSS: {value}", self.error_room)
            errors += [(lines[0], "code")] + [(line, "error") for line in lines[1:]]

        def draw(at):
            if at == 0:
                self.who(table, movement, names[0])
            elif at < len(names):
                table.put(2, names[at], Tag("name"))
            if at < len(errors):
                table.put(3, errors[at][0], Tag(errors[at][1]))
        self.lines([lambda at=at: draw(at) for at in range(max(len(names), len(errors)))])


def truth_of_constancia(head, lot):
    return {
        "portal_lot": lot["lot"], "folio": lot["folio"], "rp": head.rp, "received": lot["received"],
        "movements": [{
            "operated": not movement["errors"], "name": " ".join(filter(None, movement["names"])),
            "sbc": movement["sbc"] if not movement["errors"] else -1,
            "extemporaneo": movement["extemporaneo"] if not movement["errors"] else "",
            "errors": movement["errors"],
        } for movement in lot["movements"]],
    }


def make_constancia(seed, pen):
    rng = random.Random(f"constancia {seed}")
    lot = make_lot(rng)
    document = Constancia(rng, pen, lot)
    lots = [lot]
    if rng.random() < 0.15:
        lots.insert(rng.randrange(2), make_lot(rng))
    counted, others = 0, []
    for one in lots:
        document.begin(one)
        if one is lot:
            truth = truth_of_constancia(document.head, lot)
        else:
            others.append([document.head.rp, one["lot"]])
        if rng.random() < 0.5 or one is lots[-1]:
            draw_feet(rng, document.sheet, one, document.numbered, counted)
            counted = len(document.sheet.pages)
    shuffle(rng, document.sheet)
    return Document("constancia", seed, document.sheet.right + 20, document.sheet.height, document.sheet.pages,
                    sent_bytes(lot, " "), truth, document.numbered, others)


# ---- the acuse ----


def make_acuse(seed, pen):
    rng = random.Random(f"acuse {seed}")
    lot = make_lot(rng)
    sheet = Sheet(rng, pen, rng.choice(("sans", "serif", "mono")), rng.uniform(6, 9))
    head = Head(rng, lot, "Acuse de Recibo Electrónico")
    repeat, numbered = rng.random() < 0.5, rng.random() < 0.8
    columns = rng.choice((168, 168, 100, 134, 84))
    size = rng.uniform(4, 8)
    sent = sent_bytes(lot, rng.choice(" 0"))
    by_line = rng.random() < 0.5
    sheet.page()
    head.draw(sheet)
    sheet.on_page = lambda: head.draw(sheet, full=False) if repeat else None
    sheet.put(sheet.left, "El Instituto acusa recibo del siguiente lote, extraído de la notaría:")
    sheet.feed(2)
    pitch = pen.width("mono", size, "0")
    for line in sent.decode("cp1252").splitlines():
        parts = [line[at:at + columns] for at in range(0, 168, columns)]
        if sheet.left_over() < len(parts) * sheet.leading:
            sheet.page()
        for part in parts:
            at = 0
            for word in [part.rstrip()] if by_line else part.split(" "):
                if word:
                    sheet.pages[-1].append(Run(sheet.left + at * pitch, sheet.y, word, "mono", size, Tag("record")))
                at += len(word) + 1
            sheet.feed()
        sheet.right = max(sheet.right, sheet.left + columns * pitch)
    draw_feet(rng, sheet, lot, numbered)
    shuffle(rng, sheet)
    truth = {"portal_lot": lot["lot"], "folio": lot["folio"], "rp": head.rp, "rfc": lot["rfc"], "razon_social": lot["company"],
             "serial": lot["serial"], "huella": lot["huella"], "sello": f"{lot['sello']}|{lot['notary']}",
             "received": lot["received"], "records": sent.decode("cp1252")}
    return Document("acuse", seed, sheet.right + 20, sheet.height, sheet.pages, sent, truth, numbered)


def make(kind, seed, pen):
    return make_acuse(seed, pen) if kind == "acuse" else make_constancia(seed, pen)
