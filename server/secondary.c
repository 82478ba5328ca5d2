#include "server/secondary.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rcu.h"
#include "zones/dns_name.h"

enum { NS_PER_S = 1000000000, MS_PER_S = 1000, ADDRESS_LEN = 16 };

struct secondary_set {
    uint64_t refs;
    struct secondary_limits limits;
    struct secondary_zone *items; /* in canonical order of names */
    size_t count;
};

static int by_zone(const void *a, const void *b)
{
    const struct secondary_zone *x = a, *y = b;
    return dns_name_compare(x->zone, y->zone);
}

static void fill(struct secondary_zone *secondary, const struct server_conf_zone *conf,
                 const struct secondary_set *old)
{
    const struct secondary_zone *before = conf->is_renewed ? NULL : secondary_find(old, conf->name);
    secondary->zone = mem_copy(conf->name, dns_name_len(conf->name));
    secondary->primary_count = conf->primary.count;
    secondary->primaries =
        mem_copy(conf->primary.items, conf->primary.count * sizeof(*conf->primary.items));
    secondary->key =
        conf->primary_key ? mem_copy(conf->primary_key, dns_name_len(conf->primary_key)) : NULL;
    secondary->forwards = conf->forward_updates;
    secondary->is_catalog = conf->catalog != SERVER_CONF_NONE;
    if (before) {
        secondary->state = secondary_ref_state(before->state);
    } else {
        secondary->state = mem_alloc(sizeof(*secondary->state));
        secondary->state->refs = 1;
    }
}

struct secondary_set *secondary_create(const struct server_conf_server *server,
                                       const struct server_conf_zone *zones, size_t count,
                                       const struct secondary_set *old)
{
    struct secondary_set *set = mem_alloc(sizeof(*set));
    set->refs = 1;
    set->limits = (struct secondary_limits){
        server->transfers_in, server->transfer_stall_s * MS_PER_S, server->transfer_octets};
    set->items = mem_alloc((count + 1) * sizeof(*set->items));
    for (size_t i = 0; i < count; i++) {
        if (zones[i].primary.count > 0) {
            fill(&set->items[set->count++], &zones[i], old);
        }
    }
    qsort(set->items, set->count, sizeof(*set->items), by_zone);
    return set;
}

struct secondary_set *secondary_ref(struct secondary_set *set)
{
    if (set) {
        __atomic_fetch_add(&set->refs, 1, __ATOMIC_RELAXED);
    }
    return set;
}

void secondary_unref(struct secondary_set *set)
{
    if (!set || __atomic_sub_fetch(&set->refs, 1, __ATOMIC_ACQ_REL) > 0) {
        return;
    }
    for (size_t i = 0; i < set->count; i++) {
        mem_free(set->items[i].zone);
        mem_free(set->items[i].primaries);
        mem_free(set->items[i].key);
        secondary_unref_state(set->items[i].state);
    }
    mem_free(set->items);
    mem_free(set);
}

const struct secondary_zone *secondary_find(const struct secondary_set *set, const uint8_t *zone)
{
    struct secondary_zone key = {.zone = (uint8_t *)zone};
    return set && set->count > 0
               ? bsearch(&key, set->items, set->count, sizeof(*set->items), by_zone)
               : NULL;
}

size_t secondary_count(const struct secondary_set *set)
{
    return set ? set->count : 0;
}

const struct secondary_zone *secondary_at(const struct secondary_set *set, size_t i)
{
    return &set->items[i];
}

const struct secondary_limits *secondary_get_limits(const struct secondary_set *set)
{
    return &set->limits;
}

bool secondary_is_primary(const struct secondary_zone *secondary, uint8_t family,
                          const uint8_t *address, size_t *out_at)
{
    const size_t len = family == 4 ? 4 : ADDRESS_LEN;
    for (size_t i = 0; i < secondary->primary_count; i++) {
        const struct server_conf_address *primary = &secondary->primaries[i];
        if (primary->family == family && memcmp(primary->address, address, len) == 0) {
            if (out_at) {
                *out_at = i;
            }
            return true;
        }
    }
    return false;
}

struct secondary_state *secondary_ref_state(struct secondary_state *state)
{
    if (state) {
        __atomic_fetch_add(&state->refs, 1, __ATOMIC_RELAXED);
    }
    return state;
}

void secondary_unref_state(struct secondary_state *state)
{
    if (state && __atomic_sub_fetch(&state->refs, 1, __ATOMIC_ACQ_REL) == 0) {
        zone_unref(state->zone);
        mem_free(state);
    }
}

bool secondary_is_served(const struct secondary_state *state)
{
    return __atomic_load_n(&state->is_served, __ATOMIC_RELAXED);
}

void secondary_serve(struct secondary_state *state, bool is_served)
{
    __atomic_store_n(&state->is_served, is_served, __ATOMIC_RELAXED);
}

void secondary_take_zone(struct secondary_state *state, struct zone *zone)
{
    struct zone *old = state->zone;
    if (old != zone) {
        rcu_publish(state->zone, zone_ref(zone));
        zone_unref(old); /* which waits for readers */
    }
}

uint32_t secondary_left_s(const struct secondary_state *state, uint64_t now_ns)
{
    uint64_t expires_ns = __atomic_load_n(&state->expires_ns, __ATOMIC_RELAXED);
    return expires_ns > now_ns ? (uint32_t)((expires_ns - now_ns) / NS_PER_S) : 0;
}

void secondary_set_times(struct secondary_state *state, uint64_t expires_ns, int64_t refreshed_s)
{
    __atomic_store_n(&state->expires_ns, expires_ns, __ATOMIC_RELAXED);
    __atomic_store_n(&state->refreshed_s, refreshed_s, __ATOMIC_RELAXED);
}

struct secondary_view secondary_look(const struct secondary_state *state, uint64_t now_ns)
{
    bool has_data = zone_version(rcu_read(state->zone)) > 0;
    return (struct secondary_view){
        .state = !has_data                    ? "loading"
                 : secondary_is_served(state) ? "ok"
                                              : "expired",
        .is_busy = __atomic_load_n(&state->is_busy, __ATOMIC_RELAXED),
        .refreshed_s = __atomic_load_n(&state->refreshed_s, __ATOMIC_RELAXED),
        .next_s = __atomic_load_n(&state->next_s, __ATOMIC_RELAXED),
        .left_s = has_data ? secondary_left_s(state, now_ns) : 0,
    };
}
