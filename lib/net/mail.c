/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "net/mail.h"

#include <stdio.h>
#include <sys/queue.h>
#include <time.h>

#include "net/multi.h"

/* ---- the message ---- */

enum {
    ENCODED_WORD_BYTES =
        42, /* of text in one encoded word: 56 of base64 and 12 of frame, below the 75 allowed */
    LINE_CHARACTERS = 76,
    MESSAGE_ID_BYTES = 16,
};

static void add_base64(struct buf *buf, const uint8_t *at, size_t n)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        uint32_t bits = (uint32_t)at[i] << 16;
        bits |= i + 1 < n ? (uint32_t)at[i + 1] << 8 : 0;
        bits |= i + 2 < n ? at[i + 2] : 0;
        const char group[4] = {letters[bits >> 18], letters[bits >> 12 & 63],
                               i + 1 < n ? letters[bits >> 6 & 63] : '=',
                               i + 2 < n ? letters[bits & 63] : '='};
        buf_add(buf, group, sizeof(group));
    }
}

static bool is_plain(const char *text)
{
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            return false;
    return true;
}

/* Where an encoded word that begins at `text` ends: no character may be split between two. */
static size_t word_length(const char *text)
{
    size_t n = strnlen(text, ENCODED_WORD_BYTES);
    while (n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80)
        n--;
    return n;
}

