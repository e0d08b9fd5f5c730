/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/field.h"

#include "base/text.h"
#include "idse/catalogue.h"
#include "idse/date.h"
#include "idse/field-codec.h"
#include "idse/fold.h"
#include "idse/identifier.h"

/* ---- telling what is wrong ---- */

/* With the field's content, and the column of the character at `offset` in it. */
struct finding *field_tell_at(struct field_reader *reader, enum finding_rule rule,
                              const struct record_field *field, size_t offset, const char *detail)
{
    const char *content = (const char *)reader->columns + field->first - 1;
    _cleanup_free_ char *value = cp1252_to_utf8(content, field_width(field));
    size_t column = reader->cells ? reader->cells[field->first] : field->first + offset;
    if (finding_rule_severity(rule) == FINDING_ERROR)
        reader->wrong |= 1u << field->codec;
    return findings_report(reader->findings, rule, reader->line, (uint16_t)column, field->name,
                           str_trim(value), detail);
}

struct finding *field_tell(struct field_reader *reader, enum finding_rule rule,
                           const struct record_field *field, const char *detail)
{
    return field_tell_at(reader, rule, field, 0, detail);
}

/* ---- pieces that several codecs share ---- */

static bool all_are(const uint8_t *at, size_t n, char c)
{
    return at[0] == (uint8_t)c && memcmp(at, at + 1, n - 1) == 0;
}

static bool digits_to_number(const uint8_t *at, size_t n, uint32_t *ret)
{
    uint32_t number = 0;
    bool good = true;
    for (size_t i = 0; i < n; i++) {
        uint32_t digit = at[i] - (uint32_t)'0';
        good &= digit <= 9;
        number = number * 10 + digit;
    }
    *ret = number;
    return good;
}

static void number_to_digits(uint32_t number, char *at, size_t n)
{
    for (; n > 0; number /= 10)
        at[--n] = (char)('0' + number % 10);
}

/* ---- the codecs ---- */

struct codec {
    field_read_fn *read;
    field_write_fn *write;
    const struct catalogue_entry *catalogue; /* for those that read a code */
    enum finding_rule rule;                  /* what a code that is not in it breaks */
};
static const struct codec codecs[_CODEC_MAX];

static void read_filler(struct field_reader *reader, const struct record_field *field, const uint8_t *at,
                        void *ret)
{
    size_t n = field_width(field);
    if (all_are(at, n, field->type))
        return;
    bool none = true;
    for (size_t i = 0; i < n; i++)
        none &= at[i] == ' ' || at[i] == '0';
    if (none)
        field_tell(reader, field->type == '0' ? RULE_FILLER_BLANKS : RULE_FILLER_ZEROS, field, NULL);
    else if (n == 1 && catalogue_find_char(catalogue_tipo_trabajador, (char)*at) &&
             !streq(field->name, "filler"))
        field_tell(reader, RULE_FILLER_TRABAJADOR, field, NULL);
    else
        field_tell(reader, RULE_FILLER_USED, field, NULL);
}

static void write_filler(const struct record_field *field, char *at, const void *value, enum enye_policy enye)
{
    memset(at, field->type, field_width(field));
}

static void write_same(const struct record_field *field, char *at, const void *value, enum enye_policy enye)
{
    memcpy(at, value, field_width(field));
}

static void read_rp(struct field_reader *reader, const struct record_field *field, const uint8_t *at,
                    void *ret)
{
    if (memcmp(at, reader->rp, sizeof(reader->rp)) == 0) {
        field_copy(at, sizeof(reader->rp), ret);
        return;
    }
    uint8_t rp[sizeof(reader->rp)];
    for (size_t i = 0; i < sizeof(rp); i++)
        rp[i] = fold_column[at[i]];
    field_copy(rp, sizeof(rp), ret);
    enum identifier_verdict verdict = rp_verdict_columns(rp);
    if (verdict == IDENTIFIER_SHAPE)
        field_tell(reader, RULE_RP_SHAPE, field, NULL);
    else if (memcmp(rp, at, sizeof(rp)) != 0)
        field_tell(reader, RULE_TEXT_CASE, field, NULL);
    else if (verdict == IDENTIFIER_OK)
        memcpy(reader->rp, rp, sizeof(rp));
    if (verdict == IDENTIFIER_CHECK_DIGIT)
        field_tell_at(reader, RULE_RP_CHECK_DIGIT, field, 10, (char[]){rp_check_digit(ret), '\0'});
}

static void read_nss(struct field_reader *reader, const struct record_field *field, const uint8_t *at,
                     void *ret)
{
    field_copy(at, 11, ret);
    switch (nss_verdict_columns(at)) {
    case IDENTIFIER_OK:
        break;
    case IDENTIFIER_SHAPE:
        field_tell(reader, RULE_NSS_SHAPE, field, NULL);
        break;
    case IDENTIFIER_CHECK_DIGIT:
        field_tell_at(reader, RULE_NSS_CHECK_DIGIT, field, 10, (char[]){nss_check_digit(ret), '\0'});
        break;
    }
}

