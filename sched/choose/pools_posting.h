/* Postings: which pools have a value in an indexed column, one mask a block.
 *
 * Indexed are the texts, enums, sets and lists of CENTRE and CRES, and the centre. Load reports never touch them. A column with
 * more than POOLS_POSTING_MAX different values loses its index, so that texts which are different everywhere cost
 * no memory. Belongs to the writer of the table; readers hold a root. */
#pragma once

#include "sched/choose/pools_form.h"
#include "sched/choose/pools_turn.h"

enum { POOLS_POSTING_MAX = 1024 };

struct pools_postings;

/* Make none. Shape: ended by pools_posting_destroy. Units: none. Errors: aborts without memory. Source: none. */
struct pools_postings *pools_posting_create(struct pools_turn *turn);

/* Free all at once; NULL is accepted. Shape: none. Units: none. Errors: none. Source: none. */
void pools_posting_destroy(struct pools_postings *postings);

/* True for a column that has an index, unless it was lost. Shape: column of pools.h. Units: none. Errors: false.
 * Source: none. */
bool pools_posting_is_indexed(const struct pools_postings *postings, unsigned column);

/* The masks of a value, or NULL. Any thread. Shape: as pools_posting. Units: none. Errors: NULL. Source: none. */
const uint64_t *pools_posting_find(const struct pools_postings *postings,
                                   const struct hash_key *key, unsigned column, uint64_t value);

/* Make room for the masks of so many blocks. Shape: *postings may become another one. Units: blocks. Errors:
 * aborts without memory. Source: none. */
void pools_posting_widen(struct pools_turn *turn, struct pools_postings **postings, size_t blocks);

/* A pool comes to a value or goes from it; a column without an index does nothing.
 * Shape: one word of a set, one item of a list; the slot's block has room. Units: none. Errors: aborts without
 * memory. Source: none. */
void pools_posting_change(struct pools_turn *turn, struct pools_postings **postings,
                          const struct hash_key *key, unsigned column, uint64_t value,
                          uint32_t slot, bool is_there);
