/* SipHash-2-4, 128 bits, as published. */
#include "core/siphash.h"

#include <string.h>

struct sip {
    uint64_t a, b, c, d;
};

static uint64_t
rotate(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

static void
mix(struct sip *v, int rounds)
{
    while (rounds-- > 0) {
        v->a += v->b;
        v->b = rotate(v->b, 13) ^ v->a;
        v->a = rotate(v->a, 32);
        v->c += v->d;
        v->d = rotate(v->d, 16) ^ v->c;
        v->a += v->d;
        v->d = rotate(v->d, 21) ^ v->a;
        v->c += v->b;
        v->b = rotate(v->b, 17) ^ v->c;
        v->c = rotate(v->c, 32);
    }
}

static void
absorb(struct sip *v, uint64_t word)
{
    v->d ^= word;
    mix(v, 2);
    v->a ^= word;
}

static void
squeeze(struct sip *v, uint8_t out[8])
{
    uint64_t word;

    mix(v, 4);
    word = v->a ^ v->b ^ v->c ^ v->d;
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t) (word >> (8 * i));
}

static uint64_t
little_endian(const uint8_t *octets, size_t n)
{
    uint64_t word = 0;

    for (size_t i = 0; i < n; i++)
        word |= (uint64_t) octets[i] << (8 * i);
    return word;
}

void
siphash(const uint8_t secret[16], const uint8_t *octets, size_t n, uint8_t out[16])
{
    uint64_t k0 = little_endian(secret, 8), k1 = little_endian(secret + 8, 8), last = (uint64_t) n << 56;
    struct sip v = { 0x736f6d6570736575ull ^ k0, 0x646f72616e646f6dull ^ k1 ^ 0xee, 0x6c7967656e657261ull ^ k0,
                     0x7465646279746573ull ^ k1 };

    for (; n >= 8; n -= 8, octets += 8)
        absorb(&v, little_endian(octets, 8));
    absorb(&v, last | little_endian(octets, n));
    v.c ^= 0xee;
    squeeze(&v, out);
    v.b ^= 0xdd;
    squeeze(&v, out + 8);
}
