/* Sticky services: the pool that is answered first stays first for `sticky` seconds, unless it does not fit any more.
 *
 * First choices are in the table that all workers share (server/steer_first.h). Called between choose_rank and the use
 * of its answer; plain struct, borrowed. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "server/steer.h"
#include "server/steer_first.h"

#define STEER_EVERYWHERE UINT64_MAX /* the place of answers that no place changes */

/* Whose first choice. */
struct steer_stick {
    struct steer_first *first; /* NULL: nothing sticks */
    const struct hash_key *key;
    uint64_t service;  /* keyed hash of its whole name */
    uint64_t place;    /* number of the asker's; counts where the answer depends on it */
    bool is_only_read; /* explanations keep nothing */
};

/* Put the present first choice of a sticky service first in an answer, or keep the one that the answer brings. Returns
 * for how long it stays, 0 when it may change at any time.
 * Shape: answer of choose_rank for steer->ask, changed; nothing for what is not sticky. Units: s. Errors: none.
 * Source: docs/policies.md. */
uint32_t steer_stick_keep(const struct steer_stick *stick, struct choose *choose,
                          const struct steer *steer, struct choose_answer *answer);
