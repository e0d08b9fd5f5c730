/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include "base/clock.h"
#include "idse/record.h"
#include "portal/session.h"
#include "tests/portal/practice.h"
#include "tests/synthetic.h"
#include "vault/credential.h"

/* One practice portal for all tests of this program; each test has its own client. */
static struct practice practice;
static struct loop *loop;
static struct portal *portal;
static struct portal_session *session;

/* A copy of the last answer. */
static struct result {
    bool answered;
    enum outcome_reason reason;
    char *text, *portal_lot, *folio, *file_name, *media_type;
    bool sent, complete;
    int64_t retry_after_us, received_us, server_date_us;
    struct buf page, document;
    bool signature, tls_chain;
    size_t n_rows;
    struct portal_row first_row; /* strings not kept */
    char first_lot[32];
} result;

static void clear_result(void)
{
    free(result.text);
    free(result.portal_lot);
    free(result.folio);
    free(result.file_name);
    free(result.media_type);
    buf_free(&result.page);
    buf_free(&result.document);
    result = (struct result){0};
}

static void answered(void *data, const struct portal_answer *answer)
{
    assert_false(result.answered);
    result.answered = true;
    result.reason = answer->reason;
    result.text = xstrdup(answer->text);
    result.sent = answer->sent;
    result.complete = answer->complete;
    result.retry_after_us = answer->retry_after_us;
    result.received_us = answer->received_us;
    result.server_date_us = answer->server_date_us;
    result.portal_lot = xstrdup(answer->portal_lot);
    result.folio = xstrdup(answer->folio);
    result.file_name = xstrdup(answer->file_name);
    result.media_type = xstrdup(answer->media_type);
    result.signature = answer->signature && answer->signature->len > 0;
    result.tls_chain =
        answer->tls_chain && str_starts(answer->tls_chain->data, "-----BEGIN CERTIFICATE-----");
    result.n_rows = answer->n_rows;
    if (answer->page)
        buf_add(&result.page, answer->page->data, answer->page->len);
    if (answer->document)
        buf_add(&result.document, answer->document->data, answer->document->len);
    if (answer->n_rows) {
        result.first_row = answer->rows[0];
        snprintf(result.first_lot, sizeof(result.first_lot), "%s", answer->rows[0].portal_lot);
    }
    loop_quit(loop, 0);
}

static void await(void)
{
    assert_false(result.answered); /* never from within the call */
    loop_run(loop);
    assert_true(result.answered);
}

static enum outcome_reason login(void)
{
    clear_result();
    portal->ops->login(session, answered, NULL);
    await();
    return result.reason;
}

static enum outcome_reason list(int64_t since_us)
{
    clear_result();
    portal->ops->list(session, since_us, answered, NULL);
    await();
    return result.reason;
}

static enum outcome_reason upload(const struct buf *records)
{
    clear_result();
    struct buf copy = BUF_INIT;
    buf_add(&copy, records->data, records->len);
    portal->ops->sign(session, synthetic_rps[0], &copy, answered, NULL);
    await();
    assert_int_equal(result.reason, REASON_OK);
    assert_true(result.signature && !result.sent);
    clear_result();
    portal->ops->upload(session, answered, NULL);
    await();
    return result.reason;
}

static enum outcome_reason fetch(const char *lot, enum document_kind kind)
{
    clear_result();
    portal->ops->fetch(session, lot, kind, answered, NULL);
    await();
    return result.reason;
}

static enum outcome_reason logout(void)
{
    clear_result();
    portal->ops->logout(session, answered, NULL);
    await();
    return result.reason;
}

static struct portal_reading reading;

static void read_done(void *data, struct portal_reading *got)
{
    reading = *got;
    reading.text = NULL;
    if (got->reason != REASON_OK)
        print_message("reading: %s\n", got->text);
    loop_quit(loop, 0);
}

static void read_document(enum document_kind kind, const struct buf *document)
{
    reading = (struct portal_reading){.reason = REASON_LOCAL};
    struct buf copy = BUF_INIT;
    buf_add(&copy, document->data, document->len);
    portal->ops->read(portal->data, kind, &copy, &BUF_INIT, NULL, read_done, NULL);
    loop_run(loop);
}

