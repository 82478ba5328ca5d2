#include "server/steer_stick.h"

#include <string.h>

/* A pool in 32 bits, for the table of first choices. */
static uint32_t short_hash(const struct pools *pools, uint32_t slot)
{
    uint64_t hash = 0;
    (void)pools_value(pools, slot, POOLS_NAME, &hash);
    uint32_t low = (uint32_t)(hash >> 32);
    return low ? low : 1;
}

/* The slot of a pool that is not among the picks. */
static uint32_t find_slot(const struct pools *pools, uint32_t pool)
{
    for (size_t i = 0; i < pools->block_count * POOLS_BLOCK; i++) {
        if (pools_at(pools, (uint32_t)i) && short_hash(pools, (uint32_t)i) == pool) {
            return (uint32_t)i;
        }
    }
    return POOLS_NONE;
}

/* Does a pool that is not among the picks still fit? */
static bool still_fits(struct choose *choose, const struct choose_ask *ask, uint32_t slot,
                       struct choose_pick *out_pick)
{
    struct choose_why why;
    if (slot == POOLS_NONE) {
        return false;
    }
    choose_explain(choose, ask, slot, &why);
    *out_pick = why.pick;
    out_pick->slot = slot;
    return why.reason == CHOOSE_FITS;
}

/* Put the present first choice first; false when it does not fit any more. */
static bool keep_first(struct choose *choose, const struct choose_ask *ask,
                       struct choose_answer *answer, uint32_t pool)
{
    const struct pools *pools = ask->pools;
    struct choose_pick pick;
    unsigned at = 0;
    while (at < answer->count && short_hash(pools, answer->picks[at].slot) != pool) {
        at++;
    }
    if (at < answer->count) {
        pick = answer->picks[at];
    } else if (still_fits(choose, ask, find_slot(pools, pool), &pick)) {
        at = answer->count - 1; /* the last one makes room */
    } else {
        return false;
    }
    memmove(&answer->picks[1], &answer->picks[0], at * sizeof(pick));
    answer->picks[0] = pick;
    return true;
}

/* A service is a name, whatever zone object it is in: a first choice outlives an import. */
static uint64_t key_of(const struct steer_stick *stick, bool uses_place)
{
    const uint64_t parts[] = {stick->service, uses_place ? stick->place : STEER_EVERYWHERE};
    uint64_t hash = hash_mix(stick->key, stick->key->k0, parts, sizeof(parts));
    return hash ? hash : 1;
}

uint32_t steer_stick_keep(const struct steer_stick *stick, struct choose *choose,
                          const struct steer *steer, struct choose_answer *answer)
{
    const struct choose_ask *ask = &steer->ask;
    uint32_t now_s = (uint32_t)ask->now_s, since_s = 0, pool;
    if (steer->sticky_s == 0) {
        return 0;
    }
    answer->equal = 0;
    if (!stick->first || answer->count == 0) {
        return 0;
    }
    uint64_t key = key_of(stick, answer->uses_place);
    uint32_t best = short_hash(ask->pools, answer->picks[0].slot);
    bool is_known = steer_first_get(stick->first, key, &pool, &since_s);
    uint32_t passed_s = now_s - since_s;
    uint32_t left_s = is_known && passed_s < steer->sticky_s ? steer->sticky_s - passed_s : 0;
    if (is_known && pool == best) {
        return left_s;
    }
    if (left_s > 0 && keep_first(choose, ask, answer, pool)) {
        int64_t until_s = ask->now_s + left_s;
        answer->until_s = until_s < answer->until_s ? until_s : answer->until_s;
        return left_s;
    }
    if (stick->is_only_read) {
        return 0;
    }
    steer_first_set(stick->first, key, best, now_s);
    return steer->sticky_s;
}