static void read_sbc(struct field_reader *reader, const struct record_field *field, const uint8_t *at,
                     void *ret)
{
    uint32_t centavos;
    if (!digits_to_number(at, field_width(field), &centavos))
        field_tell(reader, RULE_SBC_SHAPE, field, NULL);
    else if (centavos == 0)
        field_tell(reader, RULE_SBC_ZERO, field, NULL);
    *(int32_t *)ret = (int32_t)centavos;
}

static void write_sbc(const struct record_field *field, char *at, const void *value, enum enye_policy enye)
{
    number_to_digits((uint32_t) * (const int32_t *)value, at, field_width(field));
}

static void read_code(struct field_reader *reader, const struct record_field *field, const uint8_t *at,
                      void *ret)
{
    const struct codec *codec = &codecs[field->codec];
    char code = (char)fold_column[*at];
    bool known = false;
    for (const struct catalogue_entry *entry = codec->catalogue; entry->code; entry++)
        known |= entry->code[0] == code;
    if (!known) {
        _cleanup_free_ char *expected = catalogue_codes(codec->catalogue);
        field_tell(reader, codec->rule, field, expected);
    } else if (code != (char)*at)
        field_tell(reader, RULE_TEXT_CASE, field, NULL);
    *(char *)ret = code;
}

/* IMSS was founded in 1943; nothing can take effect before. */
static void read_date(struct field_reader *reader, const struct record_field *field, const uint8_t *at,
                      void *ret)
{
    uint32_t number;
    bool digits = digits_to_number(at, field_width(field), &number);
    uint32_t day = number / 1000000, month = number / 10000 % 100, year = number % 10000;
    if (!digits || month < 1 || month > 12 || day < 1 || (int)day > date_days_in_month((int)year, (int)month))
        field_tell(reader, RULE_DATE_SHAPE, field, NULL);
    else if (year < 1943 || year > 2099)
        field_tell_at(reader, RULE_DATE_YEAR, field, 4, NULL);
    *(int32_t *)ret = (int32_t)(year * 10000 + month * 100 + day);
}

static void write_date(const struct record_field *field, char *at, const void *value, enum enye_policy enye)
{
    uint32_t date = (uint32_t) * (const int32_t *)value;
    number_to_digits(date % 100 * 1000000 + date / 100 % 100 * 10000 + date / 10000, at, field_width(field));
}

static void read_umf(struct field_reader *reader, const struct record_field *field, const uint8_t *at,
                     void *ret)
{
    size_t n = field_width(field);
    uint32_t number;
    field_copy(at, n, ret);
    if (digits_to_number(at, n, &number))
        return;
    size_t n_digits;
    const uint8_t *digits = field_trim(at, n, &n_digits);
    if (!digits_to_number(digits, n_digits, &number)) {
        field_tell(reader, RULE_UMF_SHAPE, field, NULL);
        return;
    }
    number_to_digits(number, ret, n);
    finding_propose(field_tell(reader, RULE_UMF_PADDING, field, NULL), ret);
}

/* The type was read before all else, since it says which fields there are. */
static void read_type(struct field_reader *reader, const struct record_field *field, const uint8_t *at,
                      void *ret)
{
    *(enum movement_type *)ret = (enum movement_type)(at[1] - '0');
}

static void write_type(const struct record_field *field, char *at, const void *value, enum enye_policy enye)
{
    memcpy(at, movement_type_code(*(const enum movement_type *)value), field_width(field));
}

static void read_guia(struct field_reader *reader, const struct record_field *field, const uint8_t *at,
                      void *ret)
{
    size_t n = field_width(field);
    uint32_t number;
    field_copy(at, n, ret);
    if (all_are(at, n, ' ')) {
        memset(ret, '0', n);
        finding_propose(field_tell(reader, RULE_GUIA_MISSING, field, NULL), ret);
    } else if (!digits_to_number(at, n, &number))
        field_tell(reader, RULE_GUIA_SHAPE, field, NULL);
}

static void read_mark(struct field_reader *reader, const struct record_field *field, const uint8_t *at,
                      void *ret)
{
    if (*at != '9')
        field_tell(reader, RULE_FORMAT_MARK, field, NULL);
}

static void write_mark(const struct record_field *field, char *at, const void *value, enum enye_policy enye)
{
    *at = '9';
}

static void write_count(const struct record_field *field, char *at, const void *value, enum enye_policy enye)
{
    number_to_digits(*(const uint32_t *)value, at, field_width(field));
}

