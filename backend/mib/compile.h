/* Where the door is closed (confine.c), so that who links the compiler alone needs no sandbox. */
#ifndef MIB_COMPILE_H
#define MIB_COMPILE_H

#include "api/failure.h"
#include "mib/source.h"

/* Called in each process with every file there is, before it opens the first. */
typedef bool compile_confine_fn(const struct source *all, size_t n, const char *to, struct failure *why);

void compile_on_confine(compile_confine_fn *fn);

#endif
