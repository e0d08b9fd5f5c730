/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/store-fixture.h"

#include "base/buf.h"
#include "base/data.h"
#include "idse/correction.h"
#include "idse/deadline.h"
#include "idse/fold.h"
#include "idse/law.h"
#include "store/search.h"
#include "tests/synthetic.h"

/*
 * Pages of the grid against a reference that is as simple as can be: all movements, filtered and sorted in memory. Made-up
 * movements of three registros patronales, lots in every state, some of them not indexed at all times.
 */

static unsigned random_state = 7;

static unsigned pick(unsigned n)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % n;
}

static const char *const surnames[] = {"MUÑOZ",      "MUNOZ", "MUNZ",   "PEREZ", "DE",
                                       "DE LA CRUZ", "LOPEZ", "O'HARA", "ÑU"};
static const char *const given[] = {"ANA", "BEGOÑA", "JOSE", "MARIA DE LOS ANGELES", "JUAN", "PEREZ"};

static struct movement random_movement(const char *rp)
{
    static const enum movement_type types[] = {MOVEMENT_REINGRESO, MOVEMENT_MODIFICACION, MOVEMENT_BAJA};
    struct movement m = synthetic_movement(types[pick(3)], pick(400));
    snprintf(m.rp, sizeof(m.rp), "%s", rp);
    snprintf(m.paterno, sizeof(m.paterno), "%s", surnames[pick(ELEMENTSOF(surnames))]);
    snprintf(m.materno, sizeof(m.materno), "%s", pick(5) ? surnames[pick(ELEMENTSOF(surnames))] : "");
    snprintf(m.nombres, sizeof(m.nombres), "%s", given[pick(ELEMENTSOF(given))]);
    m.date = 20261101 + (int32_t)pick(25);
    return m;
}

static int64_t add_lot(struct fixture *f, size_t n)
{
    const char *rp = synthetic_rps[pick(3)];
    _cleanup_buf_ struct buf records = BUF_INIT;
    for (size_t i = 0; i < n; i++) {
        struct movement m = random_movement(rp);
        record_write(&records, &m, ENYE_HASH);
    }
    record_write_control(&records, n, "06400");
    struct store_lot lot = {.created_by = (char *)"uid 1000"};
    memcpy(lot.rp, rp, sizeof(lot.rp));
    struct store_intake *intake;
    int64_t id;
    assert_ok(store_lot_begin(f->store, &lot, &records, true, &intake, &f->err));
    while (store_lot_add(intake, 100000, &f->err) > 0)
        ;
    assert_ok(store_lot_publish(intake, &id, &f->err));
    return id;
}

static void answer_lot(struct fixture *f, int64_t id, size_t n)
{
    struct receipt_error error = {(char *)"012", (char *)"NO EXISTE", NULL};
    struct receipt_error other = {(char *)"007", (char *)"NO SE ENCUENTRA", NULL};
    struct constancia_row rows[] = {{.operated = true, .name = (char *)"A"},
                                    {.errors = &error, .n_errors = 1},
                                    {.errors = &other, .n_errors = 1}};
    struct constancia constancia = {.rows = rows, .n_rows = 3};
    _cleanup_free_ size_t *row_of = xcalloc(n, sizeof(*row_of));
    for (size_t i = 0; i < n; i++)
        row_of[i] = pick(4) ? 0 : 1 + pick(2);
    struct store_results results = {.constancia = &constancia, .row_of = row_of, .n = n};
    while (store_lot_set_results(f->store, id, &results, 7, &f->err) > 0)
        ;
}

/* Sent, received, answered or given up. */
static void change_lot(struct fixture *f, int64_t id)
{
    static const enum movement_state states[] = {MOVEMENT_STATE_UNSENT, MOVEMENT_STATE_SENT,
                                                 MOVEMENT_STATE_RECEIVED, MOVEMENT_STATE_UNKNOWN,
                                                 MOVEMENT_STATE_CANCELLED};
    struct store_lot lot;
    assert_ok(store_lot_get(f->store, id, &lot, &f->err));
    lot.attempt_us = f->now_us + (int64_t)pick(5);
    lot.received_us = f->now_us + (int64_t)pick(5);
    assert_ok(store_lot_update(f->store, &lot, &f->err));
    if (pick(2))
        answer_lot(f, id, lot.counts[COUNT_TOTAL]);
    else
        assert_ok(store_lot_set_movements(f->store, id, states[pick(5)], &f->err));
    f->now_us += 1;
    store_lot_free(&lot);
}

