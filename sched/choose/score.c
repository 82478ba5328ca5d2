#include "sched/choose/score.h"

#include "sched/choose/haul.h"
#include "sched/choose/score_terms.h"
#include "sched/choose/shed.h"
#include "sched/choose/way.h"

enum { HEALTH_DEGRADED = 2 };

static uint64_t (*const terms[CHOOSE_POLICIES])(struct choose *, size_t, uint64_t, double *) = {
#define POLICY(name, ...) score_##name,
#include "sched/choose/policy.def"
#undef POLICY
};

uint64_t score_manual(struct choose *work, size_t block, uint64_t fit, double *out)
{
    (void)work;
    (void)block;
    lanes_fill(out, fit, 100);
    return 0;
}

void score_fcfs_gather(struct choose *work, size_t block, uint64_t fit)
{
    const uint64_t *since = work->ask->pools->blocks[block]->value[ATTR_INDEX_since];
    fit &= since ? work->ask->pools->blocks[block]->has[ATTR_INDEX_since] : 0;
    for (; fit; fit &= fit - 1) {
        double at = lanes_double(since[__builtin_ctzll(fit)]);
        work->oldest = !work->has_since || at < work->oldest ? at : work->oldest;
        work->newest = !work->has_since || at > work->newest ? at : work->newest;
        work->has_since = true;
    }
}

uint64_t score_fcfs(struct choose *work, size_t block, uint64_t fit, double *out)
{
    const uint64_t *since = work->ask->pools->blocks[block]->value[ATTR_INDEX_since];
    uint64_t known = since ? fit & work->ask->pools->blocks[block]->has[ATTR_INDEX_since] : 0;
    double newest = work->newest, span = newest - work->oldest;
    for (uint64_t left = known; left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctzll(left);
        out[i] = span > 0 ? 100 * (newest - lanes_double(since[i])) / span : 100;
    }
    lanes_fill(out, fit & ~known, 0);
    return fit & ~known;
}

uint64_t score_network(struct choose *work, size_t block, uint64_t fit, double *out)
{
    uint64_t unknown = 0;
    for (; fit; fit &= fit - 1) {
        unsigned i = (unsigned)__builtin_ctzll(fit);
        const struct work_centre *way = way_of(work, work_centre_at(work, block, i));
        out[i] = way->network;
        unknown |= (uint64_t)way->is_unknown << i;
    }
    return unknown;
}

uint64_t score_data(struct choose *work, size_t block, uint64_t fit, double *out)
{
    uint64_t unknown = 0;
    for (; fit; fit &= fit - 1) {
        unsigned i = (unsigned)__builtin_ctzll(fit);
        const struct work_centre *at = haul_of(work, work_centre_at(work, block, i));
        out[i] = at->data;
        unknown |= (uint64_t)at->data_unknown << i;
    }
    return unknown;
}

static bool has_direction(const struct need_test *test)
{
    return test->op == NEED_GE || test->op == NEED_LE;
}

/* The least margin of the tests on the pool itself; false: there are none. */
static bool pool_margin(const struct choose *work, size_t block, uint64_t fit, double *out)
{
    bool is_any = false;
    lanes_fill(out, fit, 1);
    for (unsigned k = 0; k < work->tests.count; k++) {
        const struct need_test *test = work->tests.tests[k].test;
        const uint64_t *value =
            test->kind == NEED_PATH ? NULL : work_column(work, block, test->column);
        if (!has_direction(test) || test->kind == NEED_PATH) {
            continue;
        }
        is_any = true;
        for (uint64_t left = value ? fit : 0; left; left &= left - 1) {
            unsigned i = (unsigned)__builtin_ctzll(left);
            double margin = way_margin(test, lanes_double(value[i]));
            out[i] = margin < out[i] ? margin : out[i];
        }
    }
    return is_any;
}

uint64_t score_qos(struct choose *work, size_t block, uint64_t fit, double *out)
{
    double margin[LANES];
    bool has_pool = pool_margin(work, block, fit, margin), has_path = false;
    for (unsigned k = 0; k < work->tests.count; k++) {
        const struct need_test *test = work->tests.tests[k].test;
        has_path |= test->kind == NEED_PATH && has_direction(test);
    }
    for (uint64_t left = fit; left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctzll(left);
        double path = has_path ? way_of(work, work_centre_at(work, block, i))->margin : 0;
        double mean = has_pool && has_path ? (margin[i] + path) / 2 : has_pool ? margin[i] : path;
        out[i] = 100 * mean;
    }
    return 0;
}

