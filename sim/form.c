/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/form.h"

static struct buf *add(struct form *form, const char *name, size_t name_len, size_t room)
{
    form->fields = xreallocarray(form->fields, form->n + 1, sizeof *form->fields);
    struct form_field *field = &form->fields[form->n++];
    *field = (struct form_field){.name = xstrndup(name, name_len)};
    buf_reserve(&field->value, room + 1);
    buf_add(&field->value, "", 0);
    return &field->value;
}

static void add_decoded(struct buf *value, const char *data, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint8_t byte;
        char hex[3] = {0};
        if (data[i] == '%' && i + 2 < n)
            memcpy(hex, data + i + 1, 2);
        if (*hex && hex_decode(hex, &byte, 1)) {
            buf_add_char(value, (char)byte);
            i += 2;
        } else {
            buf_add_char(value, data[i] == '+' ? ' ' : data[i]);
        }
    }
}

void form_read_urlencoded(struct form *form, const char *data, size_t n)
{
    for (const char *at = data, *end = data + n; at < end;) {
        const char *stop = memchr(at, '&', (size_t)(end - at));
        stop = stop ? stop : end;
        const char *equals = memchr(at, '=', (size_t)(stop - at));
        const char *name_end = equals ? equals : stop;
        const char *value = equals ? equals + 1 : stop;
        if (name_end > at)
            add_decoded(add(form, at, (size_t)(name_end - at), (size_t)(stop - value)), value,
                        (size_t)(stop - value));
        at = stop + 1;
    }
}

/* The value behind `key="` in a header, up to the closing quote; its length, or 0. */
static size_t quoted(const char *header, size_t n, const char *key, const char **ret)
{
    const char *at = memmem(header, n, key, strlen(key));
    if (!at)
        return 0;
    at += strlen(key);
    const char *end = memchr(at, '"', n - (size_t)(at - header));
    if (!end)
        return 0;
    *ret = at;
    return (size_t)(end - at);
}

/* One part, between its delimiters: headers, an empty line, the content. */
static bool read_part(struct form *form, const char *part, size_t n)
{
    const char *blank = memmem(part, n, "\r\n\r\n", 4);
    if (!blank)
        return false;
    const char *name;
    size_t name_len = quoted(part, (size_t)(blank - part), " name=\"", &name);
    if (name_len == 0)
        return false;
    size_t content = n - (size_t)(blank + 4 - part);
    buf_add(add(form, name, name_len, content), blank + 4, content);
    return true;
}

bool form_read_multipart(struct form *form, const char *content_type, const char *data, size_t n)
{
    const char *boundary = strstr(content_type, "boundary=");
    if (!boundary)
        return false;
    boundary += strlen("boundary=");
    size_t quote = *boundary == '"' ? 1 : 0;
    _cleanup_free_ char *delimiter =
        xasprintf("\r\n--%.*s", (int)strcspn(boundary + quote, quote ? "\"" : "; \t"), boundary + quote);
    size_t len = strlen(delimiter);

    if (n < len - 2 || memcmp(data, delimiter + 2, len - 2) != 0) /* nothing may stand before the first one */
        return false;
    const char *at = data + len - 2, *end = data + n;
    while (end - at >= 2 && memcmp(at, "\r\n", 2) == 0) {
        at += 2;
        const char *stop = memmem(at, (size_t)(end - at), delimiter, len);
        if (!stop || !read_part(form, at, (size_t)(stop - at)))
            return false;
        at = stop + len;
    }
    return end - at >= 2 && memcmp(at, "--", 2) == 0;
}

void form_free(struct form *form)
{
    for (size_t i = 0; i < form->n; i++) {
        free(form->fields[i].name);
        buf_wipe_free(&form->fields[i].value);
    }
    free(form->fields);
    *form = (struct form){0};
}

const struct buf *form_get(const struct form *form, const char *name)
{
    for (size_t i = 0; i < form->n; i++)
        if (streq(form->fields[i].name, name))
            return &form->fields[i].value;
    return NULL;
}

const char *form_text(const struct form *form, const char *name)
{
    const struct buf *value = form_get(form, name);
    return value ? value->data : "";
}
