/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include "portal/transcript.h"

static struct transcript *transcript;

static int make(void **state)
{
    transcript = transcript_new();
    return 0;
}

static int drop(void **state)
{
    transcript = transcript_free(transcript);
    return 0;
}

static const char *text(void)
{
    return transcript_text(transcript)->data;
}

static void secrets_are_blanked_wherever_they_turn_up(void **state)
{
    transcript_hide(transcript, "p&ss wörd");
    transcript_note(transcript, "login with %s", "p&ss wörd");
    static const char body[] = "a=p%26ss+w%C3%B6rd&b=p&ss wördp&ss wörd.";
    transcript_body(transcript, body, sizeof(body) - 1);
    assert_string_equal(text(), "=== login with [blanked]\na=[blanked]&b=[blanked][blanked].\n");
}

static void cookies_are_blanked_and_stay_so(void **state)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nset-cookie: JSESSIONID=abc123; Path=/imss; Secure\r\n"
                               "Authorization: Basic Zm9v\r\nDate: x\r\n\r\n";
    transcript_head(transcript, &(struct buf){.data = (char *)head, .len = sizeof(head) - 1});
    assert_string_equal(text(), "HTTP/1.1 200 OK\nset-cookie: JSESSIONID=[blanked]; Path=/imss; Secure\n"
                                "Authorization: [blanked]\nDate: x\n\n");
    static const char page[] = "<a href='Menu.idse;jsessionid=abc123'>";
    transcript_body(transcript, page, sizeof(page) - 1);
    assert_null(strstr(text(), "abc123"));
    static const char again[] = "Cookie: x=1; y=verysecret\r\n";
    transcript_head(transcript, &(struct buf){.data = (char *)again, .len = sizeof(again) - 1});
    assert_null(strstr(text(), "verysecret"));
}

static void large_and_binary_bodies_are_told_not_kept(void **state)
{
    size_t n = 300 * 1024;
    char *large = xmalloc(n);
    memset(large, 'x', n);
    transcript_body(transcript, large, n);
    assert_true(transcript_text(transcript)->len < 257 * 1024);
    assert_non_null(strstr(text(), "[307200 bytes in all; the rest was not kept]"));
    /* a secret across the end of what is kept is not kept by half */
    static const char secret[] = "hold-this-back";
    transcript_hide(transcript, secret);
    memcpy(large + TRANSCRIPT_MAX_BODY - 6, secret, sizeof(secret) - 1);
    transcript_body(transcript, large, n);
    assert_null(strstr(text(), "hold"));
    memset(large, 'x', n);
    transcript_body(transcript, "%PDF-1.4 xyz", 12);
    assert_non_null(strstr(text(), "[12 bytes that are no text]"));
    for (int i = 0; i < 60; i++)
        transcript_body(transcript, large, n);
    assert_true(transcript_text(transcript)->len < 9 * 1024 * 1024);
    free(large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(secrets_are_blanked_wherever_they_turn_up, make, drop),
        cmocka_unit_test_setup_teardown(cookies_are_blanked_and_stay_so, make, drop),
        cmocka_unit_test_setup_teardown(large_and_binary_bodies_are_told_not_kept, make, drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
