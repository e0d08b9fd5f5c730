/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/identifier.h"

#include "base/text.h"

enum { NSS_LEN = 11, RP_LEN = 11, CURP_LEN = 18, RFC_LEN = 13, ENYE = 0xD1 };

/* What a character may be; a place of an identifier allows some of these. */
enum {
    DIGIT = 1 << 0,
    LETTER = 1 << 1, /* A…Z */
    NY = 1 << 2,     /* Ñ */
    AND = 1 << 3,    /* & */
    SEX = 1 << 4,    /* H, M and, since lately, X */
    TEN = 1 << 5,    /* A, which stands for 10 */
};

static const uint8_t classes[256] = {
    ['0' ... '9'] = DIGIT,
    ['A'] = LETTER | TEN,
    ['B' ... 'G'] = LETTER,
    ['H'] = LETTER | SEX,
    ['I' ... 'L'] = LETTER,
    ['M'] = LETTER | SEX,
    ['N' ... 'W'] = LETTER,
    ['X'] = LETTER | SEX,
    ['Y' ... 'Z'] = LETTER,
    [ENYE] = NY,
    ['&'] = AND,
};

static bool fits(const uint8_t *c, const uint8_t *places, size_t n)
{
    bool good = true;
    for (size_t i = 0; i < n; i++)
        good &= (classes[c[i]] & places[i]) != 0;
    return good;
}

/*
 * UTF-8 as one byte per character, as the columns of a record have it. Returns how many characters, at most
 * max; 0 when one has no byte.
 */
static size_t to_columns(const char *text, uint8_t *ret, size_t max)
{
    if (!utf8_valid(text, strlen(text)))
        return 0;
    size_t n = 0;
    while (*text && n < max) {
        uint32_t c = utf8_next(&text);
        if (c > 0xFF)
            return 0;
        ret[n++] = (uint8_t)c;
    }
    return *text ? 0 : n;
}

/* What is missing to the next ten. */
static char complement(unsigned sum)
{
    return (char)('0' + (10 - sum % 10) % 10);
}

/* The digit that Luhn's rule adds to n digits: every second one, beginning with the last, counts double. */
static char luhn(const uint8_t *digits, size_t n)
{
    static const uint8_t twice[] = {0, 2, 4, 6, 8, 1, 3, 5, 7, 9}; /* the digits of the product added up */
    unsigned sum = n % 2 ? twice[digits[0]] : 0;
    for (size_t i = n % 2; i < n; i += 2)
        sum += digits[i] + twice[digits[i + 1]];
    return complement(sum);
}

static char nss_digit(const uint8_t *c)
{
    uint8_t digits[NSS_LEN - 1];
    for (size_t i = 0; i < sizeof(digits); i++)
        digits[i] = (uint8_t)(c[i] - '0');
    return luhn(digits, sizeof(digits));
}

static char rp_digit(const uint8_t *c)
{
    uint8_t digits[2 * (RP_LEN - 1)];
    size_t n = 0;
    for (size_t i = 0; i < RP_LEN - 1; i++) {
        unsigned value = c[i] <= '9' ? c[i] - (unsigned)'0' : c[i] - 'A' + 10u;
        if (value >= 10)
            digits[n++] = (uint8_t)(value / 10);
        digits[n++] = (uint8_t)(value % 10);
    }
    return luhn(digits, n);
}

/* 0…9, A…Z with a place left open behind N, which is Ñ in a CURP and & in an RFC. */
/* clang-format off */
static const uint8_t values[256] = {
    ['1'] = 1, ['2'] = 2, ['3'] = 3, ['4'] = 4, ['5'] = 5, ['6'] = 6, ['7'] = 7, ['8'] = 8, ['9'] = 9,
    ['A'] = 10, ['B'] = 11, ['C'] = 12, ['D'] = 13, ['E'] = 14, ['F'] = 15, ['G'] = 16, ['H'] = 17, ['I'] = 18,
    ['J'] = 19, ['K'] = 20, ['L'] = 21, ['M'] = 22, ['N'] = 23, ['O'] = 25, ['P'] = 26, ['Q'] = 27, ['R'] = 28,
    ['S'] = 29, ['T'] = 30, ['U'] = 31, ['V'] = 32, ['W'] = 33, ['X'] = 34, ['Y'] = 35, ['Z'] = 36,
    [ENYE] = 24, ['&'] = 24,
};
/* clang-format on */

