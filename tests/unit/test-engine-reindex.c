/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include <sqlite3.h>

#include "tests/unit/paper.h"

/* ---- the database, looked at and damaged from outside ---- */

static sqlite3 *outside(void)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(world->path, &db), SQLITE_OK);
    return db;
}

static void damage(const char *sql)
{
    sqlite3 *db = outside();
    char *text = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &text) != SQLITE_OK)
        fail_msg("%s: %s", sql, text);
    sqlite3_close(db);
}

static int add_row(void *data, int n, char **values, char **names)
{
    struct buf *buf = data;
    for (int i = 0; i < n; i++)
        buf_printf(buf, "%s=%s|", names[i], values[i] ? values[i] : "NULL");
    buf_add_char(buf, '\n');
    return 0;
}

/* All that is index, as text. */
static char *dump(void)
{
    static const char *const queries[] = {
        "SELECT * FROM lot WHERE state >= 0 ORDER BY id",
        "SELECT * FROM movement ORDER BY id",
        "SELECT * FROM movement_key ORDER BY nss, rp, type, date, movement",
        "SELECT * FROM movement_error ORDER BY movement, position",
        "SELECT code, text, movements FROM rejection WHERE movements > 0 ORDER BY code, text",
        "SELECT * FROM total WHERE what >= 0 AND n > 0 ORDER BY what",
        "SELECT * FROM document ORDER BY id",
        "SELECT lot, older FROM precedence ORDER BY lot, older",
    };
    sqlite3 *db = outside();
    struct buf text = BUF_INIT;
    for (size_t i = 0; i < ELEMENTSOF(queries); i++) {
        buf_printf(&text, "-- %s\n", queries[i]);
        assert_int_equal(sqlite3_exec(db, queries[i], add_row, &text, NULL), SQLITE_OK);
    }
    sqlite3_close(db);
    return buf_steal(&text, NULL);
}

/* ---- reindexing ---- */

static struct engine_reindex_report last;
static bool ended;
static char *entries;

static void on_reindexed(void *data, const struct engine_reindex_report *report, const struct err *err)
{
    assert_null(err);
    struct buf text = BUF_INIT;
    last = *report;
    for (size_t i = 0; i < report->n_entries; i++)
        buf_printf(&text, "%lld: %s\n", (long long)report->entries[i].lot, report->entries[i].text);
    free(entries);
    entries = buf_steal(&text, NULL);
    ended = true;
}

static void start_reindex(void)
{
    ended = false;
    MUST(engine_reindex(world->engine, "uid 1000", on_reindexed, NULL, err));
    MUST(store_commit(world->store, err));
}

static void reindex(void)
{
    start_reindex();
    settle_down();
    assert_true(ended);
}

static void assert_dump(const char *before)
{
    _cleanup_free_ char *after = dump();
    if (streq(before, after))
        return;
    size_t at = 0;
    while (before[at] == after[at])
        at++;
    while (at > 0 && before[at - 1] != '\n')
        at--;
    fail_msg("the index differs\nbefore: %.900s\nafter: %.900s\n%s", before + at, after + at, entries);
}

/* ---- a store with many shapes of lots ---- */

static int64_t correct(int64_t parent)
{
    uint32_t *positions = NULL;
    size_t n = 0;
    MUST(store_lot_rejected(world->store, parent, &positions, &n, err));
    _cleanup_buf_ struct buf records = BUF_INIT, all = BUF_INIT;
    MUST(store_lot_records(world->store, parent, &all, err));
    for (size_t i = 0; i < n; i++)
        buf_add(&records, all.data + positions[i] * (RECORD_COLUMNS + 2), RECORD_COLUMNS + 2);
    record_write_control(&records, n, "06400");
    struct store_lot lot = {.rp = RP,
                            .type = MOVEMENT_REINGRESO,
                            .parent = parent,
                            .created_us = world_wall_us(NULL),
                            .next_us = world_wall_us(NULL)};
    struct store_intake *intake = NULL;
    MUST(store_lot_begin(world->store, &lot, &records, true, &intake, err));
    MUST(store_lot_add(intake, 1000000, err));
    int64_t id = publish(intake);
    MUST(store_lot_set_corrections(world->store, id, positions, n, err));
    MUST(store_commit(world->store, err));
    free(positions);
    return id;
}

