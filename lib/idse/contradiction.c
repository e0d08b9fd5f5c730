/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/contradiction.h"

#include "idse/record.h"

/* What stands in a line, as a number: of equal movements it is equal. */
struct content {
    uint32_t line;
    uint64_t number;
};

static int by_line(const void *a, const void *b)
{
    const struct content *x = a, *y = b;
    return COMPARE(x->line, y->line);
}

static int repeat_by_line(const void *a, const void *b)
{
    const struct repeat *x = a, *y = b;
    return x->line != y->line ? COMPARE(x->line, y->line) : COMPARE(x->other, y->other);
}

static struct content *content_of(struct content *contents, size_t n, uint32_t line)
{
    const struct content key = {.line = line};
    return bsearch(&key, contents, n, sizeof(*contents), by_line);
}

static uint64_t number_of(struct content *contents, size_t n, uint32_t line)
{
    const struct content *content = content_of(contents, n, line);
    return content ? content->number : 0;
}

/* By the canonical form: what it puts right makes no difference. */
static void read_contents(struct source *source, struct content *contents, size_t n)
{
    struct movement movement;
    _cleanup_buf_ struct buf record = BUF_INIT;
    while (source_next(source, &movement)) {
        struct content *content = content_of(contents, n, source_line(source));
        if (!content)
            continue;
        buf_reset(&record);
        record_write(&record, &movement, ENYE_HASH);
        content->number = hash_bytes(record.data, record.len);
    }
}

struct repeat *contradictions_find(const struct repeat *repeats, size_t n, struct source *again,
                                   size_t *ret_n)
{
    size_t used = 0, found = 0;
    _cleanup_free_ struct content *contents = xcalloc(2 * n + 1, sizeof(*contents));
    struct repeat *contradictions = xcalloc(n + 1, sizeof(*contradictions));
    for (size_t i = 0; i < n; i++) {
        contents[2 * i].line = repeats[i].line;
        contents[2 * i + 1].line = repeats[i].other;
    }
    qsort(contents, 2 * n, sizeof(*contents), by_line);
    for (size_t i = 0; i < 2 * n; i++)
        if (i == 0 || contents[i].line != contents[used - 1].line)
            contents[used++] = contents[i];
    read_contents(again, contents, used);
    for (size_t i = 0; i < n; i++)
        if (number_of(contents, used, repeats[i].line) != number_of(contents, used, repeats[i].other)) {
            contradictions[found] = repeats[i];
            contradictions[found].rule = RULE_MOVEMENT_CONTRADICTED;
            contradictions[found].line = repeats[i].other;
            contradictions[found++].other = repeats[i].line;
        }
    qsort(contradictions, found, sizeof(*contradictions), repeat_by_line);
    for (size_t i = *ret_n = 0; i < found; i++)
        if (i == 0 || contradictions[i].line != contradictions[*ret_n - 1].line)
            contradictions[(*ret_n)++] = contradictions[i];
    return contradictions;
}
