# SPDX-License-Identifier: LGPL-2.1-or-later
"""A private system bus with the real policy, and a real idsed on it, for tests in Python."""

import ctypes
import fcntl
import contextlib
import os
import queue
import shutil
import signal
import socket
import subprocess
import tempfile
import threading

import dbus
import dbus.bus

NAME = "mx.idsed1"
ROOT = "/mx/idsed1"
ERROR = "mx.idsed1.Error."
MANAGER, LOT, CERTIFICATE, REGISTRATION, USER = (NAME + "." + word for word in (
    "Manager", "Lot", "Certificate", "Registration", "User"))
PROPERTIES = "org.freedesktop.DBus.Properties"
LONG = 120  # seconds that a call may take where the machine is busy

# The portal is a port that nobody listens on, so that a visit ends at once; and no visit follows another soon.
AWAY = """
[Portal]
Base=https://127.0.0.1:1/
"""
CONFIG = AWAY + """[Sending]
RetryFirstSec=3600
RetryMaxSec=3600
"""

BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={folder}/bus</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <deny send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus"/>
  </policy>
  <policy user="root">
    <allow own="org.freedesktop.PolicyKit1"/>
    <allow send_destination="org.freedesktop.PolicyKit1"/>
  </policy>
{policies}
</busconfig>
"""


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: a test that is killed leaves nobody behind


class House:
    """The bus, the daemon, and their folder."""

    def __init__(self, idsed, policy, config="", more_policies=()):
        self.idsed = idsed
        self.folder = tempfile.mkdtemp(prefix="idsed-bus.")
        os.chmod(self.folder, 0o755)
        self.address = f"unix:path={self.folder}/bus"
        self.state = os.path.join(self.folder, "state")
        self.key = os.path.join(self.folder, "idsed.key")
        self.config = os.path.join(self.folder, "idsed.conf")
        self.log = os.path.join(self.folder, "idsed.log")
        with open(self.key, "wb") as f:
            os.fchmod(f.fileno(), 0o600)
            f.write(os.urandom(32))
        with open(self.config, "w") as f:
            f.write("[Check]\nFutureDates=allow\n\n" + config)  # the movements have fixed dates, whatever today is
        with open(os.path.join(self.folder, "bus.conf"), "w") as f:
            policies = "\n".join(f"  <include>{path}</include>" for path in (policy, *more_policies))
            f.write(BUS_CONFIG.format(folder=self.folder, policies=policies))
        self.daemon = None
        self.bus_daemon = subprocess.Popen(
            ["dbus-daemon", f"--config-file={self.folder}/bus.conf", "--nofork", "--nopidfile", "--print-address"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, preexec_fn=die_with_parent)
        self.bus_daemon.stdout.readline()
        self.start()

    def connect(self):
        # dbus-python has no descriptors on a connection from dbus.connection.Connection, but has them here.
        return dbus.bus.BusConnection(self.address)

    def start(self, with_key=True, environment=()):
        """Returns when the daemon has its name: its notification comes after that. `environment` changes what it inherits."""
        path = os.path.join(self.folder, "notify")
        if os.path.exists(path):
            os.unlink(path)
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        notify.bind(path)
        command = [self.idsed, "--config", self.config, "--state", self.state]
        if with_key:
            command += ["--key-file", self.key]
        inherited = {name: value for name, value in os.environ.items() if name != "LANGUAGE"}
        environment = {**inherited, "DBUS_SYSTEM_BUS_ADDRESS": self.address, "NOTIFY_SOCKET": path, "LC_ALL": "C.UTF-8",
                       **dict(environment)}
        # A sanitizer keeps freed memory to catch its use; little of it, where a test asks how much there is.
        environment["ASAN_OPTIONS"] = environment.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1:thread_local_quarantine_size_kb=64"
        with open(self.log, "ab") as log:
            self.daemon = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=log,
                                           preexec_fn=die_with_parent)
        self.notices = queue.Queue()
        threading.Thread(target=self.listen, args=(notify, self.notices), daemon=True).start()
        self.notify = notify
        while "READY=1" not in self.next_notice():
            pass

    @staticmethod
    def listen(notify, notices):
        while data := notify.recv(4096):
            notices.put(data.decode())

    def next_notice(self):
        while True:
            try:
                return self.notices.get(timeout=0.2)
            except queue.Empty:
                if self.daemon.poll() is not None:
                    raise RuntimeError("idsed does not run: " + open(self.log).read())

    def stop(self, how=signal.SIGTERM):
        self.daemon.send_signal(how)
        status = self.daemon.wait(30)
        self.notify.shutdown(socket.SHUT_RDWR)
        self.notify.close()
        return status

    def resident_kib(self):
        with open(f"/proc/{self.daemon.pid}/status") as f:
            return next(int(line.split()[1]) for line in f if line.startswith("VmRSS:"))

    def descriptors(self):
        """How many the daemon has, but for those of its databases: workers come and go there."""
        folder = f"/proc/{self.daemon.pid}/fd"
        count = 0
        for name in os.listdir(folder):
            with contextlib.suppress(FileNotFoundError):
                count += "idsed.db" not in os.readlink(f"{folder}/{name}")
        return count

    def end(self):
        """Closes it; the daemon must end well, and no sanitizer have had a word to say."""
        status = self.stop() if self.daemon.poll() is None else 0
        with open(self.log) as f:
            log = f.read()
        self.close()
        assert status == 0 and "Sanitizer" not in log and "runtime error" not in log, log

    def close(self):
        if self.daemon.poll() is None:
            self.stop()
        self.bus_daemon.terminate()
        self.bus_daemon.wait()
        self.bus_daemon.stdout.close()
        shutil.rmtree(self.folder)


def invoke(bus, path, interface, method, *arguments):
    return bus.get_object(NAME, path, introspect=False).get_dbus_method(method, interface)(*arguments, timeout=LONG)


def memory_file(data, sealed=True):
    fd = os.memfd_create("test", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view):]
    if sealed:
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS,
                    fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
    return fd


# ---- invented movements with right check digits ----

def luhn(digits):
    total = 0
    for i, c in enumerate(reversed(digits)):
        n = int(c) * (2 if i % 2 == 0 else 1)
        total += n // 10 + n % 10
    return str((10 - total % 10) % 10)


def nss(number):
    digits = f"99{number:08d}"
    return digits + luhn(digits)


RP = "Z9900001108"
RP_2 = "Z9900002106"
RP_UNKNOWN = "A9900003103"


def field(text, width):
    return text.ljust(width)[:width]


def reingreso(number, rp=RP, date="20112026"):
    return (rp + nss(number) + field("PEREZ", 27) + field("LOPEZ", 27) + field("JUAN", 27) + "045050" + " " * 6 +
            "100" + date + "001" + "  " + "08" + "06400" + field(f"E{number:07d}", 10) + " " + " " * 18 + "9")


def baja(number, rp=RP, date="20112026"):
    return (rp + nss(number) + field("PEREZ", 27) + field("LOPEZ", 27) + field("JUAN", 27) + "0" * 15 + date +
            " " * 5 + "02" + "06400" + field(f"E{number:07d}", 10) + "2" + " " * 18 + "9")


def control(count):
    return "*" * 13 + " " * 43 + f"{count:06d}" + " " * 71 + "06400" + " " * 29 + "9"


def dispmag(records):
    return "".join(line + "\r\n" for line in [*records, control(len(records))]).encode()


def paper(lines):
    """A PDF of one page with these lines, as pdftotext reads it."""
    text = b"BT /F 5 Tf 40 760 Td 7 TL " + b"".join(
        b"(" + line.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)") + b") Tj T* "
        for line in lines) + b"ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>",
    ]
    pdf, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(pdf))
        pdf += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return pdf + b"xref\n0 6\n0000000000 65535 f \n" + table + \
        b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(pdf)


def acuse(number, records, rp=RP, received="2026-11-20 10:30"):
    """An acuse of the portal's lot of this number, which reprints the records."""
    return paper(["Acuse de Recibo Electrónico", "", f"Número de folio: 1234567890123456{number[-3:]}",
                  "Razón Social: Práctica", f"Número de lote: {number}", "RFC del patrón: PRA0101015X9",
                  f"Fecha y hora de recepción del lote: {received}", f"Registro Patronal: {rp}",
                  "Serial del certificado: 30001000000500003415", "Huella Digital: " + "A1" * 20, "",
                  *dispmag(records).decode("ascii").splitlines(), "", "Sello Digital: " + "0F" * 64 + " | 12"])


