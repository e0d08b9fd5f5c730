/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/field.h"

#include <endian.h>

#include "base/text.h"
#include "idse/catalogue.h"
#include "idse/date.h"
#include "idse/fold.h"
#include "idse/identifier.h"

enum codec_id {
    CODEC_FILLER,
    CODEC_RP,
    CODEC_NSS,
    CODEC_NAME,
    CODEC_SBC,
    CODEC_TRABAJADOR,
    CODEC_SALARIO,
    CODEC_JORNADA,
    CODEC_CAUSA,
    CODEC_DATE,
    CODEC_UMF,
    CODEC_TYPE,
    CODEC_GUIA,
    CODEC_CLAVE,
    CODEC_CURP,
    CODEC_MARK,
    CODEC_COUNT,
    _CODEC_MAX,
};

#define M(member) offsetof(struct movement, member)

/* What all three types begin with. */
#define FIELDS_WHO                                                                                           \
    {"rp", 1, 11, 'X', CODEC_RP, M(rp)}, {"nss", 12, 22, 'N', CODEC_NSS, M(nss)},                            \
        {"first-surname", 23, 49, 'A', CODEC_NAME, M(paterno)},                                              \
        {"second-surname", 50, 76, 'A', CODEC_NAME, M(materno)},                                             \
    {                                                                                                        \
        "names", 77, 103, 'A', CODEC_NAME, M(nombres)                                                        \
    }

static const struct record_field fields_reingreso[] = {
    FIELDS_WHO,
    {"sbc", 104, 109, 'N', CODEC_SBC, M(sbc_centavos)},
    {"filler", 110, 115, ' ', CODEC_FILLER},
    {"tipo-trabajador", 116, 116, 'N', CODEC_TRABAJADOR, M(tipo_trabajador)},
    {"tipo-salario", 117, 117, 'N', CODEC_SALARIO, M(tipo_salario)},
    {"jornada", 118, 118, 'N', CODEC_JORNADA, M(jornada)},
    {"date", 119, 126, 'N', CODEC_DATE, M(date)},
    {"umf", 127, 129, 'N', CODEC_UMF, M(umf)},
    {"filler", 130, 131, ' ', CODEC_FILLER},
    {"type", 132, 133, 'N', CODEC_TYPE, M(type)},
    {"guia", 134, 138, 'N', CODEC_GUIA, M(guia)},
    {"clave", 139, 148, 'X', CODEC_CLAVE, M(clave)},
    {"filler", 149, 149, ' ', CODEC_FILLER},
    {"curp", 150, 167, 'X', CODEC_CURP, M(curp)},
    {"format", 168, 168, 'N', CODEC_MARK},
    {NULL},
};

static const struct record_field fields_modificacion[] = {
    FIELDS_WHO,
    {"sbc", 104, 109, 'N', CODEC_SBC, M(sbc_centavos)},
    {"filler", 110, 115, ' ', CODEC_FILLER},
    {"tipo-trabajador", 116, 116, ' ', CODEC_FILLER},
    {"tipo-salario", 117, 117, 'N', CODEC_SALARIO, M(tipo_salario)},
    {"jornada", 118, 118, 'N', CODEC_JORNADA, M(jornada)},
    {"date", 119, 126, 'N', CODEC_DATE, M(date)},
    {"filler", 127, 131, ' ', CODEC_FILLER},
    {"type", 132, 133, 'N', CODEC_TYPE, M(type)},
    {"guia", 134, 138, 'N', CODEC_GUIA, M(guia)},
    {"clave", 139, 148, 'X', CODEC_CLAVE, M(clave)},
    {"filler", 149, 149, ' ', CODEC_FILLER},
    {"curp", 150, 167, 'X', CODEC_CURP, M(curp)},
    {"format", 168, 168, 'N', CODEC_MARK},
    {NULL},
};

