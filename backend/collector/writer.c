/* Frames into the store, in transactions: at once when no more frames wait and somebody waits for an answer, else at
 * some thousand rows or after 20 ms. When the store fails, everything since the last commit is done again, with growing
 * gaps, until it works; meanwhile frames wait in the channel. */
#include "collector/writer.h"

#include "api/loop.h"
#include "collector/dispatch.h"
#include "collector/metrics.h"
#include "collector/settle.h"
#include "core/memory.h"
#include "io/log.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Pages in the WAL from which on it is written back: when nothing goes on, now and then, under full load. */
enum { ROWS_A_COMMIT = 4000, CHECKPOINT_IDLE = 64, CHECKPOINT_BUSY = 1000, CHECKPOINT_LOADED = 4000 };
#define COMMIT_WITHIN LOOP_MS(20)
#define CLOCK_STEP LOOP_S(300)
#define FINISH_WITHIN LOOP_S(5) /* for mail that is just being sent when we are told to stop */

struct writer {
    const struct settings *settings;
    const char *url, *metrics;
    struct loop *loop;
    struct channel channel;
    struct store *store;
    struct recorder *recorder;
    struct naming *naming;
    struct settler *settler;
    struct dispatch *dispatch;
    struct loop_timer *commit_timer, *again_timer;
    int64_t gap;       /* until the store is tried again */
    int64_t locked_since;
    bool in_transaction, stopping, broken;
    bool doubt;        /* something failed: what is read back may not be on the disk */
    uint64_t at, frame; /* read up to here: octets, number */
    size_t rows;
    int64_t last_commit, clock_offset, odd_offset, odd_since;
    uint64_t shot;      /* the sums that were written last */
    uint8_t *copy;
};

static void pump(void *arg);

static void
close_store(struct writer *writer)
{
    recorder_close(writer->recorder);
    store_close(writer->store);
    writer->recorder = NULL;
    writer->store = NULL;
    writer->in_transaction = false;
}

static void
on_again(void *arg)
{
    struct writer *writer = arg;

    writer->again_timer = NULL;
    pump(writer);
}

static void
tell_trouble(struct writer *writer, const char *words)
{
    snprintf(writer->channel.head->trouble, sizeof writer->channel.head->trouble, "%.255s", words);
}

/* A lock is gone in a moment; everything else is opened anew. */
static void
try_again(struct writer *writer, const struct failure *why)
{
    loop_cancel(writer->commit_timer);
    writer->commit_timer = NULL;
    if (why->kind == FAILURE_BUSY && writer->recorder != NULL && !writer->in_transaction) {
        writer->gap = LOOP_MS(2);
        if (writer->locked_since == 0)
            writer->locked_since = loop_clock();
        if (loop_clock() - writer->locked_since > LOOP_S(1) && writer->channel.head->trouble[0] == '\0') {
            log_write(LOG_LEVEL_WARNING, "%s; it has been for a second: notifications wait in memory", why->text);
            tell_trouble(writer, why->text);
        }
    } else {
        log_write(LOG_LEVEL_ERROR, "%s; notifications wait in memory, informs are not answered", why->text);
        tell_trouble(writer, why->text);
        writer->doubt = true;
        close_store(writer);
        writer->gap = writer->gap < LOOP_MS(100) ? LOOP_MS(100) : 2 * writer->gap;
        if (writer->gap > LOOP_S(5))
            writer->gap = LOOP_S(5);
    }
    if (writer->again_timer == NULL)
        writer->again_timer = loop_after(writer->loop, writer->gap, on_again, writer);
}

static bool
write_sums(struct writer *writer, struct failure *why)
{
    struct channel_head *head = writer->channel.head;
    struct ledger_sums sums[CHANNEL_LISTENERS];
    uint64_t shot = head->shot;

    if (shot == writer->shot)
        return true;
    channel_sums(&writer->channel, sums);
    for (uint32_t i = 0; i < head->n_listeners; i++)
        if (!record_sums(writer->recorder, head->listeners[i].name, &sums[i], why))
            return false;
    writer->shot = shot;
    return true;
}

