#include "server/update.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "server/held_lease.h"
#include "server/held_pools.h"
#include "server/keeper.h"
#include "server/permit.h"
#include "server/steer_check.h"
#include "server/store_state.h"
#include "server/update_answers.h"
#include "server/update_lease.h"
#include "server/update_seen.h"
#include "server/update_share.h"
#include "server/update_sig0.h"
#include "server/writer.h"
#include "zones/dns_code.h"
#include "zones/dns_edns.h"
#include "zones/dns_read.h"
#include "zones/zone_growth.h"
#include "zones/zone_update.h"

enum {
    GROUP_MAX = 512,     /* updates of one commit */
    MAC_CONTEXTS = 1024, /* keys whose contexts are kept */
    PAYLOAD = 1232,
};

/* One waiting update. */
struct request {
    struct request *next;
    struct world *world;
    const struct zone *zone;
    struct query_peer peer;
    bool is_signed;                    /* by TSIG */
    bool is_refused;                   /* the result stands already */
    bool is_repeated;                  /* it was answered before: nothing is done again */
    bool is_relaxed;                   /* it may be answered before it is on disk */
    bool is_answered;                  /* and it was */
    struct dns_tsig tsig;              /* by SIG(0): only what tells messages apart */
    struct update_sig0_signer *signer; /* NULL: not signed by SIG(0) */
    struct lease lease;                /* as asked for, then as granted */
    bool has_edns;
    struct update_return back;
    struct update_share *share; /* of the queue, while it waits there */
    struct zone_update_result result;
    size_t len;
    uint8_t octets[];
};

struct update_gate {
    struct writer *writer;
    struct keeper *keeper;
    struct store_state *state; /* NULL: not known */
    const struct clock *clock;
    struct stat_set *stat;
    struct update_limits limits;
    pthread_mutex_t lock; /* guards the six below */
    struct writer_job job;
    bool is_posted;
    struct request *first, **last;
    size_t count, octets;
    struct update_share_table *shares;
    struct update_seen *seen; /* the writer's, as all below */
    struct update_answers *answers;
    struct mac *mac;
    struct permit *permit;
    uint8_t *scratch;
    struct zone_srp *srp; /* the registration that is applied */
};

static void drain(struct writer_job *job);

struct update_gate *update_gate_create(struct writer *writer, struct keeper *keeper,
                                       const struct clock *clock, struct stat_set *stat,
                                       const struct update_limits *limits)
{
    struct update_gate *gate = mem_alloc(sizeof(*gate));
    gate->writer = writer;
    gate->keeper = keeper;
    gate->clock = clock;
    gate->stat = stat;
    gate->limits = *limits;
    const size_t octets = limits->octets_max / limits->count_max * limits->per_key;
    gate->shares =
        update_share_create(limits->per_key, octets > DNS_MESSAGE_MAX ? octets : DNS_MESSAGE_MAX);
    gate->last = &gate->first;
    gate->job.run = drain;
    pthread_mutex_init(&gate->lock, NULL);
    gate->seen = update_seen_create();
    gate->answers = update_answers_create(stat);
    gate->mac = mac_create(MAC_CONTEXTS);
    gate->permit = permit_create(clock);
    gate->scratch = mem_alloc(ZONE_UPDATE_SCRATCH);
    gate->srp = mem_alloc(sizeof(*gate->srp));
    return gate;
}

void update_gate_take_state(struct update_gate *gate, struct store_state *state)
{
    gate->state = state;
}

static void request_free(struct request *request)
{
    world_unref(request->world);
    mem_free(request->signer);
    mem_free(request);
}

void update_gate_destroy(struct update_gate *gate)
{
    if (!gate) {
        return;
    }
    while (gate->first) {
        struct request *request = gate->first;
        gate->first = request->next;
        request_free(request);
    }
    pthread_mutex_destroy(&gate->lock);
    update_share_destroy(gate->shares);
    update_seen_destroy(gate->seen);
    update_answers_destroy(gate->answers);
    mac_destroy(gate->mac);
    permit_destroy(gate->permit);
    mem_free(gate->scratch);
    mem_free(gate->srp);
    mem_free(gate);
}

/* The name of the key that signed, or NULL. */
static const uint8_t *signer_of(const struct request *request)
{
    return request->is_signed ? dns_tsig_key_name(request->tsig.key) : NULL;
}

