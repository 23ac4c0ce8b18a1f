/* What was learnt about one device, to be kept from run to run: how much it puts into an answer, how many requests
 * it takes at once, and what it cannot do. One line of text, which people may edit. */
#ifndef CORE_QUIRK_H
#define CORE_QUIRK_H

#include "api/quirk.h"

/* Newly learnt facts into what was known; edited words stay. True when something changed that is worth keeping. */
bool quirk_merge(struct quirks *known, const struct quirks *learnt);

#endif
