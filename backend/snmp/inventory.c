/* A device of the settings: its profile's secrets are read one after another, then the device is made. */
#include "api/inventory.h"

#include "core/memory.h"
#include "core/request.h"
#include "io/secrets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { COMMUNITY, AUTH_PASSWORD, PRIV_PASSWORD, N_SECRETS };

struct inventory {
    struct request request; /* first */
    struct loop *loop;
    struct engine *engine;
    const struct device_setting *setting;
    const struct profile *profile;
    bool read_only;
    inventory_fn *fn;
    void *arg;
    int step;
    struct request *reading;
    struct loop_timer *soon;
    char *secrets[N_SECRETS];
    char what[N_SECRETS][160];
};

static const struct profile public_profile = { .name = "public", .version = 2, .community = { .text = "public" } };

static void next_step(struct inventory *inventory);

static void
inventory_free(struct inventory *inventory)
{
    for (int i = 0; i < N_SECRETS; i++)
        secret_wipe(inventory->secrets[i]);
    free(inventory);
}

static void
cancel(struct request *request)
{
    struct inventory *inventory = (struct inventory *) (void *) request;

    request_cancel(inventory->reading);
    loop_cancel(inventory->soon);
    inventory_free(inventory);
}

static void
finish(struct inventory *inventory, struct device *device, const struct failure *failure)
{
    inventory_fn *fn = inventory->fn;
    void *arg = inventory->arg;

    inventory_free(inventory);
    fn(arg, device, failure);
}

static void
secret_came(void *arg, const char *secret, const struct failure *failure)
{
    struct inventory *inventory = arg;

    inventory->reading = NULL;
    if (secret == NULL) {
        finish(inventory, NULL, failure);
        return;
    }
    inventory->secrets[inventory->step++] = secret_copy(secret);
    next_step(inventory);
}

static const struct secret_source *
source_of(const struct profile *profile, int step)
{
    const struct secret_source *sources[N_SECRETS] = { &profile->community, &profile->auth_password,
                                                       &profile->priv_password };
    const struct secret_source *s = sources[step];

    return s->command.n > 0 || s->file != NULL || s->text != NULL ? s : NULL;
}

static enum snmp_level
level_of(const struct profile *p)
{
    if (p->level == NULL)
        return p->priv != NULL ? SNMP_AUTH_PRIV : p->auth != NULL ? SNMP_AUTH_NO_PRIV : SNMP_NO_AUTH_NO_PRIV;
    if (strcasecmp(p->level, "authPriv") == 0)
        return SNMP_AUTH_PRIV;
    return strcasecmp(p->level, "authNoPriv") == 0 ? SNMP_AUTH_NO_PRIV : SNMP_NO_AUTH_NO_PRIV;
}

static void
make_device(struct inventory *inventory)
{
    const struct profile *p = inventory->profile;
    const struct device_setting *s = inventory->setting;
    struct device_options options = {
        .name = s->name,
        .address = s->address,
        .access = { .version = p->version == 1   ? SNMP_V1
                               : p->version == 3 ? SNMP_V3
                                                 : SNMP_V2C,
                    .community = inventory->secrets[COMMUNITY],
                    .user = p->user,
                    .level = level_of(p),
                    .auth = p->auth,
                    .priv = p->priv,
                    .auth_password = inventory->secrets[AUTH_PASSWORD],
                    .priv_password = inventory->secrets[PRIV_PASSWORD],
                    .context = p->context,
                    .tls = { .certificate = p->tls_certificate, .key = p->tls_key, .ca = p->tls_ca, .name = p->tls_name,
                             .fingerprint = p->tls_fingerprint, .oldest = p->tls_oldest } },
        .read_only = s->read_only || inventory->read_only,
        .timeout = LOOP_MS(s->timeout_ms),
        .retries = s->retries,
        .port = s->port,
    };
    struct failure why = { 0 };
    struct device *device;

    if (options.access.version != SNMP_V3 && options.access.community == NULL)
        options.access.community = "public";
    device = device_new(inventory->engine, &options, &why);
    finish(inventory, device, device == NULL ? &why : NULL);
}

static void
next_step(struct inventory *inventory)
{
    static const char *const names[N_SECRETS] = { "community", "auth-password", "priv-password" };
    const struct secret_source *source;

    while (inventory->step < N_SECRETS) {
        source = source_of(inventory->profile, inventory->step);
        if (source == NULL) {
            inventory->step++;
            continue;
        }
        snprintf(inventory->what[inventory->step], sizeof inventory->what[0], "the %s of profile \"%s\"",
                 names[inventory->step], inventory->profile->name);
        inventory->reading = secret_start(inventory->loop, inventory->what[inventory->step], source,
                                          SECRET_PASSWORD_MAX, 0, secret_came, inventory);
        return;
    }
    make_device(inventory);
}

static void
begin(void *arg)
{
    struct inventory *inventory = arg;

    inventory->soon = NULL;
    next_step(inventory);
}

struct request *
inventory_open(struct loop *loop, struct engine *engine, const struct device_setting *setting,
               const struct profile *profile, bool read_only, inventory_fn *fn, void *arg)
{
    struct inventory *inventory = memory_zero(1, sizeof *inventory);

    inventory->request.cancel = cancel;
    inventory->loop = loop;
    inventory->engine = engine;
    inventory->setting = setting;
    inventory->profile = profile != NULL ? profile : &public_profile;
    inventory->read_only = read_only;
    inventory->fn = fn;
    inventory->arg = arg;
    inventory->soon = loop_after(loop, 0, begin, inventory);
    return &inventory->request;
}

const struct device_setting *
inventory_find(const struct settings *settings, const char *name)
{
    const struct device_setting *devices;
    size_t n = settings_devices(settings, &devices);

    for (size_t i = 0; i < n; i++)
        if (strcmp(devices[i].name, name) == 0)
            return &devices[i];
    return NULL;
}
