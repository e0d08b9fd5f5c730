/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/roster.h"

#include "base/text.h"
#include "idse/csv-table.h"
#include "idse/date.h"
#include "idse/identifier.h"

enum { MAX_SBC = 999999 };

void roster_free(struct roster *roster)
{
    for (size_t i = 0; i < roster->n; i++)
        free(roster->entries[i].name);
    free(roster->entries);
    *roster = (struct roster){0};
}

void roster_add(struct roster *roster, const struct roster_entry *entry)
{
    if ((roster->n & (roster->n - 1)) == 0) /* full at every power of two */
        roster->entries =
            xreallocarray(roster->entries, MAX(roster->n * 2, (size_t)1), sizeof(*roster->entries));
    roster->entries[roster->n++] = *entry;
}

static int order(const void *a, const void *b)
{
    const struct roster_entry *x = a, *y = b;
    int r = strcmp(x->rp, y->rp);
    return r ? r : strcmp(x->nss, y->nss);
}

void roster_sort(struct roster *roster)
{
    if (roster->n > 0)
        qsort(roster->entries, roster->n, sizeof(*roster->entries), order);
}

char *roster_name(const char *first_surname, const char *second_surname, const char *names)
{
    const char *parts[] = {first_surname, second_surname, names};
    struct buf name = BUF_INIT;
    for (size_t i = 0; i < ELEMENTSOF(parts); i++)
        if (*parts[i])
            buf_printf(&name, "%s%s", name.len > 0 ? " " : "", parts[i]);
    return name.data;
}

/* ---- reading a table ---- */

/* The surnames are told of only; a name in one column has them too. */
enum column {
    COLUMN_RP,
    COLUMN_NSS,
    COLUMN_SBC,
    COLUMN_SINCE,
    COLUMN_FIRST_SURNAME,
    COLUMN_SECOND_SURNAME,
    COLUMN_NAME,
    _COLUMN_MAX
};

static const struct {
    const char *field, *names;
} columns[_COLUMN_MAX] = {
    [COLUMN_RP] = {"rp", "REGISTROPATRONAL RP REGPATRONAL REGPAT REGISTRO REGISTROPATRONALIMSS"},
    [COLUMN_NSS] = {"nss",
                    "NSS NUMERODESEGURIDADSOCIAL NUMERODESEGUROSOCIAL NUMSEGURIDADSOCIAL NUMIMSS NOIMSS "
                    "AFILIACION SEGURIDADSOCIAL SEGUROSOCIAL"},
    [COLUMN_SBC] = {"sbc",
                    "SBC SDI SALARIOBASEDECOTIZACION SALARIOBASE SALARIODIARIOINTEGRADO SALARIOINTEGRADO"},
    [COLUMN_SINCE] = {"date",
                      "FECHA FECHADEALTA FECHAALTA ALTA FECHADEINGRESO FECHAINGRESO INGRESO FECHADEINICIO"},
    [COLUMN_FIRST_SURNAME] =
        {"first-surname", "APELLIDOPATERNO PRIMERAPELLIDO PATERNO APPATERNO APATERNO APELLIDO1 APELLIDOPAT"},
    [COLUMN_SECOND_SURNAME] =
        {"second-surname",
         "APELLIDOMATERNO SEGUNDOAPELLIDO MATERNO APMATERNO AMATERNO APELLIDO2 APELLIDOMAT"},
    [COLUMN_NAME] = {"name", "NOMBRE NOMBRES NOMBRECOMPLETO TRABAJADOR EMPLEADO NOMBREDELTRABAJADOR"},
};

static int column_headed(const char *word, const char **ret_field)
{
    for (int i = 0; i < _COLUMN_MAX; i++)
        if (csv_word_listed(columns[i].names, word)) {
            *ret_field = columns[i].field;
            return i;
        }
    return -1;
}

struct reading {
    const struct csv_table *table;
    struct findings *findings;
    int cells[_COLUMN_MAX];
};

