/* The sockets for UDP and TCP, and for TLS over both: opened from the settings or inherited from systemd, with as large
 * a buffer as is granted. */
#ifndef COLLECTOR_LISTEN_H
#define COLLECTOR_LISTEN_H

#include "collector/channel.h"
#include "api/settings.h"

enum { LISTEN_BUFFER = 64 << 20 };

struct listen_socket {
    int fd;
    struct channel_listener row;
};

/* Behind the `have` that are there; how many there are then, or -1. A port that is taken: by whom, and what to do. */
int listen_open(struct settings_list addresses, bool secure_only, struct listen_socket out[CHANNEL_LISTENERS], int have,
                struct failure *why);
/* Sockets of systemd's (sd_listen_fds(3)); 0 when there are none. */
int listen_inherit(struct listen_socket out[CHANNEL_LISTENERS], struct failure *why);
/* Say in the log and on standard output where we listen, and which buffer is too small. */
void listen_tell(const struct listen_socket *sockets, int n);

#endif
