#include "io/inlet.h"

ssize_t
inlet_read(int fd, struct inlet_head *head, uint8_t *octets)
{
    struct iovec parts[2] = { { head, sizeof *head }, { octets, INLET_MESSAGE_MAX + 1 } };
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
    ssize_t n = recvmsg(fd, &message, MSG_DONTWAIT);

    return n < (ssize_t) sizeof *head ? -1 : n - (ssize_t) sizeof *head;
}
