/* trapline-intake: receives, sorts, hands frames to the writer and answers informs when they are on disk. Started by
 * traplined with its sockets, its channel and its settings as descriptors; waits for nothing and nobody. */
#include "api/loop.h"
#include "collector/sort.h"
#include "collector/streams.h"
#include "io/log.h"
#include "io/sandbox.h"
#include "io/secrets.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct intake {
    struct loop *loop;
    struct channel channel;
    struct sorter *sorter;
    struct loop_watch *sockets[CHANNEL_LISTENERS];
    int64_t last_batch, stopping; /* monotonic */
};

static void
ring_writer(struct intake *intake)
{
    uint64_t one = 1;

    (void) intake;
    if (write(FD_TO_WRITER, &one, sizeof one) < 0 && errno != EAGAIN) /* EAGAIN: it rings already */
        log_write(LOG_LEVEL_ERROR, "doorbell: %s", strerror(errno));
}

static void
on_socket(void *arg, int fd, unsigned events)
{
    struct intake *intake = arg;
    uint64_t written = intake->channel.head->written;
    struct datagram *batch;
    unsigned listener = (unsigned) (fd - FD_SOCKETS);
    bool taken = intake->channel.head->listeners[listener].kind != LISTENER_DATAGRAMS;
    size_t n = receive_batch(fd, listener, taken, &batch);
    int64_t now = loop_now(intake->loop);

    (void) events;
    for (size_t i = 0; i < n; i++)
        sort_datagram(intake->sorter, &batch[i]);
    if (n > 0)
        channel_take_shot(&intake->channel); /* before the frames are announced: the sums are never behind them */
    if (intake->channel.head->written != written)
        ring_writer(intake);
    answer_flush();
    /* Under load, let a batch gather: a tenth of a millisecond saves most of the wake-ups. */
    if (n > 1 && n < RECEIVE_BATCH / 4 && now - intake->last_batch < LOOP_MS(1))
        nanosleep(&(struct timespec) { 0, 100000 }, NULL);
    intake->last_batch = now;
}

static void
on_committed(void *arg, int fd, unsigned events)
{
    struct intake *intake = arg;
    uint64_t rings;

    (void) events;
    if (read(fd, &rings, sizeof rings) < 0)
        return;
    sort_committed(intake->sorter, atomic_load_explicit(&intake->channel.head->committed_frame, memory_order_acquire));
    answer_flush();
    if (intake->stopping != 0 && channel_waiting(&intake->channel) == 0)
        loop_stop(intake->loop);
}

static void
on_second(void *arg)
{
    struct intake *intake = arg;
    struct channel_head *head = intake->channel.head;
    uint64_t written = head->written;

    loop_after(intake->loop, LOOP_S(1), on_second, intake);
    for (uint32_t i = 0; i < head->n_listeners; i++)
        if (head->listeners[i].kind != LISTENER_TLS) /* of which it is told */
            head->live[i].kernel_drops = datagram_drops(FD_SOCKETS + (int) i);
    sort_rejected(intake->sorter);
    channel_take_shot(&intake->channel);
    if (head->written != written)
        ring_writer(intake);
    if (intake->stopping != 0 && (channel_waiting(&intake->channel) == 0 ||
                                  loop_now(intake->loop) - intake->stopping > LOOP_S(10)))
        loop_stop(intake->loop);
}

static void
on_stop(void *arg, int signal)
{
    struct intake *intake = arg;

    (void) signal;
    if (intake->stopping != 0)
        return;
    intake->stopping = loop_now(intake->loop);
    for (uint32_t i = 0; i < intake->channel.head->n_listeners; i++) {
        loop_unwatch(intake->sockets[i]);
        intake->sockets[i] = NULL;
    }
    sort_rejected(intake->sorter);
    channel_take_shot(&intake->channel);
    ring_writer(intake);
    if (channel_waiting(&intake->channel) == 0)
        loop_stop(intake->loop);
}

static uint8_t *
read_config(size_t *n, struct failure *why)
{
    struct stat st;
    uint8_t *octets;

    if (fstat(FD_CONFIG, &st) < 0 || st.st_size <= 0 || st.st_size > CONFIG_MAX) {
        failure_set(why, FAILURE_SYSTEM, "trapline-intake: no settings; it is started by traplined");
        return NULL;
    }
    octets = memory_alloc((size_t) st.st_size);
    *n = (size_t) st.st_size;
    if (pread(FD_CONFIG, octets, *n, 0) == st.st_size)
        return octets;
    free(octets);
    failure_errno(why, errno, "trapline-intake: its settings");
    return NULL;
}

