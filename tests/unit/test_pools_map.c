#include "sched/choose/pools_map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/rand.h"
#include "base/rcu.h"
#include "tests/lib/zones.h"

enum { KEYS = 2000, STEPS = 30000, A_TURN = 50 };

static struct pools_turn turn;

static int enter(void **state)
{
    (void)state;
    rcu_enter();
    turn = (struct pools_turn){.number = 1};
    return 0;
}

static int leave(void **state)
{
    (void)state;
    pools_turn_end(&turn);
    zones_settle();
    rcu_leave();
    return 0;
}

/* Keys that share their low bits, so that buckets have many of them. */
static uint64_t key_of(size_t i)
{
    return i % 2 ? i << 20 : i;
}

static void assert_map(const struct pools_map *map, const uint64_t *values)
{
    for (size_t i = 0; i < KEYS; i++) {
        uint64_t value = 0;
        assert_int_equal(pools_map_find(map, key_of(i), &value), values[i] != 0);
        assert_int_equal(value, values[i]);
    }
}

static void count_visit(void *context, uint64_t key, uint64_t value)
{
    (void)key;
    size_t *count = context;
    *count += value != 0;
}

static void a_map_is_what_was_put_in_and_an_old_root_stays(void **state)
{
    static uint64_t values[KEYS], old_values[KEYS];
    struct rand_fake rand;
    (void)state;
    rand_fake_init(&rand, 17);
    struct pools_map *map = pools_map_create(&turn);
    const struct pools_map *old = NULL;
    for (size_t step = 0; step < STEPS; step++) {
        size_t i = rand_u64(&rand.rand) % (1 + step % KEYS);
        if (rand_u64(&rand.rand) % 3 == 0) {
            pools_map_remove(&turn, &map, key_of(i));
            values[i] = 0;
        } else {
            values[i] = step + 1;
            pools_map_put(&turn, &map, key_of(i), values[i]);
        }
        if (step % A_TURN == 0) {
            if (old) { /* this thread still reads it */
                assert_map(old, old_values);
            }
            assert_map(map, values);
            rcu_quiescent();
            old = map;
            memcpy(old_values, values, sizeof(values));
            pools_turn_end(&turn);
        }
    }
    size_t count = 0, wanted = 0;
    pools_map_each(map, count_visit, &count);
    for (size_t i = 0; i < KEYS; i++) {
        wanted += values[i] != 0;
    }
    assert_int_equal(count, wanted);
    pools_map_destroy(map);
}

static void a_map_without_readers_is_changed_in_place(void **state)
{
    (void)state;
    uint64_t value;
    struct pools_map *map = pools_map_create(&turn);
    const struct pools_map *first = map;
    pools_map_put(&turn, &map, 5, 6);
    pools_map_put(&turn, &map, 5, 7);
    pools_map_remove(&turn, &map, 9);
    assert_ptr_equal(map, first);
    assert_true(pools_map_find(map, 5, &value));
    assert_int_equal(value, 7);
    assert_null(turn.waste);
    pools_map_destroy(map);
    pools_map_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_map_is_what_was_put_in_and_an_old_root_stays, enter,
                                        leave),
        cmocka_unit_test_setup_teardown(a_map_without_readers_is_changed_in_place, enter, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
