#include "server/find_turn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/rand.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void turns_are_shared_by_largest_remainder(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        uint32_t weights[4];
        unsigned count, round, turns[4];
    } rows[] = {
        {"one alone", {7}, 1, 7, {7}},
        {"a weight is a turn while a round has room", {3, 1}, 2, 4, {3, 1}},
        {"0 counts as 1", {0, 1}, 2, 2, {1, 1}},
        {"a whole round", {1000, 1000}, 2, 256, {128, 128}},
        {"remainders", {1000, 1000, 1000}, 3, 256, {86, 85, 85}}, /* 85.33 each: the first */
        {"the larger remainder", {500, 333, 167}, 3, 256, {128, 85, 43}}, /* 85.2 and 42.8 */
        {"nobody goes without", {1000000, 1}, 2, 256, {255, 1}},
        {"even beside three", {4000000000u, 1, 1, 1}, 4, 256, {253, 1, 1, 1}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t turns[FIND_TURNS_MAX];
        unsigned seen[4] = {0};
        print_message("case: %s\n", rows[i].label);
        unsigned round = find_turn_fill(rows[i].weights, rows[i].count, turns);
        assert_int_equal(round, rows[i].round);
        for (unsigned n = 0; n < round; n++) {
            assert_true(turns[n] < rows[i].count);
            seen[turns[n]]++;
        }
        assert_memory_equal(seen, rows[i].turns, sizeof(seen));
    }
}

/* In every stretch of a round each has its share, give or take one or two turns. */
static void turns_are_spread_over_the_round(void **state)
{
    (void)state;
    static const uint32_t weights[] = {50, 30, 15, 5};
    uint8_t turns[FIND_TURNS_MAX];
    assert_int_equal(find_turn_fill(weights, 4, turns), 100);
    for (unsigned from = 0; from <= 80; from++) {
        unsigned seen[4] = {0};
        for (unsigned i = from; i < from + 20; i++) {
            seen[turns[i]]++;
        }
        assert_in_range(seen[0], 9, 11);
        assert_in_range(seen[1], 5, 7);
        assert_in_range(seen[2], 2, 4);
        assert_in_range(seen[3], 0, 2);
    }
}

static void any_weights_fill_a_round(void **state)
{
    (void)state;
    struct rand_fake fake;
    rand_fake_init(&fake, 4);
    for (unsigned n = 0; n < 2000; n++) {
        uint32_t weights[FIND_TURN_EQUALS_MAX];
        uint8_t turns[FIND_TURNS_MAX];
        unsigned seen[FIND_TURN_EQUALS_MAX] = {0};
        unsigned count = 1 + (unsigned)(rand_u64(&fake.rand) % FIND_TURN_EQUALS_MAX);
        unsigned shift = (unsigned)(rand_u64(&fake.rand) % 32);
        for (unsigned i = 0; i < count; i++) {
            weights[i] = (uint32_t)rand_u64(&fake.rand) >> shift;
        }
        unsigned round = find_turn_fill(weights, count, turns);
        assert_in_range(round, count, FIND_TURNS_MAX);
        for (unsigned i = 0; i < round; i++) {
            seen[turns[i]]++;
        }
        for (unsigned i = 0; i < count; i++) {
            assert_true(seen[i] > 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(turns_are_shared_by_largest_remainder),
        cmocka_unit_test(turns_are_spread_over_the_round),
        cmocka_unit_test(any_weights_fill_a_round),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
