/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portal/form.h"

static void add_escaped(struct buf *body, const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789*-._";
    for (; *text; text++) {
        if (strchr(plain, *text))
            buf_add_char(body, *text);
        else if (*text == ' ')
            buf_add_char(body, '+');
        else {
            static const char digits[] = "0123456789ABCDEF";
            unsigned char c = (unsigned char)*text;
            buf_add(body, (const char[]){'%', digits[c >> 4], digits[c & 15]}, 3);
        }
    }
}

void form_add_urlencoded(struct buf *body, const char *name, const char *value)
{
    if (body->len)
        buf_add_char(body, '&');
    add_escaped(body, name);
    buf_add_char(body, '=');
    add_escaped(body, value);
}

void form_add_part(struct buf *body, const char *boundary, const char *name, const char *file_name,
                   const void *value, size_t n)
{
    buf_printf(body, "--%s\r\nContent-Disposition: form-data; name=\"%s\"", boundary, name);
    if (file_name)
        buf_printf(body, "; filename=\"%s\"\r\nContent-Type: text/plain", file_name);
    buf_add_str(body, "\r\n\r\n");
    buf_add(body, value, n);
    buf_add_str(body, "\r\n");
}

void form_end_parts(struct buf *body, const char *boundary)
{
    buf_printf(body, "--%s--\r\n", boundary);
}

char *base64_encode(const void *data, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *in = data;
    char *text = xmalloc((n + 2) / 3 * 4 + 1), *out = text;
    for (size_t i = 0; i < n; i += 3) {
        size_t left = n - i;
        uint32_t group =
            (uint32_t)in[i] << 16 | (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) | (left > 2 ? in[i + 2] : 0);
        *out++ = digits[group >> 18];
        *out++ = digits[group >> 12 & 63];
        *out++ = left > 1 ? digits[group >> 6 & 63] : '=';
        *out++ = left > 2 ? digits[group & 63] : '=';
    }
    *out = '\0';
    return text;
}
