/* The table of pools: what CENTRE, CRES, CLOAD, CNET and CDATA of one zone say, as columns of numbers.
 *
 * One version is immutable: blocks of 64 pools whose columns are shared with the versions before.
 * struct pools_keeper (sched/choose/pools_keeper.h) makes the versions; a reader takes one inside a read
 * section (base/rcu.h) and keeps nothing of it afterwards. Records that are not public are not here. */
#pragma once

#include "sched/choose/pools_form.h"

/* The slot of a pool, or POOLS_NONE. Shape: wire form, lower case. Units: none. Errors: POOLS_NONE.
 * Source: none. */
uint32_t pools_find(const struct pools *pools, const uint8_t *name);

/* The pool in a slot. Shape: borrowed; NULL for a free slot. Units: none. Errors: NULL. Source: none. */
const struct pools_pool *pools_at(const struct pools *pools, uint32_t slot);

/* One value of a pool, false when it does not publish it. Shape: column of enum pools_column or attr_index.
 * Units: the attribute's stored unit. Errors: false. Source: none. */
bool pools_value(const struct pools *pools, uint32_t slot, unsigned column, uint64_t *out_value);

/* Copies of a set, or NULL. Shape: borrowed. Units: none. Errors: NULL. Source: none. */
const struct pools_set *pools_find_set(const struct pools *pools, uint64_t hash);

/* Pools that have a value in an indexed column (texts, enums, sets, lists of CENTRE and CRES; POOLS_CENTRE):
 * one mask a block. A column with very many different values has no index.
 * Shape: set and list values by one word or item: the mask 1 << (word - 1), or the item's hash. NULL: no
 * pool has it. out_is_indexed false: the column has no index, look at all. Units: none. Errors: NULL.
 * Source: none. */
const uint64_t *pools_posting(const struct pools *pools, unsigned column, uint64_t value,
                              bool *out_is_indexed);
