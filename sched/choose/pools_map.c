#include "sched/choose/pools_map.h"

#include "base/mem.h"
#include "zones/dns_name.h"

enum {
    PAGE = 32, /* buckets that are copied together */
    LOAD = 6,  /* entries a bucket, before there are twice as many buckets */
};

struct entry {
    uint64_t key, value;
};

struct bucket {
    uint64_t made;
    size_t count;
    struct entry entries[];
};

struct page {
    uint64_t made;
    struct bucket *buckets[PAGE]; /* NULL: empty */
};

struct pools_map {
    uint64_t made;
    size_t mask; /* buckets - 1 */
    size_t count;
    struct page *pages[];
};

static size_t pages_of(const struct pools_map *map)
{
    return (map->mask + 1) / PAGE;
}

static struct pools_map *make(struct pools_turn *turn, size_t pages)
{
    struct pools_map *map = pools_turn_make(turn, sizeof(*map) + pages * sizeof(map->pages[0]));
    map->mask = pages * PAGE - 1;
    for (size_t i = 0; i < pages; i++) {
        map->pages[i] = pools_turn_make(turn, sizeof(*map->pages[i]));
    }
    return map;
}

struct pools_map *pools_map_create(struct pools_turn *turn)
{
    return make(turn, 1);
}

static struct bucket *const *place_in(const struct pools_map *map, size_t number)
{
    return &map->pages[number / PAGE]->buckets[number % PAGE];
}

void pools_map_destroy(struct pools_map *map)
{
    for (size_t i = 0; map && i <= map->mask; i++) {
        mem_free(*place_in(map, i));
    }
    for (size_t i = 0; map && i < pages_of(map); i++) {
        mem_free(map->pages[i]);
    }
    mem_free(map);
}

static void drop_pages(struct pools_turn *turn, struct pools_map *map)
{
    for (size_t i = 0; i < pages_of(map); i++) {
        pools_turn_drop(turn, map->pages[i]);
    }
    pools_turn_drop(turn, map);
}

void pools_map_drop(struct pools_turn *turn, struct pools_map *map)
{
    for (size_t i = 0; i <= map->mask; i++) {
        pools_turn_drop(turn, *place_in(map, i));
    }
    drop_pages(turn, map);
}

static size_t place_of(const struct bucket *bucket, uint64_t key)
{
    size_t at = 0;
    while (bucket && at < bucket->count && bucket->entries[at].key != key) {
        at++;
    }
    return at;
}

bool pools_map_find(const struct pools_map *map, uint64_t key, uint64_t *out_value)
{
    const struct bucket *bucket = *place_in(map, key & map->mask);
    size_t at = place_of(bucket, key);
    if (!bucket || at == bucket->count) {
        return false;
    }
    *out_value = bucket->entries[at].value;
    return true;
}

static size_t size_of(size_t entries)
{
    return sizeof(struct bucket) + entries * sizeof(struct entry);
}

/* The place of a key's bucket, to be changed. */
static struct bucket **own(struct pools_turn *turn, struct pools_map **map, uint64_t key)
{
    size_t number = key & (*map)->mask;
    size_t size = sizeof(**map) + pages_of(*map) * sizeof((*map)->pages[0]);
    *map = pools_turn_own(turn, *map, size, 0);
    struct page **page = &(*map)->pages[number / PAGE];
    *page = pools_turn_own(turn, *page, sizeof(**page), 0);
    return &(*page)->buckets[number % PAGE];
}

/* One entry more; none of its key is there. */
static void append(struct pools_turn *turn, struct pools_map **map, struct entry entry)
{
    struct bucket **place = own(turn, map, entry.key);
    size_t count = *place ? (*place)->count : 0;
    *place = *place ? pools_turn_own(turn, *place, size_of(count), size_of(count + 1))
                    : pools_turn_make(turn, size_of(1));
    (*place)->entries[count] = entry;
    (*place)->count = count + 1;
    (*map)->count++;
}

static void grow(struct pools_turn *turn, struct pools_map **map)
{
    struct pools_map *old = *map;
    *map = make(turn, 2 * pages_of(old));
    for (size_t i = 0; i <= old->mask; i++) {
        struct bucket *bucket = *place_in(old, i);
        for (size_t k = 0; bucket && k < bucket->count; k++) {
            append(turn, map, bucket->entries[k]);
        }
        pools_turn_drop(turn, bucket);
    }
    drop_pages(turn, old);
}

void pools_map_put(struct pools_turn *turn, struct pools_map **map, uint64_t key, uint64_t value)
{
    struct bucket **place = own(turn, map, key);
    size_t at = place_of(*place, key);
    if (*place && at < (*place)->count) {
        *place = pools_turn_own(turn, *place, size_of((*place)->count), 0);
        (*place)->entries[at].value = value;
        return;
    }
    if ((*map)->count >= LOAD * ((*map)->mask + 1)) {
        grow(turn, map);
    }
    append(turn, map, (struct entry){key, value});
}

void pools_map_remove(struct pools_turn *turn, struct pools_map **map, uint64_t key)
{
    uint64_t value;
    if (!pools_map_find(*map, key, &value)) {
        return;
    }
    struct bucket **place = own(turn, map, key);
    size_t count = (*place)->count;
    (*map)->count--;
    if (count == 1) {
        pools_turn_drop(turn, *place);
        *place = NULL;
        return;
    }
    *place = pools_turn_own(turn, *place, size_of(count), 0);
    (*place)->entries[place_of(*place, key)] = (*place)->entries[count - 1];
    (*place)->count = count - 1;
}

void pools_map_each(const struct pools_map *map,
                    void (*visit)(void *context, uint64_t key, uint64_t value), void *context)
{
    for (size_t i = 0; i <= map->mask; i++) {
        const struct bucket *bucket = *place_in(map, i);
        for (size_t k = 0; bucket && k < bucket->count; k++) {
            visit(context, bucket->entries[k].key, bucket->entries[k].value);
        }
    }
}

uint64_t pools_map_name(const struct hash_key *key, const uint8_t *name)
{
    return hash_mix(key, key->k1, name, dns_name_len(name));
}
