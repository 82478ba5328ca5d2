#include "sched/choose/choose.h"

#include "base/mem.h"
#include "sched/choose/filter.h"
#include "sched/choose/haul.h"
#include "sched/choose/pools_reach.h"
#include "sched/choose/rank.h"
#include "sched/choose/score.h"
#include "sched/choose/shed.h"
#include "sched/choose/way.h"
#include "zones/dns_name.h"

enum { LATEST_S = 3600, LATEST_TOLD_S = 10 };

struct choose *choose_create(void)
{
    return mem_alloc(sizeof(struct choose));
}

void choose_destroy(struct choose *choose)
{
    if (choose) {
        work_finish(choose);
        mem_free(choose);
    }
}

static bool is_in(const struct pools_centre *centre, uint64_t region)
{
    const uint64_t *regions = centre->regions;
    return regions[0] == region || regions[1] == region || regions[2] == region;
}

/* Which centre is meant: by its own name, else the first by name that states that region, else the first in it. */
static const struct pools_centre *near_centre(const struct pools *pools, uint64_t near)
{
    const struct pools_centre *found = NULL;
    for (size_t i = 0; i < pools->centre_count; i++) {
        const struct pools_centre *centre = pools->centres[i];
        if (centre && centre->hash == near) {
            return centre;
        }
        if (!centre || !is_in(centre, near)) {
            continue;
        }
        bool states = centre->regions[0] == near, is_stated = found && found->regions[0] == near;
        bool is_first = !found || dns_name_compare(centre->name, found->name) < 0;
        found = states != is_stated ? (states ? centre : found) : is_first ? centre : found;
    }
    return found;
}

/* A look-up tells it, so that names of nothing cost nothing: way_of looks for paths to the same regions. */
static bool leads_anywhere(const struct pools *pools, const uint64_t regions[3])
{
    bool leads = false;
    for (unsigned k = 0; k < 3; k++) {
        leads |= regions[k] != 0 && pools_reach_of(pools, regions[k]).paths > 0;
    }
    return leads;
}

bool choose_near(const struct pools *pools, const struct need *need,
                 const struct choose_place *from, struct choose_place *out)
{
    static const char near_word[] = "near-";
    *out = (struct choose_place){0};
    if (need->near == 0) {
        *out = from ? *from : *out;
        return true;
    }
    bool has_centre = pools_reach_of(pools, need->near).centres > 0;
    const struct pools_centre *centre = has_centre ? near_centre(pools, need->near) : NULL;
    if (need->near_len > strlen(near_word)) {
        pools_region_hashes(&pools->key, need->text + need->near_at + strlen(near_word),
                            need->near_len - strlen(near_word), out->regions);
    }
    if (!centre) {
        return leads_anywhere(pools, out->regions);
    }
    if (centre->hash == need->near) {
        out->centre = centre->hash;
        memcpy(out->regions, centre->regions, sizeof out->regions);
    }
    out->has_loc = centre->has_loc;
    out->latitude = centre->latitude;
    out->longitude = centre->longitude;
    return true;
}

static void count_fitting(struct choose *work, struct choose_answer *out)
{
    for (size_t b = 0; b < work->ask->pools->block_count; b++) {
        work->fit[b] = filter_block(work, b, UINT64_MAX, out);
    }
}

/* The first group that has a fitting pool wins; what fits in the groups after it is spare. */
static void pick_group(struct choose *work, struct choose_answer *out)
{
    size_t blocks = work->ask->pools->block_count;
    bool has_any = false;
    out->group = NULL;
    for (size_t g = 0; g < work->group_count && !has_any; g++) {
        work->winner = g;
        for (size_t b = 0; b < blocks && !has_any; b++) {
            has_any = (work->fit[b] & work->in_group[b][g]) != 0;
        }
    }
    if (has_any) {
        out->group = &work->ask->groups[work->winner];
    }
    for (size_t b = 0; b < blocks; b++) {
        uint64_t good = has_any ? work->in_group[b][work->winner] : UINT64_MAX;
        out->reasons[CHOOSE_SPARE] += (uint32_t)__builtin_popcountll(work->fit[b] & ~good);
        work->fit[b] &= good;
        out->reasons[CHOOSE_FITS] += (uint32_t)__builtin_popcountll(work->fit[b]);
    }
}

static void soonest(int64_t *until_s, int64_t now_s, uint64_t at_s)
{
    if (now_s >= 0 && at_s > (uint64_t)now_s && at_s < (uint64_t)*until_s) {
        *until_s = (int64_t)at_s;
    }
}

/* When the first of some reports is too old, or a maintenance begins or ends. */
static int64_t until(const struct choose *work, bool of_all)
{
    const struct pools *pools = work->ask->pools;
    const int64_t now_s = work->ask->now_s;
    const uint64_t age_s = (uint64_t)work->maxage_s + 1;
    int64_t until_s = now_s + LATEST_S;
    for (size_t b = 0; b < pools->block_count; b++) {
        const struct pools_block *block = pools->blocks[b];
        const uint64_t *obs = block->value[ATTR_INDEX_obs];
        uint64_t left =
            obs ? (of_all ? block->used : work->fit[b]) & block->has[ATTR_INDEX_obs] : 0;
        for (; left; left &= left - 1) {
            uint64_t at = obs[__builtin_ctzll(left)];
            soonest(&until_s, now_s, at < UINT64_MAX - age_s ? at + age_s : UINT64_MAX);
        }
        for (left = block->used & block->has[ATTR_INDEX_maint]; left; left &= left - 1) {
            const struct pools_pool *pool = block->pool[__builtin_ctzll(left)];
            const struct pools_centre *centre = pools->centres[pool->centre];
            soonest(&until_s, now_s, pool->maint_from_s);
            soonest(&until_s, now_s, pool->maint_until_s);
            soonest(&until_s, now_s, centre->maint_from_s);
            soonest(&until_s, now_s, centre->maint_until_s);
        }
    }
    return until_s;
}

