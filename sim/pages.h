/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sim/lots.h"

/* The portal's pages, with the ids and quirks of the real one where they are known. All append UTF-8 HTML. */

/* The login page. `error` (may be NULL) goes into #imsgErrors, `notice` (may be NULL) above the form. */
void page_login(struct buf *html, const char *error, const char *notice);
void page_menu(struct buf *html, const struct authority_account *account);
void page_module(struct buf *html, const struct authority_account *account);
/* The newest `most` lots of the account's registros patronales. */
void page_list(struct buf *html, const struct authority_account *account, const struct lots *lots,
               size_t most);
void page_received(struct buf *html, const struct sim_lot *lot);
/* A page inside a session whose only content is a message in #imsgErrors. */
void page_refusal(struct buf *html, const char *title, const char *message);
void page_maintenance(struct buf *html);
/* Nothing that a client could know. */
void page_unknown(struct buf *html);
