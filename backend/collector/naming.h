/* Which device has an address: by the addresses of the settings, the aliases beside them, and the names among them, which are
 * resolved, again and again, without anybody waiting for it. */
#ifndef COLLECTOR_NAMING_H
#define COLLECTOR_NAMING_H

#include "api/loop.h"
#include "api/settings.h"

#include <stddef.h>
#include <stdint.h>

struct naming;

struct naming *naming_new(const struct settings *settings, struct loop *loop);
void naming_free(struct naming *naming);
/* `family`: 4 or 6. NULL: none. The text lives as long as `naming`. */
const char *naming_find(const struct naming *naming, int family, const uint8_t *address);
/* Another number when what was found may be otherwise now. */
unsigned naming_edition(const struct naming *naming);

#endif
