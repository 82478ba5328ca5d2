#include "server/query_put.h"

#include "zones/dns_type.h"

enum { POINTER_REACH = 0x3fff, POINTER = 0xc000 };

struct query_place query_place_up(const struct query_place *place, unsigned labels)
{
    unsigned from = place->skip, to = place->labels->count - labels;
    size_t gone = (size_t)(place->labels->offset[to] - place->labels->offset[from]);
    return (struct query_place){place->name + gone, place->labels, place->at + gone, to};
}

size_t query_place_cost(const struct query_place *place)
{
    const struct dns_labels *labels = place->labels;
    size_t len = (size_t)(labels->offset[labels->count] - labels->offset[place->skip]) + 1;
    return place->at <= POINTER_REACH ? 2 : len;
}

void query_put_owner(struct query *query, const struct query_place *place)
{
    if (place->at <= POINTER_REACH) {
        wr_u16(&query->out, POINTER | (unsigned)place->at);
        return;
    }
    wr_bytes(&query->out, place->name, query_place_cost(place));
}

static bool fail(struct query *query, enum query_section section, size_t mark)
{
    query->out.pos = query->out.base + mark;
    query->out.err = 0;
    if (section != QUERY_ADDITIONAL) {
        query->tc = true;
    }
    return false;
}

bool query_put_set(struct query *query, enum query_section section, const struct query_place *place,
                   const struct zone_node *node, const struct zone_rrset *set,
                   const uint32_t *ttl_max)
{
    size_t mark = wr_len(&query->out);
    const uint8_t *ready = zone_node_ready(node, set), *end = ready + set->size;
    if (place->at == DNS_HEADER_LEN &&
        !ttl_max) { /* the ready answer is ready for this very owner */
        wr_bytes(&query->out, ready, set->size);
    } else {
        struct zone_rr rr;
        while (zone_node_next(&ready, end, &rr)) {
            query_put_owner(query, place);
            wr_u16(&query->out, rr.type);
            wr_u16(&query->out, DNS_CLASS_IN);
            wr_u32(&query->out, ttl_max && *ttl_max < rr.ttl_s ? *ttl_max : rr.ttl_s);
            wr_u16(&query->out, rr.len);
            wr_bytes(&query->out, rr.rdata, rr.len);
        }
    }
    if (query->out.err) {
        return fail(query, section, mark);
    }
    query->counts[section] = (uint16_t)(query->counts[section] + set->count);
    return true;
}

size_t query_put_made(struct query *query, const struct query_place *place, uint16_t type,
                      uint32_t ttl_s, const uint8_t *rdata, size_t len)
{
    size_t mark = wr_len(&query->out);
    query_put_owner(query, place);
    wr_u16(&query->out, type);
    wr_u16(&query->out, DNS_CLASS_IN);
    wr_u32(&query->out, ttl_s);
    wr_u16(&query->out, (unsigned)len);
    size_t at = wr_len(&query->out);
    wr_bytes(&query->out, rdata, len);
    if (query->out.err) {
        fail(query, QUERY_ANSWER, mark);
        return 0;
    }
    query->counts[QUERY_ANSWER]++;
    return at;
}

void query_put_nothing(struct query *query)
{
    query->out.pos = query->out.base + DNS_HEADER_LEN + query->question_len;
    query->out.err = 0;
    query->counts[QUERY_ANSWER] = query->counts[QUERY_AUTHORITY] = query->counts[QUERY_ADDITIONAL] =
        0;
}
