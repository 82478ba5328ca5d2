#include "server/find_ready.h"

#include <string.h>

#include "zones/dns_name.h"
#include "zones/dns_type.h"

enum { KEY_PORT = 3, KEY_HINT4 = 4, KEY_HINT6 = 6, HTTPS_PORT = 443 };
enum { RDATA_MAX = 2048, SVCB_PRIORITY = 2 }; /* a longer SVCB is not repeated */

/* How a pool is reached. */
struct way {
    const uint8_t *pool;         /* its name */
    const uint8_t *host;         /* that has the addresses: the pool, or its centre */
    const struct zone_node *own; /* nodes: of the host; NULL: none has addresses */
    struct zone_rr service;      /* SVCB of the pool, or of its centre; rdata NULL: none */
};

bool find_ready_is_made(uint16_t type)
{
    return type == DNS_TYPE_A || type == DNS_TYPE_AAAA || type == DNS_TYPE_PTR ||
           type == DNS_TYPE_SRV || type == DNS_TYPE_SVCB;
}

static bool has_addresses(const struct zone_node *node)
{
    return node && (zone_node_find(node, DNS_TYPE_A) || zone_node_find(node, DNS_TYPE_AAAA));
}

/* The first SVCB in ServiceMode (RFC 9460 2.4.1). */
static bool find_service(const struct zone_node *node, struct zone_rr *out)
{
    struct zone_records records = zone_node_records(node, DNS_TYPE_SVCB);
    while (zone_node_next(&records.pos, records.end, out)) {
        if ((out->rdata[0] != 0 || out->rdata[1] != 0) && out->len <= RDATA_MAX) {
            return true;
        }
    }
    out->rdata = NULL;
    return false;
}

static struct way find_way(const struct zone *zone, uint64_t version, const uint8_t *pool)
{
    struct dns_labels labels;
    dns_name_index(zone_key(zone), pool, &labels);
    const uint8_t *centre = pool + labels.offset[1];
    size_t len = (size_t)labels.offset[labels.count] + 1;
    const struct zone_node *nodes[] = {
        zone_get(zone, version, pool, len, labels.hash[0]),
        zone_get(zone, version, centre, len - labels.offset[1], labels.hash[1]),
    };
    struct way way = {.pool = pool, .host = pool};
    if (has_addresses(nodes[0])) {
        way.own = nodes[0];
    } else if (has_addresses(nodes[1])) {
        way.own = nodes[1];
        way.host = centre;
    }
    if (!find_service(nodes[0], &way.service)) {
        find_service(nodes[1], &way.service);
    }
    return way;
}

static void put_rr(struct wr *wr, uint16_t type, uint32_t ttl_s, const void *rdata, size_t len)
{
    uint8_t *at = wr_take(wr, ZONE_RR_FIXED + len);
    if (at) {
        zone_node_write_rr(at, type, ttl_s, rdata, len);
    }
}

static void lower_ttl(struct find_entry_draft *draft, uint32_t ttl_s)
{
    draft->entry.ttl_s = ttl_s < draft->entry.ttl_s ? ttl_s : draft->entry.ttl_s;
}

static unsigned put_addresses(const struct way *way, uint16_t type, struct find_entry_draft *draft,
                              struct wr *wr)
{
    struct zone_records records = zone_node_records(way->own, type);
    struct zone_rr rr;
    unsigned count = 0;
    while (count < FIND_READY_ADDRESSES_MAX && zone_node_next(&records.pos, records.end, &rr)) {
        lower_ttl(draft, rr.ttl_s);
        put_rr(wr, type, 0, rr.rdata, rr.len);
        count++;
    }
    return count;
}

/* RFC 9460 section 7.3: the addresses themselves, one after the other. */
static void put_hint(const struct way *way, uint16_t type, unsigned key, struct wr *wr)
{
    struct zone_records records = zone_node_records(way->own, type);
    struct zone_rr rr;
    size_t mark = wr_len(wr), len = 0;
    wr_u16(wr, key);
    wr_u16(wr, 0);
    for (unsigned i = 0; i < FIND_READY_ADDRESSES_MAX; i++) {
        if (!zone_node_next(&records.pos, records.end, &rr)) {
            break;
        }
        wr_bytes(wr, rr.rdata, rr.len);
        len += rr.len;
    }
    if (len == 0) {
        wr->pos = wr->base + mark;
        return;
    }
    wr_patch_u16(wr, mark + 2, (unsigned)len);
}

/* Where a service is: its TargetName, and "." is who has the addresses (RFC 9460 2.5). */
static const uint8_t *target_of(const struct way *way)
{
    const uint8_t *target = way->service.rdata ? way->service.rdata + SVCB_PRIORITY : NULL;
    return target && target[0] != 0 ? target : way->host;
}

