/* Settings: one table of options says type, range, default and help; files are read with file and line in every
 * error, a bad edit is refused whole, and each value knows where it came from.
 *
 * Secrets are never here: a profile names a command or a 0600 file, and secret_read (backend/io) gets the value
 * where and when it is needed. */
#ifndef API_SETTINGS_H
#define API_SETTINGS_H

#include "failure.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct settings;

struct settings_list {
    const char *const *items;
    size_t n;
};

/* Where a secret comes from; at most one of the three is set. */
struct secret_source {
    struct settings_list command; /* argv */
    const char *file;             /* absolute */
    const char *text;             /* typed at a prompt or an argument; in the settings only a community in a 0600 file */
};

struct profile {
    const char *name;
    int version;          /* 1, 2 (v2c), 3 */
    struct secret_source community, auth_password, priv_password;
    const char *user, *level, *auth, *priv, *context;
    const char *tls_certificate, *tls_key, *tls_ca, *tls_name, *tls_fingerprint, *tls_oldest;
};

struct device_setting {
    const char *name, *address, *profile, *group;
    struct settings_list tags, aliases;
    bool read_only, production; /* of the device or its group */
    int timeout_ms, retries;
    int port; /* where the address names none; 0: 161 */
};

struct sender_setting { /* who may send notifications */
    const char *name;
    struct settings_list source; /* networks, CIDR; none: any */
    const char *profile;         /* community, v3 user or certificate */
    const char *engine_id;       /* "0x80…", or NULL */
    const char *tls_fingerprint; /* or NULL */
};

struct mail_setting {
    const char *name, *server, *security; /* "starttls" "tls" "plain"; a server that is a path: LMTP on that socket */
    int port;                             /* 0 in the file becomes the security's own: 587, 465, 25 */
    struct settings_list command;         /* a sendmail program instead of a server */
    const char *user;
    struct secret_source password, token;
    const char *from, *ca_file, *pin, *client_certificate, *client_key;
    struct settings_list mechanisms;
    bool allow_clear_password;
    int budget_per_hour, budget_per_recipient, timeout_s;
};

struct digest_setting {
    const char *name;
    struct settings_list to;
    const char *severity, *at, *time_zone, *mail;
    int wait_s, interval_s;
};

/* Read everything under `directory` (NULL: $TRAPLINE_CONFIG, XDG, /etc/trapline). An absent directory gives the
 * defaults. */
struct settings *settings_read(const char *directory, struct failure *why);
void settings_free(struct settings *settings);
const char *settings_directory(const struct settings *settings);

const char *settings_text(const struct settings *settings, const char *option); /* NULL when unset */
long settings_number(const struct settings *settings, const char *option);
bool settings_flag(const struct settings *settings, const char *option);
struct settings_list settings_list(const struct settings *settings, const char *option);

size_t settings_devices(const struct settings *settings, const struct device_setting **out);
size_t settings_profiles(const struct settings *settings, const struct profile **out);
size_t settings_senders(const struct settings *settings, const struct sender_setting **out);
size_t settings_mails(const struct settings *settings, const struct mail_setting **out);
size_t settings_digests(const struct settings *settings, const struct digest_setting **out);
const struct profile *settings_profile(const struct settings *settings, const char *name);
bool settings_secret_is_given(const struct secret_source *source);
/* The protocols of passwords that are given with none. */
void settings_profile_fill(struct profile *profile);

/* Every option with its value and where it came from (file:line or "default"); secrets show their source only. */
void settings_print(const struct settings *settings, FILE *out);
/* Every option there is: what it takes, its default, its help. */
void settings_explain(FILE *out);

#endif