static void add_rps(struct fixture *f)
{
    for (int i = 0; i < 3; i++) {
        struct store_rp rp = {.name = (char *)"Ejemplo"};
        memcpy(rp.rp, synthetic_rps[i], sizeof(rp.rp));
        if (!streq(rp.rp, fixture_rp) || fixture_sql(f, "SELECT count(*) FROM rp") == 0)
            assert_ok(store_rp_add(f->store, &rp, &f->err));
    }
}

/* ---- the reference ---- */

static const struct search_query *sorted_by;
static struct law law;

static void key_of(const struct store_movement *m, enum search_sort sort, char ret[static 512])
{
    const char *parts[3] = {m->movement.paterno, m->movement.materno, m->movement.nombres};
    static const char order[3][3] = {{0, 1, 2}, {2, 0, 1}, {1, 0, 2}};
    int which = sort == SEARCH_SORT_NAMES ? 1 : sort == SEARCH_SORT_SECOND_SURNAME ? 2 : 0;
    _cleanup_buf_ struct buf key = BUF_INIT;
    for (int i = 0; i < 3; i++) {
        for (const char *at = parts[(int)order[which][i]]; *at; at++)
            if (strncmp(at, "Ñ", 2) == 0) {
                buf_add_str(&key, "N~");
                at++;
            } else
                buf_add_char(&key, *at);
        buf_add_str(&key, i < 2 ? "\x01" : "");
    }
    snprintf(ret, 512, "%s", key.data);
}

static int64_t number_of(const struct store_movement *m, enum search_sort sort)
{
    struct deadline deadline;
    bool rejected = m->state == MOVEMENT_STATE_REJECTED || m->state == MOVEMENT_STATE_SUPERSEDED;
    switch ((int)sort) {
    case SEARCH_SORT_DATE:
        return m->movement.date;
    case SEARCH_SORT_TYPE:
        return m->movement.type;
    case SEARCH_SORT_SBC:
        return m->movement.sbc_centavos;
    case SEARCH_SORT_WORKER_TYPE:
        return m->movement.tipo_trabajador;
    case SEARCH_SORT_SALARY_TYPE:
        return m->movement.tipo_salario;
    case SEARCH_SORT_REDUCED_WEEK:
        return m->movement.jornada;
    case SEARCH_SORT_CAUSE:
        return m->movement.causa_baja;
    case SEARCH_SORT_STATE:
        return m->state;
    case SEARCH_SORT_SENT:
        return m->sent_us;
    case SEARCH_SORT_RECEIVED:
        return m->received_us;
    case SEARCH_SORT_APPROVED:
        return m->state == MOVEMENT_STATE_APPROVED ? m->answered_us : 0;
    case SEARCH_SORT_REJECTED:
        return rejected ? m->answered_us : 0;
    case SEARCH_SORT_EXTEMPORANEOUS:
        return m->extemporaneo;
    case SEARCH_SORT_POSITION:
        return m->seq;
    case SEARCH_SORT_ANSWERED:
        return m->answered_us;
    case SEARCH_SORT_GIVEN_UP:
        return m->given_up_us;
    case SEARCH_SORT_DEADLINE:
        return deadline_of(law.calendar, &m->movement, &deadline, NULL) < 0 ? 0 : deadline.last;
    default:
        return 0;
    }
}

static const char *text_of(const struct store_movement *m, enum search_sort sort)
{
    switch ((int)sort) {
    case SEARCH_SORT_NSS:
        return m->movement.nss;
    case SEARCH_SORT_REGISTRATION:
        return m->movement.rp;
    case SEARCH_SORT_CURP:
        return m->movement.curp;
    case SEARCH_SORT_UMF:
        return m->movement.umf;
    case SEARCH_SORT_GUIA:
        return m->movement.guia;
    case SEARCH_SORT_CLAVE:
        return m->movement.clave;
    case SEARCH_SORT_ERRORS:
        return m->n_errors ? m->errors[0].code : "";
    case SEARCH_SORT_IMSS_NAME:
        return str_or_empty(m->imss_name);
    default:
        return "";
    }
}

static void search_ok(struct fixture *f, struct search *search, const struct search_query *q,
                      struct search_page *ret)
{
    if (search_page(search, q, ret, &f->err) != 0)
        fail_msg("%s", err_text(&f->err));
}

