/* The filter: tests over the pools of a block at once, in the order of docs/policies.md; each pool that fails is
 * counted once, under the first test that it fails.
 *
 * One thread, between work_begin and the answer. */
#pragma once

#include "sched/choose/work.h"

/* Test some pools of a block. The block is opened (work_open); work->in_group says which fit which group, each
 * pool in one.
 * Shape: bit i for slot i; the result is what passes; out->reasons and failed_test are counted up. Units: none.
 * Errors: none. Source: docs/policies.md, tests. */
uint64_t filter_block(struct choose *work, size_t block, uint64_t pools, struct choose_answer *out);

/* True when a pool publishes what a test looks at. Shape: lane of the block opened last; *out_value what it
 * publishes, for lists and what is not known 0. Units: stored. Errors: false. Source: none. */
bool filter_value(struct choose *work, size_t block, unsigned lane, const struct need_test *test,
                  uint64_t *out_value);
