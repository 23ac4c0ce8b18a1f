/* The devices of the settings, opened on an engine.
 *
 * Opening reads the profile's secrets first: a command runs in a child with a deadline, so it takes time and has
 * the completion contract of request.h. */
#ifndef API_INVENTORY_H
#define API_INVENTORY_H

#include "device.h"
#include "settings.h"

/* `device` is the callee's to free, NULL when `failure` says why. */
typedef void inventory_fn(void *arg, struct device *device, const struct failure *failure);

/* `profile` may be NULL: v2c, community "public". Both are borrowed until the completion. `read_only` adds to what
 * the setting says. */
struct request *inventory_open(struct loop *loop, struct engine *engine, const struct device_setting *setting,
                               const struct profile *profile, bool read_only, inventory_fn *fn, void *arg);

/* The setting of that name, or NULL. */
const struct device_setting *inventory_find(const struct settings *settings, const char *name);

#endif
