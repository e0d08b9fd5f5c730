/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/text.h"

#include <ctype.h>

enum { REPLACEMENT = 0xFFFD };

/* Length of the well-formed UTF-8 character at `s` (n bytes left), or 0. */
static size_t utf8_char_len(const unsigned char *s, size_t n)
{
    if (s[0] < 0x80)
        return s[0] ? 1 : 0;
    size_t len = s[0] >= 0xF0 ? 4 : s[0] >= 0xE0 ? 3 : 2;
    if (s[0] < 0xC2 || s[0] > 0xF4 || len > n)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((s[i] & 0xC0) != 0x80)
            return 0;
    /* overlong forms, surrogates, beyond U+10FFFF */
    if ((s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] > 0x9F) || (s[0] == 0xF0 && s[1] < 0x90) ||
        (s[0] == 0xF4 && s[1] > 0x8F))
        return 0;
    return len;
}

bool utf8_valid(const char *text, size_t n)
{
    const unsigned char *s = (const unsigned char *)text;
    while (n > 0) {
        size_t len = utf8_char_len(s, n);
        if (len == 0)
            return false;
        s += len;
        n -= len;
    }
    return true;
}

char *utf8_repair(const char *text, size_t n)
{
    struct buf out = BUF_INIT;
    for (size_t i = 0; i < n && text[i];) {
        size_t len = utf8_char_len((const unsigned char *)text + i, n - i);
        if (len > 0)
            buf_add(&out, text + i, len);
        else
            utf8_add(&out, REPLACEMENT);
        i += len > 0 ? len : 1;
    }
    return buf_steal(&out, NULL);
}

uint32_t utf8_next(const char **at)
{
    const unsigned char *s = (const unsigned char *)*at;
    if (!*s)
        return 0;
    if (s[0] < 0x80) {
        *at += 1;
        return s[0];
    }
    int len = s[0] >= 0xF0 ? 4 : s[0] >= 0xE0 ? 3 : 2;
    uint32_t c = s[0] & (0x7Fu >> len);
    for (int i = 1; i < len; i++)
        c = c << 6 | (s[i] & 0x3F);
    *at += len;
    return c;
}

void utf8_add(struct buf *buf, uint32_t c)
{
    char *at = buf_reserve(buf, 4);
    size_t n = 0;
    if (c < 0x80)
        at[n++] = (char)c;
    else {
        if (c < 0x800)
            at[n++] = (char)(0xC0 | c >> 6);
        else {
            if (c < 0x10000)
                at[n++] = (char)(0xE0 | c >> 12);
            else {
                at[n++] = (char)(0xF0 | c >> 18);
                at[n++] = (char)(0x80 | (c >> 12 & 0x3F));
            }
            at[n++] = (char)(0x80 | (c >> 6 & 0x3F));
        }
        at[n++] = (char)(0x80 | (c & 0x3F));
    }
    at[n] = '\0';
    buf->len += n;
}

size_t utf8_length(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

/* 0x80…0x9F of Windows-1252; 0 where it has no character. */
static const uint16_t cp1252_high[32] = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178,
};

char *cp1252_to_utf8(const char *text, size_t n)
{
    struct buf out = BUF_INIT;
    for (size_t i = 0; i < n && text[i]; i++) {
        unsigned char byte = (unsigned char)text[i];
        uint32_t c = byte;
        if (byte >= 0x80 && byte < 0xA0)
            c = cp1252_high[byte - 0x80] ? cp1252_high[byte - 0x80] : REPLACEMENT;
        utf8_add(&out, c);
    }
    return buf_steal(&out, NULL);
}

int cp1252_from_unicode(uint32_t c)
{
    if (c < 0x80 || (c >= 0xA0 && c <= 0xFF))
        return (int)c;
    for (int i = 0; i < 32; i++)
        if (cp1252_high[i] == c && c)
            return 0x80 + i;
    return -1;
}

char *str_trim(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    size_t n = strlen(text);
    while (n > 0 && isspace((unsigned char)text[n - 1]))
        text[--n] = '\0';
    return text;
}

char *str_ascii_upper(char *text)
{
    for (char *c = text; *c; c++)
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
    return text;
}

char *str_ascii_lower(char *text)
{
    for (char *c = text; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    return text;
}

bool str_all_digits(const char *text)
{
    return *text && text[strspn(text, "0123456789")] == '\0';
}

bool str_to_uint(const char *text, uint64_t max, uint64_t *ret)
{
    if (!str_all_digits(text))
        return false;
    uint64_t value = 0;
    for (; *text; text++) {
        uint64_t digit = (uint64_t)(*text - '0');
        if (value > (max - MIN(digit, max)) / 10 || value * 10 + digit > max)
            return false;
        value = value * 10 + digit;
    }
    *ret = value;
    return true;
}

static size_t edit_distance(const char *a, const char *b)
{
    size_t n = strlen(b);
    size_t row[64];
    if (n >= ELEMENTSOF(row))
        return SIZE_MAX;
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t corner = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < n; j++) {
            size_t replace = corner + (a[i] != b[j]);
            corner = row[j + 1];
            row[j + 1] = MIN(replace, MIN(row[j], corner) + 1);
        }
    }
    return row[n];
}

const char *str_nearest(const char *word, const char *const *list)
{
    const char *best = NULL;
    size_t least = 4;
    for (; *list; list++) {
        size_t distance = edit_distance(word, *list);
        if (distance < least) {
            least = distance;
            best = *list;
        }
    }
    return best;
}

/* One or more parts with a dot between, each of these characters; how many parts, 0 when it is not so. */
static unsigned dotted_parts(const char *text, size_t n, const char *letters, size_t longest)
{
    unsigned parts = 1;
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '.' ? len == 0 : !strchr(letters, text[i]) || ++len > longest)
            return 0;
        if (text[i] == '.') {
            parts++;
            len = 0;
        }
    }
    return len > 0 ? parts : 0;
}

char *email_fold(const char *text)
{
    static const char of_name[] = "abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+/=?^_`{|}~-";
    static const char of_domain[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    enum { NAME_MAX_LEN = 64, PART_MAX_LEN = 63, EMAIL_MAX_LEN = 254 };
    _cleanup_free_ char *email = str_ascii_lower(xstrdup(text));
    const char *at = strchr(email, '@');
    if (!at || strlen(email) > EMAIL_MAX_LEN || at - email > NAME_MAX_LEN ||
        dotted_parts(email, (size_t)(at - email), of_name, NAME_MAX_LEN) == 0 ||
        dotted_parts(at + 1, strlen(at + 1), of_domain, PART_MAX_LEN) < 2 || strstr(at, ".-") ||
        strstr(at, "-.") || at[1] == '-' || at[strlen(at) - 1] == '-')
        return NULL;
    return STEAL(email);
}
