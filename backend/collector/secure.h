/* Listening over TLS: the command line of trapline-tls, and whether it can do with what the settings give it. */
#ifndef COLLECTOR_SECURE_H
#define COLLECTOR_SECURE_H

#include "api/settings.h"
#include "io/capture.h"

enum { SECURE_WORDS = 3 };

struct secure_command {
    const char *argv[3 + SECURE_WORDS + 1];
    char program[1024], number[16], room[SECURE_WORDS][1100];
};

/* For so many listeners. False: no certificate, or a key that others can read. */
bool secure_command(const struct settings *settings, int n, struct secure_command *out, struct failure *why);
/* Have it read certificate and key; secure_verdict says what came of it. NULL with *why: it cannot even be tried. */
struct request *secure_try(struct loop *loop, const struct settings *settings, capture_fn *fn, void *arg,
                           struct failure *why);
bool secure_verdict(const struct capture_reply *reply, struct failure *why);

#endif
