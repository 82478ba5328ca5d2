/* The first choices of sticky services: which pool answers first at (service, place), and since when.
 *
 * One small table for all workers, without a lock and without state per client. A place that another key takes is
 * forgotten, which costs no more than a change before its time. Any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct steer_first;

/* Make an empty table. Shape: ended by steer_first_destroy. Units: keys, rounded up to a power of two. Errors: aborts
 * without memory. Source: none. */
struct steer_first *steer_first_create(size_t keys);

/* Free; NULL is accepted. Shape: none. Units: none. Errors: none. Source: none. */
void steer_first_destroy(struct steer_first *first);

/* What is known of a key. Shape: pool as given to steer_first_set. Units: s. Errors: false: nothing.
 * Source: none. */
bool steer_first_get(const struct steer_first *first, uint64_t key, uint32_t *out_pool,
                     uint32_t *out_since_s);

/* Keep a first choice. Shape: key and pool are hashes. Units: s, of a clock that all workers read. Errors: none.
 * Source: none. */
void steer_first_set(struct steer_first *first, uint64_t key, uint32_t pool, uint32_t since_s);
