/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/home.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/stat.h>
#include <systemd/sd-id128.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"

#define HOME_VALUE "home"
#define UNKNOWN    "-"

/* Only root may read the number itself, so systemd-tmpfiles puts a copy there (idsed.tmpfiles). */
#define PRODUCT_FILE "/run/idsed/product-uuid"

static const sd_id128_t application =
    SD_ID128_MAKE(4a, 1c, 0e, 6b, 93, 5d, 47, 5f, a8, 0b, 2e, 77, d1, 9f, 3c, 64);

/* ---- the place ---- */

static void look_at_product(struct home *home)
{
    _cleanup_buf_ struct buf number = BUF_INIT;
    if (file_read(PRODUCT_FILE, 256, &number, NULL) < 0 || number.len == 0)
        return;
    snprintf(home->product, sizeof(home->product), "%016" PRIx64, hash_bytes(number.data, number.len));
}

void home_look(const char *store_path, struct home *ret)
{
    sd_id128_t machine;
    struct stat st;
    *ret = (struct home){.machine = UNKNOWN, .product = UNKNOWN};
    if (sd_id128_get_machine_app_specific(application, &machine) >= 0)
        sd_id128_to_string(machine, ret->machine);
    look_at_product(ret);
    if (stat(store_path, &st) == 0)
        ret->inode = st.st_ino;
}

char *home_text(const struct home *home)
{
    return xasprintf("%s %s %" PRIu64, home->machine, home->product, home->inode);
}

static bool parse(const char *stored, struct home *ret)
{
    return sscanf(stored, "%32s %32s %" SCNu64, ret->machine, ret->product, &ret->inode) == 3;
}

static bool differs(const char *a, const char *b)
{
    return !streq(a, UNKNOWN) && !streq(b, UNKNOWN) && !streq(a, b);
}

bool home_is_other(const char *stored, const struct home *here)
{
    struct home there;
    return !parse(stored, &there) || differs(there.machine, here->machine) ||
           differs(there.product, here->product) || there.inode != here->inode;
}

void home_complete(struct home *here, const char *stored)
{
    struct home there;
    if (!parse(stored, &there))
        return;
    if (streq(here->machine, UNKNOWN))
        strcpy(here->machine, there.machine);
    if (streq(here->product, UNKNOWN))
        strcpy(here->product, there.product);
}

/* ---- the mark ---- */

char *home_copy_mark(const struct clock *clock)
{
    char host[256] = "";
    gethostname(host, sizeof(host) - 1);
    json_t *json = json_pack("{s:I, s:s}", "at", (json_int_t)clock_wall_us(clock), "host", host);
    if (!json) /* a name that is no UTF-8 */
        json = json_pack("{s:I, s:s}", "at", (json_int_t)clock_wall_us(clock), "host", "");
    char *mark = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    return mark;
}

/* What the mark says; a raw copy has none. */
static void read_mark(const char *mark, json_t **ret_json, struct engine_copy *ret)
{
    json_t *json = *ret_json = mark ? json_loads(mark, 0, NULL) : NULL;
    ret->copied_us = json_integer_value(json_object_get(json, "at"));
    ret->host = json_string_value(json_object_get(json, "host"));
}

char *home_copy_sentence(const struct engine_copy *copy)
{
    if (copy->copied_us == 0)
        return xstrdup(_("This database was copied here from another place or machine."));
    _cleanup_free_ char *when = time_format_short(copy->copied_us);
    return str_empty(copy->host)
               ? xasprintf(_("This database is a copy made on %s."), when)
               : xasprintf(_("This database is a copy made on %s on the machine %s."), when, copy->host);
}

/* ---- the check ---- */

static int audit(struct store *store, const char *mark, struct err *err)
{
    const struct store_audit record = {.who = (char *)"idsed",
                                       .action = (char *)"restored",
                                       .object = (char *)"database",
                                       .outcome = (char *)"ok",
                                       .detail = (char *)mark};
    return store_audit_add(store, &record, err);
}

static int fence(struct daemon *daemon, const char *mark, struct err *err)
{
    json_t *json = NULL;
    struct engine_copy copy = {.since_us = clock_wall_us(daemon_clock(daemon))};
    read_mark(mark, &json, &copy);
    int r = engine_fence(daemon->store, &copy, err);
    json_decref(json);
    if (r >= 0)
        r = audit(daemon->store, mark, err);
    if (r >= 0)
        r = store_value_set(daemon->store, STORE_COPY_MARK, NULL, err);
    if (r >= 0)
        log_event(LOG_WARNING, "restored-copy", "%s",
                  mark ? _("The database is a copy: everything is held until 'idsectl release --restored'.")
                       : _("The database is not where it was: everything is held until 'idsectl release "
                           "--restored'."));
    return r;
}

int home_check(struct daemon *daemon, struct err *err)
{
    struct store *store = daemon->store;
    _cleanup_free_ char *stored = NULL, *mark = NULL;
    struct home here;
    home_look(daemon->store_path, &here);
    int r = store_value_get(store, HOME_VALUE, &stored, err);
    if (r >= 0)
        r = store_value_get(store, STORE_COPY_MARK, &mark, err);
    if (r >= 0 && (mark || (stored && home_is_other(stored, &here))))
        r = fence(daemon, mark, err);
    else if (r >= 0 && stored)
        home_complete(&here, stored);
    _cleanup_free_ char *text = home_text(&here);
    if (r >= 0 && !streq_null(stored, text))
        r = store_value_set(store, HOME_VALUE, text, err);
    return r < 0 ? r : 0;
}
