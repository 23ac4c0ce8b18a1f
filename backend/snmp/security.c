/* RFC 3414 with net-snmp's USM as the workman: see security.h. */
#include "snmp/security.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/library/lcd_time.h>
#include <net-snmp/library/snmp_secmod.h>

#include <assert.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/random.h>

enum { MESSAGE_MAX = 65536, WINDOW_S = 150, KEY_MAX = 64, CACHE_SLOTS = 256 };

struct algorithm {
    const char *name;
    int type;
};

static const struct algorithm auths[] = {
    { "MD5", NETSNMP_USMAUTH_HMACMD5 },
    { "SHA-1", NETSNMP_USMAUTH_HMACSHA1 },
    { "SHA", NETSNMP_USMAUTH_HMACSHA1 },
    { "SHA-224", NETSNMP_USMAUTH_HMAC128SHA224 },
    { "SHA-256", NETSNMP_USMAUTH_HMAC192SHA256 },
    { "SHA-384", NETSNMP_USMAUTH_HMAC256SHA384 },
    { "SHA-512", NETSNMP_USMAUTH_HMAC384SHA512 },
    { NULL, 0 },
};

/* "-C" is Reeder's extension of a short key, which Cisco uses; without it, Blumenthal's. */
static const struct algorithm privs[] = {
    { "DES", USM_CREATE_USER_PRIV_DES },
    { "AES", USM_CREATE_USER_PRIV_AES },
    { "AES-128", USM_CREATE_USER_PRIV_AES },
    { "AES-192", USM_CREATE_USER_PRIV_AES192 },
    { "AES-256", USM_CREATE_USER_PRIV_AES256 },
    { "AES-192-C", USM_CREATE_USER_PRIV_AES192_CISCO },
    { "AES-256-C", USM_CREATE_USER_PRIV_AES256_CISCO },
    { NULL, 0 },
};

struct security {
    char *user, *context;
    enum snmp_level level;
    int auth, priv;
    oid *auth_oid, *priv_oid;
    size_t n_auth_oid, n_priv_oid;
    char *auth_password, *priv_password; /* wiped once the keys are made */
    uint8_t auth_key[KEY_MAX], priv_key[KEY_MAX]; /* Ku (RFC 3414 §2.6) */
    size_t n_auth_key, n_priv_key;
    struct usmUser *localised;
    struct security_engine engine;
    uint8_t proven_id[ENGINE_ID_MAX]; /* the last that was */
    size_t n_proven_id;
};

/* Passwords are 1 MiB of hashing: made once, found again by a salted hash of protocol and password. */
static struct {
    uint8_t digest[32];
    uint8_t key[KEY_MAX];
    size_t n;
} cache[CACHE_SLOTS];

static uint8_t *work;  /* a message being written; net-snmp may reallocate it */
static size_t work_size;

static bool
same_name(const char *a, const char *b)
{
    for (;; a++, b++) {
        while (*a == '-')
            a++;
        while (*b == '-')
            b++;
        if (strncasecmp(a, b, 1) != 0)
            return false;
        if (*a == '\0')
            return true;
    }
}

static int
find_algorithm(const struct algorithm *table, const char *name)
{
    for (; table->name != NULL; table++)
        if (name != NULL && same_name(table->name, name))
            return table->type;
    return -1;
}

static bool
check_password(const char *password, const char *what, struct failure *why)
{
    size_t n = password != NULL ? strlen(password) : 0;

    if (n < 8)
        return failure_set(why, FAILURE_USAGE, "the %s password is shorter than 8 octets; SNMPv3 takes none that "
                           "short (RFC 3414 §11.2)", what);
    if (n > 1024)
        return failure_set(why, FAILURE_USAGE, "the %s password is longer than 1024 octets", what);
    return true;
}

