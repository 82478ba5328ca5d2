/* How often a rule of a zone lets somebody through: a bucket for each (zone, rule, key), or address of
 * who does not sign.
 *
 * A fixed table, so that nobody makes it grow (threats row 9): a bucket that would be full again is
 * nobody's, and when all places of one are taken, who is new has to wait. It knows nothing of the
 * configuration and outlives it. The writer's thread only. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "server/policy.h"

struct update_rate;

/* Whose bucket. */
struct update_rate_of {
    const uint8_t *zone; /* name in wire form, lower case */
    unsigned rule;       /* of its policy */
    const struct policy_who *who;
};

/* Make an empty table. Shape: ended by update_rate_destroy. Units: none. Errors: aborts without
 * memory. Source: none. */
struct update_rate *update_rate_create(void);

/* Free; NULL is accepted. Shape: none. Units: none. Errors: none. Source: none. */
void update_rate_destroy(struct update_rate *rate);

/* Take one message out of a bucket, which holds what may come in a second.
 * Shape: none. Units: messages a second, at least 1; now_ns of the monotonic clock. Errors: false: the
 * bucket is empty. Source: none. */
bool update_rate_take(struct update_rate *rate, const struct update_rate_of *of, uint32_t per_s,
                      uint64_t now_ns);
