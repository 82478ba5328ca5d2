#include "server/refresh.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/mem.h"
#include "tests/lib/fresh.h"
#include "tests/lib/zones.h"

#define SOA(serial) "@ SOA m r " serial " 600 600 3200 60\n"

static struct fresh fresh;

static int enter(void **state)
{
    (void)state;
    fresh_start(&fresh, 5, SOA("5") "a A 192.0.2.1\n" SOA("5"));
    return 0;
}

static int leave(void **state)
{
    (void)state;
    fresh_finish(&fresh);
    return 0;
}

static void a_zone_is_fetched_and_followed(void **state)
{
    (void)state;
    fresh_wait(&fresh, 5);
    fresh_say(&fresh, 6, NULL, SOA("6") SOA("5") SOA("6") "b A 192.0.2.2\n" SOA("6"));
    fresh_notify(&fresh);
    fresh_wait(&fresh, 6);
    assert_int_equal(fresh_read(&fresh, &fresh.ixfrs), 1);
    assert_int_equal(fresh_read(&fresh, &fresh.axfrs), 1);
}

static void what_is_not_newer_is_not_fetched(void **state)
{
    (void)state;
    fresh_wait_count(&fresh, STAT_refresh_ok, 1);
    fresh_say(&fresh, 4, NULL, NULL);
    fresh_notify(&fresh);
    fresh_wait_count(&fresh, STAT_refresh_ok, 2);
    assert_int_equal(fresh_read(&fresh, &fresh.ixfrs) + fresh_read(&fresh, &fresh.axfrs), 1);
}

static void a_wish_fetches_it_whole_whatever_the_serial(void **state)
{
    (void)state;
    fresh_wait(&fresh, 5);
    fresh_wait_count(&fresh, STAT_refresh_ok, 1);
    fresh_say(&fresh, 2, SOA("2") SOA("2"), NULL);
    refresh_force(fresh.refresh, kept_secondary(&fresh.kept, "t."));
    fresh_wait(&fresh, 2);
    assert_int_equal(fresh_read(&fresh, &fresh.axfrs), 2);
}

static void zones_go_and_come_by_configuration(void **state)
{
    (void)state;
    fresh_wait(&fresh, 5);
    fresh_wait_count(&fresh, STAT_refresh_ok, 1); /* a round that goes before is never counted */
    struct secondary_set *set = secondary_ref(rules_secondaries(fresh.kept.world.now->rules));
    const struct server_conf_server none = {.transfers_in = 1};
    struct secondary_set *empty = secondary_create(&none, NULL, 0, NULL);
    refresh_configure(fresh.refresh, empty);
    fresh_notify(&fresh); /* finds nobody */
    refresh_configure(fresh.refresh, set);
    fresh_wait_count(&fresh, STAT_refresh_ok, 2); /* a zone that comes is asked for at once */
    secondary_unref(empty);
    secondary_unref(set);
}

/* Nobody answers for the others. */
static void a_wish_finds_its_zone_among_others(void **state)
{
    (void)state;
    unsigned port = fresh.primary.address.port;
    char *zones = mem_print("\n  - {name: z, primary: ['127.0.0.2:%u']}"
                            "\n  - {name: t, primary: ['127.0.0.1:%u']}"
                            "\n  - {name: a, primary: ['127.0.0.2:%u']}",
                            port, port, port);
    fresh_wait(&fresh, 5);
    fresh_wait_count(&fresh, STAT_refresh_ok, 1);
    kept_apply(&fresh.kept, zones);
    mem_free(zones);
    fresh_say(&fresh, 2, SOA("2") SOA("2"), NULL);
    refresh_force(fresh.refresh, kept_secondary(&fresh.kept, "t."));
    fresh_wait(&fresh, 2);
}

/* Whatever is under way at the end is given up: see fresh_finish. */
static void it_may_end_at_any_moment(void **state)
{
    (void)state;
    fresh_say(&fresh, 9, NULL, NULL);
    refresh_force(fresh.refresh, kept_secondary(&fresh.kept, "t."));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_zone_is_fetched_and_followed),
        TEST(what_is_not_newer_is_not_fetched),
        TEST(a_wish_fetches_it_whole_whatever_the_serial),
        TEST(zones_go_and_come_by_configuration),
        TEST(a_wish_finds_its_zone_among_others),
        TEST(it_may_end_at_any_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
