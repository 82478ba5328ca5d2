/* Writing a kept answer into a message: pieces in the order of this turn.
 *
 * One thread; works on struct query and the entry's turn. */
#pragma once

#include "server/find_entry.h"
#include "server/query_put.h"

/* Append the records of an entry to the answer section; SvcPriority and priority of SRV count from 1 in the order
 * that is given.
 * Shape: ttl_s at most the entry's. Units: s. Errors: false: they do not fit, tc is set. Source: RFC 9460 2.4.1,
 * RFC 2782. */
bool find_put_answer(struct query *query, const struct query_place *place, struct find_entry *entry,
                     uint32_t ttl_s);
