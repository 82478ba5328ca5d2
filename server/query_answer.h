/* The sections of an answer, from zone data: RFC 1034 section 4.3.2 from its step 3 on.
 *
 * Ready RRsets are copied; owner names are pointers to where the name already stands in the
 * message. Called by server/query.c inside a read section. */
#pragma once

#include "server/query_state.h"

/* Fill answer, authority and additional for a query with verdict QUERY_LOOKUP, its zone and version
 * set; sets rcode, aa, tc and counts. When a required RRset does not fit, the sections are empty
 * and tc is set.
 * Shape: query->out stands behind the question. Units: none. Errors: none.
 * Source: RFC 1034 4.3.2, RFC 2181 9, RFC 2308, RFC 6604, RFC 6672, RFC 8482, RFC 9471. */
void query_answer(struct query *query);
