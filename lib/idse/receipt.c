/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/receipt.h"

#include "base/buf.h"
#include "idse/record.h"

static const char *const kinds[] = {
    [DOCUMENT_ACUSE] = "acuse", [DOCUMENT_CONSTANCIA] = "constancia", [DOCUMENT_CSV] = "csv",
    [DOCUMENT_PAGE] = "page",   [DOCUMENT_SIGNATURE] = "signature",
};

const char *document_kind_name(enum document_kind kind)
{
    return kinds[kind];
}

bool document_kind_is_receipt(enum document_kind kind)
{
    return kind == DOCUMENT_ACUSE || kind == DOCUMENT_CONSTANCIA || kind == DOCUMENT_CSV;
}

int document_kind_from_name(const char *name)
{
    return STR_INDEX(kinds, name);
}

void acuse_free(struct acuse *acuse)
{
    char *owned[] = {acuse->portal_lot, acuse->folio,        acuse->rp,
                     acuse->rfc,        acuse->razon_social, acuse->certificate_serial,
                     acuse->huella,     acuse->sello,        acuse->records};
    for (size_t i = 0; i < ELEMENTSOF(owned); i++)
        free(owned[i]);
    *acuse = (struct acuse){0};
}

void constancia_row_free(struct constancia_row *row)
{
    for (size_t i = 0; i < row->n_errors; i++) {
        free(row->errors[i].code);
        free(row->errors[i].text);
        free(row->errors[i].imss_value);
    }
    free(row->errors);
    free(row->name);
    free(row->umf);
    *row = (struct constancia_row){0};
}

void receipt_owners_free(struct receipt_owner *owners, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(owners[i].rp);
        free(owners[i].portal_lot);
    }
    free(owners);
}

void constancia_free(struct constancia *constancia)
{
    for (size_t i = 0; i < constancia->n_rows; i++)
        constancia_row_free(&constancia->rows[i]);
    free(constancia->rows);
    receipt_owners_free(constancia->others, constancia->n_owners);
    free(constancia->portal_lot);
    free(constancia->folio);
    free(constancia->rp);
    *constancia = (struct constancia){0};
}

int acuse_match(const struct acuse *acuse, const void *records, size_t n, struct err *err)
{
    const char *sent = records;
    if (acuse->records_len != n)
        return err_set(err, ERR_UNREADABLE_RECEIPT,
                       _("the acuse reprints %zu bytes of records, %zu were sent"), acuse->records_len, n);
    for (size_t i = 0; i < n; i++)
        if (acuse->records[i] != sent[i])
            return err_set(err, ERR_UNREADABLE_RECEIPT,
                           _("the acuse differs from what was sent in record %zu, column %zu"),
                           i / (RECORD_COLUMNS + 2) + 1, i % (RECORD_COLUMNS + 2) + 1);
    return 0;
}

/* ---- cross-footing ---- */

/* The differences found, in words; the first ones are spelled out, the rest only counted. */
struct differences {
    struct buf text;
    size_t n;
};

enum { DIFFERENCES_SPELLED_OUT = 200 };

static _printf_(2, 3) void differ(struct differences *differences, const char *fmt, ...)
{
    if (differences->n++ >= DIFFERENCES_SPELLED_OUT)
        return;
    va_list ap;
    va_start(ap, fmt);
    _cleanup_free_ char *text = xvasprintf(fmt, ap);
    va_end(ap);
    buf_printf(&differences->text, "%s%s", differences->text.len ? "; " : "", text);
}

/* What a movement and its row have in common; `index` keeps the order of the document or file. */
struct mark {
    uint64_t
        key; /* NSS and type as one number: sorting 100,000 strings would take longer than storing them */
    const char *nss;
    enum movement_type type;
    int32_t date; /* 0 where the document does not print it */
    size_t index;
};

static struct mark mark_of(const char *nss, enum movement_type type, int32_t date, size_t index)
{
    uint64_t key = 0;
    for (const char *c = nss; *c; c++)
        key = key * 11 + (*c >= '0' && *c <= '9' ? (uint64_t)(*c - '0') + 1 : 0);
    return (struct mark){key * 16 + (uint64_t)type, nss, type, date, index};
}

static int by_movement(const void *left, const void *right)
{
    const struct mark *a = left, *b = right;
    return (a->key > b->key) - (a->key < b->key);
}

