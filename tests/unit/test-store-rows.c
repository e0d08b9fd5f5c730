/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store-fixture.h"

#include "base/file.h"

/* ---- users ---- */

static const struct store_user fixture_user = {
    .email = (char *)"ana@ejemplo.mx",
    .names = (char *)"Ana",
    .first_surname = (char *)"Núñez",
    .second_surname = (char *)"",
    .role = USER_OPERADOR,
    .enabled = true,
    .password = (char *)"scrypt:…",
    .accepted_us = 5,
    .privacy_version = (char *)"1",
    .agreement_version = (char *)"2",
};

static void a_user_is_added_changed_and_read_back(void **state)
{
    struct fixture *f = *state;
    int64_t id = 0;
    struct store_user user;
    assert_ok(store_user_add(f->store, &fixture_user, &id, &f->err));
    assert_ok(store_user_get(f->store, id, &user, &f->err));
    assert_int_equal(user.added_us, f->now_us);
    assert_string_equal(user.first_surname, "Núñez");
    assert_null(user.code);
    user.role = USER_ADMINISTRADOR;
    user.code = xstrdup("scrypt:code");
    user.code_until_us = 77;
    user.code_tries = 5;
    assert_ok(store_user_update(f->store, &user, &f->err));
    store_user_free(&user);
    assert_int_equal(store_user_find(f->store, "ana@ejemplo.mx", &user, &f->err), 1);
    assert_int_equal(user.id, id);
    assert_int_equal(user.role, USER_ADMINISTRADOR);
    assert_string_equal(user.code, "scrypt:code");
    assert_int_equal(user.code_until_us, 77);
    assert_int_equal(user.code_tries, 5);
    assert_string_equal(user.agreement_version, "2");
    store_user_free(&user);
}

static void a_user_is_there_once_or_not_at_all(void **state)
{
    struct fixture *f = *state;
    int64_t id = 0;
    struct store_user user = {.id = 9, .email = (char *)"x"};
    assert_ok(store_user_add(f->store, &fixture_user, &id, &f->err));
    assert_err(f, store_user_add(f->store, &fixture_user, &id, &f->err), ERR_USER_EXISTS);
    assert_err(f, store_user_get(f->store, id + 1, &user, &f->err), ERR_UNKNOWN_USER);
    assert_int_equal(store_user_find(f->store, "eva@ejemplo.mx", &user, &f->err), 0);
}

static void the_default_user_is_the_only_enabled_one(void **state)
{
    struct fixture *f = *state;
    struct store_user user = fixture_user;
    char *email = NULL;
    int64_t ana = 0, eva = 0;
    assert_int_equal(store_user_default(f->store, &email, &f->err), 0);
    assert_ok(store_user_add(f->store, &user, &ana, &f->err));
    user.email = (char *)"eva@ejemplo.mx";
    assert_ok(store_user_add(f->store, &user, &eva, &f->err));
    assert_int_equal(store_user_default(f->store, &email, &f->err), 0);
    user.id = eva;
    user.enabled = false;
    assert_ok(store_user_update(f->store, &user, &f->err));
    assert_int_equal(store_user_default(f->store, &email, &f->err), 1);
    assert_string_equal(email, "ana@ejemplo.mx");
    free(email);
}

/* ---- registros patronales ---- */

static void an_rp_is_added_changed_and_read_back(void **state)
{
    struct fixture *f = *state;
    fixture_add_rp(f, "Z9900003104");
    struct store_rp row = {
        .rp = "Z9900001108", .name = (char *)"Peña y Cía", .guia = "01400", .enye = ENYE_LATIN1};
    assert_ok(store_rp_add(f->store, &row, &f->err));
    row.paused = true;
    row.enye = ENYE_N;
    row.added_us = 77;
    assert_ok(store_rp_update(f->store, &row, &f->err));

    struct store_rp *rps;
    size_t n;
    assert_ok(store_rp_list(f->store, &rps, &n, &f->err));
    assert_int_equal(n, 2);
    assert_string_equal(rps[0].rp, "Z9900001108"); /* sorted */
    assert_string_equal(rps[0].name, "Peña y Cía");
    assert_string_equal(rps[0].guia, "01400");
    assert_int_equal(rps[0].enye, ENYE_N);
    assert_true(rps[0].paused);
    assert_int_equal(rps[0].added_us, 77);
    assert_int_equal(rps[0].certificate, 0);
    assert_int_equal(rps[1].added_us, f->now_us);
    store_rps_free(rps, n);
}

