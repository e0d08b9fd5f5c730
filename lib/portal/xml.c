/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <libxml/HTMLparser.h>
#include <stdlib.h>

#include "base/lazy.h"

/* libxml2 brings ICU along, with tables of 30 MB, for pages that only a visit to the portal has. */
static struct lazy xml = {"libxml2.so.2", NULL};

xmlFreeFunc xmlFree = free; /* as the library has it, unless it is told otherwise */

LAZY_FUNCTION(xml, htmlDocPtr, htmlReadMemory,
              (const char *text, int size, const char *url, const char *encoding, int options),
              (text, size, url, encoding, options))
LAZY_FUNCTION(xml, xmlNodePtr, xmlDocGetRootElement, (const xmlDoc *doc), (doc))
LAZY_FUNCTION(xml, void, xmlFreeDoc, (xmlDocPtr doc), (doc))
LAZY_FUNCTION(xml, xmlChar *, xmlGetNoNsProp, (const xmlNode *node, const xmlChar *name), (node, name))
LAZY_FUNCTION(xml, xmlAttrPtr, xmlHasProp, (const xmlNode *node, const xmlChar *name), (node, name))
LAZY_FUNCTION(xml, int, xmlStrEqual, (const xmlChar *a, const xmlChar *b), (a, b))
LAZY_FUNCTION(xml, int, xmlStrcasecmp, (const xmlChar *a, const xmlChar *b), (a, b))
