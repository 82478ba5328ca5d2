/* Where a query comes from: the client subnet that its resolver tells (RFC 7871), else the address that it came
 * from.
 *
 * Only computed answers ask. One that depends on the place sets query->uses_place, and query->place_scope from
 * the match; query_finish tells it. Called inside a read section. */
#pragma once

#include "server/query_state.h"
#include "server/regions.h"

/* Find the place. A client subnet of no bits means nowhere: who sends it does not want to be placed. Its scope is 0.
 * Shape: query after query_decode; for regions_get with rules_regions(query->world->rules). Units: none. Errors:
 * none: nowhere has number 0. Source: RFC 7871 sections 7.1.2 and 7.2. */
void query_from_find(const struct query *query, struct regions_match *out_match);