static const struct record_field fields_baja[] = {
    FIELDS_WHO,
    {"filler", 104, 118, '0', CODEC_FILLER},
    {"date", 119, 126, 'N', CODEC_DATE, M(date)},
    {"filler", 127, 131, ' ', CODEC_FILLER},
    {"type", 132, 133, 'N', CODEC_TYPE, M(type)},
    {"guia", 134, 138, 'N', CODEC_GUIA, M(guia)},
    {"clave", 139, 148, 'X', CODEC_CLAVE, M(clave)},
    {"causa-baja", 149, 149, 'X', CODEC_CAUSA, M(causa_baja)},
    {"filler", 150, 167, ' ', CODEC_FILLER},
    {"format", 168, 168, 'N', CODEC_MARK},
    {NULL},
};

static const struct record_field fields_control[] = {
    {"asterisks", 1, 13, '*', CODEC_FILLER},
    {"filler", 14, 56, ' ', CODEC_FILLER},
    {"count", 57, 62, 'N', CODEC_COUNT, offsetof(struct control, count)},
    {"filler", 63, 133, ' ', CODEC_FILLER},
    {"guia", 134, 138, 'N', CODEC_GUIA, offsetof(struct control, guia)},
    {"filler", 139, 167, ' ', CODEC_FILLER},
    {"format", 168, 168, 'N', CODEC_MARK},
    {NULL},
};

const struct record_field *record_fields(enum movement_type type)
{
    switch (type) {
    case MOVEMENT_REINGRESO:
        return fields_reingreso;
    case MOVEMENT_MODIFICACION:
        return fields_modificacion;
    case MOVEMENT_BAJA:
        return fields_baja;
    case MOVEMENT_NONE:
        break;
    }
    return fields_control;
}

static size_t width(const struct record_field *field)
{
    return (size_t)(field->last - field->first + 1);
}

/* ---- telling what is wrong ---- */

/* With the field's content, and the column of the character at `offset` in it. */
static struct finding *tell_at(struct field_reader *reader, enum finding_rule rule,
                               const struct record_field *field, size_t offset, const char *detail)
{
    const char *content = (const char *)reader->columns + field->first - 1;
    _cleanup_free_ char *value = cp1252_to_utf8(content, width(field));
    size_t column = reader->cells ? reader->cells[field->first] : field->first + offset;
    reader->bad |= finding_rule_severity(rule) == FINDING_ERROR;
    return findings_report(reader->findings, rule, reader->line, (uint16_t)column, field->name,
                           str_trim(value), detail);
}

