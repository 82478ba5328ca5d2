#include "server/forward.h"

#include <string.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rand.h"
#include "server/ask.h"
#include "server/call.h"
#include "zones/dns_code.h"
#include "zones/dns_edns.h"
#include "zones/dns_name.h"
#include "zones/dns_read.h"

enum {
    ANSWER_MAX = 1232, /* octets: question and one extended error */
    PAYLOAD = 1232,
    DATAGRAM_MS = 2500, /* that a primary has: clients ask again after three seconds */
    CALL_MS = 10000,
    ROUTES_MAX = 2, /* primaries that one update is offered to */
    ADDRESS_LEN = 16,
};

/* One update under way. */
struct errand {
    struct loop_post_item item; /* first: to the loop */
    struct errand *next;
    struct forward *forward;
    struct secondary_state *state;
    struct server_conf_address routes[ROUTES_MAX];
    unsigned route_count, route;
    unsigned first; /* forward_at when its routes were chosen */
    struct query_peer peer;
    struct update_return back;
    struct ask *ask;
    struct call *call;
    uint16_t client_id, id;
    bool is_answered;
    size_t len;
    uint8_t octets[];
};

struct forward {
    struct loop *loop;
    struct loop_post *post;
    struct stat_set *stat;
    unsigned count; /* atomic: submitted and not yet ended */
    bool is_stopping;
    struct errand *errands; /* the loop's */
};

struct forward *forward_create(struct loop *loop, struct loop_post *post, struct stat_set *stat)
{
    struct forward *forward = mem_alloc(sizeof(*forward));
    forward->loop = loop;
    forward->post = post;
    forward->stat = stat;
    return forward;
}

void forward_destroy(struct forward *forward)
{
    mem_free(forward);
}

static void release(struct errand *errand)
{
    __atomic_fetch_sub(&errand->forward->count, 1, __ATOMIC_RELAXED);
    secondary_unref_state(errand->state);
    mem_free(errand);
}

/* Out of the list; its memory goes, so this is the last act of every callback. */
static void end(struct errand *errand)
{
    struct errand **at = &errand->forward->errands;
    while (*at != errand) {
        at = &(*at)->next;
    }
    *at = errand->next;
    ask_stop(errand->ask);
    call_stop(errand->call);
    release(errand);
}

/* --- answers --------------------------------------------------------------------------------------- */

static void put_reason(struct wr *wr, const struct errand *errand, unsigned ede, const char *text)
{
    struct dns_message message;
    struct dns_rr rr;
    dns_read_message(&message, errand->octets, errand->len);
    while (dns_read_message_next(&message, &rr)) {
    }
    if (message.has_opt) {
        size_t mark = dns_edns_write_begin(wr, PAYLOAD, DNS_RCODE_SERVFAIL, 0);
        dns_edns_write_ede(wr, ede, text);
        dns_edns_write_end(wr, mark);
        wr_patch_u16(wr, 10, 1);
    }
}

/* In our own name, and so without a signature. */
static void refuse(struct errand *errand, unsigned ede, const char *text)
{
    uint8_t out[ANSWER_MAX];
    struct wr wr = wr_make(out, sizeof(out));
    const uint8_t *zone = errand->octets + DNS_HEADER_LEN;
    wr_u16(&wr, errand->client_id);
    wr_u16(&wr, DNS_FLAG_QR | DNS_OPCODE_UPDATE << 11 | DNS_RCODE_SERVFAIL);
    wr_u16(&wr, 1);
    wr_uint(&wr, 0, 6);
    wr_bytes(&wr, zone, dns_name_measure(zone, errand->len - DNS_HEADER_LEN) + 4);
    put_reason(&wr, errand, ede, text);
    if (!wr.err) {
        errand->back.send(&errand->back, out, wr_len(&wr));
    }
    stat_add(errand->forward->stat, STAT_forward_failed, 1);
}

/* What a primary said, under the client's ID. */
static bool relay(struct errand *errand, const uint8_t *data, size_t len)
{
    struct rd rd = rd_make(data, len);
    struct dns_header header;
    if (dns_read_header(&rd, &header) || header.id != errand->id || !(header.flags & DNS_FLAG_QR) ||
        dns_read_opcode(header.flags) != DNS_OPCODE_UPDATE) {
        return false;
    }
    uint8_t *copy = mem_copy(data, len);
    struct wr wr = wr_make(copy, len);
    wr_u16(&wr, errand->client_id);
    errand->back.send(&errand->back, copy, len);
    mem_free(copy);
    errand->is_answered = true;
    stat_add(errand->forward->stat, STAT_forward_answered, 1);
    return true;
}

/* --- ways ------------------------------------------------------------------------------------------ */

static int start(struct errand *errand);

