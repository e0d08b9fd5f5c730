/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/export.h"

#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "client/output.h"
#include "client/progress.h"
#include "idse/catalogue.h"
#include "idse/movement.h"

/* A sheet begins as soon as a few rows are there; the daemon finds twice as many while those are written. */
enum { FIRST_PAGE = 1000, LARGEST_PAGE = 10000 };

/* ---- what is asked for, and where it goes ---- */

enum value {
    REGISTRATION, TYPE, NSS, FIRST_SURNAME, SECOND_SURNAME, NAMES, CURP, UMF, SBC, DATE, WORKER_TYPE, SALARY_TYPE, REDUCED_WEEK,
    STATE, SENT, RECEIVED, ANSWERED, ERRORS, _VALUES,
};
static const char *const value_keys[_VALUES] = {
    "registration", "type", "nss", "first-surname", "second-surname", "names", "curp", "umf", "sbc", "date", "worker-type",
    "salary-type", "reduced-week", "state", "sent", "received", "answered", "errors"};

/* The columns of the grid, in its order; behind them what a sheet has in its name. */
enum { COLUMNS = 19, SHEET_COLUMNS = 18 };
static const struct export_column columns[COLUMNS] = {
    {"Registro Patronal", EXPORT_TEXT, 18}, {"Nombre", EXPORT_TEXT, 24},           {"Apellido Paterno", EXPORT_TEXT, 20},
    {"Apellido Materno", EXPORT_TEXT, 20},  {"NSS", EXPORT_TEXT, 13},              {"SBC", EXPORT_MONEY, 11},
    {"Fecha", EXPORT_DATE, 11},             {"CURP", EXPORT_TEXT, 21},             {"UMF", EXPORT_TEXT, 6},
    {"Tipo", EXPORT_TEXT, 26},              {"Salario", EXPORT_TEXT, 10},          {"Reducción", EXPORT_TEXT, 18},
    {"Estado", EXPORT_TEXT, 13},            {"Fecha Envío", EXPORT_INSTANT, 17},   {"Aviso Recibido", EXPORT_INSTANT, 17},
    {"Aviso Aprobación", EXPORT_INSTANT, 17}, {"Aviso Rechazo", EXPORT_INSTANT, 17}, {"Causa Rechazo", EXPORT_TEXT, 60},
    {"Movimiento", EXPORT_TEXT, 16},
};
static const struct export_table table = {columns, COLUMNS, SHEET_COLUMNS};

/* IMSS's words, in every locale. */
static const struct {
    enum movement_type type;
    const char *sheet, *word;
} types[] = {
    {MOVEMENT_REINGRESO, "Reingresos", "Reingreso"},
    {MOVEMENT_MODIFICACION, "Mod Salarios", "Modificación"},
    {MOVEMENT_BAJA, "Bajas", "Baja"},
};
static const char *const states[_MOVEMENT_STATE_MAX] = {
    [MOVEMENT_STATE_UNSENT] = "Sin enviar",     [MOVEMENT_STATE_SENT] = "Enviado",
    [MOVEMENT_STATE_RECEIVED] = "Recibido",     [MOVEMENT_STATE_APPROVED] = "Aprobado",
    [MOVEMENT_STATE_REJECTED] = "Rechazado",    [MOVEMENT_STATE_UNKNOWN] = "Desconocido",
    [MOVEMENT_STATE_SUPERSEDED] = "Sustituido", [MOVEMENT_STATE_CANCELLED] = "Cancelado",
};

struct export {
    struct invocation *inv;
    const struct filter *filter;
    const struct export_format *format;
    void *file;
    struct buf cause; /* of the present row */
    struct progress *progress;
    size_t done, total;
};

/* ---- one row ---- */

static int64_t number(const char *text)
{
    return strtoll(text, NULL, 10);
}

static const char *word(const struct catalogue_entry *catalogue, const char *code)
{
    const struct catalogue_entry *entry = catalogue_find(catalogue, code);
    return entry ? entry->spanish : code;
}

static const char *state_word(const char *name)
{
    int state = movement_state_from_name(name);
    return state >= 0 ? states[state] : name;
}

static const char *type_word(const char *name)
{
    for (size_t i = 0; i < ELEMENTSOF(types); i++)
        if (streq(movement_type_name(types[i].type), name))
            return types[i].word;
    return name;
}

