/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include "daemon/approval.h"

static void two_people_are_told_apart_only_where_nothing_speaks_for_one(void **state)
{
    static const struct {
        const char *submitter, *approver;
        bool another;
    } cases[] = {
        {"uid 1000", "uid 1000", false},
        {"uid 1000", "uid 1001", true},
        {"uid 100", "uid 1000", true},
        {"uid 1000", "uid 0", true},
        /* a shell and a session of one uid may be one person */
        {"uid 0", "uid 0 ana@example.mx", false},
        {"uid 0 ana@example.mx", "uid 0", false},
        {"uid 0 ana@example.mx", "uid 0 ana@example.mx", false},
        {"uid 0 ana@example.mx", "uid 0 beto@example.mx", true},
        /* the same user is the same person, whatever account it comes from */
        {"uid 1000 ana@example.mx", "uid 1001 ana@example.mx", false},
        {"uid 1000 ana@example.mx", "uid 1001 beto@example.mx", true},
        {"uid 1000 ana@example.mx", "uid 1001", true},
        {"uid 1000", "uid 1001 ana@example.mx", true},
        /* from before there were identities: whoever it was */
        {"", "uid 1000", true},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++)
        assert_int_equal(approval_is_by_another(cases[i].submitter, cases[i].approver), cases[i].another);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_people_are_told_apart_only_where_nothing_speaks_for_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
