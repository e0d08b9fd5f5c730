/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portal/profile.h"

#include <ini.h>

#include "base/clock.h"
#include "base/text.h"
#include "portal/profile-private.h"

static const char *const step_names[] = {
#define X(id, section) [PROFILE_STEP_##id] = section,
    PROFILE_STEP_TABLE(X)
#undef X
};

static const char *const sure_names[] = {
    [PROFILE_UNKNOWN] = "unknown", [PROFILE_ASSUMED] = "assumed", [PROFILE_KNOWN] = "known", NULL};
static const char *const method_names[] = {"GET", "POST", NULL};
static const char *const form_names[] = {"urlencoded", "multipart", NULL};
static const char *const sign_names[] = {[PROFILE_SIGN_NOTHING] = "nothing",
                                         [PROFILE_SIGN_NONCE] = "nonce",
                                         [PROFILE_SIGN_RECORDS] = "records",
                                         NULL};
static const char *const encoding_names[] = {
    [PROFILE_PEM_QUIRK] = "pem-quirk", [PROFILE_PEM] = "pem", [PROFILE_BASE64] = "base64", NULL};

const char *profile_step_name(enum profile_step_id id)
{
    return step_names[id];
}

const char *profile_sure_name(enum profile_sure sure)
{
    return sure_names[sure];
}

/* ---- reading ---- */

struct reader {
    struct profile *profile;
    char *complaint; /* about the first wrong line */
};

static int complain(struct reader *reader, const char *fmt, ...) _printf_(2, 3);
static int complain(struct reader *reader, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    if (!reader->complaint)
        reader->complaint = xvasprintf(fmt, ap);
    va_end(ap);
    return 0; /* what libinih takes for an error */
}

static int set_text(struct reader *reader, char **field, const char *value)
{
    if (*field)
        return complain(reader, _("this key may stand only once"));
    *field = xstrdup(value);
    return 1;
}

static int set_template(struct reader *reader, char **field, const char *value)
{
    if (profile_template_variables(value) < 0)
        return complain(reader, _("unknown variable in '%s'"), value);
    return set_text(reader, field, value);
}

/* The index of `value` among `names`, or -1 with a complaint. */
static int choose(struct reader *reader, const char *const *names, const char *value)
{
    for (int i = 0; names[i]; i++)
        if (streq(names[i], value))
            return i;
    const char *nearest = str_nearest(value, names);
    complain(reader, _("'%s' is not one of the allowed words%s%s"), value, nearest ? _("; perhaps ") : "",
             str_or_empty(nearest));
    return -1;
}

static int set_seconds(struct reader *reader, int64_t *field, const char *value)
{
    uint64_t seconds;
    if (!str_to_uint(value, 86400, &seconds))
        return complain(reader, _("'%s' is not a number of seconds"), value);
    *field = (int64_t)seconds * US_PER_S;
    return 1;
}

/* "kind:words", with '!' in front when it must be absent. */
static int mark_parse(struct reader *reader, char *text, struct mark *ret)
{
    static const char *const kinds[] = {[MARK_ID] = "id", [MARK_TEXT] = "text", [MARK_ERROR] = "error", NULL};
    bool absent = *text == '!';
    text += absent;
    char *colon = strchr(text, ':');
    if (!colon || !colon[1])
        return complain(reader, _("a mark is id:NAME, text:WORDS or error:WORDS, not '%s'"), text);
    *colon = '\0';
    int kind = choose(reader, kinds, text);
    if (kind < 0)
        return 0;
    *ret =
        (struct mark){.kind = (enum mark_kind)kind, .absent = absent, .value = xstrdup(str_trim(colon + 1))};
    return 1;
}

