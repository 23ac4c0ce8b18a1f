/* A PDU that net-snmp has read, back to BER, so that what is kept does not depend on the library. Written backwards. */
#ifndef COLLECTOR_REENCODE_H
#define COLLECTOR_REENCODE_H

#include "core/ber.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

/* False when it has too many varbinds, or does not fit. */
bool reencode_pdu(struct ber_out *out, const netsnmp_pdu *pdu);

#endif