static void make_many_shapes(void)
{
    _cleanup_buf_ struct buf first = BUF_INIT, second = BUF_INIT, third = BUF_INIT;
    submit(1, 1200);
    pass(0);
    world->fake.csv_says = "quién sabe";
    submit(1500, 2);
    pass(US_PER_DAY);
    world->fake.csv_says = NULL;
    world->fake.reject_every = 2;
    int64_t partial = submit(2000, 7);
    pass(0);
    int64_t corrected = correct(partial);
    pass(0);
    assert_state(corrected, LOT_STATE_PARTIAL);
    world->fake.reject_every = 0;
    correct(corrected);
    pass(0);
    fake_portal_fault(&world->fake, FAKE_CONSTANCIA, (struct fake_fault){.wrong = true});
    submit(3000, 2);
    pass(0);
    world->fake.process_at_once = false;
    submit(3100, 2);
    pass(0);
    world->fake.cannot_upload = true;
    submit(4000, 3);
    MUST(engine_cancel(world->engine, submit(4100, 3), NULL, "uid 1", err));
    make_records(&first, 5000, 6);
    make_records(&second, 6000, 6);
    make_records(&third, 7000, 6);
    struct paper paper = {.kind = DOCUMENT_ACUSE, .number = "701", .records = &first, .reject_every = 2};
    bring_paper(paper);
    paper.kind = DOCUMENT_CONSTANCIA;
    bring_paper(paper);
    paper.mark = "%%again";
    bring_paper(paper);
    paper =
        (struct paper){.kind = DOCUMENT_CONSTANCIA, .number = "702", .records = &second, .reject_every = 4};
    bring_paper(paper);
    paper = (struct paper){.kind = DOCUMENT_ACUSE, .number = "703", .records = &third};
    bring_paper(paper);
    const struct paper others = {
        .kind = DOCUMENT_CONSTANCIA, .number = "704", .rp = "Y5412345105", .records = &third};
    paper = (struct paper){.kind = DOCUMENT_CONSTANCIA,
                           .number = "705",
                           .rp = "Y5499999105",
                           .records = &second,
                           .next = &others};
    add_rp("Y5412345105", 0); /* so that it is not the first part that is taken */
    assert_outcome(bring_paper(paper), "adopted");
    settle_down();
}

/* ---- what must hold ---- */

static void an_intact_store_is_not_changed(void **state)
{
    make_many_shapes();
    _cleanup_free_ char *before = dump();
    reindex();
    assert_dump(before);
    assert_int_equal(last.repaired, 0);
    assert_int_equal(last.faults, 0);
    if (last.n_entries)
        fail_msg("%s", entries);
    assert_true(last.equal > 1200 && last.lots >= 11);
}

/* Each on its own, and then all together. */
static const char *const damages[] = {
    "UPDATE movement SET state = 4 WHERE state = 3",
    "UPDATE movement SET state = 3 WHERE state IN (4, 6)",
    "UPDATE movement SET state = 4 WHERE state = 6",
    "UPDATE movement SET imss_name = 'NADIE', extemporaneo = 49 WHERE state = 3",
    "UPDATE movement SET nombres = 'OTRO', sbc_centavos = 1, date = 20200101 WHERE id % 3 = 0",
    "UPDATE movement SET nss = 12345678903, rp = 9 WHERE id % 5 = 0",
    "DELETE FROM movement WHERE id % 7 = 0",
    "INSERT INTO movement SELECT id + 100000, rp, nss, type, date, state, sbc_centavos, tipo_trabajador, "
    "tipo_salario,"
    " jornada, causa_baja, extemporaneo, paterno, materno, nombres, umf, guia, clave, curp, imss_name FROM "
    "movement"
    " WHERE id & 1048575 = 0",
    "DELETE FROM movement_key WHERE movement % 2 = 0",
    "INSERT INTO movement_key SELECT nss + 1, rp, type, date, movement FROM movement_key WHERE movement % 4 "
    "= 1",
    "DELETE FROM movement_error",
    "UPDATE movement_error SET code = '099', text = 'OTRA COSA', imss_value = 'X'",
    "INSERT INTO movement_error SELECT id, 7, '012', 'DE MAS', NULL FROM movement WHERE state = 3",
    "DELETE FROM rejection",
    "UPDATE rejection SET movements = movements + 40",
    "INSERT INTO rejection VALUES ('777', 'NUNCA', 5, 1)",
    "UPDATE total SET n = n + 3",
    "DELETE FROM total",
    "UPDATE lot SET folio = 'X', portal_lot = 'Y', received_us = received_us WHERE have_acuse <> 0",
    "UPDATE lot SET approved = 0, rejected = 77 WHERE have_constancia <> 0",
    "UPDATE lot SET state = 4 WHERE state IN (5, 6)",
    "UPDATE lot SET state = 6 WHERE state IN (4, 5)",
    "UPDATE lot SET count_total = 1, count_bajas = 5, movement_state = 0, type = iif(type = 0, 0, 3)",
    "UPDATE lot SET sha256 = 'ab' WHERE have_acuse <> 0",
    "UPDATE lot SET remarks = 'line 1: made up' WHERE have_constancia <> 0",
    "UPDATE lot SET remarks = NULL",
    "UPDATE lot SET have_acuse = 0, have_constancia = 0 WHERE state IN (4, 5, 6) AND adopted_us <> 0",
};

