#include "sched/choose/score_terms.h"

LANES_WIDE
uint64_t score_part(const struct choose *work, size_t block, uint64_t fit, double *out)
{
    const struct pools_block *from = work->ask->pools->blocks[block];
    double part[LANES];
    uint64_t defined = 0;
    memset(out, 0, LANES * sizeof *out);
    for (unsigned k = 0; k < work->asked_count; k++) {
        const struct need_test *test = &work->ask->need->tests[work->asked[k]];
        const uint64_t *total = work_column(work, block, test->total);
        uint64_t known = total ? fit & from->has[test->total] : 0;
        if (!known) {
            continue;
        }
        known &= lanes_at_least(total, 1);
        double asked = lanes_double(test->values[0]);
        for (unsigned i = 0; i < LANES; i++) {
            part[i] = asked / lanes_double(total[i]);
            part[i] = part[i] < 1 ? part[i] : 1;
        }
        lanes_fill(part, fit & ~known, 0);
        for (unsigned i = 0; i < LANES; i++) {
            out[i] = part[i] > out[i] ? part[i] : out[i];
        }
        defined |= known;
    }
    return defined;
}

/* The least of what is known; unknown is below 0. */
static double least(double best, const double *raw, uint64_t lanes)
{
    for (; lanes; lanes &= lanes - 1) {
        double value = raw[__builtin_ctzll(lanes)];
        best = value >= 0 && (best < 0 || value < best) ? value : best;
    }
    return best;
}

void score_power_gather(struct choose *work, size_t block, uint64_t fit)
{
    const struct pools_block *from = work->ask->pools->blocks[block];
    const uint64_t *rated = from->value[ATTR_INDEX_watt], *now = from->value[ATTR_INDEX_wattnow];
    const uint64_t *pue = from->value[ATTR_INDEX_pue], *gco2 = from->value[ATTR_INDEX_gco2];
    double *energy = work->raw[WORK_ENERGY] + block * LANES;
    double *carbon = work->raw[WORK_CARBON] + block * LANES;
    double part[LANES];
    lanes_fill(part, fit & ~score_part(work, block, fit, part), 1);
    for (uint64_t left = fit; left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctzll(left);
        bool has_rated = from->has[ATTR_INDEX_watt] >> i & 1;
        bool has_now = from->has[ATTR_INDEX_wattnow] >> i & 1;
        bool has_pue = from->has[ATTR_INDEX_pue] >> i & 1;
        energy[i] = carbon[i] = -1;
        if (has_pue && (has_rated || has_now)) {
            double watt = lanes_double(has_rated ? rated[i] : now[i]);
            energy[i] = watt * part[i] * lanes_double(pue[i]) / 1000;
        }
        if (energy[i] >= 0 && from->has[ATTR_INDEX_gco2] >> i & 1) {
            carbon[i] = energy[i] * lanes_double(gco2[i]) / 1000;
        }
    }
    work->best[WORK_ENERGY] = least(work->best[WORK_ENERGY], energy, fit);
    work->best[WORK_CARBON] = least(work->best[WORK_CARBON], carbon, fit);
}

/* The best gets 100, twice as much half of it. */
static uint64_t compared(const struct choose *work, enum work_raw which, size_t block, uint64_t fit,
                         double *out)
{
    const double *raw = work->raw[which] + block * LANES;
    uint64_t unknown = 0;
    for (; fit; fit &= fit - 1) {
        unsigned i = (unsigned)__builtin_ctzll(fit);
        out[i] = raw[i] > 0 ? 100 * work->best[which] / raw[i] : raw[i] < 0 ? 0 : 100;
        unknown |= (uint64_t)(raw[i] < 0) << i;
    }
    return unknown;
}

uint64_t score_energy(struct choose *work, size_t block, uint64_t fit, double *out)
{
    return compared(work, WORK_ENERGY, block, fit, out);
}

uint64_t score_carbon(struct choose *work, size_t block, uint64_t fit, double *out)
{
    return compared(work, WORK_CARBON, block, fit, out);
}
