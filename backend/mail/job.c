/* Reading a job: a table of fields, each bounded before it is stored. */
#include "mail/job.h"

#include "core/address.h"
#include "core/memory.h"
#include "io/secrets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum scope { SESSION, MESSAGE, SECRET };
enum kind { TEXT, NUMBER, FLAG, LIST, WORD, BODY, SPECIAL };

struct field {
    const char *name;
    enum scope scope;
    enum kind kind;
    size_t offset;
    const char *const *words; /* of WORD: the enum's values in order */
    long long low, high;      /* of NUMBER */
};

static const char *const transports[] = { "smtp", "lmtp", "pipe", NULL };
static const char *const securities[] = { "starttls", "tls", "plain", NULL };

#define J(member) offsetof(struct job, member)
#define M(member) offsetof(struct job_message, member)

static const struct field fields[] = {
    { "transport", SESSION, WORD, J(transport), transports, 0, 0 },
    { "server", SESSION, TEXT, J(server), NULL, 0, 0 },
    { "port", SESSION, NUMBER, J(port), NULL, 0, 65535 },
    { "security", SESSION, WORD, J(security), securities, 0, 0 },
    { "verify", SESSION, TEXT, J(verify), NULL, 0, 0 },
    { "hello", SESSION, TEXT, J(hello), NULL, 0, 0 },
    { "ca-file", SESSION, TEXT, J(ca_file), NULL, 0, 0 },
    { "pin", SESSION, TEXT, J(pin), NULL, 0, 0 },
    { "client-certificate", SESSION, TEXT, J(client_certificate), NULL, 0, 0 },
    { "client-key", SESSION, TEXT, J(client_key), NULL, 0, 0 },
    { "user", SESSION, TEXT, J(user), NULL, 0, 0 },
    { "known", SESSION, TEXT, J(known), NULL, 0, 0 },
    { "mechanism", SESSION, LIST, J(mechanisms), NULL, 0, 0 },
    { "token", SESSION, FLAG, J(token), NULL, 0, 0 },
    { "command", SESSION, LIST, J(command), NULL, 0, 0 },
    { "clear", SESSION, FLAG, J(clear), NULL, 0, 0 },
    { "probe", SESSION, FLAG, J(probe), NULL, 0, 0 },
    { "step", SESSION, NUMBER, J(step), NULL, 1, 3600 },
    { "total", SESSION, NUMBER, J(total), NULL, 1, 86400 },
    { "envelope", MESSAGE, TEXT, M(envelope), NULL, 0, 0 },
    { "recipient", MESSAGE, SPECIAL, 0, NULL, 0, 0 },
    { "from", MESSAGE, TEXT, M(from), NULL, 0, 0 },
    { "to", MESSAGE, LIST, M(to), NULL, 0, 0 },
    { "subject", MESSAGE, TEXT, M(subject), NULL, 0, 0 },
    { "message-id", MESSAGE, TEXT, M(message_id), NULL, 0, 0 },
    { "date", MESSAGE, NUMBER, M(date), NULL, 0, 253402300799LL },
    { "text", MESSAGE, BODY, M(text), NULL, 0, 0 },
    { "html", MESSAGE, BODY, M(html), NULL, 0, 0 },
    { "attachment", MESSAGE, SPECIAL, 1, NULL, 0, 0 },
    { "secret", SECRET, TEXT, J(secret), NULL, 0, 0 },
    { "secret-file", SECRET, TEXT, J(secret_file), NULL, 0, 0 },
    { "secret-command", SECRET, LIST, J(secret_command), NULL, 0, 0 },
};

#undef J
#undef M

static bool
bad(struct failure *why, const char *what, const char *field)
{
    return failure_set(why, FAILURE_USAGE, "trapline-mail: the job's field \"%s\" %s", field, what);
}

static bool
read_all(int fd, void *into, size_t n, struct failure *why)
{
    char *p = into;

    while (n > 0) {
        ssize_t r = read(fd, p, n);

        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return failure_errno(why, errno, "trapline-mail: reading the job");
        if (r == 0)
            return failure_set(why, FAILURE_USAGE, "trapline-mail: the job ends early");
        p += r;
        n -= (size_t) r;
    }
    return true;
}

/* "name length LF", an octet at a time: nothing behind a field may be taken before the field is known. */
static bool
read_head(int fd, char *name, size_t size, size_t *n, struct failure *why)
{
    char line[64], *space, *end;
    size_t used = 0;
    unsigned long long value;

    do {
        if (used + 1 >= sizeof line)
            return failure_set(why, FAILURE_USAGE, "trapline-mail: a field's head is too long");
        if (!read_all(fd, line + used, 1, why))
            return false;
    } while (line[used++] != '\n');
    line[used - 1] = '\0';
    space = strchr(line, ' ');
    if (space == NULL || space == line || (size_t) (space - line) >= size || space[1] < '0' || space[1] > '9')
        return failure_set(why, FAILURE_USAGE, "trapline-mail: a field's head must be \"name length\"");
    value = strtoull(space + 1, &end, 10);
    if (*end != '\0' || value > JOB_BODY)
        return failure_set(why, FAILURE_LIMIT, "trapline-mail: a field of that length is not taken");
    *space = '\0';
    strcpy(name, line);
    *n = (size_t) value;
    return true;
}

