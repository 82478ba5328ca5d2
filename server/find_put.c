#include "server/find_put.h"

#include <string.h>

#include "zones/dns_type.h"

/* A record stands once in an answer (RFC 2181 section 5): two pools may be reached at one address. */
static bool is_twin(const struct zone_rr *rr, const struct zone_rr *told, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (told[i].len == rr->len && memcmp(told[i].rdata, rr->rdata, rr->len) == 0) {
            return true;
        }
    }
    return false;
}

enum {
    TOLD_MAX = 512
}; /* addresses of one answer that are compared: more do not come (server/find_ready.h) */

struct told {
    struct zone_rr records[TOLD_MAX];
    unsigned count;
};

static void put_record(struct query *query, const struct query_place *place,
                       const struct zone_rr *rr, uint32_t ttl_s)
{
    query_put_owner(query, place);
    wr_u16(&query->out, rr->type);
    wr_u16(&query->out, DNS_CLASS_IN);
    wr_u32(&query->out, ttl_s);
    wr_u16(&query->out, rr->len);
    wr_bytes(&query->out, rr->rdata, rr->len);
}

/* A piece record by record; returns how many were written. */
static unsigned put_records(struct query *query, const struct query_place *place,
                            const uint8_t *pos, const uint8_t *end, uint32_t ttl_s,
                            struct told *told)
{
    unsigned count = 0;
    struct zone_rr rr;
    while (zone_node_next(&pos, end, &rr)) {
        if (told && is_twin(&rr, told->records, told->count)) {
            continue;
        }
        if (told && told->count < TOLD_MAX) {
            told->records[told->count++] = rr;
        }
        put_record(query, place, &rr, ttl_s);
        count++;
    }
    return count;
}

/* The pieces in the order of a turn. False when they do not fit. */
static bool put_pieces(struct query *query, const struct query_place *place,
                       const struct find_entry *entry, unsigned first, uint32_t ttl_s,
                       struct told *told)
{
    const struct find_entry_piece *pieces = find_entry_pieces(entry);
    const uint8_t *octets = find_entry_octets(entry);
    bool is_ready = place->at == DNS_HEADER_LEN && ttl_s == entry->ttl_s && !told;
    bool has_priority = entry->type == DNS_TYPE_SVCB || entry->type == DNS_TYPE_SRV;
    unsigned count = 0;
    for (unsigned i = 0; i < entry->piece_count; i++) {
        const struct find_entry_piece *piece =
            &pieces[i < entry->equal ? (first + i) % entry->equal : i];
        const uint8_t *pos = octets + piece->at;
        size_t start = wr_len(&query->out);
        if (is_ready) {
            wr_bytes(&query->out, pos, piece->len);
            count += piece->count;
        } else {
            count += put_records(query, place, pos, pos + piece->len, ttl_s, told);
        }
        if (has_priority) { /* one record a piece, which begins with it */
            wr_patch_u16(&query->out, start + query_place_cost(place) + ZONE_RR_FIXED - 2, i + 1);
        }
    }
    if (query->out.err) {
        return false;
    }
    query->counts[QUERY_ANSWER] = (uint16_t)(query->counts[QUERY_ANSWER] + count);
    return true;
}

bool find_put_answer(struct query *query, const struct query_place *place, struct find_entry *entry,
                     uint32_t ttl_s)
{
    struct told told;
    told.count = 0;
    unsigned first = 0;
    size_t mark = wr_len(&query->out);
    if (entry->turn_count > 0) {
        first = find_entry_turns(entry)[entry->turn % entry->turn_count];
        entry->turn++;
    }
    if (put_pieces(query, place, entry, first, ttl_s, entry->has_twins ? &told : NULL)) {
        return true;
    }
    query->out.pos = query->out.base + mark;
    query->out.err = 0;
    query->tc = true;
    return false;
}
