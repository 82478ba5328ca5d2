#include "server/query_extra.h"

#include "sched/choose/pools_keeper.h"
#include "server/steer.h"
#include "zones/dns_rdata.h"
#include "zones/dns_type.h"

enum { TARGETS_UDP = 16, TARGETS_STREAM = 256 };

/* A target of one record: its name with labels, and where it stands in the message. */
struct target {
    uint8_t name[DNS_NAME_MAX];
    struct dns_labels labels;
    struct query_place place;
};

/* Records of a set one after the other, with the offsets of their targets in the message. */
struct targets {
    const uint8_t *pos, *end; /* in the ready answer */
    size_t at;                /* of the record in the message */
    size_t owner_len;
    uint16_t type;
};

/* A delegation whose NS records stand at an offset of the message. */
struct referral {
    struct zone *zone;
    uint64_t version;
    const struct query_place *owner;
    const struct zone_node *node;
    const struct zone_rrset *set;
    size_t start;
};

static struct targets targets_of(const struct query_place *owner, const struct zone_node *node,
                                 const struct zone_rrset *set, size_t start)
{
    const uint8_t *ready = zone_node_ready(node, set);
    return (struct targets){ready, ready + set->size, start, query_place_cost(owner), set->type};
}

/* The next target that is a name other than the root. */
static bool next_target(const struct hash_key *key, struct targets *targets, struct target *out)
{
    struct zone_rr rr;
    while (zone_node_next(&targets->pos, targets->end, &rr)) {
        size_t rdata_at = targets->at + targets->owner_len + ZONE_RR_FIXED - 2;
        targets->at = rdata_at + rr.len;
        const uint8_t *name = dns_rdata_target(targets->type, rr.rdata, rr.len);
        if (!name || name[0] == 0) {
            continue;
        }
        dns_name_lower(name, dns_name_len(name), out->name);
        dns_name_index(key, out->name, &out->labels);
        out->place =
            (struct query_place){out->name, &out->labels, rdata_at + (size_t)(name - rr.rdata), 0};
        return true;
    }
    return false;
}

static const struct zone_node *node_of(const struct zone *zone, uint64_t version,
                                       const struct target *target)
{
    size_t len = (size_t)target->labels.offset[target->labels.count] + 1;
    return zone_get(zone, version, target->name, len, target->labels.hash[0]);
}

/* A and AAAA of a node. False when one of them did not fit. */
static bool put_addresses(struct query *query, const struct query_place *place,
                          const struct zone_node *node)
{
    static const uint16_t types[] = {DNS_TYPE_A, DNS_TYPE_AAAA};
    bool fits = true;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        const struct zone_rrset *set = zone_node_find(node, types[i]);
        if (set && !query_put_set(query, QUERY_ADDITIONAL, place, node, set, NULL)) {
            fits = false;
        }
    }
    return fits;
}

static void put_services(struct query *query, const struct query_place *place,
                         const struct zone_node *node)
{
    static const uint16_t types[] = {DNS_TYPE_SRV, DNS_TYPE_SVCB, DNS_TYPE_TXT};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        const struct zone_rrset *set = zone_node_find(node, types[i]);
        if (set) {
            query_put_set(query, QUERY_ADDITIONAL, place, node, set, NULL);
        }
    }
}

/* RFC 9460 section 4.1: the service that an alias leads to. */
static void put_binding(struct query *query, const struct query_place *place,
                        const struct zone_node *node, uint16_t type)
{
    const struct zone_rrset *set = zone_node_find(node, type);
    if (set) {
        query_put_set(query, QUERY_ADDITIONAL, place, node, set, NULL);
    }
}

/* What is stored at a service is its fall-back: who wants an answer asks for the service. */
static bool is_chosen(const struct query *query, const struct query_place *place,
                      const struct zone_node *node)
{
    if (!steer_is_service(node)) {
        return false;
    }
    const struct zone *zone = zone_set_find(query->world->zones, place->name, place->labels, 0);
    return zone && pools_keeper_of(zone);
}

/* Several records may point to one name: it is told once. */
static bool is_told(const struct zone_node **told, unsigned *count, const struct zone_node *node)
{
    for (unsigned i = 0; i < *count; i++) {
        if (told[i] == node) {
            return true;
        }
    }
    told[(*count)++] = node;
    return false;
}

/* RFC 9460 2.5: TargetName "." of a service is the owner itself. */
static void put_self(struct query *query, const struct query_place *owner,
                     const struct zone_node *node, const struct zone_rrset *set)
{
    const uint8_t *pos = zone_node_ready(node, set), *end = pos + set->size;
    struct zone_rr rr;
    while (zone_node_next(&pos, end, &rr)) {
        bool is_service = rr.rdata[0] != 0 || rr.rdata[1] != 0;
        if (is_service && rr.rdata[2] == 0) {
            put_addresses(query, owner, node);
            return;
        }
    }
}

void query_extra_answer(struct query *query, const struct query_place *owner,
                        const struct zone_node *node, const struct zone_rrset *set, size_t start)
{
    if (set->type == DNS_TYPE_CNAME || set->type == DNS_TYPE_DNAME ||
        set->type >= DNS_TYPE_CENTRE) {
        return;
    }
    bool is_binding = set->type == DNS_TYPE_SVCB || set->type == DNS_TYPE_HTTPS;
    if (is_binding && !is_chosen(query, owner, node)) {
        put_self(query, owner, node, set);
    }
    struct targets targets = targets_of(owner, node, set, start);
    unsigned most = query->peer->transport == QUERY_UDP ? TARGETS_UDP : TARGETS_STREAM;
    const struct zone_node *told[TARGETS_STREAM];
    unsigned count = 0;
    struct target target;
    while (count < most && next_target(&query->world->zones_key, &targets, &target)) {
        struct zone *zone = zone_set_find(query->world->zones, target.name, &target.labels, 0);
        if (!zone || zone_is_hidden(zone)) {
            continue;
        }
        uint64_t version = zone == query->zone ? query->version : zone_version(zone);
        const struct zone_node *found = node_of(zone, version, &target);
        if (!found || is_chosen(query, &target.place, found) || is_told(told, &count, found)) {
            continue;
        }
        if (set->type == DNS_TYPE_PTR) {
            put_services(query, &target.place, found);
        }
        if (is_binding && found != node) {
            put_binding(query, &target.place, found, set->type);
        }
        put_addresses(query, &target.place, found);
    }
}

/* Addresses of name servers in the delegated domain, or of the others. False when one did not fit. */
static bool put_glue(struct query *query, const struct referral *referral, bool is_in_domain)
{
    struct targets targets =
        targets_of(referral->owner, referral->node, referral->set, referral->start);
    struct target target;
    while (next_target(&query->world->zones_key, &targets, &target)) {
        if (dns_name_is_in(target.name, referral->owner->name) != is_in_domain ||
            !dns_name_is_in(target.name, zone_name(referral->zone))) {
            continue;
        }
        const struct zone_node *found = node_of(referral->zone, referral->version, &target);
        if (found && !put_addresses(query, &target.place, found)) {
            return false;
        }
    }
    return true;
}

void query_extra_glue(struct query *query, struct zone *zone, uint64_t version,
                      const struct query_place *owner, const struct zone_node *node,
                      const struct zone_rrset *set, size_t start)
{
    const struct referral referral = {zone, version, owner, node, set, start};
    if (!put_glue(query, &referral, true)) {
        query->tc = true; /* RFC 9471 section 3: in-domain glue is required */
        return;
    }
    put_glue(query, &referral, false);
}
