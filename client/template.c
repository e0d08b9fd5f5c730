/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "base/clock.h"
#include "client/filter.h"
#include "idse/csv-writer.h"

int verb_template(struct invocation *inv, struct err *err)
{
    _cleanup_buf_ struct buf text = BUF_INIT;
    csv_template(&text, filter_types(inv->value[OPT_TYPE]), time_to_date(clock_wall_us(&clock_system)));
    fwrite(text.data, 1, text.len, stdout);
    return EXIT_STATUS_OK;
}
