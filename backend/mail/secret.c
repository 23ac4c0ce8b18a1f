/* The password or token, from where the job says. */
#include "mail/secret.h"

#include <string.h>
#include <sys/mman.h>

bool
secret_get(struct guard *guard, bool fresh)
{
    struct job *job = guard->job;
    struct failure why = { 0 };

    if (job->secret == NULL && !job_read_secret(job, 0, &why))
        return guard_fail(guard, CAUSE_JOB, "%s", why.text);
    if (fresh || job->secret == NULL || job->secret[0] == '\0')
        return guard_fail(guard, CAUSE_SECRET, "there is no password for %s; no mail was sent", job->user);
    mlock(job->secret, strlen(job->secret));
    return true;
}
