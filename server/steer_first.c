#include "server/steer_first.h"

#include "base/mem.h"

/* Two words that are written one after the other: a reader who sees halves of two writes finds that they do not
 * make the key that it looks for. */
struct place {
    uint64_t check; /* key ^ value */
    uint64_t value; /* pool in the upper half, time in the lower; 0: empty */
};

struct steer_first {
    uint64_t mask;
    struct place places[];
};

struct steer_first *steer_first_create(size_t keys)
{
    uint64_t count = 1;
    while (count < keys) {
        count *= 2;
    }
    struct steer_first *first = mem_alloc(sizeof(*first) + count * sizeof(first->places[0]));
    first->mask = count - 1;
    return first;
}

void steer_first_destroy(struct steer_first *first)
{
    mem_free(first);
}

bool steer_first_get(const struct steer_first *first, uint64_t key, uint32_t *out_pool,
                     uint32_t *out_since_s)
{
    const struct place *place = &first->places[key & first->mask];
    uint64_t value = __atomic_load_n(&place->value, __ATOMIC_RELAXED);
    if (value == 0 || (__atomic_load_n(&place->check, __ATOMIC_RELAXED) ^ value) != key) {
        return false;
    }
    *out_pool = (uint32_t)(value >> 32);
    *out_since_s = (uint32_t)value;
    return true;
}

void steer_first_set(struct steer_first *first, uint64_t key, uint32_t pool, uint32_t since_s)
{
    struct place *place = &first->places[key & first->mask];
    uint64_t value = (uint64_t)pool << 32 | since_s;
    __atomic_store_n(&place->check, key ^ value, __ATOMIC_RELAXED);
    __atomic_store_n(&place->value, value, __ATOMIC_RELAXED);
}
