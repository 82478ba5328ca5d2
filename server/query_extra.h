/* The additional section: addresses and services of the names that an answer points to, as far as
 * they are ours.
 *
 * Bounded in targets (threats row 8); what does not fit is left out, but for the glue that a
 * referral can not work without. One thread, inside the query's read section. */
#pragma once

#include "server/query_put.h"

/* Add what the targets of an answer's RRset have: A and AAAA for NS, MX, SRV, SVCB and the like;
 * for PTR also SVCB, SRV and TXT, so that browsing needs one query. start is the offset of the
 * RRset in the message, owner its place.
 * Shape: none. Units: octets. Errors: none. Source: RFC 1035 3.3, RFC 2782, RFC 6763 12, RFC
 * 9460 4.1. */
void query_extra_answer(struct query *query, const struct query_place *owner,
                        const struct zone_node *node, const struct zone_rrset *set, size_t start);

/* Add the glue of a referral; tc is set when glue of a name server below the cut does not fit.
 * Shape: as query_extra_answer, owner is the cut. Units: octets. Errors: none. Source: RFC 9471
 * section 3. */
void query_extra_glue(struct query *query, struct zone *zone, uint64_t version,
                      const struct query_place *owner, const struct zone_node *node,
                      const struct zone_rrset *set, size_t start);
