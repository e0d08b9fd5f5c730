/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/file-text.h"

#include "base/buf.h"
#include "base/text.h"

enum { CTRL_Z = 0x1A, BYTE_ORDER_MARK = 0xFEFF, REPLACEMENT = 0xFFFD };

/* The containers of .xlsx and .ods, and of .xls. */
static bool is_workbook(const char *data, size_t n)
{
    return (n >= 4 && memcmp(data, "PK\x03\x04", 4) == 0) ||
           (n >= 8 && memcmp(data, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8) == 0);
}

enum utf16 { UTF16_NONE, UTF16_LITTLE, UTF16_BIG };

/* By its mark, or by the NULs in the letters of its first line. */
static enum utf16 utf16_of(const uint8_t *bytes, size_t n)
{
    if (n < 4)
        return UTF16_NONE;
    if ((bytes[0] == 0xFF && bytes[1] == 0xFE) || (bytes[0] && !bytes[1] && bytes[2] && !bytes[3]))
        return UTF16_LITTLE;
    if ((bytes[0] == 0xFE && bytes[1] == 0xFF) || (!bytes[0] && bytes[1] && !bytes[2] && bytes[3]))
        return UTF16_BIG;
    return UTF16_NONE;
}

static uint32_t unit_at(const uint8_t *at, bool big)
{
    return big ? (uint32_t)at[0] << 8 | at[1] : (uint32_t)at[1] << 8 | at[0];
}

/* Half a character, or half a pair of them, becomes one that no record has. */
static char *utf16_to_utf8(const uint8_t *at, size_t n, bool big, size_t *ret_n)
{
    _cleanup_buf_ struct buf text = BUF_INIT;
    const uint8_t *end = at + n;
    if (unit_at(at, big) == BYTE_ORDER_MARK)
        at += 2;
    while (end - at >= 2) {
        uint32_t c = unit_at(at, big), low = end - at >= 4 ? unit_at(at + 2, big) : 0;
        at += 2;
        if (c >= 0xD800 && c < 0xDC00 && low >= 0xDC00 && low < 0xE000) {
            c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
            at += 2;
        } else if (c >= 0xD800 && c < 0xE000)
            c = REPLACEMENT;
        if (c == 0)
            buf_add_char(&text, '\0');
        else
            utf8_add(&text, c);
    }
    if (at < end)
        utf8_add(&text, REPLACEMENT);
    return buf_steal(&text, ret_n);
}

/* Does the text that ends here end in a control record? What follows is then no movement that was lost. */
static bool ends_in_control(const char *data, size_t n)
{
    while (n > 0 && data[n - 1] != '\n' && data[n - 1] != '\r')
        n--;
    return data[n] == '*';
}

/* How much of the text is left without what stands behind its end. */
static size_t without_tail(const char *data, size_t n)
{
    size_t from = n, mark;
    while (from > 0 && strchr("\x1A \r\n", data[from - 1])) /* and a NUL, which ends the string */
        from--;
    for (mark = from; mark < n && data[mark] != CTRL_Z && data[mark] != '\0'; mark++)
        ;
    if (mark == n || from == 0 || (data[mark] == '\0' && !ends_in_control(data, from)))
        return n;
    return mark;
}

bool file_text_open(const void *data, size_t n, struct findings *findings, struct file_text *ret)
{
    const uint8_t *bytes = data;
    *ret = (struct file_text){.data = "", .n = 0};
    if (is_workbook(data, n)) {
        findings_report(findings, RULE_FILE_WORKBOOK, 0, 0, NULL, NULL, NULL);
        return false;
    }
    ret->data = data;
    ret->n = n;
    enum utf16 utf16 = utf16_of(bytes, n);
    if (utf16 != UTF16_NONE) {
        ret->data = ret->owned = utf16_to_utf8(bytes, n, utf16 == UTF16_BIG, &ret->n);
        findings_report(findings, RULE_FILE_UTF16, 1, 0, NULL, NULL, NULL);
    }
    size_t left = without_tail(ret->data, ret->n);
    if (left < ret->n)
        findings_report(findings, RULE_FILE_TAIL, 0, 0, NULL, NULL, NULL);
    ret->n = left;
    return true;
}

void file_text_free(struct file_text *text)
{
    free(text->owned);
    *text = (struct file_text){0};
}
