/* The blocks of the table under the hands of its writer: rows go in and out, columns that differ are copied,
 * others stay shared with the versions before.
 *
 * Belongs to the table's writer.
 * Prefix: pools_ */
#pragma once

#include "sched/choose/pools_form.h"
#include "sched/choose/pools_posting.h"
#include "sched/choose/pools_row.h"
#include "sched/choose/pools_turn.h"

struct pools_blocks {
    struct pools_turn *turn; /* borrowed */
    const struct hash_key *key;
    struct pools_postings *postings;
    struct pools_list *list; /* NULL: no block */
    size_t count;
    size_t pool_count;
    uint32_t *free; /* slots, the next one last */
    size_t free_count, free_room;
};

/* Begin without blocks. Shape: all borrowed. Units: none. Errors: aborts without memory. Source: none. */
void pools_block_init(struct pools_blocks *blocks, struct pools_turn *turn,
                      const struct hash_key *key);

/* Free everything at once. Shape: none. Units: none. Errors: none. Source: none. */
void pools_block_finish(struct pools_blocks *blocks);

/* A slot for a pool that comes, by pools_block_put. Shape: none. Units: none. Errors: aborts without memory.
 * Source: none. */
uint32_t pools_block_take_slot(struct pools_blocks *blocks);

/* Put a row into a slot: name and centre are columns of it. Shape: name is borrowed until the pool goes.
 * Units: none. Errors: aborts without memory. Source: none. */
void pools_block_put(struct pools_blocks *blocks, uint32_t slot, const struct pools_row *row,
                     const uint8_t *name, uint32_t centre);

/* Put the columns of CLOAD alone. Shape: the slot holds a pool. Units: none. Errors: aborts without memory.
 * Source: none. */
void pools_block_put_load(struct pools_blocks *blocks, uint32_t slot, const struct pools_row *row);

/* Take a pool out and free its slot. Shape: none. Units: none. Errors: aborts without memory. Source: none. */
void pools_block_remove(struct pools_blocks *blocks, uint32_t slot);