static bool
take_protocols(struct security *s, const struct device_access *access, struct failure *why)
{
    if (s->level >= SNMP_AUTH_NO_PRIV) {
        s->auth = find_algorithm(auths, access->auth);
        if (s->auth < 0)
            return failure_set(why, FAILURE_USAGE, "authentication protocol \"%s\" is unknown; known are MD5, SHA-1, "
                               "SHA-224, SHA-256, SHA-384 and SHA-512", access->auth != NULL ? access->auth : "");
        if (!check_password(access->auth_password, "authentication", why))
            return false;
        s->auth_oid = sc_get_auth_oid(s->auth, &s->n_auth_oid);
        s->auth_password = memory_text(access->auth_password);
    }
    if (s->level >= SNMP_AUTH_PRIV) {
        s->priv = find_algorithm(privs, access->priv);
        if (s->priv < 0)
            return failure_set(why, FAILURE_USAGE, "privacy protocol \"%s\" is unknown; known are DES, AES-128, AES-192, "
                               "AES-256, AES-192-C and AES-256-C", access->priv != NULL ? access->priv : "");
        if (!check_password(access->priv_password, "privacy", why))
            return false;
        s->priv_oid = sc_get_priv_oid(s->priv, &s->n_priv_oid);
        s->priv_password = memory_text(access->priv_password);
        if (s->priv_oid == NULL)
            return failure_set(why, FAILURE_SYSTEM, "this build of net-snmp has no %s", access->priv);
    }
    return true;
}

struct security *
security_new(const struct device_access *access, struct failure *why)
{
    struct security *s;

    if (access->user == NULL || *access->user == '\0' || strlen(access->user) > 32) {
        failure_set(why, FAILURE_USAGE, "SNMPv3 needs a user name of 1 to 32 octets");
        return NULL;
    }
    s = memory_zero(1, sizeof *s);
    s->user = memory_text(access->user);
    s->context = memory_text(access->context != NULL ? access->context : "");
    s->level = access->level != 0 ? access->level : SNMP_NO_AUTH_NO_PRIV;
    if (!take_protocols(s, access, why)) {
        security_free(s);
        return NULL;
    }
    return s;
}

static void
wipe_text(char **text)
{
    if (*text != NULL)
        explicit_bzero(*text, strlen(*text));
    free(*text);
    *text = NULL;
}

static void
forget_keys(struct security *s)
{
    struct usmUser *user = s->localised;

    if (user == NULL)
        return;
    if (user->authKey != NULL)
        explicit_bzero(user->authKey, user->authKeyLen);
    if (user->privKey != NULL)
        explicit_bzero(user->privKey, user->privKeyLen);
    usm_free_user(user);
    s->localised = NULL;
}

void
security_free(struct security *s)
{
    if (s == NULL)
        return;
    forget_keys(s);
    wipe_text(&s->auth_password);
    wipe_text(&s->priv_password);
    free(s->user);
    free(s->context);
    explicit_bzero(s, sizeof *s);
    free(s);
}

enum snmp_level
security_level(const struct security *s)
{
    return s->level;
}

const char *
security_user(const struct security *s)
{
    return s->user;
}

const struct security_engine *
security_engine(const struct security *s)
{
    return &s->engine;
}

/* Keys. */

static bool
digest_password(int type, const char *password, uint8_t digest[32])
{
    static uint8_t salt[16];
    static bool salted;
    uint8_t *text;
    size_t n = strlen(password), n_digest = 32;
    int result;

    if (!salted && getrandom(salt, sizeof salt, 0) != (ssize_t) sizeof salt)
        return false;
    salted = true;
    text = memory_alloc(sizeof salt + 1 + n);
    memcpy(text, salt, sizeof salt);
    text[sizeof salt] = (uint8_t) type;
    memcpy(text + sizeof salt + 1, password, n);
    result = sc_hash_type(NETSNMP_USMAUTH_HMAC192SHA256, text, sizeof salt + 1 + n, digest, &n_digest);
    explicit_bzero(text, sizeof salt + 1 + n);
    free(text);
    return result == SNMPERR_SUCCESS && n_digest == 32;
}

