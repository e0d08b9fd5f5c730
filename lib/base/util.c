/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/util.h"

#include <errno.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

static void *must(void *p)
{
    if (!p) {
        static const char text[] = "idsed: out of memory\n";
        if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
            abort();
        abort();
    }
    return p;
}

void *xmalloc(size_t size)
{
    return must(malloc(size ? size : 1));
}

void *xcalloc(size_t n, size_t size)
{
    return must(calloc(n ? n : 1, size ? size : 1));
}

void *xreallocarray(void *p, size_t n, size_t size)
{
    return must(reallocarray(p, n ? n : 1, size ? size : 1));
}

void *xmemdup(const void *data, size_t size)
{
    void *copy = xmalloc(size);
    if (size)
        memcpy(copy, data, size);
    return copy;
}

char *xstrdup(const char *text)
{
    return text ? must(strdup(text)) : NULL;
}

char *xstrndup(const char *text, size_t n)
{
    return must(strndup(text, n));
}

char *xvasprintf(const char *fmt, va_list ap)
{
    char *text = NULL;
    if (vasprintf(&text, fmt, ap) < 0)
        text = NULL;
    return must(text);
}

char *xasprintf(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = xvasprintf(fmt, ap);
    va_end(ap);
    return text;
}

void replace_str(char **p, char *value)
{
    free(*p);
    *p = value;
}

void cleanup_free(void *p)
{
    free(*(void **)p);
}

void cleanup_wipe(char **p)
{
    *p = wipe_free_str(*p);
}

void cleanup_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

void *wipe_free(void *p, size_t n)
{
    if (p)
        explicit_bzero(p, n);
    free(p);
    return NULL;
}

char *wipe_free_str(char *p)
{
    return wipe_free(p, p ? strlen(p) : 0);
}

int str_row_index(const char *const *first, size_t n, size_t size, const char *text)
{
    const char *at = (const char *)first;
    for (size_t i = 0; i < n; i++, at += size) {
        const char *name = *(const char *const *)at;
        if (name && streq(name, text))
            return (int)i;
    }
    return -1;
}

uint64_t hash_bytes(const void *data, size_t n)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325);
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ ((const uint8_t *)data)[i]) * UINT64_C(0x100000001B3);
    return hash;
}

void random_bytes(void *buf, size_t n)
{
    uint8_t *at = buf;
    while (n > 0) {
        ssize_t got = getrandom(at, n, 0);
        if (got < 0) {
            if (errno == EINTR)
                continue;
            abort(); /* the kernel has no randomness: nothing that needs it may go on */
        }
        at += got;
        n -= (size_t)got;
    }
}

char *hex_encode(const void *data, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *bytes = data;
    char *hex = xmalloc(2 * n + 1);
    for (size_t i = 0; i < n; i++) {
        hex[2 * i] = digits[bytes[i] >> 4];
        hex[2 * i + 1] = digits[bytes[i] & 15];
    }
    hex[2 * n] = '\0';
    return hex;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool hex_decode(const char *hex, void *ret, size_t n)
{
    uint8_t *bytes = ret;
    if (strlen(hex) != 2 * n)
        return false;
    for (size_t i = 0; i < n; i++) {
        int high = hex_value(hex[2 * i]), low = hex_value(hex[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}
