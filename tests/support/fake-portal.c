/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support/fake-portal.h"

#include <stdio.h>

#include "idse/adoption.h"
#include "idse/record.h"
#include "vault/digest.h"

struct portal_session {
    struct fake_portal *fake;
    int64_t certificate;
    struct buf transcript, tls_chain;
    char rp[12]; /* of what was signed */
    struct buf records;
};

/* One callback to come. Readings have no session. */
struct fake_pending {
    struct fake_pending *next;
    struct portal_session *session;
    enum fake_step step;
    struct fake_fault fault;
    bool faulty;
    portal_answer_fn *answer_fn;
    portal_reading_fn *reading_fn;
    void *data;
    char portal_lot[16];
    struct buf bytes; /* records of an upload, their signature, document of a reading */
    struct buf sent;  /* what a reading is held against */
    struct portal_reading reading;
    bool was_read;              /* it is `reading` */
    struct receipt_owner whose; /* part of the document is wanted */
    int64_t since_us;
    enum document_kind kind;
};

static struct fake_pending *enqueue(struct fake_portal *fake, struct portal_session *session)
{
    struct fake_pending *pending = xcalloc(1, sizeof(*pending));
    pending->session = session;
    struct fake_pending **at = &fake->pending;
    while (*at)
        at = &(*at)->next;
    *at = pending;
    return pending;
}

static struct fake_pending *request(struct portal_session *session, enum fake_step step, portal_answer_fn *fn,
                                    void *data)
{
    struct fake_portal *fake = session->fake;
    struct fake_pending *pending = enqueue(fake, session);
    pending->step = step;
    pending->answer_fn = fn;
    pending->data = data;
    pending->faulty = fake->has_fault[step];
    pending->fault = fake->faults[step];
    fake->has_fault[step] = fake->keeps_fault[step];
    fake->requests[step]++;
    return pending;
}

static struct portal_session *fake_open(void *portal, int64_t certificate, struct err *err)
{
    struct portal_session *session = xcalloc(1, sizeof(*session));
    session->fake = portal;
    session->certificate = certificate;
    buf_add_str(&session->tls_chain, FAKE_TLS_CHAIN);
    return session;
}

static void fake_login(struct portal_session *session, portal_answer_fn *fn, void *data)
{
    request(session, FAKE_LOGIN, fn, data);
}

static void fake_list(struct portal_session *session, int64_t since_us, portal_answer_fn *fn, void *data)
{
    request(session, FAKE_LIST, fn, data)->since_us = since_us;
}

static struct fake_lot *take(struct fake_portal *fake, int64_t certificate, const char *rp,
                             const struct buf *records)
{
    fake->lots = xreallocarray(fake->lots, fake->n_lots + 1, sizeof(*fake->lots));
    struct fake_lot *lot = &fake->lots[fake->n_lots++];
    *lot = (struct fake_lot){.certificate = certificate,
                             .received_us = clock_wall_us(fake->clock) - fake->behind_us,
                             .processed = fake->process_at_once,
                             .reject_every = fake->reject_every};
    snprintf(lot->number, sizeof(lot->number), "%09zu", fake->n_lots);
    snprintf(lot->rp, sizeof(lot->rp), "%s", rp);
    buf_add(&lot->records, records->data, records->len);
    return lot;
}

static void fake_sign(struct portal_session *session, const char *rp, struct buf *records,
                      portal_answer_fn *fn, void *data)
{
    struct fake_pending *pending = request(session, FAKE_SIGN, fn, data);
    snprintf(session->rp, sizeof(session->rp), "%s", rp);
    buf_take(&session->records, records);
    buf_add(&pending->bytes, session->records.data,
            session->records.len); /* the signature, as large as the file */
}

static void fake_upload(struct portal_session *session, portal_answer_fn *fn, void *data)
{
    struct fake_pending *pending = request(session, FAKE_UPLOAD, fn, data);
    buf_take(&pending->bytes, &session->records);
    /* What the portal takes, it takes now: the process may not live to see the answer. */
    if (!pending->faulty || pending->fault.taken)
        snprintf(pending->portal_lot, sizeof(pending->portal_lot), "%s",
                 take(session->fake, session->certificate, session->rp, &pending->bytes)->number);
}