static struct finding *tell(struct field_reader *reader, enum finding_rule rule,
                            const struct record_field *field, const char *detail)
{
    return tell_at(reader, rule, field, 0, detail);
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

static void copy_columns(const uint8_t *at, size_t n, char *ret)
{
    memcpy(ret, at, n);
    ret[n] = '\0';
}

/* What stands in the way of taking a character of a text as it is; bits, and 0 for most. */
enum {
    NOT_PLAIN = 1 << 0, /* it is folded, or at least looked at */
    NOT_NAME = 1 << 1,  /* names do not have it */
};

static const uint8_t obstacles[256] = {
    [0 ... 0x1F] = NOT_PLAIN | NOT_NAME,
    ['!' ... '&'] = NOT_PLAIN | NOT_NAME,
    ['(' ... ','] = NOT_PLAIN | NOT_NAME,
    ['/'] = NOT_PLAIN | NOT_NAME,
    ['0' ... '9'] = NOT_NAME,
    [':' ... '@'] = NOT_PLAIN | NOT_NAME,
    ['[' ... COLUMN_ENYE - 1] = NOT_PLAIN | NOT_NAME,
    [COLUMN_ENYE] = NOT_PLAIN,
    [COLUMN_ENYE + 1 ... 0xFF] = NOT_PLAIN | NOT_NAME,
};

/* The columns of a text without its blanks, and the obstacles of all its characters together. */
struct span {
    const uint8_t *at;
    uint32_t n, obstacles;
};

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

static uint64_t load_eight(const uint8_t *at)
{
    uint64_t eight;
    memcpy(&eight, at, sizeof(eight));
    return le64toh(eight);
}

/* The top bit of each of eight ASCII bytes says whether it is outside from…to; other bytes are outside. */
static uint64_t outside(uint64_t eight, unsigned from, unsigned to)
{
    return ~(eight + EACH(0x80 - from)) | (eight + EACH(0x7F - to)) | eight;
}

/*
 * The trimmed end of n >= 8 columns, and their obstacles. Names are of any length, so a branch per character would mostly
 * be foretold wrong: eight at a time, the last eight partly twice. Only letters, digits and blanks are known here; with
 * anything else among them *ret_known is false.
 */
static struct span trim_end(const uint8_t *at, size_t n, bool *ret_known)
{
    uint64_t other = 0, digits = 0;
    struct span text = {at, 0, 0};
    for (size_t i = 0; i < n; i += 8) {
        size_t first = MIN(i, n - 8);
        uint64_t eight = load_eight(at + first), ink = eight ^ EACH(' ');
        size_t behind = first + 8 - (size_t)__builtin_clzll(ink | 1) / 8;
        text.n = ink ? (uint32_t)behind : text.n;
        uint64_t not_word = outside(eight, 'A', 'Z') & outside(eight, ' ', ' '),
                 not_digit = outside(eight, '0', '9');
        other |= not_word & not_digit;
        digits |= ~not_digit;
    }
    *ret_known = !(other & EACH(0x80));
    text.obstacles = digits & EACH(0x80) ? NOT_NAME : 0;
    return text;
}

static struct span trim(const uint8_t *at, size_t n)
{
    struct span text = {at, (uint32_t)n, 0};
    bool known = false;
    if (n >= 8)
        text = trim_end(at, n, &known);
    while (text.n > 0 && text.at[text.n - 1] == ' ')
        text.n--;
    while (text.n > 0 && *text.at == ' ') {
        text.at++;
        text.n--;
    }
    if (known)
        return text;
    text.obstacles = 0;
    for (size_t i = 0; i < text.n; i++)
        text.obstacles |= obstacles[text.at[i]];
    return text;
}

static void propose_text(struct finding *finding, struct span text)
{
    char fix[MOVEMENT_NAME_SIZE];
    if (!finding)
        return;
    fold_to_utf8(text.at, text.n, fix);
    finding_propose(finding, fix);
}

/*
 * What has to be done to a text that is not plain, into `scratch`, with a finding for each kind of change at the first
 * place of it.
 */
static __attribute__((noinline)) struct span fold_span(struct field_reader *reader,
                                                       const struct record_field *field, struct span text,
                                                       uint8_t *scratch, bool hash_is_enye)
{
    const uint8_t *field_at = reader->columns + field->first - 1;
    bool told[_RULE_MAX] = {false};
    for (size_t i = 0; i < text.n; i++)
        scratch[i] = text.at[i] == '#' && hash_is_enye ? COLUMN_ENYE : fold_column[text.at[i]];
    struct span folded = trim(scratch, text.n);
    if (text.at != field_at)
        propose_text(tell(reader, RULE_TEXT_ALIGN, field, NULL), folded);
    for (size_t i = 0; i < text.n; i++) {
        uint8_t from = text.at[i], to = scratch[i];
        enum finding_rule rule = from == '#'           ? RULE_TEXT_ENYE
                                 : (from ^ to) == 0x20 ? RULE_TEXT_CASE
                                                       : RULE_TEXT_ACCENT;
        if (from != to && !told[rule])
            propose_text(tell_at(reader, rule, field, (size_t)(text.at - field_at) + i, NULL), folded);
        told[rule] |= from != to;
    }
    return folded;
}

/*
 * A text field without its blanks, folded. '#' is read as Ñ where `hash_is_enye`. The result points into the record, or
 * into `scratch` when the text was not plain.
 */
static inline struct span read_text(struct field_reader *reader, const struct record_field *field,
                                    const uint8_t *at, uint8_t *scratch, bool hash_is_enye)
{
    struct span text = trim(at, width(field));
    if (text.n > 0 && (text.at != at || text.obstacles & NOT_PLAIN))
        return fold_span(reader, field, text, scratch, hash_is_enye);
    text.at = at;
    return text;
}

/* `ret` has room for the whole field: what stands at its beginning goes over at once, blanks behind it and all. */
static inline void span_to_utf8(struct span text, const uint8_t *at, size_t n, char *ret)
{
    if (text.at != at) {
        fold_to_utf8(text.at, text.n, ret);
        return;
    }
    memcpy(ret, at, n);
    ret[text.n] = '\0';
}

static void write_text(const struct record_field *field, char *at, const char *text, enum enye_policy enye)
{
    static const uint8_t enye_bytes[] = {[ENYE_HASH] = '#', [ENYE_LATIN1] = COLUMN_ENYE, [ENYE_N] = 'N'};
    uint8_t *columns = (uint8_t *)at;
    size_t n = fold_text(text, columns, width(field));
    for (size_t i = 0; i < n; i++)
        if (columns[i] == COLUMN_ENYE)
            columns[i] = enye_bytes[enye];
    memset(at + n, ' ', width(field) - n);
}

/* ---- the codecs ---- */

struct codec {
    void (*read)(struct field_reader *reader, const struct record_field *field, const uint8_t *at, void *ret);
    void (*write)(const struct record_field *field, char *at, const void *value, enum enye_policy enye);
    const struct catalogue_entry *catalogue; /* for those that read a code */
    enum finding_rule rule;                  /* what a code that is not in it breaks */
};
static const struct codec codecs[_CODEC_MAX];

static void read_filler(struct field_reader *reader, const struct record_field *field, const uint8_t *at,
                        void *ret)
{
    size_t n = width(field);
    if (all_are(at, n, field->type))
        return;
    bool none = true;
    for (size_t i = 0; i < n; i++)
        none &= at[i] == ' ' || at[i] == '0';
    if (none)
        tell(reader, field->type == '0' ? RULE_FILLER_BLANKS : RULE_FILLER_ZEROS, field, NULL);
    else if (n == 1 && catalogue_find_char(catalogue_tipo_trabajador, (char)*at) &&
             !streq(field->name, "filler"))
        tell(reader, RULE_FILLER_TRABAJADOR, field, NULL);
    else
        tell(reader, RULE_FILLER_USED, field, NULL);
}

static void write_filler(const struct record_field *field, char *at, const void *value, enum enye_policy enye)
{
    memset(at, field->type, width(field));
}

static void write_same(const struct record_field *field, char *at, const void *value, enum enye_policy enye)
{
    memcpy(at, value, width(field));
}

static void read_rp(struct field_reader *reader, const struct record_field *field, const uint8_t *at,
                    void *ret)
{
    if (memcmp(at, reader->rp, sizeof(reader->rp)) == 0) {
        copy_columns(at, sizeof(reader->rp), ret);
        return;
    }
    uint8_t rp[sizeof(reader->rp)];
    for (size_t i = 0; i < sizeof(rp); i++)
        rp[i] = fold_column[at[i]];
    copy_columns(rp, sizeof(rp), ret);
    enum identifier_verdict verdict = rp_verdict_columns(rp);
    if (verdict == IDENTIFIER_SHAPE)
        tell(reader, RULE_RP_SHAPE, field, NULL);
    else if (memcmp(rp, at, sizeof(rp)) != 0)
        tell(reader, RULE_TEXT_CASE, field, NULL);
    else if (verdict == IDENTIFIER_OK)
        memcpy(reader->rp, rp, sizeof(rp));
    if (verdict == IDENTIFIER_CHECK_DIGIT)
        tell_at(reader, RULE_RP_CHECK_DIGIT, field, 10, (char[]){rp_check_digit(ret), '\0'});
}

static void read_nss(struct field_reader *reader, const struct record_field *field, const uint8_t *at,
                     void *ret)
{
    copy_columns(at, 11, ret);
    switch (nss_verdict_columns(at)) {
    case IDENTIFIER_OK:
        break;
    case IDENTIFIER_SHAPE:
        tell(reader, RULE_NSS_SHAPE, field, NULL);
        break;
    case IDENTIFIER_CHECK_DIGIT:
        tell_at(reader, RULE_NSS_CHECK_DIGIT, field, 10, (char[]){nss_check_digit(ret), '\0'});
        break;
    }
}

static void read_name(struct field_reader *reader, const struct record_field *field, const uint8_t *at,
                      void *ret)
{
    uint8_t scratch[MOVEMENT_NAME_COLUMNS];
    struct span text = read_text(reader, field, at, scratch, true);
    if (text.obstacles & NOT_NAME)
        tell(reader, RULE_NAME_CHARACTER, field, NULL);
    span_to_utf8(text, at, MOVEMENT_NAME_COLUMNS, ret);
}

static void write_name(const struct record_field *field, char *at, const void *value, enum enye_policy enye)
{
    write_text(field, at, value, enye);
}

static void read_sbc(struct field_reader *reader, const struct record_field *field, const uint8_t *at,
                     void *ret)
{
    uint32_t centavos;
    if (!digits_to_number(at, width(field), &centavos))
        tell(reader, RULE_SBC_SHAPE, field, NULL);
    else if (centavos == 0)
        tell(reader, RULE_SBC_ZERO, field, NULL);
    *(int32_t *)ret = (int32_t)centavos;
}

static void write_sbc(const struct record_field *field, char *at, const void *value, enum enye_policy enye)
{
    number_to_digits((uint32_t) * (const int32_t *)value, at, width(field));
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
        tell(reader, codec->rule, field, expected);
    } else if (code != (char)*at)
        tell(reader, RULE_TEXT_CASE, field, NULL);
    *(char *)ret = code;
}

