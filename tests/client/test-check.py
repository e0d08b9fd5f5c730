#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""idsectl check and template: without a daemon, and without a bus. Arguments: idsectl, the folder data/."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

IDSECTL, DATA = (os.path.abspath(path) for path in (sys.argv.pop(1), sys.argv.pop(1)))
OK, FAILURE, USAGE, NOT_FOUND, INVALID = 0, 1, 2, 3, 6
TODAY = "--today=2026-09-23"


def field(text, width):
    return text.ljust(width)[:width]


def reingreso(sbc="045050", date="21092026", paterno="PEREZ", guia="06400", nss="99028500017"):
    return ("Z9900001108" + nss + field(paterno, 27) + field("X", 27) + field("JUAN", 27) + sbc + " " * 6 + "100" + date +
            "001" + "  " + "08" + guia + field("EMP0001", 10) + " " + "PEXJ850101HDFRXN06" + "9")


def control(count, guia="06400"):
    return "*" * 13 + " " * 43 + f"{count:06d}" + " " * 71 + guia + " " * 29 + "9"


def dispmag(*records, end="\r\n"):
    return end.join([*records, control(len(records)), ""]).encode("cp1252")


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="idsectl-check-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "IDSED_DATA": DATA, "IDSED_ETC": self.folder,
                    "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nonexistent",
                    "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")}

    def path(self, name, content=None):
        path = os.path.join(self.folder, name)
        if content is not None:
            with open(path, "wb") as file:
                file.write(content)
        return path

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def run_it(self, *args, status=OK, **more):
        done = subprocess.run([IDSECTL, *args], env=self.env, capture_output=True, timeout=30, **more)
        self.assertEqual(done.returncode, status, (args, done.stdout, done.stderr))
        self.out, self.err = done.stdout.decode(), done.stderr.decode()
        return self.out

    def check_json(self, *args, **more):
        return json.loads(self.run_it("check", TODAY, "--json", *args, **more))["files"]


