#include "server/sig0.h"

#include <pthread.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "server/sig0_quota.h"
#include "zones/dns_code.h"
#include "zones/sign_sig0.h"

struct job {
    struct job *next;
    struct world *world;
    const struct zone *zone;
    struct query_peer peer;
    struct lease lease;
    bool has_edns;
    struct update_return back;
    struct dns_sig0_key keys[SIG0_KEYS];
    unsigned key_count;
    bool is_srp;
    size_t at, len;
    uint8_t octets[];
};

struct sig0 {
    struct update_gate *gate;
    const struct clock *clock;
    struct stat_set *stat; /* the thread's */
    struct sig0_limits limits;
    struct sign_sig0 *verifier; /* the thread's */
    pthread_t thread;
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t filled;
    struct sig0_quota *quota;
    struct job *first, **last;
    size_t count, octets;
    bool is_ending;
};

static void job_free(struct job *job)
{
    world_unref(job->world);
    mem_free(job);
}

/* The next job, or NULL at the end, when none is left. */
static struct job *take(struct sig0 *sig0)
{
    pthread_mutex_lock(&sig0->lock);
    while (!sig0->first && !sig0->is_ending) {
        pthread_cond_wait(&sig0->filled, &sig0->lock);
    }
    struct job *job = sig0->first;
    if (job) {
        sig0->first = job->next;
        sig0->last = sig0->first ? sig0->last : &sig0->first;
        sig0->count--;
        sig0->octets -= job->len;
    }
    pthread_mutex_unlock(&sig0->lock);
    return job;
}

static enum dns_sig0_verdict verify(struct sig0 *sig0, const struct job *job,
                                    struct dns_sig0 *record, unsigned *out_key)
{
    enum dns_sig0_verdict verdict = dns_sig0_read(job->octets, job->len, job->at, record);
    if (verdict != DNS_SIG0_GOOD) {
        return verdict;
    }
    verdict = DNS_SIG0_NOKEY;
    for (unsigned i = 0; verdict != DNS_SIG0_GOOD && i < job->key_count; i++) {
        verdict = sign_sig0_verify(sig0->verifier, record, &job->keys[i], job->octets);
        *out_key = i;
    }
    return verdict;
}

/* How long the message could be sent again: a signature without times is remembered for the longest. */
static uint32_t valid_s(const struct dns_sig0 *record, int64_t now_s)
{
    uint32_t left_s = record->expiration_s - (uint32_t)now_s;
    return left_s <= DNS_SIG0_VALID_MAX ? left_s : DNS_SIG0_VALID_MAX;
}

static void fill_signer(struct update_sig0_signer *signer, const struct job *job,
                        const struct dns_sig0 *record, unsigned key, int64_t now_s)
{
    dns_name_lower(record->signer, record->signer_len, signer->name);
    signer->key = job->keys[key];
    signer->is_srp = job->is_srp;
    signer->valid_s = valid_s(record, now_s);
    memcpy(signer->mark, record->signature, sizeof(signer->mark));
}

static void fill_refusal(struct zone_update_result *refusal, enum dns_sig0_verdict verdict)
{
    *refusal = (struct zone_update_result){.rcode = (uint16_t)dns_sig0_rcode(verdict),
                                           .ede = (uint16_t)dns_sig0_ede(verdict)};
    strncpy(refusal->text, dns_sig0_text(verdict), sizeof(refusal->text) - 1);
}

/* The writer's queue is full: the least that can be said (RFC 8906: never silence). */
static void answer_full(const struct job *job)
{
    uint8_t out[DNS_HEADER_LEN] = {job->octets[0], job->octets[1]};
    struct wr wr = wr_make(out + 2, 2);
    wr_u16(&wr, DNS_FLAG_QR | DNS_OPCODE_UPDATE << 11 | DNS_RCODE_SERVFAIL);
    job->back.send(&job->back, out, sizeof(out));
}

