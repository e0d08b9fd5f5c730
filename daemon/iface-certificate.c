/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "daemon/credentials.h"
#include "daemon/iface.h"
#include "daemon/notices.h"
#include "daemon/revocation.h"

/* Registros patronales that a certificate serves, to be freed with store_rps_free(). */
static int list_bound(struct store *store, int64_t id, struct store_rp **ret, size_t *ret_n, struct err *err)
{
    struct store_rp *rps = NULL;
    size_t n = 0, kept = 0;
    int r = store_rp_list(store, &rps, &n, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < n; i++) {
        if (rps[i].certificate == id)
            rps[kept++] = rps[i];
        else
            store_rp_free(&rps[i]);
    }
    *ret = rps;
    *ret_n = kept;
    return 0;
}

static struct act *new_act(struct bus_call *call, const struct certificate_object *object, const char *verb)
{
    return act_new(object->daemon, call, verb, "certificate %lld", (long long)object->certificate.id);
}

/* ---- testing ---- */

static void on_tested(void *data, enum outcome_reason reason, const char *text)
{
    struct act *act = data;
    struct bus_writer *w = bus_call_results(act->call);
    const char *meaning = outcome_reason_text(reason);
    /* What it means, and the portal's own words where it had some. */
    _cleanup_free_ char *sentence =
        str_empty(text) || streq(text, meaning) ? xstrdup(meaning) : xasprintf("%s (%s)", meaning, text);
    bus_write_string(w, outcome_reason_name(reason));
    bus_write_string(w, sentence);
    act->detail = xasprintf("{\"result\":\"%s\"}", outcome_reason_name(reason));
    act_end(act, 0);
}

static void certificate_test(struct bus_call *call, void *data)
{
    const struct certificate_object *object = data;
    struct act *act = new_act(call, object, "test");
    int r = iface_no_options(act);
    if (r >= 0)
        r = engine_test_certificate(object->daemon->engine, object->certificate.id, on_tested, act,
                                    &act->err);
    if (r < 0)
        act_end(act, r);
}

/* ---- removing and releasing ---- */

/* One that waits to take its place takes it now. */
static int remove_certificate(struct daemon *daemon, int64_t id, struct err *err)
{
    struct store_rp *rps = NULL;
    size_t n = 0;
    int64_t heir = 0;
    int r = list_bound(daemon->store, id, &rps, &n, err);
    if (r >= 0)
        r = credentials_heir(daemon->store, id, &heir, err);
    if (r >= 0)
        r = heir ? store_certificate_succeed(daemon->store, id, heir, err)
                 : store_certificate_remove(daemon->store, id, err);
    if (r >= 0)
        r = engine_certificate_changed(daemon->engine, id, err);
    if (r >= 0 && heir) {
        r = engine_certificate_changed(daemon->engine, heir, err);
        notices_certificate_changed(daemon->notices, heir);
    }
    for (size_t i = 0; r >= 0 && i < n; i++) {
        r = engine_rp_changed(daemon->engine, rps[i].rp, err);
        notices_rp_changed(daemon->notices, rps[i].rp);
    }
    if (r >= 0)
        notices_certificate_removed(daemon->notices, id);
    store_rps_free(rps, n);
    return r;
}

static void certificate_remove(struct bus_call *call, void *data)
{
    struct certificate_object *object = data;
    struct act *act = new_act(call, object, "certificate-remove");
    int r = iface_no_options(act);
    if (r >= 0)
        r = act_write(act);
    if (r >= 0)
        r = remove_certificate(object->daemon, object->certificate.id, &act->err);
    act_end(act, r);
}

static int release_certificate(struct certificate_object *object, struct err *err)
{
    struct daemon *daemon = object->daemon;
    object->certificate.hold = LOT_HOLD_NONE;
    replace_str(&object->certificate.hold_text, NULL);
    int r = store_certificate_update(daemon->store, &object->certificate, err);
    if (r >= 0)
        r = engine_certificate_changed(daemon->engine, object->certificate.id, err);
    if (r >= 0)
        notices_certificate_changed(daemon->notices, object->certificate.id);
    return r;
}

static void certificate_release(struct bus_call *call, void *data)
{
    struct certificate_object *object = data;
    struct act *act = new_act(call, object, "certificate-release");
    int r = iface_no_options(act);
    if (r >= 0)
        r = act_write(act);
    if (r >= 0)
        r = release_certificate(object, &act->err);
    act_end(act, r);
}

/* ---- properties ---- */

static void get_kind(struct bus_writer *w, const struct bus_property *property, void *object)
{
    enum certificate_kind kind = ((struct certificate_object *)object)->certificate.kind;
    bus_write_string(w, credential_kind_name(kind == CERTIFICATE_IMSS ? CREDENTIAL_IMSS : CREDENTIAL_EFIRMA));
}

