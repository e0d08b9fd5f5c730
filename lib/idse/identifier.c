/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/identifier.h"

#include "base/text.h"

enum { ENYE = 0xD1 };

static bool is_digit(uint32_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(uint32_t c)
{
    return c >= 'A' && c <= 'Z';
}

/* The characters of UTF-8 text that has exactly n of them; false when it has another number or is not UTF-8.
 */
static bool characters(const char *text, size_t n, uint32_t *ret)
{
    if (!utf8_valid(text, strlen(text)) || utf8_length(text) != n)
        return false;
    for (size_t i = 0; i < n; i++)
        ret[i] = utf8_next(&text);
    return true;
}

/*
 * A shape is a pattern with one character per place: L a letter, & a letter or & or Ñ, Ñ is written N there
 * (a letter or Ñ), 9 a digit, X a letter or digit, S the sex, A a digit or A.
 */
static bool fits_place(uint32_t c, char place)
{
    switch (place) {
    case 'L':
        return is_letter(c);
    case 'N':
        return is_letter(c) || c == ENYE;
    case '&':
        return is_letter(c) || c == ENYE || c == '&';
    case '9':
        return is_digit(c);
    case 'X':
        return is_letter(c) || is_digit(c);
    case 'A':
        return is_digit(c) || c == 'A';
    case 'S':
        return c == 'H' || c == 'M' || c == 'X';
    }
    return false;
}

static bool fits(const uint32_t *c, const char *pattern)
{
    for (; *pattern; pattern++, c++)
        if (!fits_place(*c, *pattern))
            return false;
    return true;
}

/* AAMMDD without its century: 29 February always passes. */
static bool fits_date(const uint32_t *c)
{
    static const uint8_t days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    uint32_t month = (c[2] - '0') * 10 + c[3] - '0', day = (c[4] - '0') * 10 + c[5] - '0';
    return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1];
}

/* What is missing to the next ten. */
static char complement(unsigned sum)
{
    return (char)('0' + (10 - sum % 10) % 10);
}

/* The digit that Luhn's rule adds to n digits: every second one, beginning with the last, counts double. */
static char luhn(const uint8_t *digits, size_t n)
{
    unsigned sum = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned product = digits[n - 1 - i] * (i % 2 == 0 ? 2u : 1u);
        sum += product / 10 + product % 10;
    }
    return complement(sum);
}

char nss_check_digit(const char *nss)
{
    uint8_t digits[10];
    for (size_t i = 0; i < 10; i++) {
        if (!is_digit((unsigned char)nss[i]))
            return 0;
        digits[i] = (uint8_t)(nss[i] - '0');
    }
    return luhn(digits, 10);
}

char rp_check_digit(const char *rp)
{
    uint8_t digits[20];
    size_t n = 0;
    for (size_t i = 0; i < 10; i++) {
        unsigned char c = (unsigned char)rp[i];
        if (is_digit(c))
            digits[n++] = (uint8_t)(c - '0');
        else if (is_letter(c)) {
            unsigned value = c - 'A' + 10u;
            digits[n++] = (uint8_t)(value / 10);
            digits[n++] = (uint8_t)(value % 10);
        } else
            return 0;
    }
    return luhn(digits, n);
}

/* The place of a character in an alphabet, which is UTF-8; negative when it has none. */
static int place_in(const char *alphabet, uint32_t c)
{
    for (int i = 0; *alphabet; i++)
        if (utf8_next(&alphabet) == c)
            return i;
    return -1;
}

/* The first n characters of `text` weighed with n + 1, n, … 2 by their places in the alphabet; negative if
 * one has none. */
static int weighed_sum(const char *alphabet, const char *text, int n)
{
    int sum = 0;
    for (int i = 0; i < n; i++) {
        int value = place_in(alphabet, utf8_next(&text));
        if (value < 0)
            return -1;
        sum += value * (n + 1 - i);
    }
    return sum;
}

char curp_check_digit(const char *curp)
{
    int sum =
        utf8_valid(curp, strlen(curp)) ? weighed_sum("0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ", curp, 17) : -1;
    return sum < 0 ? 0 : complement((unsigned)sum);
}

char rfc_check_digit(const char *rfc)
{
    if (!utf8_valid(rfc, strlen(rfc)))
        return 0;
    size_t n = utf8_length(rfc);
    if (n != 12 && n != 13)
        return 0;
    _cleanup_free_ char *padded = xasprintf("%s%s", n == 12 ? " " : "", rfc);
    int sum = weighed_sum("0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ Ñ", padded, 12);
    if (sum < 0)
        return 0;
    int rest = sum % 11;
    return rest == 0 ? '0' : rest == 1 ? 'A' : (char)('0' + 11 - rest);
}

enum identifier_verdict nss_verdict(const char *nss)
{
    if (strlen(nss) != 11 || !str_all_digits(nss))
        return IDENTIFIER_SHAPE;
    return nss[10] == nss_check_digit(nss) ? IDENTIFIER_OK : IDENTIFIER_CHECK_DIGIT;
}

static bool is_state(const uint32_t *c)
{
    static const char states[][3] = {"AS", "BC", "BS", "CC", "CL", "CM", "CS", "CH", "DF", "DG", "GT",
                                     "GR", "HG", "JC", "MC", "MN", "MS", "NT", "NL", "OC", "PL", "QT",
                                     "QR", "SP", "SL", "SR", "TC", "TS", "TL", "VZ", "YN", "ZS", "NE"};
    for (size_t i = 0; i < ELEMENTSOF(states); i++)
        if (c[0] == (unsigned char)states[i][0] && c[1] == (unsigned char)states[i][1])
            return true;
    return false;
}

enum identifier_verdict curp_verdict(const char *curp)
{
    uint32_t c[18];
    if (!characters(curp, 18, c) || !fits(c, "NNNN999999SLLNNNX9") || !fits_date(c + 4) || !is_state(c + 11))
        return IDENTIFIER_SHAPE;
    return c[17] == (unsigned char)curp_check_digit(curp) ? IDENTIFIER_OK : IDENTIFIER_CHECK_DIGIT;
}

enum identifier_verdict rfc_verdict(const char *rfc)
{
    uint32_t c[13];
    bool moral = characters(rfc, 12, c) && fits(c, "&&&999999XXA") && fits_date(c + 3);
    bool fisica = !moral && characters(rfc, 13, c) && fits(c, "&&&&999999XXA") && fits_date(c + 4);
    if (!moral && !fisica)
        return IDENTIFIER_SHAPE;
    return c[moral ? 11 : 12] == (unsigned char)rfc_check_digit(rfc) ? IDENTIFIER_OK : IDENTIFIER_CHECK_DIGIT;
}

enum identifier_verdict rp_verdict(const char *rp)
{
    uint32_t c[11];
    if (!characters(rp, 11, c) || !fits(c, "X9999999999"))
        return IDENTIFIER_SHAPE;
    return rp[10] == rp_check_digit(rp) ? IDENTIFIER_OK : IDENTIFIER_CHECK_DIGIT;
}
