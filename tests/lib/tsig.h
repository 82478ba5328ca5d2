/* TSIG tests: a ring of keys, messages from hex or signed in any wrong way, and the place of the
 * record. All keys have the secret 0, 1, ... 31. Everything is the caller's. One thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/mac.h"
#include "zones/dns_tsig_key.h"
#include "zones/dns_tsig_rr.h"

#define TSIG_NOW 1700000000u

struct tsig_message {
    uint8_t octets[1024];
    size_t len;
    size_t at; /* of the TSIG record; 0: none */
};

/* A ring of a key "<algorithm>-key." for each algorithm; "key.suanyu.test." of hmac-sha256; and
 * "short-key." of hmac-sha256 that takes MACs of 20 octets.
 * Shape: none. Units: none. Errors: ends the test. Source: none. */
struct dns_tsig_ring *tsig_ring_create(void);

/* A key of the ring by the text of its name. Shape: terminated. Units: none. Errors: ends the test.
 * Source: none. */
const struct dns_tsig_key *tsig_key(const struct dns_tsig_ring *ring, const char *name);

/* A message from hex. Shape: terminated. Units: none. Errors: ends the test. Source: none. */
void tsig_from_hex(const char *hex, struct tsig_message *out_message);

/* The query all vectors were made of, unsigned: suanyu.test. SOA IN, ID 0x1234.
 * Shape: none. Units: none. Errors: none. Source: none. */
void tsig_query(struct tsig_message *out_message);

/* The offset of a message's TSIG record, or 0. Shape: a message without errors. Units: octets.
 * Errors: ends the test. Source: none. */
size_t tsig_find(const uint8_t *data, size_t len);

/* Sign a message with whatever stands in rr: time, fudge, error, other data, original ID, names,
 * and mac_len (longer than a MAC: padded). prior may be NULL.
 * Shape: none. Units: octets. Errors: ends the test. Source: RFC 8945 4.3. */
void tsig_sign_as(struct tsig_message *message, struct mac *mac, const struct dns_tsig_key *key,
                  const struct dns_tsig_rr *rr, const uint8_t *prior, size_t prior_len);

/* A record for tsig_sign_as that is right: names and algorithm of the key, whole MAC, TSIG_NOW.
 * Shape: borrowed from the key. Units: s. Errors: none. Source: none. */
struct dns_tsig_rr tsig_rr(const struct dns_tsig_key *key);
