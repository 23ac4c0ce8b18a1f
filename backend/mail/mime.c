/* MIME by GMime: multipart/alternative of text and HTML, attachments around it, headers encoded and folded. The
 * boundaries are made from the Message-ID, so that the same job gives the same octets. */
#include "mail/message.h"

#include "core/address.h"
#include "core/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gmime/gmime.h>
#include <openssl/evp.h>

enum { WORD_OCTETS = 36 }; /* of text in an encoded word */

/* "=_" occurs neither in quoted-printable nor in base64 (RFC 2045 §6.7). */
static void
set_boundary(GMimeMultipart *multipart, const char *message_id, const char *role)
{
    unsigned char digest[32];
    char line[700], boundary[60];
    int n = snprintf(line, sizeof line, "%s %.600s", role, message_id), used;

    EVP_Digest(line, (size_t) n, digest, NULL, EVP_sha256(), NULL);
    used = snprintf(boundary, sizeof boundary, "=_trapline_");
    for (size_t i = 0; i < 12; i++)
        used += snprintf(boundary + used, sizeof boundary - (size_t) used, "%02x", digest[i]);
    g_mime_multipart_set_boundary(multipart, boundary);
}

/* Plain text that every relay leaves alone may go as it is; all other text is quoted-printable, and what is mostly not
 * ASCII is base64. */
static GMimeContentEncoding
text_encoding(const char *text, size_t n)
{
    size_t column = 0, high = 0;
    bool plain = true;

    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char) text[i];

        if (c == '\n') {
            if (i > 0 && (text[i - 1] == ' ' || text[i - 1] == '\t'))
                plain = false;
            column = 0;
            continue;
        }
        if (column == 0 && n - i > 5 && memcmp(text + i, "From ", 5) == 0)
            plain = false;
        if (c >= 0x80)
            high++;
        if (++column > 78 || c >= 0x7f || (c < ' ' && c != '\t'))
            plain = false;
    }
    if (plain)
        return GMIME_CONTENT_ENCODING_7BIT;
    return high > n / 3 ? GMIME_CONTENT_ENCODING_BASE64 : GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE;
}

static void
set_content(GMimePart *part, const char *octets, size_t n, GMimeContentEncoding encoding)
{
    GMimeStream *stream = g_mime_stream_mem_new_with_buffer(octets, n);
    GMimeDataWrapper *content = g_mime_data_wrapper_new_with_stream(stream, GMIME_CONTENT_ENCODING_DEFAULT);

    g_mime_part_set_content(part, content);
    g_mime_part_set_content_encoding(part, encoding);
    g_object_unref(content);
    g_object_unref(stream);
}

/* CRLF and lone CR become LF: text travels as lines, and the lines come back as CRLF. Base64 wants CRLF inside. */
static GMimeObject *
text_part(const char *subtype, const char *text, size_t n)
{
    GMimePart *part = g_mime_part_new_with_type("text", subtype);
    struct buf lines = { 0 };
    GMimeContentEncoding encoding;

    for (size_t i = 0; i < n; i++) {
        if (text[i] == '\r' && i + 1 < n && text[i + 1] == '\n')
            continue;
        buf_add(&lines, text[i] == '\r' ? "\n" : &text[i], 1);
    }
    if (lines.n == 0 || lines.at[lines.n - 1] != '\n')
        buf_text(&lines, "\n");
    encoding = text_encoding(lines.at, lines.n);
    if (encoding == GMIME_CONTENT_ENCODING_BASE64) {
        struct buf crlf = { 0 };

        for (size_t i = 0; i < lines.n; i++)
            buf_add(&crlf, lines.at[i] == '\n' ? "\r\n" : &lines.at[i], lines.at[i] == '\n' ? 2 : 1);
        buf_free(&lines);
        lines = crlf;
    }
    g_mime_object_set_content_type_parameter(GMIME_OBJECT(part), "charset", "utf-8");
    set_content(part, lines.at, lines.n, encoding);
    buf_free(&lines);
    return GMIME_OBJECT(part);
}

static GMimeObject *
attachment_part(const struct job_attachment *a)
{
    GMimeContentType *type = g_mime_content_type_parse(NULL, a->type);
    GMimePart *part = g_mime_part_new();

    if (type != NULL) {
        g_mime_object_set_content_type(GMIME_OBJECT(part), type);
        g_object_unref(type);
    }
    set_content(part, a->octets, a->n, GMIME_CONTENT_ENCODING_BASE64);
    g_mime_part_set_filename(part, a->name);
    return GMIME_OBJECT(part);
}

