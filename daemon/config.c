/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/config.h"

#include <dirent.h>
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <syslog.h>

#include "base/clock.h"
#include "base/text.h"
#include "idse/retention.h"

#define KEY(section, name, type, field) section, name, CONFIG_##type, offsetof(struct config, field)

static const struct config_key keys[] = {
    {KEY("General", "Language", WORD, language), "system", 0, 0, false,
     N_("Language of what idsed says, in the journal, in the history and to who calls it: system (that of "
        "the "
        "machine), es or en."),
     "system|es|en"},
    {KEY("Portal", "Profile", TEXT, profile), "idse-sim", 0, 0, false,
     N_("Portal profile to speak by, the name of a file in the profiles folder without its ending.")},
    {KEY("Portal", "Base", URL, base), NULL, 0, 0, false,
     N_("Address of the portal, instead of the one that the profile has.")},
    {KEY("Portal", "CAFile", PATH, ca_file), NULL, 0, 0, false,
     N_("File of the authorities (PEM) that may vouch for the portal, instead of the system's.")},
    {KEY("Portal", "Proxy", TEXT, proxy), NULL, 0, 0, false,
     N_("Proxy through which the portal is reached.")},
    {KEY("Portal", "ConnectTimeoutSec", SECONDS, connect_timeout_us), "30", 1, 300, false,
     N_("How long a connection to the portal may take.")},
    {KEY("Portal", "IdleTimeoutSec", SECONDS, idle_timeout_us), "60", 1, 900, false,
     N_("How long the portal may be silent in the middle of a request.")},
    {KEY("Portal", "TotalTimeoutSec", SECONDS, total_timeout_us), "900", 10, 3600, false,
     N_("How long one request may take, an upload included.")},
    {KEY("Portal", "MaxPageSize", SIZE, max_page_size), "64M", 64 * 1024, INT64_C(1) << 30, false,
     N_("Longest answer that is accepted from the portal.")},
    {KEY("Portal", "FailuresUntilDown", COUNT, failures_until_down), "3", 1, 100, true,
     N_("After how many faults in a row the portal counts as down, so that only one probe at a time goes "
        "out.")},
    {KEY("Polling", "MinSec", SECONDS, poll_min_us), "120", 1, 86400, true,
     N_("Shortest time between two questions for the result of a lot.")},
    {KEY("Polling", "MaxSec", SECONDS, poll_max_us), "3600", 1, 7 * 86400, true,
     N_("Longest time between two questions for the result of a lot.")},
    {KEY("Sending", "RetryFirstSec", SECONDS, retry_first_us), "30", 1, 86400, true,
     N_("Wait before the first new attempt after a passing fault; it doubles from then on.")},
    {KEY("Sending", "RetryMaxSec", SECONDS, retry_max_us), "1800", 1, 86400, true,
     N_("Longest wait before a new attempt.")},
    {KEY("Sending", "UncertainSettleSec", SECONDS, uncertain_settle_us), "600", 1, 7 * 86400, true,
     N_("How old an attempt must be before its absence from the portal's list proves that it did not "
        "arrive.")},
    {KEY("Sending", "VisitsAtOnce", COUNT, visits_at_once), "4", 1, 64, true,
     N_("How many certificates may be logged in to the portal at the same time.")},
    {KEY("Sending", "MaxFileSize", SIZE, max_file_size), "64M", 1024, INT64_C(1) << 30, true,
     N_("Largest file that is accepted for submission.")},
    {KEY("Check", "FutureDates", WORD, future_dates), "refuse", 0, 0, true,
     N_("What becomes of movements with a date that IMSS does not take yet: refuse, or allow."),
     "refuse|allow"},
    {KEY("Check", "MinimumWage", WORD, minimum_wage), "general", 0, 0, true,
     N_("The zone whose minimum wage an SBC is held against: general, or norte."), "general|norte"},
    {KEY("Deadlines", "Mail", WORD, deadlines_mail), "no", 0, 0, true,
     N_("Mail operators and administrators, too, about lots that near or miss their last legal day, all of "
        "them at once: no or yes."),
     "no|yes"},
    {KEY("Deadlines", "GraceSec", SECONDS, deadlines_grace_us), "600", 0, 86400, true,
     N_("How long a lot that was just submitted or answered is given before anybody is told that it is "
        "due, and how long a mail waits for more lots.")},
    {KEY("Spool", "Path", PATH, spool_path), NULL, 0, 0, false,
     N_("Folder of the spool, which has in/ and out/, instead of /var/spool/idsed. Where in/ is not there is "
        "no "
        "spool.")},
    {KEY("Store", "Path", PATH, store_path), NULL, 0, 0, false,
     N_("Database file, instead of idsed.db in the state folder.")},
    {KEY("Sealing", "KeyFile", PATH, key_file), NULL, 0, 0, false,
     N_("Key that seals credentials, instead of the credential idsed.key that the service manager passes.")},
    {KEY("Certificates", "CheckRevocation", WORD, check_revocation), "no", 0, 0, true,
     N_("Ask once a day the authority that a certificate names whether it was revoked, by its responder "
        "(OCSP) "
        "or else its list (CRL): no or yes. For information."),
     "no|yes"},
    {KEY("Certificates", "IssuersFile", PATH, issuers_file), NULL, 0, 0, true,
     N_("File of the authorities (PEM) that issue certificates, whose word counts for that.")},
    {KEY("Users", "SelfRegistration", WORD, self_registration), "approve", 0, 0, true,
     N_("What becomes of people who register themselves, with the role consulta: approve (an administrator "
        "enables "
        "them), open (enabled at once) or off."),
     "approve|open|off"},
    {KEY("Users", "SessionIdleSec", SECONDS, session_idle_us), "1800", 1, 86400, true,
     N_("How long a session of a user lasts in which nothing is done.")},
    {KEY("Users", "AttemptDelaySec", SECONDS, attempt_delay_us), "1", 1, 3600, true,
     N_("How long the next login waits after a wrong one; it doubles with each.")},
    {KEY("Users", "AttemptDelayMaxSec", SECONDS, attempt_delay_max_us), "30", 1, 3600, true,
     N_("The longest of these waits.")},
    {KEY("Mail", "Relay", RELAY, mail_relay), NULL, 0, 0, true,
     N_("Server that takes our mail: smtp://HOST:PORT or smtps://HOST:PORT.")},
    {KEY("Mail", "From", EMAIL, mail_from), NULL, 0, 0, true, N_("Address that our mail comes from.")},
    {KEY("Mail", "User", TEXT, mail_user), NULL, 0, 0, true, N_("User to log in to the relay with.")},
    {KEY("Mail", "PasswordFile", PATH, mail_password_file), NULL, 0, 0, true,
     N_("File with the relay's password, where the service manager does not pass the credential "
        "mail.password.")},
    {KEY("Mail", "CAFile", PATH, mail_ca_file), NULL, 0, 0, true,
     N_("File of the authorities (PEM) that may vouch for the relay, instead of the system's.")},
    {KEY("Mail", "StartTLS", WORD, mail_starttls), "required", 0, 0, true,
     N_("With smtp://: required, or never, which only a relay on this machine is allowed."),
     "required|never"},
    {KEY("Privacy", "RetainYears", COUNT, retain_years), "0", 0, 100, true,
     N_("How many years after the one in which it was finished a lot is kept; then its documents and "
        "whatever names "
        "people are erased. At least 5 (LSS 15-II); 0 keeps everything.")},
    {KEY("Log", "Level", LEVEL, log_level), "info", 0, 0, true,
     N_("Least important messages that are logged: err, warning, notice, info or debug.")},
    {0},
};

