/* A list of addresses; those that a name was resolved to are replaced when it is resolved to others. */
#include "collector/naming.h"

#include "core/memory.h"
#include "io/log.h"
#include "io/resolve.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOST_MAX = 256 };
#define AGAIN LOOP_S(600)

struct known {
    const char *device;
    const struct host *host; /* that was resolved, or NULL */
    int family;
    uint8_t address[16];
};

struct host {
    struct naming *naming;
    const char *device;
    char name[HOST_MAX];
};

struct naming {
    struct loop *loop;
    struct resolver *resolver;
    struct loop_timer *timer;
    char **devices; /* their names */
    struct known *known;
    struct host *hosts;
    size_t n_devices, n_known, n_hosts;
    unsigned edition;
};

static int
parse(const char *text, uint8_t address[16])
{
    return inet_pton(AF_INET, text, address) == 1 ? 4 : inet_pton(AF_INET6, text, address) == 1 ? 6 : 0;
}

/* "udp:10.0.0.7:161", "tcp6:[2001:db8::1]", "sw1.example.net:161": what stands between transport and port. */
static void
host_of(const char *text, char out[HOST_MAX])
{
    static const char *const transports[] = { "udp", "tcp", "tls", "dtls", "dtlsudp", "tlstcp" };
    char *colon;

    for (size_t i = 0; i < sizeof transports / sizeof transports[0]; i++) {
        size_t n = strlen(transports[i]);
        bool six = strncmp(text, transports[i], n) == 0 && text[n] == '6';

        if (strncmp(text, transports[i], n) == 0 && text[n + six] == ':') {
            text += n + six + 1;
            break;
        }
    }
    snprintf(out, HOST_MAX, "%s", text[0] == '[' ? text + 1 : text);
    out[strcspn(out, "]")] = '\0';
    colon = strchr(out, ':');
    if (colon != NULL && strchr(colon + 1, ':') == NULL)
        *colon = '\0';
}

static void
add(struct naming *naming, const char *device, const struct host *host, const char *text)
{
    struct known *known;

    naming->known = memory_grow(naming->known, naming->n_known + 1, sizeof *naming->known);
    known = &naming->known[naming->n_known];
    *known = (struct known) { .device = device, .host = host };
    known->family = parse(text, known->address);
    naming->n_known += known->family != 0;
}

static void
forget(struct naming *naming, const struct host *host)
{
    size_t kept = 0;

    for (size_t i = 0; i < naming->n_known; i++)
        if (naming->known[i].host != host)
            naming->known[kept++] = naming->known[i];
    naming->n_known = kept;
}

static void
on_resolved(void *arg, const struct resolve_reply *reply)
{
    struct host *host = arg;

    if (reply->failure != NULL) {
        log_write(LOG_LEVEL_WARNING, "notifications of %s are shown by address: %s", host->device,
                  reply->failure->text);
        return;
    }
    forget(host->naming, host);
    for (size_t i = 0; i < reply->n; i++)
        add(host->naming, host->device, host, reply->addresses[i].text);
    host->naming->edition++;
}

static void
resolve_all(void *arg)
{
    struct naming *naming = arg;

    for (size_t i = 0; i < naming->n_hosts; i++)
        resolve_name(naming->resolver, naming->hosts[i].name, AF_UNSPEC, 0, on_resolved, &naming->hosts[i]);
    naming->timer = loop_after(naming->loop, AGAIN, resolve_all, naming);
}

struct naming *
naming_new(const struct settings *settings, struct loop *loop)
{
    struct naming *naming = memory_zero(1, sizeof *naming);
    const struct device_setting *rows;
    size_t n = settings_devices(settings, &rows);

    naming->loop = loop;
    naming->resolver = resolver_new(loop);
    naming->devices = memory_zero(n + 1, sizeof *naming->devices);
    naming->hosts = memory_zero(n + 1, sizeof *naming->hosts);
    for (size_t i = 0; i < n; i++) {
        const char *device = naming->devices[naming->n_devices++] = memory_text(rows[i].name);
        struct host *host = &naming->hosts[naming->n_hosts];
        uint8_t address[16];

        for (size_t j = 0; j < rows[i].aliases.n; j++)
            add(naming, device, NULL, rows[i].aliases.items[j]);
        if (rows[i].address == NULL)
            continue;
        *host = (struct host) { .naming = naming, .device = device };
        host_of(rows[i].address, host->name);
        if (parse(host->name, address) != 0)
            add(naming, device, NULL, host->name);
        else
            naming->n_hosts++;
    }
    if (naming->n_hosts > 0)
        naming->timer = loop_after(loop, 0, resolve_all, naming);
    return naming;
}

void
naming_free(struct naming *naming)
{
    if (naming == NULL)
        return;
    loop_cancel(naming->timer);
    resolver_free(naming->resolver);
    for (size_t i = 0; i < naming->n_devices; i++)
        free(naming->devices[i]);
    free(naming->devices);
    free(naming->hosts);
    free(naming->known);
    free(naming);
}

const char *
naming_find(const struct naming *naming, int family, const uint8_t *address)
{
    for (size_t i = 0; i < naming->n_known; i++)
        if (naming->known[i].family == family &&
            memcmp(naming->known[i].address, address, family == 4 ? 4 : 16) == 0)
            return naming->known[i].device;
    return NULL;
}

unsigned
naming_edition(const struct naming *naming)
{
    return naming->edition;
}
