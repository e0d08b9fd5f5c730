#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Who may call what: every method of every interface, called by users with one right each, judged by the real polkitd with
the actions and rules that are shipped. Runs in a mount namespace of its own, where those users and rules exist.

usage: test-access.py IDSED IDSECTL SOURCE-TREE
"""

import contextlib
import csv
import ctypes
import glob
import hashlib
import json
import os
import pty
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

import dbus
from dbus.types import UnixFd

from harness import AWAY, ERROR, LONG, NAME, PROPERTIES, ROOT, RP, House, acuse, die_with_parent, dispmag, memory_file, reingreso

IDSED, IDSECTL, TOP = (os.path.abspath(path) for path in sys.argv[1:4])
POLKITD = "/usr/lib/polkit-1/polkitd"
POLKITD_POLICY = "/usr/share/dbus-1/system.d/org.freedesktop.PolicyKit1.conf"
SKIPPED = 77
NOT_FOUND, DENIED = 3, 4  # exit statuses of idsectl

READ, SUBMIT, CONTROL, CREDENTIALS, USERS = ("mx.idsed1." + action for action in (
    "read", "submit", "control", "manage-credentials", "manage-users"))
EVERYBODY = None

# Each method of each interface and the action that it needs; a method that is not here fails the test.
TABLE = {
    "Manager": {
        "Submit": SUBMIT, "ImportReceipt": CONTROL, "ListLots": SUBMIT, "ListMovements": READ, "ReadMovements": READ, "ListWorkers": READ, "ListDue": READ,
        "Overview": SUBMIT, "ExportWorker": SUBMIT, "EraseWorker": USERS,
        "AddRegistration": CONTROL, "ListRegistrations": READ,
        "AddCertificate": CREDENTIALS, "ListCertificates": SUBMIT, "ListProfiles": READ, "UseProfile": CONTROL,
        "Refresh": CONTROL, "Backup": CREDENTIALS, "ReleaseCopy": CREDENTIALS, "ListHistory": SUBMIT, "VerifyHistory": READ, "ExplainCode": READ, "Diagnose": READ, "Reindex": CONTROL,
        "AddUser": USERS, "ListUsers": USERS, "Register": EVERYBODY, "LegalTexts": EVERYBODY, "Login": EVERYBODY,
        "UseSession": EVERYBODY, "Logout": EVERYBODY, "ChangePassword": EVERYBODY, "RecoverPassword": EVERYBODY,
        "ResetPassword": EVERYBODY,
    },
    "Lot": {
        "Hold": CONTROL, "Release": CONTROL, "Approve": CONTROL, "Cancel": CONTROL, "Retry": CONTROL, "Correct": SUBMIT,
        "Reconcile": CONTROL,
        "ListReceipts": READ, "GetReceipt": READ, "GetRecords": SUBMIT, "ListAttempts": SUBMIT, "GetTranscript": SUBMIT, "GetEvidence": SUBMIT,
    },
    "Certificate": {"Test": CREDENTIALS, "Replace": CREDENTIALS, "Remove": CREDENTIALS, "Release": CREDENTIALS},
    "Registration": {"Pause": CONTROL, "Resume": CONTROL, "Remove": CONTROL, "Update": CONTROL},
    "User": {"Enable": USERS, "Disable": USERS, "Update": USERS, "SetRole": USERS, "SetPassword": USERS},
}
PATHS = {"Manager": ROOT, "Lot": ROOT + "/lot/1", "Certificate": ROOT + "/certificate/1",
         "Registration": ROOT + "/registration/Z9900001108", "User": ROOT + "/user/1"}
# The bus's own interfaces, on the root object: method, signature, arguments, action.
STANDARD = [
    (PROPERTIES, "Get", "ss", (NAME + ".Manager", "LotCounts"), READ),
    (PROPERTIES, "GetAll", "s", (NAME + ".Manager",), READ),
    ("org.freedesktop.DBus.ObjectManager", "GetManagedObjects", "", (), SUBMIT),
    ("org.freedesktop.DBus.Introspectable", "Introspect", "", (), EVERYBODY),
    ("org.freedesktop.DBus.Peer", "Ping", "", (), EVERYBODY),
]

# Users that exist in this test only, and what the rules give them.
PEOPLE = {
    "lector": {READ}, "captura": {SUBMIT}, "control": {CONTROL}, "certificados": {CREDENTIALS}, "usuarios": {USERS},
    "miembro": {READ, SUBMIT, CONTROL},  # of the group idse, by the shipped rule
    "nomina": {READ, SUBMIT},            # by the shipped example of a service's user
    "nadie": set(),
}
FIRST_UID = 52000
UIDS = {name: FIRST_UID + i for i, name in enumerate(PEOPLE)}
GROUP_IDSE = 52999
RULES = """polkit.addRule(function (action, subject) {
    var rights = {lector: "%s", captura: "%s", control: "%s", certificados: "%s", usuarios: "%s"};
    if (rights[subject.user] == action.id)
        return polkit.Result.YES;
});
""" % (READ, SUBMIT, CONTROL, CREDENTIALS, USERS)

# Runs as somebody: makes each call of the JSON list on standard input and prints the errors' names, "" for none.
CALLER = """
import json, os, sys, dbus, dbus.bus, dbus.lowlevel
bus = dbus.bus.BusConnection(sys.argv[1])
ARGUMENTS = {"s": lambda: dbus.String("x"), "b": lambda: dbus.Boolean(False), "u": lambda: dbus.UInt32(1),
             "t": lambda: dbus.UInt64(1), "h": lambda: dbus.types.UnixFd(os.memfd_create("x")),
             "as": lambda: dbus.Array([], signature="s"), "a{sv}": lambda: dbus.Dictionary({}, signature="sv"),
             "a{sh}": lambda: dbus.Dictionary({}, signature="sh")}
