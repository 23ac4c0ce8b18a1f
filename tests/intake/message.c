/* Building and reading messages (RFC 3416, RFC 3412, RFC 3414, RFC 7860), written by us so that net-snmp is not tested
 * with itself. */
#include "blast.h"

#include "core/ber.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>
#include <time.h>

enum { KEY = 32, MAC = 24, PRIV_KEY = 16, FLAG_AUTH_PRIV = 3, FLAG_REPORTABLE = 4 };

static uint8_t auth_key[KEY], priv_key[KEY];

static void
password_key(const struct speaker *s, const char *password, uint8_t out[KEY])
{
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    size_t n = strlen(password);
    uint8_t room[64];

    EVP_DigestInit_ex(c, EVP_sha256(), NULL);
    for (size_t done = 0; done < 1 << 20; done += sizeof room) {
        for (size_t i = 0; i < sizeof room; i++)
            room[i] = (uint8_t) password[(done + i) % n];
        EVP_DigestUpdate(c, room, sizeof room);
    }
    EVP_DigestFinal_ex(c, out, NULL);
    EVP_DigestInit_ex(c, EVP_sha256(), NULL);
    EVP_DigestUpdate(c, out, KEY);
    EVP_DigestUpdate(c, s->engine, s->n_engine);
    EVP_DigestUpdate(c, out, KEY);
    EVP_DigestFinal_ex(c, out, NULL);
    EVP_MD_CTX_free(c);
}

/* The keys of the last few engines are kept: a password costs a mebioctet of hashing. */
void
message_keys(struct speaker *s)
{
    static struct {
        uint8_t engine[ENGINE_ROOM], auth[KEY], priv[KEY];
        size_t n;
    } known[4];
    static size_t turn;
    size_t i;

    for (i = 0; i < 4 && !(known[i].n == s->n_engine && memcmp(known[i].engine, s->engine, s->n_engine) == 0); i++)
        ;
    if (i == 4) {
        i = turn++ % 4;
        known[i].n = s->n_engine;
        memcpy(known[i].engine, s->engine, s->n_engine);
        password_key(s, s->auth, known[i].auth);
        password_key(s, s->priv, known[i].priv);
    }
    memcpy(auth_key, known[i].auth, KEY);
    memcpy(priv_key, known[i].priv, KEY);
}

static void
put_varbind(struct ber_out *out, const uint32_t *name, size_t n, const uint8_t *end)
{
    ber_put_oid(out, name, n);
    ber_put_head(out, BER_SEQUENCE, end);
}

static void
put_pdu(struct ber_out *out, uint8_t tag, int32_t id)
{
    static const uint32_t link_down[] = { 1, 3, 6, 1, 6, 3, 1, 1, 5, 3 };
    static const uint32_t trap[] = { 1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0 }, uptime[] = { 1, 3, 6, 1, 2, 1, 1, 3, 0 };
    static const uint32_t index[] = { 1, 3, 6, 1, 2, 1, 2, 2, 1, 1, 3 }, admin[] = { 1, 3, 6, 1, 2, 1, 2, 2, 1, 7, 3 };
    static const uint32_t oper[] = { 1, 3, 6, 1, 2, 1, 2, 2, 1, 8, 3 };
    const uint8_t *end = out->at, *one = end;

    ber_put_integer(out, BER_INTEGER, 2);
    put_varbind(out, oper, 11, one);
    one = out->at;
    ber_put_integer(out, BER_INTEGER, 1);
    put_varbind(out, admin, 11, one);
    one = out->at;
    ber_put_integer(out, BER_INTEGER, 3);
    put_varbind(out, index, 11, one);
    one = out->at;
    ber_put_oid(out, link_down, 10);
    put_varbind(out, trap, 11, one);
    one = out->at;
    ber_put_unsigned(out, BER_TIMETICKS, 4711);
    put_varbind(out, uptime, 9, one);
    ber_put_head(out, BER_SEQUENCE, end);
    ber_put_integer(out, BER_INTEGER, 0);
    ber_put_integer(out, BER_INTEGER, 0);
    ber_put_integer(out, BER_INTEGER, id);
    ber_put_head(out, tag, end);
}

static void
put_octets(struct ber_out *out, const void *octets, size_t n)
{
    const uint8_t *end = out->at;

    ber_put(out, octets, n);
    ber_put_head(out, BER_OCTETS, end);
}

static int64_t
seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

static void
put_32(uint8_t *at, uint32_t number)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t) (number >> (24 - 8 * i));
}

