/* Who may send: on loopback anybody (unless the settings do not trust it), elsewhere only who is listed by network and
 * community or user. */
#ifndef COLLECTOR_POLICY_H
#define COLLECTOR_POLICY_H

#include "collector/config.h"

#include <netinet/in.h>

struct policy;

/* `communities` are the secrets of the senders, in their order (NULL: none, or it could not be read); copied. */
struct policy *policy_new(const struct config *config, const char *const *communities);
void policy_free(struct policy *policy);

/* `address`: 4 or 16 octets by family; an IPv4 address within IPv6 is seen as IPv4 by policy_address. */
const uint8_t *policy_address(const struct sockaddr_storage *from, int *family, uint16_t *port);
bool policy_loopback(int family, const uint8_t *address);

/* Each says REJECT_CAUSES when it may pass, else why not. */
enum reject_cause policy_source(const struct policy *policy, int family, const uint8_t *address);
enum reject_cause policy_community(const struct policy *policy, int family, const uint8_t *address,
                                   const uint8_t *community, size_t n);
/* `level`: 1 noAuthNoPriv, 2 authNoPriv, 3 authPriv, as the message had it. */
enum reject_cause policy_user(const struct policy *policy, int family, const uint8_t *address, const uint8_t *user,
                              size_t n, int level);
/* Whose certificate it is, by its fingerprint; NULL: nobody's who may send from there. */
const char *policy_certificate(const struct policy *policy, int family, const uint8_t *address,
                               const uint8_t *fingerprint);
int policy_level(const char *word); /* 0: not a level */

#endif
