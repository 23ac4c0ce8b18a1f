#include "collector/digests.h"

#include "api/digest.h"
#include "api/loop.h"
#include "api/mib.h"
#include "collector/schedule.h"
#include "core/memory.h"
#include "io/log.h"
#include "store/digest_queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_A_STEP = 500 };

struct digest_task {
    const struct digest_setting *setting;
    enum severity severity;
    int64_t looked; /* no row up to here is bad enough and untold */
    int64_t found;  /* the first that is, 0: none known */
    int64_t due;    /* when it is to be told */
};

/* The one that is being made: rows are added over several steps. */
struct making {
    struct digest_task *task;
    struct digest *digest;
    int64_t at, end, replaces, wanted;
};

struct digests {
    const struct settings *settings;
    const char *snapshot;
    struct digest_task *tasks;
    size_t n;
    struct making making;
    struct mib *mib;
};

struct digests *
digests_new(const struct settings *settings, const char *snapshot)
{
    struct digests *d = memory_zero(1, sizeof *d);
    const struct digest_setting *list;
    size_t n = settings_digests(settings, &list);

    d->settings = settings;
    d->snapshot = snapshot;
    d->tasks = memory_zero(n + 1, sizeof *d->tasks);
    for (size_t i = 0; i < n; i++) {
        struct digest_task *task = &d->tasks[d->n++];

        task->setting = &list[i];
        if (list[i].severity != NULL)
            severity_parse(list[i].severity, &task->severity);
    }
    return d;
}

static void
drop_making(struct digests *d)
{
    digest_free(d->making.digest);
    mib_close(d->mib);
    d->mib = NULL;
    memset(&d->making, 0, sizeof d->making);
}

void
digests_free(struct digests *d)
{
    if (d == NULL)
        return;
    drop_making(d);
    free(d->tasks);
    free(d);
}

static bool
add_row(void *arg, const struct notification *n)
{
    struct digests *d = arg;
    struct digest_names names = digest_names_of(d->mib);

    if (n->id > d->making.end)
        return false;
    d->making.at = n->id;
    if (n->severity >= d->making.task->severity)
        digest_add(d->making.digest, n, &names);
    return true;
}

/* A digest begins where it stood; a mail of it that nobody has tried yet (the relay is down) is folded into it. */
static bool
begin(struct digests *d, struct digest_task *task, struct store *store, const struct digest_cursor *cursor, int64_t end,
      int64_t now, struct failure *why)
{
    bool fold = false;

    if (cursor->mail != 0 && !digest_untouched(store, cursor->mail, &fold, why))
        return false;
    drop_making(d);
    d->mib = mib_open(d->snapshot, NULL);
    d->making = (struct making) { .task = task, .digest = digest_new(task->setting->name, now), .end = end,
                                  .at = fold && cursor->first > 0 ? cursor->first - 1 : cursor->upto,
                                  .replaces = fold ? cursor->mail : 0 };
    return true;
}

/* The mail and the cursor, in one transaction. */
static bool
put_into_outbox(struct digests *d, struct store *store, struct failure *why)
{
    const struct digest_setting *s = d->making.task->setting;
    struct digest *digest = d->making.digest;
    struct mail_recipient to[MAIL_RECIPIENTS_MAX] = { { 0 } };
    struct buf subject = { 0 }, text = { 0 }, html = { 0 }, csv = { 0 };
    char cause[160], message_id[200], file[160];
    struct mail_attachment attachment = { .name = file, .type = "text/csv" };
    struct ledger ledger;
    struct mail mail = { .relay = s->mail, .cause = cause, .recipients = to, .message_id = message_id };
    int64_t id = 0, first;
    bool done;

    if (!ledger_read(store, &ledger, why))
        return false;
    digest_set_ledger(digest, &ledger);
    for (size_t i = 0; i < s->to.n && i < MAIL_RECIPIENTS_MAX; i++)
        to[mail.n_recipients++].address = s->to.items[i];
    snprintf(cause, sizeof cause, "digest %s", s->name);
    digest_file(digest, file, sizeof file);
    digest_message_id(digest, store_uuid(store), message_id, sizeof message_id);
    if (digest_events(digest) == 0)
        mail.message_id = NULL; /* an empty one has no rows to be named by */
    digest_subject(digest, &subject);
    digest_text(digest, &text);
    digest_html(digest, &html);
    mail.subject = subject.at;
    mail.text = text.at;
    mail.html = html.at;
    if (digest_events(digest) > 0) {
        digest_csv(digest, &csv);
        attachment.octets = (const uint8_t *) csv.at;
        attachment.n = csv.n;
        mail.attachments = &attachment;
        mail.n_attachments = 1;
    }
    first = digest_events(digest) > 0 ? digest_first(digest) : d->making.end;
    done = digest_commit(store, s->name, &mail, first, d->making.end, d->making.replaces, &id, why);
    if (done)
        log_write(LOG_LEVEL_INFO, "digest %s: mail %lld, %llu notifications", s->name, (long long) id,
                  (unsigned long long) digest_events(digest));
    buf_free(&subject);
    buf_free(&text);
    buf_free(&html);
    buf_free(&csv);
    return done;
}

