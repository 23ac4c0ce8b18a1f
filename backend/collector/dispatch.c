#include "collector/dispatch.h"

#include "collector/delivery.h"
#include "collector/digests.h"
#include "core/memory.h"
#include "io/capture.h"
#include "io/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum {
    MAILS_A_SESSION = 50,
    OCTETS_A_SESSION = 24 << 20,
    REPORT_MAX = 8 << 20,
    HELLO_MAX = 254,
};
#define LOOK_EVERY LOOP_MS(500)
#define LOOK_AGAIN LOOP_S(2)
#define HOUR LOOP_S(3600)
/* A mail's own gaps, and those of a relay that cannot be used at all. */
#define MAIL_GAP LOOP_S(60)
#define MAIL_GAP_MAX LOOP_S(3600)
#define RELAY_GAP LOOP_S(5)
#define RELAY_GAP_MAX LOOP_S(900)

struct relay {
    struct dispatch *dispatch;
    const struct mail_setting *setting;
    struct outbox_relay health;
    bool health_known, alone; /* alone: one mail a session, to find the one that cannot be sent */
    struct delivery *delivery;  /* at work, or ended and not recorded */
    struct request *child;      /* at work */
    int64_t started;
    size_t recorded;            /* of the delivery's mails */
};

struct dispatch {
    struct loop *loop;
    const struct settings *settings;
    struct digests *digests;
    loop_fn *wish;
    void *arg;
    struct relay *relays;
    size_t n;
    char owner[64], hello[HELLO_MAX], program[1024];
    int64_t next; /* monotonic: when to work again */
    struct loop_timer *soon; /* when that is before anybody looks */
    bool recovered, finishing, complained;
};

/* Twenty percent up or down, so that many that failed together do not come back together. */
static int64_t
jittered(int64_t gap)
{
    uint16_t random = 0x8000;

    if (getrandom(&random, sizeof random, GRND_NONBLOCK) != sizeof random)
        random = 0x8000;
    return gap - gap / 5 + gap * 2 / 5 * random / 0xffff;
}

static int64_t
growing(int64_t gap, int64_t most, int times)
{
    while (times-- > 0 && gap < most)
        gap *= 2;
    return jittered(gap < most ? gap : most);
}