/* The weights 18, 17, … 2 come of adding up the sums so far. */
static char curp_digit(const uint8_t *c)
{
    unsigned so_far = 0, sum = 0;
    for (unsigned i = 0; i < CURP_LEN - 1; i++) {
        so_far += values[c[i]];
        sum += so_far;
    }
    return complement(sum + so_far);
}

/* Of n characters, 12 or 13; twelve are weighed as if a blank stood in front. */
static char rfc_digit(const uint8_t *c, size_t n)
{
    unsigned sum = n == RFC_LEN ? 0 : 37 * RFC_LEN;
    for (size_t i = 0; i < n - 1; i++)
        sum += (c[i] == ENYE ? 38u : values[c[i]]) * (unsigned)(n - i);
    unsigned rest = sum % 11;
    return rest == 0 ? '0' : rest == 1 ? 'A' : (char)('0' + 11 - rest);
}

static const uint8_t rp_places[RP_LEN] = {DIGIT | LETTER, [1 ... 10] = DIGIT};
static const uint8_t nss_places[NSS_LEN] = {[0 ... 10] = DIGIT};
static const uint8_t curp_places[CURP_LEN] = {
    [0 ... 3] = LETTER | NY,   [4 ... 9] = DIGIT,     [10] = SEX,   [11 ... 12] = LETTER,
    [13 ... 15] = LETTER | NY, [16] = LETTER | DIGIT, [17] = DIGIT,
};
static const uint8_t rfc_places[RFC_LEN] = {
    [0 ... 3] = LETTER | NY | AND,
    [4 ... 9] = DIGIT,
    [10 ... 11] = LETTER | DIGIT,
    [12] = DIGIT | TEN,
};

/* AAMMDD without its century: 29 February always passes. */
static bool fits_date(const uint8_t *c)
{
    static const uint8_t days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int month = (c[2] - '0') * 10 + c[3] - '0', day = (c[4] - '0') * 10 + c[5] - '0';
    return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1];
}

/* The 32 states and NE, born abroad, as a set: for each first letter the second ones. */
static bool is_state(const uint8_t *c)
{
#define L(letter) (1u << ((letter) - 'A'))
    static const uint32_t seconds[26] = {
        ['A' - 'A'] = L('S'),
        ['B' - 'A'] = L('C') | L('S'),
        ['C' - 'A'] = L('C') | L('H') | L('L') | L('M') | L('S'),
        ['D' - 'A'] = L('F') | L('G'),
        ['G' - 'A'] = L('R') | L('T'),
        ['H' - 'A'] = L('G'),
        ['J' - 'A'] = L('C'),
        ['M' - 'A'] = L('C') | L('N') | L('S'),
        ['N' - 'A'] = L('E') | L('L') | L('T'),
        ['O' - 'A'] = L('C'),
        ['P' - 'A'] = L('L'),
        ['Q' - 'A'] = L('R') | L('T'),
        ['S' - 'A'] = L('L') | L('P') | L('R'),
        ['T' - 'A'] = L('C') | L('L') | L('S'),
        ['V' - 'A'] = L('Z'),
        ['Y' - 'A'] = L('N'),
        ['Z' - 'A'] = L('S'),
    };
    return seconds[c[0] - 'A'] & L(c[1]);
#undef L
}

enum identifier_verdict nss_verdict_columns(const uint8_t *c)
{
    if (!fits(c, nss_places, NSS_LEN))
        return IDENTIFIER_SHAPE;
    return c[NSS_LEN - 1] == nss_digit(c) ? IDENTIFIER_OK : IDENTIFIER_CHECK_DIGIT;
}

