/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "evidence/bundle.h"
#include "evidence/csv.h"
#include "evidence/movements.h"
#include "evidence/report.h"
#include "evidence/writer.h"

/* A bundle of two files, in a memory file. */
static int make(const char *text)
{
    int fd = memfd_create("bundle", MFD_CLOEXEC);
    _cleanup_(evidence_writer_cleanup) struct evidence_writer *writer = evidence_writer_new(fd, 7);
    evidence_put(writer, "records.txt", text, strlen(text));
    evidence_begin(writer, "documents/1-acuse.pdf");
    for (int i = 0; i < 3000; i++)
        evidence_add(writer, text, strlen(text));
    evidence_end(writer);
    assert_int_equal(evidence_finish(writer, NULL), 0);
    return fd;
}

static void what_is_written_is_read_again(void **state)
{
    _cleanup_(bundle_cleanup) struct bundle *bundle = NULL;
    _cleanup_err_ struct err err = ERR_INIT;
    _cleanup_buf_ struct buf text = BUF_INIT;
    size_t n;
    assert_int_equal(bundle_open(make("one line\n"), &bundle, &err), 0);
    const struct bundle_file *files = bundle_files(bundle, &n);
    assert_int_equal(n, 4);
    assert_string_equal(files[0].name, "SHA256SUMS");
    assert_string_equal(files[1].name, "documents/1-acuse.pdf");
    assert_int_equal(files[1].size, 3000 * 9);
    assert_int_equal(bundle_read(bundle, "records.txt", &text, &err), 0);
    assert_string_equal(text.data, "one line\n");
    _cleanup_free_ char *sha256 = NULL;
    assert_int_equal(bundle_hash(bundle, bundle_find(bundle, "records.txt"), &sha256, &err), 0);
    buf_reset(&text);
    assert_int_equal(bundle_read(bundle, "SHA256SUMS", &text, &err), 0);
    _cleanup_free_ char *line = xasprintf("%s  records.txt\n", sha256);
    assert_true(str_starts(text.data, line));
    assert_null(bundle_find(bundle, "report.txt"));
    assert_int_equal(bundle_read(bundle, "report.txt", &text, &err), -ERR_INVALID_FILE);
}

static void the_same_files_make_the_same_bytes(void **state)
{
    _cleanup_close_ int a = make("one\n"), b = make("one\n");
    static char one[65536], other[65536];
    ssize_t n = pread(a, one, sizeof(one), 0);
    assert_true(n > 100 && n < (ssize_t)sizeof(one));
    assert_int_equal(pread(b, other, sizeof(other), 0), n);
    assert_memory_equal(one, other, n);
}

static void a_bundle_that_cannot_be_written_says_so(void **state)
{
    _cleanup_close_ int fd = open("/dev/full", O_RDWR | O_CLOEXEC);
    _cleanup_err_ struct err err = ERR_INIT;
    struct evidence_writer *writer = evidence_writer_new(fd, 7);
    _cleanup_free_ char *much = xcalloc(1, 1 << 22);
    random_bytes(much, 1 << 22); /* which cannot be packed */
    evidence_put(writer, "records.txt", much, 1 << 22);
    assert_int_equal(evidence_finish(writer, &err), -ERR_IO);
    evidence_writer_free(writer);
}

/* Bytes of it changed or missing: refused, or read with an error, never a crash. */
static void what_is_damaged_is_refused(void **state)
{
    static char bytes[65536];
    _cleanup_close_ int whole = make("a line that is to be damaged\n");
    ssize_t n = pread(whole, bytes, sizeof(bytes), 0);
    for (ssize_t at = 0; at < n; at += 3) {
        int fd = memfd_create("damaged", MFD_CLOEXEC);
        struct bundle *bundle = NULL;
        bytes[at] ^= 0x55;
        assert_int_equal(write(fd, bytes, (size_t)n), n);
        bytes[at] ^= 0x55;
        if (bundle_open(fd, &bundle, NULL) >= 0) {
            size_t count;
            const struct bundle_file *files = bundle_files(bundle, &count);
            for (size_t i = 0; i < count; i++) {
                char *sha256 = NULL;
                bundle_hash(bundle, &files[i], &sha256, NULL);
                free(sha256);
            }
        }
        bundle_close(bundle);
    }
    for (ssize_t size = 0; size < n; size++) {
        int fd = memfd_create("cut", MFD_CLOEXEC);
        struct bundle *bundle = NULL;
        assert_int_equal(write(fd, bytes, (size_t)size), size);
        assert_int_equal(bundle_open(fd, &bundle, NULL), -ERR_INVALID_FILE);
    }
}