static int by_movement_and_index(const void *left, const void *right)
{
    const struct mark *a = left, *b = right;
    int order = by_movement(left, right);
    return order ? order : (a->index > b->index) - (a->index < b->index);
}

/* How many marks from `from` on are of one NSS and type. */
static size_t run_length(const struct mark *marks, size_t from, size_t n)
{
    size_t to = from;
    while (to < n && by_movement(&marks[from], &marks[to]) == 0)
        to++;
    return to - from;
}

/*
 * Rows and movements of one NSS and type. A row that prints a date takes the first free movement of that date; then the
 * rows without a date take what is left, in order.
 */
static void match_run(const struct mark *rows, size_t n_rows, const struct mark *sent, size_t n_sent,
                      size_t *ret_row, struct differences *differences)
{
    for (int dated = 1; dated >= 0; dated--)
        for (size_t r = 0; r < n_rows; r++) {
            if ((rows[r].date != 0) != dated)
                continue;
            size_t s = 0;
            while (s < n_sent &&
                   (ret_row[sent[s].index] != SIZE_MAX || (dated && sent[s].date != rows[r].date)))
                s++;
            if (s < n_sent)
                ret_row[sent[s].index] = rows[r].index;
            else
                differ(differences, _("NSS %s, %s: in the receipt, but not sent so"), rows[r].nss,
                       movement_type_label(rows[r].type));
        }
    for (size_t s = 0; s < n_sent; s++)
        if (ret_row[sent[s].index] == SIZE_MAX)
            differ(differences, _("NSS %s, %s, record %zu: sent, but not in the receipt"), sent[s].nss,
                   movement_type_label(sent[s].type), sent[s].index + 1);
}

static void match_rows(struct mark *rows, size_t n_rows, struct mark *sent, size_t n_sent, size_t *ret_row,
                       struct differences *differences)
{
    qsort(rows, n_rows, sizeof(*rows), by_movement_and_index);
    qsort(sent, n_sent, sizeof(*sent), by_movement_and_index);
    for (size_t r = 0, s = 0; r < n_rows || s < n_sent;) {
        int order = r == n_rows ? 1 : s == n_sent ? -1 : by_movement(&rows[r], &sent[s]);
        size_t row_run = order <= 0 ? run_length(rows, r, n_rows) : 0;
        size_t sent_run = order >= 0 ? run_length(sent, s, n_sent) : 0;
        match_run(rows + r, row_run, sent + s, sent_run, ret_row, differences);
        r += row_run;
        s += sent_run;
    }
}

enum { KIND_RECEIVED, KIND_OPERATED, KIND_REJECTED, _KIND_MAX };

int count_of_type(enum movement_type type)
{
    switch (type) {
    case MOVEMENT_BAJA:
        return COUNT_BAJAS;
    case MOVEMENT_MODIFICACION:
        return COUNT_MODIFICACIONES;
    case MOVEMENT_REINGRESO:
    case MOVEMENT_NONE:
        break;
    }
    return COUNT_REINGRESOS;
}

/* The three blocks of totals against what was sent, and against the rows below them. */
static void check_totals(const struct constancia *constancia, const struct movement *sent, size_t n_sent,
                         struct differences *differences)
{
    static const char *const columns[_COUNT_MAX] = {
        [COUNT_BAJAS] = N_("bajas"),
        [COUNT_MODIFICACIONES] = N_("salary changes"),
        [COUNT_REINGRESOS] = N_("reingresos"),
        [COUNT_TOTAL] = N_("total"),
    };
    static const char *const blocks[_KIND_MAX] = {N_("received"), N_("operated"), N_("rejected")};
    const uint32_t *printed[_KIND_MAX] = {constancia->received, constancia->operated, constancia->rejected};
    uint64_t counted[_KIND_MAX][_COUNT_MAX] = {0};
    for (size_t i = 0; i < n_sent; i++) {
        counted[KIND_RECEIVED][count_of_type(sent[i].type)]++;
        counted[KIND_RECEIVED][COUNT_TOTAL]++;
    }
    for (size_t i = 0; i < constancia->n_rows; i++) {
        const struct constancia_row *row = &constancia->rows[i];
        int block = row->operated ? KIND_OPERATED : KIND_REJECTED;
        counted[block][count_of_type(row->type)]++;
        counted[block][COUNT_TOTAL]++;
    }
    for (int column = 0; column < _COUNT_MAX; column++) {
        for (int block = 0; block < _KIND_MAX; block++)
            if (printed[block][column] != counted[block][column])
                differ(differences, _("%s, %s: the totals say %u, counted are %llu"), _(blocks[block]),
                       _(columns[column]), printed[block][column],
                       (unsigned long long)counted[block][column]);
        uint64_t sum = (uint64_t)constancia->operated[column] + constancia->rejected[column];
        if (constancia->received[column] != sum)
            differ(differences, _("%s: %u received, but %llu operated and rejected"), _(columns[column]),
                   constancia->received[column], (unsigned long long)sum);
    }
}

