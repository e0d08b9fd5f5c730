/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/err.h"
#include "notify/board.h"

/*
 * The notifications of the desktop: org.freedesktop.Notifications on the bus of the session. One a topic is
 * there at most; a new text replaces the old one in its place.
 */
struct desktop;

/* The session's bus, from DBUS_SESSION_BUS_ADDRESS or XDG_RUNTIME_DIR. */
int desktop_open(struct desktop **ret, struct err *err);
struct desktop *desktop_close(struct desktop *desktop);
DEFINE_CLEANUP(struct desktop *, desktop_cleanup, desktop_close)
int desktop_fd(const struct desktop *desktop);

/*
 * Shows what the topic holds now, or takes it off the screen. ERR_UNREACHABLE when nobody shows
 * notifications; when somebody comes who does, desktop_take_in() asks the board for all of it again.
 */
int desktop_show(struct desktop *desktop, struct board *board, enum topic topic, struct err *err);
/* Takes in what was dismissed, and who came or went. ERR_UNREACHABLE when the session is over. */
int desktop_take_in(struct desktop *desktop, struct board *board, struct err *err);
