/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "circuit.h"

#include <jansson.h>

#include "store/store.h"

#define CIRCUIT_VALUE "portal"

static const char *const state_names[] = {
    [CIRCUIT_UNKNOWN] = "unknown",
    [CIRCUIT_OK] = "ok",
    [CIRCUIT_DOWN] = "down",
    [CIRCUIT_CHANGED] = "changed",
};

const char *circuit_state_name(enum circuit_state state)
{
    return state_names[state];
}

int circuit_load(struct circuit *circuit, struct store *store, struct err *err)
{
    _cleanup_free_ char *value = NULL;
    int r = store_value_get(store, CIRCUIT_VALUE, &value, err);
    if (r <= 0)
        return r;
    json_t *json = json_loads(value, 0, NULL);
    const char *state, *text;
    json_int_t since, failures, open_until, failed = CIRCUIT_STEP_LOGIN; /* what older ones do not say */
    if (json &&
        json_unpack(json, "{s:s, s:s, s:I, s:I, s:I, s?I}", "state", &state, "text", &text, "since", &since,
                    "failures", &failures, "open_until", &open_until, "failed", &failed) == 0) {
        int known = STR_INDEX(state_names, state);
        if (known >= 0)
            circuit->state = (enum circuit_state)known;
        replace_str(&circuit->text, xstrdup(text));
        circuit->since_us = since;
        circuit->failures = (unsigned)failures;
        circuit->open_until_us = open_until;
        circuit->failed = (enum circuit_step)CLAMP(failed, CIRCUIT_STEP_LOGIN, CIRCUIT_STEP_FETCH);
    }
    json_decref(json);
    return 0;
}

int circuit_save(const struct circuit *circuit, struct store *store, struct err *err)
{
    json_t *json = json_pack("{s:s, s:s, s:I, s:I, s:I, s:I}", "state", state_names[circuit->state], "text",
                             str_or_empty(circuit->text), "since", (json_int_t)circuit->since_us, "failures",
                             (json_int_t)circuit->failures, "open_until", (json_int_t)circuit->open_until_us,
                             "failed", (json_int_t)circuit->failed);
    _cleanup_free_ char *value = json ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    if (!value)
        return err_set(err, ERR_FAILED, _("the portal's state cannot be written as JSON"));
    return store_value_set(store, CIRCUIT_VALUE, value, err);
}

void circuit_free(struct circuit *circuit)
{
    free(circuit->text);
    *circuit = (struct circuit){0};
}

void circuit_count(struct circuit *circuit, enum circuit_step step)
{
    circuit->failed = circuit->failures > 0 ? MAX(circuit->failed, step) : step;
    circuit->failures++;
}

bool circuit_is_mended(const struct circuit *circuit, enum circuit_step step)
{
    return circuit->failures == 0 || circuit->failed == step;
}

bool circuit_move(struct circuit *circuit, enum circuit_state state, const char *text, int64_t now_us)
{
    bool other = circuit->state != state;
    replace_str(&circuit->text, xstrdup(text));
    circuit->state = state;
    if (other)
        circuit->since_us = now_us;
    return other;
}
