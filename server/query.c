#include "server/query.h"

#include "base/mem.h"
#include "server/find.h"
#include "server/query_answer.h"
#include "server/query_decode.h"
#include "server/query_finish.h"
#include "server/sig0.h"
#include "server/query_secondary.h"
#include "server/refresh.h"

enum { MAC_CONTEXTS = 256 }; /* keys whose contexts a worker keeps */

struct query_worker {
    struct world_handle *handle;
    struct stat_set *stat;
    const struct clock *clock;
    const struct world *world; /* of the present batch */
    int64_t now_s;
    struct mac *mac;
    struct find *find;
    struct query_updates updates; /* gate NULL: none are taken */
    struct query queries[QUERY_BATCH_MAX];
};

struct query_worker *query_worker_create(struct world_handle *world, struct stat_set *stat,
                                         const struct clock *clock)
{
    struct query_worker *worker = mem_alloc(sizeof(*worker));
    worker->handle = world;
    worker->stat = stat;
    worker->clock = clock;
    worker->mac = mac_create(MAC_CONTEXTS);
    worker->find = find_create(clock, world->first);
    return worker;
}

void query_worker_destroy(struct query_worker *worker)
{
    if (worker) {
        mac_destroy(worker->mac);
        find_destroy(worker->find);
        mem_free(worker);
    }
}

void query_worker_take_updates(struct query_worker *worker, const struct query_updates *updates)
{
    worker->updates = *updates;
}

void query_start(struct query_worker *worker)
{
    worker->world = rcu_read(worker->handle->now);
    worker->now_s = worker->clock->wall_s(worker->clock);
}

static void count_transport(struct query_worker *worker, const struct query_peer *peer)
{
    bool six = peer->family == 6;
    if (peer->transport == QUERY_UDP) {
        stat_add(worker->stat, six ? STAT_query_udp6 : STAT_query_udp4, 1);
    } else {
        stat_add(worker->stat, six ? STAT_query_tcp6 : STAT_query_tcp4, 1);
    }
}

void query_begin(struct query_worker *worker, unsigned place, const struct query_peer *peer,
                 const uint8_t *message, size_t len, uint8_t *out, size_t size)
{
    struct query *query = &worker->queries[place];
    memset(query, 0,
           offsetof(struct query, ede_text) +
               1); /* names and labels are written before they are read */
    query->peer = peer;
    query->world = worker->world;
    query->stat = worker->stat;
    query->mac = worker->mac;
    query->find = worker->find;
    query->takes_updates = worker->updates.gate != NULL;
    query->takes_transfers = worker->updates.transfer != NULL;
    query->takes_sig0 = worker->updates.sig0 != NULL;
    query->takes_notifies = worker->updates.refresh != NULL;
    query->now_s = worker->now_s;
    query->message = message;
    query->len = len;
    query->limit = size;
    query->ede = DNS_EDE_NONE;
    query->out = wr_make(out, size);
    query->out.pos += DNS_HEADER_LEN;
    count_transport(worker, peer);
    query_decode(query);
    if (query->verdict == QUERY_LOOKUP) {
        zone_prefetch_slot(query->zone, query->labels.hash[0]);
    }
}

void query_reach(struct query_worker *worker, unsigned place)
{
    const struct query *query = &worker->queries[place];
    if (query->verdict == QUERY_LOOKUP) {
        zone_prefetch_node(query->zone, query->labels.hash[0]);
    }
}

static struct update_message message_of(const struct query *query, const struct update_return *back)
{
    return (struct update_message){
        .world = query->world,
        .zone = query->zone,
        .peer = query->peer,
        .tsig = query->tsig_at > 0 ? &query->tsig : NULL,
        .lease = lease_asked(&query->asked),
        .has_edns = query->edns.present,
        .back = back,
        .octets = query->message,
        .len = query->len,
    };
}

