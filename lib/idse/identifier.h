/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/err.h"
#include "idse/finding.h"

/*
 * Identifiers and their check digits. Shape faults are errors, a wrong check digit is only as severe as it is
 * sure: NSS and CURP and RFC warn (real ones are known to fail), the registro patronal warns strongly (its
 * rule is empirical).
 */

/* The check digit ('0'…'9') of the first ten digits of an NSS (Luhn), or 0 when they are not digits. */
char nss_check_digit(const char *nss);
/* Of the first 17 characters of a CURP in UTF-8 (Ñ counts), or 0. */
char curp_check_digit(const char *curp);
/* Of an RFC of 12 or 13 characters in UTF-8, its last one left out of the sum: '0'…'9' or 'A', or 0. */
char rfc_check_digit(const char *rfc);
/* Of the first ten characters of a registro patronal: letters as A=10 … Z=35, then Luhn over the digits; or
 * 0. */
char rp_check_digit(const char *rp);

enum identifier_verdict {
    IDENTIFIER_OK,
    IDENTIFIER_CHECK_DIGIT, /* shape right, check digit wrong */
    IDENTIFIER_SHAPE,       /* not such an identifier at all */
};
enum identifier_verdict nss_verdict(const char *nss);
enum identifier_verdict curp_verdict(const char *curp);
enum identifier_verdict rfc_verdict(const char *rfc);
enum identifier_verdict rp_verdict(const char *rp);

/* Ten digits that are an NSS or a registro patronal, as its verdict tells, once the zero before them is put back. */
bool identifier_lost_zero(const char *text, enum identifier_verdict (*verdict)(const char *));

/*
 * The same for the columns of a record, where each character is one byte and Ñ is 0xD1: 11 bytes of an NSS or
 * a registro patronal, 18 of a CURP. They are what the functions above stand on, and quick enough for a
 * million records.
 */
enum identifier_verdict nss_verdict_columns(const uint8_t *columns);
enum identifier_verdict curp_verdict_columns(const uint8_t *columns);
enum identifier_verdict rp_verdict_columns(const uint8_t *columns);
