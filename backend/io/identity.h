/* An SNMP engine of ours: its ID, made once, and its boots, which only grow (RFC 3414 §2.2). Whoever speaks SNMPv3 with
 * us knows us by both; they are kept in a file. */
#ifndef IO_IDENTITY_H
#define IO_IDENTITY_H

#include "api/failure.h"

#include <stddef.h>
#include <stdint.h>

enum { ENGINE_ID_MAX = 32 };

struct identity {
    uint8_t id[ENGINE_ID_MAX];
    size_t n;
    uint32_t boots;
};

/* "0x80001f88…" or plain hexadecimal, 5 to 32 octets (RFC 3411 §5). */
bool identity_parse(const char *text, uint8_t out[ENGINE_ID_MAX], size_t *n);
/* Reads the file `name` of the directory, makes it when there is none, adds one to boots and has that on disk before it
 * returns. */
bool identity_next(const char *directory, const char *name, struct identity *out, struct failure *why);

#endif
