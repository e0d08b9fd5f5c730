/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The words of the history, for people. In the records, and in --json, they are the daemon's own, which do
 * not change. All of these give a word back as it is that nobody explained yet.
 */
const char *act_label(const char *word);     /* "certificate-add" */
const char *outcome_label(const char *word); /* "ok", or the name of an error without prefix */
char *object_label(const char *object);      /* "lot 7"; a new string */
char *detail_label(const char *detail);      /* "{\"text\":\"why\"}"; a new string */
