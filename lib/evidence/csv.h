/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <jansson.h>

#include "base/buf.h"

/*
 * A movement as one object of movements.json and one line of movements.csv. The keys are those of 'idsectl movements
 * --json', and the legal dates beside them.
 */
#define EVIDENCE_MOVEMENT_TABLE(X)                                                                           \
    X("position")                                                                                            \
    X("registration")                                                                                        \
    X("nss")                                                                                                 \
    X("first_surname")                                                                                       \
    X("second_surname")                                                                                      \
    X("names")                                                                                               \
    X("curp")                                                                                                \
    X("type")                                                                                                \
    X("date")                                                                                                \
    X("sbc")                                                                                                 \
    X("umf")                                                                                                 \
    X("worker_type")                                                                                         \
    X("salary_type")                                                                                         \
    X("reduced_week")                                                                                        \
    X("cause")                                                                                               \
    X("guia")                                                                                                \
    X("clave")                                                                                               \
    X("state")                                                                                               \
    X("sent")                                                                                                \
    X("received")                                                                                            \
    X("answered")                                                                                            \
    X("extemporaneous")                                                                                      \
    X("deadline")                                                                                            \
    X("effective")                                                                                           \
    X("imss_name")                                                                                           \
    X("errors")

/* The line of headings, with the mark by which spreadsheets know UTF-8. */
void evidence_csv_head(struct buf *buf);
void evidence_csv_row(struct buf *buf, const json_t *movement);
/* "022 NSS NO VIGENTE [value]": one error of a movement; appended. */
void evidence_error_text(struct buf *buf, const json_t *error);
