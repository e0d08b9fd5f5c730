/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/intake.h"

#include <stdio.h>

#include "idse/intake-order.h"

/* ---- lots found again by what they are made of ---- */

/* An open hash table that finds the lot of a movement. */
struct key {
    uint8_t type;
    char rp[11];
};

struct slot {
    struct key key;
    uint32_t number; /* 0: free */
};

struct table {
    struct slot *slots;
    size_t n, cap; /* cap is a power of two */
};

static uint64_t key_hash(const struct key *key)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325) ^ key->type;
    for (size_t i = 0; i < sizeof(key->rp); i++)
        hash = (hash ^ (uint8_t)key->rp[i]) * UINT64_C(0x100000001B3);
    return hash ^ hash >> 29;
}

static bool key_same(const struct key *a, const struct key *b)
{
    return a->type == b->type && memcmp(a->rp, b->rp, sizeof(a->rp)) == 0;
}

/* The slot that has the key, or the free one where it belongs. */
static struct slot *table_find(const struct table *table, const struct key *key)
{
    for (size_t i = key_hash(key);; i++) {
        struct slot *slot = &table->slots[i & (table->cap - 1)];
        if (slot->number == 0 || key_same(&slot->key, key))
            return slot;
    }
}

static void table_grow(struct table *table)
{
    struct table bigger = {.cap = MAX(table->cap * 2, (size_t)64), .n = table->n};
    bigger.slots = xcalloc(bigger.cap, sizeof(*bigger.slots));
    for (size_t i = 0; i < table->cap; i++)
        if (table->slots[i].number > 0)
            *table_find(&bigger, &table->slots[i].key) = table->slots[i];
    free(table->slots);
    *table = bigger;
}

/* The number that the key already has; or 0, and now it has this one. */
static uint32_t table_add(struct table *table, const struct key *key, uint32_t number)
{
    if (table->n * 2 >= table->cap)
        table_grow(table);
    struct slot *slot = table_find(table, key);
    if (slot->number > 0)
        return slot->number;
    *slot = (struct slot){*key, number};
    table->n++;
    return 0;
}

/* ---- the lots ---- */

struct splitter {
    const struct intake_options *options;
    struct intake *intake;
    const struct source *source;
    struct check *check;
    struct table lots, any_rps;
    const struct intake_rp *rp; /* of the last movement, */
    uint32_t rp_number;         /* and which it is */
    bool unknown_rp;
};

/* What is said of an RP that is in no list. */
static const struct intake_rp defaults = {.enye = ENYE_HASH};

static const struct intake_rp *find_rp(const struct intake_options *options, const char *rp)
{
    size_t from = 0, to = options->n_rps;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = strcmp(rp, options->rps[middle].rp);
        if (order == 0)
            return &options->rps[middle];
        if (order < 0)
            to = middle;
        else
            from = middle + 1;
    }
    return options->any_rp ? &defaults : NULL;
}

/* The lot of a movement, a new one if need be. */
static struct intake_lot *find_lot(struct splitter *splitter, const struct movement *movement)
{
    struct intake *intake = splitter->intake;
    enum movement_type type = splitter->options->keep_mixed ? MOVEMENT_NONE : movement->type;
    struct key key = {.type = (uint8_t)type};
    memcpy(key.rp, movement->rp, sizeof(key.rp));
    uint32_t number = table_add(&splitter->lots, &key, (uint32_t)intake->n_lots + 1);
    if (number > 0)
        return &intake->lots[number - 1];
    if ((intake->n_lots & (intake->n_lots - 1)) == 0) /* full at every power of two */
        intake->lots = xreallocarray(intake->lots, MAX(intake->n_lots * 2, (size_t)1), sizeof(*intake->lots));
    struct intake_lot *lot = &intake->lots[intake->n_lots++];
    *lot = (struct intake_lot){.type = type};
    memcpy(lot->rp, movement->rp, sizeof(lot->rp));
    return lot;
}

static uint32_t number_rp(struct splitter *splitter, const char *rp)
{
    const struct intake_options *options = splitter->options;
    if (splitter->rp != &defaults)
        return (uint32_t)(splitter->rp - options->rps);
    struct key key = {0};
    memcpy(key.rp, rp, sizeof(key.rp));
    uint32_t next = (uint32_t)splitter->any_rps.n + 1;
    uint32_t number = table_add(&splitter->any_rps, &key, next);
    return (uint32_t)options->n_rps + (number > 0 ? number : next);
}

/* It is about to be the next in the lot. */
static void note_event(struct splitter *splitter, const struct movement *movement,
                       const struct intake_lot *lot, int32_t deadline)
{
    struct intake *intake = splitter->intake;
    uint32_t line = source_line(splitter->source);
    if ((intake->n_events & (intake->n_events - 1)) == 0) /* full at every power of two */
        intake->events =
            xreallocarray(intake->events, MAX(intake->n_events * 2, (size_t)1), sizeof(*intake->events));
    intake->events[intake->n_events++] = (struct intake_event){
        .nss = strtoll(movement->nss, NULL, 10),
        .rp = splitter->rp_number,
        .event = {movement->type, movement->date, movement->sbc_centavos, line, line},
        .lot = (uint32_t)(lot - intake->lots),
        .at = (uint32_t)lot->counts[COUNT_TOTAL],
        .deadline = deadline,
    };
}

