/* The devices: each opened by the loop after the first paint, then asked again and again. */
#include "console/app.h"

#include "api/memory.h"
#include "api/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ASK_DESCRIPTION, ASK_UPTIME, ASK_CONTACT, ASK_NAME, ASK_LOCATION, ASK_COUNT };

static const uint32_t system_arcs[] = {1, 3, 6, 1, 2, 1, 1};
static const uint32_t ask_arcs[ASK_COUNT] = {1, 3, 4, 5, 6};

static void host_later(struct host *host);

static void
sample_add(struct host *host, int64_t latency)
{
    if (host->n_samples == HOST_SAMPLES)
        memmove(host->sample, host->sample + 1, sizeof host->sample - sizeof *host->sample);
    else
        host->n_samples++;
    host->sample[host->n_samples - 1] = latency;
}

static void
keep_text(const struct value *value, char out[HOST_TEXT])
{
    if (value->type == VALUE_OCTETS)
        text_sanitize(value->octets, value->n, out, HOST_TEXT);
}

static void
answered(void *arg, const struct device_reply *reply)
{
    struct host *host = arg;

    host->asking = NULL;
    if (!host->asked) {
        host->asked = true;
        app_busy(host->app, -1);
    }
    sample_add(host, reply->failure == NULL ? reply->round_trip : -1);
    for (size_t i = 0; reply->failure == NULL && i < reply->n && i < ASK_COUNT; i++) {
        const struct value *value = &reply->varbinds[i].value;
        switch (i) {
        case ASK_DESCRIPTION: keep_text(value, host->description); break;
        case ASK_CONTACT: keep_text(value, host->contact); break;
        case ASK_NAME: keep_text(value, host->name); break;
        case ASK_LOCATION: keep_text(value, host->location); break;
        default:
            if (value->type == VALUE_TIMETICKS) {
                host->uptime = value->u;
                host->uptime_at = loop_now(host->app->loop);
            }
        }
    }
    device_status(host->device, &host->status);
    host->app->dirty = true;
    host_later(host);
}

void
host_ask(struct host *host)
{
    struct oid names[ASK_COUNT];

    if (host->device == NULL || host->asking != NULL)
        return;
    for (int i = 0; i < ASK_COUNT; i++) {
        oid_set(&names[i], system_arcs, sizeof system_arcs / sizeof *system_arcs);
        oid_append_arc(&names[i], ask_arcs[i]);
        oid_append_arc(&names[i], 0);
    }
    host->asking = device_get(host->device, names, ASK_COUNT, answered, host);
    device_status(host->device, &host->status);
}

static void
due(void *arg)
{
    struct host *host = arg;

    host->timer = NULL;
    host_ask(host);
}

/* Many devices are asked less often, so that the console stays a light guest on a network. */
static void
host_later(struct host *host)
{
    int64_t gap = host->app->hosts.n > 50 ? LOOP_S(30) : LOOP_S(5);

    loop_cancel(host->timer);
    host->timer = loop_after(host->app->loop, gap, due, host);
}

static void
opened(void *arg, struct device *device, const struct failure *failure)
{
    struct host *host = arg;

    host->opening = NULL;
    host->device = device;
    host->app->dirty = true;
    if (device == NULL) {
        host->why = *failure;
        host->asked = true;
        app_busy(host->app, -1);
        app_message(host->app, ROLE_ERROR, "%s: %s", host_name(host), failure->text);
        return;
    }
    if (host->app->host == NULL)
        app_use_host(host->app, host);
    host_ask(host);
}

void
hosts_open(struct app *app, struct hosts *hosts)
{
    const struct device_setting *settings;
    size_t n = settings_devices(app->settings, &settings);

    hosts->at = memory_zero(n + 1, sizeof *hosts->at);
    for (size_t i = 0; i < n; i++) {
        struct host *host = memory_zero(1, sizeof *host);
        host->app = app;
        host->setting = &settings[i];
        host->profile = settings[i].profile != NULL ? settings_profile(app->settings, settings[i].profile) : NULL;
        hosts->at[hosts->n++] = host;
        app_busy(app, 1);
        host->opening = inventory_open(app->loop, app->engine, host->setting, host->profile, app->read_only, opened,
                                       host);
    }
}

void
hosts_close(struct hosts *hosts)
{
    for (size_t i = 0; i < hosts->n; i++) {
        struct host *host = hosts->at[i];
        request_cancel(host->opening);
        request_cancel(host->asking);
        loop_cancel(host->timer);
        if (host->device != NULL)
            device_free(host->device);
        free(host);
    }
    free(hosts->at);
    memset(hosts, 0, sizeof *hosts);
}

void
hosts_tick(struct hosts *hosts)
{
    for (size_t i = 0; i < hosts->n; i++)
        if (hosts->at[i]->device != NULL)
            device_status(hosts->at[i]->device, &hosts->at[i]->status);
}

const char *
host_name(const struct host *host)
{
    return host->setting->name;
}

const char *
host_spoken(const struct host *host)
{
    const struct profile *p = host->profile;

    if (p == NULL || p->version == 2)
        return "v2c";
    if (p->version == 1)
        return "v1";
    return p->level == NULL ? "v3" : strcmp(p->level, "authPriv") == 0 ? "v3 priv"
           : strcmp(p->level, "authNoPriv") == 0 ? "v3 auth" : "v3 none";
}

bool
host_read_only(const struct host *host)
{
    return host->app->read_only || host->setting->read_only;
}

bool
host_production(const struct host *host)
{
    return host->setting->production;
}

size_t
hosts_answering(const struct hosts *hosts)
{
    size_t n = 0;

    for (size_t i = 0; i < hosts->n; i++)
        n += hosts->at[i]->status.state == DEVICE_ANSWERS;
    return n;
}
