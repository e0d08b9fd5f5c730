/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Every rule that an input is held against, once: its stable id, how severe a breach is, what it says, and where it comes
 * from. docs/rules.md lists them from here. Check digits only warn, because real identifiers are known to fail them, and
 * so does whatever is disputed, which its source marks (?).
 *
 * RULE_TABLE(X): X(id, name, severity, trait, source, text). Traits: REPAIRED, writing the canonical file puts it right;
 * EXPECTS, the detail behind the text is what was expected; NONE.
 */

/* Where rules come from that are not a law's. */
#define SOURCE_LAYOUT      N_("DISPMAG layout")
#define SOURCE_USE         N_("files seen in use")
#define SOURCE_COMPUTED    N_("verified by computing")
#define SOURCE_EMPIRICAL   N_("empirical")
#define SOURCE_SPREADSHEET N_("what spreadsheets do")
#define SOURCE_PRACTICE    N_("disputed")
#define SOURCE_HERE        N_("idsed")

#define RULE_TABLE(X)                                                                                        \
    /* the file */                                                                                           \
    X(FILE_EMPTY, "file-empty", ERROR, NONE, SOURCE_LAYOUT, N_("the file has no movement"))                  \
    X(FILE_BOM, "file-bom", NOTE, REPAIRED, SOURCE_USE, N_("a byte order mark was dropped"))                 \
    X(FILE_UTF8, "file-utf8", NOTE, REPAIRED, SOURCE_USE,                                                    \
      N_("the file is UTF-8; each character becomes one byte"))                                              \
    X(FILE_CP1252, "file-cp1252", NOTE, REPAIRED, SOURCE_USE,                                                \
      N_("the file is not UTF-8; it is read as Windows-1252"))                                               \
    X(FILE_UTF16, "file-utf16", NOTE, REPAIRED, SOURCE_SPREADSHEET,                                          \
      N_("the file is UTF-16; each character becomes one byte"))                                             \
    X(FILE_WORKBOOK, "file-workbook", ERROR, NONE, SOURCE_SPREADSHEET,                                       \
      N_("this is a workbook (of Excel, say) or a zip, no text; save the table as CSV UTF-8"))               \
    X(FILE_TAIL, "file-tail", NOTE, REPAIRED, SOURCE_USE,                                                    \
      N_("what stands behind the end of the text (Ctrl-Z, NULs) was left out"))                              \
    X(FILE_MIXED, "file-mixed", NOTE, NONE, SOURCE_LAYOUT, N_("the file mixes types of movement"))           \
    X(FILE_TOO_MANY, "file-too-many", ERROR, NONE, SOURCE_LAYOUT,                                            \
      N_("a lot can have 999,999 movements at most"))                                                        \
    /* lines */                                                                                              \
    X(LINE_LF, "line-lf", NOTE, REPAIRED, SOURCE_USE, N_("lines end in LF; they should end in CRLF"))        \
    X(LINE_CR, "line-cr", NOTE, REPAIRED, SOURCE_USE, N_("lines end in a lone CR; they should end in CRLF")) \
    X(LINE_UNENDED, "line-unended", NOTE, REPAIRED, SOURCE_USE, N_("the last line does not end in CRLF"))    \
    X(LINE_BLANK, "line-blank", NOTE, REPAIRED, SOURCE_USE, N_("an empty line was left out"))                \
    X(LINE_SHORT, "line-short", ERROR, NONE, SOURCE_LAYOUT, N_("the line is shorter than 168 columns"))      \
    X(LINE_LONG, "line-long", ERROR, NONE, SOURCE_LAYOUT, N_("the line is longer than 168 columns"))         \
    X(LINE_TRAIL, "line-trail", NOTE, REPAIRED, SOURCE_USE,                                                  \
      N_("blanks behind column 168 were left out"))                                                          \
    X(LINE_BINARY, "line-binary", ERROR, NONE, SOURCE_LAYOUT,                                                \
      N_("a byte that no text has; is this a file of movements?"))                                           \
    X(LINE_CHARACTER, "line-character", ERROR, NONE, SOURCE_LAYOUT,                                          \
      N_("the record has no byte for this character"))                                                       \
    /* the control record */                                                                                 \
    X(CONTROL_MISSING, "control-missing", WARNING, NONE, SOURCE_LAYOUT,                                  \
      N_("the control record is missing; is the file whole?"))                                               \
    X(CONTROL_REPEATED, "control-repeated", ERROR, NONE, SOURCE_LAYOUT,                                      \
      N_("a second control record; are these two files?"))                                                   \
    X(CONTROL_NOT_LAST, "control-not-last", ERROR, NONE, SOURCE_LAYOUT,                                      \
      N_("a movement behind the control record"))                                                            \
    X(CONTROL_COUNT, "control-count", WARNING, NONE, SOURCE_LAYOUT,                                      \
      N_("the control record counts another number of movements"))                                           \
    X(CONTROL_SHAPE, "control-shape", WARNING, REPAIRED, SOURCE_LAYOUT,                                      \
      N_("the control record is not built as it should be"))                                                 \
    /* fields */                                                                                             \
    X(TYPE_UNKNOWN, "type-unknown", ERROR, NONE, SOURCE_LAYOUT,                                              \
      N_("the type of movement must be 08, 07 or 02; in a table also a word: reingreso or alta, "            \
         "modificación de salario, baja"))                                                                   \
    X(FORMAT_MARK, "format-mark", ERROR, NONE, SOURCE_LAYOUT,                                                \
      N_("the last column must be 9; are the columns shifted?"))                                             \
    X(FILLER_ZEROS, "filler-zeros", NOTE, REPAIRED, SOURCE_USE, N_("zeros where blanks belong"))             \
    X(FILLER_BLANKS, "filler-blanks", NOTE, REPAIRED, SOURCE_USE, N_("blanks where zeros belong"))           \
    X(FILLER_TRABAJADOR, "filler-tipo-trabajador", NOTE, REPAIRED, SOURCE_USE,                               \
      N_("a salary change carries no tipo de trabajador; it was left out"))                                  \
    X(FILLER_USED, "filler-used", WARNING, REPAIRED, SOURCE_LAYOUT,                                          \
      N_("columns that this type of movement does not use were left out"))                                   \
    X(TEXT_CASE, "text-case", NOTE, REPAIRED, SOURCE_USE, N_("lower case became upper case"))                \
    X(TEXT_ACCENT, "text-accent", NOTE, REPAIRED, SOURCE_USE, N_("accents were taken off"))                  \
    X(TEXT_ENYE, "text-enye", NOTE, REPAIRED, SOURCE_USE, N_("# was read as Ñ"))                             \
    X(TEXT_ALIGN, "text-align", NOTE, REPAIRED, SOURCE_LAYOUT,                                               \
      N_("the text did not begin in the field's first column"))                                              \
    X(RP_SHAPE, "rp-shape", ERROR, NONE, SOURCE_LAYOUT,                                                      \
      N_("a registro patronal is a letter or digit and ten digits"))                                         \
    X(RP_CHECK_DIGIT, "rp-check-digit", WARNING, EXPECTS, SOURCE_EMPIRICAL,                                  \
      N_("the check digit of the registro patronal is very probably wrong; expected"))                       \
    X(NSS_SHAPE, "nss-shape", ERROR, NONE, SOURCE_LAYOUT, N_("an NSS has eleven digits"))                    \
    X(NSS_CHECK_DIGIT, "nss-check-digit", WARNING, EXPECTS, SOURCE_COMPUTED,                                 \
      N_("the check digit of the NSS is not right; expected"))                                               \
    X(CURP_SHAPE, "curp-shape", ERROR, NONE, SOURCE_LAYOUT, N_("this is not a CURP"))                        \
    X(CURP_CHECK_DIGIT, "curp-check-digit", WARNING, EXPECTS, SOURCE_COMPUTED,                               \
      N_("the check digit of the CURP is not right; expected"))                                              \
    X(NAME_MISSING, "name-missing", ERROR, NONE, SOURCE_LAYOUT, N_("the name is missing"))                   \
    X(NAME_PATERNO, "name-paterno", WARNING, NONE, SOURCE_LAYOUT,                                            \
      N_("the first surname is missing; a single one belongs here"))                                         \
    X(NAME_CHARACTER, "name-character", WARNING, NONE, SOURCE_LAYOUT,                                        \
      N_("a character that names do not have"))                                                              \
    X(SBC_SHAPE, "sbc-shape", ERROR, NONE, SOURCE_LAYOUT, N_("the SBC must be six digits, in centavos"))     \
    X(SBC_ZERO, "sbc-zero", ERROR, NONE, "LSS 28", N_("the SBC is zero"))                                    \
    X(TRABAJADOR_UNKNOWN, "tipo-trabajador", ERROR, EXPECTS, SOURCE_LAYOUT,                                  \
      N_("the tipo de trabajador must be one of"))                                                           \
    X(SALARIO_UNKNOWN, "tipo-salario", ERROR, EXPECTS, SOURCE_LAYOUT,                                        \
      N_("the tipo de salario must be one of"))                                                              \
    X(JORNADA_UNKNOWN, "jornada", ERROR, EXPECTS, SOURCE_LAYOUT,                                             \
      N_("the semana o jornada reducida must be one of"))                                                    \
    X(CAUSA_UNKNOWN, "causa-baja", ERROR, EXPECTS, SOURCE_LAYOUT, N_("the causa de baja must be one of"))    \
    X(DATE_SHAPE, "date-shape", ERROR, NONE, SOURCE_LAYOUT, N_("this is not a date DDMMAAAA"))               \
    X(DATE_YEAR, "date-year", ERROR, NONE, SOURCE_LAYOUT, N_("the year is out of reason"))                   \
    X(UMF_SHAPE, "umf-shape", ERROR, NONE, SOURCE_LAYOUT, N_("the UMF must be three digits"))                \
    X(UMF_PADDING, "umf-padding", NOTE, REPAIRED, SOURCE_USE,                                                \
      N_("the UMF was filled up with zeros on the left"))                                                    \
    X(GUIA_SHAPE, "guia-shape", ERROR, NONE, SOURCE_LAYOUT, N_("the guía must be five digits"))              \
    X(GUIA_MISSING, "guia-missing", WARNING, NONE, SOURCE_LAYOUT,                                            \
      N_("the guía is missing; that of the registro patronal is put in, or 00000 where that has none"))      \
    /* tables (CSV) */                                                                                       \
    X(CSV_SEP, "csv-sep", NOTE, REPAIRED, SOURCE_SPREADSHEET,                                                \
      N_("Excel's line sep=, which names the sign between cells, is no row"))                                \
    X(CSV_COLUMN_UNKNOWN, "csv-column-unknown", NOTE, NONE, SOURCE_HERE,                                     \
      N_("a column with a heading that is not known was left out"))                                          \
    X(CSV_COLUMN_REPEATED, "csv-column-repeated", ERROR, NONE, SOURCE_HERE,                                  \
      N_("two columns are headed as the same thing"))                                                        \
    X(CSV_COLUMN_MISSING, "csv-column-missing", ERROR, EXPECTS, SOURCE_HERE,                                 \
      N_("a column is missing, and nothing is guessed; is the first row the heading? Expected"))             \
    X(CSV_CELLS, "csv-cells", ERROR, EXPECTS, SOURCE_HERE,                                                   \
      N_("the row has another number of cells than the heading; expected"))                                  \
    X(CSV_QUOTE, "csv-quote", ERROR, NONE, SOURCE_HERE,                                                      \
      N_("a cell goes over several lines; is a quotation mark not closed?"))                                 \
    X(CSV_ZERO_LOST, "zero-lost", ERROR, NONE, SOURCE_SPREADSHEET,                                           \
      N_("a zero at the beginning is missing; spreadsheets drop it from numbers"))                           \
    X(CSV_DIGIT_MISSING, "digit-missing", ERROR, NONE, SOURCE_SPREADSHEET,                                   \
      N_("a digit is missing: a zero at the beginning, which spreadsheets drop, or the check digit at the "  \
         "end"))                                                                                             \
    X(CSV_SCIENTIFIC, "scientific-notation", ERROR, NONE, SOURCE_SPREADSHEET,                                \
      N_("a spreadsheet wrote the number in scientific notation, and digits of it are lost"))                \
    X(CSV_DATE, "csv-date", ERROR, NONE, SOURCE_HERE, N_("a date must be DD/MM/AAAA or AAAA-MM-DD"))         \
    X(CSV_AMOUNT, "csv-amount", ERROR, NONE, SOURCE_HERE,                                                    \
      N_("the SBC must be an amount in pesos up to 9999.99, with two decimals at most"))                     \
    X(CSV_LONG, "csv-too-long", ERROR, EXPECTS, SOURCE_LAYOUT,                                               \
      N_("the text is longer than its field; most characters"))                                              \
    X(UMF_MISSING, "umf-missing", NOTE, REPAIRED, SOURCE_USE,                                                \
      N_("the UMF is missing; 000 was put in, which stands for unknown"))                                    \
    /* what the law and IMSS's practice say of a movement */                                                 \
    X(SBC_UNDER, "sbc-under-minimum", ERROR, EXPECTS, "LSS 28",                                              \
      N_("the SBC is under the minimum wage; at least"))                                                     \
    X(SBC_UNDER_REDUCED, "sbc-under-minimum-reduced", WARNING, EXPECTS, "LSS 28 (?)",                        \
      N_("the SBC is under the minimum wage, in a reduced week or day; a full one needs"))                   \
    X(SBC_OVER, "sbc-over-cap", WARNING, EXPECTS, "LSS 28",                                                  \
      N_("the SBC is over 25 UMA; it is sent as it is, IMSS counts at most"))                                \
    X(LIMITS_UNKNOWN, "limits-unknown", WARNING, NONE, "LSS 28",                                             \
      N_("the SBC could not be held against its limits"))                                                    \
    X(CALENDAR_UNKNOWN, "calendar-unknown", WARNING, NONE, "LFT 74",                                         \
      N_("the deadline could not be worked out"))                                                            \
    X(DATE_FUTURE, "date-future", ERROR, EXPECTS, "RACERF 45 (?)",                                           \
      N_("the movement is in the future; IMSS takes it from"))                                               \
    X(DATE_OLD, "date-old", WARNING, NONE, SOURCE_PRACTICE, N_("the movement is more than five years back")) \
    X(LATE, "late", WARNING, NONE, "LSS 15-I, 34; RACERF 45, 53, 57",                                        \
      N_("the movement is late, and should be sent all the sooner"))                                         \
    X(LATE_BAJA, "late-baja", WARNING, NONE, "LSS 37",                                                       \
      N_("a late baja takes effect only the day after IMSS receives it; received today"))                    \
    X(SENT_LATE, "sent-late", WARNING, EXPECTS, "LSS 15-I, 34; RACERF 45, 53, 57",                           \
      N_("it is to be sent only when its last day is over; at the latest on"))                               \
    X(SALARIO_BIMESTRE, "salario-variable-date", WARNING, EXPECTS, "LSS 34-II; RACERF 53",                   \
      N_("a variable salary changes on the first day of a bimestre"))                                        \
    X(CURP_MISSING, "curp-missing", WARNING, NONE, "RACERF 47 (?)",                                          \
      N_("the CURP is missing; the portal calls it optional"))                                               \
    X(CURP_NSS_YEAR, "curp-nss-year", WARNING, EXPECTS, SOURCE_COMPUTED,                                     \
      N_("NSS and CURP have different years of birth; by the CURP"))                                         \
    X(CURP_NAMES, "curp-names", WARNING, NONE, SOURCE_COMPUTED,                                              \
      N_("the CURP does not begin with the initials of this name"))                                          \
    X(CURP_AGE, "curp-age", WARNING, NONE, "LFT 22 bis",                                                     \
      N_("by the CURP the worker is under 15 on that day"))                                                  \
    X(CURP_SEX, "curp-sex", NOTE, NONE, "RENAPO (?)",                                                        \
      N_("the CURP has X for the sex, which not every system takes"))                                        \
    X(JORNADA_ONE, "jornada-one", NOTE, NONE, SOURCE_LAYOUT,                                                 \
      N_("1 is a week of one working day, not the normal week, which is 0"))                                 \
    X(DAY_ORDER, "day-order", WARNING, NONE, SOURCE_PRACTICE,                                                \
      N_("on one day a baja comes before a reingreso, and that before a modificación; compare line"))        \
    X(DATE_ORDER, "date-order", WARNING, NONE, SOURCE_PRACTICE,                                              \
      N_("the worker has an earlier movement further down; idsed sends them by their dates; compare line"))  \
    /* what a worker's other movements at the registro patronal say; idsed knows them, the linter does not */ \
    X(WORKER_ACTIVE, "worker-active", WARNING, NONE, SOURCE_PRACTICE,                                        \
      N_("a reingreso of a worker who is active here; since"))                                               \
    X(WORKER_GONE, "worker-gone", WARNING, NONE, SOURCE_PRACTICE,                                            \
      N_("the worker is not active here any more; baja on"))                                                 \
    X(ALTA_UNKNOWN, "alta-unknown", WARNING, NONE, SOURCE_PRACTICE,                                          \
      N_("a baja or modificación of a worker of whom no alta is known here"))                                \
    X(BEFORE_ALTA, "before-alta", WARNING, NONE, SOURCE_PRACTICE,                                            \
      N_("a baja or modificación that is older than the worker's last reingreso here, of"))                  \
    X(BEFORE_BAJA, "before-baja", WARNING, NONE, SOURCE_PRACTICE,                                            \
      N_("a reingreso that is older than the worker's last baja here, of"))                                  \
    /* rosters */                                                                                            \
    X(ROSTER_EMPTY, "roster-empty", ERROR, NONE, SOURCE_HERE, N_("the roster has nobody on it"))             \
    X(WORKER_REPEATED, "worker-repeated", ERROR, NONE, SOURCE_HERE,                                          \
      N_("the same worker stands in line"))                                                                  \
    /* the intake */                                                                                         \
    X(GUIA_OTHER, "guia-other", WARNING, NONE, SOURCE_HERE,                                                  \
      N_("the file's guía is kept, not that of the registro patronal; they are, in this order"))             \
    X(RP_UNKNOWN, "rp-unknown", ERROR, NONE, SOURCE_HERE,                                                    \
      N_("this registro patronal is not registered here; 'idsectl rp add' registers it"))                    \
    X(MOVEMENT_CONTRADICTED, "movement-contradicted", ERROR, NONE, SOURCE_HERE,                              \
      N_("the same movement with other data, so that neither is kept, stands in line"))                      \
    X(MOVEMENT_REPEATED, "movement-repeated", ERROR, NONE, SOURCE_HERE,                                      \
      N_("the same movement stands in line"))
