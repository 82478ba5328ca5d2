/* A question to the engine and what it answers: plain data, borrowed and filled by who asks.
 *
 * Answers hold slots of the table of pools and are good as long as it is read. One thread at a time.
 * Prefix: choose_ */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sched/choose/book.h"
#include "sched/choose/choose_place.h"
#include "sched/choose/need_form.h"
#include "sched/choose/pools.h"

enum {
    CHOOSE_MAXAGE_S = 60,
    CHOOSE_LEVEL = 1000
}; /* default; thousandths: scores so near count as equal, without fcfs */

enum choose_policy { /* positions in weights and terms; numbers in CPOL are one more */
#define POLICY(name, number, ...) CHOOSE_##name,
#include "sched/choose/policy.def"
#undef POLICY
                     CHOOSE_POLICIES,
};

enum choose_reason { /* why a pool does not win; CHOOSE_FITS: it does fit */
#define REASON(name, ...) CHOOSE_##name,
#include "sched/choose/reason.def"
#undef REASON
                     CHOOSE_REASONS,
};

struct choose_group {
    const char *name; /* terminated */
    const struct need *need;
};

struct debit; /* sched/choose/debit.h */

/* A question. Everything is borrowed. A policy of the operator's is no part of it: who asks adds what that says. */
struct choose_ask {
    const struct pools *pools;
    const struct need *need;
    const uint8_t *weights; /* NEED_POLICIES; NULL: the requirement's, else load:60,network:40 */
    const struct choose_place *from; /* NULL: nowhere */
    bool is_placed;                  /* from is what choose_near makes of it */
    int64_t now_s;
    uint32_t maxage_s;       /* 0: CHOOSE_MAXAGE_S */
    uint32_t low, high;      /* %; 0: no limit */
    const uint32_t *members; /* slots that alone may win; NULL: all */
    size_t member_count;
    const struct choose_group *groups; /* tried in order */
    size_t group_count;
    unsigned top;    /* 0: the requirement's, else NEED_TOP */
    uint16_t spread; /* as book_policy */
    unsigned most;
    const struct debit *debit; /* what is promised but not yet seen in CLOAD; NULL: nothing */
};

struct choose_pick {
    uint32_t slot;
    uint32_t score;                  /* thousandths of a point, 0..100000 */
    uint32_t terms[CHOOSE_POLICIES]; /* likewise, before weights */
    uint32_t unknown;                /* bit: the term had to be guessed the worst */
    uint32_t weight;                 /* share among equals, at least 1 */
};

struct choose_answer {
    struct choose_pick picks[NEED_TOP_MAX]; /* best first */
    unsigned count;
    unsigned equal;      /* how many of them, from the first on, count as equal */
    uint32_t considered; /* pools looked at */
    uint32_t fits;
    uint32_t reasons[CHOOSE_REASONS];     /* pools by the first test that they fail */
    uint32_t failed_test[NEED_TESTS_MAX]; /* of reasons lacks, full, limit, path: by test */
    const struct choose_group *group;     /* that they are of; NULL: no groups */
    uint8_t weights[CHOOSE_POLICIES];     /* those in effect, as are the four below */
    uint32_t maxage_s, low, high;
    unsigned top;
    int64_t until_s; /* from then on time alone may change the answer */
    bool uses_place; /* another place could give another answer */
};

/* Why one pool is where it is. */
struct choose_why {
    enum choose_reason reason;
    int test;        /* of need->tests; -1: none */
    bool is_unknown; /* it does not publish what the test needs */
    uint64_t value;  /* observed, in the test's unit; seconds for stale; % for shed */
    uint64_t limit;
    struct choose_pick pick;       /* of reason FITS */
    const struct pools_path *path; /* towards the asker; NULL: none is published */
    uint64_t rtt_us;               /* of the path, or guessed by distance */
    bool has_rtt;
    uint64_t move_s, move_octets; /* to bring the data; 0: they are there */
};