static void an_rp_is_there_once(void **state)
{
    struct fixture *f = *state;
    fixture_add_rp(f, fixture_rp);
    struct store_rp row = {.rp = "Z9900001108"};
    assert_err(f, store_rp_add(f->store, &row, &f->err), ERR_RP_EXISTS);
}

static void an_unknown_rp_is_an_error_everywhere(void **state)
{
    struct fixture *f = *state;
    struct store_rp row = {.rp = "Z9900001108"};
    assert_err(f, store_rp_get(f->store, row.rp, &row, &f->err), ERR_UNKNOWN_RP);
    assert_err(f, store_rp_update(f->store, &row, &f->err), ERR_UNKNOWN_RP);
    assert_err(f, store_rp_remove(f->store, row.rp, &f->err), ERR_UNKNOWN_RP);
}

static void an_rp_with_open_lots_stays_and_one_without_goes_and_can_return(void **state)
{
    struct fixture *f = *state;
    fixture_add_rp(f, fixture_rp);
    int64_t lot = fixture_add_lot(f, 1, 2, 1);
    assert_err(f, store_rp_remove(f->store, fixture_rp, &f->err), ERR_RP_IN_USE);
    fixture_set_state(f, lot, LOT_STATE_ACCEPTED);
    assert_ok(store_rp_remove(f->store, fixture_rp, &f->err));
    struct store_rp row;
    assert_err(f, store_rp_get(f->store, fixture_rp, &row, &f->err), ERR_UNKNOWN_RP);
    struct store_lot read;
    assert_ok(store_lot_get(f->store, lot, &read, &f->err)); /* history stays */
    store_lot_free(&read);
    fixture_add_rp(f, fixture_rp);
    assert_ok(store_rp_get(f->store, fixture_rp, &row, &f->err));
    store_rp_free(&row);
}

static void every_state_that_is_not_final_keeps_its_rp(void **state)
{
    struct fixture *f = *state;
    fixture_add_rp(f, fixture_rp);
    int64_t lot = fixture_add_lot(f, 1, 1, 1);
    for (int s = 0; s < _LOT_STATE_MAX; s++) {
        fixture_set_state(f, lot, (enum lot_state)s);
        assert_ok(store_begin(f->store, &f->err));
        int r = store_rp_remove(f->store, fixture_rp, &f->err);
        assert_int_equal(r, lot_state_final((enum lot_state)s) ? 0 : -(int)ERR_RP_IN_USE);
        assert_ok(store_end(f->store, false, &f->err));
    }
}

static void assert_refused(struct fixture *f, int64_t failed, int64_t late)
{
    enum { LATER = 20991231 };
    struct store_overview *rows;
    size_t n;
    assert_ok(store_overview_list(f->store, LATER, &rows, &n, &f->err));
    assert_int_equal(n, 1);
    assert_int_equal(rows[0].failed, failed);
    assert_int_equal(rows[0].late, late);
    free(rows);
}

static void change_lot(struct fixture *f, int64_t id, enum lot_state state, int32_t deadline,
                       int64_t given_up_us)
{
    struct store_lot lot;
    assert_ok(store_lot_get(f->store, id, &lot, &f->err));
    lot.state = state;
    lot.deadline = deadline;
    lot.given_up_us = given_up_us;
    assert_ok(store_lot_update(f->store, &lot, &f->err));
    store_lot_free(&lot);
}

