/* net-snmp behind a transport of ours: its f_recv gives the current datagram, its f_send queues an answer.
 *
 * Facts to know (5.9.3): on a wrong digest the callback is called with OP_RECEIVED_MESSAGE and a parsed PDU that nobody
 * has authenticated, and only s_snmp_errno tells; a message that is not reportable and names a new engine leaves a
 * record behind for ever, before any user is looked up; a NULL may have a length and no octets. */
#include "collector/engine.h"

#include "api/loop.h"
#include "collector/reencode.h"
#include "collector/usm.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/library/large_fd_set.h>

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

/* Exported by the library, in none of its headers. */
void exactEngineID_conf(const char *word, char *line);

static struct {
    void *session;
    netsnmp_large_fd_set fds;
    const struct datagram *current;
    bool reading, reported, noted;
    engine_note_fn *fn;
    void *arg;
    uint8_t room[2 * DATAGRAM_MAX];
} engine;

static const struct {
    int counter;
    enum reject_cause cause;
} causes[] = {
    { STAT_USMSTATSUNKNOWNENGINEIDS, REJECT_ENGINE },
    { STAT_USMSTATSUNKNOWNUSERNAMES, REJECT_USER },
    { STAT_USMSTATSWRONGDIGESTS, REJECT_DIGEST },
    { STAT_USMSTATSNOTINTIMEWINDOWS, REJECT_TIME_WINDOW },
    { STAT_USMSTATSDECRYPTIONERRORS, REJECT_DECRYPTION },
    { STAT_USMSTATSUNSUPPORTEDSECLEVELS, REJECT_LEVEL },
    { STAT_SNMPUNKNOWNSECURITYMODELS, REJECT_VERSION },
    { STAT_SNMPINBADVERSIONS, REJECT_VERSION },
    { STAT_SNMPUNKNOWNPDUHANDLERS, REJECT_NOT_US },
};
enum { N_CAUSES = sizeof causes / sizeof causes[0] };
static u_int counted[N_CAUSES];

static void
give_note(netsnmp_pdu *pdu)
{
    struct ber_out out = { .start = engine.room, .at = engine.room + sizeof engine.room };
    struct engine_note note = {
        .user = (const uint8_t *) pdu->securityName, .n_user = pdu->securityNameLen,
        .context = (const uint8_t *) pdu->contextName, .n_context = pdu->contextNameLen,
        .context_engine = pdu->contextEngineID, .n_context_engine = pdu->contextEngineIDLen,
        .level = pdu->securityLevel, .held = pdu };

    if (pdu->version == SNMP_VERSION_3 && reencode_pdu(&out, pdu)) {
        note.pdu = out.at;
        note.n_pdu = (size_t) (engine.room + sizeof engine.room - out.at);
        engine.noted = true;
        engine.fn(engine.arg, &note);
    }
}

static int
on_pdu(int operation, netsnmp_session *session, int id, netsnmp_pdu *pdu, void *magic)
{
    (void) id;
    (void) magic;
    if (operation == NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE && session->s_snmp_errno == 0 && !engine.noted)
        give_note(pdu);
    return 1;
}

/* The transport. */

static int
transport_receive(netsnmp_transport *t, void *room, int size, void **opaque, int *n_opaque)
{
    struct peer *peer;

    (void) t;
    if (engine.current->n > (size_t) size)
        return -1;
    peer = malloc(sizeof *peer); /* the library frees it with the PDU, and copies it into clones */
    if (peer == NULL)
        return -1;
    *peer = engine.current->peer;
    *opaque = peer;
    *n_opaque = sizeof *peer;
    memcpy(room, engine.current->octets, engine.current->n);
    return (int) engine.current->n;
}

static int
transport_send(netsnmp_transport *t, const void *octets, int size, void **opaque, int *n_opaque)
{
    (void) t;
    engine.reported = engine.reading; /* while a datagram is read, it can only be a report */
    if (opaque == NULL || *opaque == NULL || *n_opaque != sizeof(struct peer))
        return -1;
    return answer_add(*opaque, octets, (size_t) size) != NULL ? size : -1;
}

static int
transport_close(netsnmp_transport *t)
{
    (void) t;
    return 0;
}

