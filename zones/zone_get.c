#include "zones/zone_get.h"

#include "zones/dns_name.h"

const struct zone_node *zone_get_name(const struct zone *zone, uint64_t version,
                                      const uint8_t *owner)
{
    struct dns_labels labels;
    dns_name_index(zone_key(zone), owner, &labels);
    return zone_get(zone, version, owner, dns_name_len(owner), labels.hash[0]);
}