/* The document may print the registro patronal without its check digit. */
static void check_rps(const struct constancia *constancia, const struct movement *sent, size_t n_sent,
                      struct differences *differences)
{
    size_t printed = constancia->rp ? strlen(constancia->rp) : 0;
    for (size_t i = 0; i < n_sent; i++) {
        bool same = printed == 10 || printed == 11 ? strncmp(constancia->rp, sent[i].rp, printed) == 0
                                                   : !constancia->rp;
        if (same && streq(sent[i].rp, sent[0].rp))
            continue;
        differ(differences, _("the registro patronal is %s, sent was %s"), str_or_empty(constancia->rp),
               sent[i].rp);
        return;
    }
}

static int report_differences(struct differences *differences, struct err *err)
{
    if (differences->n == 0)
        return 0;
    if (differences->n > DIFFERENCES_SPELLED_OUT)
        buf_printf(&differences->text, _("; and %zu more"), differences->n - DIFFERENCES_SPELLED_OUT);
    return err_set(err, ERR_UNREADABLE_RECEIPT, _("the constancia does not add up (differences: %zu): %s"),
                   differences->n, differences->text.data);
}

int constancia_match(const struct constancia *constancia, const struct movement *sent, size_t n_sent,
                     size_t *ret_row, struct err *err)
{
    struct differences differences = {.text = BUF_INIT};
    check_rps(constancia, sent, n_sent, &differences);
    check_totals(constancia, sent, n_sent, &differences);

    _cleanup_free_ struct mark *rows = xcalloc(constancia->n_rows, sizeof(*rows));
    _cleanup_free_ struct mark *marks = xcalloc(n_sent, sizeof(*marks));
    _cleanup_free_ size_t *row_of = xcalloc(n_sent, sizeof(*row_of));
    for (size_t i = 0; i < constancia->n_rows; i++) {
        const struct constancia_row *row = &constancia->rows[i];
        rows[i] = mark_of(row->nss, row->type, row->date, i);
    }
    for (size_t i = 0; i < n_sent; i++) {
        marks[i] = mark_of(sent[i].nss, sent[i].type, sent[i].date, i);
        row_of[i] = SIZE_MAX;
    }
    match_rows(rows, constancia->n_rows, marks, n_sent, row_of, &differences);
    if (differences.n > 0 && constancia->n_others > 0)
        differ(&differences,
               dngettext(IDSED_TEXTDOMAIN, "%zu row of another registro patronal or lot was left out",
                         "%zu rows of other registros patronales or lots were left out",
                         constancia->n_others),
               constancia->n_others);

    int r = report_differences(&differences, err);
    buf_free(&differences.text);
    if (r == 0 && n_sent > 0)
        memcpy(ret_row, row_of, n_sent * sizeof(*row_of));
    return r;
}

int constancia_match_records(const struct constancia *constancia, const void *records, size_t n,
                             size_t **ret_row, size_t *ret_n, struct err *err)
{
    _cleanup_free_ struct movement *sent = xcalloc(n / (RECORD_COLUMNS + 2) + 1, sizeof(*sent));
    _cleanup_(record_reader_cleanup) struct record_reader *reader = record_reader_new(records, n, NULL);
    size_t n_sent = 0;
    while (record_reader_next(reader, &sent[n_sent]) > 0)
        n_sent++;
    _cleanup_free_ size_t *row_of = xcalloc(n_sent, sizeof(*row_of));
    int r = constancia_match(constancia, sent, n_sent, row_of, err);
    if (r < 0)
        return r;
    *ret_row = STEAL(row_of);
    *ret_n = n_sent;
    return 0;
}
