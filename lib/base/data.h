/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/buf.h"
#include "base/err.h"

/*
 * Reads a data file that is shipped with the program, and the one of the same name with which the administrator extends
 * it in /etc/idsed; `local` stays empty where there is none. IDSED_DATA and IDSED_ETC in the environment name other
 * folders, for running from the tree. ERR_IO.
 */
int data_read(const char *name, struct buf *shipped, struct buf *local, struct err *err);
