#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""docs/rules.md is made of the rule table, as `idsectl check --rules` shows it, and is up to date. Arguments: the top of the
source tree, idsectl, and --write to make the page anew."""

import json
import os
import pathlib
import subprocess
import sys

HEAD = """<!-- SPDX-License-Identifier: LGPL-2.1-or-later -->
<!-- Made by tests/contract/rules.py --write from lib/idse/rule-table.h; do not edit. -->
# What is found in a file

`idsectl check` and every submission hold a file against these rules. An *error* refuses the file; *warnings* and *notes*
let it pass. *Repaired* means that the canonical form, which is what is sent and what `idsectl check --fix` writes, has put
it right. A source with (?) is disputed. What the bounds and the
deadlines are is in `limits.conf` and `calendar.conf`, which `/etc/idsed` can extend.

| rule | severity | repaired | source | what is wrong |
|---|---|---|---|---|
"""


def page(idsectl):
    environment = dict(os.environ, LC_ALL="C", LANGUAGE="")
    rules = json.loads(subprocess.run([idsectl, "check", "--rules", "--json"], env=environment, check=True,
                                      capture_output=True, text=True).stdout)
    assert len(rules) > 50, "the rules were not listed"
    rows = [(f"`{rule['rule']}`", rule["severity"], "yes" if rule["repaired"] else "", rule["source"], rule["text"])
            for rule in rules]
    return HEAD + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def main():
    path = pathlib.Path(sys.argv[1]) / "docs/rules.md"
    text = page(sys.argv[2])
    if "--write" in sys.argv:
        path.write_text(text)
        return 0
    if not path.exists() or path.read_text() != text:
        print("docs/rules.md is not what the rules say: make it anew with tests/contract/rules.py . IDSECTL --write")
        return 1
    print("docs/rules.md says what the rules say")
    return 0


if __name__ == "__main__":
    sys.exit(main())
