/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "idse/finding.h"

/*
 * The text of a file of movements or of a table, without what programs put around it: UTF-16, as of Excel's "Unicode text",
 * becomes UTF-8; what stands behind the end of a text of DOS (Ctrl-Z), or NULs behind a control record, is dropped.
 */
struct file_text {
    const char *data; /* of the file, or `owned` */
    size_t n;
    char *owned;
};

/*
 * The file's bytes outlive it. `findings` may be NULL, and is told of what was dropped. False, and told, when it is no text
 * but a workbook; *ret is empty then. Free with file_text_free() either way.
 */
bool file_text_open(const void *data, size_t n, struct findings *findings, struct file_text *ret);
void file_text_free(struct file_text *text);