/* Others go to the next primary at once. A burst that failed together moves it on by one. */
static void turn_away(struct errand *errand)
{
    unsigned seen = errand->first + errand->route;
    __atomic_compare_exchange_n(&errand->state->forward_at, &seen, seen + 1, false,
                                __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

/* This primary did not answer: offer it to the next one. */
static void fail(struct errand *errand)
{
    char address[64];
    const struct server_conf_address *route = &errand->routes[errand->route];
    server_conf_value_print_address(route, address, sizeof(address));
    log_warn("forward_failed", "primary=%s reason=%s", address, "no answer");
    turn_away(errand);
    while (++errand->route < errand->route_count) {
        if (start(errand) == 0) {
            return;
        }
    }
    refuse(errand, DNS_EDE_NO_REACHABLE, "no primary answers");
    end(errand);
}

static bool ask_answered(void *context, const uint8_t *data, size_t len)
{
    struct errand *errand = context;
    if (!relay(errand, data, len)) {
        return false;
    }
    errand->ask = NULL;
    end(errand);
    return true;
}

static void ask_failed(void *context, int err)
{
    struct errand *errand = context;
    (void)err;
    errand->ask = NULL;
    fail(errand);
}

static bool call_answered(void *context, const uint8_t *data, size_t len)
{
    return !relay(context, data, len);
}

static void call_ended(void *context, int err)
{
    struct errand *errand = context;
    (void)err;
    errand->call = NULL;
    if (errand->is_answered) {
        end(errand);
    } else {
        fail(errand);
    }
}

/* RFC 2136 6: by TCP what came by TCP. */
static int start(struct errand *errand)
{
    const struct server_conf_address *to = &errand->routes[errand->route];
    struct loop *loop = errand->forward->loop;
    if (errand->peer.transport == QUERY_UDP) {
        struct ask_options options = {.to = to,
                                      .message = errand->octets,
                                      .len = errand->len,
                                      .waits_ms = {DATAGRAM_MS},
                                      .on_answer = ask_answered,
                                      .on_failed = ask_failed,
                                      .context = errand};
        return ask_start(loop, &options, &errand->ask);
    }
    struct call_options options = {.to = to,
                                   .message = errand->octets,
                                   .len = errand->len,
                                   .connect_ms = DATAGRAM_MS,
                                   .stall_ms = CALL_MS,
                                   .whole_ms = CALL_MS,
                                   .on_message = call_answered,
                                   .on_end = call_ended,
                                   .context = errand};
    return call_start(loop, &options, &errand->call);
}

static bool is_from(const struct errand *errand, const struct query_peer *peer)
{
    return errand->peer.family == peer->family &&
           memcmp(errand->peer.address, peer->address, ADDRESS_LEN) == 0;
}

/* The same message but for its ID: a client that has no patience, or servers that pass it on in a
 * circle. */
static const struct errand *find_same(const struct forward *forward, const struct errand *like)
{
    const struct errand *errand = forward->errands;
    while (errand && (errand->len != like->len ||
                      memcmp(errand->octets + 2, like->octets + 2, like->len - 2) != 0)) {
        errand = errand->next;
    }
    return errand;
}

/* Why an update is not passed on, or NULL. */
static const char *find_fault(const struct forward *forward, const struct errand *errand)
{
    unsigned count = 0;
    for (const struct errand *other = forward->errands; other; other = other->next) {
        count += is_from(other, &errand->peer);
    }
    if (forward->is_stopping) {
        return "the server stops";
    }
    if (count >= FORWARD_SOURCE_MAX) {
        return "too many updates from this address are under way";
    }
    return find_same(forward, errand) ? "the same update is under way" : NULL;
}

static void run(struct loop_post_item *item)
{
    struct errand *errand = (struct errand *)(void *)item; /* item is the first member */
    struct forward *forward = errand->forward;
    const struct errand *same = find_same(forward, errand);
    const char *fault = find_fault(forward, errand);
    bool is_repeated = same && same->client_id == errand->client_id &&
                       same->peer.port == errand->peer.port && is_from(same, &errand->peer);
    if (fault && is_repeated && errand->peer.transport == QUERY_UDP) {
        release(errand); /* the first one is answered */
        return;
    }
    errand->next = forward->errands;
    forward->errands = errand;
    if (fault) {
        refuse(errand, DNS_EDE_OTHER, fault);
        end(errand);
    } else if (start(errand)) {
        fail(errand);
    }
}

static void choose_routes(struct errand *errand, const struct secondary_zone *secondary)
{
    size_t count = secondary->primary_count;
    errand->first = __atomic_load_n(&secondary->state->forward_at, __ATOMIC_RELAXED);
    errand->route_count = count < ROUTES_MAX ? (unsigned)count : ROUTES_MAX;
    for (unsigned i = 0; i < errand->route_count; i++) {
        errand->routes[i] = secondary->primaries[(errand->first + i) % count];
    }
}

bool forward_submit(struct forward *forward, const struct forward_message *message)
{
    if (__atomic_add_fetch(&forward->count, 1, __ATOMIC_RELAXED) > FORWARD_MAX) {
        __atomic_fetch_sub(&forward->count, 1, __ATOMIC_RELAXED);
        return false;
    }
    struct errand *errand = mem_alloc(sizeof(*errand) + message->len);
    errand->item.run = run;
    errand->forward = forward;
    errand->state = secondary_ref_state(message->secondary->state);
    errand->peer = *message->peer;
    errand->back = *message->back;
    errand->len = message->len;
    memcpy(errand->octets, message->octets, message->len);
    choose_routes(errand, message->secondary);
    errand->client_id = (uint16_t)(errand->octets[0] << 8 | errand->octets[1]);
    errand->id = message->keeps_id ? errand->client_id : (uint16_t)rand_u64(rand_system());
    struct wr wr = wr_make(errand->octets, errand->len);
    wr_u16(&wr, errand->id);
    if (loop_post_send(forward->post, &errand->item)) {
        return true;
    }
    release(errand);
    return false;
}

void forward_stop(struct forward *forward)
{
    forward->is_stopping = true;
    while (forward->errands) {
        if (!forward->errands->is_answered) { /* its connection may take a moment to close */
            refuse(forward->errands, DNS_EDE_NETWORK_ERROR, "the server stops");
        }
        end(forward->errands);
    }
}
