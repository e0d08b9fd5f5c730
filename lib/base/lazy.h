/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Libraries that are loaded with the first call of one of their functions, where they would be most of what a start takes and
 * are seldom needed at once. Whoever calls them includes their headers and calls as usual: the functions are defined by
 * LAZY_FUNCTION() and pass the call on. The library itself is not linked, so packages have to name it.
 */
struct lazy {
    const char *name; /* "libx.so.1" */
    void *handle;
};

/* The function, found once and kept in *found. For one thread only. Ends the process where the library is not installed. */
void *lazy_find(struct lazy *library, void **found, const char *function);

#define LAZY_FUNCTION(library, type, function, parameters, arguments)                                        \
    type function parameters                                                                                 \
    {                                                                                                        \
        static void *found;                                                                                  \
        return ((type(*) parameters)lazy_find(&(library), &found, #function))arguments;                      \
    }