/* IMSS was founded in 1943; nothing can take effect before. */
static void read_date(struct field_reader *reader, const struct record_field *field, const uint8_t *at,
                      void *ret)
{
    uint32_t number;
    bool digits = digits_to_number(at, width(field), &number);
    uint32_t day = number / 1000000, month = number / 10000 % 100, year = number % 10000;
    if (!digits || month < 1 || month > 12 || day < 1 || (int)day > date_days_in_month((int)year, (int)month))
        tell(reader, RULE_DATE_SHAPE, field, NULL);
    else if (year < 1943 || year > 2099)
        tell_at(reader, RULE_DATE_YEAR, field, 4, NULL);
    *(int32_t *)ret = (int32_t)(year * 10000 + month * 100 + day);
}

static void write_date(const struct record_field *field, char *at, const void *value, enum enye_policy enye)
{
    uint32_t date = (uint32_t) * (const int32_t *)value;
    number_to_digits(date % 100 * 1000000 + date / 100 % 100 * 10000 + date / 10000, at, width(field));
}

static void read_umf(struct field_reader *reader, const struct record_field *field, const uint8_t *at,
                     void *ret)
{
    size_t n = width(field);
    uint32_t number;
    copy_columns(at, n, ret);
    if (digits_to_number(at, n, &number))
        return;
    struct span text = trim(at, n);
    if (!digits_to_number(text.at, text.n, &number)) {
        tell(reader, RULE_UMF_SHAPE, field, NULL);
        return;
    }
    number_to_digits(number, ret, n);
    finding_propose(tell(reader, RULE_UMF_PADDING, field, NULL), ret);
}

