/* The job of one trapline-mail: how to reach one server, what to send, and, last, where the password is.
 *
 * Standard input is a sequence of fields, each "NAME SPACE LENGTH LF", LENGTH octets, LF. LENGTH is decimal and
 * counts the octets only. Fields, in this order of groups; a name that is not known or a value that does not check
 * refuses the job:
 *
 *   session   transport (smtp, lmtp, pipe)  server (host, address, or a socket's path)  port  security (starttls,
 *             tls, plain)  verify (name to verify, default server)  hello (our name)  ca-file  pin
 *             client-certificate  client-key  user  mechanism (repeated, in order of preference)  known (the mechanism
 *             by which it took us before)  token (1: the secret is an OAuth 2.0 access token)  clear (1: a password may
 *             cross an unprotected line)  step (seconds a step may take)  total (seconds for everything)
 *             command (repeated: argv of the pipe)  probe (1: stop before MAIL is followed by a message)
 *   message   message (opens one; the value is the caller's id)  envelope (sender; empty is allowed)  recipient
 *             (repeated)  from (header, "Name <a@b>")  to (header, repeated; default the recipients)  subject
 *             message-id  date (seconds since 1970)  text  html  attachment (repeated: "NAME LF TYPE LF" and octets)
 *   go        value empty: the child that must not know secrets is made here
 *   secret    at most one of: secret (the password), secret-file, secret-command (repeated: argv)
 *   end       value empty
 *
 * Standard output is report.h's. Nothing secret is ever an argument or in the environment. */
#ifndef MAIL_JOB_H
#define MAIL_JOB_H

#include "api/failure.h"
#include "mail/reply.h"

#include <stddef.h>
#include <stdint.h>

enum job_transport { JOB_SMTP, JOB_LMTP, JOB_PIPE };
enum job_security { JOB_STARTTLS, JOB_TLS, JOB_PLAIN };

enum {
    JOB_MESSAGES = 1000,
    JOB_RECIPIENTS = 500, /* of one message */
    JOB_LIST = 32,
    JOB_TEXT = 1024,       /* octets of a text field */
    JOB_BODY = 32 << 20,   /* of one body or attachment */
    JOB_TOTAL = 128 << 20, /* of a whole job */
};

struct job_list {
    char *items[JOB_LIST + 1]; /* NULL behind the last: fit for execv */
    size_t n;
};

struct job_recipient {
    char *address;
    enum verdict verdict;
    struct reply reply;
};

struct job_attachment {
    char *name, *type;
    char *octets;
    size_t n;
};

struct job_message {
    char *id, *envelope, *from, *subject, *message_id;
    long long date;
    char *text, *html;
    size_t n_text, n_html;
    struct job_list to;
    struct job_recipient *recipients;
    size_t n_recipients;
    struct job_attachment *attachments;
    size_t n_attachments;
    char *raw;  /* as libesmtp is given it: CRLF, 7 bit */
    char *wire; /* dot-stuffed, with the final dot */
    size_t n_raw, n_wire;
    bool dot; /* the final dot was (perhaps partly) written */
    bool told;
};

struct job {
    enum job_transport transport;
    enum job_security security;
    char *server, *verify, *hello, *ca_file, *pin, *client_certificate, *client_key, *user, *known;
    struct job_list mechanisms, command;
    long long port, step, total; /* seconds */
    bool clear, probe;
    struct job_message *messages;
    size_t n_messages;
    char *secret, *secret_file; /* `secret` is wiped with secret_forget */
    struct job_list secret_command;
    bool token;
};

/* Up to and with "go". */
struct job *job_read(int fd, struct failure *why);
void job_free(struct job *job); /* NULL is fine */
/* The fields behind it. */
bool job_read_secret(struct job *job, int fd, struct failure *why);

#endif
