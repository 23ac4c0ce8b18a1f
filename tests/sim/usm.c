/* SNMPv3 with the User-based Security Model, the authoritative side (RFC 3412, RFC 3414, RFC 3826, RFC 7860),
 * and both ways in the field to make keys longer than the hash: Blumenthal's (AES-192, AES-256) and Reeder's
 * (…-C). */
#include "sim.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { KEY_MAX = 64, FLAG_AUTH = 1, FLAG_PRIV = 2, FLAG_REPORT = 4, WINDOW = 150 };
enum stat { UNSUPPORTED_LEVEL, NOT_IN_WINDOW, UNKNOWN_USER, UNKNOWN_ENGINE, WRONG_DIGEST, DECRYPTION_ERROR };

struct auth {
    const char *name, *hash;
    size_t key, mac;
};

struct priv {
    const char *name, *cipher;
    size_t key;
    bool reeder;
};

static const struct auth auths[] = {
    { "MD5", "MD5", 16, 12 },         { "SHA-1", "SHA1", 20, 12 },      { "SHA-224", "SHA224", 28, 16 },
    { "SHA-256", "SHA256", 32, 24 },  { "SHA-384", "SHA384", 48, 32 },  { "SHA-512", "SHA512", 64, 48 },
};
/* One DES is three with the same key: OpenSSL 3 has the single one only in its legacy provider. */
static const struct priv privs[] = {
    { "DES", "DES-EDE3-CBC", 16, false },      { "AES-128", "AES-128-CFB", 16, false },
    { "AES-192", "AES-192-CFB", 24, false },   { "AES-256", "AES-256-CFB", 32, false },
    { "AES-192-C", "AES-192-CFB", 24, true },  { "AES-256-C", "AES-256-CFB", 32, true },
};

static void
digest(const struct auth *auth, const struct ber *parts, size_t n, uint8_t *out)
{
    EVP_MD_CTX *c = EVP_MD_CTX_new();

    EVP_DigestInit_ex(c, EVP_get_digestbyname(auth->hash), NULL);
    for (size_t i = 0; i < n; i++)
        EVP_DigestUpdate(c, parts[i].at, (size_t) (parts[i].end - parts[i].at));
    EVP_DigestFinal_ex(c, out, NULL);
    EVP_MD_CTX_free(c);
}

/* RFC 3414 §A.2: a mebioctet of the password over and over. */
static void
password_key(const struct auth *auth, const uint8_t *password, size_t n, uint8_t *out)
{
    uint8_t *room = memory_alloc(1 << 20);

    for (size_t i = 0; i < 1 << 20; i++)
        room[i] = password[i % n];
    digest(auth, &(struct ber) { room, room + (1 << 20) }, 1, out);
    free(room);
}

static void
localise(const struct auth *auth, const uint8_t *ku, const struct device *d, uint8_t *out)
{
    struct ber key = { ku, ku + auth->key };
    struct ber parts[] = { key, { d->engine, d->engine + d->engine_n }, key };

    digest(auth, parts, 3, out);
}

static void
stretch(const struct user *u, const struct device *d, uint8_t *key)
{
    size_t step = u->auth->key;

    for (size_t n = step; n < u->priv->key; n += step) {
        uint8_t more[KEY_MAX], ku[KEY_MAX];

        if (u->priv->reeder) {
            password_key(u->auth, key + n - step, step, ku);
            localise(u->auth, ku, d, more);
        } else
            digest(u->auth, &(struct ber) { key, key + n }, 1, more);
        memcpy(key + n, more, n + step > KEY_MAX ? KEY_MAX - n : step);
    }
}

static const struct keys *
keys_of(struct device *d, const struct user *u)
{
    struct keys *k;

    for (k = d->keys; k != NULL; k = k->next)
        if (k->user == u)
            return k;
    k = memory_zero(1, sizeof *k);
    k->user = u;
    k->next = d->keys;
    d->keys = k;
    if (u->auth != NULL)
        localise(u->auth, u->auth_ku, d, k->auth);
    if (u->priv != NULL) {
        localise(u->auth, u->priv_ku, d, k->priv);
        stretch(u, d, k->priv);
    }
    return k;
}

void
usm_forget(struct device *d)
{
    for (struct keys *k = d->keys, *next; k != NULL; k = next) {
        next = k->next;
        free(k);
    }
    d->keys = NULL;
}