/* Adds what "mark & mark & …" says. */
static int marks_parse(struct reader *reader, struct marks *marks, const char *value)
{
    _cleanup_free_ char *copy = xstrdup(value);
    for (char *part = copy, *next; part; part = next) {
        next = strstr(part, " & ");
        if (next) {
            *next = '\0';
            next += 3;
        }
        struct mark mark;
        if (!mark_parse(reader, str_trim(part), &mark))
            return 0;
        marks->items = xreallocarray(marks->items, marks->n + 1, sizeof(*marks->items));
        marks->items[marks->n++] = mark;
    }
    return 1;
}

/* "reason mark & mark". */
static int failures_parse(struct reader *reader, struct profile_failures *failures, const char *value)
{
    size_t n = strcspn(value, " ");
    _cleanup_free_ char *name = xstrndup(value, n);
    int reason = outcome_reason_from_name(name);
    if (reason < 0 || reason == REASON_OK)
        return complain(reader, _("'%s' is not a reason why a step fails"), name);
    failures->items = xreallocarray(failures->items, failures->n + 1, sizeof(*failures->items));
    struct profile_failure *failure = &failures->items[failures->n++];
    *failure = (struct profile_failure){.reason = (enum outcome_reason)reason};
    return marks_parse(reader, &failure->when, value + n + strspn(value + n, " "));
}

/* ---- keys of a step ---- */

static int key_sure(struct reader *reader, struct profile_step *step, const char *value)
{
    int i = choose(reader, sure_names, value);
    step->sure = (enum profile_sure)MAX(i, 0);
    return i >= 0;
}

static int key_method(struct reader *reader, struct profile_step *step, const char *value)
{
    int i = choose(reader, method_names, value);
    step->post = i == 1;
    return i >= 0;
}

static int key_form(struct reader *reader, struct profile_step *step, const char *value)
{
    int i = choose(reader, form_names, value);
    step->multipart = i == 1;
    return i >= 0;
}

static int key_path(struct reader *reader, struct profile_step *step, const char *value)
{
    return set_template(reader, &step->path, value);
}

static int key_header(struct reader *reader, struct profile_step *step, const char *value)
{
    if (!strchr(value, ':'))
        return complain(reader, _("a header is 'Name: value', not '%s'"), value);
    step->headers = xreallocarray(step->headers, step->n_headers + 2, sizeof(*step->headers));
    step->headers[step->n_headers] = step->headers[step->n_headers + 1] = NULL;
    return set_template(reader, &step->headers[step->n_headers++], value);
}

static int add_field(struct reader *reader, struct profile_step *step, const char *text, bool file)
{
    size_t n = strcspn(text, "=");
    if (!n || !text[n])
        return complain(reader, _("a field is 'name=value', not '%s'"), text);
    if (profile_template_variables(text + n + 1) < 0)
        return complain(reader, _("unknown variable in '%s'"), text);
    step->fields = xreallocarray(step->fields, step->n_fields + 1, sizeof(*step->fields));
    step->fields[step->n_fields++] =
        (struct profile_field){.name = xstrndup(text, n), .value = xstrdup(text + n + 1), .file = file};
    return 1;
}

static int key_field(struct reader *reader, struct profile_step *step, const char *value)
{
    return add_field(reader, step, value, false);
}

static int key_file(struct reader *reader, struct profile_step *step, const char *value)
{
    return add_field(reader, step, value, true);
}

static int key_sign(struct reader *reader, struct profile_step *step, const char *value)
{
    int i = choose(reader, sign_names, value);
    step->sign = (enum profile_sign)MAX(i, 0);
    return i >= 0;
}

static int key_encoding(struct reader *reader, struct profile_step *step, const char *value)
{
    int i = choose(reader, encoding_names, value);
    step->encoding = (enum profile_encoding)MAX(i, 0);
    return i >= 0;
}

static int key_expect(struct reader *reader, struct profile_step *step, const char *value)
{
    return marks_parse(reader, &step->expect, value);
}

static int key_fail(struct reader *reader, struct profile_step *step, const char *value)
{
    return failures_parse(reader, &step->failures, value);
}

static int key_timeout(struct reader *reader, struct profile_step *step, const char *value)
{
    return set_seconds(reader, &step->timeout_us, value);
}