/* The first transaction of a run: the ledger's rows of earlier runs become one, and listeners say who they are. */
static bool
first_words(struct writer *writer, struct failure *why)
{
    struct channel_head *head = writer->channel.head;

    if (!record_begin(writer->recorder, why))
        return false;
    writer->in_transaction = true;
    for (uint32_t i = 0; i < head->n_listeners; i++) {
        struct listener row = { .name = head->listeners[i].name, .address = head->listeners[i].address,
                                .asked = head->listeners[i].asked, .granted = head->listeners[i].granted };

        if (!record_listener(writer->recorder, &row, why) ||
            !record_outcome(writer->recorder, row.name, 0, 0, 0, why))
            return false;
    }
    writer->shot = UINT64_MAX;
    if (!record_sample(writer->recorder, why) || !write_sums(writer, why) || !record_fold(writer->recorder, why) ||
        !record_commit(writer->recorder, recorder_frame(writer->recorder), why))
        return false;
    writer->in_transaction = false;
    return true;
}

/* Where reading goes on: behind what is committed, stepping over frames that the store has but nobody was told. */
static bool
find_place(struct writer *writer)
{
    uint64_t done = recorder_frame(writer->recorder);

    writer->at = writer->channel.head->committed;
    writer->frame = writer->channel.head->committed_frame;
    while (writer->frame < done) {
        int got = channel_read(&writer->channel, &writer->at, writer->copy);

        if (got <= 0)
            return got == 0;
        writer->frame = ((const struct frame *) (const void *) writer->copy)->number;
    }
    return true;
}

/* After a failed sync the system may show what it has dropped, and say next time that all is well. So what is in the WAL
 * is written to the other file, and that one synced, before anybody is told. */
static bool
make_sure(struct writer *writer, struct failure *why)
{
    bool done;

    if (!writer->doubt)
        return true;
    if (!checkpoint_step(writer->store, &done, why))
        return false;
    if (!done)
        return failure_set(why, FAILURE_BUSY, "checkpoint: store %s is being read; try again", writer->url);
    writer->doubt = false;
    return true;
}

static void
ring_intake(void)
{
    uint64_t one = 1;

    if (write(FD_TO_INTAKE, &one, sizeof one) < 0 && errno != EAGAIN)
        log_write(LOG_LEVEL_ERROR, "doorbell: %s", strerror(errno));
}

static bool
open_store(struct writer *writer, struct failure *why)
{
    writer->store = store_open(writer->url, STORE_WRITER, why);
    if (writer->store == NULL)
        return false;
    writer->recorder = recorder_open(writer->store, writer->channel.head->run, why);
    if (writer->recorder == NULL)
        return false;
    if (!find_place(writer)) {
        writer->broken = true;
        return failure_set(why, FAILURE_PROTOCOL, "the channel from intake is broken; a new one is made");
    }
    if (!first_words(writer, why) || !make_sure(writer, why))
        return false;
    channel_commit(&writer->channel, writer->at, writer->frame);
    ring_intake();
    writer->channel.head->trouble[0] = '\0';
    log_write(LOG_LEVEL_INFO, "store open, frame %llu", (unsigned long long) writer->frame);
    writer->gap = 0;
    return true;
}

static bool
begin(struct writer *writer, struct failure *why)
{
    if (writer->in_transaction)
        return true;
    if (!store_is_there(writer->store, why) || !record_begin(writer->recorder, why))
        return false;
    writer->in_transaction = true;
    writer->rows = 0;
    settle_begin(writer->settler);
    return true;
}

static bool
commit(struct writer *writer, struct failure *why)
{
    loop_cancel(writer->commit_timer);
    writer->commit_timer = NULL;
    if (!settle_end(writer->settler, writer->recorder, why) || !write_sums(writer, why) ||
        !record_commit(writer->recorder, writer->frame, why))
        return false;
    writer->in_transaction = false;
    writer->last_commit = loop_clock();
    channel_commit(&writer->channel, writer->at, writer->frame);
    writer->channel.head->trouble[0] = '\0';
    writer->locked_since = 0;
    ring_intake();
    return true;
}

