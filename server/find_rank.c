#include "server/find_rank.h"

#include <string.h>

#include "base/mem.h"
#include "sched/choose/explain.h"
#include "server/find_ready.h"
#include "server/find_text.h"
#include "zones/dns_type.h"

struct find_rank {
    struct choose *choose;
    struct steer_first *first;
    struct steer steer;
    struct choose_answer answer;
    struct find_entry_draft draft;
    _Alignas(16) uint8_t block[FIND_ENTRY_MAX];
};

struct find_rank *find_rank_create(struct steer_first *first)
{
    struct find_rank *rank = mem_alloc(sizeof(*rank));
    rank->choose = choose_create();
    rank->first = first;
    return rank;
}

void find_rank_destroy(struct find_rank *rank)
{
    if (rank) {
        choose_destroy(rank->choose);
        mem_free(rank);
    }
}

struct steer *find_rank_steer(struct find_rank *rank)
{
    return &rank->steer;
}

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
static bool still_fits(struct find_rank *rank, uint32_t slot, struct choose_pick *out_pick)
{
    struct choose_why why;
    if (slot == POOLS_NONE) {
        return false;
    }
    choose_explain(rank->choose, &rank->steer.ask, slot, &why);
    *out_pick = why.pick;
    out_pick->slot = slot;
    return why.reason == CHOOSE_FITS;
}

/* Put the present first choice first; false when it does not fit any more. */
static bool keep_first(struct find_rank *rank, uint32_t pool)
{
    struct choose_answer *answer = &rank->answer;
    const struct pools *pools = rank->steer.ask.pools;
    struct choose_pick pick;
    unsigned at = 0;
    while (at < answer->count && short_hash(pools, answer->picks[at].slot) != pool) {
        at++;
    }
    if (at < answer->count) {
        pick = answer->picks[at];
    } else if (still_fits(rank, find_slot(pools, pool), &pick)) {
        at = answer->count - 1; /* the last one makes room */
    } else {
        return false;
    }
    memmove(&answer->picks[1], &answer->picks[0], at * sizeof(pick));
    answer->picks[0] = pick;
    return true;
}

/* The first choice of a service stays for `sticky` seconds, unless it does not fit any more. */
static void stick(struct find_rank *rank, uint64_t key)
{
    struct choose_answer *answer = &rank->answer;
    const struct steer *steer = &rank->steer;
    uint32_t now_s = (uint32_t)steer->ask.now_s, since_s, pool;
    answer->equal = 0;
    if (!rank->first || answer->count == 0) {
        return;
    }
    uint32_t best = short_hash(steer->ask.pools, answer->picks[0].slot);
    bool is_known = steer_first_get(rank->first, key, &pool, &since_s);
    if (is_known && pool == best) {
        return;
    }
    if (is_known && now_s - since_s < steer->sticky_s && keep_first(rank, pool)) {
        int64_t until_s = steer->ask.now_s + steer->sticky_s - (now_s - since_s);
        answer->until_s = until_s < answer->until_s ? until_s : answer->until_s;
        return;
    }
    steer_first_set(rank->first, key, best, now_s);
}

struct find_entry *find_rank_make(struct find_rank *rank, const struct steer_scene *scene,
                                  uint16_t type, uint64_t first_key)
{
    const struct steer *steer = &rank->steer;
    struct choose_answer *answer = &rank->answer;
    struct find_entry_draft *draft = &rank->draft;
    choose_rank(rank->choose, &steer->ask, answer);
    if (steer->sticky_s > 0) {
        stick(rank, first_key);
    }
    if (type == DNS_TYPE_TXT || answer->fits == 0) { /* it says why */
        int64_t until_s = choose_told_until(rank->choose);
        answer->until_s = until_s < answer->until_s ? until_s : answer->until_s;
    }
    int64_t soonest_s = scene->now_s + 1; /* a TTL of 0 would be asked for again at once */
    draft->entry = (struct find_entry){
        .version = scene->version,
        .until_s = answer->until_s > soonest_s ? answer->until_s : soonest_s,
        .ttl_s = steer->ttl_s,
        .type = type,
        .fits = answer->fits > 0,
        .uses_place = answer->uses_place,
    };
    draft->piece_count = draft->twin_count = 0;
    draft->text_len = draft->octets_len = 0;
    if (type == DNS_TYPE_TXT) {
        find_text_fill(rank->choose, &steer->ask, answer, draft);
    } else {
        find_ready_fill(scene->zone, scene->version, steer->ask.pools, answer, type, draft);
    }
    if (answer->fits == 0) {
        struct wr wr = wr_make(draft->text, sizeof(draft->text));
        explain_summary(&steer->ask, answer, &wr);
        draft->text_len = wr_len(&wr);
    }
    find_entry_pack(draft, rank->block);
    return (struct find_entry *)(void *)rank->block;
}
