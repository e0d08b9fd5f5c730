/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/texts.h"

#include "base/data.h"
#include "base/text.h"

void text_free(struct text *text)
{
    replace_str(&text->head, NULL);
    replace_str(&text->body, NULL);
}

const char *text_language(const char *wanted)
{
    return str_starts(str_or_empty(wanted), "en") ? "en" : "es";
}

int text_load(const char *name, const char *language, struct text *ret, struct err *err)
{
    _cleanup_free_ char *file = xasprintf("%s.%s.txt", name, language);
    _cleanup_buf_ struct buf shipped = BUF_INIT, local = BUF_INIT;
    int r = data_read(file, &shipped, &local, err);
    if (r < 0)
        return r;
    const struct buf *bytes = local.len > 0 ? &local : &shipped;
    _cleanup_free_ char *whole = utf8_repair(str_or_empty(bytes->data), bytes->len);
    const char *at = whole;
    while (*at == '#')
        at += strcspn(at, "\n") + (strchr(at, '\n') != NULL);
    const char *colon = strstr(at, ": "), *blank = strstr(at, "\n\n");
    if (!colon || !blank || colon > blank || memchr(at, '\n', (size_t)(colon - at)))
        return err_set(err, ERR_CONFIG,
                       _("The data file %s does not begin with 'Word: value' and an empty line"), file);
    ret->head = xstrndup(colon + 2, (size_t)(blank - colon - 2));
    ret->body = xstrdup(blank + 2);
    return 0;
}

static const char *value_of(const char *const *pairs, const char *word, size_t n)
{
    for (; *pairs; pairs += 2)
        if (strlen(*pairs) == n && memcmp(*pairs, word, n) == 0)
            return pairs[1];
    return NULL;
}

char *text_fill(const char *text, const char *const *pairs)
{
    struct buf buf = BUF_INIT;
    while (*text) {
        const char *end = *text == '{' ? strchr(text, '}') : NULL;
        const char *value = end ? value_of(pairs, text + 1, (size_t)(end - text - 1)) : NULL;
        if (value) {
            buf_add_str(&buf, value);
            text = end + 1;
        } else
            buf_add_char(&buf, *text++);
    }
    return buf_steal(&buf, NULL);
}
