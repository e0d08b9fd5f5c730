#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Whether a certificate was revoked, by the word of a real OCSP responder on this machine, openssl ocsp, and by lists that
openssl ca publishes.

usage: test-revocation.py IDSED POLICY
"""

import http.server
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from dbus.types import UnixFd

from harness import AWAY, LONG, NAME, ROOT, RP, RP_2, House, die_with_parent, memory_file

IDSED, POLICY = (os.path.abspath(path) for path in sys.argv[1:3])
SERIAL, SECOND = "1001", "1002"
PASSWORD = "Clave2026x"
LIST_MAX = 16 << 20

CA_CONFIG = """[ca]
default_ca = practice
[practice]
database = {folder}/index
default_md = sha256
default_crl_days = 1
"""


def openssl(*arguments):
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True).stdout


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Authority(unittest.TestCase):
    """An authority, another one, and a daemon that trusts the first; who inherits it says where certificates can be asked."""
    extensions = []

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="idsed-revocation.")
        cls.port = free_port()
        for name in "ca", "stranger":
            openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "90", "-subj", f"/CN={name}",
                    "-keyout", cls.path(name + ".key"), "-out", cls.path(name + ".pem"))
        for name, serial in ("one", SERIAL), ("two", SECOND):
            cls.make_certificate(name, serial)
        cls.set_up_servers()
        cls.house = House(IDSED, POLICY, f"{AWAY}[Certificates]\nCheckRevocation=yes\n"
                                         f"IssuersFile={cls.path('ca.pem')}\n")
        cls.bus = cls.house.connect()
        for rp in RP, RP_2:
            cls.call(ROOT, "Manager", "AddRegistration", "sa{sv}", rp, {})

    @classmethod
    def set_up_servers(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        cls.bus.close()
        cls.folder.cleanup()
        cls.house.end()

    @classmethod
    def path(cls, name):
        return os.path.join(cls.folder.name, name)

    @classmethod
    def make_certificate(cls, name, serial):
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", cls.path(name + ".key"),
                "-out", cls.path(name + ".csr"))
        with open(cls.path("extensions"), "w") as f:
            f.write("".join(line.format(port=cls.port) + "\n" for line in cls.extensions))
        openssl("x509", "-req", "-in", cls.path(name + ".csr"), "-CA", cls.path("ca.pem"), "-CAkey", cls.path("ca.key"),
                "-set_serial", "0x" + serial, "-days", "80", "-extfile", cls.path("extensions"), "-out", cls.path(name + ".pem"))
        openssl("pkcs12", "-export", "-in", cls.path(name + ".pem"), "-inkey", cls.path(name + ".key"), "-passout",
                "pass:" + PASSWORD, "-out", cls.path(name + ".pfx"))

    @classmethod
    def write_index(cls, revoked=(), reason="keyCompromise"):
        """What openssl's authority knows of its certificates."""
        with open(cls.path("index"), "w") as f:
            for serial in SERIAL, SECOND:
                state, when = ("R", f"261101000000Z,{reason}") if serial in revoked else ("V", "")
                f.write(f"{state}\t361101000000Z\t{when}\t{serial}\tunknown\t/CN=Practica {serial}\n")

    @classmethod
    def call(cls, path, interface, method, signature, *arguments):
        return cls.bus.call_blocking(NAME, path, f"{NAME}.{interface}", method, signature, arguments, timeout=LONG)

    def add(self, name, rp):
        with open(self.path(name + ".pfx"), "rb") as f:
            files = {"pfx": UnixFd(memory_file(f.read())), "password": UnixFd(memory_file(PASSWORD.encode()))}
        self.call(ROOT, "Manager", "AddCertificate", "sa{sh}asa{sv}", "imss", files, [rp], {"user": "USUARIO01"})

    def known(self, state, words, certificate=1):
        """What the daemon knows once it says so; it asks when it starts."""
        deadline = time.monotonic() + LONG
        while time.monotonic() < deadline:
            rows = {int(row["Id"]): row for row in self.call(ROOT, "Manager", "ListCertificates", "")}
            row = rows[certificate]
            if row["Revocation"] == state and words in row["RevocationText"]:
                return row
            time.sleep(0.05)
        self.fail(f"{state}, {words}: {row['Revocation']}, {row['RevocationText']}")

    def restart(self):
        self.house.stop()
        self.house.start()

    def times_told(self):
        with open(self.house.log) as f:
            return f.read().count("IDSE_EVENT=certificate-revoked")


