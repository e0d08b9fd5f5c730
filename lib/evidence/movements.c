/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "evidence/movements.h"

struct movements_reader movements_reader(const struct buf *text)
{
    return (struct movements_reader){text->data, text->data ? text->data + text->len : NULL, 0};
}

static int wrong(const struct movements_reader *reader, struct err *err)
{
    return err_set(err, ERR_INVALID_FILE, _("movements.json, line %zu: this is not what idsed writes"),
                   reader->line);
}

/* The next line, without its end; false when there is none, or it does not end. */
static bool next_line(struct movements_reader *reader, const char **ret, size_t *ret_n)
{
    const char *end =
        reader->at < reader->end ? memchr(reader->at, '\n', (size_t)(reader->end - reader->at)) : NULL;
    if (!end)
        return false;
    *ret = reader->at;
    *ret_n = (size_t)(end - reader->at);
    reader->at = end + 1;
    reader->line++;
    return true;
}

int movements_next(struct movements_reader *reader, json_t **ret, struct err *err)
{
    const char *line;
    size_t n;
    bool first = reader->line == 0;
    if (first && (!next_line(reader, &line, &n) || n != 1 || *line != '['))
        return wrong(reader, err);
    if (!next_line(reader, &line, &n))
        return wrong(reader, err);
    if (n == 1 && *line == ']')
        return reader->at == reader->end ? 0 : wrong(reader, err);
    bool more = n > 0 && line[n - 1] == ',';
    json_t *movement = json_loadb(line, more ? n - 1 : n, JSON_REJECT_DUPLICATES, NULL);
    bool last = reader->at < reader->end && *reader->at == ']';
    if (!json_is_object(movement) || more == last) { /* a comma after each but the last */
        json_decref(movement);
        return wrong(reader, err);
    }
    *ret = movement;
    return 1;
}