static void whatever_is_damaged_comes_out_equal(void **state)
{
    make_many_shapes();
    _cleanup_free_ char *before = dump();
    for (size_t i = 0; i < ELEMENTSOF(damages); i++) {
        damage(damages[i]);
        _cleanup_free_ char *damaged = dump();
        if (streq(before, damaged))
            fail_msg("%s does nothing", damages[i]);
        reindex();
        if (last.repaired == 0)
            fail_msg("%s: nothing was put right", damages[i]);
        assert_dump(before);
        reindex();
        if (last.repaired != 0)
            fail_msg("%s: not put right at once: %s", damages[i], entries);
    }
    for (size_t i = 0; i < ELEMENTSOF(damages); i += 2)
        damage(damages[i]);
    reindex();
    assert_dump(before);
    MUST(store_audit_verify(world->store, err));
}

static void what_is_stored_wrongly_is_told_and_left(void **state)
{
    submit(1, 3);
    pass(0);
    _cleanup_free_ char *before = dump();
    damage("UPDATE document_part SET bytes = zeroblob(length(bytes)) WHERE id >> 20 IN"
           " (SELECT id FROM document WHERE kind = 2)");
    reindex();
    assert_int_equal(last.faults, 1);
    assert_non_null(strstr(entries, "is not what was stored"));
    assert_dump(before);
    damage("UPDATE record_part SET bytes = CAST(replace(CAST(bytes AS TEXT), 'JUAN', 'JOSE') AS BLOB)");
    reindex();
    assert_non_null(strstr(entries, "restore a backup"));
}

/* The name of the first movement of each lot tells whether it is as it was damaged or put right. */
static void assert_each_whole(const char *damaged, const char *right)
{
    _cleanup_free_ char *now = dump();
    const char *lines[3] = {damaged, right, now};
    while (*lines[2]) {
        size_t n[3];
        for (int i = 0; i < 3; i++)
            n[i] = strcspn(lines[i], "\n");
        bool old = n[0] == n[2] && memcmp(lines[0], lines[2], n[2]) == 0;
        bool new = n[1] == n[2] && memcmp(lines[1], lines[2], n[2]) == 0;
        assert_true(old || new);
        for (int i = 0; i < 3; i++)
            lines[i] += n[i] + (lines[i][n[i]] != '\0');
    }
}

static void a_death_leaves_each_lot_as_it_was_or_right(void **state)
{
    make_many_shapes();
    _cleanup_free_ char *right = dump();
    size_t deaths = 0;
    for (int turns = 1; turns < 90; turns += 3) {
        damage("UPDATE movement SET nombres = 'OTRO'; UPDATE lot SET folio = 'X' WHERE have_acuse <> 0");
        _cleanup_free_ char *damaged = dump();
        start_reindex();
        for (int left = turns; left > 0 && !ended; left--)
            turn();
        deaths += !ended;
        world_die_and_start();
        assert_each_whole(damaged, right);
        sqlite3 *db = outside();
        struct buf mixed = BUF_INIT;
        assert_int_equal(
            sqlite3_exec(db,
                         "SELECT lot.id FROM lot JOIN movement ON movement.id >> 20 = lot.id WHERE have_acuse"
                         " GROUP BY lot.id, folio HAVING count(DISTINCT nombres = 'OTRO') > 1 OR"
                         " max(nombres = 'OTRO') <> (folio = 'X')",
                         add_row, &mixed, NULL),
            SQLITE_OK);
        sqlite3_close(db);
        if (mixed.len)
            fail_msg("mixed: %s", mixed.data);
        buf_free(&mixed);
        reindex();
        assert_dump(right);
    }
    assert_true(deaths > 10);
}

static void it_gives_way_to_visits_and_they_to_it(void **state)
{
    for (unsigned i = 0; i < 12; i++) {
        int64_t id = submit(1 + 10 * i, 3);
        for (unsigned k = 0; k < i * 2; k++)
            turn();
        reindex();
        pass(US_PER_HOUR);
        assert_state(id, LOT_STATE_ACCEPTED);
        assert_int_equal(arrived(id), 1);
    }
    _cleanup_err_ struct err busy = ERR_INIT;
    start_reindex();
    assert_true(engine_reindex(world->engine, "uid 1", on_reindexed, NULL, &busy) < 0);
    assert_int_equal(busy.code, ERR_BUSY);
}

