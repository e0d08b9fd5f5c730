/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "base/buf.h"
#include "client/cmdline.h"

/* A verb, or all of a family ("rp"), or everything. */
int verb_help(struct invocation *inv, struct err *err)
{
    _cleanup_buf_ struct buf text = BUF_INIT;
    int used = 0;
    const struct verb *verb = verb_find(inv->args, inv->n_args, &used);
    if (inv->n_args == 0)
        cmdline_usage(&text);
    else if (inv->n_args == 1 && verb_is_family(inv->args[0]))
        cmdline_family_help(inv->args[0], &text);
    else if (verb && used == inv->n_args)
        cmdline_verb_help(verb, &text);
    else
        return err_set(err, ERR_USAGE, _("There is no such verb; 'idsectl help' lists them."));
    fputs(text.data, stdout);
    return EXIT_STATUS_OK;
}
