/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "idse/intake.h"
#include "store/store.h"

/*
 * Holds the movements of a file against what is stored of the same workers, and against each other: a second alta, a baja of
 * somebody who is not there. What is found joins the file's findings; these are warnings, for what happened before idsed was
 * here is not known.
 *
 * Goes on at the event *at, with the movements of about `max` workers: 1 when there are more, 0 when all were looked at.
 */
int past_check(struct store *store, const struct intake_rp *rps, struct intake *intake, size_t *at,
               size_t max, struct err *err);
