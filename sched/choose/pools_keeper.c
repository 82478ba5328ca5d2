#include "sched/choose/pools_keeper.h"

#include "base/check.h"
#include "base/mem.h"
#include "base/rcu.h"
#include "sched/choose/pools_table.h"
#include "zones/dns_type.h"
#include "zones/zone_diff.h"
#include "zones/zone_get.h"

/* The first member goes with the zone, whose readers alone come here. */
struct pools_keeper {
    struct zone_attachment attachment;
    const struct pools *now;   /* published; NULL: not built yet */
    struct pools empty;        /* while there is nothing in the zone that a table could hold */
    struct pools_table *table; /* the writer's; NULL: not built yet, or nothing to hold */
};

/* Record types that the table is made of. */
static const struct {
    uint16_t type;
    uint16_t what; /* enum pools_table_what */
} sources[] = {
    {DNS_TYPE_LOC, POOLS_TABLE_PATHS},  {DNS_TYPE_CENTRE, POOLS_TABLE_CENTRE},
    {DNS_TYPE_CRES, POOLS_TABLE_POOL},  {DNS_TYPE_CLOAD, POOLS_TABLE_LOAD},
    {DNS_TYPE_CNET, POOLS_TABLE_PATHS}, {DNS_TYPE_CDATA, POOLS_TABLE_DATA},
};

/* Without these the others mean nothing. */
enum { SUBSTANCE = POOLS_TABLE_CENTRE | POOLS_TABLE_POOL | POOLS_TABLE_DATA };

/* Readers come by the zone: they are gone. */
static void release(struct rcu_later *later)
{
    struct pools_keeper *keeper = (void *)later; /* the first member's first member */
    pools_table_destroy(keeper->table);
    mem_free(keeper);
}

struct pools_keeper *pools_keeper_attach(struct zone *zone)
{
    struct pools_keeper *keeper = mem_alloc(sizeof(*keeper));
    keeper->attachment.release = release;
    keeper->empty.key = *zone_key(zone);
    zone_attach(zone, &keeper->attachment);
    return keeper;
}

struct pools_keeper *pools_keeper_of(const struct zone *zone)
{
    struct zone_attachment *attachment = zone_attached(zone);
    bool is_ours = attachment && attachment->release == release;
    return is_ours ? (struct pools_keeper *)(void *)attachment : NULL;
}

const struct pools *pools_keeper_read(const struct pools_keeper *keeper)
{
    return keeper ? rcu_read(keeper->now) : NULL;
}

static const struct zone_node *get_in_zone(void *context, const uint8_t *owner)
{
    const struct zone *zone = context;
    return zone_get_name(zone, zone_version(zone), owner);
}

static const struct zone_node *get_in_edit(void *context, const uint8_t *owner)
{
    return zone_edit_get(context, owner);
}

static unsigned substance_of(const struct zone_node *node)
{
    unsigned what = 0;
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        what |= zone_node_find(node, sources[i].type) ? sources[i].what : 0;
    }
    return what & SUBSTANCE;
}

static void make_table(struct pools_keeper *keeper, const struct zone *zone)
{
    if (!keeper->table) {
        keeper->table = pools_table_create(zone_name(zone), zone_key(zone));
    }
}

struct building {
    struct pools_keeper *keeper;
    const struct zone *zone;
    struct pools_lookup lookup;
};

static int build_node(void *context, const struct zone_node *node)
{
    struct building *building = context;
    struct pools_keeper *keeper = building->keeper;
    if (substance_of(node) != 0) {
        make_table(keeper, building->zone);
        pools_table_add(keeper->table, &building->lookup, node);
    }
    return 0;
}

static void publish(struct pools_keeper *keeper, uint64_t version)
{
    const struct pools *pools = pools_table_finish(keeper->table, version);
    if (pools != keeper->now) {
        rcu_publish(keeper->now, pools);
    }
    pools_table_settle(keeper->table);
}

void pools_keeper_build(struct pools_keeper *keeper, const struct zone *zone)
{
    struct zone *walked = (struct zone *)(uintptr_t)zone; /* lookups carry no const */
    struct building building = {keeper, zone, {get_in_zone, walked}};
    uint64_t version = zone_version(zone);
    CHECK(!keeper->now);
    zone_walk(zone, version, build_node, &building);
    if (keeper->table) {
        publish(keeper, version);
    } else {
        keeper->empty.version = version;
        rcu_publish(keeper->now, &keeper->empty);
    }
}

struct applying {
    struct pools_keeper *keeper;
    const struct zone *zone;
    struct pools_lookup lookup;
};

static int apply_change(void *context, const struct zone_edit_change *change)
{
    struct applying *applying = context;
    struct pools_keeper *keeper = applying->keeper;
    const struct zone_node *node = change->new_node ? change->new_node : change->old_node;
    unsigned what = 0;
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        what |= zone_diff_is_same(change, sources[i].type) ? 0u : sources[i].what;
    }
    if (what & SUBSTANCE) {
        make_table(keeper, applying->zone);
    }
    if (keeper->table && what) {
        pools_table_renew(keeper->table, &applying->lookup, node->owner, what);
    }
    return 0;
}

void pools_keeper_apply(struct pools_keeper *keeper, struct zone_edit *edit)
{
    if (!keeper->now) {
        return;
    }
    const struct zone *zone = zone_edit_zone(edit);
    struct applying applying = {keeper, zone, {get_in_edit, edit}};
    zone_edit_each(edit, apply_change, &applying);
    if (keeper->table) {
        publish(keeper, zone_version(zone) + 1);
    }
}