static bool
open_session(struct failure *why)
{
    netsnmp_transport *transport = calloc(1, sizeof *transport); /* the library frees it */
    netsnmp_session session;

    if (transport == NULL)
        return failure_set(why, FAILURE_SYSTEM, "intake: no memory");
    transport->domain = netsnmpUDPDomain;
    transport->domain_length = (int) netsnmpUDPDomain_len;
    transport->sock = 0; /* never read by the library: it only marks the session in the set */
    transport->msgMaxSize = 65507;
    transport->f_recv = transport_receive;
    transport->f_send = transport_send;
    transport->f_close = transport_close;
    snmp_sess_init(&session);
    session.version = SNMP_DEFAULT_VERSION;
    session.callback = on_pdu;
    session.isAuthoritative = SNMP_SESS_UNKNOWNAUTH;
    engine.session = snmp_sess_add(&session, transport, NULL, NULL);
    return engine.session != NULL || failure_set(why, FAILURE_SYSTEM, "intake: net-snmp gives no session");
}

bool
engine_start(const struct config *config, struct failure *why)
{
    char text[2 * ENGINE_ID_MAX + 16] = "0x";

    setenv("MIBS", "", 1);
    setenv("SNMP_PERSISTENT_DIR", config->state, 1);
    setenv("SNMPCONFPATH", config->state, 1);
    mallopt(M_TRIM_THRESHOLD, 64 << 20); /* the library takes and frees 64 KiB a datagram */
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_PERSIST_STATE, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_ALARM_DONT_USE_SIG, 1);
    for (size_t i = 0; i < config->own.n; i++)
        snprintf(text + 2 + 2 * i, 3, "%02x", config->own.id[i]);
    exactEngineID_conf("exactEngineID", text); /* both before init_snmp, which registers engine and time */
    snprintf(text, sizeof text, "%ld", (long) config->own.boots - 1); /* it adds one */
    engineBoots_conf("engineBoots", text);
    snmp_disable_log(); /* a line for every bad packet otherwise; causes are counted instead */
    init_snmp("trapline-intake");
    netsnmp_large_fd_set_init(&engine.fds, FD_SETSIZE);
    NETSNMP_LARGE_FD_ZERO(&engine.fds);
    if (!open_session(why))
        return false;
    for (int i = 0; i < N_CAUSES; i++)
        counted[i] = snmp_get_statistic(causes[i].counter);
    return true;
}

void
engine_stop(void)
{
    if (engine.session != NULL)
        snmp_sess_close(engine.session);
    engine.session = NULL;
    usm_clear();
    netsnmp_large_fd_set_cleanup(&engine.fds);
    snmp_shutdown("trapline-intake");
}

/* Users. */

struct keys {
    const oid *auth, *priv; /* NULL: none */
    size_t n_auth, n_priv;
    int priv_type;
    u_char auth_ku[USM_LENGTH_KU_HASHBLOCK * 2], priv_ku[USM_LENGTH_KU_HASHBLOCK * 2];
    size_t n_auth_ku, n_priv_ku;
};

static bool
make_ku(const struct keys *keys, const char *what, const char *password, const char *name, u_char *ku, size_t *n,
        struct failure *why)
{
    if (password == NULL || strlen(password) < 8)
        return failure_set(why, FAILURE_USAGE, "sender %s: its %s password needs at least 8 characters (RFC 3414 "
                           "§11.2)", name, what);
    *n = sizeof keys->auth_ku;
    return generate_Ku(keys->auth, (u_int) keys->n_auth, (const u_char *) password, strlen(password), ku, n) ==
               SNMPERR_SUCCESS ||
           failure_set(why, FAILURE_SYSTEM, "sender %s: no %s key can be made", name, what);
}

static bool
find_keys(const struct config_sender *sender, const char *auth_password, const char *priv_password,
          struct keys *keys, struct failure *why)
{
    int type;