static bool
make_key(const struct security *s, const char *password, uint8_t *key, size_t *n)
{
    uint8_t digest[32];
    bool digested = digest_password(s->auth, password, digest);
    unsigned slot = digested ? digest[0] % CACHE_SLOTS : 0;

    if (digested && cache[slot].n > 0 && memcmp(cache[slot].digest, digest, sizeof digest) == 0) {
        memcpy(key, cache[slot].key, cache[slot].n);
        *n = cache[slot].n;
        return true;
    }
    *n = KEY_MAX;
    if (generate_Ku(s->auth_oid, (u_int) s->n_auth_oid, (const u_char *) password, strlen(password), key, n) !=
        SNMPERR_SUCCESS)
        return false;
    if (digested) {
        memcpy(cache[slot].digest, digest, sizeof digest);
        memcpy(cache[slot].key, key, *n);
        cache[slot].n = *n;
    }
    return true;
}

static bool
make_keys(struct security *s)
{
    if (s->auth_password != NULL) {
        if (!make_key(s, s->auth_password, s->auth_key, &s->n_auth_key))
            return false;
        wipe_text(&s->auth_password);
    }
    if (s->priv_password != NULL) {
        if (!make_key(s, s->priv_password, s->priv_key, &s->n_priv_key))
            return false;
        wipe_text(&s->priv_password);
    }
    return true;
}

/* net-snmp frees what hangs on a user: it has to come from malloc. */
static bool
localise(const struct security *s, const uint8_t *ku, size_t n_ku, u_char **key, size_t *n)
{
    *key = calloc(1, KEY_MAX);
    *n = KEY_MAX;
    return *key != NULL && generate_kul(s->auth_oid, (u_int) s->n_auth_oid, s->engine.id, s->engine.n, ku, n_ku,
                                        *key, n) == SNMPERR_SUCCESS;
}

static bool
localise_priv(struct security *s, struct usmUser *user)
{
    /* DES: eight octets of key and eight that make the IV (RFC 3414 §8.1.1.1); the library counts the first. */
    size_t need = s->priv == USM_CREATE_USER_PRIV_DES ? 16 : (size_t) sc_get_proper_priv_length_bytype(s->priv);

    if (!localise(s, s->priv_key, s->n_priv_key, &user->privKey, &user->privKeyLen) ||
        netsnmp_extend_kul((u_int) need, s->auth_oid, (u_int) s->n_auth_oid, s->priv, s->engine.id,
                           (u_int) s->engine.n, &user->privKey, &user->privKeyLen, KEY_MAX) != SNMPERR_SUCCESS ||
        user->privKeyLen < need)
        return false;
    user->privKeyLen = need;
    return true;
}

static bool
localise_user(struct security *s)
{
    struct usmUser *user = usm_create_user();

    forget_keys(s);
    if (user == NULL)
        return false;
    s->localised = user;
    free(user->authProtocol); /* usm_create_user gives it usmNoAuthProtocol and usmNoPrivProtocol */
    free(user->privProtocol);
    user->authProtocol = user->privProtocol = NULL;
    user->name = strdup(s->user);
    user->secName = strdup(s->user);
    user->engineIDLen = s->engine.n;
    user->engineID = malloc(s->engine.n);
    user->userStatus = RS_ACTIVE;
    if (user->name == NULL || user->secName == NULL || user->engineID == NULL)
        return false;
    memcpy(user->engineID, s->engine.id, s->engine.n);
    user->authProtocol = s->auth_oid != NULL ? snmp_duplicate_objid(s->auth_oid, s->n_auth_oid)
                                             : snmp_duplicate_objid(usmNoAuthProtocol, 10);
    user->authProtocolLen = s->auth_oid != NULL ? s->n_auth_oid : 10;
    user->privProtocol = s->priv_oid != NULL ? snmp_duplicate_objid(s->priv_oid, s->n_priv_oid)
                                             : snmp_duplicate_objid(usmNoPrivProtocol, 10);
    user->privProtocolLen = s->priv_oid != NULL ? s->n_priv_oid : 10;
    if (user->authProtocol == NULL || user->privProtocol == NULL)
        return false;
    if (s->level >= SNMP_AUTH_NO_PRIV &&
        !localise(s, s->auth_key, s->n_auth_key, &user->authKey, &user->authKeyLen))
        return false;
    return s->level < SNMP_AUTH_PRIV || localise_priv(s, user);
}

