/* The checks in the order of RFC 3414 §3.2: engine, user, level, digest, time, decryption. */
#include "collector/usm.h"

#include "core/memory.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { USER_MAX = 32, WINDOW = 150, SALT = 8, MAC_MAX = 64 };

static const struct {
    const char *digest;
    size_t mac;
} auths[] = {
    [USM_AUTH_MD5] = { "MD5", 12 },       [USM_AUTH_SHA1] = { "SHA1", 12 },     [USM_AUTH_SHA224] = { "SHA224", 16 },
    [USM_AUTH_SHA256] = { "SHA256", 24 }, [USM_AUTH_SHA384] = { "SHA384", 32 }, [USM_AUTH_SHA512] = { "SHA512", 48 },
};

/* Single DES is triple DES with one key three times: OpenSSL 3 has the former in its legacy provider only. */
static const struct {
    const char *cipher;
    size_t key;
} privs[] = {
    [USM_PRIV_DES] = { "DES-EDE3-CBC", 8 },     [USM_PRIV_AES128] = { "AES-128-CFB", 16 },
    [USM_PRIV_AES192] = { "AES-192-CFB", 24 },  [USM_PRIV_AES256] = { "AES-256-CFB", 32 },
};

struct remote {
    uint8_t octets[ENGINE_ID_MAX];
    size_t n;
    bool whole; /* no user of it is net-snmp's */
    int64_t boots, time, latest, heard; /* time: as it was when heard, at our monotonic nanoseconds; 0: never */
};

struct user {
    struct user *next;
    struct remote *engine;
    char name[USER_MAX + 1];
    size_t n_name, n_mac;
    int priv_kind;
    EVP_MAC_CTX *mac;       /* NULL: none; keyed */
    EVP_CIPHER_CTX *cipher; /* NULL: none; keyed */
    uint8_t pre_iv[SALT];   /* DES */
};

enum { BUCKETS = 1 << 14 };

static struct {
    struct remote **engines;
    size_t n_engines;
    struct user *users[BUCKETS];
    uint8_t plain[DATAGRAM_MAX + 64];
} usm;

static uint32_t
hash(uint32_t from, const uint8_t *octets, size_t n)
{
    for (size_t i = 0; i < n; i++)
        from = (from ^ octets[i]) * 16777619u;
    return from;
}

static uint32_t
bucket(const uint8_t *engine, size_t n_engine, const uint8_t *name, size_t n_name)
{
    uint32_t h = hash(hash(2166136261u, engine, n_engine), name, n_name);

    return (h ^ h >> 15) % BUCKETS;
}

/* Engines stand in the buckets of their users with an empty name as well, so that one that has no such user is known. */
static struct user *
find(const uint8_t *engine, size_t n_engine, const uint8_t *name, size_t n_name)
{
    struct user *user = usm.users[bucket(engine, n_engine, name, n_name)];

    for (; user != NULL; user = user->next)
        if (user->engine->n == n_engine && memcmp(user->engine->octets, engine, n_engine) == 0 &&
            user->n_name == n_name && memcmp(user->name, name, n_name) == 0)
            return user;
    return NULL;
}

static struct user *
add(struct remote *engine, const char *name)
{
    struct user *user = memory_zero(1, sizeof *user), **first;

    user->engine = engine;
    user->n_name = strlen(name);
    memcpy(user->name, name, user->n_name);
    first = &usm.users[bucket(engine->octets, engine->n, (const uint8_t *) name, user->n_name)];
    user->next = *first;
    *first = user;
    return user;
}

static struct remote *
engine_of(const uint8_t *octets, size_t n)
{
    struct user *mark = find(octets, n, (const uint8_t *) "", 0);
    struct remote *engine;

    if (mark != NULL)
        return mark->engine;
    engine = memory_zero(1, sizeof *engine);
    memcpy(engine->octets, octets, n);
    engine->n = n;
    engine->whole = true;
    usm.engines = memory_grow(usm.engines, usm.n_engines + 1, sizeof *usm.engines);
    usm.engines[usm.n_engines++] = engine;
    add(engine, "");
    return engine;
}

static EVP_MAC_CTX *
make_mac(const struct usm_keys *keys)
{
    char name[16];
    OSSL_PARAM parameters[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                                OSSL_PARAM_construct_end() };
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *mac = hmac != NULL ? EVP_MAC_CTX_new(hmac) : NULL;

    strcpy(name, auths[keys->auth_kind].digest);
    EVP_MAC_free(hmac);
    if (mac != NULL && EVP_MAC_init(mac, keys->auth, keys->n_auth, parameters) == 1)
        return mac;
    EVP_MAC_CTX_free(mac);
    return NULL;
}

