/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include "net/mail.h"

/* 2026-11-01 00:00:00 UTC, a Sunday. */
enum { SUNDAY = 1793491200 };

static char *formatted(const char *subject, const char *body)
{
    struct buf buf = BUF_INIT;
    const struct mail mail = {
        .from = "idsed@ejemplo.mx",
        .to = "ana@ejemplo.mx",
        .subject = subject,
        .body = body,
        .date_us = SUNDAY * US_PER_S,
    };
    mail_format(&mail, &buf);
    return buf_steal(&buf, NULL);
}

static const char *body_of(const char *message)
{
    const char *blank = strstr(message, "\r\n\r\n");
    assert_non_null(blank);
    return blank + 4;
}

static void has(const char *message, const char *line)
{
    if (!strstr(message, line))
        fail_msg("no %s in:\n%s", line, message);
}

static void it_has_the_headers_of_a_message(void **state)
{
    _cleanup_free_ char *message = formatted("Hello", "text\n");
    assert_true(str_starts(message, "Date: Sun, 01 Nov 2026 00:00:00 +0000\r\n"));
    has(message, "\r\nFrom: idsed@ejemplo.mx\r\n");
    has(message, "\r\nTo: ana@ejemplo.mx\r\n");
    has(message, "\r\nSubject: Hello\r\n");
    has(message, "@ejemplo.mx>\r\n");
    has(message, "\r\nMIME-Version: 1.0\r\n");
    has(message, "\r\nContent-Type: text/plain; charset=utf-8\r\n");
    has(message, "\r\nContent-Transfer-Encoding: quoted-printable\r\n");
    assert_string_equal(body_of(message), "text\r\n");
}

static void no_two_have_the_same_message_id(void **state)
{
    _cleanup_free_ char *one = formatted("Hello", ""), *other = formatted("Hello", "");
    assert_string_not_equal(strstr(one, "Message-ID"), strstr(other, "Message-ID"));
}

static void a_subject_beyond_ascii_is_in_encoded_words(void **state)
{
    _cleanup_free_ char *message = formatted("Código", "");
    has(message, "\r\nSubject: =?UTF-8?B?Q8OzZGlnbw==?=\r\n");
}

static void a_long_subject_is_folded_between_characters(void **state)
{
    /* 42 bytes of text in a word: the first ends before the ñ that would be split. */
    _cleanup_free_ char *message = formatted("aññññññññññññññññññññññññññññññ", "");
    has(message, "\r\nSubject: =?UTF-8?B?YcOxw7HDscOxw7HDscOxw7HDscOxw7HDscOxw7HDscOxw7HDscOxw7E=?=\r\n"
                 " =?UTF-8?B?w7HDscOxw7HDscOxw7HDscOxw7E=?=\r\n");
}

static void a_subject_stays_one_header(void **state)
{
    _cleanup_free_ char *message = formatted("Hello\r\nBcc: eva@ejemplo.mx", "");
    assert_null(strstr(message, "\nBcc:"));
    has(message, "\r\nSubject: Hello  Bcc: eva@ejemplo.mx\r\n");
}

static void what_looks_encoded_is_encoded(void **state)
{
    _cleanup_free_ char *message = formatted("=?UTF-8?B?QQ==?=", "");
    assert_null(strstr(message, "Subject: =?UTF-8?B?QQ==?="));
}

static void the_body_is_quoted_printable(void **state)
{
    _cleanup_free_ char *message = formatted("x", "a=b ñ\nend \n\ttab\t\n\n.\nlast");
    assert_string_equal(body_of(message), "a=3Db =C3=B1\r\nend=20\r\n\ttab=09\r\n\r\n.\r\nlast\r\n");
}

static void a_long_line_is_broken_softly_and_never_within_a_quote(void **state)
{
    char line[101] = {0};
    memset(line, 'x', 74);
    strcpy(line + 74, "ñ end");
    _cleanup_free_ char *message = formatted("x", line);
    const char *body = body_of(message);
    assert_int_equal(strcspn(body, "\r"), 75); /* 74 and the soft break */
    assert_string_equal(body + 74, "=\r\n=C3=B1 end\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_has_the_headers_of_a_message),
        cmocka_unit_test(no_two_have_the_same_message_id),
        cmocka_unit_test(a_subject_beyond_ascii_is_in_encoded_words),
        cmocka_unit_test(a_long_subject_is_folded_between_characters),
        cmocka_unit_test(a_subject_stays_one_header),
        cmocka_unit_test(what_looks_encoded_is_encoded),
        cmocka_unit_test(the_body_is_quoted_printable),
        cmocka_unit_test(a_long_line_is_broken_softly_and_never_within_a_quote),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
