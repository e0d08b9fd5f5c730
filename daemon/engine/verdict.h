/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "internal.h"

/*
 * What a receipt that was read means for its lot. The rules are the same whether the engine fetched it or a person brings
 * it: the acuse must reprint what was sent, the constancia must answer every movement. All change the loaded lot, which is
 * the caller's to save.
 */

/*
 * Which document of the lot it is about and how to see it, then what there is to say of it: the sentence of a quarantine or a
 * hold. A new string.
 */
char *verdict_of_document(const struct store_lot *lot, enum document_kind kind, int64_t document,
                          const char *text);
/* A registro patronal as a document prints it, often without its check digit. */
bool verdict_same_rp(const char *printed, const char *rp);
/* NULL when the acuse is of exactly this lot, else what differs, in words. A new string. */
char *verdict_acuse_difference(const struct store_lot *lot, const struct portal_reading *reading);
/* NULL when the constancia is of this lot and answers every movement, else what differs. A new string. */
char *verdict_constancia_difference(const struct store_lot *lot, const struct portal_reading *reading);
/* Takes what the acuse says, or quarantines the lot. */
int verdict_acuse(struct engine *engine, struct store_lot *lot, const struct portal_reading *reading,
                  struct err *err);
/* Each movement's result is stored: the lot's own follows. */
int verdict_results(struct engine *engine, struct store_lot *lot, const struct constancia *constancia,
                    struct err *err);
/* The receipts do not add up, or are not what was sent: a person has to look. */
int verdict_quarantine(struct engine *engine, struct store_lot *lot, const char *text, struct err *err);
/* A receipt is not understood; it was kept. */
void verdict_unreadable(struct engine *engine, struct store_lot *lot, const char *text);