/* Can the table of messages that were answered know it? */
static bool has_mac(const struct request *request)
{
    return request->is_signed || request->signer;
}

static struct request *request_make(const struct update_message *message)
{
    struct request *request = mem_alloc(sizeof(*request) + message->len);
    request->world = world_ref(message->world);
    request->zone = message->zone;
    request->peer = *message->peer;
    request->lease = message->lease;
    request->has_edns = message->has_edns;
    request->back = *message->back;
    request->len = message->len;
    memcpy(request->octets, message->octets, message->len);
    request->is_signed = message->tsig != NULL;
    if (message->tsig) {
        request->tsig = *message->tsig;
        request->tsig.message = request->octets;
    }
    if (message->signer) {
        request->signer = mem_copy(message->signer, sizeof(*message->signer));
        update_sig0_mark(message->signer, &request->tsig);
    }
    if (message->refusal) {
        request->is_refused = true;
        request->result = *message->refusal;
    }
    return request;
}

const char *update_gate_submit(struct update_gate *gate, const struct update_message *message)
{
    const struct policy_who who = {
        .peer = message->peer, .key = message->tsig ? dns_tsig_key_name(message->tsig->key) : NULL};
    pthread_mutex_lock(&gate->lock);
    bool fits = gate->count < gate->limits.count_max &&
                message->len <= gate->limits.octets_max - gate->octets;
    struct update_share *share = fits ? update_share_take(gate->shares, &who, message->len) : NULL;
    if (share) {
        struct request *request = request_make(message);
        request->share = share;
        *gate->last = request;
        gate->last = &request->next;
        gate->count++;
        gate->octets += message->len;
    }
    bool is_first = share && !gate->is_posted;
    gate->is_posted |= share != NULL;
    pthread_mutex_unlock(&gate->lock);
    if (is_first) {
        writer_post(gate->writer, &gate->job);
    }
    if (share) {
        return NULL;
    }
    return !fits     ? "too many updates wait"
           : who.key ? "too many updates of this key wait"
                     : "too many updates of this address wait";
}

/* Up to a group of requests from the front; NULL when none is left (the job is to be posted again). */
static struct request *take_group(struct update_gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    struct request *group = gate->first, **end = &gate->first;
    for (unsigned n = 0; n < GROUP_MAX && *end; n++) {
        gate->count--;
        gate->octets -= (*end)->len;
        update_share_give((*end)->share, (*end)->len);
        end = &(*end)->next;
    }
    struct request *rest = *end;
    *end = NULL;
    gate->first = rest;
    gate->last = rest ? gate->last : &gate->first;
    gate->is_posted = group != NULL;
    pthread_mutex_unlock(&gate->lock);
    return group;
}

/* What tells a message from all others; NULL: nothing does. */
static const struct dns_tsig *tsig_of(const struct request *request)
{
    return has_mac(request) ? &request->tsig : NULL;
}

/* By the policy of the request's own snapshot. */
static void apply(struct update_gate *gate, struct request *request, struct held *held,
                  int64_t now_s)
{
    const uint8_t *zone = zone_name(request->zone);
    const struct policy_who who = {.peer = &request->peer,
                                   .key = signer_of(request),
                                   .sig0 = request->signer ? request->signer->name : NULL};
    if (request->signer && !update_sig0_begin(request->signer, held_edit(held), request->octets,
                                              request->len, gate->srp, &request->result)) {
        return;
    }
    permit_begin(gate->permit, rules_policy(request->world->rules, zone), zone, &who);
    struct update_lease lease = update_lease_begin(held, &request->lease, tsig_of(request), now_s,
                                                   held_lease_now(gate->clock));
    struct steer_check check = {zone_key(request->zone), rules_book(request->world->rules)};
    struct zone_update_options options = {
        .permit = permit_record,
        .context = gate->permit,
        .added = update_lease_added,
        .added_context = &lease,
        .judge = steer_check_record,
        .judge_context = &check,
        .now_s = (uint64_t)now_s,
        .has_index = held->index != NULL,
        .has_find = held->index || held_pools_has_find(held->zone),
        .scratch = gate->scratch,
    };
    if (request->signer && request->signer->is_srp) {
        if (request->lease.len > 0 && gate->srp->lease_s > request->lease.lease_s) {
            gate->srp->lease_s =
                request->lease.lease_s; /* no TTL is longer than what was granted */
        }
        update_sig0_enrol(gate->srp, lease.edit, request->octets, request->len, &options,
                          &request->result);
        return;
    }
    zone_update_apply(lease.edit, request->octets, request->len, &options, &request->result);
    request->is_relaxed =
        request->result.rcode == DNS_RCODE_NOERROR && permit_is_relaxed(gate->permit);
}

