/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/csv-reader.h"

#include <stdio.h>

#include "base/text.h"
#include "idse/catalogue.h"
#include "idse/csv-table.h"
#include "idse/date.h"
#include "idse/field.h"
#include "idse/fold.h"
#include "idse/limits.h"

enum { MAX_SBC = 999999 };

/* ---- the columns of a table ---- */

enum { CELL_ABSENT, CELL_GOOD, CELL_CUT, CELL_BAD };

struct row;
/* Puts a cell that is not empty into the record's columns; CELL_GOOD, CELL_CUT (reported, and read on), CELL_BAD. */
typedef int (*put_fn)(struct row *row, const struct record_field *field, const char *cell);

static int put_text(struct row *row, const struct record_field *field, const char *cell);
static int put_digits(struct row *row, const struct record_field *field, const char *cell);
static int put_umf(struct row *row, const struct record_field *field, const char *cell);
static int put_sbc(struct row *row, const struct record_field *field, const char *cell);
static int put_date(struct row *row, const struct record_field *field, const char *cell);
static int put_code(struct row *row, const struct record_field *field, const char *cell);

static const struct column {
    const char *field;   /* of the record */
    const char *heading; /* in the template */
    const char *names;   /* headings that are known, as csv_word() makes them */
    bool optional;       /* the table may do without, whatever the types */
    put_fn put;
    const struct catalogue_entry *catalogue;
    const char *examples[3]; /* reingreso, modificacion, baja; NULL: the date of the day */
} columns[] = {
    {"position", "No.", "NO NUM POSICION", true, NULL, NULL, {NULL, NULL, NULL}}, /* of corrections */
    {"rp",
     "Registro patronal",
     "REGISTROPATRONAL RP REGPATRONAL REGPAT REGISTRO REGISTROPATRONALIMSS",
     false,
     put_digits,
     NULL,
     {"Z9900001108", "Z9900001108", "Z9900001108"}},
    {"nss",
     "NSS",
     "NSS NUMERODESEGURIDADSOCIAL NUMERODESEGUROSOCIAL NUMSEGURIDADSOCIAL NUMSEGSOCIAL NOSEGURIDADSOCIAL "
     "NOIMSS "
     "NUMEROIMSS NUMIMSS NUMERODEAFILIACION NUMAFILIACION AFILIACION SEGURIDADSOCIAL SEGUROSOCIAL",
     false,
     put_digits,
     NULL,
     {"99028500017", "99028500017", "12345678903"}},
    {"first-surname",
     "Apellido paterno",
     "APELLIDOPATERNO PRIMERAPELLIDO PATERNO APPATERNO APATERNO APELLIDO1 APELLIDOPAT",
     false,
     put_text,
     NULL,
     {"PEREZ", "PEREZ", "PEREZ"}},
    {"second-surname",
     "Apellido materno",
     "APELLIDOMATERNO SEGUNDOAPELLIDO MATERNO APMATERNO AMATERNO APELLIDO2 APELLIDOMAT",
     true,
     put_text,
     NULL,
     {"X", "X", "X"}},
    {"names",
     "Nombre",
     "NOMBRE NOMBRES NOMBREDEPILA NOMBREOS NOMBRESDELTRABAJADOR",
     false,
     put_text,
     NULL,
     {"JUAN", "JUAN", "JUAN"}},
    {"type",
     "Movimiento",
     "MOVIMIENTO TIPODEMOVIMIENTO TIPOMOVIMIENTO TIPOMOV TMOV CLAVEMOVIMIENTO TIPODEMOV",
     false,
     NULL,
     NULL,
     {"reingreso", "modificacion", "baja"}},
    {"date",
     "Fecha",
     "FECHA FECHADEMOVIMIENTO FECHAMOVIMIENTO FECHADELMOVIMIENTO FECHAMOV FECMOV FECHADEINICIO",
     false,
     put_date,
     NULL,
     {NULL, NULL, NULL}},
    {"sbc",
     "SBC",
     "SBC SDI SALARIOBASEDECOTIZACION SALARIOBASE SALARIODIARIOINTEGRADO SALARIOINTEGRADO SALBASE "
     "SALDIARIOINT",
     false,
     put_sbc,
     NULL,
     {"450.50", "460.00", ""}},
    {"tipo-trabajador",
     "Tipo de trabajador",
     "TIPODETRABAJADOR TIPOTRABAJADOR TIPOTRAB TTRABAJADOR",
     false,
     put_code,
     catalogue_tipo_trabajador,
     {"1", "", ""}},
    {"tipo-salario",
     "Tipo de salario",
     "TIPODESALARIO TIPOSALARIO TIPOSAL TSALARIO",
     false,
     put_code,
     catalogue_tipo_salario,
     {"0", "0", ""}},
    {"jornada",
     "Semana o jornada reducida",
     "SEMANAOJORNADAREDUCIDA SEMANAJORNADAREDUCIDA SEMANAJORNADA JORNADAREDUCIDA SEMANAREDUCIDA JORNADA "
     "REDUCCION "
     "TIPODEJORNADA TIPOJORNADA",
     false,
     put_code,
     catalogue_jornada,
     {"0", "0", ""}},
    {"umf",
     "UMF",
     "UMF UNIDADDEMEDICINAFAMILIAR CLINICA UNIDADMEDICA UNIDADMEDICAFAMILIAR",
     true,
     put_umf,
     NULL,
     {"001", "", ""}},
    {"causa-baja",
     "Causa de baja",
     "CAUSADEBAJA CAUSABAJA CAUSADELABAJA MOTIVODEBAJA MOTIVOBAJA CBAJA",
     false,
     put_code,
     catalogue_causa_baja,
     {"", "", "2"}},
    {"guia", "Guía", "GUIA NUMERODEGUIA NUMGUIA", true, put_digits, NULL, {"06400", "06400", "06400"}},
    {"clave",
     "Clave del trabajador",
     "CLAVEDELTRABAJADOR CLAVETRABAJADOR CLAVE NUMERODEEMPLEADO NUMEMPLEADO NOEMPLEADO EMPLEADO "
     "NUMERODETRABAJADOR "
     "CLAVEEMPLEADO NOMINA",
     true,
     put_text,
     NULL,
     {"EMP0001", "EMP0001", "EMP0001"}},
    {"curp",
     "CURP",
     "CURP CLAVEUNICA",
     true,
     put_text,
     NULL,
     {"PEXJ850101HDFRXN06", "PEXJ850101HDFRXN06", ""}},
};

