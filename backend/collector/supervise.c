/* What outlives a part that dies is held here: the sockets, the channel, the doorbells. */
#include "collector/supervise.h"

#include "collector/config.h"
#include "collector/lock.h"
#include "collector/secure.h"
#include "io/child.h"
#include "io/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIRST_GAP LOOP_MS(100)
#define LONG_LIFE LOOP_S(60)

enum { INTAKE, WRITER, STREAMS, TLS, PARTS };
enum { PAIR_BUFFER = 4 << 20, NOBODY_ADMITTED = 7 };

struct part {
    struct supervisor *supervisor;
    const char *name;
    int number;
    struct child *child;
    struct loop_timer *timer;
    int64_t started, gap;
    bool restarting; /* asked to end because the settings changed */
};

struct supervisor {
    const struct supervise_options *options;
    struct settings *settings, *fresh; /* fresh: with a certificate that is being tried */
    struct request *trial;
    struct loop *loop;
    struct channel channel;
    int channel_fd, to_writer, to_intake;
    int pairs[CHANNEL_LISTENERS][2]; /* of listeners that another part takes: intake's end, the other's */
    int taken_by[PARTS];             /* how many of them */
    struct part parts[PARTS];
    struct child *compiler;
    int64_t admitted; /* fingerprint of the admitted senders that intake was told */
    bool stopping, new_channel;
    int status;
};

static void start_part(struct part *part);

static bool
make_channel(struct supervisor *s, struct failure *why)
{
    const struct supervise_options *o = s->options;

    channel_unmap(&s->channel);
    if (s->channel_fd >= 0)
        close(s->channel_fd);
    s->channel_fd = channel_make(o->ring, why);
    if (s->channel_fd < 0 || !channel_map(s->channel_fd, &s->channel, why))
        return false;
    for (int i = 0; i < o->n_sockets; i++)
        s->channel.head->listeners[i] = o->sockets[i].row;
    s->channel.head->n_listeners = (uint32_t) o->n_sockets;
    return true;
}

static bool
add_admitted(void *arg, const struct admitted_sender *row)
{
    int64_t *print = arg;

    *print = *print * 31 + row->id + row->at % 1000000007;
    return true;
}

/* `otherwise`: when it cannot be known now. */
static int64_t
admitted_print(struct store *store, int64_t otherwise)
{
    int64_t print = NOBODY_ADMITTED;

    return store != NULL && admitted_senders(store, add_admitted, &print, NULL) ? print : otherwise;
}

/* Intake's settings in a nameless file; -1 when they cannot be made. */
static int
config_file(struct supervisor *s, struct failure *why)
{
    struct arena *arena = arena_new();
    struct store *store = store_open(s->options->store, STORE_READ, NULL); /* none yet: nobody is admitted */
    struct config config = { .state = s->options->paths->state };
    struct buf octets = { 0 };
    int fd = -1;

    s->admitted = admitted_print(store, NOBODY_ADMITTED);
    if (identity_next(s->options->paths->state, "engine", &config.own, why)) {
        config_gather(s->settings, store, arena, &config);
        config_encode(&config, &octets);
        fd = memfd_create("trapline-intake-settings", MFD_CLOEXEC);
        if (fd < 0 || write(fd, octets.at, octets.n) != (ssize_t) octets.n) {
            failure_errno(why, errno, "settings of intake");
            if (fd >= 0)
                close(fd);
            fd = -1;
        }
        if (octets.at != NULL)
            explicit_bzero(octets.at, octets.n); /* a community written into a 0600 file may be among them */
    }
    buf_free(&octets);
    store_close(store);
    arena_free(arena);
    return fd;
}

static void
again_later(struct part *part)
{
    struct supervisor *s = part->supervisor;

    if (loop_clock() - part->started > LONG_LIFE)
        part->gap = 0;
    part->gap = part->gap == 0 ? FIRST_GAP : part->gap * 2;
    if (part->gap > s->options->longest_gap)
        part->gap = s->options->longest_gap;
    part->timer = loop_after(s->loop, part->restarting ? 0 : part->gap, (loop_fn *) start_part, part);
    part->restarting = false;
}

static bool
nothing_runs(const struct supervisor *s)
{
    for (int i = 0; i < PARTS; i++)
        if (s->parts[i].child != NULL)
            return false;
    return true;
}

/* Intake and the writer share the channel. */
static struct part *
other_end(const struct part *part)
{
    return part->number > WRITER ? NULL : &part->supervisor->parts[part->number == INTAKE ? WRITER : INTAKE];
}

