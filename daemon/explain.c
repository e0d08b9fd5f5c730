/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/iface.h"

/* Manager.ExplainCode: advice from rejections.conf beside what constancias said. */

enum { MAX_TEXTS = 1000 };

/* What was asked for, and where the answer is taken from. */
struct explanation {
    const struct advices *advices;
    const char *profile; /* in use */
    const char *language;
    struct store_rejection *seen; /* by code */
    size_t n_seen;
    struct bus_writer *w;
    size_t written;
};

static void write_texts(const struct explanation *e, const char *code)
{
    bus_open_entry(e->w, "texts", "a(stt)");
    bus_open_array(e->w);
    for (size_t i = 0; i < e->n_seen; i++) {
        if (!streq(e->seen[i].code, code))
            continue;
        bus_open_struct(e->w);
        bus_write_string(e->w, e->seen[i].text);
        bus_write_u64(e->w, (uint64_t)e->seen[i].movements);
        bus_write_u64(e->w, (uint64_t)e->seen[i].last_us);
        bus_close(e->w);
    }
    bus_close(e->w);
    bus_close_entry(e->w);
}

/* `advice` may be NULL. */
static void write_code(struct explanation *e, const char *code, const struct advice *advice)
{
    bus_open_array(e->w);
    bus_entry_string(e->w, "code", code);
    bus_entry_bool(e->w, "known", advice != NULL);
    bus_entry_string(e->w, "meaning", advice ? advice_meaning(advice, e->language) : "");
    bus_entry_string(e->w, "who", advice ? advice->who : "");
    bus_entry_string(e->w, "action", advice ? advice->action : "");
    bus_entry_string(e->w, "advice", advice ? advice_text(advice, e->language) : "");
    bus_entry_string(e->w, "profile", advice ? advice->profile : "");
    write_texts(e, code);
    bus_close(e->w);
    e->written++;
}

/* First what there is advice about, then what was only seen. */
static void write_all(struct explanation *e, const char *only)
{
    for (size_t i = 0; i < e->advices->n; i++) {
        const struct advice *advice = &e->advices->items[i];
        if (streq(advice->profile, e->profile) && (str_empty(only) || streq(advice->code, only)))
            write_code(e, advice->code, advice);
    }
    for (size_t i = 0; i < e->n_seen; i++) {
        const char *code = e->seen[i].code;
        bool first = i == 0 || !streq(code, e->seen[i - 1].code);
        if (first && !advices_find(e->advices, e->profile, code))
            write_code(e, code, NULL);
    }
}

static int explain(struct daemon *daemon, struct bus_call *call, struct err *err)
{
    const char *code = "", *language = "";
    struct bus_reader reader;
    bus_call_arguments(call, &reader);
    bus_read_string(&reader, &code);
    bus_read_string(&reader, &language);
    struct explanation e = {.advices = &daemon->advices,
                            .profile = daemon->portal.ops->profile_name(daemon->portal.data),
                            .language = language,
                            .w = bus_call_results(call)};
    int r = store_rejection_list(daemon->store, str_empty(code) ? NULL : code, MAX_TEXTS, &e.seen, &e.n_seen,
                                 err);
    if (r < 0)
        return r;
    bus_open_array(e.w);
    write_all(&e, code);
    bus_close(e.w);
    store_rejections_free(e.seen, e.n_seen);
    if (e.written == 0 && !str_empty(code))
        return err_set(
            err, ERR_UNKNOWN_CODE,
            _("the code '%.16s' is not in rejections.conf for the profile %s, and no constancia had "
              "it yet"),
            code, e.profile);
    return 0;
}

void explain_code(struct bus_call *call, void *daemon)
{
    _cleanup_err_ struct err err = ERR_INIT;
    int r = explain(daemon, call, &err);
    answer(daemon, call, r, &err);
}