static void fake_fetch(struct portal_session *session, const char *portal_lot, enum document_kind kind,
                       portal_answer_fn *fn, void *data)
{
    enum fake_step step = kind == DOCUMENT_ACUSE        ? FAKE_ACUSE
                          : kind == DOCUMENT_CONSTANCIA ? FAKE_CONSTANCIA
                                                        : FAKE_CSV;
    struct fake_pending *pending = request(session, step, fn, data);
    snprintf(pending->portal_lot, sizeof(pending->portal_lot), "%s", portal_lot);
    pending->kind = kind;
    if (pending->fault.only[0] && !streq(pending->fault.only, portal_lot))
        pending->faulty = false;
}

static void fake_logout(struct portal_session *session, portal_answer_fn *fn, void *data)
{
    request(session, FAKE_LOGOUT, fn, data);
}

static const struct buf *fake_transcript(struct portal_session *session)
{
    return &session->transcript;
}

static void free_pending(struct fake_pending *pending)
{
    buf_free(&pending->bytes);
    buf_free(&pending->sent);
    free(pending->whose.rp);
    free(pending->whose.portal_lot);
    portal_reading_free(&pending->reading);
    free(pending);
}

static void fake_close(struct portal_session *session)
{
    if (!session)
        return;
    for (struct fake_pending **at = &session->fake->pending; *at;)
        if ((*at)->session == session) {
            struct fake_pending *gone = *at;
            *at = gone->next;
            free_pending(gone);
        } else
            at = &(*at)->next;
    buf_free(&session->transcript);
    buf_free(&session->tls_chain);
    buf_free(&session->records);
    free(session);
}

static void fake_compare(void *portal, struct portal_reading *reading, struct buf *csv, portal_reading_fn *fn,
                         void *data)
{
    struct fake_pending *pending = enqueue(portal, NULL);
    pending->reading_fn = fn;
    pending->data = data;
    pending->kind = DOCUMENT_CSV;
    pending->reading = *reading;
    *reading = (struct portal_reading){0};
    buf_take(&pending->bytes, csv);
}

static void fake_read(void *portal, enum document_kind kind, struct buf *bytes, struct buf *sent,
                      const struct receipt_owner *whose, portal_reading_fn *fn, void *data)
{
    struct fake_pending *pending = enqueue(portal, NULL);
    pending->reading_fn = fn;
    pending->data = data;
    pending->kind = kind;
    if (whose)
        pending->whose = (struct receipt_owner){xstrdup(whose->rp), xstrdup(whose->portal_lot)};
    buf_take(&pending->bytes, bytes);
    buf_take(&pending->sent, sent);
}

static void fake_match(void *portal, struct portal_reading *reading, struct buf *sent, portal_reading_fn *fn,
                       void *data)
{
    struct fake_pending *pending = enqueue(portal, NULL);
    pending->reading_fn = fn;
    pending->data = data;
    pending->reading = *reading;
    pending->was_read = true;
    *reading = (struct portal_reading){0};
    buf_take(&pending->sent, sent);
}

static void fake_date(void *portal, portal_answer_fn *fn, void *data)
{
    struct fake_portal *fake = portal;
    struct fake_pending *pending = enqueue(fake, NULL);
    pending->step = FAKE_DATE;
    pending->answer_fn = fn;
    pending->data = data;
    fake->requests[FAKE_DATE]++;
}

static bool fake_can_upload(void *portal)
{
    return !((struct fake_portal *)portal)->cannot_upload;
}

static const char *fake_profile_name(void *portal)
{
    return "fake";
}

static const struct portal_ops fake_ops = {
    .open = fake_open,
    .login = fake_login,
    .list = fake_list,
    .sign = fake_sign,
    .upload = fake_upload,
    .fetch = fake_fetch,
    .logout = fake_logout,
    .transcript = fake_transcript,
    .close = fake_close,
    .read = fake_read,
    .match = fake_match,
    .compare = fake_compare,
    .can_upload = fake_can_upload,
    .profile_name = fake_profile_name,
    .date = fake_date,
};

/* ---- answers ---- */

static struct fake_lot *find(struct fake_portal *fake, const char *number)
{
    for (size_t i = 0; i < fake->n_lots; i++)
        if (streq(fake->lots[i].number, number))
            return &fake->lots[i];
    return NULL;
}