/* ---- what waits for what ---- */

static int64_t held(unsigned first, unsigned count)
{
    return submit_as(first, count, (struct store_lot){.hold = LOT_HOLD_OPERATOR, .hold_by = (char *)"uid 1"});
}

/* As Lot.Retry does it: the act is in the history. */
static void let_go_ahead(int64_t lot)
{
    _cleanup_free_ char *object = xasprintf("lot %lld", (long long)lot);
    MUST(engine_go_ahead(world->engine, lot, "uid 1", err));
    MUST(store_audit_add(world->store,
                         &(struct store_audit){.who = (char *)"uid 1",
                                               .action = (char *)"retry",
                                               .object = object,
                                               .outcome = (char *)"ok",
                                               .detail = (char *)"{\"ahead\":true}"},
                         err));
    MUST(store_commit(world->store, err));
}

/* The last lot but one went ahead: a pair of it that could be one is left. */
static const char *const order_damages[] = {
    "DELETE FROM precedence",
    "DELETE FROM precedence WHERE older = (SELECT max(older) FROM precedence)",
    "INSERT OR IGNORE INTO precedence(lot, older) SELECT b.id, a.id FROM lot a JOIN lot b ON b.id > a.id"
    " WHERE b.id <> (SELECT max(id) - 1 FROM lot)",
    "DELETE FROM movement_key; DELETE FROM precedence",
};

static void what_waits_for_what_is_made_anew(void **state)
{
    submit(1, 3);
    pass(0); /* one that is done, of the same workers */
    fake_portal_fault(&world->fake, FAKE_LOGIN, (struct fake_fault){.reason = REASON_CONNECT});
    world->fake.keeps_fault[FAKE_LOGIN] = true;
    int64_t older = held(1, 1), second = held(1201, 1), large = submit(1, 1300), small = submit(1250, 1);
    int64_t ahead = submit(1, 2), other = submit(5000, 2);
    let_go_ahead(ahead);
    _cleanup_free_ char *before = dump();
    reindex();
    assert_int_equal(last.repaired, 0);
    assert_dump(before);
    for (size_t i = 0; i < ELEMENTSOF(order_damages); i++) {
        damage(order_damages[i]);
        world_die_and_start();
        _cleanup_free_ char *damaged = dump();
        assert_string_not_equal(before, damaged);
        reindex();
        assert_true(last.repaired > 0);
        assert_non_null(strstr(entries, "precedence"));
        assert_dump(before);
        reindex();
        assert_int_equal(last.repaired, 0);
    }
    assert_int_equal(store_lot_waits(world->store, ahead, NULL), 0);
    MUST(store_audit_verify(world->store, err));
    /* … and it is heeded, by those that were said to go at once, and to wait, when the engine began. */
    damage(order_damages[0]);
    world_die_and_start();
    reindex();
    world->fake.keeps_fault[FAKE_LOGIN] = world->fake.has_fault[FAKE_LOGIN] = false;
    pass(US_PER_DAY);
    assert_state(ahead, LOT_STATE_ACCEPTED);
    assert_state(other, LOT_STATE_ACCEPTED);
    assert_state(large, LOT_STATE_QUEUED);
    assert_state(small, LOT_STATE_QUEUED);
    MUST(engine_release(world->engine, older, "uid 1", err));
    pass(US_PER_HOUR);
    assert_state(large, LOT_STATE_QUEUED);
    damage("INSERT INTO precedence(lot, older) SELECT id, 1 FROM lot WHERE state = 0");
    reindex();
    MUST(engine_release(world->engine, second, "uid 1", err));
    pass(US_PER_HOUR);
    assert_state(large, LOT_STATE_ACCEPTED);
    assert_state(small, LOT_STATE_ACCEPTED);
}

static int free_entries(void **state)
{
    free(entries);
    entries = NULL;
    return world_teardown(state);
}

#define reindex_test(name) cmocka_unit_test_setup_teardown(name, world_setup, free_entries)

int main(void)
{
    const struct CMUnitTest tests[] = {
        reindex_test(an_intact_store_is_not_changed),
        reindex_test(whatever_is_damaged_comes_out_equal),
        reindex_test(what_is_stored_wrongly_is_told_and_left),
        reindex_test(a_death_leaves_each_lot_as_it_was_or_right),
        reindex_test(it_gives_way_to_visits_and_they_to_it),
        reindex_test(what_waits_for_what_is_made_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
