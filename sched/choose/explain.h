/* The explanation of an answer as text: a line for each pool considered, and a summary of them all.
 *
 *     gpu.pcl 87.5 load=90.1 network=83.6          it fits: score, terms; `?`: part of the term is not published
 *     gpu.nscc-gz full: accf=2 of accn-8           what was observed, and the word that asks for more
 *     hpc.x stale: 75 s
 *     cpu.y unknown: accf
 *     0/12 pools: 7 lack acc=ascend-910b, 3 full, 2 stale
 * Stateless, any thread. */
#pragma once

#include "base/bytes.h"
#include "sched/choose/choose_ask.h"

enum { EXPLAIN_LINE_MAX = 255, EXPLAIN_SUMMARY_MAX = 150 }; /* octets */

/* Print why one pool is where it is. What does not fit into a line is left out.
 * Shape: text, not terminated, at most EXPLAIN_LINE_MAX octets; why is that of the pool in slot. Units: points with
 * one digit behind the point; values as attr_number_print. Errors: ERR_SPACE in wr. Source: docs/policies.md. */
void explain_print(const struct choose_ask *ask, const struct choose_answer *answer, uint32_t slot,
                   const struct choose_why *why, struct wr *wr);

/* Print how many pools fit, and why how many others do not, the largest number first.
 * Shape: text, not terminated, at most EXPLAIN_SUMMARY_MAX octets. Units: pools. Errors: ERR_SPACE in wr. Source:
 * docs/policies.md. */
void explain_summary(const struct choose_ask *ask, const struct choose_answer *answer,
                     struct wr *wr);
