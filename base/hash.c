#include "base/hash.h"

struct sip {
    uint64_t v0, v1, v2, v3;
};

static uint64_t turn_left(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

static void sip_round(struct sip *s)
{
    s->v0 += s->v1;
    s->v2 += s->v3;
    s->v1 = turn_left(s->v1, 13) ^ s->v0;
    s->v3 = turn_left(s->v3, 16) ^ s->v2;
    s->v0 = turn_left(s->v0, 32);
    s->v2 += s->v1;
    s->v0 += s->v3;
    s->v1 = turn_left(s->v1, 17) ^ s->v2;
    s->v3 = turn_left(s->v3, 21) ^ s->v0;
    s->v2 = turn_left(s->v2, 32);
}

static void sip_word(struct sip *s, uint64_t word)
{
    s->v3 ^= word;
    sip_round(s);
    sip_round(s);
    s->v0 ^= word;
}

/* Up to 8 octets, the first is the lowest. */
static uint64_t little_endian(const uint8_t *p, size_t len)
{
    uint64_t v = 0;
    for (size_t i = 0; i < len; i++) {
        v |= (uint64_t)p[i] << (8 * i);
    }
    return v;
}

uint64_t hash_sip24(const uint8_t key[16], const void *data, size_t len)
{
    const uint8_t *p = data;
    uint64_t k0 = little_endian(key, 8);
    uint64_t k1 = little_endian(key + 8, 8);
    /* The initial state spells "somepseudorandomlygeneratedbytes", as published. */
    struct sip s = {k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du, k0 ^ 0x6c7967656e657261u,
                    k1 ^ 0x7465646279746573u};
    size_t whole = len / 8 * 8;
    for (size_t i = 0; i < whole; i += 8) {
        sip_word(&s, little_endian(p + i, 8));
    }
    /* The last word carries the length, modulo 256, in its top octet. */
    uint64_t tail = len > whole ? little_endian(p + whole, len - whole) : 0;
    sip_word(&s, tail | (uint64_t)len << 56);
    s.v2 ^= 0xff;
    for (int i = 0; i < 4; i++) {
        sip_round(&s);
    }
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