static int key_rows(struct reader *reader, struct profile_step *step, const char *value)
{
    _cleanup_free_ char *copy = xstrdup(value);
    size_t n = 0;
    char *save = NULL;
    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        uint64_t rows;
        if (n >= ELEMENTSOF(step->rows) || !str_to_uint(word, 100000, &rows) || !rows ||
            (n && rows <= step->rows[n - 1]))
            return complain(reader, _("'%s' is not a short list of growing numbers"), value);
        step->rows[n++] = (uint32_t)rows;
    }
    return 1;
}

static const struct {
    const char *name;
    int (*set)(struct reader *reader, struct profile_step *step, const char *value);
} step_keys[] = {
    {"sure", key_sure},     {"method", key_method},     {"path", key_path}, {"header", key_header},
    {"form", key_form},     {"field", key_field},       {"file", key_file}, {"sign", key_sign},
    {"expect", key_expect}, {"encoding", key_encoding}, {"fail", key_fail}, {"timeout", key_timeout},
    {"rows", key_rows},
};

/* Keys whose value is kept as it stands. */
static const struct {
    const char *name;
    size_t offset;
} step_texts[] = {
    {"media", offsetof(struct profile_step, media)},
    {"lot", offsetof(struct profile_step, lot_id)},
    {"folio", offsetof(struct profile_step, folio_id)},
    {"received", offsetof(struct profile_step, received_id)},
    {"table-class", offsetof(struct profile_step, table_class)},
    {"processed-class", offsetof(struct profile_step, processed_class)},
    {"csv-link", offsetof(struct profile_step, csv_link)},
};

static int read_step_key(struct reader *reader, struct profile_step *step, const char *key, const char *value)
{
    step->present = true;
    for (size_t i = 0; i < ELEMENTSOF(step_keys); i++)
        if (streq(step_keys[i].name, key))
            return step_keys[i].set(reader, step, value);
    for (size_t i = 0; i < ELEMENTSOF(step_texts); i++)
        if (streq(step_texts[i].name, key))
            return set_text(reader, (char **)((char *)step + step_texts[i].offset), value);
    return complain(reader, _("unknown key '%s'"), key);
}

static int read_portal_key(struct reader *reader, const char *key, const char *value)
{
    struct profile *profile = reader->profile;
    if (streq(key, "title"))
        return set_text(reader, &profile->title, value);
    if (streq(key, "user-agent"))
        return set_text(reader, &profile->user_agent, value);
    if (streq(key, "error-box"))
        return set_text(reader, &profile->error_box, value);
    if (streq(key, "pause"))
        return set_seconds(reader, &profile->pause_us, value);
    if (!streq(key, "url"))
        return complain(reader, _("unknown key '%s'"), key);
    if (!str_starts(value, "https://") || value[strlen(value) - 1] != '/')
        return complain(reader, _("the URL must begin with https:// and end with /"));
    return set_text(reader, &profile->url, value);
}

static int read_line(void *user, const char *section, const char *key, const char *value)
{
    struct reader *reader = user;
    struct profile *profile = reader->profile;
    if (!utf8_valid(value, strlen(value)))
        return complain(reader, _("not UTF-8"));
    if (streq(section, "portal"))
        return read_portal_key(reader, key, value);
    if (streq(section, "any") || streq(section, "inside"))
        return streq(key, "fail")
                   ? failures_parse(reader, *section == 'a' ? &profile->any : &profile->inside, value)
                   : complain(reader, _("unknown key '%s'"), key);
    for (int i = 0; i < _PROFILE_STEP_MAX; i++)
        if (streq(section, step_names[i]))
            return read_step_key(reader, &profile->steps[i], key, value);
    return complain(reader, _("unknown section [%s]"), section);
}

