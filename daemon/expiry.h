/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon/reminder.h"

/* Warns of certificates that end: a signal, a journal entry, mail; once for each stage of each certificate. */
reminder_fn expiry_look;
