/* Updates on their way: from a worker that has verified one, through a bounded queue, to the writer,
 * which applies them in groups, one savepoint each, and answers when the group is on disk.
 *
 * The gate belongs to the process; workers submit from any thread, the writer's thread does the
 * rest. A request that was applied within the fudge is answered again, not applied again. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "server/lease.h"
#include "server/query_peer.h"
#include "server/stat.h"
#include "server/update_return.h"
#include "server/update_sig0.h"
#include "server/world.h"
#include "zones/dns_tsig.h"
#include "zones/zone_update.h"

struct keeper;
struct store_state;
struct update_gate;
struct writer;

struct update_limits {
    size_t count_max;  /* requests that wait */
    size_t octets_max; /* of their messages */
    size_t per_key;    /* requests of one key (or address, unsigned) that wait; of the octets it may
                          have as large a part, and one message in any case */
};

/* One verified message. Everything is copied but world. */
struct update_message {
    const struct world *world; /* the snapshot it was verified in */
    const struct zone *zone;   /* of that world */
    const struct query_peer *peer;
    const struct dns_tsig *tsig;              /* NULL: not signed by TSIG */
    const struct update_sig0_signer *signer;  /* NULL: not signed by SIG(0) */
    const struct zone_update_result *refusal; /* NULL: apply it; else only answer so */
    struct lease lease;                       /* as asked for */
    bool has_edns;                            /* so the answer has it, too */
    const struct update_return *back;
    const uint8_t *octets;
    size_t len;
};

/* Make the gate. Shape: borrows all, they outlive it. Units: see struct. Errors: aborts without
 * memory. Source: none. */
struct update_gate *update_gate_create(struct writer *writer, struct keeper *keeper,
                                       const struct clock *clock, struct stat_set *stat,
                                       const struct update_limits *limits);

/* Whom to ask whether the store takes updates; without it a failed commit is all that tells. Before the
 * first message. Shape: borrowed, outlives the writer. Units: none. Errors: none. Source: none. */
void update_gate_take_state(struct update_gate *gate, struct store_state *state);

/* Free, when the writer has ended and no worker submits; NULL is accepted. Shape: none. Units: none.
 * Errors: none. Source: none. */
void update_gate_destroy(struct update_gate *gate);

/* Queue a message; it is answered through its way back, whatever comes of it.
 * Shape: see struct; NULL: it is queued. Units: octets. Errors: why the queue is full, as static text:
 * the caller answers. Source: RFC 2136 3, threats row 9. */
const char *update_gate_submit(struct update_gate *gate, const struct update_message *message);
