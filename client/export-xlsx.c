/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/export.h"

#include <dlfcn.h>
#include <xlsxwriter.h>

#include "base/clock.h"

/*
 * A workbook, by libxlsxwriter, which is loaded when it is needed: it takes as long as everything else that idsectl does at
 * its start, and who never exports need not have it. Rows go out as they come, so that its size does not matter.
 */
#define FUNCTIONS(X)                                                                                         \
    X(workbook_new_opt)                                                                                      \
    X(workbook_add_worksheet)                                                                                \
    X(workbook_add_format)                                                                                   \
    X(workbook_close)                                                                                        \
    X(format_set_bold)                                                                                       \
    X(format_set_num_format)                                                                                 \
    X(worksheet_set_column)                                                                                  \
    X(worksheet_freeze_panes)                                                                                \
    X(worksheet_autofilter)                                                                                  \
    X(worksheet_write_string)                                                                                \
    X(worksheet_write_number)                                                                                \
    X(lxw_strerror)

struct library {
    void *handle;
#define X(name) __typeof__(&(name)) name;
    FUNCTIONS(X)
#undef X
};

/* An instant as Excel counts it, by which it was computed last. */
struct memo {
    int64_t us;
    double days;
};

struct xlsx {
    struct library library;
    char *path;
    lxw_workbook *workbook;
    lxw_worksheet *sheet;
    lxw_format *heading, *formats[_EXPORT_KIND_MAX];
    const struct export_column *columns;
    lxw_col_t n_columns;
    char *name;     /* of the sheet */
    unsigned more;  /* sheets that it has already */
    lxw_row_t rows; /* of the present one, the headings included */
    struct memo memo[512];
};

enum { EPOCH_DAYS = 25569 /* from 1899-12-30, Excel's day 0, to 1970-01-01 */ };

