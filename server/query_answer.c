#include "server/query_answer.h"

#include "server/find.h"
#include "server/query_extra.h"
#include "server/query_put.h"
#include "server/steer.h"
#include "zones/dns_rdata.h"
#include "zones/dns_type.h"
#include "zones/zone_find.h"

enum { CHAIN_MAX = 16, ANY_TTL_S = 3600 }; /* aliases followed (threats row 15) */

/* The name that is looked up now: the question's, then targets of aliases. */
struct subject {
    struct query_place place;
    struct zone *zone;
    uint64_t version;
    uint16_t type;
    uint8_t name[DNS_NAME_MAX]; /* of an alias' target */
    struct dns_labels labels;
    uint64_t visited[CHAIN_MAX];               /* keyed hashes of the names of the chain so far */
    const struct zone_node *dnames[CHAIN_MAX]; /* whose DNAME stands in the answer */
    unsigned hops, dname_count;
};

/* RFC 2308 section 3: the SOA, with the TTL of the negative answer, owner by pointer into the
 * present name. */
static void put_soa(struct query *query, const struct subject *subject, uint32_t ttl_max)
{
    const struct zone_node *apex = zone_apex(subject->zone, subject->version);
    const struct zone_rrset *set = apex ? zone_node_find(apex, DNS_TYPE_SOA) : NULL;
    struct dns_soa soa;
    if (!set || dns_rdata_soa(zone_node_ready(apex, set) + ZONE_RR_FIXED, set->size - ZONE_RR_FIXED,
                              &soa)) {
        query->rcode = DNS_RCODE_SERVFAIL;
        return;
    }
    struct query_place owner = query_place_up(&subject->place, zone_labels(subject->zone));
    ttl_max = soa.minimum_s < ttl_max ? soa.minimum_s : ttl_max;
    query_put_set(query, QUERY_AUTHORITY, &owner, apex, set, &ttl_max);
}

/* A name that comes again closes a loop: what follows from it stands in the answer already. */
static bool is_visited(const struct subject *subject)
{
    for (unsigned i = 0; i < subject->hops; i++) {
        if (subject->visited[i] == subject->place.labels->hash[0]) {
            return true;
        }
    }
    return false;
}

/* The chain may go on from this name. False when it is long enough. */
static bool visit(struct subject *subject)
{
    if (subject->hops == CHAIN_MAX) {
        return false;
    }
    subject->visited[subject->hops++] = subject->place.labels->hash[0];
    return true;
}

/* Go on with a target that stands at an offset of the answer. False when the chain ends here. */
static bool follow(struct query *query, struct subject *subject, const uint8_t *target, size_t at)
{
    size_t len = dns_name_len(target);
    dns_name_lower(target, len, subject->name);
    dns_name_index(&query->world->zones_key, subject->name, &subject->labels);
    subject->place = (struct query_place){subject->name, &subject->labels, at, 0};
    subject->zone = zone_set_find(query->world->zones, subject->name, &subject->labels, 0);
    if (!subject->zone || zone_is_hidden(subject->zone)) {
        return false; /* the resolver goes on elsewhere */
    }
    subject->version = subject->zone == query->zone ? query->version : zone_version(subject->zone);
    return subject->version > 0; /* nor one that is not ready */
}

static bool step_alias(struct query *query, struct subject *subject, const struct zone_found *found)
{
    size_t start = wr_len(&query->out);
    if (is_visited(subject)) {
        return false;
    }
    stat_add(query->stat, STAT_alias_cname, 1);
    if (!query_put_set(query, QUERY_ANSWER, &subject->place, found->node, found->set, NULL) ||
        !visit(subject)) {
        return false;
    }
    const uint8_t *target = zone_node_ready(found->node, found->set) + ZONE_RR_FIXED;
    size_t owner_len = query_place_cost(&subject->place);
    return follow(query, subject, target, start + owner_len + ZONE_RR_FIXED - 2);
}

/* A DNAME that comes again may do so for ever, with ever longer names, and no RRset stands twice in
 * an answer (RFC 2181 section 5): the resolver goes on by itself. */
static bool is_used(const struct subject *subject, const struct zone_node *dname)
{
    for (unsigned i = 0; i < subject->dname_count; i++) {
        if (subject->dnames[i] == dname) {
            return true;
        }
    }
    return false;
}

/* RFC 6672 section 3.1: the DNAME itself, then a CNAME made for the name that was asked for. */
static bool step_dname(struct query *query, struct subject *subject, const struct zone_found *found)
{
    struct query_place owner = query_place_up(&subject->place, found->node->labels);
    if (is_used(subject, found->node) || !visit(subject)) {
        return false;
    }
    subject->dnames[subject->dname_count++] = found->node;
    stat_add(query->stat, STAT_alias_dname, 1);
    if (!query_put_set(query, QUERY_ANSWER, &owner, found->node, found->set, NULL)) {
        return false;
    }
    const uint8_t *ready = zone_node_ready(found->node, found->set);
    struct zone_rr dname;
    zone_node_next(&ready, ready + found->set->size, &dname);
    uint8_t target[DNS_NAME_MAX];
    size_t len, left = (size_t)(owner.name - subject->place.name);
    if (dns_name_join(subject->place.name, left, dname.rdata, target, &len)) {
        query->rcode = DNS_RCODE_YXDOMAIN; /* RFC 6672 section 3.2: the new name is too long */
        return false;
    }
    size_t at = query_put_made(query, &subject->place, DNS_TYPE_CNAME, dname.ttl_s, target, len);
    bool is_asked_for = subject->type == DNS_TYPE_CNAME || subject->type == DNS_TYPE_ANY;
    return at > 0 && !is_asked_for && follow(query, subject, target, at);
}