static unsigned step_variables(const struct profile_step *step)
{
    int bits = profile_template_variables(str_or_empty(step->path));
    for (size_t i = 0; i < step->n_headers; i++)
        bits |= profile_template_variables(step->headers[i]);
    for (size_t i = 0; i < step->n_fields; i++)
        bits |= profile_template_variables(step->fields[i].value);
    return (unsigned)bits; /* each was checked when it was read, so none is negative */
}

/* What no single line can tell. */
static const char *profile_lacks(const struct profile *profile)
{
    if (!profile->url || !profile->title || !profile->user_agent || !profile->error_box)
        return _("[portal] needs title, url, user-agent and error-box");
    for (int i = 0; i < _PROFILE_STEP_MAX; i++) {
        const struct profile_step *step = &profile->steps[i];
        if (profile_knows(profile, (enum profile_step_id)i) && !step->path)
            return _("a step has no path");
        if (profile_knows(profile, (enum profile_step_id)i) && !step->expect.n && !step->media)
            return _("a step says neither what page nor what media type to expect");
        if (profile_needs_nonce(step) && !profile_knows(profile, PROFILE_STEP_SEQUENCE))
            return _("a step needs a nonce, but [sequence] is not known");
    }
    const struct profile_step *list = &profile->steps[PROFILE_STEP_LIST];
    if (!profile_knows(profile, PROFILE_STEP_LOGIN) || !profile_knows(profile, PROFILE_STEP_LIST))
        return _("[login] and [list] must be known");
    if (!list->rows[0] || !list->table_class || !list->processed_class || !list->csv_link)
        return _("[list] needs rows, table-class, processed-class and csv-link");
    if (profile_knows(profile, PROFILE_STEP_UPLOAD) && !profile->steps[PROFILE_STEP_UPLOAD].lot_id)
        return _("[upload] needs lot: the id of the element with the número de lote");
    return NULL;
}

int profile_parse(const char *path, const char *text, struct profile *profile, struct err *err)
{
    struct reader reader = {.profile = profile};
    int line = ini_parse_string(text, read_line, &reader);
    _cleanup_free_ char *complaint = reader.complaint;
    if (line)
        return err_set(err, ERR_CONFIG, "%s:%d: %s", path, line,
                       complaint ? complaint : _("not 'key = value'"));
    for (int i = 0; i < _PROFILE_STEP_MAX; i++)
        profile->steps[i].variables = step_variables(&profile->steps[i]);
    const char *lacks = profile_lacks(profile);
    return lacks ? err_set(err, ERR_CONFIG, "%s: %s", path, lacks) : 0;
}

/* ---- the end ---- */

static void marks_free(struct marks *marks)
{
    for (size_t i = 0; i < marks->n; i++)
        free(marks->items[i].value);
    free(marks->items);
}

static void failures_free(struct profile_failures *failures)
{
    for (size_t i = 0; i < failures->n; i++)
        marks_free(&failures->items[i].when);
    free(failures->items);
}

static void step_free(struct profile_step *step)
{
    free(step->path);
    for (size_t i = 0; i < step->n_headers; i++)
        free(step->headers[i]);
    free(step->headers);
    for (size_t i = 0; i < step->n_fields; i++) {
        free(step->fields[i].name);
        free(step->fields[i].value);
    }
    free(step->fields);
    marks_free(&step->expect);
    failures_free(&step->failures);
    for (size_t i = 0; i < ELEMENTSOF(step_texts); i++)
        free(*(char **)((char *)step + step_texts[i].offset));
}

struct profile *profile_ref(struct profile *profile)
{
    profile->more_owners++;
    return profile;
}

struct profile *profile_free(struct profile *profile)
{
    if (!profile || profile->more_owners-- > 0)
        return NULL;
    for (int i = 0; i < _PROFILE_STEP_MAX; i++)
        step_free(&profile->steps[i]);
    failures_free(&profile->any);
    failures_free(&profile->inside);
    free(profile->name);
    free(profile->title);
    free(profile->url);
    free(profile->user_agent);
    free(profile->error_box);
    free(profile);
    return NULL;
}
