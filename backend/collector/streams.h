/* Notifications over TCP (RFC 3430): a process of its own takes connections and cuts what arrives into messages, which it
 * hands to intake as if they were datagrams, over a socket pair a listener. It decodes nothing and knows no secret. */
#ifndef COLLECTOR_STREAMS_H
#define COLLECTOR_STREAMS_H

/* `trapline-intake --streams N`: N sockets and their pairs, as io/inlet.h has them. */
int streams_run(int n);

#endif
