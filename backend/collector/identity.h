/* Our SNMP engine: its ID, made once, and its boots, which only grow (RFC 3414 §2.2). Senders of v3 informs know us by
 * both; they are kept in the state directory. */
#ifndef COLLECTOR_IDENTITY_H
#define COLLECTOR_IDENTITY_H

#include "collector/config.h"

/* Reads the engine's file, makes it when there is none, adds one to boots and has that on disk before it returns. */
bool identity_next(const char *state, struct config *out, struct failure *why);

#endif
