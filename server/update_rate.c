#include "server/update_rate.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/rand.h"
#include "zones/dns_name.h"

enum { PLACES = 8192, TRIES = 8 };
#define NS_PER_S 1000000000u

/* What is said of a bucket: the time at which it is full again. It is empty a second before that. */
struct bucket {
    uint64_t id;
    uint64_t full_ns;
};

struct update_rate {
    struct hash_key key;
    struct bucket buckets[PLACES];
};

struct update_rate *update_rate_create(void)
{
    struct update_rate *rate = mem_alloc(sizeof(*rate));
    rate->key.k0 = rand_u64(rand_system());
    rate->key.k1 = rand_u64(rand_system());
    return rate;
}

void update_rate_destroy(struct update_rate *rate)
{
    mem_free(rate);
}

/* By a key that nobody knows: who shares a bucket is not anybody's choice. */
static uint64_t id_of(const struct update_rate *rate, const struct update_rate_of *of)
{
    const struct query_peer *peer = of->who->peer;
    const uint8_t *name = of->who->key ? of->who->key : of->who->sig0;
    const uint8_t kind = of->who->key ? 0 : name ? UINT8_MAX : (uint8_t)(peer->family + 1);
    uint64_t id = hash_mix(&rate->key, rate->key.k0, of->zone, dns_name_len(of->zone));
    id = hash_mix(&rate->key, id, &of->rule, sizeof(of->rule));
    id = hash_mix(&rate->key, id, &kind, 1);
    return name ? hash_mix(&rate->key, id, name, dns_name_len(name))
                : hash_mix(&rate->key, id, peer->address, sizeof(peer->address));
}

/* The bucket of an identity, or one that is free; NULL: all are in use. */
static struct bucket *find(struct update_rate *rate, uint64_t id, uint64_t now_ns)
{
    struct bucket *free_one = NULL;
    for (unsigned i = 0; i < TRIES; i++) {
        struct bucket *bucket = &rate->buckets[(id + i) % PLACES];
        if (bucket->id == id) {
            return bucket;
        }
        if (!free_one && bucket->full_ns <= now_ns) {
            free_one = bucket;
        }
    }
    return free_one;
}

bool update_rate_take(struct update_rate *rate, const struct update_rate_of *of, uint32_t per_s,
                      uint64_t now_ns)
{
    const uint64_t id = id_of(rate, of), one_ns = NS_PER_S / per_s;
    struct bucket *bucket = find(rate, id, now_ns);
    if (!bucket) {
        return false;
    }
    const uint64_t full_ns =
        bucket->id == id && bucket->full_ns > now_ns ? bucket->full_ns : now_ns;
    if (full_ns - now_ns > (per_s - 1) * one_ns) {
        return false;
    }
    *bucket = (struct bucket){id, full_ns + one_ns};
    return true;
}