/* "012 NO EXISTE (IMSS: …); 007 …" */
static const char *cause(struct buf *out, char *errors)
{
    buf_reset(out);
    for (char *error; *errors && (error = strsep(&errors, "\x1e"));) {
        const char *code = strsep(&error, "\x1f"), *text = error ? strsep(&error, "\x1f") : NULL;
        buf_printf(out, "%s%s %s", out->len ? "; " : "", code, str_or_empty(text));
        if (!str_empty(error))
            buf_printf(out, " (IMSS: %s)", error);
        if (!errors)
            break;
    }
    return out->len ? out->data : "";
}

static int write_row(struct export *export, char *const values[_VALUES], struct err *err)
{
    const char *state = values[STATE];
    bool approved = streq(state, "approved"), rejected = streq(state, "rejected") || streq(state, "superseded");
    const struct export_cell cells[COLUMNS] = {
        {values[REGISTRATION]},
        {values[NAMES]},
        {values[FIRST_SURNAME]},
        {values[SECOND_SURNAME]},
        {values[NSS]},
        {.number = number(values[SBC])},
        {.number = number(values[DATE])},
        {values[CURP]},
        {values[UMF]},
        {word(catalogue_tipo_trabajador, values[WORKER_TYPE])},
        {word(catalogue_tipo_salario, values[SALARY_TYPE])},
        {word(catalogue_jornada, values[REDUCED_WEEK])},
        {state_word(state)},
        {.number = number(values[SENT])},
        {.number = number(values[RECEIVED])},
        {.number = approved ? number(values[ANSWERED]) : 0},
        {.number = rejected ? number(values[ANSWERED]) : 0},
        {rejected ? cause(&export->cause, values[ERRORS]) : ""},
        {type_word(values[TYPE])},
    };
    return export->format->row(export->file, cells, err);
}

/* ---- a page: lines of cells ---- */

/* What a file cannot hold, or means something there, becomes a blank; what was escaped was such. */
static void undress(char *cell)
{
    char *to = cell;
    for (const char *at = cell; *at; at++) {
        bool escaped = *at == '\\' && at[1];
        at += escaped;
        *to++ = escaped ? (*at == '\\' ? '\\' : ' ') : (unsigned char)*at < ' ' && *at != '\x1e' && *at != '\x1f' ? ' ' : *at;
    }
    *to = '\0';
}

/* Which cell of a line is which value; false when one is missing. */
static bool read_head(char *line, size_t ret[_VALUES])
{
    size_t found = 0, at = 0;
    for (char *key; (key = strsep(&line, "\t")); at++)
        for (size_t i = 0; i < _VALUES; i++)
            if (streq(key, value_keys[i])) {
                ret[i] = at;
                found++;
            }
    return found == _VALUES && at == _VALUES;
}

static int write_line(struct export *export, char *line, const size_t place[_VALUES], struct err *err)
{
    char *cells[_VALUES], *values[_VALUES], *cell;
    size_t n = 0;
    while (n < _VALUES && (cell = strsep(&line, "\t"))) {
        undress(cell);
        cells[n++] = cell;
    }
    if (n < _VALUES)
        return err_set(err, ERR_FAILED, _("The daemon's answer ends in the middle of a line."));
    for (size_t i = 0; i < _VALUES; i++)
        values[i] = cells[place[i]];
    return write_row(export, values, err);
}

static int write_page(struct export *export, int fd, struct err *err)
{
    _cleanup_buf_ struct buf page = BUF_INIT;
    size_t place[_VALUES];
    int r = file_read_fd(fd, (size_t)256 << 20, &page, err);
    if (r < 0)
        return r;
    char *rest = page.data, *line = rest ? strsep(&rest, "\n") : NULL;
    if (!line || !read_head(line, place))
        return err_set(err, ERR_FAILED, _("The daemon does not tell what a file needs; is it of another version?"));
    while (r >= 0 && rest && *rest && (line = strsep(&rest, "\n"))) {
        r = write_line(export, line, place, err);
        export->done++;
    }
    return r;
}

/* ---- pages; the next one is asked for before one is written ---- */

static int ask(struct invocation *inv, const struct filter *filter, const char *cursor, uint32_t limit, DBusPendingCall **ret,
               struct err *err)
{
    struct bus_writer w;
    remote_begin(inv->remote, REMOTE_ROOT, REMOTE_MANAGER, "ReadMovements", "a{sv}su", &w);
    listing_write_filter(&w, LISTING_MOVEMENTS, filter, value_keys, _VALUES);
    bus_write_string(&w, cursor);
    bus_write_u32(&w, limit);
    return bus_client_send(remote_bus(inv->remote), &w, -1, ret, err);
}

