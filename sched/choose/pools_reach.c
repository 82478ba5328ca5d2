#include "sched/choose/pools_reach.h"

enum { OF_CENTRE = 4 }; /* its name, and the regions that it lies in */

#define A_CENTRE ((uint64_t)1)
#define A_PATH   ((uint64_t)1 << 32)

/* Hash number i of a centre, 0: there is none of that number; false: that was all. */
static bool hash_at(const struct pools_centre *centre, size_t i, uint64_t *out_hash)
{
    size_t path = i < OF_CENTRE ? 0 : (i - OF_CENTRE) / 2;
    if (!centre || (i >= OF_CENTRE && path >= centre->path_count)) {
        return false;
    }
    if (i < OF_CENTRE) {
        *out_hash = i == 0 ? centre->hash : centre->regions[i - 1];
    } else {
        *out_hash = i % 2 == 0 ? centre->paths[path].target : centre->paths[path].region;
    }
    return true;
}

/* Most changes are of figures: a path is longer or shorter than it was. */
static bool is_same(const struct pools_centre *a, const struct pools_centre *b)
{
    uint64_t of_a = 0, of_b = 0;
    bool has_a = true, has_b = true;
    for (size_t i = 0; has_a && has_b && of_a == of_b; i++) {
        has_a = hash_at(a, i, &of_a);
        has_b = hash_at(b, i, &of_b);
    }
    return has_a == has_b && of_a == of_b;
}

static void count(struct pools_turn *turn, struct pools_map **map,
                  const struct pools_centre *centre, bool is_there)
{
    uint64_t hash;
    for (size_t i = 0; hash_at(centre, i, &hash); i++) {
        uint64_t number = 0, one = i < OF_CENTRE ? A_CENTRE : A_PATH;
        if (hash == 0) {
            continue;
        }
        pools_map_find(*map, hash, &number);
        number = is_there ? number + one : number - one;
        if (number > 0) {
            pools_map_put(turn, map, hash, number);
        } else {
            pools_map_remove(turn, map, hash);
        }
    }
}

void pools_reach_change(struct pools_turn *turn, struct pools_map **map,
                        const struct pools_centre *old, const struct pools_centre *centre)
{
    if (!is_same(old, centre)) {
        count(turn, map, old, false);
        count(turn, map, centre, true);
    }
}

struct pools_reach pools_reach_of(const struct pools *pools, uint64_t hash)
{
    uint64_t number = 0;
    if (pools->reach) {
        pools_map_find(pools->reach, hash, &number);
    }
    return (struct pools_reach){(uint32_t)number, (uint32_t)(number >> 32)};
}
