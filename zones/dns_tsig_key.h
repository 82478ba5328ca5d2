/* TSIG keys: algorithms, keys bound to one of them, and the ring in which keys are found by name.
 *
 * A ring is made from the configuration and never changes: any thread reads it. Its owner destroys
 * it, after the last request, stream or client that was given one of its keys. Secrets are copied
 * into the ring and cleansed with it.
 * Prefix: dns_tsig_ */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mac.h"

struct dns_tsig_algorithm {
    const char *text; /* lower case; on the wire this is the only label */
    enum mac_digest digest;
    uint8_t octets; /* of a whole MAC */
    bool by_option; /* for old peers only: hmac-sha1 */
};

/* A key as configured. Everything is borrowed until dns_tsig_ring_create returns. */
struct dns_tsig_key_spec {
    const uint8_t *name; /* wire form, any case */
    const struct dns_tsig_algorithm *algorithm;
    const uint8_t *secret;
    size_t secret_len; /* octets, 1..MAC_SECRET_MAX; should not be below mac_octets(digest) */
    uint8_t mac_min;   /* octets of the shortest MAC accepted; 0: whole ones only */
};

struct dns_tsig_key {
    const struct dns_tsig_algorithm *algorithm;
    struct mac_key *mac;
    uint8_t mac_min;       /* octets; shorter is BADTRUNC */
    uint8_t name_len;      /* octets */
    uint8_t algorithm_len; /* octets of its name in wire form */
    uint16_t fixed_len;    /* octets */
    uint8_t fixed[];       /* as it is MACed: name, class ANY, TTL 0, algorithm name; lower case */
};

struct dns_tsig_ring;

/* The algorithm of this name, or NULL. Shape: text of len octets, any case, final dot or not.
 * Units: octets. Errors: NULL. Source: RFC 8945 section 6. */
const struct dns_tsig_algorithm *dns_tsig_algorithm_parse(const char *text, size_t len);

/* Octets of the shortest MAC that is well-formed: ten, or half the hash.
 * Shape: none. Units: octets. Errors: none. Source: RFC 8945 section 5.2.2.1. */
size_t dns_tsig_algorithm_least(const struct dns_tsig_algorithm *algorithm);

/* Make a ring. Shape: out_bad is the place in specs that was refused. Units: none.
 * Errors: ERR_EXISTS (a name twice), ERR_VALUE (length of secret; mac_min neither 0 nor between
 * what is well-formed and whole), ERR_MEMORY. Source: RFC 8945 sections 5.2.4 and 6. */
int dns_tsig_ring_create(const struct dns_tsig_key_spec *specs, size_t count,
                         struct dns_tsig_ring **out_ring, size_t *out_bad);

/* Cleanse and free with all keys; NULL is accepted. Shape: none. Units: none. Errors: none. Source:
 * none. */
void dns_tsig_ring_destroy(struct dns_tsig_ring *ring);

/* The key of this name, or NULL; a ring that is NULL has none.
 * Shape: valid name in wire form, any case. Units: none. Errors: NULL. Source: RFC 8945 4.2. */
const struct dns_tsig_key *dns_tsig_ring_find(const struct dns_tsig_ring *ring,
                                              const uint8_t *name);

/* Name of a key. Shape: wire form, lower case; lives as long as the ring. Units: none. Errors:
 * none. Source: none. */
static inline const uint8_t *dns_tsig_key_name(const struct dns_tsig_key *key)
{
    return key->fixed;
}

/* Name of a key's algorithm. Shape: wire form, lower case; lives as long as the ring. Units:
 * none. Errors: none. Source: RFC 8945 section 6. */
static inline const uint8_t *dns_tsig_key_algorithm(const struct dns_tsig_key *key)
{
    return key->fixed + key->fixed_len - key->algorithm_len;
}
