/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading a constancia of 10,000 movements, from the PDF to the row of each movement that was sent: pdftotext as the daemon
 * runs it and our parsing of its words, against pdftotext alone, in turns.
 */
#include <fcntl.h>
#include <hpdf.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "bench/measure.h"
#include "bench/raw.h"
#include "portal/receipt-text.h"

enum { MOVEMENTS = 10000, ROWS_OF_A_PAGE = 40, REJECT_EVERY = 20, ROUNDS = 11 };

/* ---- the document ---- */

struct paper {
    HPDF_Doc doc;
    HPDF_Font font;
    HPDF_Page page;
    float y;
    unsigned pages;
};

static void on_fault(HPDF_STATUS error, HPDF_STATUS detail, void *data)
{
    measure_fail("libharu", "the document cannot be made");
}

static void type(struct paper *paper, float x, const char *text)
{
    HPDF_Page_BeginText(paper->page);
    HPDF_Page_TextOut(paper->page, x, paper->y, text);
    HPDF_Page_EndText(paper->page);
}

static void type_line(struct paper *paper, const char *const *cells, const float *columns, size_t n)
{
    for (size_t i = 0; i < n; i++)
        type(paper, columns[i], cells[i]);
    paper->y -= 11;
}

static void begin_page(struct paper *paper)
{
    char number[64];
    paper->page = HPDF_AddPage(paper->doc);
    HPDF_Page_SetWidth(paper->page, 792);
    HPDF_Page_SetHeight(paper->page, 612);
    HPDF_Page_SetFontAndSize(paper->page, paper->font, 7);
    paper->y = 20;
    snprintf(number, sizeof(number), "P\xE1gina %u de %u", ++paper->pages,
             (unsigned)MOVEMENTS / ROWS_OF_A_PAGE + 1);
    type(paper, 600, number);
    paper->y = 560;
}

static const float operated_columns[] = {30, 60, 130, 400, 410, 470, 500, 530, 560, 640, 680};
static const float rejected_columns[] = {30, 60, 130, 400};

static void type_movement(struct paper *paper, size_t i, bool rejected)
{
    const struct movement m = raw_nth_movement(i);
    char name[128], sbc[16], date[16];
    snprintf(name, sizeof(name), "%s %s", m.paterno, m.nombres);
    snprintf(sbc, sizeof(sbc), "%d.%02d", m.sbc_centavos / 100, m.sbc_centavos % 100);
    snprintf(date, sizeof(date), "%02d/%02d/%04d", m.date % 100, m.date / 100 % 100, m.date / 10000);
    const char *const operated[] = {"8", m.nss, name, "$", sbc, "0", "000", "0", date, "1", "0"};
    const char *const refused[] = {"8", m.nss, name,
                                   "022 El asegurado no tiene una relaci\xF3n laboral vigente"};
    if (rejected)
        type_line(paper, refused, rejected_columns, ELEMENTSOF(refused));
    else
        type_line(paper, operated, operated_columns, ELEMENTSOF(operated));
}

static void type_table(struct paper *paper, bool rejected)
{
    static const char *const operated[] = {"Tipo", "NSS",  "Nombre Asegurado", "",     "Sal.Base", "Ext.",
                                           "UMF",  "Tipo", "Fec-Mov",          "Tipo", "C.Baja"};
    static const char *const refused[] = {"T-MOV", "NSS", "Nombre Asegurado", "Error"};
    size_t typed = 0;
    for (size_t i = 0; i < MOVEMENTS; i++) {
        if ((i % REJECT_EVERY == 0) != rejected)
            continue;
        if (typed++ % ROWS_OF_A_PAGE == 0) {
            if (typed > 1 || rejected)
                begin_page(paper);
            if (typed == 1)
                type_line(paper,
                          &(const char *){rejected ? "Relaci\xF3n de movimientos rechazados"
                                                   : "Relaci\xF3n de movimientos operados"},
                          rejected_columns, 1);
            if (rejected)
                type_line(paper, refused, rejected_columns, ELEMENTSOF(refused));
            else
                type_line(paper, operated, operated_columns, ELEMENTSOF(operated));
        }
        type_movement(paper, i, rejected);
    }
}

