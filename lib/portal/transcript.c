/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portal/transcript.h"

#include <strings.h>

#include "base/text.h"
#include "portal/form.h"

enum {
    TRANSCRIPT_MAX = 8 * 1024 * 1024,
    SECRET_LEAST = 4,
};
static const char blank[] = "[blanked]";

struct transcript {
    struct buf text;
    char **secrets;
    size_t n_secrets;
    bool full;
};

struct transcript *transcript_new(void)
{
    struct transcript *transcript = xcalloc(1, sizeof(*transcript));
    buf_add_str(&transcript->text, "");
    return transcript;
}

struct transcript *transcript_free(struct transcript *transcript)
{
    if (!transcript)
        return NULL;
    for (size_t i = 0; i < transcript->n_secrets; i++)
        wipe_free_str(transcript->secrets[i]);
    free(transcript->secrets);
    buf_free(&transcript->text);
    free(transcript);
    return NULL;
}

static void keep_secret(struct transcript *transcript, char *secret)
{
    for (size_t i = 0; i < transcript->n_secrets; i++)
        if (streq(transcript->secrets[i], secret)) {
            wipe_free_str(secret);
            return;
        }
    transcript->secrets = xreallocarray(transcript->secrets, transcript->n_secrets + 1, sizeof(char *));
    transcript->secrets[transcript->n_secrets++] = secret;
}

void transcript_hide(struct transcript *transcript, const char *secret)
{
    size_t n = secret ? strlen(secret) : 0;
    if (n < SECRET_LEAST)
        return;
    struct buf encoded = BUF_INIT;
    buf_reserve(&encoded, n * FORM_GROWTH + 1);
    form_add_urlencoded(&encoded, "", secret);
    keep_secret(transcript, xstrdup(encoded.data + 1)); /* behind the '=' */
    keep_secret(transcript, xstrdup(secret));
    buf_wipe_free(&encoded);
}

/* ---- adding ---- */

static bool has_room(struct transcript *transcript)
{
    if (!transcript->full && transcript->text.len > TRANSCRIPT_MAX) {
        transcript->full = true;
        buf_add_str(&transcript->text, "\n[the rest of this conversation was not kept]\n");
    }
    return !transcript->full;
}

/* The first secret in the text and how long it is; the longest of those that begin at the same place. */
static const char *find_secret(const struct transcript *transcript, const char *text, size_t n, size_t *ret_n)
{
    const char *first = NULL;
    for (size_t i = 0; i < transcript->n_secrets; i++) {
        size_t length = strlen(transcript->secrets[i]);
        const char *at = memmem(text, n, transcript->secrets[i], length);
        if (at && (!first || at < first || (at == first && length > *ret_n))) {
            first = at;
            *ret_n = length;
        }
    }
    return first;
}

/* Adds the first `kept` bytes. What lies behind them only completes a secret that begins among them. */
static void add_blanked(struct transcript *transcript, const char *text, size_t kept, size_t n)
{
    const char *end = text + n, *stop = text + kept, *secret;
    for (size_t length = 0;
         (secret = find_secret(transcript, text, (size_t)(end - text), &length)) && secret < stop;) {
        buf_add(&transcript->text, text, (size_t)(secret - text));
        buf_add_str(&transcript->text, blank);
        text = secret + length;
    }
    if (text < stop)
        buf_add(&transcript->text, text, (size_t)(stop - text));
}

void transcript_note(struct transcript *transcript, const char *fmt, ...)
{
    if (!has_room(transcript))
        return;
    va_list ap;
    va_start(ap, fmt);
    _cleanup_free_ char *text = xvasprintf(fmt, ap);
    va_end(ap);
    buf_add_str(&transcript->text, "=== ");
    add_blanked(transcript, text, strlen(text), strlen(text));
    buf_add_char(&transcript->text, '\n');
}

/* The value of a cookie is a secret from now on: portals repeat it in their links. */
static void hide_cookies(struct transcript *transcript, const char *value, const char *end, bool all)
{
    while (value < end) {
        const char *stop = memchr(value, ';', (size_t)(end - value));
        stop = stop ? stop : end;
        const char *equals = memchr(value, '=', (size_t)(stop - value));
        if (equals) {
            _cleanup_wipe_ char *secret = xstrndup(equals + 1, (size_t)(stop - equals - 1));
            transcript_hide(transcript, secret);
        }
        if (!all) /* Set-Cookie: the first pair is the cookie, the rest are words like Path */
            return;
        value = stop + 1;
    }
}

static void scan_head_line(struct transcript *transcript, const char *line, const char *end)
{
    static const struct {
        const char *name;
        bool all;
    } headers[] = {{"Cookie:", true}, {"Set-Cookie:", false}};
    for (size_t i = 0; i < ELEMENTSOF(headers); i++) {
        size_t n = strlen(headers[i].name);
        if ((size_t)(end - line) > n && strncasecmp(line, headers[i].name, n) == 0)
            hide_cookies(transcript, line + n, end, headers[i].all);
    }
}

static bool is_authorisation(const char *line, size_t n)
{
    static const char *const names[] = {"Authorization:", "Proxy-Authorization:"};
    for (size_t i = 0; i < ELEMENTSOF(names); i++)
        if (n > strlen(names[i]) && strncasecmp(line, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

void transcript_head(struct transcript *transcript, const struct buf *head)
{
    if (!head->len || !has_room(transcript))
        return;
    _cleanup_free_ char *text = utf8_repair(head->data, head->len);
    for (char *line = text, *end; *line; line = *end ? end + 1 : end) {
        end = line + strcspn(line, "\n");
        char *stop = end > line && end[-1] == '\r' ? end - 1 : end;
        scan_head_line(transcript, line, stop);
        if (is_authorisation(line, (size_t)(stop - line)))
            buf_printf(&transcript->text, "%.*s: %s", (int)strcspn(line, ":"), line, blank);
        else
            add_blanked(transcript, line, (size_t)(stop - line), (size_t)(stop - line));
        buf_add_char(&transcript->text, '\n');
    }
}

/* The longest secret: how far one may reach beyond the end of what is kept. */
static size_t longest_secret(const struct transcript *transcript)
{
    size_t longest = 0;
    for (size_t i = 0; i < transcript->n_secrets; i++)
        longest = MAX(longest, strlen(transcript->secrets[i]));
    return longest;
}

void transcript_body(struct transcript *transcript, const void *body, size_t n)
{
    if (!n || !has_room(transcript))
        return;
    /* Of a large body no more is looked at than is kept, and a secret that begins there is seen whole. */
    size_t seen = MIN(n, TRANSCRIPT_MAX_BODY + longest_secret(transcript));
    if (memchr(body, '\0', seen) || (n > 4 && memcmp(body, "%PDF", 4) == 0)) {
        buf_printf(&transcript->text, "[%zu bytes that are no text]\n", n);
        return;
    }
    _cleanup_free_ char *text = utf8_repair(body, seen);
    size_t kept = MIN(strlen(text), (size_t)TRANSCRIPT_MAX_BODY);
    while ((text[kept] & 0xC0) == 0x80) /* not within a character */
        kept--;
    add_blanked(transcript, text, kept, strlen(text));
    if (seen < n || text[kept])
        buf_printf(&transcript->text, "\n[%zu bytes in all; the rest was not kept]", n);
    buf_add_char(&transcript->text, '\n');
}

const struct buf *transcript_text(const struct transcript *transcript)
{
    return &transcript->text;
}
