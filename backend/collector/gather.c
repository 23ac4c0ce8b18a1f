/* From settings and admitted senders to what intake needs to know. */
#include "collector/config.h"
#include "io/log.h"

#include <string.h>

static bool
add_networks(struct config_sender *sender, struct settings_list sources, struct arena *arena)
{
    sender->networks = arena_alloc(arena, (sources.n + 1) * sizeof *sender->networks);
    for (size_t i = 0; i < sources.n; i++)
        if (!config_network_parse(sources.items[i], &sender->networks[sender->n_networks++])) {
            log_write(LOG_LEVEL_ERROR, "sender %s: source \"%s\" is no network; write 10.0.0.0/8 or 2001:db8::/32; "
                      "the sender is left out", sender->name, sources.items[i]);
            return false;
        }
    return true;
}

static bool
add_profile(struct config_sender *sender, const struct settings *settings, const char *name, const char *engine_id,
            const char *fingerprint)
{
    const struct profile *profile = name != NULL ? settings_profile(settings, name) : NULL;

    if (fingerprint == NULL && profile != NULL)
        fingerprint = profile->tls_fingerprint;
    sender->has_fingerprint = fingerprint != NULL && fingerprint_parse(fingerprint, sender->fingerprint);

    if (name != NULL && profile == NULL) {
        log_write(LOG_LEVEL_ERROR, "sender %s: there is no profile \"%s\"; the sender is left out", sender->name, name);
        return false;
    }
    if (profile != NULL) {
        sender->version = profile->version;
        sender->community = profile->community;
        sender->auth_password = profile->auth_password;
        sender->priv_password = profile->priv_password;
        sender->user = profile->user;
        sender->level = profile->level;
        sender->auth = profile->auth;
        sender->priv = profile->priv;
    } else if (sender->has_fingerprint) {
        sender->version = 3; /* or any community would do */
    }
    if (sender->version == 3 && sender->user == NULL && !sender->has_fingerprint) {
        log_write(LOG_LEVEL_ERROR, "sender %s: its profile \"%s\" has neither user nor tls-fingerprint, by which it would "
                  "be known; the sender is left out", sender->name, name);
        return false;
    }
    if (engine_id != NULL && engine_id[0] != '\0' &&
        !identity_parse(engine_id, sender->engine_id, &sender->n_engine_id)) {
        log_write(LOG_LEVEL_ERROR, "sender %s: engine-id \"%s\" is none; write 0x and 10 to 64 hexadecimal digits; the "
                  "sender is left out", sender->name, engine_id);
        return false;
    }
    return true;
}

struct gathering {
    const struct settings *settings;
    struct arena *arena;
    struct config *out;
    size_t room;
};

static struct config_sender *
next_sender(struct gathering *to, const char *name)
{
    struct config_sender *sender;

    if (to->out->n_senders == to->room)
        return NULL;
    sender = &to->out->senders[to->out->n_senders];
    memset(sender, 0, sizeof *sender);
    sender->name = name;
    return sender;
}

static bool
take_admitted(void *arg, const struct admitted_sender *row)
{
    struct gathering *to = arg;
    const char *name = arena_text(to->arena, row->name, strlen(row->name));
    struct config_sender *sender = next_sender(to, name);
    struct settings_list sources = { &row->source, row->source != NULL && row->source[0] != '\0' ? 1 : 0 };

    if (sender != NULL && add_networks(sender, sources, to->arena) &&
        add_profile(sender, to->settings, row->profile, row->engine_id, row->fingerprint))
        to->out->n_senders++;
    return true;
}

void
config_gather(const struct settings *settings, struct store *store, struct arena *arena, struct config *out)
{
    enum { ADMITTED_MAX = 4096 };
    const struct sender_setting *rows;
    size_t n = settings_senders(settings, &rows);
    struct gathering to = { settings, arena, out, n + ADMITTED_MAX };
    struct failure why;

    out->senders = arena_alloc(arena, to.room * sizeof *out->senders);
    out->n_senders = 0;
    out->trust_loopback = settings_flag(settings, "trust-loopback");
    for (size_t i = 0; i < n; i++) {
        struct config_sender *sender = next_sender(&to, rows[i].name);

        if (sender != NULL && add_networks(sender, rows[i].source, arena) &&
            add_profile(sender, settings, rows[i].profile, rows[i].engine_id, rows[i].tls_fingerprint))
            out->n_senders++;
    }
    if (store != NULL && !admitted_senders(store, take_admitted, &to, &why))
        log_write(LOG_LEVEL_ERROR, "%s", why.text);
}
