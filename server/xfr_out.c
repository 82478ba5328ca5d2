#include "server/xfr_out.h"

#include <stddef.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/mem.h"
#include "zones/dns_tsig_stream.h"
#include "zones/dns_type.h"
#include "zones/dns_write.h"

enum {
    MESSAGE_MAX = 16384, /* octets: what compression pointers reach */
    MAC_CONTEXTS = 1,
    CACHE_LINE = 64,
    PREFETCH_LEN = 6 * CACHE_LINE, /* of a node: those of most names */
    PREFETCH_AHEAD = 8,            /* nodes: they lie in memory in no order */
};

/* A record that a zone may have fits a signed message, whatever its name and the key's (threats row 13). */
_Static_assert(DNS_HEADER_LEN + DNS_NAME_MAX + ZONE_RRSET_MAX + 2 * DNS_NAME_MAX + MAC_MAX +
                       DNS_TSIG_RR_FIXED <=
                   DNS_MESSAGE_MAX,
               "the largest record of a transfer");

struct transfer;

/* One step of a transfer; false: the message is full, and the step goes on in the next one. */
typedef bool step(struct transfer *transfer);

static step put_soa, put_nodes, put_old_soa, put_removed, put_added;

/* RFC 5936 2.2, RFC 1995 4. */
static step *const whole[] = {put_soa, put_nodes, put_soa, NULL};
static step *const difference[] = {put_soa,   put_old_soa, put_removed, put_soa,
                                   put_added, put_soa,     NULL};

struct transfer {
    struct tcp_later_feed feed; /* first: tcp hands back its address */
    struct xfr_past past;       /* of an IXFR */
    struct loop_post_item ready;
    bool is_preparing; /* the writer has past */
    bool is_gone;      /* and the connection has ended meanwhile */
    struct tcp *tcp;
    struct stat_set *stat;
    struct world *world; /* keeps the key and the zone */
    struct zone *zone;
    struct zone_pin pin; /* unless past has one */
    uint64_t version;
    step *const *at;
    uint16_t id, flags, type;
    bool has_question; /* the first message repeats it */
    uint8_t name[DNS_NAME_MAX];
    bool is_signed;
    struct mac *mac;
    struct dns_tsig_stream stream;
    size_t reserve; /* octets kept for the signature */
    const struct zone_node **nodes;
    size_t count, room, node; /* node under way */
    const uint8_t *record;    /* in it; NULL: begin with the node */
    unsigned set;             /* RRset of record */
    struct zone_history_cursor removed, added;
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
static bool put(struct transfer *transfer, const struct zone_diff_record *record)
{
    struct dns_write *writer = &transfer->writer;
    struct dns_write_mark mark = dns_write_mark(writer);
    dns_write_rr(writer, DNS_SECTION_ANSWER, record->owner, record->type, DNS_CLASS_IN,
                 record->ttl_s, record->rdata, record->len);
    if (writer->wr.err) {
        dns_write_rewind(writer, &mark);
        return false;
    }
    return true;
}

static bool put_rr(struct transfer *transfer, const struct zone_node *node,
                   const struct zone_rr *rr)
{
    struct zone_diff_record record = {.owner = node->owner,
                                      .type = rr->type,
                                      .ttl_s = rr->ttl_s,
                                      .rdata = rr->rdata,
                                      .len = rr->len};
    return put(transfer, &record);
}

static bool put_soa(struct transfer *transfer)
{
    const struct zone_node *apex = zone_apex(transfer->zone, transfer->version);
    struct zone_records records = zone_node_records(apex, DNS_TYPE_SOA);
    struct zone_rr rr;
    zone_node_next(&records.pos, records.end, &rr);
    return put_rr(transfer, apex, &rr);
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
            if (!put_rr(transfer, node, &rr)) {
                return false;
            }
            transfer->record = pos;
        }
        transfer->record = NULL;
    }
    transfer->set = 0;
    return true;
}

/* Have the memory of a node that comes soon on its way. */
static void prefetch(const struct transfer *transfer)
{
    if (transfer->node + PREFETCH_AHEAD < transfer->count) {
        const char *node = (const char *)transfer->nodes[transfer->node + PREFETCH_AHEAD];
        for (size_t at = 0; at < PREFETCH_LEN; at += CACHE_LINE) {
            __builtin_prefetch(node + at);
        }
    }
}

static bool put_nodes(struct transfer *transfer)
{
    while (transfer->node < transfer->count) {
        prefetch(transfer);
        if (!put_node(transfer, transfer->nodes[transfer->node])) {
            return false;
        }
        transfer->node++;
    }
    return true;
}

/* As the secondary has it: RFC 1995 section 4. */
static bool put_old_soa(struct transfer *transfer)
{
    struct zone_diff_record soa;
    return !zone_history_soa(transfer->past.history, &soa) || put(transfer, &soa);
}

