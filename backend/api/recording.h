/* Recordings: what an agent said, as lines of text that can be opened as a device (an AGENT that is a file's path). */
#ifndef API_RECORDING_H
#define API_RECORDING_H

#include "memory.h"
#include "value.h"

#include <stdbool.h>

/* One line "OID|TAG|VALUE", octets that are no plain text in hexadecimal. False for what is no value: an exception. */
bool recording_write(struct buf *out, const struct varbind *varbind);

#endif