static void a_refused_file_counts_until_it_is_taken_again_or_given_up(void **state)
{
    struct fixture *f = *state;
    fixture_add_rp(f, fixture_rp);
    int64_t refused = fixture_add_lot(f, 1, 2, 1);
    assert_refused(f, 0, 0);
    change_lot(f, refused, LOT_STATE_FAILED, 20260907, 0);
    assert_refused(f, 1, 1);
    int64_t other = fixture_add_lot(f, 7, 2, 1); /* of other workers */
    assert_refused(f, 1, 1);
    change_lot(f, other, LOT_STATE_ACCEPTED, 20260907, 0);
    int64_t again = fixture_add_lot(f, 1, 2, 1);
    assert_refused(f, 0, 0);
    change_lot(f, again, LOT_STATE_FAILED, 20260907, 0);
    assert_refused(f, 2, 2);
    change_lot(f, refused, LOT_STATE_FAILED, 0, f->now_us);
    assert_refused(f, 1, 1);
    change_lot(f, again, LOT_STATE_CANCELLED, 0, f->now_us);
    assert_refused(f, 0, 0);
}

/* ---- certificates ---- */

static const char sealed[] = "opaque bytes, sealed by somebody else: zq81";

static struct store_certificate certificate(int64_t id)
{
    return (struct store_certificate){.id = id,
                                      .kind = CERTIFICATE_EFIRMA,
                                      .user = (char *)"EKU9003173C9",
                                      .rfc = (char *)"EKU9003173C9",
                                      .name = (char *)"Ejemplo",
                                      .fingerprint = (char *)"aa",
                                      .not_before_us = 1,
                                      .not_after_us = 2,
                                      .sealed = (char *)sealed,
                                      .sealed_len = sizeof(sealed)};
}

static int64_t add_certificate(struct fixture *f)
{
    int64_t id = 0;
    assert_ok(store_certificate_reserve(f->store, &id, &f->err));
    struct store_certificate row = certificate(id);
    assert_ok(store_certificate_add(f->store, &row, &f->err));
    return id;
}

static void a_reserved_number_is_never_given_again(void **state)
{
    struct fixture *f = *state;
    int64_t ids[3];
    assert_ok(store_certificate_reserve(f->store, &ids[0], &f->err));
    ids[1] = add_certificate(f);
    assert_ok(store_certificate_remove(f->store, ids[1], &f->err));
    assert_ok(fixture_reopen(f));
    ids[2] = add_certificate(f);
    assert_int_equal(ids[0], 1);
    assert_int_equal(ids[1], 2);
    assert_int_equal(ids[2], 3);
    struct store_certificate again = certificate(3);
    assert_err(f, store_certificate_add(f->store, &again, &f->err), ERR_CERTIFICATE_EXISTS);
}

static void a_certificate_is_read_back_whole(void **state)
{
    struct fixture *f = *state;
    int64_t id = add_certificate(f);
    struct store_certificate row;
    assert_ok(store_certificate_get(f->store, id, &row, &f->err));
    assert_int_equal(row.kind, CERTIFICATE_EFIRMA);
    assert_string_equal(row.rfc, "EKU9003173C9");
    assert_null(row.curp);
    assert_int_equal(row.added_us, f->now_us);
    assert_int_equal(row.sealed_len, sizeof(sealed));
    assert_memory_equal(row.sealed, sealed, sizeof(sealed));
    store_certificate_free(&row);
    assert_err(f, store_certificate_get(f->store, 99, &row, &f->err), ERR_UNKNOWN_CERTIFICATE);
}

static void an_update_without_sealed_bytes_keeps_them(void **state)
{
    struct fixture *f = *state;
    int64_t id = add_certificate(f);
    struct store_certificate *rows;
    size_t n;
    assert_ok(store_certificate_list(f->store, false, &rows, &n, &f->err));
    assert_int_equal(n, 1);
    assert_null(rows[0].sealed);
    rows[0].hold = LOT_HOLD_CERTIFICATE_REJECTED;
    rows[0].hold_text = xstrdup("contraseña incorrecta");
    assert_ok(store_certificate_update(f->store, &rows[0], &f->err));
    rows[0].id = 99;
    assert_err(f, store_certificate_update(f->store, &rows[0], &f->err), ERR_UNKNOWN_CERTIFICATE);
    store_certificates_free(rows, n);

    struct store_certificate row;
    assert_ok(store_certificate_get(f->store, id, &row, &f->err));
    assert_int_equal(row.hold, LOT_HOLD_CERTIFICATE_REJECTED);
    assert_string_equal(row.hold_text, "contraseña incorrecta");
    assert_int_equal(row.sealed_len, sizeof(sealed));
    store_certificate_free(&row);
}