static void answer_list(struct fake_portal *fake, struct fake_pending *pending, struct portal_answer *answer)
{
    struct portal_row *rows = xcalloc(fake->n_lots, sizeof(*rows));
    size_t n = 0;
    for (size_t i = fake->n_lots; i-- > 0;) {
        struct fake_lot *lot = &fake->lots[i];
        if (lot->certificate == pending->session->certificate && lot->received_us >= pending->since_us)
            rows[n++] = (struct portal_row){.portal_lot = lot->number,
                                            .type = (char *)"Reingresos",
                                            .date_us = lot->received_us,
                                            .processed = lot->processed,
                                            .has_csv = fake->csv_says != NULL};
    }
    answer->rows = rows;
    answer->n_rows = n;
    answer->server_date_us = clock_wall_us(fake->clock) - fake->behind_us;
    answer->complete = !(pending->faulty && pending->fault.incomplete);
    pending->answer_fn(pending->data, answer);
    free(rows);
}

static void write_csv(const struct fake_portal *fake, const struct fake_lot *lot, struct buf *ret)
{
    enum { RECORD = 170, NSS = 11, NSS_COLUMNS = 11 };
    buf_add_str(ret, "NSS,Estatus\n");
    for (size_t at = 0; at + 2 * RECORD <= lot->records.len; at += RECORD) /* but the control record */
        buf_printf(ret, "%.*s,%s\n", NSS_COLUMNS, lot->records.data + at + NSS, fake->csv_says);
}

/* A document of the fake names its kind, its lot, whether it is a wrong one, and holds the records. */
static void answer_document(struct fake_portal *fake, struct fake_pending *pending,
                            struct portal_answer *answer)
{
    const struct fake_lot *lot = find(fake, pending->portal_lot);
    bool wrong = pending->faulty && pending->fault.wrong;
    struct buf document = BUF_INIT;
    if (pending->faulty && pending->fault.misfiled)
        lot = &fake->lots[0];
    buf_printf(&document, "%u %s %s %c %u\n", pending->kind, lot->number, lot->rp, wrong ? 'w' : 'r',
               lot->reject_every);
    buf_add(&document, lot->records.data, lot->records.len);
    if (pending->kind == DOCUMENT_CSV) {
        buf_reset(&document);
        write_csv(fake, lot, &document);
    }
    answer->document = &document;
    answer->media_type = "application/pdf";
    if (pending->kind == DOCUMENT_CONSTANCIA && !lot->processed) {
        answer->reason = REASON_NOT_READY;
        answer->document = NULL;
    }
    pending->answer_fn(pending->data, answer);
    buf_free(&document);
}

static void answer(struct fake_portal *fake, struct fake_pending *pending)
{
    struct portal_answer answer = {.reason = REASON_OK, .text = "fake", .sent = true};
    if (pending->faulty && pending->fault.reason != REASON_OK) {
        answer.reason = pending->fault.reason;
        answer.sent = pending->fault.sent;
        answer.text = outcome_reason_text(pending->fault.reason);
        answer.retry_after_us = pending->fault.retry_after_us;
        pending->answer_fn(pending->data, &answer);
    } else if (pending->step == FAKE_LIST) {
        answer_list(fake, pending, &answer);
    } else if (pending->step == FAKE_DATE) {
        answer.server_date_us = clock_wall_us(fake->clock) - fake->behind_us;
        pending->answer_fn(pending->data, &answer);
    } else if (pending->step == FAKE_ACUSE || pending->step == FAKE_CONSTANCIA || pending->step == FAKE_CSV) {
        answer_document(fake, pending, &answer);
    } else {
        answer.portal_lot = pending->portal_lot;
        answer.received_us = clock_wall_us(fake->clock);
        answer.signature = pending->step == FAKE_SIGN ? &pending->bytes : NULL;
        answer.tls_chain = pending->step == FAKE_UPLOAD ? &pending->session->tls_chain : NULL;
        pending->answer_fn(pending->data, &answer);
    }
}

