/* A store that is damaged: found out before it is used, kept as it is, and read out into a new one. */
#ifndef STORE_RECOVER_H
#define STORE_RECOVER_H

#include "api/store.h"

#include <stddef.h>

/* May a collector start on this store? False when it is damaged (then a copy beside it is made, once, and the sentence
 * says where) or from a newer version; true, too, when it cannot be opened just now: that may pass. */
bool store_examine(const char *url, struct failure *why);

struct recovered {
    uint64_t rows, notifications, holes; /* holes: places where rows could not be read */
    char kept[1100];                     /* where the damaged file is now */
};
/* Read out what is left into a new store, which takes the place of the old one; that is kept under another name. */
bool store_recover(const char *url, struct recovered *out, struct failure *why);

#endif
