#include "sched/choose/haul.h"

#include <math.h>

#include "sched/choose/way.h"

#define LARGE_OCTETS (1ull << 40) /* more than that is not moved by guess */

void haul_begin(struct choose *work)
{
    const struct pools *pools = work->ask->pools;
    const struct need *need = work->ask->need;
    if (need->set_count == 0) {
        return;
    }
    work_forget(work);
    for (size_t i = 0; i < pools->centre_count; i++) {
        if (pools->centres[i]) {
            work_tally(work, pools->centres[i]->exact)->at = (uint32_t)i;
        }
    }
    for (unsigned k = 0; k < need->set_count; k++) {
        const struct pools_set *set = pools_find_set(pools, need->sets[k]);
        work->sets[k] = set;
        for (size_t i = 0; set && i < set->copy_count && i < POOLS_COPIES_MAX; i++) {
            const struct work_tally *entry = work_tally_find(work, set->copies[i].centre);
            work->copy_at[k][i] = entry ? entry->at : POOLS_NONE;
        }
    }
}

/* Bandwidth that is there; a path that states none, or none free, says nothing about time. */
static uint64_t bandwidth(const struct pools_path *path)
{
    uint64_t mbits = 0;
    if (path && way_value(path, ATTR_INDEX_bwf, &mbits) && mbits > 0) {
        return mbits;
    }
    return path && way_value(path, ATTR_INDEX_bw, &mbits) ? mbits : 0;
}

/* From where the copy is, else as the way back says. */
static uint64_t bandwidth_between(const struct pools *pools, uint32_t from_at,
                                  const struct pools_copy *copy, const struct pools_centre *to)
{
    uint64_t mbits = 0;
    if (from_at != POOLS_NONE) {
        mbits = bandwidth(way_to(pools->centres[from_at], to->exact));
    }
    return mbits ? mbits : bandwidth(way_to(to, copy->centre));
}

struct move {
    bool is_here, is_possible, has_time, is_small;
    double least_s;
    uint64_t octets;
};

static void add_copy(const struct pools *pools, uint32_t from_at, const struct pools_copy *copy,
                     const struct pools_centre *to, struct move *move)
{
    if (copy->pin || (copy->jur != 0 && copy->jur != to->jur)) {
        return;
    }
    move->is_possible = true;
    move->is_small |= copy->has_size && copy->size_octets <= LARGE_OCTETS;
    uint64_t mbits = copy->has_size ? bandwidth_between(pools, from_at, copy, to) : 0;
    if (mbits == 0) {
        return;
    }
    double time_s = lanes_double(copy->size_octets) * 8 / (lanes_double(mbits) * 1e6);
    if (!move->has_time || time_s < move->least_s) {
        move->has_time = true;
        move->least_s = time_s;
        move->octets = copy->size_octets;
    }
}

static struct move move_of(const struct choose *work, unsigned k, const struct pools_centre *to)
{
    const struct pools_set *set = work->sets[k];
    struct move move = {0};
    for (size_t i = 0; set && i < set->copy_count; i++) {
        move.is_here |= set->copies[i].centre == to->exact;
    }
    for (size_t i = 0; set && !move.is_here && i < set->copy_count && i < POOLS_COPIES_MAX; i++) {
        add_copy(work->ask->pools, work->copy_at[k][i], &set->copies[i], to, &move);
    }
    return move;
}

const struct work_centre *haul_of(struct choose *work, uint32_t number)
{
    struct work_centre *at = &work->centres[number];
    if (at->haul_made == work->question) {
        return at;
    }
    at->haul_made = work->question;
    at->has_data = true;
    at->data_unknown = false;
    at->move_s = 0;
    at->move_octets = 0;
    for (unsigned k = 0; k < work->ask->need->set_count; k++) {
        struct move move = move_of(work, k, work->ask->pools->centres[number]);
        if (move.is_here) {
            continue;
        }
        bool is_late = move.has_time && move.least_s > HAUL_LONGEST_S;
        at->data_unknown |= !move.has_time;
        at->has_data &= move.is_possible && !is_late && (move.has_time || move.is_small);
        at->move_s += move.least_s;
        at->move_octets += move.octets;
    }
    at->data = at->data_unknown ? 0 : 100.0 * 60 / (60 + at->move_s);
    return at;
}