static bool
take_number(const struct field *f, const char *value, long long *into, struct failure *why)
{
    char *end;

    errno = 0;
    *into = strtoll(value, &end, 10);
    if (end == value || *end != '\0' || errno != 0 || *into < f->low || *into > f->high)
        return bad(why, "is no number in range", f->name);
    return true;
}

static bool
take_word(const struct field *f, const char *value, unsigned *into, struct failure *why)
{
    for (unsigned i = 0; f->words[i] != NULL; i++)
        if (strcmp(f->words[i], value) == 0) {
            *into = i;
            return true;
        }
    return bad(why, "has a value that is not known", f->name);
}

static bool
take_scalar(const struct field *f, const char *value, char *at, struct failure *why)
{
    if (f->kind == FLAG)
        *(bool *) at = strcmp(value, "1") == 0;
    else if (f->kind == NUMBER)
        return take_number(f, value, (long long *) (void *) at, why);
    else
        return take_word(f, value, (unsigned *) (void *) at, why);
    return true;
}

static void
own(char **into, char **value)
{
    free(*into);
    *into = *value;
    *value = NULL;
}

static bool
take_recipient(struct job_message *message, char **value, struct failure *why)
{
    if (message->n_recipients == JOB_RECIPIENTS)
        return bad(why, "is there too often", "recipient");
    if (!address_check(*value, why))
        return false;
    message->recipients =
        memory_grow(message->recipients, message->n_recipients + 1, sizeof *message->recipients);
    message->recipients[message->n_recipients] = (struct job_recipient) { .address = NULL };
    own(&message->recipients[message->n_recipients++].address, value);
    return true;
}

/* "text/csv", without parameters (RFC 6838 §4.2). */
static bool
is_media_type(const char *type)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$&-^_.+";
    size_t n = strspn(type, letters), m = type[n] == '/' ? strspn(type + n + 1, letters) : 0;

    return n > 0 && m > 0 && type[n + 1 + m] == '\0';
}

static bool
take_attachment(struct job_message *message, char **owned, size_t n, struct failure *why)
{
    char *value = *owned, *type = memchr(value, '\n', n), *octets = NULL;

    if (type != NULL)
        octets = memchr(type + 1, '\n', n - (size_t) (type + 1 - value));
    if (octets == NULL || message->n_attachments == JOB_LIST)
        return bad(why, "must be name, type and octets, and not too many", "attachment");
    if (memchr(value, '\0', (size_t) (octets - value)) != NULL)
        return bad(why, "has a NUL in its name or type", "attachment");
    *type++ = '\0';
    *octets++ = '\0';
    if (!address_check_line("an attachment's name", value, why) ||
        !address_check_line("an attachment's type", type, why))
        return false;
    if (!is_media_type(type))
        return bad(why, "has a type that is none", "attachment");
    message->attachments =
        memory_grow(message->attachments, message->n_attachments + 1, sizeof *message->attachments);
    message->attachments[message->n_attachments++] =
        (struct job_attachment) { value, type, octets, n - (size_t) (octets - value) };
    *owned = NULL;
    return true;
}

/* *owned, NUL-terminated, becomes NULL when it is kept. */
static bool
take(const struct field *f, struct job *job, struct job_message *message, char **owned, size_t n,
     struct failure *why)
{
    const char *value = *owned;
    char *at = (f->scope == MESSAGE ? (char *) message : (char *) job) + f->offset;

    if (f->kind == BODY) {
        own((char **) (void *) at, owned);
        *(f->offset == offsetof(struct job_message, text) ? &message->n_text : &message->n_html) = n;
        return true;
    }
    if (f->kind == SPECIAL && f->offset == 1)
        return take_attachment(message, owned, n, why);
    if (strlen(value) != n)
        return bad(why, "has a NUL in it", f->name);
    if (n > JOB_TEXT * 4)
        return bad(why, "is too long", f->name);
    for (const char *p = value; *p != '\0'; p++)
        if ((unsigned char) *p < 0x20 || *p == 0x7f)
            return bad(why, "has a control character in it", f->name);
    switch (f->kind) {
    case TEXT:
        own((char **) (void *) at, owned);
        return true;
    case NUMBER:
    case FLAG:
    case WORD:
        return take_scalar(f, value, at, why);
    case LIST: {
        struct job_list *list = (struct job_list *) (void *) at;

        if (list->n == JOB_LIST)
            return bad(why, "is there too often", f->name);
        own(&list->items[list->n++], owned);
        return true;
    }
    case SPECIAL:
        return take_recipient(message, owned, why);
    case BODY:
        break;
    }
    return false;
}

