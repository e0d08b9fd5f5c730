#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Users of the module, their sessions and roles, read-only mode, and the mail that recovers a password, with the real daemon
on a private bus. There is no polkit on it, so whoever is not root has the rights of its session and no others.

usage: test-users.py IDSED POLICY IDSECTL
"""

import email
import email.policy
import email.utils
import hashlib
import json
import os
import pty
import pwd
import re
import shutil
import socket
import sqlite3
import ssl
import stat
import subprocess
import sys
import tempfile
import time
import unittest

import dbus
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from harness import (CERTIFICATE, CONFIG, ERROR, LONG, LOT, MANAGER, PROPERTIES, ROOT, RP, USER, House, dispmag, invoke,
                     memory_file, option, reingreso)

IDSED, POLICY, IDSECTL = (os.path.abspath(path) for path in sys.argv[1:4])

CONFIG += "[Users]\nAttemptDelaySec=1\nAttemptDelayMaxSec=1\n"
CLERK, STRANGER, THIRD = (pwd.getpwnam(name).pw_uid for name in ("nobody", "daemon", "bin"))  # who have no rights
PASSWORD = "Caballo-correcto 7 ñ"
OTHER = "otra clave bien larga"
VERSION = "2026-11-01"


def connect_as(house, uid):
    os.seteuid(uid)
    try:
        return house.connect()
    finally:
        os.seteuid(0)


class UsersTest(unittest.TestCase):
    extra = ""
    count = 0

    @classmethod
    def setUpClass(cls):
        cls.house = House(IDSED, POLICY, CONFIG + cls.extra)
        cls.root = cls.house.connect()
        cls.clerk = connect_as(cls.house, CLERK)
        cls.call(cls.root, ROOT, MANAGER, "AddRegistration", RP, option({}))

    @classmethod
    def tearDownClass(cls):
        cls.clerk.close()
        cls.root.close()
        cls.house.end()

    call = staticmethod(invoke)

    @classmethod
    def manager(cls, bus, method, *arguments):
        return cls.call(bus, ROOT, MANAGER, method, *arguments)

    @classmethod
    def with_secrets(cls, bus, path, interface, method, before, secrets, options):
        fds = [memory_file(secret.encode()) for secret in secrets]
        try:
            return cls.call(bus, path, interface, method, *before, *(dbus.types.UnixFd(fd) for fd in fds), option(options))
        finally:
            for fd in fds:
                os.close(fd)

    @classmethod
    def add(cls, bus, user, password=PASSWORD, method="AddUser", **more):
        options = {"names": "Ana", "first_surname": "Prueba", "privacy": VERSION, "agreement": VERSION, **more}
        return cls.with_secrets(bus, ROOT, MANAGER, method, [user],
                                [password], {k.replace("_", "-"): v for k, v in options.items() if v is not None})

    @classmethod
    def new_user(cls, role="operador", **more):
        UsersTest.count += 1
        user = f"user{UsersTest.count}@ejemplo.mx"
        return user, cls.add(cls.root, user, role=role, **more)

    @classmethod
    def login(cls, bus, user, password=PASSWORD, **options):
        return cls.with_secrets(bus, ROOT, MANAGER, "Login", [user], [password], options)

    @classmethod
    def in_the_database(cls, statement, *values):
        """While the daemon is away."""
        cls.house.stop()
        db = sqlite3.connect(os.path.join(cls.house.state, "idsed.db"))
        with db:
            rows = db.execute(statement, values).fetchall()
        db.close()
        cls.house.start()
        return rows

    @classmethod
    def submit(cls, bus):
        UsersTest.count += 1
        fd = memory_file(dispmag([reingreso(UsersTest.count)]))
        try:
            return cls.manager(bus, "Submit", dbus.types.UnixFd(fd), option({}))[0][0]
        finally:
            os.close(fd)

    def fails(self, name, call, *arguments, **more):
        with self.assertRaises(dbus.DBusException) as raised:
            call(*arguments, **more)
        self.assertEqual(raised.exception.get_dbus_name(), ERROR + name, raised.exception.get_dbus_message())
        return raised.exception.get_dbus_message()

    def denied(self, call):
        try:
            call()
        except dbus.DBusException as e:
            return e.get_dbus_name() == ERROR + "AccessDenied"
        return False


class Accounts(UsersTest):
    def test_a_user_is_what_was_said(self):
        path = self.add(self.root, "Ana.Lopez@Ejemplo.MX", role="administrador", second_surname="Núñez")
        seen = self.call(self.root, path, PROPERTIES, "GetAll", USER)
        self.assertEqual(seen["Email"], "ana.lopez@ejemplo.mx")
        self.assertEqual([seen[k] for k in ("Names", "FirstSurname", "SecondSurname", "Role")],
                         ["Ana", "Prueba", "Núñez", "administrador"])
        self.assertTrue(seen["Enabled"])
        self.assertEqual((seen["PrivacyVersion"], seen["AgreementVersion"]), (VERSION, VERSION))
        self.assertGreater(seen["Accepted"], 0)
        self.assertIn(seen["Email"], [row["Email"] for row in self.manager(self.root, "ListUsers")])
        self.fails("UserExists", self.add, self.root, "ANA.LOPEZ@EJEMPLO.MX")

    def test_no_secret_is_seen_or_stored(self):
        user, path = self.new_user()
        self.login(self.root, user)
        for row in self.manager(self.root, "ListUsers"):
            for key, value in row.items():
                self.assertNotIn("scrypt", str(value), key)
        for name in os.listdir(self.house.state):
            with open(os.path.join(self.house.state, name), "rb") as f:
                self.assertNotIn(PASSWORD.encode(), f.read(), name)
        with open(self.house.log, "rb") as f:
            self.assertNotIn(PASSWORD.encode(), f.read())

    def test_bad_names_are_refused(self):
        for user in "", "ana", "ana@", "@ejemplo.mx", "ana@ejemplo", "a b@ejemplo.mx", "ana@ejemplo..mx", "añá@ejemplo.mx":
            self.fails("InvalidUser", self.add, self.root, user)
        self.fails("InvalidUser", self.add, self.root, "n1@ejemplo.mx", names="")
        self.fails("InvalidUser", self.add, self.root, "n1@ejemplo.mx", first_surname=None)
        self.fails("InvalidUser", self.add, self.root, "n1@ejemplo.mx", names="x" * 101)
        self.fails("InvalidUser", self.add, self.root, "n1@ejemplo.mx", names="a\nb")
        self.fails("InvalidArgument", self.add, self.root, "n1@ejemplo.mx", role="jefe")
        self.fails("UnknownOption", self.add, self.root, "n1@ejemplo.mx", colour="red")

    def test_easy_passwords_are_refused_with_the_rule(self):
        self.assertIn("10", self.fails("WeakPassword", self.add, self.root, "w@ejemplo.mx", "corta ñññ"))
        for password in "PassWord1234", "1234567890", "aaaaaaaaaaaa", "largo.nombre@ejemplo.mx", "x" * 256:
            self.fails("WeakPassword", self.add, self.root, "largo.nombre@ejemplo.mx", password)
        self.fails("InvalidFile", self.add, self.root, "w@ejemplo.mx", "")
        self.fails("InvalidFile", self.add, self.root, "w@ejemplo.mx", "with an end of line\n")
        self.fails("TooLarge", self.add, self.root, "w@ejemplo.mx", "x" * 2000)

    def test_the_two_texts_must_be_accepted_as_they_are_now(self):
        for language, word in ("es", "PRIVACIDAD"), ("en", "PRIVACY"):
            texts = {str(t["name"]): t for t in self.manager(self.clerk, "LegalTexts", language)}
            self.assertEqual(set(texts), {"privacy", "agreement"})
            self.assertIn(word, texts["privacy"]["text"])
            self.assertEqual({str(t["version"]) for t in texts.values()}, {VERSION})
            self.assertNotIn("SPDX", texts["agreement"]["text"])
        for missing in {"privacy": None}, {"agreement": None}, {"privacy": "1999-01-01"}:
            self.assertIn(VERSION, self.fails("NotAccepted", self.add, self.root, "t@ejemplo.mx", **missing))

    def test_methods_of_a_user_and_their_errors(self):
        user, path = self.new_user()
        for method, before in ("Enable", []), ("Disable", []), ("SetRole", ["consulta"]):
            self.fails("UnknownOption", self.call, self.root, path, USER, method, *before, option({"x": 1}))
            self.fails("UnknownUser", self.call, self.root, ROOT + "/user/9999", USER, method, *before, option({}))
        self.fails("InvalidArgument", self.call, self.root, path, USER, "SetRole", "jefe", option({}))
        self.fails("WeakPassword", self.with_secrets, self.root, path, USER, "SetPassword", [], ["corta"], {})
        self.with_secrets(self.root, path, USER, "SetPassword", [], [OTHER], {})
        self.login(self.clerk, user, OTHER)
        self.fails("UnknownUser", self.call, self.root, ROOT + "/user/01", PROPERTIES, "GetAll", USER)

    def test_names_can_be_put_right(self):
        _, path = self.new_user(second_surname="Mal")
        update = lambda **options: self.call(self.root, path, USER, "Update",
                                             option({k.replace("_", "-"): v for k, v in options.items()}))
        update(names="María", second_surname="")
        seen = self.call(self.root, path, PROPERTIES, "GetAll", USER)
        self.assertEqual([seen[k] for k in ("Names", "FirstSurname", "SecondSurname")], ["María", "Prueba", ""])
        self.fails("InvalidUser", update, first_surname="")
        self.fails("InvalidUser", update, names="a\x1bb")
        self.fails("UnknownOption", update, role="administrador")

    def test_users_are_shown_to_nobody_but_those_who_manage_them(self):
        managed = self.call(self.root, ROOT, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects")
        self.assertFalse([path for path in managed if "/user" in path])
        xml = self.call(self.root, ROOT + "/user", "org.freedesktop.DBus.Introspectable", "Introspect")
        self.assertNotIn("<node name", xml)

    def test_people_register_themselves_and_wait_to_be_enabled(self):
        path = self.add(self.clerk, "nueva@ejemplo.mx", method="Register")
        seen = self.call(self.root, path, PROPERTIES, "GetAll", USER)
        self.assertEqual((seen["Role"], bool(seen["Enabled"])), ("consulta", False))
        self.assertIn("disabled", self.fails("UserDisabled", self.login, self.clerk, "nueva@ejemplo.mx"))
        self.call(self.root, path, USER, "Enable", option({}))
        self.login(self.clerk, "nueva@ejemplo.mx")
        self.fails("UnknownOption", self.add, self.clerk, "x@ejemplo.mx", method="Register", role="administrador")


class Login(UsersTest):
    def test_whichever_half_is_wrong_the_answer_is_the_same(self):
        user, _ = self.new_user()
        one = self.fails("WrongLogin", self.login, self.clerk, user, "otra cosa muy distinta")
        other = self.fails("WrongLogin", self.login, self.clerk, "nadie@ejemplo.mx")
        self.assertEqual(one, other)

    def test_a_right_login_is_told_what_cannot_be_sent(self):
        user, path = self.new_user()
        session, seen, role, uncertified = self.login(self.clerk, user.upper())
        self.assertEqual((seen, role, list(uncertified)), (path, "operador", [RP]))
        self.assertGreaterEqual(len(session), 64)
        self.assertGreater(self.call(self.root, path, PROPERTIES, "Get", USER, "LastLogin"), 0)
        self.fails("UnknownOption", self.login, self.clerk, user, x=1)

    def test_a_session_is_its_uids_and_nobody_elses(self):
        user, _ = self.new_user()
        session = self.login(self.clerk, user)[0]
        second, stranger = connect_as(self.house, CLERK), connect_as(self.house, STRANGER)
        self.fails("AccessDenied", self.manager, second, "Refresh", option({}))
        self.manager(second, "Refresh", option({"session": session}))
        self.fails("AccessDenied", self.manager, second, "ListLots", option({}), dbus.UInt64(0), dbus.UInt32(1))
        self.assertEqual(tuple(self.manager(second, "UseSession", session)), (user, "operador"))
        self.manager(second, "ListLots", option({}), dbus.UInt64(0), dbus.UInt32(1))
        self.fails("SessionEnded", self.manager, stranger, "UseSession", session)
        self.fails("SessionEnded", self.manager, stranger, "Refresh", option({"session": session}))
        self.fails("SessionEnded", self.manager, second, "Refresh", option({"session": "0" * 64}))
        second.close()
        stranger.close()

    def test_it_ends_by_logout(self):
        user, _ = self.new_user()
        session = self.login(self.clerk, user)[0]
        self.manager(self.clerk, "Logout", option({}))
        self.fails("AccessDenied", self.manager, self.clerk, "Refresh", option({}))
        self.fails("SessionEnded", self.manager, self.clerk, "UseSession", session)
        self.fails("SessionEnded", self.manager, self.clerk, "Logout", option({}))

    def test_it_ends_when_the_user_changes(self):
        user, path = self.new_user()
        changes = [lambda: self.call(self.root, path, USER, "SetRole", "administrador", option({})),
                   lambda: self.with_secrets(self.root, path, USER, "SetPassword", [], [PASSWORD], {}),
                   lambda: self.with_secrets(self.clerk, ROOT, MANAGER, "ChangePassword", [user], [PASSWORD, PASSWORD], {}),
                   lambda: self.call(self.root, path, USER, "Disable", option({}))]
        for change in changes:
            session = self.login(self.clerk, user)[0]
            self.manager(self.clerk, "Refresh", option({}))
            change()
            self.fails("SessionEnded", self.manager, self.clerk, "UseSession", session)
        self.fails("UserDisabled", self.login, self.clerk, user)

    def test_a_restart_ends_it(self):
        user, _ = self.new_user()
        session = self.login(self.clerk, user)[0]
        self.house.stop()
        self.house.start()
        self.fails("SessionEnded", self.manager, self.clerk, "UseSession", session)

    def test_who_changes_its_password_proves_the_old_one(self):
        user, _ = self.new_user()
        change = lambda old, new: self.with_secrets(self.clerk, ROOT, MANAGER, "ChangePassword", [user], [old, new], {})
        self.fails("WrongLogin", change, OTHER, "una clave nueva y larga")
        self.fails("WeakPassword", change, PASSWORD, "corta")
        change(PASSWORD, OTHER)
        self.fails("WrongLogin", self.login, self.clerk, user, PASSWORD)
        self.login(self.clerk, user, OTHER)

    def test_a_hash_of_old_parameters_is_made_anew_by_the_next_login(self):
        user, _ = self.new_user()
        salt = bytes(range(16))
        old = f"scrypt:1024:8:1:{salt.hex()}:" + hashlib.scrypt(OTHER.encode(), salt=salt, n=1024, r=8, p=1, dklen=32).hex()
        self.in_the_database("UPDATE user SET password = ? WHERE email = ?", old, user)
        self.fails("WrongLogin", self.login, self.clerk, user)
        self.assertEqual(self.in_the_database("SELECT password FROM user WHERE email = ?", user), [(old,)])
        self.login(self.clerk, user, OTHER)
        (new,), = self.in_the_database("SELECT password FROM user WHERE email = ?", user)
        self.assertTrue(new.startswith("scrypt:32768:8:1:"), new)
        self.login(self.clerk, user, OTHER)

    def test_the_default_user_is_the_only_enabled_one(self):
        default = lambda: str(self.call(self.root, ROOT, PROPERTIES, "Get", MANAGER, "DefaultUser"))
        for row in self.manager(self.root, "ListUsers"):
            self.call(self.root, f"{ROOT}/user/{row['Id']}", USER, "Disable", option({}))
        self.assertEqual(default(), "")
        user, _ = self.new_user()
        self.assertEqual(default(), user)
        self.new_user()
        self.assertEqual(default(), "")


class Roles(UsersTest):
    def calls(self):
        """Each call, and the roles that may make it."""
        everybody = ("consulta", "operador", "administrador")
        lot = self.lot
        m = lambda *arguments: lambda bus: self.manager(bus, *arguments)
        o = lambda path, interface, *arguments: lambda bus: self.call(bus, path, interface, *arguments)
        return [
            (everybody, m("ListMovements", option({}), "", dbus.UInt32(10))),
            (everybody, m("ListRegistrations")),
            (everybody, o(ROOT, PROPERTIES, "GetAll", MANAGER)),
            (everybody, o(lot, LOT, "ListReceipts")),
            (everybody, o(lot, LOT, "GetReceipt", dbus.UInt64(1))),
            (everybody[1:], m("ListLots", option({}), dbus.UInt64(0), dbus.UInt32(10))),
            (everybody[1:], m("ListCertificates")),
            (everybody[1:], o(lot, PROPERTIES, "GetAll", LOT)),
            (everybody[1:], o(lot, LOT, "GetRecords")),
            (everybody[1:], o(lot, LOT, "ListAttempts")),
            (everybody[1:], o(ROOT, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects")),
            (everybody[1:], lambda bus: self.submit(bus)),
            (everybody[1:], o(lot, LOT, "Hold", option({}))),
            (everybody[1:], o(lot, LOT, "Release", option({}))),
            (everybody[1:], m("Refresh", option({}))),
            (everybody[2:], m("ListUsers")),
            (everybody[2:], o(ROOT + "/user/1", PROPERTIES, "GetAll", USER)),
            (everybody[2:], o(ROOT + "/user/9999", USER, "Enable", option({}))),
            (everybody[2:], m("AddCertificate", "none", dbus.Dictionary({}, signature="sh"), dbus.Array([], signature="s"),
                              option({}))),
            (everybody[2:], o(ROOT + "/certificate/9999", CERTIFICATE, "Remove", option({}))),
        ]

    def setUp(self):
        self.lot = self.submit(self.root)

    def test_each_role_may_what_it_stands_for(self):
        for role in "consulta", "operador", "administrador":
            user, _ = self.new_user(role)
            bus = connect_as(self.house, CLERK)
            self.login(bus, user)
            for number, (roles, call) in enumerate(self.calls()):
                self.assertEqual(self.denied(lambda: call(bus)), role not in roles, f"{role}, call {number}")
            bus.close()

    def test_without_a_session_nothing_is_served_and_the_sentence_says_what_is_missing(self):
        bus = connect_as(self.house, STRANGER)
        for number, (roles, call) in enumerate(self.calls()):
            text = self.fails("AccessDenied", call, bus)
            self.assertIn(f"role {roles[0]} ", text)
            self.assertIn("mx.idsed1.", text)
        bus.close()

    def test_what_is_done_in_a_session_stands_in_the_names_of_both(self):
        user, _ = self.new_user()
        self.login(self.clerk, user)
        who = f"uid {CLERK} {user}"
        lot = self.submit(self.clerk)
        self.assertEqual(self.call(self.clerk, lot, PROPERTIES, "Get", LOT, "CreatedBy"), who)
        self.call(self.clerk, lot, LOT, "Hold", option({}))
        self.assertEqual(self.call(self.clerk, lot, PROPERTIES, "Get", LOT, "HoldBy"), who)
        self.fails("AccessDenied", self.manager, self.clerk, "ListUsers")
        records, _ = self.manager(self.root, "ListHistory", option({"who": user}), dbus.UInt64(0), dbus.UInt32(10))
        self.assertEqual([(r["who"], r["action"], r["outcome"]) for r in records],
                         [(who, "mx.idsed1.manage-users", "AccessDenied"), (who, "hold", "ok"), (who, "submit", "ok"),
                          (who, "login", "ok")])
        history = lambda name: self.manager(self.root, "ListHistory", option({"who": name}), dbus.UInt64(0), dbus.UInt32(10))[0]
        self.assertEqual(len(history(user.upper())), len(records))
        self.assertEqual(history(self.new_user()[0]), [])  # who did nothing yet
        self.fails("UnknownUser", history, "nadie@ejemplo.mx")


class Guessing(UsersTest):
    """The wait after a wrong attempt is longer than anybody is made to wait, so that the next is refused at once."""
    extra = ("AttemptDelaySec=3600\nAttemptDelayMaxSec=3600\n[Users]\nSelfRegistration=off\n"
             "[Mail]\nRelay=smtp://127.0.0.1:1\nFrom=idsed@ejemplo.mx\nStartTLS=never\n")

    def test_a_wrong_attempt_slows_the_user_and_the_caller(self):
        user, _ = self.new_user()
        other, _ = self.new_user()
        stranger = connect_as(self.house, STRANGER)
        self.login(self.clerk, user)  # right ones cost nothing
        self.login(self.clerk, user)
        self.fails("WrongLogin", self.login, self.clerk, user, OTHER)
        self.assertRegex(self.fails("TooManyAttempts", self.login, self.clerk, user), "[0-9]+ seconds")
        self.fails("TooManyAttempts", self.login, self.clerk, other)
        self.fails("TooManyAttempts", self.login, stranger, user)
        self.fails("TooManyAttempts", self.with_secrets, self.clerk, ROOT, MANAGER, "ChangePassword", [other],
                   [PASSWORD, OTHER], {})
        self.fails("TooManyAttempts", self.with_secrets, self.clerk, ROOT, MANAGER, "ResetPassword", [other],
                   ["CODE", OTHER], {})
        self.login(stranger, other)
        stranger.close()
        records, _ = self.manager(self.root, "ListHistory", option({"who": f"uid {CLERK}"}), dbus.UInt64(0), dbus.UInt32(100))
        self.assertEqual([(r["action"], r["outcome"]) for r in records][-3:],
                         [("login", "WrongLogin"), ("login", "ok"), ("login", "ok")])

    def test_asking_for_codes_is_slowed_like_guessing(self):
        third = connect_as(self.house, THIRD)
        recover = lambda user: self.manager(third, "RecoverPassword", user, option({}))
        self.fails("UnknownUser", recover, "nadie@ejemplo.mx")
        self.fails("TooManyAttempts", recover, "nadie@ejemplo.mx")
        self.fails("TooManyAttempts", recover, self.new_user()[0])
        third.close()

    def test_who_is_refused_again_and_again_does_not_fill_the_history(self):
        count = lambda: len(self.manager(self.root, "ListHistory", option({}), dbus.UInt64(0), dbus.UInt32(1000))[0])
        before, stranger = count(), connect_as(self.house, STRANGER)
        for _ in range(200):
            self.fails("SessionEnded", self.manager, stranger, "Logout", option({}))
        stranger.close()
        self.assertLess(count() - before, 150)  # sixty in a minute, and a minute may end in between

    def test_nobody_registers_where_that_is_off(self):
        self.fails("AccessDenied", self.add, self.clerk, "yo@ejemplo.mx", method="Register")


class Otherwise(UsersTest):
    """What the configuration can have otherwise: sessions end soon, and who registers may log in at once."""
    extra = "[Users]\nSessionIdleSec=1\nSelfRegistration=open\n"

    def test_who_registers_may_log_in_at_once_and_only_consult(self):
        self.add(self.clerk, "abierta@ejemplo.mx", method="Register")
        _, _, role, _ = self.login(self.clerk, "abierta@ejemplo.mx")
        self.assertEqual(role, "consulta")

    def test_a_session_in_which_nothing_is_done_ends(self):
        user, _ = self.new_user()
        session = self.login(self.clerk, user)[0]
        deadline = time.monotonic() + LONG
        while True:
            time.sleep(1.5)  # looking at it is doing something
            try:
                self.manager(self.clerk, "UseSession", session)
            except dbus.DBusException as e:
                self.assertEqual(e.get_dbus_name(), ERROR + "SessionEnded")
                break
            self.assertLess(time.monotonic(), deadline)


class OwnTexts(UsersTest):
    """What lies in /etc/idsed takes the place of a text, and adds to the passwords that are refused."""

    @classmethod
    def setUpClass(cls):
        cls.etc = tempfile.mkdtemp(prefix="idsed-etc.")
        os.mkdir(os.path.join(cls.etc, "legal"))
        for language in "es", "en":
            with open(os.path.join(cls.etc, f"legal/privacy.{language}.txt"), "w") as f:
                f.write("# ours\nVersion: 7\n\nTodo es nuestro.\n")
        with open(os.path.join(cls.etc, "common-passwords.txt"), "w") as f:
            f.write("empresa y punto\n")
        os.environ["IDSED_ETC"] = cls.etc
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        del os.environ["IDSED_ETC"]
        super().tearDownClass()
        shutil.rmtree(cls.etc)

    def test_ours_is_shown_and_must_be_accepted(self):
        texts = {str(t["name"]): t for t in self.manager(self.clerk, "LegalTexts", "es")}
        self.assertEqual((texts["privacy"]["version"], texts["privacy"]["text"]), ("7", "Todo es nuestro.\n"))
        self.assertEqual(texts["agreement"]["version"], VERSION)
        self.fails("NotAccepted", self.new_user)
        self.fails("WeakPassword", self.new_user, privacy="7", password="Empresa y punto")
        self.fails("WeakPassword", self.new_user, privacy="7", password="Qwertyuiop")
        self.new_user(privacy="7")


class Client(UsersTest):
    """idsectl, run by somebody without rights, whose session is all that it has."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.runtime = tempfile.mkdtemp(prefix="idsed-runtime.")
        cls.program = shutil.copy(IDSECTL, cls.runtime)  # where the clerk can reach it, wherever the tree is
        cls.kept = os.path.join(cls.runtime, "idsed/session")
        cls.file = os.path.join(cls.runtime, "password")
        with open(cls.file, "w") as f:
            f.write(PASSWORD + "\n")
        for path in cls.runtime, cls.file:
            os.chown(path, CLERK, -1)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.runtime)
        super().tearDownClass()

    def environment(self):
        return {"DBUS_SYSTEM_BUS_ADDRESS": self.house.address, "XDG_RUNTIME_DIR": self.runtime, "LC_ALL": "C.UTF-8",
                "PATH": os.environ["PATH"]}

    def idsectl(self, *arguments, status=0, user=CLERK):
        done = subprocess.run([self.program, *arguments], env=self.environment(), user=user, stdin=subprocess.DEVNULL, text=True,
                              capture_output=True, check=False)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_a_session_is_kept_for_its_owner_and_sent_by_itself(self):
        user, _ = self.new_user()
        self.assertIn("operador", self.idsectl("list", status=4))
        self.assertIn(RP, self.idsectl("login", user, "--password-file", self.file))
        self.assertEqual(stat.S_IMODE(os.stat(self.kept).st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(os.stat(os.path.dirname(self.kept)).st_mode), 0o700)
        self.idsectl("list")
        self.idsectl("refresh")
        self.idsectl("user", "list", status=4)
        self.idsectl("logout")
        self.assertFalse(os.path.exists(self.kept))
        self.idsectl("list", status=4)

    def test_one_that_has_ended_is_told_and_forgotten(self):
        user, path = self.new_user()
        self.idsectl("login", user, "--password-file", self.file)
        self.call(self.root, path, USER, "Disable", option({}))
        self.assertIn("idsectl login", self.idsectl("list", status=4))
        self.assertFalse(os.path.exists(self.kept))

    def test_one_that_others_can_read_is_not_used(self):
        user, _ = self.new_user()
        self.idsectl("login", user, "--password-file", self.file)
        os.chmod(self.kept, 0o644)
        self.assertIn(self.kept, self.idsectl("list", status=1))
        os.unlink(self.kept)

    def test_consulta_sees_movements_and_what_status_may_tell(self):
        user, _ = self.new_user("consulta")
        self.idsectl("login", user, "--password-file", self.file)
        self.idsectl("movements")
        self.assertIn("Lots:", self.idsectl("status"))
        self.assertIn("operador", self.idsectl("list", status=4))
        self.idsectl("logout")

    def test_accounts_by_the_command_line(self):
        names = "--names", "Eva", "--first-surname", "Prueba", "--password-file", self.file
        self.idsectl("user", "add", "eva@ejemplo.mx", *names, status=2, user=0)  # nothing was accepted
        self.idsectl("user", "add", "eva@ejemplo.mx", "--accept", *names, "--role", "jefe", status=2, user=0)
        self.idsectl("user", "add", "eva@ejemplo.mx", "--accept", *names, "--role", "consulta", user=0)
        self.idsectl("user", "role", "Eva@Ejemplo.MX", "operador", user=0)
        self.idsectl("user", "set", "eva@ejemplo.mx", "--names", "Evita", user=0)
        self.assertIn("Evita", self.idsectl("user", "list", user=0))
        self.assertRegex(self.idsectl("user", "list", user=0), "eva@ejemplo.mx .*operador")
        self.idsectl("user", "disable", "eva@ejemplo.mx", user=0)
        self.idsectl("user", "enable", "eva@ejemplo.mx", user=0)
        self.idsectl("user", "enable", "nadie@ejemplo.mx", status=3, user=0)
        self.idsectl("user", "passwd", "eva@ejemplo.mx", "--admin", "--password-file", self.file, user=0)
        self.idsectl("user", "recover", "eva@ejemplo.mx", status=1)
        for row in self.manager(self.root, "ListUsers"):
            if row["Email"] != "eva@ejemplo.mx":
                self.call(self.root, f"{ROOT}/user/{row['Id']}", USER, "Disable", option({}))
        self.assertIn("Relay=", self.idsectl("user", "recover", status=1, user=0))  # the only enabled one needs no name
        self.assertIn("EMAIL", self.idsectl("user", "recover", status=2))  # but who it is, not everybody may know
        self.assertIn("PRIVACY NOTICE", self.idsectl("user", "texts"))

    def test_the_history_is_asked_by_user_time_and_lot(self):
        user, _ = self.new_user()
        self.idsectl("login", user, "--password-file", self.file)
        acts = lambda *filter: [(record["action"], record["object"]) for record in
                                map(json.loads, self.idsectl("--quiet", "history", "--json", *filter, user=0).splitlines())]
        lot = self.submit(self.root).rsplit("/")[-1]
        self.idsectl("hold", lot)
        self.assertEqual(acts("--user", user), [("hold", f"lot {lot}"), ("login", f"user {user}")])
        self.assertEqual(acts("--lot", lot), [("hold", f"lot {lot}"), ("submit", f"lot {lot}")])
        self.assertEqual(acts("--lot", lot, "--user", user), [("hold", f"lot {lot}")])
        self.assertEqual(acts("--lot", lot, "--limit", "1"), [("hold", f"lot {lot}")])
        self.assertEqual(len(acts("--lot", lot, "--since", "2020-01-01", "--until", "2099-12-31")), 2)
        self.assertEqual(acts("--since", "2099-01-01"), [])
        self.assertEqual(acts("--until", "2020-01-01"), [])
        self.assertIn("The chain is whole. Records: ", self.idsectl("history", "verify", user=0))
        self.idsectl("logout")

    def typed(self, arguments, answers):
        """Runs it on a terminal of its own, and types each answer at the prompt that it belongs to."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(self.program, [self.program, *arguments], self.environment())
        seen = b""
        for prompt, answer in answers:
            while prompt not in seen:
                seen += os.read(terminal, 4096)
            seen = b""
            os.write(terminal, answer.encode() + b"\n")
        try:
            while more := os.read(terminal, 4096):
                seen += more
        except OSError:
            pass  # the other end was closed
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), seen.decode()

    def test_a_new_password_is_typed_twice_and_never_shown(self):
        user, _ = self.new_user()
        change = ["user", "passwd", user]
        status, seen = self.typed(change, [(b"Present password:", PASSWORD), (b"New password:", OTHER),
                                           (b"again:", OTHER + "x")])
        self.assertEqual(status, 6, seen)
        status, seen = self.typed(change, [(b"Present password:", PASSWORD), (b"New password:", OTHER), (b"again:", OTHER)])
        self.assertEqual(status, 0, seen)
        self.assertNotIn(OTHER, seen)
        self.login(self.clerk, user, OTHER)


# ---- mail ----

class Inbox:
    def __init__(self):
        self.messages = []

    async def handle_DATA(self, server, session, envelope):
        self.messages.append((envelope.mail_from, list(envelope.rcpt_tos), envelope.content, session.ssl is not None))
        return "250 taken"


def authenticate(server, session, envelope, mechanism, data):
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"relay", b"relay secret")
    return AuthResult(success=right)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Recovery(UsersTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.inbox = Inbox()
        cls.servers = []
        cls.certificate = os.path.join(cls.house.folder, "relay.pem")
        key = os.path.join(cls.house.folder, "relay.key")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=relay",
                        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cls.certificate],
                       check=True, capture_output=True)
        cls.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        cls.tls.load_cert_chain(cls.certificate, key)
        cls.password_file = os.path.join(cls.house.folder, "relay.password")
        with open(cls.password_file, "w") as f:
            f.write("relay secret\n")

    @classmethod
    def tearDownClass(cls):
        for server in cls.servers:
            server.stop()
        super().tearDownClass()

    def relay(self, scheme="smtp", config="", **how):
        """A relay, and a daemon that knows it."""
        server = Controller(self.inbox, hostname="127.0.0.1", port=free_port(), **how)
        server.start()
        self.servers.append(server)
        self.restart(f"Relay={scheme}://127.0.0.1:{server.port}\nFrom=idsed@ejemplo.mx\n{config}")

    def restart(self, mail):
        self.house.stop()
        with open(self.house.config, "w") as f:
            f.write(CONFIG + "[Mail]\n" + mail)
        self.house.start()

    def recover(self, user, **options):
        self.inbox.messages.clear()
        self.manager(self.clerk, "RecoverPassword", user, option(options))
        (sender, to, content, encrypted), = self.inbox.messages
        self.assertEqual((sender, to), ("idsed@ejemplo.mx", [user]))
        return email.message_from_bytes(content, policy=email.policy.default), encrypted, content

    def code_of(self, user):
        message, _, _ = self.recover(user)
        return re.search(r"^ +(\S+-\S+-\S+)\s*$", message.get_content(), re.M).group(1)

    def reset(self, user, code, password=OTHER):
        return self.with_secrets(self.clerk, ROOT, MANAGER, "ResetPassword", [user], [code, password], {})

    def starttls(self):
        self.relay(config=f"CAFile={self.certificate}\nUser=relay\nPasswordFile={self.password_file}\n",
                   tls_context=self.tls, require_starttls=True, authenticator=authenticate, auth_required=True)

    def test_the_mail_is_right_and_its_code_works_once(self):
        self.starttls()
        user, _ = self.new_user(names="José Ñuño")
        message, encrypted, content = self.recover(user)
        self.assertTrue(encrypted)
        self.assertEqual(message["Subject"], "Código para restablecer su contraseña del módulo IDSE")
        self.assertEqual((message["From"], message["To"]), ("idsed@ejemplo.mx", user))
        self.assertIsNotNone(email.utils.parsedate_to_datetime(message["Date"]))
        self.assertRegex(message["Message-ID"], r"^<[0-9a-f]{32}@ejemplo\.mx>$")
        self.assertEqual(message.get_content_type(), "text/plain")
        self.assertIn("José Ñuño", message.get_content())
        self.assertTrue(content.isascii())
        self.assertLessEqual(max(map(len, content.splitlines())), 78)
        code = re.search(r"^ +(\S+-\S+-\S+)\s*$", message.get_content(), re.M).group(1)
        self.reset(user, code)
        self.login(self.clerk, user, OTHER)
        self.fails("WrongCode", self.reset, user, code, PASSWORD)
        english, _, _ = self.recover(user, language="en")
        self.assertIn("reset your password", english["Subject"])
        self.assertNotIn(code, english.get_content())
        for path in self.house.log, *(os.path.join(self.house.state, name) for name in os.listdir(self.house.state)):
            with open(path, "rb") as f:
                data = f.read()
            for secret in code.encode(), b"relay secret", OTHER.encode():
                self.assertNotIn(secret, data, path)

    def test_five_wrong_codes_use_it_up(self):
        self.starttls()
        user, _ = self.new_user()
        code = self.code_of(user)
        self.fails("WeakPassword", self.reset, user, code, "corta")
        for i in range(4):
            self.fails("WrongCode", self.reset, user, f"WRNG-CODE-{i:04}")
        self.fails("WrongCode", self.reset, user, code)
        self.login(self.clerk, user)

    def test_a_code_is_too_old_after_half_an_hour(self):
        self.starttls()
        user, _ = self.new_user()
        code = self.code_of(user)
        self.in_the_database("UPDATE user SET code_until_us = code_until_us - 30 * 60 * 1000000 WHERE email = ?", user)
        self.fails("WrongCode", self.reset, user, code)

    def test_it_goes_over_tls_from_the_start_too(self):
        self.relay("smtps", f"CAFile={self.certificate}\n", ssl_context=self.tls)
        user, _ = self.new_user()
        self.recover(user)

    def test_a_relay_that_cannot_be_trusted_gets_nothing(self):
        user, _ = self.new_user()
        self.inbox.messages.clear()
        recover = lambda: self.manager(self.clerk, "RecoverPassword", user, option({}))
        self.relay(config=f"CAFile={self.certificate}\n")  # offers no STARTTLS
        self.fails("MailFailed", recover)
        self.relay(tls_context=self.tls, require_starttls=True)  # of an authority that nobody knows
        self.fails("MailFailed", recover)
        self.restart(f"Relay=smtp://127.0.0.1:{free_port()}\nFrom=idsed@ejemplo.mx\n")  # is not there
        self.fails("MailFailed", recover)
        self.assertEqual(self.inbox.messages, [])
        self.relay(config="StartTLS=never\n")
        _, encrypted, _ = self.recover(user)
        self.assertFalse(encrypted)

    def test_who_cannot_be_mailed_is_told_why(self):
        user, path = self.new_user()
        self.restart("")
        text = self.fails("MailNotConfigured", self.manager, self.clerk, "RecoverPassword", user, option({}))
        self.assertIn("Relay=", text)
        self.relay(config="StartTLS=never\n")
        self.assertIn("nadie@ejemplo.mx", self.fails("UnknownUser", self.manager, self.clerk, "RecoverPassword",
                                                     "nadie@ejemplo.mx", option({})))
        self.call(self.root, path, USER, "Disable", option({}))
        self.fails("UserDisabled", self.manager, self.clerk, "RecoverPassword", user, option({}))
        self.fails("InvalidUser", self.manager, self.clerk, "RecoverPassword", "x", option({}))
        self.fails("UnknownOption", self.manager, self.clerk, "RecoverPassword", user, option({"x": 1}))
        records, _ = self.manager(self.root, "ListHistory", option({"who": f"uid {CLERK}"}), dbus.UInt64(0), dbus.UInt32(10))
        self.assertIn(("recover-password", "user nadie@ejemplo.mx", "UnknownUser"),
                      [(r["action"], r["object"], r["outcome"]) for r in records])


if __name__ == "__main__":
    if os.getuid() != 0:
        print("needs root, to be more than one user")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1])