struct answer {
    int fd;
    uint32_t n;
    char *next;
};

static int receive(DBusPendingCall *pending, struct answer *ret, struct err *err)
{
    _cleanup_message_ DBusMessage *reply = NULL;
    int r = bus_client_receive(pending, "hus", &reply, err);
    if (r < 0)
        return r;
    struct bus_reader reader;
    const char *next = "";
    bus_reader_init(&reader, reply);
    if (!bus_read_fd(&reader, &ret->fd))
        return err_set(err, ERR_FAILED, _("The daemon's answer came without its file."));
    bus_read_u32(&reader, &ret->n);
    bus_read_string(&reader, &next);
    ret->next = xstrdup(next);
    return 0;
}

/* All rows of a filter, at most `*limit`, which is counted down. */
static int write_rows(struct invocation *inv, struct export *export, const struct filter *filter, uint64_t *limit,
                      struct err *err)
{
    DBusPendingCall *pending = NULL;
    uint64_t page = FIRST_PAGE;
    int r = *limit > 0 ? ask(inv, filter, "", (uint32_t)MIN(*limit, page), &pending, err) : 0;
    while (r >= 0 && pending) {
        struct answer answer = {.fd = -1};
        r = receive(STEAL(pending), &answer, err);
        if (r >= 0)
            *limit -= MIN(*limit, (uint64_t)answer.n);
        page = MIN(2 * page, (uint64_t)LARGEST_PAGE);
        if (r >= 0 && *answer.next && *limit > 0)
            r = ask(inv, filter, answer.next, (uint32_t)MIN(*limit, page), &pending, err);
        if (r >= 0)
            r = write_page(export, answer.fd, err);
        progress_show(export->progress, export->done, MAX(export->done, export->total), _("movements"));
        cleanup_close(&answer.fd);
        free(answer.next);
    }
    if (pending) { /* what was sent must be received */
        _cleanup_message_ DBusMessage *unread = NULL;
        bus_client_receive(pending, "hus", &unread, NULL);
    }
    return r;
}

static int write_sheets(struct invocation *inv, struct export *export, const struct filter *filter, uint64_t limit,
                        struct err *err)
{
    int r = 0;
    for (size_t i = 0; r >= 0 && i < ELEMENTSOF(types); i++) {
        struct filter of_type = *filter;
        if (filter->types && !(filter->types >> types[i].type & 1))
            continue;
        of_type.types = UINT32_C(1) << types[i].type;
        r = export->format->sheet(export->file, types[i].sheet, err);
        if (r >= 0)
            r = write_rows(inv, export, &of_type, &limit, err);
    }
    return r;
}

/* ---- the whole ---- */

static size_t count_stored(struct remote *remote)
{
    _cleanup_json_ json_t *properties = NULL;
    return remote_properties(remote, REMOTE_ROOT, REMOTE_MANAGER, &properties, NULL) < 0
               ? 0
               : (size_t)row_number(properties, "MovementCount");
}

static int fill(void *data, const struct export_format *format, void *file, size_t *ret_rows, struct err *err)
{
    struct export *export = data;
    uint64_t limit = export->filter->limit ? export->filter->limit : UINT64_MAX;
    export->format = format;
    export->file = file;
    export->progress = progress_open(export->inv);
    if (export->progress)
        export->total = count_stored(export->inv->remote);
    int r = format->sheet ? write_sheets(export->inv, export, export->filter, limit, err)
                          : write_rows(export->inv, export, export->filter, &limit, err);
    progress_close(export->progress);
    *ret_rows = export->done;
    return r;
}

int export_movements(struct invocation *inv, const struct filter *filter, struct err *err)
{
    struct export export = {.inv = inv, .filter = filter};
    size_t n = 0;
    int r = export_file(inv, &table, fill, &export, &n, err);
    buf_free(&export.cause);
    if (r < 0)
        return r;
    _cleanup_free_ char *counted = xasprintf(dngettext(IDSED_TEXTDOMAIN, "%zu movement", "%zu movements", n), n);
    export_tell(inv, n, counted);
    return 0;
}
