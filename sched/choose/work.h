/* What a thread remembers while it answers one question: the memory behind struct choose.
 *
 * work_begin makes everything ready that a question needs once: weights, place, members as masks, tests in their
 * order with their postings. The parts (filter, way, haul, score, rank) read and fill it; nobody else does.
 * Arrays grow with the table only. One thread.
 * Prefix: work_ choose_ */
#pragma once

#include "sched/choose/choose_ask.h"
#include "sched/choose/debit_list.h"
#include "sched/choose/lanes.h"

enum {
    WORK_GROUPS_MAX = BOOK_GROUPS_MAX,
};

enum work_raw {
    WORK_ENERGY,
    WORK_CARBON,
    WORK_PRICE,
    WORK_RAW
}; /* terms that compare with the best */

_Static_assert((int)CHOOSE_POLICIES == (int)NEED_POLICIES,
               "weights of a requirement are by policy");
_Static_assert((int)LANES == (int)POOLS_BLOCK, "a block of pools is gone through as a whole");

/* A test, ready to be made. */
struct work_test {
    const struct need_test *test;
    int number;                                /* of need->tests */
    uint8_t kind;                              /* enum attr_kind of the column */
    bool is_posted;                            /* postings decide, no column is read */
    const uint64_t *postings[NEED_VALUES_MAX]; /* NULL: no pool has it */
};

/* The tests of a requirement in the order in which they are made. */
struct work_tests {
    struct work_test tests[NEED_TESTS_MAX];
    unsigned count;
    unsigned numbers; /* here those of kind WHAT on numbers begin, and then other kinds */
    bool has_path;
};

/* What is known of a centre for this question. */
struct work_centre {
    uint64_t way_made, haul_made; /* number of the question that it was made for */
    const struct pools_path *path;
    uint64_t rtt_us;
    double network, margin; /* points; least margin of the stated limits, 0..1 */
    int failed_test;        /* of kind PATH, position in work_tests; -1: none */
    bool is_own, has_rtt, is_guessed, is_unknown;
    bool has_data, data_unknown; /* copies are there or may be brought; time not known */
    double move_s, data;         /* s, points */
    uint64_t move_octets;
};

struct choose {
    const struct choose_ask *ask;
    uint64_t question; /* number of it */
    double weights[CHOOSE_POLICIES], weight_sum;
    struct choose_place place;
    /* the question's, else the defaults */
    int64_t maxage_s;
    unsigned top, most;
    uint32_t low, high;
    unsigned spread; /* column; POOLS_COLUMNS: none */
    struct work_tests tests, groups[WORK_GROUPS_MAX];
    size_t group_count;
    const uint64_t *closed[2]; /* postings of state drain and down */
    bool closed_posted, on_posted, needs_way;
    const uint64_t *on[2];                       /* postings of the name and the centre of `on-` */
    unsigned asked[NEED_TESTS_MAX], asked_count; /* tests of need with is_asked */
    size_t winner;                               /* group that wins */
    /* by block */
    size_t blocks_size;
    uint64_t *members, *fit; /* fit: passes all tests, of the winning group */
    uint64_t *spread_out;    /* of those, what `spread` leaves out */
    uint64_t spread_made;    /* number of the question that it was made for */
    uint64_t (*in_group)[WORK_GROUPS_MAX];
    /* by slot */
    double *raw[WORK_RAW];
    uint32_t *scores;
    uint32_t *order; /* heap of rank */
    /* by centre */
    size_t centres_size;
    struct work_centre *centres;
    /* the best, over the fitting pools */
    double best[WORK_RAW];
    double oldest, newest; /* since, of fcfs */
    bool has_since;
    uint64_t currency;
    bool is_one_currency;
    uint32_t copy_at[NEED_SETS_MAX][POOLS_COPIES_MAX]; /* centres of the copies asked for */
    const struct pools_set *sets[NEED_SETS_MAX];
    /* a table by hash: currencies, spread, centres */
    size_t tally_size;
    struct work_tally {
        uint64_t key, stamp;
        uint32_t count, at;
        double best;
    } * tally;
    uint64_t tally_stamp;
    size_t debited_block; /* whose free figures stand in debited, + 1 */
    uint64_t debited[DEBIT_FREE][LANES];
};

/* Make everything ready for a question. Shape: ask is borrowed until the answer. Units: none. Errors: aborts
 * without memory, when the table has grown. Source: docs/policies.md. */
void work_begin(struct choose *work, const struct choose_ask *ask);

/* Free the arrays. Shape: none. Units: none. Errors: none. Source: none. */
void work_finish(struct choose *work);

/* True when a value passes a test. Shape: value as in a column. Units: stored. Errors: none. Source:
 * docs/policies.md. */
bool work_passes(const struct work_test *at, uint64_t value);

/* Take the promises of a block from its free figures, for work_column. Shape: none. Units: none. Errors: none.
 * Source: docs/policies.md. */
void work_open(struct choose *work, size_t block);

/* Values of a column in the block opened last. Shape: LANES values, or NULL: nobody has it. Units: stored.
 * Errors: NULL. Source: none. */
const uint64_t *work_column(const struct choose *work, size_t block, unsigned column);

/* Number of the centre of a pool. Shape: slot holds a pool. Units: none. Errors: none. Source: none. */
uint32_t work_centre_at(const struct choose *work, size_t block, unsigned lane);

/* The entry of a key in the table by hash, made when it is not there; work_forget empties the table.
 * Shape: none. Units: none. Errors: none: there is a place for every pool and every centre. Source: none. */
struct work_tally *work_tally(struct choose *work, uint64_t key);

/* The entry of a key, or NULL. Shape: none. Units: none. Errors: NULL. Source: none. */
const struct work_tally *work_tally_find(const struct choose *work, uint64_t key);

/* See work_tally. Shape: none. Units: none. Errors: none. Source: none. */
void work_forget(struct choose *work);
