/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "notify/board.h"

#include "base/buf.h"
#include "base/i18n.h"

enum { MAX_ITEMS = 10000, MAX_LINES = 5, SOON_DAYS = 30, VERY_SOON_DAYS = 7 };

/*
 * What there is to say: of a lot by its state ("held" before any), of other things by the words of Attention
 * and of PortalState. `line` has a %llu for the number of the lot or certificate where there is one.
 */
struct news {
    const char *word;
    enum topic topic;
    enum urgency urgency;
    const char *line;
};

static const struct news lot_news[] = {
    {"held", TOPIC_WAITING, URGENCY_NORMAL, N_("Lot %llu is held.")},
    {"accepted", TOPIC_ANSWERED, URGENCY_LOW, N_("Lot %llu: IMSS approved all of its movements.")},
    {"partial", TOPIC_WAITING, URGENCY_CRITICAL, N_("Lot %llu: IMSS rejected some of its movements.")},
    {"rejected", TOPIC_WAITING, URGENCY_CRITICAL, N_("Lot %llu: IMSS rejected all of its movements.")},
    {"failed", TOPIC_WAITING, URGENCY_CRITICAL, N_("Lot %llu: the portal refused the whole file.")},
    {"quarantined", TOPIC_WAITING, URGENCY_CRITICAL, N_("Lot %llu: its receipts do not add up.")},
    {"uncertain", TOPIC_WAITING, URGENCY_NORMAL, N_("Lot %llu: it is not known yet whether it arrived.")},
    {0},
};

/* Of a lot, its state tells as much. */
static const char *const told_by_state[] = {"rejected", "failed", "uncertain", "quarantined",
                                            "found",    "absent", NULL};

static const struct news other_news[] = {
    {"waits", TOPIC_WAITING, URGENCY_NORMAL, N_("A lot waits for an older one that is held.")},
    {"certificate-expired", TOPIC_CERTIFICATES, URGENCY_CRITICAL,
     N_("A certificate has expired; its lots are held.")},
    {"certificate-rejected", TOPIC_CERTIFICATES, URGENCY_CRITICAL,
     N_("The portal refused a certificate; its lots are held.")},
    {"certificate-revoked", TOPIC_CERTIFICATES, URGENCY_CRITICAL, N_("A certificate was revoked.")},
    {"certificate-replaced", TOPIC_CERTIFICATES, URGENCY_LOW, N_("A new certificate took another's place.")},
    {"portal-down", TOPIC_PORTAL, URGENCY_NORMAL,
     N_("The portal does not answer. Lots wait, and go on by themselves.")},
    {"portal-changed", TOPIC_PORTAL, URGENCY_CRITICAL,
     N_("The portal answered with a page that idsed does not know; lots are held.")},
    {"clock-wrong", TOPIC_PORTAL, URGENCY_NORMAL, N_("The clock of idsed's machine is not the portal's.")},
    {"profile-incomplete", TOPIC_PORTAL, URGENCY_CRITICAL,
     N_("The portal profile does not know how to send; lots are held.")},
    {0},
};

/* A word that this version does not know; it is shown as it is. */
static const struct news unknown_of_lot = {"", TOPIC_WAITING, URGENCY_NORMAL,
                                           N_("Lot %llu needs a person (%s).")};
static const struct news unknown = {"", TOPIC_PORTAL, URGENCY_NORMAL, N_("idsed needs a person (%s).")};
static const struct news expires = {"expires", TOPIC_CERTIFICATES, URGENCY_NORMAL, NULL};
static const struct news expires_soon = {"expires", TOPIC_CERTIFICATES, URGENCY_CRITICAL, NULL};
static const struct news expired = {"expires", TOPIC_CERTIFICATES, URGENCY_CRITICAL,
                                    N_("Certificate %llu has expired; its lots are held.")};

static const struct news due = {"due", TOPIC_WAITING, URGENCY_CRITICAL, NULL};
static const struct news due_today = {"due", TOPIC_WAITING, URGENCY_CRITICAL,
                                      N_("Lot %llu: today is the last legal day for it.")};
static const struct news missed = {"due", TOPIC_WAITING, URGENCY_CRITICAL,
                                   N_("Lot %llu: the last legal day for it is over.")};

enum subject {
    SUBJECT_LOT,
    SUBJECT_LOT_DUE,
    SUBJECT_LOT_OTHER,
    SUBJECT_CERTIFICATE,
    SUBJECT_PORTAL,
    SUBJECT_CLOCK,
    SUBJECT_OTHER,
};