static struct acuse *read_acuse(const char *number, const char *rp, bool wrong, const char *records, size_t n)
{
    struct acuse *acuse = xcalloc(1, sizeof(*acuse));
    acuse->portal_lot = xstrdup(number);
    acuse->folio = xasprintf("folio-%s", number);
    acuse->rp = xstrndup(rp, 10);
    acuse->records = xmemdup(records, n + 1);
    acuse->records_len = n;
    if (wrong && n > 30)
        acuse->records[30] ^= 1;
    return acuse;
}

static struct constancia *read_constancia(const char *number, const char *rp, bool wrong,
                                          unsigned reject_every, const char *records, size_t n)
{
    struct constancia *constancia = xcalloc(1, sizeof(*constancia));
    constancia->portal_lot = xstrdup(number);
    constancia->rp = xstrdup(rp);
    constancia->rows = xcalloc(n / RECORD_COLUMNS + 1, sizeof(*constancia->rows));
    size_t capacity = n / RECORD_COLUMNS + 1;
    struct constancia_row *rejected = xcalloc(capacity, sizeof(*rejected));
    size_t n_rejected = 0;
    _cleanup_(record_reader_cleanup) struct record_reader *reader = record_reader_new(records, n, NULL);
    struct movement movement;
    for (size_t i = 1; record_reader_next(reader, &movement) > 0; i++) {
        int column = count_of_type(movement.type);
        bool operated = reject_every == 0 || i % reject_every != 0;
        struct constancia_row row = {.type = movement.type,
                                     .operated = operated,
                                     .date = operated ? movement.date : 0,
                                     .sbc_centavos = operated ? movement.sbc_centavos : -1};
        snprintf(row.nss, sizeof(row.nss), "%s", movement.nss);
        if (!operated) {
            row.errors = xcalloc(1, sizeof(*row.errors));
            row.errors[0] =
                (struct receipt_error){.code = xstrdup("011"), .text = xstrdup("RECHAZO DE PRACTICA")};
            row.n_errors = 1;
            rejected[n_rejected++] = row;
        } else
            constancia->rows[constancia->n_rows++] = row;
        constancia->received[column]++, constancia->received[COUNT_TOTAL]++;
        (operated ? constancia->operated : constancia->rejected)[column]++;
        (operated ? constancia->operated : constancia->rejected)[COUNT_TOTAL]++;
    }
    memcpy(constancia->rows + constancia->n_rows, rejected, n_rejected * sizeof(*rejected));
    constancia->n_rows += n_rejected;
    free(rejected);
    if (wrong)
        constancia->received[COUNT_TOTAL]++;
    return constancia;
}

static void compare(struct portal_reading *reading, const struct buf *sent)
{
    struct err err = ERR_INIT;
    int r = 0;
    if (reading->acuse && !reading->sha256)
        reading->sha256 = digest_sha256_hex(reading->acuse->records, reading->acuse->records_len);
    if (sent->len > 0 && reading->acuse)
        r = acuse_match(reading->acuse, sent->data, sent->len, &err);
    replace_str(&reading->difference, NULL);
    free(reading->row_of);
    reading->row_of = NULL;
    if (sent->len > 0 && reading->constancia)
        r = constancia_match_records(reading->constancia, sent->data, sent->len, &reading->row_of,
                                     &reading->n_sent, &err);
    else if (reading->constancia)
        r = adoption_check(reading->constancia, &reading->row_of, &reading->n_sent, &err);
    if (r < 0)
        reading->difference = xstrdup(err_text(&err));
    err_clear(&err);
}

static void match_again(struct fake_pending *pending)
{
    struct portal_reading reading = pending->reading;
    pending->reading = (struct portal_reading){0};
    compare(&reading, &pending->sent);
    pending->reading_fn(pending->data, &reading);
}

/* What one part of a document says; false when it says nothing. */
static bool read_part(const char *part, size_t n, struct portal_reading *ret)
{
    unsigned kind;
    unsigned reject_every;
    char number[16], rp[12], right;
    const char *end = memchr(part, '\n', n);
    if (!end || sscanf(part, "%u %15s %11s %c %u", &kind, number, rp, &right, &reject_every) != 5)
        return false;
    const char *records = end + 1;
    n -= (size_t)(records - part);
    if (kind == DOCUMENT_ACUSE)
        ret->acuse = read_acuse(number, rp, right == 'w', records, n);
    else
        ret->constancia = read_constancia(number, rp, right == 'w', reject_every, records, n);
    return true;
}