static int load(struct library *library, struct err *err)
{
    static const char soname[] = "libxlsxwriter.so." LXW_SOVERSION;
    library->handle = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
    if (!library->handle)
        return err_set(err, ERR_FAILED, _("An .xlsx file needs the library %s (package libxlsxwriter%s): %s"),
                       soname, LXW_SOVERSION, dlerror());
#define X(name)                                                                                              \
    if (!(library->name = (__typeof__(library->name))dlsym(library->handle, #name)))                         \
        return err_set(err, ERR_FAILED, _("The library %s is not the one that idsectl knows: %s"), soname,   \
                       dlerror());
    FUNCTIONS(X)
#undef X
    return 0;
}

static void xlsx_free(struct xlsx *xlsx)
{
    if (xlsx->library.handle)
        dlclose(xlsx->library.handle);
    free(xlsx->name);
    free(xlsx->path);
    free(xlsx);
}

static int failed(const struct xlsx *xlsx, lxw_error code, struct err *err)
{
    return err_set(err, ERR_IO, "%s: %s", xlsx->path, xlsx->library.lxw_strerror(code));
}

static lxw_format *new_format(struct xlsx *xlsx, const char *number)
{
    lxw_format *format = xlsx->library.workbook_add_format(xlsx->workbook);
    xlsx->library.format_set_num_format(format, number);
    return format;
}

static int xlsx_open(const char *path, const struct export_table *table, void **ret, struct err *err)
{
    struct xlsx *xlsx = xcalloc(1, sizeof(*xlsx));
    xlsx->path = xstrdup(path);
    xlsx->columns = table->columns;
    xlsx->n_columns = (lxw_col_t)table->n_in_sheets;
    int r = load(&xlsx->library, err);
    if (r >= 0) {
        lxw_workbook_options options = {.constant_memory = LXW_TRUE, .use_zip64 = LXW_FALSE};
        xlsx->workbook = xlsx->library.workbook_new_opt(path, &options);
        if (!xlsx->workbook)
            r = failed(xlsx, LXW_ERROR_CREATING_XLSX_FILE, err);
    }
    if (r < 0) {
        xlsx_free(xlsx);
        return r;
    }
    xlsx->heading = xlsx->library.workbook_add_format(xlsx->workbook);
    xlsx->library.format_set_bold(xlsx->heading);
    xlsx->formats[EXPORT_TEXT] = new_format(xlsx, "@"); /* an NSS stays a text when somebody edits it */
    xlsx->formats[EXPORT_NUMBER] = new_format(xlsx, "0");
    xlsx->formats[EXPORT_MONEY] = new_format(xlsx, "#,##0.00");
    xlsx->formats[EXPORT_DATE] = new_format(xlsx, "dd/mm/yyyy");
    xlsx->formats[EXPORT_INSTANT] = new_format(xlsx, "dd/mm/yyyy hh:mm");
    *ret = xlsx;
    return 0;
}

/* The filter spans what was written. */
static void end_sheet(struct xlsx *xlsx)
{
    if (xlsx->sheet)
        xlsx->library.worksheet_autofilter(xlsx->sheet, 0, 0, xlsx->rows > 1 ? xlsx->rows - 1 : 1,
                                           (lxw_col_t)(xlsx->n_columns - 1));
    xlsx->sheet = NULL;
}

static int begin_sheet(struct xlsx *xlsx, struct err *err)
{
    _cleanup_free_ char *name =
        xlsx->more ? xasprintf("%s %u", xlsx->name, xlsx->more + 1) : xstrdup(xlsx->name);
    end_sheet(xlsx);
    xlsx->sheet = xlsx->library.workbook_add_worksheet(xlsx->workbook, name);
    if (!xlsx->sheet)
        return failed(xlsx, LXW_ERROR_MEMORY_MALLOC_FAILED, err);
    for (lxw_col_t i = 0; i < xlsx->n_columns; i++) {
        xlsx->library.worksheet_set_column(xlsx->sheet, i, i, xlsx->columns[i].width, NULL);
        xlsx->library.worksheet_write_string(xlsx->sheet, 0, i, xlsx->columns[i].heading, xlsx->heading);
    }
    xlsx->library.worksheet_freeze_panes(xlsx->sheet, 1, 0);
    xlsx->rows = 1;
    xlsx->more++;
    return 0;
}

static int xlsx_sheet(void *file, const char *name, struct err *err)
{
    struct xlsx *xlsx = file;
    replace_str(&xlsx->name, xstrdup(name));
    xlsx->more = 0;
    return begin_sheet(xlsx, err);
}

/* ---- cells ---- */

/* Days from 1970-01-01 in the Gregorian calendar, counted from March as the first month. */
static int64_t days_of_date(int64_t date)
{
    int64_t year = date / 10000, month = date / 100 % 100, day = date % 100;
    year -= month <= 2;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return year * 365 + year / 4 - year / 100 + year / 400 + of_year - 719468;
}

static double days_of_instant(struct xlsx *xlsx, int64_t us)
{
    struct memo *memo = &xlsx->memo[(uint64_t)us % ELEMENTSOF(xlsx->memo)];
    if (memo->us != us) {
        int32_t date = time_to_date(us);
        memo->us = us;
        memo->days = (double)(days_of_date(date) + EPOCH_DAYS) +
                     (double)((us - time_from_date(date, 0)) / US_PER_S) / (24 * 60 * 60);
    }
    return memo->days;
}

static double number_of(struct xlsx *xlsx, enum export_kind kind, int64_t number)
{
    switch (kind) {
    case EXPORT_NUMBER:
        return (double)number;
    case EXPORT_MONEY:
        return (double)number / 100;
    case EXPORT_DATE:
        return (double)(days_of_date(number) + EPOCH_DAYS);
    case EXPORT_INSTANT:
        return days_of_instant(xlsx, number);
    case EXPORT_TEXT:
    case _EXPORT_KIND_MAX:
        break;
    }
    return 0;
}

static int xlsx_row(void *file, const struct export_cell *cells, struct err *err)
{
    struct xlsx *xlsx = file;
    int r = xlsx->rows == LXW_ROW_MAX ? begin_sheet(xlsx, err) : 0;
    if (r < 0)
        return r;
    lxw_error code = LXW_NO_ERROR;
    for (lxw_col_t i = 0; i < xlsx->n_columns && code == LXW_NO_ERROR; i++) {
        const enum export_kind kind = xlsx->columns[i].kind;
        if (kind == EXPORT_TEXT ? *cells[i].text == '\0' : cells[i].number == 0)
            continue;
        code = kind == EXPORT_TEXT
                   ? xlsx->library.worksheet_write_string(xlsx->sheet, xlsx->rows, i, cells[i].text,
                                                          xlsx->formats[kind])
                   : xlsx->library.worksheet_write_number(xlsx->sheet, xlsx->rows, i,
                                                          number_of(xlsx, kind, cells[i].number),
                                                          xlsx->formats[kind]);
    }
    xlsx->rows++;
    return code == LXW_NO_ERROR ? 0 : failed(xlsx, code, err);
}

static int xlsx_close(void *file, bool complete, struct err *err)
{
    struct xlsx *xlsx = file;
    end_sheet(xlsx);
    lxw_error code = xlsx->library.workbook_close(xlsx->workbook); /* there is no other way to free it */
    int r = complete && code != LXW_NO_ERROR ? failed(xlsx, code, err) : 0;
    xlsx_free(xlsx);
    return r;
}

const struct export_format export_xlsx = {
    .suffix = ".xlsx", .open = xlsx_open, .sheet = xlsx_sheet, .row = xlsx_row, .close = xlsx_close};
