/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/verbs.h"

#include "base/buf.h"
#include "client/words.h"

const struct option_info option_table[_OPT_MAX] = {
#define X(id, name, value, help) [OPT_##id] = {name, value, help},
    OPTION_TABLE(X)
#undef X
};

/* clang-format off */
const struct verb verb_table[] = {
    {"status", "", 0, 0, OPTIONS(OPT_METRICS, OPT_RPS), VERB_READS,
     N_("one screen: the daemon, the portal, the lots, and what needs a person"), verb_status},
    {"doctor", "", 0, 0, OPTIONS(OPT_REINDEX), VERB_READS, N_("let the daemon look into itself"), verb_doctor},
    {"backup", N_("FILE"), 1, 1, OPTIONS(OPT_FORCE), 0,
     N_("copy the whole database to a file while the daemon works (-: standard output)"), verb_backup},
    {"refresh", "", 0, 0, NULL, 0, N_("ask the portal now for news of every lot"), verb_refresh},

    {"submit", N_("FILE..."), 1, -1,
     OPTIONS(OPT_WAIT, OPT_ALLOW_DUPLICATE, OPT_AT, OPT_KEEP_MIXED, OPT_HOLD), VERB_READS,
     N_("check files of movements and queue them (-: standard input)"), verb_submit},
    {"check", N_("FILE..."), 0, -1,
     OPTIONS(OPT_AT, OPT_ENYE, OPT_FIX, OPT_FORCE, OPT_GUIA, OPT_RULES, OPT_TODAY, OPT_ZONE),
     VERB_LOCAL | VERB_READS, N_("check files of movements without sending them (-: standard input)"), verb_check},
    {"template", "", 0, 0, OPTIONS(OPT_TYPE), VERB_LOCAL,
     N_("print an empty table (CSV) to fill in, with an example"),
     verb_template},
    {"list", "", 0, 0,
     OPTIONS(OPT_RP, OPT_STATE, OPT_HELD, OPT_WAITING, OPT_SINCE, OPT_UNTIL, OPT_LIMIT),
     VERB_READS, N_("list lots, newest first"), verb_list},
    {"show", N_("LOT"), 1, 1, OPTIONS(OPT_FIXES), VERB_READS, N_("everything about a lot"), verb_show},
    {"wait", N_("LOT..."), 1, -1, OPTIONS(OPT_TIMEOUT), VERB_READS,
     N_("follow lots until they are answered or held"), verb_wait},
    {"watch", "", 0, 0, OPTIONS(OPT_TIMEOUT), VERB_READS, N_("print what happens as it happens"), verb_watch},
    {"hold", N_("LOT..."), 1, -1, OPTIONS(OPT_REASON), 0,
     N_("do not send lots until they are released"), verb_act},
    {"release", N_("[LOT...]"), 0, -1, OPTIONS(OPT_RESTORED), 0,
     N_("take the hold off lots, or off a restored copy as a whole"), verb_release},
    {"approve", N_("LOT..."), 1, -1, NULL, 0, N_("approve lots that somebody else submitted"), verb_act},
    {"cancel", N_("LOT..."), 1, -1, OPTIONS(OPT_REASON), VERB_CONFIRM,
     N_("give up lots that were not sent, or correcting those that were rejected"), verb_act},
    {"retry", N_("LOT..."), 1, -1, OPTIONS(OPT_AHEAD, OPT_AT, OPT_HOLD, OPT_ONLY_REJECTED, OPT_WITH), 0,
     N_("take the next step of lots now, or send what was rejected again"), verb_retry},
    {"reconcile", N_("[LOT...]"), 0, -1, OPTIONS(OPT_ROSTER, OPT_RP), VERB_READS,
     N_("ask the portal now whether it has an uncertain lot, or hold a roster against what IMSS has"), verb_reconcile},

    {"movements", "", 0, 0,
     OPTIONS(OPT_EXPORT, OPT_FORCE, OPT_LIMIT, OPT_LOT, OPT_NSS, OPT_RP, OPT_SEARCH, OPT_SINCE, OPT_SORT, OPT_STATE, OPT_TYPE,
             OPT_UNTIL),
     VERB_READS, N_("search, sort and export movements"), verb_movements},

    {"due", "", 0, 0, OPTIONS(OPT_DAYS, OPT_RP, OPT_LIMIT), VERB_READS,
     N_("what must reach IMSS: what is late, what ends today, what comes next"), verb_due},

    {"explain", N_("[CODE]"), 0, 1, NULL, VERB_READS, N_("what a rejection code means and what to do about it"),
     verb_explain},

    {"history show", "", 0, 0,
     OPTIONS(OPT_SINCE, OPT_UNTIL, OPT_USER, OPT_LOT, OPT_LIMIT), VERB_READS,
     N_("who did what, newest first; with --json one object a line"), verb_history},
    {"history verify", "", 0, 0, NULL, VERB_READS, N_("check that nothing in the history was changed or is missing"),
     verb_history_verify},
    {"history", "", 0, 0,
     OPTIONS(OPT_SINCE, OPT_UNTIL, OPT_USER, OPT_LOT, OPT_LIMIT), VERB_READS,
     N_("the same as 'history show'"), verb_history},

    {"receipts list", N_("[LOT...]"), 0, -1,
     OPTIONS(OPT_EXPORT, OPT_FORCE, OPT_LIMIT, OPT_RP, OPT_SINCE, OPT_STATE, OPT_UNTIL), VERB_READS,
     N_("list and export the documents of lots, of those named or of those found"), verb_receipts_list},
    {"receipts get", N_("LOT DOCUMENT"), 2, 2, OPTIONS(OPT_OUTPUT, OPT_FORCE), 0,
     N_("a document by number or kind (acuse, constancia, csv), or records, or transcript"),
     verb_receipts_get},
    {"receipts export", N_("LOT..."), 1, -1, OPTIONS(OPT_TO, OPT_BUNDLE, OPT_ZIP, OPT_FORCE), VERB_READS,
     N_("write every document of lots to a folder, or everything as an evidence bundle"), verb_receipts_export},
    {"receipts import", N_("FILE..."), 1, -1, OPTIONS(OPT_ADD_RP, OPT_LOT), VERB_READS,
     N_("take receipts downloaded from the portal, or of the past, by file or by folder (-: standard input)"),
     verb_receipts_import},
    {"receipts verify", N_("BUNDLE..."), 1, -1, NULL, VERB_LOCAL | VERB_READS,
     N_("check evidence bundles (zip or folder) without the daemon, or those of lots, by number"), verb_receipts_verify},

    {"report", N_("LOT..."), 1, -1, OPTIONS(OPT_OUTPUT, OPT_FORCE), VERB_LOCAL | VERB_READS,
     N_("a readable account of lots, or of evidence bundles: what was sent, what IMSS answered"), verb_report},

    {"worker list", "", 0, 0, OPTIONS(OPT_ACTIVE, OPT_RP, OPT_LIMIT), VERB_READS,
     N_("list workers, by what IMSS operated of their movements"), verb_worker_list},
    {"worker export", N_("NSS"), 1, 1, OPTIONS(OPT_OUTPUT, OPT_FORCE), 0,
     N_("everything that is stored of a worker (JSON), for whom it concerns"), verb_worker_export},
    {"worker erase", N_("NSS"), 1, 1, NULL, VERB_CONFIRM | VERB_READS,
     N_("erase what is stored of a worker and need not be kept"), verb_worker_erase},

    {"rp add", N_("RP"), 1, 1, OPTIONS(OPT_NAME, OPT_GUIA, OPT_ENYE, OPT_APPROVE, OPT_FORCE), 0,
     N_("register a registro patronal"), verb_rp_add},
    {"rp list", "", 0, 0, NULL, VERB_READS, N_("list registros patronales"), verb_rp_list},
    {"rp set", N_("RP"), 1, 1, OPTIONS(OPT_NAME, OPT_GUIA, OPT_ENYE, OPT_APPROVE), 0,
     N_("change name, guía, the policy for Ñ or who must approve"), verb_rp_set},
    {"rp spool", N_("RP"), 1, 1, OPTIONS(OPT_OWNER), 0,
     N_("as root, make the folders in which files of a user are taken and answered"), verb_rp_spool},
    {"rp pause", N_("RP..."), 1, -1, NULL, 0, N_("send nothing of a registro patronal for now"), verb_act},
    {"rp resume", N_("RP..."), 1, -1, NULL, 0, N_("end a pause"), verb_act},
    {"rp remove", N_("RP..."), 1, -1, NULL, VERB_CONFIRM, N_("forget a registro patronal; its history stays"),
     verb_act},

    {"cert add", "", 0, 0,
     OPTIONS(OPT_RP, OPT_PFX, OPT_CER, OPT_KEY, OPT_USER, OPT_PASSWORD_FILE), 0,
     N_("store a certificate: --rp and --pfx, or --rp, --cer and --key"), verb_cert_add},
    {"cert replace", N_("CERTIFICATE"), 1, 1,
     OPTIONS(OPT_PFX, OPT_CER, OPT_KEY, OPT_USER, OPT_PASSWORD_FILE), 0,
     N_("store the one that takes its place: --pfx, or --cer and --key"), verb_cert_replace},
    {"cert list", "", 0, 0, NULL, VERB_READS, N_("list certificates"), verb_cert_list},
    {"cert show", N_("CERTIFICATE"), 1, 1, NULL, VERB_READS,
     N_("everything about a certificate"), verb_cert_show},
    {"cert test", N_("CERTIFICATE"), 1, 1, NULL, VERB_READS,
     N_("log in to the portal and out again"), verb_cert_test},
    {"cert release", N_("CERTIFICATE..."), 1, -1, NULL, 0,
     N_("take the hold off: it was put right at the portal"), verb_act},
    {"cert remove", N_("CERTIFICATE..."), 1, -1, NULL, VERB_CONFIRM, N_("wipe key and password"), verb_act},

    {"user add", N_("EMAIL"), 1, 1,
     OPTIONS(OPT_NAMES, OPT_FIRST_SURNAME, OPT_SECOND_SURNAME, OPT_ROLE, OPT_DISABLED, OPT_REGISTER, OPT_ACCEPT,
             OPT_PASSWORD_FILE), 0,
     N_("add a user of the module"), verb_user_add},
    {"user list", "", 0, 0, NULL, VERB_READS, N_("list users"), verb_user_list},
    {"user enable", N_("EMAIL"), 1, 1, NULL, 0, N_("let a user log in"), verb_user_enable},
    {"user disable", N_("EMAIL"), 1, 1, NULL, 0, N_("do not let a user log in any more; its history stays"),
     verb_user_disable},
    {"user set", N_("EMAIL"), 1, 1, OPTIONS(OPT_NAMES, OPT_FIRST_SURNAME, OPT_SECOND_SURNAME), 0,
     N_("change the names of a user"), verb_user_set},
    {"user role", N_("EMAIL ROLE"), 2, 2, NULL, 0, N_("change what a user may do"), verb_user_role},
    {"user passwd", N_("EMAIL"), 1, 1,
     OPTIONS(OPT_PASSWORD_FILE, OPT_OLD_PASSWORD_FILE, OPT_CODE, OPT_CODE_FILE, OPT_ADMIN), 0,
     N_("set a new password: with the present one, a mailed code, or as an administrator"), verb_user_passwd},
    {"user recover", N_("[EMAIL]"), 0, 1, NULL, VERB_NOBODY, N_("mail a code to set a new password with"),
     verb_user_recover},
    {"user texts", "", 0, 0, NULL, VERB_READS | VERB_NOBODY, N_("show the privacy notice and the service agreement"),
     verb_user_texts},
    {"login", N_("[EMAIL]"), 0, 1, OPTIONS(OPT_PASSWORD_FILE), VERB_NOBODY, N_("open a session as a user of the module"),
     verb_login},
    {"logout", "", 0, 0, NULL, 0, N_("end the session"), verb_logout},

    {"profile list", "", 0, 0, NULL, VERB_READS, N_("list portal profiles"), verb_profile_list},
    {"profile show", N_("[PROFILE]"), 0, 1, NULL, VERB_READS, N_("steps of a profile and how sure each is"),
     verb_profile_show},
    {"profile use", N_("PROFILE"), 1, 1, NULL, VERB_CONFIRM, N_("speak to another portal from now on"), verb_profile_use},

    {"help", N_("[VERB]"), 0, 2, NULL, VERB_LOCAL, N_("explain a verb"), verb_help},
    {"complete", "WORD...", 0, -1, NULL, VERB_LOCAL | VERB_HIDDEN,
     "candidates for the last word, for the shells", verb_complete},
    {NULL},
};
/* clang-format on */