static bool file_holds(const char *path, const void *bytes, size_t n)
{
    _cleanup_buf_ struct buf content = BUF_INIT;
    assert_ok(file_read(path, 1 << 26, &content, NULL));
    return memmem(content.data, content.len, bytes, n) != NULL;
}

static void a_removed_certificate_leaves_its_row_but_no_sealed_bytes(void **state)
{
    struct fixture *f = *state;
    int64_t id = add_certificate(f);
    struct store_rp rp = {.rp = "Z9900001108", .certificate = id};
    assert_ok(store_rp_add(f->store, &rp, &f->err));
    f->store = store_close(f->store); /* into the file */
    assert_true(file_holds(f->path, sealed, sizeof(sealed)));
    assert_ok(fixture_reopen(f));
    assert_ok(store_certificate_remove(f->store, id, &f->err));
    assert_err(f, store_certificate_remove(f->store, id, &f->err), ERR_UNKNOWN_CERTIFICATE);

    assert_ok(store_rp_get(f->store, rp.rp, &rp, &f->err));
    assert_int_equal(rp.certificate, 0);
    store_rp_free(&rp);
    struct store_certificate row;
    assert_ok(store_certificate_get(f->store, id, &row, &f->err));
    assert_int_equal(row.removed_us, f->now_us);
    assert_null(row.sealed);
    store_certificate_free(&row);
    struct store_certificate *rows;
    size_t n;
    assert_ok(store_certificate_list(f->store, false, &rows, &n, &f->err));
    assert_int_equal(n, 0);
    store_certificates_free(rows, n);
    assert_ok(store_certificate_list(f->store, true, &rows, &n, &f->err));
    assert_int_equal(n, 1);
    store_certificates_free(rows, n);
    f->store = store_close(f->store);
    assert_false(file_holds(f->path, sealed, sizeof(sealed)));
}

/* ---- documents ---- */

static int with_lot(void **state)
{
    int r = fixture_new(state);
    fixture_add_rp(*state, fixture_rp);
    return r < 0 ? r : fixture_add_lot(*state, 1, 3, 1) == 1 ? 0 : -1;
}

static void a_document_keeps_its_bytes_and_their_hash(void **state)
{
    struct fixture *f = *state;
    static const char bytes[] = "%PDF\0binary\xff";
    struct store_document document = {.lot = 1,
                                      .kind = DOCUMENT_ACUSE,
                                      .name = (char *)"acuse.pdf",
                                      .media_type = (char *)"application/pdf"};
    int64_t id;
    assert_ok(store_document_add(f->store, &document, bytes, sizeof(bytes), &id, &f->err));
    struct store_document read;
    _cleanup_buf_ struct buf content = BUF_INIT;
    assert_ok(store_document_get(f->store, id, &read, &content, &f->err));
    assert_int_equal(content.len, sizeof(bytes));
    assert_memory_equal(content.data, bytes, sizeof(bytes));
    assert_string_equal(read.name, "acuse.pdf");
    assert_int_equal(read.size, sizeof(bytes));
    assert_int_equal(strlen(read.sha256), 64);
    struct store_document *one = xmemdup(&read, sizeof(read));
    store_documents_free(one, 1);
    assert_err(f, store_document_get(f->store, 99, NULL, &content, &f->err), ERR_UNKNOWN_DOCUMENT);
}