static void write_constancia(const char *path, const char *rp)
{
    enum { REJECTED = MOVEMENTS / REJECT_EVERY };
    char totals[128], registration[80];
    struct paper paper = {.doc = HPDF_New(on_fault, NULL)};
    HPDF_SetCompressionMode(paper.doc, HPDF_COMP_ALL);
    paper.font = HPDF_GetFont(paper.doc, "Helvetica", "WinAnsiEncoding");
    snprintf(registration, sizeof(registration), "Registro Patronal: %s", rp);
    snprintf(totals, sizeof(totals), "0  0  %d  %d  0  0  %d  %d  0  0  %d  %d", MOVEMENTS, MOVEMENTS,
             MOVEMENTS - REJECTED, MOVEMENTS - REJECTED, REJECTED, REJECTED);
    const char *const head[] = {"N\xFAmero de lote: 123456789", registration, totals};
    begin_page(&paper);
    for (size_t i = 0; i < ELEMENTSOF(head); i++)
        type_line(&paper, &head[i], rejected_columns, 1);
    type_table(&paper, false);
    type_table(&paper, true);
    HPDF_SaveToFile(paper.doc, path);
    HPDF_Free(paper.doc);
}

/* ---- reading it ---- */

static void read_words(const char *path, struct buf *ret)
{
    char *const command[] = {(char *)"pdftotext", (char *)"-bbox", (char *)"-enc", (char *)"UTF-8",
                             (char *)"-q",        (char *)path,    (char *)"-",    NULL};
    posix_spawn_file_actions_t actions;
    int ends[2], status;
    pid_t pid;
    ssize_t n;
    if (pipe2(ends, O_CLOEXEC) < 0)
        measure_fail("pipe", "it cannot be made");
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    if (posix_spawnp(&pid, command[0], &actions, NULL, command, environ) != 0)
        measure_fail(command[0], "it cannot be run");
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    while ((n = read(ends[0], buf_reserve(ret, 1 << 16), 1 << 16)) > 0)
        ret->len += (size_t)n;
    ret->data[ret->len] = '\0';
    close(ends[0]);
    if (waitpid(pid, &status, 0) < 0 || status != 0)
        measure_fail(command[0], "it failed");
}

static void understand(struct buf *words, const struct buf *sent, const char *rp)
{
    struct layout layout;
    struct constancia constancia;
    size_t *row_of, n;
    _cleanup_err_ struct err err = ERR_INIT;
    measure_must(layout_parse(words, &layout, &err), &err, "layout_parse");
    measure_must(constancia_read_of(&layout, &(struct receipt_owner){.rp = (char *)rp}, &constancia, &err),
                 &err, "constancia_read_of");
    measure_must(constancia_match_records(&constancia, sent->data, sent->len, &row_of, &n, &err), &err,
                 "constancia_match_records");
    free(row_of);
    constancia_free(&constancia);
    layout_free(&layout);
}

int main(void)
{
    const char *tmp = getenv("TMPDIR");
    _cleanup_free_ char *path = xasprintf("%s/idsed-bench-XXXXXX", str_empty(tmp) ? "/tmp" : tmp);
    int fd = mkstemp(path);
    if (fd < 0)
        measure_fail(path, "cannot be made");
    close(fd);
    const struct movement first = raw_nth_movement(0);
    _cleanup_buf_ struct buf sent = BUF_INIT;
    raw_write_file(&sent, 0, MOVEMENTS, first.rp);
    write_constancia(path, first.rp);
    struct measure measure = {0};
    for (int i = 0; i < ROUNDS; i++) {
        _cleanup_buf_ struct buf alone = BUF_INIT, words = BUF_INIT;
        double start = measure_now_s();
        read_words(path, &alone);
        double middle = measure_now_s();
        read_words(path, &words);
        understand(&words, &sent, first.rp);
        measure_note(&measure, measure_now_s() - middle, middle - start);
    }
    measure_print_cost("constancia", &measure, MOVEMENTS, "µs a movement", "µs by pdftotext alone");
    unlink(path);
    return EXIT_SUCCESS;
}
