/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/util.h"

/* The person at the terminal: colours and questions. */

/* Colours on this stream? Only on a terminal and unless NO_COLOR is set. */
bool terminal_colours(int fd);
/* How wide the terminal is; 0 when `fd` is none. */
size_t terminal_columns(int fd);
/*
 * Takes control characters out of text from elsewhere, in place: it must not steer the terminal. Returns
 * text.
 */
char *terminal_harmless(char *text);
/* Is a person there to ask? */
bool terminal_interactive(void);
/* Asks until it is answered with yes or no, on standard error. True for yes. */
bool terminal_confirm(const char *question);
