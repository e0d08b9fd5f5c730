#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Whether a certificate was revoked, by the word of a real OCSP responder on this machine: openssl ocsp.

usage: test-revocation.py IDSED POLICY
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import dbus
from dbus.types import UnixFd

from harness import NAME, ROOT, RP, House, die_with_parent, memory_file

IDSED, POLICY = (os.path.abspath(path) for path in sys.argv[1:3])
LONG = 30
SERIAL = "1001"


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Revocation(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="idsed-ocsp.")
        cls.port = free_port()
        cls.make_certificates()
        cls.responder = None
        cls.house = House(IDSED, POLICY, f"[Portal]\nBase=https://127.0.0.1:1/\n[Certificates]\nCheckRevocation=yes\n"
                                         f"IssuersFile={cls.path('ca.pem')}\n")
        cls.bus = cls.house.connect()
        cls.call(ROOT, "Manager", "AddRegistration", "sa{sv}", RP, {})

    @classmethod
    def tearDownClass(cls):
        cls.stop_responder()
        cls.bus.close()
        cls.house.close()
        cls.folder.cleanup()

    @classmethod
    def path(cls, name):
        return os.path.join(cls.folder.name, name)

    @classmethod
    def make_certificates(cls):
        for name in "ca", "stranger":
            openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "90", "-subj", f"/CN={name}",
                    "-keyout", cls.path(name + ".key"), "-out", cls.path(name + ".pem"))
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Practica", "-keyout", cls.path("one.key"),
                "-out", cls.path("one.csr"))
        with open(cls.path("one.ext"), "w") as f:
            f.write(f"authorityInfoAccess=OCSP;URI:http://127.0.0.1:{cls.port}/\n")
        openssl("x509", "-req", "-in", cls.path("one.csr"), "-CA", cls.path("ca.pem"), "-CAkey", cls.path("ca.key"),
                "-set_serial", "0x" + SERIAL, "-days", "80", "-extfile", cls.path("one.ext"), "-out", cls.path("one.pem"))
        openssl("pkcs12", "-export", "-in", cls.path("one.pem"), "-inkey", cls.path("one.key"), "-passout",
                "pass:Clave2026x", "-out", cls.path("one.pfx"))

    @classmethod
    def respond(cls, state, signer="ca"):
        """A responder that says: V, valid, or R, revoked."""
        cls.stop_responder()
        revoked = "261101000000Z,keyCompromise" if state == "R" else ""
        with open(cls.path("index"), "w") as f:
            f.write(f"{state}\t361101000000Z\t{revoked}\t{SERIAL}\tunknown\t/CN=Practica\n")
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
    def call(cls, path, interface, method, signature, *arguments):
        return cls.bus.call_blocking(NAME, path, f"{NAME}.{interface}", method, signature, arguments, timeout=LONG)

    def known(self, state, words):
        """What the daemon knows once it says so; it asks when it starts."""
        deadline = time.monotonic() + LONG
        while time.monotonic() < deadline:
            row, = self.call(ROOT, "Manager", "ListCertificates", "")
            if row["Revocation"] == state and words in row["RevocationText"]:
                return row
            time.sleep(0.05)
        self.fail(f"{state}, {words}: {row['Revocation']}, {row['RevocationText']}")

    def restart(self):
        self.house.stop()
        self.house.start()

    def test_1_a_certificate_is_asked_about_when_it_is_stored(self):
        self.respond("V")
        with open(self.path("one.pfx"), "rb") as f:
            files = {"pfx": UnixFd(memory_file(f.read())), "password": UnixFd(memory_file(b"Clave2026x"))}
        self.call(ROOT, "Manager", "AddCertificate", "sa{sh}asa{sv}", "imss", files, [RP], {"user": "USUARIO01"})
        self.known("good", "not revoked")

    def test_2_an_answer_that_is_not_signed_by_its_authority_does_not_count(self):
        self.respond("V", signer="stranger")
        self.restart()
        self.known("unknown", "not signed by the authority")

    def test_3_a_revoked_one_is_told_and_nothing_is_held_for_it(self):
        self.respond("R")
        self.restart()
        row = self.known("revoked", "REVOKED")
        self.assertFalse(row["Held"])
        with open(self.house.log) as f:
            self.assertEqual(f.read().count("IDSE_EVENT=certificate-revoked"), 1)

    def test_4_without_a_responder_it_is_not_known_and_why_is_said(self):
        self.stop_responder()
        self.restart()
        self.known("unknown", f"127.0.0.1:{self.port}")

    def test_5_nobody_is_asked_unless_the_configuration_says_so(self):
        self.respond("V")
        with open(self.house.config, "a") as f:
            f.write("[Certificates]\nCheckRevocation=no\n")
        self.restart()
        row, = self.call(ROOT, "Manager", "ListCertificates", "")
        self.assertEqual(row["Revocation"], "unknown")  # what was known


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