static int by_query(const void *left, const void *right)
{
    const struct store_movement *a = left, *b = right;
    const enum search_sort sort = sorted_by->sort;
    int r = 0, place = COMPARE(a->lot, b->lot) ? COMPARE(a->lot, b->lot) : COMPARE(a->seq, b->seq);
    if (sort == SEARCH_SORT_LOT)
        r = COMPARE(b->lot, a->lot);
    else if (sort == SEARCH_SORT_FIRST_SURNAME || sort == SEARCH_SORT_NAMES ||
             sort == SEARCH_SORT_SECOND_SURNAME) {
        char x[512], y[512];
        key_of(a, sort, x);
        key_of(b, sort, y);
        r = strcmp(x, y);
    } else
        r = strcmp(text_of(a, sort), text_of(b, sort));
    if (r == 0)
        r = COMPARE(number_of(a, sort), number_of(b, sort));
    if (r == 0 && sort == SEARCH_SORT_LOT)
        return place;
    if (r == 0)
        r = place;
    return sorted_by->descending ? -r : r;
}

/* With Ñ as N unless the term has one; small letters and accents are those of the test's own terms. */
static bool has_term(const struct movement *m, const char *term)
{
    _cleanup_free_ char *all =
        xasprintf("%s|%s|%s|%s|%s", m->paterno, m->materno, m->nombres, m->nss, m->curp);
    char *at;
    if (!strstr(term, "Ñ"))
        while ((at = strstr(all, "Ñ"))) {
            *at = 'N';
            memmove(at + 1, at + 2, strlen(at + 1));
        }
    return strstr(all, term) != NULL;
}

static bool fits(const struct search_query *q, const struct store_movement *m)
{
    bool rp = q->n_rps == 0;
    for (size_t i = 0; i < q->n_rps; i++)
        rp = rp || streq(q->rps[i], m->movement.rp);
    bool text = true;
    _cleanup_free_ char *typed = xstrdup(str_or_empty(q->text));
    char *rest = typed, *term;
    while ((term = strsep(&rest, " ")))
        text = text && has_term(&m->movement, term);
    return rp && text && (!q->lot || q->lot == m->lot) && (!q->nss || streq(q->nss, m->movement.nss)) &&
           (!q->types || q->types >> m->movement.type & 1) && (!q->states || q->states >> m->state & 1) &&
           (!q->since || m->movement.date >= q->since) && (!q->until || m->movement.date <= q->until);
}

static struct store_movement *all_movements(struct fixture *f, size_t *ret_n)
{
    static const struct store_movement_filter any;
    struct store_movement *all = NULL;
    assert_ok(store_movement_list(f->store, &any, NULL, 1000000, &all, ret_n, &f->err));
    return all;
}

/* ---- queries ---- */

static const char *const texts[] = {"MUNOZ", "MUÑOZ", "ÑU",   "N",   "UNO", "EREZ",        "EZ JU",
                                    "9900",  "DE",    "PEXJ", "HDF", "XYZ", "OPEZ ANA 99", "000000"};
static const char *two_rps[2];

static struct search_query random_query(struct fixture *f, size_t n_lots)
{
    struct search_query q = {.sort = (enum search_sort)pick(_SEARCH_SORT_MAX),
                             .descending = pick(2),
                             .limit = 1 + pick(pick(2) ? 5 : 60)};
    if (pick(2))
        q.sort = (enum search_sort)pick(SEARCH_SORT_NAMES + 1); /* those with a table, more often */
    if (pick(3) == 0) {
        q.rps = two_rps;
        q.n_rps = 1 + pick(2);
        two_rps[0] = synthetic_rps[pick(3)];
        two_rps[1] = "Z9900009999"; /* unknown here */
    }
    static const uint32_t types[] = {1u << MOVEMENT_BAJA, 1u << MOVEMENT_REINGRESO,
                                     1u << MOVEMENT_BAJA | 1u << MOVEMENT_MODIFICACION};
    q.types = pick(3) ? 0 : types[pick(ELEMENTSOF(types))];
    q.states = pick(3) ? 0 : 1u + pick(255);
    q.since = pick(4) ? 0 : 20261101 + (int32_t)pick(25);
    q.until = pick(4) ? 0 : 20261101 + (int32_t)pick(25);
    q.text = pick(3) ? NULL : texts[pick(ELEMENTSOF(texts))];
    q.lot = pick(12) ? 0 : 1 + (int64_t)pick((unsigned)n_lots);
    return q;
}

