#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The layer table of docs/architecture.md, held against every #include and against what the programs link."""

import pathlib
import re
import subprocess
import sys

# folder (or file): project headers it may include, by prefix; third-party headers, by prefix
SYSTEM = {"systemd": ("systemd/",), "jansson": ("jansson.h",), "openssl": ("openssl/",), "sqlite": ("sqlite3.h",),
          "event": ("event2/",), "curl": ("curl/",), "xml": ("libxml/",), "dbus": ("dbus/",), "ini": ("ini.h",),
          "smartcols": ("libsmartcols/",), "hpdf": ("hpdf",), "csv": ("csv.h",), "minizip": ("minizip/", "zlib.h"), "xlsxwriter": ("xlsxwriter.h",)}
TABLE = {
    "lib/base": (["base/"], ["systemd", "jansson"]),
    "lib/idse": (["base/", "idse/"], ["ini", "csv"]),
    "lib/vault": (["base/", "vault/"], ["openssl"]),
    "lib/store": (["base/", "idse/", "store/", "vault/digest.h"], ["sqlite"]),
    "lib/net": (["base/", "net/"], ["event", "curl"]),
    "lib/bus": (["base/", "bus/", "net/loop.h"], ["dbus", "event"]),
    "lib/bus/message": (["base/", "bus/message.h"], ["dbus"]),
    "lib/bus/client": (["base/", "bus/message.h", "bus/client.h"], ["dbus"]),
    "lib/portal": (["base/", "idse/", "vault/", "net/", "portal/"], ["xml", "ini", "event", "curl"]),
    "lib/evidence": (["base/", "idse/", "evidence/", "vault/digest.h"], ["jansson", "minizip"]),
    "daemon/engine": (["base/", "idse/", "store/", "portal/ops.h"], ["jansson"]),
    "daemon": (["base/", "idse/", "store/", "vault/", "net/", "bus/", "portal/", "evidence/", "engine/", "daemon/"],
               ["systemd", "jansson", "dbus", "event", "ini"]),
    "client": (["client/", "base/", "idse/", "bus/message.h", "bus/client.h"], ["jansson", "smartcols", "xlsxwriter", "dbus"]),
    "verify": (["base/", "idse/", "vault/proof.h", "vault/digest.h", "net/loop.h", "portal/pdf.h", "portal/layout.h",
                "portal/receipt-text.h", "evidence/", "verify/"], ["jansson"]),
    "notify": (["base/", "idse/date.h", "bus/message.h", "bus/client.h", "notify/"], []),
    "sim": (["base/", "idse/", "net/loop.h", "sim/"], ["systemd", "jansson", "event", "openssl", "hpdf"]),
}
# What a program must not link, whatever its sources say.
NOT_LINKED = {**dict.fromkeys(("client/idsectl", "notify/idse-notify"),
                              ("sqlite", "curl", "libxml2", "event", "libcrypto", "libssl", "minizip", "libz.")),
              "verify/idsed-verify": ("sqlite", "dbus")}

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.M)


def rule(path):
    """The longest entry of the table that the path begins with."""
    fitting = [key for key in TABLE if str(path).startswith(key + "/") or str(path).startswith(key + ".")
               or str(path).startswith(key + "-")]
    return max(fitting, key=len) if fitting else None


def check_file(top, path):
    key = rule(path)
    if not key:
        return []
    project, system = TABLE[key]
    allowed = tuple(prefix for name in system for prefix in SYSTEM[name])
    known = tuple(prefix for prefixes in SYSTEM.values() for prefix in prefixes)
    faults = []
    for bracket, header in INCLUDE.findall((top / path).read_text()):
        if bracket == '"':
            beside = (top / path).parent / header
            if header == "config.h" or header.startswith(tuple(project)) or ("/" not in header and beside.exists()):
                continue
            faults.append(f"{path}: {key} may not include \"{header}\"")
        elif header.startswith(known) and not header.startswith(allowed):
            faults.append(f"{path}: {key} may not include <{header}>")
    return faults


def check_links(build):
    faults = []
    for program, banned in NOT_LINKED.items():
        needed = subprocess.run(["readelf", "--dynamic", build / program], check=True, capture_output=True, text=True).stdout
        for library in re.findall(r"\(NEEDED\).*\[(.+)\]", needed):
            faults += [f"{program} links {library}" for word in banned if word in library]
    return faults


def main():
    top, build = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    files = [path.relative_to(top) for folder in ("lib", "daemon", "client", "verify", "sim")
             for path in sorted((top / folder).rglob("*.[ch]"))]
    assert len(files) > 50, "the sources were not found"
    faults = [fault for path in files for fault in check_file(top, path)]
    unruled = sorted({str(path.parent) for path in files if not rule(path)})
    faults += [f"{folder}: not in the layer table" for folder in unruled]
    faults += check_links(build)
    print("\n".join(faults) or f"{len(files)} files keep to the layers")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
