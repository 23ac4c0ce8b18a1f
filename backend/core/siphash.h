/* SipHash-2-4 with 128 bits of result (Aumasson, Bernstein): a sender who does not know the secret cannot make two
 * messages collide. */
#ifndef CORE_SIPHASH_H
#define CORE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

void siphash(const uint8_t secret[16], const uint8_t *octets, size_t n, uint8_t out[16]);

#endif