static void compare(struct fixture *f, struct search *search, struct search_query q,
                    const struct store_movement *all, size_t n_all)
{
    _cleanup_free_ char *next = NULL;
    size_t at = 0, n = 0;
    struct store_movement *expected = xcalloc(n_all, sizeof(*expected));
    for (size_t i = 0; i < n_all; i++)
        if (fits(&q, &all[i]))
            expected[n++] = all[i];
    q.calendar = law.calendar;
    sorted_by = &q;
    if (n > 1)
        qsort(expected, n, sizeof(*expected), by_query);
    do {
        struct search_page page;
        q.cursor = next;
        search_ok(f, search, &q, &page);
        for (size_t i = 0; i < page.n; i++, at++) {
            assert_true(at < n);
            if (page.rows[i].movement.lot != expected[at].lot ||
                page.rows[i].movement.seq != expected[at].seq)
                fail_msg("sort %s%s, text %s, limit %zu, row %zu: lot %lld.%u, not %lld.%u",
                         search_sort_name(q.sort), q.descending ? " down" : "", str_or_empty(q.text), q.limit,
                         at, (long long)page.rows[i].movement.lot, page.rows[i].movement.seq,
                         (long long)expected[at].lot, expected[at].seq);
            assert_int_equal(page.rows[i].movement.state, expected[at].state);
        }
        assert_true(page.n == q.limit || !page.next);
        replace_str(&next, STEAL(page.next));
        search_page_free(&page);
    } while (next);
    assert_int_equal(at, n);
    free(expected);
}

/* How often SQLite made an index of its own to answer a question: all movements are read for that. */
static unsigned indexes_made;

static void note_warning(void *data, int code, const char *message)
{
    indexes_made += code == SQLITE_WARNING_AUTOINDEX;
}

static void pages_are_what_a_simple_search_finds(void **state)
{
    struct fixture *f = *state;
    struct search *search = NULL;
    size_t n_lots = 0;
    add_rps(f);
    for (int round = 0; round < 15; round++) {
        for (int i = 0; i < 4; i++) {
            add_lot(f, 1 + pick(30));
            n_lots++;
            for (unsigned j = 1 + pick(4); j > 0; j--)
                change_lot(f, 1 + pick((unsigned)n_lots));
        }
        assert_ok(store_commit(f->store, &f->err));
        if (pick(3)) /* else they wait */
            assert_ok(search_index_all(f->store, &f->err));
        if (!search)
            assert_ok(search_open(f->path, &search, &f->err));
        size_t n_all;
        struct store_movement *all = all_movements(f, &n_all);
        for (int i = 0; i < 25; i++) {
            search_set_most_hits(search, (size_t[]){0, 3, 20, 3000}[pick(4)]);
            indexes_made = 0;
            compare(f, search, random_query(f, n_lots), all, n_all);
            assert_int_equal(indexes_made, 0);
        }
        store_movements_free(all, n_all);
    }
    search_close(search);
}

static void set_movements(struct fixture *f, int64_t lot, enum movement_state state)
{
    assert_ok(store_lot_set_movements(f->store, lot, state, &f->err));
}

/* Of those that stand first in the index most changed since, and what came to be like them stands far behind. */
static void what_waits_to_be_indexed_is_in_its_place(void **state)
{
    enum { LOTS = 40 };
    struct fixture *f = *state;
    struct search *search;
    add_rps(f);
    for (int i = 0; i < LOTS; i++)
        add_lot(f, 5);
    set_movements(f, 1, MOVEMENT_STATE_SENT);
    assert_ok(store_commit(f->store, &f->err));
    assert_ok(search_index_all(f->store, &f->err));
    for (int64_t lot = LOTS / 2; lot < LOTS; lot++)
        set_movements(f, lot, MOVEMENT_STATE_SENT);
    set_movements(f, 1, MOVEMENT_STATE_UNSENT);
    assert_ok(store_commit(f->store, &f->err));
    assert_ok(search_open(f->path, &search, &f->err));
    search_set_most_hits(search, 3);
    size_t n_all;
    struct store_movement *all = all_movements(f, &n_all);
    for (int sort = 0; sort < _SEARCH_SORT_MAX; sort++)
        for (size_t limit = 1; limit < 12; limit++) {
            struct search_query q = {.sort = (enum search_sort)sort,
                                     .descending = limit % 2,
                                     .limit = limit,
                                     .text = "990",
                                     .states = UINT32_C(1) << MOVEMENT_STATE_UNSENT};
            compare(f, search, q, all, n_all);
            q.descending = !q.descending;
            compare(f, search, q, all, n_all);
        }
    store_movements_free(all, n_all);
    search_close(search);
}