int64_t choose_told_until(const struct choose *choose)
{
    int64_t until_s = until(choose, true), latest_s = choose->ask->now_s + LATEST_TOLD_S;
    return until_s < latest_s ? until_s : latest_s;
}

void choose_rank(struct choose *choose, const struct choose_ask *ask, struct choose_answer *out)
{
    work_begin(choose, ask);
    if (ask->is_placed) {
        choose->place = *ask->from;
    } else {
        choose_near(ask->pools, ask->need, ask->from, &choose->place);
    }
    haul_begin(choose);
    out->considered = (uint32_t)ask->pools->pool_count;
    out->uses_place =
        ask->need->near == 0 && (choose->needs_way || choose->weights[CHOOSE_network] > 0);
    for (unsigned i = 0; i < CHOOSE_POLICIES; i++) {
        out->weights[i] = (uint8_t)choose->weights[i];
    }
    out->top = choose->top;
    out->maxage_s = (uint32_t)choose->maxage_s;
    out->low = choose->low;
    out->high = choose->high;
    memset(out->reasons, 0, sizeof out->reasons);
    memset(out->failed_test, 0, sizeof out->failed_test);
    count_fitting(choose, out);
    out->until_s = until(choose, false);
    pick_group(choose, out);
    if (out->reasons[CHOOSE_FITS] > 0) {
        score_begin(choose);
        for (size_t b = 0; b < ask->pools->block_count; b++) {
            if (choose->fit[b]) {
                score_block(choose, b);
            }
        }
    }
    rank_picks(choose, out);
    out->fits = out->reasons[CHOOSE_FITS];
}

unsigned choose_rank_of(const struct choose_answer *answer, uint32_t slot)
{
    for (unsigned i = 0; i < answer->count; i++) {
        if (answer->picks[i].slot == slot) {
            return i + 1;
        }
    }
    return 0;
}

uint64_t choose_fitting(struct choose *choose, size_t block)
{
    struct choose_answer counts = {.count = 0};
    return filter_block(choose, block, UINT64_MAX, &counts);
}

/* The one reason that the filter has counted. */
static void find_reason(const struct choose *work, const struct choose_answer *counts,
                        struct choose_why *out)
{
    out->reason = CHOOSE_FITS;
    out->test = -1;
    for (unsigned i = 0; i < CHOOSE_REASONS; i++) {
        out->reason = counts->reasons[i] ? (enum choose_reason)i : out->reason;
    }
    for (unsigned i = 0; i < work->ask->need->test_count; i++) {
        out->test = counts->failed_test[i] ? (int)i : out->test;
    }
}

static void measure(struct choose *work, size_t block, unsigned lane, struct choose_why *out)
{
    const struct choose_ask *ask = work->ask;
    const struct pools_block *from = ask->pools->blocks[block];
    const struct pools_pool *pool = from->pool[lane];
    double busy = 0;
    if (out->test >= 0) {
        out->limit = ask->need->tests[out->test].values[0];
        out->is_unknown =
            !filter_value(work, block, lane, &ask->need->tests[out->test], &out->value);
    } else if (out->reason == CHOOSE_STALE) {
        out->value = (uint64_t)ask->now_s - from->value[ATTR_INDEX_obs][lane];
        out->limit = (uint64_t)work->maxage_s;
    } else if (out->reason == CHOOSE_SHED) {
        out->is_unknown = !shed_busy(work, block, lane, &busy);
        out->value = (uint64_t)(busy + 0.5);
        out->limit = work->high;
    } else if (out->reason == CHOOSE_DATA) {
        out->is_unknown = haul_of(work, pool->centre)->data_unknown;
        out->value = (uint64_t)(haul_of(work, pool->centre)->move_s + 0.5);
        out->limit = HAUL_LONGEST_S;
    } else if (out->reason == CHOOSE_CLOSED) {
        bool has_state = from->has[ATTR_INDEX_state] >> lane & 1;
        out->value = has_state ? from->value[ATTR_INDEX_state][lane] : 0;
    }
}

void choose_explain(struct choose *choose, const struct choose_ask *ask, uint32_t slot,
                    struct choose_why *out)
{
    size_t block = slot / POOLS_BLOCK;
    unsigned lane = slot % POOLS_BLOCK;
    const struct pools_pool *pool = ask->pools->blocks[block]->pool[lane];
    struct choose_answer counts = {.count = 0};
    *out = (struct choose_why){.reason = CHOOSE_FITS};
    uint64_t fits = filter_block(choose, block, 1ull << lane, &counts);
    find_reason(choose, &counts, out);
    if (fits && !(choose->fit[block] >> lane & 1)) {
        out->reason = CHOOSE_SPARE;
    } else if (fits && rank_is_spread(choose, slot)) {
        out->reason = CHOOSE_SPREAD;
    } else if (fits) {
        score_pick(choose, slot, &out->pick);
    }
    measure(choose, block, lane, out);
    const struct work_centre *way = way_of(choose, pool->centre);
    out->path = way->path;
    out->has_rtt = way->has_rtt;
    out->rtt_us = way->rtt_us;
    if (ask->need->set_count > 0) {
        const struct work_centre *haul = haul_of(choose, pool->centre);
        out->move_s = (uint64_t)(haul->move_s + 0.5);
        out->move_octets = haul->move_octets;
    }
}
