#include "sched/choose/pools_reach.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rcu.h"
#include "tests/lib/zones.h"

enum { NAME = 11, DISTRICT = 12, CITY = 13, TARGET = 14, WIDE = 15, OTHER = 16 };

static struct pools_turn turn;
static struct pools_map *map;

static int enter(void **state)
{
    (void)state;
    rcu_enter();
    turn = (struct pools_turn){.number = 1};
    map = pools_map_create(&turn);
    return 0;
}

static int leave(void **state)
{
    (void)state;
    pools_turn_end(&turn);
    pools_map_destroy(map);
    zones_settle();
    rcu_leave();
    return 0;
}

static void check(uint64_t hash, uint32_t centres, uint32_t paths)
{
    const struct pools pools = {.reach = map};
    struct pools_reach reach = pools_reach_of(&pools, hash);
    assert_int_equal(reach.centres, centres);
    assert_int_equal(reach.paths, paths);
}

static void what_centres_and_paths_name_is_counted_as_long_as_they_are_there(void **state)
{
    static const struct pools_path paths[] = {
        {.target = TARGET, .region = WIDE}, {.region = WIDE}, {.target = OTHER}};
    const struct pools_centre one = {
        .hash = NAME, .regions = {DISTRICT, CITY}, .paths = paths, .path_count = 3};
    const struct pools_centre other = {
        .hash = OTHER, .regions = {CITY}, .paths = paths, .path_count = 1};
    struct pools_centre fewer = one;
    fewer.path_count = 2;
    (void)state;
    check(NAME, 0, 0);
    pools_reach_change(&turn, &map, NULL, &one);
    check(NAME, 1, 0);
    check(DISTRICT, 1, 0);
    check(CITY, 1, 0);
    check(TARGET, 0, 1);
    check(WIDE, 0, 2);
    check(OTHER, 0, 1);
    check(0, 0, 0);
    pools_reach_change(&turn, &map, NULL, &other);
    check(CITY, 2, 0);
    check(WIDE, 0, 3);
    check(OTHER, 1, 1);
    pools_reach_change(&turn, &map, &one, &fewer);
    check(OTHER, 1, 0);
    check(CITY, 2, 0);
    pools_reach_change(&turn, &map, &fewer, NULL);
    check(NAME, 0, 0);
    check(CITY, 1, 0);
    check(WIDE, 0, 1);
    pools_reach_change(&turn, &map, &other, NULL);
    check(CITY, 0, 0);
    check(WIDE, 0, 0);
}

static void another_figure_of_a_path_changes_nothing(void **state)
{
    static const struct pools_path paths[] = {{.target = TARGET}},
                                   slower[] = {{TARGET, .rtt_us = 9}};
    const struct pools_centre one = {.hash = NAME, .paths = paths, .path_count = 1};
    struct pools_centre late = one;
    (void)state;
    late.paths = slower;
    pools_reach_change(&turn, &map, NULL, &one);
    pools_turn_end(&turn);
    turn.changed = false;
    pools_reach_change(&turn, &map, &one, &late);
    assert_false(turn.changed);
    check(TARGET, 0, 1);
}

static void a_table_without_the_counts_reaches_nothing(void **state)
{
    const struct pools pools = {.centre_count = 0};
    (void)state;
    assert_int_equal(pools_reach_of(&pools, NAME).centres, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_centres_and_paths_name_is_counted_as_long_as_they_are_there),
        cmocka_unit_test(another_figure_of_a_path_changes_nothing),
        cmocka_unit_test(a_table_without_the_counts_reaches_nothing),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
