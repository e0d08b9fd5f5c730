/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/result-csv.h"

#include "base/buf.h"
#include "base/text.h"
#include "idse/csv-table.h"

enum column {
    COLUMN_RP,
    COLUMN_LOT,
    COLUMN_TYPE,
    COLUMN_NSS,
    COLUMN_DATE,
    COLUMN_VERDICT,
    COLUMN_CODE,
    _COLUMN_MAX
};

/* Headings as csv_word() makes them. */
static const char *const headings[_COLUMN_MAX] = {
    [COLUMN_RP] = "REGISTROPATRONAL REGPATRONAL REGPAT RP PATRON",
    [COLUMN_LOT] = "LOTE NUMERODELOTE NUMLOTE NOLOTE IDLOTE",
    [COLUMN_TYPE] = "TIPOMOVIMIENTO TIPODEMOVIMIENTO TIPOMOV TMOV MOVIMIENTO TIPO",
    [COLUMN_NSS] = "NSS NUMERODESEGURIDADSOCIAL NUMEROSEGURIDADSOCIAL NUMSS IMSS",
    [COLUMN_DATE] = "FECHAMOVIMIENTO FECHADEMOVIMIENTO FECHADELMOVIMIENTO FECMOV FECHAMOV FECHA",
    [COLUMN_VERDICT] = "ESTATUS ESTADO STATUS RESULTADO SITUACION",
    [COLUMN_CODE] = "CODIGO CODIGOERROR CODIGODEERROR CODERROR CVEERROR CLAVEERROR",
};

enum verdict { VERDICT_UNKNOWN = 0, VERDICT_OPERATED = 1, VERDICT_REJECTED = 2 };

static const char *const verdicts[] = {
    [VERDICT_OPERATED] = "OPERADO OPERADA ACEPTADO ACEPTADA APROBADO APROBADA",
    [VERDICT_REJECTED] = "RECHAZADO RECHAZADA NOOPERADO",
};

/* A row of the constancia, by worker and type. */
struct entry {
    const struct constancia_row *row;
    bool seen; /* in the CSV too: of the first one of a worker and type */
};

struct doubts {
    struct buf text;
    size_t n;
};

struct comparison {
    const struct constancia *constancia;
    struct csv_table *table;
    int cells[_COLUMN_MAX];
    struct entry *entries; /* sorted */
    size_t n;
    struct doubts contradictions, remarks;
};

enum { DOUBTS_SPELLED_OUT = 100 };

static _printf_(2, 3) void doubt(struct doubts *doubts, const char *fmt, ...)
{
    if (doubts->n++ >= DOUBTS_SPELLED_OUT)
        return;
    va_list ap;
    va_start(ap, fmt);
    _cleanup_free_ char *text = xvasprintf(fmt, ap);
    va_end(ap);
    buf_printf(&doubts->text, "%s%s", doubts->text.len ? "; " : "", text);
}

static char *doubts_end(struct doubts *doubts)
{
    if (!doubts->n)
        return NULL;
    if (doubts->n > DOUBTS_SPELLED_OUT)
        buf_printf(&doubts->text, _("; and %zu more"), doubts->n - DOUBTS_SPELLED_OUT);
    return buf_steal(&doubts->text, NULL);
}

/* ---- what the constancia says ---- */

static int compare_entries(const void *left, const void *right)
{
    const struct constancia_row *a = ((const struct entry *)left)->row,
                                *b = ((const struct entry *)right)->row;
    int order = strcmp(a->nss, b->nss);
    return order ? order : (a->type > b->type) - (a->type < b->type);
}

static void gather_entries(struct comparison *comparison)
{
    const struct constancia *constancia = comparison->constancia;
    comparison->n = constancia->n_rows;
    comparison->entries = xcalloc(constancia->n_rows + 1, sizeof(*comparison->entries));
    for (size_t i = 0; i < constancia->n_rows; i++)
        comparison->entries[i].row = &constancia->rows[i];
    qsort(comparison->entries, comparison->n, sizeof(*comparison->entries), compare_entries);
}

