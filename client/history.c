/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/listing.h"
#include "client/output.h"

int verb_history(struct invocation *inv, struct err *err)
{
    return listing_run(inv, LISTING_HISTORY, err);
}

int verb_history_verify(struct invocation *inv, struct err *err)
{
    struct bus_writer w;
    _cleanup_json_ json_t *reply = NULL;
    remote_begin(inv->remote, REMOTE_ROOT, REMOTE_MANAGER, "VerifyHistory", "", &w);
    int r = remote_call(inv->remote, &w, REMOTE_LONG, "bst", &reply, err);
    if (r < 0)
        return r;
    bool whole = json_is_true(json_array_get(reply, 0));
    const char *text = json_string_value(json_array_get(reply, 1));
    if (inv->value[OPT_JSON])
        output_print_json(
            json_pack("{s:b, s:s, s:O}", "whole", whole, "text", text, "records", json_array_get(reply, 2)));
    else if (whole)
        output_note(inv, _("%s Records: %llu."), text,
                    (unsigned long long)json_integer_value(json_array_get(reply, 2)));
    else
        output_error(NULL, &(struct err){.code = ERR_STORE_CORRUPT, .text = (char *)text});
    return whole ? EXIT_STATUS_OK : EXIT_STATUS_FAILURE;
}
