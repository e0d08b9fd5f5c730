/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/unchanged.h"

#include "client/listing.h"
#include "idse/correction.h"
#include "idse/lot.h"
#include "idse/record.h"

enum { SHOWN = 20 };

void unchanged_free(struct unchanged *unchanged)
{
    buf_free(&unchanged->numbers);
}

/* The line of correction goes on elsewhere, or it does not begin: the daemon says what there is to say. */
static bool may_be_corrected(const json_t *lot)
{
    int state = lot_state_from_name(row_text(lot, "State"));
    return (state == LOT_STATE_PARTIAL || state == LOT_STATE_REJECTED) && row_number(lot, "CorrectedBy") == 0;
}

static void add(struct unchanged *unchanged, uint32_t seq)
{
    if (unchanged->n < SHOWN)
        buf_printf(&unchanged->numbers, "%s%u", unchanged->n ? ", " : "", seq + 1);
    else if (unchanged->n == SHOWN)
        buf_add_str(&unchanged->numbers, " …");
    unchanged->n++;
}

/* Both sides as the same writer writes them, whatever form the lot's own records have. */
static void compare(const struct correction *correction, struct unchanged *ret)
{
    enum { RECORD = RECORD_COLUMNS + 2 };
    _cleanup_buf_ struct buf before = BUF_INIT, after = BUF_INIT;
    _cleanup_findings_ struct findings findings = FINDINGS_INIT;
    const struct correction nothing = {correction->records,    correction->n, correction->rejected,
                                       correction->n_rejected, NULL,          0};
    if (correction_apply(&nothing, &findings, &before, NULL, NULL) < 0 ||
        correction_apply(correction, &findings, &after, NULL, NULL) < 0)
        return;
    for (size_t i = 0; i < correction->n_rejected; i++)
        if (memcmp(before.data + i * RECORD, after.data + i * RECORD, RECORD) == 0)
            add(ret, correction->rejected[i]);
}

int unchanged_find(struct remote *remote, const char *path, const json_t *lot, const struct buf *fixes,
                   struct unchanged *ret, struct err *err)
{
    _cleanup_json_ json_t *rows = json_array();
    _cleanup_buf_ struct buf records = BUF_INIT;
    if (!may_be_corrected(lot))
        return 0;
    int r = listing_rejected(remote, lot, rows, err);
    if (r >= 0 && fixes)
        r = remote_records(remote, path, &records, err);
    if (r < 0)
        return r;
    ret->rejected = json_array_size(rows);
    _cleanup_free_ uint32_t *rejected = xcalloc(ret->rejected, sizeof(*rejected));
    for (size_t i = 0; i < ret->rejected; i++)
        rejected[i] = (uint32_t)row_number(json_array_get(rows, i), "position") - 1;
    if (fixes)
        compare(
            &(struct correction){records.data, records.len, rejected, ret->rejected, fixes->data, fixes->len},
            ret);
    for (size_t i = 0; !fixes && i < ret->rejected; i++)
        add(ret, rejected[i]);
    return 0;
}
