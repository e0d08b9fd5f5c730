/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The process `idsectl movements --export FILE.xlsx`, from its start to its end, against libxlsxwriter writing the same cells
 * from memory, in the same mode and with the same formats, in turns: bench-xlsx FOLDER. The cells are those of the .csv that
 * idsectl writes.
 */
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "base/buf.h"
#include "base/file.h"
#include "bench/measure.h"

enum { ROUNDS = 7, COLUMNS = 18, SBC = 5, FIRST_INSTANT = 13, LAST_INSTANT = 16 };

/* Everything but the SBC as text: dates are numbers too, but which ones makes no difference to writing them. */
struct cell {
    const char *text;
    double number;
};

struct cells {
    struct buf file;
    struct cell *items;
    size_t rows;
};

static double export(const char *path)
{
    char *const command[] = {(char *)"idsectl",
                             (char *)"movements",
                             (char *)"--force",
                             (char *)"--quiet",
                             (char *)"--export",
                             (char *)path,
                             NULL};
    int status;
    pid_t pid;
    double start = measure_now_s();
    if (posix_spawnp(&pid, command[0], NULL, NULL, command, environ) != 0 || waitpid(pid, &status, 0) < 0 ||
        status != 0)
        measure_fail("idsectl", "it failed");
    return measure_now_s() - start;
}

static bool is_number(int column)
{
    return column == SBC || column == SBC + 1 || (column >= FIRST_INSTANT && column <= LAST_INSTANT);
}

static void read_cells(const char *path, struct cells *ret)
{
    _cleanup_err_ struct err err = ERR_INIT;
    measure_must(file_read(path, (size_t)1 << 30, &ret->file, &err), &err, path);
    char *rest = ret->file.data, *line;
    strsep(&rest, "\n"); /* the headings */
    while ((line = strsep(&rest, "\n")) && *line) {
        ret->items = xreallocarray(ret->items, (ret->rows + 1) * COLUMNS, sizeof(*ret->items));
        for (int i = 0; i < COLUMNS; i++) {
            const char *text = strsep(&line, ",");
            ret->items[ret->rows * COLUMNS + (size_t)i] =
                (struct cell){text, *text && is_number(i) ? 45000 + strtod(text, NULL) / 7 : 0};
        }
        ret->rows++;
    }
}

static double write_cells(const char *path, const struct cells *cells)
{
    double start = measure_now_s();
    lxw_workbook_options options = {.constant_memory = LXW_TRUE};
    lxw_workbook *workbook = workbook_new_opt(path, &options);
    lxw_worksheet *sheet = workbook_add_worksheet(workbook, NULL);
    lxw_format *text = workbook_add_format(workbook), *number = workbook_add_format(workbook);
    format_set_num_format(text, "@");
    format_set_num_format(number, "dd/mm/yyyy hh:mm");
    for (size_t row = 0; row < cells->rows; row++)
        for (int i = 0; i < COLUMNS; i++) {
            const struct cell *cell = &cells->items[row * COLUMNS + (size_t)i];
            if (is_number(i) && cell->number > 0)
                worksheet_write_number(sheet, (lxw_row_t)row + 1, (lxw_col_t)i, cell->number, number);
            else if (!is_number(i) && *cell->text)
                worksheet_write_string(sheet, (lxw_row_t)row + 1, (lxw_col_t)i, cell->text, text);
        }
    if (workbook_close(workbook) != LXW_NO_ERROR)
        measure_fail(path, "it was not written");
    return measure_now_s() - start;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: bench-xlsx FOLDER\n");
        return EXIT_FAILURE;
    }
    _cleanup_free_ char *csv = xasprintf("%s/cells.csv", argv[1]), *ours = xasprintf("%s/ours.xlsx", argv[1]),
                        *theirs = xasprintf("%s/baseline.xlsx", argv[1]);
    struct cells cells = {0};
    struct measure measure = {0};
    export(csv);
    read_cells(csv, &cells);
    for (int i = 0; i < ROUNDS; i++) {
        double baseline = write_cells(theirs, &cells);
        measure_note(&measure, export(ours), baseline);
    }
    _cleanup_free_ char *unit = xasprintf("µs a row, %zu rows", cells.rows);
    measure_print_cost("xlsx", &measure, (double)cells.rows, unit, "µs a row from memory");
    free(cells.items);
    buf_free(&cells.file);
    return EXIT_SUCCESS;
}
