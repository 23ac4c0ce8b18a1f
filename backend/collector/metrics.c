/* Prometheus' text format, version 0.0.4. */
#include "collector/metrics.h"

#include "api/loop.h"
#include "core/memory.h"
#include "io/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SENDERS_TOLD = 200 };

/* All lines of a metric stand together: each has a text of its own until the end. */
enum metric { RECEIVED, OUTCOME, WAITING, REJECTED, KERNEL_DROPS, INFORMS, BUFFER, SENDER, METRICS };
static const struct {
    const char *name, *type, *help;
} kinds[METRICS] = {
    [RECEIVED] = { "trapline_received_total", "counter", "Datagrams read from the socket." },
    [OUTCOME] = { "trapline_outcome_total", "counter", "What became of them, beside the rejected and the waiting." },
    [WAITING] = { "trapline_waiting", "gauge", "Notifications in memory that are not in the store yet." },
    [REJECTED] = { "trapline_rejected_total", "counter", "Datagrams of senders that were turned away." },
    [KERNEL_DROPS] = { "trapline_kernel_drops_total", "counter", "Datagrams that the kernel dropped: the buffer was full." },
    [INFORMS] = { "trapline_informs_answered_total", "counter", "Informs answered, copies included." },
    [SENDER] = { "trapline_sender_total", "counter", "What became of the datagrams of the busiest senders." },
    [BUFFER] = { "trapline_receive_buffer_bytes", "gauge", "Of the socket, as granted." },
};

/* Within double quotes: backslash, quote and line feed are escaped. */
static void
add_label(struct buf *out, const char *value)
{
    for (; *value != '\0'; value++)
        buf_format(out, *value == '\\' || *value == '"' ? "\\%c" : *value == '\n' ? "\\n" : "%c", *value);
}

static void
add_line(struct buf *out, enum metric metric, const char *who, const char *label, const char *value, uint64_t n)
{
    buf_format(&out[metric], "%s{%s=\"", kinds[metric].name, metric == SENDER ? "sender" : "listener");
    add_label(&out[metric], who);
    if (label != NULL && value != NULL) {
        buf_format(&out[metric], "\",%s=\"", label);
        add_label(&out[metric], value);
    }
    buf_format(&out[metric], "\"} %llu\n", (unsigned long long) n);
}

static bool
add_listener(void *arg, const struct listener *listener)
{
    struct buf *out = arg;
    const struct ledger *l = &listener->ledger;
    const struct {
        const char *what;
        uint64_t n;
    } outcomes[] = {
        { "stored", l->stored }, { "duplicate", l->duplicate }, { "dropped", l->dropped },
        { "malformed", l->malformed }, { "protocol", l->protocol }, { "lost_overflow", l->lost_overflow },
        { "lost_restart", l->lost_restart },
    };

    add_line(out, RECEIVED, listener->name, NULL, NULL, l->received);
    for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++)
        add_line(out, OUTCOME, listener->name, "outcome", outcomes[i].what, outcomes[i].n);
    add_line(out, WAITING, listener->name, NULL, NULL, l->waiting);
    for (int i = 0; i < REJECT_CAUSES; i++)
        add_line(out, REJECTED, listener->name, "cause", reject_cause_words((enum reject_cause) i), l->by_cause[i]);
    add_line(out, KERNEL_DROPS, listener->name, NULL, NULL, l->kernel_drops);
    add_line(out, INFORMS, listener->name, NULL, NULL, l->informs_answered);
    add_line(out, BUFFER, listener->name, NULL, NULL, listener->granted);
    return true;
}

static bool
add_sender(void *arg, const struct sender_count *sender)
{
    add_line(arg, SENDER, sender->source, "outcome", "stored", sender->stored);
    add_line(arg, SENDER, sender->source, "outcome", "duplicate", sender->duplicate);
    add_line(arg, SENDER, sender->source, "outcome", "dropped", sender->dropped);
    add_line(arg, SENDER, sender->source, "outcome", "rejected", sender->rejected);
    return true;
}

static bool
replace(const char *path, const struct buf *text)
{
    struct buf fresh = { 0 };
    bool good;
    int fd;

    buf_format(&fresh, "%s.new", path);
    fd = open(fresh.at, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    good = fd >= 0 && write(fd, text->at, text->n) == (ssize_t) text->n;
    if (fd >= 0)
        close(fd);
    good = good && rename(fresh.at, path) == 0;
    if (!good)
        log_write(LOG_LEVEL_WARNING, "metrics: %s: %s", path, strerror(errno));
    buf_free(&fresh);
    return good;
}

static void
add_restarts(struct buf *text, const struct channel_head *head)
{
    static const char *const parts[] = { "intake", "writer", "streams", "tls" };

    buf_text(text, "# HELP trapline_restarts_total How often a part of the collector ended and was started again.\n"
             "# TYPE trapline_restarts_total counter\n");
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        buf_format(text, "trapline_restarts_total{part=\"%s\"} %u\n", parts[i], head->restarts[i]);
}

static void
add_state(struct buf *text, const struct channel_head *head, bool ready)
{
    uint64_t committed = head->committed_frame, written = head->written_frame;

    buf_format(text, "# HELP trapline_store_ready 0 while the store takes nothing: the sums are of before, then.\n"
               "# TYPE trapline_store_ready gauge\ntrapline_store_ready %d\n"
               "# HELP trapline_frames_in_memory What waits for the store.\n"
               "# TYPE trapline_frames_in_memory gauge\ntrapline_frames_in_memory %llu\n", ready,
               (unsigned long long) (written > committed ? written - committed : 0));
}

static bool
add_ledger(struct buf *text, struct store *store)
{
    struct buf metrics[METRICS] = { { 0 } };
    struct failure why;
    bool good = ledger_listeners(store, add_listener, metrics, &why) &&
                ledger_senders(store, SENDERS_TOLD, add_sender, metrics, &why);

    buf_clear(text);
    for (int i = 0; i < METRICS; i++) {
        buf_format(text, "# HELP %s %s\n# TYPE %s %s\n", kinds[i].name, kinds[i].help, kinds[i].name, kinds[i].type);
        if (metrics[i].n > 0)
            buf_text(text, metrics[i].at);
        buf_free(&metrics[i]);
    }
    if (!good)
        log_write(LOG_LEVEL_WARNING, "metrics: %s", why.text);
    return good;
}

void
metrics_write(struct store *store, const struct channel_head *head, const char *path)
{
    static int64_t last;
    static bool was_ready;
    static struct buf ledger; /* as it was read last */
    bool ready = store != NULL;
    struct buf text = { 0 };

    if (last != 0 && ready == was_ready && loop_clock() - last < LOOP_S(10))
        return;
    last = loop_clock();
    was_ready = ready;
    if (ready && !add_ledger(&ledger, store))
        return;
    if (ledger.n > 0)
        buf_text(&text, ledger.at);
    add_restarts(&text, head);
    add_state(&text, head, ready);
    replace(path, &text);
    buf_free(&text);
}