/* "SHA-256:password" to the protocol and the password; "" is none. */
bool
usm_user(const char *name, const char *auth, const char *priv, char *why, size_t size)
{
    struct user *u = memory_zero(1, sizeof *u);
    const char *password = strchr(auth, ':'), *privacy = strchr(priv, ':');

    for (size_t i = 0; password != NULL && i < sizeof auths / sizeof auths[0]; i++)
        if (strlen(auths[i].name) == (size_t) (password - auth) &&
            strncasecmp(auths[i].name, auth, strlen(auths[i].name)) == 0)
            u->auth = &auths[i];
    for (size_t i = 0; privacy != NULL && i < sizeof privs / sizeof privs[0]; i++)
        if (strlen(privs[i].name) == (size_t) (privacy - priv) &&
            strncasecmp(privs[i].name, priv, strlen(privs[i].name)) == 0)
            u->priv = &privs[i];
    if ((*auth != '\0' && (u->auth == NULL || strlen(password + 1) < 8)) ||
        (*priv != '\0' && (u->priv == NULL || u->auth == NULL || strlen(privacy + 1) < 8))) {
        free(u);
        snprintf(why, size,
                 "auth=PROTOCOL:PASSWORD, priv=PROTOCOL:PASSWORD; passwords of 8 characters or more");
        return false;
    }
    u->name = memory_text(name);
    if (u->auth != NULL)
        password_key(u->auth, (const uint8_t *) password + 1, strlen(password + 1), u->auth_ku);
    if (u->priv != NULL)
        password_key(u->auth, (const uint8_t *) privacy + 1, strlen(privacy + 1), u->priv_ku);
    u->next = sim.users;
    sim.users = u;
    return true;
}

uint32_t
usm_time(const struct device *d)
{
    return (uint32_t) ((sim_now() - d->born) / 1000000000 + d->faults.clock);
}

/* A message's security parameters and header. */
struct message {
    int64_t id, max_size, boots, time;
    uint8_t flags;
    struct ber engine, user, mac, salt;
    struct ber context_engine, context;
    const struct user *who;
    const struct keys *keys;
};

static size_t
size_of(struct ber b)
{
    return (size_t) (b.end - b.at);
}

static bool
read_head(struct ber *in, struct message *m)
{
    struct ber head, flags, octets, parameters;
    int64_t model;

    if (!ber_expect(in, BER_SEQUENCE, &head) || !ber_integer(&head, &m->id) ||
        !ber_integer(&head, &m->max_size) || !ber_expect(&head, BER_OCTETS, &flags) || size_of(flags) != 1 ||
        !ber_integer(&head, &model) || model != 3 || !ber_expect(in, BER_OCTETS, &octets) ||
        !ber_expect(&octets, BER_SEQUENCE, &parameters))
        return false;
    m->flags = flags.at[0];
    return ber_expect(&parameters, BER_OCTETS, &m->engine) && ber_integer(&parameters, &m->boots) &&
           ber_integer(&parameters, &m->time) && ber_expect(&parameters, BER_OCTETS, &m->user) &&
           ber_expect(&parameters, BER_OCTETS, &m->mac) && ber_expect(&parameters, BER_OCTETS, &m->salt) &&
           (m->flags & 3) != FLAG_PRIV;
}

static void
sign(const struct message *m, const uint8_t *octets, size_t n, uint8_t mac[EVP_MAX_MD_SIZE])
{
    unsigned used;

    HMAC(EVP_get_digestbyname(m->who->auth->hash), m->keys->auth, (int) m->who->auth->key, octets, n, mac,
         &used);
}

static bool
is_signed(const struct message *m, const uint8_t *whole, size_t n)
{
    static uint8_t copy[MESSAGE_MAX];
    uint8_t mac[EVP_MAX_MD_SIZE];

    if (size_of(m->mac) != m->who->auth->mac || n > sizeof copy)
        return false;
    memcpy(copy, whole, n);
    memset(copy + (m->mac.at - whole), 0, m->who->auth->mac);
    sign(m, copy, n, mac);
    return memcmp(mac, m->mac.at, m->who->auth->mac) == 0;
}

static void
put_32(uint8_t *at, uint32_t number)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t) (number >> (24 - 8 * i));
}

/* `n` octets in place, with the salt of the message and its boots and time. */
static bool
crypt(const struct message *m, uint32_t boots, uint32_t time, const uint8_t salt[8], uint8_t *octets,
      size_t n, bool encrypt)
{
    const struct priv *priv = m->who->priv;
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    uint8_t iv[16], key[24];
    const uint8_t *used_key = m->keys->priv;
    int done;
    bool good;

    put_32(iv, boots);
    put_32(iv + 4, time);
    memcpy(iv + 8, salt, 8);
    if (strcmp(priv->name, "DES") == 0) {
        for (int i = 0; i < 24; i++)
            key[i] = m->keys->priv[i % 8];
        for (int i = 0; i < 8; i++)
            iv[i] = m->keys->priv[8 + i] ^ salt[i];
        used_key = key;
    }
    good = EVP_CipherInit_ex(c, EVP_get_cipherbyname(priv->cipher), NULL, used_key, iv, encrypt) == 1 &&
           EVP_CIPHER_CTX_set_padding(c, 0) == 1 &&
           EVP_CipherUpdate(c, octets, &done, octets, (int) n) == 1 && (size_t) done == n;
    EVP_CIPHER_CTX_free(c);
    return good;
}

