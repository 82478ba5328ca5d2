/* The data a job needs: whether a centre has them or may get them, and how long that takes.
 *
 * Worked out once per centre and question, when first needed. One thread. */
#pragma once

#include "sched/choose/work.h"

enum { HAUL_LONGEST_S = 3600 }; /* data that are longer on their way are not there */

/* Find the sets that are asked for and the centres that have copies. Shape: after work_begin. Units: none.
 * Errors: none. Source: docs/policies.md, data. */
void haul_begin(struct choose *work);

/* What it takes to have the data in a centre. Shape: number of the centre; borrowed until the next question.
 * Units: none. Errors: none. Source: docs/policies.md, data. */
const struct work_centre *haul_of(struct choose *work, uint32_t centre);