static void
on_end(void *arg, const struct child_end *end)
{
    struct part *part = arg;
    struct supervisor *s = part->supervisor;

    part->child = NULL;
    if (s->stopping) {
        if (part->number == INTAKE && s->parts[WRITER].child != NULL)
            child_signal(s->parts[WRITER].child, SIGTERM); /* it settles what is left */
        else if (nothing_runs(s))
            loop_stop(s->loop);
        return;
    }
    if (!part->restarting) {
        s->channel.head->restarts[part->number]++;
        log_write(LOG_LEVEL_ERROR, "%s ended: %s; it is started again", part->name, end->words);
    }
    if (!end->late && WIFEXITED(end->status) && WEXITSTATUS(end->status) == EXIT_CHANNEL)
        s->new_channel = true;
    if (s->new_channel && other_end(part) != NULL && other_end(part)->child != NULL)
        child_signal(other_end(part)->child, SIGKILL); /* both begin anew */
    again_later(part);
}

/* The part that reads what comes. */
static int
taker_of(const struct listen_socket *socket)
{
    return socket->row.kind == LISTENER_TLS ? TLS : socket->row.kind == LISTENER_STREAMS ? STREAMS : INTAKE;
}

static struct child *
start_intake(struct supervisor *s, struct failure *why)
{
    char program[1024];
    const char *argv[] = { program, NULL };
    struct child_descriptor give[FD_SOCKETS + CHANNEL_LISTENERS];
    struct child_options options = { .argv = argv, .give = give, .death_signal = SIGTERM };
    struct child *child;
    int config = config_file(s, why);

    if (config < 0 || !paths_program("trapline-intake", program, sizeof program, why)) {
        if (config >= 0)
            close(config);
        return NULL;
    }
    give[options.n_give++] = (struct child_descriptor) { s->channel_fd, FD_CHANNEL };
    give[options.n_give++] = (struct child_descriptor) { s->to_writer, FD_TO_WRITER };
    give[options.n_give++] = (struct child_descriptor) { s->to_intake, FD_TO_INTAKE };
    give[options.n_give++] = (struct child_descriptor) { config, FD_CONFIG };
    give[options.n_give++] = (struct child_descriptor) { log_descriptor(), FD_LOG };
    for (int i = 0; i < s->options->n_sockets; i++)
        give[options.n_give++] = (struct child_descriptor) {
            taker_of(&s->options->sockets[i]) != INTAKE ? s->pairs[i][0] : s->options->sockets[i].fd, FD_SOCKETS + i };
    child = child_start(s->loop, &options, on_end, &s->parts[INTAKE], why);
    close(config);
    return child;
}

static struct child *
start_writer(struct supervisor *s, struct failure *why)
{
    const char *argv[] = { s->options->program, "--writer", "--config", s->options->paths->config, "--store",
                           s->options->store, NULL };
    const struct child_descriptor give[] = {
        { s->channel_fd, FD_CHANNEL }, { s->to_writer, FD_TO_WRITER }, { s->to_intake, FD_TO_INTAKE },
        { s->options->lock, FD_LOCK }, { log_descriptor(), FD_LOG },
    };
    struct child_options options = { .argv = argv, .give = give, .n_give = sizeof give / sizeof give[0],
                                     .death_signal = SIGTERM };

    return child_start(s->loop, &options, on_end, &s->parts[WRITER], why);
}

/* One that takes connections for intake: its sockets, each with its pair behind it. */
static struct child *
start_taker(struct supervisor *s, struct part *part, const char *const *argv, struct failure *why)
{
    struct child_descriptor give[1 + 2 * CHANNEL_LISTENERS];
    struct child_options options = { .argv = argv, .give = give, .death_signal = SIGTERM };
    int at = INLET_FD_SOCKETS;

    give[options.n_give++] = (struct child_descriptor) { log_descriptor(), INLET_FD_LOG };
    for (int i = 0; i < s->options->n_sockets; i++) {
        if (taker_of(&s->options->sockets[i]) != part->number)
            continue;
        give[options.n_give++] = (struct child_descriptor) { s->options->sockets[i].fd, at++ };
        give[options.n_give++] = (struct child_descriptor) { s->pairs[i][1], at++ };
    }
    return child_start(s->loop, &options, on_end, part, why);
}

static struct child *
start_streams(struct supervisor *s, struct failure *why)
{
    char program[1024], number[16];
    const char *argv[] = { program, "--streams", number, NULL };

    snprintf(number, sizeof number, "%d", s->taken_by[STREAMS]);
    return paths_program("trapline-intake", program, sizeof program, why) ?
           start_taker(s, &s->parts[STREAMS], argv, why) : NULL;
}

