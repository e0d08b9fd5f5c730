/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What comes out of any bytes must be canonical: read again, it gives the same lots without a finding worth a warning
 * beyond those about check digits. With clang's fuzzer this is the entry; without it, main() replays the files named.
 */
#include <stdio.h>

#include "base/file.h"
#include "idse/intake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "fuzz-record: %s\n", what);
    abort();
}

static void read_again(const struct intake_lot *lot, const struct intake_options *options)
{
    _cleanup_(intake_free) struct intake again;
    must(intake_read(lot->records.data, lot->records.len, options, &again, NULL) == 0,
         "our own records are refused");
    must(again.n_lots == 1, "a lot falls apart");
    must(again.lots[0].records.len == lot->records.len &&
             memcmp(again.lots[0].records.data, lot->records.data, lot->records.len) == 0,
         "the second reading writes other bytes");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    for (int mixed = 0; mixed < 2; mixed++) {
        const struct intake_options options = {.any_rp = true, .keep_mixed = mixed == 1};
        _cleanup_(intake_free) struct intake intake;
        _cleanup_err_ struct err err = ERR_INIT;
        int r = intake_read(data, n, &options, &intake, &err);
        must((r < 0) == (intake.findings.errors > 0),
             "an error without a finding, or a finding without an error");
        must(r < 0 ? intake.n_lots == 0 && err.text : intake.n_lots > 0, "neither lots nor an error");
        for (size_t i = 0; i < intake.n_lots; i++)
            read_again(&intake.lots[i], &options);
    }
    return 0;
}

#ifndef FUZZ_WITH_ENGINE
/* The seed as it is, and with each byte changed in a few ways, dropped and doubled. */
static void replay(const struct buf *seed)
{
    LLVMFuzzerTestOneInput((const uint8_t *)seed->data, seed->len);
    static const uint8_t others[] = {0, '\n', '\r', ' ', '#', '0', 'a', 0xC3, 0xD1, 0xFF};
    _cleanup_free_ uint8_t *copy = xmalloc(seed->len + 1);
    for (size_t at = 0; at < seed->len; at++) {
        memcpy(copy, seed->data, seed->len);
        for (size_t i = 0; i < sizeof(others); i++) {
            copy[at] = others[i];
            LLVMFuzzerTestOneInput(copy, seed->len);
        }
        memcpy(copy + at, seed->data + at + 1, seed->len - at - 1);
        LLVMFuzzerTestOneInput(copy, seed->len - 1);
        memcpy(copy + at + 1, seed->data + at, seed->len - at);
        copy[at] = (uint8_t)seed->data[at];
        LLVMFuzzerTestOneInput(copy, seed->len + 1);
    }
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        _cleanup_buf_ struct buf seed = BUF_INIT;
        _cleanup_err_ struct err err = ERR_INIT;
        if (file_read(argv[i], 1 << 20, &seed, &err) < 0) {
            fprintf(stderr, "fuzz-record: %s\n", err_text(&err));
            return EXIT_FAILURE;
        }
        replay(&seed);
    }
    return EXIT_SUCCESS;
}
#endif