/* How many of the words the verb's name takes; 0 when they are not its name. */
static int words_of_name(const char *name, char *const *words, int n)
{
    const char *space = strchr(name, ' ');
    if (n < 1)
        return 0;
    if (!space)
        return streq(name, words[0]) ? 1 : 0;
    size_t len = (size_t)(space - name);
    return n >= 2 && strlen(words[0]) == len && memcmp(name, words[0], len) == 0 && streq(space + 1, words[1])
               ? 2
               : 0;
}

const struct verb *verb_find(char *const *words, int n, int *ret_words)
{
    for (const struct verb *verb = verb_table; verb->name; verb++) {
        int used = words_of_name(verb->name, words, n);
        if (used > 0) {
            *ret_words = used;
            return verb;
        }
    }
    return NULL;
}

bool verb_is_family(const char *word)
{
    size_t len = strlen(word);
    for (const struct verb *verb = verb_table; verb->name; verb++)
        if (strncmp(verb->name, word, len) == 0 && verb->name[len] == ' ')
            return true;
    return false;
}

bool verb_takes(const struct verb *verb, enum opt opt)
{
    if ((int)opt < (int)_OPT_FIRST_OF_VERBS)
        return true;
    for (const enum opt *taken = verb->options; taken && *taken != _OPT_MAX; taken++)
        if (*taken == opt)
            return true;
    return false;
}

