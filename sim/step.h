/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a client can ask of the portal. The names stand in fault files and in requests.jsonl.
 * STEP_TABLE(X): X(id, name)
 */
#define STEP_TABLE(X)                                                                                        \
    X(CONNECT, "connect")                                                                                    \
    X(HOME, "home")                                                                                          \
    X(SEQUENCE, "sequence")                                                                                  \
    X(LOGIN, "login")                                                                                        \
    X(MENU, "menu")                                                                                          \
    X(MODULE, "module")                                                                                      \
    X(LIST, "list")                                                                                          \
    X(UPLOAD, "upload")                                                                                      \
    X(ACUSE, "acuse")                                                                                        \
    X(CONSTANCIA, "constancia")                                                                              \
    X(CSV, "csv")                                                                                            \
    X(LOGOUT, "logout")                                                                                      \
    X(UNKNOWN, "unknown")

enum step {
#define X(id, name) STEP_##id,
    STEP_TABLE(X)
#undef X
        _STEPS
};

const char *step_name(enum step step);
