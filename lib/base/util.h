/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#define _cleanup_(fn)      __attribute__((cleanup(fn)))
#define _cleanup_free_     _cleanup_(cleanup_free)
#define _cleanup_wipe_     _cleanup_(cleanup_wipe)
#define _cleanup_close_    _cleanup_(cleanup_close)
#define _printf_(fmt, arg) __attribute__((format(printf, fmt, arg)))

#define ELEMENTSOF(array) (sizeof(array) / sizeof((array)[0]))
#define MIN(a, b)         ((a) < (b) ? (a) : (b))
#define MAX(a, b)         ((a) > (b) ? (a) : (b))
#define COMPARE(a, b)     (((a) > (b)) - ((a) < (b))) /* as qsort() and bsearch() want it */
#define CLAMP(x, lo, hi)  ((x) < (lo) ? (lo) : (x) > (hi) ? (hi) : (x))

/* Takes what *ptr holds and leaves NULL there: the owner changes, the cleanup attribute has nothing left to free. */
#define STEAL(ptr)                                                                                           \
    ({                                                                                                       \
        __typeof__(ptr) _stolen = (ptr);                                                                     \
        (ptr) = NULL;                                                                                        \
        _stolen;                                                                                             \
    })

/* Defines name_cleanup() for `_cleanup_(name_cleanup) struct x *p`, from a destructor that accepts NULL. */
#define DEFINE_CLEANUP(type, name, destroy)                                                                  \
    static inline void name(type *p)                                                                         \
    {                                                                                                        \
        if (*p)                                                                                              \
            destroy(*p);                                                                                     \
    }

/*
 * Memory. Running out of it ends the process: the queue is on disk, the service manager restarts us, and code that was
 * never run is no place to hide a lost movement. Sizes that come from outside are capped before they reach these.
 */
void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);
void *xreallocarray(void *p, size_t n, size_t size);
void *xmemdup(const void *data, size_t size);
char *xstrdup(const char *text); /* NULL gives NULL */
char *xstrndup(const char *text, size_t n);
char *xasprintf(const char *fmt, ...) _printf_(1, 2);
char *xvasprintf(const char *fmt, va_list ap) _printf_(1, 0);
/* Frees *p and stores `value` there. */
void replace_str(char **p, char *value);

void cleanup_free(void *p);  /* p is the address of a pointer */
void cleanup_wipe(char **p); /* overwrites the string before it is freed */
void cleanup_close(int *fd);
/* Overwrites n bytes and frees them; NULL is fine. Returns NULL. */
void *wipe_free(void *p, size_t n);
/* Overwrites a string up to its NUL and frees it; NULL is fine. Returns NULL. */
char *wipe_free_str(char *p);

static inline bool streq(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}
/* As streq(), with NULL equal to NULL only. */
static inline bool streq_null(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}
static inline bool str_empty(const char *s)
{
    return !s || !*s;
}
static inline bool str_starts(const char *s, const char *start)
{
    return strncmp(s, start, strlen(start)) == 0;
}
/*
 * The index of the row of a table (an array of structures) whose string `member` is `text`, or -1. STR_INDEX: the same of an
 * array of strings. Rows whose string is NULL are passed over.
 */
#define ROW_INDEX(table, member, text)                                                                       \
    str_row_index(&(table)[0].member, ELEMENTSOF(table), sizeof((table)[0]), (text))
#define STR_INDEX(array, text) str_row_index(&(array)[0], ELEMENTSOF(array), sizeof((array)[0]), (text))
/* Behind them: n strings, each `size` bytes after the one before. */
int str_row_index(const char *const *first, size_t n, size_t size, const char *text);

/* "" for NULL. */
static inline const char *str_or_empty(const char *s)
{
    return s ? s : "";
}

/*
 * A number for bytes, to see whether they are others than before (FNV-1a). It proves nothing to anybody; what has to,
 * takes vault/digest.h, whose library is slow to start.
 */
uint64_t hash_bytes(const void *data, size_t n);
/* Fills buf with random bytes of the kernel. */
void random_bytes(void *buf, size_t n);
/* n bytes as 2n lower-case hex digits in a new string. */
char *hex_encode(const void *data, size_t n);
/* Reads 2n hex digits of either case into n bytes; false when a character is not one, or `hex` is not 2n long. */
bool hex_decode(const char *hex, void *ret, size_t n);
