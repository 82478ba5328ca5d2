/* A budget of one worker for a kind of work: a share of its time, so that a flood of new requirements leaves the rest
 * to all other queries.
 *
 * Time is saved up for FIND_BUDGET_SAVED_MS and no longer. Plain struct, zeroed to begin; one thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { FIND_BUDGET_SAVED_MS = 500 };

struct find_budget {
    uint64_t last_ns; /* 0: never asked */
    int64_t left_ns;
};

/* True when a piece of work may begin: something is left.
 * Shape: now of a clock that does not go back. Units: ns; share in thousandths. Errors: false. Source: none. */
bool find_budget_may(struct find_budget *budget, uint64_t now_ns, unsigned share);

/* Say what it took; beyond most_ns it was the system that took the time. Shape: none. Units: ns. Errors: none.
 * Source: none. */
void find_budget_spend(struct find_budget *budget, uint64_t ns, uint64_t most_ns);
