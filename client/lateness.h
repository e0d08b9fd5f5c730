/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <jansson.h>

/* How a lot that may still go to the portal stands to its last legal day. */
enum lateness {
    LATENESS_IN_TIME, /* … and of every other lot */
    LATENESS_LATE,    /* the day is over */
    LATENESS_PLANNED, /* it is not to be sent before it is over */
};

/* The instant before which a lot that is queued is not sent, where that is still to come; else 0. */
int64_t lateness_not_before_us(const json_t *lot);
/* Of a lot's properties, or a part of them, by this machine's clock. */
enum lateness lateness_of(const json_t *lot);
/*
 * What has become of its last day, and what can be done about it, in a sentence; NULL where there is nothing
 * to say.
 */
char *lateness_advice(const json_t *lot);
