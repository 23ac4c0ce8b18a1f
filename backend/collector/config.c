/* Intake's configuration as octets, both ways. */
#include "collector/config.h"

#include "io/frame.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum { CONFIG_VERSION = 3, SENDERS_MAX = 10000, NETWORKS_MAX = 1000, ARGUMENTS_MAX = 64 };

bool
config_network_parse(const char *text, struct config_network *out)
{
    const char *slash = strchr(text, '/');
    size_t n = slash != NULL ? (size_t) (slash - text) : strlen(text);
    char address[64], *end;
    long bits;

    memset(out, 0, sizeof *out);
    if (n >= sizeof address)
        return false;
    memcpy(address, text, n);
    address[n] = '\0';
    if (inet_pton(AF_INET, address, out->address) == 1)
        out->family = 4;
    else if (inet_pton(AF_INET6, address, out->address) == 1)
        out->family = 6;
    else
        return false;
    out->bits = out->family == 4 ? 32 : 128;
    if (slash == NULL)
        return true;
    bits = strtol(slash + 1, &end, 10);
    if (end == slash + 1 || *end != '\0' || bits < 0 || bits > out->bits)
        return false;
    out->bits = (int) bits;
    return true;
}

bool
config_network_has(const struct config_network *network, int family, const uint8_t *address)
{
    int whole = network->bits / 8, rest = network->bits % 8;

    if (network->family != family || memcmp(network->address, address, (size_t) whole) != 0)
        return false;
    return rest == 0 || ((network->address[whole] ^ address[whole]) & (0xff00 >> rest) & 0xff) == 0;
}

static void
put_secret(struct buf *out, const struct secret_source *source)
{
    frame_put_u32(out, (uint32_t) source->command.n);
    for (size_t i = 0; i < source->command.n; i++)
        frame_put_text(out, source->command.items[i]);
    frame_put_text(out, source->file);
    frame_put_text(out, source->text);
}

static const char *
get_text(struct frame_reader *in, struct arena *arena)
{
    char *text = frame_get_text(in, arena);

    return text[0] != '\0' ? text : NULL;
}

static void
get_secret(struct frame_reader *in, struct arena *arena, struct secret_source *out)
{
    uint32_t n = frame_get_u32(in);
    const char **items;

    if (n > ARGUMENTS_MAX) {
        in->bad = true;
        return;
    }
    items = arena_alloc(arena, (n + 1) * sizeof *items);
    for (uint32_t i = 0; i < n; i++)
        items[i] = frame_get_text(in, arena);
    out->command = (struct settings_list) { items, n };
    out->file = get_text(in, arena);
    out->text = get_text(in, arena);
}

static void
put_sender(struct buf *out, const struct config_sender *sender)
{
    frame_put_text(out, sender->name);
    frame_put_u32(out, (uint32_t) sender->n_networks);
    for (size_t i = 0; i < sender->n_networks; i++) {
        frame_put_u32(out, (uint32_t) sender->networks[i].family);
        frame_put_octets(out, sender->networks[i].address, 16);
        frame_put_u32(out, (uint32_t) sender->networks[i].bits);
    }
    frame_put_u32(out, (uint32_t) sender->version);
    put_secret(out, &sender->community);
    put_secret(out, &sender->auth_password);
    put_secret(out, &sender->priv_password);
    frame_put_text(out, sender->user);
    frame_put_text(out, sender->level);
    frame_put_text(out, sender->auth);
    frame_put_text(out, sender->priv);
    frame_put_octets(out, sender->engine_id, sender->n_engine_id);
    frame_put_octets(out, sender->fingerprint, sender->has_fingerprint ? FINGERPRINT_OCTETS : 0);
}

static void
get_engine(struct frame_reader *in, uint8_t out[ENGINE_ID_MAX], size_t *n)
{
    const uint8_t *octets = frame_get_octets(in, n);

    if (*n > ENGINE_ID_MAX) {
        in->bad = true;
        *n = 0;
    }
    if (*n > 0)
        memcpy(out, octets, *n);
}

static void
get_fingerprint(struct frame_reader *in, struct config_sender *out)
{
    size_t n;
    const uint8_t *octets = frame_get_octets(in, &n);

    out->has_fingerprint = n == FINGERPRINT_OCTETS;
    if (out->has_fingerprint)
        memcpy(out->fingerprint, octets, n);
    else if (n > 0)
        in->bad = true;
}

static void
get_sender(struct frame_reader *in, struct arena *arena, struct config_sender *out)
{
    uint32_t n;

    out->name = frame_get_text(in, arena);
    n = frame_get_u32(in);
    if (n > NETWORKS_MAX) {
        in->bad = true;
        return;
    }
    out->networks = arena_alloc(arena, (n + 1) * sizeof *out->networks);
    out->n_networks = n;
    for (uint32_t i = 0; i < n; i++) {
        struct config_network *network = &out->networks[i];
        const uint8_t *address;
        size_t size;

        network->family = (int) frame_get_u32(in);
        address = frame_get_octets(in, &size);
        if (size == 16)
            memcpy(network->address, address, 16);
        network->bits = (int) frame_get_u32(in);
        if (size != 16 || network->bits < 0 || network->bits > (network->family == 4 ? 32 : 128))
            in->bad = true;
    }
    out->version = (int) frame_get_u32(in);
    get_secret(in, arena, &out->community);
    get_secret(in, arena, &out->auth_password);
    get_secret(in, arena, &out->priv_password);
    out->user = get_text(in, arena);
    out->level = get_text(in, arena);
    out->auth = get_text(in, arena);
    out->priv = get_text(in, arena);
    get_engine(in, out->engine_id, &out->n_engine_id);
    get_fingerprint(in, out);
}

void
config_encode(const struct config *config, struct buf *out)
{
    frame_put_u32(out, CONFIG_VERSION);
    frame_put_octets(out, config->own.id, config->own.n);
    frame_put_u32(out, config->own.boots);
    frame_put_u32(out, config->trust_loopback);
    frame_put_text(out, config->state);
    frame_put_u32(out, (uint32_t) config->n_senders);
    for (size_t i = 0; i < config->n_senders; i++)
        put_sender(out, &config->senders[i]);
}

bool
config_decode(const uint8_t *octets, size_t n, struct arena *arena, struct config *out, struct failure *why)
{
    struct frame_reader in = { octets, n, false };
    uint32_t senders;

    memset(out, 0, sizeof *out);
    if (frame_get_u32(&in) != CONFIG_VERSION)
        return failure_set(why, FAILURE_SYSTEM, "intake: its settings are of another version; restart traplined");
    get_engine(&in, out->own.id, &out->own.n);
    out->own.boots = frame_get_u32(&in);
    out->trust_loopback = frame_get_u32(&in) != 0;
    out->state = frame_get_text(&in, arena);
    senders = frame_get_u32(&in);
    if (in.bad || senders > SENDERS_MAX)
        return failure_set(why, FAILURE_SYSTEM, "intake: its settings are cut");
    out->senders = arena_alloc(arena, (senders + 1) * sizeof *out->senders);
    out->n_senders = senders;
    for (uint32_t i = 0; i < senders && !in.bad; i++)
        get_sender(&in, arena, &out->senders[i]);
    return frame_whole(&in) || failure_set(why, FAILURE_SYSTEM, "intake: its settings are cut");
}
