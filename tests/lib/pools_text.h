/* Tables of pools as text, and whether their parts agree with each other.
 *
 * Equal tables print equal, whatever slots their pools have. Any thread that may read the table. */
#pragma once

#include "sched/choose/pools.h"

/* All pools with every column, all centres with every path, and all copies of the sets that are named.
 * Shape: names are labels below the zone, NULL ends; terminated text for mem_free. Units: stored. Errors: none.
 * Source: none. */
char *pools_text_print(const struct pools *pools, const char *const *sets);

/* Check counts, look-ups by name, and that each posting has exactly the pools with the value, for all values
 * that pools of `of` have. Shape: of may be the same table. Units: none. Errors: fails the test. Source: none. */
void pools_text_check(const struct pools *pools, const struct pools *of);
