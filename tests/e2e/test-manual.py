#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The examples of the manual, run in the sandbox as they stand there, in an order in which they make sense.

A block is a script; idsectl may end with the statuses that say how lots stand (0, 7, 8, 9), and doctor with 1, for in a sandbox
not all is well. Blocks that are configuration, or that direct the service manager, are not run."""

import pathlib
import re
import sys

from e2e import *

MAN = pathlib.Path(os.environ["IDSED_BUILD"]) / "man"
ORDER = ("idsectl-profile.1", "idsectl-rp.1", "idsectl-cert.1", "idsectl-check.1", "idsectl.1", "idsectl-submit.1",
         "idsectl-lots.1", "idsectl-movements.1", "idsectl-receipts.1", "idsectl-history.1", "idsectl-status.1",
         "idsectl-worker.1", "idsectl-user.1", "idsectl-backup.1", "idsed-states.7", "mx.idsed1.5")
HEAD = """
set -eo pipefail
idsectl() {
    local status=0
    command idsectl "$@" || status=$?
    case $1:$status in *:0|*:7|*:8|*:9|doctor:1) ;; *) echo "idsectl $* ended with $status" >&2; return $status ;; esac
}
"""


# Who corrects a table by hand: the portal rejects these movements for their SBC.
EDITOR = """#!/usr/bin/python3
import csv, sys
with open(sys.argv[1], newline="", encoding="utf-8-sig") as file:
    rows = list(csv.DictReader(file))
with open(sys.argv[1], "w", newline="") as file:
    table = csv.DictWriter(file, rows[0])
    table.writeheader()
    table.writerows({**row, "SBC": "450.50"} for row in rows)
"""


def blocks(page):
    text = (MAN / f"{page}.scd").read_text()
    examples = re.search(r"^# EXAMPLES\n(.*?)^# ", text, re.M | re.S)
    assert examples, f"{page} has no examples"
    return re.findall(r"^```\n(.*?)^```", examples[1], re.M | re.S)


def runs(block):
    return re.match(r"idsectl |cat |busctl |import ", block) and "busctl monitor" not in block


def prepare():
    """The files that the examples name."""
    for name, source in (("empresa.pfx", "imss.pfx"), ("empresa.password", "imss.password"), ("efirma.cer", "efirma.cer"),
                         ("efirma.key", "efirma.key"), ("efirma.password", "efirma.password")):
        file(name, (CREDENTIALS / source).read_bytes())
    file("ana.password", b"una clave larga 7")
    file("respaldo.password", b"otra clave larga 8")
    file("altas.txt", movements("Z9900001108", count=3, spoil=3))
    file("bajas.txt", movements("Z9900001108", type="02", first=100, count=2))
    file("cambios.txt", movements("Z9900001108", type="07", first=200, count=2))
    file("plantilla.csv", b"NSS,SBC\n99028500017,450.50\n")
    file("editor", EDITOR.encode()).chmod(0o755)
    file("tabla.csv", idsectl("template", "--type", "baja").stdout)


def case_run_page_after_page():
    prepare()
    for page in ORDER:
        for block in filter(runs, blocks(page)):
            block = block.replace("USUARIO01", (CREDENTIALS / "imss.user").read_text().strip())
            command = ["/usr/bin/python3", "-c", block] if block.startswith("import ") else ["bash", "-c", HEAD + block]
            done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=LIMIT,
                                  env=dict(os.environ, XDG_RUNTIME_DIR=str(HERE), EDITOR=str(HERE / "editor")))
            assert done.returncode == 0, f"{page}:\n{block}\n{done.stdout}{done.stderr}"


def case_every_page_with_examples_is_run():
    told = {path.name.removesuffix(".scd") for path in MAN.glob("*.scd") if re.search("^# EXAMPLES", path.read_text(), re.M)}
    for page in told - set(ORDER):
        assert not [block for block in blocks(page) if runs(block)], f"{page} has examples that nobody runs"


main(cases_of(sys.modules[__name__]))