static void something_else_is_no_bundle(void **state)
{
    struct bundle *bundle = NULL;
    _cleanup_err_ struct err err = ERR_INIT;
    assert_int_equal(bundle_open(open("/dev/null", O_RDONLY | O_CLOEXEC), &bundle, &err), -ERR_INVALID_FILE);
}

/* ---- movements.json ---- */

static void movements_come_line_by_line(void **state)
{
    static const struct {
        const char *text;
        int n; /* negative: refused behind so many */
    } cases[] = {
        {"[\n{\"a\":1}\n]\n", 1},
        {"[\n{\"a\":1},\n{}\n]\n", 2},
        {"[\n]\n", 0},
        {"", -1},
        {"[{}]", -1},
        {"[\n{}\n]", -2},
        {"[\n{},\n]\n", -1},
        {"[\n{}\n{}\n]\n", -1},
        {"[\n{},\n{}\n]\nmore\n", -3},
        {"[\n[]\n]\n", -1},
        {"[\n{\n]\n", -1},
        {"{}\n", -1},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        struct buf text = BUF_INIT;
        json_t *movement;
        int n = 0, r;
        buf_add_str(&text, cases[i].text);
        struct movements_reader reader = movements_reader(&text);
        for (; (r = movements_next(&reader, &movement, NULL)) > 0; n++)
            json_decref(movement);
        assert_int_equal(r < 0 ? -n - 1 : n, cases[i].n);
        buf_free(&text);
    }
}

/* ---- what people read ---- */

static const char awkward[] =
    "{\"position\": 1, \"nss\": \"10907000011\", \"names\": \"A \\\"B\\\", C\", \"type\": \"baja\", "
    "\"state\": \"rejected\","
    " \"first_surname\": \"<b>&\\u001b[2J\\u009b\", \"errors\": [{\"code\": \"051\", \"text\": \"x, "
    "\\\"y\\\"\","
    " \"imss_value\": \"1\"}, {\"code\": \"022\", \"text\": \"z\", \"imss_value\": null}]}";

static void a_row_of_the_table_is_quoted(void **state)
{
    json_t *movement = json_loads(awkward, 0, NULL);
    _cleanup_buf_ struct buf row = BUF_INIT;
    evidence_csv_row(&row, movement);
    assert_non_null(strstr(row.data, "\"A \"\"B\"\", C\""));
    assert_non_null(strstr(row.data, "\"051 x, \"\"y\"\" [1] | 022 z\"\r\n"));
    json_decref(movement);
}

static void add_to(void *data, const void *bytes, size_t n)
{
    buf_add(data, bytes, n);
}

static void an_account_lets_nothing_through(void **state)
{
    json_t *movement = json_loads(awkward, 0, NULL);
    json_t *lot = json_pack("{s{sisss[]}}", "lot", "id", 7, "state", "partial", "x");
    json_t *history = json_object();
    for (int format = REPORT_TEXT; format <= REPORT_HTML; format++) {
        _cleanup_buf_ struct buf text = BUF_INIT;
        struct report *report = report_begin((enum report_format)format, lot, add_to, &text);
        report_movement(report, movement);
        report_end(report, history);
        assert_null(strchr(text.data, '\x1b'));
        assert_null(strstr(text.data, "\xC2\x9B"));
        assert_non_null(strstr(text.data, "022 z"));
        if (format == REPORT_HTML)
            assert_non_null(strstr(text.data, "&lt;b&gt;&amp;"));
    }
    json_decref(history);
    json_decref(lot);
    json_decref(movement);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(the_same_files_make_the_same_bytes),
        cmocka_unit_test(a_bundle_that_cannot_be_written_says_so),
        cmocka_unit_test(what_is_damaged_is_refused),
        cmocka_unit_test(something_else_is_no_bundle),
        cmocka_unit_test(movements_come_line_by_line),
        cmocka_unit_test(a_row_of_the_table_is_quoted),
        cmocka_unit_test(an_account_lets_nothing_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
