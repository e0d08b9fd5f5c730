/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/profiles.h"

#include "base/log.h"
#include "daemon/credentials.h"
#include "daemon/import.h"
#include "daemon/notices.h"
#include "portal/session.h"

/* The choice, among the store's named values. */
#define VALUE_PROFILE "profile"

struct profiles {
    const char *environment[2]; /* $IDSED_PROFILES, for running from the tree */
    const char *const *directories;
    struct portal *portal; /* owned; daemon->portal is its copy */
};

static struct credential *open_credential(void *data, int64_t certificate, struct err *err)
{
    struct daemon *daemon = data;
    struct credential *credential = NULL;
    return credentials_open(daemon->store, daemon->seal, certificate, &credential, err) < 0 ? NULL
                                                                                            : credential;
}

static int open_portal(struct daemon *daemon, const struct profiles *profiles, const char *name,
                       struct portal **ret, struct err *err)
{
    const struct config *config = &daemon->config;
    const struct portal_config portal_config = {
        .profile_dirs = profiles->directories,
        .profile = name,
        .base_url = config->base,
        .ca_file = config->ca_file,
        .proxy = config->proxy,
        .connect_us = config->connect_timeout_us,
        .idle_us = config->idle_timeout_us,
        .total_us = config->total_timeout_us,
        .max_body = (size_t)config->max_page_size,
        .credential = open_credential,
        .data = daemon,
    };
    return portal_new(daemon->loop, &portal_config, ret, err);
}

/* Lots that were given to one portal, or are meant for it: another must neither answer for them nor get them. */
static int count_open(struct daemon *daemon, bool queued, uint64_t *ret, struct err *err)
{
    uint64_t totals[_LOT_STATE_MAX] = {0}, held = 0, adopted = 0;
    int r = store_lot_totals(daemon->store, totals, &held, err);
    if (r >= 0)
        r = store_lot_adopted(daemon->store, LOT_STATE_RECEIVED, &adopted, err);
    *ret = totals[LOT_STATE_SENDING] + totals[LOT_STATE_UNCERTAIN] + totals[LOT_STATE_RECEIVED] - adopted +
           (queued ? totals[LOT_STATE_QUEUED] : 0);
    return r;
}

/* A chosen profile that is not there any more must not keep the daemon from starting, unless lots wait for its portal. */
static int open_chosen(struct daemon *daemon, struct profiles *profiles, struct err *err)
{
    _cleanup_free_ char *chosen = NULL;
    int r = store_value_get(daemon->store, VALUE_PROFILE, &chosen, err);
    if (r < 0)
        return r;
    if (chosen) {
        _cleanup_err_ struct err why = ERR_INIT;
        uint64_t open;
        if (open_portal(daemon, profiles, chosen, &profiles->portal, &why) >= 0)
            return 0;
        r = count_open(daemon, true, &open, err);
        if (r >= 0 && open > 0 && !streq(chosen, daemon->config.profile))
            r = err_set(err, why.code,
                        dngettext(IDSED_TEXTDOMAIN,
                                  "%llu lot waits for the portal of a profile that cannot be used: %s",
                                  "%llu lots wait for the portal of a profile that cannot be used: %s", open),
                        (unsigned long long)open, err_text(&why));
        if (r < 0)
            return r;
        log_warning(_("The portal profile that was chosen cannot be used, so the configuration's is: %s"),
                    err_text(&why));
    }
    return open_portal(daemon, profiles, daemon->config.profile, &profiles->portal, err);
}

int profiles_open(struct daemon *daemon, struct profiles **ret, struct err *err)
{
    struct profiles *profiles = xcalloc(1, sizeof(*profiles));
    profiles->environment[0] = getenv("IDSED_PROFILES");
    profiles->directories = profiles->environment[0] ? profiles->environment : profile_default_dirs;
    int r = open_chosen(daemon, profiles, err);
    if (r < 0) {
        profiles_free(profiles);
        return r;
    }
    daemon->portal = *profiles->portal;
    *ret = profiles;
    return 0;
}