def constancia(*parts):
    """A constancia of one or more employers, each part a registro patronal, a lot and the NSS of its altas, all operadas."""
    lines = []
    for rp, number, workers in parts:
        n = len(workers)
        lines += ["Constancia de Presentación de Movimientos Afiliatorios", "", f"Número de folio: 1234567890123456{number[-3:]}",
                  "Razón Social: Práctica", f"Número de lote: {number}", "RFC del patrón: PRA0101015X9",
                  "Fecha y hora de recepción del lote: 2026-11-20 10:30", f"Registro Patronal: {rp}",
                  "Serial del certificado: 30001000000500003415", "Huella Digital: " + "A1" * 20, "", "",
                  f"0  0  {n}  {n}  0  0  {n}  {n}  0  0  0  0", "", "", "Relación de movimientos operados", "",
                  "TM  NSS          Nombre del asegurado      Sal.Base  Ext.  UMF  TS  Fec-Mov     TT  C.Baja",
                  *(f"08  {nss}  PEREZ LOPEZ JUAN            450.50     0  000   0  20/11/2026   1       0" for nss in workers),
                  "", "", "", "Para efectos de esta constancia: NSS = Número de seguridad social", "",
                  "Sello Digital: " + "0F" * 64 + " | 12", "", "", ""]
    return paper(lines)


def option(value):
    return dbus.Dictionary(value, signature="sv")