/*
 * One thing that was said: of `subject` and `number` there is one item, of SUBJECT_OTHER and
 * SUBJECT_LOT_OTHER one a word.
 */
struct item {
    enum subject subject;
    uint64_t number;
    const struct news *news;
    char word[32]; /* where news has none of its own */
    int days;
    bool fresh, dismissed;
};

struct board {
    struct item *items;
    size_t n, room;
    bool dirty[_TOPIC_MAX];
};

struct board *board_new(void)
{
    return xcalloc(1, sizeof(struct board));
}

struct board *board_free(struct board *board)
{
    if (board)
        free(board->items);
    free(board);
    return NULL;
}

/* ---- taking in ---- */

static const struct news *find(const struct news *table, const char *word)
{
    for (const struct news *news = table; news->word; news++)
        if (streq(news->word, word))
            return news;
    return NULL;
}

static void drop(struct board *board, size_t i)
{
    board->dirty[board->items[i].news->topic] |= !board->items[i].dismissed;
    memmove(&board->items[i], &board->items[i + 1], (board->n - i - 1) * sizeof(*board->items));
    board->n--;
}

static bool same_thing(const struct item *a, const struct item *b)
{
    const bool by_word = a->subject == SUBJECT_LOT_OTHER || a->subject == SUBJECT_OTHER;
    return a->subject == b->subject && a->number == b->number &&
           (!by_word || (a->news == b->news && streq(a->word, b->word)));
}

/* Puts it in the place of what was said of the same thing; without news nothing is left of that. */
static void say(struct board *board, const struct item *item)
{
    for (size_t i = 0; i < board->n; i++) {
        const struct item *old = &board->items[i];
        if (!same_thing(old, item))
            continue;
        if (item->news && old->news == item->news && old->days == item->days)
            return;
        drop(board, i);
        break;
    }
    if (!item->news)
        return;
    if (board->n == MAX_ITEMS)
        drop(board, 0);
    if (board->n == board->room) {
        board->room = MAX(2 * board->room, (size_t)16);
        board->items = xreallocarray(board->items, board->room, sizeof(*board->items));
    }
    board->items[board->n] = *item;
    board->items[board->n++].fresh = true;
    board->dirty[item->news->topic] = true;
}

void board_lot(struct board *board, uint64_t lot, const char *state, bool held)
{
    const struct item item = {
        .subject = SUBJECT_LOT, .number = lot, .news = find(lot_news, held ? "held" : state)};
    say(board, &item);
    if (!streq(state, "queued") && !streq(state, "sending") &&
        !streq(state, "uncertain")) /* IMSS has seen it */
        say(board, &(struct item){.subject = SUBJECT_LOT_DUE, .number = lot});
}

void board_deadline(struct board *board, uint64_t lot, int days)
{
    const struct news *news = days < 0 ? &missed : days == 0 ? &due_today : &due;
    say(board, &(struct item){.subject = SUBJECT_LOT_DUE, .number = lot, .news = news, .days = days});
}

bool board_has_hold(const struct board *board, uint64_t lot)
{
    for (size_t i = 0; i < board->n; i++)
        if (board->items[i].subject == SUBJECT_LOT && board->items[i].number == lot)
            return streq(board->items[i].news->word, "held");
    return false;
}

/* What another program says goes on the screen as it is only when it is a word. */
static void copy_word(char ret[32], const char *word)
{
    size_t n = strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789-");
    memcpy(ret, word, MIN(n, (size_t)31));
}

void board_attention(struct board *board, uint64_t lot, const char *what)
{
    struct item item = {.subject = lot ? SUBJECT_LOT_OTHER : SUBJECT_OTHER, .number = lot};
    for (const char *const *word = told_by_state; lot && *word; word++)
        if (streq(*word, what))
            return;
    item.news = find(other_news, what);
    if (item.news && item.news->topic == TOPIC_PORTAL && str_starts(what, "portal-")) {
        item.subject = SUBJECT_PORTAL;
        item.number = 0;
    } else if (streq(what, "clock-wrong") || streq(what, "clock-agrees")) {
        item.subject = SUBJECT_CLOCK; /* the second is no news, and takes the first away */
    } else if (!item.news) {
        item.news = lot ? &unknown_of_lot : &unknown;
        copy_word(item.word, what);
    }
    say(board, &item);
}

void board_certificate(struct board *board, uint64_t certificate, int days)
{
    const struct news *news = days < 0                 ? &expired
                              : days <= VERY_SOON_DAYS ? &expires_soon
                              : days <= SOON_DAYS      ? &expires
                                                       : NULL;
    say(board,
        &(struct item){.subject = SUBJECT_CERTIFICATE, .number = certificate, .news = news, .days = days});
}

