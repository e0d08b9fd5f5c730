/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "daemon/home.h"

static const struct home here = {.machine = "0123456789abcdef0123456789abcdef",
                                 .product = "fedcba9876543210fedcba9876543210",
                                 .inode = 4711};

static void a_place_is_known_again(void **state)
{
    _cleanup_free_ char *text = home_text(&here);
    assert_false(home_is_other(text, &here));
}

static void another_machine_clone_or_file_is_another_place(void **state)
{
    _cleanup_free_ char *text = home_text(&here);
    struct home machine = here, clone = here, file = here;
    machine.machine[0] = 'f';
    clone.product[0] = '0';
    file.inode++;
    assert_true(home_is_other(text, &machine));
    assert_true(home_is_other(text, &clone));
    assert_true(home_is_other(text, &file));
}

static void what_is_not_known_is_no_difference_and_is_not_forgotten(void **state)
{
    _cleanup_free_ char *text = home_text(&here);
    struct home less = here;
    strcpy(less.product, "-");
    assert_false(home_is_other(text, &less));
    home_complete(&less, text);
    assert_string_equal(less.product, here.product);
    strcpy(less.machine, "-");
    _cleanup_free_ char *before = home_text(&less);
    assert_false(home_is_other(before, &here));
}

static void what_cannot_be_read_is_another_place(void **state)
{
    assert_true(home_is_other("", &here));
    assert_true(home_is_other("here", &here));
}

static void a_file_moved_on_its_file_system_is_the_same_and_a_copy_is_not(void **state)
{
    char folder[] = "/tmp/test-home-XXXXXX";
    assert_non_null(mkdtemp(folder));
    _cleanup_free_ char *path = xasprintf("%s/a", folder), *moved = xasprintf("%s/b", folder);
    struct home first, second;
    close(open(path, O_CREAT | O_WRONLY, 0600));
    home_look(path, &first);
    _cleanup_free_ char *text = home_text(&first);
    assert_int_equal(rename(path, moved), 0);
    home_look(moved, &second);
    assert_false(home_is_other(text, &second));
    close(open(path, O_CREAT | O_WRONLY, 0600));
    home_look(path, &second);
    assert_true(home_is_other(text, &second));
    unlink(path);
    unlink(moved);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_place_is_known_again),
        cmocka_unit_test(another_machine_clone_or_file_is_another_place),
        cmocka_unit_test(what_is_not_known_is_no_difference_and_is_not_forgotten),
        cmocka_unit_test(what_cannot_be_read_is_another_place),
        cmocka_unit_test(a_file_moved_on_its_file_system_is_the_same_and_a_copy_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
