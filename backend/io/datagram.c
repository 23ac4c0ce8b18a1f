#include "io/datagram.h"

#include <linux/sock_diag.h>
#include <string.h>

void
datagram_prepare(int fd)
{
    int on = 1;

    setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
    setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
}

void
datagram_note_local(struct msghdr *message, struct datagram_local *out)
{
    out->family = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            memcpy(&out->at.four, CMSG_DATA(c), sizeof out->at.four);
            out->family = 4;
        } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            memcpy(&out->at.six, CMSG_DATA(c), sizeof out->at.six);
            out->family = 6;
        }
    }
}

void
datagram_put_local(struct msghdr *message, union datagram_control *control, const struct datagram_local *local)
{
    struct cmsghdr *c = &control->head;

    if (local->family == 4) {
        struct in_pktinfo info = { .ipi_spec_dst = local->at.four.ipi_spec_dst };

        c->cmsg_level = IPPROTO_IP;
        c->cmsg_type = IP_PKTINFO;
        c->cmsg_len = CMSG_LEN(sizeof info);
        memcpy(CMSG_DATA(c), &info, sizeof info);
        message->msg_controllen = CMSG_SPACE(sizeof info);
    } else if (local->family == 6) {
        c->cmsg_level = IPPROTO_IPV6;
        c->cmsg_type = IPV6_PKTINFO;
        c->cmsg_len = CMSG_LEN(sizeof local->at.six);
        memcpy(CMSG_DATA(c), &local->at.six, sizeof local->at.six);
        message->msg_controllen = CMSG_SPACE(sizeof local->at.six);
    } else {
        return;
    }
    message->msg_control = control;
}

uint64_t
datagram_drops(int fd)
{
    uint32_t info[SK_MEMINFO_VARS] = { 0 };
    socklen_t size = sizeof info;

    /* Unlike SO_RXQ_OVFL it needs no datagram behind the drops. */
    return getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &size) == 0 ? info[SK_MEMINFO_DROPS] : 0;
}
