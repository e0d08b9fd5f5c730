/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include "base/clock.h"
#include "client/follow.h"
#include "client/kinds.h"
#include "client/lateness.h"
#include "client/receipts.h"
#include "client/status.h"
#include "client/terminal.h"

static const struct field *field_of(const struct field *fields, const char *key)
{
    while (fields->key && !streq(fields->key, key))
        fields++;
    assert_non_null(fields->key);
    return fields;
}

static void assert_text(const json_t *row, const struct field *fields, const char *key, const char *expected)
{
    _cleanup_free_ char *text = field_text(row, field_of(fields, key));
    assert_string_equal(text, expected);
}

static void keys_are_small_with_underscores(void **state)
{
    static const char *const keys[][2] = {
        {"PortalLot", "portal_lot"}, {"first-surname", "first_surname"}, {"Id", "id"}, {"lot", "lot"}};
    for (size_t i = 0; i < ELEMENTSOF(keys); i++) {
        _cleanup_free_ char *key = field_key(keys[i][0]);
        assert_string_equal(key, keys[i][1]);
    }
}

static void a_lot_becomes_json_and_text(void **state)
{
    _cleanup_json_ json_t *row =
        json_pack("{s:i, s:s, s:s, s:b, s:i, s:I, s:i, s:[[i,s,s,s,i]], s:s}", "Id", 12, "State", "queued",
                  "Type", "baja", "Held", true, "Movements", 1234, "Created", (json_int_t)1790000000000000,
                  "Finished", 0, "Receipts", 7, "acuse", "a.pdf", "ab", 10, "FutureKey", "kept");
    _cleanup_json_ json_t *json = field_json(row, lot_kind);
    _cleanup_json_ json_t *expected =
        json_pack("{s:i, s:s, s:s, s:b, s:i, s:s, s:n, s:[{s:i, s:s, s:s, s:s, s:i}], s:s}", "id", 12,
                  "state", "queued", "type", "baja", "held", true, "movements", 1234, "created",
                  "2026-09-21T08:13:20-06:00", "finished", "receipts", "id", 7, "kind", "acuse", "name",
                  "a.pdf", "sha256", "ab", "size", 10, "future_key", "kept");
    assert_true(json_equal(json, expected));
    assert_text(row, lot_kind, "State", "queued, held");
    assert_text(row, lot_kind, "Movements", "1,234");
    assert_text(row, lot_kind, "Created", "2026-09-21 08:13");
    assert_text(row, lot_kind, "Finished", "");
}

static void what_is_not_at_imss_says_that_it_is_late_or_will_be(void **state)
{
    static const struct {
        const char *state;
        int deadline;
        int64_t not_before_us;
        bool held;
        const char *text, *advice; /* a part of it; NULL: there is none */
    } cases[] = {
        {"queued", 20200131, 0, false, "queued, late", "'idsectl retry 7' sends it at once"},
        {"queued", 20200131, 0, true, "queued, held, late", "it is held"},
        {"queued", 20200131, INT64_C(4102444800000000), false, "queued, late", "a time that somebody chose"},
        {"uncertain", 20200131, 0, false, "uncertain, late", "nothing proves"},
        {"queued", 20991130, INT64_C(4102444800000000), false, "queued, will be late",
         "not to be sent before 2099-12-31 18:00, and its last legal day is 2099-11-30"},
        {"queued", 20991231, INT64_C(4102444800000000), false, "queued", NULL}, /* on that day */
        {"uncertain", 20991130, INT64_C(4102444800000000), false, "uncertain", NULL},
        {"queued", 0, INT64_C(4102444800000000), false, "queued", NULL}, /* no day is known */
        {"received", 20200131, 0, false, "received", NULL},
        {"partial", 20200131, 0, false, "partial", NULL},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_json_ json_t *row = json_pack("{s:i, s:s, s:i, s:I, s:b}", "Id", 7, "State", cases[i].state,
                                               "Deadline", cases[i].deadline, "NotBefore",
                                               (json_int_t)cases[i].not_before_us, "Held", cases[i].held);
        _cleanup_free_ char *advice = lateness_advice(row);
        assert_text(row, lot_kind, "State", cases[i].text);
        assert_int_equal(advice != NULL, cases[i].advice != NULL);
        if (advice)
            assert_non_null(strstr(advice, cases[i].advice));
    }
}