static void
find_hello(char *out)
{
    if (gethostname(out, HELLO_MAX) < 0 || out[0] == '\0' ||
        strspn(out, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") != strlen(out))
        snprintf(out, HELLO_MAX, "localhost");
}

struct dispatch *
dispatch_new(struct loop *loop, const struct settings *settings, const struct paths *paths, loop_fn *wish, void *arg)
{
    struct dispatch *d = memory_zero(1, sizeof *d);
    const struct mail_setting *mails;
    struct failure why;

    d->loop = loop;
    d->settings = settings;
    d->wish = wish;
    d->arg = arg;
    d->digests = digests_new(settings, paths->snapshot);
    d->n = settings_mails(settings, &mails);
    d->relays = memory_zero(d->n + 1, sizeof *d->relays);
    for (size_t i = 0; i < d->n; i++)
        d->relays[i] = (struct relay) { .dispatch = d, .setting = &mails[i] };
    snprintf(d->owner, sizeof d->owner, "%ld.%lld", (long) getpid(), (long long) loop_wall());
    find_hello(d->hello);
    if (!paths_program("trapline-mail", d->program, sizeof d->program, &why))
        log_write(LOG_LEVEL_ERROR, "no mail can be sent: %s", why.text);
    return d;
}

void
dispatch_free(struct dispatch *d)
{
    if (d == NULL)
        return;
    loop_cancel(d->soon);
    for (size_t i = 0; i < d->n; i++) {
        request_cancel(d->relays[i].child);
        delivery_free(d->relays[i].delivery);
    }
    digests_free(d->digests);
    free(d->relays);
    free(d);
}

bool
dispatch_due(const struct dispatch *d)
{
    return loop_clock() >= d->next;
}

static void
wake_at(struct dispatch *d, int64_t wall, int64_t now)
{
    int64_t in = wall <= now ? 0 : wall - now;

    if (in < LOOK_EVERY && loop_clock() + in < d->next)
        d->next = loop_clock() + in;
}

/* --- a session --- */

static void
on_report(void *arg, const struct capture_reply *reply)
{
    struct relay *r = arg;
    const char *otherwise = reply->failure != NULL ? reply->failure->text : "the mail program said nothing of it";

    r->child = NULL;
    delivery_read(r->delivery, reply->out, otherwise);
    if (reply->n_err > 0)
        log_write(LOG_LEVEL_WARNING, "mail \"%s\": %.400s", r->setting->name, reply->err);
    r->dispatch->next = loop_clock();
    r->dispatch->wish(r->dispatch->arg);
}

static void
start(struct relay *r)
{
    struct dispatch *d = r->dispatch;
    const char *argv[] = { d->program, NULL };
    struct child_options options = { .argv = argv, .deadline = LOOP_S(r->setting->timeout_s) * 4 + LOOP_S(20) };

    delivery_close(r->delivery);
    r->started = loop_wall();
    r->recorded = 0;
    r->child = capture_start(d->loop, "trapline-mail", &options, r->delivery->job.at, r->delivery->job.n, REPORT_MAX,
                             on_report, r);
}

static bool
add_mail(void *arg, const struct mail *mail)
{
    struct relay *r = arg;
    struct failure why;

    if (!delivery_add(r->delivery, mail, &why))
        log_write(LOG_LEVEL_ERROR, "%s", why.text);
    return false;
}

static size_t
at_work(const struct dispatch *d)
{
    size_t n = 0;

    for (size_t i = 0; i < d->n; i++)
        n += d->relays[i].delivery != NULL ? d->relays[i].delivery->n_mails : 0;
    return n;
}

/* Mail that names no relay goes by the first that works. */
static bool
takes_any(const struct relay *r, int64_t now)
{
    const struct dispatch *d = r->dispatch;

    for (const struct relay *before = d->relays; before < r; before++)
        if (before->health.failures == 0 || before->health.next_try <= now)
            return false;
    return true;
}

static bool
claim(struct relay *r, struct store *store, int64_t now, struct failure *why)
{
    struct dispatch *d = r->dispatch;
    int64_t ids[MAILS_A_SESSION];
    size_t n = 0, limit = r->alone || r->health.failures > 0 ? 1 : MAILS_A_SESSION;
    uint64_t sent, budget = (uint64_t) r->setting->budget_per_hour;
    struct outbox_claim claim = { .relay = r->setting->name, .owner = d->owner, .any = takes_any(r, now), .now = now,
                                  .each = (uint64_t) r->setting->budget_per_recipient,
                                  .lease_until = now + LOOP_S(r->setting->timeout_s) * 4 + LOOP_S(60),
                                  .limit = limit, .octets = OCTETS_A_SESSION };

    if (!outbox_sent_since(store, now - HOUR, &sent, why))
        return false;
    sent += at_work(d);
    claim.first_only = sent >= budget;
    if (!claim.first_only && budget - sent < claim.limit)
        claim.limit = budget - sent;
    if (!outbox_claim(store, &claim, ids, &n, why) || n == 0)
        return why->kind == FAILURE_NONE;
    r->delivery = delivery_new(r->setting, d->hello);
    delivery_known(r->delivery, r->health.known);
    for (size_t i = 0; i < n; i++)
        if (!outbox_one(store, ids[i], add_mail, r, why))
            return false;
    start(r);
    return true;
}

/* --- what came of it --- */

/* A 4xx of its own: again later. A session that came to nothing leaves the mail due, and the relay waits. */
static int64_t
due_again(const struct delivery_mail *m, int64_t now)
{
    for (size_t i = 0; i < m->n_verdicts; i++)
        if (m->verdicts[i].counts && m->verdicts[i].state != MAIL_SENT && m->verdicts[i].state != MAIL_DEAD)
            return now + growing(MAIL_GAP, MAIL_GAP_MAX, m->attempts);
    return 0;
}

/* What cannot be put into a job at all will never go; of several, the one is found by sending each alone. */
static void
refuse_impossible(struct relay *r)
{
    struct delivery *d = r->delivery;

    if (strcmp(d->cause, "job") != 0)
        return;
    r->alone = d->n_mails > 1;
    if (d->n_mails == 1)
        for (size_t i = 0; i < d->mails[0].n_verdicts; i++) {
            d->mails[0].verdicts[i].state = MAIL_DEAD;
            d->mails[0].verdicts[i].counts = true;
        }
}

static bool
record_mail(struct relay *r, struct store *store, const struct delivery_mail *m, int64_t now, struct failure *why)
{
    struct outbox_result result = {
        .id = m->id, .started = r->started, .now = now, .due = due_again(m, now), .relay = r->setting->name,
        .cause = r->delivery->cause, .protection = r->delivery->protection, .words = r->delivery->words,
        .talk = m->talk.at != NULL ? m->talk.at : "", .verdicts = m->verdicts, .n_verdicts = m->n_verdicts,
    };

    for (size_t i = 0; i < m->n_verdicts; i++)
        if (m->verdicts[i].state == MAIL_DEAD)
            log_write(LOG_LEVEL_WARNING, "mail %lld to %s is dead: %d %s %s", (long long) m->id, m->verdicts[i].address,
                      m->verdicts[i].code, m->verdicts[i].enhanced, m->verdicts[i].words);
    return outbox_record(store, r->dispatch->owner, &result, why);
}

static bool
record_health(struct relay *r, struct store *store, int64_t now, struct failure *why)
{
    struct delivery *d = r->delivery;
    bool works = d->ok || d->spoke || strcmp(d->cause, "job") == 0, unsafe = delivery_is_unsafe(d);

    r->health.failures = works ? 0 : r->health.failures + 1;
    r->health.next_try = works ? 0 : now + growing(RELAY_GAP, RELAY_GAP_MAX, r->health.failures - 1);
    r->health.at = now;
    snprintf(r->health.cause, sizeof r->health.cause, "%s", d->ok ? "none" : d->cause);
    snprintf(r->health.words, sizeof r->health.words, "%s", d->words);
    delivery_remember(d, r->health.known, sizeof r->health.known);
    if (d->ok || d->spoke) /* one that only cannot be reached, or was not asked, has not become safe */
        r->health.alarm[0] = '\0';
    else if (unsafe)
        snprintf(r->health.alarm, sizeof r->health.alarm, "%s", d->cause);
    if (!works)
        log_write(unsafe ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, "mail \"%s\": %s: %s; %zu wait, tried again in %lld s",
                  r->setting->name, d->cause, d->words, d->n_mails,
                  (long long) ((r->health.next_try - now) / LOOP_S(1)));
    return outbox_relay_write(store, &r->health, why);
}

static bool
record(struct relay *r, struct store *store, int64_t now, struct failure *why)
{
    refuse_impossible(r);
    for (; r->recorded < r->delivery->n_mails; r->recorded++)
        if (!record_mail(r, store, &r->delivery->mails[r->recorded], now, why))
            return false;
    if (!record_health(r, store, now, why))
        return false;
    if (strcmp(r->delivery->cause, "job") != 0)
        r->alone = false;
    delivery_free(r->delivery);
    r->delivery = NULL;
    return true;
}

/* --- a turn --- */

static bool
turn_relay(struct relay *r, struct store *store, int64_t now, struct failure *why)
{
    if (r->delivery != NULL && r->child == NULL && !record(r, store, now, why))
        return false;
    if (r->delivery != NULL || r->dispatch->finishing || r->dispatch->program[0] == '\0')
        return true;
    /* read again while it waits: a person may have said "now" */
    if ((!r->health_known || r->health.next_try > now) && !outbox_relay_read(store, r->setting->name, &r->health, why))
        return false;
    r->health_known = true;
    return r->health.next_try > now || claim(r, store, now, why);
}

/* What an earlier collector left: its leases, and relays that were taken out of the settings. */
static bool
recover(struct dispatch *d, struct store *store, int64_t now, struct failure *why)
{
    struct buf names = { 0 };

    if (d->recovered)
        return true;
    buf_text(&names, "\n");
    for (size_t i = 0; i < d->n; i++)
        buf_format(&names, "%s\n", d->relays[i].setting->name);
    d->recovered = outbox_recover(store, d->owner, now, why) && outbox_relay_keep(store, names.at, why);
    buf_free(&names);
    return d->recovered;
}

static bool
turn(struct dispatch *d, struct store *store, int64_t now, struct failure *why)
{
    struct failure untold = { 0 };
    int64_t wake;
    size_t expired;
    bool queued = false;

    if (!recover(d, store, now, why) || !outbox_expire(store, now, &expired, why))
        return false;
    if (expired > 0)
        log_write(LOG_LEVEL_WARNING, "%zu mails were not delivered within their lifetime and are dead", expired);
    if (!d->finishing && digests_step(d->digests, store, now, &wake, &queued, &untold))
        wake_at(d, wake, now);
    for (size_t i = 0; i < d->n; i++)
        if (!turn_relay(&d->relays[i], store, now, why))
            return false;
    if (untold.kind != FAILURE_NONE) /* a digest that cannot be made keeps no mail back */
        *why = untold;
    return untold.kind == FAILURE_NONE;
}

static void
on_soon(void *arg)
{
    struct dispatch *d = arg;

    d->soon = NULL;
    d->wish(d->arg);
}

void
dispatch_work(struct dispatch *d, struct store *store)
{
    int64_t look = loop_clock() + LOOK_EVERY;
    struct failure why = { 0 };
    bool good;

    d->next = look;
    good = turn(d, store, loop_wall(), &why);
    if (!good) {
        if (why.kind != FAILURE_BUSY && !d->complained)
            log_write(LOG_LEVEL_ERROR, "mail: %s; tried again", why.text);
        d->next = loop_clock() + (why.kind == FAILURE_BUSY ? LOOP_MS(20) : LOOK_AGAIN);
    }
    d->complained = !good && why.kind != FAILURE_BUSY;
    if (d->soon == NULL && d->next < look)
        d->soon = loop_after(d->loop, d->next > loop_clock() ? d->next - loop_clock() : 0, on_soon, d);
}

bool
dispatch_finish(struct dispatch *d)
{
    bool busy = false;

    d->finishing = true;
    for (size_t i = 0; i < d->n; i++)
        busy = busy || d->relays[i].delivery != NULL;
    return busy;
}
