/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "client/cmdline.h"
#include "client/input.h"
#include "client/kinds.h"
#include "client/output.h"
#include "client/password.h"
#include "client/remote.h"
#include "client/verbs.h"
#include "idse/outcome.h"

/* ---- add, replace ---- */

struct credential {
    const char *kind; /* as AddCertificate names it */
    struct {
        const char *name; /* in the method's `files` */
        int fd;
    } files[3];
    size_t n;
};

static void credential_close(struct credential *credential)
{
    for (size_t i = 0; i < credential->n; i++)
        close(credential->files[i].fd);
}

static int add_file(struct credential *credential, const char *name, const char *path, struct err *err)
{
    int fd = -1;
    int r = input_open(path, &fd, err);
    if (r < 0)
        return err_prefix(err, "%s", path);
    credential->files[credential->n].name = name;
    credential->files[credential->n++].fd = fd;
    return 0;
}

/* The password lives in our memory from the prompt to the memory file, and is wiped there. */
static int add_password(struct credential *credential, const char *path, struct err *err)
{
    char *password = NULL;
    int r = path ? password_read(path, &password, err) : password_ask(_("Password:"), &password, err);
    if (r < 0)
        return r;
    int fd = file_sealed_memory("idsectl-password", password, strlen(password), err);
    wipe_free_str(password);
    if (fd < 0)
        return fd;
    credential->files[credential->n].name = "password";
    credential->files[credential->n++].fd = fd;
    return 0;
}

static int gather(const struct invocation *inv, struct credential *credential, struct err *err)
{
    const char *pfx = inv->value[OPT_PFX], *cer = inv->value[OPT_CER], *key = inv->value[OPT_KEY];
    int r;
    if (pfx) {
        credential->kind = "imss";
        r = add_file(credential, "pfx", pfx, err);
    } else {
        credential->kind = "efirma";
        r = add_file(credential, "cer", cer, err);
        if (r >= 0)
            r = add_file(credential, "key", key, err);
    }
    return r < 0 ? r : add_password(credential, inv->value[OPT_PASSWORD_FILE], err);
}

static int check_cert_options(const struct invocation *inv, struct err *err)
{
    bool pfx = inv->value[OPT_PFX], cer = inv->value[OPT_CER], key = inv->value[OPT_KEY];
    if (verb_takes(inv->verb, OPT_RP) && str_empty(inv->value[OPT_RP]))
        return err_set(err, ERR_USAGE, _("For which registro patronal? Give --rp=RP, several with commas."));
    if (pfx ? cer || key : !cer || !key)
        return err_set(
            err, ERR_USAGE,
            _("Give --pfx=FILE for an IMSS certificate, or --cer=FILE and --key=FILE for an e.firma."));
    return 0;
}

static void write_files(struct bus_writer *w, const struct credential *credential)
{
    bus_open_array(w);
    for (size_t i = 0; i < credential->n; i++) {
        bus_open_dict_entry(w);
        bus_write_string(w, credential->files[i].name);
        bus_write_fd(w, credential->files[i].fd);
        bus_close(w);
    }
    bus_close(w);
}

static void write_rps(struct bus_writer *w, const char *list)
{
    _cleanup_(strv_cleanup) char **rps = list_split(list);
    bus_open_array(w);
    for (char **rp = rps; *rp; rp++)
        bus_write_string(w, str_ascii_upper(*rp));
    bus_close(w);
}

/* path: of the certificate that it replaces; NULL: it is added. */
static int send_credential(struct invocation *inv, const char *path, const struct credential *credential,
                           json_t **ret, struct err *err)
{
    struct bus_writer w;
    if (path)
        remote_begin(inv->remote, path, REMOTE_CERTIFICATE, "Replace", "sa{sh}a{sv}", &w);
    else
        remote_begin(inv->remote, REMOTE_ROOT, REMOTE_MANAGER, "AddCertificate", "sa{sh}asa{sv}", &w);
    bus_write_string(&w, credential->kind);
    write_files(&w, credential);
    if (!path)
        write_rps(&w, inv->value[OPT_RP]);
    remote_open_options(&w);
    if (inv->value[OPT_USER])
        bus_entry_string(&w, "user", inv->value[OPT_USER]);
    remote_close_options(inv->remote, &w);
    return remote_call(inv->remote, &w, REMOTE_LONG, "o", ret, err);
}

