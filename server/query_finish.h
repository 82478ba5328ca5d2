/* The end of an answer: header, EDNS options, the error form of a signature, and the counters.
 *
 * Called by server/query.c inside a read section. Works on struct query alone. */
#pragma once

#include "server/query_state.h"

/* Answer a question of class CH about the server itself, from the configuration.
 * Shape: query->out stands behind the question. Units: none. Errors: rcode REFUSED. Source: RFC
 * 4892. */
void query_finish_chaos(struct query *query);

/* Complete the message; returns its length, 0 for QUERY_DROP.
 * Shape: none. Units: octets. Errors: none. Source: RFC 1035 4.1.1, RFC 6891, RFC 8914, RFC 8945
 * 5.3.2, RFC 9660. */
size_t query_finish(struct query *query);