static void
put_octets(struct ber_out *out, const void *octets, size_t n)
{
    const uint8_t *end = out->at;

    ber_put(out, octets, n);
    ber_put_head(out, BER_OCTETS, end);
}

/* The scoped PDU that stands at `out`, secured as the request was, becomes the whole message. */
static bool
finish(struct device *d, const struct message *m, uint8_t flags, const uint8_t *end, struct ber_out *out)
{
    static uint8_t plain[MESSAGE_MAX + 8];
    static uint64_t serial;
    size_t n = (size_t) (end - out->at);
    uint32_t time = usm_time(d);
    uint8_t salt[8] = { 0 }, mac[EVP_MAX_MD_SIZE] = { 0 }, *mac_at = NULL;
    const uint8_t *list;

    if (out->full || n > MESSAGE_MAX)
        return false;
    if (flags & FLAG_PRIV) {
        memcpy(plain, out->at, n);
        while (strcmp(m->who->priv->name, "DES") == 0 && n % 8 != 0)
            plain[n++] = 0;
        put_32(salt, d->boots);
        put_32(salt + 4, (uint32_t) ++serial);
        if (!crypt(m, d->boots, time, salt, plain, n, true))
            return false;
        out->at += end - out->at;
        put_octets(out, plain, n);
    }
    list = out->at;
    put_octets(out, salt, flags & FLAG_PRIV ? 8 : 0);
    put_octets(out, mac, flags & FLAG_AUTH ? m->who->auth->mac : 0);
    mac_at = out->at + 2;
    put_octets(out, m->user.at, size_of(m->user));
    ber_put_integer(out, BER_INTEGER, time);
    ber_put_integer(out, BER_INTEGER, d->boots);
    put_octets(out, d->engine, d->engine_n);
    ber_put_head(out, BER_SEQUENCE, list);
    ber_put_head(out, BER_OCTETS, list);
    list = out->at;
    ber_put_integer(out, BER_INTEGER, 3);
    put_octets(out, &flags, 1);
    ber_put_integer(out, BER_INTEGER, MESSAGE_MAX);
    ber_put_integer(out, BER_INTEGER, m->id);
    ber_put_head(out, BER_SEQUENCE, list);
    ber_put_integer(out, BER_INTEGER, V3);
    ber_put_head(out, BER_SEQUENCE, end);
    if (out->full)
        return false;
    if (flags & FLAG_AUTH) {
        sign(m, out->at, (size_t) (end - out->at), mac);
        memcpy(mac_at, mac, m->who->auth->mac);
    }
    return true;
}

static void
put_scope(struct device *d, const struct message *m, const uint8_t *end, struct ber_out *out)
{
    put_octets(out, m->context.at, size_of(m->context));
    put_octets(out, d->engine, d->engine_n);
    ber_put_head(out, BER_SEQUENCE, end);
}

static bool
report(struct device *d, const struct message *m, enum stat stat, struct ber_out *out)
{
    struct varbind vb = { .name = { 11, { 1, 3, 6, 1, 6, 3, 15, 1, 1, (uint32_t) stat + 1, 0 } },
                          .value = { .type = VALUE_COUNTER32, .u = ++d->usm[stat] } };
    const uint8_t *end = out->at;

    d->counts.refused++;
    if (d->faults.no_reports || (m->flags & FLAG_REPORT) == 0)
        return false;
    ber_put_varbind(out, &vb);
    ber_put_head(out, BER_SEQUENCE, end);
    ber_put_integer(out, BER_INTEGER, 0);
    ber_put_integer(out, BER_INTEGER, 0);
    ber_put_integer(out, BER_INTEGER, 0);
    ber_put_head(out, PDU_REPORT, end);
    put_scope(d, m, end, out);
    return finish(d, m, stat == NOT_IN_WINDOW ? FLAG_AUTH : 0, end, out);
}

static const struct user *
find_user(struct ber name)
{
    for (const struct user *u = sim.users; u != NULL; u = u->next)
        if (strlen(u->name) == size_of(name) && memcmp(u->name, name.at, size_of(name)) == 0)
            return u;
    return NULL;
}

