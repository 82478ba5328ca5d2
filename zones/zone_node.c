#include "zones/zone_node.h"

#include <string.h>

#include "base/bytes.h"
#include "base/check.h"
#include "base/mem.h"
#include "zones/dns_code.h"
#include "zones/dns_name.h"
#include "zones/dns_rdata.h"
#include "zones/dns_type.h"

enum { IMAGE_SET_FIXED = 6 }; /* type, count, size */

static size_t table_offset(size_t owner_len)
{
    return (sizeof(struct zone_node) + owner_len + 3) & ~(size_t)3;
}

/* A block for an owner and a number of RRsets with data_len octets in all; everything but the
 * sets is filled. */
static struct zone_node *make(const uint8_t *owner, size_t owner_len, uint64_t hash,
                              uint64_t version, unsigned sets, size_t data_len)
{
    size_t table = table_offset(owner_len);
    size_t size = table + sets * sizeof(struct zone_rrset) + data_len;
    struct zone_node *node = mem_alloc(size);
    node->version = version;
    node->hash = hash;
    node->size = (uint32_t)size;
    node->owner_len = (uint8_t)owner_len;
    node->labels = (uint8_t)dns_name_labels(owner);
    node->rrset_count = (uint8_t)sets;
    node->table = (uint16_t)table;
    memcpy(node->owner, owner, owner_len);
    return node;
}

static struct zone_rrset *table_of(struct zone_node *node)
{
    return (struct zone_rrset *)(void *)((uint8_t *)node + node->table);
}

/* Append one RRset to a block under construction; *at is the offset where its data go. */
static void put(struct zone_node *node, unsigned index, uint32_t *at, uint16_t type, unsigned count,
                const uint8_t *ready, size_t len)
{
    table_of(node)[index] = (struct zone_rrset){
        .offset = *at, .type = type, .count = (uint16_t)count, .size = (uint16_t)len};
    memcpy((uint8_t *)node + *at, ready, len);
    *at += (uint32_t)len;
}

static uint32_t data_offset(const struct zone_node *node)
{
    return (uint32_t)(node->table + node->rrset_count * sizeof(struct zone_rrset));
}

bool zone_node_next(const uint8_t **pos, const uint8_t *end, struct zone_rr *out_rr)
{
    const uint8_t *p = *pos;
    if (p >= end) {
        return false;
    }
    out_rr->type = (uint16_t)(p[2] << 8 | p[3]);
    out_rr->ttl_s = (uint32_t)p[6] << 24 | (uint32_t)p[7] << 16 | (uint32_t)p[8] << 8 | p[9];
    out_rr->len = (uint16_t)(p[10] << 8 | p[11]);
    out_rr->rdata = p + ZONE_RR_FIXED;
    *pos = p + ZONE_RR_FIXED + out_rr->len;
    return true;
}

bool zone_node_holds(const struct zone_node *node, uint16_t type, const uint8_t *rdata, size_t len)
{
    struct zone_records records = zone_node_records(node, type);
    struct zone_rr rr;
    while (zone_node_next(&records.pos, records.end, &rr)) {
        if (rr.len == len && memcmp(rr.rdata, rdata, len) == 0) {
            return true;
        }
    }
    return false;
}

bool zone_node_soa(const struct zone_node *node, struct dns_soa *out_soa)
{
    struct zone_records records = zone_node_records(node, DNS_TYPE_SOA);
    struct zone_rr rr;
    return zone_node_next(&records.pos, records.end, &rr) &&
           dns_rdata_soa(rr.rdata, rr.len, out_soa) == 0;
}

struct zone_node *zone_node_create(const uint8_t *owner, uint64_t hash, uint64_t version)
{
    return make(owner, dns_name_len(owner), hash, version, 0, 0);
}

struct zone_node *zone_node_with(const struct zone_node *node, uint64_t version, uint16_t type,
                                 unsigned count, const uint8_t *ready, size_t ready_len)
{
    CHECK(ready_len <= ZONE_RRSET_MAX);
    const struct zone_rrset *sets = zone_node_rrsets(node);
    const struct zone_rrset *old = zone_node_find(node, type);
    unsigned total = node->rrset_count - (old ? 1u : 0u) + (ready_len ? 1u : 0u);
    size_t data = node->size - data_offset(node) - (old ? old->size : 0) + ready_len;
    CHECK(total <= UINT8_MAX);
    struct zone_node *copy = make(node->owner, node->owner_len, node->hash, version, total, data);
    copy->children = node->children;
    uint32_t at = data_offset(copy);
    unsigned index = 0;
    bool placed = ready_len == 0;
    for (unsigned i = 0; i < node->rrset_count; i++) {
        if (!placed && sets[i].type >= type) {
            put(copy, index++, &at, type, count, ready, ready_len);
            placed = true;
        }
        if (&sets[i] != old) {
            put(copy, index++, &at, sets[i].type, sets[i].count, zone_node_ready(node, &sets[i]),
                sets[i].size);
        }
    }
    if (!placed) {
        put(copy, index++, &at, type, count, ready, ready_len);
    }
    return copy;
}

