/* trapline-mail: one job from standard input to one server, verdicts on standard output, a deadline, then exit. */
#include "mail/guard.h"
#include "mail/message.h"
#include "mail/secret.h"

#include "api/failure.h"
#include "api/loop.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* A message that cannot be built or sent as it is: no server need be asked. */
static void
refuse_message(struct job_message *m, const struct failure *why)
{
    for (size_t i = 0; i < m->n_recipients; i++)
        if (m->recipients[i].verdict == VERDICT_OPEN)
            recipient_refuse(&m->recipients[i], why);
}

/* How many messages can be sent; the others have their verdicts told. */
static size_t
prepare(struct job *job, struct failure *why)
{
    size_t n = 0;

    for (size_t i = 0; i < job->n_messages; i++)
        if (message_prepare(&job->messages[i], why)) {
            n++;
        } else {
            refuse_message(&job->messages[i], why);
            report_message(job, i, "");
        }
    return n;
}

static bool
run_session(struct guard *guard)
{
    if (guard->job->transport == JOB_PIPE)
        return pipe_run(guard);
    if (!guard->job->probe && !submit_start(guard))
        return false;
    if (!connect_server(guard) || !dialogue_open(guard) || !auth_run(guard))
        return false;
    return guard->job->probe ? transaction_probe(guard) : transaction_run(guard);
}

/* No core, no ptrace by others of the same user, no new privileges: a password passes through here. */
static void
harden(void)
{
    struct rlimit none = { 0, 0 };

    signal(SIGPIPE, SIG_IGN);
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

int
main(int argc, char **argv)
{
    struct failure why = { 0 };
    struct guard guard;
    struct job *job;
    bool ok, delivered;

    if (argc > 1) {
        bool version = strcmp(argv[1], "--version") == 0;

        if (version)
            puts(PACKAGE_STRING);
        else
            fputs("trapline-mail: takes no arguments: the collector gives it a job on standard input\n", stderr);
        return version ? 0 : 2;
    }
    harden();
    job = job_read(0, &why);
    if (job == NULL) {
        fprintf(stderr, "%s\n", why.text);
        report_refused(why.text);
        return 2;
    }
    if (!job->probe && prepare(job, &why) == 0) {
        report_session(job, false, CAUSE_JOB, "plain", why.text);
        job_free(job);
        return 4;
    }
    guard_start(&guard, job);
    /* The net below: it fires only if our own code hangs. */
    alarm((unsigned) ((guard.end_at - loop_clock() / LOOP_MS(1)) / 1000 + 10));
    ok = run_session(&guard);
    secret_forget(&guard);
    delivered = report_session(job, ok, ok ? CAUSE_NONE : guard.cause, guard_protection(&guard),
                               ok ? "done" : guard.why.text);
    guard_end(&guard);
    job_free(job);
    return delivered ? 0 : 4;
}
