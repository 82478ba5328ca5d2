/* The words of a requirement, read label by label: each understood, and in its one spelling; not yet sorted.
 *
 * Plain struct on the caller's stack, for one requirement. One thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "sched/choose/book.h"
#include "sched/choose/need_form.h"

enum { NEED_LABEL_MAX = 255 }; /* octets of a label of a text */

enum need_label_kind {
    NEED_LABEL_TEST,
    NEED_LABEL_POLICY, /* of policy.def */
    NEED_LABEL_BOOK,   /* of the book */
    NEED_LABEL_NEAR,
    NEED_LABEL_ON,
    NEED_LABEL_SET,
    NEED_LABEL_TOP,
};

struct need_label_word {
    uint16_t at, len; /* its one spelling, in `spelled` */
    enum need_label_kind kind;
    unsigned number; /* of a policy: position; of top */
    uint8_t weight;
    uint64_t hash;                    /* near, on, a set */
    const struct book_policy *policy; /* of the book */
    struct need_test test;            /* its place in a text stays 0 */
};

/* A text that is borrowed. */
struct need_label_text {
    const char *start;
    size_t len;
};

struct need_label {
    const struct hash_key *key;
    const struct book *book;
    struct err_at *at;
    struct wr text;             /* spellings, one behind the other */
    unsigned count;             /* words */
    size_t len;                 /* of label */
    size_t rest_len;            /* of rest */
    size_t first_len;           /* of the first label in it */
    char label[NEED_LABEL_MAX]; /* in work: folded */
    char
        rest[NEED_LABEL_MAX]; /* labels that are no words, joined by hyphens: perhaps of a flavor */
    char spelled[NEED_TEXT_MAX];
    struct need_label_word words[NEED_WORDS_MAX];
};

/* Begin a requirement. Shape: all borrowed; book and at may be NULL. Units: none. Errors: none. Source: none. */
void need_label_start(struct need_label *parser, const struct hash_key *key,
                      const struct book *book, struct err_at *at);

/* Read the next label. Shape: len octets, any. Units: octets. Errors: those of need_parse. Source: docs/records.md,
 * requirement names. */
int need_label_take(struct need_label *parser, const char *text, size_t len);

/* No label is left. Shape: none. Units: none. Errors: those of need_parse. Source: none. */
int need_label_end(const struct need_label *parser);

/* Say "LABEL: ..." in the place of the errors. Shape: printf format; printable, cut to 150 octets: it travels in a
 * DNS message. Units: none. Errors: returns err. Source: RFC 8914 section 4 (EXTRA-TEXT). */
int need_label_fail(const struct need_label *parser, int err, struct need_label_text label,
                    const char *format, ...) __attribute__((format(printf, 4, 5)));
