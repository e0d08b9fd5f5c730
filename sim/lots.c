/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/lots.h"

#include <openssl/evp.h>
#include <stdio.h>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "sim/jsonl.h"

enum { LOT_FILE_MAX = 1 << 30 };

struct lots {
    struct loop *loop;
    char *dir;
    uint64_t seed;
    int64_t delay_us;
    struct history *history;
    struct jsonl *ledger, *processed;
    struct sim_lot **items;
    size_t n;
    size_t next; /* the first that may still have to be processed */
    struct timer *timer;
};

static void lot_free(struct sim_lot *lot)
{
    free(lot->user);
    free(lot->fingerprint);
    free(lot->serial);
    free(lot->rfc);
    free(lot->name);
    free(lot->path);
    result_free(&lot->result);
    free(lot);
}

struct lots *lots_free(struct lots *lots)
{
    if (!lots)
        return NULL;
    timer_free(lots->timer);
    for (size_t i = 0; i < lots->n; i++)
        lot_free(lots->items[i]);
    free(lots->items);
    history_free(lots->history);
    jsonl_free(lots->ledger);
    jsonl_free(lots->processed);
    free(lots->dir);
    free(lots);
    return NULL;
}

size_t lots_count(const struct lots *lots)
{
    return lots->n;
}

const struct sim_lot *lots_at(const struct lots *lots, size_t i)
{
    return lots->items[i];
}

/* Numbers are given out one after the other, so a number says where its lot is. */
static struct sim_lot *find(const struct lots *lots, const char *number)
{
    uint64_t value, first;
    if (lots->n == 0 || !str_to_uint(number, 999999999, &value) ||
        !str_to_uint(lots->items[0]->lot, 999999999, &first))
        return NULL;
    return value >= first && value - first < lots->n && streq(lots->items[value - first]->lot, number)
               ? lots->items[value - first]
               : NULL;
}

const struct sim_lot *lots_find(const struct lots *lots, const char *number)
{
    return find(lots, number);
}

int lot_read(const struct sim_lot *lot, struct buf *ret_bytes, struct record_list *ret, struct err *err)
{
    int r = file_read(lot->path, LOT_FILE_MAX, ret_bytes, err);
    if (r < 0)
        return r;
    _cleanup_free_ char *refusal = record_list_read(ret_bytes->data, ret_bytes->len, ret);
    return refusal ? err_set(err, ERR_IO, "%s: %s", lot->path, refusal) : 0;
}

/* ---- digests: what is printed on the receipts, and made up from the seed ---- */

static void digest_hex(const EVP_MD *kind, const void *data, size_t n, char *ret)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    EVP_Digest(data, n, digest, &len, kind, NULL);
    _cleanup_free_ char *hex = hex_encode(digest, len);
    strcpy(ret, hex);
}

static void seal(struct lots *lots, struct sim_lot *lot)
{
    char hex[129];
    _cleanup_free_ char *text =
        xasprintf("%llu|%s|%s", (unsigned long long)lots->seed, lot->lot, lot->sha256);
    digest_hex(EVP_sha512(), text, strlen(text), hex);
    for (char *at = hex; *at; at++)
        *at = (char)(*at >= 'a' ? *at - 'a' + 'A' : *at);
    memcpy(lot->sello, hex, sizeof hex);
    unsigned long long number =
        strtoull((char[]){hex[0], hex[1], hex[2], hex[3], hex[4], hex[5], hex[6], 0}, NULL, 16);
    snprintf(lot->notary, sizeof lot->notary, "%010llu", number + 1);
    snprintf(lot->folio, sizeof lot->folio, "1%09llu%s", number, lot->lot);
}

static void number(struct lots *lots, struct sim_lot *lot)
{
    uint64_t value = 100000001 + lots->seed * 7919 % 800000000;
    if (lots->n > 0 && str_to_uint(lots->items[lots->n - 1]->lot, 999999998, &value))
        value++;
    snprintf(lot->lot, sizeof lot->lot, "%09llu", (unsigned long long)value);
}

static void keep(struct lots *lots, struct sim_lot *lot)
{
    if ((lots->n & (lots->n - 1)) == 0)
        lots->items = xreallocarray(lots->items, MAX(lots->n * 2, (size_t)1), sizeof *lots->items);
    lots->items[lots->n++] = lot;
}

/* ---- processing ---- */

static void judge(struct lots *lots, struct sim_lot *lot, const struct record_list *list)
{
    history_judge(lots->history, list, time_to_date(lot->received_us), &lot->result);
    lot->processed = true;
}

static size_t sum(const size_t counts[_RECORD_KINDS])
{
    return counts[RECORD_BAJA] + counts[RECORD_MODIFICACION] + counts[RECORD_REINGRESO];
}

