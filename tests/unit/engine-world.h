/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdio.h>
#include <unistd.h>

#include "daemon/engine/engine.h"
#include "idse/identifier.h"
#include "idse/record.h"
#include "tests/support/fake-portal.h"

/* An engine with a real database and a portal in memory; time stands still unless a test moves it. */
struct world {
    char dir[64];
    char *path;
    struct clock clock;
    int64_t now_us;
    struct store *store;
    struct fake_portal fake;
    struct engine *engine;
    struct engine_config config;
    int64_t armed_us;
    int64_t certificate;
    int64_t replaced; /* the last one that gave way */
    unsigned told;    /* how often a lot's row was written */
    unsigned attentions;
    char last_attention[64];
    uint32_t seed;
    int64_t wall_off_us; /* the wall clock was set by so much */
    int64_t passes_us;   /* time that passes when a lot's row is written next */
};

static struct world *world;

static inline int64_t world_wall_us(const struct clock *clock)
{
    return time_from_date(20261123, 600) + world->now_us + world->wall_off_us;
}

static inline int64_t world_boot_us(const struct clock *clock)
{
    return world->now_us;
}

static inline void on_arm(void *data, int64_t at_us)
{
    world->armed_us = at_us;
}

static inline void on_lot(void *data, int64_t lot)
{
    world->told++;
    world->now_us += world->passes_us;
    world->passes_us = 0;
}

static inline void on_number(void *data, int64_t number)
{
}

static inline void on_replaced(void *data, int64_t old, int64_t heir)
{
    world->replaced = old;
}

static inline void on_portal(void *data)
{
}

static inline void on_moved(void *data, const struct store_lot *lot)
{
}

static inline void on_attention(void *data, int64_t lot, int64_t certificate, const char *what,
                                const char *text)
{
    world->attentions++;
    snprintf(world->last_attention, sizeof(world->last_attention), "%s", what);
}

static inline uint32_t on_random(void *data)
{
    world->seed = world->seed * 1664525u + 1013904223u;
    return world->seed;
}

static inline void on_fatal(void *data, const struct err *err)
{
    fail_msg("the engine gave up: %s", err_text(err));
}

static const struct engine_host host = {.arm = on_arm,
                                        .lot_changed = on_lot,
                                        .lot_moved = on_moved,
                                        .certificate_changed = on_number,
                                        .certificate_replaced = on_replaced,
                                        .portal_changed = on_portal,
                                        .attention = on_attention,
                                        .random = on_random,
                                        .fatal = on_fatal};