struct zone_node *zone_node_with_children(const struct zone_node *node, uint64_t version,
                                          uint32_t children)
{
    struct zone_node *copy = mem_copy(node, node->size);
    copy->older = NULL;
    copy->version = version;
    copy->children = children;
    return copy;
}

void zone_node_write_rr(uint8_t *out, uint16_t type, uint32_t ttl_s, const uint8_t *rdata,
                        size_t len)
{
    struct wr wr = wr_make(out, ZONE_RR_FIXED + len);
    wr_u8(&wr, ZONE_OWNER_HIGH);
    wr_u8(&wr, DNS_HEADER_LEN);
    wr_u16(&wr, type);
    wr_u16(&wr, DNS_CLASS_IN);
    wr_u32(&wr, ttl_s);
    wr_u16(&wr, (unsigned)len);
    wr_bytes(&wr, rdata, len);
}

size_t zone_node_image_len(const struct zone_node *node)
{
    return 2u + node->owner_len + node->rrset_count * (size_t)IMAGE_SET_FIXED +
           (node->size - data_offset(node));
}

void zone_node_image(const struct zone_node *node, uint8_t *out)
{
    struct wr wr = wr_make(out, zone_node_image_len(node));
    wr_u8(&wr, node->owner_len);
    wr_bytes(&wr, node->owner, node->owner_len);
    wr_u8(&wr, node->rrset_count);
    const struct zone_rrset *sets = zone_node_rrsets(node);
    for (unsigned i = 0; i < node->rrset_count; i++) {
        wr_u16(&wr, sets[i].type);
        wr_u16(&wr, sets[i].count);
        wr_u16(&wr, sets[i].size);
        wr_bytes(&wr, zone_node_ready(node, &sets[i]), sets[i].size);
    }
    CHECK(!wr.err);
}

/* One RRset of an image. */
struct stored {
    uint16_t type;
    unsigned count;
    const uint8_t *ready;
    size_t size;
};

/* Every record of a stored RRset has the ready form and valid RDATA: a damaged store must not reach
 * the wire. */
static bool is_ready_valid(const struct stored *set)
{
    static const uint8_t class_in[2] = {0, DNS_CLASS_IN};
    const uint8_t head[4] = {ZONE_OWNER_HIGH, DNS_HEADER_LEN, (uint8_t)(set->type >> 8),
                             (uint8_t)set->type};
    struct rd rd = rd_make(set->ready, set->size);
    for (unsigned i = 0; i < set->count; i++) {
        const uint8_t *fixed = rd_take(&rd, ZONE_RR_FIXED);
        if (!fixed || memcmp(fixed, head, 4) != 0 || memcmp(fixed + 4, class_in, 2) != 0 ||
            fixed[6] >> 7) {
            return false; /* RFC 2181 section 8: TTLs have 31 bits */
        }
        size_t rdlen = (size_t)(fixed[10] << 8 | fixed[11]);
        const uint8_t *rdata = rd_take(&rd, rdlen);
        if (!rdata || dns_rdata_check(set->type, rdata, rdlen)) {
            return false;
        }
    }
    return rd_left(&rd) == 0 && !rd.err;
}

/* Read one RRset whose type is above `before`; false when it is damaged. */
static bool read_set(struct rd *rd, uint16_t before, struct stored *out)
{
    out->type = rd_u16(rd);
    out->count = rd_u16(rd);
    out->size = rd_u16(rd);
    out->ready = rd_take(rd, out->size);
    const struct dns_type_row *row = dns_type_find(out->type);
    unsigned most = row && (row->flags & DNS_TYPE_ONE) ? 1 : UINT16_MAX;
    return out->ready && out->size <= ZONE_RRSET_MAX && out->type > before &&
           !dns_type_is_meta(out->type) && out->count > 0 && out->count <= most &&
           is_ready_valid(out);
}

static bool is_lower(const uint8_t *owner, size_t len)
{
    uint8_t lower[DNS_NAME_MAX];
    dns_name_lower(owner, len, lower);
    return memcmp(owner, lower, len) == 0;
}

struct zone_node *zone_node_restore(const void *image, size_t len, uint64_t hash, uint64_t version)
{
    struct rd rd = rd_make(image, len);
    size_t owner_len = rd_u8(&rd);
    const uint8_t *owner = rd_take(&rd, owner_len);
    unsigned count = rd_u8(&rd);
    if (rd.err || owner_len == 0 || dns_name_measure(owner, owner_len) != owner_len ||
        !is_lower(owner, owner_len) || rd_left(&rd) < count * (size_t)IMAGE_SET_FIXED) {
        return NULL;
    }
    struct zone_node *node = make(owner, owner_len, hash, version, count,
                                  rd_left(&rd) - count * (size_t)IMAGE_SET_FIXED);
    uint32_t at = data_offset(node);
    struct stored set = {0};
    for (unsigned i = 0; i < count; i++) {
        if (!read_set(&rd, set.type, &set) || set.size > node->size - at) {
            mem_free(node);
            return NULL;
        }
        put(node, i, &at, set.type, set.count, set.ready, set.size);
    }
    if (rd_left(&rd) > 0) {
        mem_free(node);
        return NULL;
    }
    return node;
}
