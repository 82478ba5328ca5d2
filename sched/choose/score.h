/* Scores: terms, weights, total, in thousandths of a point.
 *
 * Between work_begin and the answer, after the filter. One thread. */
#pragma once

#include "sched/choose/work.h"

/* Look at the fitting pools (work->fit) for what compares with the best. Shape: none. Units: none. Errors: none.
 * Source: docs/policies.md, terms. */
void score_begin(struct choose *work);

/* Score the fitting pools of a block, into work->scores. Shape: none. Units: thousandths. Errors: none. Source:
 * docs/policies.md. */
void score_block(struct choose *work, size_t block);

/* Everything about the score of one pool. Shape: slot fits. Units: see struct choose_pick. Errors: none. Source:
 * docs/policies.md. */
void score_pick(struct choose *work, uint32_t slot, struct choose_pick *out);