/* Mail has its turn between two transactions. */
static void
turn_dispatch(struct writer *writer)
{
    if (writer->store != NULL && !writer->in_transaction && dispatch_due(writer->dispatch))
        dispatch_work(writer->dispatch, writer->store);
}

static void
on_commit_timer(void *arg)
{
    struct writer *writer = arg;
    struct failure why;

    writer->commit_timer = NULL;
    if (writer->in_transaction && !commit(writer, &why))
        try_again(writer, &why);
    else
        turn_dispatch(writer);
}

static bool
checkpoint(struct writer *writer, int above, struct failure *why)
{
    bool done;

    return checkpoint_pages(writer->store) < above || checkpoint_step(writer->store, &done, why);
}

/* All frames that wait, or as many as make a transaction. True in *more when the ring was not emptied. */
static bool
take_frames(struct writer *writer, bool *more, struct failure *why)
{
    *more = false;
    for (;;) {
        int got;

        if (writer->in_transaction && writer->rows >= ROWS_A_COMMIT) {
            *more = true;
            if (!commit(writer, why) || !checkpoint(writer, CHECKPOINT_LOADED, why))
                return false;
            turn_dispatch(writer);
            return true;
        }
        if (writer->at == writer->channel.head->told)
            return true;
        if (!begin(writer, why))
            return false;
        got = channel_read(&writer->channel, &writer->at, writer->copy);
        if (got <= 0) {
            writer->broken = got < 0;
            return got == 0 || failure_set(why, FAILURE_PROTOCOL, "the channel from intake is broken; a new one is "
                                           "made");
        }
        writer->frame = ((const struct frame *) (const void *) writer->copy)->number;
        if (!settle_frame(writer->settler, writer->recorder, writer->copy, why))
            return false;
        writer->rows++;
    }
}

static void
pump(void *arg)
{
    struct writer *writer = arg;
    struct failure why = { 0 };
    bool more;

    if (writer->again_timer != NULL)
        return;
    if ((writer->recorder == NULL && !open_store(writer, &why)) || !take_frames(writer, &more, &why)) {
        if (writer->broken) {
            log_write(LOG_LEVEL_ERROR, "%s", why.text);
            loop_stop(writer->loop);
            return;
        }
        try_again(writer, &why);
        return;
    }
    if (more)
        writer->again_timer = loop_after(writer->loop, 0, on_again, writer);
    else if (writer->in_transaction && (settle_informs(writer->settler) > 0 || writer->stopping)) {
        if (!commit(writer, &why))
            try_again(writer, &why);
    } else if (writer->in_transaction && writer->commit_timer == NULL)
        writer->commit_timer = loop_after(writer->loop, COMMIT_WITHIN, on_commit_timer, writer);
    turn_dispatch(writer);
    if (writer->stopping && !more && !writer->in_transaction && writer->again_timer == NULL &&
        !dispatch_finish(writer->dispatch))
        loop_stop(writer->loop);
}

static void
on_frames(void *arg, int fd, unsigned events)
{
    uint64_t rings;

    (void) events;
    if (read(fd, &rings, sizeof rings) > 0)
        pump(arg);
}

/* Does the wall clock go with the monotonic one? After a step it is not believed until it has stayed so for a day. */
static bool
clock_is_right(struct writer *writer)
{
    int64_t offset = loop_wall() - loop_clock();

    if (offset - writer->clock_offset < CLOCK_STEP && writer->clock_offset - offset < CLOCK_STEP)
        return true;
    if (offset - writer->odd_offset > CLOCK_STEP || writer->odd_offset - offset > CLOCK_STEP) {
        log_write(LOG_LEVEL_WARNING, "the clock was set by %lld s: for a day nothing is removed for its age",
                  (long long) ((offset - writer->clock_offset) / LOOP_S(1)));
        writer->odd_offset = offset;
        writer->odd_since = loop_clock();
    } else if (loop_clock() - writer->odd_since > LOOP_S(86400)) {
        writer->clock_offset = offset;
    }
    return false;
}

