#include "server/holding.h"

#include "base/mem.h"
#include "zones/dns_name.h"

/* The catalogs say which other zones there are. */
static int take_catalogs(struct roster *roster, struct zone_store *store, holding_take take,
                         void *context, struct held *catalogs)
{
    const struct server_conf_zone *conf;
    int first = 0;
    for (size_t i = 0; (conf = roster_catalog(roster, i)); i++) {
        int err = take(context, conf, &catalogs[i]);
        if (!err) {
            roster_read(roster, i, catalogs[i].zone);
        }
        first = first ? first : err;
    }
    return first ? first : roster_fill(roster, store);
}

/* A catalog that was taken already; NULL: the name is none. */
static struct held *find_taken(struct held *catalogs, size_t count, const uint8_t *name)
{
    for (size_t i = 0; i < count; i++) {
        if (catalogs[i].zone && dns_name_equal(zone_name(catalogs[i].zone), name)) {
            return &catalogs[i];
        }
    }
    return NULL;
}

static int take_zones(struct holding *holding, holding_take take, void *context,
                      struct held *catalogs, size_t catalog_count)
{
    const struct server_conf_zones *rows = &roster_conf(holding->roster)->zones;
    int first = 0;
    holding->count = rows->count;
    holding->zones = mem_alloc((rows->count + 1) * sizeof(*holding->zones));
    for (size_t i = 0; i < rows->count; i++) {
        const struct server_conf_zone *row = &rows->items[i];
        struct held *taken = row->catalog != SERVER_CONF_NONE
                                 ? find_taken(catalogs, catalog_count, row->name)
                                 : NULL;
        int err = taken ? 0 : take(context, row, &holding->zones[i]);
        if (taken) {
            holding->zones[i] = *taken;
            *taken = (struct held){.zone = NULL};
        }
        first = first ? first : err;
    }
    return first;
}

static void give_back(struct held *zones, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (zones[i].before && zones[i].index == zones[i].before->index) {
            zones[i].index = NULL;
        }
        held_finish(&zones[i]);
    }
    mem_free(zones);
}

int holding_make(const struct server_conf *conf, struct zone_store *store, holding_take take,
                 void *context, struct holding *out_holding)
{
    size_t count = 0;
    *out_holding = (struct holding){.roster = roster_create(conf)};
    while (roster_catalog(out_holding->roster, count)) {
        count++;
    }
    struct held *catalogs = mem_alloc((count + 1) * sizeof(*catalogs));
    int err = take_catalogs(out_holding->roster, store, take, context, catalogs);
    err = err ? err : take_zones(out_holding, take, context, catalogs, count);
    give_back(catalogs, count);
    return err;
}

void holding_take_secondaries(struct holding *holding, const struct secondary_set *set)
{
    for (size_t i = 0; i < holding->count; i++) {
        const struct server_conf_zone *row = &roster_conf(holding->roster)->zones.items[i];
        const struct secondary_zone *secondary = secondary_find(set, row->name);
        holding->zones[i].secondary = secondary ? secondary_ref_state(secondary->state) : NULL;
    }
}

void holding_drop(struct holding *holding)
{
    give_back(holding->zones, holding->count);
    roster_destroy(holding->roster);
}

void holding_keep(struct holding *holding)
{
    const struct server_conf_zones *rows = &roster_conf(holding->roster)->zones;
    for (size_t i = 0; i < holding->count; i++) {
        struct held *held = &holding->zones[i];
        if (held->before && held->index == held->before->index) {
            held->before->index = NULL;
        }
        held->before = NULL;
        zone_hide(held->zone, rows->items[i].catalog != SERVER_CONF_NONE);
    }
}
