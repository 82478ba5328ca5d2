#include "server/find_put.h"

#include "zones/dns_type.h"

/* The records that stand in an answer already, by the number of the first one like each. */
struct told {
    const uint16_t *same; /* NULL: no two are alike */
    uint64_t bits[FIND_TWIN_RECORDS_MAX / 64];
};

/* A record stands once in an answer (RFC 2181 section 5): two pools may be reached at one address. */
static bool is_told(struct told *told, unsigned number)
{
    if (!told->same) {
        return false;
    }
    unsigned same = told->same[number];
    uint64_t bit = 1ull << same % 64;
    bool was_told = (told->bits[same / 64] & bit) != 0;
    told->bits[same / 64] |= bit;
    return was_told;
}

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

/* A piece record by record, as far as there is room; returns how many were written. */
static unsigned put_records(struct query *query, const struct query_place *place,
                            const struct find_entry_piece *piece, const uint8_t *octets,
                            uint32_t ttl_s, struct told *told)
{
    const uint8_t *pos = octets + piece->at, *end = pos + piece->len;
    unsigned count = 0;
    struct zone_rr rr;
    for (unsigned i = piece->first; !query->out.err && zone_node_next(&pos, end, &rr); i++) {
        if (!is_told(told, i)) {
            put_record(query, place, &rr, ttl_s);
            count++;
        }
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
    bool is_ready = place->at == DNS_HEADER_LEN && ttl_s == entry->ttl_s && !told->same;
    bool has_priority = entry->type == DNS_TYPE_SVCB || entry->type == DNS_TYPE_SRV;
    unsigned count = 0;
    for (unsigned i = 0; i < entry->piece_count && !query->out.err; i++) {
        const struct find_entry_piece *piece =
            &pieces[i < entry->equal ? (first + i) % entry->equal : i];
        size_t start = wr_len(&query->out);
        if (is_ready) {
            wr_bytes(&query->out, octets + piece->at, piece->len);
            count += piece->count;
        } else {
            count += put_records(query, place, piece, octets, ttl_s, told);
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
    struct told told = {.same = entry->twin_count > 0 ? find_entry_twins(entry) : NULL};
    unsigned first = 0;
    size_t mark = wr_len(&query->out);
    if (entry->turn_count > 0) {
        first = find_entry_turns(entry)[entry->turn % entry->turn_count];
        entry->turn++;
    }
    if (put_pieces(query, place, entry, first, ttl_s, &told)) {
        return true;
    }
    query->out.pos = query->out.base + mark;
    query->out.err = 0;
    query->tc = true;
    return false;
}
