/* Severity without a rule: see severity.c. The texts are literals. */
#ifndef CORE_SEVERITY_H
#define CORE_SEVERITY_H

#include "api/journal.h"

bool severity_standard(const struct oid *name, enum severity *severity, const char **why);
/* The worst of the telling words in a text; false when there is none. */
bool severity_words(const uint8_t *octets, size_t n, enum severity *severity, const char **why);

#endif
