#include "server/xfr_out.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "zones/dns_tsig_stream.h"
#include "zones/dns_type.h"
#include "zones/dns_write.h"

enum {
    MESSAGE_MAX = 16384, /* octets: what compression pointers reach */
    MAC_CONTEXTS = 1,
};

/* A record that a zone may have fits a signed message, whatever its name and the key's (threats row 13). */
_Static_assert(DNS_HEADER_LEN + DNS_NAME_MAX + ZONE_RRSET_MAX + 2 * DNS_NAME_MAX + MAC_MAX +
                       DNS_TSIG_RR_FIXED <=
                   DNS_MESSAGE_MAX,
               "the largest record of a transfer");

/* Where a transfer stands; its messages follow each other in this order. */
enum stage { FIRST_SOA, RECORDS, LAST_SOA, DONE };

struct transfer {
    struct tcp_later_feed feed; /* first: tcp hands back its address */
    struct world *world;        /* keeps the key and the zone */
    struct zone *zone;
    struct zone_pin pin;
    uint64_t version;
    enum stage stage;
    uint16_t id, flags, type;
    bool has_question; /* the first message repeats it */
    uint8_t name[DNS_NAME_MAX];
    bool is_signed;
    struct mac *mac;
    struct dns_tsig_stream stream;
    size_t reserve; /* octets kept for the signature */
    const struct zone_node **nodes;
    size_t count, room, at; /* node under way */
    const uint8_t *record;  /* in it; NULL: begin with the node */
    unsigned set;           /* RRset of record */
    struct dns_write writer;
};

static int gather(void *context, const struct zone_node *node)
{
    struct transfer *transfer = context;
    if (node->rrset_count == 0) {
        return 0;
    }
    if (transfer->count == transfer->room) {
        transfer->room = transfer->room ? 2 * transfer->room : 1024;
        transfer->nodes = mem_grow(transfer->nodes, transfer->room, sizeof(*transfer->nodes));
    }
    transfer->nodes[transfer->count++] = node;
    return 0;
}

/* Write one record. False: it does not fit, and nothing of it stands in the message. */
static bool put(struct transfer *transfer, const struct zone_node *node, const struct zone_rr *rr)
{
    struct dns_write *writer = &transfer->writer;
    struct dns_write_mark mark = dns_write_mark(writer);
    dns_write_rr(writer, DNS_SECTION_ANSWER, node->owner, rr->type, DNS_CLASS_IN, rr->ttl_s,
                 rr->rdata, rr->len);
    if (writer->wr.err) {
        dns_write_rewind(writer, &mark);
        return false;
    }
    return true;
}

static bool put_soa(struct transfer *transfer)
{
    const struct zone_node *apex = zone_apex(transfer->zone, transfer->version);
    const struct zone_rrset *set = zone_node_find(apex, DNS_TYPE_SOA);
    const uint8_t *pos = zone_node_ready(apex, set);
    struct zone_rr rr;
    zone_node_next(&pos, pos + set->size, &rr);
    return put(transfer, apex, &rr);
}

/* The records of one node from where the last message ended. False: the message is full. */
static bool put_node(struct transfer *transfer, const struct zone_node *node)
{
    const struct zone_rrset *sets = zone_node_rrsets(node);
    for (; transfer->set < node->rrset_count; transfer->set++) {
        const struct zone_rrset *set = &sets[transfer->set];
        const uint8_t *pos = transfer->record ? transfer->record : zone_node_ready(node, set);
        const uint8_t *end = zone_node_ready(node, set) + set->size;
        transfer->record = pos;
        struct zone_rr rr;
        while (set->type != DNS_TYPE_SOA && zone_node_next(&pos, end, &rr)) {
            if (!put(transfer, node, &rr)) {
                return false;
            }
            transfer->record = pos;
        }
        transfer->record = NULL;
    }
    transfer->set = 0;
    return true;
}

/* As many stages as fit in one message. */
static void fill(struct transfer *transfer)
{
    if (transfer->stage == FIRST_SOA && put_soa(transfer)) {
        transfer->stage = RECORDS;
    }
    while (transfer->stage == RECORDS && transfer->at < transfer->count) {
        if (!put_node(transfer, transfer->nodes[transfer->at])) {
            return;
        }
        transfer->at++;
    }
    if (transfer->stage == RECORDS) {
        transfer->stage = LAST_SOA;
    }
    if (transfer->stage == LAST_SOA && put_soa(transfer)) {
        transfer->stage = DONE;
    }
}

/* RFC 8945 5.3.1: each message says when it was signed. A slow peer may take longer than the fudge. */
static int sign(struct transfer *transfer, struct wr *wr)
{
    const struct clock *clock = clock_system();
    return dns_tsig_stream_sign(&transfer->stream, transfer->mac, (uint64_t)clock->wall_s(clock),
                                wr);
}

/* A record that is too long for a usual message begins one of the largest size. */
static size_t take(struct tcp_later_feed *feed, uint8_t *out, size_t size)
{
    struct transfer *transfer = (struct transfer *)(void *)feed; /* feed is the first member */
    struct dns_write *writer = &transfer->writer;
    const size_t sizes[] = {MESSAGE_MAX, size};
    if (transfer->stage == DONE) {
        return 0;
    }
    for (unsigned i = 0; i < 2; i++) {
        dns_write_begin(writer, out, sizes[i] - transfer->reserve, transfer->id, transfer->flags);
        if (transfer->has_question) {
            dns_write_question(writer, transfer->name, transfer->type, DNS_CLASS_IN);
        }
        fill(transfer);
        if (writer->count[DNS_SECTION_ANSWER] > 0) {
            break;
        }
    }
    size_t len;
    if (writer->count[DNS_SECTION_ANSWER] == 0 || dns_write_end(writer, &len)) {
        return 0; /* zone_edit lets no such record in */
    }
    transfer->has_question = false; /* RFC 5936 2.2.1: later messages need none */
    struct wr wr = wr_make(out, size);
    wr.pos += len;
    if (transfer->is_signed && sign(transfer, &wr)) {
        return 0;
    }
    return wr_len(&wr);
}

static void end(struct tcp_later_feed *feed)
{
    struct transfer *transfer = (struct transfer *)(void *)feed; /* feed is the first member */
    zone_unpin(transfer->zone, &transfer->pin);
    mac_destroy(transfer->mac);
    world_unref(transfer->world);
    mem_free(transfer->nodes);
    mem_free(transfer);
}

bool xfr_out_start(void *tcp, const struct query *query)
{
    struct transfer *transfer = mem_alloc(sizeof(*transfer));
    transfer->feed.take = take;
    transfer->feed.end = end;
    transfer->world = world_ref(query->world);
    transfer->zone = query->zone;
    transfer->version = zone_pin(query->zone, &transfer->pin);
    transfer->id = query->id;
    transfer->flags = DNS_FLAG_QR | DNS_FLAG_AA | (query->flags & DNS_FLAG_RD);
    transfer->type = query->type;
    transfer->has_question = true;
    memcpy(transfer->name, query->name, query->name_len);
    transfer->is_signed = query->tsig_at > 0;
    if (transfer->is_signed) {
        transfer->mac = mac_create(MAC_CONTEXTS);
        dns_tsig_stream_init(&transfer->stream, &query->tsig);
        transfer->reserve = dns_tsig_rr_reserve(query->tsig.key);
    }
    if (!tcp_later_feed(tcp, &transfer->feed)) {
        end(&transfer->feed);
        return false;
    }
    zone_walk(transfer->zone, transfer->version, gather, transfer);
    return true;
}