answers = []
for path, interface, method, types, given in json.load(sys.stdin):
    message = dbus.lowlevel.MethodCallMessage("mx.idsed1", path, interface, method)
    arguments = given if given is not None else [ARGUMENTS[type]() for type in types]
    message.append(*arguments, signature="".join(types))
    try:
        bus.send_message_with_reply_and_block(message, 120)
        answers.append(["", ""])
    except dbus.DBusException as e:
        answers.append([e.get_dbus_name(), e.get_dbus_message()])
print(json.dumps(answers))
"""


def contract():
    """(interface, method, types of the in-arguments, action) of everything that dbus/*.xml declares."""
    for path in sorted(glob.glob(os.path.join(TOP, "dbus", "mx.idsed1.*.xml"))):
        for interface in xml.etree.ElementTree.parse(path).iter("interface"):
            for method in interface.iter("method"):
                action = [note.get("value") for note in method.iter("annotation") if note.get("name") == NAME + ".Action"]
                types = [arg.get("type") for arg in method.iter("arg") if arg.get("direction") == "in"]
                yield interface.get("name").removeprefix(NAME + "."), method.get("name"), types, (action or [None])[0]


def every_call():
    """What every_answer() asks: [path, interface, method, types, arguments], and the action it needs."""
    calls = [([PATHS[interface], f"{NAME}.{interface}", method, types, None], action)
             for interface, method, types, action in contract()]
    return calls + [([ROOT, interface, method, list(types), list(arguments)], action)
                    for interface, method, types, arguments, action in STANDARD]


# ---- the surroundings ----

def bind(source, target):
    subprocess.run(["mount", "--bind", source, target], check=True)


def enter_namespace():
    CLONE_NEWNS = 0x20000
    libc = ctypes.CDLL(None, use_errno=True)
    if os.getuid() != 0 or not os.path.exists(POLKITD) or libc.unshare(CLONE_NEWNS) != 0:
        print("needs root, polkitd and a mount namespace")
        sys.exit(SKIPPED)
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)


def copy_with(path, more, folder):
    copy = os.path.join(folder, os.path.basename(path))
    shutil.copyfile(path, copy)
    with open(copy, "a") as f:
        f.write(more)
    os.chmod(copy, 0o644)
    bind(copy, path)


def furnish(folder):
    """Puts our users, actions and rules where everybody looks for them."""
    os.chmod(folder, 0o755)
    copy_with("/etc/passwd", "".join(f"{name}:x:{uid}:{uid}::/nonexistent:/bin/sh\n" for name, uid in UIDS.items()), folder)
    copy_with("/etc/group", f"idse:x:{GROUP_IDSE}:miembro\n" +
              "".join(f"{name}:x:{uid}:\n" for name, uid in UIDS.items()), folder)
    actions, rules, local = (os.path.join(folder, name) for name in ("actions", "rules", "local"))
    for path in actions, rules, local:
        os.mkdir(path)
        os.chmod(path, 0o755)
    shutil.copy(os.path.join(TOP, "data/polkit/mx.idsed1.policy"), actions)
    shutil.copy(os.path.join(TOP, "data/polkit/idsed.rules"), rules)
    shutil.copy(os.path.join(TOP, "data/polkit/payroll-service.rules"), local)
    with open(os.path.join(local, "test.rules"), "w") as f:
        f.write(RULES)
    bind(actions, "/usr/share/polkit-1/actions")
    bind(rules, "/usr/share/polkit-1/rules.d")
    bind(local, "/etc/polkit-1/rules.d")


class Access(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        enter_namespace()
        cls.folder = tempfile.mkdtemp(prefix="idsed-access.")
        furnish(cls.folder)
        cls.program = shutil.copy(IDSECTL, cls.folder)  # where everybody may run it, wherever the tree is
        cls.house = House(IDSED, os.path.join(TOP, "dbus/mx.idsed1.conf"), AWAY,
                          more_policies=[POLKITD_POLICY])
        cls.bus = cls.house.connect()
        cls.polkitd = None

    @classmethod
    def tearDownClass(cls):
        if cls.polkitd:
            cls.polkitd.terminate()
            cls.polkitd.wait()
        cls.bus.close()
        cls.house.end()
        for target in ("/etc/passwd", "/etc/group", "/usr/share/polkit-1/actions", "/usr/share/polkit-1/rules.d",
                       "/etc/polkit-1/rules.d"):
            subprocess.run(["umount", target], check=True)
        shutil.rmtree(cls.folder)

    @classmethod
    def start_polkitd(cls):
        """Returns when it has its name, which it takes after it has read its rules."""
        if cls.polkitd:
            return
        environment = dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS=cls.house.address)
        cls.polkitd = subprocess.Popen([POLKITD, "--no-debug"], env=environment, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL, preexec_fn=die_with_parent)
        subprocess.run(["gdbus", "wait", "--system", "--timeout", "60", "org.freedesktop.PolicyKit1"], env=environment,
                       check=True, timeout=LONG)

    def answers(self, name, calls):
        uid = UIDS[name]
        groups = [GROUP_IDSE] if name == "miembro" else []
        done = subprocess.run(["/usr/bin/python3", "-B", "-c", CALLER, self.house.address], input=json.dumps(calls),
                              user=uid, group=uid, extra_groups=groups, cwd="/", capture_output=True, text=True,
                              timeout=LONG)
        self.assertEqual(done.stderr, "")
        return json.loads(done.stdout)

    # ---- the tests, in the order of their names ----

    def test_1_the_table_has_every_method_with_its_action(self):
        declared = {}
        for interface, method, _, action in contract():
            declared.setdefault(interface, {})[method] = action
        self.assertEqual(declared, TABLE)
        self.assertLessEqual(set(declared), set(PATHS))

    def test_2_a_denial_is_in_the_history(self):
        self.answers("nadie", [[ROOT, NAME + ".Manager", "Refresh", ["a{sv}"], None]])
        manager = self.bus.get_object(NAME, ROOT, introspect=False)
        records, _ = manager.get_dbus_method("ListHistory", NAME + ".Manager")(
            {"who": f"uid {UIDS['nadie']}"}, 0, 1, signature="a{sv}tu")
        self.assertEqual([(str(r["action"]), str(r["outcome"])) for r in records], [(CONTROL, "AccessDenied")])

    def test_3_without_polkit_nobody_but_root_is_served(self):
        calls = every_call()
        for name in "nadie", "miembro":
            for (call, action), (error, text) in zip(calls, self.answers(name, [call for call, _ in calls])):
                if action is not EVERYBODY:
                    self.assertEqual(error, ERROR + "AccessDenied", f"{name}: {call}")
                    self.assertIn("polkit is not running", text)

    def test_4_each_right_opens_its_methods_and_no_other(self):
        self.start_polkitd()
        calls = every_call()
        for name, rights in PEOPLE.items():
            for (call, action), (error, text) in zip(calls, self.answers(name, [call for call, _ in calls])):
                allowed = action is EVERYBODY or action in rights
                self.assertEqual(error != ERROR + "AccessDenied", allowed, f"{name}: {call}: {error} {text}")
                if not allowed:
                    self.assertIn(action, text)

    def test_5_a_person_is_asked_only_at_a_terminal(self):
        """pkttyagent, polkit's own agent for terminals, stands ready for both; who has none is not asked."""
        self.start_polkitd()
        script = (f"pkttyagent --process $$ --notify-fd 3 3>{self.folder}/ready & read line <{self.folder}/ready;"
                  f" exec {self.program} --address={self.house.address} rp list")
        os.mkfifo(os.path.join(self.folder, "ready"))
        os.chown(os.path.join(self.folder, "ready"), UIDS["nadie"], UIDS["nadie"])
        text = self.at_terminal(script, until="AUTHENTICATING FOR mx.idsed1.read")
        self.assertIn("AUTHENTICATING FOR mx.idsed1.read", text)
        self.assertIn("Authentication is required to see movements of workers", text)
        quiet = self.at_terminal(script + " </dev/null 2>/dev/null | cat", until=None)
        self.assertNotIn("AUTHENTICATING", quiet)

    def at_terminal(self, script, until):
        """Runs it on a terminal of its own as somebody without rights; what it wrote until it ended, or said `until`."""
        pid, fd = pty.fork()
        if pid == 0:
            die_with_parent()
            os.setgroups([])
            os.setgid(UIDS["nadie"])
            os.setuid(UIDS["nadie"])
            os.chdir("/")
            os.execve("/bin/sh", ["sh", "-c", script],
                      {"PATH": os.environ["PATH"], "DBUS_SYSTEM_BUS_ADDRESS": self.house.address, "LC_ALL": "C.UTF-8",
                       "TERM": "dumb"})
        text = ""
        try:
            while not (until and until in text and "workers" in text):
                ready, _, _ = select.select([fd], [], [], LONG)
                if not ready:
                    break
                text += os.read(fd, 4096).decode(errors="replace")
        except OSError:
            pass  # the other end is closed: it ended
        os.close(fd)  # hangs up, which ends agent and caller
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.waitpid(pid, 0)
        return text

    # What must be there for every act to have something to act on: method, signature, arguments.
    def made_objects(self):
        pfx = os.path.join(self.folder, "any.pfx")
        pem = os.path.join(self.folder, "any.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", pem, "-out", pem,
                        "-days", "90", "-subj", "/CN=Practica"], check=True, capture_output=True)
        subprocess.run(["openssl", "pkcs12", "-export", "-in", pem, "-out", pfx, "-passout", "pass:Clave2026x"],
                       check=True, capture_output=True)
        with open(pfx, "rb") as f:
            certificate = {"pfx": UnixFd(memory_file(f.read())), "password": UnixFd(memory_file(b"Clave2026x"))}
        privacy, agreement = (str(text["version"]) for text in self.root(ROOT, "Manager", "LegalTexts", "s", "es"))
        yield "AddRegistration", "sa{sv}", (RP, {})
        yield "Submit", "ha{sv}", (UnixFd(memory_file(dispmag([reingreso(1)]))), {})
        yield "AddCertificate", "sa{sh}asa{sv}", ("imss", certificate, [RP], {"user": "USUARIO01"})
        yield "AddUser", "sha{sv}", ("ana@example.mx", UnixFd(memory_file(b"una clave bien larga")),
                                     {"names": "Ana", "first-surname": "Ficticia", "privacy": privacy,
                                      "agreement": agreement})

    def root(self, path, interface, method, signature, *arguments):
        return self.bus.call_blocking(NAME, path, f"{NAME}.{interface}", method, signature, arguments, timeout=LONG)

    def newest(self):
        records, _ = self.root(ROOT, "Manager", "ListHistory", "a{sv}tu", {}, 0, 1)
        return int(records[0]["seq"]) if records else 0

    def test_6_every_act_is_in_the_history_also_one_that_fails(self):
        for method, signature, arguments in self.made_objects():
            before = self.newest()
            self.root(ROOT, "Manager", method, signature, *arguments)
            self.assertGreater(self.newest(), before, method)
        empty = {"s": "x", "b": False, "u": 1, "t": 1, "as": [], "a{sv}": {}, "a{sh}": {}}
        # What is open to everybody is recorded once it is tried, so that strangers do not fill the disk: see test-users.py.
        acts = [(method == "Remove", interface, method, types) for interface, method, types, action in contract()
                if types and types[-1] == "a{sv}" and action]
        self.assertGreater(len(acts), 20)
        for _, interface, method, types in sorted(acts):
            before = self.newest()
            arguments = [UnixFd(memory_file(b"x")) if type == "h" else empty[type] for type in types]
            try:
                self.root(PATHS[interface], interface, method, "".join(types), *arguments)
                error = "ok"
            except dbus.DBusException as e:
                error = e.get_dbus_name()
            self.assertNotIn("Unknown" + interface, error, f"{interface}.{method} had nothing to act on")
            self.assertGreater(self.newest(), before, f"{interface}.{method}: {error}")

    def test_7_the_actions_are_described_in_both_languages(self):
        policy = xml.etree.ElementTree.parse(os.path.join(TOP, "data/polkit/mx.idsed1.policy"))
        actions = {action.get("id"): action for action in policy.iter("action")}
        self.assertEqual(set(actions), {READ, SUBMIT, CONTROL, CREDENTIALS, USERS})
        language = "{http://www.w3.org/XML/1998/namespace}lang"
        for action in actions.values():
            for what in "description", "message":
                self.assertEqual({text.get(language) for text in action.findall(what)}, {None, "es"})
            for kind in "allow_any", "allow_inactive", "allow_active":  # never for nothing, never without a way
                self.assertRegex(action.find("defaults/" + kind).text, "^auth_admin(_keep)?$")

    # ---- read-only mode, by the command line ----

    def idsectl(self, name, *arguments, status=0):
        groups = [GROUP_IDSE] if name == "miembro" else []
        done = subprocess.run([self.program, f"--address={self.house.address}", *arguments], user=UIDS[name], group=UIDS[name],
                              extra_groups=groups, cwd="/", env=dict(os.environ, LC_ALL="C.UTF-8", LANGUAGE="en"),
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=LONG)
        self.assertEqual(done.returncode, status, f"{name}: {arguments}: {done.stderr.decode()}")
        return done

    def lot_with_documents(self):
        """An acuse that was brought, and a page of the portal beside it, which no clerk can bring; their numbers and bytes."""
        receipt, page = acuse("501000008", [reingreso(8), reingreso(9)]), b"<html>a page that nobody understands</html>"
        lot = int(self.root(ROOT, "Manager", "ImportReceipt", "ha{sv}", UnixFd(memory_file(receipt)),
                            {"name": "acuse.pdf", "add-registration": True})["lot"])
        self.house.stop()
        with contextlib.closing(sqlite3.connect(os.path.join(self.house.state, "idsed.db"))) as database, database:
            kept, = database.execute("SELECT id FROM document WHERE lot = ?", (lot,)).fetchone()
            added = database.execute("INSERT INTO document(lot, kind, name, media_type, sha256, size, stored_us)"
                                     " VALUES(?, 4, 'page.html', 'text/html', ?, ?, 1)",
                                     (lot, hashlib.sha256(page).hexdigest(), len(page))).lastrowid
            database.execute("INSERT INTO document_part(id, bytes) VALUES(? << 20, ?)", (added, page))
        self.house.start()
        return lot, (kept, receipt), (added, page)

    def test_8_who_may_only_read_has_receipts_and_nothing_else_of_a_lot(self):
        self.start_polkitd()
        lot, (kept, receipt), (added, page) = self.lot_with_documents()
        number, folder = str(lot), tempfile.mkdtemp(dir=self.folder)
        os.chmod(folder, 0o777)
        before = self.newest()
        listed = {name: json.loads(self.idsectl(name, "receipts", "list", number, "--json").stdout)
                  for name in ("lector", "nomina", "miembro")}
        self.assertEqual({name: [row["kind"] for row in rows] for name, rows in listed.items()},
                         {"lector": ["acuse"], "nomina": ["acuse", "page"], "miembro": ["acuse", "page"]})
        self.assertEqual(self.idsectl("lector", "receipts", "get", number, "acuse").stdout, receipt)
        self.assertEqual(self.idsectl("lector", "receipts", "get", number, str(kept)).stdout, receipt)
        named = f"{folder}/{lot}-501000008-acuse.pdf"
        self.assertEqual(self.idsectl("lector", "receipts", "export", number, "--to", folder).stdout.decode(), named + "\n")
        with open(named, "rb") as file:
            self.assertEqual(file.read(), receipt)
        self.idsectl("lector", "receipts", "list", number, f"--export={folder}/documentos.csv")
        with open(f"{folder}/documentos.csv", encoding="utf-8-sig") as file:
            row, = csv.DictReader(file)
        self.assertEqual((row["Registro Patronal"], row["Número de Lote"], row["Clase"]), (RP, "501000008", "acuse"))
        self.assertEqual(self.newest(), before, "what is merely left out is no denial")
        self.assertEqual(self.idsectl("nomina", "receipts", "get", number, "page").stdout, page)
        # What is no receipt, whoever knows its number: screens, records, transcripts, and the bundle, which has them all.
        self.idsectl("lector", "receipts", "get", number, "page", status=NOT_FOUND)
        for more in ["get", number, "records"], ["get", number, "transcript"], ["export", number, "--zip", folder + "/all.zip"], \
                ["export", number, "--bundle", "--to", folder + "/all"], ["list"]:
            said = self.idsectl("lector", "receipts", *more, status=DENIED).stderr.decode()
            self.assertIn(SUBMIT, said, more)
        path = f"{ROOT}/lot/{lot}"
        calls = [[path, NAME + ".Lot", "GetReceipt", ["t"], [document]] for document in (kept, added, added + 1)]
        self.assertEqual([error for error, _ in self.answers("lector", calls)],
                         ["", ERROR + "AccessDenied", ERROR + "UnknownDocument"])
        records, _ = self.root(ROOT, "Manager", "ListHistory", "a{sv}tu", {}, 0, 1)
        self.assertEqual((str(records[0]["action"]), str(records[0]["object"])), (SUBMIT, path))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:])
