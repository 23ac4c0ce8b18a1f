/* Is a mail relay as it should be? One session up to the point where mail could follow, each step with what it found. */
#ifndef API_MAIL_DOCTOR_H
#define API_MAIL_DOCTOR_H

#include "loop.h"
#include "request.h"
#include "settings.h"

enum mail_doctor_state { DOCTOR_NOT_REACHED, DOCTOR_GOOD, DOCTOR_BAD, DOCTOR_NOT_NEEDED };

struct mail_doctor_step {
    const char *name; /* "name", "route", "port", "greeting", "tls", "certificate", "mechanisms", "auth", "sender" */
    enum mail_doctor_state state;
    const char *detail; /* sanitised */
};

struct mail_doctor_report {
    const struct failure *failure; /* it could not even be tried; else NULL */
    bool good;
    const struct mail_doctor_step *steps; /* in the order in which they are taken */
    size_t n;
    const char *advice; /* what to change; "" when all is good */
    const char *talk;   /* the conversation, a line each, secrets masked */
};
typedef void mail_doctor_fn(void *arg, const struct mail_doctor_report *report);

/* `relay` stays alive until the completion; `known` is outbox_relay_known's, or "". */
struct request *mail_doctor(struct loop *loop, const struct mail_setting *relay, const char *known, mail_doctor_fn *fn,
                            void *arg);

#endif