/* Takes `inner`; gives the whole body. */
static GMimeObject *
with_attachments(const struct job_message *m, GMimeObject *inner)
{
    GMimeMultipart *mixed;

    if (m->n_attachments == 0)
        return inner;
    mixed = g_mime_multipart_new_with_subtype("mixed");
    set_boundary(mixed, m->message_id, "mixed");
    g_mime_multipart_add(mixed, inner);
    g_object_unref(inner);
    for (size_t i = 0; i < m->n_attachments; i++) {
        GMimeObject *part = attachment_part(&m->attachments[i]);

        g_mime_multipart_add(mixed, part);
        g_object_unref(part);
    }
    return GMIME_OBJECT(mixed);
}

static GMimeObject *
body(const struct job_message *m)
{
    GMimeObject *text = text_part("plain", m->text != NULL ? m->text : "", m->n_text), *html;
    GMimeMultipart *both;

    if (m->html == NULL)
        return with_attachments(m, text);
    html = text_part("html", m->html, m->n_html);
    both = g_mime_multipart_new_with_subtype("alternative");
    set_boundary(both, m->message_id, "alternative");
    g_mime_multipart_add(both, text);
    g_mime_multipart_add(both, html);
    g_object_unref(text);
    g_object_unref(html);
    return with_attachments(m, GMIME_OBJECT(both));
}

char *
mime_ascii_address(const char *address, struct failure *why)
{
    InternetAddress *mailbox;
    char *ascii = NULL;

    if (address_is_ascii(address))
        return memory_text(address);
    mailbox = internet_address_mailbox_new(NULL, address);
    ascii = memory_text(internet_address_mailbox_get_idn_addr(INTERNET_ADDRESS_MAILBOX(mailbox)));
    g_object_unref(mailbox);
    if (address_is_ascii(ascii) && address_check(ascii, why))
        return ascii;
    free(ascii);
    failure_set(why, FAILURE_USAGE, "%s needs SMTPUTF8, which cannot be had here; an address of ASCII letters is needed",
                address);
    return NULL;
}

/* Text of other letters, and all that a reader could take for something else, goes as words of RFC 2047, cut between characters
 * so that a line keeps below 78. GMime's own encoder leaves "=" in names as it is: "=41" would come back as "A" (3.2.13). */
static void
add_words(struct buf *out, const char *text)
{
    size_t left = strlen(text);
    bool first = true;

    while (left > 0) {
        char word[64];
        size_t n = left < WORD_OCTETS ? left : WORD_OCTETS;

        while (n < left && (text[n] & 0xc0) == 0x80)
            n--;
        EVP_EncodeBlock((unsigned char *) word, (const unsigned char *) text, (int) n);
        buf_format(out, "%s=?utf-8?b?%s?=", first ? "" : "\n ", word);
        first = false;
        text += n;
        left -= n;
    }
}

/* Short printable ASCII that no reader takes for an encoded word, and whose ends are no spaces. */
static bool
is_simple(const char *text)
{
    size_t n = strlen(text);

    for (size_t i = 0; i < n; i++)
        if (text[i] < ' ' || text[i] > '~')
            return false;
    return n <= 66 && strstr(text, "=?") == NULL && (n == 0 || (text[0] != ' ' && text[n - 1] != ' '));
}

