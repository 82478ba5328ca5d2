/* Zone transfer out: one version of a zone, or what has changed since the version that the secondary
 * has, as a stream of messages (RFC 5936, RFC 1995), each signed when the request was.
 *
 * A transfer is a feed of its TCP connection: it makes a message when the peer has room for one. It
 * pins its version, so that the zone goes on changing meanwhile, and holds no transaction. The
 * loop's thread only; an IXFR waits for its past, which the writer makes. */
#pragma once

#include "server/query_state.h"
#include "server/tcp_later.h"
#include "server/xfr_past.h"

/* Who transfers: outlives the connections. */
struct xfr_out {
    struct tcp *tcp;
    struct xfr_past_source past; /* a zeroed one: an IXFR gets the whole zone */
};

/* Begin the transfer that a query asks for (AXFR, or IXFR with a serial that is not the zone's), on
 * the connection whose message is being answered.
 * Shape: out is a struct xfr_out (see struct query_updates); the query has verdict QUERY_TRANSFER;
 * all that is needed of it is copied. Units: none. Errors: false: too many are under way.
 * Source: RFC 5936 sections 2 and 3, RFC 1995 section 4. */
bool xfr_out_start(void *out, const struct query *query);