static void
encrypt(const struct speaker *s, uint32_t at, const uint8_t salt[8], uint8_t *octets, size_t n)
{
    static EVP_CIPHER_CTX *c;
    uint8_t iv[16];
    int done;

    put_32(iv, s->boots);
    put_32(iv + 4, at);
    memcpy(iv + 8, salt, 8);
    if (c == NULL)
        c = EVP_CIPHER_CTX_new();
    EVP_EncryptInit_ex(c, EVP_aes_128_cfb128(), NULL, priv_key, iv);
    EVP_EncryptUpdate(c, octets, &done, octets, (int) n);
}

static void
put_header(struct ber_out *out, int32_t message_id, uint8_t flags)
{
    const uint8_t *end = out->at;

    ber_put_integer(out, BER_INTEGER, 3);
    put_octets(out, &flags, 1);
    ber_put_integer(out, BER_INTEGER, 65507);
    ber_put_integer(out, BER_INTEGER, message_id);
    ber_put_head(out, BER_SEQUENCE, end);
    ber_put_integer(out, BER_INTEGER, 3);
}

static uint8_t *
put_security(struct ber_out *out, const struct speaker *s, uint32_t at, const uint8_t *salt)
{
    static const uint8_t zeros[MAC];
    const uint8_t *end = out->at;
    uint8_t *mac;

    put_octets(out, salt, salt != NULL ? 8 : 0);
    put_octets(out, zeros, salt != NULL ? MAC : 0);
    mac = out->at + 2;
    put_octets(out, s->user, strlen(s->user));
    ber_put_integer(out, BER_INTEGER, at);
    ber_put_integer(out, BER_INTEGER, s->boots);
    put_octets(out, s->engine, s->n_engine);
    ber_put_head(out, BER_SEQUENCE, end);
    ber_put_head(out, BER_OCTETS, end);
    return mac;
}

static size_t
finish(struct ber_out *out, const uint8_t *end, uint8_t to[MESSAGE_ROOM], uint8_t *mac)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    size_t n = (size_t) (end - out->at);

    if (mac != NULL) {
        HMAC(EVP_sha256(), auth_key, KEY, out->at, n, digest, NULL);
        memcpy(mac, digest, MAC);
    }
    memcpy(to, out->at, n);
    return n;
}

static size_t
seal(const struct speaker *s, struct ber_out *out, const uint8_t *end, int32_t message_id, uint8_t to[MESSAGE_ROOM])
{
    static uint64_t salts;
    uint32_t at = (uint32_t) (seconds() - s->born);
    uint8_t salt[8], *mac;

    memcpy(salt, &(uint64_t) { ++salts }, 8);
    encrypt(s, at, salt, out->at, (size_t) (end - out->at));
    ber_put_head(out, BER_OCTETS, end);
    mac = put_security(out, s, at, salt);
    put_header(out, message_id, FLAG_AUTH_PRIV | (s->inform ? FLAG_REPORTABLE : 0));
    ber_put_head(out, BER_SEQUENCE, end);
    return finish(out, end, to, mac);
}

static size_t
make_v3(const struct speaker *s, int32_t id, int32_t message_id, uint8_t to[MESSAGE_ROOM])
{
    uint8_t room[MESSAGE_ROOM];
    struct ber_out out = { room, room + sizeof room, false };
    const uint8_t *end = out.at;

    put_pdu(&out, s->inform ? 0xa6 : 0xa7, id);
    put_octets(&out, "", 0);
    put_octets(&out, s->engine, s->n_engine);
    ber_put_head(&out, BER_SEQUENCE, end);
    return seal(s, &out, end, message_id, to);
}

size_t
message_seal(const struct speaker *s, const uint8_t *scoped, size_t n, int32_t message_id, uint8_t to[MESSAGE_ROOM])
{
    uint8_t room[MESSAGE_ROOM];
    struct ber_out out = { room, room + sizeof room, false };
    const uint8_t *end = out.at;

    ber_put(&out, scoped, n);
    return seal(s, &out, end, message_id, to);
}

size_t
message_make(const struct speaker *s, int32_t id, int32_t message_id, uint8_t to[MESSAGE_ROOM])
{
    uint8_t room[MESSAGE_ROOM];
    struct ber_out out = { room, room + sizeof room, false };
    const uint8_t *end = out.at;

    if (s->version == 3)
        return make_v3(s, id, message_id, to);
    put_pdu(&out, s->inform ? 0xa6 : 0xa7, id);
    put_octets(&out, "public", 6);
    ber_put_integer(&out, BER_INTEGER, 1);
    ber_put_head(&out, BER_SEQUENCE, end);
    return finish(&out, end, to, NULL);
}

static size_t
make_plain_v3(const struct speaker *s, int32_t message_id, uint8_t flags, uint8_t tag, uint8_t to[MESSAGE_ROOM])
{
    uint8_t room[MESSAGE_ROOM];
    struct ber_out out = { room, room + sizeof room, false };
    const uint8_t *end = out.at;

    put_pdu(&out, tag, message_id);
    put_octets(&out, "", 0);
    put_octets(&out, s->engine, s->n_engine);
    ber_put_head(&out, BER_SEQUENCE, end);
    put_security(&out, s, 0, NULL);
    put_header(&out, message_id, flags);
    ber_put_head(&out, BER_SEQUENCE, end);
    return finish(&out, end, to, NULL);
}