/* The type was read before all else, since it says which fields there are. */
static void read_type(struct field_reader *reader, const struct record_field *field, const uint8_t *at,
                      void *ret)
{
    *(enum movement_type *)ret = (enum movement_type)(at[1] - '0');
}

static void write_type(const struct record_field *field, char *at, const void *value, enum enye_policy enye)
{
    memcpy(at, movement_type_code(*(const enum movement_type *)value), width(field));
}

static void read_guia(struct field_reader *reader, const struct record_field *field, const uint8_t *at,
                      void *ret)
{
    size_t n = width(field);
    uint32_t number;
    copy_columns(at, n, ret);
    if (all_are(at, n, ' ')) {
        memset(ret, '0', n);
        finding_propose(tell(reader, RULE_GUIA_MISSING, field, NULL), ret);
    } else if (!digits_to_number(at, n, &number))
        tell(reader, RULE_GUIA_SHAPE, field, NULL);
}

/* The employer's own key: a '#' in it is a '#', and Ñ becomes N, so that no policy can change it on its way.
 */
static void read_clave(struct field_reader *reader, const struct record_field *field, const uint8_t *at,
                       void *ret)
{
    uint8_t scratch[10];
    struct span text = read_text(reader, field, at, scratch, false);
    char *clave = ret;
    copy_columns(text.at, text.n, clave);
    for (size_t i = 0; i < text.n; i++)
        if (text.at[i] == COLUMN_ENYE) {
            tell_at(reader, RULE_TEXT_ACCENT, field, i, NULL);
            clave[i] = 'N';
        }
}

