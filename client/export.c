/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/export.h"

#include "client/output.h"
#include "client/place.h"

/* The file that is written beside its place, by the format that its name asks for, and put there whole. */

static const struct export_format *find_format(const char *path, struct err *err)
{
    static const struct export_format *const formats[] = {&export_xlsx, &export_csv};
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot && i < ELEMENTSOF(formats); i++)
        if (strcasecmp(dot, formats[i]->suffix) == 0)
            return formats[i];
    err_set(err, ERR_USAGE, _("--export needs a file whose name ends in .xlsx or .csv, not '%s'."), path);
    return NULL;
}

static int write_file(const struct export_format *format, const char *path, const struct export_table *table,
                      export_fill_fn *fill, void *data, size_t *ret_rows, struct err *err)
{
    void *file = NULL;
    int r = format->open(path, table, &file, err);
    if (r < 0)
        return r;
    r = fill(data, format, file, ret_rows, err);
    int closed = format->close(file, r >= 0, err);
    return r < 0 ? r : closed;
}

int export_check(const struct invocation *inv, struct err *err)
{
    if (!find_format(inv->value[OPT_EXPORT], err))
        return -(int)ERR_USAGE;
    return place_check(inv->value[OPT_EXPORT], inv->value[OPT_FORCE] != NULL, err);
}

int export_file(const struct invocation *inv, const struct export_table *table, export_fill_fn *fill,
                void *data, size_t *ret_rows, struct err *err)
{
    struct place place;
    const struct export_format *format = find_format(inv->value[OPT_EXPORT], err);
    if (!format)
        return -(int)ERR_USAGE;
    int r = place_open(&place, inv->value[OPT_EXPORT], inv->value[OPT_FORCE] != NULL, err);
    if (r < 0)
        return r;
    r = write_file(format, place.beside ? place.beside : place.path, table, fill, data, ret_rows, err);
    int closed = place_close(&place, r >= 0, err);
    return r < 0 ? r : closed;
}

void export_tell(const struct invocation *inv, size_t rows, const char *counted)
{
    const char *path = inv->value[OPT_EXPORT];
    if (inv->value[OPT_JSON])
        output_print_json(json_pack("{s:s, s:I}", "file", path, "rows", (json_int_t)rows));
    else if (rows > 0)
        output_note(inv, "%s: %s", path, counted);
    else
        output_warn(inv, _("%s: nothing was found, so the file has headings alone."), path);
}
