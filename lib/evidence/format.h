/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/util.h"

/*
 * An evidence bundle: everything about one lot, as one zip file or as a folder. In a zip all names stand below
 * "lot-NUMBER/". docs/evidence.md describes each file. Two of them hold the others together: SHA256SUMS, a line for each
 * file but itself, as sha256sum(1) writes and checks it, and manifest.json, which says the same of all but these two.
 */
enum { EVIDENCE_FORMAT = 1 };

#define EVIDENCE_SUMS      "SHA256SUMS"
#define EVIDENCE_MANIFEST  "manifest.json"
#define EVIDENCE_LOT       "lot.json"
#define EVIDENCE_RECORDS   "records.txt"
#define EVIDENCE_MOVEMENTS "movements.json"
#define EVIDENCE_CSV       "movements.csv"
#define EVIDENCE_HISTORY   "history.json"
#define EVIDENCE_REPORT    "report.txt"
#define EVIDENCE_HTML      "report.html"

/* What a reader puts up with: a bundle comes from anybody. */
enum { EVIDENCE_FILES_MAX = 20000, EVIDENCE_NAME_MAX = 100 };
#define EVIDENCE_FILE_MAX  ((uint64_t)512 << 20)
#define EVIDENCE_TOTAL_MAX ((uint64_t)2 << 30)
