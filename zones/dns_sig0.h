/* SIG(0): the record that signs a whole message by a public key, the KEY record that it is checked
 * with, and all checks that need no cryptography. zones/sign_sig0.h does the rest.
 *
 * Pure: a record read borrows from its message, a key is a copy. Algorithms 13 and 15 only: their
 * keys and signatures have one length each. Any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "zones/dns_name.h"

enum {
    DNS_SIG0_ECDSAP256SHA256 = 13,
    DNS_SIG0_ED25519 = 15,
    DNS_SIG0_FIXED = 18,       /* octets of RDATA before the signer's name */
    DNS_SIG0_SIGNATURE = 64,   /* octets of a signature of either algorithm */
    DNS_SIG0_KEY_FIXED = 4,    /* octets of KEY RDATA before the key */
    DNS_SIG0_KEY_MAX = 68,     /* octets of KEY RDATA: that of algorithm 13 */
    DNS_SIG0_EARLY_S = 300,    /* the signer's clock may be ahead of ours by so much */
    DNS_SIG0_VALID_MAX = 3600, /* seconds that a signature may still be valid */
};

enum dns_sig0_verdict {
#define VERDICT(name, rcode, ede, text) DNS_SIG0_##name,
#include "zones/dns_sig0.def"
};

struct dns_sig0 {
    size_t at; /* offset of the record: it signs what stands before */
    uint8_t algorithm;
    uint16_t key_tag;
    uint32_t expiration_s, inception_s; /* since 1970, modulo 2^32 */
    const uint8_t *fixed;               /* DNS_SIG0_FIXED octets; borrowed */
    uint8_t signer[DNS_NAME_MAX];       /* case as it came: so it is signed */
    size_t signer_len;                  /* octets */
    const uint8_t *signature;           /* DNS_SIG0_SIGNATURE octets; borrowed */
};

/* RDATA of a KEY record that can check signatures. */
struct dns_sig0_key {
    uint8_t len; /* octets */
    uint8_t rdata[DNS_SIG0_KEY_MAX];
};

/* Read the record at an offset, which must end where the message ends.
 * Shape: owner root, class ANY, TTL 0, type covered 0. Returns GOOD, FORMERR or ALGORITHM.
 * Units: octets. Errors: see above. Source: RFC 2931 section 3, RFC 2535 4.1, RFC 6605, RFC 8080. */
enum dns_sig0_verdict dns_sig0_read(const uint8_t *message, size_t len, size_t at,
                                    struct dns_sig0 *out_sig0);

/* Is a signature valid now?
 * Shape: clockless: a signer without a clock may leave both times 0. Returns GOOD, EARLY, EXPIRED or
 * LONG.
 * Units: s since 1970. Errors: none. Source: RFC 2931 3.3, RFC 1982, RFC 9665. */
enum dns_sig0_verdict dns_sig0_check_time(const struct dns_sig0 *sig0, int64_t now_s,
                                          bool clockless);

/* Take the RDATA of a KEY record that may sign updates: protocol 3, use for authentication not
 * prohibited, algorithm and length known.
 * Shape: stored RDATA. Units: octets. Errors: false. Source: RFC 2535 3.1, RFC 3445. */
bool dns_sig0_key_read(const uint8_t *rdata, size_t len, struct dns_sig0_key *out_key);

/* Tag of a key. Shape: none. Units: none. Errors: none. Source: RFC 4034 appendix B. */
uint16_t dns_sig0_key_tag(const struct dns_sig0_key *key);

/* True when the signature names this key by algorithm and tag: asked before anything is computed.
 * Shape: none. Units: none. Errors: none. Source: RFC 2931 section 3; threats row 1. */
bool dns_sig0_key_fits(const struct dns_sig0_key *key, const struct dns_sig0 *sig0);

/* RCODE, extended error and words of the answer to a request that ended so.
 * Shape: enum dns_rcode, enum dns_ede, static text. Units: none. Errors: none. Source: none. */
unsigned dns_sig0_rcode(enum dns_sig0_verdict verdict);

/* See dns_sig0_rcode. Shape: as there. Units: none. Errors: none. Source: RFC 8914. */
unsigned dns_sig0_ede(enum dns_sig0_verdict verdict);

/* See dns_sig0_rcode. Shape: as there. Units: none. Errors: none. Source: none. */
const char *dns_sig0_text(enum dns_sig0_verdict verdict);
