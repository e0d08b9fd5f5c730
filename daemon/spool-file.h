/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Files of the spool on disk. Whoever may write into a folder can put anything there at any time, so every step is by the
 * descriptors of the folders, follows no link, and looks at what it has opened, not at what the name says. All of it may
 * wait for a disk: it is for worker threads.
 */
enum { SPOOL_NAME_MAX = 200 }; /* bytes of a name, so that there is room for what is added to it */

/* Is it the name of a file that is being written (".x", "x~", "x.tmp", "x.part")? It is left alone. */
bool spool_is_temporary(const char *name);

/* One look into in/RP or out/RP; -1 with errno. */
int spool_open_folder(const char *top, const char *side, const char *rp);

/* What was found under a name. */
enum spool_found {
    SPOOL_GONE,     /* there is nothing any more, or a folder */
    SPOOL_WRITTEN,  /* somebody has it open for writing */
    SPOOL_REFUSED,  /* it is no file that may be taken; `err` says why */
    SPOOL_READABLE, /* `fd` is it */
};
struct spool_file {
    int fd; /* -1 unless readable */
    struct stat st;
    uid_t owner; /* of the folder */
    bool sole;   /* nobody has it open for writing, nor can open it so until `fd` is closed */
};
/*
 * Opens a file of in/RP for reading. It must be a regular file of the folder's owner or of root with one name, without
 * set-uid or set-gid bits, of at most `max` bytes. Nothing that is opened can make it wait.
 *
 * Whether somebody writes it is asked of the kernel by a lease, which needs CAP_LEASE for files of others: then a file is
 * judged as it is once nobody does. Where that cannot be known (`sole` is false) it is judged as it is now.
 */
enum spool_found spool_open_file(int folder, const char *name, size_t max, struct spool_file *ret,
                                 struct err *err);
/* Is the open file still as it was when it was opened? */
bool spool_is_unchanged(const struct spool_file *file);
/* "dev:inode:changed:size", what tells a file from others of its name; a new string. */
char *spool_identity(const struct stat *st);
/* The same with what else changes when anything about it does; a new string. */
char *spool_look(const struct stat *st);

/* A name like this one that neither a file nor a result of out/RP has yet; a new string. */
char *spool_free_name(int folder, const char *name);
/* Puts a file in place whole: written beside it, synced, renamed. Readable to whoever may look into the folder. */
int spool_write(int folder, const char *name, const void *data, size_t n, struct err *err);
/*
 * Moves in/RP/name to out/RP/target, when it still is the file that `st` describes: 1, or 0 when it is another one by now,
 * which stays where it is. Never replaces anything: *target becomes another name when that one is taken.
 */
int spool_move(int in, const char *name, const struct stat *st, int out, char **target, struct err *err);

/* Names of the files that wait in a folder, the oldest first; NULL-terminated, to be freed with spool_free_names(). */
char **spool_list(int folder);
void spool_free_names(char **names);
