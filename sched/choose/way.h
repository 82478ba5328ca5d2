/* The way between a pool's centre and the asker: which path counts, what it is worth, which tests it passes.
 *
 * All pools of a centre share it, so it is worked out once per centre and question, when first needed.
 * One thread. */
#pragma once

#include "sched/choose/work.h"

/* The path that counts of those from a centre to a name that a record says. Shape: pools_exact_hash; NULL: none.
 * Units: none. Errors: NULL. Source: docs/policies.md, moving data. */
const struct pools_path *way_to(const struct pools_centre *centre, uint64_t exact);

/* One figure of a path. Shape: column of medium .. slice. Units: stored. Errors: false: unknown. Source: none. */
bool way_value(const struct pools_path *path, unsigned column, uint64_t *out_value);

/* What is known of the way from a centre. Shape: number of the centre; borrowed until the next question. Units:
 * none. Errors: none. Source: docs/policies.md, network. */
const struct work_centre *way_of(struct choose *work, uint32_t centre);

/* True when the way from a centre passes a test of kind PATH. Shape: none. Units: none. Errors: none. Source:
 * docs/policies.md, tests. */
bool way_passes(const struct work_centre *way, const struct work_test *at);

/* How far a value is inside the limit of a test, as a share of it. Shape: op GE or LE; 0..1. Units: none.
 * Errors: none. Source: docs/policies.md, qos. */
double way_margin(const struct need_test *test, double value);