static bool
retain(struct writer *writer, bool *more, struct failure *why)
{
    long days = settings_number(writer->settings, "keep-days"), rows = settings_number(writer->settings, "keep-rows");
    long mebioctets = settings_number(writer->settings, "keep-mib");
    struct retention bounds = { .rows = rows > 0 ? (uint64_t) rows : 0, .now = loop_wall(),
                                .octets = mebioctets > 0 ? (uint64_t) mebioctets << 20 : 0 };

    if (days > 0 && clock_is_right(writer))
        bounds.before = bounds.now - days * LOOP_S(86400);
    *more = false;
    if (bounds.rows == 0 && bounds.octets == 0 && bounds.before == 0)
        return true;
    return retention_step(writer->store, &bounds, more, why);
}

static void
on_upkeep(void *arg)
{
    struct writer *writer = arg;
    struct failure why;
    bool more = false, good = true;

    if (writer->recorder != NULL && !writer->in_transaction && writer->again_timer == NULL) {
        if (writer->channel.head->shot != writer->shot)
            good = begin(writer, &why) && commit(writer, &why);
        if (good)
            good = checkpoint(writer, loop_clock() - writer->last_commit > LOOP_MS(200) ? CHECKPOINT_IDLE :
                                                                                          CHECKPOINT_BUSY, &why);
        if (good)
            good = retain(writer, &more, &why);
        if (good && writer->metrics != NULL && writer->channel.head->trouble[0] == '\0')
            metrics_write(writer->store, writer->channel.head, writer->metrics);
        if (good)
            turn_dispatch(writer);
        else
            try_again(writer, &why);
    }
    if (writer->channel.head->trouble[0] != '\0' && writer->metrics != NULL)
        metrics_write(NULL, writer->channel.head, writer->metrics);
    loop_after(writer->loop, more ? LOOP_MS(10) : LOOP_MS(500), on_upkeep, writer);
}

static void
on_finish_late(void *arg)
{
    struct writer *writer = arg;

    if (!writer->in_transaction)
        loop_stop(writer->loop);
    else
        loop_after(writer->loop, COMMIT_WITHIN, on_finish_late, writer);
}

static void
on_stop(void *arg, int signal)
{
    struct writer *writer = arg;

    (void) signal;
    writer->stopping = true;
    loop_after(writer->loop, FINISH_WITHIN, on_finish_late, writer);
    if (writer->recorder == NULL)
        loop_stop(writer->loop);
    else
        pump(writer);
}

int
writer_run(const struct settings *settings, const struct paths *paths, const char *store, const char *metrics)
{
    static struct writer writer;
    struct failure why = { 0 };

    writer.settings = settings;
    writer.url = store;
    writer.metrics = metrics;
    writer.clock_offset = writer.odd_offset = loop_wall() - loop_clock();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* beyond a limit on the size of files a write fails like on a full disk */
    if (!channel_map(FD_CHANNEL, &writer.channel, &why) || (writer.loop = loop_new(&why)) == NULL ||
        !loop_signal(writer.loop, SIGTERM, on_stop, &writer, &why) ||
        !loop_signal(writer.loop, SIGINT, on_stop, &writer, &why)) {
        log_write(LOG_LEVEL_ERROR, "%s", why.text);
        return EXIT_CHANNEL;
    }
    writer.doubt = writer.channel.head->trouble[0] != '\0';
    writer.copy = memory_alloc(FRAME_MAX);
    writer.naming = naming_new(settings, writer.loop);
    writer.settler = settler_new(writer.naming, writer.channel.head);
    writer.dispatch = dispatch_new(writer.loop, settings, paths, pump, &writer);
    loop_watch(writer.loop, FD_TO_WRITER, LOOP_READ, on_frames, &writer);
    loop_after(writer.loop, LOOP_MS(300), on_upkeep, &writer);
    pump(&writer);
    if (!writer.broken)
        loop_run(writer.loop);
    if (writer.in_transaction && !commit(&writer, &why))
        log_write(LOG_LEVEL_ERROR, "%s", why.text);
    if (writer.store != NULL)
        checkpoint(&writer, 1, &why);
    dispatch_free(writer.dispatch);
    close_store(&writer);
    settler_free(writer.settler);
    naming_free(writer.naming);
    channel_unmap(&writer.channel);
    loop_free(writer.loop);
    free(writer.copy);
    return writer.broken ? EXIT_CHANNEL : 0;
}
