/* Permit: the records of one update against the policy of its snapshot, with the bounds of the rules
 * that decide them.
 *
 * Each record is decided by the first rule that fits it; then the rule says how many records one
 * message may bring, and how many messages a second it lets through. Counts are of the message; what
 * came lately outlives the policy. The writer's thread only. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "server/policy.h"
#include "zones/zone_update.h"

struct permit;

/* Make it. Shape: clock borrowed; ended by permit_destroy. Units: none. Errors: aborts without memory.
 * Source: none. */
struct permit *permit_create(const struct clock *clock);

/* Free; NULL is accepted. Shape: none. Units: none. Errors: none. Source: none. */
void permit_destroy(struct permit *permit);

/* Begin a message. Shape: all borrowed until the next begin; zone is a name in wire form, lower case;
 * policy NULL permits nothing. Units: none. Errors: none. Source: none. */
void permit_begin(struct permit *permit, const struct policy *policy, const uint8_t *zone,
                  const struct policy_who *who);

/* May the message do this? The hook of struct zone_update_options.
 * Shape: context is the permit; out_ede and text (ZONE_UPDATE_TEXT octets) say why not. Units: none.
 * Errors: false. Source: threats row 4. */
bool permit_record(void *context, const struct zone_update_record *record, uint16_t *out_ede,
                   char *text);

/* True when every record so far, and one at least, was decided by a rule whose durability is relaxed.
 * Shape: none. Units: none. Errors: none. Source: none. */
bool permit_is_relaxed(const struct permit *permit);
