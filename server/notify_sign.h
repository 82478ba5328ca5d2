/* TSIG of NOTIFY out: requests signed with the zone's key, and answers that only its holder can give.
 *
 * Keys are looked up in the ring of the present world for each message, so that none is kept beyond a
 * reload. The loop's thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "zones/dns_tsig_client.h"

/* Sign a finished message in its buffer of size octets.
 * Shape: key is a name in wire form; *len grows. Units: octets; now_s since 1970. Errors: false: no such
 * key, or no room. Source: RFC 8945 5.1. */
bool notify_sign_request(struct dns_tsig_client *client, struct mac *mac,
                         const struct dns_tsig_ring *ring, const uint8_t *key, uint64_t now_s,
                         uint8_t *message, size_t *len, size_t size);

/* True when a message of len octets is the answer to what was signed: of this key, to this request.
 * Shape: the caller has matched ID and peer; *out_hint (enum dns_rcode) is the TSIG error of one that
 * proves nothing, untouched without. Units: octets; now_s as above. Errors: false. Source: RFC 8945
 * 5.4. */
bool notify_sign_is_answer(struct dns_tsig_client *client, struct mac *mac,
                           const struct dns_tsig_ring *ring, const uint8_t *key, uint64_t now_s,
                           const uint8_t *message, size_t len, uint16_t *out_hint);
