/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/fold.h"

#include "base/text.h"

/* Letters of the upper half come in two cases, 0x20 apart. */
#define BOTH(from, to, letter) [from... to] = letter, [from + 0x20 ... to + 0x20] = letter

/* clang-format off */
const uint8_t fold_column[256] = {
    [' '] = ' ', ['!'] = '!', ['"'] = '"', ['#'] = '#', ['$'] = '$', ['%'] = '%', ['&'] = '&', ['\''] = '\'',
    ['('] = '(', [')'] = ')', ['*'] = '*', ['+'] = '+', [','] = ',', ['-'] = '-', ['.'] = '.', ['/'] = '/',
    ['0'] = '0', ['1'] = '1', ['2'] = '2', ['3'] = '3', ['4'] = '4', ['5'] = '5', ['6'] = '6', ['7'] = '7',
    ['8'] = '8', ['9'] = '9', [':'] = ':', [';'] = ';', ['<'] = '<', ['='] = '=', ['>'] = '>', ['?'] = '?',
    ['@'] = '@', ['['] = '[', ['\\'] = '\\', [']'] = ']', ['^'] = '^', ['_'] = '_', ['`'] = '\'', ['{'] = '{',
    ['|'] = '|', ['}'] = '}', ['~'] = '~',
    BOTH('A', 'A', 'A'), BOTH('B', 'B', 'B'), BOTH('C', 'C', 'C'), BOTH('D', 'D', 'D'), BOTH('E', 'E', 'E'),
    BOTH('F', 'F', 'F'), BOTH('G', 'G', 'G'), BOTH('H', 'H', 'H'), BOTH('I', 'I', 'I'), BOTH('J', 'J', 'J'),
    BOTH('K', 'K', 'K'), BOTH('L', 'L', 'L'), BOTH('M', 'M', 'M'), BOTH('N', 'N', 'N'), BOTH('O', 'O', 'O'),
    BOTH('P', 'P', 'P'), BOTH('Q', 'Q', 'Q'), BOTH('R', 'R', 'R'), BOTH('S', 'S', 'S'), BOTH('T', 'T', 'T'),
    BOTH('U', 'U', 'U'), BOTH('V', 'V', 'V'), BOTH('W', 'W', 'W'), BOTH('X', 'X', 'X'), BOTH('Y', 'Y', 'Y'),
    BOTH('Z', 'Z', 'Z'),
    BOTH(0xC0, 0xC5, 'A'), BOTH(0xC7, 0xC7, 'C'), BOTH(0xC8, 0xCB, 'E'), BOTH(0xCC, 0xCF, 'I'), BOTH(0xD0, 0xD0, 'D'),
    BOTH(0xD1, 0xD1, COLUMN_ENYE), BOTH(0xD2, 0xD6, 'O'), BOTH(0xD8, 0xD8, 'O'), BOTH(0xD9, 0xDC, 'U'),
    BOTH(0xDD, 0xDD, 'Y'),
    [0x8A] = 'S', [0x9A] = 'S', [0x8E] = 'Z', [0x9E] = 'Z', [0x9F] = 'Y', [0xFF] = 'Y', /* Š Ž Ÿ */
    [0xAA] = 'A', [0xBA] = 'O',                                                         /* ª º */
    [0x91] = '\'', [0x92] = '\'', [0xB4] = '\'', /* quotes, acute */
    [0x96] = '-', [0x97] = '-', [0xAD] = '-',    /* dashes, soft hyphen */
    [0xA0] = ' ',                                /* no-break space */
};
/* clang-format on */

size_t fold_text(const char *text, uint8_t *ret, size_t max)
{
    size_t n = 0;
    while (*text && n < max) {
        int byte = (unsigned char)*text < 0x80 ? *text++ : cp1252_from_unicode(utf8_next(&text));
        ret[n++] = byte > 0 && fold_column[byte] ? fold_column[byte] : '?';
    }
    return n;
}

void fold_to_utf8(const uint8_t *columns, size_t n, char *ret)
{
    for (size_t i = 0; i < n; i++) {
        if (columns[i] >= 0x80)
            *ret++ = (char)(0xC0 | columns[i] >> 6);
        *ret++ = columns[i] >= 0x80 ? (char)(0x80 | (columns[i] & 0x3F)) : (char)columns[i];
    }
    *ret = '\0';
}