class Check(Case):
    def test_a_file_that_is_not_there_is_named_once(self):
        path = self.path("none.txt")
        self.run_it("check", path, status=NOT_FOUND)
        self.assertEqual(self.err, f"idsectl: {path}: No such file or directory\n")

    def test_severities_of_rules_are_names_in_json(self):
        self.run_it("check", "--rules", "--json")
        self.assertEqual({rule["severity"] for rule in json.loads(self.out)}, {"note", "warning", "error"})

    def test_a_good_file_is_good(self):
        file = self.path("good.txt", dispmag(reingreso()))
        self.assertEqual(self.run_it("check", TODAY, file),
                         f"{file}: movements: 1, of these good: 1, with errors: 0; errors: 0, warnings: 0, notes: 0\n")

    def test_errors_are_6_and_each_has_its_place(self):
        file = self.path("bad.txt", dispmag(reingreso(), reingreso(sbc="999999", nss="12345678903"),
                                            reingreso(sbc="031503", nss="99028600016")))
        one, = self.check_json(file, status=INVALID)
        self.assertEqual((one["format"], one["movements"], one["left_out"], one["errors"]), ("records", 2, 1, 1))
        over, = (f for f in one["findings"] if f["rule"] == "sbc-over-cap")
        self.assertEqual({key: over[key] for key in ("line", "column", "field", "severity", "value", "expected", "fix")},
                         {"line": 2, "column": 104, "field": "sbc", "severity": "warning", "value": "9999.99",
                          "expected": "2932.75", "fix": None})
        self.run_it("check", TODAY, file, status=INVALID)
        self.assertIn(f"{file}:3:104: error: the SBC is under the minimum wage; at least: 315.04, found: 315.03 (sbc-under-minimum)\n",
                      self.out)

    def test_the_worst_of_several_files_counts(self):
        good, bad = self.path("good.txt", dispmag(reingreso())), self.path("bad.txt", b"nothing\n")
        files = self.check_json(bad, good, self.path("none.txt"), status=INVALID)
        self.assertGreater(files[0]["errors"], 0)
        self.assertEqual(files[1]["errors"], 0)
        self.assertEqual(files[2]["error"]["name"], "UnknownFile")

    def test_standard_input(self):
        file, = self.check_json("-", input=dispmag(reingreso()))
        self.assertEqual(file["movements"], 1)

    def test_fix_writes_what_is_good_and_tells_the_rest(self):
        records = [reingreso(paterno="Muñoz", guia="     "), reingreso(sbc="000001", date="22092026"), reingreso(nss="12345678903")]
        file = self.path("foreign.dat", "\n".join(records).encode())
        out = self.path("out.txt")
        one, = self.check_json(file, "--fix", out, "--guia", "01400", "--enye", "n", status=INVALID)
        self.assertEqual((one["movements"], one["left_out"], one["fixed"]), (2, 1, out))
        rules = {finding["rule"] for finding in one["findings"]}
        self.assertIn("sbc-under-minimum", rules)
        self.assertIn("control-missing", rules)  # the file may have been cut off, which nobody can repair
        for repaired in ("line-lf", "file-utf8", "text-case", "guia-missing"):
            self.assertNotIn(repaired, rules)
        want = [reingreso(paterno="MUNOZ", guia="01400"), reingreso(nss="12345678903", guia="01400"),
                control(2, "01400"), ""]
        self.assertEqual(self.read("out.txt"), "\r\n".join(want).encode())
        again, = self.check_json(out)
        self.assertEqual((again["errors"], again["notes"]), (0, 0))

    def test_fix_keeps_a_file_that_is_there(self):
        file, out = self.path("good.txt", dispmag(reingreso())), self.path("out.txt", b"mine")
        self.check_json(file, "--fix", out, status=FAILURE)
        self.assertEqual(self.read("out.txt"), b"mine")
        self.check_json(file, "--fix", out, "--force")
        self.assertEqual(self.read("out.txt"), dispmag(reingreso()))

    def test_fix_leaves_the_second_of_two_equal_movements_out(self):
        file, out = self.path("twice.txt", dispmag(reingreso(), reingreso())), self.path("out.txt")
        one, = self.check_json(file, "--fix", out, status=INVALID)
        self.assertEqual([(f["rule"], f["line"]) for f in one["findings"]], [("movement-repeated", 2)])
        self.assertEqual((one["movements"], one["left_out"]), (1, 1))
        self.assertEqual(self.read("out.txt"), dispmag(reingreso()))

    def test_fix_does_not_choose_between_movements_that_contradict_each_other(self):
        rest = reingreso(nss="12345678903")
        file = self.path("twice.txt", dispmag(reingreso(), reingreso(sbc="046000"), rest, reingreso(), rest))
        for args in (), ("--fix", self.path("out.txt")):
            one, = self.check_json(file, *args, status=INVALID)
            self.assertEqual([(f["rule"], f["line"]) for f in one["findings"] if f["severity"] == "error"],
                             [("movement-contradicted", 1), ("movement-repeated", 2), ("movement-repeated", 4), ("movement-repeated", 5)])
            self.assertEqual((one["movements"], one["left_out"]), (1, 4))
        self.assertEqual(self.read("out.txt"), dispmag(rest))
        self.run_it("check", TODAY, file, status=INVALID)
        self.assertIn(f"{file}:1:12: error: the same movement with other data, so that neither is kept, stands in line: 2", self.out)

    def test_rows_of_a_table_that_are_equal_but_for_their_writing_are_kept_once(self):
        head = "RP,NSS,Paterno,Nombre,Movimiento,Fecha,Causa de baja\n"
        rows = ("Z9900001108,99028500017,PEREZ,JUAN,baja,21/09/2026,2\n", "Z9900001108,99028500017,Pérez,Juan,02,2026-09-21,2\n",
                "Z9900001108,99028500017,Pérez,Juan,02,2026-09-21,3\n")
        one, = self.check_json(self.path("equal.csv", (head + rows[0] + rows[1]).encode()), status=INVALID)
        self.assertEqual((one["movements"], one["left_out"]), (1, 1))
        one, = self.check_json(self.path("other.csv", (head + rows[0] + rows[2]).encode()), "--fix", self.path("none.txt"), status=INVALID)
        self.assertEqual((one["movements"], one["left_out"], one["fixed"]), (0, 2, None))

    def test_nothing_good_writes_nothing(self):
        self.check_json(self.path("bad.txt", b"nothing\n"), "--fix", self.path("out.txt"), status=INVALID)
        self.assertFalse(os.path.exists(self.path("out.txt")))

    def test_the_day_and_the_zone(self):
        file = self.path("good.txt", dispmag(reingreso(sbc="031504")))
        late = json.loads(self.run_it("check", "--json", "--today", "2026-10-05", file))["files"][0]["findings"][0]
        self.assertEqual((late["rule"], late["column"]), ("late", 119))
        self.assertIn("2026-09-25 (LSS 15-I; RACERF 45), or 2026-09-28", late["text"])
        self.check_json(file, "--zone", "norte", status=INVALID)

    def test_what_is_set_in_etc_counts(self):
        file = self.path("good.txt", dispmag(reingreso()))
        self.path("limits.conf", b"[MinimumWage]\n2026 = 500\n")
        self.check_json(file, status=INVALID)
        self.path("limits.conf", b"[MinimumWage]\n2026 = a lot\n")
        self.run_it("check", file, status=FAILURE)
        self.assertIn("/etc/idsed/limits.conf:2: 'a lot' is not an amount", self.err)

    def test_usage(self):
        file = self.path("good.txt", dispmag(reingreso()))
        for args in ((), (file, "--today", "tomorrow"), (file, "--guia", "64"), (file, "--enye", "x"),
                     (file, file, "--fix", "out")):
            self.run_it("check", *args, status=USAGE)

    def test_the_rules_are_listed(self):
        rules = json.loads(self.run_it("check", "--rules", "--json"))
        self.assertIn({"rule": "sbc-over-cap", "severity": "warning", "repaired": False, "source": "LSS 28",
                       "text": "the SBC is over 25 UMA; it is sent as it is, IMSS counts at most"}, rules)
        self.assertIn("sbc-over-cap", self.run_it("check", "--rules"))


