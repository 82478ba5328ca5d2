#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <pthread.h>
#include <string.h>

#include "server/stat.h"

static void counters_start_at_zero_and_add_up_over_sets(void **state)
{
    struct stat_registry *registry = stat_registry_create();
    struct stat_set *first = stat_registry_add(registry), *second = stat_registry_add(registry);
    struct stat_set sum;

    (void)state;
    stat_registry_sum(registry, &sum);
    assert_int_equal(sum.counters[STAT_truncated], 0);
    stat_add(first, STAT_truncated, 3);
    stat_add(second, STAT_truncated, 4);
    stat_add(second, STAT_wildcard, 1);
    stat_registry_sum(registry, &sum);
    assert_int_equal(sum.counters[STAT_truncated], 7);
    assert_int_equal(sum.counters[STAT_wildcard], 1);
    assert_int_equal(sum.counters[STAT_nodata], 0);
    stat_registry_destroy(registry);
    stat_registry_destroy(NULL);
}

static void a_set_has_cache_lines_of_its_own(void **state)
{
    struct stat_registry *registry = stat_registry_create();

    (void)state;
    assert_int_equal((uintptr_t)stat_registry_add(registry) % 64, 0);
    assert_int_equal(sizeof(struct stat_set) % 64, 0);
    stat_registry_destroy(registry);
}

struct time_case {
    const char *label;
    uint64_t ns;
    unsigned bucket;
};

static const struct time_case times[] = {
    {"nothing", 0, 0},
    {"one", 1, 0},
    {"two", 2, 1},
    {"a power is in its own bucket", 1024, 10},
    {"one more is in the next", 1025, 11},
    {"a microsecond", 1000, 10},
    {"the last bucket", 1ull << 39, 39},
    {"over it", (1ull << 39) + 1, 39},
    {"the largest", UINT64_MAX, 39},
};

static void a_time_falls_into_the_bucket_of_its_power_of_two(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        struct stat_set set = {.time_sum_ns = 0};
        stat_time(&set, times[i].ns, 2);
        for (unsigned b = 0; b < STAT_TIME_BUCKETS; b++) {
            if (set.times[b] != (b == times[i].bucket ? 2 : 0)) {
                fail_msg("%s: bucket %u", times[i].label, b);
            }
        }
        assert_int_equal(set.time_sum_ns, 2 * times[i].ns);
    }
}

static void times_add_up_over_sets(void **state)
{
    struct stat_registry *registry = stat_registry_create();
    struct stat_set sum;

    (void)state;
    stat_time(stat_registry_add(registry), 100, 10);
    stat_time(stat_registry_add(registry), 100, 5);
    stat_registry_sum(registry, &sum);
    assert_int_equal(sum.times[7], 15);
    assert_int_equal(sum.time_sum_ns, 1500);
    stat_registry_destroy(registry);
}

enum { THREADS = 3, EVENTS = 20000 };

static void *count_events(void *context)
{
    struct stat_set *set = stat_registry_add(context);
    for (int i = 0; i < EVENTS; i++) {
        stat_add(set, STAT_query_udp4, 1);
    }
    return NULL;
}

static void nothing_is_lost_between_threads_and_no_sum_falls(void **state)
{
    struct stat_registry *registry = stat_registry_create();
    pthread_t threads[THREADS];
    struct stat_set sum;
    uint64_t last = 0;

    (void)state;
    for (int i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, count_events, registry);
    }
    for (int i = 0; i < 1000; i++) {
        stat_registry_sum(registry, &sum);
        assert_true(sum.counters[STAT_query_udp4] >= last);
        last = sum.counters[STAT_query_udp4];
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    stat_registry_sum(registry, &sum); /* also of threads that ended */
    assert_int_equal(sum.counters[STAT_query_udp4], THREADS * EVENTS);
    stat_registry_destroy(registry);
}

static void every_row_has_its_texts(void **state)
{
    (void)state;
    for (unsigned i = 0; i < STAT_COUNT; i++) {
        const struct stat_row *row = stat_row(i);
        assert_true(row->name[0] && row->family[0] && row->unit[0] && row->help[0]);
        assert_true(!row->label[0] || strstr(row->label, "=\""));
        for (unsigned j = 0; j < i; j++) { /* one line of Prometheus each, one help a family */
            const struct stat_row *other = stat_row(j);
            if (strcmp(row->family, other->family) == 0) {
                assert_string_not_equal(row->label, other->label);
                assert_string_equal(row->help, other->help);
                assert_string_equal(row->unit, other->unit);
            }
        }
    }
    assert_string_equal(stat_row(STAT_query_udp4)->name, "query_udp4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters_start_at_zero_and_add_up_over_sets),
        cmocka_unit_test(a_set_has_cache_lines_of_its_own),
        cmocka_unit_test(a_time_falls_into_the_bucket_of_its_power_of_two),
        cmocka_unit_test(times_add_up_over_sets),
        cmocka_unit_test(nothing_is_lost_between_threads_and_no_sum_falls),
        cmocka_unit_test(every_row_has_its_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