const struct config_key *config_keys(void)
{
    return keys;
}

/* ---- values ---- */

static bool is_text(enum config_type type)
{
    return type == CONFIG_TEXT || type == CONFIG_PATH || type == CONFIG_URL || type == CONFIG_RELAY ||
           type == CONFIG_EMAIL;
}

static char **text_of(const struct config_key *key, struct config *config)
{
    return (char **)((char *)config + key->offset);
}

static int64_t *number_of(const struct config_key *key, struct config *config)
{
    return (int64_t *)((char *)config + key->offset);
}

static const struct {
    const char *name;
    int level;
} levels[] = {
    {"err", LOG_ERR},   {"warning", LOG_WARNING}, {"notice", LOG_NOTICE},
    {"info", LOG_INFO}, {"debug", LOG_DEBUG},
};

static int parse_level(const char *value, int64_t *ret, struct err *err)
{
    for (size_t i = 0; i < ELEMENTSOF(levels); i++)
        if (streq(levels[i].name, value)) {
            *ret = levels[i].level;
            return 0;
        }
    return err_set(err, ERR_CONFIG, _("'%s' is not one of err, warning, notice, info, debug"), value);
}

static int parse_word(const struct config_key *key, const char *value, int64_t *ret, struct err *err)
{
    size_t len = strlen(value);
    int64_t place = 0;
    for (const char *at = key->words; at; place++) {
        const char *bar = strchr(at, '|');
        if ((bar ? (size_t)(bar - at) : strlen(at)) == len && strncmp(at, value, len) == 0) {
            *ret = place;
            return 0;
        }
        at = bar ? bar + 1 : NULL;
    }
    return err_set(err, ERR_CONFIG, _("'%s' is not one of %s"), value, key->words);
}

