/* The list of promises behind debits: capacity of pools that was promised and that no load report shows yet.
 *
 * A promise counts until a CLOAD observed later than it accounts for it, its owner ends it, or its time is out.
 * One thread; bounded; no clock of its own.
 * Prefix: debit_ */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sched/choose/pools.h"

struct debit;

/* Amounts of one pool; stored units of the attributes. */
struct debit_amounts {
    uint64_t cpu, mem, acc_milli, sto, nodes;
};

/* Make the list of promises. Shape: at most max at a time. Units: none. Errors: aborts without memory. Source:
 * none. */
struct debit *debit_create(size_t max, uint32_t timeout_s);

/* Free; NULL is accepted. Shape: none. Units: none. Errors: none. Source: none. */
void debit_destroy(struct debit *debit);

/* Promise amounts of a pool. Shape: name is the POOLS_NAME of the slot, which may be another pool's later;
 * *out_id ends it by debit_end, never 0. Units: stored units, s. Errors: ERR_LIMIT: too many promises.
 * Source: none. */
int debit_add(struct debit *debit, uint32_t slot, uint64_t name,
              const struct debit_amounts *amounts, int64_t now_s, uint64_t *out_id);

/* End a promise. Shape: none. Units: none. Errors: false: there is none (any more). Source: none. */
bool debit_end(struct debit *debit, uint64_t id);

/* What is promised of a pool and not in a report observed at obs_s. Shape: slot of the table in use. Units:
 * stored units, s. Errors: zeros. Source: none. */
struct debit_amounts debit_of(const struct debit *debit, uint32_t slot, int64_t obs_s,
                              int64_t now_s);

/* True when a block of pools may have promises. Shape: number of the block. Units: none. Errors: none.
 * Source: none. */
bool debit_touches(const struct debit *debit, size_t block);

/* Forget what has ended by time, by newer reports or with its pool. Shape: none. Units: s. Errors: none.
 * Source: none. */
void debit_sweep(struct debit *debit, const struct pools *pools, int64_t now_s);
