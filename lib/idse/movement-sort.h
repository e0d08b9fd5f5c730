/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * MOVEMENT_SORT_TABLE(X): X(id, name). By what movements can be sorted, as ListMovements calls it: the fields of a
 * movement, and "approved" and "rejected", the days of those notices. "lot" begins with the newest one.
 */
#define MOVEMENT_SORT_TABLE(X)                                                                               \
    X(LOT, "lot")                                                                                            \
    X(DATE, "date")                                                                                          \
    X(NSS, "nss")                                                                                            \
    X(FIRST_SURNAME, "first-surname")                                                                        \
    X(NAMES, "names")                                                                                        \
    X(SECOND_SURNAME, "second-surname")                                                                      \
    X(REGISTRATION, "registration")                                                                          \
    X(TYPE, "type")                                                                                          \
    X(SBC, "sbc")                                                                                            \
    X(CURP, "curp")                                                                                          \
    X(UMF, "umf")                                                                                            \
    X(GUIA, "guia")                                                                                          \
    X(CLAVE, "clave")                                                                                        \
    X(WORKER_TYPE, "worker-type")                                                                            \
    X(SALARY_TYPE, "salary-type")                                                                            \
    X(REDUCED_WEEK, "reduced-week")                                                                          \
    X(CAUSE, "cause")                                                                                        \
    X(STATE, "state")                                                                                        \
    X(SENT, "sent")                                                                                          \
    X(RECEIVED, "received")                                                                                  \
    X(APPROVED, "approved")                                                                                  \
    X(REJECTED, "rejected")                                                                                  \
    X(ERRORS, "errors")                                                                                      \
    X(EXTEMPORANEOUS, "extemporaneous")                                                                      \
    X(IMSS_NAME, "imss-name")                                                                                \
    X(POSITION, "position")                                                                                  \
    X(ANSWERED, "answered")                                                                                  \
    X(GIVEN_UP, "given-up")                                                                                  \
    X(DEADLINE, "deadline")
