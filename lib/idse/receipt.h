/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/err.h"
#include "idse/movement.h"

/* What the portal's documents say, as data. Strings are owned UTF-8, NULL where the document does not have the field. */

enum document_kind {
    DOCUMENT_UNKNOWN = 0, /* of a file that was not looked into yet; never stored */
    DOCUMENT_ACUSE = 1,
    DOCUMENT_CONSTANCIA = 2,
    DOCUMENT_CSV = 3,
    DOCUMENT_PAGE = 4,
    DOCUMENT_SIGNATURE = 5
};
/* "acuse", "constancia", "csv", "page", "signature"; stable. The way back is negative when it is none of them. */
const char *document_kind_name(enum document_kind kind);
int document_kind_from_name(const char *name);
/* Is it what IMSS gives an employer in hand? A page of the portal or our own signature is not. */
bool document_kind_is_receipt(enum document_kind kind);

/* Acuse de recibo electrónico: immediate proof of reception. */
struct acuse {
    char *portal_lot; /* número de lote */
    char *folio;
    char *rp; /* 10 or 11 characters, as printed */
    char *rfc;
    char *razon_social;
    char *certificate_serial;
    char *huella;
    char *sello;
    int64_t received_us; /* wall clock; 0 when not printed */
    /* The raw transmitted records, RECORD_COLUMNS bytes and CRLF each, control record included. */
    char *records;
    size_t records_len;
};
void acuse_free(struct acuse *acuse); /* frees the fields, not the struct */
/* Does it reprint exactly these records? 0, or ERR_UNREADABLE_RECEIPT with the first difference. */
int acuse_match(const struct acuse *acuse, const void *records, size_t n, struct err *err);

/* One error of a rejected movement. */
struct receipt_error {
    char *code; /* three characters */
    char *text;
    char *imss_value; /* behind "Dato registrado en el IMSS:", or NULL */
};

struct constancia_row {
    enum movement_type type;
    bool operated;
    char nss[12];
    char *name;           /* as IMSS holds it */
    int32_t date;         /* yyyymmdd, 0 in the list of rejected ones */
    int32_t sbc_centavos; /* -1 when not printed */
    char extemporaneo;    /* '0', '1', or 0 when not printed */
    char *umf;
    struct receipt_error *errors;
    size_t n_errors;
};

enum { COUNT_BAJAS, COUNT_MODIFICACIONES, COUNT_REINGRESOS, COUNT_TOTAL, _COUNT_MAX };
/* The column of the totals in which a movement of this type is counted. */
int count_of_type(enum movement_type type);

/* Whose rows a part of a document has, as it is printed there. */
struct receipt_owner {
    char *rp, *portal_lot;
};
void receipt_owners_free(struct receipt_owner *owners, size_t n);

/* Constancia de presentación de movimientos afiliatorios: the result. */
struct constancia {
    char *portal_lot;
    char *folio;
    char *rp;
    int64_t received_us;
    uint32_t received[_COUNT_MAX], operated[_COUNT_MAX], rejected[_COUNT_MAX];
    struct constancia_row *rows; /* operados first, in the document's order */
    size_t n_rows;
    size_t
        n_others; /* rows of other registros patronales or lots in the same document, which were left out */
    struct receipt_owner *others; /* whose they are, each once */
    size_t n_owners;
};
void constancia_free(struct constancia *constancia); /* frees the fields, not the struct */
/* Frees what a row holds, for those who free a large constancia bit by bit. */
void constancia_row_free(struct constancia_row *row);

/*
 * Cross-footing: is every movement that was sent in exactly one list, and do the totals add up? Matching is by NSS, type
 * and order in the file (and date where the document prints it), within the one registro patronal of the lot; never by
 * NSS alone. On success ret_row[i] is the index into constancia->rows for sent[i], and 0 is returned. Otherwise
 * ERR_UNREADABLE_RECEIPT with every difference in the text: the lot must be quarantined. ret_row has n_sent elements.
 */
int constancia_match(const struct constancia *constancia, const struct movement *sent, size_t n_sent,
                     size_t *ret_row, struct err *err);
/* The same against the records as they were sent; on success *ret_row is a new array of *ret_n. */
int constancia_match_records(const struct constancia *constancia, const void *records, size_t n,
                             size_t **ret_row, size_t *ret_n, struct err *err);
