#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
The movements of the real daemon as .xlsx and .csv, read back cell by cell.

usage: test-export.py IDSED POLICY IDSECTL
"""

import contextlib
import csv
import datetime
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

import dbus
import openpyxl

from harness import AWAY, MANAGER, ROOT, RP, RP_2, House, acuse, baja, die_with_parent, dispmag, invoke, memory_file, option, reingreso

IDSED, POLICY, IDSECTL = (os.path.abspath(path) for path in sys.argv[1:4])

HEADINGS = ["Registro Patronal", "Nombre", "Apellido Paterno", "Apellido Materno", "NSS", "SBC", "Fecha", "CURP", "UMF", "Tipo",
            "Salario", "Reducción", "Estado", "Fecha Envío", "Aviso Recibido", "Aviso Aprobación", "Aviso Rechazo",
            "Causa Rechazo"]
WORDS = {"unsent": "Sin enviar", "approved": "Aprobado", "rejected": "Rechazado"}
SENT = datetime.datetime(2026, 11, 25, 23, 30)  # in Mexico City, where it is still the 25th
SENT_US = int(SENT.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=-6))).timestamp()) * 1000000
CAUSE = '=HYPERLINK("x"), "NO"'
FAILURE, USAGE, NOT_FOUND = 1, 2, 3


class Export(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.house = House(IDSED, POLICY, AWAY + "[Check]\nFutureDates=allow\n")
        cls.bus = cls.house.connect()
        for rp in RP, RP_2:
            cls.manager("AddRegistration", rp, option({}))
        date = datetime.date.today().strftime("%d%m%Y")
        cls.submit([reingreso(i, RP, date) for i in range(30)])
        cls.submit([baja(i, RP_2, date) for i in range(30, 37)])
        cls.answer(1)
        cls.rows, _ = cls.manager("ListMovements", option({}), "", dbus.UInt32(1000))
        cls.folder = tempfile.TemporaryDirectory()

    @classmethod
    def tearDownClass(cls):
        cls.bus.close()
        cls.folder.cleanup()
        cls.house.end()

    @classmethod
    def manager(cls, method, *arguments):
        return invoke(cls.bus, ROOT, MANAGER, method, *arguments)

    @classmethod
    def submit(cls, records):
        fd = memory_file(dispmag(records))
        cls.manager("Submit", dbus.types.UnixFd(fd), option({"hold": True}))
        os.close(fd)

    @classmethod
    def answer(cls, lot):
        """As if a constancia had said so: every third is rejected."""
        cls.house.stop()
        with contextlib.closing(sqlite3.connect(os.path.join(cls.house.state, "idsed.db"))) as db:
            db.execute("UPDATE movement SET state = iif(id % 3, 3, 4) WHERE id >> 20 = ?", (lot,))
            db.execute("INSERT INTO movement_error SELECT id, 0, '012', ?, NULL FROM movement WHERE id >> 20 = ? AND state = 4",
                       (CAUSE, lot))
            db.execute("UPDATE lot SET attempt_us = ?1, received_us = ?1, answered_us = ?1 WHERE id = ?2", (SENT_US, lot))
            db.commit()
        cls.house.start()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def idsectl(self, *arguments, status=0):
        done = subprocess.run([IDSECTL, f"--address={self.house.address}", *arguments], text=True, capture_output=True,
                              env=dict(os.environ, LC_ALL="C.UTF-8"), check=False, preexec_fn=die_with_parent)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.said = done.stdout
        return done.stderr

    def expected(self, row):
        answered = SENT if row["answered"] else None
        rejected = row["state"] == "rejected"
        date = datetime.datetime.strptime(str(row["date"]), "%Y%m%d")
        texts = [str(row[key]) or None for key in ("registration", "names", "first-surname", "second-surname", "nss")]
        return texts + [
            int(row["sbc"]) / 100 or None, date, row["curp"] or None, row["umf"] or None,
            {"1": "permanente", "": None}[row["worker-type"]], {"0": "fijo", "": None}[row["salary-type"]],
            {"0": "normal", "": None}[row["reduced-week"]], WORDS[row["state"]], SENT if row["sent"] else None,
            SENT if row["received"] else None, answered if row["state"] == "approved" else None,
            answered if rejected else None, "012 " + CAUSE if rejected else None]

    def test_a_workbook_has_every_cell_with_its_type(self):
        path = self.path("all.xlsx")
        self.assertEqual(self.idsectl("movements", "--export", path), "")
        book = openpyxl.load_workbook(path)
        self.assertEqual(book.sheetnames, ["Reingresos", "Mod Salarios", "Bajas"])
        for name, kind in ("Reingresos", "reingreso"), ("Mod Salarios", "modificacion"), ("Bajas", "baja"):
            sheet, rows = book[name], [row for row in self.rows if row["type"] == kind]
            self.assertEqual([cell.value for cell in sheet[1]], HEADINGS)
            self.assertEqual((sheet.freeze_panes, sheet.auto_filter.ref), ("A2", f"A1:R{max(len(rows), 1) + 1}"))
            self.assertEqual(sheet.max_row, len(rows) + 1)
            for row, cells in zip(rows, sheet.iter_rows(min_row=2), strict=True):
                self.assertEqual([cell.value for cell in cells], self.expected(row))
                self.assertEqual((cells[4].data_type, cells[4].number_format), ("s", "@"))
                self.assertTrue(cells[6].is_date)
                self.assertNotIn("f", [cell.data_type for cell in cells])  # no formula
        self.assertEqual(book["Reingresos"]["F2"].number_format, "#,##0.00")

    def test_a_table_is_what_the_list_says(self):
        path = self.path("all.csv")
        self.idsectl("movements", "--export", path, "--sort=nss:desc", "--type=reingreso")
        with open(path, "rb") as stream:
            text = stream.read()
        self.assertTrue(text.startswith(b"\xef\xbb\xbf"))
        self.assertEqual(text.count(b"\n"), text.count(b"\r\n"))
        head, *lines = csv.reader(text.decode("utf-8-sig").split("\r\n")[:-1])
        self.assertEqual(head, HEADINGS + ["Movimiento"])
        rows = sorted((row for row in self.rows if row["type"] == "reingreso"), key=lambda row: row["nss"], reverse=True)
        self.assertEqual([line[4] for line in lines], [row["nss"] for row in rows])
        for row, line in zip(rows, lines, strict=True):
            rejected = row["state"] == "rejected"
            self.assertEqual(line[5:7] + line[12:14], [f"{row['sbc'] / 100:.2f}", f"{row['date']:,}".replace(",", "")[:4] + line[6][4:],
                                                       WORDS[row["state"]], SENT.strftime("%Y-%m-%d %H:%M")])
            self.assertEqual(line[17:], ["012 " + CAUSE if rejected else "", "Reingreso"])

    def test_some_rows_only(self):
        path = self.path("some.csv")
        self.idsectl("movements", "--export", path, "--limit=5", "--rp", f"{RP},{RP_2}")
        with open(path, encoding="utf-8-sig", newline="") as stream:
            self.assertEqual(len(list(csv.reader(stream))), 6)

    def test_the_documents_of_lots_are_exported_with_their_types(self):
        records = [reingreso(i, RP_2, "20112026") for i in range(500, 502)]
        for number in "501000071", "501000072":
            fd = memory_file(acuse(number, records, rp=RP_2))
            self.manager("ImportReceipt", dbus.types.UnixFd(fd), option({"name": f"{number}.pdf"}))
            os.close(fd)
        lots, _ = self.manager("ListLots", option({"registration": RP_2}), dbus.UInt64(0), dbus.UInt32(2))
        path = self.path("documents.xlsx")
        self.idsectl("receipts", "list", "--export", path, "--rp", RP_2)
        sheet = openpyxl.load_workbook(path)["Documentos"]
        head, *rows = sheet.iter_rows()
        self.assertEqual([cell.value for cell in head], ["Lote", "Registro Patronal", "Número de Lote", "Folio", "Recepción",
                                                         "Documento", "Clase", "Archivo", "Bytes", "SHA-256", "Borrado"])
        self.assertEqual([row[0].value for row in rows], [int(lot["Id"]) for lot in lots])
        for lot, row in zip(lots, rows, strict=True):
            self.assertEqual([cell.value for cell in row[1:5]],
                             [RP_2, lot["PortalLot"], lot["Folio"], datetime.datetime(2026, 11, 20, 10, 30)])
            self.assertEqual((row[4].is_date, row[2].data_type, row[6].value, row[7].value),
                             (True, "s", "acuse", f"{lot['PortalLot']}.pdf"))
            self.assertGreater(row[8].value, 1000)
            self.assertRegex(row[9].value, "^[0-9a-f]{64}$")
        path = self.path("documents.csv")
        self.idsectl("receipts", "list", str(int(lots[0]["Id"])), "--export", path)
        with open(path, encoding="utf-8-sig", newline="") as stream:
            _, line = csv.reader(stream)
        self.assertEqual([line[0], *line[4:8]], [str(int(lots[0]["Id"])), "2026-11-20 10:30", str(rows[0][5].value), "acuse",
                                                 "501000072.pdf"])
        self.idsectl("receipts", "list", "1", "--rp", RP_2, status=USAGE)
        self.idsectl("receipts", "list", "--rp", "B9900004100", status=NOT_FOUND)

    def test_what_is_there_is_replaced_only_when_told_so(self):
        path = self.path("there.csv")
        with open(path, "w") as stream:
            stream.write("mine")
        self.assertIn("--force", self.idsectl("movements", "--export", path, status=FAILURE))
        with open(path) as stream:
            self.assertEqual(stream.read(), "mine")
        self.idsectl("movements", "--export", path, "--force")
        self.assertGreater(os.path.getsize(path), 1000)

    def test_a_failure_leaves_nothing_behind(self):
        folder = self.path("empty")
        os.mkdir(folder)
        self.idsectl("movements", "--export", folder + "/x.xlsx", "--sort=colour", status=USAGE)
        self.idsectl("movements", "--export", folder + "/x.ods", status=USAGE)
        self.idsectl("movements", "--export", folder + "/none/x.csv", status=FAILURE)
        self.assertIn(f"no folder {folder}/none", self.idsectl("receipts", "list", "--export", folder + "/none/x.csv", status=FAILURE))
        self.assertEqual(os.listdir(folder), [])

    def test_what_was_written_is_told(self):
        path = self.path("told.csv")
        self.idsectl("movements", "--export", path, "--type=baja")
        self.assertEqual(self.said, f"{path}: 7 movements\n")
        self.idsectl("movements", "--export", path, "--limit=1", "--force")
        self.assertEqual(self.said, f"{path}: 1 movement\n")
        self.idsectl("movements", "--export", path, "--json", "--force", "--rp", RP)
        self.assertEqual(json.loads(self.said), {"file": path, "rows": 30})
        self.assertIn("nothing was found", self.idsectl("movements", "--export", path, "--nss=99999999999", "--force"))
        with open(path, encoding="utf-8-sig", newline="") as stream:
            self.assertEqual(len(list(csv.reader(stream))), 1)
        self.assertIn("nothing was found", self.idsectl("receipts", "list", "--state=failed", "--export", self.path("none.xlsx")))
        self.assertEqual(self.idsectl("movements", "--export", path, "--nss=99999999999", "--force", "--quiet"), "")

    def test_a_folder_is_not_replaced(self):
        folder = self.path("folder.csv")
        os.mkdir(folder)
        for more in [], ["--force"]:
            self.assertIn("is a folder", self.idsectl("movements", "--export", folder, *more, status=FAILURE))
        self.assertEqual(os.listdir(folder), [])

    def test_an_export_that_is_broken_off_leaves_nothing(self):
        folder = self.path("broken")
        os.mkdir(folder)
        os.kill(self.house.daemon.pid, signal.SIGSTOP)  # so that it waits in the middle
        try:
            for number in signal.SIGINT, signal.SIGTERM:
                process = subprocess.Popen([IDSECTL, f"--address={self.house.address}", "movements", "--export", folder + "/x.xlsx"],
                                           preexec_fn=die_with_parent)
                while not os.listdir(folder):
                    self.assertIsNone(process.poll())
                    time.sleep(0.01)
                process.send_signal(number)
                self.assertEqual(process.wait(), -number)
                self.assertEqual(os.listdir(folder), [])
        finally:
            os.kill(self.house.daemon.pid, signal.SIGCONT)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
