#include "zones/zone_find.h"

#include "zones/dns_type.h"

/* The node of the suffix that begins at label position i of name. */
static const struct zone_node *suffix(const struct zone *zone, uint64_t version,
                                      const uint8_t *name, const struct dns_labels *labels,
                                      unsigned i)
{
    size_t len = (size_t)(labels->offset[labels->count] - labels->offset[i]) + 1;
    return zone_get(zone, version, name + labels->offset[i], len, labels->hash[i]);
}

/* What the data of one node say to a type: the end of every path. */
static struct zone_found from_node(const struct zone_node *node, uint16_t type, bool wildcard)
{
    struct zone_found found = {ZONE_FIND_NODATA, wildcard, node, NULL};
    if (type == DNS_TYPE_ANY && node->rrset_count > 0) {
        found.verdict = ZONE_FIND_ANSWER;
        return found;
    }
    found.set = zone_node_find(node, type);
    if (found.set) {
        found.verdict = ZONE_FIND_ANSWER;
        return found;
    }
    found.set = zone_node_find(node, DNS_TYPE_CNAME);
    if (found.set) {
        found.verdict = ZONE_FIND_ALIAS;
    }
    return found;
}

/* A cut or DNAME that hides the name, looked for from the apex down. True when found says so. */
static bool find_cut(const struct zone *zone, uint64_t version, const uint8_t *name,
                     const struct dns_labels *labels, uint16_t type, struct zone_found *found)
{
    uint64_t depths = zone_cut_depths(zone);
    for (unsigned depth = zone_labels(zone); depth <= labels->count; depth++) {
        if (!(depths >> (depth < 63 ? depth : 63) & 1)) {
            continue;
        }
        const struct zone_node *node = suffix(zone, version, name, labels, labels->count - depth);
        if (!node) {
            return false; /* nothing lies below a name that does not exist */
        }
        bool is_self = depth == labels->count;
        const struct zone_rrset *ns =
            depth > zone_labels(zone) ? zone_node_find(node, DNS_TYPE_NS) : NULL;
        if (ns &&
            !(is_self && type == DNS_TYPE_DS)) { /* RFC 4035 3.1.4.1: DS belongs to the parent */
            *found = (struct zone_found){ZONE_FIND_DELEGATION, false, node, ns};
            return true;
        }
        const struct zone_rrset *dname = is_self ? NULL : zone_node_find(node, DNS_TYPE_DNAME);
        if (dname) { /* RFC 6672 2.3: names below are redirected, the owner is not */
            *found = (struct zone_found){ZONE_FIND_DNAME, false, node, dname};
            return true;
        }
    }
    return false;
}

/* The name does not exist: a wildcard directly below its closest encloser may stand for it (RFC
 * 4592 3.3.1). */
static struct zone_found find_wildcard(const struct zone *zone, uint64_t version,
                                       const uint8_t *name, const struct dns_labels *labels,
                                       uint16_t type)
{
    struct zone_found none = {ZONE_FIND_NXDOMAIN, false, NULL, NULL};
    if (!zone_has_wildcards(zone)) {
        return none;
    }
    unsigned i = 1;
    while (i <= labels->count - zone_labels(zone) && !suffix(zone, version, name, labels, i)) {
        i++;
    }
    if (i > labels->count - zone_labels(zone)) {
        return none;
    }
    uint8_t star[DNS_NAME_MAX + 2] = {1, '*'};
    size_t len = (size_t)(labels->offset[labels->count] - labels->offset[i]) + 1;
    memcpy(star + 2, name + labels->offset[i], len);
    uint64_t hash = hash_mix(zone_key(zone), labels->hash[i], star, 2);
    const struct zone_node *node = zone_get(zone, version, star, len + 2, hash);
    return node ? from_node(node, type, true) : none;
}

struct zone_found zone_find(const struct zone *zone, uint64_t version, const uint8_t *name,
                            const struct dns_labels *labels, uint16_t type)
{
    struct zone_found found;
    if (zone_cut_depths(zone) && find_cut(zone, version, name, labels, type, &found)) {
        return found;
    }
    const struct zone_node *node = suffix(zone, version, name, labels, 0);
    return node ? from_node(node, type, false) : find_wildcard(zone, version, name, labels, type);
}
