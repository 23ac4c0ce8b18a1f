/* A recording that answers like an agent: GET, GETNEXT and GETBULK from memory, nothing else. */
#ifndef SNMP_RECORDING_H
#define SNMP_RECORDING_H

#include "api/failure.h"
#include "core/pdu.h"

struct recording;

/* Lines that make no sense are counted and left out; of two lines with one name the first stands. */
struct recording *recording_open(const char *path, struct failure *why);
void recording_free(struct recording *recording);
size_t recording_broken(const struct recording *recording);
/* `ask`: a PDU with its varbinds. The answer's varbinds live in the arena, their values in the recording. */
void recording_answer(const struct recording *recording, const struct pdu *ask, struct arena *arena, struct pdu *out);

#endif
