#include "zones/zone_list.h"

#include <stdlib.h>

#include "base/mem.h"
#include "zones/dns_name.h"

struct listing {
    const struct zone_node **nodes;
    size_t count, room;
};

static int listing_add(void *context, const struct zone_node *node)
{
    struct listing *listing = context;
    if (node->rrset_count == 0) {
        return 0;
    }
    if (listing->count == listing->room) {
        listing->room = listing->room ? 2 * listing->room : 256;
        listing->nodes = mem_grow(listing->nodes, listing->room, sizeof(*listing->nodes));
    }
    listing->nodes[listing->count++] = node;
    return 0;
}

static int compare_owners(const void *a, const void *b)
{
    const struct zone_node *const *x = a, *const *y = b;
    return dns_name_compare((*x)->owner, (*y)->owner);
}

size_t zone_list(const struct zone *zone, uint64_t version, const struct zone_node ***out_nodes)
{
    struct listing listing = {0};
    zone_walk(zone, version, listing_add, &listing);
    if (listing.count > 0) {
        qsort(listing.nodes, listing.count, sizeof(*listing.nodes), compare_owners);
    }
    *out_nodes = listing.nodes;
    return listing.count;
}