enum { N_COLUMNS = ELEMENTSOF(columns) };

static int column_of(const char *field)
{
    for (int i = 0; i < N_COLUMNS; i++)
        if (streq(columns[i].field, field))
            return i;
    return -1;
}

static int column_headed(const char *word, const char **ret_field)
{
    for (int i = 0; i < N_COLUMNS; i++)
        if (csv_word_listed(columns[i].names, word)) {
            *ret_field = columns[i].field;
            return i;
        }
    return -1;
}

static int type_named(const char *name)
{
    static const struct {
        const char *names;
        enum movement_type type;
    } types[] = {
        {"08 8 REINGRESO REINGRESOS ALTA ALTAS ALTAREINGRESO ALTAOREINGRESO", MOVEMENT_REINGRESO},
        {"07 7 MODIFICACION MODIFICACIONDESALARIO MODIFICACIONSALARIO MODSALARIO MODSALARIOS MODIFICACIONES",
         MOVEMENT_MODIFICACION},
        {"02 2 BAJA BAJAS", MOVEMENT_BAJA},
    };
    char word[CSV_WORD_SIZE];
    csv_word(name, word);
    for (size_t i = 0; i < ELEMENTSOF(types); i++)
        if (csv_word_listed(types[i].names, word))
            return (int)types[i].type;
    return -1;
}

/* ---- what kind of file is it? ---- */

bool csv_recognise(const void *data, size_t n)
{
    enum { SURE = 4, FROM = RECORD_COLUMNS - 20, TO = RECORD_COLUMNS + 20 };
    const struct csv_look look = csv_look(data, n, column_headed);
    return look.delimiters > 0 &&
           (look.known >= 2 || (look.delimiters >= SURE && (look.bytes < FROM || look.bytes > TO)));
}

/* ---- rows ---- */

struct row {
    struct field_reader fields; /* with `columns`, `line` and the tables below */
    uint8_t record[RECORD_COLUMNS];
    uint16_t cells[RECORD_COLUMNS + 1];
    bool skip[RECORD_COLUMNS + 1];
    bool bad;
};

struct csv_reader {
    struct row row;
    struct findings *findings;
    struct csv_table *table;
    int cell_of[N_COLUMNS]; /* 0-based, or -1 */
    size_t width;           /* cells of the heading; 0: it has not been read */
    bool ended;
    size_t count, bad;
};

static struct finding *tell(struct csv_reader *reader, enum finding_rule rule, size_t cell, const char *field,
                            const char *value, const char *detail)
{
    return findings_report(reader->findings, rule, csv_table_line(reader->table), (uint16_t)cell, field,
                           value, detail);
}

/* ---- the row of headings ---- */