static void drop_reading(void)
{
    portal_reading_free(&reading);
}

/* ---- set-up ---- */

static struct credential *practice_pfx(void *data, int64_t certificate, struct err *err)
{
    _cleanup_buf_ struct buf pfx = BUF_INIT, user = BUF_INIT, password = BUF_INIT, saved = BUF_INIT;
    struct credential *credential = NULL;
    _cleanup_err_ struct err why = ERR_INIT;
    const char *base = certificate == 2 ? "efirma" : "imss";
    char name[64];
    snprintf(name, sizeof(name), "%s.user", base);
    practice_credential(&practice, name, &user);
    snprintf(name, sizeof(name), "%s.password", base);
    practice_credential(&practice, name, &password);
    int64_t now_us = clock_wall_us(&clock_system);
    if (certificate == 2) {
        _cleanup_buf_ struct buf cer = BUF_INIT, key = BUF_INIT;
        practice_credential(&practice, "efirma.cer", &cer);
        practice_credential(&practice, "efirma.key", &key);
        credential_import_efirma(cer.data, cer.len, key.data, key.len, NULL, password.data, now_us,
                                 &credential, &why);
    } else {
        practice_credential(&practice, "imss.pfx", &pfx);
        credential_import_pfx(pfx.data, pfx.len, user.data, password.data, now_us, &credential, &why);
    }
    if (!credential)
        fail_msg("%s: %s", base, err_text(&why));
    return credential;
}

static void open_portal(const char *ca_file)
{
    const char *const dirs[] = {getenv("IDSED_PROFILES"), NULL};
    _cleanup_err_ struct err err = ERR_INIT;
    const struct portal_config config = {
        .profile_dirs = dirs,
        .profile = "idse-sim",
        .base_url = practice.url,
        .ca_file = ca_file,
        .credential = practice_pfx,
        .idle_us = 2 * US_PER_S,
    };
    if (portal_new(loop, &config, &portal, &err) < 0)
        fail_msg("%s", err_text(&err));
}

static int start(void **state)
{
    practice_start(&practice);
    return 0;
}

static int stop(void **state)
{
    practice_stop(&practice);
    return 0;
}

static int open_session(void **state)
{
    practice_fault(&practice, "");
    loop = loop_new(&clock_system);
    open_portal(practice.ca_file);
    session = portal->ops->open(portal->data, 1, NULL);
    assert_non_null(session);
    return 0;
}

static int close_session(void **state)
{
    clear_result();
    portal->ops->close(session);
    portal = portal_free(portal);
    workers_end(loop);
    event_base_loop(loop_base(loop),
                    EVLOOP_NONBLOCK); /* a session that was closed while it signed goes now */
    loop = loop_free(loop);
    return 0;
}

/* A file of one movement, another one for each number. */
static void make_records(unsigned number, size_t n, struct buf *ret)
{
    for (size_t i = 0; i < n; i++) {
        struct movement movement = synthetic_movement(MOVEMENT_REINGRESO, number + (unsigned)i);
        record_write(ret, &movement, ENYE_HASH);
    }
    record_write_control(ret, n, "06400");
}

/* ---- the main path ---- */

static void the_portal_tells_the_time_without_a_login(void **state)
{
    clear_result();
    portal->ops->date(portal->data, answered, NULL);
    await();
    assert_true(llabs(result.server_date_us - clock_wall_us(&clock_system)) < US_PER_MIN);
}

