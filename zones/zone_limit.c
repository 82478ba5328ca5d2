#include "zones/zone_limit.h"

#include <stdio.h>

#include "zones/dns_type.h"

static const struct zone_rrset *find_large(const struct zone_node *node, unsigned records_max)
{
    const struct zone_rrset *sets = zone_node_rrsets(node);
    for (unsigned i = 0; i < node->rrset_count; i++) {
        if (sets[i].count > records_max) {
            return &sets[i];
        }
    }
    return NULL;
}

bool zone_limit_holds(const struct zone_node *node, const struct zone_edit_limits *limits,
                      char *out_text, size_t size)
{
    const struct zone_rrset *large = node ? find_large(node, limits->records_max) : NULL;
    if (large) {
        char type[16];
        dns_type_print(large->type, type);
        snprintf(out_text, size, "over the limit of %u records of type %s", limits->records_max,
                 type);
    } else if (node && node->rrset_count > limits->types_max) {
        snprintf(out_text, size, "over the limit of %u types at one name", limits->types_max);
    } else if (node && limits->octets_max > 0 && node->size > limits->octets_max) {
        snprintf(out_text, size, "over the limit of %zu octets at one name", limits->octets_max);
    } else {
        return true;
    }
    return false;
}