static void step_delegation(struct query *query, const struct subject *subject,
                            const struct zone_found *found)
{
    stat_add(query->stat, STAT_referral, 1);
    if (subject->hops == 0) {
        query->aa = false;
    }
    struct query_place owner = query_place_up(&subject->place, found->node->labels);
    size_t start = wr_len(&query->out);
    if (query_put_set(query, QUERY_AUTHORITY, &owner, found->node, found->set, NULL)) {
        query_extra_glue(query, subject->zone, subject->version, &owner, found->node, found->set,
                         start);
    }
}

/* RFC 8482 section 4: over UDP one RRset stands for all, the first that fits, or a HINFO; a stream
 * proved the address and gets the whole name. */
static void step_any(struct query *query, const struct subject *subject,
                     const struct zone_node *node)
{
    static const uint8_t hinfo[] = "\7RFC8482";
    const struct zone_rrset *sets = zone_node_rrsets(node);
    bool is_udp = query->peer->transport == QUERY_UDP;
    stat_add(query->stat, STAT_query_any, 1);
    for (unsigned i = 0; i < node->rrset_count; i++) {
        bool fits = query_put_set(query, QUERY_ANSWER, &subject->place, node, &sets[i], NULL);
        if (is_udp && fits) {
            return;
        }
        query->tc = query->tc && !is_udp;
    }
    if (is_udp) { /* the end of the text is the second, empty string */
        query_put_made(query, &subject->place, DNS_TYPE_HINFO, ANY_TTL_S, hinfo, sizeof(hinfo));
    }
}

static void step_answer(struct query *query, const struct subject *subject,
                        const struct zone_found *found)
{
    if (!found->set) {
        step_any(query, subject, found->node);
        return;
    }
    size_t start = wr_len(&query->out);
    if (query_put_set(query, QUERY_ANSWER, &subject->place, found->node, found->set, NULL)) {
        query_extra_answer(query, &subject->place, found->node, found->set, start);
    }
}

/* What is computed: names of requirements, and (node) services. False: the zone answers. */
static bool step_find(struct query *query, const struct subject *subject,
                      const struct zone_node *node)
{
    const struct find_subject asked = {&subject->place, subject->zone, subject->version,
                                       subject->type};
    switch (node ? find_answer_service(query, &asked, node) : find_answer_name(query, &asked)) {
    case FIND_STORED:
        return false;
    case FIND_DONE:
        return true;
    case FIND_NODATA:
        stat_add(query->stat, STAT_nodata, 1);
        put_soa(query, subject, FIND_NEGATIVE_TTL_S);
        return true;
    case FIND_NXDOMAIN:
        query->rcode = DNS_RCODE_NXDOMAIN;
        put_soa(query, subject, FIND_NEGATIVE_TTL_S);
        return true;
    }
    return false;
}

static bool is_service(const struct zone_found *found)
{
    return (found->verdict == ZONE_FIND_ANSWER || found->verdict == ZONE_FIND_NODATA) &&
           steer_is_service(found->node);
}

/* One name of the chain. True when the subject is a new name to look up. */
static bool step(struct query *query, struct subject *subject)
{
    if (find_is_name(subject->zone, &subject->place) && step_find(query, subject, NULL)) {
        return false; /* before any wildcard takes it */
    }
    struct zone_found found = zone_find(subject->zone, subject->version, subject->place.name,
                                        subject->place.labels, subject->type);
    if (found.wildcard) {
        stat_add(query->stat, STAT_wildcard, 1);
    }
    if (is_service(&found) && step_find(query, subject, found.node)) {
        return false;
    }
    switch (found.verdict) {
    case ZONE_FIND_ANSWER:
        step_answer(query, subject, &found);
        return false;
    case ZONE_FIND_ALIAS:
        return step_alias(query, subject, &found);
    case ZONE_FIND_DNAME:
        return step_dname(query, subject, &found);
    case ZONE_FIND_DELEGATION:
        step_delegation(query, subject, &found);
        return false;
    case ZONE_FIND_NODATA:
        stat_add(query->stat, STAT_nodata, 1);
        put_soa(query, subject, DNS_TTL_MAX);
        return false;
    case ZONE_FIND_NXDOMAIN:
        query->rcode =
            DNS_RCODE_NXDOMAIN; /* RFC 6604 section 3: the last name of a chain decides */
        put_soa(query, subject, DNS_TTL_MAX);
        return false;
    }
    return false;
}

void query_answer(struct query *query)
{
    struct subject subject;
    subject.place = (struct query_place){query->name, &query->labels, DNS_HEADER_LEN, 0};
    subject.zone = query->zone;
    subject.version = query->version;
    subject.type = query->type;
    subject.hops = subject.dname_count = 0;
    query->aa = true;
    while (step(query, &subject)) {
    }
    if (query->tc) {
        query_put_nothing(query);
        stat_add(query->stat, STAT_truncated, 1);
    }
}
