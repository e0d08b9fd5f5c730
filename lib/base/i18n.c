/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/i18n.h"

#include <locale.h>
#include <stdlib.h>

#include "config.h"

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
