#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the interfaces of dbus/*.xml in scdoc's language, for mx.idsed1(5): what stands in the comment before each interface,
method, signal and property is its text.

usage: dbus.py XML…"""

import re
import sys
import textwrap
import xml.dom.minidom

ACTION = "mx.idsed1.Action"
SPDX = "SPDX-License-Identifier"


def escape(text):
    return re.sub(r"([\\*_#\[\]<>|~`+])", r"\\\1", text)


def text(comment):
    """The comment's sentences, in one line each paragraph; points of a list stay apart; words in quotes are printed bold."""
    paragraphs = [[]]
    for line in textwrap.dedent(comment).strip().splitlines():
        line = line.strip()
        if line.startswith("* "):
            paragraphs.append(["- "])
            line = line[2:]
        paragraphs[-1].append(line)
    lines = []
    for words in paragraphs:
        point = words[:1] == ["- "]
        joined = escape(" ".join(words[point:]))
        joined = re.sub(r'"([\w-]+)"', r"*\1*", joined)
        lines.append(("- " if point else "") + joined)
    return "\n".join(filter(None, lines))


def described(parent):
    """The elements of a node, each with the comment that stands before it."""
    comment = ""
    for node in parent.childNodes:
        if node.nodeType == node.COMMENT_NODE and SPDX not in node.data:
            comment = node.data
        elif node.nodeType == node.ELEMENT_NODE:
            yield node, comment
            comment = ""


def arguments(member, direction):
    found = []
    for argument in member.getElementsByTagName("arg"):
        if (argument.getAttribute("direction") or "out") == direction:
            found.append(f"{escape(argument.getAttribute('type'))} _{argument.getAttribute('name')}_")
    return ", ".join(found)


def action(member):
    for annotation in member.getElementsByTagName("annotation"):
        if annotation.getAttribute("name") == ACTION:
            return annotation.getAttribute("value")
    return None


def method(member):
    returned = arguments(member, "out")
    head = f"*{member.getAttribute('name')}*({arguments(member, 'in')})" + (f" → {returned}" if returned else "")
    needs = action(member)
    return head, f"Needs {needs}." if needs else "For everybody."


def signal(member):
    return f"*{member.getAttribute('name')}*({arguments(member, 'out')})", ""


def prop(member):
    return f"*{member.getAttribute('name')}*: {escape(member.getAttribute('type'))}", ""


KINDS = (("method", "Methods", method), ("signal", "Signals", signal), ("property", "Properties", prop))


def print_interface(interface, comment):
    print(f"# {interface.getAttribute('name').upper()}\n")
    print(text(comment) + "\n")
    members = list(described(interface))
    for tag, heading, head_of in KINDS:
        chosen = [(member, said) for member, said in members if member.tagName == tag]
        if not chosen:
            continue
        print(f"## {heading}\n")
        for member, said in chosen:
            head, after = head_of(member)
            said = text(said).replace("\n", " ")
            for argument in member.getElementsByTagName("arg"):
                said = re.sub(rf"(^|[.;)] ){re.escape(escape(argument.getAttribute('name')))}:",
                              rf"\1_{argument.getAttribute('name')}_:", said)
            print(f"{head}\n\t{said}{' ' if said and after else ''}{after}\n")


def main():
    sys.stdout.reconfigure(encoding="utf-8")
    for path in sys.argv[1:]:
        for node in xml.dom.minidom.parse(path).childNodes:
            if node.nodeType == node.COMMENT_NODE and SPDX not in node.data:
                _, _, points = text(node.data).partition("\n")
                print(f"# CONVENTIONS\n\n{points}\n")
            elif node.nodeType == node.ELEMENT_NODE:
                for interface, comment in described(node):
                    print_interface(interface, comment)


main()
