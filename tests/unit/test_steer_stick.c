#include "server/steer_stick.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rcu.h"
#include "sched/choose/pools_keeper.h"
#include "tests/lib/zones.h"

enum { NOW_S = 1700000000 };

#define POOLS                                                                                      \
    "@ SOA m r 7 1 2 3 60\n@ NS ns\nc CENTRE . kind=ai\na.c CRES . cpu=100\nb.c CRES . cpu=100\n"  \
    "a.c CLOAD . obs=1700000000 cpuf=90\nb.c CLOAD . obs=1700000000 cpuf=90\n"                     \
    "svc CPOL . need=cpu-20 sticky=30\n"

static struct zone *zone;
static struct pools_keeper *keeper;
static struct choose *choose;
static struct steer steer;
static struct steer_stick stick;

static int begin(void **state)
{
    (void)state;
    rcu_enter();
    zone = zones_make("t.", POOLS);
    keeper = pools_keeper_attach(zone);
    pools_keeper_build(keeper, zone);
    choose = choose_create();
    stick = (struct steer_stick){.first = steer_first_create(64), .key = &zones_key, .service = 7};
    return 0;
}

static int end(void **state)
{
    (void)state;
    steer_first_destroy(stick.first);
    choose_destroy(choose);
    zone_unref(zone);
    zones_settle();
    rcu_leave();
    return 0;
}

/* Who is first at a place, and for how long, when another pool is the best. */
static void check(int64_t after_s, uint64_t place, bool uses_place, char best, char expected,
                  uint32_t expected_s)
{
    struct err_at at = {.text = ""};
    struct choose_answer answer;
    const struct steer_scene scene = {.zone = zone,
                                      .version = zone_version(zone),
                                      .pools = pools_keeper_read(keeper),
                                      .now_s = NOW_S + after_s};
    const struct zone_node *node = zones_get(zone, scene.version, "svc.t.");
    assert_int_equal(steer_service(&steer, &scene, node, &at), 0);
    choose_rank(choose, &steer.ask, &answer);
    assert_int_equal(answer.count, 2);
    if (pools_at(scene.pools, answer.picks[0].slot)->name[1] != best) {
        struct choose_pick pick = answer.picks[0];
        answer.picks[0] = answer.picks[1];
        answer.picks[1] = pick;
    }
    answer.uses_place = uses_place;
    stick.place = place;
    assert_int_equal(steer_stick_keep(&stick, choose, &steer, &answer), expected_s);
    assert_int_equal(pools_at(scene.pools, answer.picks[0].slot)->name[1], expected);
    assert_int_equal(answer.equal, 0);
    assert_true(answer.until_s > scene.now_s);
}

static void a_first_choice_stays_for_its_time(void **state)
{
    (void)state;
    check(0, 1, true, 'a', 'a', 30);
    check(10, 1, true, 'b', 'a', 20);
    check(20, 1, true, 'a', 'a', 10);
    check(29, 1, true, 'b', 'a', 1);
    check(30, 1, true, 'b', 'b', 30);
    check(40, 1, true, 'a', 'b', 20);
}

static void each_place_has_its_own(void **state)
{
    (void)state;
    check(0, 1, true, 'a', 'a', 30);
    check(0, 2, true, 'b', 'b', 30);
    check(1, 1, true, 'b', 'a', 29);
    check(1, 2, true, 'a', 'b', 29);
}

/* One cached answer is given to all of them, whoever made it. */
static void where_no_place_counts_all_have_one(void **state)
{
    (void)state;
    check(0, 1, false, 'a', 'a', 30);
    check(5, 2, false, 'b', 'a', 25);
}

static void who_only_reads_keeps_nothing(void **state)
{
    (void)state;
    stick.is_only_read = true;
    check(0, 1, true, 'a', 'a', 0);
    stick.is_only_read = false;
    check(0, 1, true, 'b', 'b', 30);
    stick.is_only_read = true;
    check(9, 1, true, 'a', 'b', 21);
    check(40, 1, true, 'a', 'a', 0);
    stick.is_only_read = false;
    check(41, 1, true, 'b', 'b', 0); /* it was first all the time, and may go */
}

static void without_a_table_nothing_sticks(void **state)
{
    (void)state;
    struct steer_first *table = stick.first;
    stick.first = NULL;
    check(0, 1, true, 'a', 'a', 0);
    check(1, 1, true, 'b', 'b', 0);
    stick.first = table;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_first_choice_stays_for_its_time),  TEST(each_place_has_its_own),
        TEST(where_no_place_counts_all_have_one), TEST(who_only_reads_keeps_nothing),
        TEST(without_a_table_nothing_sticks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
