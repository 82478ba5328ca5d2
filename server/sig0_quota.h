/* Quota of SIG(0): how many messages per second may cost a public-key operation, in all and from one
 * address (threats row 1).
 *
 * One moment a bucket: the time at which all that was spent would be paid for. The table of addresses is
 * of fixed size and hashed by a secret; who is pushed out begins anew, which the bucket of all bounds. Not
 * locked: its owner does that. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "server/query_peer.h"

struct sig0_quota;

/* Messages per second; so many may also come at once. */
struct sig0_quota_rates {
    uint32_t all;
    uint32_t per_address; /* IPv6: per network of 64 bits */
};

/* Make a quota of which nothing is spent. Shape: ended by sig0_quota_destroy. Units: none. Errors:
 * aborts without memory. Source: none. */
struct sig0_quota *sig0_quota_create(void);

/* Free; NULL is accepted. Shape: none. Units: none. Errors: none. Source: none. */
void sig0_quota_destroy(struct sig0_quota *quota);

/* Spend one, when there is one for this peer. Datagrams, whose address may be forged, leave half of the
 * bucket of all to streams.
 * Shape: rates above 0; they may be others at each call. Units: now_ns on a clock that never steps back.
 * Errors: false: over quota, nothing is spent. Source: threats row 1. */
bool sig0_quota_take(struct sig0_quota *quota, const struct sig0_quota_rates *rates,
                     const struct query_peer *peer, uint64_t now_ns);
