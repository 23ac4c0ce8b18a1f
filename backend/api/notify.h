/* Sending notifications: traps, which nobody answers, and informs, which their receiver acknowledges. */
#ifndef API_NOTIFY_H
#define API_NOTIFY_H

#include "device.h"

enum { NOTIFY_PORT = 162 };

struct notice {
    bool inform;
    struct oid name;                /* snmpTrapOID.0 */
    uint32_t uptime;                /* sysUpTime.0, hundredths */
    const struct varbind *varbinds; /* those behind the two */
    size_t n;
};

/* Our v3 traps go out under an engine ID of our own: `engine_id` ("0x80…"), or when it is NULL one that is made once
 * and kept in the state directory. Its boots are one more with every call. Needed before a trap is sent by v3, of no
 * use for informs, which go by the receiver's engine. */
bool device_speak_as(struct device *device, const char *state_directory, const char *engine_id, struct failure *why);

/* A trap is done when it has left; an inform when it was acknowledged. Retransmissions of an inform are one event to its
 * receiver. By SNMPv1 the notice is translated (RFC 3584 §3.2): snmpTrapEnterprise.0 and snmpTrapAddress.0 among the
 * varbinds become its enterprise and agent-addr; what v1 cannot say (Counter64, an inform) is refused. */
struct request *device_notify(struct device *device, const struct notice *notice, device_reply_fn *fn, void *arg);

#endif
