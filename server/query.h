/* A query on its way: from received octets to the octets of its answer, the same for every
 * transport.
 *
 * One query_worker belongs to one thread (a UDP worker or a loop) and is reused for all its
 * queries; nothing is allocated and no lock is taken on the way. Zone data is read inside one
 * RCU read section that the caller's thread provides: no pointer into a zone outlives
 * query_handle. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "server/query_peer.h"
#include "server/update.h"

enum { QUERY_BATCH_MAX = 128 }; /* places of a batch */

struct query;
struct query_worker;
struct sig0;
struct refresh;
struct stat_set;
struct world_handle;

/* Make the worker of one thread. It keeps borrowed pointers to all three, which outlive it.
 * Shape: destroyed by query_worker_destroy. Units: none. Errors: aborts without memory. Source:
 * none. */
struct query_worker *query_worker_create(struct world_handle *world, struct stat_set *stat,
                                         const struct clock *clock);

/* Free; NULL is accepted. Shape: none. Units: none. Errors: none. Source: none. */
void query_worker_destroy(struct query_worker *worker);

/* What a transport can do beside answering at once. Borrowed, longer-lived than the worker. */
struct query_updates {
    struct update_gate *gate; /* where updates go; NULL: none are taken */
    struct sig0 *sig0;        /* who verifies SIG(0); NULL: nobody */
    /* The way back of the message at a place of the batch. */
    void (*fill)(void *context, unsigned place, struct update_return *out_back);
    /* Stream a zone transfer to the peer of the query (server/query_state.h), false: too many are under
     * way; NULL: none are offered. */
    bool (*transfer)(void *transfers, const struct query *query);
    void *context;
    void *transfers;
    struct refresh *refresh; /* who cares for secondary zones; NULL: nobody */
};

/* Let a worker take updates and transfers, before its first query; else it refuses them.
 * Shape: copied. Units: none. Errors: none. Source: RFC 2136. */
void query_worker_take_updates(struct query_worker *worker, const struct query_updates *updates);

/* Begin a batch: take the present world and time for all queries until the next call.
 * Shape: none. Units: none. Errors: none. Source: none. */
void query_start(struct query_worker *worker);

/* Decode the message at a place of the batch, and begin to load the data that its answer needs.
 * Shape: place below QUERY_BATCH_MAX; message, peer and out as for query_handle, borrowed until
 * query_end.
 * Units: octets. Errors: none. Source: none. */
void query_begin(struct query_worker *worker, unsigned place, const struct query_peer *peer,
                 const uint8_t *message, size_t len, uint8_t *out, size_t size);

/* Load one step further: called for all places of a batch between query_begin and query_end, so
 * that memory is fetched for many queries at a time. Shape: none. Units: none. Errors: none.
 * Source: none. */
void query_reach(struct query_worker *worker, unsigned place);

/* Write the answer of a place; returns its length, or 0 when nothing may be sent.
 * Shape: as query_handle. Units: octets. Errors: none. Source: as query_handle. */
size_t query_end(struct query_worker *worker, unsigned place);

/* Answer one message: a batch of one.
 * Shape: message of len octets as received (no length prefix); the answer is written to out of
 * size octets (65535 for streams, at least 4096 for UDP). Returns its length, or 0 when nothing
 * may be sent (QR=1, under 12 octets). Units: octets. Errors: none; bad input gives FORMERR and
 * the like. Source: RFC 1034 4.3, RFC 8906. */
size_t query_handle(struct query_worker *worker, const struct query_peer *peer,
                    const uint8_t *message, size_t len, uint8_t *out, size_t size);