static EVP_CIPHER_CTX *
make_cipher(const struct usm_keys *keys)
{
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, privs[keys->priv_kind].cipher, NULL);
    EVP_CIPHER_CTX *made = cipher != NULL ? EVP_CIPHER_CTX_new() : NULL;
    uint8_t key[32];
    bool good;

    for (size_t i = 0; i < 3; i++) /* DES: three times the same */
        if (keys->priv_kind == USM_PRIV_DES)
            memcpy(key + 8 * i, keys->priv, 8);
    if (keys->priv_kind != USM_PRIV_DES)
        memcpy(key, keys->priv, privs[keys->priv_kind].key);
    good = made != NULL && EVP_DecryptInit_ex2(made, cipher, key, NULL, NULL) == 1;
    explicit_bzero(key, sizeof key);
    EVP_CIPHER_free(cipher);
    if (good && EVP_CIPHER_CTX_set_padding(made, 0) == 1)
        return made;
    EVP_CIPHER_CTX_free(made);
    return NULL;
}

bool
usm_add(const uint8_t *octets, size_t n, const char *name, const struct usm_keys *keys)
{
    struct remote *engine = engine_of(octets, n);
    struct user *user;

    if (keys->auth_kind > USM_AUTH_SHA512 || (keys->auth_kind != 0 && keys->auth_kind < USM_AUTH_MD5) ||
        keys->priv_kind < 0 || keys->priv_kind > USM_PRIV_AES256 || (keys->priv_kind != 0 && keys->auth_kind == 0) ||
        strlen(name) > USER_MAX || name[0] == '\0' ||
        (keys->priv_kind != 0 && keys->n_priv < privs[keys->priv_kind].key + (keys->priv_kind == USM_PRIV_DES ? SALT : 0))) {
        engine->whole = false;
        return false;
    }
    user = add(engine, name);
    user->priv_kind = keys->priv_kind;
    user->n_mac = auths[keys->auth_kind].mac;
    user->mac = keys->auth_kind != 0 ? make_mac(keys) : NULL;
    user->cipher = keys->priv_kind != 0 ? make_cipher(keys) : NULL;
    if (keys->priv_kind == USM_PRIV_DES)
        memcpy(user->pre_iv, keys->priv + 8, SALT);
    if ((keys->auth_kind != 0 && user->mac == NULL) || (keys->priv_kind != 0 && user->cipher == NULL))
        engine->whole = false;
    return engine->whole;
}

void
usm_clear(void)
{
    for (size_t i = 0; i < BUCKETS; i++)
        while (usm.users[i] != NULL) {
            struct user *user = usm.users[i];

            usm.users[i] = user->next;
            EVP_MAC_CTX_free(user->mac);
            EVP_CIPHER_CTX_free(user->cipher);
            explicit_bzero(user, sizeof *user);
            free(user);
        }
    for (size_t i = 0; i < usm.n_engines; i++)
        free(usm.engines[i]);
    free(usm.engines);
    usm.engines = NULL;
    usm.n_engines = 0;
}

bool
usm_knows(const struct engine_header *header)
{
    struct user *mark = find(header->engine, header->n_engine, (const uint8_t *) "", 0);

    return mark != NULL && mark->engine->whole;
}

/* The digest is that of the whole message with zeros in its place. */
static bool
is_signed(const struct user *user, const struct datagram *d, const struct engine_header *header)
{
    static const uint8_t zeros[MAC_MAX];
    uint8_t ours[EVP_MAX_MD_SIZE];
    const uint8_t *behind = header->digest.at + user->n_mac;
    size_t n;

    return (size_t) (header->digest.end - header->digest.at) == user->n_mac &&
           EVP_MAC_init(user->mac, NULL, 0, NULL) == 1 &&
           EVP_MAC_update(user->mac, d->octets, (size_t) (header->digest.at - d->octets)) == 1 &&
           EVP_MAC_update(user->mac, zeros, user->n_mac) == 1 &&
           EVP_MAC_update(user->mac, behind, (size_t) (d->octets + d->n - behind)) == 1 &&
           EVP_MAC_final(user->mac, ours, &n, sizeof ours) == 1 && n >= user->n_mac &&
           CRYPTO_memcmp(ours, header->digest.at, user->n_mac) == 0;
}

