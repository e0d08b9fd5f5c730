/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/record.h"

#include <stdio.h>

enum {
    RP_FIRST = 1,
    NSS_FIRST = 12,
    NAMES_FIRST = 23,
    NAME_WIDTH = 27,
    SBC_FIRST = 104,
    DATE_FIRST = 119,
    KIND_FIRST = 132,
    CURP_FIRST = 150,
    COUNT_FIRST = 57,
    COUNT_WIDTH = 6,
    LAST = 168,
};

#include "sim/calendar.h"

static const char *const kind_codes[_RECORD_KINDS] = {"02", "07", "08"};

/* -1 when the columns hold no kind of movement. */
static int find_kind(const char *record)
{
    for (int i = 0; i < _RECORD_KINDS; i++)
        if (memcmp(record + KIND_FIRST - 1, kind_codes[i], 2) == 0)
            return i;
    return -1;
}

enum record_kind record_kind(const char *record)
{
    return (enum record_kind)find_kind(record); /* every record of a list has one */
}

static bool digits(const char *at, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (at[i] < '0' || at[i] > '9')
            return false;
    return true;
}

static int32_t number(const char *at, size_t n)
{
    int32_t value = 0;
    for (size_t i = 0; i < n; i++)
        value = value * 10 + (at[i] - '0');
    return value;
}

static bool is_control(const char *line)
{
    return memcmp(line, "*************", 13) == 0;
}

/* Takes one movement line into the list; returns why not, or NULL. */
static char *take(struct record_list *list, const char *line, size_t line_number)
{
    int kind = find_kind(line);
    if (kind < 0)
        return xasprintf("línea %zu: tipo de movimiento desconocido en las posiciones 132 a 133",
                         line_number);
    if (record_column(line, LAST) != '9')
        return xasprintf("línea %zu: falta el identificador de formato en la posición 168", line_number);
    if (!digits(line + NSS_FIRST - 1, 11))
        return xasprintf("línea %zu: el número de seguridad social no es numérico", line_number);
    if (list->n == 0)
        memcpy(list->rp, line + RP_FIRST - 1, 11);
    else if (memcmp(list->rp, line + RP_FIRST - 1, 11) != 0)
        return xasprintf("línea %zu: más de un registro patronal en el archivo", line_number);
    if ((list->n & (list->n - 1)) == 0) /* full: room doubles at each power of two */
        list->at = xreallocarray(list->at, MAX(list->n * 2, (size_t)1), sizeof *list->at);
    list->at[list->n++] = line;
    list->counts[kind]++;
    return NULL;
}

static char *check_control(const struct record_list *list, const char *line, size_t line_number)
{
    if (!digits(line + COUNT_FIRST - 1, COUNT_WIDTH))
        return xasprintf("línea %zu: el total del registro de control no es numérico", line_number);
    int32_t count = number(line + COUNT_FIRST - 1, COUNT_WIDTH);
    if ((size_t)count != list->n)
        return xasprintf("las cifras de control dicen %d movimientos y el archivo contiene %zu", (int)count,
                         list->n);
    return NULL;
}

/* The width of the line at `at` without its CRLF or LF; *ret_next is where the following one begins. */
static size_t line_width(const char *at, const char *end, const char **ret_next)
{
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    const char *stop = newline ? newline : end;
    *ret_next = newline ? newline + 1 : end;
    if (stop > at && stop[-1] == '\r')
        stop--;
    return (size_t)(stop - at);
}

static char *read_lines(const char *data, size_t n, struct record_list *list)
{
    const char *end = data + n;
    bool control = false;
    size_t line_number = 1;

    for (const char *line = data, *next; line < end; line = next, line_number++) {
        size_t width = line_width(line, end, &next);
        if (width != RECORD_WIDTH)
            return xasprintf("línea %zu: mide %zu posiciones y debe medir 168", line_number, width);
        if (control)
            return xasprintf("línea %zu: hay datos después del registro de control", line_number);
        control = is_control(line);
        char *refusal = control ? check_control(list, line, line_number) : take(list, line, line_number);
        if (refusal)
            return refusal;
    }
    if (!control)
        return xstrdup("el archivo no tiene registro de cifras de control");
    return list->n > 0 ? NULL : xstrdup("el archivo no contiene movimientos");
}

char *record_list_read(const char *data, size_t n, struct record_list *ret)
{
    *ret = (struct record_list){0};
    char *refusal = read_lines(data, n, ret);
    if (refusal)
        record_list_free(ret);
    return refusal;
}

void record_list_free(struct record_list *list)
{
    free(list->at);
    *list = (struct record_list){0};
}

const char *record_list_type(const struct record_list *list)
{
    static const char *const names[_RECORD_KINDS] = {"Bajas", "Modificaciones", "Reingresos"};
    for (int i = 0; i < _RECORD_KINDS; i++)
        if (list->counts[i] == list->n)
            return names[i];
    return "Mixto";
}

int32_t record_sbc(const char *record)
{
    return digits(record + SBC_FIRST - 1, 6) ? number(record + SBC_FIRST - 1, 6) : -1;
}

int32_t record_date(const char *record)
{
    return calendar_date(record + DATE_FIRST - 1);
}

void record_nss(const char *record, char ret[12])
{
    memcpy(ret, record + NSS_FIRST - 1, 11);
    ret[11] = '\0';
}

/* Copies columns without the blanks behind them; returns the length. */
static size_t copy_trimmed(char *to, const char *from, size_t width)
{
    while (width > 0 && from[width - 1] == ' ')
        width--;
    memcpy(to, from, width);
    to[width] = '\0';
    return width;
}

void record_curp(const char *record, char ret[19])
{
    copy_trimmed(ret, record + CURP_FIRST - 1, 18);
}

void record_name(const char *record, char ret[RECORD_NAME_ROOM])
{
    size_t len = 0;
    for (int i = 0; i < 3; i++) {
        if (len > 0 && ret[len - 1] != ' ')
            ret[len++] = ' ';
        len += copy_trimmed(ret + len, record + NAMES_FIRST - 1 + i * NAME_WIDTH, NAME_WIDTH);
    }
    for (char *at = ret; *at; at++)
        if (*at == '#')
            *at = '\xd1';
}
