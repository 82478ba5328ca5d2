/* Gauges: the states that /metrics shows beside the counters: zones, their sizes and serials,
 * store, memory, uptime.
 *
 * Read in the HTTP thread, which becomes an RCU reader for the moment. Everything is borrowed
 * and outlives metrics. */
#pragma once

#include <stdint.h>

#include "base/clock.h"
#include "base/kv.h"
#include "server/metrics.h"
#include "server/store_state.h"
#include "server/world.h"

struct gauge_context {
    struct world_handle *world;
    struct kv *kv;
    const struct clock *clock;
    uint64_t start_ns; /* mono time of the process' start */
    struct store_state *store_state;
    const uint64_t *leases; /* that records have; atomic */
};

/* Register all gauges. Shape: context borrowed. Units: in the metrics' names. Errors: none.
 * Source: none. */
void gauge_add(struct metrics *metrics, struct gauge_context *context);
