/* Writing RRsets into an answer: owner names by pointer, sections counted, what does not fit
 * marked.
 *
 * Works on struct query alone; one thread.
 * Prefix: query_ */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/query_state.h"

enum query_section { QUERY_ANSWER, QUERY_AUTHORITY, QUERY_ADDITIONAL };

/* A name and where it stands uncompressed in the answer, so that owners can point to it. */
struct query_place {
    const uint8_t *name; /* lower case; the message may have another case */
    const struct dns_labels *labels;
    size_t at; /* offset in the message */
    unsigned
        skip; /* labels of `labels` that are left out at the front; name and at are behind them */
};

/* The ancestor of a place that has the given count of labels.
 * Shape: borrowed from place. Units: labels. Errors: none. Source: none. */
struct query_place query_place_up(const struct query_place *place, unsigned labels);

/* Octets that the place takes as an owner: a pointer, or the name when it stands too far for one.
 * Shape: none. Units: octets. Errors: none. Source: RFC 1035 4.1.4. */
size_t query_place_cost(const struct query_place *place);

/* Append the owner of a record: a pointer, or the name. Shape: none. Units: none. Errors: ERR_SPACE in out.
 * Source: RFC 1035 4.1.4. */
void query_put_owner(struct query *query, const struct query_place *place);

/* Append an RRset with the owner at place. When it does not fit: tc for answer and authority,
 * nothing for additional.
 * Shape: ttl_max NULL, or the largest TTL that may be sent. Units: s. Errors: false when it did not
 * fit.
 * Source: RFC 2181 section 9. */
bool query_put_set(struct query *query, enum query_section section, const struct query_place *place,
                   const struct zone_node *node, const struct zone_rrset *set,
                   const uint32_t *ttl_max);

/* Append one record that no zone holds to the answer section and return where its RDATA stands, 0
 * when it did not fit (tc is set).
 * Shape: stored RDATA of len octets. Units: s, octets. Errors: 0. Source: RFC 6672 3.1, RFC 8482 4.2. */
size_t query_put_made(struct query *query, const struct query_place *place, uint16_t type,
                      uint32_t ttl_s, const uint8_t *rdata, size_t len);

/* Take all sections back to the end of the question. Shape: none. Units: none. Errors: none.
 * Source: RFC 2181 9. */
void query_put_nothing(struct query *query);