bool
security_was_proven(const struct security *s, const uint8_t *id, size_t n)
{
    return n == s->n_proven_id && memcmp(id, s->proven_id, n) == 0;
}

bool
security_set_engine(struct security *s, const uint8_t *id, size_t n, uint32_t boots, uint32_t time, int64_t now,
                    struct failure *why)
{
    bool same = n == s->engine.n && memcmp(id, s->engine.id, n) == 0;

    assert(n <= ENGINE_ID_MAX);
    s->engine.boots = boots;
    s->engine.time = time;
    s->engine.at = now;
    s->engine.proven = false;
    if (same)
        return true;
    forget_keys(s);
    s->engine.n = n;
    if (n == 0)
        return true;
    memcpy(s->engine.id, id, n);
    if (!make_keys(s) || !localise_user(s)) {
        forget_keys(s);
        s->engine.n = 0;
        return failure_set(why, FAILURE_SYSTEM, "net-snmp could not make the keys of user %s", s->user);
    }
    return true;
}

/* Messages. */

static uint32_t
engine_time(const struct security_engine *e, int64_t now)
{
    int64_t time = (int64_t) e->time + (now - e->at) / LOOP_S(1);

    return time > INT32_MAX ? (uint32_t) INT32_MAX : (uint32_t) time;
}

static void
lend(struct security *s, bool probe, int64_t now)
{
    if (probe || s->engine.n == 0)
        return;
    if (s->localised != NULL)
        usm_add_user(s->localised);
    if (s->engine.boots > 0 || s->engine.time > 0)
        set_enginetime(s->engine.id, (u_int) s->engine.n, s->engine.boots, engine_time(&s->engine, now), 1);
}

static void
take_back(struct security *s, bool probe)
{
    if (probe || s->engine.n == 0)
        return;
    if (s->localised != NULL)
        usm_remove_user(s->localised);
    free_enginetime(s->engine.id, s->engine.n);
}

static uint8_t
level_flags(enum snmp_level level)
{
    return level == SNMP_AUTH_PRIV ? MESSAGE_AUTH | MESSAGE_PRIV : level == SNMP_AUTH_NO_PRIV ? MESSAGE_AUTH : 0;
}

static size_t
write_header(uint8_t room[64], int32_t id, uint8_t flags)
{
    struct ber_out out = { .start = room, .at = room + 64 };

    ber_put_integer(&out, BER_INTEGER, SNMP_SEC_MODEL_USM);
    {
        const uint8_t *end = out.at;

        ber_put(&out, &flags, 1);
        ber_put_head(&out, BER_OCTETS, end);
    }
    ber_put_integer(&out, BER_INTEGER, 65507);
    ber_put_integer(&out, BER_INTEGER, id);
    ber_put_head(&out, BER_SEQUENCE, room + 64);
    ber_put_integer(&out, BER_INTEGER, MESSAGE_V3);
    assert(!out.full);
    return (size_t) (room + 64 - out.at);
}

/* The scoped PDU at the end of the work buffer. */
static size_t
write_scoped(const struct security *s, bool probe, const struct pdu *pdu, const uint8_t *list, size_t n_list)
{
    const uint8_t *end = work + work_size, *mark;
    struct ber_out out = { .start = work, .at = work + work_size };

    pdu_put(&out, pdu, list, n_list);
    mark = out.at;
    ber_put(&out, s->context, strlen(s->context));
    ber_put_head(&out, BER_OCTETS, mark);
    mark = out.at;
    if (!probe)
        ber_put(&out, s->engine.id, s->engine.n);
    ber_put_head(&out, BER_OCTETS, mark);
    ber_put_head(&out, BER_SEQUENCE, end);
    return out.full ? 0 : (size_t) (end - out.at);
}