/* A store that is nearly full keeps its room for what makes a zone smaller. */
static void apply_short(struct update_gate *gate, struct request *request, struct held *held,
                        int64_t now_s)
{
    struct zone_edit *edit = held_edit(held);
    struct zone_growth before = zone_growth_of(edit);
    apply(gate, request, held, now_s);
    struct zone_growth after = zone_growth_of(edit);
    if (request->result.rcode == DNS_RCODE_NOERROR && zone_growth_is_more(&before, &after)) {
        request->is_relaxed = false;
        request->result = (struct zone_update_result){
            .rcode = DNS_RCODE_SERVFAIL,
            .ede = DNS_EDE_OTHER,
            .text = "the store is nearly full: records can only be removed or replaced"};
    }
}

/* The answer that this very request got before. Its words are not kept: a datagram is sent again by a
 * client that did not see them, and a new message has a new MAC. */
static bool find_answered(struct update_gate *gate, struct request *request, int64_t now_s)
{
    struct update_seen_answer given;
    request->is_repeated =
        has_mac(request) && update_seen_find(gate->seen, &request->tsig, now_s, &given);
    if (!request->is_repeated) {
        return false;
    }
    request->result = (struct zone_update_result){.rcode = given.rcode, .ede = given.ede};
    request->lease = given.lease;
    if (given.ede != DNS_EDE_NONE) {
        snprintf(request->result.text, sizeof(request->result.text),
                 "this very message was refused before, and is not looked at again");
    }
    return true;
}

/* One request in its own savepoint: whatever becomes of it changes nothing for the others. */
static void take_request(struct update_gate *gate, struct request *request, int64_t now_s)
{
    if (request->is_refused) {
        return;
    }
    struct held *held = keeper_find(gate->keeper, zone_name(request->zone));
    request->result = (struct zone_update_result){.rcode = DNS_RCODE_NOTAUTH, .ede = DNS_EDE_NONE};
    if (!held || held->secondary) {
        return; /* the zone went, or became another's, while the request waited */
    }
    if (find_answered(gate, request, now_s)) {
        return;
    }
    const struct lease asked = request->lease;
    request->lease =
        update_lease_grant(held, &asked, tsig_of(request), request->octets, request->len);
    if (request->signer && request->signer->is_srp) {
        lease_take_back(&asked, &request->lease);
    }
    struct zone_edit *edit = held_edit(held);
    size_t mark = zone_edit_mark(edit), leases = zone_lease_group_mark(held->leases);
    bool is_short = store_state_is_short(gate->state);
    (is_short ? apply_short : apply)(gate, request, held, now_s);
    if (request->result.rcode != DNS_RCODE_NOERROR) {
        zone_edit_rewind(edit, mark);
        zone_lease_group_rewind(held->leases, leases);
    } else if (request->result.has_soa) {
        held->has_serial = true;
    }
    if (has_mac(request) &&
        request->result.rcode != DNS_RCODE_SERVFAIL) { /* at once: its copy may be in the group */
        const struct update_seen_answer given = {request->result.rcode, request->result.ede,
                                                 request->lease};
        update_seen_add(gate->seen, &request->tsig, now_s, &given);
    }
}

static void put_header(struct wr *wr, const struct request *request)
{
    const uint8_t *in = request->octets;
    wr_bytes(wr, in, 2);
    wr_u16(wr, DNS_FLAG_QR | DNS_OPCODE_UPDATE << 11 | (request->result.rcode & 0xfu));
    wr_u16(wr, 1);
    wr_u16(wr, 0);
    wr_u16(wr, 0);
    wr_u16(wr, 0);
}

/* The zone section as it came: a name without pointer, type and class. */
static void put_zone(struct wr *wr, const struct request *request)
{
    struct rd rd = rd_make(request->octets, request->len);
    rd.pos += DNS_HEADER_LEN;
    size_t len = dns_name_measure(rd.pos, rd_left(&rd));
    wr_bytes(wr, rd.pos, len + 4);
}