/* What no table can do without; false when there is nothing to read then. */
static bool check_headings(struct csv_reader *reader)
{
    bool complete = true;
    for (const struct record_field *field = record_fields(MOVEMENT_BAJA); field->name; field++) {
        int column = column_of(field->name);
        if (column < 0 || columns[column].optional || streq(field->name, "causa-baja") ||
            reader->cell_of[column] >= 0)
            continue;
        tell(reader, RULE_CSV_COLUMN_MISSING, 0, field->name, NULL, columns[column].heading);
        complete = false;
    }
    return complete;
}

/* ---- cells to columns ---- */

static struct finding *tell_cell(struct row *row, enum finding_rule rule, const struct record_field *field,
                                 const char *cell, const char *detail)
{
    row->bad |= finding_rule_severity(rule) == FINDING_ERROR;
    return findings_report(row->fields.findings, rule, row->fields.line, row->cells[field->first],
                           field->name, cell, detail);
}

static size_t width(const struct record_field *field)
{
    return (size_t)(field->last - field->first + 1);
}

static int put_text(struct row *row, const struct record_field *field, const char *cell)
{
    uint8_t *at = row->record + field->first - 1;
    size_t n = 0;
    for (const char *rest = cell; *rest; n++) {
        int byte = cp1252_from_unicode(utf8_next(&rest));
        if (byte < 0 || !fold_column[byte]) {
            tell_cell(row, RULE_LINE_CHARACTER, field, cell, NULL);
            return CELL_BAD;
        }
        if (n < width(field))
            at[n] = (uint8_t)byte;
    }
    if (n <= width(field))
        return CELL_GOOD;
    _cleanup_free_ char *most = xasprintf("%zu", width(field));
    tell_cell(row, RULE_CSV_LONG, field, cell, most);
    return CELL_CUT;
}

/* Identifiers of a fixed number of characters, all digits or mostly. */
static int put_digits(struct row *row, const struct record_field *field, const char *cell)
{
    if (csv_is_scientific(cell)) {
        tell_cell(row, RULE_CSV_SCIENTIFIC, field, cell, NULL);
        return CELL_BAD;
    }
    if (str_all_digits(cell) && strlen(cell) == width(field) - 1) {
        _cleanup_free_ char *fix = xasprintf("0%s", cell);
        finding_propose(tell_cell(row, RULE_CSV_ZERO_LOST, field, cell, NULL), fix);
        return CELL_BAD;
    }
    return put_text(row, field, cell);
}

/* A short one only lost zeros, which is no loss. */
static int put_umf(struct row *row, const struct record_field *field, const char *cell)
{
    uint64_t number;
    char text[4];
    if (!str_to_uint(cell, 999, &number))
        return put_text(row, field, cell);
    snprintf(text, sizeof(text), "%03u", (unsigned)number);
    return put_text(row, field, text);
}

static int put_sbc(struct row *row, const struct record_field *field, const char *cell)
{
    int32_t centavos;
    if (!csv_amount(cell, MAX_SBC, &centavos)) {
        tell_cell(row, csv_is_scientific(cell) ? RULE_CSV_SCIENTIFIC : RULE_CSV_AMOUNT, field, cell, NULL);
        return CELL_BAD;
    }
    char digits[8];
    snprintf(digits, sizeof(digits), "%06d", centavos);
    return put_text(row, field, digits);
}

static int put_date(struct row *row, const struct record_field *field, const char *cell)
{
    unsigned day, month, year;
    if (strlen(cell) == 7 && str_all_digits(cell)) {
        _cleanup_free_ char *fix = xasprintf("0%s", cell);
        finding_propose(tell_cell(row, RULE_CSV_ZERO_LOST, field, cell, NULL), fix);
        return CELL_BAD;
    }
    if (!csv_date(cell, &day, &month, &year)) {
        tell_cell(row, RULE_CSV_DATE, field, cell, NULL);
        return CELL_BAD;
    }
    char digits[16];
    snprintf(digits, sizeof(digits), "%02u%02u%04u", day % 100, month % 100, year % 10000);
    return put_text(row, field, digits);
}

/* The code or IMSS's name of it; what is neither goes on as it is, for the record's rule to say what is allowed. */
static int put_code(struct row *row, const struct record_field *field, const char *cell)
{
    char word[CSV_WORD_SIZE], name[CSV_WORD_SIZE];
    csv_word(cell, word);
    for (const struct catalogue_entry *entry = columns[column_of(field->name)].catalogue; entry->code;
         entry++) {
        csv_word(entry->spanish, name);
        if (streq(word, name) || streq(cell, entry->code))
            return put_text(row, field, entry->code);
    }
    if (strlen(cell) == 1)
        return put_text(row, field, cell);
    row->record[field->first - 1] = '?';
    return CELL_GOOD;
}

