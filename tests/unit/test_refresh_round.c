#include "server/refresh_round.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/lib/fresh.h"
#include "tests/lib/zones.h"

#define SOA(serial) "@ SOA m r " serial " 600 600 3200 60\n"

static struct fresh fresh;

static int enter(void **state)
{
    (void)state;
    rcu_enter();
    fresh_start(&fresh, 5, SOA("5") "a A 192.0.2.1\n" SOA("5"));
    fresh_wait(&fresh, 5);
    fresh_wait_count(&fresh, STAT_refresh_ok, 1);
    return 0;
}

static int leave(void **state)
{
    (void)state;
    fresh_finish(&fresh);
    rcu_leave();
    return 0;
}

static void changes_that_do_not_fit_are_followed_by_the_whole_zone(void **state)
{
    (void)state;
    fresh_say(&fresh, 6, SOA("6") "c A 192.0.2.3\n" SOA("6"),
              SOA("6") SOA("5") "q A 192.0.2.9\n" SOA("6") SOA("6"));
    fresh_notify(&fresh);
    fresh_wait(&fresh, 6);
    assert_int_equal(fresh_read(&fresh, &fresh.ixfrs), 1);
    assert_int_equal(fresh_read(&fresh, &fresh.axfrs), 2);
}

static void changes_that_are_none_are_followed_by_the_whole_zone(void **state)
{
    (void)state;
    fresh_say(&fresh, 6, SOA("6") SOA("6"), SOA("6") SOA("4") SOA("6") SOA("6"));
    fresh_notify(&fresh);
    fresh_wait(&fresh, 6);
    assert_int_equal(fresh_read(&fresh, &fresh.axfrs), 2);
}

static void a_primary_whose_transfers_fail_is_left_alone_for_a_while(void **state)
{
    (void)state;
    fresh_say(&fresh, 6, SOA("6"), SOA("6") "a A 192.0.2.1\n"); /* both break off */
    fresh_notify(&fresh);
    fresh_wait_count(&fresh, STAT_refresh_failed, 1);
    for (unsigned i = 2; i < 5; i++) { /* however often it calls */
        fresh_notify(&fresh);
        fresh_wait_count(&fresh, STAT_refresh_failed, i);
    }
    assert_int_equal(
        __atomic_load_n(&fresh.stat->counters[STAT_transfer_in_failed], __ATOMIC_RELAXED), 1);
    assert_int_equal(fresh_read(&fresh, &fresh.ixfrs), 1);
    assert_int_equal(secondary_is_served(kept_secondary(&fresh.kept, "t.")->state), true);
}

static void notify_while_a_round_is_under_way_counts_once(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        fresh_notify(&fresh);
    }
    fresh_wait_count(&fresh, STAT_refresh_ok, 2);
    assert_in_range(fresh_read(&fresh, &fresh.asked), 2, 5);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(changes_that_do_not_fit_are_followed_by_the_whole_zone),
        TEST(changes_that_are_none_are_followed_by_the_whole_zone),
        TEST(a_primary_whose_transfers_fail_is_left_alone_for_a_while),
        TEST(notify_while_a_round_is_under_way_counts_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
