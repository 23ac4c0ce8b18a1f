/* What the parts of the fake backend share. */
#ifndef TESTS_FAKE_PARTS_H
#define TESTS_FAKE_PARTS_H

#include "fake.h"

/* Monday 2026-11-23 14:32:07 UTC */
#define FAKE_EPOCH (1795444327LL * 1000000000)

extern const char fake_hostile_text[];
extern int64_t fake_version; /* of the store's data */

#endif