/* All but the SOAs, which stand around them. */
static bool put_history(struct transfer *transfer, struct zone_history_cursor *cursor)
{
    struct zone_history_cursor before = *cursor;
    struct zone_diff_record record;
    while (zone_history_next(cursor, &record)) {
        if (record.type != DNS_TYPE_SOA && !put(transfer, &record)) {
            *cursor = before;
            return false;
        }
        before = *cursor;
    }
    return true;
}

static bool put_removed(struct transfer *transfer)
{
    return put_history(transfer, &transfer->removed);
}

static bool put_added(struct transfer *transfer)
{
    return put_history(transfer, &transfer->added);
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
    if (!*transfer->at) {
        return 0;
    }
    for (unsigned i = 0; i < 2; i++) {
        dns_write_begin(writer, out, sizes[i] - transfer->reserve, transfer->id, transfer->flags);
        if (transfer->has_question) {
            dns_write_question(writer, transfer->name, transfer->type, DNS_CLASS_IN);
        }
        while (*transfer->at && (*transfer->at)(transfer)) {
            transfer->at++;
        }
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
    stat_add(transfer->stat, STAT_transfer_octets, wr_len(&wr));
    return wr_len(&wr);
}

static void finish(struct transfer *transfer)
{
    if (transfer->zone && !transfer->past.zone) {
        zone_unpin(transfer->zone, &transfer->pin);
    }
    xfr_past_finish(&transfer->past);
    mac_destroy(transfer->mac);
    world_unref(transfer->world);
    mem_free(transfer->nodes);
    mem_free(transfer);
}

static void end(struct tcp_later_feed *feed)
{
    struct transfer *transfer = (struct transfer *)(void *)feed; /* feed is the first member */
    if (transfer->is_preparing) {
        transfer->is_gone = true;
        __atomic_store_n(&transfer->past.is_dropped, true, __ATOMIC_RELAXED);
        return;
    }
    finish(transfer);
}

/* Choose what is sent, of which version. */
static void begin(struct transfer *transfer, struct zone *zone)
{
    const struct xfr_past *past = &transfer->past;
    enum stat_counter kind =
        transfer->type == DNS_TYPE_AXFR ? STAT_transfer_axfr : STAT_transfer_ixfr_whole;
    transfer->zone = past->zone ? past->zone : zone;
    transfer->version = past->zone ? past->version : zone_pin(zone, &transfer->pin);
    if (past->history) {
        kind = STAT_transfer_ixfr;
        transfer->at = difference;
        transfer->removed = zone_history_begin(past->history, false);
        transfer->added = zone_history_begin(past->history, true);
    } else {
        transfer->at = whole;
        zone_walk(transfer->zone, transfer->version, gather, transfer);
    }
    stat_add(transfer->stat, kind, 1);
}

static void run_ready(struct loop_post_item *item)
{
    struct transfer *transfer =
        (struct transfer *)(void *)((char *)item - offsetof(struct transfer, ready));
    transfer->is_preparing = false;
    if (transfer->is_gone) {
        finish(transfer);
        return;
    }
    begin(transfer, zone_set_get(transfer->world->zones, transfer->name));
    tcp_later_wake(transfer->tcp, &transfer->feed);
}

/* The writer ends before tcp does: there is always somebody to be told. */
static void on_ready(struct xfr_past *past)
{
    struct transfer *transfer =
        (struct transfer *)(void *)((char *)past - offsetof(struct transfer, past));
    CHECK(tcp_later_post(transfer->tcp, &transfer->ready));
}

static struct transfer *make(struct xfr_out *out, const struct query *query)
{
    struct transfer *transfer = mem_alloc(sizeof(*transfer));
    transfer->feed.take = take;
    transfer->feed.end = end;
    transfer->tcp = out->tcp;
    transfer->stat = query->stat;
    transfer->world = world_ref(query->world);
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
    return transfer;
}

bool xfr_out_start(void *context, const struct query *query)
{
    struct xfr_out *out = context;
    struct transfer *transfer = make(out, query);
    bool has_past = query->type == DNS_TYPE_IXFR && out->past.writer;
    transfer->feed.waits = has_past;
    if (!tcp_later_feed(out->tcp, &transfer->feed)) {
        finish(transfer);
        return false;
    }
    if (!has_past) {
        begin(transfer, query->zone);
        return true;
    }
    transfer->past.source = &out->past;
    transfer->past.on_ready = on_ready;
    transfer->past.name = zone_name(query->zone);
    transfer->past.serial = query->client_serial;
    transfer->ready.run = run_ready;
    transfer->is_preparing = true;
    xfr_past_begin(&transfer->past);
    return true;
}