/* RFC 3414 §3.2 7 b. */
static bool
is_timely(struct remote *engine, const struct engine_header *header, int64_t now)
{
    int64_t theirs;

    if (engine->heard == 0 || header->boots > engine->boots || (header->boots == engine->boots && header->time > engine->latest)) {
        engine->boots = header->boots;
        engine->time = engine->latest = header->time;
        engine->heard = now;
    }
    theirs = engine->time + (now - engine->heard) / 1000000000;
    return engine->boots != INT32_MAX && header->boots == engine->boots && header->time >= theirs - WINDOW;
}

static bool
decrypt(const struct user *user, const struct engine_header *header, struct ber *out)
{
    size_t n = (size_t) (header->scoped.end - header->scoped.at);
    struct ber plain;
    uint8_t iv[16];
    int done = 0;

    if (header->salt.end - header->salt.at != SALT || n > sizeof usm.plain ||
        (user->priv_kind == USM_PRIV_DES && n % 8 != 0))
        return false;
    if (user->priv_kind == USM_PRIV_DES) {
        for (int i = 0; i < SALT; i++)
            iv[i] = user->pre_iv[i] ^ header->salt.at[i];
    } else {
        for (int i = 0; i < 4; i++) {
            iv[i] = (uint8_t) (header->boots >> (24 - 8 * i));
            iv[4 + i] = (uint8_t) (header->time >> (24 - 8 * i));
        }
        memcpy(iv + 8, header->salt.at, SALT);
    }
    if (EVP_DecryptInit_ex2(user->cipher, NULL, NULL, iv, NULL) != 1 ||
        EVP_DecryptUpdate(user->cipher, usm.plain, &done, header->scoped.at, (int) n) != 1)
        return false;
    plain = (struct ber) { usm.plain, usm.plain + done };
    return ber_expect(&plain, BER_SEQUENCE, out); /* DES fills up behind it */
}

bool
usm_read_scoped(struct ber scoped, struct engine_note *note, uint8_t *tag)
{
    struct ber engine, context, pdu;

    if (!ber_expect(&scoped, BER_OCTETS, &engine) || !ber_expect(&scoped, BER_OCTETS, &context))
        return false;
    note->context_engine = engine.at;
    note->n_context_engine = (size_t) (engine.end - engine.at);
    note->context = context.at;
    note->n_context = (size_t) (context.end - context.at);
    note->pdu = scoped.at;
    note->n_pdu = (size_t) (scoped.end - scoped.at);
    return note->n_context <= 255 && note->n_context_engine <= ENGINE_ID_MAX && ber_next(&scoped, tag, &pdu) &&
           scoped.at == scoped.end;
}

static enum engine_verdict
refuse(enum reject_cause *cause, enum reject_cause which)
{
    *cause = which;
    return ENGINE_REJECTED;
}

enum engine_verdict
usm_read(const struct datagram *d, const struct engine_header *header, int64_t now, struct engine_note *note,
         enum reject_cause *cause)
{
    struct user *user = header->n_user > 0 ? find(header->engine, header->n_engine, header->user, header->n_user) : NULL;
    struct ber scoped = header->scoped;
    uint8_t tag;

    if (header->sealed && !header->is_signed)
        return ENGINE_MALFORMED; /* RFC 3412 §7.2 5 d */
    if (user == NULL)
        return refuse(cause, REJECT_USER);
    if ((header->is_signed && user->mac == NULL) || (header->sealed && user->cipher == NULL))
        return refuse(cause, REJECT_LEVEL);
    if (header->is_signed && !is_signed(user, d, header))
        return refuse(cause, REJECT_DIGEST);
    if (header->is_signed && !is_timely(user->engine, header, now))
        return refuse(cause, REJECT_TIME_WINDOW);
    if (header->sealed && !decrypt(user, header, &scoped))
        return refuse(cause, REJECT_DECRYPTION);
    *note = (struct engine_note) { .user = header->user, .n_user = header->n_user,
                                   .level = header->sealed ? 3 : header->is_signed ? 2 : 1 };
    if (!usm_read_scoped(scoped, note, &tag))
        return header->sealed ? refuse(cause, REJECT_DECRYPTION) : ENGINE_MALFORMED;
    /* To be asked, or to answer, another's engine is none of our business (RFC 3414 §1.4.1). */
    return tag == TRAP_TAG_V2 ? ENGINE_NOTE : refuse(cause, REJECT_NOT_US);
}
