/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim/rules.h"

#include <search.h>
#include <stdio.h>

#include "idse/identifier.h"
#include "sim/calendar.h"

static const struct {
    const char *code, *text;
} causes[_CAUSES] = {
#define X(id, code, text) {code, text},
    CAUSE_TABLE(X)
#undef X
};

const char *cause_code(enum cause cause)
{
    return causes[cause].code;
}

const char *cause_text(enum cause cause)
{
    return causes[cause].text;
}

/* ---- memory ---- */

/* A worker under one employer; the person itself, with the CURP, is the one whose `rp` is empty. */
struct worker {
    char nss[12];
    char rp[12];
    char curp[19];
    enum { STATUS_UNSEEN, STATUS_ACTIVE, STATUS_LEFT } status;
    int32_t since; /* of the status; 0: from before our time */
    struct operated {
        enum record_kind kind;
        int32_t date;
    } * operated;
    size_t n_operated;
};

struct history {
    uint64_t seed;
    void *workers; /* a tsearch() tree */
};

static int compare(const void *a, const void *b)
{
    const struct worker *x = a, *y = b;
    int r = strcmp(x->nss, y->nss);
    return r != 0 ? r : strcmp(x->rp, y->rp);
}

static struct worker *worker_of(struct history *history, const char *nss, const char *rp)
{
    struct worker key = {0};
    strcpy(key.nss, nss);
    strcpy(key.rp, rp);
    struct worker **node = tfind(&key, &history->workers, compare);
    if (!node)
        node = tsearch(xmemdup(&key, sizeof key), &history->workers, compare);
    return *node;
}

static void worker_free(void *p)
{
    struct worker *worker = p;
    free(worker->operated);
    free(worker);
}

struct history *history_new(uint64_t seed)
{
    struct history *history = xcalloc(1, sizeof *history);
    history->seed = seed;
    return history;
}

struct history *history_free(struct history *history)
{
    if (history)
        tdestroy(history->workers, worker_free);
    free(history);
    return NULL;
}

/* FNV-1a over the seed and a text: what decides about surprises. */
static uint64_t chance(const struct history *history, const char *what, const char *text)
{
    uint64_t hash = UINT64_C(14695981039346656037) ^ history->seed;
    for (int i = 0; i < 2; i++)
        for (const char *at = i ? text : what; *at; at++)
            hash = (hash ^ (unsigned char)*at) * UINT64_C(1099511628211);
    return hash ^ hash >> 32;
}

static bool surprise(const struct history *history, const char *what, const char *text, unsigned one_in)
{
    return history->seed != 0 && chance(history, what, text) % one_in == 0;
}

/* ---- judging one movement ---- */

struct judgement {
    struct history *history;
    struct result *result;
    const char *record;
    uint32_t seq;
    enum record_kind kind;
    int32_t received, date;
    struct worker *worker, *person;
};

static void _printf_(3, 4) reject(struct judgement *j, enum cause cause, const char *known, ...)
{
    struct result *result = j->result;
    if ((result->n & (result->n - 1)) == 0)
        result->rejections =
            xreallocarray(result->rejections, MAX(result->n * 2, (size_t)1), sizeof *result->rejections);
    struct rejection *rejection = &result->rejections[result->n++];
    *rejection = (struct rejection){.seq = j->seq, .cause = cause};
    if (!known)
        return;
    va_list ap;
    va_start(ap, known);
    rejection->known = xvasprintf(known, ap);
    va_end(ap);
}

#define DATE_FORMAT      "%02d/%02d/%04d"
#define DATE_PARTS(date) (int)((date) % 100), (int)((date) / 100 % 100), (int)((date) / 10000)

static void check_nss(struct judgement *j)
{
    char digit = nss_check_digit(j->worker->nss);
    if (j->worker->nss[10] != digit)
        reject(j, CAUSE_NSS_CHECK_DIGIT, "%c", digit);
}

static bool one_of(char c, const char *list)
{
    return c && strchr(list, c);
}

static void check_catalogue(struct judgement *j)
{
    const char *record = j->record;
    bool fine = j->kind == RECORD_BAJA ? one_of(record_column(record, COLUMN_CAUSA_BAJA), "123456789A")
                                       : one_of(record_column(record, COLUMN_TIPO_SALARIO), "012 ") &&
                                             one_of(record_column(record, COLUMN_JORNADA), "0123456 ");
    if (j->kind == RECORD_REINGRESO)
        fine = fine && one_of(record_column(record, COLUMN_TIPO_TRABAJADOR), "1234");
    if (!fine)
        reject(j, CAUSE_CATALOGUE, NULL);
}

static bool date_usable(struct judgement *j)
{
    if (j->date == 0) {
        reject(j, CAUSE_DATE_INVALID, NULL);
        return false;
    }
    int32_t last = j->kind == RECORD_REINGRESO ? calendar_add_working(j->received, 1) : j->received;
    if (j->date > last)
        reject(j, CAUSE_DATE_FUTURE, DATE_FORMAT, DATE_PARTS(last));
    else if (j->date < j->received - 50000)
        reject(j, CAUSE_DATE_OLD, DATE_FORMAT, DATE_PARTS(j->received - 50000));
    return true;
}

