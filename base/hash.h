/* Keyed hashes: SipHash-2-4 where a peer must not forge (cookies), and a fast keyed mix for
 * tables.
 *
 * The mix folds 64x64->128 bit products with a boot secret: an outsider who does not see the
 * hashes can not aim at a slot (threats row 24). Stateless, any thread.
 * Inline: on the query path. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct hash_key {
    uint64_t k0, k1;
};

/* SipHash-2-4, 64 bit. Shape: key 16 octets, result as the reference's little-endian octets read
 * as a number.
 * Units: len in octets. Errors: none. Source: Aumasson, Bernstein 2012; RFC 9018 section 4. */
uint64_t hash_sip24(const uint8_t key[16], const void *data, size_t len);

/* Fold one 64 bit product. Shape: none. Units: none. Errors: none. Source: none. */
static inline uint64_t hash_fold(uint64_t a, uint64_t b)
{
    __extension__ typedef unsigned __int128 wide; /* the one place that needs 128 bits */
    wide p = (wide)a * b;
    return (uint64_t)p ^ (uint64_t)(p >> 64);
}

/* Mix len octets into a running hash; chain calls for structured keys.
 * Shape: seed is key->k0 at first, the last result then. Units: octets. Errors: none. Source:
 * none. */
static inline uint64_t hash_mix(const struct hash_key *key, uint64_t seed, const void *data,
                                size_t len)
{
    const uint8_t *p = data;
    uint64_t h = seed ^ (len * 0x9e3779b97f4a7c15u);
    uint64_t w;
    while (len >= 8) {
        memcpy(&w, p, 8);
        h = hash_fold(h ^ w, key->k1 | 1);
        p += 8;
        len -= 8;
    }
    w = 0;
    for (size_t i = 0; i < len; i++) { /* not memcpy: a tail of variable length would be a call */
        w |= (uint64_t)p[i] << (8 * i);
    }
    return hash_fold(h ^ w ^ key->k0, (key->k1 | 1) ^ 0xd6e8feb86659fd93u);
}