static void equal_bytes_are_stored_once_per_lot_and_kind(void **state)
{
    struct fixture *f = *state;
    int64_t first, again, other_kind, other_bytes, no_lot, no_lot_again;
    struct store_document document = {.lot = 1, .kind = DOCUMENT_PAGE};
    assert_ok(store_document_add(f->store, &document, "a", 1, &first, &f->err));
    assert_ok(store_document_add(f->store, &document, "a", 1, &again, &f->err));
    assert_ok(store_document_add(f->store, &document, "b", 1, &other_bytes, &f->err));
    document.kind = DOCUMENT_CSV;
    assert_ok(store_document_add(f->store, &document, "a", 1, &other_kind, &f->err));
    document.lot = 0;
    assert_ok(store_document_add(f->store, &document, "a", 1, &no_lot, &f->err));
    assert_ok(store_document_add(f->store, &document, "a", 1, &no_lot_again, &f->err));
    assert_int_equal(first, again);
    assert_int_equal(no_lot, no_lot_again);
    assert_true(other_bytes != first && other_kind != first && no_lot != first);

    struct store_document *documents;
    size_t n;
    assert_ok(store_document_list(f->store, 1, &documents, &n, &f->err));
    assert_int_equal(n, 3);
    store_documents_free(documents, n);
    assert_ok(store_document_list(f->store, 0, &documents, &n, &f->err));
    assert_int_equal(n, 1);
    assert_int_equal(documents[0].lot, 0);
    store_documents_free(documents, n);
}

static size_t count_documents(struct fixture *f)
{
    struct store_document *documents;
    size_t n;
    assert_ok(store_document_list(f->store, 1, &documents, &n, &f->err));
    store_documents_free(documents, n);
    return n;
}

static void a_document_in_slices_shows_when_it_is_whole(void **state)
{
    struct fixture *f = *state;
    static const char bytes[] = "0123456789";
    struct store_document document = {.lot = 1, .kind = DOCUMENT_CONSTANCIA};
    struct store_saving *saving;
    int64_t id = 0, again = 0;
    assert_ok(store_document_begin(f->store, &document, bytes, 10, &saving, &f->err));
    assert_int_equal(store_document_next(saving, 4, &id, &f->err), 1);
    assert_ok(store_commit(f->store, &f->err));
    assert_int_equal(store_document_next(saving, 4, &id, &f->err), 1);
    assert_int_equal(count_documents(f), 0);
    _cleanup_buf_ struct buf content = BUF_INIT;
    assert_err(f, store_document_get(f->store, 1, NULL, &content, &f->err), ERR_UNKNOWN_DOCUMENT);
    assert_int_equal(store_document_next(saving, 4, &id, &f->err), 0);
    store_document_end(saving);
    assert_int_equal(count_documents(f), 1);
    assert_ok(store_document_get(f->store, id, NULL, &content, &f->err));
    assert_string_equal(content.data, bytes);

    /* the same bytes, cut otherwise */
    assert_ok(store_document_add(f->store, &document, bytes, 10, &again, &f->err));
    assert_int_equal(again, id);
    assert_int_equal(count_documents(f), 1);
}

static void a_document_that_was_never_ended_is_swept(void **state)
{
    struct fixture *f = *state;
    struct store_document document = {.lot = 1, .kind = DOCUMENT_CONSTANCIA};
    struct store_saving *saving;
    int64_t id;
    assert_ok(store_document_begin(f->store, &document, "0123456789", 10, &saving, &f->err));
    assert_int_equal(store_document_next(saving, 4, &id, &f->err), 1);
    store_document_end(saving);
    assert_ok(fixture_reopen(f));
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM document"), 0);
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM document_part"), 0);
}

static void an_empty_document_is_a_document(void **state)
{
    struct fixture *f = *state;
    struct store_document document = {.kind = DOCUMENT_PAGE};
    int64_t id;
    assert_ok(store_document_add(f->store, &document, "", 0, &id, &f->err));
    _cleanup_buf_ struct buf content = BUF_INIT;
    assert_ok(store_document_get(f->store, id, NULL, &content, &f->err));
    assert_int_equal(content.len, 0);
}

static void changed_bytes_are_noticed(void **state)
{
    struct fixture *f = *state;
    struct store_document document = {.lot = 1, .kind = DOCUMENT_CONSTANCIA};
    int64_t id;
    assert_ok(store_document_add(f->store, &document, "abc", 3, &id, &f->err));
    assert_ok(store_commit(f->store, &f->err));
    fixture_sql(f, "UPDATE document_part SET bytes = x'616264'");
    _cleanup_buf_ struct buf content = BUF_INIT;
    struct store_document read;
    assert_err(f, store_document_get(f->store, id, &read, &content, &f->err), ERR_STORE_CORRUPT);
    assert_int_equal(content.len, 0);
}

/* ---- what the history knows of them ---- */

