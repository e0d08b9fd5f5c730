/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <jansson.h>

#include "daemon/credentials.h"
#include "daemon/expiry.h"
#include "daemon/iface.h"
#include "daemon/input.h"
#include "daemon/notices.h"
#include "daemon/revocation.h"

/* Manager.AddCertificate and Certificate.Replace: files that a worker reads and opens, then a sealed record. */

enum { PASSWORD_MAX = 1024, RPS_MAX = 1000 };

enum { FILE_PFX, FILE_CER, FILE_KEY, FILE_PASSWORD, _FILE_MAX };
static const struct {
    const char *name;
    size_t max;
    unsigned kinds; /* bit 1 << kind: the kinds of credential that have it */
} file_table[_FILE_MAX] = {
    [FILE_PFX] = {"pfx", CREDENTIAL_FILE_MAX, 1 << CREDENTIAL_IMSS},
    [FILE_CER] = {"cer", CREDENTIAL_FILE_MAX, 1 << CREDENTIAL_EFIRMA},
    [FILE_KEY] = {"key", CREDENTIAL_FILE_MAX, 1 << CREDENTIAL_EFIRMA},
    [FILE_PASSWORD] = {"password", PASSWORD_MAX, 1 << CREDENTIAL_IMSS | 1 << CREDENTIAL_EFIRMA},
};

struct addition {
    struct act *act;
    enum credential_kind kind;
    const char *user; /* of the message, like the rps; NULL when not given */
    const char **rps;
    size_t n_rps;
    int64_t replaces; /* 0: it is added, and serves at once */
    struct input files[_FILE_MAX];
    struct buf bytes[_FILE_MAX]; /* secret */
    int64_t now_us;
    struct credential *credential;
    int result;
};

/* The one way out. */
static void finish(struct addition *addition, int r)
{
    for (int i = 0; i < _FILE_MAX; i++) {
        input_close(&addition->files[i]);
        buf_wipe_free(&addition->bytes[i]);
    }
    credential_free(addition->credential);
    act_end(addition->act, r);
    free(addition->rps);
    free(addition);
}

/* ---- arguments ---- */

static int take_kind(struct addition *addition, const char *name)
{
    for (int kind = CREDENTIAL_IMSS; kind <= CREDENTIAL_EFIRMA; kind++)
        if (streq(name, credential_kind_name((enum credential_kind)kind))) {
            addition->kind = (enum credential_kind)kind;
            return 0;
        }
    return err_set(&addition->act->err, ERR_INVALID_ARGUMENT, _("kind: '%s' is neither imss nor efirma"),
                   name);
}

static int file_by_name(const char *name)
{
    return ROW_INDEX(file_table, name, name);
}

static int take_files(struct addition *addition, struct bus_reader *reader)
{
    struct err *err = &addition->act->err;
    struct bus_reader dict, entry;
    if (!bus_read_enter(reader, &dict))
        return err_set(err, ERR_INVALID_ARGUMENT, _("files: not a dictionary"));
    while (bus_read_enter(&dict, &entry)) {
        const char *name = "";
        bus_read_string(&entry, &name);
        int i = file_by_name(name);
        if (i < 0 || !(file_table[i].kinds & 1u << addition->kind))
            return err_set(err, ERR_UNKNOWN_OPTION, _("files: a credential of kind %s has no file '%s'"),
                           credential_kind_name(addition->kind), name);
        if (addition->files[i].fd >= 0)
            return err_set(err, ERR_INVALID_ARGUMENT, _("files: '%s' is there twice"), name);
        if (!bus_read_fd(&entry, &addition->files[i].fd))
            return err_set(err, ERR_INVALID_ARGUMENT, _("files: '%s' is no descriptor"), name);
    }
    return 0;
}

static int check_files(struct addition *addition)
{
    struct err *err = &addition->act->err;
    for (int i = 0; i < _FILE_MAX; i++) {
        if (!(file_table[i].kinds & 1u << addition->kind))
            continue;
        if (addition->files[i].fd < 0)
            return err_set(err, ERR_INVALID_ARGUMENT, _("files: '%s' is missing"), file_table[i].name);
        if (input_check(&addition->files[i], file_table[i].max, err) < 0)
            return err_prefix(err, "%s", file_table[i].name);
    }
    return 0;
}

static int take_rps(struct addition *addition, struct bus_reader *reader)
{
    struct err *err = &addition->act->err;
    struct bus_reader array;
    const char *rp;
    addition->rps = xcalloc(RPS_MAX, sizeof(*addition->rps));
    if (!bus_read_enter(reader, &array))
        return err_set(err, ERR_INVALID_ARGUMENT, _("rps: not an array"));
    while (bus_read_string(&array, &rp)) {
        if (addition->n_rps == RPS_MAX)
            return err_set(err, ERR_INVALID_ARGUMENT, _("rps: more than %d"), RPS_MAX);
        addition->rps[addition->n_rps++] = rp;
    }
    if (addition->n_rps == 0)
        return err_set(err, ERR_INVALID_ARGUMENT,
                       _("rps: name at least one registro patronal that it serves"));
    return 0;
}