const uint8_t *
security_write(struct security *s, bool probe, int32_t id, const struct pdu *pdu, const uint8_t *list,
               size_t n_list, int64_t now, size_t *n)
{
    struct snmp_secmod_def *usm = find_sec_mod(SNMP_SEC_MODEL_USM);
    enum snmp_level level = probe ? SNMP_NO_AUTH_NO_PRIV : s->level;
    uint8_t header[64], reportable = pdu->kind == PDU_TRAP ? 0 : MESSAGE_REPORTABLE; /* RFC 3412 §6.4 */
    size_t n_header = write_header(header, id, reportable | level_flags(level));
    size_t offset;
    struct snmp_secmod_outgoing_params out = { 0 };
    char nobody[] = "";
    int result;

    if (work == NULL) {
        work_size = MESSAGE_MAX;
        work = memory_alloc(work_size);
    }
    offset = write_scoped(s, probe, pdu, list, n_list);
    if (offset == 0 || usm == NULL)
        return NULL;
    out.globalData = header + sizeof header - n_header;
    out.globalDataLen = n_header;
    out.maxMsgSize = MESSAGE_MAX;
    out.secModel = SNMP_SEC_MODEL_USM;
    out.secEngineID = s->engine.id;
    out.secEngineIDLen = probe ? 0 : s->engine.n;
    out.secName = probe ? nobody : s->user;
    out.secNameLen = strlen(out.secName);
    out.secLevel = (int) level;
    out.scopedPdu = work + work_size - offset;
    out.scopedPduLen = offset;
    out.wholeMsg = &work;
    out.wholeMsgLen = &work_size;
    out.wholeMsgOffset = &offset;
    lend(s, probe, now);
    result = usm->encode_reverse(&out);
    take_back(s, probe);
    if (result != SNMPERR_SUCCESS)
        return NULL;
    *n = offset;
    return work + work_size - offset;
}

static bool
is_ours(const struct security *s, const struct message_v3 *head)
{
    size_t n = (size_t) (head->engine_id.end - head->engine_id.at);
    size_t n_user = (size_t) (head->user.end - head->user.at);

    return n == s->engine.n && n > 0 && memcmp(head->engine_id.at, s->engine.id, n) == 0 &&
           n_user == strlen(s->user) && memcmp(head->user.at, s->user, n_user) == 0;
}

/* Let the USM check the digest and uncover the scoped PDU. */
static bool
unlock(struct security *s, struct ber message, const struct message_v3 *head, struct arena *arena,
       struct ber *scoped)
{
    struct snmp_secmod_def *usm = find_sec_mod(SNMP_SEC_MODEL_USM);
    struct snmp_secmod_incoming_params in = { 0 };
    netsnmp_session session;
    u_char engine_id[ENGINE_ID_MAX * 2], *at;
    char user[64];
    size_t n_engine_id = sizeof engine_id, n_user = sizeof user, size;
    size_t n_plain = (size_t) (message.end - message.at);
    void *state = NULL;
    int result;

