#include "sched/choose/pools.h"

#include <string.h>

#include "sched/choose/pools_map.h"
#include "sched/choose/pools_posting.h"
#include "zones/dns_name.h"

const struct pools_pool *pools_at(const struct pools *pools, uint32_t slot)
{
    size_t block = slot / POOLS_BLOCK;
    return block < pools->block_count ? pools->blocks[block]->pool[slot % POOLS_BLOCK] : NULL;
}

uint32_t pools_find(const struct pools *pools, const uint8_t *name)
{
    uint64_t slot;
    if (!pools->names || !pools_map_find(pools->names, pools_map_name(&pools->key, name), &slot)) {
        return POOLS_NONE;
    }
    const struct pools_pool *pool = pools_at(pools, (uint32_t)slot);
    return pool && dns_name_equal(pool->name, name) ? (uint32_t)slot : POOLS_NONE;
}

bool pools_value(const struct pools *pools, uint32_t slot, unsigned column, uint64_t *out_value)
{
    size_t at = slot / POOLS_BLOCK;
    if (at >= pools->block_count || column >= POOLS_COLUMNS) {
        return false;
    }
    const struct pools_block *block = pools->blocks[at];
    bool is_there = block->has[column] >> slot % POOLS_BLOCK & 1;
    if (!is_there || !block->value[column]) {
        return false;
    }
    *out_value = block->value[column][slot % POOLS_BLOCK];
    return true;
}

const struct pools_set *pools_find_set(const struct pools *pools, uint64_t hash)
{
    uint64_t set;
    bool is_there = pools->sets && pools_map_find(pools->sets, hash, &set);
    return is_there ? (const struct pools_set *)(uintptr_t)set : NULL;
}

const uint64_t *pools_posting(const struct pools *pools, unsigned column, uint64_t value,
                              bool *out_is_indexed)
{
    *out_is_indexed = pools_posting_is_indexed(pools->postings, column);
    return *out_is_indexed ? pools_posting_find(pools->postings, &pools->key, column, value) : NULL;
}