static void get_registrations(struct bus_writer *w, const struct bus_property *property, void *data)
{
    const struct certificate_object *object = data;
    struct store_rp *rps = NULL;
    size_t n = 0;
    list_bound(object->daemon->store, object->certificate.id, &rps, &n, NULL);
    bus_open_array(w);
    for (size_t i = 0; i < n; i++)
        bus_write_string(w, rps[i].rp);
    bus_close(w);
    store_rps_free(rps, n);
}

static void get_held(struct bus_writer *w, const struct bus_property *property, void *object)
{
    bus_write_bool(w, ((struct certificate_object *)object)->certificate.hold != LOT_HOLD_NONE);
}

static void get_revocation(struct bus_writer *w, const struct bus_property *property, void *data)
{
    const struct certificate_object *object = data;
    _cleanup_free_ char *state = NULL, *text = NULL;
    revocations_get(object->daemon->store, object->certificate.id, &state, &text);
    bus_write_string(w, streq(property->name, "Revocation") ? state : text);
}

#define CERTIFICATE(field) offsetof(struct certificate_object, certificate.field)

static const struct bus_property properties[] = {
    {"Id", "t", BUS_EMITS_CONST, NULL, CERTIFICATE(id)},
    {"Kind", "s", BUS_EMITS_CONST, get_kind},
    {"User", "s", BUS_EMITS_CHANGE, NULL, CERTIFICATE(user)},
    {"Rfc", "s", BUS_EMITS_CHANGE, NULL, CERTIFICATE(rfc)},
    {"Curp", "s", BUS_EMITS_CHANGE, NULL, CERTIFICATE(curp)},
    {"Name", "s", BUS_EMITS_CHANGE, NULL, CERTIFICATE(name)},
    {"Serial", "s", BUS_EMITS_CHANGE, NULL, CERTIFICATE(serial)},
    {"Fingerprint", "s", BUS_EMITS_CHANGE, NULL, CERTIFICATE(fingerprint)},
    {"NotBefore", "t", BUS_EMITS_CHANGE, NULL, CERTIFICATE(not_before_us)},
    {"NotAfter", "t", BUS_EMITS_CHANGE, NULL, CERTIFICATE(not_after_us)},
    {"Registrations", "as", BUS_EMITS_CHANGE, get_registrations},
    {"Held", "b", BUS_EMITS_CHANGE, get_held},
    {"HoldText", "s", BUS_EMITS_CHANGE, NULL, CERTIFICATE(hold_text)},
    {"LastLogin", "t", BUS_EMITS_CHANGE, NULL, CERTIFICATE(last_login_us)},
    {"Revocation", "s", BUS_EMITS_CHANGE, get_revocation},
    {"RevocationText", "s", BUS_EMITS_CHANGE, get_revocation},
    {"Replaces", "t", BUS_EMITS_CONST, NULL, CERTIFICATE(replaces)},
    {"Added", "t", BUS_EMITS_CONST, NULL, CERTIFICATE(added_us)},
    {0},
};

static const struct bus_method methods[] = {
    {"Test", "a{sv}", "ss", "options result text", ACTION_CREDENTIALS, certificate_test},
    {"Replace", "sa{sh}a{sv}", "o", "kind files options certificate", ACTION_CREDENTIALS,
     certificate_replace},
    {"Remove", "a{sv}", "", "options", ACTION_CREDENTIALS, certificate_remove},
    {"Release", "a{sv}", "", "options", ACTION_CREDENTIALS, certificate_release},
    {0},
};

const struct bus_interface certificate_interface = {
    .name = "mx.idsed1.Certificate",
    .methods = methods,
    .properties = properties,
    .read_action = ACTION_SUBMIT,
};

/* ---- the node ---- */

static void release(void *data)
{
    struct certificate_object *object = data;
    store_certificate_free(&object->certificate);
    free(object);
}

/* What was removed is history, no object any more. */
static void *find(void *data, const char *name)
{
    struct daemon *daemon = data;
    int64_t id = iface_object_id(name);
    struct certificate_object *object = xcalloc(1, sizeof(*object));
    object->daemon = daemon;
    if (id > 0 && store_certificate_get(daemon->store, id, &object->certificate, NULL) >= 0 &&
        object->certificate.removed_us == 0)
        return object;
    release(object);
    return NULL;
}

static void list(void *data, struct bus_list *names)
{
    struct daemon *daemon = data;
    struct store_certificate *certificates = NULL;
    size_t n = 0;
    store_certificate_list(daemon->store, false, &certificates, &n, NULL);
    for (size_t i = 0; i < n; i++) {
        char name[24];
        snprintf(name, sizeof(name), "%lld", (long long)certificates[i].id);
        bus_list_add(names, name);
    }
    store_certificates_free(certificates, n);
}

static const struct bus_interface *const interfaces[] = {&certificate_interface, NULL};

const struct bus_node certificate_node = {
    .path = IFACE_ROOT "/certificate",
    .interfaces = interfaces,
    .find = find,
    .release = release,
    .list = list,
    .missing = ERR_UNKNOWN_CERTIFICATE,
};
