#include "server/refresh_time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rcu.h"
#include "tests/lib/zones.h"

#define NS ((uint64_t)1000000000)

static void times_have_bounds(void **state)
{
    static const struct {
        const char *soa;
        struct refresh_time times;
    } rows[] = {
        {"@ SOA m r 1 7200 3600 86400 5\n", {7200, 3600, 86400}},
        {"@ SOA m r 1 0 0 0 5\n", {1, 1, 1}},
        {"@ SOA m r 1 4294967295 4294967295 4294967295 5\n", {2419200, 1209600, 0x7fffffff}},
        {"", {0, 0, 0}},
    };
    (void)state;
    rcu_enter();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct zone *zone = zones_make("t.", rows[i].soa);
        struct refresh_time times = refresh_time_of(zone);
        assert_memory_equal(&times, &rows[i].times, sizeof(times));
        zone_unref(zone);
    }
    zones_settle();
    rcu_leave();
}

static void soon_is_a_little_less(void **state)
{
    uint64_t least = UINT64_MAX, most = 0;
    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        uint64_t soon = refresh_time_soon(1000 * NS);
        least = soon < least ? soon : least;
        most = soon > most ? soon : most;
    }
    assert_true(least >= 750 * NS && most <= 1000 * NS && most - least > 100 * NS);
    assert_int_equal(refresh_time_soon(0), 0);
}

static void waits_grow_to_a_bound(void **state)
{
    const struct refresh_time none = {0}, some = {.retry_s = 60};
    (void)state;
    assert_int_equal(refresh_time_retry_ns(&some, 9), 60 * NS);
    assert_int_equal(refresh_time_retry_ns(&none, 0), 2 * NS);
    assert_int_equal(refresh_time_retry_ns(&none, 3), 16 * NS);
    assert_int_equal(refresh_time_retry_ns(&none, 1000), 300 * NS);
    assert_int_equal(refresh_time_back_off_ns(0), 2 * NS);
    assert_int_equal(refresh_time_back_off_ns(4), 32 * NS);
    assert_int_equal(refresh_time_back_off_ns(1000), 3600 * NS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_have_bounds),
        cmocka_unit_test(soon_is_a_little_less),
        cmocka_unit_test(waits_grow_to_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
