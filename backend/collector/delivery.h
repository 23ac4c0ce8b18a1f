/* One run of trapline-mail: the job that it is given (mail/job.h says the form), made from what the outbox holds, and its
 * report read back into a verdict for every recipient. Nothing secret passes here: the job says where a secret is.
 *
 * Pure: no descriptor, no clock. */
#ifndef COLLECTOR_DELIVERY_H
#define COLLECTOR_DELIVERY_H

#include "api/memory.h"
#include "api/settings.h"
#include "store/outbox.h"

struct delivery_mail {
    int64_t id;
    int attempts; /* before this one */
    struct outbox_verdict *verdicts; /* of the recipients that wait; texts are the delivery's */
    size_t n_verdicts;
    bool dot;
    struct buf talk;
};

struct delivery {
    const struct mail_setting *relay; /* borrowed */
    struct arena *arena;
    struct buf job;
    struct delivery_mail *mails;
    size_t n_mails;
    bool ok;    /* the session did what it was there for */
    bool spoke; /* the server gave a verdict on at least one recipient */
    char cause[32], protection[32], words[480];
    char auth[32]; /* the mechanism by which the server took us, "" none */
};

/* The job's head: how to reach the relay. `hello` is this machine's name. */
struct delivery *delivery_new(const struct mail_setting *relay, const char *hello);
void delivery_free(struct delivery *delivery); /* NULL is fine */
/* Before any message: none is sent, only the first one's sender is tried. */
void delivery_probe(struct delivery *delivery);
/* Before any message: `known` is what delivery_remember made of an earlier session; of another server it says nothing. */
void delivery_known(struct delivery *delivery, const char *known);
/* "SERVER PORT password|token USER MECHANISM", of a session with AUTH; else *out stays as it is. */
void delivery_remember(const struct delivery *delivery, char *out, size_t size);
/* One more message, to those recipients that have not got it. False when there is none, or it has no sender. */
bool delivery_add(struct delivery *delivery, const struct mail *mail, struct failure *why);
/* The job's end, behind all messages. */
void delivery_close(struct delivery *delivery);
/* It ended over what somebody in the line would cause. */
bool delivery_is_unsafe(const struct delivery *delivery);
/* What the program wrote. Recipients that it did not speak of wait, with `otherwise` as the words, or are unknown when the
 * final dot of their message was written. */
void delivery_read(struct delivery *delivery, const char *report, const char *otherwise);

#endif