size_t
message_discovery(int32_t message_id, uint8_t to[MESSAGE_ROOM])
{
    return make_plain_v3(&(struct speaker) { .user = "" }, message_id, FLAG_REPORTABLE, 0xa0, to);
}

static uint64_t
next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    return *seed ^= *seed << 17;
}

size_t
message_stranger(uint64_t seed, uint8_t to[MESSAGE_ROOM])
{
    struct speaker s = { .user = "stranger", .n_engine = 17 };
    uint64_t octets = seed * 0x9e3779b97f4a7c15u | 1;

    s.engine[0] = 0x80;
    s.engine[4] = 5;
    for (int i = 5; i < 17; i++)
        s.engine[i] = (uint8_t) (next(&octets) >> 20);
    return make_plain_v3(&s, (int32_t) (0x1000000 + (seed & 0xffffff)), 0, 0xa7, to);
}

bool
message_answer(struct speaker *s, const uint8_t *octets, size_t n, struct answer *out)
{
    struct ber in = { octets, octets + n }, message, head, flags, parameters, security, engine;
    int64_t version, id, boots, at;
    uint8_t tag;

    *out = (struct answer) { 0 };
    if (!ber_expect(&in, BER_SEQUENCE, &message) || !ber_integer(&message, &version))
        return false;
    if (version != 3) {
        if (!ber_expect(&message, BER_OCTETS, &head) || !ber_next(&message, &tag, &in) || tag != 0xa2 ||
            !ber_integer(&in, &id))
            return false;
        out->id = (int32_t) id;
        return true;
    }
    if (!ber_expect(&message, BER_SEQUENCE, &head) || !ber_integer(&head, &id) || !ber_integer(&head, &at) ||
        !ber_expect(&head, BER_OCTETS, &flags) || flags.end - flags.at != 1 ||
        !ber_expect(&message, BER_OCTETS, &parameters) || !ber_expect(&parameters, BER_SEQUENCE, &security) ||
        !ber_expect(&security, BER_OCTETS, &engine) || !ber_integer(&security, &boots) || !ber_integer(&security, &at) ||
        engine.end - engine.at > ENGINE_ROOM)
        return false;
    out->id = (int32_t) id;
    out->report = (*flags.at & 2) == 0; /* an answer is encrypted, a report to us never is */
    if (out->report) {
        s->n_engine = (size_t) (engine.end - engine.at);
        memcpy(s->engine, engine.at, s->n_engine);
        s->boots = (uint32_t) boots;
        s->born = seconds() - at;
    }
    return true;
}

size_t
message_mutate(uint64_t *seed, uint8_t *octets, size_t n, size_t room)
{
    for (uint64_t i = 1 + next(seed) % 4; i > 0 && n > 0; i--) {
        size_t at = next(seed) % n;

        switch (next(seed) % 7) {
        case 0:
            octets[at] = (uint8_t) next(seed);
            break;
        case 1:
            octets[at] ^= (uint8_t) (1u << next(seed) % 8);
            break;
        case 2:
            octets[at] = (uint8_t[]) { 0, 0x7f, 0x80, 0x82, 0x84, 0xff, 0x05, 0x30, 0x44 }[next(seed) % 9];
            break;
        case 3:
            n = at;
            break;
        case 4: { /* a piece again */
            size_t size = next(seed) % 32, from = next(seed) % n;
            uint8_t piece[32];

            size = from + size > n ? n - from : size;
            if (n + size > room)
                break;
            memcpy(piece, octets + from, size);
            memmove(octets + at + size, octets + at, n - at);
            memcpy(octets + at, piece, size);
            n += size;
            break;
        }
        case 5: { /* a piece gone */
            size_t size = next(seed) % 16;

            size = at + size > n ? n - at : size;
            memmove(octets + at, octets + at + size, n - at - size);
            n -= size;
            break;
        }
        default: /* lengths and tags are where most can go wrong */
            octets[at] = (uint8_t) (octets[at] + (next(seed) % 2 ? 1 : 255));
            break;
        }
    }
    return n;
}

size_t
message_id_at(const uint8_t *octets, size_t n)
{
    struct ber in = { octets, octets + n }, message, community, pdu;
    int64_t number;
    uint8_t tag;

    if (ber_expect(&in, BER_SEQUENCE, &message) && ber_integer(&message, &number) &&
        ber_expect(&message, BER_OCTETS, &community) && ber_next(&message, &tag, &pdu))
        return (size_t) (pdu.at - octets) + 2;
    return 0;
}
