/* Between trapline-tls and whoever started it: a SOCK_SEQPACKET pair, on which every packet is a whole SNMP message, which
 * begins with the tag of a SEQUENCE, or one of these. */
#ifndef CORE_RELAY_H
#define CORE_RELAY_H

enum {
    RELAY_OPEN = '+',  /* the handshake is done and the other side is who it should be; to us only */
    RELAY_ENDED = '!', /* then a digit, the failure_kind, and the sentence; the last */
    RELAY_MESSAGE_MAX = 65535,
};

#endif
