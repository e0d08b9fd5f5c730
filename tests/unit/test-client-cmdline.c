/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include <stdio.h>

#include "base/buf.h"
#include "client/cmdline.h"
#include "client/complete.h"
#include "client/words.h"

static char storage[1024];

/* "list --rp X" as argv behind "idsectl"; quotes are not understood. */
static int words_of(const char *line, char **argv)
{
    snprintf(storage, sizeof(storage), "%s", line);
    int argc = 0;
    for (char *word = strtok(storage, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    argv[argc] = NULL;
    return argc;
}

static int parse(const char *line, struct invocation *ret, struct err *err)
{
    static char *argv[32], program[] = "idsectl";
    argv[0] = program;
    return cmdline_parse(words_of(line, argv + 1) + 1, argv, ret, err);
}

static void assert_refused(const char *line, const char *part)
{
    _cleanup_err_ struct err err = ERR_INIT;
    struct invocation inv = {.n_args = 77};
    assert_int_equal(parse(line, &inv, &err), -(int)ERR_USAGE);
    assert_int_equal(err_exit_status(err.code), EXIT_STATUS_USAGE);
    assert_non_null(strstr(err_text(&err), part));
    assert_int_equal(inv.n_args, 77); /* untouched */
}

static void options_stand_anywhere(void **state)
{
    struct invocation inv;
    assert_int_equal(parse("--json receipts export 3 --to=/tmp/x 4", &inv, NULL), 0);
    assert_string_equal(inv.verb->name, "receipts export");
    assert_int_equal(inv.n_args, 2);
    assert_string_equal(inv.args[0], "3");
    assert_string_equal(inv.args[1], "4");
    assert_string_equal(inv.value[OPT_TO], "/tmp/x");
    assert_string_equal(inv.value[OPT_JSON], "");
    assert_null(inv.value[OPT_QUIET]);
}

static void a_value_may_be_left_out_where_the_table_says_so(void **state)
{
    struct invocation inv;
    assert_int_equal(parse("submit a.txt --wait", &inv, NULL), 0);
    assert_string_equal(inv.value[OPT_WAIT], "");
    assert_int_equal(parse("submit --wait a.txt", &inv, NULL), 0);
    assert_string_equal(inv.args[0], "a.txt");
    assert_int_equal(parse("submit --wait=30 -", &inv, NULL), 0);
    assert_string_equal(inv.value[OPT_WAIT], "30");
    assert_string_equal(inv.args[0], "-");
}

static void a_wrong_line_says_what_is_near(void **state)
{
    assert_refused("", "idsectl help");
    assert_refused("sumbit x", "'submit'");
    assert_refused("rp lst", "'rp list'");
    assert_refused("rp", "help rp");
    assert_refused("zzzzzzzzzz", "idsectl help");
    assert_refused("list --stat=queued --jsn", "--json");
    assert_refused("list -x", "-x;");
    assert_refused("list --rp", "--rp");
    assert_refused("list --json=yes", "takes no value");
    assert_refused("list --pfx=a", "does not take --pfx");
    assert_refused("movements --type=alta", "reingreso|modificacion|baja");
    assert_refused("show", "show LOT");
    assert_refused("show 1 2", "2");
}

static void a_word_of_the_table_is_taken_however_it_is_written(void **state)
{
    struct invocation inv;
    assert_int_equal(parse("movements --type Modificaci\u00f3n", &inv, NULL), 0);
    assert_string_equal(inv.value[OPT_TYPE], "modificacion");
    assert_int_equal(parse("rp set Z9900001108 --enye=LATIN1", &inv, NULL), 0);
    assert_string_equal(inv.value[OPT_ENYE], "latin1");
    assert_true(word_is("sin-enviar", "Sin Enviar"));
    assert_true(word_is("REVISI\u00d3N", "revisi\u00f3n"));
    assert_false(word_is("ano", "a\u00f1o"));
    assert_false(word_is("", "sent"));
    assert_false(word_is("sen", "sent"));
    assert_false(word_is("sents", "sent"));
}

static void help_needs_neither_verb_nor_arguments(void **state)
{
    struct invocation inv;
    assert_int_equal(parse("--help", &inv, NULL), 0);
    assert_null(inv.verb);
    assert_int_equal(parse("show --help", &inv, NULL), 0);
    assert_string_equal(inv.verb->name, "show");
}

static void the_tables_are_whole(void **state)
{
    for (const struct verb *verb = verb_table; verb->name; verb++) {
        assert_non_null(verb->run);
        assert_non_null(verb->help);
        assert_true(verb->max_args < 0 || verb->max_args >= verb->min_args);
        /* A verb that needs an argument says so, and no verb hides another one. */
        assert_int_equal(verb->max_args == 0, verb->args[0] == '\0');
        char name[64], *words[3], *save = NULL;
        int n = 0, used = 0;
        snprintf(name, sizeof(name), "%s", verb->name);
        for (char *word = strtok_r(name, " ", &save); word; word = strtok_r(NULL, " ", &save))
            words[n++] = word;
        assert_ptr_equal(verb_find(words, n, &used), verb);
        assert_int_equal(used, n);
    }
}

static void usage_shows_every_verb_but_the_hidden(void **state)
{
    _cleanup_buf_ struct buf text = BUF_INIT;
    cmdline_usage(&text);
    for (const struct verb *verb = verb_table; verb->name; verb++) {
        _cleanup_free_ char *start = xasprintf("\n  %s ", verb->name);
        assert_int_equal(strstr(text.data, start) != NULL, !(verb->flags & VERB_HIDDEN));
    }
}

static void lists_are_cut_at_commas(void **state)
{
    _cleanup_(strv_cleanup) char **list = list_split(",A,, BC , ");
    assert_string_equal(list[0], "A");
    assert_string_equal(list[1], "BC");
    assert_null(list[2]);
    _cleanup_(strv_cleanup) char **empty = list_split("");
    assert_null(empty[0]);
}

/* `line` ends where the cursor is: a blank at its end begins a new word. */
static enum complete_want complete(const char *line, struct buf *out)
{
    static char empty[] = "";
    char *words[32];
    size_t len = strlen(line);
    int n = words_of(line, words);
    if (len == 0 || line[len - 1] == ' ')
        words[n++] = empty;
    buf_reset(out);
    buf_add_str(out, "\n");
    return complete_words(words, n, out);
}

static void completion_follows_the_tables(void **state)
{
    static const struct {
        const char *line, *has, *has_not;
    } cases[] = {
        {"", "\nsubmit\t", "\ncomplete"},
        {"", "\nrp\t\n", "\nrp add"},
        {"rp ", "\nadd\t", "\nsubmit"},
        {"rp p", "\npause\t", "\nadd"},
        {"list --", "\n--state\t", "\n--pfx"},
        {"--", "\n--json\t", "\n--pfx"},
        {"list --state ", "\nuncertain\t", "\napproved"},
        {"movements --state ", "\napproved\t", "\nuncertain"},
        {"movements --sort ", "\nfirst_surname\t", "first-surname"},
        {"movements --sort=na", "\n--sort=name\t", "nss"},
        {"movements --type=b", "\n--type=baja\t", "reingreso"},
        {"submit ", "\n:files\n", "\t"},
        {"submit a.txt ", "\n:files\n", "\t"},
        {"submit --wait ", "\n:files\n", "\t"},
        {"receipts export 1 --to ", "\n:folders\n", "\t"},
        {"receipts get 1 ", "\nacuse\t", ":files"},
        {"rp add Z9900001108 --enye ", "\nlatin1\t", "--"},
    };
    _cleanup_buf_ struct buf out = BUF_INIT;
    for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
        assert_int_equal(complete(cases[i].line, &out), COMPLETE_NOTHING);
        assert_non_null(strstr(out.data, cases[i].has));
        assert_null(strstr(out.data, cases[i].has_not));
    }
    assert_int_equal(complete("show ", &out), COMPLETE_LOTS);
    assert_int_equal(complete("wait 1 2 ", &out), COMPLETE_LOTS);
    assert_int_equal(complete("show 1 ", &out), COMPLETE_NOTHING);
    assert_int_equal(complete("rp pause ", &out), COMPLETE_REGISTRATIONS);
    assert_int_equal(complete("list --rp ", &out), COMPLETE_REGISTRATIONS);
    assert_int_equal(complete("list --rp=Z", &out), COMPLETE_REGISTRATIONS);
    assert_int_equal(complete("cert show ", &out), COMPLETE_CERTIFICATES);
    assert_int_equal(complete("profile show ", &out), COMPLETE_PROFILES);
    assert_int_equal(complete("nonsense ", &out), COMPLETE_NOTHING);
    assert_int_equal(complete_words(NULL, 0, &out), COMPLETE_NOTHING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_stand_anywhere),
        cmocka_unit_test(a_value_may_be_left_out_where_the_table_says_so),
        cmocka_unit_test(a_wrong_line_says_what_is_near),
        cmocka_unit_test(a_word_of_the_table_is_taken_however_it_is_written),
        cmocka_unit_test(help_needs_neither_verb_nor_arguments),
        cmocka_unit_test(the_tables_are_whole),
        cmocka_unit_test(usage_shows_every_verb_but_the_hidden),
        cmocka_unit_test(lists_are_cut_at_commas),
        cmocka_unit_test(completion_follows_the_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
