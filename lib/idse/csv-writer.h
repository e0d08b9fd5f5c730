/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/buf.h"
#include "idse/movement.h"

/* Tables of movements, as csv-reader.h reads them. */

/*
 * Appends the row of headings and an example for each of the types (bits by enum movement_type; 0: all
 * columns, all types), with `today` for its date. UTF-8 with the byte order mark that spreadsheets need.
 */
void csv_template(struct buf *buf, uint32_t types, int32_t today);

/*
 * Appends the row of headings of a table of corrections, as csv_template() begins; then the row of one
 * movement.
 */
void csv_write_headings(struct buf *buf);
void csv_write_row(struct buf *buf, uint32_t position, const struct movement *movement);
