/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/buf.h"
#include "idse/calendar.h"
#include "idse/limits.h"

/* What the law says in numbers: limits.conf and calendar.conf, each as it is shipped and as it is extended here. */
struct law {
    struct limits *limits;
    struct calendar *calendar;
};

/* How the files are read, since this folder reads none: data_read(). */
typedef int (*law_reader)(const char *name, struct buf *shipped, struct buf *local, struct err *err);
/* ERR_IO where a file cannot be read, ERR_CONFIG where one is wrong; *ret is untouched then. */
int law_load(law_reader read, struct law *ret, struct err *err);
void law_free(struct law *law);
#define _cleanup_law_ _cleanup_(law_free)