static int parse_number(const struct config_key *key, const char *value, int64_t *ret, struct err *err)
{
    static const char suffixes[] = "KMG";
    _cleanup_free_ char *digits = xstrdup(value);
    size_t len = strlen(digits);
    unsigned shift = 0;
    const char *suffix = len > 0 && key->type == CONFIG_SIZE ? strchr(suffixes, digits[len - 1]) : NULL;
    if (suffix && *suffix) {
        shift = 10 * (unsigned)(suffix - suffixes + 1);
        digits[len - 1] = '\0';
    }
    uint64_t number;
    if (!str_to_uint(digits, UINT32_MAX, &number))
        return err_set(err, ERR_CONFIG, _("'%s' is not a number"), value);
    int64_t whole = (int64_t)(number << shift);
    if (whole < key->least || whole > key->most)
        return err_set(err, ERR_CONFIG, _("'%s' is not between %lld and %lld"), value, (long long)key->least,
                       (long long)key->most);
    *ret = key->type == CONFIG_SECONDS ? whole * US_PER_S : whole;
    return 0;
}

static int check_text(const struct config_key *key, const char *value, struct err *err)
{
    if (key->type == CONFIG_PATH && *value && *value != '/')
        return err_set(err, ERR_CONFIG, _("'%s' is not an absolute path"), value);
    if (key->type == CONFIG_URL && *value && !str_starts(value, "https://"))
        return err_set(err, ERR_CONFIG, _("'%s' does not begin with https://"), value);
    if (key->type == CONFIG_RELAY && *value && !str_starts(value, "smtp://") &&
        !str_starts(value, "smtps://"))
        return err_set(err, ERR_CONFIG, _("'%s' begins with neither smtp:// nor smtps://"), value);
    _cleanup_free_ char *email = key->type == CONFIG_EMAIL ? email_fold(value) : NULL;
    if (key->type == CONFIG_EMAIL && *value && !email)
        return err_set(err, ERR_CONFIG, _("'%s' is not an e-mail address"), value);
    return 0;
}

/* An empty text unsets the key. */
static int set_value(const struct config_key *key, struct config *config, const char *value, struct err *err)
{
    if (is_text(key->type)) {
        int r = check_text(key, value, err);
        if (r >= 0)
            replace_str(text_of(key, config), *value ? xstrdup(value) : NULL);
        return r;
    }
    if (key->type == CONFIG_LEVEL)
        return parse_level(value, number_of(key, config), err);
    if (key->type == CONFIG_WORD)
        return parse_word(key, value, number_of(key, config), err);
    return parse_number(key, value, number_of(key, config), err);
}