static const char *cell(const struct reading *reading, enum column column)
{
    return reading->cells[column] < 0 ? "" : csv_table_cell(reading->table, (size_t)reading->cells[column]);
}

static void tell(const struct reading *reading, enum finding_rule rule, enum column column)
{
    const char *value = cell(reading, column);
    findings_report(reading->findings, rule, csv_table_line(reading->table),
                    (uint16_t)(reading->cells[column] + 1), columns[column].field, *value ? value : NULL,
                    NULL);
}

static void tell_identifier(const struct reading *reading, enum finding_rule shape, enum column column,
                            size_t width)
{
    const char *value = cell(reading, column);
    bool one_short = str_all_digits(value) && strlen(value) + 1 == width;
    bool lost = one_short && identifier_lost_zero(value, column == COLUMN_RP ? rp_verdict : nss_verdict);
    tell(reading,
         csv_is_scientific(value) ? RULE_CSV_SCIENTIFIC
         : lost                   ? RULE_CSV_ZERO_LOST
         : one_short              ? RULE_CSV_DIGIT_MISSING
                                  : shape,
         column);
}

static void read_date(const struct reading *reading, int32_t *ret)
{
    unsigned day, month, year;
    const char *text = cell(reading, COLUMN_SINCE);
    if (!*text)
        return;
    if (!csv_date(text, &day, &month, &year)) {
        tell(reading, RULE_CSV_DATE, COLUMN_SINCE);
        return;
    }
    *ret = date_make((int)year, (int)month, (int)day);
    if (!date_valid(*ret))
        tell(reading, RULE_DATE_SHAPE, COLUMN_SINCE);
}

static void read_entry(const struct reading *reading, const char *rp, struct roster *ret)
{
    struct roster_entry entry = {.line = csv_table_line(reading->table)};
    _cleanup_free_ char *text =
        str_ascii_upper(xstrdup(reading->cells[COLUMN_RP] < 0 ? rp : cell(reading, COLUMN_RP)));
    if (rp_verdict(text) != IDENTIFIER_SHAPE)
        memcpy(entry.rp, text, sizeof(entry.rp));
    else
        tell_identifier(reading, RULE_RP_SHAPE, COLUMN_RP, sizeof(entry.rp) - 1);
    if (*entry.rp && !str_empty(rp) && !streq(entry.rp, rp))
        return; /* of another registro patronal, whose workers are not asked for */
    const char *nss = cell(reading, COLUMN_NSS);
    if (nss_verdict(nss) != IDENTIFIER_SHAPE)
        memcpy(entry.nss, nss, sizeof(entry.nss));
    else
        tell_identifier(reading, RULE_NSS_SHAPE, COLUMN_NSS, sizeof(entry.nss) - 1);
    const char *sbc = cell(reading, COLUMN_SBC);
    if (*sbc && !csv_amount(sbc, MAX_SBC, &entry.sbc_centavos))
        tell(reading, RULE_CSV_AMOUNT, COLUMN_SBC);
    read_date(reading, &entry.since);
    if (!*entry.rp || !*entry.nss)
        return; /* nobody knows whose row it is: it is told, and is no worker that stands twice */
    entry.name = roster_name(cell(reading, COLUMN_FIRST_SURNAME), cell(reading, COLUMN_SECOND_SURNAME),
                             cell(reading, COLUMN_NAME));
    roster_add(ret, &entry);
}

/* The same worker twice at one registro patronal: which of the two rows holds? */
static void find_repeated(const struct roster *roster, struct findings *findings)
{
    for (size_t i = 1; i < roster->n; i++) {
        const struct roster_entry *a = &roster->entries[i - 1], *b = &roster->entries[i];
        if (order(a, b) != 0)
            continue;
        _cleanup_free_ char *other = xasprintf("%u", MIN(a->line, b->line));
        findings_report(findings, RULE_WORKER_REPEATED, MAX(a->line, b->line), 0, "nss", b->nss, other);
    }
}

