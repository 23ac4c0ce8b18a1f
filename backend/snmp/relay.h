/* Sessions of TLS and DTLS, each in a process of its own (core/relay.h), so that neither keys nor OpenSSL come near what
 * holds the other secrets. */
#ifndef SNMP_RELAY_H
#define SNMP_RELAY_H

#include "api/device.h"
#include "snmp/transport.h"

struct relays;

/* Refuses, in a sentence, what cannot be a session's terms. */
bool relay_check(const struct device_tls *tls, bool datagrams, struct failure *why);

struct relays *relays_new(struct loop *loop);
/* Those that run end by themselves: their socket pairs are closed. NULL is fine. */
void relays_free(struct relays *relays);
/* Our end of the pair; closing it ends the session. -1 with *why. `name`: whom the certificate is to name, if `tls` says
 * nothing else. */
int relay_start(struct relays *relays, const struct peer *peer, const struct device_tls *tls, bool datagrams, const char *name,
                struct failure *why);

#endif
