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

/* Each interface, and what reading its properties needs. */
static const struct {
    const struct bus_interface *interface;
    const char *read_action;
} interfaces[] = {
    {&manager_interface, ACTION_READ},       {&lot_interface, ACTION_SUBMIT},
    {&certificate_interface, ACTION_SUBMIT}, {&registration_interface, ACTION_READ},
    {&user_interface, ACTION_USERS},
};

static void every_interface_is_as_its_document_says(void **state)
{
    for (size_t i = 0; i < ELEMENTSOF(interfaces); i++)
        check(interfaces[i].interface);
}

/* Of the Manager: what somebody does who is nobody yet. */
static bool is_for_everybody(const char *method)
{
    static const char *const names[] = {"Register", "LegalTexts",     "Login",           "UseSession",
                                        "Logout",   "ChangePassword", "RecoverPassword", "ResetPassword"};
    for (size_t i = 0; i < ELEMENTSOF(names); i++)
        if (streq(names[i], method))
            return true;
    return false;
}

static void whatever_changes_something_needs_more_than_reading(void **state)
{
    for (size_t i = 0; i < ELEMENTSOF(interfaces); i++) {
        assert_string_equal(interfaces[i].interface->read_action, interfaces[i].read_action);
        for (const struct bus_method *method = interfaces[i].interface->methods; method->name; method++) {
            size_t len = strlen(method->in);
            bool changes = len >= 5 && streq(method->in + len - 5, "a{sv}");
            assert_int_equal(!method->action, i == 0 && is_for_everybody(method->name));
            if (method->action && changes)
                assert_string_not_equal(method->action, ACTION_READ);
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