static int store_credential(struct invocation *inv, const char *path, unsigned long long *ret_id,
                            struct err *err)
{
    int r = check_cert_options(inv, err);
    if (r < 0)
        return r;
    _cleanup_(credential_close) struct credential credential = {0};
    _cleanup_json_ json_t *reply = NULL;
    r = gather(inv, &credential, err);
    if (r >= 0)
        r = send_credential(inv, path, &credential, &reply, err);
    if (r >= 0)
        *ret_id = remote_path_number(str_or_empty(json_string_value(json_array_get(reply, 0))));
    return r;
}

int verb_cert_add(struct invocation *inv, struct err *err)
{
    unsigned long long id;
    int r = store_credential(inv, NULL, &id, err);
    if (r >= 0)
        output_note(inv, _("Certificate %llu is stored. 'idsectl cert test %llu' logs in with it."), id, id);
    return r;
}

int verb_cert_replace(struct invocation *inv, struct err *err)
{
    unsigned long long id;
    _cleanup_free_ char *path = NULL;
    int r = remote_certificate_path(inv->args[0], &path, err);
    if (r >= 0)
        r = store_credential(inv, path, &id, err);
    if (r >= 0)
        output_note(
            inv,
            _("Certificate %llu is stored. It takes the place of %s when it has logged in once; until then "
              "%s goes on serving."),
            id, inv->args[0], inv->args[0]);
    return r;
}

/* ---- list, show, test ---- */

int verb_cert_list(struct invocation *inv, struct err *err)
{
    _cleanup_json_ json_t *rows = NULL;
    int r = remote_read(inv->remote, REMOTE_ROOT, REMOTE_MANAGER, "ListCertificates", "aa{sv}", &rows, err);
    if (r >= 0)
        output_list(inv, certificate_kind, rows, _("No certificate yet; store one with 'idsectl cert add'."));
    return r;
}

int verb_cert_show(struct invocation *inv, struct err *err)
{
    _cleanup_free_ char *path = NULL;
    _cleanup_json_ json_t *row = NULL;
    int r = remote_certificate_path(inv->args[0], &path, err);
    if (r >= 0)
        r = remote_properties(inv->remote, path, REMOTE_CERTIFICATE, &row, err);
    if (r < 0)
        return r;
    if (inv->value[OPT_JSON])
        output_print_json(field_json(row, certificate_kind));
    else
        output_record(row, certificate_kind);
    return 0;
}

/*
 * The portal's answer in the terms of our exit statuses: its own troubles pass, anything else needs a person.
 */
static enum exit_status status_of_test(const char *result)
{
    int reason = outcome_reason_from_name(result);
    if (reason == REASON_OK)
        return EXIT_STATUS_OK;
    return reason > 0 && outcome_blames_portal((enum outcome_reason)reason) ? EXIT_STATUS_PORTAL
                                                                            : EXIT_STATUS_HELD;
}

int verb_cert_test(struct invocation *inv, struct err *err)
{
    _cleanup_free_ char *path = NULL;
    _cleanup_json_ json_t *reply = NULL;
    int r = remote_certificate_path(inv->args[0], &path, err);
    if (r < 0)
        return r;
    struct bus_writer w;
    remote_begin(inv->remote, path, REMOTE_CERTIFICATE, "Test", "a{sv}", &w);
    remote_open_options(&w);
    remote_close_options(inv->remote, &w);
    r = remote_call(inv->remote, &w, REMOTE_LONG, "ss", &reply, err);
    if (r < 0)
        return r;
    const char *result = json_string_value(json_array_get(reply, 0)),
               *text = json_string_value(json_array_get(reply, 1));
    int reason = outcome_reason_from_name(result);
    if (inv->value[OPT_JSON])
        output_print_json(json_pack("{s:s, s:s}", "result", result, "text", text));
    else
        puts(reason == REASON_OK ? _("The portal let us in and out again.") : text);
    return (int)status_of_test(result);
}
