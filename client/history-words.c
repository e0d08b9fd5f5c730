/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/history-words.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "client/remote.h"

static const struct word {
    const char *word, *label;
} acts[] = {
    {"approve", N_("approve")},
    {"attempt", N_("attempt to send")},
    {"backup", N_("backup")},
    {"cancel", N_("cancel")},
    {"certificate-add", N_("store a certificate")},
    {"certificate-release", N_("release a certificate")},
    {"certificate-remove", N_("remove a certificate")},
    {"certificate-replace", N_("store a replacement")},
    {"certificate-replaced", N_("certificate replaced")},
    {"change-password", N_("change one's password")},
    {"correct", N_("correct")},
    {"discard", N_("discard an unfinished lot")},
    {"document", N_("document received")},
    {"erase", N_("erase what need not be kept")},
    {"evidence", N_("bundle of evidence")},
    {"hold", N_("hold")},
    {"import", N_("import documents")},
    {"login", N_("log in")},
    {"logout", N_("log out")},
    {"reconcile", N_("reconcile")},
    {"recover-password", N_("ask for a code")},
    {"refresh", N_("ask the portal for news")},
    {"reindex", N_("read everything stored again")},
    {"release", N_("release")},
    {"release-copy", N_("release a restored copy")},
    {"reseal", N_("seal under another key")},
    {"reset-password", N_("new password by code")},
    {"restored", N_("restored from a copy")},
    {"retry", N_("try again")},
    {"rp-add", N_("add a registro patronal")},
    {"rp-pause", N_("pause a registro patronal")},
    {"rp-remove", N_("forget a registro patronal")},
    {"rp-resume", N_("resume a registro patronal")},
    {"rp-update", N_("change a registro patronal")},
    {"submit", N_("submit")},
    {"test", N_("test a certificate")},
    {"use-profile", N_("use a portal profile")},
    {"user-add", N_("add a user")},
    {"user-disable", N_("disable a user")},
    {"user-enable", N_("enable a user")},
    {"user-password", N_("give a user a password")},
    {"user-register", N_("register oneself")},
    {"user-role", N_("change a role")},
    {"user-update", N_("change a user's names")},
    {"worker-erase", N_("erase a worker's data")},
    {"worker-export", N_("hand a worker's data over")},
};

/* What is told of an act beside its object. What people wrote stands for itself. */
static const struct word details[] = {
    {"agreement", N_("service agreement")},
    {"ahead", N_("ahead of older lots")},
    {"at", N_("copied on")},
    {"attempt", N_("attempt")},
    {"bytes", N_("bytes")},
    {"certificate", N_("certificate")},
    {"corrects", N_("corrects lot")},
    {"credentials", N_("credentials")},
    {"document", N_("document")},
    {"enabled", N_("enabled")},
    {"entries", N_("entries")},
    {"equal", N_("were right")},
    {"existing", N_("it was submitted before")},
    {"faults", N_("faults")},
    {"host", N_("machine")},
    {"kind", N_("kind")},
    {"lots", N_("lots")},
    {"outcome", N_("outcome")},
    {"portal-lot", N_("número de lote")},
    {"privacy", N_("privacy notice")},
    {"reason", N_("reason")},
    {"records", N_("SHA-256 of the records")},
    {"registered", N_("registered")},
    {"registrations", N_("registros patronales")},
    {"repaired", N_("put right")},
    {"replaces", N_("in place of")},
    {"result", N_("result")},
    {"retain_years", N_("years that are retained")},
    {"role", N_("role")},
    {"sent", N_("bytes left")},
    {"sha256", N_("SHA-256")},
    {"text", NULL},
    {"tls_chain", N_("SHA-256 of the portal's certificates")},
    {"transcript", N_("SHA-256 of the transcript")},
    {"unrecorded", N_("not recorded")},
};

/* What the object of an act begins with. */
static const struct word kinds[] = {
    /* TRANSLATORS: as in "lot 7", and so on. */
    {"lot", N_("lot")},       {"certificate", N_("certificate")}, {"user", N_("user")},
    {"portal", N_("portal")}, {"database", N_("database")},       {"file", N_("file")},
    {"worker", N_("worker")},
};

static const struct word *find(const struct word *words, size_t n, const char *text, size_t len)
{
    for (size_t i = 0; i < n; i++)
        if (strlen(words[i].word) == len && strncmp(words[i].word, text, len) == 0)
            return &words[i];
    return NULL;
}

const char *act_label(const char *word)
{
    const struct word *act = find(acts, ELEMENTSOF(acts), word, strlen(word));
    return act ? _(act->label) : word;
}

const char *outcome_label(const char *word)
{
    if (streq(word, "ok"))
        return _("done");
    enum err_code code = err_from_dbus_name(word);
    return code != ERR_NONE && streq(err_dbus_name(code), word) ? err_sentence(code) : word;
}

static char *value_text(const json_t *value);

static char *joined(const json_t *array)
{
    struct buf text = BUF_INIT;
    for (size_t i = 0; i < json_array_size(array); i++) {
        _cleanup_free_ char *one = value_text(json_array_get(array, i));
        buf_printf(&text, "%s%s", i ? " " : "", one);
    }
    return text.data ? buf_steal(&text, NULL) : xstrdup("");
}

static char *value_text(const json_t *value)
{
    if (json_is_string(value))
        return xstrdup(json_string_value(value));
    if (json_is_integer(value))
        return xasprintf("%lld", (long long)json_integer_value(value));
    if (json_is_boolean(value))
        return xstrdup(json_is_true(value) ? _("yes") : _("no"));
    return joined(value);
}

char *detail_label(const char *detail)
{
    struct buf text = BUF_INIT;
    _cleanup_json_ json_t *object = json_loads(detail, 0, NULL);
    const char *key;
    json_t *value;
    if (!json_is_object(object))
        return xstrdup(detail);
    json_object_foreach (object, key, value) {
        const struct word *word = find(details, ELEMENTSOF(details), key, strlen(key));
        bool instant = streq(key, "at");
        _cleanup_free_ char *what =
            instant ? time_format_short(json_integer_value(value)) : value_text(value);
        const char *label = !word ? key : word->label ? _(word->label) : NULL;
        buf_printf(&text, "%s", text.len ? ", " : "");
        if (!label)
            buf_add_str(&text, what);
        else if (json_is_true(value)) /* that it is so is all there is to say */
            buf_add_str(&text, label);
        else
            buf_printf(&text, "%s: %s", label, what);
    }
    return buf_steal(&text, NULL);
}

char *object_label(const char *object)
{
    size_t len = strcspn(object, " ");
    const struct word *kind = find(kinds, ELEMENTSOF(kinds), object, len);
    return kind ? xasprintf("%s%s", _(kind->label), object + len) : xstrdup(object);
}
