/* Statistics: counters by table (server/stat.def) and a histogram of answer times.
 *
 * Each thread counts in its own set, its only writer, without a lock or a locked instruction; a
 * reader adds up all sets. The registry owns the sets, also those of threads that ended, so that no
 * counter falls back. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define COUNTER(name, family, label, unit, help) STAT_##name,
enum stat_counter {
#include "server/stat.def"
    STAT_COUNT
};
#undef COUNTER

enum {
    STAT_TIME_BUCKETS = 40
}; /* bucket i: at most 2^i ns (18 minutes in the last, and all above) */

struct stat_set {
    _Alignas(64) uint64_t counters[STAT_COUNT];
    uint64_t times[STAT_TIME_BUCKETS]; /* answers per bucket */
    uint64_t time_sum_ns;
    struct stat_set *next; /* the registry's */
};

/* What a row of the table says. */
struct stat_row {
    const char *name;
    const char *family;
    const char *label; /* "" or key="value" */
    const char *unit;
    const char *help;
};

struct stat_registry;

/* Count n events. A plain add and store: there is one writer, and readers take what they see.
 * Shape: the set of this thread. Units: the row's. Errors: none. Source: none. */
static inline void stat_add(struct stat_set *set, enum stat_counter counter, uint64_t n)
{
    __atomic_store_n(&set->counters[counter], set->counters[counter] + n, __ATOMIC_RELAXED);
}

/* Count n answers that took ns each: once per batch, with the batch's time divided by n.
 * Shape: the set of this thread. Units: ns. Errors: none. Source: none. */
static inline void stat_time(struct stat_set *set, uint64_t ns, uint64_t n)
{
    const unsigned last = STAT_TIME_BUCKETS - 1;
    const unsigned fit = ns <= 1 ? 0 : 64u - (unsigned)__builtin_clzll(ns - 1);
    uint64_t *bucket = &set->times[fit < last ? fit : last];
    __atomic_store_n(bucket, *bucket + n, __ATOMIC_RELAXED);
    __atomic_store_n(&set->time_sum_ns, set->time_sum_ns + ns * n, __ATOMIC_RELAXED);
}

/* Make an empty registry. Shape: ended by stat_registry_destroy. Units: none. Errors: none. Source:
 * none. */
struct stat_registry *stat_registry_create(void);

/* Free it and all its sets; NULL is accepted. Shape: no thread counts any more. Units: none.
 * Errors: none. Source: none. */
void stat_registry_destroy(struct stat_registry *registry);

/* Make a set for one thread. Any thread. Shape: the registry's, valid as long as it. Units: none.
 * Errors: none. Source: none. */
struct stat_set *stat_registry_add(struct stat_registry *registry);

/* Add up all sets. Any thread. Shape: a plain copy, next is NULL. Units: the rows'. Errors: none.
 * Source: none. */
void stat_registry_sum(struct stat_registry *registry, struct stat_set *out_sum);

/* The row of a counter. Shape: static, terminated texts. Units: none. Errors: none. Source: none.
 */
const struct stat_row *stat_row(enum stat_counter counter);
