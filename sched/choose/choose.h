/* Choosing: which pools fit a requirement, and in which order. Pure: same table, requirement, place and time give
 * the same answer everywhere; formulas are in docs/policies.md.
 *
 * struct choose is the memory of one thread, made once and used again; it grows only when a table has grown.
 * Answers hold slots of the table and are good as long as it is read. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "sched/choose/choose_ask.h"

struct choose;

/* Make the memory of a thread. Shape: ended by choose_destroy. Units: none. Errors: aborts without memory.
 * Source: none. */
struct choose *choose_create(void);

/* Free; NULL is accepted. Shape: none. Units: none. Errors: none. Source: none. */
void choose_destroy(struct choose *choose);

/* Filter, score, rank. Shape: out is the caller's. Units: see struct. Errors: none: an answer of 0 picks says in
 * reasons why. Source: docs/policies.md. */
void choose_rank(struct choose *choose, const struct choose_ask *ask, struct choose_answer *out);

/* The place of a pool among the picks, 0 when it is none. Shape: from 1. Units: none. Errors: none. Source: none. */
unsigned choose_rank_of(const struct choose_answer *answer, uint32_t slot);

/* Why one pool is where it is, for the same question, after choose_rank. Shape: slot holds a pool. Units: see
 * struct. Errors: none. Source: docs/policies.md. */
void choose_explain(struct choose *choose, const struct choose_ask *ask, uint32_t slot,
                    struct choose_why *out);

/* The pools of a block that pass all tests: they win, are spare or spread out; likewise. Shape: bit i: its slot i.
 * Units: none. Errors: none. Source: docs/policies.md. */
uint64_t choose_fitting(struct choose *choose, size_t block);

/* From when on what choose_explain says, and the counts of reasons, may be old: a report is too old by then, or its
 * age as it is told is. Shape: after choose_rank. Units: s. Errors: none. Source: docs/policies.md, answer. */
int64_t choose_told_until(const struct choose *choose);

/* The place of the asker with `near-` taken into account. Shape: out is the caller's; from may be NULL. Units:
 * none. Errors: false: nothing of that name is known here. Source: docs/policies.md. */
bool choose_near(const struct pools *pools, const struct need *need,
                 const struct choose_place *from, struct choose_place *out);