void board_portal(struct board *board, const char *state)
{
    _cleanup_free_ char *word = xasprintf("portal-%s", state);
    say(board, &(struct item){.subject = SUBJECT_PORTAL, .news = find(other_news, word)});
}

/* ---- giving out ---- */

bool board_is_dirty(const struct board *board, enum topic topic)
{
    return board->dirty[topic];
}

void note_clear(struct note *note)
{
    free(note->summary);
    free(note->body);
    *note = (struct note){0};
}

static char *line(const struct item *item)
{
    const unsigned long long number = item->number;
    if (item->news == &expires || item->news == &expires_soon)
        return xasprintf(dngettext(IDSED_TEXTDOMAIN, "Certificate %llu ends in %d day.",
                                   "Certificate %llu ends in %d days.", (unsigned long)item->days),
                         number, item->days);
    if (item->news == &due)
        return xasprintf(dngettext(IDSED_TEXTDOMAIN, "Lot %llu: its last legal day is in %d day.",
                                   "Lot %llu: its last legal day is in %d days.", (unsigned long)item->days),
                         number, item->days);
    if (item->news == &unknown)
        return xasprintf(_("idsed needs a person (%s)."), item->word);
    if (item->news == &unknown_of_lot)
        return xasprintf(_("Lot %llu needs a person (%s)."), number, item->word);
    if (!strstr(item->news->line, "%llu"))
        return xstrdup(_(item->news->line));
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    return xasprintf(_(item->news->line), number); /* of the tables above */
#pragma GCC diagnostic pop
}

/* For several in one notification. */
static char *heading(enum topic topic, size_t n)
{
    const char *text = NULL;
    switch (topic) {
    case TOPIC_ANSWERED:
        text = dngettext(IDSED_TEXTDOMAIN, "IMSS approved %zu lot", "IMSS approved %zu lots", n);
        break;
    case TOPIC_WAITING:
        text = dngettext(IDSED_TEXTDOMAIN, "%zu lot needs attention", "%zu lots need attention", n);
        break;
    case TOPIC_CERTIFICATES:
        text = dngettext(IDSED_TEXTDOMAIN, "%zu certificate needs attention",
                         "%zu certificates need attention", n);
        break;
    case TOPIC_PORTAL:
    case _TOPIC_MAX:
        return xstrdup(_("IDSE portal"));
    }
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    return xasprintf(text, n);
#pragma GCC diagnostic pop
}

/* What to type to see more. */
static const char *hint(enum topic topic)
{
    return topic == TOPIC_ANSWERED       ? "idsectl list"
           : topic == TOPIC_CERTIFICATES ? "idsectl cert list"
                                         : "idsectl status";
}

void board_note(struct board *board, enum topic topic, struct note *ret)
{
    struct note note = {.urgency = URGENCY_LOW};
    struct buf body = BUF_INIT;
    _cleanup_free_ char *first = NULL;
    size_t n = 0;
    board->dirty[topic] = false;
    for (size_t i = board->n; i-- > 0;) { /* the latest first */
        struct item *item = &board->items[i];
        if (item->news->topic != topic || item->dismissed)
            continue;
        n++;
        if (item->fresh)
            note.urgency = MAX(note.urgency, item->news->urgency);
        item->fresh = false;
        _cleanup_free_ char *text = n <= MAX_LINES ? line(item) : NULL;
        if (text)
            buf_printf(&body, "%s\n", text);
        if (n == 1)
            first = STEAL(text);
    }
    if (n == 1)
        buf_reset(&body);
    if (n > MAX_LINES)
        buf_printf(&body, dngettext(IDSED_TEXTDOMAIN, "and %zu more\n", "and %zu more\n", n - MAX_LINES),
                   n - MAX_LINES);
    if (n > 0)
        buf_printf(&body, _("See more with: %s"), hint(topic));
    note.summary = n == 0 ? xstrdup("") : n == 1 ? STEAL(first) : heading(topic, n);
    note.body = buf_steal(&body, NULL);
    *ret = note;
}

void board_forget_shown(struct board *board, enum topic topic)
{
    for (size_t i = 0; i < board->n; i++)
        if (board->items[i].news->topic == topic && !board->items[i].dismissed)
            board->items[i].fresh = board->dirty[topic] = true;
}

void board_dismiss(struct board *board, enum topic topic)
{
    for (size_t i = 0; i < board->n; i++)
        if (board->items[i].news->topic == topic &&
            !board->items[i].fresh) /* what is fresh was not on the screen */
            board->items[i].dismissed = true;
}
