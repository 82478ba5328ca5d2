/* The records that an answer of the engine becomes: addresses, services and names of the chosen pools, taken from the
 * zone in the version that is read.
 *
 * Stateless; the caller is in a read section. */
#pragma once

#include "sched/choose/choose.h"
#include "server/find_entry.h"
#include "zones/zone.h"

enum { FIND_READY_ADDRESSES_MAX = 8 }; /* of one pool and family; of hints likewise */

/* True for types that can be made: A, AAAA, PTR, SRV, SVCB. Shape: none. Units: none. Errors: none. Source:
 * docs/records.md. */
bool find_ready_is_made(uint16_t type);

/* Put a piece for each pick into a draft, in order; its ttl_s falls to the least TTL of a record that is used. A pool
 * that has no such records has no piece.
 * A pool without addresses of its own is reached at its centre's, and its SVCB, too, may be its centre's.
 * Shape: draft with ttl_s set and nothing else in it. Units: none. Errors: none: what has no room is left out.
 * Source: docs/records.md; RFC 9460, RFC 2782. */
void find_ready_fill(const struct zone *zone, uint64_t version, const struct pools *pools,
                     const struct choose_answer *answer, uint16_t type,
                     struct find_entry_draft *draft);