static void details_of_the_history_are_told_in_words(void **state)
{
    static const char *const cases[][2] = {
        {"", ""},
        {"{\"text\":\"no se presentó\"}", "no se presentó"},
        {"{\"ahead\":true}", "ahead of older lots"},
        {"{\"existing\":true}", "it was submitted before"},
        {"{\"corrects\":7}", "corrects lot: 7"},
        {"{\"role\":\"operador\",\"enabled\":false}", "role: operador, enabled: no"},
        {"{\"registrations\":[\"Z9900001108\",\"Z9900002106\"]}",
         "registros patronales: Z9900001108 Z9900002106"},
        {"{\"registrations\":[]}", "registros patronales: "},
        {"{\"at\":1790000000000000,\"host\":\"uno\"}", "copied on: 2026-09-21 08:13, machine: uno"},
        {"{\"of-later\":null}", "of-later: "},
        {"no JSON", "no JSON"},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_json_ json_t *row = json_pack("{s:s}", "detail", cases[i][0]);
        assert_text(row, history_kind, "detail", cases[i][1]);
    }
}

static void what_is_not_there_is_null(void **state)
{
    _cleanup_json_ json_t *row = json_pack("{s:s, s:s, s:i, s:b, s:[], s:[[i,s,s]], s:s, s:s}", "HoldReason",
                                           "", "PortalLot", "", "Approved", 0, "Held", false, "Receipts",
                                           "WaitsFor", 3, "queued", "", "FutureText", "", "Type", "baja");
    _cleanup_json_ json_t *json = field_json(row, lot_kind);
    _cleanup_json_ json_t *expected =
        json_pack("{s:n, s:n, s:i, s:b, s:[], s:[{s:i, s:s, s:n}], s:n, s:s}", "hold_reason", "portal_lot",
                  "approved", 0, "held", false, "receipts", "waits_for", "lot", 3, "state", "queued",
                  "hold_reason", "future_text", "type", "baja");
    assert_true(json_equal(json, expected));
}

static void money_keeps_every_centavo(void **state)
{
    _cleanup_json_ json_t *row = json_pack("{s:i, s:i, s:[[s,s,s],[s,s,s]]}", "sbc", 27884, "date", 20261102,
                                           "errors", "012", "CURP", "X", "044", "Fecha", "");
    _cleanup_json_ json_t *json = field_json(row, movement_kind);
    assert_string_equal(json_string_value(json_object_get(json, "sbc")), "278.84");
    assert_string_equal(json_string_value(json_object_get(json, "date")), "2026-11-02");
    assert_text(row, movement_kind, "sbc", "278.84");
    assert_text(row, movement_kind, "errors", "012 044");
    json_object_set_new(row, "sbc", json_integer(0));
    assert_text(row, movement_kind, "sbc", "");
}

static json_t *lot(const char *name, const char *hold, const char *reason)
{
    return json_pack("{s:s, s:b, s:s, s:s}", "State", name, "Held", hold[0] != '\0', "HoldReason", hold,
                     "LastReason", reason);
}

static void a_hold_is_explained_once(void **state)
{
    _cleanup_json_ json_t *row = json_pack("{s:s, s:s}", "HoldReason", "operator", "HoldText", "ask Ana");
    assert_text(row, lot_kind, "HoldReason", "Held by an operator; release it to send it. (ask Ana)");
    json_object_set_new(row, "HoldText", json_string("Held by an operator; release it to send it."));
    assert_text(row, lot_kind, "HoldReason", "Held by an operator; release it to send it.");
    json_object_set_new(row, "HoldReason", json_string("of another version"));
    json_object_set_new(row, "HoldText", json_string("its own words"));
    assert_text(row, lot_kind, "HoldReason", "its own words");
    json_object_set_new(row, "HoldReason", json_string(""));
    json_object_set_new(row, "HoldText", json_string(""));
    assert_text(row, lot_kind, "HoldReason", "");
}

static void text_from_elsewhere_cannot_steer_the_terminal(void **state)
{
    char text[] = "a\033[2Jb\x7f\xc2\x9b"
                  "1m\tñ\n";
    assert_string_equal(terminal_harmless(text), "a?[2Jb???1m\tñ\n");
}

static void exit_statuses_are_those_of_the_manual(void **state)
{
    static const struct {
        const char *state, *hold, *reason;
        enum exit_status status;
    } cases[] = {
        {"accepted", "", "", EXIT_STATUS_OK},
        {"rejected", "", "", EXIT_STATUS_REJECTED},
        {"partial", "", "", EXIT_STATUS_REJECTED},
        {"failed", "", "", EXIT_STATUS_REJECTED},
        {"queued", "", "", EXIT_STATUS_PENDING},
        {"received", "", "", EXIT_STATUS_PENDING},
        {"sending", "", "session-lost", EXIT_STATUS_PENDING},
        {"queued", "", "connect", EXIT_STATUS_PORTAL},
        {"queued", "portal-down", "", EXIT_STATUS_PORTAL},
        {"queued", "operator", "connect", EXIT_STATUS_HELD},
        {"quarantined", "", "", EXIT_STATUS_HELD},
        {"accepted", "", "connect", EXIT_STATUS_OK},
        {"of another version", "", "", EXIT_STATUS_FAILURE},
    };
    _cleanup_json_ json_t *all = json_array();
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        json_t *row = lot(cases[i].state, cases[i].hold, cases[i].reason);
        assert_int_equal(follow_status(row), cases[i].status);
        json_array_append_new(all, row);
    }
    assert_int_equal(follow_status_of_all(all), EXIT_STATUS_PORTAL);
    json_array_clear(all);
    assert_int_equal(follow_status_of_all(all), EXIT_STATUS_OK);
}

