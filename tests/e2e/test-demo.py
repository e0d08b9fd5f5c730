#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""tools/demo, behind its installing and building: it ends well, and what it promises is there.

usage: test-demo.py SANDBOX DEMO"""

import os
import pathlib
import subprocess
import sys
import tempfile

sandbox, demo = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:3])
with tempfile.TemporaryDirectory(prefix="idsed-demo.") as folder:
    done = subprocess.run([sandbox, "--sim-delay", "3", demo, "--inside"], env=dict(os.environ, TMPDIR=folder),
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
    print(done.stdout, done.stderr)
    assert done.returncode == 0, f"status {done.returncode}"
    assert "8 lots, 0 of them twice" in done.stdout
    for code in "051", "021":
        assert f" {code} " in done.stdout, f"no movement was rejected with {code}"
    assert len(done.stdout.splitlines()) < 120, "nobody reads that much"
    out, = pathlib.Path(folder).iterdir()
    for kind in "acuse", "constancia":
        receipts = list(out.glob(f"receipts/*-{kind}.pdf"))
        assert len(receipts) == 8 and all(path.read_bytes().startswith(b"%PDF") for path in receipts)
