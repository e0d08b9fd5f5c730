/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/support.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "portal/pdf.h"

static struct loop *loop;
static struct pdf *pdf;
static char output[4096];
static enum err_code code;
static int n_left;

static int open_loop(void **state)
{
    loop = loop_new(&clock_system);
    return 0;
}

static int close_loop(void **state)
{
    pdf = pdf_free(pdf);
    loop = loop_free(loop);
    return 0;
}

static void read_done(void *data, struct buf *words, const struct err *err)
{
    code = err->code;
    snprintf(output, sizeof(output), "%s", words ? str_or_empty(words->data) : err_text(err));
    if (--n_left == 0)
        loop_quit(loop, 0);
}

static void run(const char *program, int times)
{
    pdf = pdf_new(loop, program);
    n_left = times;
    for (int i = 0; i < times; i++)
        pdf_read_words(pdf, file_sealed_memory("document", "secret", 6, NULL), read_done, NULL);
    loop_run(loop);
}

static void the_child_has_the_document_and_nothing_else(void **state)
{
    int landlock = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    int inherited = dup(2); /* without close-on-exec, as a library might leave one */
    run(getenv("IDSED_PDF_SPY"), 1);
    close(inherited);
    assert_int_equal(code, ERR_NONE);
    assert_string_equal(output, landlock > 0 ? "done\n" : "files\ndone\n");
}

static void many_documents_wait_for_their_turn(void **state)
{
    run(getenv("IDSED_PDF_SPY"), 20);
    assert_int_equal(code, ERR_NONE);
}

static void a_program_that_is_not_there_is_a_fault_of_this_machine(void **state)
{
    run("/nonexistent/pdftotext", 1);
    assert_int_equal(code, ERR_FAILED);
    assert_non_null(strstr(output, "/nonexistent/pdftotext"));
}

static void what_is_no_pdf_is_unreadable(void **state)
{
    run("/usr/bin/pdftotext", 1);
    assert_int_equal(code, ERR_UNREADABLE_RECEIPT);
}

static void giving_up_ends_the_children(void **state)
{
    pdf = pdf_new(loop, getenv("IDSED_PDF_SPY"));
    n_left = -1;
    for (int i = 0; i < 5; i++)
        pdf_read_words(pdf, file_sealed_memory("document", "secret", 6, NULL), read_done, NULL);
    event_base_loop(loop_base(loop), EVLOOP_ONCE);
    int before = n_left;
    pdf = pdf_free(pdf);
    event_base_loop(loop_base(loop), EVLOOP_NONBLOCK);
    assert_int_equal(n_left, before);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, open_loop, close_loop)
    const struct CMUnitTest tests[] = {
        T(the_child_has_the_document_and_nothing_else),
        T(many_documents_wait_for_their_turn),
        T(a_program_that_is_not_there_is_a_fault_of_this_machine),
        T(what_is_no_pdf_is_unreadable),
        T(giving_up_ends_the_children),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
