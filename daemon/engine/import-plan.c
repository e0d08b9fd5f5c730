/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "import.h"

#include <stdio.h>

#include "idse/identifier.h"
#include "verdict.h"

/*
 * Which lot a receipt is of. A portal's lot is known by its number, its registro patronal and the day it was received, for
 * numbers may come again. An acuse whose number is new is held against our lots that were not sent, or of which it is not
 * known: equal bytes prove arrival. Anything else was sent by others, and is adopted.
 */

/* What both kinds print. */
struct head {
    const char *portal_lot, *rp;
    int64_t received_us;
};

static struct head head_of(const struct engine_import *import)
{
    const struct acuse *acuse = import->reading.acuse;
    const struct constancia *constancia = import->reading.constancia;
    if (acuse)
        return (struct head){acuse->portal_lot, acuse->rp, acuse->received_us};
    if (constancia)
        return (struct head){constancia->portal_lot, constancia->rp, constancia->received_us};
    return (struct head){import->receipt.portal_lot, import->receipt.rp, 0};
}

static bool is_of(const struct head *head, const struct store_lot *lot)
{
    return lot_same_reception(head->received_us, lot->received_us) &&
           (head->rp == NULL || verdict_same_rp(head->rp, lot->rp));
}

static void choose(struct engine_import *import, const struct store_lot *lot)
{
    import->lot = lot->id;
    import->state = lot->state;
    import->has_records = lot->sha256 != NULL;
    memcpy(import->rp, lot->rp, sizeof(import->rp));
}

/*
 * By its number: the newest, but rather one whose records are known. One that is known from its constancia alone gives way
 * to that one, and to the one that an acuse makes.
 */
static int find_by_number(struct engine_import *import, struct err *err)
{
    const struct head head = head_of(import);
    _cleanup_free_ int64_t *ids = NULL;
    size_t n = 0;
    int r = str_empty(head.portal_lot)
                ? 0
                : store_lots_by_portal_lot(import->engine->store, head.portal_lot, &ids, &n, err);
    for (size_t i = 0; r >= 0 && i < n; i++) {
        _cleanup_lot_ struct store_lot lot = {0};
        r = store_lot_get(import->engine->store, ids[i], &lot, err);
        if (r < 0 || !is_of(&head, &lot))
            continue;
        if (import->reading.acuse && !lot.sha256)
            import->gives_way = lot.id;
        else if (!import->lot || (!import->has_records && lot.sha256))
            choose(import, &lot);
    }
    return r;
}

/* The settling of uncertain lots has the same rule: what was received before the attempt does not prove that it arrived. */
static bool may_prove(const struct acuse *acuse, const struct store_lot *lot)
{
    return lot->state != LOT_STATE_UNCERTAIN || acuse->received_us == 0 ||
           acuse->received_us >= lot->attempt_us - US_PER_DAY;
}

/* By its bytes: rather one that may have arrived than one that was never sent. */
static int find_by_records(struct engine_import *import, struct err *err)
{
    const struct acuse *acuse = import->reading.acuse;
    _cleanup_free_ int64_t *ids = NULL;
    size_t n = 0;
    int r = store_lots_open_by_records(import->engine->store, import->reading.sha256, &ids, &n, err);
    for (size_t i = 0; r >= 0 && i < n; i++) {
        _cleanup_lot_ struct store_lot lot = {0};
        r = store_lot_get(import->engine->store, ids[i], &lot, err);
        if (r < 0 || !verdict_same_rp(acuse->rp, lot.rp) || !may_prove(acuse, &lot))
            continue;
        if (import->receipt.lot ? import->receipt.lot != lot.id
                                : import->lot && lot.state == LOT_STATE_QUEUED)
            continue;
        choose(import, &lot);
        import->found = true;
        if (lot.state != LOT_STATE_QUEUED)
            break;
    }
    return r;
}

