/* The ranking: the best of the scored pools, in order, and which of them anti-affinity leaves out.
 *
 * One thread, after the scores. */
#pragma once

#include "sched/choose/work.h"

/* Put the best pools into the answer, in order: score, then name; count those that `spread` leaves out. Shape:
 * out->reasons of FITS and SPREAD, picks, count, equal. Units: none. Errors: none. Source: docs/policies.md,
 * answer. */
void rank_picks(struct choose *work, struct choose_answer *out);

/* True when `spread` leaves a fitting pool out: enough better ones are near to it. Shape: slot fits; after
 * rank_picks. Units: none.
 * Errors: none. Source: docs/policies.md, groups. */
bool rank_is_spread(struct choose *work, uint32_t slot);
