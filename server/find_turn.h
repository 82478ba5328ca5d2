/* Turns: who comes first in which answer, so that many askers spread over equals as their weights say.
 *
 * A round of at most FIND_TURNS_MAX answers; each of the equals comes first in as many of them as the method of the
 * largest remainder gives it, at least once, and as evenly spread as can be. Stateless. */
#pragma once

#include <stdint.h>

enum { FIND_TURNS_MAX = 256, FIND_TURN_EQUALS_MAX = 64 };

/* Make a round for `count` equals; returns its length.
 * Shape: out_turns has FIND_TURNS_MAX places, each then the position of an equal. Units: weights of any unit, 0
 * counts as 1; count 1..FIND_TURN_EQUALS_MAX. Errors: none. Source: Hare quota, largest remainder. */
unsigned find_turn_fill(const uint32_t *weights, unsigned count, uint8_t *out_turns);
