/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "sim/authority.h"
#include "tests/unit/folder.h"
#include "vault/crl.h"

/* The practice authority issues the certificates and publishes the lists; it shares no line with the code under test. */

#define LIST     "http://crl.example/lista.crl"
#define PASSWORD "secreto2026"

static struct {
    char dir[64], other_dir[64];
    struct authority *authority, *other; /* two of the same name */
    struct buf issuers, other_issuers;
    EVP_PKEY *key; /* made once: it takes its time */
    int64_t now_us;
} world;

static void open_one(char *dir, struct authority **authority, struct buf *issuers)
{
    snprintf(dir, 64, "/tmp/idsed-crl-XXXXXX");
    assert_non_null(mkdtemp(dir));
    assert_int_equal(authority_open(dir, authority, NULL), 0);
    assert_int_equal(file_read(authority_ca_path(*authority), 1 << 20, issuers, NULL), 0);
}

static int set_up(void **state)
{
    open_one(world.dir, &world.authority, &world.issuers);
    open_one(world.other_dir, &world.other, &world.other_issuers);
    world.key = EVP_RSA_gen(2048);
    world.now_us = clock_wall_us(&clock_system);
    return 0;
}

static int tear_down(void **state)
{
    authority_free(world.authority);
    authority_free(world.other);
    buf_free(&world.issuers);
    buf_free(&world.other_issuers);
    EVP_PKEY_free(world.key);
    return folder_remove(world.dir) | folder_remove(world.other_dir);
}

/* ---- a certificate and the question about it ---- */

struct subject {
    char *serial;
    struct credential *credential;
    struct revocation_question *question; /* NULL when it could not be made: */
    struct err err;
};

static void subject_free(struct subject *subject)
{
    free(subject->serial);
    credential_free(subject->credential);
    revocation_question_free(subject->question);
    err_clear(&subject->err);
}
#define _cleanup_subject_ _cleanup_(subject_free)

static struct subject subject_of(struct authority *authority, const char *responder, const char *list,
                                 const struct buf *issuers)
{
    const struct authority_request request = {
        .kind = AUTHORITY_EFIRMA,
        .rfc = "ZPI990101AA3",
        .representative = "PEXJ850101CC2",
        .curp = "PEXJ850101HDFRXN06",
        .name = "PRACTICA INDUSTRIAL SA DE CV",
        .password = PASSWORD,
        .key = world.key,
        .responder = responder,
        .list = list,
    };
    struct authority_credential issued = {0};
    struct subject subject = {0};
    assert_int_equal(authority_issue(authority, &request, &issued, NULL), 0);
    assert_int_equal(credential_import_efirma(issued.certificate.data, issued.certificate.len,
                                              issued.key.data, issued.key.len, NULL, PASSWORD, world.now_us,
                                              &subject.credential, NULL),
                     0);
    subject.serial = xstrdup(issued.serial);
    authority_credential_free(&issued);
    int r = revocation_question_new(subject.credential, str_or_empty(issuers->data), issuers->len,
                                    &subject.question, &subject.err);
    assert_int_equal(r, -(int)subject.err.code);
    assert_int_equal(ERR_peek_error(), 0); /* nothing stays in OpenSSL's queue for the next to stumble over */
    return subject;
}

static struct subject usual(void)
{
    return subject_of(world.authority, NULL, "URI:" LIST, &world.issuers);
}

/* ---- what a list says of it ---- */

struct said {
    int r;
    struct revocation_verdict verdict;
    struct err err;
};

static void said_free(struct said *said)
{
    err_clear(&said->err);
}
#define _cleanup_said_ _cleanup_(said_free)

static struct said say_bytes(const struct buf *bytes, const struct subject *subject)
{
    struct said said = {.verdict.state = _REVOCATION_MAX};
    _cleanup_(crl_cleanup) struct crl *crl = NULL;
    assert_non_null(subject->question);
    said.r = crl_open(bytes->data, bytes->len, world.now_us, &crl, &said.err);
    if (said.r >= 0)
        said.r = crl_look(crl, subject->question, &said.verdict, &said.err);
    assert_int_equal(said.r, -(int)said.err.code);
    assert_true((said.r < 0) == (said.verdict.state == _REVOCATION_MAX));
    assert_int_equal(ERR_peek_error(), 0);
    return said;
}

static struct said say(const struct authority_list *list, const struct subject *subject)
{
    _cleanup_buf_ struct buf bytes = BUF_INIT;
    assert_int_equal(authority_publish(world.authority, list, &bytes, NULL), 0);
    return say_bytes(&bytes, subject);
}

static void assert_unknown(const struct authority_list *list, const struct subject *subject, const char *why)
{
    _cleanup_said_ struct said said = say(list, subject);
    if (said.r != -ERR_FAILED || !strstr(err_text(&said.err), why))
        fail_msg("not '%s' but: %d, %s", why, said.r, err_text(&said.err));
}

