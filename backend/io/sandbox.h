/* Closing the door behind a program that has opened what it needs: no new privileges, no capabilities, no core, limits,
 * Landlock for files, and a list of allowed system calls. Everything is best effort but the list of system calls and
 * no_new_privs: a kernel without the rest still runs us, and the report says what holds. */
#ifndef IO_SANDBOX_H
#define IO_SANDBOX_H

#include "api/failure.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What remains allowed besides reading and writing open descriptors, memory, clocks and signals of our own. */
enum {
    SANDBOX_SOCKETS = 1, /* send and receive on sockets that are open */
    SANDBOX_CONNECT = 2, /* make and connect sockets */
    SANDBOX_FILES = 4,   /* open files, as far as Landlock allows the paths below */
    SANDBOX_SPAWN = 8,   /* start children */
};

struct sandbox_rules {
    unsigned allow;
    const char *const *read_paths;  /* NULL at the end; a path that does not exist is left out */
    const char *const *write_paths; /* files in them may be made and removed too */
    uint64_t memory;                /* octets of address space; 0: no limit */
    uint64_t descriptors;           /* 0: as it is */
    uid_t uid;                      /* become this user and group first; 0: stay */
    gid_t gid;
};

struct sandbox_report {
    bool no_new_privileges, system_calls, no_capabilities, undumpable;
    int landlock; /* ABI that is enforced, 0 none */
    char text[200]; /* "no new privileges, 94 system calls, Landlock ABI 7, no capabilities, no core" */
};

/* Call once, when everything is open and children that must be free have been started. Not undone. */
bool sandbox_close(const struct sandbox_rules *rules, struct sandbox_report *report, struct failure *why);
/* What a program that is no leaf can do without: capabilities, and new privileges for itself and its children. Of root it
 * becomes `user` first, unless that is NULL. */
bool sandbox_shed(const char *user, struct failure *why);

#endif
