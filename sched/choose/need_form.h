/* The form of a requirement: what somebody asks of a pool, as a plain struct.
 *
 * Made by sched/choose/need.h, from labels or text; read by the engine. No allocation, nothing in it is owned.
 * Prefix: need_ */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
    NEED_WORDS_MAX = 16,  /* of a requirement as it is asked */
    NEED_TESTS_MAX = 48,  /* a user's policy adds its own */
    NEED_VALUES_MAX = 8,  /* of `any` */
    NEED_SETS_MAX = 4,    /* data, model, image */
    NEED_TEXT_MAX = 1024, /* octets of the canonical text */
    NEED_POLICIES = 9,    /* rows of sched/choose/policy.def */
    NEED_TOP = 4,         /* answers when nothing else is said */
    NEED_TOP_MAX = 64,
};

enum need_op { NEED_GE, NEED_LE, NEED_EQ, NEED_NE, NEED_ANY };

/* What of a pool a test looks at, in the order in which tests are made: the first that fails is the reason. */
enum need_kind {
    NEED_WHAT, /* texts, enums, sets, lists, totals: what it is */
    NEED_FREE, /* free figures of CLOAD: failing is "full" */
    NEED_LOAD, /* other figures of CLOAD */
    NEED_PATH, /* figures of CNET towards the asker */
};

/* For a set or a list EQ says that it holds the value, NE that it does not, ANY that it holds one of them. */
struct need_test {
    uint16_t key;   /* enum attr_key, as the word says */
    uint8_t column; /* enum attr_index that is compared: the free figure for a capacity asked for */
    uint8_t total;  /* enum attr_index of the total of a capacity; else that of key */
    uint8_t kind;   /* enum need_kind */
    uint8_t op;     /* enum need_op */
    uint8_t count;  /* values: 1, or more for ANY */
    bool is_asked;  /* a capacity asked for: op GE on cpu, mem, accn, sto, nodes */
    uint64_t values
        [NEED_VALUES_MAX]; /* number, word of an enum, mask of one word of a set, pools_text_hash */
    uint16_t text_at, text_len; /* its word in the canonical text */
};

struct book_policy;

struct need {
    struct need_test tests[NEED_TESTS_MAX]; /* by kind, then key, op, word */
    unsigned test_count;
    uint8_t weights[NEED_POLICIES]; /* of policy number i + 1; all 0: none was named */
    uint64_t near;                  /* pools_text_hash of `near-`; 0: the asker's own place */
    uint64_t on;                    /* of `on-`; 0: any pool */
    uint64_t sets[NEED_SETS_MAX];   /* pools_name_hash of `<set>.data` and so on */
    unsigned set_count;
    unsigned top; /* 0: not said */
    const struct book_policy
        *policy;                /* a user's, named by `by-`; borrowed from the book; NULL: none */
    uint16_t near_at, near_len; /* words in the text, for people */
    uint16_t text_len;
    char text[NEED_TEXT_MAX + 1]; /* canonical: sorted words joined by dots, terminated */
};
