/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "client/kinds.h"
#include "client/output.h"
#include "client/remote.h"
#include "client/verbs.h"

/* The words of the contract for people; a word that is not here is shown as it is. */
static const struct {
    const char *word, *label;
} words[] = {
    {"employer", N_("the employer")},
    {"worker", N_("the worker")},
    {"imss", N_("IMSS")},
    {"fix", N_("correct the movement (idsectl show LOT --fixes) and send it again (idsectl retry LOT "
               "--only-rejected)")},
    {"wait", N_("send it again later (idsectl retry LOT --only-rejected)")},
    {"visit", N_("present it at the subdelegación")},
};

static const char *label_of(const char *word)
{
    for (size_t i = 0; i < ELEMENTSOF(words); i++)
        if (streq(words[i].word, word))
            return _(words[i].label);
    return word;
}

/* What is told about one code, as a record of its own. */
static void print_code(const struct invocation *inv, const json_t *code)
{
    _cleanup_json_ json_t *shown = json_copy((json_t *)code);
    json_object_set_new(shown, "who", json_string(label_of(row_text(code, "who"))));
    json_object_set_new(shown, "action", json_string(label_of(row_text(code, "action"))));
    output_record(shown, rejection_kind);
    _cleanup_json_ json_t *texts = field_tuples(json_object_get(code, "texts"), rejection_text_kind);
    if (!row_flag(code, "known"))
        printf("%s\n", _("There is no advice about this code; what constancias said is all that is known. "
                         "It can be added to /etc/idsed/rejections.conf."));
    if (json_array_size(texts) == 0)
        return;
    printf("\n%s\n", _("What constancias said"));
    output_list(inv, rejection_text_kind, texts, NULL);
}

/* A line for each code: the meaning, or the portal's own words for it. */
static void print_codes(const struct invocation *inv, const json_t *codes)
{
    _cleanup_json_ json_t *rows = json_array();
    for (size_t i = 0; i < json_array_size(codes); i++) {
        json_t *row = json_copy(json_array_get(codes, i));
        _cleanup_json_ json_t *texts = field_tuples(json_object_get(row, "texts"), rejection_text_kind);
        json_int_t seen = 0;
        for (size_t j = 0; j < json_array_size(texts); j++)
            seen += (json_int_t)row_number(json_array_get(texts, j), "movements");
        json_object_set_new(row, "seen", json_integer(seen));
        if (!row_flag(row, "known"))
            json_object_set_new(row, "meaning", json_string(row_text(json_array_get(texts, 0), "text")));
        json_array_append_new(rows, row);
    }
    output_list(inv, rejection_kind, rows,
                _("No code is known, and no constancia has rejected anything yet."));
}

int verb_explain(struct invocation *inv, struct err *err)
{
    _cleanup_json_ json_t *reply = NULL;
    struct bus_writer w;
    remote_begin(inv->remote, REMOTE_ROOT, REMOTE_MANAGER, "ExplainCode", "ss", &w);
    bus_write_string(&w, inv->n_args > 0 ? inv->args[0] : "");
    /* TRANSLATORS: the code of the language that you translate to; "es" or "en". */
    bus_write_string(&w, _("en"));
    int r = remote_call(inv->remote, &w, REMOTE_SHORT, "aa{sv}", &reply, err);
    if (r < 0)
        return r;
    const json_t *codes = json_array_get(reply, 0);
    if (inv->value[OPT_JSON])
        output_print_json(field_json_rows(codes, rejection_kind));
    else if (inv->n_args > 0)
        print_code(inv, json_array_get(codes, 0));
    else
        print_codes(inv, codes);
    return 0;
}
