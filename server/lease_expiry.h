/* Lease expiry: every second, records whose leases have ended go, in batches between other jobs of the
 * writer; queries never wait for it.
 *
 * Leases count on a clock that nobody sets, so setting the system's time moves none of them; it is
 * told and counted. When the process did not run for a while (suspend, a stopped machine), nobody
 * could refresh: that gives the grace of a start (threats rows 50 and 51). Belongs to the loop that
 * starts it; the work is done in the writer's thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "server/keeper.h"
#include "server/stat.h"
#include "server/writer_beat.h"

enum {
    LEASE_EXPIRY_BATCH = 1000, /* records of one commit, so of one serial */
    LEASE_EXPIRY_PAUSE_S = 30, /* a gap between two looks that means: we did not run */
};

struct lease_expiry {
    struct writer_beat beat;
    struct keeper *keeper;
    const struct clock *clock;
    struct stat_set *stat; /* the writer's */
    uint64_t count;        /* leases, as of the last look; atomic */
    int64_t last_s;        /* time of the last look, on the clock that nobody sets */
    int64_t ahead_s;       /* of the system's time before that clock, then */
    uint64_t expired;      /* records of the storm under way */
};

/* Fill in what a look needs. Shape: embedded; borrows all until the end of the writer. Units: none.
 * Errors: none. Source: none. */
void lease_expiry_init(struct lease_expiry *expiry, struct keeper *keeper,
                       const struct clock *clock, struct stat_set *stat);

/* One look: at most one batch of one commit. The writer's thread. Shape: returns true when more is
 * due. Units: none. Errors: a store that fails is logged, and the next look tries again. Source: RFC
 * 9664 6. */
bool lease_expiry_look(struct lease_expiry *expiry);

/* Begin to look every second. Shape: after lease_expiry_init. Units: none. Errors: none. Source: none. */
void lease_expiry_start(struct lease_expiry *expiry, struct loop *loop, struct writer *writer);

/* Stop the timer; one that was never started is accepted. The loop's thread. Shape: none. Units: none.
 * Errors: none. Source: none. */
void lease_expiry_stop(struct lease_expiry *expiry);