/* Each row whose lot did not change is on one of the pages, whatever came in or changed between them. */
static void rows_that_do_not_change_are_seen_once(void **state)
{
    struct fixture *f = *state;
    struct search *search;
    add_rps(f);
    for (int i = 0; i < 30; i++)
        add_lot(f, 10);
    for (int64_t lot = 21; lot <= 30; lot++)
        change_lot(f, lot);
    assert_ok(store_commit(f->store, &f->err));
    assert_ok(search_index_all(f->store, &f->err));
    assert_ok(search_open(f->path, &search, &f->err));
    for (int sort = 0; sort < _SEARCH_SORT_MAX; sort++) {
        struct search_query q = {.sort = (enum search_sort)sort, .descending = pick(2), .limit = 9};
        search_set_most_hits(search, pick(2) ? 0 : 3000);
        unsigned seen[21][10] = {0};
        _cleanup_free_ char *next = NULL;
        do {
            struct search_page page;
            q.cursor = next;
            search_ok(f, search, &q, &page);
            for (size_t i = 0; i < page.n; i++)
                if (page.rows[i].movement.lot <= 20)
                    seen[page.rows[i].movement.lot][page.rows[i].movement.seq]++;
            replace_str(&next, STEAL(page.next));
            search_page_free(&page);
            if (pick(3) == 0)
                add_lot(f, 1);
            change_lot(f, 21 + pick(10));
            assert_ok(store_commit(f->store, &f->err));
            if (pick(2))
                assert_ok(search_index_all(f->store, &f->err));
        } while (next);
        for (int lot = 1; lot <= 20; lot++)
            for (int i = 0; i < 10; i++)
                assert_int_equal(seen[lot][i], 1);
    }
    search_close(search);
}

static void cursors_that_were_not_given_out_are_refused(void **state)
{
    struct fixture *f = *state;
    struct search *search;
    struct search_page page;
    add_rps(f);
    add_lot(f, 20);
    assert_ok(store_commit(f->store, &f->err));
    assert_ok(search_open(f->path, &search, &f->err));
    struct search_query q = {.sort = SEARCH_SORT_FIRST_SURNAME, .limit = 5};
    search_ok(f, search, &q, &page);
    assert_non_null(page.next);
    _cleanup_free_ char *next = STEAL(page.next);
    search_page_free(&page);
    q.cursor = next;
    search_ok(f, search, &q, &page);
    search_page_free(&page);

    struct search_query other = {.sort = SEARCH_SORT_DATE, .limit = 5, .cursor = next};
    assert_err(f, search_page(search, &other, &page, &f->err), ERR_INVALID_ARGUMENT);
    q.descending = true;
    assert_err(f, search_page(search, &q, &page, &f->err), ERR_INVALID_ARGUMENT);
    q.descending = false;
    for (size_t i = 0; i < strlen(next); i++) {
        _cleanup_free_ char *broken = xstrdup(next);
        broken[i] ^= 1;
        q.cursor = broken;
        assert_err(f, search_page(search, &q, &page, &f->err), ERR_INVALID_ARGUMENT);
        broken[i] = '\0';
        if (i > 0)
            assert_err(f, search_page(search, &q, &page, &f->err), ERR_INVALID_ARGUMENT);
    }
    search_close(search);
}

static size_t count(struct fixture *f, struct search *search, struct search_query q)
{
    struct search_page page;
    q.limit = 1000;
    search_ok(f, search, &q, &page);
    size_t n = page.n;
    search_page_free(&page);
    return n;
}

