/* What a socket for UDP tells besides the octets: to which of our addresses they were sent, so that the answer leaves
 * from there, and how many datagrams the kernel dropped. */
#ifndef IO_DATAGRAM_H
#define IO_DATAGRAM_H

#include <netinet/in.h>
#include <sys/socket.h>

struct datagram_local {
    int family; /* 4, 6 or 0: unknown */
    union {
        struct in_pktinfo four;
        struct in6_pktinfo six;
    } at;
};

union datagram_control {
    struct cmsghdr head;
    uint8_t room[128];
};

/* Ask the kernel to tell the local address. */
void datagram_prepare(int fd);
void datagram_note_local(struct msghdr *message, struct datagram_local *out);
/* `control` is the message's until it is sent. */
void datagram_put_local(struct msghdr *message, union datagram_control *control, const struct datagram_local *local);
/* Datagrams that the kernel dropped since the socket was made. */
uint64_t datagram_drops(int fd);

#endif