/* RFC 3414 §3.2, in its order; false with *why. */
static bool
admit(struct device *d, struct message *m, const uint8_t *whole, size_t n, enum stat *why)
{
    int64_t behind = (int64_t) usm_time(d) - m->time;

    *why = UNKNOWN_ENGINE;
    if (size_of(m->engine) != d->engine_n || memcmp(m->engine.at, d->engine, d->engine_n) != 0)
        return false;
    *why = UNKNOWN_USER;
    if ((m->who = find_user(m->user)) == NULL)
        return false;
    m->keys = keys_of(d, m->who);
    *why = UNSUPPORTED_LEVEL;
    if (((m->flags & FLAG_AUTH) && m->who->auth == NULL) || ((m->flags & FLAG_PRIV) && m->who->priv == NULL))
        return false;
    *why = WRONG_DIGEST;
    if ((m->flags & FLAG_AUTH) && !is_signed(m, whole, n))
        return false;
    *why = NOT_IN_WINDOW;
    return (m->flags & FLAG_AUTH) == 0 || (m->boots == d->boots && behind <= WINDOW && behind >= -WINDOW);
}

static bool
read_scope(struct ber *in, struct message *m, uint8_t *plain, struct ber *pdu)
{
    struct ber data = *in, scope;

    if (m->flags & FLAG_PRIV) {
        struct ber octets;

        if (!ber_expect(in, BER_OCTETS, &octets) || size_of(m->salt) != 8 || size_of(octets) > MESSAGE_MAX)
            return false;
        memcpy(plain, octets.at, size_of(octets));
        if (!crypt(m, (uint32_t) m->boots, (uint32_t) m->time, m->salt.at, plain, size_of(octets), false))
            return false;
        data = (struct ber) { plain, plain + size_of(octets) };
    }
    return ber_expect(&data, BER_SEQUENCE, &scope) && ber_expect(&scope, BER_OCTETS, &m->context_engine) &&
           ber_expect(&scope, BER_OCTETS, &m->context) && (*pdu = scope, true);
}

/* A trap's authority is its sender (RFC 3414 §3.1.6): signed and hidden as far as the user has keys. */
bool
usm_notify(struct device *d, const char *user, const uint8_t *end, struct ber_out *out)
{
    static int32_t serial;
    const uint8_t *name = (const uint8_t *) user;
    struct message m = { .id = ++serial, .user = { name, name + strlen(user) } };
    uint8_t flags;

    if ((m.who = find_user(m.user)) == NULL)
        return false;
    m.keys = keys_of(d, m.who);
    flags = (uint8_t) ((m.who->auth != NULL ? FLAG_AUTH : 0) | (m.who->priv != NULL ? FLAG_PRIV : 0));
    put_scope(d, &m, end, out);
    return finish(d, &m, flags, end, out);
}

static const struct record *
record_of(const struct device *d, struct ber context)
{
    if (size_of(context) == 0)
        return d->record;
    for (const struct context *c = d->contexts; c != NULL; c = c->next)
        if (strlen(c->name) == size_of(context) && memcmp(c->name, context.at, size_of(context)) == 0)
            return c->record;
    return NULL;
}

bool
usm_answer(struct device *d, struct ber in, const uint8_t *whole, size_t n, struct ber_out *out,
           int64_t *wait, size_t *varbinds)
{
    static uint8_t plain[MESSAGE_MAX];
    struct request_in q = { .version = V3 };
    struct message m = { 0 };
    const uint8_t *end = out->at;
    int level, needed;
    struct ber pdu;
    enum stat why;
    size_t room;

    if (!read_head(&in, &m)) {
        d->counts.malformed++;
        return false;
    }
    if (!admit(d, &m, whole, n, &why))
        return report(d, &m, why, out);
    if (!read_scope(&in, &m, plain, &pdu))
        return m.flags & FLAG_PRIV && report(d, &m, DECRYPTION_ERROR, out);
    q.record = record_of(d, m.context);
    if (q.record == NULL || !agent_read(&pdu, &q) || q.type == PDU_RESPONSE) {
        d->counts.malformed++;
        return false;
    }
    if (q.type == PDU_GETBULK && d->faults.bulk == BULK_SILENT)
        return false;
    level = m.flags & 3;
    needed = (m.who->auth != NULL ? FLAG_AUTH : 0) | (m.who->priv != NULL ? FLAG_PRIV : 0);
    q.may_write = d->write != NULL;
    q.refused = (level & needed) != needed;
    room = m.max_size < 484 ? 484 : m.max_size > MESSAGE_MAX ? MESSAGE_MAX : (size_t) m.max_size;
    *varbinds = agent_answer(d, &q, room, out);
    *wait = q.extra_delay;
    put_scope(d, &m, end, out);
    return finish(d, &m, (uint8_t) level, end, out);
}
