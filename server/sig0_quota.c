#include "server/sig0_quota.h"

#include <stddef.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/rand.h"

enum { WAYS = 4, ROWS = 1024, NS_PER_S = 1000000000, KEY_LEN = 16, V6_NETWORK = 8, V4_LEN = 4 };

struct entry {
    uint64_t hash; /* of the address; 0: empty */
    uint64_t paid_ns;
};

struct sig0_quota {
    uint8_t key[KEY_LEN];
    uint64_t paid_ns;
    struct entry entries[ROWS][WAYS];
};

struct sig0_quota *sig0_quota_create(void)
{
    struct sig0_quota *quota = mem_alloc(sizeof(*quota));
    rand_system()->fill(rand_system(), quota->key, sizeof(quota->key));
    return quota;
}

void sig0_quota_destroy(struct sig0_quota *quota)
{
    mem_free(quota);
}

/* The peer's entry; the one of its row that was idle longest becomes it. */
static struct entry *find_entry(struct sig0_quota *quota, const struct query_peer *peer)
{
    size_t len = peer->family == 6 ? V6_NETWORK : peer->family == 4 ? V4_LEN : 0;
    uint64_t hash = hash_sip24(quota->key, peer->address, len) | 1;
    struct entry *row = quota->entries[(hash >> 32) % ROWS], *oldest = row;
    for (unsigned i = 0; i < WAYS; i++) {
        if (row[i].hash == hash) {
            return &row[i];
        }
        oldest = row[i].paid_ns < oldest->paid_ns ? &row[i] : oldest;
    }
    *oldest = (struct entry){.hash = hash};
    return oldest;
}

/* May one more be spent, when a part of the bucket, in halves, stays untouched? */
static bool has_room(uint64_t paid_ns, uint32_t rate, unsigned kept_halves, uint64_t now_ns)
{
    if (rate == 0) {
        return false;
    }
    uint64_t step_ns = NS_PER_S / rate, most_ns = step_ns * (rate - 1);
    return paid_ns <= now_ns + most_ns - most_ns / 2 * kept_halves;
}

static void spend(uint64_t *paid_ns, uint32_t rate, uint64_t now_ns)
{
    *paid_ns = (*paid_ns > now_ns ? *paid_ns : now_ns) + NS_PER_S / rate;
}

bool sig0_quota_take(struct sig0_quota *quota, const struct sig0_quota_rates *rates,
                     const struct query_peer *peer, uint64_t now_ns)
{
    struct entry *entry = find_entry(quota, peer);
    unsigned kept_halves = peer->transport == QUERY_UDP ? 1 : 0;
    if (!has_room(entry->paid_ns, rates->per_address, 0, now_ns) ||
        !has_room(quota->paid_ns, rates->all, kept_halves, now_ns)) {
        return false;
    }
    spend(&entry->paid_ns, rates->per_address, now_ns);
    spend(&quota->paid_ns, rates->all, now_ns);
    return true;
}
