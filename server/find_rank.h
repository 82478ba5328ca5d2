/* Making an answer: from the question to the block that the cache keeps.
 *
 * struct find_rank is the memory of one worker, made once: engine, question, answer, draft and block. Called inside a
 * read section; everything that it gives is good until the next call. */
#pragma once

#include "server/find_entry.h"
#include "server/steer.h"
#include "server/steer_stick.h"

struct find_rank;

/* Make the memory. Shape: none. Units: none. Errors: aborts without memory. Source: none. */
struct find_rank *find_rank_create(void);

/* Free; NULL is accepted. Shape: none. Units: none. Errors: none. Source: none. */
void find_rank_destroy(struct find_rank *rank);

/* The question, to be filled by one of the functions of server/steer.h before find_rank_make.
 * Shape: borrowed. Units: none. Errors: none. Source: none. */
struct steer *find_rank_steer(struct find_rank *rank);

/* Rank, and make the records of a type (or TXT, the explanation).
 * Shape: scene as the question was made for; stick says whose first choice it is; borrowed until the next call, aligned
 * to 16, due_ns and turn 0. Units: none. Errors: none: without a piece nothing fits, or nobody has such records.
 * Source: docs/policies.md. */
struct find_entry *find_rank_make(struct find_rank *rank, const struct steer_scene *scene,
                                  uint16_t type, const struct steer_stick *stick);
