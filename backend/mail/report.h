/* What trapline-mail says on standard output: lines of fields separated by TAB, printable ASCII, as soon as proven.
 *
 *   step     NAME  DETAIL                       resolve, route, connect, greeting, tls, chain, hello, auth, sender: for the doctor
 *   talk     MESSAGE  DIRECTION  LINE           the conversation, "<" or ">", secrets masked; MESSAGE counts from 1, 0 none
 *   dot      MESSAGE                            the final dot is about to be written
 *   verdict  MESSAGE  RECIPIENT  CODE  ENHANCED  CLASS  TEXT    RECIPIENT counts from 1; CODE 0: not the server's words
 *   session  ok|failed  CAUSE  TLS  TEXT        last
 *
 * A reader that finds no verdict for a recipient takes "unknown" when the message's dot was seen, else "temporary". */
#ifndef MAIL_REPORT_H
#define MAIL_REPORT_H

#include "mail/job.h"

/* Why a session ended without having done its work. */
enum cause {
    CAUSE_NONE,
    CAUSE_JOB,         /* what we were given cannot be sent */
    CAUSE_SETTINGS,    /* how we were told to send it cannot work here: a file is missing */
    CAUSE_SECRET,      /* the password could not be had */
    CAUSE_RESOLVE,
    CAUSE_CONNECT,
    CAUSE_GREETING,    /* the server does not want us, or is no SMTP server */
    CAUSE_STARTTLS,    /* not offered or refused */
    CAUSE_INJECTION,   /* bytes where none may be: somebody is in the line */
    CAUSE_CAPABILITIES, /* the server offers less than it did: before TLS, or (AUTH) in earlier sessions */
    CAUSE_TLS,
    CAUSE_CERTIFICATE,
    CAUSE_AUTH,        /* refused, or nothing usable offered */
    CAUSE_AUTH_LATER,  /* 4xx to AUTH */
    CAUSE_PROTOCOL,
    CAUSE_TIMEOUT,
    CAUSE_CLOSED,
    CAUSE_ENGINE,      /* libesmtp or the system failed us */
};

const char *cause_word(enum cause cause);

void report_step(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));
void report_talk(size_t message, char direction, const char *line);
void report_dot(size_t message);
/* Every recipient's verdict, once. What is still open is temporary, or unknown when the dot was written. */
void report_message(struct job *job, size_t index, const char *why);
/* There was no job that could be read. */
void report_refused(const char *text);
/* All that was not told, and the session's line. True when every recipient was delivered. */
bool report_session(struct job *job, bool ok, enum cause cause, const char *tls, const char *text);

#endif