static bool duplicate(const struct judgement *j)
{
    for (size_t i = 0; i < j->worker->n_operated; i++)
        if (j->worker->operated[i].kind == j->kind && j->worker->operated[i].date == j->date)
            return true;
    return false;
}

static void check_status(struct judgement *j)
{
    struct worker *worker = j->worker;
    bool must_be_active = j->kind != RECORD_REINGRESO;
    if (worker->status == STATUS_UNSEEN && surprise(j->history, worker->rp, worker->nss, 20))
        worker->status = must_be_active ? STATUS_LEFT : STATUS_ACTIVE; /* the wrong one, and so it stays */
    if (worker->status == STATUS_UNSEEN)
        return;
    if ((worker->status == STATUS_ACTIVE) != must_be_active) {
        enum cause cause = must_be_active ? CAUSE_NOT_ACTIVE : CAUSE_ACTIVE;
        const char *what = must_be_active ? "BAJA" : "REINGRESO";
        if (worker->since)
            reject(j, cause, "%s DEL " DATE_FORMAT, what, DATE_PARTS(worker->since));
        else
            reject(j, cause, NULL);
    } else if (must_be_active && worker->since && j->date < worker->since) {
        reject(j, CAUSE_BEFORE_ALTA, DATE_FORMAT, DATE_PARTS(worker->since));
    }
}

static void check_curp(struct judgement *j)
{
    char curp[19];
    record_curp(j->record, curp);
    struct worker *person = j->person;
    if (j->kind == RECORD_BAJA || !*curp)
        return;
    if (!*person->curp && strlen(curp) == 18 && surprise(j->history, "curp", person->nss, 40)) {
        strcpy(person->curp, curp);
        person->curp[16] = curp[16] == '9' ? '8' : '9'; /* a namesake's */
    }
    if (*person->curp && !streq(person->curp, curp))
        reject(j, CAUSE_CURP, "%s", person->curp);
}

/* Centavos. UMA changes on 1 February, the minimum wage (general zone) on 1 January. */
static const struct {
    int year;
    int32_t uma, minimum;
} amounts[] = {
    {2016, 7304, 7304},   {2017, 7549, 8004},   {2018, 8060, 8836},   {2019, 8449, 10268},
    {2020, 8688, 12322},  {2021, 8962, 14170},  {2022, 9622, 17287},  {2023, 10374, 20744},
    {2024, 10857, 24893}, {2025, 11314, 27880}, {2026, 11731, 31504},
};

static size_t amounts_of(int year)
{
    int i = CLAMP(year - amounts[0].year, 0, (int)ELEMENTSOF(amounts) - 1);
    return (size_t)i;
}

static void check_sbc(struct judgement *j)
{
    if (j->kind == RECORD_BAJA)
        return;
    int32_t sbc = record_sbc(j->record);
    int year = j->date / 10000;
    int32_t most = 25 * amounts[amounts_of(j->date % 10000 < 201 ? year - 1 : year)].uma;
    int32_t least = amounts[amounts_of(year)].minimum;
    bool reduced = !one_of(record_column(j->record, COLUMN_JORNADA), "0 ");
    if (sbc > most)
        reject(j, CAUSE_SBC_OVER, "$ %d.%02d", most / 100, most % 100);
    else if (sbc < least && !reduced)
        reject(j, CAUSE_SBC_UNDER, "$ %d.%02d", least / 100, least % 100);
}

static void operate(struct judgement *j)
{
    struct worker *worker = j->worker;
    worker->status = j->kind == RECORD_BAJA ? STATUS_LEFT : STATUS_ACTIVE;
    if (j->kind != RECORD_MODIFICACION)
        worker->since = j->date;
    worker->operated = xreallocarray(worker->operated, worker->n_operated + 1, sizeof *worker->operated);
    worker->operated[worker->n_operated++] = (struct operated){j->kind, j->date};
    if (j->kind != RECORD_BAJA && !*j->person->curp)
        record_curp(j->record, j->person->curp);
}

static void judge(struct judgement *j, const char *rp)
{
    char nss[12];
    record_nss(j->record, nss);
    j->worker = worker_of(j->history, nss, rp);
    j->person = worker_of(j->history, nss, "");
    j->kind = record_kind(j->record);
    j->date = record_date(j->record);

    size_t before = j->result->n;
    check_nss(j);
    check_catalogue(j);
    if (date_usable(j)) {
        if (duplicate(j))
            reject(j, CAUSE_DUPLICATE, NULL);
        else
            check_status(j);
        check_sbc(j);
    }
    check_curp(j);
    if (j->result->n > before) {
        j->result->rejected[j->kind]++;
    } else {
        operate(j);
        j->result->operated[j->kind]++;
    }
}

void history_judge(struct history *history, const struct record_list *list, int32_t received,
                   struct result *ret)
{
    *ret = (struct result){0};
    struct judgement j = {.history = history, .result = ret, .received = received};
    for (; j.seq < list->n; j.seq++) {
        j.record = list->at[j.seq];
        judge(&j, list->rp);
    }
}

void result_free(struct result *result)
{
    for (size_t i = 0; i < result->n; i++)
        free(result->rejections[i].known);
    free(result->rejections);
    *result = (struct result){0};
}

bool record_extemporaneous(const char *record, int32_t received)
{
    return calendar_add_working(record_date(record), 5) < received;
}
