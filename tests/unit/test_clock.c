#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <time.h>

#include "base/clock.h"

static void the_system_clock_goes_forward(void **state)
{
    (void)state;
    const struct clock *clock = clock_system();
    uint64_t before = clock->mono_ns(clock);
    const struct timespec nap = {0, 2000000};
    (void)nanosleep(&nap, NULL);
    uint64_t after = clock->mono_ns(clock);
    assert_true(after - before >= 2000000);
    assert_true(after - before < 60000000000u);
}

static void the_system_clock_knows_the_time(void **state)
{
    (void)state;
    const struct clock *clock = clock_system();
    int64_t off = clock->wall_s(clock) - (int64_t)time(NULL);
    assert_true(off >= -1 && off <= 1);
}

static void a_fake_clock_shows_what_is_set(void **state)
{
    (void)state;
    struct clock_fake fake;
    clock_fake_init(&fake, 1700000000);
    const struct clock *clock = &fake.clock;
    assert_int_equal(clock->wall_s(clock), 1700000000);
    assert_int_equal(clock->mono_ns(clock), 0);
    fake.mono += 5;
    fake.wall -= 1;
    assert_int_equal(clock->wall_s(clock), 1699999999);
    assert_int_equal(clock->mono_ns(clock), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_system_clock_goes_forward),
        cmocka_unit_test(the_system_clock_knows_the_time),
        cmocka_unit_test(a_fake_clock_shows_what_is_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
