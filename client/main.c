/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "base/buf.h"
#include "client/cmdline.h"
#include "client/output.h"
#include "client/remote.h"
#include "client/session.h"
#include "client/terminal.h"
#include "config.h"

static int fail(const struct err *err)
{
    output_error(NULL, err);
    return (int)err_exit_status(err->code);
}

static int explain(const struct invocation *inv)
{
    if (inv->value[OPT_VERSION]) {
        puts("idsectl " IDSED_VERSION);
        return EXIT_STATUS_OK;
    }
    _cleanup_buf_ struct buf text = BUF_INIT;
    const char *word = inv->verb ? inv->verb->name : inv->n_args > 0 ? inv->args[0] : NULL;
    if (word && verb_is_family(word))
        cmdline_family_help(word, &text);
    else if (inv->verb)
        cmdline_verb_help(inv->verb, &text);
    else
        cmdline_usage(&text);
    fputs(text.data, stdout);
    return EXIT_STATUS_OK;
}

static int run(struct invocation *inv, struct err *err)
{
    const struct verb *verb = inv->verb;
    if ((verb->flags & VERB_CONFIRM) && !inv->value[OPT_YES] && !terminal_interactive())
        return err_set(err, ERR_USAGE,
                       _("'%s' asks for confirmation, and there is no terminal to ask on; give --yes."),
                       verb->name);
    _cleanup_(remote_cleanup) struct remote *remote = NULL;
    if (!(verb->flags & VERB_LOCAL)) {
        int r = remote_open(inv->value[OPT_ADDRESS], &remote, err);
        if (r < 0)
            return r;
    }
    inv->remote = remote;
    if (remote && !(verb->flags & VERB_NOBODY)) {
        int r = session_take_up(inv, err);
        if (r < 0)
            return r;
    }
    return verb->run(inv, err);
}

int main(int argc, char **argv)
{
    i18n_init();
    _cleanup_err_ struct err err = ERR_INIT;
    struct invocation inv;
    if (cmdline_parse(argc, argv, &inv, &err) < 0)
        return fail(&err);
    if (inv.value[OPT_HELP] || inv.value[OPT_VERSION])
        return explain(&inv);
    int r = run(&inv, &err);
    if (r < 0)
        return fail(&err);
    /* What was printed may still fail to be written: a full disk must not look like success. */
    if (fflush(stdout) != 0 || ferror(stdout)) {
        err_set(&err, ERR_IO, _("Standard output could not be written."));
        return fail(&err);
    }
    return r;
}