/* The entries of a worker and type; without a type, those of the worker when they are all of one. */
static struct entry *find_entries(const struct comparison *comparison, const char *nss,
                                  enum movement_type type, size_t *ret_n)
{
    size_t from = 0, to = comparison->n, n = 0;
    const struct entry *entries = comparison->entries;
    while (from < to) {
        size_t middle = (from + to) / 2;
        int order = strcmp(entries[middle].row->nss, nss);
        if (order < 0 || (order == 0 && entries[middle].row->type < type))
            from = middle + 1;
        else
            to = middle;
    }
    while (from + n < comparison->n && streq(entries[from + n].row->nss, nss) &&
           (!type || entries[from + n].row->type == type))
        n++;
    *ret_n = n;
    return n > 0 && entries[from].row->type == entries[from + n - 1].row->type ? &comparison->entries[from]
                                                                               : NULL;
}

/* ---- the rows of the CSV ---- */

static int column_of(const char *word, const char **ret_field)
{
    for (int i = 0; i < _COLUMN_MAX; i++)
        if (csv_word_listed(headings[i], word)) {
            *ret_field = headings[i];
            return i;
        }
    return -1;
}

static const char *cell(const struct comparison *comparison, enum column column)
{
    int at = comparison->cells[column];
    return at < 0 ? "" : csv_table_cell(comparison->table, (size_t)at);
}

/* A spreadsheet may have taken the zeros in front of an NSS away. */
static bool read_nss(const char *text, char ret[12])
{
    size_t n = strlen(text);
    if (n < 8 || n > 11 || !str_all_digits(text))
        return false;
    memset(ret, '0', 11);
    memcpy(ret + 11 - n, text, n + 1);
    return true;
}

static enum verdict read_verdict(const struct comparison *comparison)
{
    char word[CSV_WORD_SIZE];
    csv_word(cell(comparison, COLUMN_VERDICT), word);
    for (int verdict = VERDICT_OPERATED; verdict <= VERDICT_REJECTED; verdict++)
        if (*word && csv_word_listed(verdicts[verdict], word))
            return (enum verdict)verdict;
    return VERDICT_UNKNOWN;
}

/* Rows of other lots or registros patronales may stand in the same file. */
static bool is_of_another(const struct comparison *comparison)
{
    const char *rp = cell(comparison, COLUMN_RP), *lot = cell(comparison, COLUMN_LOT);
    const struct constancia *constancia = comparison->constancia;
    const char *our_rp = str_or_empty(constancia->rp);
    return (*rp && strncmp(rp, our_rp, MIN(strlen(rp), strlen(our_rp))) != 0) ||
           (*lot && constancia->portal_lot && !streq(lot, constancia->portal_lot));
}

/* Does any of the rows have the code? Zeros in front may be gone. */
static bool has_code(const struct entry *entries, size_t n, const char *code)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < entries[i].row->n_errors; k++) {
            const char *own = entries[i].row->errors[k].code;
            if (streq(own + strspn(own, "0"), code + strspn(code, "0")))
                return true;
        }
    return false;
}

static unsigned verdicts_of(const struct entry *entries, size_t n)
{
    unsigned bits = 0;
    for (size_t i = 0; i < n; i++)
        bits |= entries[i].row->operated ? VERDICT_OPERATED : VERDICT_REJECTED;
    return bits;
}

