/* Lines of recordings: "OID|TAG|VALUE" as snmprec has them, TAG a number with "x" (hexadecimal), "e" (escapes) or
 * ":module" (a value that moves) behind it, and the lines of snmpwalk -On. */
#ifndef CORE_RECORDING_H
#define CORE_RECORDING_H

#include "api/recording.h"
#include "core/memory.h"

/* Cuts a line into its parts; *tag and *value point into it or to constants. False when it makes no sense. */
bool recording_split(char *line, struct oid *name, const char **tag, const char **value);
/* Octets and arcs live in the arena. Of a value that moves, where it begins. */
bool recording_value(const char *tag, const char *text, struct arena *arena, struct value *out);

#endif
