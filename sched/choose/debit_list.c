#include "sched/choose/debit_list.h"

#include "base/mem.h"

enum { CHAINS_MIN = 64, TOUCHED = 1024 };

#define NOWHERE UINT32_MAX

const uint8_t debit_columns[DEBIT_FREE] = {ATTR_INDEX_cpuf, ATTR_INDEX_memf, ATTR_INDEX_accf,
                                           ATTR_INDEX_stof};

struct promise {
    uint64_t id; /* 0: free */
    uint64_t name;
    int64_t made_s;
    int64_t seen_s;      /* reports as old as this do not know it */
    uint32_t slot, next; /* next of the chain, or of the free ones */
    struct debit_amounts amounts;
};

struct debit {
    size_t max;
    uint32_t timeout_s;
    uint64_t last_id;
    uint32_t free, chain_mask;
    uint32_t *chains;          /* by slot */
    uint32_t touched[TOUCHED]; /* promises by block, modulo */
    struct promise promises[];
};

struct debit *debit_create(size_t max, uint32_t timeout_s)
{
    max = max < NOWHERE ? max : NOWHERE - 1;
    struct debit *debit = mem_alloc(sizeof *debit + max * sizeof debit->promises[0]);
    uint32_t chains = CHAINS_MIN;
    while (chains < max && chains < 1u << 31) {
        chains *= 2;
    }
    debit->max = max;
    debit->timeout_s = timeout_s;
    debit->chain_mask = chains - 1;
    debit->chains = mem_alloc(chains * sizeof *debit->chains);
    memset(debit->chains, 0xff, chains * sizeof *debit->chains);
    debit->free = NOWHERE;
    for (size_t i = max; i-- > 0;) {
        debit->promises[i].next = debit->free;
        debit->free = (uint32_t)i;
    }
    return debit;
}

void debit_destroy(struct debit *debit)
{
    if (debit) {
        mem_free(debit->chains);
        mem_free(debit);
    }
}

static uint32_t *chain_of(const struct debit *debit, uint32_t slot)
{
    return &debit->chains[slot & debit->chain_mask];
}

static uint32_t *touched_of(struct debit *debit, uint32_t slot)
{
    return &debit->touched[slot / POOLS_BLOCK % TOUCHED];
}

struct debit_pool debit_pool_at(const struct pools *pools, uint32_t slot)
{
    struct debit_pool pool = {.obs_s = INT64_MIN, .slot = slot};
    uint64_t obs;
    pools_value(pools, slot, POOLS_NAME, &pool.name);
    if (pools_value(pools, slot, ATTR_INDEX_obs, &obs)) {
        pool.obs_s = (int64_t)obs;
    }
    return pool;
}

int debit_add(struct debit *debit, const struct debit_pool *pool,
              const struct debit_amounts *amounts, int64_t now_s, uint64_t *out_id)
{
    uint32_t at = debit->free;
    if (at == NOWHERE) {
        return ERR_LIMIT;
    }
    struct promise *promise = &debit->promises[at];
    debit->free = promise->next;
    /* The place stands in the id, so that it is found at once; the count above it makes ids differ. */
    debit->last_id += 1ull << 32;
    *promise = (struct promise){.id = debit->last_id | at,
                                .name = pool->name,
                                .made_s = now_s,
                                .seen_s = pool->obs_s > now_s ? pool->obs_s : now_s,
                                .slot = pool->slot,
                                .next = *chain_of(debit, pool->slot),
                                .amounts = *amounts};
    *chain_of(debit, pool->slot) = at;
    ++*touched_of(debit, pool->slot);
    *out_id = promise->id;
    return 0;
}

static void forget(struct debit *debit, uint32_t at)
{
    struct promise *promise = &debit->promises[at];
    uint32_t *link = chain_of(debit, promise->slot);
    while (*link != at) {
        link = &debit->promises[*link].next;
    }
    *link = promise->next;
    --*touched_of(debit, promise->slot);
    promise->id = 0;
    promise->next = debit->free;
    debit->free = at;
}

bool debit_end(struct debit *debit, uint64_t id)
{
    uint32_t at = (uint32_t)id;
    if (id == 0 || at >= debit->max || debit->promises[at].id != id) {
        return false;
    }
    forget(debit, at);
    return true;
}

/* Time went on past the promise's, or a report saw what it became. The clock of who reports may be ahead: the
 * report that the promise was made against does not know it, whatever time it says. */
static bool is_over(const struct debit *debit, const struct promise *promise, int64_t obs_s,
                    int64_t now_s)
{
    return now_s - promise->made_s >= (int64_t)debit->timeout_s || obs_s > promise->seen_s;
}

static void add(uint64_t *to, uint64_t amount)
{
    *to = amount > UINT64_MAX - *to ? UINT64_MAX : *to + amount;
}

struct debit_amounts debit_of(const struct debit *debit, const struct debit_pool *pool,
                              int64_t now_s)
{
    struct debit_amounts sum = {.free = {0}};
    for (uint32_t at = *chain_of(debit, pool->slot); at != NOWHERE; at = debit->promises[at].next) {
        const struct promise *promise = &debit->promises[at];
        bool is_its = promise->slot == pool->slot && promise->name == pool->name;
        for (unsigned k = 0;
             is_its && k < DEBIT_FREE && !is_over(debit, promise, pool->obs_s, now_s); k++) {
            add(&sum.free[k], promise->amounts.free[k]);
        }
    }
    return sum;
}

bool debit_touches(const struct debit *debit, size_t block)
{
    return debit->touched[block % TOUCHED] > 0;
}

void debit_sweep(struct debit *debit, const struct pools *pools, int64_t now_s)
{
    for (size_t i = 0; i < debit->max; i++) {
        const struct promise *promise = &debit->promises[i];
        if (promise->id == 0) {
            continue;
        }
        struct debit_pool pool = debit_pool_at(pools, promise->slot);
        if (pool.name != promise->name || is_over(debit, promise, pool.obs_s, now_s)) {
            forget(debit, (uint32_t)i);
        }
    }
}