    memset(keys, 0, sizeof *keys);
    if (sender->auth == NULL)
        return true;
    type = usm_lookup_auth_type(sender->auth);
    keys->auth = type >= 0 ? sc_get_auth_oid(type, &keys->n_auth) : NULL;
    if (keys->auth == NULL)
        return failure_set(why, FAILURE_USAGE, "sender %s: auth \"%s\" is not known; one of MD5, SHA-1, SHA-224, "
                           "SHA-256, SHA-384, SHA-512", sender->name, sender->auth);
    if (!make_ku(keys, "authentication", auth_password, sender->name, keys->auth_ku, &keys->n_auth_ku, why))
        return false;
    if (sender->priv == NULL)
        return true;
    keys->priv_type = usm_lookup_priv_type(sender->priv);
    keys->priv = keys->priv_type >= 0 ? sc_get_priv_oid(keys->priv_type, &keys->n_priv) : NULL;
    if (keys->priv == NULL)
        return failure_set(why, FAILURE_USAGE, "sender %s: priv \"%s\" is not known; one of DES, AES-128, AES-192, "
                           "AES-256", sender->name, sender->priv);
    return make_ku(keys, "privacy", priv_password, sender->name, keys->priv_ku, &keys->n_priv_ku, why);
}

/* RFC 3414 §2.6; AES-192 and -256 need more octets than the hash has (draft-blumenthal-aes-usm). */
static u_char *
localise(const struct keys *keys, const u_char *ku, size_t n_ku, struct usmUser *user, bool priv, size_t *n)
{
    u_char *key = memory_zero(1, USM_LENGTH_KU_HASHBLOCK * 2);
    size_t room = USM_LENGTH_KU_HASHBLOCK * 2;
    int need = priv ? sc_get_proper_priv_length(keys->priv, (u_int) keys->n_priv) : 0;

    *n = room;
    if (generate_kul(keys->auth, (u_int) keys->n_auth, user->engineID, user->engineIDLen, ku, n_ku, key, n) ==
            SNMPERR_SUCCESS && need >= 0 &&
        ((size_t) need <= *n ||
         netsnmp_extend_kul((u_int) need, user->authProtocol, (u_int) user->authProtocolLen, keys->priv_type,
                            user->engineID, (u_int) user->engineIDLen, &key, n, (u_int) room) == SNMPERR_SUCCESS))
        return key; /* not cut to what is needed: DES takes its salt from behind its key */
    free(key);
    return NULL;
}

static bool
is_own(const uint8_t *engine_id, size_t n)
{
    uint8_t own[ENGINE_ID_MAX];

    return snmpv3_get_engineID(own, sizeof own) == n && memcmp(own, engine_id, n) == 0;
}

/* Traps of another's engine are read by us, with the keys that the library made. */
static void
learn(const struct usmUser *user)
{
    struct usm_keys keys = { .auth = user->authKey, .priv = user->privKey, .n_auth = user->authKeyLen,
                             .n_priv = user->privKeyLen };

    if (user->authKey != NULL)
        keys.auth_kind = (int) user->authProtocol[user->authProtocolLen - 1];
    if (user->privKey != NULL)
        switch (sc_get_privtype(user->privProtocol, (u_int) user->privProtocolLen)) {
        case USM_CREATE_USER_PRIV_DES:
            keys.priv_kind = USM_PRIV_DES;
            break;
        case USM_CREATE_USER_PRIV_AES:
            keys.priv_kind = USM_PRIV_AES128;
            break;
        case USM_CREATE_USER_PRIV_AES192:
        case USM_CREATE_USER_PRIV_AES192_CISCO:
            keys.priv_kind = USM_PRIV_AES192;
            break;
        case USM_CREATE_USER_PRIV_AES256:
        case USM_CREATE_USER_PRIV_AES256_CISCO:
            keys.priv_kind = USM_PRIV_AES256;
            break;
        default:
            keys.priv_kind = -1;
            break;
        }
    usm_add(user->engineID, user->engineIDLen, user->secName, &keys);
}

static bool
add_for_engine(const struct config_sender *sender, const struct keys *keys, const uint8_t *engine_id, size_t n,
               struct failure *why)
{
    struct usmUser *user = usm_get_userList();
    bool good = true;

