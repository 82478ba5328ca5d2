/* From octets to a question: header, the one question, EDNS, signature; bad input ends here with
 * its rcode.
 *
 * Called by server/query.c inside a read section. Works on struct query alone. */
#pragma once

#include "server/query_state.h"

/* Decode query->message and set the verdict; for QUERY_LOOKUP zone and version are set as well.
 * Copies the question to query->out behind room for the header.
 * Shape: query holds peer, world, message, len, out and limit. Units: none. Errors: none, see the
 * verdict.
 * Source: RFC 1035 4.1, RFC 6891, RFC 8906, RFC 9619. */
void query_decode(struct query *query);
