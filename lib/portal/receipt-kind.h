/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "idse/receipt.h"
#include "portal/layout.h"

/* What a document calls itself: DOCUMENT_ACUSE, DOCUMENT_CONSTANCIA, or DOCUMENT_UNKNOWN. */
enum document_kind receipt_kind(const struct layout *layout);