static struct store_audit *last_audit(struct fixture *f, size_t *ret_n)
{
    struct store_audit *audits;
    assert_ok(
        store_audit_list(f->store, &(struct store_audit_filter){.lot = 1}, 0, 1, &audits, ret_n, &f->err));
    return audits;
}

static void documents_and_attempts_are_in_the_history_with_their_hashes(void **state)
{
    struct fixture *f = *state;
    int64_t id;
    struct store_document document = {.lot = 1, .kind = DOCUMENT_ACUSE, .name = (char *)"a.pdf"};
    size_t n;
    assert_ok(store_document_add(f->store, &document, "abc", 3, &id, &f->err));
    assert_ok(store_document_add(f->store, &document, "abc", 3, &id, &f->err)); /* stored already: no news */
    struct store_audit *audits = last_audit(f, &n);
    assert_int_equal(n, 1);
    _cleanup_free_ char *detail =
        xasprintf("{\"document\":%lld,\"kind\":\"acuse\",\"sha256\":"
                  "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"}",
                  (long long)id);
    assert_string_equal(audits[0].detail, detail);
    assert_string_equal(audits[0].action, "document");
    store_audits_free(audits, n);
    assert_ok(store_commit(f->store, &f->err));
    assert_int_equal(fixture_sql(f, "SELECT count(*) FROM audit WHERE action = 'document'"), 1);

    _cleanup_buf_ struct buf chain = BUF_INIT;
    buf_add_str(&chain, "abc");
    assert_ok(store_attempt_begin(f->store, 1, 0, &id, &f->err));
    struct store_attempt end = {.id = id, .lot = 1, .reason = REASON_OK, .sent = true};
    assert_ok(store_attempt_end(f->store, &end, NULL, &chain, &f->err));
    audits = last_audit(f, &n);
    assert_string_equal(audits[0].action, "attempt");
    assert_non_null(
        strstr(audits[0].detail,
               "\"tls_chain\":\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\""));
    store_audits_free(audits, n);
}

/* ---- attempts ---- */

static void an_attempt_begins_open_and_ends_with_what_was_said_and_seen(void **state)
{
    struct fixture *f = *state;
    int64_t id, left_open;
    assert_ok(store_attempt_begin(f->store, 1, 0, &id, &f->err));
    _cleanup_buf_ struct buf transcript = BUF_INIT;
    assert_err(f, store_attempt_transcript(f->store, id, &transcript, &f->err), ERR_UNKNOWN_DOCUMENT);
    f->now_us += 5 * US_PER_S;
    buf_add_str(&transcript, "POST /upload");
    struct store_attempt end = {
        .id = id, .lot = 1, .reason = REASON_TIMEOUT, .text = (char *)"no answer", .sent = true};
    _cleanup_buf_ struct buf chain = BUF_INIT;
    buf_add_str(&chain, "certificates");
    assert_ok(store_attempt_end(f->store, &end, &transcript, &chain, &f->err));
    assert_ok(store_attempt_begin(f->store, 1, 0, &left_open, &f->err));

    struct store_attempt *attempts;
    size_t n;
    assert_ok(store_attempt_list(f->store, 1, &attempts, &n, &f->err));
    assert_int_equal(n, 2);
    assert_int_equal(attempts[0].ended_us - attempts[0].started_us, 5 * US_PER_S);
    assert_int_equal(attempts[0].reason, REASON_TIMEOUT);
    assert_string_equal(attempts[0].text, "no answer");
    assert_true(attempts[0].sent);
    assert_int_equal(attempts[1].ended_us, 0);
    assert_false(attempts[1].sent);
    store_attempts_free(attempts, n);

    _cleanup_buf_ struct buf read = BUF_INIT;
    assert_ok(store_attempt_transcript(f->store, id, &read, &f->err));
    assert_string_equal(read.data, "POST /upload");
    buf_reset(&read);
    assert_ok(store_attempt_tls_chain(f->store, id, &read, &f->err));
    assert_string_equal(read.data, "certificates");
    buf_reset(&read);
    assert_ok(store_attempt_tls_chain(f->store, left_open, &read, &f->err));
    assert_int_equal(read.len, 0);
    end.id = 99;
    assert_err(f, store_attempt_end(f->store, &end, NULL, NULL, &f->err), ERR_STORE);
    assert_err(f, store_attempt_begin(f->store, 99, 0, &id, &f->err), ERR_STORE); /* of no lot */
}