static void
add_name(struct buf *out, const char *name)
{
    if (!is_simple(name)) {
        add_words(out, name);
    } else if (strspn(name, " abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == strlen(name)) {
        buf_text(out, name);
    } else {
        buf_text(out, "\"");
        for (; *name != '\0'; name++)
            buf_format(out, *name == '"' || *name == '\\' ? "\\%c" : "%c", *name);
        buf_text(out, "\"");
    }
}

/* "a@b" or "Name <a@b>" into `out`, a line each. One that needs SMTPUTF8 is left out; *added says so. */
static bool
add_address(struct buf *out, const char *text, bool *added, struct failure *why)
{
    char name[ADDRESS_HEADER_MAX + 1], address[ADDRESS_MAX + 1], *ascii;

    *added = false;
    if (!address_split(text, name, sizeof name, address, sizeof address, why))
        return false;
    ascii = mime_ascii_address(address, why);
    if (ascii == NULL)
        return true;
    *added = true;
    if (out->n > 0)
        buf_text(out, ",\n ");
    add_name(out, name);
    buf_format(out, name[0] == '\0' ? "%s%s" : strlen(name) + strlen(ascii) < 60 ? "%s <%s>" : "%s\n <%s>", "", ascii);
    free(ascii);
    return true;
}

/* Takes `value`, encoded and folded, as it is. */
static void
set_header(GMimeMessage *message, const char *name, struct buf *value)
{
    GMimeHeaderList *headers = g_mime_object_get_header_list(GMIME_OBJECT(message));
    struct buf raw = { 0 };

    buf_format(&raw, " %s\n", value->n > 0 ? value->at : "");
    g_mime_header_list_set(headers, name, "", NULL);
    g_mime_header_set_raw_value(g_mime_header_list_get_header(headers, name), raw.at);
    buf_free(&raw);
    buf_free(value);
}

static bool
set_from(GMimeMessage *message, const struct job_message *m, struct failure *why)
{
    struct buf from = { 0 };
    bool added, ok = add_address(&from, m->from, &added, why);

    if (!ok || !added) {
        buf_free(&from);
        return false;
    }
    set_header(message, "From", &from);
    return true;
}

static bool
set_to(GMimeMessage *message, const struct job_message *m, struct failure *why)
{
    struct buf to = { 0 };
    bool ok = true, added;

    for (size_t i = 0; ok && i < m->to.n; i++)
        ok = add_address(&to, m->to.items[i], &added, why);
    for (size_t i = 0; ok && m->to.n == 0 && i < m->n_recipients; i++)
        if (m->recipients[i].verdict == VERDICT_OPEN)
            ok = add_address(&to, m->recipients[i].address, &added, why);
    if (!ok) {
        buf_free(&to);
        return false;
    }
    if (to.n == 0)
        buf_text(&to, "undisclosed-recipients:;");
    set_header(message, "To", &to);
    return true;
}

static void
set_subject(GMimeMessage *message, const char *text)
{
    struct buf subject = { 0 };

    if (is_simple(text))
        buf_text(&subject, text);
    else
        add_words(&subject, text);
    set_header(message, "Subject", &subject);
}

static bool
set_date(GMimeMessage *message, long long seconds, struct failure *why)
{
    GDateTime *date = g_date_time_new_from_unix_utc(seconds);

    if (date == NULL)
        return failure_set(why, FAILURE_USAGE, "%lld is no date that a mail can carry", seconds);
    g_mime_message_set_date(message, date);
    g_date_time_unref(date);
    return true;
}

static bool
add_headers(GMimeMessage *message, const struct job_message *m, struct failure *why)
{
    const char *subject = m->subject != NULL ? m->subject : "";
    size_t n = strlen(m->message_id);
    char id[700];

    if (!address_check_line("the subject", subject, why) || !address_check_line("the Message-ID", m->message_id, why) ||
        !set_date(message, m->date, why) || !set_from(message, m, why))
        return false;
    set_subject(message, subject);
    if (!set_to(message, m, why))
        return false;
    if (n >= 2 && m->message_id[0] == '<' && m->message_id[n - 1] == '>')
        snprintf(id, sizeof id, "%.*s", (int) (n - 2), m->message_id + 1);
    else
        snprintf(id, sizeof id, "%s", m->message_id);
    g_mime_message_set_message_id(message, id);
    g_mime_object_set_header(GMIME_OBJECT(message), "Auto-Submitted", "auto-generated", NULL); /* RFC 3834 §5 */
    return true;
}

char *
mime_build(const struct job_message *m, size_t *n, struct failure *why)
{
    static bool started;
    GMimeMessage *message;
    GMimeFormatOptions *format;
    GMimeStream *stream;
    GMimeObject *part;
    GByteArray *octets;
    char *out = NULL;

    if (!started) {
        g_mime_init();
        started = true;
    }
    message = g_mime_message_new(TRUE);
    if (add_headers(message, m, why)) {
        part = body(m);
        g_mime_message_set_mime_part(message, part);
        g_object_unref(part);
        format = g_mime_format_options_new();
        g_mime_format_options_set_newline_format(format, GMIME_NEWLINE_FORMAT_DOS);
        stream = g_mime_stream_mem_new();
        g_mime_object_write_to_stream(GMIME_OBJECT(message), format, stream);
        octets = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
        *n = octets->len;
        out = memory_copy(octets->data, octets->len);
        g_object_unref(stream);
        g_mime_format_options_free(format);
    }
    g_object_unref(message);
    return out;
}