static void read_curp(struct field_reader *reader, const struct record_field *field, const uint8_t *at,
                      void *ret)
{
    uint8_t scratch[18];
    struct span text = read_text(reader, field, at, scratch, true);
    span_to_utf8(text, at, sizeof(scratch), ret);
    if (text.n == 0)
        return; /* optional */
    enum identifier_verdict verdict = text.n == 18 ? curp_verdict_columns(text.at) : IDENTIFIER_SHAPE;
    if (verdict == IDENTIFIER_SHAPE)
        tell(reader, RULE_CURP_SHAPE, field, NULL);
    else if (verdict == IDENTIFIER_CHECK_DIGIT)
        tell_at(reader, RULE_CURP_CHECK_DIGIT, field, 17, (char[]){curp_check_digit(ret), '\0'});
}

static void read_mark(struct field_reader *reader, const struct record_field *field, const uint8_t *at,
                      void *ret)
{
    if (*at != '9')
        tell(reader, RULE_FORMAT_MARK, field, NULL);
}

static void write_mark(const struct record_field *field, char *at, const void *value, enum enye_policy enye)
{
    *at = '9';
}

static void write_count(const struct record_field *field, char *at, const void *value, enum enye_policy enye)
{
    number_to_digits(*(const uint32_t *)value, at, width(field));
}

static const struct codec codecs[_CODEC_MAX] = {
    [CODEC_FILLER] = {read_filler, write_filler},
    [CODEC_RP] = {read_rp, write_same},
    [CODEC_NSS] = {read_nss, write_same},
    [CODEC_NAME] = {read_name, write_name},
    [CODEC_SBC] = {read_sbc, write_sbc},
    [CODEC_TRABAJADOR] = {read_code, write_same, catalogue_tipo_trabajador, RULE_TRABAJADOR_UNKNOWN},
    [CODEC_SALARIO] = {read_code, write_same, catalogue_tipo_salario, RULE_SALARIO_UNKNOWN},
    [CODEC_JORNADA] = {read_code, write_same, catalogue_jornada, RULE_JORNADA_UNKNOWN},
    [CODEC_CAUSA] = {read_code, write_same, catalogue_causa_baja, RULE_CAUSA_UNKNOWN},
    [CODEC_DATE] = {read_date, write_date},
    [CODEC_UMF] = {read_umf, write_same},
    [CODEC_TYPE] = {read_type, write_type},
    [CODEC_GUIA] = {read_guia, write_same},
    [CODEC_CLAVE] = {read_clave, write_name},
    [CODEC_CURP] = {read_curp, write_name},
    [CODEC_MARK] = {read_mark, write_mark},
    [CODEC_COUNT] = {NULL, write_count},
};

/* ---- whole records ---- */

int field_type(struct field_reader *reader, const uint8_t *columns)
{
    static const struct record_field field = {"type", 132, 133, 'N', CODEC_TYPE, M(type)};
    const uint8_t *at = columns + field.first - 1;
    if (at[0] == '0' && (at[1] == '8' || at[1] == '7' || at[1] == '2'))
        return at[1] - '0';
    reader->columns = columns;
    tell(reader, RULE_TYPE_UNKNOWN, &field, NULL);
    return -1;
}

/* The rules that look at more than one field. */
static void check_names(struct field_reader *reader, const struct record_field *fields,
                        const struct movement *movement)
{
    for (const struct record_field *field = fields; field->name; field++) {
        if (field->offset == M(nombres) && field->codec == CODEC_NAME && !*movement->nombres)
            tell(reader, RULE_NAME_MISSING, field, NULL);
        if (field->offset == M(paterno) && field->codec == CODEC_NAME && !*movement->paterno)
            tell(reader, *movement->materno ? RULE_NAME_PATERNO : RULE_NAME_MISSING, field, NULL);
    }
}

/* `row` is a constant for each caller, so that records are read without looking at it. */
static inline void read_all(struct field_reader *reader, enum movement_type type, const uint8_t *columns,
                            struct movement *ret, bool row)
{
    const struct record_field *fields = record_fields(type);
    reader->columns = columns;
    reader->bad = false;
    memset(ret, 0,
           M(rp)); /* what comes before the texts; clearing those too would cost as much as reading them */
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
    read_all(reader, type, columns, ret, false);
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