struct profiles *profiles_free(struct profiles *profiles)
{
    if (profiles)
        portal_free(profiles->portal);
    free(profiles);
    return NULL;
}

const char *profiles_url(const struct profiles *profiles)
{
    return portal_url(profiles->portal);
}

void profiles_drop_connections(struct profiles *profiles)
{
    portal_drop_connections(profiles->portal);
}

/* ---- listing ---- */

static void write_steps(struct bus_writer *w, const struct profile *profile)
{
    bus_open_entry(w, "steps", "a(ss)");
    bus_open_array(w);
    for (int step = 0; profile && step < _PROFILE_STEP_MAX; step++) {
        if (!profile->steps[step].present)
            continue;
        bus_open_struct(w);
        bus_write_string(w, profile_step_name((enum profile_step_id)step));
        bus_write_string(w, profile_sure_name(profile->steps[step].sure));
        bus_close(w);
    }
    bus_close(w);
    bus_close_entry(w);
}

/* One that cannot be read is shown all the same, with what is wrong in the place of its title. */
static void write_profile(struct bus_writer *w, const struct daemon *daemon, const char *name)
{
    const struct profiles *profiles = daemon->profiles;
    _cleanup_err_ struct err err = ERR_INIT;
    _cleanup_(profile_cleanup) struct profile *profile = NULL;
    bool current = streq(name, portal_profile(profiles->portal)->name);
    profile_load(profiles->directories, name, &profile, &err);
    bus_open_array(w);
    bus_entry_string(w, "name", name);
    bus_entry_string(w, "title", profile ? profile->title : err_text(&err));
    bus_entry_string(w, "base", current ? portal_url(profiles->portal) : profile ? profile->url : "");
    bus_entry_bool(w, "current", current);
    bus_entry_bool(w, "can-send", profile && profile_knows(profile, PROFILE_STEP_UPLOAD));
    write_steps(w, profile);
    bus_close(w);
}

int profiles_list(struct daemon *daemon, struct bus_call *call, struct err *err)
{
    struct bus_writer *w = bus_call_results(call);
    char **names = profile_names(daemon->profiles->directories);
    bus_open_array(w);
    for (size_t i = 0; names && names[i]; i++) {
        write_profile(w, daemon, names[i]);
        free(names[i]);
    }
    bus_close(w);
    free(names);
    return 0;
}

/* ---- changing ---- */

static int refuse_while_open(struct daemon *daemon, struct err *err)
{
    uint64_t open;
    int r = count_open(daemon, false, &open, err);
    if (r < 0)
        return r;
    if (open > 0)
        return err_set(err, ERR_WRONG_STATE,
                       dngettext(IDSED_TEXTDOMAIN,
                                 "%llu lot waits for an answer of the portal %s, which only it can give",
                                 "%llu lots wait for an answer of the portal %s, which only it can give",
                                 open),
                       (unsigned long long)open, profiles_url(daemon->profiles));
    if (engine_is_visiting(daemon->engine))
        return err_set(err, ERR_BUSY, _("the portal is being visited; try again in a moment"));
    if (imports_busy(daemon->imports) || daemon->reindexing)
        return err_set(err, ERR_BUSY, _("receipts are being read; try again in a moment"));
    return 0;
}

int profiles_use(struct daemon *daemon, const char *name, struct err *err)
{
    struct profiles *profiles = daemon->profiles;
    struct portal *portal = NULL;
    int r = refuse_while_open(daemon, err);
    if (r >= 0)
        r = open_portal(daemon, profiles, name, &portal, err);
    if (r >= 0)
        r = store_value_set(daemon->store, VALUE_PROFILE, name, err);
    if (r < 0) {
        portal_free(portal);
        return r;
    }
    portal_free(profiles->portal);
    profiles->portal = portal;
    daemon->portal = *portal;
    notices_portal_changed(daemon->notices);
    return engine_profile_changed(daemon->engine, err);
}
