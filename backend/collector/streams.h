/* Notifications over TCP (RFC 3430): a process of its own takes connections and cuts what arrives into messages, which it
 * hands to intake as if they were datagrams, over a socket pair a listener. It decodes nothing and knows no secret. */
#ifndef COLLECTOR_STREAMS_H
#define COLLECTOR_STREAMS_H

#include <stdint.h>
#include <sys/socket.h>

/* Before each message, both ways. */
struct stream_head {
    uint64_t connection;
    struct sockaddr_storage from;
};

/* `trapline-intake --streams N`: listener i is descriptor FD_SOCKETS + 2 i, its pair the one behind it. */
int streams_run(int n);

#endif
