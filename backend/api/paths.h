/* Where trapline reads and writes. Every path is computed here and nowhere else. */
#ifndef API_PATHS_H
#define API_PATHS_H

#include "failure.h"

#include <stddef.h>

struct paths {
    char config[1024];  /* directory */
    char state[1024];   /* directory, made 0700 by paths_make */
    char cache[1024];   /* directory, likewise */
    char store[1024];   /* state/trapline.db */
    char snapshot[1024];/* cache/mib.snapshot */
    char log[1024];     /* state/trapline.log */
    char mibs[1024];    /* our modules, installed or in the build tree ($TRAPLINE_MIBS) */
    char themes[1024];  /* likewise ($TRAPLINE_THEMES) */
};

/* `config` may be NULL: $TRAPLINE_CONFIG, $XDG_CONFIG_HOME/trapline, /etc/trapline. State and cache follow
 * $TRAPLINE_STATE, $TRAPLINE_CACHE, XDG. */
bool paths_find(struct paths *out, const char *config, struct failure *why);
bool paths_make(const struct paths *paths, struct failure *why);
/* The directory of the settings and `folder` in it. */
bool paths_make_config(const char *config, const char *folder, struct failure *why);
/* Absolute path of one of our programs: beside the running one (build tree), else where it was installed. */
bool paths_program(const char *name, char *out, size_t size, struct failure *why);

#endif
