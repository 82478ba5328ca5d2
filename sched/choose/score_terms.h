/* The terms of the score, one function for each row of sched/choose/policy.def: points 0..100 of the pools of a
 * block.
 *
 * All have one shape: the block is opened (work_open), `fit` are the pools that count, points of other lanes mean
 * nothing; the result is the pools of which some part of the term is not known. Formulas, with the order of their
 * operations: docs/policies.md. Terms that compare with the best look at all fitting pools before (_gather). One
 * thread.
 * Prefix: score_ */
#pragma once

#include "sched/choose/work.h"

#define POLICY(name, ...)                                                                          \
    uint64_t score_##name(struct choose *work, size_t block, uint64_t fit, double *out);
#include "sched/choose/policy.def"
#undef POLICY

/* Share of a pool that is asked for: the largest over the capacities asked for. Shape: LANES values; the result
 * says where it is defined. Units: 0..1. Errors: none. Source: docs/policies.md, asked part. */
uint64_t score_part(const struct choose *work, size_t block, uint64_t fit, double *out);

/* Since when the fitting pools are registered. Shape: as above. Units: epoch s. Errors: none. Source:
 * docs/policies.md, fcfs. */
void score_fcfs_gather(struct choose *work, size_t block, uint64_t fit);

/* Power of the asked part, and its carbon. Shape: as above. Units: W, g/h. Errors: none. Source:
 * docs/policies.md, energy, carbon. */
void score_power_gather(struct choose *work, size_t block, uint64_t fit);

/* Cost of an hour of the asked part. Shape: as above. Units: millionths of a currency. Errors: none. Source:
 * docs/policies.md, price. */
void score_price_gather(struct choose *work, size_t block, uint64_t fit);

/* Decide on the currency in which prices compare, when all pools were looked at. Shape: none. Units: none. Errors:
 * none. Source: docs/policies.md, price. */
void score_price_settle(struct choose *work);
