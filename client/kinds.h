/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "client/fields.h"

/* The kinds of things that the interface speaks of, each as its table of fields. */
extern const struct field lot_kind[];
extern const struct field movement_kind[];
extern const struct field movement_error_kind[]; /* one line for each error of a movement */
extern const struct field due_kind[];
extern const struct field movement_name_kind[];  /* both names of a worker side by side */
extern const struct field receipt_kind[];
extern const struct field import_kind[];
extern const struct field part_members[]; /* of its "others" */
extern const struct field reindex_kind[];
extern const struct field difference_members[]; /* of the structures in it */
extern const struct field receipt_members[]; /* of the structures in Receipts */
extern const struct field older_members[];   /* … in WaitsFor */
extern const struct field error_members[];   /* of the structures in "errors" */
extern const struct field rejection_kind[];      /* what there is to say about a code */
extern const struct field rejection_text_kind[]; /* of the structures in its "texts" */
extern const struct field attempt_kind[];
extern const struct field history_kind[];
extern const struct field finding_kind[];
extern const struct field registration_kind[];
extern const struct field certificate_kind[];
extern const struct field user_kind[];
extern const struct field profile_kind[];
extern const struct field step_kind[];
extern const struct field check_kind[];
extern const struct field manager_kind[];
extern const struct field rule_kind[];
extern const struct field roster_difference_kind[];
extern const struct field overview_kind[];
extern const struct field worker_kind[];