static int process(struct lots *lots, struct sim_lot *lot, struct err *err)
{
    _cleanup_buf_ struct buf bytes = BUF_INIT;
    struct record_list list = {0};
    int r = lot_read(lot, &bytes, &list, err);
    if (r < 0)
        return r;
    judge(lots, lot, &list);
    record_list_free(&list);
    int64_t now_us = clock_wall_us(loop_clock(lots->loop));
    _cleanup_free_ char *time = time_format_iso(now_us);
    return jsonl_append(lots->processed,
                        json_pack("{ss ss sI sI}", "time", time, "lot", lot->lot, "operated",
                                  (json_int_t)sum(lot->result.operated), "rejected",
                                  (json_int_t)sum(lot->result.rejected)),
                        true, err);
}

/* Sets the timer for the oldest lot that is still open; all wait equally long, so they come due in order. */
static void schedule(struct lots *lots)
{
    while (lots->next < lots->n && (lots->items[lots->next]->processed || lots->items[lots->next]->stuck))
        lots->next++;
    if (lots->next == lots->n)
        return;
    const struct clock *clock = loop_clock(lots->loop);
    int64_t wait_us = lots->items[lots->next]->received_us + lots->delay_us - clock_wall_us(clock);
    timer_set_boot(lots->timer, clock_boot_us(clock) + CLAMP(wait_us, INT64_C(0), lots->delay_us));
}

/* One lot a turn, so that requests are answered in between. */
static void on_due(void *data)
{
    struct lots *lots = data;
    if (lots->next < lots->n) {
        _cleanup_err_ struct err err = ERR_INIT;
        struct sim_lot *lot = lots->items[lots->next++];
        if (process(lots, lot, &err) < 0)
            log_error("lot %s: %s", lot->lot, err_text(&err));
    }
    schedule(lots);
}

/* ---- reception ---- */

static json_t *ledger_line(const struct sim_lot *lot)
{
    _cleanup_free_ char *time = time_format_iso(lot->received_us);
    return json_pack("{ss sI ss ss ss ss ss ss ss ss ss ss sI ss sI sI sI sI sb}", "time", time, "time_us",
                     (json_int_t)lot->received_us, "identity", lot->user, "certificate", lot->fingerprint,
                     "serial", lot->serial, "rfc", lot->rfc, "name", lot->name, "rp", lot->rp, "lot",
                     lot->lot, "folio", lot->folio, "sha256", lot->sha256, "huella", lot->huella, "size",
                     (json_int_t)lot->size, "type", lot->type, "bajas", (json_int_t)lot->counts[RECORD_BAJA],
                     "modificaciones", (json_int_t)lot->counts[RECORD_MODIFICACION], "reingresos",
                     (json_int_t)lot->counts[RECORD_REINGRESO], "total", (json_int_t)sum(lot->counts),
                     "stuck", lot->stuck);
}

static struct sim_lot *lot_new(struct lots *lots, const struct authority_account *account,
                               const struct buf *bytes, const struct record_list *list)
{
    struct sim_lot *lot = xcalloc(1, sizeof *lot);
    lot->user = xstrdup(account->user);
    lot->fingerprint = xstrdup(account->fingerprint);
    lot->serial = xstrdup(account->serial);
    lot->rfc = xstrdup(account->rfc);
    lot->name = xstrdup(account->name);
    lot->type = record_list_type(list);
    lot->received_us = clock_wall_us(loop_clock(lots->loop));
    lot->size = bytes->len;
    memcpy(lot->counts, list->counts, sizeof lot->counts);
    strcpy(lot->rp, list->rp);
    digest_hex(EVP_sha256(), bytes->data, bytes->len, lot->sha256);
    digest_hex(EVP_sha1(), bytes->data, bytes->len, lot->huella);
    number(lots, lot);
    seal(lots, lot);
    lot->path = xasprintf("%s/lots/%s.txt", lots->dir, lot->lot);
    return lot;
}

int lots_receive(struct lots *lots, const struct authority_account *account, const struct buf *bytes,
                 bool stuck, const struct sim_lot **ret, char **ret_refusal, struct err *err)
{
    struct record_list list;
    char *refusal = record_list_read(bytes->data, bytes->len, &list);
    if (!refusal && !authority_account_has_rp(account, list.rp)) {
        refusal = xasprintf("el registro patronal %s no corresponde al certificado", list.rp);
        record_list_free(&list);
    }
    if (refusal) {
        *ret_refusal = refusal;
        return 0;
    }
    struct sim_lot *lot = lot_new(lots, account, bytes, &list);
    lot->stuck = stuck;
    record_list_free(&list);
    int r = file_replace(lot->path, 0600, bytes->data, bytes->len, err);
    if (r >= 0)
        r = jsonl_append(lots->ledger, ledger_line(lot), true, err);
    if (r < 0) {
        lot_free(lot);
        return r;
    }
    keep(lots, lot);
    schedule(lots);
    *ret = lot;
    return 0;
}