/* Target, port and hints of the published record; hints alone where there is none. */
static unsigned put_svcb(const struct way *way, struct find_entry_draft *draft, struct wr *wr)
{
    const struct zone_rr *service = &way->service;
    if (!service->rdata && !way->own) {
        return 0;
    }
    uint8_t rdata[RDATA_MAX + DNS_NAME_MAX];
    struct wr data = wr_make(rdata, sizeof(rdata));
    const uint8_t *target = target_of(way);
    wr_u16(&data, 0); /* each answer writes its own */
    wr_bytes(&data, target, dns_name_len(target));
    if (service->rdata) {
        size_t before = SVCB_PRIORITY + dns_name_len(service->rdata + SVCB_PRIORITY);
        wr_bytes(&data, service->rdata + before, service->len - before);
        lower_ttl(draft, service->ttl_s);
    } else {
        put_hint(way, DNS_TYPE_A, KEY_HINT4, &data);
        put_hint(way, DNS_TYPE_AAAA, KEY_HINT6, &data);
    }
    put_rr(wr, DNS_TYPE_SVCB, 0, rdata, wr_len(&data));
    return 1;
}

/* SvcParams rise by key: 16 bits of key, 16 of length (RFC 9460 2.2). */
static unsigned port_of(const struct zone_rr *service)
{
    struct rd rd = rd_make(service->rdata, service->len);
    (void)rd_take(&rd, SVCB_PRIORITY + dns_name_len(service->rdata + SVCB_PRIORITY));
    while (rd_left(&rd) > 0) {
        unsigned key = rd_u16(&rd);
        size_t len = rd_u16(&rd);
        if (key == KEY_PORT && len == 2) {
            unsigned port = rd_u16(&rd);
            return rd.err ? HTTPS_PORT : port;
        }
        (void)rd_take(&rd, len);
    }
    return HTTPS_PORT;
}

/* Without a port there is no SRV: only a SVCB tells one. */
static unsigned put_srv(const struct way *way, uint32_t weight, struct find_entry_draft *draft,
                        struct wr *wr)
{
    if (!way->service.rdata) {
        return 0;
    }
    uint8_t rdata[6 + DNS_NAME_MAX];
    struct wr data = wr_make(rdata, sizeof(rdata));
    const uint8_t *target = target_of(way);
    wr_u16(&data, 0); /* each answer writes its own priority */
    wr_u16(&data, weight < UINT16_MAX ? weight : UINT16_MAX);
    wr_u16(&data, port_of(&way->service));
    wr_bytes(&data, target, dns_name_len(target));
    lower_ttl(draft, way->service.ttl_s);
    put_rr(wr, DNS_TYPE_SRV, 0, rdata, wr_len(&data));
    return 1;
}

static unsigned put(const struct way *way, uint16_t type, uint32_t weight,
                    struct find_entry_draft *draft, struct wr *wr)
{
    switch (type) {
    case DNS_TYPE_PTR:
        put_rr(wr, type, 0, way->pool, dns_name_len(way->pool));
        return 1;
    case DNS_TYPE_SVCB:
        return put_svcb(way, draft, wr);
    case DNS_TYPE_SRV:
        return put_srv(way, weight, draft, wr);
    default:
        return put_addresses(way, type, draft, wr);
    }
}

/* The TTL is known when all records are. */
static void write_ttl(struct find_entry_draft *draft)
{
    struct wr wr = wr_make(draft->octets, draft->octets_len);
    const uint8_t *pos = draft->octets, *end = pos + draft->octets_len;
    struct zone_rr rr;
    while (zone_node_next(&pos, end, &rr)) {
        wr.pos = wr.base + (rr.rdata - draft->octets) - 6;
        wr_u32(&wr, draft->entry.ttl_s);
    }
}

void find_ready_fill(const struct zone *zone, uint64_t version, const struct pools *pools,
                     const struct choose_answer *answer, uint16_t type,
                     struct find_entry_draft *draft)
{
    struct wr wr = wr_make(draft->octets, sizeof(draft->octets));
    unsigned records = 0;
    for (unsigned i = 0; i < answer->count; i++) {
        const struct choose_pick *pick = &answer->picks[i];
        struct way way = find_way(zone, version, pools_at(pools, pick->slot)->name);
        size_t start = wr_len(&wr);
        unsigned count = put(&way, type, pick->weight, draft, &wr);
        if (wr.err) { /* full: the best are in it */
            break;
        }
        if (count == 0) {
            continue;
        }
        draft->octets_len = wr_len(&wr);
        draft->pieces[draft->piece_count] =
            (struct find_entry_piece){(uint16_t)start, (uint16_t)(draft->octets_len - start),
                                      (uint16_t)count, (uint16_t)records};
        records += count;
        draft->weights[draft->piece_count++] = pick->weight;
        draft->entry.equal = (uint16_t)(draft->entry.equal + (i < answer->equal));
    }
    bool is_address = type == DNS_TYPE_A || type == DNS_TYPE_AAAA;
    draft->twin_count =
        is_address ? find_twin_fill(zone_key(zone), draft->octets, draft->octets_len, draft->twins)
                   : 0;
    write_ttl(draft);
}
