/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The practice portal's parts that are easier held one by one than through its pages. */
#include "tests/support.h"

#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "sim/calendar.h"
#include "sim/fault.h"
#include "sim/form.h"
#include "sim/jsonl.h"
#include "sim/rules.h"
#include "sim/session.h"

/* ---- calendar ---- */

static void a_date_must_exist(void **state)
{
    assert_int_equal(calendar_date("29022024"), 20240229);
    assert_int_equal(calendar_date("29022026"), 0);
    assert_int_equal(calendar_date("00012026"), 0);
    assert_int_equal(calendar_date("1501202X"), 0);
    assert_int_equal(calendar_add(20251231, 1), 20260101);
}

static void working_days_leave_out_weekends_and_holidays(void **state)
{
    assert_int_equal(calendar_add_working(20260921, 5), 20260928); /* the example of domain 5.1 */
    assert_int_equal(calendar_add_working(20260130, 1), 20260203); /* first Monday of February */
    assert_int_equal(calendar_add_working(20261113, 1), 20261117); /* third Monday of November */
    assert_int_equal(calendar_add_working(20300930, 1), 20301002); /* change of the federal executive */
    assert_int_equal(calendar_add_working(20291001, 1), 20291002); /* but not a year before */
}

/* ---- rules ---- */

static const char *const alta =
    "Z990000110899028500017PEREZ                      X                          JUAN                       "
    "045050      10002112026001  0806400EMP0001    PEXJ850101HDFRXN069";
static const char *const control = "*************                                           000001"
                                   "                                                                       "
                                   "06400                             9";

/* Judges one movement, made from `alta` by putting `value` at the 1-based column; its codes joined by blanks. */
static char *codes(struct history *history, int32_t received, const char *kind, int column, const char *value)
{
    char record[RECORD_WIDTH + 1];
    strcpy(record, alta);
    memcpy(record + 131, kind, 2);
    if (column > 0)
        memcpy(record + column - 1, value, strlen(value));
    _cleanup_free_ char *file = xasprintf("%s\r\n%s\r\n", record, control);
    struct record_list list;
    assert_null(record_list_read(file, strlen(file), &list));
    struct result result;
    history_judge(history, &list, received, &result);
    char *text = xstrdup("");
    for (size_t i = 0; i < result.n; i++)
        replace_str(&text, xasprintf("%s%s%s", text, i ? " " : "", cause_code(result.rejections[i].cause)));
    result_free(&result);
    record_list_free(&list);
    return text;
}

#define assert_codes(history, received, kind, column, value, expected)                                       \
    do {                                                                                                     \
        _cleanup_free_ char *_codes = codes(history, received, kind, column, value);                         \
        assert_string_equal(_codes, expected);                                                               \
    } while (0)

static void status_follows_what_was_operated(void **state)
{
    _cleanup_(history_cleanup) struct history *history = history_new(0);
    assert_codes(history, 20261103, "08", 0, "", "");
    assert_codes(history, 20261103, "08", 0, "", "061");
    assert_codes(history, 20261104, "08", 119, "03112026", "021");
    assert_codes(history, 20261104, "07", 119, "01112026", "023");
    assert_codes(history, 20261104, "07", 119, "04112026", "");
    assert_codes(history, 20261105, "02", 149, "2", "");
    assert_codes(history, 20261105, "07", 119, "05112026", "022");
}

static void dates_have_bounds(void **state)
{
    _cleanup_(history_cleanup) struct history *history = history_new(0);
    assert_codes(history, 20261030, "08", 119, "04112026", "042"); /* Friday: Monday yes, Wednesday no */
    assert_codes(history, 20261103, "07", 119, "04112026", "042");
    assert_codes(history, 20261103, "08", 119, "02112021", "043");
    assert_codes(history, 20261103, "08", 119, "31022026", "041");
    assert_codes(history, 20261030, "08", 119, "02112026", "");
}

static void salaries_have_the_limits_of_their_date(void **state)
{
    _cleanup_(history_cleanup) struct history *history = history_new(0);
    assert_codes(history, 20261103, "07", 104, "293276", "051");
    assert_codes(history, 20261103, "07", 104, "031503", "052");
    /* In January last year's UMA still rules: 25 * 113.14. */
    assert_codes(history, 20260115, "07", 104, "282851      10015012026", "051");
    assert_codes(history, 20260115, "07", 104, "282850      10015012026", "");
    assert_codes(history, 20261103, "07", 104, "031503      1060211", ""); /* jornada reducida */
}