static void a_lot_goes_in_and_comes_back_with_its_documents(void **state)
{
    _cleanup_buf_ struct buf records = BUF_INIT;
    make_records(1000, 300, &records);
    assert_int_equal(login(), REASON_OK);
    assert_true(result.server_date_us > 0);
    assert_int_equal(upload(&records), REASON_OK);
    assert_true(result.sent && result.tls_chain);
    assert_int_equal(strlen(result.portal_lot), 9);
    assert_int_equal(strlen(result.folio), 19);
    assert_true(result.received_us > 0 && result.server_date_us > 0);
    _cleanup_free_ char *lot = xstrdup(result.portal_lot);
    _cleanup_free_ char *folio = xstrdup(result.folio);
    int64_t received_us = result.received_us;

    assert_int_equal(fetch(lot, DOCUMENT_ACUSE), REASON_OK);
    assert_string_equal(result.media_type, "application/pdf");
    assert_true(str_starts(result.file_name, "Recibo_Z990000110_Lote_"));
    read_document(DOCUMENT_ACUSE, &result.document);
    assert_int_equal(reading.reason, REASON_OK);
    assert_int_equal(reading.acuse->records_len, records.len);
    assert_memory_equal(reading.acuse->records, records.data, records.len);
    assert_string_equal(reading.acuse->portal_lot, lot);
    assert_string_equal(reading.acuse->folio, folio);
    assert_string_equal(reading.acuse->rp, synthetic_rps[0]);
    assert_int_equal(reading.acuse->received_us, received_us);
    assert_int_equal(strlen(reading.acuse->huella), 40);
    assert_non_null(strchr(reading.acuse->sello, '|'));
    drop_reading();

    do /* the practice portal processes in its own time */
        assert_true(fetch(lot, DOCUMENT_CONSTANCIA) == REASON_OK || result.reason == REASON_NOT_READY);
    while (result.reason == REASON_NOT_READY);
    read_document(DOCUMENT_CONSTANCIA, &result.document);
    assert_int_equal(reading.reason, REASON_OK);
    assert_string_equal(reading.constancia->portal_lot, lot);
    assert_int_equal(reading.constancia->received[COUNT_TOTAL], 300);
    assert_int_equal(reading.constancia->n_rows, 300);
    drop_reading();

    assert_int_equal(fetch(lot, DOCUMENT_CSV), REASON_OK);
    assert_string_equal(result.media_type, "text/csv");
    assert_int_equal(list(clock_wall_us(&clock_system) - US_PER_HOUR), REASON_OK);
    assert_true(result.complete);
    assert_string_equal(result.first_lot, lot);
    assert_true(result.first_row.processed && result.first_row.has_csv);
    assert_int_equal(result.first_row.date_us, received_us);
    assert_int_equal(logout(), REASON_OK);
    assert_int_equal(list(0), REASON_SESSION_LOST);
}

static void a_constancia_is_read_whole_with_its_rejections(void **state)
{
    /* The same worker a second time, a salary over the limit, and one under it on a day to come. */
    _cleanup_buf_ struct buf records = BUF_INIT;
    enum { N = 5 };
    struct movement sent[N];
    size_t rows[N];
    for (unsigned i = 0; i < N; i++) {
        sent[i] = synthetic_movement(i < 4 ? MOVEMENT_REINGRESO : MOVEMENT_BAJA, i == 1 ? 7000 : 7000 + i);
        sent[i].sbc_centavos = i == 2 ? 999999 : i == 3 ? 1 : sent[i].sbc_centavos;
        if (i == 3)
            sent[i].date = 20991231;
        record_write(&records, &sent[i], ENYE_HASH);
    }
    record_write_control(&records, N, "06400");
    assert_int_equal(login(), REASON_OK);
    assert_int_equal(upload(&records), REASON_OK);
    _cleanup_free_ char *lot = xstrdup(result.portal_lot);
    while (fetch(lot, DOCUMENT_CONSTANCIA) == REASON_NOT_READY)
        ;
    assert_int_equal(result.reason, REASON_OK);
    read_document(DOCUMENT_CONSTANCIA, &result.document);
    assert_int_equal(reading.reason, REASON_OK);
    _cleanup_err_ struct err err = ERR_INIT;
    if (constancia_match(reading.constancia, sent, N, rows, &err) < 0)
        fail_msg("%s", err_text(&err));
    size_t rejected = 0, errors = 0, imss_values = 0;
    for (size_t i = 0; i < reading.constancia->n_rows; i++) {
        const struct constancia_row *row = &reading.constancia->rows[i];
        assert_true(row->operated == (row->n_errors == 0));
        rejected += !row->operated;
        for (size_t k = 0; k < row->n_errors; k++) {
            assert_int_equal(strlen(row->errors[k].code), 3);
            assert_true(strlen(row->errors[k].text) > 20);
            errors++;
            imss_values += !str_empty(row->errors[k].imss_value);
        }
    }
    assert_int_equal(rejected, 3);
    assert_true(errors > rejected); /* the last of them has two */
    assert_true(imss_values >= 3);
    assert_int_equal(rejected, reading.constancia->rejected[COUNT_TOTAL]);
    drop_reading();
}

