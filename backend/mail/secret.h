/* The password or token of a job: read as late as possible, wiped as soon as AUTH is over. */
#ifndef MAIL_SECRET_H
#define MAIL_SECRET_H

#include "mail/guard.h"

/* From secret_get to the end of AUTH: wipe.c looks at it. */
extern bool secret_about;

/* Into job->secret. `fresh`: the last one was refused, so ask its source again; false for one that was typed. */
bool secret_get(struct guard *guard, bool fresh);
/* Has it a source that may give another one later? */
bool secret_can_change(const struct job *job);
void secret_forget(struct guard *guard); /* wiped and freed; more than once is fine */

#endif
