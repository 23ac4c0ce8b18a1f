/* What libsmi says of an object. */
#ifndef ORACLE_SMI_H
#define ORACLE_SMI_H

#include <stdbool.h>
#include <stddef.h>

void oracle_smi_start(const char *directory);
/* The fact in the words of oracle.c; false when libsmi does not have the object. */
bool oracle_smi_fact(const char *module, const char *name, const char *fact, char *out, size_t size);

#endif
