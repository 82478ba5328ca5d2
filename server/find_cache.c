#include "server/find_cache.h"

#include <stdbool.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"

enum {
    ALIGN = 64,        /* of blocks */
    WAYS = 4,          /* places where the index may keep a key: a line of memory */
    INDEX_SHARE = 128, /* octets of the whole for one place of the index */
    BLOCK_SHARE = 8,   /* a block is at most this part of the ring */
    KEPT_MAX = 8,      /* blocks in use that one new block writes again */
    OCTETS_MIN = 4096,
};

/* Before the octets of each block. A filler, or what another block of the same key replaced, has key 0. */
struct block {
    uint64_t key;
    uint32_t size;      /* with this header and what is unused at the end; a multiple of ALIGN */
    uint32_t is_in_use; /* asked for since it was written */
};

/* Offsets count on and never go back, so whatever is behind the tail is known to be gone. */
struct entry {
    uint64_t key;
    uint64_t at; /* offset + 1; 0: nothing was here yet */
};

struct find_cache {
    struct entry *index;
    uint64_t mask; /* of the number of a set of WAYS entries */
    uint8_t *ring;
    uint64_t size, head, tail; /* octets */
};

struct find_cache *find_cache_create(size_t octets)
{
    CHECK(octets >= OCTETS_MIN);
    struct find_cache *cache = mem_alloc(sizeof(*cache));
    uint64_t sets = 1;
    while (sets * 2 * WAYS <= octets / INDEX_SHARE) {
        sets *= 2;
    }
    cache->mask = sets - 1;
    cache->index = mem_alloc(sets * WAYS * sizeof(*cache->index));
    cache->size = (octets - sets * WAYS * sizeof(*cache->index)) / ALIGN * ALIGN;
    cache->ring = mem_alloc(cache->size);
    return cache;
}

void find_cache_destroy(struct find_cache *cache)
{
    if (cache) {
        mem_free(cache->index);
        mem_free(cache->ring);
        mem_free(cache);
    }
}

void find_cache_clear(struct find_cache *cache)
{
    cache->tail = cache->head;
}

static struct block *block_at(const struct find_cache *cache, uint64_t offset)
{
    return (struct block *)(void *)(cache->ring + offset % cache->size);
}

static struct entry *set_of(const struct find_cache *cache, uint64_t key)
{
    return cache->index + (key & cache->mask) * WAYS;
}

static bool is_live(const struct find_cache *cache, const struct entry *entry)
{
    return entry->at > cache->tail;
}

/* Where a key leads to, or NULL. */
static struct block *find(const struct find_cache *cache, uint64_t key)
{
    const struct entry *set = set_of(cache, key);
    for (unsigned i = 0; i < WAYS; i++) {
        if (set[i].key == key && is_live(cache, &set[i])) {
            struct block *block = block_at(cache, set[i].at - 1);
            return block->key != 0 ? block : NULL;
        }
    }
    return NULL;
}

/* In the place that the key has already, else in one that leads nowhere, else in the oldest. */
static void remember(struct find_cache *cache, uint64_t key, uint64_t offset)
{
    struct entry *set = set_of(cache, key), *place = set;
    for (unsigned i = 0; i < WAYS; i++) {
        if (set[i].key == key) {
            place = &set[i];
            break;
        }
        if (set[i].at < place->at) {
            place = &set[i];
        }
    }
    *place = (struct entry){key, offset + 1};
}

void *find_cache_get(struct find_cache *cache, uint64_t key)
{
    struct block *block = find(cache, key);
    if (!block) {
        return NULL;
    }
    block->is_in_use = 1;
    return block + 1;
}

/* Octets at the end of the ring that are too few for a block of this size. */
static uint64_t filler(const struct find_cache *cache, uint64_t size)
{
    uint64_t rest = cache->size - cache->head % cache->size;
    return rest < size ? rest : 0;
}

/* The oldest block, which is being pushed out, becomes the newest. It may overlap itself. */
static void keep(struct find_cache *cache, struct block *block)
{
    struct block *to = block_at(cache, cache->head);
    memmove(to, block, block->size);
    to->is_in_use = 0;
    remember(cache, to->key, cache->head);
    cache->head += to->size;
}

static void make_room(struct find_cache *cache, uint64_t size)
{
    unsigned kept = 0;
    while (cache->head + filler(cache, size) + size - cache->tail > cache->size) {
        struct block *oldest = block_at(cache, cache->tail);
        cache->tail += oldest->size;
        if (oldest->key != 0 && oldest->is_in_use && kept < KEPT_MAX &&
            filler(cache, oldest->size) == 0) {
            keep(cache, oldest);
            kept++;
        }
    }
    uint64_t rest = filler(cache, size);
    if (rest > 0) {
        *block_at(cache, cache->head) = (struct block){0, (uint32_t)rest, 0};
        cache->head += rest;
    }
}

void *find_cache_put(struct find_cache *cache, uint64_t key, const void *data, size_t len)
{
    uint64_t size = (sizeof(struct block) + len + ALIGN - 1) / ALIGN * ALIGN;
    if (size > cache->size / BLOCK_SHARE) {
        return NULL;
    }
    struct block *block = find(cache, key);
    if (block && block->key == key && block->size >= size) { /* who leads here finds the new one */
        memcpy(block + 1, data, len);
        return block + 1;
    }
    if (block && block->key == key) {
        block->key = 0;
    }
    make_room(cache, size);
    block = block_at(cache, cache->head);
    *block = (struct block){key, (uint32_t)size, 0};
    memcpy(block + 1, data, len);
    remember(cache, key, cache->head);
    cache->head += size;
    return block + 1;
}

void find_cache_link(struct find_cache *cache, uint64_t other, uint64_t key)
{
    const struct block *block = find(cache, key);
    if (block) {
        uint64_t slot = (uint64_t)((const uint8_t *)block - cache->ring);
        uint64_t lap = cache->tail - cache->tail % cache->size;
        uint64_t offset = lap + slot < cache->tail ? lap + slot + cache->size : lap + slot;
        remember(cache, other, offset);
    }
}

void find_cache_drop(struct find_cache *cache, uint64_t key)
{
    struct block *block = find(cache, key);
    if (block) {
        block->key = 0;
    }
}
