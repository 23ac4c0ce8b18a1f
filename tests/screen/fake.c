/* The fake backend; see fake.h. */
#include "fake-parts.h"

#include "api/collector.h"
#include "api/memory.h"
#include "api/settings.h"

#include <stdlib.h>
#include <string.h>

const char *fake_store_refuses, *fake_settings_refuse;
int fake_busy, fake_sets_sent;
bool fake_hostile, fake_no_devices, fake_noise, fake_crash;

const char fake_hostile_text[] =
    "\033]0;owned\007\033[2J\xc2\x9b" "31m \xe2\x80\xae" "evil\xe2\x81\xa6 \xff\xfe tab\there\nnext \xe4\xbd\xa0\xe5\xa5\xbd a"
    "\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81 \xe2\x80\x8b\xef\xbb\xbf\xf0\x9f\x98\x80 end";

struct settings {
    int nothing;
};

static const struct profile profiles[] = {
    {.name = "core-v3", .version = 3, .user = "ops", .level = "authPriv", .auth = "SHA-256", .priv = "AES-128"},
};
static const struct device_setting devices[] = {
    {.name = "core-sw-01", .address = "192.0.2.7", .profile = "core-v3", .group = "core", .production = true},
    {.name = "core-rt-01", .address = "192.0.2.9", .profile = "core-v3", .group = "core", .production = true, .read_only = true},
    {.name = "access-sw-03", .address = "192.0.2.23", .group = "access"},
    {.name = "access-sw-12", .address = "192.0.2.32", .group = "access"},
    {.name = "lab-01", .address = "192.0.2.99", .group = "lab", .profile = "gone"},
};
static const char *const readers[] = {"noc@example.net"};
static const struct mail_setting mails[] = {{.name = "relay", .server = "smtp.example.net", .from = "trapline <noc@example.net>"}};
static const struct digest_setting digests[] = {{.name = "now", .to = {readers, 1}}};

struct settings *
settings_read(const char *directory, struct failure *why)
{
    (void) directory;
    if (fake_settings_refuse != NULL)
        return failure_set(why, FAILURE_USAGE, "%s", fake_settings_refuse), NULL;
    return memory_zero(1, sizeof(struct settings));
}

void
settings_free(struct settings *settings)
{
    free(settings);
}

const char *
settings_text(const struct settings *settings, const char *option)
{
    (void) settings, (void) option;
    return NULL;
}

size_t
settings_devices(const struct settings *settings, const struct device_setting **out)
{
    (void) settings;
    *out = devices;
    return fake_no_devices ? 0 : sizeof devices / sizeof *devices;
}

size_t
settings_mails(const struct settings *settings, const struct mail_setting **out)
{
    (void) settings;
    *out = mails;
    return 1;
}

size_t
settings_digests(const struct settings *settings, const struct digest_setting **out)
{
    (void) settings;
    *out = digests;
    return 1;
}

size_t
settings_profiles(const struct settings *settings, const struct profile **out)
{
    (void) settings;
    *out = profiles;
    return sizeof profiles / sizeof *profiles;
}

const struct profile *
settings_profile(const struct settings *settings, const char *name)
{
    (void) settings;
    return strcmp(name, "core-v3") == 0 ? &profiles[0] : NULL;
}

pid_t
collector_running(const char *state_directory)
{
    (void) state_directory;
    return 1;
}

bool
collector_start(const char *config_directory, const char *state_directory, struct failure *why)
{
    (void) config_directory, (void) state_directory, (void) why;
    return true;
}