class Responder:
    """openssl ocsp, for classes that are an Authority."""
    responder = None

    @classmethod
    def respond(cls, revoked=(), signer="ca"):
        cls.stop_responder()
        cls.write_index(revoked)
        cls.responder = subprocess.Popen(
            ["openssl", "ocsp", "-port", str(cls.port), "-index", cls.path("index"), "-CA", cls.path("ca.pem"),
             "-rsigner", cls.path(signer + ".pem"), "-rkey", cls.path(signer + ".key"), "-ndays", "1"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, preexec_fn=die_with_parent)
        while "waiting" not in cls.responder.stderr.readline():
            assert cls.responder.poll() is None, "openssl ocsp does not run"

    @classmethod
    def stop_responder(cls):
        if cls.responder:
            cls.responder.kill()
            cls.responder.wait()
            cls.responder.stderr.close()
            cls.responder = None

    @classmethod
    def tearDownClass(cls):
        cls.stop_responder()
        super().tearDownClass()


class ByResponder(Responder, Authority):
    extensions = ["authorityInfoAccess=OCSP;URI:http://127.0.0.1:{port}/"]

    def test_1_a_certificate_is_asked_about_when_it_is_stored(self):
        self.respond()
        self.add("one", RP)
        self.known("good", "not revoked")

    def test_2_an_answer_that_is_not_signed_by_its_authority_does_not_count(self):
        self.respond(signer="stranger")
        self.restart()
        self.known("unknown", "not signed by the authority")

    def test_3_a_revoked_one_is_told_and_nothing_is_held_for_it(self):
        self.respond(revoked=[SERIAL])
        self.restart()
        row = self.known("revoked", "REVOKED")
        self.assertIn("on 2026-10-31 (its key is known to somebody else)", row["RevocationText"])  # in Mexico City
        self.assertFalse(row["Held"])
        self.assertEqual(self.times_told(), 1)

    def test_4_without_a_responder_it_is_not_known_and_why_is_said(self):
        self.respond()
        self.restart()
        self.known("good", "not revoked")
        self.stop_responder()
        self.restart()
        self.known("unknown", f"127.0.0.1:{self.port}")

    def test_5_nobody_is_asked_unless_the_configuration_says_so(self):
        self.respond()
        with open(self.house.config) as f:
            config = f.read()
        with open(self.house.config, "w") as f:
            f.write(config.replace("CheckRevocation=yes", "CheckRevocation=no"))
        self.restart()
        row, = self.call(ROOT, "Manager", "ListCertificates", "")
        self.assertEqual(row["Revocation"], "unknown")  # what was known
        with open(self.house.config, "w") as f:
            f.write(config)
        self.house.daemon.send_signal(signal.SIGHUP)
        self.known("good", "not revoked")


class Publisher(http.server.BaseHTTPRequestHandler):
    """Gives what `published` is: bytes, a status, or a number of bytes without an end to them."""
    published = b""
    asked = []

    def do_GET(self):
        Publisher.asked.append(self.path)
        what = Publisher.published
        if isinstance(what, int) and what < 1000:
            self.send_error(what)
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/pkix-crl")
        self.end_headers()
        try:
            if isinstance(what, bytes):
                self.wfile.write(what)
            else:
                for _ in range(what >> 16):
                    self.wfile.write(bytes(1 << 16))
        except OSError:
            pass  # it has heard enough

    def do_POST(self):
        self.send_error(503)

    def log_message(self, *arguments):
        pass


class Lists:
    """A server of lists, for classes that are an Authority."""

    @classmethod
    def set_up_servers(cls):
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", cls.port), Publisher)
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        Publisher.asked.clear()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.server.shutdown()
        cls.server.server_close()

    def publish(self, revoked=(), reason="keyCompromise", signer="ca", form="DER", more=()):
        self.write_index(revoked, reason)
        with open(self.path("ca.conf"), "w") as f:
            f.write(CA_CONFIG.format(folder=self.folder.name))
        openssl("ca", "-gencrl", "-config", self.path("ca.conf"), "-cert", self.path(signer + ".pem"), "-keyfile",
                self.path(signer + ".key"), "-out", self.path("lista.pem"), *more)
        Publisher.published = openssl("crl", "-in", self.path("lista.pem"), "-outform", form)
        Publisher.asked.clear()


class ByList(Lists, Authority):
    extensions = ["crlDistributionPoints=URI:http://127.0.0.1:{port}/lista.crl"]

    def test_1_a_certificate_is_looked_up_when_it_is_stored(self):
        self.publish()
        self.add("one", RP)
        self.known("good", "not on its authority's list of revoked certificates")
        self.assertEqual(Publisher.asked, ["/lista.crl"])

    def test_2_many_certificates_of_an_authority_cost_one_download(self):
        self.publish(revoked=[SECOND], reason="superseded", form="PEM")
        self.add("two", RP_2)
        self.known("good", "", 2)  # by the list of before, which still holds
        self.assertEqual(Publisher.asked, [])
        self.restart()
        self.known("revoked", "(another one took its place)", 2)
        self.known("good", "")
        self.assertEqual(Publisher.asked, ["/lista.crl"])
        self.assertFalse(any(row["Held"] for row in self.call(ROOT, "Manager", "ListCertificates", "")))
        self.assertEqual(self.times_told(), 1)
        self.publish()
        self.restart()
        self.known("good", "", 2)

    def unknown(self, words):
        """And it does not count from one time to the next: the list is asked for anew."""
        self.restart()
        for certificate in 1, 2:
            self.known("unknown", words, certificate)
        before = len(Publisher.asked)
        self.house.daemon.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + LONG
        while before and len(Publisher.asked) == before:
            self.assertLess(time.monotonic(), deadline, "nobody asked again")
            time.sleep(0.05)

    def test_3_a_list_of_another_authority_does_not_count(self):
        self.publish(revoked=[SERIAL], signer="stranger")
        self.unknown("not signed by the authority")

    def test_4_a_list_that_ran_out_does_not_count(self):
        self.publish(revoked=[SERIAL], more=["-crl_lastupdate", "20250101000000Z", "-crl_nextupdate", "20250201000000Z"])
        self.unknown("too old")

    def test_5_what_is_no_list_does_not_count(self):
        self.publish()
        Publisher.published = b"<html>Sitio en mantenimiento</html>"
        self.unknown("no list of revoked certificates")
        Publisher.published = 404
        self.unknown("answers with status 404")

    def test_6_a_list_without_end_is_broken_off(self):
        Publisher.published = 4 * LIST_MAX
        self.unknown("too long to be read")

    def test_7_a_long_list_is_read_whole(self):
        self.publish(revoked=[SERIAL])
        entries = "".join(f"R\t361101000000Z\t261101000000Z\t{number:06X}\tunknown\t/CN=Otro {number}\n"
                          for number in range(0x200000, 0x200000 + 30000))
        with open(self.path("index"), "a") as f:
            f.write(entries)
        openssl("ca", "-gencrl", "-config", self.path("ca.conf"), "-cert", self.path("ca.pem"), "-keyfile",
                self.path("ca.key"), "-out", self.path("lista.pem"))
        Publisher.published = openssl("crl", "-in", self.path("lista.pem"), "-outform", "DER")
        self.assertGreater(len(Publisher.published), 1 << 19)
        self.restart()
        self.known("revoked", "its key is known to somebody else")
        self.known("good", "", 2)

    def test_8_a_server_that_is_not_there_is_named(self):
        self.server.shutdown()
        self.server.server_close()
        self.restart()
        self.known("unknown", f"http://127.0.0.1:{self.port}/lista.crl", 2)
        self.known("revoked", "its key is known to somebody else")  # it is not less so because nobody can be asked
        type(self).set_up_servers()


class ByEither(Responder, Lists, Authority):
    """The responder is asked first; the list has the word where that has none. The port has one of them at a time."""
    extensions = ["authorityInfoAccess=OCSP;URI:http://127.0.0.1:{port}/", *ByList.extensions]

    def test_1_a_certificate_is_looked_up_when_it_is_stored(self):
        self.publish(revoked=[SERIAL])
        self.add("one", RP)
        row = self.known("revoked", "by its authority's list")  # the responder answers with 503
        self.assertRegex(row["RevocationText"], r"list of \d{4}-\d\d-\d\d")

    def test_2_what_neither_says_names_both_reasons(self):
        self.publish()
        self.restart()
        self.known("good", "")
        self.publish(signer="stranger")
        self.restart()
        self.known("unknown", "answers with status 503; ")
        self.known("unknown", "not signed by the authority")

    def test_3_the_responder_has_the_first_word(self):
        self.server.shutdown()
        self.server.server_close()
        self.respond()
        self.restart()
        self.known("good", "by the word of its authority")
        self.assertNotIn("list", self.known("good", "")["RevocationText"])
        self.stop_responder()
        type(self).set_up_servers()


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