static const struct field *
find(const char *name)
{
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
    return NULL;
}

static bool
check(struct job *job, struct failure *why)
{
    if (job->server == NULL && job->transport != JOB_PIPE)
        return bad(why, "is missing", "server");
    if (job->transport == JOB_PIPE && job->command.n == 0)
        return bad(why, "is missing", "command");
    if (job->verify == NULL && job->server != NULL)
        job->verify = memory_text(job->server);
    if (job->hello == NULL)
        job->hello = memory_text("localhost");
    if (strspn(job->hello, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-[]:") !=
        strlen(job->hello))
        return bad(why, "is no host name", "hello");
    for (size_t i = 0; i < job->n_messages; i++) {
        struct job_message *m = &job->messages[i];

        if (m->n_recipients == 0 || m->from == NULL || m->message_id == NULL || m->envelope == NULL)
            return bad(why, "lacks a recipient, from, envelope or message-id", m->id);
        if (*m->envelope != '\0' && !address_check(m->envelope, why))
            return false;
    }
    return true;
}

/* One field's name and octets; *value is the caller's to free. */
static bool
read_field(int fd, char *name, size_t size, char **value, size_t *n, struct failure *why)
{
    char newline;

    if (!read_head(fd, name, size, n, why))
        return false;
    *value = memory_alloc(*n + 1);
    (*value)[*n] = '\0';
    if (!read_all(fd, *value, *n, why) || !read_all(fd, &newline, 1, why))
        return false;
    return newline == '\n' || bad(why, "is not followed by a line feed", name);
}

static bool
open_message(struct job *job, char **id, size_t n, struct failure *why)
{
    if (job->n_messages == JOB_MESSAGES || n > JOB_TEXT)
        return bad(why, "is there too often", "message");
    job->messages = memory_grow(job->messages, job->n_messages + 1, sizeof *job->messages);
    job->messages[job->n_messages] = (struct job_message) { .id = NULL };
    own(&job->messages[job->n_messages++].id, id);
    return true;
}

/* `head`: what stands before "go"; else what stands behind it. */
static bool
place_field(struct job *job, bool head, const char *name, char **value, size_t n, struct failure *why)
{
    struct job_message *message = job->n_messages > 0 ? &job->messages[job->n_messages - 1] : NULL;
    const struct field *f = find(name);

    if (strcmp(name, "message") == 0 && head)
        return open_message(job, value, n, why);
    if (f == NULL || (f->scope == SECRET) != !head || (head && (f->scope == MESSAGE) != (message != NULL)))
        return bad(why, "is not known here", name);
    return take(f, job, message, value, n, why);
}

/* Fields until `last`. */
static bool
read_fields(struct job *job, int fd, const char *last, struct failure *why)
{
    size_t total = 0, n = 0;
    char name[32], *value = NULL;

    while (read_field(fd, name, sizeof name, &value, &n, why)) {
        bool ok, ended = strcmp(name, last) == 0;

        total += n;
        if (total > JOB_TOTAL)
            ok = failure_set(why, FAILURE_LIMIT, "trapline-mail: the job is larger than %d octets", JOB_TOTAL);
        else
            ok = ended || place_field(job, strcmp(last, "go") == 0, name, &value, n, why);
        free(value);
        value = NULL;
        if (!ok || ended)
            return ok;
    }
    free(value);
    return false;
}

struct job *
job_read(int fd, struct failure *why)
{
    struct job *job = memory_zero(1, sizeof *job);

    job->step = 30;
    if (read_fields(job, fd, "go", why) && check(job, why))
        return job;
    job_free(job);
    return NULL;
}

static void
free_list(struct job_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->items[i]);
}

static void
free_message(struct job_message *m)
{
    for (size_t i = 0; i < m->n_recipients; i++)
        free(m->recipients[i].address);
    for (size_t i = 0; i < m->n_attachments; i++)
        free(m->attachments[i].name); /* one block with type and octets */
    free(m->recipients);
    free(m->attachments);
    free_list(&m->to);
    free(m->id);
    free(m->envelope);
    free(m->from);
    free(m->subject);
    free(m->message_id);
    free(m->text);
    free(m->html);
    free(m->raw);
    free(m->wire);
}

void
job_free(struct job *job)
{
    if (job == NULL)
        return;
    for (size_t i = 0; i < job->n_messages; i++)
        free_message(&job->messages[i]);
    free(job->messages);
    free_list(&job->mechanisms);
    free_list(&job->command);
    free_list(&job->secret_command);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (fields[i].scope != MESSAGE && fields[i].kind == TEXT && fields[i].offset != offsetof(struct job, secret))
            free(*(char **) (void *) ((char *) job + fields[i].offset));
    secret_wipe(job->secret);
    free(job);
}

bool
job_read_secret(struct job *job, int fd, struct failure *why)
{
    return read_fields(job, fd, "end", why);
}
