/* A bounce: a delivery status notification (RFC 3464), or what older servers write in words of their own, read for the
 * mail it is about and the recipients that did not get it. Pure; every octet is from outside. */
#ifndef API_BOUNCE_H
#define API_BOUNCE_H

#include "failure.h"

#include <stdbool.h>
#include <stddef.h>

enum { BOUNCE_RECIPIENTS = 100, BOUNCE_MAX = 4 << 20 };

struct bounce_recipient {
    char address[256];
    bool final;        /* false: it is only late */
    char enhanced[16]; /* "5.1.1", or "" */
    char words[400];   /* not sanitised */
};

struct bounce {
    bool standard;        /* by RFC 3464: the recipients are certain. Else: addresses found in the text */
    char message_id[256]; /* of the mail, with its brackets; "" when the bounce does not say */
    struct bounce_recipient recipients[BOUNCE_RECIPIENTS];
    size_t n;
};

/* False: it names no mail of ours, or nobody that failed (a plain answer, a success). */
bool bounce_read(const char *octets, size_t n, struct bounce *out, struct failure *why);

#endif
