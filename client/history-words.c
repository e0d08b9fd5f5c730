/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/history-words.h"

#include "base/err.h"
#include "base/util.h"

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

char *object_label(const char *object)
{
    size_t len = strcspn(object, " ");
    const struct word *kind = find(kinds, ELEMENTSOF(kinds), object, len);
    return kind ? xasprintf("%s%s", _(kind->label), object + len) : xstrdup(object);
}