/* The registro patronal of a lot that is to be made, with its check digit, which a constancia may not print. */
static int find_rp(struct engine_import *import, struct err *err)
{
    const struct head head = head_of(import);
    const struct acuse *acuse = import->reading.acuse;
    size_t n = strlen(str_or_empty(head.rp));
    if (n != 10 && n != 11)
        return err_set(err, ERR_UNREADABLE_RECEIPT, _("'%s' is no registro patronal"), str_or_empty(head.rp));
    if (acuse && acuse->records_len >= 11)
        snprintf(import->rp, sizeof(import->rp), "%.11s", acuse->records);
    else
        snprintf(import->rp, sizeof(import->rp), "%s%.*s", head.rp, n == 10,
                 (const char[]){rp_check_digit(head.rp), '\0'});
    if (!verdict_same_rp(head.rp, import->rp))
        return err_set(err, ERR_UNREADABLE_RECEIPT,
                       _("the document is of registro patronal %s, its records of %s"), head.rp, import->rp);
    struct store_rp *rows = NULL;
    size_t n_rows = 0;
    int r = store_rp_list(import->engine->store, &rows, &n_rows, err);
    bool known = false;
    for (size_t i = 0; i < n_rows && !known; i++) {
        known = acuse ? streq(rows[i].rp, import->rp) : verdict_same_rp(head.rp, rows[i].rp);
        if (known)
            memcpy(import->rp, rows[i].rp, sizeof(import->rp));
    }
    store_rps_free(rows, n_rows);
    if (r < 0 || known || import->receipt.add_rp)
        return r;
    return err_set(
        err, ERR_UNKNOWN_RP,
        _("the registro patronal %s is not registered: add it with 'idsectl rp add %s', or let the import "
          "add it with --add-rp"),
        import->rp, import->rp);
}

static int check_claim(const struct engine_import *import, struct err *err)
{
    const struct head head = head_of(import);
    long long claimed = import->receipt.lot;
    if (claimed == 0 || claimed == import->lot)
        return 0;
    if (import->lot)
        return err_set(err, ERR_INVALID_ARGUMENT, _("it is of lot %lld (%s at the portal), not of lot %lld"),
                       (long long)import->lot, str_or_empty(head.portal_lot), claimed);
    return err_set(err, ERR_INVALID_ARGUMENT,
                   _("it is of lot %s at the portal, and nothing in it proves that this is lot %lld"),
                   str_or_empty(head.portal_lot), claimed);
}

/* A CSV is of the lot that it names, or of the one that it is said to be of. */
static int find_for_csv(struct engine_import *import, struct err *err)
{
    if (import->receipt.lot) {
        _cleanup_lot_ struct store_lot lot = {0};
        int r = store_lot_get(import->engine->store, import->receipt.lot, &lot, err);
        if (r < 0)
            return r;
        const struct head head = head_of(import);
        if (str_empty(lot.portal_lot))
            return err_set(err, ERR_WRONG_STATE,
                           _("lot %lld has no number of the portal yet, so it has no results"),
                           (long long)lot.id);
        if (head.portal_lot && !streq(head.portal_lot, lot.portal_lot))
            return err_set(err, ERR_INVALID_ARGUMENT,
                           _("it is of lot %s at the portal, lot %lld is lot %s there"), head.portal_lot,
                           (long long)lot.id, lot.portal_lot);
        choose(import, &lot);
        return 0;
    }
    int r = find_by_number(import, err);
    if (r < 0 || import->lot)
        return r;
    if (import->receipt.guess)
        return err_set(err, ERR_INVALID_FILE, "%s", import->receipt.guess);
    if (import->receipt.portal_lot)
        return err_set(err, ERR_UNKNOWN_LOT,
                       _("no lot with the number %s is known; import its acuse or its constancia first"),
                       import->receipt.portal_lot);
    return err_set(err, ERR_INVALID_FILE,
                   _("it is a table of results that does not name its lot, or names several: say whose it is "
                     "with --lot"));
}

/* ---- a constancia of several employers ---- */

static bool is_registered(const struct store_rp *rows, size_t n, const char *printed)
{
    for (size_t i = 0; i < n; i++)
        if (verdict_same_rp(printed, rows[i].rp))
            return true;
    return false;
}

static int choose_part(struct receipt_owner *part, const char *rp, const char *portal_lot)
{
    *part = (struct receipt_owner){xstrdup(rp), xstrdup(portal_lot)};
    return 1;
}

/* The first one whose registro patronal is registered, if the first of all is not. */
static int choose_registered(struct engine_import *import, struct err *err)
{
    const struct constancia *constancia = import->reading.constancia;
    struct store_rp *rows = NULL;
    size_t n = 0;
    int r = store_rp_list(import->engine->store, &rows, &n, err);
    bool chosen = r < 0 || is_registered(rows, n, constancia->rp);
    for (size_t i = 0; !chosen && i < constancia->n_owners; i++) {
        const struct receipt_owner *other = &constancia->others[i];
        chosen = is_registered(rows, n, other->rp);
        if (chosen)
            r = choose_part(&import->receipt.part, other->rp, other->portal_lot);
    }
    store_rps_free(rows, n);
    return r;
}

