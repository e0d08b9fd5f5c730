/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include "tests/contract/contract.h"

/* The contract check itself: it accepts what is equal, and finds each kind of difference from either side. */

static void handler(struct bus_call *call, void *object)
{
}

static const struct bus_interface table = {
    .name = "mx.test",
    .methods =
        (const struct bus_method[]){{"Put", "ha{sv}", "t", "file options id", "mx.test.put", handler}, {0}},
    .properties = (const struct bus_property[]){{"Id", "t", BUS_EMITS_CONST}, {"State", "s"}, {0}},
    .signals = (const struct bus_signal[]){{"Gone", "o", "object"}, {0}},
};

static const char document[] =
    "<node><interface name='mx.other'/><interface name='mx.test'>"
    "<method name='Put'><annotation name='mx.idsed1.Action' value='mx.test.put'/>"
    "<arg name='file' type='h' direction='in'/><arg name='options' type='a{sv}' direction='in'/>"
    "<arg name='id' type='t' direction='out'/></method>"
    "<signal name='Gone'><arg name='object' type='o'/></signal>"
    "<property name='State' type='s' access='read'/>"
    "<property name='Id' type='t' access='read'>"
    "<annotation name='org.freedesktop.DBus.Property.EmitsChangedSignal' value='const'/></property>"
    "</interface></node>";

static void equal_tables_have_no_difference(void **state)
{
    _cleanup_buf_ struct buf report = BUF_INIT;
    assert_int_equal(bus_contract_check_text(document, &table, &report), 0);
    assert_int_equal(report.len, 0);
}

static void every_kind_of_difference_is_found(void **state)
{
    static const struct {
        const char *from, *to;
        size_t differences;
    } cases[] = {
        {"<method name='Put'>", "<method name='Putt'>", 8}, /* action and three arguments, on both sides */
        {"value='mx.test.put'", "value='mx.test.get'", 2},
        {"name='file' type='h'", "name='file' type='s'", 2},
        {"name='id' type='t' direction='out'", "name='id' type='t' direction='in'", 2},
        {"<arg name='object'", "<arg name='thing'", 2},
        {"<signal name='Gone'>", "<signal name='Went'>", 4},
        {"type='s' access='read'", "type='s' access='readwrite'", 2},
        {"value='const'", "value='false'", 2},
        {"<property name='State' type='s' access='read'/>", "", 1},
        {"</interface></node>", "<property name='New' type='s' access='read'/></interface></node>", 1},
        {"<interface name='mx.test'>", "<interface name='mx.best'>", 1},
        {"</node>", "", 1}, /* not well-formed */
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_buf_ struct buf changed = BUF_INIT, report = BUF_INIT;
        const char *at = strstr(document, cases[i].from);
        assert_non_null(at);
        buf_add(&changed, document, (size_t)(at - document));
        buf_add_str(&changed, cases[i].to);
        buf_add_str(&changed, at + strlen(cases[i].from));
        assert_int_equal(bus_contract_check_text(changed.data, &table, &report), cases[i].differences);
        assert_true(report.len > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_tables_have_no_difference),
        cmocka_unit_test(every_kind_of_difference_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