    for (; user != NULL; user = user->next)
        if (user->engineIDLen == n && memcmp(user->engineID, engine_id, n) == 0 &&
            strcmp(user->secName, sender->user) == 0)
            return true;
    user = usm_create_user();
    if (user == NULL)
        return failure_set(why, FAILURE_SYSTEM, "sender %s: net-snmp gives no user", sender->name);
    user->name = memory_text(sender->user);
    user->secName = memory_text(sender->user);
    user->engineID = memory_copy(engine_id, n);
    user->engineIDLen = n;
    if (keys->auth != NULL) {
        free(user->authProtocol);
        user->authProtocol = snmp_duplicate_objid(keys->auth, keys->n_auth);
        user->authProtocolLen = keys->n_auth;
        user->authKey = localise(keys, keys->auth_ku, keys->n_auth_ku, user, false, &user->authKeyLen);
        good = user->authKey != NULL;
    }
    if (good && keys->priv != NULL) {
        free(user->privProtocol);
        user->privProtocol = snmp_duplicate_objid(keys->priv, keys->n_priv);
        user->privProtocolLen = keys->n_priv;
        user->privKey = localise(keys, keys->priv_ku, keys->n_priv_ku, user, true, &user->privKeyLen);
        good = user->privKey != NULL;
    }
    user->userStatus = SNMP_ROW_ACTIVE;
    if (good && !is_own(engine_id, n))
        learn(user);
    if (good)
        usm_add_user(user);
    else
        usm_free_user(user);
    return good || failure_set(why, FAILURE_SYSTEM, "sender %s: net-snmp does not take its keys", sender->name);
}

bool
engine_add_user(const struct config_sender *sender, const char *auth_password, const char *priv_password,
                struct failure *why)
{
    uint8_t own[ENGINE_ID_MAX];
    struct keys keys;
    size_t n;
    bool good;

    if (sender->user == NULL || strlen(sender->user) > 32)
        return failure_set(why, FAILURE_USAGE, "sender %s: a v3 profile needs a user of 1 to 32 characters",
                           sender->name);
    n = snmpv3_get_engineID(own, sizeof own);
    good = find_keys(sender, auth_password, priv_password, &keys, why) &&
           add_for_engine(sender, &keys, own, n, why) &&
           (sender->n_engine_id == 0 ||
            add_for_engine(sender, &keys, sender->engine_id, sender->n_engine_id, why));
    explicit_bzero(&keys, sizeof keys);
    return good;
}

/* Reading. */

static bool
read_security(struct ber parameters, struct engine_header *out)
{
    struct ber security, content;

    if (!ber_expect(&parameters, BER_SEQUENCE, &security) || parameters.at != parameters.end ||
        !ber_expect(&security, BER_OCTETS, &content))
        return false;
    out->engine = content.at;
    out->n_engine = (size_t) (content.end - content.at);
    if (!ber_integer(&security, &out->boots) || out->boots < 0 || out->boots > INT32_MAX ||
        !ber_integer(&security, &out->time) || out->time < 0 || out->time > INT32_MAX ||
        !ber_expect(&security, BER_OCTETS, &content))
        return false;
    out->user = content.at;
    out->n_user = (size_t) (content.end - content.at);
    return ber_expect(&security, BER_OCTETS, &out->digest) && ber_expect(&security, BER_OCTETS, &out->salt) &&
           security.at == security.end;
}

static bool
read_header(const struct datagram *d, struct engine_header *out, bool *usm)
{
    struct ber in = { d->octets, d->octets + d->n }, message, global, flags, parameters;
    int64_t number;

    memset(out, 0, sizeof *out);
    if (!ber_expect(&in, BER_SEQUENCE, &message) || !ber_integer(&message, &number) ||
        !ber_expect(&message, BER_SEQUENCE, &global) || !ber_integer(&global, &number) || number < 0 ||
        number > INT32_MAX || !ber_integer(&global, &number) || number < 484 || number > INT32_MAX ||
        !ber_expect(&global, BER_OCTETS, &flags) || flags.end - flags.at != 1 || !ber_integer(&global, &number) ||
        !ber_expect(&message, BER_OCTETS, &parameters))
        return false;
    out->reportable = (*flags.at & SNMP_MSG_FLAG_RPRT_BIT) != 0;
    out->is_signed = (*flags.at & SNMP_MSG_FLAG_AUTH_BIT) != 0;
    out->sealed = (*flags.at & SNMP_MSG_FLAG_PRIV_BIT) != 0;
    *usm = number == SNMP_SEC_MODEL_USM;
    if (!*usm)
        return true;
    return read_security(parameters, out) &&
           ber_expect(&message, out->sealed ? BER_OCTETS : BER_SEQUENCE, &out->scoped) && message.at == message.end;
}