static void who_is_not_on_it_is_not_revoked(void **state)
{
    _cleanup_subject_ struct subject subject = usual();
    assert_string_equal(revocation_list(subject.question), LIST);
    assert_null(revocation_responder(subject.question));
    for (int pem = 0; pem < 2; pem++) {
        _cleanup_said_ struct said said = say(&(struct authority_list){.pem = pem, .made_up = 3}, &subject);
        assert_int_equal(said.r, 0);
        assert_int_equal(said.verdict.state, REVOCATION_GOOD);
        assert_true(said.verdict.said_us < world.now_us);
        assert_true(said.verdict.said_us > world.now_us - 2 * US_PER_HOUR);
    }
}

static void who_is_on_it_is_revoked_with_date_and_reason(void **state)
{
    _cleanup_subject_ struct subject subject = usual();
    const int64_t since_us = time_from_date(20260203, 600);
    static const struct {
        int given, expected;
        const char *words;
    } reasons[] = {{1, 1, "key"},
                   {4, 4, "another one"},
                   {6, 6, "suspended"},
                   {0, 0, "no reason"},
                   {-1, -1, "no reason"}};
    for (size_t i = 0; i < ELEMENTSOF(reasons); i++) {
        const struct authority_revoked revoked = {subject.serial, since_us, reasons[i].given};
        const struct authority_list list = {.revoked = &revoked, .n_revoked = 1, .made_up = 5, .pem = i % 2};
        _cleanup_said_ struct said said = say(&list, &subject);
        assert_int_equal(said.verdict.state, REVOCATION_REVOKED);
        assert_int_equal(said.verdict.since_us, since_us);
        assert_int_equal(said.verdict.reason, reasons[i].expected);
        assert_non_null(strstr(revocation_reason_text(said.verdict.reason), reasons[i].words));
    }
}

static void only_the_authority_of_the_certificate_counts(void **state)
{
    _cleanup_subject_ struct subject subject = usual();
    assert_unknown(&(struct authority_list){.key = world.key}, &subject, "not signed by the authority");
    /* Another one of the same name. */
    _cleanup_subject_ struct subject other = subject_of(world.other, NULL, "URI:" LIST, &world.other_issuers);
    assert_unknown(&(struct authority_list){0}, &other, "not signed by the authority");
    /* One bit of it changed. */
    _cleanup_buf_ struct buf bytes = BUF_INIT;
    const struct authority_revoked revoked = {"30001000000500003416", world.now_us, 1};
    const struct authority_list list = {.revoked = &revoked, .n_revoked = 1};
    assert_int_equal(authority_publish(world.authority, &list, &bytes, NULL), 0);
    char *serial = memmem(bytes.data, bytes.len, revoked.serial, 20);
    assert_non_null(serial);
    serial[19] ^= 1;
    _cleanup_said_ struct said said = say_bytes(&bytes, &subject);
    assert_non_null(strstr(err_text(&said.err), "not signed by the authority"));
}

static void several_certificates_are_looked_up_in_one_list(void **state)
{
    _cleanup_subject_ struct subject one = usual(), two = usual();
    _cleanup_subject_ struct subject other = subject_of(world.other, NULL, "URI:" LIST, &world.other_issuers);
    const struct authority_revoked revoked = {two.serial, world.now_us - US_PER_DAY, 5};
    _cleanup_buf_ struct buf bytes = BUF_INIT;
    assert_int_equal(authority_publish(world.authority,
                                       &(struct authority_list){.revoked = &revoked, .n_revoked = 1}, &bytes,
                                       NULL),
                     0);
    _cleanup_(crl_cleanup) struct crl *crl = NULL;
    struct revocation_verdict verdict;
    assert_int_equal(crl_open(bytes.data, bytes.len, world.now_us, &crl, NULL), 0);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(crl_look(crl, one.question, &verdict, NULL), 0);
        assert_int_equal(verdict.state, REVOCATION_GOOD);
        assert_int_equal(crl_look(crl, two.question, &verdict, NULL), 0);
        assert_int_equal(verdict.state, REVOCATION_REVOKED);
        assert_int_equal(crl_look(crl, other.question, &verdict, NULL), -ERR_FAILED);
    }
}

