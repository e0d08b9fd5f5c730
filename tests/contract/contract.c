/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/contract/contract.h"

#include <libxml/parser.h>
#include <stdio.h>

/* Both sides are written down as lines of text, one per fact; then the two lists of lines are compared. */
struct lines {
    char **line;
    size_t n;
};

static void _printf_(2, 3) add(struct lines *lines, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    lines->line = xreallocarray(lines->line, lines->n + 1, sizeof(char *));
    lines->line[lines->n++] = xvasprintf(fmt, ap);
    va_end(ap);
}

static void lines_clear(struct lines *lines)
{
    while (lines->n > 0)
        free(lines->line[--lines->n]);
    free(lines->line);
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static size_t report_differences(struct lines *document, struct lines *table, struct buf *report)
{
    size_t d = 0, t = 0, differences = 0;
    qsort(document->line, document->n, sizeof(char *), compare);
    qsort(table->line, table->n, sizeof(char *), compare);
    while (d < document->n || t < table->n) {
        int order = d == document->n ? 1 : t == table->n ? -1 : strcmp(document->line[d], table->line[t]);
        if (order < 0)
            buf_printf(report, "document: %s\n", document->line[d]);
        else if (order > 0)
            buf_printf(report, "table: %s\n", table->line[t]);
        differences += order != 0;
        d += order <= 0;
        t += order >= 0;
    }
    return differences;
}

/* ---- the table ---- */

static void add_table_args(struct lines *lines, const char *what, const char *member, const char *direction,
                           const char *signature, const char **names)
{
    DBusSignatureIter types;
    int i = 1;
    if (!*signature)
        return;
    if (!dbus_signature_validate(signature, NULL)) {
        add(lines, "%s %s: '%s' is no signature", what, member, signature);
        return;
    }
    dbus_signature_iter_init(&types, signature);
    do {
        char *type = dbus_signature_iter_get_signature(&types);
        size_t n = strcspn(*names, " ");
        add(lines, "%s %s %s %d: %s %.*s", what, member, direction, i++, type, (int)n, *names);
        *names += n + strspn(*names + n, " ");
        dbus_free(type);
    } while (dbus_signature_iter_next(&types));
}

static void add_table(struct lines *lines, const struct bus_interface *interface)
{
    static const char *const emits[] = {[BUS_EMITS_CHANGE] = "true",
                                        [BUS_EMITS_INVALIDATION] = "invalidates",
                                        [BUS_EMITS_NOTHING] = "false",
                                        [BUS_EMITS_CONST] = "const"};
    for (const struct bus_method *m = interface->methods; m && m->name; m++) {
        const char *names = str_or_empty(m->args);
        add(lines, "method %s: action %s", m->name, m->action ? m->action : "none");
        add_table_args(lines, "method", m->name, "in", m->in, &names);
        add_table_args(lines, "method", m->name, "out", m->out, &names);
        if (*names)
            add(lines, "method %s: one name too many, %s", m->name, names);
        if (!m->handler)
            add(lines, "method %s: no handler", m->name);
    }
    for (const struct bus_signal *s = interface->signals; s && s->name; s++) {
        const char *names = str_or_empty(s->args);
        add(lines, "signal %s", s->name);
        add_table_args(lines, "signal", s->name, "out", s->signature, &names);
        if (*names)
            add(lines, "signal %s: one name too many, %s", s->name, names);
    }
    size_t n = 0;
    for (const struct bus_property *p = interface->properties; p && p->name; p++, n++)
        add(lines, "property %s: %s read %s", p->name, p->signature, emits[p->emits]);
    if (n > 64)
        add(lines, "more than 64 properties, which PropertiesChanged has no bits for");
}

/* ---- the document ---- */

static const char *attribute(xmlNode *node, const char *name, const char *otherwise)
{
    xmlAttr *found = xmlHasProp(node, (const xmlChar *)name);
    return found && found->children ? (const char *)found->children->content : otherwise;
}

static bool is_element(xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && streq((const char *)node->name, name);
}

/* The value of an annotation of a member. */
static const char *annotation(xmlNode *member, const char *name, const char *otherwise)
{
    for (xmlNode *child = member->children; child; child = child->next)
        if (is_element(child, "annotation") && streq(attribute(child, "name", ""), name))
            return attribute(child, "value", "");
    return otherwise;
}

static void add_document_args(struct lines *lines, const char *what, xmlNode *member, const char *usual)
{
    int in = 1, out = 1;
    for (xmlNode *arg = member->children; arg; arg = arg->next)
        if (is_element(arg, "arg")) {
            const char *direction = attribute(arg, "direction", usual);
            add(lines, "%s %s %s %d: %s %s", what, attribute(member, "name", "?"), direction,
                streq(direction, "in") ? in++ : out++, attribute(arg, "type", "?"),
                attribute(arg, "name", ""));
        }
}

static void add_document(struct lines *lines, xmlNode *interface)
{
    for (xmlNode *member = interface->children; member; member = member->next) {
        const char *name = member->type == XML_ELEMENT_NODE ? attribute(member, "name", "?") : NULL;
        if (!name)
            continue;
        if (is_element(member, "method")) {
            add(lines, "method %s: action %s", name, annotation(member, "mx.idsed1.Action", "none"));
            add_document_args(lines, "method", member, "in");
        } else if (is_element(member, "signal")) {
            add(lines, "signal %s", name);
            add_document_args(lines, "signal", member, "out");
        } else if (is_element(member, "property"))
            add(lines, "property %s: %s %s %s", name, attribute(member, "type", "?"),
                attribute(member, "access", "?"),
                annotation(member, "org.freedesktop.DBus.Property.EmitsChangedSignal", "true"));
        else
            add(lines, "%s %s", (const char *)member->name, name);
    }
}

static size_t check(xmlDoc *document, const struct bus_interface *interface, struct buf *report)
{
    xmlNode *found = NULL, *root = document ? xmlDocGetRootElement(document) : NULL;
    for (xmlNode *node = root ? root->children : NULL; node && !found; node = node->next)
        if (is_element(node, "interface") && streq(attribute(node, "name", ""), interface->name))
            found = node;
    size_t differences = 1;
    if (found) {
        struct lines in_document = {0}, in_table = {0};
        add_document(&in_document, found);
        add_table(&in_table, interface);
        differences = report_differences(&in_document, &in_table, report);
        lines_clear(&in_document);
        lines_clear(&in_table);
    } else
        buf_printf(report, "the document has no interface %s\n", interface->name);
    xmlFreeDoc(document);
    return differences;
}

size_t bus_contract_check(const char *xml_path, const struct bus_interface *interface, struct buf *report)
{
    return check(xmlReadFile(xml_path, NULL, XML_PARSE_NONET), interface, report);
}

size_t bus_contract_check_text(const char *xml, const struct bus_interface *interface, struct buf *report)
{
    return check(xmlReadMemory(xml, (int)strlen(xml), "introspection", NULL, XML_PARSE_NONET), interface,
                 report);
}