void score_begin(struct choose *work)
{
    const struct pools *pools = work->ask->pools;
    bool has_power = work->weights[CHOOSE_energy] > 0 || work->weights[CHOOSE_carbon] > 0;
    bool has_price = work->weights[CHOOSE_price] > 0, has_fcfs = work->weights[CHOOSE_fcfs] > 0;
    work->best[WORK_ENERGY] = work->best[WORK_CARBON] = -1;
    work->has_since = false;
    work->oldest = work->newest = 0;
    work->currency = 0;
    work->is_one_currency = true;
    work_forget(work);
    for (size_t b = 0; (has_power || has_price || has_fcfs) && b < pools->block_count; b++) {
        uint64_t fit = work->fit[b];
        if (!fit) {
            continue;
        }
        work_open(work, b);
        if (has_power) {
            score_power_gather(work, b, fit);
        }
        if (has_price) {
            score_price_gather(work, b, fit);
        }
        if (has_fcfs) {
            score_fcfs_gather(work, b, fit);
        }
    }
    score_price_settle(work);
}

/* What is left of the total of pools that are shed or degraded. */
static void lower(const struct choose *work, size_t block, uint64_t fit, double *total)
{
    const struct pools_block *from = work->ask->pools->blocks[block];
    const uint64_t *health = from->value[ATTR_INDEX_health];
    uint64_t shed = work->high > 0 && work->low > 0 ? fit : 0;
    uint64_t degraded = health ? fit & from->has[ATTR_INDEX_health] : 0;
    for (; shed; shed &= shed - 1) {
        unsigned i = (unsigned)__builtin_ctzll(shed);
        total[i] *= shed_factor(work, block, i);
    }
    degraded = degraded ? degraded & lanes_equal(health, HEALTH_DEGRADED) : 0;
    for (; degraded; degraded &= degraded - 1) {
        total[__builtin_ctzll(degraded)] *= 0.5;
    }
}

/* Lanes without a pool hold anything, so what is no score is made one. */
static uint32_t thousandths(double points)
{
    double value = points * 1000 + 0.5;
    value = value > 0 ? value : 0;
    value = value < 100000.5 ? value : 100000;
    return (uint32_t)(int32_t)value; /* not below 0: cutting off is floor */
}

LANES_WIDE
void score_block(struct choose *work, size_t block)
{
    uint64_t fit = work->fit[block];
    uint32_t *scores = work->scores + block * LANES;
    double total[LANES] = {0}, points[LANES] = {0};
    work_open(work, block);
    for (unsigned k = 0; k < CHOOSE_POLICIES; k++) {
        const double weight = work->weights[k];
        if (weight <= 0) {
            continue;
        }
        terms[k](work, block, fit, points);
        for (unsigned i = 0; i < LANES; i++) {
            total[i] += weight * points[i];
        }
    }
    const double sum = work->weight_sum;
    for (unsigned i = 0; i < LANES; i++) {
        total[i] /= sum;
    }
    lower(work, block, fit, total);
    for (unsigned i = 0; i < LANES; i++) {
        scores[i] = thousandths(total[i]);
    }
}

static uint32_t share_of(const struct choose *work, size_t block, unsigned lane)
{
    const struct pools_block *from = work->ask->pools->blocks[block];
    double weight = 1;
    if (from->has[ATTR_INDEX_accf] >> lane & 1) {
        weight += lanes_double(work_column(work, block, ATTR_INDEX_accf)[lane]) / 1000;
    } else if (from->has[ATTR_INDEX_cpuf] >> lane & 1) {
        weight += lanes_double(work_column(work, block, ATTR_INDEX_cpuf)[lane]);
    }
    if (work->high > 0) {
        weight *= shed_factor(work, block, lane);
    }
    weight = weight < 1 ? 1 : weight;
    return weight < UINT32_MAX ? (uint32_t)weight : UINT32_MAX;
}

void score_pick(struct choose *work, uint32_t slot, struct choose_pick *out)
{
    size_t block = slot / POOLS_BLOCK;
    unsigned lane = slot % POOLS_BLOCK;
    double points[LANES];
    work_open(work, block);
    *out = (struct choose_pick){.slot = slot, .score = work->scores[slot]};
    for (unsigned k = 0; k < CHOOSE_POLICIES; k++) {
        if (work->weights[k] > 0) {
            uint64_t unknown = terms[k](work, block, 1ull << lane, points);
            out->terms[k] = thousandths(points[lane]);
            out->unknown |= (uint32_t)(unknown >> lane & 1) << k;
        }
    }
    out->weight = share_of(work, block, lane);
}
