/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/i18n.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "config.h"

/* What argp says of its own, which it looks up in the catalogue of the program. */
static const char *const argp_words[] __attribute__((unused)) = {
    N_("Usage:"),
    N_(" [OPTION...]"),
    N_("Give this help list"),
    N_("Give a short usage message"),
    N_("Print program version"),
    N_("Try `%s --help' or `%s --usage' for more information.\n"),
    N_("Mandatory or optional arguments to long options are also mandatory or optional for any corresponding "
       "short options."),
};

void i18n_init(void)
{
    const char *dir = secure_getenv("IDSED_LOCALEDIR");
    setlocale(LC_ALL, "");
    /* Numbers in files and on the wire never follow the locale. */
    setlocale(LC_NUMERIC, "C");
    bindtextdomain(IDSED_TEXTDOMAIN, dir ? dir : IDSED_LOCALEDIR);
    bind_textdomain_codeset(IDSED_TEXTDOMAIN, "UTF-8");
    /* argp looks up the text of options in the default domain. */
    textdomain(IDSED_TEXTDOMAIN);
}

void i18n_choose(const char *language)
{
    /* gettext looks at LANGUAGE first, but not in the locale "C", which says that nothing is to be translated. */
    const char *locale = setlocale(LC_MESSAGES, NULL);
    setenv("LANGUAGE", language, 1);
    setlocale(LC_MESSAGES, streq(locale, "C") || streq(locale, "POSIX") ? "C.UTF-8" : "");
}