/* Hand an update over; false: the queue is full, and the answer says so. */
static bool submit(struct query_worker *worker, unsigned place)
{
    struct query *query = &worker->queries[place];
    struct update_return back = {0};
    worker->updates.fill(worker->updates.context, place, &back);
    struct update_message message = message_of(query, &back);
    const char *why = update_gate_submit(worker->updates.gate, &message);
    if (!why) {
        return true;
    }
    stat_add(worker->stat, STAT_update_full, 1);
    /* threats row 9: no growth, the client tries again */
    query_refuse(query, DNS_RCODE_SERVFAIL, DNS_EDE_OVER_QUOTA, why);
    return false;
}

/* Hand an update over to whoever verifies it; false: over quota, and the answer says so. */
static bool submit_sig0(struct query_worker *worker, unsigned place)
{
    struct query *query = &worker->queries[place];
    struct update_return back = {0};
    worker->updates.fill(worker->updates.context, place, &back);
    struct sig0_message message = {
        .update = message_of(query, &back),
        .at = query->sig0_at,
        .keys = query->sig0_keys,
        .key_count = query->sig0_key_count,
        .is_srp = query->is_srp,
    };
    if (sig0_submit(worker->updates.sig0, &message)) {
        return true;
    }
    stat_add(worker->stat, STAT_sig0_limited, 1);
    /* threats row 1 */
    query_refuse(query, DNS_RCODE_REFUSED, DNS_EDE_RATE_LIMITED, "too many signatures to verify");
    return false;
}

/* Pass an update on to a primary; false: too many are under way, and the answer says so. */
static bool forward(struct query_worker *worker, unsigned place)
{
    struct query *query = &worker->queries[place];
    struct update_return back = {0};
    worker->updates.fill(worker->updates.context, place, &back);
    struct forward_message message = {
        .secondary = query->secondary,
        .peer = query->peer,
        .back = &back,
        .keeps_id = query->sig0_at > 0,
        .octets = query->message,
        .len = query->len,
    };
    if (forward_submit(refresh_forward(worker->updates.refresh), &message)) {
        return true;
    }
    stat_add(worker->stat, STAT_forward_full, 1);
    query_refuse(query, DNS_RCODE_SERVFAIL, DNS_EDE_OVER_QUOTA, "too many updates are passed on");
    return false;
}

/* Begin a transfer; false: too many are under way, and the answer says so. */
static bool transfer(struct query_worker *worker, struct query *query)
{
    if (worker->updates.transfer(worker->updates.transfers, query)) {
        return true;
    }
    query_refuse(query, DNS_RCODE_SERVFAIL, DNS_EDE_OVER_QUOTA, "too many transfers are under way");
    return false;
}

size_t query_end(struct query_worker *worker, unsigned place)
{
    struct query *query = &worker->queries[place];
    if (query->verdict == QUERY_UPDATE && submit(worker, place)) {
        return 0;
    }
    if (query->verdict == QUERY_VERIFY && submit_sig0(worker, place)) {
        return 0;
    }
    if (query->verdict == QUERY_FORWARD && forward(worker, place)) {
        return 0;
    }
    if (query->verdict == QUERY_NOTIFY && query_secondary_is_news(query)) {
        refresh_notify(worker->updates.refresh, query->secondary, query->peer);
    }
    if (query->verdict == QUERY_TRANSFER && transfer(worker, query)) {
        return 0;
    }
    if (query->verdict == QUERY_LOOKUP) {
        query_answer(query);
    } else if (query->verdict == QUERY_CHAOS) {
        query_finish_chaos(query);
    }
    return query_finish(query);
}

size_t query_handle(struct query_worker *worker, const struct query_peer *peer,
                    const uint8_t *message, size_t len, uint8_t *out, size_t size)
{
    uint64_t begin_ns = worker->clock->mono_ns(worker->clock);
    query_start(worker);
    query_begin(worker, 0, peer, message, len, out, size);
    size_t answer_len = query_end(worker, 0);
    stat_time(worker->stat, worker->clock->mono_ns(worker->clock) - begin_ns, 1);
    return answer_len;
}
