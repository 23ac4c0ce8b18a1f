/* Varbinds as other programs write them, so that what reads theirs reads ours. */
#ifndef CLI_FORMATS_H
#define CLI_FORMATS_H

#include "api/value.h"

typedef void format_fn(const struct varbind *varbind);

/* "snmpwalk": what net-snmp's snmpwalk -On prints without MIB modules. "snmprec": a line of a recording. NULL for any
 * other word. */
format_fn *format_find(const char *word);
/* What snmpwalk says last when the agent has nothing more: the line of the end of the MIB view. */
void format_view_end(const struct oid *last);

#endif
