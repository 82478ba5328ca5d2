#include "server/held_pools.h"

#include "base/log.h"
#include "sched/choose/pools_keeper.h"
#include "zones/dns_name.h"

bool held_pools_attach(struct zone *zone, bool is_wanted)
{
    struct pools_keeper *pools = pools_keeper_of(zone);
    if (!is_wanted) {
        if (pools) {
            zone_attach(zone, NULL);
        }
        return false;
    }
    return !pools_keeper_read(pools ? pools : pools_keeper_attach(zone));
}

static void build(struct pools_keeper *pools, const struct zone *zone)
{
    char name[DNS_NAME_TEXT_MAX];
    pools_keeper_build(pools, zone);
    size_t count = pools_keeper_read(pools)->pool_count;
    if (count > 0) {
        dns_name_print(zone_name(zone), name);
        log_info("pools_ready", "zone=%s pools=%zu", name, count);
    }
}

bool held_pools_build(const struct zone *zone)
{
    struct pools_keeper *pools = pools_keeper_of(zone);
    if (!pools || pools_keeper_read(pools)) {
        return false;
    }
    build(pools, zone);
    return true;
}

void held_pools_apply(const struct zone *zone, struct zone_edit *edit)
{
    struct pools_keeper *pools = pools_keeper_of(zone);
    if (pools) {
        pools_keeper_apply(pools, edit);
    }
}

bool held_pools_has_find(const struct zone *zone)
{
    const struct pools_keeper *keeper = pools_keeper_of(zone);
    const struct pools *pools = keeper ? pools_keeper_read(keeper) : NULL;
    return pools && pools->has_centres;
}

void held_pools_replace(const struct zone *old, struct zone *zone)
{
    struct pools_keeper *pools = pools_keeper_of(old);
    if (pools && pools_keeper_read(pools)) {
        build(pools_keeper_attach(zone), zone);
    }
}
