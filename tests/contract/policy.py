#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The polkit actions against the contract: dbus/*.xml names no other action than those that are defined, each says in both
languages what it is about, and each belongs to the daemon's user, for polkit answers nobody else but root. Argument: the
top of the source tree."""

import pathlib
import sys
import xml.etree.ElementTree as tree

LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
OWNER = "org.freedesktop.policykit.owner"


def daemon_user(top):
    """As the daemon's unit has it; sysusers makes it."""
    user, = [line[5:] for line in (top / "systemd/idsed.service.in").read_text().splitlines() if line.startswith("User=")]
    made = [line.split()[1] for line in (top / "systemd/idsed.sysusers").read_text().splitlines() if line.startswith("u ")]
    assert user in made, f"systemd/idsed.sysusers does not make {user}"
    return user


def named_actions(top):
    documents = sorted((top / "dbus").glob("*.xml"))
    assert documents, "the contract was not found"
    return {annotation.get("value") for document in documents for annotation in tree.parse(document).iter("annotation")
            if annotation.get("name") == "mx.idsed1.Action"}


def check_action(action, user):
    name = action.get("id")
    owners = [annotation.text for annotation in action.iter("annotate") if annotation.get("key") == OWNER]
    faults = [] if owners == [f"unix-user:{user}"] else [f"{name}: is not owned by unix-user:{user}"]
    for kind in ("description", "message"):
        if {text.get(LANGUAGE) for text in action.iter(kind)} != {None, "es"}:
            faults.append(f"{name}: its {kind} is not in English and Spanish")
    return faults


def main():
    top = pathlib.Path(sys.argv[1])
    actions = {action.get("id"): action for action in tree.parse(top / "data/polkit/mx.idsed1.policy").iter("action")}
    faults = [f"{name}: no such polkit action" for name in sorted(named_actions(top) - set(actions))]
    for action in actions.values():
        faults += check_action(action, daemon_user(top))
    print("\n".join(faults) or f"{len(actions)} actions are as they should be")
    return 1 if faults else 0


sys.exit(main())
