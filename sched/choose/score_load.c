#include "sched/choose/score_terms.h"

/* Lanes that publish both a part and a total above 0, with their quotient; other lanes hold what. */
static uint64_t quotient(const struct choose *work, size_t block, uint64_t lanes, unsigned part,
                         unsigned total, double what, double *out)
{
    const struct pools_block *from = work->ask->pools->blocks[block];
    const uint64_t *a = work_column(work, block, part);
    const uint64_t *b = work_column(work, block, total);
    uint64_t known = lanes & from->has[part] & from->has[total];
    if (!a || !b || !known) {
        lanes_fill(out, lanes, what);
        return 0;
    }
    known &= lanes_at_least(b, 1);
    for (unsigned i = 0; i < LANES; i++) {
        double share = lanes_double(a[i]) / lanes_double(b[i]);
        out[i] = share < 1 ? share : 1;
    }
    lanes_fill(out, lanes & ~known, what);
    return known;
}

/* The least free share of the capacities asked for. */
static uint64_t asked_share(const struct choose *work, size_t block, uint64_t fit, double *out)
{
    double share[LANES];
    uint64_t known = 0;
    for (unsigned k = 0; k < work->asked_count; k++) {
        const struct need_test *test = &work->ask->need->tests[work->asked[k]];
        known |= quotient(work, block, fit, test->column, test->total, 2, k ? share : out);
        for (unsigned i = 0; k && i < LANES; i++) {
            out[i] = share[i] < out[i] ? share[i] : out[i];
        }
    }
    lanes_fill(out, fit & ~known, 0);
    return known;
}

static void take(double *out, const double *from, uint64_t mask)
{
    for (; mask; mask &= mask - 1) {
        unsigned lane = (unsigned)__builtin_ctzll(mask);
        out[lane] = from[lane];
    }
}

static uint64_t idle_share(const struct choose *work, size_t block, uint64_t left, unsigned column,
                           double *out)
{
    const uint64_t *busy = work_column(work, block, column);
    left &= work->ask->pools->blocks[block]->has[column];
    for (unsigned i = 0; busy && left && i < LANES; i++) {
        out[i] = 1 - lanes_double(busy[i]) / 100;
    }
    return busy ? left : 0;
}

/* Nothing is asked for: cards, else cores, else memory, else what is said to be busy. */
static uint64_t any_share(const struct choose *work, size_t block, uint64_t fit, double *out)
{
    static const unsigned pairs[][2] = {{ATTR_INDEX_accf, ATTR_INDEX_accn},
                                        {ATTR_INDEX_cpuf, ATTR_INDEX_cpu},
                                        {ATTR_INDEX_memf, ATTR_INDEX_mem}};
    static const unsigned busy[] = {ATTR_INDEX_accutil, ATTR_INDEX_util};
    double share[LANES];
    uint64_t left = fit;
    for (unsigned i = 0; i < 5 && left; i++) {
        uint64_t known = i < 3 ? quotient(work, block, left, pairs[i][0], pairs[i][1], 0, share)
                               : idle_share(work, block, left, busy[i - 3], share);
        take(out, share, known);
        left &= ~known;
    }
    lanes_fill(out, left, 0);
    return fit & ~left;
}

static uint64_t queue_term(const struct choose *work, size_t block, uint64_t fit, double *out)
{
    static const uint64_t zeros[LANES];
    const struct pools_block *from = work->ask->pools->blocks[block];
    const uint64_t *run = work_column(work, block, ATTR_INDEX_run);
    const uint64_t *pend = work_column(work, block, ATTR_INDEX_pend);
    uint64_t known = pend ? fit & from->has[ATTR_INDEX_pend] : 0;
    uint64_t has_run = run ? from->has[ATTR_INDEX_run] : 0;
    double running[LANES];
    lanes_doubles(run ? run : zeros, running);
    lanes_fill(running, fit & ~has_run, 0);
    for (unsigned i = 0; known && i < LANES; i++) {
        out[i] = (running[i] + 1) / (running[i] + 1 + lanes_double(pend[i]));
    }
    lanes_fill(out, fit & ~known, 0);
    return known;
}

static uint64_t wait_term(const struct choose *work, size_t block, uint64_t fit, double *out)
{
    const uint64_t *wait = work_column(work, block, ATTR_INDEX_wait50);
    uint64_t known = wait ? fit & work->ask->pools->blocks[block]->has[ATTR_INDEX_wait50] : 0;
    for (unsigned i = 0; known && i < LANES; i++) {
        out[i] = 600 / (600 + lanes_double(wait[i]));
    }
    lanes_fill(out, fit & ~known, 0);
    return known;
}

LANES_WIDE
uint64_t score_load(struct choose *work, size_t block, uint64_t fit, double *out)
{
    double share[LANES], queue[LANES], wait[LANES];
    uint64_t known = work->asked_count ? asked_share(work, block, fit, share)
                                       : any_share(work, block, fit, share);
    known &= queue_term(work, block, fit, queue);
    known &= wait_term(work, block, fit, wait);
    for (unsigned i = 0; i < LANES; i++) {
        out[i] = 60 * share[i] + 20 * queue[i] + 20 * wait[i];
    }
    return fit & ~known;
}