/* "a|b[,...]": several of them, with commas. */
static bool takes_list(const char *value)
{
    return strstr(value, "[,...]") != NULL;
}

static size_t word_length(const char *value)
{
    return strcspn(value, "|[");
}

/* One word, of which `n` bytes were typed, as the table has it; else as it was typed. */
static void settle_word(const char *value, const char *typed, size_t n, struct buf *out)
{
    _cleanup_free_ char *word = xstrndup(typed, n);
    for (size_t len; *value && *value != '['; value += len + (value[len] == '|')) {
        len = word_length(value);
        _cleanup_free_ char *allowed = xstrndup(value, len);
        if (len <= n && word_is(word, allowed))
            replace_str(&word, STEAL(allowed));
    }
    buf_add_str(out, word);
}

void option_value_settle(const char *value, char *word)
{
    _cleanup_buf_ struct buf settled = BUF_INIT;
    if (!value || !strchr(value, '|'))
        return;
    const char *stops = takes_list(value) ? "," : "";
    for (const char *at = word;; at++) {
        size_t n = strcspn(at, stops);
        settle_word(value, at, n, &settled);
        at += n;
        if (*at == '\0')
            break;
        buf_add_char(&settled, *at);
    }
    memcpy(word, settled.data, settled.len + 1); /* never longer than what was typed */
}

static bool word_allowed(const char *value, const char *word, size_t n)
{
    for (size_t len; n > 0 && *value && *value != '['; value += len + (value[len] == '|')) {
        len = word_length(value);
        if (len == n && strncmp(value, word, n) == 0)
            return true;
    }
    return false;
}

bool option_value_allowed(const char *value, const char *word)
{
    if (!strchr(value, '|'))
        return true;
    const char *stops = takes_list(value) ? "," : "";
    size_t n = strcspn(word, stops);
    while (word_allowed(value, word, n) && word[n] == ',') {
        word += n + 1;
        n = strcspn(word, stops);
    }
    return word[n] == '\0' && word_allowed(value, word, n);
}
