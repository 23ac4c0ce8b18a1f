/* A helper process for a test: a script of tests/ that prints "ready …" and ends when its standard input closes. */
#ifndef TESTS_SNMP_AGENT_H
#define TESTS_SNMP_AGENT_H

#include <stdio.h>
#include <sys/types.h>

struct helper {
    pid_t pid;
    FILE *to, *from;
    char ready[512]; /* what stood behind "ready " */
    int port;        /* the first number of it */
};

/* Fails the test when the script does not get ready in 30 s. `argument` may be NULL. */
void helper_start(struct helper *helper, const char *script, const char *argument);
void helper_say(struct helper *helper, const char *line); /* and wait for its answer */
void helper_stop(struct helper *helper);

#endif