static void run_job(struct sig0 *sig0, const struct job *job)
{
    struct dns_sig0 record;
    struct update_sig0_signer signer;
    struct zone_update_result refusal;
    unsigned key = 0;
    struct update_message message = {.world = job->world,
                                     .zone = job->zone,
                                     .peer = &job->peer,
                                     .lease = job->lease,
                                     .has_edns = job->has_edns,
                                     .back = &job->back,
                                     .octets = job->octets,
                                     .len = job->len};
    enum dns_sig0_verdict verdict = verify(sig0, job, &record, &key);
    if (verdict == DNS_SIG0_GOOD) {
        fill_signer(&signer, job, &record, key, sig0->clock->wall_s(sig0->clock));
        message.signer = &signer;
    } else {
        fill_refusal(&refusal, verdict);
        message.refusal = &refusal;
    }
    stat_add(sig0->stat, verdict == DNS_SIG0_GOOD ? STAT_sig0_good : STAT_sig0_bad, 1);
    if (update_gate_submit(sig0->gate, &message)) {
        stat_add(sig0->stat, STAT_update_full, 1);
        answer_full(job);
    }
}

static void *run(void *context)
{
    struct sig0 *sig0 = context;
    for (struct job *job = take(sig0); job; job = take(sig0)) {
        run_job(sig0, job);
        job_free(job);
    }
    return NULL;
}

int sig0_create(struct update_gate *gate, const struct clock *clock, struct stat_set *stat,
                const struct sig0_limits *limits, struct sig0 **out_sig0)
{
    struct sign_sig0 *verifier = sign_sig0_create();
    if (!verifier) {
        return ERR_UNSUPPORTED;
    }
    struct sig0 *sig0 = mem_alloc(sizeof(*sig0));
    sig0->gate = gate;
    sig0->clock = clock;
    sig0->stat = stat;
    sig0->limits = *limits;
    sig0->verifier = verifier;
    sig0->quota = sig0_quota_create();
    sig0->last = &sig0->first;
    pthread_mutex_init(&sig0->lock, NULL);
    pthread_cond_init(&sig0->filled, NULL);
    int err = pthread_create(&sig0->thread, NULL, run, sig0);
    if (err) {
        sign_sig0_destroy(verifier);
        sig0_quota_destroy(sig0->quota);
        mem_free(sig0);
        return -err;
    }
    *out_sig0 = sig0;
    return 0;
}

void sig0_destroy(struct sig0 *sig0)
{
    if (!sig0) {
        return;
    }
    pthread_mutex_lock(&sig0->lock);
    sig0->is_ending = true;
    pthread_cond_signal(&sig0->filled);
    pthread_mutex_unlock(&sig0->lock);
    pthread_join(sig0->thread, NULL);
    pthread_mutex_destroy(&sig0->lock);
    pthread_cond_destroy(&sig0->filled);
    sign_sig0_destroy(sig0->verifier);
    sig0_quota_destroy(sig0->quota);
    mem_free(sig0);
}

static struct job *job_make(const struct sig0_message *message)
{
    const struct update_message *update = &message->update;
    struct job *job = mem_alloc(sizeof(*job) + update->len);
    job->world = world_ref(update->world);
    job->zone = update->zone;
    job->peer = *update->peer;
    job->lease = update->lease;
    job->has_edns = update->has_edns;
    job->back = *update->back;
    job->key_count = message->key_count;
    memcpy(job->keys, message->keys, message->key_count * sizeof(*message->keys));
    job->is_srp = message->is_srp;
    job->at = message->at;
    job->len = update->len;
    memcpy(job->octets, update->octets, update->len);
    return job;
}

bool sig0_submit(struct sig0 *sig0, const struct sig0_message *message)
{
    const struct world_options *options = &message->update.world->options;
    const struct sig0_quota_rates rates = {options->sig0_rate, options->sig0_rate_per_address};
    uint64_t now_ns = sig0->clock->mono_ns(sig0->clock);
    pthread_mutex_lock(&sig0->lock);
    bool fits = sig0->count < sig0->limits.count_max &&
                message->update.len <= sig0->limits.octets_max - sig0->octets &&
                sig0_quota_take(sig0->quota, &rates, message->update.peer, now_ns);
    if (fits) {
        struct job *job = job_make(message);
        *sig0->last = job;
        sig0->last = &job->next;
        sig0->count++;
        sig0->octets += job->len;
        pthread_cond_signal(&sig0->filled);
    }
    pthread_mutex_unlock(&sig0->lock);
    return fits;
}
