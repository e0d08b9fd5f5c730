/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/buf.h"
#include "idse/calendar.h"
#include "idse/limits.h"

/* What the law says in numbers: limits.conf and calendar.conf, each as it is shipped and as it is extended here. */
struct legal {
    struct limits *limits;
    struct calendar *calendar;
};

/* How the files are read, since this folder reads none: data_read(). */
typedef int (*legal_reader)(const char *name, struct buf *shipped, struct buf *local, struct err *err);
/* ERR_IO where a file cannot be read, ERR_CONFIG where one is wrong; *ret is untouched then. */
int legal_load(legal_reader read, struct legal *ret, struct err *err);
void legal_free(struct legal *legal);
#define _cleanup_legal_ _cleanup_(legal_free)
