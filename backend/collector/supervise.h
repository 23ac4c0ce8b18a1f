/* The supervisor: starts intake and the writer, and starts each again, with growing gaps, when it ends. */
#ifndef COLLECTOR_SUPERVISE_H
#define COLLECTOR_SUPERVISE_H

#include "api/paths.h"
#include "collector/listen.h"

struct supervise_options {
    const struct paths *paths;
    const char *program;       /* our own path, for --writer */
    const char *store;
    struct settings *settings; /* taken; read again on SIGHUP */
    const struct listen_socket *sockets;
    int n_sockets, lock, report; /* report: descriptor that is told "ready", or -1 */
    size_t ring;
    int64_t longest_gap; /* between two starts of a part, nanoseconds */
};

/* Until SIGTERM; the exit status. */
int supervise_run(const struct supervise_options *options);

#endif
