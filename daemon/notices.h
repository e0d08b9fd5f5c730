/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon/daemon.h"

/*
 * News for the bus. Whoever changes something says so here, in the write turn of the change; when that turn
 * is on disk the signals go out, each once however often it was said, with the last values. When it is lost,
 * nothing goes out.
 */
struct notices;

struct notices *notices_new(struct daemon *daemon);
struct notices *notices_free(struct notices *notices);

void notices_lot_added(struct notices *notices, int64_t lot);
void notices_lot_changed(struct notices *notices, int64_t lot);
/* It gave way to another. */
void notices_lot_removed(struct notices *notices, int64_t lot);
/* It has another state: for the journal and the hooks. */
void notices_lot_moved(struct notices *notices, const struct store_lot *lot);
void notices_certificate_added(struct notices *notices, int64_t certificate);
void notices_certificate_changed(struct notices *notices, int64_t certificate);
void notices_certificate_removed(struct notices *notices, int64_t certificate);
void notices_rp_added(struct notices *notices, const char *rp);
void notices_rp_changed(struct notices *notices, const char *rp);
void notices_rp_removed(struct notices *notices, const char *rp);
void notices_portal_changed(struct notices *notices);
/* It ends in so many days of the calendar, or has ended. */
void notices_certificate_expiring(struct notices *notices, int64_t certificate, int days, const char *text);
/* What is left of a lot to do must reach IMSS by the last day, in so many working days, or should have. */
void notices_deadline(struct notices *notices, const struct store_lot *lot, int32_t last, int days,
                      const char *text);
/* Goes into the journal too. `what` is a word of lib/base/log-events.h; lot or certificate 0: of none. */
void notices_attention(struct notices *notices, int64_t lot, int64_t certificate, const char *what,
                       const char *text);
