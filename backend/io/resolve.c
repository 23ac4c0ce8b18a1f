/* The resolver's child writes one numeric address a line, or "!" and a sentence. */
#include "io/resolve.h"

#include "core/memory.h"
#include "core/request.h"
#include "io/capture.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { AT_ONCE = 4, NAME_MAX_OCTETS = 253, OUTPUT_MAX = RESOLVE_MAX * (RESOLVE_TEXT_MAX + 4) };

struct question {
    struct request request;
    struct resolver *resolver;
    struct question *next, **link;
    struct request *capture; /* NULL while it waits in line */
    struct loop_timer *later;
    char name[NAME_MAX_OCTETS + 1];
    int family;
    int64_t deadline;
    struct failure failure;
    struct resolve_address addresses[RESOLVE_MAX];
    size_t n;
    resolve_fn *fn;
    void *arg;
};

struct resolver {
    struct loop *loop;
    struct question *questions, **end; /* oldest first */
    int running;
};

struct resolver *
resolver_new(struct loop *loop)
{
    struct resolver *r = memory_zero(1, sizeof *r);

    r->loop = loop;
    r->end = &r->questions;
    return r;
}

void
resolver_free(struct resolver *r)
{
    if (r == NULL)
        return;
    while (r->questions != NULL)
        request_cancel(&r->questions->request);
    free(r);
}

/* In the child. */
static int
ask_system(void *arg)
{
    const struct question *q = arg;
    struct addrinfo hints = { .ai_family = q->family, .ai_socktype = SOCK_DGRAM }, *all = NULL;
    const struct addrinfo *found;
    int error = getaddrinfo(q->name, NULL, &hints, &all), n = 0;

    if (error != 0) {
        dprintf(STDOUT_FILENO, "!%s\n", gai_strerror(error));
        return error == EAI_AGAIN ? 2 : 1;
    }
    for (found = all; found != NULL && n < RESOLVE_MAX; found = found->ai_next, n++) {
        char text[RESOLVE_TEXT_MAX];

        if (getnameinfo(found->ai_addr, found->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST) == 0)
            dprintf(STDOUT_FILENO, "%d %s\n", found->ai_family == AF_INET6 ? 6 : 4, text);
    }
    freeaddrinfo(all);
    return 0;
}

static void
take_lines(struct question *q, const char *at)
{
    char text[RESOLVE_TEXT_MAX];
    int family, used;

    for (; q->n < RESOLVE_MAX && sscanf(at, "%d %63s\n%n", &family, text, &used) == 2; at += used) {
        q->addresses[q->n].family = family == 6 ? AF_INET6 : AF_INET;
        memcpy(q->addresses[q->n++].text, text, sizeof text);
    }
}

static void start_waiting(struct resolver *r);

static void
leave_line(struct question *q)
{
    *q->link = q->next;
    if (q->next != NULL)
        q->next->link = q->link;
    else
        q->resolver->end = q->link;
}

static void
complete(struct question *q)
{
    struct resolve_reply reply = { q->failure.kind == FAILURE_NONE ? NULL : &q->failure, q->addresses, q->n };

    leave_line(q);
    start_waiting(q->resolver);
    q->fn(q->arg, &reply);
    free(q);
}

static void
on_answer(void *arg, const struct capture_reply *reply)
{
    struct question *q = arg;

    q->capture = NULL;
    q->resolver->running--;
    if (reply->failure == NULL)
        take_lines(q, reply->out);
    if (reply->failure == NULL && q->n > 0)
        ;
    else if (reply->end != NULL && reply->end->late)
        failure_set(&q->failure, FAILURE_UNREACHABLE, "%s: the name service gave no answer (%s)", q->name,
                    reply->end->words);
    else if (reply->n_out > 1 && reply->out[0] == '!')
        failure_set(&q->failure, FAILURE_UNREACHABLE, "%s: %.*s; check the name, or write the address", q->name,
                    (int) strcspn(reply->out + 1, "\n"), reply->out + 1);
    else
        failure_set(&q->failure, FAILURE_SYSTEM, "%s: cannot be resolved: %s", q->name,
                    reply->failure != NULL ? reply->failure->text : "it has no address");
    complete(q);
}

static void
start_waiting(struct resolver *r)
{
    for (struct question *q = r->questions; q != NULL && r->running < AT_ONCE; q = q->next) {
        struct child_options o = { .run = ask_system, .run_arg = q, .deadline = q->deadline };

        if (q->capture != NULL || q->later != NULL)
            continue;
        r->running++;
        q->capture = capture_start(r->loop, q->name, &o, NULL, 0, OUTPUT_MAX, on_answer, q);
    }
}

static void
on_later(void *arg)
{
    struct question *q = arg;

    q->later = NULL;
    complete(q);
}

static void
question_cancel(struct request *request)
{
    struct question *q = (struct question *) request;
    struct resolver *r = q->resolver;

    if (q->capture != NULL)
        r->running--;
    request_cancel(q->capture);
    loop_cancel(q->later);
    leave_line(q);
    free(q);
    start_waiting(r);
}

/* What needs no name service: true when it is settled, one way or the other. */
static bool
settle_at_once(struct question *q, const char *name)
{
    struct addrinfo hints = { .ai_family = q->family, .ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST };
    struct addrinfo *found;

    if (name[0] == '\0' || strlen(name) > NAME_MAX_OCTETS) {
        failure_set(&q->failure, FAILURE_USAGE, "a host name has 1 to %d octets, not %zu", NAME_MAX_OCTETS,
                    strlen(name));
        return true;
    }
    if (getaddrinfo(name, NULL, &hints, &found) != 0)
        return false;
    q->n = 1;
    q->addresses[0].family = found->ai_family;
    getnameinfo(found->ai_addr, found->ai_addrlen, q->addresses[0].text, RESOLVE_TEXT_MAX, NULL, 0, NI_NUMERICHOST);
    freeaddrinfo(found);
    return true;
}

struct request *
resolve_name(struct resolver *r, const char *name, int family, int64_t deadline, resolve_fn *fn, void *arg)
{
    struct question *q = memory_zero(1, sizeof *q);

    q->request.cancel = question_cancel;
    q->resolver = r;
    q->family = family;
    q->deadline = deadline > 0 ? deadline : LOOP_S(5);
    q->fn = fn;
    q->arg = arg;
    strncpy(q->name, name, sizeof q->name - 1);
    q->link = r->end;
    *r->end = q;
    r->end = &q->next;
    if (settle_at_once(q, name))
        q->later = loop_after(r->loop, 0, on_later, q);
    else
        start_waiting(r);
    return &q->request;
}