/* ---- a row to a movement ---- */

static void put_constant(struct row *row, const struct record_field *field, enum movement_type type)
{
    uint8_t *at = row->record + field->first - 1;
    if (strchr(" 0*", field->type))
        memset(at, field->type, width(field));
    else if (streq(field->name, "type"))
        memcpy(at, movement_type_code(type), width(field));
    else if (streq(field->name, "format"))
        *at = '9';
}

static void put_field(struct csv_reader *reader, const struct record_field *field, enum movement_type type)
{
    struct row *row = &reader->row;
    int column = column_of(field->name);
    memset(row->record + field->first - 1, ' ', width(field));
    row->skip[field->first] = false;
    row->cells[field->first] = 0;
    if (column < 0 || !columns[column].put || field->type == ' ') {
        put_constant(row, field, type);
        return;
    }
    int at = reader->cell_of[column];
    row->cells[field->first] = (uint16_t)(at + 1);
    const char *cell = at < 0 ? "" : csv_table_cell(reader->table, (size_t)at);
    if (*cell)
        row->skip[field->first] = columns[column].put(row, field, cell) == CELL_BAD;
    else if (streq(field->name, "umf")) {
        memset(row->record + field->first - 1, '0', width(field));
        finding_propose(tell_cell(row, RULE_UMF_MISSING, field, NULL, NULL), "000");
    }
}

static bool read_row(struct csv_reader *reader, struct movement *ret)
{
    struct row *row = &reader->row;
    const size_t n_cells = csv_table_width(reader->table);
    row->fields.line = csv_table_line(reader->table);
    row->bad = false;
    if (csv_table_spills(reader->table)) {
        tell(reader, RULE_CSV_QUOTE, 0, NULL, NULL, NULL);
        return false;
    }
    if (n_cells != reader->width) {
        _cleanup_free_ char *wanted = xasprintf("%zu", reader->width), *have = xasprintf("%zu", n_cells);
        tell(reader, RULE_CSV_CELLS, 0, NULL, have, wanted);
        return false;
    }
    int column = column_of("type"), at = reader->cell_of[column];
    int type = type_named(csv_table_cell(reader->table, (size_t)at));
    if (type < 0) {
        tell(reader, RULE_TYPE_UNKNOWN, (size_t)at + 1, "type", csv_table_cell(reader->table, (size_t)at),
             NULL);
        return false;
    }
    for (const struct record_field *field = record_fields((enum movement_type)type); field->name; field++)
        put_field(reader, field, (enum movement_type)type);
    fields_read_row(&row->fields, (enum movement_type)type, row->record, ret);
    return !row->fields.bad && !row->bad;
}

/* The first row; false when nothing can be read below it. */
static bool read_headings(struct csv_reader *reader)
{
    reader->width = MIN(csv_table_width(reader->table), (size_t)CSV_MAX_CELLS);
    csv_table_read_headings(reader->table, column_headed, reader->cell_of);
    return check_headings(reader);
}

int csv_reader_next(struct csv_reader *reader, struct movement *ret)
{
    while (!reader->ended && csv_table_next(reader->table)) {
        if (reader->width == 0)
            reader->ended = !read_headings(reader);
        else if (read_row(reader, ret)) {
            reader->count++;
            return 1;
        } else
            reader->bad++;
    }
    if (!reader->ended && reader->count + reader->bad == 0)
        findings_report(reader->findings, RULE_FILE_EMPTY, 0, 0, NULL, NULL, NULL);
    reader->ended = true;
    return 0;
}

/* ---- the reader ---- */

struct csv_reader *csv_reader_new(const void *data, size_t n, struct findings *findings)
{
    struct csv_reader *reader = xcalloc(1, sizeof(*reader));
    reader->findings = reader->row.fields.findings = findings;
    reader->row.fields.cells = reader->row.cells;
    reader->row.fields.skip = reader->row.skip;
    for (int i = 0; i < N_COLUMNS; i++)
        reader->cell_of[i] = -1;
    reader->table = csv_table_new(data, n, findings);
    reader->ended = !csv_table_is_text(reader->table);
    return reader;
}

struct csv_reader *csv_reader_free(struct csv_reader *reader)
{
    if (!reader)
        return NULL;
    csv_table_free(reader->table);
    free(reader);
    return NULL;
}

uint32_t csv_reader_line(const struct csv_reader *reader)
{
    return csv_table_line(reader->table);
}

