/* The book of policies that operators write themselves: a YAML file, loaded whole or not at all
 * (sched/choose/book_file.h).
 * Its form: docs/policies.md, policies of your own.
 * Immutable once loaded, shared by reference count; read by any thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "sched/choose/need_form.h"

enum {
    BOOK_MAX = 256,
    BOOK_GROUPS_MAX = 8,
    BOOK_NAME_MAX = 48
}; /* policies, and groups, of a book */

struct book_group {
    char name[BOOK_NAME_MAX + 1];
    struct need need; /* its tests, and `on`, say who belongs to it */
};

struct book_policy {
    char name[BOOK_NAME_MAX + 1];
    struct need need;               /* its tests, sets, on, near; no user's policy */
    uint8_t weights[NEED_POLICIES]; /* all 0: what the requirement says */
    const struct book_group *groups[BOOK_GROUPS_MAX];
    unsigned group_count;
    uint16_t
        spread; /* enum attr_key region, az or op; ATTR_KEY_kind stands for the centre itself; 0: none */
    unsigned most;                /* of one; 1 when not said */
    unsigned top;                 /* 0: not said */
    uint32_t maxage_s, low, high; /* 0: not said; % */
};

/* Both in order of names, which are lower case. */
struct book {
    uint64_t refs;
    struct book_policy *policies;
    size_t policy_count;
    struct book_group *groups;
    size_t group_count;
};

/* Make room for a book, one reference. Shape: entries zeroed; the caller fills and sorts them before anybody else
 * has it. Units: entries. Errors: aborts without memory. Source: none. */
struct book *book_create(size_t policies, size_t groups);

/* Share and give up; any thread. NULL is accepted. Shape: none. Units: none. Errors: none. Source: none. */
struct book *book_ref(struct book *book);

/* See book_ref. Shape: none. Units: none. Errors: none. Source: none. */
void book_unref(struct book *book);

/* A policy by its name, or NULL. Shape: len octets, lower case; book NULL is empty; borrowed. Units: octets.
 * Errors: NULL. Source: none. */
const struct book_policy *book_find(const struct book *book, const char *name, size_t len);

/* A group by its name, or NULL. Shape: as book_find. Units: octets. Errors: NULL. Source: none. */
const struct book_group *book_find_group(const struct book *book, const char *name, size_t len);