static void one_curp_belongs_to_an_nss(void **state)
{
    _cleanup_(history_cleanup) struct history *history = history_new(0);
    assert_codes(history, 20261103, "08", 0, "", "");
    assert_codes(history, 20261104, "07", 150, "XEXX010101HNEXXXA4", "031");
    assert_codes(history, 20261104, "07", 150, "                  ", "");
}

static void catalogues_and_check_digits_are_judged(void **state)
{
    _cleanup_(history_cleanup) struct history *history = history_new(0);
    assert_codes(history, 20261103, "08", 116, "5", "012");
    assert_codes(history, 20261103, "02", 149, "B", "012");
    assert_codes(history, 20261103, "08", 22, "8", "011");
}

/* Which of 400 unseen workers are refused under a seed, as a bit each. */
static void surprises(uint64_t seed, bool ret[400])
{
    _cleanup_(history_cleanup) struct history *history = history_new(seed);
    for (int i = 0; i < 400; i++) {
        char rp[12];
        snprintf(rp, sizeof rp, "Z99%08d", i);
        _cleanup_free_ char *found = codes(history, 20261103, "02", 1, rp);
        ret[i] = strstr(found, "022") != NULL;
    }
}

static void a_seed_decides_about_surprises_and_always_alike(void **state)
{
    bool none[400], one[400], again[400], other[400];
    size_t n = 0;
    surprises(0, none);
    surprises(1, one);
    surprises(1, again);
    surprises(2, other);
    for (int i = 0; i < 400; i++) {
        assert_false(none[i]);
        n += one[i];
    }
    assert_in_range(n, 5, 60);
    assert_memory_equal(one, again, sizeof one);
    assert_memory_not_equal(one, other, sizeof one);
}

/* ---- forms ---- */

static void urlencoded_fields_are_decoded(void **state)
{
    struct form form = {0};
    const char *body = "a=1%2B1+2&b=&c&d=%zz%4&=x";
    form_read_urlencoded(&form, body, strlen(body));
    assert_string_equal(form_text(&form, "a"), "1+1 2");
    assert_string_equal(form_text(&form, "b"), "");
    assert_string_equal(form_text(&form, "d"), "%zz%4");
    assert_non_null(form_get(&form, "c"));
    assert_null(form_get(&form, "x"));
    form_free(&form);
}

static void multipart_parts_keep_their_bytes(void **state)
{
    static const char body[] =
        "--XY\r\nContent-Disposition: form-data; name=\"f\"; filename=\"name\"\r\n\r\n"
        "\0\r\n--X\xff\r\n--XY\r\ncontent-disposition: form-data; name=\"g\"\r\n\r\n\r\n--XY--\r\n";
    struct form form = {0};
    assert_true(form_read_multipart(&form, "multipart/form-data; boundary=\"XY\"", body, sizeof body - 1));
    assert_int_equal(form_get(&form, "f")->len, 7);
    assert_memory_equal(form_get(&form, "f")->data, "\0\r\n--X\xff", 7);
    assert_string_equal(form_text(&form, "g"), "");
    form_free(&form);
}

static void multipart_that_is_cut_off_is_refused(void **state)
{
    static const char body[] = "--XY\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\nabc\r\n--XY--";
    for (size_t n = 0; n < sizeof body - 1; n++) {
        struct form form = {0};
        _cleanup_free_ char *exact = xmemdup(body, n + 1); /* its own memory, so that reading too far shows */
        assert_false(form_read_multipart(&form, "multipart/form-data; boundary=XY", exact, n));
        form_free(&form);
    }
}

/* ---- files ---- */

static char *folder(void)
{
    char *dir = xstrdup("/tmp/idse-sim-parts-XXXXXX");
    assert_non_null(mkdtemp(dir));
    return dir;
}

static void write_text(const char *path, const char *text)
{
    assert_int_equal(file_replace(path, 0600, text, strlen(text), NULL), 0);
}

static void faults_count_requests_of_their_step(void **state)
{
    _cleanup_free_ char *dir = folder(), *path = xasprintf("%s/faults", dir);
    struct faults *faults = NULL;
    write_text(path, "# two rules\nupload first=2 times=1 cut=after # the second\nlist delay=0.5\n");
    assert_int_equal(faults_open(path, &faults, NULL), 0);
    assert_int_equal(faults_next(faults, STEP_UPLOAD).cut, CUT_NONE);
    assert_int_equal(faults_next(faults, STEP_LIST).delay_us, US_PER_S / 2);
    assert_int_equal(faults_next(faults, STEP_UPLOAD).cut, CUT_AFTER);
    assert_int_equal(faults_next(faults, STEP_UPLOAD).cut, CUT_NONE);
    write_text(path, "upload cut=mid\n");
    assert_int_equal(faults_reload(faults, false, NULL), 0);
    assert_int_equal(faults_next(faults, STEP_UPLOAD).cut, CUT_MID);
    faults_free(faults);
    unlink(path);
    rmdir(dir);
}

