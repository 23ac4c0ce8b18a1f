/* What the commands share. Each runs with the words behind its verb, and says in `why` what was wrong. */
#ifndef COMMAND_H
#define COMMAND_H

#include "sim.h"

struct call {
    struct buf *reply;
    char **words; /* behind the verb */
    int n;
    char why[300];
};

bool command_fail(struct call *call, const char *why, const char *what); /* false */
/* Runs `fn` for one device, all of them ("*"), or a group made with count ("NAME-*"). */
bool command_each(struct call *call, bool (*fn)(struct call *, struct device *));
/* "20ms", "1.5s", "300us"; without a unit milliseconds. */
bool command_time(const char *text, int64_t *out);

bool command_device(struct call *call);
bool command_engine(struct call *call);
bool command_fault(struct call *call);

#endif
