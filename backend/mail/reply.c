/* Replies, byte by byte. Pure: fuzzed and tested without a connection. */
#include "mail/reply.h"

#include <stdio.h>
#include <string.h>

const char *
verdict_word(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_DELIVERED:
        return "delivered";
    case VERDICT_PERMANENT:
        return "permanent";
    case VERDICT_UNKNOWN:
        return "unknown";
    case VERDICT_OPEN:
    case VERDICT_ACCEPTED:
    case VERDICT_TEMPORARY:
        return "temporary";
    }
    return "temporary";
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "5.1.1 text": the enhanced code, whose class must be the reply's (RFC 2034 §4), goes to reply->enhanced. */
static const char *
take_enhanced(struct reply *reply, const char *text)
{
    unsigned class, subject, detail;
    int n = 0;

    if (sscanf(text, "%1u.%3u.%3u%n", &class, &subject, &detail, &n) != 3 || n == 0 ||
        class != (unsigned) reply->code / 100 || (text[n] != '\0' && text[n] != ' '))
        return text;
    snprintf(reply->enhanced, sizeof reply->enhanced, "%u.%u.%u", class, subject, detail);
    text += n;
    return *text == ' ' ? text + 1 : text;
}

enum reply_state
reply_take_line(struct reply *reply, char *line, size_t n, unsigned index, const char **text)
{
    bool whole;
    int code;

    *text = "";
    if (index == 0)
        memset(reply, 0, sizeof *reply);
    whole = n >= 5 && n <= REPLY_LINE && line[n - 2] == '\r' && line[n - 1] == '\n';
    n = whole ? n - 2 : n - (n > 0);
    line[n] = '\0';
    for (size_t i = 0; i < n; i++)
        if (line[i] < ' ' || line[i] > '~')
            line[i] = '?';
    if (!whole || index >= REPLY_LINES)
        return REPLY_MALFORMED;
    if (line[0] < '2' || line[0] > '5' || !is_digit(line[1]) || !is_digit(line[2]) ||
        (n > 3 && line[3] != ' ' && line[3] != '-'))
        return REPLY_MALFORMED;
    code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + line[2] - '0';
    if (index > 0 && code != reply->code)
        return REPLY_MIXED;
    *text = n > 3 ? line + 4 : line + 3;
    if (index == 0) {
        reply->code = code;
        snprintf(reply->text, sizeof reply->text, "%.999s", take_enhanced(reply, *text));
    }
    return n > 3 && line[3] == '-' ? REPLY_MORE : REPLY_WHOLE;
}

enum verdict
reply_verdict(const struct reply *reply, enum verdict good)
{
    switch (reply->code / 100) {
    case 2:
        return good;
    case 4:
        return VERDICT_TEMPORARY;
    case 5:
        return VERDICT_PERMANENT;
    default:
        return VERDICT_OPEN;
    }
}