    at = arena_alloc(arena, n_plain);
    memset(&session, 0, sizeof session);
    session.isAuthoritative = SNMP_SESS_NONAUTHORITATIVE;
    in.maxMsgSize = MESSAGE_MAX;
    in.secParams = (u_char *) (uintptr_t) head->parameters.at;
    in.secModel = SNMP_SEC_MODEL_USM;
    in.secLevel = (head->flags & MESSAGE_PRIV) != 0 ? SNMP_SEC_LEVEL_AUTHPRIV : SNMP_SEC_LEVEL_AUTHNOPRIV;
    in.wholeMsg = (u_char *) (uintptr_t) message.at;
    in.wholeMsgLen = (size_t) (message.end - message.at);
    in.secEngineID = engine_id;
    in.secEngineIDLen = &n_engine_id;
    in.secName = user;
    in.secNameLen = &n_user;
    in.scopedPdu = &at;
    in.scopedPduLen = &n_plain;
    in.maxSizeResponse = &size;
    in.secStateRef = &state;
    in.sess = &session;
    in.msg_flags = head->flags;
    /* Without the engine's time, which is checked by us: net-snmp would never let it go back. */
    usm_add_user(s->localised);
    result = usm->decode(&in);
    usm_remove_user(s->localised);
    free_enginetime(s->engine.id, s->engine.n);
    if (state != NULL)
        usm->pdu_free_state_ref(state);
    scoped->at = at;
    scoped->end = at + n_plain;
    return result == SNMPERR_SUCCESS;
}

static bool
in_window(const struct security_engine *e, const struct message_v3 *head, int64_t now)
{
    if (!e->proven)
        return head->boots != INT32_MAX;
    if (head->boots != (int64_t) e->boots)
        return head->boots > (int64_t) e->boots && head->boots != INT32_MAX;
    return head->time + WINDOW_S >= (int64_t) engine_time(e, now);
}

enum security_verdict
security_read(struct security *s, struct ber message, const struct message_v3 *head, int64_t now,
              struct arena *arena, struct pdu *out)
{
    uint8_t want = level_flags(s->level), got = head->flags & (MESSAGE_AUTH | MESSAGE_PRIV);
    struct ber scoped = head->data, engine_id, context;
    bool back;

    if (head->model != SNMP_SEC_MODEL_USM || got == MESSAGE_PRIV)
        return SECURITY_MALFORMED;
    if ((got & MESSAGE_AUTH) == 0) {
        if (!pdu_read_scoped(&scoped, arena, &engine_id, &context, out))
            return SECURITY_MALFORMED;
        if (out->kind == PDU_REPORT)
            return SECURITY_HINT;
        if (want != 0)
            return SECURITY_WEAK;
        return is_ours(s, head) ? SECURITY_ACCEPTED : SECURITY_FORGED;
    }
    if (s->localised == NULL || s->level == SNMP_NO_AUTH_NO_PRIV || !is_ours(s, head) ||
        ((got & MESSAGE_PRIV) != 0 && s->level < SNMP_AUTH_PRIV) || !unlock(s, message, head, arena, &scoped))
        return SECURITY_FORGED;
    if (!pdu_read_scoped(&scoped, arena, &engine_id, &context, out))
        return SECURITY_MALFORMED;
    if (out->kind != PDU_REPORT && got != want)
        return SECURITY_WEAK;
    back = out->kind == PDU_REPORT && security_report(out) == REPORT_NOT_IN_TIME_WINDOW;
    if (!back && !in_window(&s->engine, head, now))
        return SECURITY_OLD;
    s->engine.boots = (uint32_t) head->boots;
    s->engine.time = (uint32_t) head->time;
    s->engine.at = now;
    s->engine.proven = true;
    if (!security_was_proven(s, s->engine.id, s->engine.n))
        memcpy(s->proven_id, s->engine.id, s->n_proven_id = s->engine.n);
    return SECURITY_ACCEPTED;
}

int
security_report(const struct pdu *pdu)
{
    static const uint32_t stats[] = { 1, 3, 6, 1, 6, 3, 15, 1, 1 };
    const struct oid *name;

    if (pdu->kind != PDU_REPORT || pdu->n == 0)
        return 0;
    name = &pdu->varbinds[0].name;
    if (name->n < 10 || memcmp(name->arc, stats, sizeof stats) != 0 || name->arc[9] > REPORT_DECRYPTION_ERROR)
        return 0;
    return (int) name->arc[9];
}
