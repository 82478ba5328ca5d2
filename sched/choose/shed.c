#include "sched/choose/shed.h"

static bool value_of(const struct choose *work, size_t block, unsigned lane, unsigned column,
                     double *out)
{
    if (!(work->ask->pools->blocks[block]->has[column] >> lane & 1)) {
        return false;
    }
    *out = lanes_double(work_column(work, block, column)[lane]);
    return true;
}

bool shed_busy(const struct choose *work, size_t block, unsigned lane, double *out_busy)
{
    static const unsigned busy[] = {ATTR_INDEX_util, ATTR_INDEX_accutil};
    static const unsigned pairs[][2] = {{ATTR_INDEX_cpuf, ATTR_INDEX_cpu},
                                        {ATTR_INDEX_accf, ATTR_INDEX_accn}};
    double most = -1, value, total;
    for (unsigned i = 0; i < 2; i++) {
        if (value_of(work, block, lane, busy[i], &value)) {
            most = value > most ? value : most;
        }
    }
    for (unsigned i = 0; i < 2; i++) {
        if (value_of(work, block, lane, pairs[i][0], &value) &&
            value_of(work, block, lane, pairs[i][1], &total) && total > 0) {
            value = 100 * (1 - value / total);
            value = value > 0 ? value : 0; /* more free than there is: idle */
            most = value > most ? value : most;
        }
    }
    if (most < 0) {
        return false;
    }
    *out_busy = most;
    return true;
}

double shed_factor(const struct choose *work, size_t block, unsigned lane)
{
    const double low = work->low, high = work->high;
    double busy;
    if (low <= 0 || !(low < high) || !shed_busy(work, block, lane, &busy)) {
        return 1;
    }
    return low < busy && busy < high ? (high - busy) / (high - low) : 1;
}
