/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Every rule that the reader and the intake hold an input against, once: its stable id, how severe a breach
 * is, and what it says. The manual lists them from here. Check digits only warn, because real identifiers are
 * known to fail them.
 *
 * RULE_TABLE(X): X(id, name, severity, text)
 */
#define RULE_TABLE(X)                                                                                        \
    /* the file */                                                                                           \
    X(FILE_EMPTY, "file-empty", ERROR, N_("the file has no movement"))                                       \
    X(FILE_BOM, "file-bom", NOTE, N_("a byte order mark was dropped"))                                       \
    X(FILE_UTF8, "file-utf8", NOTE, N_("the file is UTF-8; each character becomes one byte"))                \
    X(FILE_CP1252, "file-cp1252", NOTE, N_("the file is not UTF-8; it is read as Windows-1252"))             \
    X(FILE_MIXED, "file-mixed", NOTE, N_("the file mixes types of movement"))                                \
    X(FILE_TOO_MANY, "file-too-many", ERROR, N_("a lot can have 999,999 movements at most"))                 \
    /* lines */                                                                                              \
    X(LINE_LF, "line-lf", NOTE, N_("lines end in LF; they should end in CRLF"))                              \
    X(LINE_CR, "line-cr", NOTE, N_("lines end in a lone CR; they should end in CRLF"))                       \
    X(LINE_UNENDED, "line-unended", NOTE, N_("the last line does not end in CRLF"))                          \
    X(LINE_BLANK, "line-blank", NOTE, N_("an empty line was left out"))                                      \
    X(LINE_SHORT, "line-short", ERROR, N_("the line is shorter than 168 columns"))                           \
    X(LINE_LONG, "line-long", ERROR, N_("the line is longer than 168 columns"))                              \
    X(LINE_BINARY, "line-binary", ERROR, N_("a byte that no text has; is this a file of movements?"))        \
    X(LINE_CHARACTER, "line-character", ERROR, N_("the record has no byte for this character"))              \
    /* the control record */                                                                                 \
    X(CONTROL_MISSING, "control-missing", WARNING, N_("the control record is missing; is the file whole?"))  \
    X(CONTROL_REPEATED, "control-repeated", ERROR, N_("a second control record; are these two files?"))      \
    X(CONTROL_NOT_LAST, "control-not-last", ERROR, N_("a movement behind the control record"))               \
    X(CONTROL_COUNT, "control-count", WARNING, N_("the control record counts another number of movements"))  \
    X(CONTROL_SHAPE, "control-shape", WARNING, N_("the control record is not built as it should be"))        \
    /* fields */                                                                                             \
    X(TYPE_UNKNOWN, "type-unknown", ERROR, N_("the type of movement must be 08, 07 or 02"))                  \
    X(FORMAT_MARK, "format-mark", ERROR, N_("the last column must be 9; are the columns shifted?"))          \
    X(FILLER_ZEROS, "filler-zeros", NOTE, N_("zeros where blanks belong"))                                   \
    X(FILLER_BLANKS, "filler-blanks", NOTE, N_("blanks where zeros belong"))                                 \
    X(FILLER_TRABAJADOR, "filler-tipo-trabajador", NOTE,                                                     \
      N_("a salary change carries no tipo de trabajador; it was left out"))                                  \
    X(FILLER_USED, "filler-used", WARNING,                                                                   \
      N_("columns that this type of movement does not use were left out"))                                   \
    X(TEXT_CASE, "text-case", NOTE, N_("lower case became upper case"))                                      \
    X(TEXT_ACCENT, "text-accent", NOTE, N_("accents were taken off"))                                        \
    X(TEXT_ENYE, "text-enye", NOTE, N_("# was read as Ñ"))                                                   \
    X(TEXT_ALIGN, "text-align", NOTE, N_("the text did not begin in the field's first column"))              \
    X(RP_SHAPE, "rp-shape", ERROR, N_("a registro patronal is a letter or digit and ten digits"))            \
    X(RP_CHECK_DIGIT, "rp-check-digit", WARNING,                                                             \
      N_("the check digit of the registro patronal is very probably wrong; expected"))                       \
    X(NSS_SHAPE, "nss-shape", ERROR, N_("an NSS has eleven digits"))                                         \
    X(NSS_CHECK_DIGIT, "nss-check-digit", WARNING, N_("the check digit of the NSS is not right; expected"))  \
    X(CURP_SHAPE, "curp-shape", ERROR, N_("this is not a CURP"))                                             \
    X(CURP_CHECK_DIGIT, "curp-check-digit", WARNING,                                                         \
      N_("the check digit of the CURP is not right; expected"))                                              \
    X(NAME_MISSING, "name-missing", ERROR, N_("the name is missing"))                                        \
    X(NAME_PATERNO, "name-paterno", WARNING, N_("the first surname is missing; a single one belongs here"))  \
    X(NAME_CHARACTER, "name-character", WARNING, N_("a character that names do not have"))                   \
    X(SBC_SHAPE, "sbc-shape", ERROR, N_("the SBC must be six digits, in centavos"))                          \
    X(SBC_ZERO, "sbc-zero", ERROR, N_("the SBC is zero"))                                                    \
    X(TRABAJADOR_UNKNOWN, "tipo-trabajador", ERROR, N_("the tipo de trabajador must be one of"))             \
    X(SALARIO_UNKNOWN, "tipo-salario", ERROR, N_("the tipo de salario must be one of"))                      \
    X(JORNADA_UNKNOWN, "jornada", ERROR, N_("the semana o jornada reducida must be one of"))                 \
    X(CAUSA_UNKNOWN, "causa-baja", ERROR, N_("the causa de baja must be one of"))                            \
    X(DATE_SHAPE, "date-shape", ERROR, N_("this is not a date DDMMAAAA"))                                    \
    X(DATE_YEAR, "date-year", ERROR, N_("the year is out of reason"))                                        \
    X(UMF_SHAPE, "umf-shape", ERROR, N_("the UMF must be three digits"))                                     \
    X(UMF_PADDING, "umf-padding", NOTE, N_("the UMF was filled up with zeros on the left"))                  \
    X(GUIA_SHAPE, "guia-shape", ERROR, N_("the guía must be five digits"))                                   \
    X(GUIA_MISSING, "guia-missing", WARNING, N_("the guía is missing; 00000 was put in"))                    \
    /* the intake */                                                                                         \
    X(RP_UNKNOWN, "rp-unknown", ERROR, N_("this registro patronal is not registered here"))                  \
    X(MOVEMENT_REPEATED, "movement-repeated", ERROR, N_("the same movement stands in line"))