enum identifier_verdict rp_verdict_columns(const uint8_t *c)
{
    if (!fits(c, rp_places, RP_LEN))
        return IDENTIFIER_SHAPE;
    return c[RP_LEN - 1] == rp_digit(c) ? IDENTIFIER_OK : IDENTIFIER_CHECK_DIGIT;
}

enum identifier_verdict curp_verdict_columns(const uint8_t *c)
{
    if (!fits(c, curp_places, CURP_LEN) || !fits_date(c + 4) || !is_state(c + 11))
        return IDENTIFIER_SHAPE;
    return c[CURP_LEN - 1] == curp_digit(c) ? IDENTIFIER_OK : IDENTIFIER_CHECK_DIGIT;
}

enum identifier_verdict nss_verdict(const char *nss)
{
    uint8_t c[NSS_LEN];
    return to_columns(nss, c, NSS_LEN) == NSS_LEN ? nss_verdict_columns(c) : IDENTIFIER_SHAPE;
}

enum identifier_verdict rp_verdict(const char *rp)
{
    uint8_t c[RP_LEN];
    return to_columns(rp, c, RP_LEN) == RP_LEN ? rp_verdict_columns(c) : IDENTIFIER_SHAPE;
}

enum identifier_verdict curp_verdict(const char *curp)
{
    uint8_t c[CURP_LEN];
    return to_columns(curp, c, CURP_LEN) == CURP_LEN ? curp_verdict_columns(c) : IDENTIFIER_SHAPE;
}

enum identifier_verdict rfc_verdict(const char *rfc)
{
    uint8_t c[RFC_LEN];
    size_t n = to_columns(rfc, c, RFC_LEN);
    size_t letters = n == RFC_LEN ? 4 : 3;
    if ((n != RFC_LEN && n != RFC_LEN - 1) || !fits(c, rfc_places + 4 - letters, n) ||
        !fits_date(c + letters))
        return IDENTIFIER_SHAPE;
    return c[n - 1] == rfc_digit(c, n) ? IDENTIFIER_OK : IDENTIFIER_CHECK_DIGIT;
}

/* The first n characters that the check digit is made of, if each is one of `places`. */
static bool payload(const char *text, uint8_t *ret, const uint8_t *places, size_t n)
{
    uint8_t all[RFC_LEN + CURP_LEN];
    if (to_columns(text, all, sizeof(all)) < n || !fits(all, places, n))
        return false;
    memcpy(ret, all, n);
    return true;
}

char nss_check_digit(const char *nss)
{
    uint8_t c[NSS_LEN];
    return payload(nss, c, nss_places, NSS_LEN - 1) ? nss_digit(c) : 0;
}

char rp_check_digit(const char *rp)
{
    static const uint8_t any[RP_LEN] = {[0 ... 10] = DIGIT | LETTER};
    uint8_t c[RP_LEN];
    return payload(rp, c, any, RP_LEN - 1) ? rp_digit(c) : 0;
}

char curp_check_digit(const char *curp)
{
    static const uint8_t any[CURP_LEN] = {[0 ... 17] = DIGIT | LETTER | NY};
    uint8_t c[CURP_LEN];
    return payload(curp, c, any, CURP_LEN - 1) ? curp_digit(c) : 0;
}

char rfc_check_digit(const char *rfc)
{
    static const uint8_t any[RFC_LEN] = {[0 ... 12] = DIGIT | LETTER | NY | AND};
    uint8_t c[RFC_LEN];
    size_t n = to_columns(rfc, c, RFC_LEN);
    return (n == RFC_LEN || n == RFC_LEN - 1) && fits(c, any, n - 1) ? rfc_digit(c, n) : 0;
}

bool identifier_lost_zero(const char *text, enum identifier_verdict (*verdict)(const char *))
{
    _cleanup_free_ char *whole = xasprintf("0%s", text);
    return str_all_digits(text) && verdict(whole) == IDENTIFIER_OK;
}
