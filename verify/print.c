/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify/print.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"
#include "verify/input.h"

/* The table of checks, and in plain words what they prove and what they do not. */

static const struct {
    const char *name, *label;
} verdicts[_VERDICT_MAX] = {
    [VERDICT_OK] = {"ok", N_("ok")},
    [VERDICT_FAILED] = {"failed", N_("FAILED")},
    [VERDICT_NOT_CHECKED] = {"not-checked", N_("not checked")},
};

/* A list of sentences. */
static void add_sentence(json_t *list, const char *fmt, ...) _printf_(2, 3);
static void add_sentence(json_t *list, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    _cleanup_free_ char *sentence = xvasprintf(fmt, ap);
    va_end(ap);
    json_array_append_new(list, json_string(sentence));
}

static bool is_ok(const struct examination *e, const char *check)
{
    return examination_verdict(e, check) == VERDICT_OK;
}

static json_t *proven(const struct examination *e)
{
    json_t *list = json_array();
    if (examination_failed(e))
        return list; /* parts that fit prove nothing beside one that does not */
    if (is_ok(e, "signature") && is_ok(e, "signer")) {
        const struct credential_info *signer = &e->signatures[e->n_signatures - 1].signer;
        add_sentence(list,
                     _("Whoever held the private key of certificate %s (%s) signed exactly these records; "
                       "nobody else could "
                       "have made this signature."),
                     str_or_empty(signer->serial), str_or_empty(signer->name));
    }
    if (is_ok(e, "acuse")) {
        _cleanup_free_ char *received =
            e->acuse.received_us ? time_format_short(e->acuse.received_us) : xstrdup("?");
        add_sentence(
            list,
            _("The acuse in the bundle says that IMSS received exactly these bytes on %s, under folio %s."),
            received, str_or_empty(e->acuse.folio));
    }
    if (is_ok(e, "constancia"))
        add_sentence(
            list,
            _("The constancia in the bundle answers every one of these movements, and its answers are those "
              "that the account repeats."));
    if (is_ok(e, "entries"))
        add_sentence(list, _("The documents are those whose SHA-256 the history recorded; who has noted a "
                             "later head of that "
                             "history elsewhere can show that none of it was changed since."));
    return list;
}

static json_t *not_proven(const struct examination *e)
{
    json_t *list = json_array();
    if (!is_ok(e, "acuse"))
        add_sentence(list, _("That IMSS received the lot."));
    if (e->has_acuse || e->has_constancia)
        add_sentence(list, _("That IMSS issued the acuse and the constancia: their sello digital cannot be "
                             "checked here. IMSS can "
                             "confirm them by their folio."));
    if (e->n_signatures > 0)
        add_sentence(
            list,
            _("That the certificate of the signer was issued by IMSS or SAT and had not been revoked: their "
              "authorities have to be asked."));
    add_sentence(list, _("When things happened, other than what IMSS prints: all other times are those of "
                         "the machine that ran "
                         "idsed."));
    add_sentence(list, _("That nobody who owns the database wrote its whole history anew: a chain of hashes "
                         "shows that only to "
                         "those who kept an earlier head or an earlier bundle."));
    if (is_ok(e, "tls"))
        add_sentence(list, _("That the portal's TLS certificate came from an authority that was trusted: "
                             "idsed checked that when it "
                             "connected, and it is not repeated here."));
    return list;
}

/* ---- for people ---- */

/* Names and texts come from whoever made the bundle: nothing in them may speak to the terminal. */
static char *harmless(const char *text)
{
    char *copy = xstrdup(text);
    for (char *c = copy; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7F ||
            ((unsigned char)c[0] == 0xC2 && (unsigned char)c[1] < 0xA0))
            *c = '?';
    return copy;
}

static void print_outcome(const struct outcome_of_check *outcome)
{
    _cleanup_free_ char *text = harmless(outcome->text);
    const char *label = _(verdicts[outcome->verdict].label);
    int pad = MAX(12 - (int)utf8_length(label), 0);
    printf("  %s%*s %-11s %s\n", label, pad, "", outcome->check, text);
}

static void print_list(const char *heading, json_t *list)
{
    if (json_array_size(list) > 0)
        printf("\n%s\n", heading);
    for (size_t i = 0; i < json_array_size(list); i++) {
        _cleanup_free_ char *text = harmless(json_string_value(json_array_get(list, i)));
        printf("  - %s\n", text);
    }
    json_decref(list);
}

static const char *conclusion(const struct examination *e)
{
    if (examination_failed(e))
        return _("NOT VERIFIED: do not rely on this bundle.");
    if (e->incomplete)
        return _("Not verified: something that is needed for it is missing on this machine.");
    if (!is_ok(e, "acuse"))
        return _(
            "Nothing is wrong with it, but without an acuse it does not show that IMSS received the lot.");
    return is_ok(e, "constancia") ? _("Verified.")
                                  : _("Verified, as far as it goes: the answer of IMSS is not in it.");
}

void print_examination(const char *name, const struct examination *e)
{
    if (input_is_handed_over(name))
        printf(_("Lot %lld\n"), (long long)number_of(lot_of(e), "id"));
    else
        printf("%s\n", name);
    for (size_t i = 0; i < e->n_outcomes; i++)
        print_outcome(&e->outcomes[i]);
    printf("%s\n", conclusion(e));
    print_list(_("What this proves:"), proven(e));
    print_list(_("What this does not prove:"), not_proven(e));
}

/* ---- for programs ---- */

json_t *examination_json(const char *name, const struct examination *e)
{
    json_t *checks = json_array();
    for (size_t i = 0; i < e->n_outcomes; i++)
        json_array_append_new(checks,
                              json_pack("{ssssss}", "check", e->outcomes[i].check, "result",
                                        verdicts[e->outcomes[i].verdict].name, "text", e->outcomes[i].text));
    const int64_t lot = number_of(lot_of(e), "id");
    return json_pack(
        "{soso sb so so so}", "bundle", input_is_handed_over(name) ? json_null() : json_string(name), "lot",
        lot ? json_integer(lot) : json_null(), "verified", !examination_failed(e) && !e->incomplete, "checks",
        checks, "proves", proven(e), "does_not_prove", not_proven(e));
}
