/* The list of senders, asked for every datagram. Communities are compared in constant time. */
#include "collector/policy.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct admitted {
    const struct config_sender *sender;
    char *community;
    size_t n_community, n_user;
    int level;
};

struct policy {
    struct admitted *admitted;
    size_t n;
    bool trust_loopback;
};

int
policy_level(const char *word)
{
    static const char *const levels[] = { "noAuthNoPriv", "authNoPriv", "authPriv" };

    for (int i = 0; i < 3; i++)
        if (word != NULL && strcasecmp(word, levels[i]) == 0)
            return i + 1;
    return 0;
}

/* Without a word, what the profile has keys for must be used. */
static int
least_level(const struct config_sender *sender)
{
    int level = policy_level(sender->level);

    if (level != 0)
        return level;
    return sender->priv != NULL ? 3 : sender->auth != NULL ? 2 : 1;
}

struct policy *
policy_new(const struct config *config, const char *const *communities)
{
    struct policy *policy = memory_zero(1, sizeof *policy);

    policy->admitted = memory_zero(config->n_senders + 1, sizeof *policy->admitted);
    policy->n = config->n_senders;
    policy->trust_loopback = config->trust_loopback;
    for (size_t i = 0; i < policy->n; i++) {
        struct admitted *admitted = &policy->admitted[i];

        admitted->sender = &config->senders[i];
        admitted->community = memory_text(communities[i]);
        admitted->n_community = communities[i] != NULL ? strlen(communities[i]) : 0;
        admitted->n_user = admitted->sender->user != NULL ? strlen(admitted->sender->user) : 0;
        admitted->level = least_level(admitted->sender);
    }
    return policy;
}

void
policy_free(struct policy *policy)
{
    if (policy == NULL)
        return;
    for (size_t i = 0; i < policy->n; i++) {
        if (policy->admitted[i].community != NULL)
            explicit_bzero(policy->admitted[i].community, policy->admitted[i].n_community);
        free(policy->admitted[i].community);
    }
    free(policy->admitted);
    free(policy);
}

const uint8_t *
policy_address(const struct sockaddr_storage *from, int *family, uint16_t *port)
{
    const struct sockaddr_in *four = (const struct sockaddr_in *) from;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *) from;

    if (from->ss_family == AF_INET) {
        *family = 4;
        *port = ntohs(four->sin_port);
        return (const uint8_t *) &four->sin_addr;
    }
    *port = ntohs(six->sin6_port);
    *family = IN6_IS_ADDR_V4MAPPED(&six->sin6_addr) ? 4 : 6;
    return six->sin6_addr.s6_addr + (*family == 4 ? 12 : 0);
}

bool
policy_loopback(int family, const uint8_t *address)
{
    static const uint8_t one[16] = { [15] = 1 };

    return family == 4 ? address[0] == 127 : memcmp(address, one, 16) == 0;
}

static bool
open_to(const struct policy *policy, int family, const uint8_t *address)
{
    return policy->trust_loopback && policy_loopback(family, address);
}

static bool
from_here(const struct config_sender *sender, int family, const uint8_t *address)
{
    for (size_t i = 0; i < sender->n_networks; i++)
        if (config_network_has(&sender->networks[i], family, address))
            return true;
    return sender->n_networks == 0;
}

enum reject_cause
policy_source(const struct policy *policy, int family, const uint8_t *address)
{
    if (open_to(policy, family, address))
        return REJECT_CAUSES;
    for (size_t i = 0; i < policy->n; i++)
        if (from_here(policy->admitted[i].sender, family, address))
            return REJECT_CAUSES;
    return REJECT_SOURCE;
}

static bool
same_secret(const char *ours, size_t n_ours, const uint8_t *theirs, size_t n)
{
    unsigned difference = n_ours != n;

    for (size_t i = 0; i < n; i++)
        difference |= (unsigned) theirs[i] ^ (unsigned char) ours[n_ours > 0 ? i % n_ours : 0];
    return difference == 0;
}

enum reject_cause
policy_community(const struct policy *policy, int family, const uint8_t *address, const uint8_t *community, size_t n)
{
    if (open_to(policy, family, address))
        return REJECT_CAUSES;
    for (size_t i = 0; i < policy->n; i++) {
        const struct admitted *admitted = &policy->admitted[i];

        if (admitted->sender->version == 3 || !from_here(admitted->sender, family, address))
            continue;
        if (admitted->sender->version == 0 ||
            (admitted->community != NULL && same_secret(admitted->community, admitted->n_community, community, n)))
            return REJECT_CAUSES;
    }
    return REJECT_COMMUNITY;
}

enum reject_cause
policy_user(const struct policy *policy, int family, const uint8_t *address, const uint8_t *user, size_t n, int level)
{
    enum reject_cause cause = REJECT_USER;

    for (size_t i = 0; i < policy->n; i++) {
        const struct admitted *admitted = &policy->admitted[i];

        if (admitted->sender->version != 3 || admitted->n_user != n || n == 0 ||
            memcmp(admitted->sender->user, user, n) != 0)
            continue;
        if (!open_to(policy, family, address) && !from_here(admitted->sender, family, address)) {
            cause = cause == REJECT_USER ? REJECT_SOURCE : cause;
            continue;
        }
        if (level >= admitted->level)
            return REJECT_CAUSES;
        cause = REJECT_LEVEL;
    }
    return cause;
}

const char *
policy_certificate(const struct policy *policy, int family, const uint8_t *address,
                   const uint8_t *fingerprint)
{
    for (size_t i = 0; i < policy->n; i++) {
        const struct config_sender *sender = policy->admitted[i].sender;

        if (sender->has_fingerprint && memcmp(sender->fingerprint, fingerprint, FINGERPRINT_OCTETS) == 0 &&
            (open_to(policy, family, address) || from_here(sender, family, address)))
            return sender->name;
    }
    return NULL;
}
