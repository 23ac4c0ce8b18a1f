/* sim: an SNMP agent for tests, benchmarks and the demo. See README.md. */
#include "sim.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/un.h>
#include <unistd.h>

struct sim sim = { .seed = 0x5deece66d };

/* Somebody who writes commands: standard input, or a connection to the control socket. */
struct client {
    struct buf line;
    int out;
};

static void
run(const char *line, int out)
{
    struct buf reply = { 0 };

    command_run(line, &reply);
    for (size_t at = 0; at < reply.n;) {
        ssize_t n = write(out, reply.at + at, reply.n - at);

        if (n <= 0)
            break;
        at += (size_t) n;
    }
    buf_free(&reply);
}

static void
read_client(void *arg, int fd)
{
    struct client *c = arg;
    char room[4096], *end;
    ssize_t n = read(fd, room, sizeof room);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        net_unwatch(fd);
        if (fd == STDIN_FILENO)
            sim.stop = true;
        else
            close(fd);
        buf_free(&c->line);
        free(c);
        return;
    }
    buf_add(&c->line, room, (size_t) n);
    while (c->line.n > 0 && (end = strchr(c->line.at, '\n')) != NULL) {
        size_t used = (size_t) (end - c->line.at) + 1;

        *end = '\0';
        run(c->line.at, c->out);
        memmove(c->line.at, c->line.at + used, c->line.n - used + 1);
        c->line.n -= used;
    }
}

static void
watch_client(int fd, int out)
{
    struct client *c = memory_zero(1, sizeof *c);

    c->out = out;
    net_watch(fd, read_client, c);
}

static void
accept_client(void *arg, int fd)
{
    int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

    (void) arg;
    if (client >= 0)
        watch_client(client, client);
}

static bool
listen_control(const char *path)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (strlen(path) >= sizeof at.sun_path)
        return false;
    strcpy(at.sun_path, path);
    unlink(path);
    if (fd < 0 || bind(fd, (struct sockaddr *) &at, sizeof at) != 0 || listen(fd, 16) != 0)
        return false;
    net_watch(fd, accept_client, NULL);
    return true;
}

static bool
read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    size_t room = 0;
    char *line = NULL;

    if (file == NULL)
        return false;
    while (getline(&line, &room, file) > 0) {
        line[strcspn(line, "\n")] = '\0';
        run(line, STDOUT_FILENO);
    }
    free(line);
    fclose(file);
    return true;
}

static void
take_signal(void *arg, int fd)
{
    struct signalfd_siginfo info;

    (void) arg;
    if (read(fd, &info, sizeof info) == (ssize_t) sizeof info)
        sim.stop = true;
}

static void
prepare(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    net_watch(signalfd(-1, &set, SFD_CLOEXEC), take_signal, NULL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    setvbuf(stdout, NULL, _IOLBF, 0);
}

int
main(int argc, char **argv)
{
    bool interactive = false;
    int option;

    prepare();
    while ((option = getopt(argc, argv, "f:c:s:i")) != -1) {
        bool good = true;

        if (option == 'f')
            good = read_file(optarg);
        else if (option == 'c')
            good = listen_control(optarg);
        else if (option == 's')
            sim.seed = strtoull(optarg, NULL, 0) | 1;
        else if (option == 'i')
            interactive = true;
        else
            return fprintf(stderr, "usage: sim [-i] [-s SEED] [-c SOCKET] [-f FILE] [COMMAND]...\n"), 2;
        if (!good)
            return fprintf(stderr, "sim: %s: %s\n", optarg, strerror(errno)), 2;
    }
    for (; optind < argc; optind++)
        run(argv[optind], STDOUT_FILENO);
    if (interactive)
        watch_client(STDIN_FILENO, STDOUT_FILENO);
    if (write(STDOUT_FILENO, "serving\n", 8) != 8)
        return 1;
    net_run();
    return 0;
}
