/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "store/attempt.h"
#include "store/audit.h"
#include "store/certificate.h"
#include "store/copy.h"
#include "store/database.h"
#include "store/deadline.h"
#include "store/document.h"
#include "store/erase.h"
#include "store/intake.h"
#include "store/lot.h"
#include "store/movement.h"
#include "store/precedence.h"
#include "store/rejection.h"
#include "store/rp.h"
#include "store/spool.h"
#include "store/turn.h"
#include "store/user.h"
#include "store/value.h"
#include "store/worker.h"

/*
 * The durable state: one SQLite file, WAL, synchronous=FULL. One thread, one connection. Each header above is a subject of
 * it; database.h opens it, and turn.h says when what was written is on disk.
 *
 * Every function that returns int gives 0 (or a documented positive value), or a negative code with err set.
 * Returned structs are filled by copy; free them with their store_*_free(). Instants are wall-clock
 * microseconds, 0 = none.
 */