class Tables(Case):
    def test_the_template_passes_its_own_check(self):
        for args in ((), ("--type", "reingreso"), ("--type", "modificacion"), ("--type", "baja"), ("--type", "baja,reingreso")):
            text = self.run_it("template", *args)
            self.assertTrue(text.startswith("\ufeffRegistro patronal,NSS,"))
            file = self.path("template.csv", text.encode())
            one, = json.loads(self.run_it("check", "--json", file))["files"]
            self.assertEqual((one["format"], one["errors"]), ("csv", 0))
            self.assertEqual(one["movements"], args[1].count(",") + 1 if args else 3)
        self.run_it("template", "--type", "other", status=USAGE)

    def test_a_table_becomes_records(self):
        table = ("RP;NSS;Apellido paterno;Apellido materno;Nombre;Movimiento;Fecha;SBC;Tipo de trabajador;Tipo de salario;"
                 "Jornada;UMF;Guía;Clave;CURP\r\n"
                 "Z9900001108;99028500017;Pérez;X;Juan;alta;21/09/2026;450,50;permanente;fijo;normal;1;06400;EMP0001;"
                 "PEXJ850101HDFRXN06\r\n")
        file, out = self.path("altas.csv", table.encode("cp1252")), self.path("out.txt")
        one, = self.check_json(file, "--fix", out)
        self.assertEqual((one["errors"], one["warnings"], one["findings"]), (0, 0, []))
        self.assertEqual(self.read("out.txt"), dispmag(reingreso()))

    TABLE = ("RP;NSS;Apellido paterno;Apellido materno;Nombre;Movimiento;Fecha;SBC;Tipo de trabajador;Tipo de salario;"
             "Jornada;UMF;Guía;Clave;CURP\r\n"
             "Z9900001108;99028500017;Pérez;X;Juan;alta;21/09/2026;450,50;permanente;fijo;normal;1;06400;EMP0001;"
             "PEXJ850101HDFRXN06\r\n")

    def good(self, name, content, *rules):
        """The file is as good as its canonical form, in which what is told of it is put right."""
        file, out = self.path(name, content), self.path(name + ".out")
        one, = self.check_json(file)
        self.assertEqual({finding["rule"] for finding in one["findings"] if finding["severity"] != "note"}, set(), one)
        self.assertLessEqual(set(rules), {finding["rule"] for finding in one["findings"]})
        one, = self.check_json(file, "--fix", out)
        self.assertEqual(one["findings"], [])
        self.assertEqual(self.read(name + ".out"), dispmag(reingreso()))

    def test_what_stands_behind_the_end_is_left_out(self):
        whole = dispmag(reingreso())
        for tail in b"\x1a", b"\x1a\x1a\r\n", b"\0" * 100, b"\r\n\0\0", b"\x1a\0\0 \r\n":
            self.good("tail.txt", whole + tail, "file-tail")
        self.good("dos.csv", self.TABLE.encode("cp1252") + b"\x1a", "file-tail")

    def test_nuls_in_the_place_of_movements_are_no_end(self):
        for name, content in ("cut.txt", reingreso().encode() + b"\r\n" + b"\0" * 200), ("cut.csv", self.TABLE.encode() + b"\0" * 9):
            one, = self.check_json(self.path(name, content), status=INVALID)
            self.assertIn("line-binary", [finding["rule"] for finding in one["findings"]])

    def test_blanks_behind_a_record_are_left_out(self):
        self.good("wide.txt", f"{reingreso()}   \r\n{control(1)}                \r\n".encode(), "line-trail")
        one, = self.check_json(self.path("long.txt", f"{reingreso()}  X\r\n{control(1)}\r\n".encode()), status=INVALID)
        self.assertEqual([finding["rule"] for finding in one["findings"] if finding["severity"] == "error"], ["line-long"])

    def test_a_table_in_which_excel_names_the_sign_between_cells(self):
        self.good("sep.csv", b"sep=;\r\n" + self.TABLE.encode("cp1252"), "csv-sep")
        self.good("bom.csv", b'\xef\xbb\xbf"SEP=;"\n' + self.TABLE.encode(), "csv-sep")
        wrong = self.path("wrong.csv", b"sep=;\r\n" + self.TABLE.replace("450,50", "mucho").encode())
        self.assertIn(f"{wrong}:3:8: error: the SBC must be", self.run_it("check", TODAY, wrong, status=INVALID))

    def test_utf16_is_read(self):
        for mark, encoding in (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"):
            self.good("unicode.txt", mark + self.TABLE.replace(";", "\t").encode(encoding), "file-utf16")
            self.good("unmarked.txt", self.TABLE.replace(";", "\t").encode(encoding), "file-utf16")
            self.good("records.txt", mark + dispmag(reingreso()).decode().encode(encoding), "file-utf16")
            for odd in self.TABLE.replace("Juan", "Ju\U0001F600n").encode(encoding), self.TABLE.encode(encoding) + b"\0":
                one, = self.check_json(self.path("odd.txt", mark + odd), status=INVALID)
                self.assertGreater(one["errors"], 0)

    def test_a_workbook_is_told_as_what_it_is(self):
        for head in b"PK\x03\x04\x14\0\x06\0", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
            file = self.path("libro.xlsx", head + os.urandom(1000))
            self.run_it("check", TODAY, file, status=INVALID)
            self.assertIn("this is a workbook", self.out)
            self.assertEqual(len([line for line in self.out.splitlines() if ": error: " in line]), 1, self.out)

    def test_a_table_with_few_headings_is_no_file_of_records(self):
        one, = self.check_json(self.path("few.csv", b"NSS,nota\n99028500017,x\n"), status=INVALID)
        self.assertEqual((one["format"], {finding["rule"] for finding in one["findings"]}),
                         ("csv", {"csv-column-missing", "csv-column-unknown"}))

    def test_what_a_spreadsheet_spoilt_is_told(self):
        table = ("RP,NSS,Paterno,Nombre,Movimiento,Fecha,Causa de baja\n"
                 "Z9900001108,9.90285E+10,PEREZ,JUAN,baja,21/09/2026,2\n"
                 "Z9900001108,9028500016,PEREZ,JUAN,baja,21/09/2026,2\n"
                 "Z9900001108,9902850001,PEREZ,JUAN,baja,21/09/2026,2\n")
        file = self.path("bajas.csv", table.encode())
        self.run_it("check", TODAY, file, status=INVALID)
        self.assertIn(f"{file}:2:2: error: a spreadsheet wrote the number in scientific notation", self.out)
        self.assertIn(f"{file}:3:2: error: a zero at the beginning is missing", self.out)
        self.assertIn("proposed: 09028500016 (zero-lost)", self.out)
        line, = (line for line in self.out.splitlines() if line.startswith(f"{file}:4:2: error: "))
        self.assertIn("a digit is missing", line)
        self.assertNotIn("proposed", line)


if __name__ == "__main__":
    unittest.main()
