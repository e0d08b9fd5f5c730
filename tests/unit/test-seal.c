/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "vault/seal.h"

struct fixture {
    char dir[64], key_path[96], other_path[96];
    struct seal *seal;
};

static int set_up(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    snprintf(f->dir, sizeof(f->dir), "/tmp/idsed-seal-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->key_path, sizeof(f->key_path), "%s/idsed.key", f->dir);
    snprintf(f->other_path, sizeof(f->other_path), "%s/other", f->dir);
    assert_int_equal(seal_make_key(f->key_path, NULL), 0);
    assert_int_equal(seal_open_key(f->key_path, &f->seal, NULL), 0);
    unsetenv("CREDENTIALS_DIRECTORY");
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    seal_free(f->seal);
    unlink(f->key_path);
    unlink(f->other_path);
    assert_int_equal(rmdir(f->dir), 0); /* and so nothing else was left in it */
    free(f);
    return 0;
}

static void what_is_sealed_opens_again(void **state)
{
    struct fixture *f = *state;
    static const size_t sizes[] = {0, 1, 15, 16, 17, 5000};
    char plain[5000];
    random_bytes(plain, sizeof(plain));
    for (size_t i = 0; i < ELEMENTSOF(sizes); i++) {
        _cleanup_buf_ struct buf sealed = BUF_INIT, opened = BUF_INIT;
        assert_int_equal(seal_close(f->seal, "certificate/7", plain, sizes[i], &sealed, NULL), 0);
        assert_int_equal(sealed.len, sizes[i] + SEAL_OVERHEAD);
        assert_int_equal(seal_open(f->seal, "certificate/7", sealed.data, sealed.len, &opened, NULL), 0);
        assert_int_equal(opened.len, sizes[i]);
        assert_memory_equal(opened.data, plain, sizes[i]);
    }
}

static void sealing_twice_never_gives_the_same_bytes(void **state)
{
    struct fixture *f = *state;
    _cleanup_buf_ struct buf a = BUF_INIT, b = BUF_INIT;
    assert_int_equal(seal_close(f->seal, "r", "secret", 6, &a, NULL), 0);
    assert_int_equal(seal_close(f->seal, "r", "secret", 6, &b, NULL), 0);
    assert_memory_not_equal(a.data + 1, b.data + 1, 12);
    assert_memory_not_equal(a.data + 13, b.data + 13, 6);
    assert_null(memmem(a.data, a.len, "secret", 6));
}

static void refuses(const struct seal *seal, const char *record, const void *sealed, size_t n)
{
    _cleanup_err_ struct err err = ERR_INIT;
    _cleanup_buf_ struct buf opened = BUF_INIT;
    buf_add_str(&opened, "before");
    assert_int_equal(seal_open(seal, record, sealed, n, &opened, &err), -ERR_SEAL_BROKEN);
    assert_non_null(strstr(err_text(&err), record));
    assert_int_equal(opened.len, strlen("before"));
    assert_null(memmem(opened.data, opened.cap, "secret", 6));
}

static void no_changed_bit_opens(void **state)
{
    struct fixture *f = *state;
    _cleanup_buf_ struct buf sealed = BUF_INIT;
    assert_int_equal(seal_close(f->seal, "certificate/7", "the secret of it", 16, &sealed, NULL), 0);
    for (size_t i = 0; i < sealed.len; i++)
        for (int bit = 0; bit < 8; bit++) {
            sealed.data[i] ^= (char)(1 << bit);
            refuses(f->seal, "certificate/7", sealed.data, sealed.len);
            sealed.data[i] ^= (char)(1 << bit);
        }
    for (size_t n = 0; n < sealed.len; n++) {
        _cleanup_free_ char *cut = xmemdup(sealed.data, n);
        refuses(f->seal, "certificate/7", cut, n);
    }
    buf_add_char(&sealed, 'x');
    refuses(f->seal, "certificate/7", sealed.data, sealed.len);
}

static void a_moved_record_does_not_open(void **state)
{
    struct fixture *f = *state;
    _cleanup_buf_ struct buf sealed = BUF_INIT;
    assert_int_equal(seal_close(f->seal, "certificate/7", "the secret of it", 16, &sealed, NULL), 0);
    refuses(f->seal, "certificate/8", sealed.data, sealed.len);
    refuses(f->seal, "certificate/", sealed.data, sealed.len);
    refuses(f->seal, "", sealed.data, sealed.len);
}

static void another_key_does_not_open(void **state)
{
    struct fixture *f = *state;
    _cleanup_buf_ struct buf sealed = BUF_INIT;
    assert_int_equal(seal_close(f->seal, "certificate/7", "the secret of it", 16, &sealed, NULL), 0);
    assert_int_equal(seal_make_key(f->other_path, NULL), 0);
    _cleanup_(seal_cleanup) struct seal *other = NULL;
    assert_int_equal(seal_open_key(f->other_path, &other, NULL), 0);
    refuses(other, "certificate/7", sealed.data, sealed.len);
}

static void a_key_is_made_once_and_for_its_owner_only(void **state)
{
    struct fixture *f = *state;
    _cleanup_buf_ struct buf before = BUF_INIT, after = BUF_INIT;
    struct stat st;
    assert_int_equal(file_read(f->key_path, 100, &before, NULL), 0);
    assert_int_equal(seal_make_key(f->key_path, NULL), -ERR_IO);
    assert_int_equal(file_read(f->key_path, 100, &after, NULL), 0);
    assert_int_equal(before.len, SEAL_KEY_SIZE);
    assert_memory_equal(before.data, after.data, SEAL_KEY_SIZE);
    assert_int_equal(stat(f->key_path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
}

static void a_key_of_another_size_is_refused(void **state)
{
    struct fixture *f = *state;
    static const size_t sizes[] = {0, SEAL_KEY_SIZE - 1, SEAL_KEY_SIZE + 1};
    const char bytes[SEAL_KEY_SIZE + 1] = {0};
    struct seal *seal = NULL;
    for (size_t i = 0; i < ELEMENTSOF(sizes); i++) {
        assert_int_equal(file_replace(f->other_path, 0600, bytes, sizes[i], NULL), 0);
        _cleanup_err_ struct err err = ERR_INIT;
        assert_int_equal(seal_open_key(f->other_path, &seal, &err), -ERR_CONFIG);
        assert_non_null(strstr(err_text(&err), "exactly 32 bytes"));
    }
    assert_null(seal);
}

static void a_missing_key_and_what_is_no_file_are_refused(void **state)
{
    struct fixture *f = *state;
    struct seal *seal = NULL;
    assert_int_equal(seal_open_key(f->other_path, &seal, NULL), -ERR_IO);
    assert_int_equal(seal_open_key(f->dir, &seal, NULL), -ERR_CONFIG);
    assert_int_equal(mkfifo(f->other_path, 0600), 0);
    assert_int_equal(seal_open_key(f->other_path, &seal, NULL), -ERR_CONFIG);
    assert_null(seal);
}

static void a_key_that_others_can_read_is_refused_unless_it_is_a_service_credential(void **state)
{
    struct fixture *f = *state;
    static const mode_t wide[] = {0640, 0604, 0610, 0700, 0660};
    for (size_t i = 0; i < ELEMENTSOF(wide); i++) {
        _cleanup_err_ struct err err = ERR_INIT;
        struct seal *none = NULL;
        assert_int_equal(chmod(f->key_path, wide[i]), 0);
        assert_int_equal(seal_open_key(f->key_path, &none, &err), -ERR_CONFIG);
        assert_non_null(strstr(err_text(&err), "chmod 0600"));
    }
    struct seal *seal = NULL;
    setenv("CREDENTIALS_DIRECTORY", "/tmp/idsed-seal", 1); /* a name that the folder's begins with */
    assert_int_equal(seal_open_key(f->key_path, &seal, NULL), -ERR_CONFIG);
    setenv("CREDENTIALS_DIRECTORY", f->dir, 1);
    assert_int_equal(seal_open_key(f->key_path, &seal, NULL), 0);
    seal_free(seal);
    unsetenv("CREDENTIALS_DIRECTORY");
    assert_int_equal(chmod(f->key_path, 0400), 0);
    assert_int_equal(seal_open_key(f->key_path, &seal, NULL), 0);
    seal_free(seal);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_sealed_opens_again),
        TEST(sealing_twice_never_gives_the_same_bytes),
        TEST(no_changed_bit_opens),
        TEST(a_moved_record_does_not_open),
        TEST(another_key_does_not_open),
        TEST(a_key_is_made_once_and_for_its_owner_only),
        TEST(a_key_of_another_size_is_refused),
        TEST(a_missing_key_and_what_is_no_file_are_refused),
        TEST(a_key_that_others_can_read_is_refused_unless_it_is_a_service_credential),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
