/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The functions themselves are defined here, so curl's macros around them are of no use. */
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include <stdarg.h>

#include "base/lazy.h"

/* libcurl brings thirty libraries along, and a daemon that has nothing to send needs none of them. */

#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

/* CURL_TABLE(X): X(type, function, parameters, arguments) */
#define CURL_TABLE(X)                                                                                        \
    X(CURLcode, curl_global_init, (long flags), (flags))                                                     \
    X(void, curl_global_cleanup, (void), ())                                                                 \
    X(CURL *, curl_easy_init, (void), ())                                                                    \
    X(void, curl_easy_cleanup, (CURL * easy), (easy))                                                        \
    X(const char *, curl_easy_strerror, (CURLcode code), (code))                                             \
    X(CURLHcode, curl_easy_header,                                                                           \
      (CURL * easy, const char *name, size_t index, unsigned origin, int request, struct curl_header **ret), \
      (easy, name, index, origin, request, ret))                                                             \
    X(void, curl_free, (void *p), (p))                                                                       \
    X(time_t, curl_getdate, (const char *text, const time_t *unused), (text, unused))                        \
    X(struct curl_slist *, curl_slist_append, (struct curl_slist * list, const char *text), (list, text))    \
    X(void, curl_slist_free_all, (struct curl_slist * list), (list))                                         \
    X(CURLU *, curl_url, (void), ())                                                                         \
    X(void, curl_url_cleanup, (CURLU * url), (url))                                                          \
    X(CURLUcode, curl_url_get, (CURLU * url, CURLUPart part, char **ret, unsigned flags),                    \
      (url, part, ret, flags))                                                                               \
    X(CURLUcode, curl_url_set, (CURLU * url, CURLUPart part, const char *text, unsigned flags),              \
      (url, part, text, flags))                                                                              \
    X(CURLM *, curl_multi_init, (void), ())                                                                  \
    X(CURLMcode, curl_multi_cleanup, (CURLM * multi), (multi))                                               \
    X(CURLMcode, curl_multi_add_handle, (CURLM * multi, CURL * easy), (multi, easy))                         \
    X(CURLMcode, curl_multi_remove_handle, (CURLM * multi, CURL * easy), (multi, easy))                      \
    X(CURLMcode, curl_multi_assign, (CURLM * multi, curl_socket_t fd, void *data), (multi, fd, data))        \
    X(CURLMsg *, curl_multi_info_read, (CURLM * multi, int *ret_left), (multi, ret_left))                    \
    X(CURLMcode, curl_multi_socket_action, (CURLM * multi, curl_socket_t fd, int bits, int *ret_running),    \
      (multi, fd, bits, ret_running))

static struct lazy curl = {"libcurl.so.4", NULL};

#define X(type, function, parameters, arguments) LAZY_FUNCTION(curl, type, function, parameters, arguments)
CURL_TABLE(X)
#undef X

/* ---- those that take one more argument, of a type that the option tells ---- */

#define PASS_ON(function, handle, option, type_base)                                                         \
    ({                                                                                                       \
        static void *found;                                                                                  \
        __typeof__(function) *real = (__typeof__(function) *)lazy_find(&curl, &found, #function);            \
        va_list ap;                                                                                          \
        va_start(ap, option);                                                                                \
        __typeof__(function((handle), (option))) code;                                                       \
        if ((type_base) == CURLOPTTYPE_LONG)                                                                 \
            code = real((handle), (option), va_arg(ap, long));                                               \
        else if ((type_base) == CURLOPTTYPE_OFF_T)                                                           \
            code = real((handle), (option), va_arg(ap, curl_off_t));                                         \
        else                                                                                                 \
            code = real((handle), (option), va_arg(ap, void *));                                             \
        va_end(ap);                                                                                          \
        code;                                                                                                \
    })
#define TYPE_OF(option) ((int)(option) / 10000 * 10000)

CURLcode curl_easy_setopt(CURL *easy, CURLoption option, ...)
{
    return PASS_ON(curl_easy_setopt, easy, option, TYPE_OF(option));
}

CURLMcode curl_multi_setopt(CURLM *multi, CURLMoption option, ...)
{
    return PASS_ON(curl_multi_setopt, multi, option, TYPE_OF(option));
}

/* Where the answer goes: always a pointer. */
CURLcode curl_easy_getinfo(CURL *easy, CURLINFO info, ...)
{
    return PASS_ON(curl_easy_getinfo, easy, info, CURLOPTTYPE_OBJECTPOINT);
}
