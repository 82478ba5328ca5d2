#include "server/stat.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"

struct stat_registry {
    pthread_mutex_t lock; /* guards the list, not the numbers */
    struct stat_set *sets;
};

static const struct stat_row rows[] = {
#define COUNTER(name, family, label, unit, help) {#name, family, label, unit, help},
#include "server/stat.def"
#undef COUNTER
};

struct stat_registry *stat_registry_create(void)
{
    struct stat_registry *registry = mem_alloc(sizeof(*registry));

    CHECK(pthread_mutex_init(&registry->lock, NULL) == 0);
    return registry;
}

void stat_registry_destroy(struct stat_registry *registry)
{
    if (!registry) {
        return;
    }
    while (registry->sets) {
        struct stat_set *next = registry->sets->next;
        free(registry->sets); /* from aligned_alloc */
        registry->sets = next;
    }
    pthread_mutex_destroy(&registry->lock);
    mem_free(registry);
}

struct stat_set *stat_registry_add(struct stat_registry *registry)
{
    /* On cache lines of its own: another thread's counting must not slow this one down. */
    struct stat_set *set = aligned_alloc(_Alignof(struct stat_set), sizeof(*set));

    CHECK(set != NULL);
    memset(set, 0, sizeof(*set));
    pthread_mutex_lock(&registry->lock);
    set->next = registry->sets;
    registry->sets = set;
    pthread_mutex_unlock(&registry->lock);
    return set;
}

static uint64_t look(const uint64_t *number)
{
    return __atomic_load_n(number, __ATOMIC_RELAXED);
}

void stat_registry_sum(struct stat_registry *registry, struct stat_set *out_sum)
{
    memset(out_sum, 0, sizeof(*out_sum));
    pthread_mutex_lock(&registry->lock);
    for (const struct stat_set *set = registry->sets; set; set = set->next) {
        for (size_t i = 0; i < STAT_COUNT; i++) {
            out_sum->counters[i] += look(&set->counters[i]);
        }
        for (size_t i = 0; i < STAT_TIME_BUCKETS; i++) {
            out_sum->times[i] += look(&set->times[i]);
        }
        out_sum->time_sum_ns += look(&set->time_sum_ns);
    }
    pthread_mutex_unlock(&registry->lock);
}

const struct stat_row *stat_row(enum stat_counter counter)
{
    CHECK(counter < STAT_COUNT);
    return &rows[counter];
}