static void compare_row(struct comparison *comparison)
{
    char nss[12];
    size_t n;
    unsigned line = csv_table_line(comparison->table);
    struct doubts *remarks = &comparison->remarks;
    int type = movement_type_from_name(cell(comparison, COLUMN_TYPE));
    if (is_of_another(comparison))
        return;
    if (!read_nss(cell(comparison, COLUMN_NSS), nss)) {
        doubt(remarks, _("line %u: there is no NSS"), line);
        return;
    }
    struct entry *entries =
        find_entries(comparison, nss, type > 0 ? (enum movement_type)type : MOVEMENT_NONE, &n);
    enum verdict verdict = read_verdict(comparison);
    const char *code = cell(comparison, COLUMN_CODE);
    if (!entries) {
        doubt(remarks, _("line %u: NSS %s is not in the constancia so"), line, nss);
        return;
    }
    entries->seen = true;
    if (verdict == VERDICT_UNKNOWN)
        doubt(remarks, _("line %u: what became of NSS %s is not said"), line, nss);
    else if (!(verdicts_of(entries, n) & verdict))
        doubt(&comparison->contradictions,
              verdict == VERDICT_OPERATED ? _("line %u: NSS %s, %s: operated, in the constancia rejected")
                                          : _("line %u: NSS %s, %s: rejected, in the constancia operated"),
              line, nss, movement_type_label(entries->row->type));
    else if (verdict == VERDICT_REJECTED && *code && !has_code(entries, n, code))
        doubt(remarks, _("line %u: NSS %s has code %s, in the constancia another"), line, nss, code);
}

static void compare_rows(struct comparison *comparison)
{
    for (int i = 0; i < _COLUMN_MAX; i++)
        comparison->cells[i] = -1;
    if (!csv_table_is_text(comparison->table) || !csv_table_next(comparison->table)) {
        doubt(&comparison->remarks, "%s", _("it is no table"));
        return;
    }
    csv_table_read_headings(comparison->table, column_of, comparison->cells);
    if (comparison->cells[COLUMN_NSS] < 0 || comparison->cells[COLUMN_VERDICT] < 0) {
        doubt(&comparison->remarks, "%s", _("its columns are not known, so it was not compared"));
        return;
    }
    while (csv_table_next(comparison->table))
        compare_row(comparison);
    for (size_t i = 0, n; i < comparison->n; i += n) {
        const struct constancia_row *row = comparison->entries[i].row;
        const struct entry *entries = find_entries(comparison, row->nss, row->type, &n);
        if (!entries->seen)
            doubt(&comparison->remarks, _("NSS %s, %s: in the constancia only"), row->nss,
                  movement_type_label(row->type));
    }
}

void result_csv_compare(const void *csv, size_t n, const struct constancia *constancia,
                        struct csv_doubts *ret)
{
    struct comparison comparison = {.constancia = constancia, .table = csv_table_new(csv, n, NULL)};
    gather_entries(&comparison);
    compare_rows(&comparison);
    ret->contradictions = doubts_end(&comparison.contradictions);
    ret->remarks = doubts_end(&comparison.remarks);
    buf_free(&comparison.contradictions.text);
    buf_free(&comparison.remarks.text);
    free(comparison.entries);
    csv_table_free(comparison.table);
}

enum result_csv_kind result_csv_kind(const void *csv, size_t n)
{
    _cleanup_(csv_table_cleanup) struct csv_table *table = csv_table_new(csv, n, NULL);
    int cells[_COLUMN_MAX];
    for (int i = 0; i < _COLUMN_MAX; i++)
        cells[i] = -1;
    if (!csv_table_is_text(table) || !csv_table_next(table) || csv_table_width(table) < 2)
        return RESULT_CSV_NO_TABLE;
    csv_table_read_headings(table, column_of, cells);
    bool whose = cells[COLUMN_NSS] >= 0 || cells[COLUMN_LOT] >= 0;
    bool what = cells[COLUMN_VERDICT] >= 0 || cells[COLUMN_CODE] >= 0;
    return whose && what ? RESULT_CSV_RESULTS : RESULT_CSV_OTHER_TABLE;
}

char *csv_doubts_text(const struct csv_doubts *doubts)
{
    const char *first = doubts->contradictions, *second = doubts->remarks;
    return first && second ? xasprintf("%s; %s", first, second) : xstrdup(first ? first : second);
}

void csv_doubts_free(struct csv_doubts *doubts)
{
    free(doubts->contradictions);
    free(doubts->remarks);
    *doubts = (struct csv_doubts){0};
}
