/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/text.h"
#include "daemon/iface.h"
#include "daemon/notices.h"
#include "idse/identifier.h"

static struct act *new_act(struct bus_call *call, const struct registration_object *object, const char *verb)
{
    return act_new(object->daemon, call, verb, "rp %s", object->rp.rp);
}

/* ---- what a registration says about itself; AddRegistration and Update take the same options ---- */

enum { REGISTRATION_NAME_MAX = 300 };

struct registration_details {
    const char *name, *guia, *enye; /* NULL: not given */
    bool approval;
    bool force;
};

static const struct bus_option detail_options[] = {
    {"name", "s", offsetof(struct registration_details, name)},
    {"guia", "s", offsetof(struct registration_details, guia)},
    {"enye", "s", offsetof(struct registration_details, enye)},
    {"approval", "b", offsetof(struct registration_details, approval)},
    BUS_OPTION_COMMON,
    {"force", "b", offsetof(struct registration_details, force)}, /* only when it is added */
};
enum { UPDATE_OPTIONS = ELEMENTSOF(detail_options) - 1 };

static int apply_details(const struct registration_details *details, struct store_rp *rp, struct err *err)
{
    if (details->guia && *details->guia && (strlen(details->guia) != 5 || !str_all_digits(details->guia)))
        return err_set(err, ERR_INVALID_ARGUMENT, _("guia: '%s' is not five digits"), details->guia);
    int enye = details->enye ? enye_policy_from_name(details->enye) : (int)rp->enye;
    if (enye < 0)
        return err_set(err, ERR_INVALID_ARGUMENT, _("enye: '%s' is none of hash, latin1, n"), details->enye);
    if (details->name && strlen(details->name) > REGISTRATION_NAME_MAX)
        return err_set(err, ERR_INVALID_ARGUMENT, _("name: longer than %d bytes"), REGISTRATION_NAME_MAX);
    if (details->name)
        replace_str(&rp->name, xstrdup(details->name));
    if (details->guia)
        strcpy(rp->guia, details->guia);
    rp->enye = (enum enye_policy)enye;
    rp->approval = details->approval;
    return 0;
}

/* ---- adding ---- */

static int check_rp(const char *rp, bool force, struct err *err)
{
    switch (rp_verdict(rp)) {
    case IDENTIFIER_OK:
        return 0;
    case IDENTIFIER_CHECK_DIGIT:
        return force ? 0
                     : err_set(err, ERR_INVALID_RP,
                               _("'%s': the check digit should be %c; correct it or, if IMSS printed it so, "
                                 "insist on it "
                                 "('idsectl rp add %s --force')"),
                               rp, rp_check_digit(rp), rp);
    case IDENTIFIER_SHAPE:
        break;
    }
    return iface_no_rp(rp, err);
}

static int add_registration(struct act *act, const char *name, const struct registration_details *details)
{
    struct daemon *daemon = act->daemon;
    struct store_rp rp = {0};
    int r = check_rp(name, details->force, &act->err);
    if (r >= 0)
        r = apply_details(details, &rp, &act->err);
    if (r >= 0)
        r = act_write(act);
    if (r >= 0) {
        memcpy(rp.rp, name, sizeof(rp.rp));
        r = store_rp_add(daemon->store, &rp, &act->err);
    }
    if (r >= 0)
        r = engine_rp_changed(daemon->engine, rp.rp, &act->err);
    if (r >= 0)
        notices_rp_added(daemon->notices, rp.rp);
    store_rp_free(&rp);
    return r;
}

void registration_add(struct bus_call *call, void *data)
{
    struct registration_details details = {0};
    const char *argument = "";
    struct bus_reader reader;
    bus_call_arguments(call, &reader);
    bus_read_string(&reader, &argument);
    _cleanup_free_ char *rp = str_ascii_upper(xstrndup(argument, 32));
    struct act *act = act_new(data, call, "rp-add", "rp %s", rp);
    int r = act_options(act, &reader, detail_options, ELEMENTSOF(detail_options), &details);
    if (r >= 0)
        r = add_registration(act, rp, &details);
    if (r >= 0) {
        char path[IFACE_PATH_SIZE];
        iface_registration_path(rp, path);
        bus_write_path(bus_call_results(call), path);
    }
    act_end(act, r);
}

/* ---- acts on one ---- */

static int save(struct registration_object *object, struct err *err)
{
    struct daemon *daemon = object->daemon;
    int r = store_rp_update(daemon->store, &object->rp, err);
    if (r >= 0)
        r = engine_rp_changed(daemon->engine, object->rp.rp, err);
    if (r >= 0)
        notices_rp_changed(daemon->notices, object->rp.rp);
    return r;
}