uint32_t csv_reader_position(struct csv_reader *reader)
{
    uint64_t position = 0;
    int at = reader->cell_of[column_of("position")];
    const char *cell = at < 0 ? "" : csv_table_cell(reader->table, (size_t)at);
    if (*cell && (!str_to_uint(cell, UINT32_MAX, &position) || position == 0))
        return UINT32_MAX;
    return (uint32_t)position;
}

uint16_t csv_reader_cell(const struct csv_reader *reader, const char *field)
{
    int column = column_of(field);
    return column < 0 ? 0 : (uint16_t)(reader->cell_of[column] + 1);
}

size_t csv_reader_count(const struct csv_reader *reader)
{
    return reader->count;
}

size_t csv_reader_bad(const struct csv_reader *reader)
{
    return reader->bad;
}

/* ---- the template ---- */

static bool has_column(enum movement_type type, const struct column *column)
{
    if (streq(column->field, "position"))
        return false;
    if (type == MOVEMENT_NONE)
        return true;
    for (const struct record_field *field = record_fields(type); field->name; field++)
        if (streq(field->name, column->field) && field->type != ' ')
            return true;
    return false;
}

void csv_template(struct buf *buf, enum movement_type type, int32_t today)
{
    static const enum movement_type types[] = {MOVEMENT_REINGRESO, MOVEMENT_MODIFICACION, MOVEMENT_BAJA};
    _cleanup_free_ char *date =
        xasprintf("%02d/%02d/%04d", date_day(today), date_month(today), date_year(today));
    buf_add_str(buf, "\xEF\xBB\xBF");
    for (int row = -1; row < (int)ELEMENTSOF(types); row++) {
        const char *comma = "";
        if (row >= 0 && type != MOVEMENT_NONE && type != types[row])
            continue;
        for (size_t i = 0; i < N_COLUMNS; i++) {
            if (!has_column(type, &columns[i]))
                continue;
            const char *example = row < 0 ? columns[i].heading : columns[i].examples[row];
            buf_printf(buf, "%s%s", comma, example ? example : date);
            comma = ",";
        }
        buf_add_str(buf, "\r\n");
    }
}

/* ---- a table of corrections ---- */

/* What the column's cell says of a movement; a new string. */
static char *cell_text(const char *field, uint32_t position, const struct movement *movement)
{
    static const struct {
        const char *field;
        size_t offset;
        bool code; /* one character, or none */
    } members[] = {
        {"rp", offsetof(struct movement, rp)},
        {"nss", offsetof(struct movement, nss)},
        {"first-surname", offsetof(struct movement, paterno)},
        {"second-surname", offsetof(struct movement, materno)},
        {"names", offsetof(struct movement, nombres)},
        {"umf", offsetof(struct movement, umf)},
        {"guia", offsetof(struct movement, guia)},
        {"clave", offsetof(struct movement, clave)},
        {"curp", offsetof(struct movement, curp)},
        {"tipo-trabajador", offsetof(struct movement, tipo_trabajador), true},
        {"tipo-salario", offsetof(struct movement, tipo_salario), true},
        {"jornada", offsetof(struct movement, jornada), true},
        {"causa-baja", offsetof(struct movement, causa_baja), true},
    };
    for (size_t i = 0; i < ELEMENTSOF(members); i++) {
        const char *at = (const char *)movement + members[i].offset;
        if (streq(members[i].field, field))
            return members[i].code ? xstrndup(at, *at != '\0') : xstrdup(at);
    }
    if (streq(field, "position"))
        return xasprintf("%u", position);
    if (streq(field, "type"))
        return xstrdup(movement_type_name(movement->type));
    if (streq(field, "date"))
        return xasprintf("%02d/%02d/%04d", date_day(movement->date), date_month(movement->date),
                         date_year(movement->date));
    return movement->type == MOVEMENT_BAJA ? xstrdup("") : money_text(movement->sbc_centavos); /* "sbc" */
}

void csv_write_headings(struct buf *buf)
{
    buf_add_str(buf, "\xEF\xBB\xBF");
    for (size_t i = 0; i < N_COLUMNS; i++)
        buf_printf(buf, "%s%s", i == 0 ? "" : ",", columns[i].heading);
    buf_add_str(buf, "\r\n");
}

void csv_write_row(struct buf *buf, uint32_t position, const struct movement *movement)
{
    for (size_t i = 0; i < N_COLUMNS; i++) {
        _cleanup_free_ char *text = cell_text(columns[i].field, position, movement);
        if (i > 0)
            buf_add_char(buf, ',');
        csv_write_cell(buf, text);
    }
    buf_add_str(buf, "\r\n");
}