/* An OPT with what was granted, or with the reason of a refusal, when the request had EDNS. */
static void put_options(struct update_gate *gate, struct wr *wr, const struct request *request)
{
    if (!request->has_edns) {
        return;
    }
    size_t mark = dns_edns_write_begin(wr, PAYLOAD, request->result.rcode, 0);
    if (request->result.rcode == DNS_RCODE_NOERROR) {
        lease_put(wr, &request->lease);
        stat_add(gate->stat, STAT_lease_granted, request->lease.len > 0 && !request->is_repeated);
    }
    if (request->result.ede != DNS_EDE_NONE) {
        dns_edns_write_ede(wr, request->result.ede, request->result.text);
    }
    dns_edns_write_end(wr, mark);
    wr_patch_u16(wr, 10, 1);
}

static void answer(struct update_gate *gate, struct request *request, int64_t now_s)
{
    uint8_t out[UPDATE_ANSWERS_MAX]; /* question, one extended error, TSIG */
    struct wr wr = wr_make(out, sizeof(out));
    put_header(&wr, request);
    put_zone(&wr, request);
    put_options(gate, &wr, request);
    if (request->is_signed) {
        dns_tsig_sign(&request->tsig, gate->mac, (uint64_t)now_s, &wr);
    }
    if (!wr.err) {
        update_answers_add(gate->answers, &request->back, out, wr_len(&wr));
    }
    stat_add(gate->stat, request->result.rcode ? STAT_update_refused : STAT_update_done, 1);
    request->is_answered = true;
}

static void refuse(struct update_gate *gate, struct request *request, int err)
{
    request->result =
        (struct zone_update_result){.rcode = DNS_RCODE_SERVFAIL, .ede = DNS_EDE_OTHER};
    store_state_explain(gate->state, err, request->result.text, ZONE_UPDATE_TEXT);
}

/* Whatever was not answered before is refused, and whether it is good is not even asked. */
static void refuse_group(struct update_gate *gate, struct request *group, int64_t now_s, int err)
{
    for (struct request *request = group; request; request = request->next) {
        if (!find_answered(gate, request, now_s)) {
            refuse(gate, request, err);
        }
    }
}

/* What was not written did not happen, and what was refused may have been for its sake. Only what
 * repeats an earlier group's request stays. */
static void fail_group(struct update_gate *gate, struct request *group, int64_t now_s, int err)
{
    uint64_t lost = 0;
    for (struct request *request = group; request; request = request->next) {
        lost += request->is_answered;
        if (has_mac(request) && !request->is_repeated) {
            update_seen_remove(gate->seen, &request->tsig);
        }
    }
    stat_add(gate->stat, STAT_update_lost, lost);
    log_error("update_commit_failed", "error=%s relaxed_lost=%llu", err_text(err),
              (unsigned long long)lost);
    store_state_error(gate->state); /* sees at once that the store has failed */
    refuse_group(gate, group, now_s, err);
}

static void commit_group(struct update_gate *gate, struct request *group, int64_t now_s)
{
    for (struct request *request = group; request; request = request->next) {
        take_request(gate, request, now_s);
        if (request->is_relaxed) {
            answer(gate, request, now_s);
        }
    }
    update_answers_flush(gate->answers); /* those that do not wait for the disk */
    int err = keeper_commit(gate->keeper);
    if (err) {
        fail_group(gate, group, now_s, err);
    }
}

static void run_group(struct update_gate *gate, struct request *group)
{
    int64_t now_s = gate->clock->wall_s(gate->clock);
    int err = store_state_error(gate->state);
    if (err) {
        refuse_group(gate, group, now_s, err);
    } else {
        commit_group(gate, group, now_s);
    }
    while (group) {
        struct request *request = group;
        group = request->next;
        if (!request->is_answered) {
            answer(gate, request, now_s);
        }
        request_free(request);
    }
    update_answers_flush(gate->answers);
}

static void drain(struct writer_job *job)
{
    struct update_gate *gate =
        (struct update_gate *)(void *)((char *)job - offsetof(struct update_gate, job));
    for (struct request *group; (group = take_group(gate));) {
        run_group(gate, group);
    }
}