static void set_paused(struct bus_call *call, struct registration_object *object, const char *verb,
                       bool paused)
{
    struct act *act = new_act(call, object, verb);
    int r = iface_no_options(act);
    if (r >= 0)
        r = act_write(act);
    if (r >= 0) {
        object->rp.paused = paused;
        r = save(object, &act->err);
    }
    act_end(act, r);
}

static void registration_pause(struct bus_call *call, void *object)
{
    set_paused(call, object, "rp-pause", true);
}

static void registration_resume(struct bus_call *call, void *object)
{
    set_paused(call, object, "rp-resume", false);
}

static void registration_update(struct bus_call *call, void *data)
{
    struct registration_object *object = data;
    struct act *act = new_act(call, object, "rp-update");
    struct registration_details details = {.approval = object->rp.approval};
    struct bus_reader reader;
    bus_call_arguments(call, &reader);
    int r = act_options(act, &reader, detail_options, UPDATE_OPTIONS, &details);
    if (r >= 0)
        r = apply_details(&details, &object->rp, &act->err);
    if (r >= 0)
        r = act_write(act);
    if (r >= 0)
        r = save(object, &act->err);
    act_end(act, r);
}

static void registration_remove(struct bus_call *call, void *data)
{
    struct registration_object *object = data;
    struct daemon *daemon = object->daemon;
    struct act *act = new_act(call, object, "rp-remove");
    int r = iface_no_options(act);
    if (r >= 0)
        r = act_write(act);
    if (r >= 0)
        r = store_rp_remove(daemon->store, object->rp.rp, &act->err);
    if (r >= 0)
        notices_rp_removed(daemon->notices, object->rp.rp);
    if (r >= 0 && object->rp.certificate)
        notices_certificate_changed(daemon->notices, object->rp.certificate);
    act_end(act, r);
}

/* ---- properties ---- */

static void get_rp(struct bus_writer *w, const struct bus_property *property, void *object)
{
    bus_write_string(w, ((struct registration_object *)object)->rp.rp);
}

static void get_guia(struct bus_writer *w, const struct bus_property *property, void *object)
{
    bus_write_string(w, ((struct registration_object *)object)->rp.guia);
}

static void get_enye(struct bus_writer *w, const struct bus_property *property, void *object)
{
    bus_write_string(w, enye_policy_name(((struct registration_object *)object)->rp.enye));
}

#define RP(field) offsetof(struct registration_object, rp.field)

static const struct bus_property properties[] = {
    {"Rp", "s", BUS_EMITS_CONST, get_rp},
    {"Name", "s", BUS_EMITS_CHANGE, NULL, RP(name)},
    {"Guia", "s", BUS_EMITS_CHANGE, get_guia},
    {"Enye", "s", BUS_EMITS_CHANGE, get_enye},
    {"Paused", "b", BUS_EMITS_CHANGE, NULL, RP(paused)},
    {"Approval", "b", BUS_EMITS_CHANGE, NULL, RP(approval)},
    {"Certificate", "t", BUS_EMITS_CHANGE, NULL, RP(certificate)},
    {"Added", "t", BUS_EMITS_CONST, NULL, RP(added_us)},
    {0},
};

static const struct bus_method methods[] = {
    {"Pause", "a{sv}", "", "options", ACTION_CONTROL, registration_pause},
    {"Resume", "a{sv}", "", "options", ACTION_CONTROL, registration_resume},
    {"Remove", "a{sv}", "", "options", ACTION_CONTROL, registration_remove},
    {"Update", "a{sv}", "", "options", ACTION_CONTROL, registration_update},
    {0},
};

const struct bus_interface registration_interface = {
    .name = "mx.idsed1.Registration",
    .methods = methods,
    .properties = properties,
    .read_action = ACTION_READ,
};

/* ---- the node ---- */

static void *find(void *data, const char *name)
{
    struct registration_object *object = xcalloc(1, sizeof(*object));
    object->daemon = data;
    if (strlen(name) == sizeof(object->rp.rp) - 1 &&
        store_rp_get(object->daemon->store, name, &object->rp, NULL) >= 0)
        return object;
    free(object);
    return NULL;
}

static void release(void *data)
{
    struct registration_object *object = data;
    store_rp_free(&object->rp);
    free(object);
}

static void list(void *data, struct bus_list *names)
{
    struct daemon *daemon = data;
    struct store_rp *rps = NULL;
    size_t n = 0;
    store_rp_list(daemon->store, &rps, &n, NULL);
    for (size_t i = 0; i < n; i++)
        bus_list_add(names, rps[i].rp);
    store_rps_free(rps, n);
}

static const struct bus_interface *const interfaces[] = {&registration_interface, NULL};

const struct bus_node registration_node = {
    .path = IFACE_ROOT "/registration",
    .interfaces = interfaces,
    .find = find,
    .release = release,
    .list = list,
    .missing = ERR_UNKNOWN_RP,
};