int import_choose_part(struct engine_import *import, struct err *err)
{
    enum { RP_WITHOUT_CHECK_DIGIT = 10 };
    const struct constancia *constancia = import->reading.constancia;
    const struct receipt_owner *part = &import->receipt.part;
    if (!constancia)
        return 0;
    if (part->rp && (strncmp(constancia->rp, part->rp, RP_WITHOUT_CHECK_DIGIT) != 0 ||
                     (part->portal_lot && !streq(constancia->portal_lot, part->portal_lot))))
        return part->portal_lot
                   ? err_set(err, ERR_INVALID_ARGUMENT, _("it has nothing of registro patronal %s, lot %s"),
                             part->rp, part->portal_lot)
                   : err_set(err, ERR_INVALID_ARGUMENT, _("it has nothing of registro patronal %s"),
                             part->rp);
    if (part->rp || constancia->n_owners == 0)
        return 0;
    if (import->receipt.lot == 0)
        return import->receipt.add_rp ? 0 : choose_registered(import, err);
    _cleanup_lot_ struct store_lot lot = {0};
    int r = store_lot_get(import->engine->store, import->receipt.lot, &lot, err);
    return r < 0 ? r : choose_part(&import->receipt.part, lot.rp, lot.portal_lot);
}

/* ---- the lot ---- */

int import_find_lot(struct engine_import *import, struct err *err)
{
    import->lot = import->gives_way = 0;
    import->found = false;
    if (import->kind == DOCUMENT_CSV)
        return find_for_csv(import, err);
    int r = find_by_number(import, err);
    if (r < 0)
        return r;
    if (import->reading.acuse && !import->lot)
        r = find_by_records(import, err);
    if (r >= 0)
        r = check_claim(import, err);
    return r < 0 || import->lot ? r : find_rp(import, err);
}

/* ---- what becomes of it ---- */

static int is_present(const struct engine_import *import, bool *ret, struct err *err)
{
    struct store_document *documents = NULL;
    size_t n = 0;
    int r = store_document_list(import->engine->store, import->lot, &documents, &n, err);
    *ret = false;
    for (size_t i = 0; i < n; i++)
        *ret |= documents[i].kind == import->kind && streq(documents[i].sha256, import->receipt.sha256);
    store_documents_free(documents, n);
    return r;
}

static int set_outcome(struct engine_import *import, enum import_outcome outcome, char *text)
{
    import->outcome = outcome;
    replace_str(&import->text, text);
    return 0;
}

/* It says what is known already. */
static int another_copy(struct engine_import *import, struct err *err)
{
    bool present;
    int r = is_present(import, &present, err);
    if (r < 0)
        return r;
    return present ? set_outcome(import, IMPORT_PRESENT, xstrdup(_("it was there already")))
                   : set_outcome(import, IMPORT_KEPT,
                                 xstrdup(_("it says what is known already; kept beside the other")));
}

/* It does not fit: what nothing else speaks for goes into quarantine, what was proved stands. */
static int misfit(struct engine_import *import, bool proved, const char *difference)
{
    if (import->state == LOT_STATE_RECEIVED && !proved)
        return set_outcome(import, IMPORT_QUARANTINED, xstrdup(difference));
    return set_outcome(
        import, IMPORT_CONTRADICTS,
        xasprintf(_("kept, but nothing was changed, since it contradicts what is known: %s"), difference));
}

static int judge_acuse(struct engine_import *import, const struct store_lot *lot, struct err *err)
{
    if (import->found)
        return set_outcome(
            import, IMPORT_FOUND,
            lot->state == LOT_STATE_QUEUED
                ? xstrdup(_("the portal has this lot, sent by others: the acuse reprints its records. It "
                            "will not be sent"))
                : xstrdup(_("the lot arrived: the acuse reprints its records")));
    _cleanup_free_ char *difference = verdict_acuse_difference(lot, &import->reading);
    if (difference)
        return misfit(import, lot->have_acuse, difference);
    return lot->have_acuse
               ? another_copy(import, err)
               : set_outcome(import, IMPORT_COMPLETED, xstrdup(_("it reprints the lot's records")));
}

static int judge_results_again(struct engine_import *import, struct err *err)
{
    if (import->differ == 0)
        return another_copy(import, err);
    _cleanup_free_ char *text =
        xasprintf(dngettext(IDSED_TEXTDOMAIN, "%zu movement has another result in it",
                            "%zu movements have another result in it", import->differ),
                  import->differ);
    return misfit(import, true, text);
}

