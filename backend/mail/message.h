/* A message made ready: built by GMime from what the outbox holds, linted, and dot-stuffed. */
#ifndef MAIL_MESSAGE_H
#define MAIL_MESSAGE_H

#include "mail/job.h"

/* RFC 5322 octets of the message, LF or CRLF; the same for the same job, always. The caller frees. */
char *mime_build(const struct job_message *message, size_t *n, struct failure *why);

/* An address as it can go over a line without SMTPUTF8: a domain of other letters as punycode. NULL when its local part has
 * other letters. The caller frees. */
char *mime_ascii_address(const char *address, struct failure *why);

/* For that recipient alone. */
void recipient_refuse(struct job_recipient *recipient, const struct failure *why);

/* Fills raw, wire and their lengths. Recipients that cannot be reached from here are refused; false when nobody is left. */
bool message_prepare(struct job_message *message, struct failure *why);
/* The same from octets that are there already (7 bit, lines of at most 998). */
bool message_load(struct job_message *message, const char *octets, size_t n, struct failure *why);

#endif