static int take_arguments(struct addition *addition)
{
    static const struct bus_option options[] = {{"user", "s", 0}, BUS_OPTION_COMMON};
    struct act *act = addition->act;
    const char *kind = "";
    struct bus_reader reader;
    bus_call_arguments(act->call, &reader);
    bus_read_string(&reader, &kind);
    int r = take_kind(addition, kind);
    if (r >= 0)
        r = take_files(addition, &reader);
    if (r >= 0 && !addition->replaces)
        r = take_rps(addition, &reader);
    if (r >= 0)
        r = act_options(act, &reader, options, ELEMENTSOF(options), &addition->user);
    if (r >= 0)
        r = check_files(addition);
    return r;
}

/* ---- opening; in a worker, since a file may be slow to come and a key is slow to open ---- */

static int read_files(struct addition *addition)
{
    for (int i = 0; i < _FILE_MAX; i++)
        if (addition->files[i].fd >= 0 &&
            input_read(&addition->files[i], &addition->bytes[i], &addition->act->err) < 0)
            return err_prefix(&addition->act->err, "%s", file_table[i].name);
    const struct buf *password = &addition->bytes[FILE_PASSWORD];
    if (memchr(password->data, '\0', password->len) || memchr(password->data, '\n', password->len))
        return err_set(&addition->act->err, ERR_INVALID_CREDENTIAL,
                       _("the password has a NUL or an end of line in it; hand over its bytes only"));
    return 0;
}

static void open_credential(void *data)
{
    struct addition *addition = data;
    struct err *err = &addition->act->err;
    const struct buf *pfx = &addition->bytes[FILE_PFX], *cer = &addition->bytes[FILE_CER],
                     *key = &addition->bytes[FILE_KEY];
    addition->result = read_files(addition);
    if (addition->result < 0)
        return;
    const char *password = addition->bytes[FILE_PASSWORD].data;
    if (addition->kind == CREDENTIAL_IMSS)
        addition->result = credential_import_pfx(pfx->data, pfx->len, str_or_empty(addition->user), password,
                                                 addition->now_us, &addition->credential, err);
    else
        addition->result = credential_import_efirma(cer->data, cer->len, key->data, key->len, addition->user,
                                                    password, addition->now_us, &addition->credential, err);
}

/* ---- storing ---- */

/* Certificates that lose a registro patronal to the new one have news of it. */
static void note_former(struct addition *addition)
{
    struct daemon *daemon = addition->act->daemon;
    for (size_t i = 0; i < addition->n_rps; i++) {
        struct store_rp rp = {0};
        if (store_rp_get(daemon->store, addition->rps[i], &rp, NULL) < 0)
            continue;
        if (rp.certificate)
            notices_certificate_changed(daemon->notices, rp.certificate);
        store_rp_free(&rp);
    }
}

/* For the history: what it serves, or whose place it is to take. */
static char *describe(const struct addition *addition)
{
    if (addition->replaces)
        return xasprintf("{\"replaces\":%lld}", (long long)addition->replaces);
    json_t *object = json_object(), *rps = json_array();
    for (size_t i = 0; i < addition->n_rps; i++)
        json_array_append_new(rps, json_string(addition->rps[i]));
    json_object_set_new(object, "registrations", rps);
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    return text;
}

static int store_credential(struct addition *addition)
{
    struct act *act = addition->act;
    struct daemon *daemon = act->daemon;
    int64_t id = 0;
    int r = act_write(act);
    if (r < 0)
        return r;
    note_former(addition);
    r = credentials_add(daemon->store, daemon->seal, addition->credential, addition->rps, addition->n_rps,
                        addition->replaces, &id, &act->err);
    const bool known = r == CREDENTIALS_KNOWN;
    if (r >= 0)
        r = engine_certificate_changed(daemon->engine, id, &act->err);
    if (r < 0)
        return r;
    if (known)
        notices_certificate_changed(daemon->notices, id);
    else
        notices_certificate_added(daemon->notices, id);
    reminder_ask(daemon->expiry);
    revocations_ask(daemon->revocations);
    for (size_t i = 0; i < addition->n_rps; i++)
        notices_rp_changed(daemon->notices, addition->rps[i]);
    char path[IFACE_PATH_SIZE];
    iface_certificate_path(id, path);
    bus_write_path(bus_call_results(act->call), path);
    replace_str(&act->object, xasprintf("certificate %lld", (long long)id));
    act->detail = describe(addition);
    return 0;
}

static void opened(void *data)
{
    struct addition *addition = data;
    finish(addition, addition->result < 0 ? addition->result : store_credential(addition));
}

static void begin(struct daemon *daemon, int64_t replaces, struct act *act)
{
    struct addition *addition = xcalloc(1, sizeof(*addition));
    addition->act = act;
    addition->replaces = replaces;
    addition->now_us = clock_wall_us(daemon_clock(daemon));
    for (int i = 0; i < _FILE_MAX; i++)
        addition->files[i] = INPUT_INIT;
    int r = take_arguments(addition);
    if (r >= 0 && !daemon->seal)
        r = err_set(&act->err, ERR_SEAL_BROKEN, "%s", credentials_no_key_sentence());
    if (r >= 0)
        r = worker_run(daemon->loop, open_credential, opened, addition, &act->err);
    if (r < 0)
        finish(addition, r);
}

void certificate_add(struct bus_call *call, void *data)
{
    begin(data, 0, act_new(data, call, "certificate-add", "certificate"));
}

void certificate_replace(struct bus_call *call, void *data)
{
    const struct certificate_object *object = data;
    int64_t id = object->certificate.id;
    begin(object->daemon, id,
          act_new(object->daemon, call, "certificate-replace", "certificate %lld", (long long)id));
}