static void need_column(const struct reading *reading, enum column column, const char *heading)
{
    if (reading->cells[column] < 0)
        findings_report(reading->findings, RULE_CSV_COLUMN_MISSING, csv_table_line(reading->table), 0,
                        columns[column].field, NULL, heading);
}

static void read_table(const void *data, size_t n, const char *rp, struct findings *findings,
                       struct roster *ret)
{
    _cleanup_(csv_table_cleanup) struct csv_table *table = csv_table_new(data, n, findings);
    struct reading reading = {.table = table, .findings = findings};
    for (int i = 0; i < _COLUMN_MAX; i++)
        reading.cells[i] = -1;
    if (csv_table_next(table)) {
        csv_table_read_headings(table, column_headed, reading.cells);
        need_column(&reading, COLUMN_NSS, "NSS");
        if (str_empty(rp))
            need_column(&reading, COLUMN_RP, "Registro patronal");
    }
    bool whole = findings->errors == 0;
    while (whole && csv_table_next(table))
        read_entry(&reading, rp, ret);
    if (findings->errors == 0 && ret->n == 0)
        findings_report(findings, RULE_ROSTER_EMPTY, 0, 0, NULL, NULL, NULL);
}

int roster_read(const void *data, size_t n, const char *rp, struct findings *findings, struct roster *ret,
                struct err *err)
{
    struct roster roster = {0};
    read_table(data, n, rp, findings, &roster);
    roster_sort(&roster);
    find_repeated(&roster, findings);
    if (findings->errors > 0) {
        _cleanup_free_ char *first = findings_first_error(findings);
        roster_free(&roster);
        return err_set(err, ERR_INVALID_FILE, "%s", first);
    }
    *ret = roster;
    return 0;
}

/* ---- comparing ---- */

static const struct {
    const char *name, *label;
} differences[] = {
    [ROSTER_MISSING_ALTA] = {"missing-alta", N_("not active at IMSS")},
    [ROSTER_GHOST] = {"ghost", N_("active at IMSS, not on the roster")},
    [ROSTER_SBC] = {"sbc", N_("another SBC")},
    [ROSTER_PENDING] = {"pending", N_("on its way")},
};

const char *roster_difference_name(enum roster_difference difference)
{
    return differences[difference].name;
}

const char *roster_difference_label(enum roster_difference difference)
{
    return _(differences[difference].label);
}

static bool is_active(const struct roster_entry *imss)
{
    return imss && imss->status == WORKER_ACTIVE;
}

/* One worker, who is on one of the lists at least. */
static void compare(const struct roster_entry *ours, const struct roster_entry *imss, roster_fn *fn,
                    void *data)
{
    enum roster_difference difference;
    if (ours && !is_active(imss))
        difference = ROSTER_MISSING_ALTA;
    else if (!ours && is_active(imss))
        difference = ROSTER_GHOST;
    else if (ours && ours->sbc_centavos && imss->sbc_centavos && ours->sbc_centavos != imss->sbc_centavos)
        difference = ROSTER_SBC;
    else
        return;
    fn(data, imss && imss->pending > 0 ? ROSTER_PENDING : difference, ours, imss);
}

void roster_compare(const struct roster *ours, const struct roster *imss, roster_fn *fn, void *data)
{
    size_t i = 0, j = 0;
    const char *rp = ""; /* the last that the roster has */
    while (i < ours->n || j < imss->n) {
        int r = i == ours->n ? 1 : j == imss->n ? -1 : order(&ours->entries[i], &imss->entries[j]);
        if (r <= 0)
            rp = ours->entries[i].rp;
        bool known = r <= 0 || streq(imss->entries[j].rp, rp) ||
                     (i < ours->n && streq(imss->entries[j].rp, ours->entries[i].rp));
        if (known)
            compare(r <= 0 ? &ours->entries[i] : NULL, r >= 0 ? &imss->entries[j] : NULL, fn, data);
        i += r <= 0;
        j += r >= 0;
    }
}