/* Some more rows; the mail when all are in. */
static bool
go_on(struct digests *d, struct store *store, bool *queued, struct failure *why)
{
    struct making *m = &d->making;
    int64_t before = m->at;

    if (m->at < m->end && !journal_after(store, m->at, ROWS_A_STEP, add_row, d, why))
        return false;
    if (m->at < m->end && m->at > before)
        return true;
    if (!put_into_outbox(d, store, why)) {
        if (why->kind == FAILURE_BUSY) { /* what was to be folded is being sent: begin anew behind it */
            drop_making(d);
            return true;
        }
        return false;
    }
    m->task->looked = m->end;
    m->task->found = 0;
    drop_making(d);
    *queued = true;
    return true;
}

/* As it happens: `wait` after the first that is bad enough, and not within `interval` of the mail before. */
static bool
look(struct digest_task *task, struct store *store, const struct digest_cursor *cursor, int64_t newest,
     struct failure *why)
{
    int64_t after = task->looked > cursor->upto ? task->looked : cursor->upto, received = 0;

    if (task->found > cursor->upto || newest <= after)
        return true;
    if (!digest_look(store, after, newest, task->severity, &task->found, &received, why))
        return false;
    if (task->found == 0) {
        task->looked = newest;
        return true;
    }
    task->looked = task->found;
    task->due = received + LOOP_S(task->setting->wait_s);
    if (cursor->mail != 0 && cursor->last_run + LOOP_S(task->setting->interval_s) > task->due)
        task->due = cursor->last_run + LOOP_S(task->setting->interval_s);
    return true;
}

/* Is it time for this one? *wake is brought forward to when it may be. */
static bool
is_due(struct digest_task *task, struct store *store, const struct digest_cursor *cursor, int64_t newest, int64_t now,
       int64_t *wake, bool *due, struct failure *why)
{
    *due = false;
    if (task->setting->at != NULL) {
        *due = schedule_last(task->setting->at, task->setting->time_zone, now) > cursor->last_run;
        return true;
    }
    if (!look(task, store, cursor, newest, why))
        return false;
    if (task->found <= cursor->upto)
        return true;
    *due = now >= task->due;
    if (!*due && task->due < *wake)
        *wake = task->due;
    return true;
}

static bool
check_task(struct digests *d, struct digest_task *task, struct store *store, int64_t now, int64_t *wake,
           struct failure *why)
{
    int64_t oldest, newest;
    struct digest_cursor cursor;
    bool due;

    if (!journal_bounds(store, &oldest, &newest, why) || !digest_cursor_read(store, task->setting->name, &cursor, why))
        return false;
    if (!cursor.exists) /* what came before the digest was there is not told */
        return digest_cursor_begin(store, task->setting->name, newest, now, why);
    if (!is_due(task, store, &cursor, newest, now, wake, &due, why))
        return false;
    return !due || begin(d, task, store, &cursor, newest, now, why);
}

bool
digests_step(struct digests *d, struct store *store, int64_t now, int64_t *wake, bool *queued, struct failure *why)
{
    *wake = INT64_MAX;
    *queued = false;
    for (size_t i = 0; i < d->n && d->making.task == NULL; i++)
        if (!check_task(d, &d->tasks[i], store, now, wake, why))
            return false;
    if (d->making.task == NULL)
        return true;
    *wake = now;
    if (go_on(d, store, queued, why))
        return true;
    drop_making(d);
    return false;
}