static void a_wrong_fault_is_told_with_its_line(void **state)
{
    static const char *const wrong[] = {"fly cut=mid", "list cut", "list cut=sometimes", "list speed=3",
                                        "list delay=x"};
    _cleanup_free_ char *dir = folder(), *path = xasprintf("%s/faults", dir);
    for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
        _cleanup_err_ struct err err = ERR_INIT;
        _cleanup_free_ char *text = xasprintf("\n%s\n", wrong[i]);
        struct faults *faults = NULL;
        write_text(path, text);
        assert_true(faults_open(path, &faults, &err) < 0);
        assert_int_equal(err.code, ERR_CONFIG);
        assert_non_null(strstr(err_text(&err), "line 2"));
    }
    unlink(path);
    rmdir(dir);
}

static void count_line(void *data, json_t *line)
{
    ++*(int *)data;
}

static void a_line_that_was_cut_off_is_dropped(void **state)
{
    _cleanup_free_ char *dir = folder(), *path = xasprintf("%s/x.jsonl", dir);
    struct jsonl *jsonl = NULL;
    int n = 0;
    write_text(path, "{\"a\":1}\n{\"a\":2}\n{\"a\":");
    assert_int_equal(jsonl_open(path, count_line, &n, &jsonl, NULL), 0);
    assert_int_equal(n, 2);
    assert_int_equal(jsonl_append(jsonl, json_pack("{si}", "a", 3), true, NULL), 0);
    jsonl_free(jsonl);
    _cleanup_buf_ struct buf text = BUF_INIT;
    assert_int_equal(file_read(path, 1000, &text, NULL), 0);
    assert_string_equal(text.data, "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n");
    write_text(path, "{\"a\":1}\nrubbish\n{\"a\":2}\n");
    assert_true(jsonl_open(path, count_line, &n, &jsonl, NULL) < 0);
    unlink(path);
    rmdir(dir);
}

/* ---- sessions ---- */

static int64_t now_us = 1000;

static int64_t held_time(const struct clock *clock)
{
    return now_us;
}

static void sessions_and_nonces_end_in_time(void **state)
{
    static const struct clock clock = {held_time, held_time};
    struct sessions *sessions = sessions_new(&clock, 10 * US_PER_S);
    session_begin(sessions, "one", "fp");
    _cleanup_free_ char *nonce = xstrdup(nonce_issue(sessions));
    now_us += 9 * US_PER_S;
    assert_string_equal(session_touch(sessions, "one"), "fp");
    now_us += 9 * US_PER_S; /* the touch was activity */
    assert_non_null(session_touch(sessions, "one"));
    now_us += 10 * US_PER_S;
    assert_null(session_touch(sessions, "one"));
    assert_true(nonce_use(sessions, nonce));
    assert_false(nonce_use(sessions, nonce));
    replace_str(&nonce, xstrdup(nonce_issue(sessions)));
    now_us += 5 * US_PER_MIN;
    assert_false(nonce_use(sessions, nonce));
    sessions_free(sessions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_date_must_exist),
        cmocka_unit_test(working_days_leave_out_weekends_and_holidays),
        cmocka_unit_test(status_follows_what_was_operated),
        cmocka_unit_test(dates_have_bounds),
        cmocka_unit_test(salaries_have_the_limits_of_their_date),
        cmocka_unit_test(one_curp_belongs_to_an_nss),
        cmocka_unit_test(catalogues_and_check_digits_are_judged),
        cmocka_unit_test(a_seed_decides_about_surprises_and_always_alike),
        cmocka_unit_test(urlencoded_fields_are_decoded),
        cmocka_unit_test(multipart_parts_keep_their_bytes),
        cmocka_unit_test(multipart_that_is_cut_off_is_refused),
        cmocka_unit_test(faults_count_requests_of_their_step),
        cmocka_unit_test(a_wrong_fault_is_told_with_its_line),
        cmocka_unit_test(a_line_that_was_cut_off_is_dropped),
        cmocka_unit_test(sessions_and_nonces_end_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