static int judge_constancia(struct engine_import *import, const struct store_lot *lot, struct err *err)
{
    _cleanup_free_ char *difference = verdict_constancia_difference(lot, &import->reading);
    if (!difference && import->reading.n_sent != lot->counts[COUNT_TOTAL])
        difference = xasprintf(dngettext(IDSED_TEXTDOMAIN, "it has %zu movement, the lot has %u",
                                         "it has %zu movements, the lot has %u", import->reading.n_sent),
                               import->reading.n_sent, lot->counts[COUNT_TOTAL]);
    if (difference)
        return misfit(import, lot->have_constancia, difference);
    if (lot->have_constancia)
        return judge_results_again(import, err);
    if (lot->state == LOT_STATE_QUARANTINED && !lot->have_acuse)
        return set_outcome(
            import, IMPORT_KEPT,
            xstrdup(_("kept: the lot is in quarantine, and its acuse has to be right before its results "
                      "count; import the acuse")));
    return set_outcome(import, IMPORT_ANSWERED, xstrdup(_("it answers every movement of the lot")));
}

/* What it says is held against the constancia afterwards, where there is one. */
static int judge_csv(struct engine_import *import, const struct store_lot *lot, struct err *err)
{
    bool present;
    int r = is_present(import, &present, err);
    if (r < 0)
        return r;
    if (present)
        return set_outcome(import, IMPORT_PRESENT, xstrdup(_("it was there already")));
    return lot->have_csv ? set_outcome(import, IMPORT_KEPT, xstrdup(_("kept beside the one that was there")))
                         : set_outcome(import, IMPORT_COMPLETED, xstrdup(_("kept as it is, with its lot")));
}

int import_judge(struct engine_import *import, struct err *err)
{
    if (!import->lot)
        return import->reading.difference
                   ? err_set(err, ERR_UNREADABLE_RECEIPT, "%s", import->reading.difference)
                   : set_outcome(
                         import, IMPORT_ADOPTED,
                         import->reading.acuse
                             ? xstrdup(_("a lot that others sent: adopted with the records that the acuse "
                                         "reprints"))
                             : xstrdup(_("a lot that others sent: adopted with what the constancia prints")));
    _cleanup_lot_ struct store_lot lot = {0};
    int r = store_lot_get(import->engine->store, import->lot, &lot, err);
    if (r < 0)
        return r;
    if (import->kind == DOCUMENT_ACUSE)
        return judge_acuse(import, &lot, err);
    if (import->kind == DOCUMENT_CONSTANCIA)
        return judge_constancia(import, &lot, err);
    return judge_csv(import, &lot, err);
}

void import_judge_doubts(struct engine_import *import, const struct store_lot *lot)
{
    const char *contradictions = import->doubts.contradictions;
    _cleanup_free_ char *text = csv_doubts_text(&import->doubts);
    if (import->kind == DOCUMENT_CSV && contradictions)
        misfit(import, true, text);
    else if (import->kind == DOCUMENT_CSV)
        set_outcome(
            import, import->outcome,
            text ? xasprintf(_("kept with its lot; held against the constancia, which counts: %s"), text)
                 : xstrdup(_("kept with its lot: it says what the constancia says")));
    else if (import->outcome == IMPORT_ANSWERED && contradictions && !streq_null(text, lot->remarks))
        set_outcome(import, IMPORT_QUARANTINED, xasprintf(_("the CSV says otherwise: %s"), contradictions));
}

bool import_wants_answer(const struct engine_import *import, const struct store_lot *lot)
{
    bool takes_results = import->outcome == IMPORT_ADOPTED || import->outcome == IMPORT_FOUND ||
                         import->state == LOT_STATE_RECEIVED ||
                         (import->state == LOT_STATE_QUARANTINED && import->outcome == IMPORT_COMPLETED);
    return import->reading.acuse && takes_results && import->outcome != IMPORT_QUARANTINED &&
           import->outcome != IMPORT_CONTRADICTS && !(lot && lot->have_constancia);
}

bool import_fits_acuse(const struct engine_import *import, const struct portal_reading *answer)
{
    const struct acuse *acuse = import->reading.acuse;
    return answer->reason == REASON_OK && answer->constancia && !answer->difference &&
           streq_null(answer->constancia->portal_lot, acuse->portal_lot) &&
           verdict_same_rp(answer->constancia->rp, import->rp);
}