static void an_efirma_signs_in_too(void **state)
{
    portal->ops->close(session);
    session = portal->ops->open(portal->data, 2, NULL);
    assert_int_equal(login(), REASON_OK);
    assert_int_equal(list(0), REASON_OK);
}

static void the_list_grows_until_it_reaches_back(void **state)
{
    assert_int_equal(login(), REASON_OK);
    for (unsigned i = 0; i < 60; i++) {
        _cleanup_buf_ struct buf records = BUF_INIT;
        make_records(20000 + i, 1, &records);
        assert_int_equal(upload(&records), REASON_OK);
    }
    assert_int_equal(list(clock_wall_us(&clock_system) + US_PER_DAY), REASON_OK);
    assert_int_equal(result.n_rows, 50);
    assert_true(result.complete);
    assert_int_equal(list(clock_wall_us(&clock_system) - US_PER_DAY), REASON_OK);
    assert_true(result.n_rows > 50 && result.n_rows < 500);
    assert_true(result.complete);
}

static void a_lot_of_another_session_is_found_for_its_document(void **state)
{
    _cleanup_buf_ struct buf records = BUF_INIT;
    make_records(30000, 1, &records);
    assert_int_equal(login(), REASON_OK);
    assert_int_equal(upload(&records), REASON_OK);
    _cleanup_free_ char *lot = xstrdup(result.portal_lot);
    portal->ops->close(session);
    session = portal->ops->open(portal->data, 1, NULL);
    assert_int_equal(login(), REASON_OK);
    assert_int_equal(fetch(lot, DOCUMENT_ACUSE), REASON_OK);
    assert_int_equal(fetch("000000000", DOCUMENT_ACUSE), REASON_NOT_READY);
}

static void a_refused_file_is_refused(void **state)
{
    static const char bad[] = "not a record\r\n";
    const struct buf records = {.data = (char *)bad, .len = sizeof(bad) - 1};
    assert_int_equal(login(), REASON_OK);
    assert_int_equal(upload(&records), REASON_FILE_REFUSED);
    assert_non_null(strstr(result.text, "Archivo rechazado"));
}

/* ---- secrets ---- */

static void the_transcript_has_everything_but_secrets(void **state)
{
    _cleanup_buf_ struct buf records = BUF_INIT, password = BUF_INIT;
    make_records(40000, 1, &records);
    assert_int_equal(login(), REASON_OK);
    assert_int_equal(upload(&records), REASON_OK);
    practice_credential(&practice, "imss.password", &password);
    const struct buf *transcript = portal->ops->transcript(session);
    assert_non_null(strstr(transcript->data, "POST /imss/AccesoIDSE.idse"));
    assert_non_null(strstr(transcript->data, result.portal_lot));
    assert_non_null(strstr(transcript->data, "Set-Cookie: JSESSIONID=[blanked]"));
    assert_non_null(strstr(transcript->data, "Cookie: JSESSIONID=[blanked]"));
    assert_null(strstr(transcript->data, password.data));
    assert_null(strstr(transcript->data, "END%2BPKCS7"));
    assert_null(strstr(transcript->data, "END+PKCS7"));
    _cleanup_free_ char *record = xstrndup(records.data, 160);
    assert_non_null(strstr(transcript->data, record));
}

/* ---- faults ---- */