static struct child *
start_tls(struct supervisor *s, struct failure *why)
{
    struct secure_command command = { 0 };

    return secure_command(s->settings, s->taken_by[TLS], &command, why) ?
           start_taker(s, &s->parts[TLS], command.argv, why) : NULL;
}

static void
start_part(struct part *part)
{
    static struct child *(*const starters[PARTS])(struct supervisor *, struct failure *) = {
        [INTAKE] = start_intake, [WRITER] = start_writer, [STREAMS] = start_streams, [TLS] = start_tls };
    struct supervisor *s = part->supervisor;
    struct failure why = { 0 };
    bool good = true;

    part->timer = NULL;
    if (s->stopping)
        return;
    if (s->new_channel && other_end(part) != NULL) {
        if (other_end(part)->child != NULL) { /* still ending */
            part->timer = loop_after(s->loop, LOOP_MS(20), (loop_fn *) start_part, part);
            return;
        }
        good = make_channel(s, &why);
        s->new_channel = !good;
    }
    part->started = loop_clock();
    if (good)
        part->child = starters[part->number](s, &why);
    if (part->child == NULL) {
        log_write(LOG_LEVEL_ERROR, "%s cannot be started: %s", part->name, why.text);
        again_later(part);
    }
}

static void
on_stop(void *arg, int signal)
{
    struct supervisor *s = arg;

    (void) signal;
    if (s->stopping)
        return;
    s->stopping = true;
    for (int i = STREAMS; i < PARTS; i++)
        if (s->parts[i].child != NULL)
            child_signal(s->parts[i].child, SIGTERM);
    if (s->parts[INTAKE].child != NULL)
        child_signal(s->parts[INTAKE].child, SIGTERM);
    else if (s->parts[WRITER].child != NULL)
        child_signal(s->parts[WRITER].child, SIGTERM);
    else if (nothing_runs(s))
        loop_stop(s->loop);
}

static void
restart_part(struct part *part)
{
    if (part->child == NULL)
        return;
    part->restarting = true;
    child_signal(part->child, SIGTERM);
}

static void
drop_fresh(struct supervisor *s)
{
    request_cancel(s->trial);
    s->trial = NULL;
    if (s->fresh != NULL)
        settings_free(s->fresh);
    s->fresh = NULL;
}

static void
refuse_fresh(struct supervisor *s, const struct failure *why)
{
    log_write(LOG_LEVEL_ERROR, "%s; the old settings stay", why->text);
    drop_fresh(s);
}

static void
take_fresh(struct supervisor *s)
{
    settings_free(s->settings);
    s->settings = s->fresh;
    s->fresh = NULL;
    log_write(LOG_LEVEL_INFO, "settings read again");
    restart_part(&s->parts[INTAKE]);
    restart_part(&s->parts[WRITER]);
    restart_part(&s->parts[TLS]);
}

static void
on_tried(void *arg, const struct capture_reply *reply)
{
    struct supervisor *s = arg;
    struct failure why;

    s->trial = NULL;
    if (secure_verdict(reply, &why))
        take_fresh(s);
    else
        refuse_fresh(s, &why);
}

static void
on_reload(void *arg, int signal)
{
    struct supervisor *s = arg;
    struct failure why = { 0 };

    (void) signal;
    drop_fresh(s);
    s->fresh = settings_read(s->options->paths->config, &why);
    if (s->fresh == NULL)
        refuse_fresh(s, &why);
    else if (s->taken_by[TLS] == 0)
        take_fresh(s);
    else if ((s->trial = secure_try(s->loop, s->fresh, on_tried, s, &why)) == NULL)
        refuse_fresh(s, &why);
}

static void
tell_state(const struct supervisor *s)
{
    const struct channel_head *head = s->channel.head;
    struct collector_state state = { .restarts_of_intake = head->restarts[INTAKE],
                                     .restarts_of_writer = head->restarts[WRITER] };
    uint64_t committed = head->committed_frame, written = head->written_frame;

    state.waiting = written > committed ? written - committed : 0;
    for (uint32_t i = 0; i < head->n_listeners; i++)
        state.lost += head->live[i].lost_overflow + head->live[i].lost_restart;
    memcpy(state.trouble, head->trouble, sizeof state.trouble - 1); /* it may change meanwhile: it is only shown */
    lock_tell(s->options->lock, &state);
}