#define MUST(call)                                                                                           \
    do {                                                                                                     \
        struct err must_err = ERR_INIT;                                                                      \
        struct err *err = &must_err;                                                                         \
        if ((call) < 0)                                                                                      \
            fail_msg("%s: %s", #call, err_text(err));                                                        \
        err_clear(err);                                                                                      \
    } while (0)

static inline void world_start(void)
{
    struct store_options options = {.path = world->path, .clock = &world->clock};
    MUST(store_open(&options, &world->store, err));
    world->armed_us = INT64_MAX;
    world->engine = engine_new(world->store, &world->fake.portal, &world->clock, &world->config, &host);
    MUST(engine_start(world->engine, err));
    MUST(store_commit(world->store, err));
}

static inline void world_stop(void)
{
    world->engine = engine_free(world->engine);
    world->store = store_close(world->store);
}

/* The process dies: the database's last commit and what the portal took are all that remains. */
static inline void world_die_and_start(void)
{
    fake_portal_forget(&world->fake);
    world_stop();
    world_start();
}

static inline void add_rp(const char *rp, int64_t certificate)
{
    struct store_rp row = {.name = (char *)"Práctica", .certificate = certificate};
    snprintf(row.rp, sizeof(row.rp), "%s", rp);
    MUST(store_rp_add(world->store, &row, err));
}

static inline int64_t add_account(const char *user, int64_t replaces)
{
    struct store_certificate certificate = {.kind = CERTIFICATE_IMSS,
                                            .user = (char *)user,
                                            .fingerprint = (char *)"00",
                                            .not_after_us = world_wall_us(NULL) + 365 * US_PER_DAY,
                                            .sealed = (void *)"x",
                                            .sealed_len = 1,
                                            .replaces = replaces};
    MUST(store_certificate_reserve(world->store, &certificate.id, err));
    MUST(store_certificate_add(world->store, &certificate, err));
    return certificate.id;
}

static inline int64_t add_replacement(int64_t replaces)
{
    return add_account("practica1", replaces);
}

static inline int64_t add_certificate(void)
{
    return add_replacement(0);
}

#define RP "Z9900001108"

static inline int world_setup(void **state)
{
    world = xcalloc(1, sizeof(*world));
    snprintf(world->dir, sizeof(world->dir), "/tmp/test-engine-XXXXXX");
    assert_non_null(mkdtemp(world->dir));
    world->path = xasprintf("%s/idsed.db", world->dir);
    world->clock = (struct clock){.wall_us = world_wall_us, .boot_us = world_boot_us};
    world->now_us = US_PER_HOUR;
    world->config = (struct engine_config){.poll_min_us = 2 * US_PER_MIN,
                                           .poll_max_us = US_PER_HOUR,
                                           .retry_first_us = US_PER_MIN,
                                           .retry_max_us = US_PER_HOUR,
                                           .settle_us = 10 * US_PER_MIN,
                                           .visits_at_once = 4,
                                           .circuit_failures = 3};
    fake_portal_init(&world->fake, &world->clock);
    world_start();
    world->certificate = add_certificate();
    add_rp(RP, world->certificate);
    MUST(store_commit(world->store, err));
    return 0;
}

static inline int world_teardown(void **state)
{
    fake_portal_forget(&world->fake);
    world_stop();
    fake_portal_free(&world->fake);
    _cleanup_free_ char *command = xasprintf("rm -rf %s", world->dir);
    assert_int_equal(system(command), 0);
    free(world->path);
    free(world);
    return 0;
}

/* ---- driving ---- */

/* One turn of a loop: answers, waking, and the commit at its end. */
static inline bool turn(void)
{
    bool busy = fake_portal_turn(&world->fake);
    if (world->armed_us <= world->now_us) {
        world->armed_us = INT64_MAX;
        engine_wake(world->engine);
        busy = true;
    }
    if (store_turn_is_open(world->store)) {
        MUST(store_commit(world->store, err));
        busy = true;
    }
    return busy;
}

static inline void settle_down(void)
{
    for (int i = 0; turn(); i++)
        assert_true(i < 20000);
}

/* Lets time pass, waking when the engine wants to. */
static inline void pass(int64_t us)
{
    int64_t end = world->now_us + us;
    settle_down();
    while (world->armed_us <= end) {
        world->now_us = MAX(world->now_us, world->armed_us);
        settle_down();
    }
    world->now_us = end;
}

static inline void make_records(struct buf *buf, unsigned first, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct movement movement = {.type = MOVEMENT_REINGRESO,
                                    .date = 20261120,
                                    .sbc_centavos = 45050,
                                    .tipo_trabajador = '1',
                                    .tipo_salario = '0',
                                    .jornada = '0',
                                    .rp = RP,
                                    .paterno = "PEREZ",
                                    .nombres = "JUAN",
                                    .umf = "000",
                                    .guia = "06400"};
        char digits[16];
        snprintf(digits, sizeof(digits), "9902%06u", (first + i) % 1000000);
        snprintf(movement.nss, sizeof(movement.nss), "%.10s%c", digits, nss_check_digit(digits));
        record_write(buf, &movement, ENYE_HASH);
    }
    record_write_control(buf, count, "06400");
}

static inline int64_t publish(struct store_intake *intake)
{
    struct store_lot lot = {0};
    MUST(engine_lot_publish(world->engine, intake, &lot, err));
    MUST(engine_lot_added(world->engine, &lot, err));
    int64_t id = lot.id;
    store_lot_free(&lot);
    return id;
}

/* What a lot may have of its own. Its records stay those of RP. */
static inline int64_t submit_for(const char *rp, unsigned first, unsigned count, struct store_lot lot)
{
    _cleanup_buf_ struct buf records = BUF_INIT;
    make_records(&records, first, count);
    snprintf(lot.rp, sizeof(lot.rp), "%s", rp);
    lot.type = MOVEMENT_REINGRESO;
    lot.created_us = lot.next_us = world_wall_us(NULL);
    lot.created_by = (char *)"uid 0";
    struct store_intake *intake = NULL;
    MUST(store_lot_begin(world->store, &lot, &records, true, &intake, err));
    MUST(store_lot_add(intake, 1000000, err));
    int64_t id = publish(intake);
    MUST(store_commit(world->store, err));
    return id;
}

static inline int64_t submit_as(unsigned first, unsigned count, struct store_lot lot)
{
    return submit_for(RP, first, count, lot);
}

static inline int64_t submit(unsigned first, unsigned count)
{
    return submit_as(first, count, (struct store_lot){0});
}

static inline struct store_lot *get(int64_t id)
{
    static struct store_lot lot;
    store_lot_free(&lot);
    MUST(store_lot_get(world->store, id, &lot, err));
    return &lot;
}

#define assert_state(id, expected)                                                                           \
    assert_string_equal(lot_state_name(get(id)->state), lot_state_name(expected))
#define assert_hold(id, expected) assert_string_equal(lot_hold_name(get(id)->hold), lot_hold_name(expected))

static inline size_t arrived(int64_t id)
{
    _cleanup_buf_ struct buf records = BUF_INIT;
    MUST(store_lot_records(world->store, id, &records, err));
    return fake_portal_count(&world->fake, records.data, records.len);
}
