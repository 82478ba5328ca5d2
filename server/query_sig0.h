/* SIG(0) as a worker sees it: everything that decides before a public-key operation does, in the order
 * of cost: offered at all, record, policy, shape of a registration, time, key.
 *
 * Called by server/query_decode.c for an UPDATE of a zone of ours, inside its read section. */
#pragma once

#include "server/query_state.h"

/* Check an UPDATE whose last record is a SIG at query->sig0_at: the verdict is QUERY_VERIFY, with the
 * keys to try, or an error that says why not.
 * Shape: zone and question are set. Units: none. Errors: none, see the verdict. Source: RFC
 * 2931, RFC 9665, threats row 1. */
enum query_verdict query_sig0_check(struct query *query);
