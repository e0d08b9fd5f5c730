/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/file-guess.h"

#include <string.h>

#include "base/i18n.h"
#include "base/util.h"
#include "idse/csv-table.h"
#include "idse/source.h"

enum { LOOKED_AT = 64 * 1024 };

#define PICTURE                                                                                              \
    N_("it seems to be a picture; a receipt is the PDF that the portal gives, not a photograph or scan of "  \
       "it")
#define COMPRESSED N_("it seems to be compressed; unpack it, and bring what is in it")
#define CREDENTIAL N_("it seems to be a certificate or a key; 'idsectl cert add' takes those")
#define WEB_PAGE   N_("it seems to be a page of the web, perhaps one that was saved in place of the receipt")

/* What a kind of file begins with. */
static const struct {
    const char *bytes;
    size_t n;
    const char *sentence;
} marks[] = {
#define MARK(bytes, sentence)                                                                                \
    {                                                                                                        \
        bytes, sizeof(bytes) - 1, sentence                                                                   \
    }
    MARK("\xFF\xD8\xFF", PICTURE),
    MARK("\x89PNG\r\n", PICTURE),
    MARK("GIF8", PICTURE),
    MARK("II*\0", PICTURE),
    MARK("MM\0*", PICTURE),
    MARK("\x1F\x8B", COMPRESSED),
    MARK("7z\xBC\xAF\x27\x1C", COMPRESSED),
    MARK("Rar!\x1A\x07", COMPRESSED),
    MARK("\xFD"
         "7zXZ\0",
         COMPRESSED),
    MARK("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", N_("it seems to be a workbook or another document of an office; "
                                                "of a table of results the CSV is taken")),
    MARK("\x30\x82", CREDENTIAL),
    MARK("-----BEGIN ", CREDENTIAL),
    MARK("SQLite format 3\0", N_("it seems to be a database")),
    MARK("<?xml", N_("it seems to be an XML file, as of an invoice (CFDI)")),
    MARK("{", N_("it seems to be JSON")),
#undef MARK
};

static bool is_web_page(const char *text, size_t n)
{
    static const char *const tags[] = {"<!doctype html", "<html", "<head"};
    while (n > 0 && strchr(" \t\r\n", *text) && *text)
        text++, n--;
    for (size_t i = 0; i < ELEMENTSOF(tags); i++)
        if (n >= strlen(tags[i]) && strncasecmp(text, tags[i], strlen(tags[i])) == 0)
            return true;
    return false;
}

static bool has_movements(const void *data, size_t n)
{
    struct movement movement;
    _cleanup_(source_cleanup) struct source *source = source_new(data, n, NULL);
    return source_next(source, &movement) > 0;
}

static bool is_table(const void *data, size_t n)
{
    _cleanup_(csv_table_cleanup) struct csv_table *table = csv_table_new(data, n, NULL);
    return csv_table_is_text(table) && csv_table_next(table) && csv_table_width(table) > 1;
}

const char *file_guess(const void *data, size_t n)
{
    size_t head = MIN(n, (size_t)LOOKED_AT);
    if (n == 0)
        return _("it is empty");
    for (size_t i = 0; i < ELEMENTSOF(marks); i++)
        if (n >= marks[i].n && memcmp(data, marks[i].bytes, marks[i].n) == 0)
            return _(marks[i].sentence);
    if (is_web_page(data, head))
        return _(WEB_PAGE);
    if (memchr(data, '\0', head))
        return _("it is neither a PDF nor a table (CSV)");
    if (has_movements(data, head))
        return _("it seems to be a file of movements; 'idsectl submit' sends those");
    return is_table(data, head) ? _("it seems to be a table, but not of what became of movements; if it is "
                                    "one of the portal's, "
                                    "say with --lot whose")
                                : _("it seems to be a text, and is neither a PDF nor a table (CSV)");
}
