/* Batch: one call's worth of datagrams of a UDP worker, with their buffers and addresses.
 *
 * Owned by one worker thread; everything is allocated once. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "server/query.h"
#include "server/stat.h"

struct udp_batch;

/* Make a batch of up to size datagrams. Shape: ended by udp_batch_destroy. Units: datagrams.
 * Errors: aborts without memory. Source: none. */
struct udp_batch *udp_batch_create(unsigned size);

/* Free; NULL is accepted. Shape: none. Units: none. Errors: none. Source: none. */
void udp_batch_destroy(struct udp_batch *batch);

/* The way back to the sender at a place of the present batch, for answers that come later.
 * Shape: context is the batch (see struct query_updates). Units: none. Errors: none. Source: none. */
void udp_batch_fill(void *context, unsigned place, struct update_return *out_back);

/* Receive what waits at a socket, answer it, send the answers. Returns how many datagrams came: 0
 * when none waited.
 * Shape: fd is non-blocking in effect; is_wildcard: the answer must name the address that it leaves
 * from.
 * Units: datagrams. Errors: counted in stat. Source: recvmmsg(2), sendmmsg(2), ip(7) IP_PKTINFO. */
unsigned udp_batch_serve(struct udp_batch *batch, int fd, bool is_wildcard,
                         struct query_worker *worker, const struct clock *clock,
                         struct stat_set *stat);
