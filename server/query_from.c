#include "server/query_from.h"

enum { BITS_4 = 32, BITS_6 = 128, SUBNET_4 = 1 }; /* the last: an address family number of IANA */

void query_from_find(const struct query *query, struct regions_match *out_match)
{
    const struct regions *regions = rules_regions(query->world->rules);
    if (query->asked.subnet && query->world->options.ecs) {
        const struct dns_edns_subnet *subnet = &query->asked.client;
        unsigned family = subnet->family == SUBNET_4 ? 4 : 6;
        regions_find(regions, family, subnet->address, subnet->source, out_match);
        return;
    }
    const struct query_peer *peer = query->peer; /* of a unix socket: nowhere */
    regions_find(regions, peer->family, peer->address, peer->family == 4 ? BITS_4 : BITS_6,
                 out_match);
}
