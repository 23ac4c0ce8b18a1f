/* The password or token, from where the job says: read as late as possible, and kept out of swap. */
#include "mail/secret.h"

#include "io/secrets.h"

#include <stdio.h>
#include <string.h>

bool secret_about;

/* A secret that came in the job itself moves to memory that is wiped when it is freed. */
static bool
take_text(struct guard *guard, size_t limit)
{
    struct job *job = guard->job;
    char *text = job->secret;

    if (strlen(text) > limit)
        return guard_fail(guard, CAUSE_SECRET, "the password for %s is longer than %zu octets", job->user, limit);
    job->secret = secret_copy(text);
    secret_wipe(text);
    return true;
}

bool
secret_get(struct guard *guard, bool fresh)
{
    struct job *job = guard->job;
    struct secret_source source = { 0 };
    struct failure why = { 0 };
    size_t limit = job->token ? SECRET_TOKEN_MAX : SECRET_PASSWORD_MAX;
    char what[200];

    secret_about = true;
    guard_step(guard, "reading the password");
    if (!fresh && !job_read_secret(job, 0, &why))
        return guard_fail(guard, CAUSE_JOB, "%s", why.text);
    if (job->secret != NULL && !fresh)
        return take_text(guard, limit);
    source.file = job->secret_file;
    source.command.items = (const char *const *) job->secret_command.items;
    source.command.n = job->secret_command.n;
    if (!secret_can_change(job))
        return guard_fail(guard, CAUSE_SECRET, "there is no password for %s; no mail was sent", job->user);
    snprintf(what, sizeof what, "the %s of %.100s at %.60s", job->token ? "token" : "password", job->user, job->server);
    secret_wipe(job->secret);
    job->secret = secret_read(what, &source, limit, guard_left(guard) * LOOP_MS(1), &why);
    return job->secret != NULL || guard_fail(guard, CAUSE_SECRET, "%s; no mail was sent", why.text);
}

bool
secret_can_change(const struct job *job)
{
    return job->secret_file != NULL || job->secret_command.n > 0;
}

void
secret_forget(struct guard *guard)
{
    secret_wipe(guard->job->secret);
    guard->job->secret = NULL;
    secret_about = false;
}