static void an_index_that_is_not_of_this_database_is_made_anew(void **state)
{
    struct fixture *f = *state;
    struct search *search;
    _cleanup_free_ char *index = xasprintf("%s.index", f->path), *kept = xasprintf("%s/kept", f->folder);
    const struct search_query all = {.sort = SEARCH_SORT_FIRST_SURNAME};
    add_rps(f);
    add_lot(f, 20);
    assert_ok(store_commit(f->store, &f->err));
    assert_ok(search_index_all(f->store, &f->err));
    assert_false(search_index_due(f->store));
    assert_ok(search_open(f->path, &search, &f->err));
    assert_int_equal(count(f, search, all), 20);
    assert_int_equal(link(index, kept), 0);

    /* gone, damaged, an older one in its place */
    for (int how = 0; how < 3; how++) {
        f->store = store_close(f->store);
        assert_int_equal(unlink(index), 0);
        if (how == 1) {
            FILE *file = fopen(index, "w");
            fputs("something else, and long enough to be looked at as if it were a database of its own",
                  file);
            fclose(file);
        } else if (how == 2)
            assert_int_equal(rename(kept, index), 0);
        assert_ok(fixture_reopen(f));
        add_lot(f, 5);
        assert_ok(store_commit(f->store, &f->err));
        assert_int_equal(count(f, search, all), 25 + 5 * (size_t)how);
        assert_true(search_index_due(f->store));
        assert_ok(search_index_all(f->store, &f->err));
        assert_false(search_index_due(f->store));
        assert_int_equal(count(f, search, all), 25 + 5 * (size_t)how);
        assert_int_equal(fixture_sql(f, "SELECT count(*) FROM search_todo"), 0);
    }
    search_close(search);
}

static void a_list_by_type_reads_only_as_far_as_it_goes(void **state)
{
    struct fixture *f = *state;
    static const struct store_movement_filter bajas = {.type = MOVEMENT_BAJA};
    struct store_movement *movements = NULL;
    size_t n;
    add_rps(f);
    for (int i = 0; i < 3; i++)
        add_lot(f, 40);
    indexes_made = 0;
    assert_ok(store_movement_list(f->store, &bajas, NULL, 5, &movements, &n, &f->err));
    assert_int_equal(n, 5);
    assert_int_equal(indexes_made, 0);
    store_movements_free(movements, n);
}

static void a_large_lot_is_indexed_in_slices(void **state)
{
    struct fixture *f = *state;
    struct search *search;
    struct search_slice *slice;
    const struct search_query some = {.text = "munoz"};
    add_rps(f);
    int64_t lot = add_lot(f, 45000);
    assert_ok(store_commit(f->store, &f->err));
    assert_ok(search_open(f->path, &search, &f->err));
    struct search_query of_one = {.sort = SEARCH_SORT_DATE, .nss = "99000000007"};
    synthetic_nss(17, (char[12]){0});
    char nss[12];
    synthetic_nss(17, nss);
    of_one.nss = nss;
    size_t expected = count(f, search, of_one);
    assert_true(expected > 0);
    int slices = 0;
    while (search_index_due(f->store)) {
        assert_ok(search_slice_begin(f->store, &slice, &f->err));
        assert_ok(store_commit(f->store, &f->err));
        search_slice_run(slice);
        if (slices++ == 1) { /* changed meanwhile: from the start again */
            assert_ok(store_lot_set_movements(f->store, lot, MOVEMENT_STATE_RECEIVED, &f->err));
            assert_ok(store_commit(f->store, &f->err));
        }
        assert_ok(search_slice_end(f->store, slice, &f->err));
        assert_ok(store_commit(f->store, &f->err));
        assert_int_equal(count(f, search, of_one), expected);
    }
    assert_true(slices >= 5);
    assert_int_equal(count(f, search, of_one), expected);
    struct search_query received = {.states = 1u << MOVEMENT_STATE_RECEIVED, .nss = nss};
    assert_int_equal(count(f, search, received), expected);
    assert_int_equal(count(f, search, some), 1000);
    search_close(search);
}

static int load_law(void **state)
{
    return law_load(data_read, &law, NULL);
}

static int free_law(void **state)
{
    law_free(&law);
    return 0;
}

int main(void)
{
    sqlite3_config(SQLITE_CONFIG_LOG, note_warning, NULL);
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_new, fixture_free)
    const struct CMUnitTest tests[] = {
        TEST(pages_are_what_a_simple_search_finds),
        TEST(what_waits_to_be_indexed_is_in_its_place),
        TEST(rows_that_do_not_change_are_seen_once),
        TEST(cursors_that_were_not_given_out_are_refused),
        TEST(an_index_that_is_not_of_this_database_is_made_anew),
        TEST(a_list_by_type_reads_only_as_far_as_it_goes),
        TEST(a_large_lot_is_indexed_in_slices),
    };
    return cmocka_run_group_tests(tests, load_law, free_law);
}