static char *
secret_of(const struct config_sender *sender, const char *what, const struct secret_source *source)
{
    struct failure why;
    char name[160], *secret;

    if (source->command.n == 0 && source->file == NULL && source->text == NULL)
        return NULL;
    snprintf(name, sizeof name, "the %s of sender \"%.80s\"", what, sender->name);
    secret = secret_read(name, source, SECRET_PASSWORD_MAX, 0, &why);
    if (secret == NULL)
        log_write(LOG_LEVEL_ERROR, "%s; until it can be read, this sender is turned away", why.text);
    return secret;
}

/* Commands are run and files are read here, before the sandbox closes; a change restarts the program. */
static struct policy *
admit(const struct config *config)
{
    char **communities = memory_zero(config->n_senders + 1, sizeof *communities);
    struct policy *policy;
    struct failure why;

    for (size_t i = 0; i < config->n_senders; i++) {
        const struct config_sender *sender = &config->senders[i];
        char *auth, *priv;

        if (sender->version != 3) {
            communities[i] = secret_of(sender, "community", &sender->community);
            continue;
        }
        auth = secret_of(sender, "authentication password", &sender->auth_password);
        priv = secret_of(sender, "privacy password", &sender->priv_password);
        if (sender->user != NULL && !engine_add_user(sender, auth, priv, &why))
            log_write(LOG_LEVEL_ERROR, "%s", why.text);
        secret_wipe(auth);
        secret_wipe(priv);
    }
    policy = policy_new(config, (const char *const *) communities);
    for (size_t i = 0; i < config->n_senders; i++)
        secret_wipe(communities[i]);
    free(communities);
    return policy;
}

static bool
open_all(struct intake *intake, struct failure *why)
{
    struct channel_head *head = intake->channel.head;

    intake->loop = loop_new(why);
    if (intake->loop == NULL || !loop_signal(intake->loop, SIGTERM, on_stop, intake, why) ||
        !loop_signal(intake->loop, SIGINT, on_stop, intake, why))
        return false;
    channel_resume(&intake->channel);
    for (uint32_t i = 0; i < head->n_listeners; i++) {
        receive_prepare(FD_SOCKETS + (int) i);
        intake->sockets[i] = loop_watch(intake->loop, FD_SOCKETS + (int) i, LOOP_READ, on_socket, intake);
    }
    loop_watch(intake->loop, FD_TO_INTAKE, LOOP_READ, on_committed, intake);
    loop_after(intake->loop, LOOP_MS(100), on_second, intake);
    return true;
}

int
main(int argc, char **argv)
{
    static struct intake intake;
    struct sandbox_report report;
    struct sandbox_rules rules = { .allow = SANDBOX_SOCKETS };
    struct arena *arena = arena_new();
    struct policy *policy;
    struct config config;
    struct failure why = { 0 };
    uint8_t *octets = NULL;
    size_t n = 0;
    bool good;

    signal(SIGPIPE, SIG_IGN);
    log_open_descriptor(FD_LOG, "trapline-intake", LOG_LEVEL_INFO);
    if (argc == 3 && strcmp(argv[1], "--streams") == 0)
        return streams_run(atoi(argv[2]));
    if (!channel_map(FD_CHANNEL, &intake.channel, &why)) {
        log_write(LOG_LEVEL_ERROR, "%s", why.text);
        fprintf(stderr, "trapline-intake: %s\n", why.text);
        return EXIT_CHANNEL;
    }
    octets = read_config(&n, &why);
    good = octets != NULL && config_decode(octets, n, arena, &config, &why) && engine_start(&config, &why);
    if (good) {
        policy = admit(&config);
        intake.sorter = sorter_new(&intake.channel, policy, &config.own);
        good = open_all(&intake, &why) && sandbox_close(&rules, &report, &why);
    }
    if (!good) {
        log_write(LOG_LEVEL_ERROR, "%s", why.text);
        return 1;
    }
    free(octets);
    log_write(LOG_LEVEL_INFO, "intake runs: %zu senders listed; %s", config.n_senders, report.text);
    loop_run(intake.loop);
    sort_committed(intake.sorter, intake.channel.head->committed_frame);
    answer_flush();
    channel_take_shot(&intake.channel);
    sorter_free(intake.sorter);
    policy_free(policy);
    engine_stop();
    loop_free(intake.loop);
    arena_free(arena);
    return 0;
}
