/* The devices of the settings, as the console knows them: opened, asked every few seconds, remembered. */
#ifndef CONSOLE_HOSTS_H
#define CONSOLE_HOSTS_H

#include "api/device.h"
#include "api/inventory.h"

enum { HOST_SAMPLES = 14, HOST_TEXT = 256 };

struct app;

struct host {
    struct app *app;
    const struct device_setting *setting;
    const struct profile *profile; /* or NULL */
    struct device *device;         /* NULL until opened */
    struct request *opening, *asking;
    struct loop_timer *timer;
    struct failure why;            /* it could not be opened */
    struct device_status status;   /* as of the last turn */
    char name[HOST_TEXT], description[HOST_TEXT], contact[HOST_TEXT], location[HOST_TEXT];
    uint64_t uptime;               /* hundredths of a second, as of uptime_at (loop time; 0: never) */
    int64_t uptime_at;
    int64_t sample[HOST_SAMPLES];  /* latencies, oldest first; negative: no answer */
    int n_samples;
    bool asked;                    /* the first answer or failure has come */
};

struct hosts {
    struct host **at;
    size_t n;
};

void hosts_open(struct app *app, struct hosts *hosts);
void hosts_close(struct hosts *hosts);
void hosts_tick(struct hosts *hosts);
void host_ask(struct host *host);
const char *host_name(const struct host *host);
/* "v3 priv", "v2c" */
const char *host_spoken(const struct host *host);
bool host_read_only(const struct host *host);
bool host_production(const struct host *host);
size_t hosts_answering(const struct hosts *hosts);

#endif
