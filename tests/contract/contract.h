/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/buf.h"
#include "bus/server.h"

/*
 * Compares an <interface> of an introspection document with the table that serves it, both ways: methods, signals and
 * properties, their names, arguments (name, type, direction, order), access, change signal and polkit action. Adds a line
 * to the report for each difference ("document: …" stands only there, "table: …" only there) and returns how many there
 * are. A document that cannot be read is one difference.
 */
size_t bus_contract_check(const char *xml_path, const struct bus_interface *interface, struct buf *report);
/* The same for a document in memory, e.g. what Introspect gave. */
size_t bus_contract_check_text(const char *xml, const struct bus_interface *interface, struct buf *report);
