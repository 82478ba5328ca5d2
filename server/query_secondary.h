/* What a query can be about a zone that we are a secondary of: a NOTIFY of its primary, and an update
 * that is to go on to there.
 *
 * For server/query_decode.c; as there, one thread at a time and nothing allocated. */
#pragma once

#include "server/query_state.h"

/* An update of a secondary zone: its signature is the primary's to verify, so it is only noted.
 * Returns the zone, or NULL: it is not of a secondary zone and goes the usual way.
 * Shape: the message has been read. Units: none. Errors: NULL. Source: RFC 2136 6. */
const struct secondary_zone *query_secondary_find(struct query *query);

/* What becomes of it: QUERY_FORWARD, or refused. Shape: query->secondary is set. Units: none. Errors:
 * none. Source: RFC 2136 6. */
enum query_verdict query_secondary_update(struct query *query);

/* What becomes of a NOTIFY whose signature, if it has one, is good: QUERY_NOTIFY or refused.
 * Shape: the message has been read. Units: none. Errors: none. Source: RFC 1996 3.10 and 3.11. */
enum query_verdict query_secondary_notify(struct query *query);

/* Does a NOTIFY tell of something newer than we have? Its SOA is a hint; without one it may, and so it
 * may while we do not serve the zone: nothing came yet, or it has expired.
 * Shape: of verdict QUERY_NOTIFY. Units: none. Errors: none. Source: RFC 1996 3.7. */
bool query_secondary_is_news(const struct query *query);