static void add_subject(struct buf *buf, const char *subject)
{
    _cleanup_free_ char *line = xstrdup(subject);
    for (char *at = line; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = ' ';
    buf_add_str(buf, "Subject: ");
    if (is_plain(line) && strlen(line) <= LINE_CHARACTERS - strlen("Subject: ") && !strstr(line, "=?")) {
        buf_printf(buf, "%s\r\n", line);
        return;
    }
    for (const char *at = line; *at;) {
        const size_t n = word_length(at);
        buf_add_str(buf, at == line ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?");
        add_base64(buf, (const uint8_t *)at, n);
        buf_add_str(buf, "?=");
        at += n;
    }
    buf_add_str(buf, "\r\n");
}

/* RFC 5322 wants English names, whatever the locale. */
static void add_date(struct buf *buf, int64_t date_us)
{
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t seconds = (time_t)(date_us / US_PER_S);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    buf_printf(buf, "Date: %s, %02d %s %04d %02d:%02d:%02d +0000\r\n", days[utc.tm_wday], utc.tm_mday,
               months[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

static void add_message_id(struct buf *buf, const char *from)
{
    uint8_t random[MESSAGE_ID_BYTES];
    random_bytes(random, sizeof(random));
    _cleanup_free_ char *id = hex_encode(random, sizeof(random));
    const char *at = strrchr(from, '@');
    buf_printf(buf, "Message-ID: <%s@%s>\r\n", id, at ? at + 1 : "localhost");
}

/* Quoted-printable: a blank at the end of a line, "=" and what is not ASCII are quoted, long lines broken softly. */
static void add_line(struct buf *buf, const char *line, size_t n)
{
    size_t column = 0;
    for (size_t i = 0; i < n; i++) {
        const unsigned char c = (unsigned char)line[i];
        const bool quoted =
            c == '=' || c > '~' || (c < ' ' && c != '\t') || ((c == ' ' || c == '\t') && i + 1 == n);
        const size_t width = quoted ? 3 : 1;
        if (column + width > LINE_CHARACTERS - 1) {
            buf_add_str(buf, "=\r\n");
            column = 0;
        }
        if (quoted)
            buf_printf(buf, "=%02X", c);
        else
            buf_add_char(buf, (char)c);
        column += width;
    }
    buf_add_str(buf, "\r\n");
}

void mail_format(const struct mail *mail, struct buf *ret)
{
    add_date(ret, mail->date_us);
    buf_printf(ret, "From: %s\r\nTo: %s\r\n", mail->from, mail->to);
    add_subject(ret, mail->subject);
    add_message_id(ret, mail->from);
    buf_add_str(ret, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                     "Content-Transfer-Encoding: quoted-printable\r\nAuto-Submitted: auto-generated\r\n\r\n");
    for (const char *line = mail->body; *line;) {
        const size_t n = strcspn(line, "\n");
        add_line(ret, line, n);
        line += n + (line[n] == '\n');
    }
}

/* ---- sending ---- */

struct delivery {
    LIST_ENTRY(delivery) link;
    struct multi *multi;
    CURL *easy;
    struct curl_slist *to;
    struct buf message; /* may hold a code: wiped */
    size_t sent;
    char error[CURL_ERROR_SIZE];
    mail_fn *fn;
    void *data;
};

struct mailer {
    struct loop *loop;
    LIST_HEAD(, delivery) deliveries;
};

struct mailer *mailer_new(struct loop *loop)
{
    struct mailer *mailer = xcalloc(1, sizeof(*mailer));
    mailer->loop = loop;
    return mailer;
}

static void delivery_free(struct delivery *delivery)
{
    LIST_REMOVE(delivery, link);
    multi_remove(delivery->multi, delivery->easy);
    curl_easy_cleanup(delivery->easy);
    multi_free(delivery->multi);
    curl_slist_free_all(delivery->to);
    buf_wipe_free(&delivery->message);
    free(delivery);
}

struct mailer *mailer_free(struct mailer *mailer)
{
    while (mailer && !LIST_EMPTY(&mailer->deliveries))
        delivery_free(LIST_FIRST(&mailer->deliveries));
    free(mailer);
    return NULL;
}

static void ended(void *data, CURLcode code)
{
    struct delivery *delivery = data;
    _cleanup_err_ struct err err = ERR_INIT;
    if (code != CURLE_OK)
        err_set(&err, ERR_MAIL_FAILED, _("The mail relay did not take the mail: %s"),
                delivery->error[0] ? delivery->error : curl_easy_strerror(code));
    mail_fn *fn = delivery->fn;
    void *fn_data = delivery->data;
    delivery_free(delivery);
    fn(fn_data, &err);
}

static size_t give_message(char *room, size_t size, size_t n, void *data)
{
    struct delivery *delivery = data;
    const size_t part = MIN(size * n, delivery->message.len - delivery->sent);
    memcpy(room, delivery->message.data + delivery->sent, part);
    delivery->sent += part;
    return part;
}

static void apply_relay(CURL *easy, const struct mail_relay *relay)
{
    curl_easy_setopt(easy, CURLOPT_URL, relay->url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(easy, CURLOPT_USE_SSL,
                     relay->without_tls ? (long)CURLUSESSL_NONE : (long)CURLUSESSL_ALL);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (relay->ca_file) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, relay->ca_file);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    }
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(relay->timeout_us / US_PER_MS));
    if (relay->user) {
        curl_easy_setopt(easy, CURLOPT_USERNAME, relay->user);
        curl_easy_setopt(easy, CURLOPT_PASSWORD, str_or_empty(relay->password));
    }
}

void mailer_send(struct mailer *mailer, const struct mail_relay *relay, const struct mail *mail, mail_fn *fn,
                 void *data)
{
    struct delivery *delivery = xcalloc(1, sizeof(*delivery));
    *delivery = (struct delivery){.fn = fn, .data = data};
    LIST_INSERT_HEAD(&mailer->deliveries, delivery, link);
    delivery->multi = multi_new(mailer->loop, ended, delivery);
    delivery->easy = curl_easy_init();
    if (!delivery->easy)
        abort();
    CURL *easy = delivery->easy;
    buf_reserve(&delivery->message, 3 * strlen(mail->body) + 4096);
    mail_format(mail, &delivery->message);
    apply_relay(easy, relay);
    delivery->to = curl_slist_append(NULL, mail->to);
    curl_easy_setopt(easy, CURLOPT_MAIL_FROM, mail->from);
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, delivery->to);
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_message);
    curl_easy_setopt(easy, CURLOPT_READDATA, delivery);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, delivery->error);
    multi_add(delivery->multi, easy);
}