bool
engine_look(const struct datagram *datagram, struct engine_header *header)
{
    bool usm;

    return read_header(datagram, header, &usm) && usm;
}

static bool
known_engine(const struct engine_header *header)
{
    for (const struct usmUser *user = usm_get_userList(); user != NULL; user = user->next)
        if (user->engineIDLen == header->n_engine && memcmp(user->engineID, header->engine, header->n_engine) == 0)
            return true;
    return false;
}

static bool
is_late(const struct engine_header *header)
{
    u_int boots = 0, now = 0;

    return get_enginetime(header->engine, (u_int) header->n_engine, &boots, &now, TRUE) == SNMPERR_SUCCESS &&
           (header->boots < boots || (header->boots == boots && header->time + USM_TIME_WINDOW < now));
}

/* Which counter moved. They move only on failures, so this is rare. None does for another's engine whose time is behind,
 * and none for a message that had the right digest and was garbage once it was decrypted. */
static bool
find_cause(const struct engine_header *header, enum reject_cause *cause)
{
    bool found = false;

    for (int i = 0; i < N_CAUSES; i++) {
        u_int now = snmp_get_statistic(causes[i].counter);

        if (now != counted[i] && !found) {
            *cause = causes[i].cause;
            found = true;
        }
        counted[i] = now;
    }
    if (!found && (header->sealed || is_late(header))) {
        *cause = is_late(header) ? REJECT_TIME_WINDOW : REJECT_DECRYPTION;
        found = true;
    }
    return found;
}

enum engine_verdict
engine_read(const struct datagram *datagram, engine_note_fn *fn, void *arg, struct engine_header *header,
            enum reject_cause *cause)
{
    bool usm;

    if (!read_header(datagram, header, &usm))
        return ENGINE_MALFORMED;
    *cause = usm ? REJECT_ENGINE : REJECT_VERSION;
    /* Discovery has no engine ID and gets a report; so does a reportable message for another engine. */
    if (!usm || (!header->reportable && !known_engine(header)))
        return ENGINE_REJECTED;
    if (usm_knows(header)) {
        struct engine_note note;
        enum engine_verdict verdict = usm_read(datagram, header, loop_clock(), &note, cause);

        if (verdict == ENGINE_NOTE)
            fn(arg, &note);
        return verdict;
    }
    engine.current = datagram;
    engine.fn = fn;
    engine.arg = arg;
    engine.noted = engine.reported = false;
    engine.reading = true;
    NETSNMP_LARGE_FD_SET(0, &engine.fds); /* the library clears it */
    snmp_sess_read2(engine.session, &engine.fds);
    engine.reading = false;
    engine.current = NULL;
    if (engine.noted)
        return ENGINE_NOTE;
    if (!find_cause(header, cause))
        return engine.reported ? ENGINE_PROTOCOL : ENGINE_MALFORMED;
    /* An engine that is unknown, or a time that is: with a report, that is how a sender learns ours. */
    return engine.reported && (*cause == REJECT_ENGINE || *cause == REJECT_TIME_WINDOW) ? ENGINE_PROTOCOL :
                                                                                          ENGINE_REJECTED;
}

void *
engine_hold(const void *held)
{
    return snmp_clone_pdu((netsnmp_pdu *) (uintptr_t) held);
}

bool
engine_end(void *held, bool send)
{
    netsnmp_pdu *pdu = held;

    if (pdu == NULL)
        return false;
    if (send) {
        pdu->command = SNMP_MSG_RESPONSE;
        pdu->errstat = pdu->errindex = 0;
        if (snmp_sess_send(engine.session, pdu) != 0)
            return true; /* and it has been freed */
    }
    snmp_free_pdu(pdu);
    return false;
}