/* Is its registro patronal registered? It is the splitter's then, else it is told. */
static bool know_rp(struct splitter *splitter, const struct movement *movement)
{
    const struct source *source = splitter->source;
    if (!splitter->rp || !streq(splitter->rp->rp, movement->rp)) {
        splitter->rp = find_rp(splitter->options, movement->rp);
        splitter->rp_number = splitter->rp ? number_rp(splitter, movement->rp) : 0;
    }
    if (splitter->rp)
        return true;
    findings_report(&splitter->intake->findings, RULE_RP_UNKNOWN, source_line(source),
                    source_column(source, movement->type, "rp"), "rp", movement->rp, NULL);
    splitter->unknown_rp = true;
    return false;
}

/* It has an error, so there will be no lots; what else is wrong is told in one go. */
static void look_at_broken(struct splitter *splitter, const struct movement *movement)
{
    if (source_is_right(splitter->source, movement->type, "rp"))
        know_rp(splitter, movement);
    check_broken(splitter->check, movement);
}

/* The registro patronal's fills in for a guía that the file has not; one that it has is kept, and told where they differ. */
static void settle_guia(struct splitter *splitter, struct movement *movement)
{
    const char *own = splitter->rp->guia;
    struct findings *findings = &splitter->intake->findings;
    uint32_t line = source_line(splitter->source);
    if (!*own || streq(movement->guia, own))
        return;
    if (streq(movement->guia, GUIA_NONE)) {
        memcpy(movement->guia, own, sizeof(movement->guia));
        finding_propose(findings_last(findings, RULE_GUIA_MISSING, line), own);
        return;
    }
    char both[sizeof("12345, 12345")];
    snprintf(both, sizeof(both), "%.5s, %.5s", movement->guia, own);
    findings_report(findings, RULE_GUIA_OTHER, line, source_column(splitter->source, movement->type, "guia"),
                    "guia", movement->guia, both);
}

static void take_movement(struct splitter *splitter, struct movement *movement)
{
    uint32_t line = source_line(splitter->source);
    struct findings *findings = &splitter->intake->findings;
    bool known = know_rp(splitter, movement);
    if (!check_movement(splitter->check, movement) || !known)
        return;
    struct intake_lot *lot = find_lot(splitter, movement);
    if (lot->counts[COUNT_TOTAL] == RECORD_MAX_MOVEMENTS) {
        findings_report(findings, RULE_FILE_TOO_MANY, line, 0, NULL, NULL, NULL);
        return;
    }
    settle_guia(splitter, movement);
    int32_t deadline = check_deadline(splitter->check, movement);
    note_event(splitter, movement, lot, deadline);
    record_write(&lot->records, movement, splitter->rp->enye);
    intake_lot_count(lot, movement->type, deadline);
}

/* Under the guía of the lot's last record. */
static void close_lot(struct intake_lot *lot)
{
    enum { GUIA_AT = 133, GUIA_LEN = 5 };
    char guia[GUIA_LEN + 1] = "";
    memcpy(guia, lot->records.data + lot->records.len - (RECORD_COLUMNS + 2) + GUIA_AT, GUIA_LEN);
    record_write_control(&lot->records, lot->counts[COUNT_TOTAL], guia);
}

static void drop_lots(struct intake *intake)
{
    for (size_t i = 0; i < intake->n_lots; i++) {
        buf_free(&intake->lots[i].records);
        last_days_free(&intake->lots[i].last_days);
    }
    free(intake->lots);
    intake->lots = NULL;
    intake->n_lots = 0;
}

void intake_free(struct intake *intake)
{
    drop_lots(intake);
    free(intake->events);
    findings_free(&intake->findings);
}

static int refuse(const struct findings *findings, bool unknown_rp, struct err *err)
{
    bool only_rps =
        unknown_rp && findings_count(findings, finding_rule_name(RULE_RP_UNKNOWN)) == findings->errors;
    return findings_refuse(findings, only_rps ? ERR_UNKNOWN_RP : ERR_INVALID_FILE, err);
}

int intake_read(const void *data, size_t n, const struct intake_options *options, struct intake *ret,
                struct err *err)
{
    *ret = (struct intake){0};
    if (options->max_bytes > 0 && n > options->max_bytes)
        return err_set(err, ERR_TOO_LARGE, _("The input has %zu bytes; %zu are allowed"), n,
                       options->max_bytes);

    _cleanup_(source_cleanup) struct source *source = source_new(data, n, &ret->findings);
    _cleanup_(check_cleanup) struct check *check =
        check_new(&options->check, source, &ret->findings, n / (RECORD_COLUMNS + 1));
    struct splitter splitter = {.options = options, .intake = ret, .source = source, .check = check};
    struct movement movement;
    int r;
    while ((r = source_next_any(source, &movement)) != READ_END) {
        if (r == READ_GOOD)
            take_movement(&splitter, &movement);
        else
            look_at_broken(&splitter, &movement);
    }
    check_finish(check);
    if (ret->findings.errors == 0)
        intake_order(ret, options);
    findings_sort(&ret->findings);
    free(splitter.lots.slots);
    free(splitter.any_rps.slots);

    if (ret->findings.errors > 0) {
        drop_lots(ret);
        return refuse(&ret->findings, splitter.unknown_rp, err);
    }
    for (size_t i = 0; i < ret->n_lots; i++)
        close_lot(&ret->lots[i]);
    return 0;
}
