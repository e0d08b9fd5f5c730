/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "idse/finding.h"
#include "idse/record.h"

/*
 * From the bytes of a file to lines of RECORD_COLUMNS columns, one Windows-1252 byte each, whatever the
 * file's ends of line and encoding. Private to the record reader.
 */
enum line_encoding { LINE_ENCODING_UNDECIDED, LINE_ENCODING_UTF8, LINE_ENCODING_CP1252 };

struct lines {
    const uint8_t *at, *end;
    struct findings *findings;
    uint32_t line; /* of the columns given last, 1-based */
    enum line_encoding encoding;
    bool told_lf, told_cr, told_trail;
    uint8_t columns[RECORD_COLUMNS]; /* of a line that had to be decoded */
};

enum { LINES_END, LINES_GOOD, LINES_BAD };

void lines_init(struct lines *lines, const void *data, size_t n, struct findings *findings);
/*
 * LINES_GOOD and *ret_columns, valid until the next call; every byte there is printable in Windows-1252 and
 * has a fold. LINES_BAD for a line that cannot be a record, which was reported. LINES_END.
 */
int lines_next(struct lines *lines, const uint8_t **ret_columns);