static void each_fault_of_a_login_has_its_reason(void **state)
{
    static const struct {
        const char *rules;
        enum outcome_reason reason;
    } cases[] = {
        {"home cut=before", REASON_BROKEN},
        {"sequence cut=mid", REASON_BROKEN},
        {"login cut=after", REASON_BROKEN},
        {"login status=500", REASON_HTTP_SERVER},
        {"home status=404", REASON_HTTP_CLIENT},
        {"login page=maintenance", REASON_MAINTENANCE},
        {"sequence page=maintenance", REASON_MAINTENANCE},
        {"login page=unknown", REASON_UNKNOWN_PAGE},
        {"sequence page=unknown", REASON_UNKNOWN_PAGE},
        {"login login=locked", REASON_ACCOUNT_LOCKED},
        {"login login=backend-timeout", REASON_BACKEND},
        {"module page=session-lost", REASON_SESSION_LOST},
        {"connect tls=fail", REASON_TLS},
        {"home drip=20", REASON_TIMEOUT},
        {"login page=encoding", REASON_OK},
    };
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        portal->ops->close(session);
        session = portal->ops->open(portal->data, 1, NULL);
        practice_fault(&practice, cases[i].rules);
        if (login() != cases[i].reason)
            fail_msg("%s: %s (%s)", cases[i].rules, outcome_reason_name(result.reason), result.text);
        if (result.reason == REASON_UNKNOWN_PAGE || result.reason == REASON_HTTP_CLIENT)
            assert_true(result.page.len > 0); /* kept for inspection */
    }
}

static void an_overloaded_portal_says_how_long_to_wait(void **state)
{
    practice_fault(&practice, "login status=503 retry-after=120");
    assert_int_equal(login(), REASON_HTTP_UNAVAILABLE);
    assert_int_equal(result.retry_after_us, 120 * US_PER_S);
}

static void a_certificate_of_another_authority_is_not_accepted(void **state)
{
    portal->ops->close(session);
    portal = portal_free(portal);
    open_portal(NULL);
    session = portal->ops->open(portal->data, 1, NULL);
    assert_int_equal(login(), REASON_TLS);
    assert_false(result.sent);
}

/* Whether a byte may have left decides between sending again and asking first. */
static void an_upload_tells_whether_it_may_have_arrived(void **state)
{
    static const struct {
        const char *rules;
        enum outcome_reason reason;
        bool sent;
        size_t taken;
    } cases[] = {
        {"upload cut=before", REASON_BROKEN, true, 0},
        {"upload cut=after", REASON_BROKEN, true, 1},
        {"upload cut=mid", REASON_BROKEN, true, 1},
        {"upload status=500", REASON_HTTP_SERVER, true, 0},
        {"upload status=500 taken=yes", REASON_HTTP_SERVER, true, 1},
        {"upload page=unknown taken=yes", REASON_UNKNOWN_PAGE, true, 1},
        {"upload page=session-lost", REASON_SESSION_LOST, true, 0},
        {"sequence cut=before", REASON_BROKEN, false, 0},
        {"connect tls=fail", REASON_TLS, false, 0},
        {"connect cut=before", REASON_TLS, false, 0},
    };
    for (unsigned i = 0; i < ELEMENTSOF(cases); i++) {
        _cleanup_buf_ struct buf records = BUF_INIT;
        make_records(50000 + i, 1, &records);
        practice_fault(&practice, "");
        portal->ops->close(session);
        session = portal->ops->open(portal->data, 1, NULL);
        assert_int_equal(login(), REASON_OK);
        size_t before = practice_ledger(&practice);
        practice_fault(&practice, cases[i].rules);
        enum outcome_reason reason = upload(&records);
        bool connect_fault = str_starts(cases[i].rules, "connect");
        if ((reason != cases[i].reason && !connect_fault) || reason == REASON_OK ||
            result.sent != cases[i].sent)
            fail_msg("%s: %s, sent %d (%s)", cases[i].rules, outcome_reason_name(reason), result.sent,
                     result.text);
        assert_int_equal(practice_ledger(&practice) - before, cases[i].taken);
    }
}

