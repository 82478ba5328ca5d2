#include "sched/choose/rank.h"

#include "sched/choose/score.h"
#include "zones/dns_name.h"

static const uint8_t *name_of(const struct choose *work, uint32_t slot)
{
    return work->ask->pools->blocks[slot / POOLS_BLOCK]->pool[slot % POOLS_BLOCK]->name;
}

/* Score, then name: two pools never stand equal. */
static bool is_before(const struct choose *work, uint32_t a, uint32_t b)
{
    if (work->scores[a] != work->scores[b]) {
        return work->scores[a] > work->scores[b];
    }
    return dns_name_compare(name_of(work, a), name_of(work, b)) < 0;
}

/* The best of all, kept in order: few are wanted, and most pools do not even
 * reach the last of them. */
LANES_WIDE
static unsigned pick_best(struct choose *work, uint32_t *slots)
{
    const size_t blocks = work->ask->pools->block_count;
    unsigned count = 0;
    for (size_t b = 0; b < blocks; b++) {
        const uint32_t *scores = work->scores + b * LANES;
        uint32_t least = count == work->top ? work->scores[slots[count - 1]] : 0;
        uint64_t left = 0;
        for (unsigned i = 0; i < LANES && work->fit[b]; i++) {
            left |= (uint64_t)(scores[i] >= least) << i;
        }
        for (left &= work->fit[b]; left; left &= left - 1) {
            uint32_t slot = (uint32_t)(b * LANES + (unsigned)__builtin_ctzll(left));
            if (count == work->top && !is_before(work, slot, slots[count - 1])) {
                continue;
            }
            unsigned at = count < work->top ? count++ : count - 1;
            for (; at > 0 && is_before(work, slot, slots[at - 1]); at--) {
                slots[at] = slots[at - 1];
            }
            slots[at] = slot;
        }
    }
    return count;
}

static void sink(const struct choose *work, uint32_t *heap, size_t count, size_t at)
{
    for (;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < count && is_before(work, heap[child + 1], heap[child])) {
            child++;
        }
        if (child >= count || !is_before(work, heap[child], heap[at])) {
            return;
        }
        uint32_t slot = heap[at];
        heap[at] = heap[child];
        heap[child] = slot;
        at = child;
    }
}

/* All fitting pools as a heap, the best on top. */
static size_t heap_of(struct choose *work)
{
    size_t count = 0;
    for (size_t b = 0; b < work->ask->pools->block_count; b++) {
        for (uint64_t left = work->fit[b]; left; left &= left - 1) {
            work->order[count++] = (uint32_t)(b * LANES + (unsigned)__builtin_ctzll(left));
        }
    }
    for (size_t i = count / 2; i-- > 0;) {
        sink(work, work->order, count, i);
    }
    return count;
}

/* What makes pools near to each other; false: nothing is known of this one. */
static bool near_key(const struct choose *work, uint32_t slot, uint64_t *out_key)
{
    const unsigned column = work->spread;
    const struct pools_block *from = work->ask->pools->blocks[slot / POOLS_BLOCK];
    if (!(from->has[column] >> slot % POOLS_BLOCK & 1)) {
        return false;
    }
    *out_key = from->value[column][slot % POOLS_BLOCK];
    return true;
}

static uint32_t count_spread(struct choose *work, size_t count)
{
    uint32_t left_out = 0;
    uint64_t key;
    work_forget(work);
    for (size_t i = 0; i < count; i++) {
        if (near_key(work, work->order[i], &key)) {
            left_out += work_tally(work, key)->count++ >= work->most;
        }
    }
    return left_out;
}

/* The best that is left in the heap. */
static uint32_t pop(struct choose *work, size_t *left)
{
    uint32_t slot = work->order[0];
    work->order[0] = work->order[--*left];
    sink(work, work->order, *left, 0);
    return slot;
}

/* True when enough of those before it, which are better, are near to it. */
static bool is_left_out(struct choose *work, uint32_t slot)
{
    uint64_t key;
    return near_key(work, slot, &key) && work_tally(work, key)->at++ >= work->most;
}

static unsigned pick_spread(struct choose *work, uint32_t *slots, size_t left)
{
    unsigned count = 0;
    while (left > 0 && count < work->top) {
        uint32_t slot = pop(work, &left);
        if (!is_left_out(work, slot)) {
            slots[count++] = slot;
        }
    }
    return count;
}

/* The ranking goes only so far as pools are wanted; who explains wants all of
 * it, once for a question. */
static void mark_spread(struct choose *work)
{
    size_t left = heap_of(work);
    memset(work->spread_out, 0, work->ask->pools->block_count * sizeof *work->spread_out);
    work_forget(work);
    while (left > 0) {
        uint32_t slot = pop(work, &left);
        work->spread_out[slot / LANES] |= (uint64_t)is_left_out(work, slot) << slot % LANES;
    }
    work->spread_made = work->question;
}

bool rank_is_spread(struct choose *work, uint32_t slot)
{
    if (work->spread == POOLS_COLUMNS) {
        return false;
    }
    if (work->spread_made != work->question) {
        mark_spread(work);
    }
    return work->spread_out[slot / LANES] >> slot % LANES & 1;
}

void rank_picks(struct choose *work, struct choose_answer *out)
{
    uint32_t slots[NEED_TOP_MAX];
    unsigned count;
    if (work->spread < POOLS_COLUMNS) {
        size_t all = heap_of(work);
        uint32_t left_out = count_spread(work, all);
        out->reasons[CHOOSE_SPREAD] += left_out;
        out->reasons[CHOOSE_FITS] -= left_out;
        count = pick_spread(work, slots, all);
    } else {
        count = pick_best(work, slots);
    }
    /* a point of fcfs is a hundredth of all the time in which pools were registered: a later one would come first */
    uint32_t level = work->weights[CHOOSE_fcfs] > 0 ? 0 : CHOOSE_LEVEL;
    out->count = count;
    out->equal = 0;
    for (unsigned i = 0; i < count; i++) {
        score_pick(work, slots[i], &out->picks[i]);
        out->equal += out->picks[i].score + level >= out->picks[0].score;
    }
}
