/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include "daemon/iface.h"
#include "tests/contract/contract.h"

/* What the daemon serves is what dbus/ promises. The folder is in IDSED_DBUS. */

static void check(const struct bus_interface *interface)
{
    _cleanup_free_ char *path = xasprintf("%s/%s.xml", getenv("IDSED_DBUS"), interface->name);
    _cleanup_buf_ struct buf report = BUF_INIT;
    if (bus_contract_check(path, interface, &report) != 0)
        fail_msg("%s:\n%s", path, report.data);
}

static void every_interface_is_as_its_document_says(void **state)
{
    check(&manager_interface);
    check(&lot_interface);
    check(&certificate_interface);
    check(&registration_interface);
}

static void whatever_changes_something_needs_more_than_reading(void **state)
{
    static const struct bus_interface *const interfaces[] = {
        &manager_interface,
        &lot_interface,
        &certificate_interface,
        &registration_interface,
    };
    for (size_t i = 0; i < ELEMENTSOF(interfaces); i++) {
        assert_string_equal(interfaces[i]->read_action, ACTION_READ);
        for (const struct bus_method *method = interfaces[i]->methods; method->name; method++) {
            size_t len = strlen(method->in);
            bool changes = len >= 5 && streq(method->in + len - 5, "a{sv}");
            assert_non_null(method->action);
            assert_int_equal(changes, !streq(method->action, ACTION_READ));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_interface_is_as_its_document_says),
        cmocka_unit_test(whatever_changes_something_needs_more_than_reading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