static bool is_wanted(const struct receipt_owner *whose, const struct constancia *constancia)
{
    return whose->rp && strncmp(constancia->rp, whose->rp, 10) == 0 &&
           (!whose->portal_lot || strcmp(constancia->portal_lot, whose->portal_lot) == 0);
}

/* Parts of a constancia of several employers stand behind form feeds; the first is read where none is of who is wanted. */
static struct portal_reading read_parts(const struct fake_pending *pending)
{
    struct portal_reading chosen = {.reason = REASON_RECEIPT_UNREADABLE, .text = "not a fake document"};
    const char *part = pending->bytes.data, *end = part + pending->bytes.len;
    struct receipt_owner *owners = NULL;
    size_t n_owners = 0;
    while (part < end) {
        const char *next = memchr(part, '\f', (size_t)(end - part));
        struct portal_reading reading = {.reason = REASON_OK, .text = ""};
        if (!read_part(part, (size_t)((next ? next : end) - part), &reading))
            break;
        if (chosen.constancia && reading.constancia) {
            if (is_wanted(&pending->whose, reading.constancia)) {
                struct portal_reading other = chosen;
                chosen = reading;
                reading = other;
            }
            owners = xreallocarray(owners, n_owners + 1, sizeof(*owners));
            owners[n_owners++] = (struct receipt_owner){xstrdup(reading.constancia->rp),
                                                        xstrdup(reading.constancia->portal_lot)};
            chosen.constancia->n_others += reading.constancia->n_rows;
            portal_reading_free(&reading);
        } else
            chosen = reading;
        part = next ? next + 1 : end;
    }
    if (chosen.constancia) {
        chosen.constancia->others = owners;
        chosen.constancia->n_owners = n_owners;
    }
    return chosen;
}

static void read_document(struct fake_pending *pending)
{
    struct portal_reading reading = read_parts(pending);
    compare(&reading, &pending->sent);
    pending->reading_fn(pending->data, &reading);
}

static void compare_csv(struct fake_pending *pending)
{
    struct portal_reading reading = pending->reading;
    pending->reading = (struct portal_reading){0};
    result_csv_compare(pending->bytes.data, pending->bytes.len, reading.constancia, &reading.doubts);
    pending->reading_fn(pending->data, &reading);
}

bool fake_portal_turn(struct fake_portal *fake)
{
    struct fake_pending *pending = fake->pending;
    if (!pending)
        return false;
    fake->pending = pending->next;
    if (pending->was_read)
        match_again(pending);
    else if (pending->reading.constancia)
        compare_csv(pending);
    else if (pending->reading_fn)
        read_document(pending);
    else
        answer(fake, pending);
    free_pending(pending);
    return true;
}

void fake_portal_forget(struct fake_portal *fake)
{
    while (fake->pending) {
        struct fake_pending *gone = fake->pending;
        fake->pending = gone->next;
        free_pending(gone);
    }
}

void fake_portal_fault(struct fake_portal *fake, enum fake_step step, struct fake_fault fault)
{
    fake->faults[step] = fault;
    fake->has_fault[step] = true;
}

void fake_portal_add_foreign(struct fake_portal *fake, int64_t certificate, const char *rp,
                             const void *records, size_t n)
{
    struct buf copy = BUF_INIT;
    buf_add(&copy, records, n);
    take(fake, certificate, rp, &copy);
    buf_free(&copy);
}

size_t fake_portal_count(const struct fake_portal *fake, const void *records, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < fake->n_lots; i++)
        count += fake->lots[i].records.len == n && memcmp(fake->lots[i].records.data, records, n) == 0;
    return count;
}

void fake_portal_init(struct fake_portal *fake, const struct clock *clock)
{
    *fake = (struct fake_portal){.clock = clock, .process_at_once = true};
    fake->portal = (struct portal){.ops = &fake_ops, .data = fake};
}

void fake_portal_free(struct fake_portal *fake)
{
    fake_portal_forget(fake);
    for (size_t i = 0; i < fake->n_lots; i++)
        buf_free(&fake->lots[i].records);
    free(fake->lots);
}