/* ---- loading ---- */

struct loading {
    struct lots *lots;
    struct err *err;
    int r;
};

static char *line_text(const json_t *line, const char *key)
{
    return xstrdup(str_or_empty(json_string_value(json_object_get(line, key))));
}

static bool line_copy(const json_t *line, const char *key, char *to, size_t size)
{
    const char *text = json_string_value(json_object_get(line, key));
    if (!text || strlen(text) != size - 1)
        return false;
    memcpy(to, text, size);
    return true;
}

static const char *type_named(const char *name)
{
    static const char *const names[] = {"Bajas", "Modificaciones", "Reingresos"};
    for (size_t i = 0; i < ELEMENTSOF(names); i++)
        if (streq(names[i], name))
            return names[i];
    return "Mixto";
}

static void load_lot(void *data, json_t *line)
{
    struct loading *loading = data;
    struct lots *lots = loading->lots;
    struct sim_lot *lot = xcalloc(1, sizeof *lot);
    lot->user = line_text(line, "identity");
    lot->fingerprint = line_text(line, "certificate");
    lot->serial = line_text(line, "serial");
    lot->rfc = line_text(line, "rfc");
    lot->name = line_text(line, "name");
    lot->received_us = json_integer_value(json_object_get(line, "time_us"));
    lot->size = (size_t)json_integer_value(json_object_get(line, "size"));
    lot->counts[RECORD_BAJA] = (size_t)json_integer_value(json_object_get(line, "bajas"));
    lot->counts[RECORD_MODIFICACION] = (size_t)json_integer_value(json_object_get(line, "modificaciones"));
    lot->counts[RECORD_REINGRESO] = (size_t)json_integer_value(json_object_get(line, "reingresos"));
    lot->type = type_named(str_or_empty(json_string_value(json_object_get(line, "type"))));
    lot->stuck = json_is_true(json_object_get(line, "stuck"));
    if (!line_copy(line, "lot", lot->lot, sizeof lot->lot) ||
        !line_copy(line, "rp", lot->rp, sizeof lot->rp) ||
        !line_copy(line, "folio", lot->folio, sizeof lot->folio) ||
        !line_copy(line, "sha256", lot->sha256, sizeof lot->sha256) ||
        !line_copy(line, "huella", lot->huella, sizeof lot->huella)) {
        loading->r = err_set(loading->err, ERR_CONFIG, _("ledger.jsonl, line %zu: not a lot"), lots->n + 1);
        lot_free(lot);
        return;
    }
    lot->path = xasprintf("%s/lots/%s.txt", lots->dir, lot->lot);
    seal(lots, lot);
    keep(lots, lot);
}

/* The history is what the processed lots make it, in the order in which they were processed. */
static void load_processed(void *data, json_t *line)
{
    struct loading *loading = data;
    struct lots *lots = loading->lots;
    struct sim_lot *lot = find(lots, str_or_empty(json_string_value(json_object_get(line, "lot"))));
    _cleanup_buf_ struct buf bytes = BUF_INIT;
    struct record_list list = {0};
    if (!lot || lot->processed || loading->r < 0)
        return;
    loading->r = lot_read(lot, &bytes, &list, loading->err);
    if (loading->r < 0)
        return;
    judge(lots, lot, &list);
    record_list_free(&list);
}

static int load(struct lots *lots, struct err *err)
{
    struct loading loading = {.lots = lots, .err = err};
    _cleanup_free_ char *ledger = xasprintf("%s/ledger.jsonl", lots->dir);
    _cleanup_free_ char *processed = xasprintf("%s/processed.jsonl", lots->dir);
    _cleanup_free_ char *folder = xasprintf("%s/lots", lots->dir);
    int r = file_make_dirs(folder, 0700, err);
    if (r >= 0)
        r = jsonl_open(ledger, load_lot, &loading, &lots->ledger, err);
    if (r >= 0 && loading.r >= 0)
        r = jsonl_open(processed, load_processed, &loading, &lots->processed, err);
    return r < 0 ? r : loading.r;
}

int lots_open(struct loop *loop, const struct lots_options *options, struct lots **ret, struct err *err)
{
    struct lots *lots = xcalloc(1, sizeof *lots);
    lots->loop = loop;
    lots->dir = xstrdup(options->dir);
    lots->seed = options->seed;
    lots->delay_us = options->delay_us;
    lots->history = history_new(options->seed);
    lots->timer = timer_new(loop, on_due, lots);
    int r = load(lots, err);
    if (r < 0) {
        lots_free(lots);
        return r;
    }
    schedule(lots);
    *ret = lots;
    return 0;
}