static void set_defaults(struct config *config)
{
    for (const struct config_key *key = keys; key->name; key++)
        if (key->fallback && set_value(key, config, key->fallback, NULL) < 0)
            abort();
}

/* ---- files ---- */

struct parse {
    const char *path;
    FILE *file;
    unsigned line;
    struct config *config;
    struct buf *warnings;
    struct err *err; /* the first one stays */
    int result;
};

static void fail_here(struct parse *parse, struct err *why)
{
    if (parse->result >= 0) {
        err_prefix(why, "%s:%u", parse->path, parse->line);
        parse->result = err_move(parse->err, why);
    }
    err_clear(why);
}

/*
 * One line for inih, which does not tell its handler the number. Blanks at the start go away, since inih
 * would take an indented key for the continuation of the value above it.
 */
static char *read_line(char *text, int size, void *data)
{
    struct parse *parse = data;
    if (!fgets(text, size, parse->file))
        return NULL;
    parse->line++;
    if (!strchr(text, '\n') && !feof(parse->file)) {
        _cleanup_err_ struct err why = ERR_INIT;
        err_set(&why, ERR_CONFIG, _("the line is longer than %d characters"), size - 2);
        fail_here(parse, &why);
        for (int c = 0; c != '\n' && c != EOF;)
            c = fgetc(parse->file);
    }
    size_t blanks = strspn(text, " \t");
    memmove(text, text + blanks, strlen(text + blanks) + 1);
    return text;
}

static void warn_unknown(struct parse *parse, const char *section, const char *name)
{
    const char *names[ELEMENTSOF(keys)] = {0};
    size_t n = 0;
    for (const struct config_key *key = keys; key->name; key++)
        if (streq(key->section, section))
            names[n++] = key->name;
    const char *nearest = str_nearest(name, names);
    buf_printf(parse->warnings, "%s:%u: ", parse->path, parse->line);
    if (n == 0)
        buf_printf(parse->warnings, _("there is no section [%s]; '%s' is ignored"), section, name);
    else if (nearest)
        buf_printf(parse->warnings, _("there is no key '%s' in [%s]; did you mean '%s'? It is ignored"), name,
                   section, nearest);
    else
        buf_printf(parse->warnings, _("there is no key '%s' in [%s]; it is ignored"), name, section);
    buf_add_char(parse->warnings, '\n');
}

static int take_key(void *data, const char *section, const char *name, const char *value)
{
    struct parse *parse = data;
    for (const struct config_key *key = keys; key->name; key++) {
        if (!streq(key->section, section) || !streq(key->name, name))
            continue;
        _cleanup_err_ struct err why = ERR_INIT;
        if (set_value(key, parse->config, value, &why) < 0) {
            err_prefix(&why, "%s", name);
            fail_here(parse, &why);
        }
        return 1;
    }
    warn_unknown(parse, section, name);
    return 1;
}

static int load_file(const char *path, bool must_exist, struct config *config, struct buf *warnings,
                     struct err *err)
{
    struct parse parse = {.path = path, .config = config, .warnings = warnings, .err = err};
    parse.file = fopen(path, "re");
    if (!parse.file && errno == ENOENT && !must_exist)
        return 0;
    if (!parse.file)
        return err_set_errno(err, ERR_CONFIG, errno, "%s", path);
    int bad_line = ini_parse_stream(read_line, &parse, take_key, &parse);
    fclose(parse.file);
    if (parse.result >= 0 && bad_line != 0)
        return err_set(err, ERR_CONFIG, _("%s:%d: neither a [Section] nor Key=value"), path, bad_line);
    return parse.result;
}

static int is_drop_in(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);
    return entry->d_name[0] != '.' && len > 5 && streq(entry->d_name + len - 5, ".conf");
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int load_drop_ins(const char *path, struct config *config, struct buf *warnings, struct err *err)
{
    _cleanup_free_ char *folder = xasprintf("%s.d", path);
    struct dirent **entries = NULL;
    int n = scandir(folder, &entries, is_drop_in, by_bytes);
    if (n < 0)
        return errno == ENOENT ? 0 : err_set_errno(err, ERR_CONFIG, errno, "%s", folder);
    int r = 0;
    for (int i = 0; i < n; i++) {
        _cleanup_free_ char *file = xasprintf("%s/%s", folder, entries[i]->d_name);
        if (r >= 0)
            r = load_file(file, true, config, warnings, err);
        free(entries[i]);
    }
    free(entries);
    return r;
}