static void missing_documents_are_asked_for_again(void **state)
{
    _cleanup_buf_ struct buf records = BUF_INIT;
    make_records(60000, 1, &records);
    practice_fault(&practice, "upload lot=stuck\nacuse receipt=missing times=1\nlist page=session-lost");
    assert_int_equal(login(), REASON_OK);
    assert_int_equal(upload(&records), REASON_OK);
    _cleanup_free_ char *lot = xstrdup(result.portal_lot);
    assert_int_equal(fetch(lot, DOCUMENT_CONSTANCIA), REASON_NOT_READY);
    assert_int_equal(fetch(lot, DOCUMENT_ACUSE), REASON_NOT_READY);
    assert_int_equal(fetch(lot, DOCUMENT_ACUSE), REASON_OK);
    assert_int_equal(list(0), REASON_SESSION_LOST);
    practice_fault(&practice, "");
    assert_int_equal(login(), REASON_OK);
    assert_int_equal(list(0), REASON_OK);
}

static void what_is_no_receipt_is_not_read(void **state)
{
    static const char *const documents[] = {"", "%PDF-1.4 broken", "<html>no</html>"};
    for (size_t i = 0; i < ELEMENTSOF(documents); i++) {
        const struct buf document = {.data = (char *)documents[i], .len = strlen(documents[i])};
        read_document(DOCUMENT_ACUSE, &document);
        assert_int_equal(reading.reason, REASON_RECEIPT_UNREADABLE);
        assert_null(reading.acuse);
    }
}

static void closing_ends_a_request_without_an_answer(void **state)
{
    clear_result();
    portal->ops->login(session, answered, NULL);
    event_base_loop(loop_base(loop), EVLOOP_ONCE); /* the first request is under way */
    portal->ops->close(session);
    session = portal->ops->open(portal->data, 1, NULL);
    assert_false(result.answered);
    assert_int_equal(login(), REASON_OK);
}

static void closing_while_it_signs_sends_nothing(void **state)
{
    _cleanup_buf_ struct buf records = BUF_INIT;
    make_records(70000, 2000, &records);
    assert_int_equal(login(), REASON_OK);
    size_t before = practice_ledger(&practice);
    clear_result();
    portal->ops->sign(session, synthetic_rps[0], &records, answered, NULL);
    event_base_loop(loop_base(loop), EVLOOP_ONCE); /* the signing begins; its end would be the next event */
    portal->ops->close(session);
    session = portal->ops->open(portal->data, 1, NULL);
    assert_int_equal(login(), REASON_OK); /* whose own signing comes after that one */
    assert_int_equal(practice_ledger(&practice), before);
}

static void a_large_file_is_sent_whole(void **state)
{
    _cleanup_buf_ struct buf records = BUF_INIT;
    make_records(100000, 5000, &records);
    assert_int_equal(login(), REASON_OK);
    assert_int_equal(upload(&records), REASON_OK);
    assert_true(portal->ops->transcript(session)->len < 300 * 1024);
    _cleanup_free_ char *lot = xstrdup(result.portal_lot);
    assert_int_equal(fetch(lot, DOCUMENT_ACUSE), REASON_OK);
    read_document(DOCUMENT_ACUSE, &result.document);
    assert_int_equal(reading.reason, REASON_OK);
    assert_int_equal(reading.acuse->records_len, records.len);
    assert_memory_equal(reading.acuse->records, records.data, records.len);
    drop_reading();
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, open_session, close_session)
    const struct CMUnitTest tests[] = {
        T(the_portal_tells_the_time_without_a_login),
        T(a_lot_goes_in_and_comes_back_with_its_documents),
        T(a_constancia_is_read_whole_with_its_rejections),
        T(an_efirma_signs_in_too),
        T(the_list_grows_until_it_reaches_back),
        T(a_lot_of_another_session_is_found_for_its_document),
        T(a_refused_file_is_refused),
        T(the_transcript_has_everything_but_secrets),
        T(each_fault_of_a_login_has_its_reason),
        T(an_overloaded_portal_says_how_long_to_wait),
        T(a_certificate_of_another_authority_is_not_accepted),
        T(an_upload_tells_whether_it_may_have_arrived),
        T(missing_documents_are_asked_for_again),
        T(what_is_no_receipt_is_not_read),
        T(closing_ends_a_request_without_an_answer),
        T(closing_while_it_signs_sends_nothing),
        T(a_large_file_is_sent_whole),
    };
#undef T
    return cmocka_run_group_tests(tests, start, stop);
}
