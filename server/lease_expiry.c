#include "server/lease_expiry.h"

#include <stdlib.h>

#include "base/log.h"
#include "server/held_lease.h"

enum {
    INTERVAL_MS = 1000,
    JUMP_S = 5, /* less is slewing, and what two clocks read one after the other differ by */
    STORM_MIN = 100,
};

void lease_expiry_init(struct lease_expiry *expiry, struct keeper *keeper,
                       const struct clock *clock, struct stat_set *stat)
{
    *expiry = (struct lease_expiry){.keeper = keeper, .clock = clock, .stat = stat};
    expiry->last_s = held_lease_now(clock);
    expiry->ahead_s = clock->wall_s(clock) - expiry->last_s;
}

/* Take records whose leases are due out of the zones, for the next commit. */
static size_t expire(const struct lease_expiry *expiry, int64_t now_s)
{
    size_t zones, count = 0;
    struct held *held = keeper_zones(expiry->keeper, &zones);
    for (size_t i = 0; i < zones; i++) {
        count += held_lease_expire(&held[i], now_s, LEASE_EXPIRY_BATCH - count);
    }
    return count;
}

static void defer(const struct lease_expiry *expiry, int64_t now_s)
{
    size_t zones;
    struct held *held = keeper_zones(expiry->keeper, &zones);
    for (size_t i = 0; i < zones; i++) {
        zone_lease_defer(zone_lease_group_table(held[i].leases), now_s);
    }
}

static uint64_t count_left(const struct lease_expiry *expiry)
{
    size_t zones;
    uint64_t count = 0;
    struct held *held = keeper_zones(expiry->keeper, &zones);
    for (size_t i = 0; i < zones; i++) {
        count += zone_lease_count(zone_lease_group_table(held[i].leases));
    }
    return count;
}

/* Two clocks tell a set clock from a process that did not run. */
static void watch_clocks(struct lease_expiry *expiry, int64_t now_s)
{
    int64_t ahead_s = expiry->clock->wall_s(expiry->clock) - now_s;
    int64_t jump_s = ahead_s - expiry->ahead_s, gap_s = now_s - expiry->last_s;
    if (llabs(jump_s) > JUMP_S) {
        log_warn("clock_jumped", "seconds=%lld text=%s", (long long)jump_s,
                 "the system's time was set: no lease ends sooner or later by that");
        stat_add(expiry->stat, STAT_clock_jump, 1);
    }
    if (gap_s > LEASE_EXPIRY_PAUSE_S) {
        log_warn("leases_deferred", "seconds=%lld text=%s", (long long)gap_s,
                 "nothing was done for so long: leases get the grace of a start");
        defer(expiry, now_s);
    }
    expiry->ahead_s = ahead_s;
    expiry->last_s = now_s;
}

/* A storm is over, or there was none: say so once (threats row 50). */
static void tell_storm(struct lease_expiry *expiry, uint64_t left)
{
    if (expiry->expired >= STORM_MIN && expiry->expired > left) {
        log_warn("lease_storm", "expired=%llu left=%llu text=%s",
                 (unsigned long long)expiry->expired, (unsigned long long)left,
                 "most leases ended together: could nobody reach us?");
    }
    expiry->expired = 0;
}

bool lease_expiry_look(struct lease_expiry *expiry)
{
    int64_t now_s = held_lease_now(expiry->clock);
    watch_clocks(expiry, now_s);
    size_t count = expire(expiry, now_s);
    int err = count > 0 ? keeper_commit(expiry->keeper) : 0;
    if (err) {
        log_error("lease_expiry_failed", "error=%s", err_text(err));
        return false;
    }
    uint64_t left = count_left(expiry);
    __atomic_store_n(&expiry->count, left, __ATOMIC_RELAXED);
    stat_add(expiry->stat, STAT_lease_expired, count);
    expiry->expired += count;
    bool more = count == LEASE_EXPIRY_BATCH;
    if (!more) {
        tell_storm(expiry, left);
    }
    return more;
}

static bool work(void *context)
{
    return lease_expiry_look(context);
}

void lease_expiry_start(struct lease_expiry *expiry, struct loop *loop, struct writer *writer)
{
    writer_beat_start(&expiry->beat, loop, writer, INTERVAL_MS, INTERVAL_MS, work, expiry);
}

void lease_expiry_stop(struct lease_expiry *expiry)
{
    writer_beat_stop(&expiry->beat);
}
