/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <jansson.h>
#include <stdio.h>

#include "evidence/bundle.h"

/* The account of the lot in a bundle, made from its data, in the language of this process. */
int account_print(struct bundle *bundle, FILE *to, struct err *err);
/* The same as one JSON object: lot.json, with "movements" and "history". */
int account_json(struct bundle *bundle, json_t **ret, struct err *err);
/* Writes the files of the bundle into a new folder lot-NUMBER below `folder`; `force`: over those that are there. */
int account_unpack(struct bundle *bundle, const char *folder, bool force, struct err *err);
