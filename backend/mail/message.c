/* What goes over the line: CRLF, 7 bit, dot-stuffed; and nothing in it that libesmtp would change behind our back. */
#include "mail/message.h"

#include "core/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LINE_MAX_OCTETS = 998 }; /* RFC 5322 §2.1.1 */

/* libesmtp adds what is missing of the first four, drops a second of any, and drops the last two (seen in 1.1). */
static const char *const once[] = { "Date", "From", "Message-Id", "To", "Subject", "Sender", "Reply-To", "Cc",
                                    "MIME-Version", "Content-Type", NULL };
static const char *const never[] = { "Return-Path", "Original-Recipient", "Bcc", NULL };
enum { NEEDED = 4 };

/* The length of the name when `line` is a header field "Name:", else 0. */
static size_t
field_name(const char *line, const char *end)
{
    const char *p = line;

    while (p < end && *p > ' ' && *p <= '~' && *p != ':')
        p++;
    return p < end && *p == ':' ? (size_t) (p - line) : 0;
}

static bool
is_one_of(const char *const *names, const char *name, size_t n, size_t *which)
{
    for (size_t i = 0; names[i] != NULL; i++)
        if (strlen(names[i]) == n && strncasecmp(names[i], name, n) == 0) {
            *which = i;
            return true;
        }
    return false;
}

static bool
lint_headers(const char *raw, size_t n, struct failure *why)
{
    unsigned seen[sizeof once / sizeof *once] = { 0 };
    const char *line = raw, *end = raw + n;

    while (line < end && !(line[0] == '\r' && line + 1 < end && line[1] == '\n')) {
        const char *next = memchr(line, '\n', (size_t) (end - line));
        size_t which, length = field_name(line, end);

        if (next == NULL)
            return failure_set(why, FAILURE_PROTOCOL, "the message has headers without an end");
        if (*line != ' ' && *line != '\t') {
            if (length == 0)
                return failure_set(why, FAILURE_PROTOCOL, "the message has a header line without a name");
            if (is_one_of(never, line, length, &which))
                return failure_set(why, FAILURE_PROTOCOL, "the message has a %s header; it may not", never[which]);
            if (is_one_of(once, line, length, &which) && seen[which]++ > 0)
                return failure_set(why, FAILURE_PROTOCOL, "the message has two %s headers", once[which]);
        } else if (line == raw) {
            return failure_set(why, FAILURE_PROTOCOL, "the message begins with a continuation line");
        }
        line = next + 1;
    }
    for (size_t i = 0; i < NEEDED; i++)
        if (seen[i] == 0)
            return failure_set(why, FAILURE_PROTOCOL, "the message lacks a %s header", once[i]);
    return true;
}

bool
message_load(struct job_message *message, const char *octets, size_t n, struct failure *why)
{
    size_t raw = 0, wire = 0, column = 0;

    message->raw = memory_alloc(2 * n + 3);
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char) octets[i];

        if (c == '\r' && i + 1 < n && octets[i + 1] == '\n')
            continue;
        if (c == '\n') {
            message->raw[raw++] = '\r';
            column = 0;
        } else if (++column > LINE_MAX_OCTETS || c > '~' || (c < ' ' && c != '\t')) {
            return failure_set(why, FAILURE_PROTOCOL, "the message's octet %zu is not in a 7 bit line of at most %d",
                               i, LINE_MAX_OCTETS);
        }
        message->raw[raw++] = (char) c;
    }
    if (column > 0) {
        message->raw[raw++] = '\r';
        message->raw[raw++] = '\n';
    }
    message->n_raw = raw;
    if (!lint_headers(message->raw, raw, why))
        return false;
    message->wire = memory_alloc(raw + raw / 3 + 8);
    for (size_t i = 0; i < raw; i++) { /* a line is three octets at least when it begins with a dot */
        if (message->raw[i] == '.' && (i == 0 || message->raw[i - 1] == '\n'))
            message->wire[wire++] = '.';
        message->wire[wire++] = message->raw[i];
    }
    memcpy(message->wire + wire, ".\r\n", 3);
    message->n_wire = wire + 3;
    return true;
}

void
recipient_refuse(struct job_recipient *recipient, const struct failure *why)
{
    recipient->verdict = VERDICT_PERMANENT;
    snprintf(recipient->reply.text, sizeof recipient->reply.text, "%s", why->text);
}

static bool
make_ascii(char **address, struct failure *why)
{
    char *ascii = mime_ascii_address(*address, why);

    if (ascii == NULL)
        return false;
    free(*address);
    *address = ascii;
    return true;
}

static bool
prepare_addresses(struct job_message *message, struct failure *why)
{
    size_t left = 0;

    if (*message->envelope != '\0' && !make_ascii(&message->envelope, why))
        return false;
    for (size_t i = 0; i < message->n_recipients; i++)
        if (make_ascii(&message->recipients[i].address, why))
            left++;
        else
            recipient_refuse(&message->recipients[i], why);
    return left > 0;
}

bool
message_prepare(struct job_message *message, struct failure *why)
{
    size_t n;
    char *built = prepare_addresses(message, why) ? mime_build(message, &n, why) : NULL;
    bool ok;

    if (built == NULL)
        return false;
    ok = message_load(message, built, n, why);
    free(built);
    return ok;
}
