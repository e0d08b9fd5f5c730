/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "daemon/daemon.h"

/*
 * Where a database is at home: the machine, and the file itself. Every start compares; a database that is somewhere else than
 * it was, or that is marked as a copy, is a restored copy, and the engine's fence closes around it. So a file that was copied
 * by whatever means is found out, and the original on its machine is not.
 */
struct home {
    char machine[33]; /* of /etc/machine-id, hashed; "-" = not known */
    /* Of the (virtual) machine's own number, hashed, since only root may know it; clones have the same machine-id. Likewise. */
    char product[33];
    uint64_t inode; /* of the database: a copy beside the original has another */
};

/* What can be known of this place; the inode is 0 where there is no database yet. */
void home_look(const char *store_path, struct home *ret);
/* As it is stored; a new string. */
char *home_text(const struct home *home);
/* Is `here` another place than the stored one? What one of the two does not know is no difference. */
bool home_is_other(const char *stored, const struct home *here);
/* Takes from the stored one what is not known here. */
void home_complete(struct home *here, const char *stored);

/* What a copy that is made now is marked with (STORE_COPY_MARK); a new string. */
char *home_copy_mark(const struct clock *clock);
/* Of what it is a copy, for people; a new string. */
char *home_copy_sentence(const struct engine_copy *copy);
/* The check at a start, with the database open and before the engine starts. */
int home_check(struct daemon *daemon, struct err *err);