static void its_dates_are_judged(void **state)
{
    _cleanup_subject_ struct subject subject = usual();
    const int64_t now = world.now_us;
    assert_unknown(
        &(struct authority_list){.this_update_us = now - 9 * US_PER_DAY, .next_update_us = now - US_PER_DAY},
        &subject, "too old");
    assert_unknown(
        &(struct authority_list){.this_update_us = now + US_PER_HOUR, .next_update_us = now + US_PER_DAY},
        &subject, "in the future");
    assert_unknown(&(struct authority_list){.this_update_us = now - US_PER_DAY}, &subject,
                   "until when it holds");
    /* Clocks that are some minutes apart are no reason. */
    _cleanup_said_ struct said said =
        say(&(struct authority_list){.this_update_us = now + US_PER_MIN, .next_update_us = now + US_PER_DAY},
            &subject);
    assert_int_equal(said.verdict.state, REVOCATION_GOOD);
}

static void only_whole_lists_count(void **state)
{
    _cleanup_subject_ struct subject subject = usual();
    assert_unknown(&(struct authority_list){.is_delta = true}, &subject, "delta");
    assert_unknown(&(struct authority_list){.is_odd = true}, &subject, "does not know");
    assert_unknown(&(struct authority_list){.scope = "indirectCRL:TRUE"}, &subject, "indirect");
    assert_unknown(&(struct authority_list){.scope = "onlysomereasons:keyCompromise"}, &subject, "only some");
    assert_unknown(&(struct authority_list){.scope = "onlyCA:TRUE"}, &subject, "only some");
    assert_unknown(&(struct authority_list){.scope = "fullname:URI:http://crl.example/otra.crl"}, &subject,
                   "of other certificates");
    _cleanup_said_ struct said said = say(&(struct authority_list){.scope = "fullname:URI:" LIST}, &subject);
    assert_int_equal(said.verdict.state, REVOCATION_GOOD);
    _cleanup_said_ struct said users = say(&(struct authority_list){.scope = "onlyuser:TRUE"}, &subject);
    assert_int_equal(users.verdict.state, REVOCATION_GOOD);
}

static void what_is_no_list_is_said_to_be_none(void **state)
{
    _cleanup_subject_ struct subject subject = usual();
    _cleanup_buf_ struct buf whole = BUF_INIT;
    assert_int_equal(authority_publish(world.authority, &(struct authority_list){.made_up = 2}, &whole, NULL),
                     0);
    const struct buf wrong[] = {
        {0},
        {.data = (char *)"<html>", .len = 6},
        {.data = (char *)"-----BEGIN X509 CRL-----\nAAAA\n", .len = 30},
        {.data = whole.data, .len = whole.len - 1},
        {.data = world.issuers.data, .len = world.issuers.len},
    };
    for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
        _cleanup_said_ struct said said = say_bytes(&wrong[i], &subject);
        assert_non_null(strstr(err_text(&said.err), "no list of revoked certificates"));
    }
    buf_add_str(&whole, "more");
    _cleanup_said_ struct said said = say_bytes(&whole, &subject);
    assert_int_equal(said.r, -ERR_FAILED);
}

static void a_long_list_is_searched(void **state)
{
    _cleanup_subject_ struct subject subject = usual();
    const struct authority_revoked revoked = {subject.serial, world.now_us, 4};
    _cleanup_said_ struct said said =
        say(&(struct authority_list){.revoked = &revoked, .n_revoked = 1, .made_up = 20000}, &subject);
    assert_int_equal(said.verdict.state, REVOCATION_REVOKED);
}

static void a_certificate_names_what_can_be_asked(void **state)
{
    _cleanup_subject_ struct subject both = subject_of(world.authority, "OCSP;URI:http://ocsp.example/",
                                                       "URI:ldap://x/,URI:" LIST, &world.issuers);
    assert_string_equal(revocation_responder(both.question), "http://ocsp.example/");
    assert_string_equal(revocation_list(both.question), LIST);
    _cleanup_subject_ struct subject none = subject_of(world.authority, NULL, NULL, &world.issuers);
    assert_null(none.question);
    assert_non_null(strstr(err_text(&none.err), "does not say where"));
    _cleanup_subject_ struct subject ldap =
        subject_of(world.authority, NULL, "URI:ldap://x/", &world.issuers);
    assert_null(ldap.question);
    _cleanup_subject_ struct subject stranger =
        subject_of(world.authority, NULL, "URI:" LIST, &world.other_issuers);
    assert_null(stranger.question);
    assert_non_null(strstr(err_text(&stranger.err), "IssuersFile"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_not_on_it_is_not_revoked),
        cmocka_unit_test(who_is_on_it_is_revoked_with_date_and_reason),
        cmocka_unit_test(only_the_authority_of_the_certificate_counts),
        cmocka_unit_test(several_certificates_are_looked_up_in_one_list),
        cmocka_unit_test(its_dates_are_judged),
        cmocka_unit_test(only_whole_lists_count),
        cmocka_unit_test(what_is_no_list_is_said_to_be_none),
        cmocka_unit_test(a_long_list_is_searched),
        cmocka_unit_test(a_certificate_names_what_can_be_asked),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
