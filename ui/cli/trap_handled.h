/* What snmptrapd hands to the program of a traphandle (snmptrapd.conf(5)): the sender's name, its address, then a varbind a
 * line, all of it text without types. */
#ifndef CLI_TRAP_HANDLED_H
#define CLI_TRAP_HANDLED_H

#include "cli/objects.h"

#include "api/notify.h"

#include <stdio.h>

enum { HANDLED_MAX = 64 };

struct handled {
    struct oid name;
    uint32_t uptime;
    size_t n; /* with snmpTrapAddress.0 for the sender's address, where nothing names another */
    struct varbind varbinds[HANDLED_MAX];
    struct render_room rooms[HANDLED_MAX];
};

/* Into *out, which is all zeros. False with the message printed. */
bool handled_read(struct cli *cli, FILE *in, struct handled *out);

#endif
