/* How busy a pool is, and what that takes from its score: between `low` and `high` the less the busier.
 *
 * One thread, after work_open of the block. */
#pragma once

#include "sched/choose/work.h"

/* Busy share: the largest of what is known. Shape: lane of the block opened last. Units: %. Errors: false: nothing
 * is known. Source: docs/policies.md, tests. */
bool shed_busy(const struct choose *work, size_t block, unsigned lane, double *out_busy);

/* What the score is multiplied by. Shape: as shed_busy; 0..1. Units: none. Errors: 1 when no limits are set.
 * Source: docs/policies.md. */
double shed_factor(const struct choose *work, size_t block, unsigned lane);
