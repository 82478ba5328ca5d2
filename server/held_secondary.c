#include "server/held_secondary.h"

#include "base/log.h"
#include "base/mem.h"
#include "server/held_pools.h"
#include "zones/dns_name.h"
#include "zones/dns_rdata.h"
#include "zones/dns_type.h"
#include "zones/zone_store_time.h"

enum {
    NS_PER_S = 1000000000,
    STORE_SHARE = 16,   /* a time is stored when it is older than this part of the zone's EXPIRE */
    STORE_MOST_S = 300, /* or than this: a restart makes the zone older by no more */
};

void held_secondary_empty(struct held *held, const uint8_t *name, const struct hash_key *key)
{
    zone_unref(held->zone);
    zone_lease_group_unref(held->leases);
    held->zone = zone_create(name, key);
    held->leases = zone_lease_group_create(key);
    held->state = (struct zone_store_state){0};
}

static uint32_t expire_of(const struct zone *zone)
{
    struct dns_soa soa;
    return zone_node_soa(zone_apex(zone, zone_version(zone)), &soa) ? soa.expire_s : 0;
}

int held_secondary_store_time(struct zone_store *store, const struct held *held,
                              int64_t refreshed_s)
{
    struct secondary_state *state = held->secondary;
    int64_t slack_s = expire_of(held->zone) / STORE_SHARE;
    slack_s = slack_s < STORE_MOST_S ? slack_s : STORE_MOST_S;
    if (state->stored_s > 0 && refreshed_s - state->stored_s < slack_s &&
        refreshed_s >= state->stored_s) {
        return 0;
    }
    int err = zone_store_time_put(store, zone_name(held->zone), refreshed_s);
    state->stored_s = err ? state->stored_s : refreshed_s;
    return err;
}

static void begin(struct zone_store *store, const struct clock *clock, struct held *held)
{
    struct secondary_state *state = held->secondary;
    if (state->zone) {
        return;
    }
    secondary_take_zone(state, held->zone);
    if (zone_version(held->zone) == 0) {
        return;
    }
    int64_t now_s = clock->wall_s(clock);
    state->stored_s = zone_store_time_get(store, zone_name(held->zone));
    if (state->stored_s == 0) {
        (void)held_secondary_store_time(store, held,
                                        now_s); /* else it is stored with the first refresh */
    }
    int64_t refreshed_s = state->stored_s > 0 ? state->stored_s : now_s;
    int64_t age_s = now_s > refreshed_s ? now_s - refreshed_s : 0; /* clocks are put back, too */
    int64_t left_s = (int64_t)expire_of(held->zone) - age_s;
    uint64_t left_ns = left_s > 0 ? (uint64_t)left_s * NS_PER_S : 0;
    secondary_set_times(state, clock->mono_ns(clock) + left_ns, refreshed_s);
    secondary_serve(state, left_s > 0);
    if (left_s <= 0) {
        char name[DNS_NAME_TEXT_MAX];
        dns_name_print(zone_name(held->zone), name);
        log_warn("zone_expired", "zone=%s age_s=%lld", name, (long long)age_s);
    }
}

void held_secondary_begin(struct zone_store *store, const struct clock *clock, struct held *zones,
                          size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (zones[i].secondary) {
            begin(store, clock, &zones[i]);
        }
    }
}

int held_secondary_replace(struct zone_store *store, const struct clock *clock, struct held *held,
                           struct zone *zone)
{
    struct zone_store_state state = {.seq = held->state.seq}; /* it never falls */
    int err = zone_store_save(store, zone, &state, clock->wall_s(clock));
    if (err) {
        return err;
    }
    zone_hide(zone, zone_is_hidden(held->zone));
    held_pools_replace(held->zone, zone);
    zone_unref(held->zone);
    held->zone = zone_ref(zone);
    held->state = state;
    held->saved_version = zone_version(zone);
    held->pass_seq = held->pass_pending = 0;
    held->step = HELD_NAMES;
    secondary_take_zone(held->secondary, zone);
    zone_store_settle(store);
    return 0;
}
