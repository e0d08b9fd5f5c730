/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/fault.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/text.h"

enum { FAULT_FILE_MAX = 1 << 20 };

struct faults {
    char *path;
    struct fault *rules;
    size_t n;
    struct stat stat; /* of the file when it was read */
};

const char *step_name(enum step step)
{
    static const char *const names[_STEPS] = {
#define X(id, name) name,
        STEP_TABLE(X)
#undef X
    };
    return names[step];
}

/* A key takes a number or one of the listed words, whose place in the list is stored. */
static const struct key {
    const char *name;
    size_t offset;
    enum { KEY_COUNT, KEY_SECONDS, KEY_WORD } type;
    const char *const *words;
} keys[] = {
    {"first", offsetof(struct fault, first), KEY_COUNT, NULL},
    {"times", offsetof(struct fault, times), KEY_COUNT, NULL},
    {"delay", offsetof(struct fault, delay_us), KEY_SECONDS, NULL},
    {"behind", offsetof(struct fault, behind_us), KEY_SECONDS, NULL},
    {"drip", offsetof(struct fault, drip), KEY_COUNT, NULL},
    {"status", offsetof(struct fault, status), KEY_COUNT, NULL},
    {"retry-after", offsetof(struct fault, retry_after), KEY_COUNT, NULL},
    {"cut", offsetof(struct fault, cut), KEY_WORD,
     (const char *const[]){"no", "before", "after", "mid", NULL}},
    {"page", offsetof(struct fault, page), KEY_WORD,
     (const char *const[]){"no", "maintenance", "unknown", "session-lost", "encoding", NULL}},
    {"receipt", offsetof(struct fault, receipt), KEY_WORD,
     (const char *const[]){"no", "missing", "mismatch", "foreign", NULL}},
    {"login", offsetof(struct fault, login), KEY_WORD,
     (const char *const[]){"no", "locked", "backend-timeout", NULL}},
    {"tls", offsetof(struct fault, tls), KEY_WORD, (const char *const[]){"no", "fail", NULL}},
    {"lot", offsetof(struct fault, lot), KEY_WORD, (const char *const[]){"no", "stuck", NULL}},
    {"taken", offsetof(struct fault, taken), KEY_WORD, (const char *const[]){"no", "yes", NULL}},
};

static bool set_value(struct fault *fault, const struct key *key, const char *value)
{
    void *field = (char *)fault + key->offset;
    char *end;
    switch (key->type) {
    case KEY_COUNT:
        return str_to_uint(value, UINT32_MAX, field);
    case KEY_SECONDS: {
        double seconds = strtod(value, &end);
        *(int64_t *)field = (int64_t)(seconds * (double)US_PER_S);
        return end != value && !*end && seconds >= 0 && seconds < 1e6;
    }
    case KEY_WORD:
        for (int i = 0; key->words[i]; i++)
            if (streq(key->words[i], value))
                return *(int *)field = i, true;
        return false;
    }
    return false;
}

static int read_pair(struct fault *fault, char *word, struct err *err)
{
    char *equals = strchr(word, '=');
    if (!equals)
        return err_set(err, ERR_CONFIG, _("'%s' is not key=value"), word);
    *equals = '\0';
    for (size_t i = 0; i < ELEMENTSOF(keys); i++) {
        if (!streq(keys[i].name, word))
            continue;
        if (set_value(fault, &keys[i], equals + 1))
            return 0;
        return err_set(err, ERR_CONFIG, _("'%s' is no value for %s"), equals + 1, word);
    }
    return err_set(err, ERR_CONFIG, _("there is no key '%s'"), word);
}

static int read_rule(char *line, struct fault *ret, struct err *err)
{
    char *rest, *word = strtok_r(line, " \t", &rest);
    *ret = (struct fault){.first = 1, .step = _STEPS};
    for (int i = 0; i < _STEPS; i++)
        if (streq(step_name((enum step)i), word))
            ret->step = (enum step)i;
    if (ret->step == _STEPS)
        return err_set(err, ERR_CONFIG, _("there is no step '%s'"), word);
    while ((word = strtok_r(NULL, " \t", &rest))) {
        int r = read_pair(ret, word, err);
        if (r < 0)
            return r;
    }
    return 0;
}

static int read_rules(char *text, struct fault **ret, size_t *ret_n, struct err *err)
{
    _cleanup_free_ struct fault *rules = NULL;
    size_t n = 0;
    unsigned number = 0;
    for (char *line; (line = strsep(&text, "\n"));) {
        number++;
        line[strcspn(line, "#")] = '\0';
        line = str_trim(line);
        if (!*line)
            continue;
        rules = xreallocarray(rules, n + 1, sizeof *rules);
        int r = read_rule(line, &rules[n], err);
        if (r < 0)
            return err_prefix(err, _("line %u"), number);
        n++;
    }
    *ret = STEAL(rules);
    *ret_n = n;
    return 0;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

int faults_reload(struct faults *faults, bool always, struct err *err)
{
    struct stat st;
    if (!faults->path)
        return 0;
    if (stat(faults->path, &st) < 0)
        return err_set_errno(err, ERR_CONFIG, errno, "%s", faults->path);
    if (!always && same_file(&st, &faults->stat))
        return 0;
    faults->stat = st; /* also when it is wrong, so that it is told once */
    _cleanup_buf_ struct buf text = BUF_INIT;
    int r = file_read(faults->path, FAULT_FILE_MAX, &text, err);
    if (r < 0)
        return r;
    struct fault *rules = NULL;
    size_t n = 0;
    buf_add(&text, "", 0);
    r = read_rules(text.data, &rules, &n, err);
    if (r < 0)
        return err_prefix(err, "%s", faults->path);
    free(faults->rules);
    faults->rules = rules;
    faults->n = n;
    return 0;
}

int faults_open(const char *path, struct faults **ret, struct err *err)
{
    struct faults *faults = xcalloc(1, sizeof *faults);
    faults->path = xstrdup(path);
    int r = faults_reload(faults, true, err);
    if (r < 0) {
        faults_free(faults);
        return r;
    }
    *ret = faults;
    return 0;
}

struct faults *faults_free(struct faults *faults)
{
    if (!faults)
        return NULL;
    free(faults->path);
    free(faults->rules);
    free(faults);
    return NULL;
}

struct fault faults_next(struct faults *faults, enum step step)
{
    const struct fault *found = NULL;
    for (size_t i = 0; i < faults->n; i++) {
        struct fault *rule = &faults->rules[i];
        if (rule->step != step)
            continue;
        rule->seen++;
        bool in_force =
            rule->seen >= rule->first && (rule->times == 0 || rule->seen < rule->first + rule->times);
        if (in_force && !found)
            found = rule;
    }
    return found ? *found : (struct fault){.step = step};
}
