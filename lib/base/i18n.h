/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libintl.h>

/*
 * Text for people is English in the code and Spanish in po/es.po. `_()` looks up now, `N_()` only marks a string of a
 * table for the catalogue. A program calls i18n_init() first thing in main().
 */
#define IDSED_TEXTDOMAIN "idsed"
#define _(text)          dgettext(IDSED_TEXTDOMAIN, text)
#define N_(text)         text

/* Sets the locale from the environment and binds the catalogue; IDSED_LOCALEDIR in the environment overrides where. */
void i18n_init(void);
/* From now on another language than the environment's: "es", "en". While the process has one thread. */
void i18n_choose(const char *language);
