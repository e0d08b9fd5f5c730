/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/field-codec.h"

#include <endian.h>

#include "idse/fold.h"
#include "idse/identifier.h"

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

/* The top bit of each of eight bytes says whether it is another than this one, of which `difference` is the XOR. */
static uint64_t differs(uint64_t difference)
{
    return ((difference & EACH(0x7F)) + EACH(0x7F)) | difference;
}

/* Of which characters a text mostly is. */
enum trim_of { TRIM_WORDS /* letters and blanks */, TRIM_CODES /* digits too */ };

/*
 * The trimmed end of n >= 8 columns, and their obstacles. Names are of any length, so a branch per character would mostly
 * be foretold wrong: eight at a time, the last eight partly twice. Only what the text mostly is of is known here; with
 * anything else among it *ret_known is false.
 */
static inline __attribute__((always_inline)) struct span trim_end(const uint8_t *at, size_t n,
                                                                  enum trim_of of, bool *ret_known)
{
    uint64_t other = 0, digits = 0;
    struct span text = {at, 0, 0};
    for (size_t i = 0; i < n; i += 8) {
        size_t first = MIN(i, n - 8);
        uint64_t eight = load_eight(at + first), ink = eight ^ EACH(' ');
        size_t behind = first + 8 - (size_t)__builtin_clzll(ink | 1) / 8;
        text.n = ink ? (uint32_t)behind : text.n;
        uint64_t not_word = outside(eight, 'A', 'Z') & differs(ink);
        uint64_t not_digit = of == TRIM_CODES ? outside(eight, '0', '9') : UINT64_MAX;
        other |= not_word & not_digit;
        digits |= ~not_digit;
    }
    *ret_known = !(other & EACH(0x80));
    text.obstacles = digits & EACH(0x80) ? NOT_NAME : 0;
    return text;
}

static inline __attribute__((always_inline)) struct span trim(const uint8_t *at, size_t n, enum trim_of of)
{
    struct span text = {at, (uint32_t)n, 0};
    bool known = false;
    if (n >= 8)
        text = trim_end(at, n, of, &known);
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

const uint8_t *field_trim(const uint8_t *at, size_t n, size_t *ret_n)
{
    struct span text = trim(at, n, TRIM_CODES);
    *ret_n = text.n;
    return text.at;
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
    struct span folded = trim(scratch, text.n, TRIM_WORDS);
    if (text.at != field_at)
        propose_text(field_tell(reader, RULE_TEXT_ALIGN, field, NULL), folded);
    for (size_t i = 0; i < text.n; i++) {
        uint8_t from = text.at[i], to = scratch[i];
        enum finding_rule rule = from == '#'           ? RULE_TEXT_ENYE
                                 : (from ^ to) == 0x20 ? RULE_TEXT_CASE
                                                       : RULE_TEXT_ACCENT;
        if (from != to && !told[rule])
            propose_text(field_tell_at(reader, rule, field, (size_t)(text.at - field_at) + i, NULL), folded);
        told[rule] |= from != to;
    }
    return folded;
}

/*
 * A text field without its blanks, folded. '#' is read as Ñ where `hash_is_enye`. The result points into the record, or
 * into `scratch` when the text was not plain.
 */
static inline struct span read_text(struct field_reader *reader, const struct record_field *field,
                                    const uint8_t *at, size_t n, enum trim_of of, uint8_t *scratch,
                                    bool hash_is_enye)
{
    struct span text = trim(at, n, of);
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
    size_t n = fold_text(text, columns, field_width(field));
    for (size_t i = 0; i < n; i++)
        if (columns[i] == COLUMN_ENYE)
            columns[i] = enye_bytes[enye];
    memset(at + n, ' ', field_width(field) - n);
}

/* ---- the codecs ---- */

void field_read_name(struct field_reader *reader, const struct record_field *field, const uint8_t *at,
                     void *ret)
{
    uint8_t scratch[MOVEMENT_NAME_COLUMNS];
    struct span text = read_text(reader, field, at, sizeof(scratch), TRIM_WORDS, scratch, true);
    if (text.obstacles & NOT_NAME)
        field_tell(reader, RULE_NAME_CHARACTER, field, NULL);
    span_to_utf8(text, at, MOVEMENT_NAME_COLUMNS, ret);
}

void field_write_name(const struct record_field *field, char *at, const void *value, enum enye_policy enye)
{
    write_text(field, at, value, enye);
}

/* The employer's own key: a '#' in it is a '#', and Ñ becomes N, so that no policy can change it on its way. */
void field_read_clave(struct field_reader *reader, const struct record_field *field, const uint8_t *at,
                      void *ret)
{
    uint8_t scratch[10];
    struct span text = read_text(reader, field, at, sizeof(scratch), TRIM_CODES, scratch, false);
    char *clave = ret;
    field_copy(text.at, text.n, clave);
    for (size_t i = 0; i < text.n; i++)
        if (text.at[i] == COLUMN_ENYE) {
            field_tell_at(reader, RULE_TEXT_ACCENT, field, i, NULL);
            clave[i] = 'N';
        }
}

void field_read_curp(struct field_reader *reader, const struct record_field *field, const uint8_t *at,
                     void *ret)
{
    uint8_t scratch[18];
    struct span text = read_text(reader, field, at, sizeof(scratch), TRIM_CODES, scratch, true);
    span_to_utf8(text, at, sizeof(scratch), ret);
    if (text.n == 0)
        return; /* optional */
    enum identifier_verdict verdict = text.n == 18 ? curp_verdict_columns(text.at) : IDENTIFIER_SHAPE;
    if (verdict == IDENTIFIER_SHAPE)
        field_tell(reader, RULE_CURP_SHAPE, field, NULL);
    else if (verdict == IDENTIFIER_CHECK_DIGIT)
        field_tell_at(reader, RULE_CURP_CHECK_DIGIT, field, 17, (char[]){curp_check_digit(ret), '\0'});
}