static void exported_names_are_harmless_and_stay(void **state)
{
    _cleanup_json_ json_t *row =
        json_pack("{s:i, s:s, s:[[i,s,s,s,i],[i,s,s,s,i],[i,s,s,s,i]]}", "Id", 12, "PortalLot", "98/../7",
                  "Receipts", 3, "acuse", "", "", 0, 4, "page", "", "", 0, 9, "page", "", "", 0);
    static const struct {
        size_t index;
        const char *name, *expected;
    } cases[] = {
        {0, "Recibo.PDF", "12-987-acuse.pdf"},    {0, "no extension", "12-987-acuse"},
        {0, "x.p/../d", "12-987-acuse.d"},        {0, "x.verylongextension", "12-987-acuse.veryl"},
        {1, "first.html", "12-987-page.html"},    {0, "x.acuse", "12-987.acuse"},
        {2, "second.html", "12-987-page-9.html"},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_free_ char *name = receipt_file_name(row, cases[i].index, cases[i].name);
        assert_string_equal(name, cases[i].expected);
    }
    json_object_set_new(row, "PortalLot", json_string(""));
    _cleanup_free_ char *name = receipt_file_name(row, 0, "a.pdf");
    assert_string_equal(name, "12-acuse.pdf");
}

static size_t advice_for(bool can_send, const char *registrations, const char *certificates,
                         const char *counts)
{
    _cleanup_json_ json_t *manager = json_pack("{s:b, s:o, s:s}", "CanSend", can_send, "LotCounts",
                                               json_loads(counts, 0, NULL), "Profile", "imss");
    _cleanup_json_ json_t *rps = json_loads(registrations, 0, NULL),
                          *certs = json_loads(certificates, 0, NULL);
    _cleanup_json_ json_t *advice = status_advice(manager, rps, certs);
    return json_array_size(advice);
}

static void advice_leads_from_nothing_to_the_first_lot(void **state)
{
    assert_int_equal(advice_for(true, "[]", "[]", "{}"), 1);
    assert_int_equal(advice_for(false, "[]", "[]", "{}"), 2);
    assert_int_equal(advice_for(true, "[{\"Rp\":\"Z\",\"Certificate\":0}]", "[]", "{}"), 1);
    assert_int_equal(advice_for(true, "[{\"Rp\":\"Z\",\"Certificate\":1}]", "[{}]", "{}"), 1);
    assert_int_equal(advice_for(true, "[{\"Rp\":\"Z\",\"Certificate\":1}]", "[{}]", "{\"queued\":1}"), 0);
    assert_int_equal(
        advice_for(true, "[{\"Rp\":\"Z\",\"Certificate\":1,\"Paused\":true}]", "[{}]", "{\"queued\":1}"), 1);
}

static void certificates_are_announced_for_sixty_days(void **state)
{
    int64_t now_us = INT64_C(1790000000000000);
    _cleanup_json_ json_t *certificates =
        json_pack("[{s:I}, {s:I}, {s:I}]", "NotAfter", (json_int_t)(now_us - 1), "NotAfter",
                  (json_int_t)(now_us + 59 * US_PER_DAY), "NotAfter", (json_int_t)(now_us + 61 * US_PER_DAY));
    _cleanup_json_ json_t *expiring = status_expiring(certificates, now_us);
    assert_int_equal(json_array_size(expiring), 2);
    assert_ptr_equal(json_array_get(expiring, 1), json_array_get(certificates, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_small_with_underscores),
        cmocka_unit_test(a_lot_becomes_json_and_text),
        cmocka_unit_test(details_of_the_history_are_told_in_words),
        cmocka_unit_test(what_is_not_at_imss_says_that_it_is_late_or_will_be),
        cmocka_unit_test(what_is_not_there_is_null),
        cmocka_unit_test(money_keeps_every_centavo),
        cmocka_unit_test(a_hold_is_explained_once),
        cmocka_unit_test(text_from_elsewhere_cannot_steer_the_terminal),
        cmocka_unit_test(exit_statuses_are_those_of_the_manual),
        cmocka_unit_test(exported_names_are_harmless_and_stay),
        cmocka_unit_test(advice_leads_from_nothing_to_the_first_lot),
        cmocka_unit_test(certificates_are_announced_for_sixty_days),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
