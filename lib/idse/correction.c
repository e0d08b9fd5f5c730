/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "idse/correction.h"

#include "idse/csv-reader.h"
#include "idse/record.h"

/* A rejected movement. */
struct target {
    struct movement movement; /* as it was, then as it shall be */
    uint32_t position;        /* 1-based */
    uint32_t line;            /* of the row that corrects it; 0: none */
};

struct targets {
    struct target *items; /* by position */
    struct target **by_key;
    size_t n;
};

static void targets_free(struct targets *targets)
{
    free(targets->items);
    free(targets->by_key);
}

static int compare_keys(const struct movement *a, const struct movement *b)
{
    int r = strcmp(a->nss, b->nss);
    if (r == 0)
        r = COMPARE(a->type, b->type);
    return r ? r : COMPARE(a->date, b->date);
}

static int by_key(const void *left, const void *right)
{
    return compare_keys(&(*(struct target *const *)left)->movement,
                        &(*(struct target *const *)right)->movement);
}

static int key_and_target(const void *key, const void *target)
{
    return compare_keys(key, &(*(struct target *const *)target)->movement);
}

static int position_and_target(const void *key, const void *target)
{
    return COMPARE(*(const uint32_t *)key, ((const struct target *)target)->position);
}

/* ---- what was rejected ---- */

static int read_targets(const struct correction *correction, struct targets *ret, struct err *err)
{
    _cleanup_(record_reader_cleanup) struct record_reader *reader =
        record_reader_new(correction->records, correction->n, NULL);
    struct movement movement;
    ret->items = xcalloc(correction->n_rejected + 1, sizeof(*ret->items));
    ret->by_key = xcalloc(correction->n_rejected + 1, sizeof(*ret->by_key));
    for (uint32_t seq = 0; ret->n < correction->n_rejected && record_reader_next(reader, &movement) > 0;
         seq++) {
        if (seq != correction->rejected[ret->n])
            continue;
        ret->items[ret->n] = (struct target){.movement = movement, .position = seq + 1};
        ret->by_key[ret->n] = &ret->items[ret->n];
        ret->n++;
    }
    if (ret->n < correction->n_rejected)
        return err_set(err, ERR_STORE, _("the records that were sent cannot be read"));
    return 0;
}

/* ---- the table ---- */

static struct target *target_of(const struct targets *targets, const struct movement *row, uint32_t position)
{
    if (position > 0)
        return bsearch(&position, targets->items, targets->n, sizeof(*targets->items), position_and_target);
    struct target **found =
        bsearch(row, targets->by_key, targets->n, sizeof(struct target *), key_and_target);
    return found ? *found : NULL;
}

static int refuse_stranger(uint32_t line, uint32_t position, struct err *err)
{
    if (position > 0)
        return err_set(err, ERR_INVALID_FILE, _("line %u: movement %u of the lot is not rejected"), line,
                       position);
    return err_set(err, ERR_INVALID_FILE,
                   _("line %u: no rejected movement of the lot has this NSS, type and date; say which one it "
                     "corrects in a column 'No.'"),
                   line);
}

/* Targets keep their keys until all rows were read, so that they are found whatever is corrected. */
static int take_row(const struct targets *targets, struct csv_reader *reader, const struct movement *row,
                    struct movement *ret, struct err *err)
{
    uint32_t line = csv_reader_line(reader), position = csv_reader_position(reader);
    struct target *target = target_of(targets, row, position);
    if (!target)
        return refuse_stranger(line, position, err);
    if (target->line > 0)
        return err_set(err, ERR_INVALID_FILE, _("line %u: line %u corrects the same movement"), line,
                       target->line);
    if (target->movement.type != row->type || !streq(target->movement.rp, row->rp))
        return err_set(
            err, ERR_INVALID_FILE,
            _("line %u: registro patronal and type of a movement cannot be corrected; submit the right "
              "movement by itself"),
            line);
    target->line = line;
    ret[target - targets->items] = *row;
    return 0;
}

static int read_fixes(const struct correction *correction, struct targets *targets, struct findings *findings,
                      struct err *err)
{
    _cleanup_(csv_reader_cleanup) struct csv_reader *reader =
        csv_reader_new(correction->fixes, correction->n_fixes, findings);
    _cleanup_free_ struct movement *fixed = xcalloc(targets->n, sizeof(*fixed));
    struct movement row;
    int r = 0;
    qsort(targets->by_key, targets->n, sizeof(struct target *), by_key);
    while (r >= 0 && csv_reader_next(reader, &row) > 0)
        r = take_row(targets, reader, &row, fixed, err);
    findings_sort(findings);
    if (r >= 0 && findings->errors > 0)
        r = findings_refuse(findings, ERR_INVALID_FILE, err);
    for (size_t i = 0; r >= 0 && i < targets->n; i++)
        if (targets->items[i].line > 0)
            targets->items[i].movement = fixed[i];
    return r;
}

int correction_apply(const struct correction *correction, struct findings *findings, struct buf *ret,
                     uint32_t *lines, struct err *err)
{
    _cleanup_(targets_free) struct targets targets = {0};
    int r = read_targets(correction, &targets, err);
    if (r >= 0 && correction->fixes)
        r = read_fixes(correction, &targets, findings, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < targets.n; i++) {
        record_write(ret, &targets.items[i].movement, ENYE_HASH);
        if (lines)
            lines[i] = targets.items[i].line;
    }
    record_write_control(ret, targets.n, targets.n > 0 ? targets.items[0].movement.guia : "");
    return 0;
}