/* ---- small things ---- */

static void values_are_set_replaced_and_deleted(void **state)
{
    struct fixture *f = *state;
    char *value = NULL;
    assert_int_equal(store_value_get(f->store, "circuit", &value, &f->err), 0);
    assert_ok(store_value_set(f->store, "circuit", "open", &f->err));
    assert_ok(store_value_set(f->store, "circuit", "closed", &f->err));
    assert_int_equal(store_value_get(f->store, "circuit", &value, &f->err), 1);
    assert_string_equal(value, "closed");
    free(STEAL(value));
    assert_ok(store_value_set(f->store, "circuit", NULL, &f->err));
    assert_int_equal(store_value_get(f->store, "circuit", &value, &f->err), 0);
}

static void foreign_lots_are_remembered_by_the_hash_of_their_records(void **state)
{
    struct fixture *f = *state;
    char *sha256 = NULL;
    assert_int_equal(store_foreign_find(f->store, "123456789", &sha256, &f->err), 0);
    assert_ok(store_foreign_add(f->store, "123456789", "00ff", &f->err));
    assert_ok(store_foreign_add(f->store, "123456789", "ba7816", &f->err)); /* read again */
    assert_int_equal(store_foreign_find(f->store, "123456789", &sha256, &f->err), 1);
    assert_string_equal(sha256, "ba7816");
    free(sha256);
}

static void a_submission_gives_its_lots_back_in_order(void **state)
{
    struct fixture *f = *state;
    int64_t second = fixture_add_lot(f, 10, 1, 1);
    int64_t *ids = NULL;
    size_t n;
    assert_int_equal(store_submission_find(f->store, "key", &ids, &n, &f->err), 0);
    const int64_t given[] = {second, 1};
    assert_ok(store_submission_add(f->store, "key", given, 2, &f->err));
    assert_int_equal(store_submission_find(f->store, "key", &ids, &n, &f->err), 1);
    assert_int_equal(n, 2);
    assert_int_equal(ids[0], second);
    assert_int_equal(ids[1], 1);
    free(ids);
    assert_int_equal(store_submission_find(f->store, "other", &ids, &n, &f->err), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_new, fixture_free)
#define LOT(name)  cmocka_unit_test_setup_teardown(name, with_lot, fixture_free)
    const struct CMUnitTest tests[] = {
        TEST(a_user_is_added_changed_and_read_back),
        TEST(a_user_is_there_once_or_not_at_all),
        TEST(the_default_user_is_the_only_enabled_one),
        TEST(an_rp_is_added_changed_and_read_back),
        TEST(an_rp_is_there_once),
        TEST(an_unknown_rp_is_an_error_everywhere),
        TEST(an_rp_with_open_lots_stays_and_one_without_goes_and_can_return),
        TEST(every_state_that_is_not_final_keeps_its_rp),
        TEST(a_refused_file_counts_until_it_is_taken_again_or_given_up),
        TEST(a_reserved_number_is_never_given_again),
        TEST(a_certificate_is_read_back_whole),
        TEST(an_update_without_sealed_bytes_keeps_them),
        TEST(a_removed_certificate_leaves_its_row_but_no_sealed_bytes),
        LOT(a_document_keeps_its_bytes_and_their_hash),
        LOT(equal_bytes_are_stored_once_per_lot_and_kind),
        LOT(a_document_in_slices_shows_when_it_is_whole),
        LOT(a_document_that_was_never_ended_is_swept),
        LOT(an_empty_document_is_a_document),
        LOT(changed_bytes_are_noticed),
        LOT(an_attempt_begins_open_and_ends_with_what_was_said_and_seen),
        LOT(documents_and_attempts_are_in_the_history_with_their_hashes),
        TEST(values_are_set_replaced_and_deleted),
        TEST(foreign_lots_are_remembered_by_the_hash_of_their_records),
        LOT(a_submission_gives_its_lots_back_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
