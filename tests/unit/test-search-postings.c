/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/store-fixture.h"

#include "base/buf.h"
#include "store/search-postings.h"

/*
 * Lists of trigrams against a plain look at all texts: nobody who has the terms is missed, and nobody is in who lacks one of
 * their trigrams, unless so few are left that the rest was not read. Numbers go beyond one list's 65,536, with gaps, and some
 * words are so frequent that their lists become bits.
 */

enum { TEXTS = 30000, GAP = 5, LAST = GAP * TEXTS };

static unsigned random_state = 11;

static unsigned pick(unsigned n)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % n;
}

static void random_text(char ret[static 64])
{
    static const char *const words[] = {"GARZA", "MARQUEZ", "GARCIA", "ZU",   "QUEZADA",
                                        "DE",    "LA",      "OX",     "ZAGAR"};
    snprintf(ret, 64, "990%08u %s %s %s", pick(100000000), words[pick(4) ? pick(2) : pick(9)], words[pick(9)],
             words[pick(100) ? pick(6) : pick(9)]);
}

static void add_texts(struct fixture *f, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++) {
        char text[64];
        random_text(text);
        assert_ok(db_run(f->store, &f->err, "INSERT INTO text VALUES (?1, ?2)",
                         DB_INT(1 + i * GAP + pick(GAP)), DB_TEXT(text)));
    }
    assert_ok(db_run(f->store, &f->err, "DELETE FROM batch"));
    assert_ok(db_run(f->store, &f->err, "INSERT INTO batch SELECT * FROM text WHERE n > ?1 AND n <= ?2",
                     DB_INT((int64_t)from * GAP), DB_INT((int64_t)to * GAP)));
    assert_ok(postings_add(f->store, "SELECT n, text FROM batch ORDER BY n", &f->err));
}

static void fill(struct fixture *f)
{
    assert_ok(db_exec(
        f->store,
        "BEGIN; " POSTINGS_LAYOUT
        " CREATE TABLE text(n INTEGER PRIMARY KEY, text TEXT NOT NULL); CREATE TABLE batch(n, text); COMMIT",
        &f->err));
    add_texts(f, 0, 1);
    add_texts(f, 1, TEXTS / 2);
    add_texts(f, TEXTS / 2, TEXTS / 2 + 3);
    add_texts(f, TEXTS / 2 + 3, TEXTS);
    assert_ok(store_commit(f->store, &f->err));
}

static bool has_part(const char *text, const char *part, size_t n)
{
    return memmem(text, strlen(text), part, n) != NULL;
}

/* Each term, or, `loosely`, each of its trigrams. */
static bool has(const char *text, const char *terms, bool loosely)
{
    _cleanup_free_ char *copy = xstrdup(terms);
    char *rest = copy, *term;
    while ((term = strsep(&rest, " "))) {
        size_t n = strlen(term), part = loosely ? MIN(n, (size_t)3) : n;
        for (size_t i = 0; i + part <= n; i++)
            if (!has_part(text, term + i, part))
                return false;
    }
    return true;
}

static bool is_in(const struct search_set *set, int64_t n)
{
    return set->words[n / SEARCH_SET_BITS] >> n % SEARCH_SET_BITS & 1;
}

/* What was found against every text. */
static void compare(struct fixture *f, const char *terms, const struct search_set *set, size_t most_false)
{
    _cleanup_query_ struct db_query query = DB_QUERY_INIT;
    size_t in = 0, false_ones = 0;
    assert_ok(db_query(f->store, &query, &f->err, "SELECT n, text FROM text"));
    while (db_next(&query, &f->err) > 0) {
        const char *text = (const char *)sqlite3_column_text(query.stmt, 1);
        bool found = is_in(set, sqlite3_column_int64(query.stmt, 0));
        in += found;
        if (has(text, terms, false) && !found)
            fail_msg("'%s' was not found for '%s'", text, terms);
        false_ones += found && !has(text, terms, true);
    }
    assert_true(false_ones <= most_false);
    assert_int_equal(search_set_count(set), in); /* and no number that was never given */
}

static void those_with_all_trigrams_are_found(void **state)
{
    struct fixture *f = *state;
    static const char *const asked[] = {"GARZA",
                                        "ZAGA",
                                        "QUEZ",
                                        "MARQUEZ GARCIA",
                                        "ZU",
                                        "OX",
                                        "LA DE",
                                        "990",
                                        "9900 OX",
                                        "QX",
                                        "GARZA MARQUEZ ZU",
                                        "99012",
                                        "NADIE",
                                        "AR",
                                        "ADA",
                                        "ZAGAR QUEZADA OX"};
    enum { CHUNKS = LAST / 65536 + 1, FEW = 16 };
    struct store *reader;
    struct search_set set = {0};
    fill(f);
    assert_true(fixture_sql(f, "SELECT count(*) FROM posting WHERE length(members) = 8192") > 0);
    assert_true(fixture_sql(f, "SELECT max(length(members)) FROM posting") == 8192);
    assert_ok(db_open_reader(f->path, &reader, &f->err));
    _cleanup_free_ char *attach = xasprintf("ATTACH '%s' AS ix", f->path);
    assert_ok(db_exec(reader, attach, &f->err));
    for (size_t i = 0; i < ELEMENTSOF(asked); i++) {
        assert_int_equal(postings_find(reader, asked[i], LAST, &set, &f->err), 1);
        compare(f, asked[i], &set, strlen(asked[i]) > 3 ? CHUNKS * FEW : 0);
    }
    assert_int_equal(postings_find(reader, "A Z", LAST, &set, &f->err), 0);
    assert_int_equal(postings_find(reader, "", LAST, &set, &f->err), 0);
    search_set_free(&set);
    store_close(reader);
}

/* ---- the set, as statements see it ---- */

static int64_t number(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return n;
}

static void statements_read_the_set(void **state)
{
    struct search_set set = {0};
    sqlite3 *db;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(search_set_register(db, &set), SQLITE_OK);
    assert_int_equal(number(db, "SELECT count(*) FROM search_set"), 0);
    assert_int_equal(number(db, "SELECT search_in(0)"), 0);
    search_set_clear(&set, 200);
    for (uint32_t n = 0; n <= 1000; n += 63)
        search_set_add(&set, n); /* what is beyond its end is left out */
    assert_int_equal(search_set_count(&set), 5);
    assert_int_equal(number(db, "SELECT count(*) FROM search_set"), 5);
    assert_int_equal(number(db, "SELECT group_concat(n, ' ') = '0 63 126 189 252' FROM search_set"), 1);
    assert_int_equal(number(db, "SELECT search_in(63) + search_in(189)"), 2);
    assert_int_equal(number(db, "SELECT search_in(64) + search_in(-1) + search_in(630) + search_in(1 << 40)"),
                     0);
    search_set_clear(&set, 10);
    assert_int_equal(number(db, "SELECT count(*) FROM search_set"), 0);
    sqlite3_close(db);
    search_set_free(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(those_with_all_trigrams_are_found, fixture_new, fixture_free),
        cmocka_unit_test(statements_read_the_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
