/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support.h"

#include "base/file.h"
#include "daemon/input.h"

static void expect(int fd, size_t max, enum err_code code)
{
    _cleanup_err_ struct err err = ERR_INIT;
    struct input input = {.fd = fd};
    int r = input_check(&input, max, &err);
    assert_int_equal(r < 0 ? err.code : ERR_NONE, code);
    input_close(&input);
}

static int memory(const char *text)
{
    int fd = memfd_create("input", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    return fd;
}

static void what_is_no_file_is_refused(void **state)
{
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    close(ends[1]);
    expect(ends[0], 100, ERR_INVALID_FILE);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    close(ends[1]);
    expect(ends[0], 100, ERR_INVALID_FILE);
    expect(open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC), 100, ERR_INVALID_FILE);
    expect(open("/dev/zero", O_RDONLY | O_CLOEXEC), 100, ERR_INVALID_FILE);
    expect(open("/proc/self/status", O_RDONLY | O_CLOEXEC), 100, ERR_INVALID_FILE);
    expect(open("/proc/self/exe", O_PATH | O_CLOEXEC), 1 << 30, ERR_INVALID_FILE);
    expect(-1, 100, ERR_INVALID_FILE);
}

static void size_is_judged_before_anything_is_read(void **state)
{
    expect(memory(""), 100, ERR_INVALID_FILE);
    expect(memory("0123456789"), 9, ERR_TOO_LARGE);
    expect(memory("0123456789"), 10, ERR_NONE);
    int huge = memory("x");
    assert_int_equal(ftruncate(huge, INT64_C(1) << 40), 0);
    expect(huge, 64 << 20, ERR_TOO_LARGE);
}

static void reading_does_not_depend_on_the_position(void **state)
{
    _cleanup_buf_ struct buf buf = BUF_INIT;
    struct input input = {.fd = memory("whole")};
    assert_int_equal(lseek(input.fd, 0, SEEK_CUR), 5);
    assert_int_equal(input_check(&input, 100, NULL), 0);
    assert_false(input.sealed);
    assert_int_equal(input_read(&input, &buf, NULL), 0);
    assert_string_equal(buf.data, "whole");
    assert_int_equal(lseek(input.fd, 0, SEEK_CUR), 5);
    input_close(&input);
    assert_int_equal(input.fd, -1);
}

static void a_sealed_file_is_known_as_such(void **state)
{
    struct input input = {.fd = file_sealed_memory("input", "x", 1, NULL)};
    assert_int_equal(input_check(&input, 100, NULL), 0);
    assert_true(input.sealed);
    input_close(&input);
}

static void a_file_that_shrinks_meanwhile_is_refused(void **state)
{
    _cleanup_err_ struct err err = ERR_INIT;
    _cleanup_buf_ struct buf buf = BUF_INIT;
    struct input input = {.fd = memory("0123456789")};
    assert_int_equal(input_check(&input, 100, NULL), 0);
    assert_int_equal(ftruncate(input.fd, 4), 0);
    assert_true(input_read(&input, &buf, &err) < 0);
    assert_int_equal(err.code, ERR_INVALID_FILE);
    assert_int_equal(buf.len, 0);
    input_close(&input);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_file_is_refused),
        cmocka_unit_test(size_is_judged_before_anything_is_read),
        cmocka_unit_test(reading_does_not_depend_on_the_position),
        cmocka_unit_test(a_sealed_file_is_known_as_such),
        cmocka_unit_test(a_file_that_shrinks_meanwhile_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
