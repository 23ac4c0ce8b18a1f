/* A reply of an SMTP server (RFC 5321 §4.2), parsed strictly, and the verdict on a recipient that follows from one. */
#ifndef MAIL_REPLY_H
#define MAIL_REPLY_H

#include <stdbool.h>
#include <stddef.h>

enum {
    REPLY_LINE = 2000, /* octets of one line; RFC 5321 says 512, servers with long texts exist */
    REPLY_LINES = 100,
};

struct reply {
    int code;
    char enhanced[16]; /* "5.1.1" (RFC 3463), or "" */
    char text[1000];   /* of the first line, behind the codes; printable */
};

enum verdict {
    VERDICT_OPEN,     /* these two never leave the program */
    VERDICT_ACCEPTED, /* RCPT was answered 2xx */
    VERDICT_DELIVERED,
    VERDICT_TEMPORARY,
    VERDICT_PERMANENT,
    VERDICT_UNKNOWN, /* the final dot was written and no valid reply came */
};

const char *verdict_word(enum verdict verdict);

enum reply_state { REPLY_MORE, REPLY_WHOLE, REPLY_MALFORMED, REPLY_MIXED };

/* One line with its CRLF, the `index`-th of the reply. `line`, of room for n + 1, is made printable in place, also when it is
 * malformed, and ended at its CRLF; *text gets where its text begins. */
enum reply_state reply_take_line(struct reply *reply, char *line, size_t n, unsigned index, const char **text);

/* What a reply to MAIL, RCPT, DATA or the final dot means: `good` for 2xx; VERDICT_OPEN when it means nothing. */
enum verdict reply_verdict(const struct reply *reply, enum verdict good);

#endif