static bool is_loopback(const char *relay)
{
    static const char *const hosts[] = {"localhost", "127.0.0.1", "[::1]"};
    const char *host = strstr(relay, "://") + strlen("://");
    for (size_t i = 0; i < ELEMENTSOF(hosts); i++)
        if (str_starts(host, hosts[i]) && (host[strlen(hosts[i])] == ':' || host[strlen(hosts[i])] == '\0'))
            return true;
    return false;
}

static int check_mail(const struct config *config, const char *path, struct err *err)
{
    if (config->mail_relay && !config->mail_from)
        return err_set(err, ERR_CONFIG, _("%s: [Mail] Relay is set, but not From"), path);
    if (config->mail_starttls == MAIL_STARTTLS_NEVER && config->mail_relay &&
        !is_loopback(config->mail_relay))
        return err_set(
            err, ERR_CONFIG,
            _("%s: [Mail] StartTLS=never is only allowed with a relay on this machine (127.0.0.1)"), path);
    return 0;
}

int config_load(const char *path, bool must_exist, struct config *ret, struct buf *warnings, struct err *err)
{
    _cleanup_config_ struct config config = {0};
    set_defaults(&config);
    int r = load_file(path, must_exist, &config, warnings, err);
    if (r >= 0)
        r = load_drop_ins(path, &config, warnings, err);
    if (r >= 0 && config.poll_min_us > config.poll_max_us)
        r = err_set(err, ERR_CONFIG, _("%s: [Polling] MinSec is greater than MaxSec"), path);
    if (r >= 0 && config.retry_first_us > config.retry_max_us)
        r = err_set(err, ERR_CONFIG, _("%s: [Sending] RetryFirstSec is greater than RetryMaxSec"), path);
    if (r >= 0 && config.attempt_delay_us > config.attempt_delay_max_us)
        r = err_set(err, ERR_CONFIG, _("%s: [Users] AttemptDelaySec is greater than AttemptDelayMaxSec"),
                    path);
    if (r >= 0 && config.retain_years > 0 && config.retain_years < RETENTION_YEARS)
        r = err_set(err, ERR_CONFIG, _("%s: [Privacy] RetainYears is less than %d, which LSS 15-II asks for"),
                    path, RETENTION_YEARS);
    if (r >= 0)
        r = check_mail(&config, path, err);
    if (r < 0)
        return r;
    *ret = config;
    config = (struct config){0};
    return 0;
}

void config_free(struct config *config)
{
    for (const struct config_key *key = keys; key->name; key++)
        if (is_text(key->type))
            replace_str(text_of(key, config), NULL);
}

static bool same_value(const struct config_key *key, struct config *a, struct config *b)
{
    return is_text(key->type) ? streq_null(*text_of(key, a), *text_of(key, b))
                              : *number_of(key, a) == *number_of(key, b);
}

static void swap_value(const struct config_key *key, struct config *a, struct config *b)
{
    if (is_text(key->type)) {
        char *text = *text_of(key, a);
        *text_of(key, a) = *text_of(key, b);
        *text_of(key, b) = text;
    } else {
        int64_t number = *number_of(key, a);
        *number_of(key, a) = *number_of(key, b);
        *number_of(key, b) = number;
    }
}

void config_reload(struct config *config, struct config *fresh, struct buf *restart)
{
    for (const struct config_key *key = keys; key->name; key++) {
        if (same_value(key, config, fresh))
            continue;
        if (key->reloadable)
            swap_value(key, config, fresh);
        else
            buf_printf(restart, _("[%s] %s changes with the next restart\n"), key->section, key->name);
    }
}
