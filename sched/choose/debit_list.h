/* The list of promises behind debits: capacity of pools that was promised and that no load report shows yet.
 *
 * A promise counts until a CLOAD that is newer than it and than the report it was made against accounts for it, its
 * owner ends it, or its time is out.
 * One thread; bounded; no clock of its own.
 * Prefix: debit_ */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sched/choose/pools.h"

struct debit;

enum { DEBIT_FREE = 4 };

/* The free figures that promises are taken from: enum attr_index of cpuf, memf, accf, stof. */
extern const uint8_t debit_columns[DEBIT_FREE];

/* Amounts of one pool, in the order of debit_columns; stored units of the attributes. */
struct debit_amounts {
    uint64_t free[DEBIT_FREE];
};

/* Whose promises they are, and what is known of it. */
struct debit_pool {
    uint64_t name; /* POOLS_NAME: the slot may be another pool's later */
    int64_t obs_s; /* of its load report; INT64_MIN: it has none */
    uint32_t slot;
};

/* Make the list of promises. Shape: at most max at a time. Units: none. Errors: aborts without memory. Source:
 * none. */
struct debit *debit_create(size_t max, uint32_t timeout_s);

/* Free; NULL is accepted. Shape: none. Units: none. Errors: none. Source: none. */
void debit_destroy(struct debit *debit);

/* What is known of a pool. Shape: slot holds a pool. Units: s. Errors: none. Source: none. */
struct debit_pool debit_pool_at(const struct pools *pools, uint32_t slot);

/* Promise amounts of a pool. Shape: *out_id ends it by debit_end, never 0. Units: stored units, s. Errors:
 * ERR_LIMIT: too many promises. Source: none. */
int debit_add(struct debit *debit, const struct debit_pool *pool,
              const struct debit_amounts *amounts, int64_t now_s, uint64_t *out_id);

/* End a promise. Shape: none. Units: none. Errors: false: there is none (any more). Source: none. */
bool debit_end(struct debit *debit, uint64_t id);

/* What is promised of a pool and not in its report. Shape: none. Units: stored units, s. Errors: zeros.
 * Source: none. */
struct debit_amounts debit_of(const struct debit *debit, const struct debit_pool *pool,
                              int64_t now_s);

/* True when a block of pools may have promises. Shape: number of the block. Units: none. Errors: none.
 * Source: none. */
bool debit_touches(const struct debit *debit, size_t block);

/* Forget what has ended by time, by newer reports or with its pool. Shape: none. Units: s. Errors: none.
 * Source: none. */
void debit_sweep(struct debit *debit, const struct pools *pools, int64_t now_s);
