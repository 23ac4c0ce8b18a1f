/* Where the door is closed (confine.c), so that who links the compiler alone needs no sandbox. */
#ifndef MIB_COMPILE_H
#define MIB_COMPILE_H

#include "api/failure.h"
#include "mib/source.h"

/* Called with every file there is, before the first is opened. */
void compile_on_confine(bool (*fn)(const struct source *all, size_t n, const char *to, struct failure *why));

#endif