static const struct codec codecs[_CODEC_MAX] = {
    [CODEC_FILLER] = {read_filler, write_filler},
    [CODEC_RP] = {read_rp, write_same},
    [CODEC_NSS] = {read_nss, write_same},
    [CODEC_NAME] = {field_read_name, field_write_name},
    [CODEC_SBC] = {read_sbc, write_sbc},
    [CODEC_TRABAJADOR] = {read_code, write_same, catalogue_tipo_trabajador, RULE_TRABAJADOR_UNKNOWN},
    [CODEC_SALARIO] = {read_code, write_same, catalogue_tipo_salario, RULE_SALARIO_UNKNOWN},
    [CODEC_JORNADA] = {read_code, write_same, catalogue_jornada, RULE_JORNADA_UNKNOWN},
    [CODEC_CAUSA] = {read_code, write_same, catalogue_causa_baja, RULE_CAUSA_UNKNOWN},
    [CODEC_DATE] = {read_date, write_date},
    [CODEC_UMF] = {read_umf, write_same},
    [CODEC_TYPE] = {read_type, write_type},
    [CODEC_GUIA] = {read_guia, write_same},
    [CODEC_CLAVE] = {field_read_clave, field_write_name},
    [CODEC_CURP] = {field_read_curp, field_write_name},
    [CODEC_MARK] = {read_mark, write_mark},
    [CODEC_COUNT] = {NULL, write_count},
};

/* ---- whole records ---- */

int field_type(struct field_reader *reader, const uint8_t *columns)
{
    static const struct record_field field = {"type", 132,        133,
                                              'N',    CODEC_TYPE, offsetof(struct movement, type)};
    const uint8_t *at = columns + field.first - 1;
    if (at[0] == '0' && (at[1] == '8' || at[1] == '7' || at[1] == '2'))
        return at[1] - '0';
    reader->columns = columns;
    field_tell(reader, RULE_TYPE_UNKNOWN, &field, NULL);
    return -1;
}

/* The rules that look at more than one field. */
static void check_names(struct field_reader *reader, const struct record_field *fields,
                        const struct movement *movement)
{
    for (const struct record_field *field = fields; field->name; field++) {
        if (field->offset == offsetof(struct movement, nombres) && field->codec == CODEC_NAME &&
            !*movement->nombres)
            field_tell(reader, RULE_NAME_MISSING, field, NULL);
        if (field->offset == offsetof(struct movement, paterno) && field->codec == CODEC_NAME &&
            !*movement->paterno)
            field_tell(reader, *movement->materno ? RULE_NAME_PATERNO : RULE_NAME_MISSING, field, NULL);
    }
}

/* `row` is a constant for each caller, so that records are read without looking at it. */
static inline void read_all(struct field_reader *reader, enum movement_type type, const uint8_t *columns,
                            struct movement *ret, bool row)
{
    const struct record_field *fields = record_fields(type);
    reader->columns = columns;
    memset(ret, 0,
           offsetof(
               struct movement,
               rp)); /* what comes before the texts; clearing those too would cost as much as reading them */
    *ret->umf = *ret->curp = '\0';
    for (const struct record_field *field = fields; field->name; field++)
        if (!row || !reader->skip[field->first])
            codecs[field->codec].read(reader, field, columns + field->first - 1, (char *)ret + field->offset);
    if (!*ret->paterno || !*ret->nombres)
        check_names(reader, fields, ret);
}

void fields_read(struct field_reader *reader, enum movement_type type, const uint8_t *columns,
                 struct movement *ret)
{
    reader->wrong = 0;
    read_all(reader, type, columns, ret, false);
}

/* Do records of all types have the field, there and read in the same way? */
static bool is_common(const struct record_field *field)
{
    static const enum movement_type others[] = {MOVEMENT_REINGRESO, MOVEMENT_MODIFICACION};
    for (size_t i = 0; i < ELEMENTSOF(others); i++) {
        const struct record_field *other = record_fields(others[i]);
        while (other->name && (other->first != field->first || other->codec != field->codec))
            other++;
        if (!other->name)
            return false;
    }
    return field->codec != CODEC_FILLER && field->codec != CODEC_TYPE;
}

void fields_check_common(struct field_reader *reader, const uint8_t *columns)
{
    struct movement movement = {0};
    const struct record_field *fields = record_fields(MOVEMENT_BAJA);
    reader->columns = columns;
    for (const struct record_field *field = fields; field->name; field++)
        if (is_common(field))
            codecs[field->codec].read(reader, field, columns + field->first - 1,
                                      (char *)&movement + field->offset);
    check_names(reader, fields, &movement);
}

bool fields_have_error(const struct field_reader *reader, enum movement_type type, const char *name)
{
    for (const struct record_field *field = record_fields(type); field->name; field++)
        if (streq(field->name, name))
            return reader->wrong & 1u << field->codec;
    return false;
}

void fields_read_row(struct field_reader *reader, enum movement_type type, const uint8_t *columns,
                     struct movement *ret)
{
    memset(ret, 0, sizeof(*ret)); /* fields may be skipped */
    read_all(reader, type, columns, ret, true);
}

void fields_write(enum movement_type type, const void *values, enum enye_policy enye, char *columns)
{
    for (const struct record_field *field = record_fields(type); field->name; field++)
        codecs[field->codec].write(field, columns + field->first - 1, (const char *)values + field->offset,
                                   enye);
}
