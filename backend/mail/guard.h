/* The guard: one session with one server, of which libesmtp sees only what the guard has checked.
 *
 *      job on stdin --> +-----------------+ == TCP, TLS ==> server
 *    report on stdout <-|      guard      |
 *                       +--------+--------+
 *                                | unnamed socket pair
 *                       +--------+--------+
 *                       |    libesmtp     |  a child made before password, keys and connection exist
 *                       +-----------------+
 *
 * The dialogue is strictly half-duplex (PIPELINING is not offered), so one side owes bytes at any time; a byte nobody
 * asked for ends the session. Each command of libesmtp must be the one expected. The guard holds the messages too:
 * what libesmtp sends in DATA must equal our own dot-stuffed copy, our copy goes out, and the final dot only when all
 * before it has been compared and written. There is never a mail with a hole, and "unknown" is told from "temporary".
 *
 * Every wait is poll() against two limits, of the step and of the whole. Functions return false when the session is
 * over; the first reason is kept in the guard. */
#ifndef MAIL_GUARD_H
#define MAIL_GUARD_H

#include "mail/job.h"
#include "mail/report.h"

#include <openssl/ssl.h>

#include <sys/types.h>

struct capabilities {
    unsigned offered; /* bits of dialogue.c's table */
    bool starttls, dsn, eightbit, enhanced, smtputf8, size;
    unsigned long long size_limit; /* 0: none stated */
    char auth[512];                /* " PLAIN LOGIN ", or "" */
};

struct guard {
    struct job *job;
    int net, engine; /* the server; our half of the pair */
    pid_t engine_pid;
    SSL *ssl;
    bool protected; /* the handshake was done; OpenSSL forgets that it was once a connection has failed */
    char in[16384]; /* from the server, not yet used */
    size_t n_in;
    const char *stage; /* for sentences */
    int64_t limit, end_at; /* milliseconds of the monotonic clock */
    struct capabilities can;
    size_t message; /* the one under way, counted from 1; 0 none */
    bool finished;  /* all messages have their verdicts */
    enum cause cause;
    struct failure why;
};

void guard_start(struct guard *guard, struct job *job);
/* Ends the engine, closes the connection. */
void guard_end(struct guard *guard);

/* Always false; the first reason stays. */
bool guard_fail(struct guard *guard, enum cause cause, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A new step: its name, and its limit from now. */
void guard_step(struct guard *guard, const char *stage);
void guard_step_short(struct guard *guard, const char *stage); /* two seconds at most: nothing hangs on it */
int64_t guard_left(const struct guard *guard); /* milliseconds until the limit, at least 0 */
bool guard_wait(struct guard *guard, int fd, short events);

/* Octets read into `in`; 0 when there are none now, with what to poll for in *want; -1 when it is over. */
int guard_read(struct guard *guard, short *want);
/* The server must have nothing to say now: it is our turn. Sees a 421 and a closed connection too. */
bool guard_quiet(struct guard *guard);
bool guard_write(struct guard *guard, const void *octets, size_t n);
/* After a call of OpenSSL that returned `result`: what to poll for, or 0 when it is over. */
short guard_tls_wants(struct guard *guard, int result);
/* "TLSv1.3" or "plain". */
const char *guard_protection(const struct guard *guard);

/* connect.c */
bool connect_server(struct guard *guard);
/* tls.c */
bool tls_start(struct guard *guard);

/* dialogue.c: one command, one reply. `shown` is what the conversation shows instead, or NULL. */
bool dialogue_command(struct guard *guard, const char *stage, const char *shown, struct reply *reply,
                      const char *format, ...) __attribute__((format(printf, 5, 6)));
bool dialogue_reply(struct guard *guard, struct reply *reply);
/* Greeting, EHLO (or LHLO), STARTTLS as the job wants, EHLO again. */
bool dialogue_open(struct guard *guard);

/* auth.c */
bool auth_run(struct guard *guard);

/* submit.c: the child with libesmtp. */
bool submit_start(struct guard *guard);

/* transaction.c */
bool transaction_run(struct guard *guard);
bool transaction_probe(struct guard *guard);

/* pipe.c: a sendmail-style program instead of a server. True when it ran for every message. */
bool pipe_run(struct guard *guard);

#endif