/* Senders admitted in a console are taken up by a new intake. */
static void
on_second(void *arg)
{
    struct supervisor *s = arg;
    struct store *store = store_open(s->options->store, STORE_READ, NULL);
    int64_t print = admitted_print(store, s->admitted);

    store_close(store);
    tell_state(s);
    loop_after(s->loop, LOOP_S(1), on_second, s);
    if (s->stopping || print == s->admitted)
        return;
    if (!s->parts[INTAKE].restarting) {
        log_write(LOG_LEVEL_INFO, "the list of admitted senders has changed");
        restart_part(&s->parts[INTAKE]);
    }
    s->admitted = print;
}

static void
on_compiled(void *arg, const struct child_end *end)
{
    struct supervisor *s = arg;

    s->compiler = NULL;
    if (WIFEXITED(end->status) && WEXITSTATUS(end->status) <= 1)
        log_write(LOG_LEVEL_INFO, "the MIB modules are compiled");
    else
        log_write(LOG_LEVEL_WARNING, "the MIB modules were not compiled: %s; trapline mib compile says why", end->words);
}

/* Mail wants names: when nobody has compiled the MIB modules yet, they are compiled beside the rest. */
static void
compile_names(struct supervisor *s)
{
    const struct paths *paths = s->options->paths;
    char program[1024];
    const char *argv[] = { program, "mib", "compile", "--quiet", "--config", paths->config, NULL };
    struct child_options options = { .argv = argv, .deadline = LOOP_S(300) };
    struct failure why = { 0 };

    if (access(paths->snapshot, F_OK) == 0)
        return;
    if (!paths_program("trapline", program, sizeof program, &why) ||
        (s->compiler = child_start(s->loop, &options, on_compiled, s, &why)) == NULL)
        log_write(LOG_LEVEL_WARNING, "mail will show numbers for names: %s", why.text);
}

static bool
make_pairs(struct supervisor *s, struct failure *why)
{
    int room = PAIR_BUFFER;

    for (int i = 0; i < s->options->n_sockets; i++) {
        if (taker_of(&s->options->sockets[i]) == INTAKE)
            continue;
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, s->pairs[i]) < 0)
            return failure_errno(why, errno, "sockets for %s", s->options->sockets[i].row.name);
        for (int j = 0; j < 2; j++)
            setsockopt(s->pairs[i][j], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
        s->taken_by[taker_of(&s->options->sockets[i])]++;
    }
    return true;
}

static bool
set_up(struct supervisor *s, struct failure *why)
{
    static const char *const names[PARTS] = { "trapline-intake", "writer", "streams", "trapline-tls" };

    s->to_writer = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    s->to_intake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (s->to_writer < 0 || s->to_intake < 0)
        return failure_errno(why, errno, "doorbells");
    if (!make_pairs(s, why))
        return false;
    s->loop = loop_new(why);
    if (s->loop == NULL || !make_channel(s, why) || !loop_signal(s->loop, SIGTERM, on_stop, s, why) ||
        !loop_signal(s->loop, SIGINT, on_stop, s, why) || !loop_signal(s->loop, SIGHUP, on_reload, s, why))
        return false;
    for (int i = 0; i < PARTS; i++)
        s->parts[i] = (struct part) { .supervisor = s, .name = names[i], .number = i };
    return true;
}

static void
tell_lost(struct supervisor *s)
{
    uint64_t written = s->channel.head->written_frame, committed = s->channel.head->committed_frame;

    if (written <= committed)
        return;
    s->status = 1;
    log_write(LOG_LEVEL_ERROR, "%llu notes that waited for the store are lost: %.255s",
              (unsigned long long) (written - committed), s->channel.head->trouble);
    fprintf(stderr, "traplined: %llu notes that waited for the store are lost: %.255s\n",
            (unsigned long long) (written - committed), s->channel.head->trouble);
}

int
supervise_run(const struct supervise_options *options)
{
    static struct supervisor s;
    struct failure why = { 0 };

    s.options = options;
    s.settings = options->settings;
    s.channel_fd = -1;
    if (!set_up(&s, &why)) {
        log_write(LOG_LEVEL_ERROR, "%s", why.text);
        fprintf(stderr, "traplined: %s\n", why.text);
        return 5;
    }
    start_part(&s.parts[WRITER]);
    start_part(&s.parts[INTAKE]);
    for (int i = STREAMS; i < PARTS; i++)
        if (s.taken_by[i] > 0)
            start_part(&s.parts[i]);
    compile_names(&s);
    loop_after(s.loop, LOOP_S(1), on_second, &s);
    if (options->report >= 0 && write(options->report, "ready\n", 6) == 6)
        close(options->report);
    loop_run(s.loop);
    tell_lost(&s);
    child_kill(s.compiler);
    drop_fresh(&s);
    settings_free(s.settings);
    channel_unmap(&s.channel);
    loop_free(s.loop);
    return s.status;
}
