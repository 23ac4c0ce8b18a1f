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

static bool
add_listener(void *arg, const struct listener *listener)
{
    struct buf *out = arg;
    const struct ledger *l = &listener->ledger;
    const struct {
        const char *what;
        uint64_t n;
    } sums[] = {
        { "stored", l->stored }, { "duplicate", l->duplicate }, { "dropped", l->dropped },
        { "malformed", l->malformed }, { "protocol", l->protocol }, { "waiting", l->waiting },
        { "lost_overflow", l->lost_overflow }, { "lost_restart", l->lost_restart },
    };

    buf_format(out, "trapline_received_total{listener=\"%s\"} %llu\n", listener->name,
               (unsigned long long) l->received);
    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++)
        buf_format(out, "trapline_outcome_total{listener=\"%s\",outcome=\"%s\"} %llu\n", listener->name, sums[i].what,
                   (unsigned long long) sums[i].n);
    for (int i = 0; i < REJECT_CAUSES; i++)
        buf_format(out, "trapline_rejected_total{listener=\"%s\",cause=\"%s\"} %llu\n", listener->name,
                   reject_cause_words((enum reject_cause) i), (unsigned long long) l->by_cause[i]);
    buf_format(out, "trapline_kernel_drops_total{listener=\"%s\"} %llu\n", listener->name,
               (unsigned long long) l->kernel_drops);
    buf_format(out, "trapline_informs_answered_total{listener=\"%s\"} %llu\n", listener->name,
               (unsigned long long) l->informs_answered);
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

void
metrics_write(struct store *store, const struct channel_head *head, const char *path)
{
    static int64_t last;
    struct buf text = { 0 };
    struct failure why;

    if (last != 0 && loop_clock() - last < LOOP_S(10))
        return;
    last = loop_clock();
    buf_text(&text, "# HELP trapline_received_total Datagrams read from the socket.\n"
             "# TYPE trapline_received_total counter\n");
    if (!ledger_listeners(store, add_listener, &text, &why)) {
        log_write(LOG_LEVEL_WARNING, "metrics: %s", why.text);
        buf_free(&text);
        return;
    }
    buf_format(&text, "trapline_restarts_total{part=\"intake\"} %u\ntrapline_restarts_total{part=\"writer\"} %u\n"
               "trapline_restarts_total{part=\"streams\"} %u\n",
               head->restarts[0], head->restarts[1], head->restarts[2]);
    replace(path, &text);
    buf_free(&text);
}
