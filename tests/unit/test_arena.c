#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/arena.h"
#include "tests/lib/fail.h"

static bool is_zero(const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (p[i] != 0) {
            return false;
        }
    }
    return true;
}

static void pieces_are_aligned_zeroed_and_apart(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    uint8_t *pieces[200];
    for (size_t i = 0; i < 200; i++) {
        pieces[i] = arena_take(&arena, i);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % 16, 0);
        assert_true(is_zero(pieces[i], i));
        memset(pieces[i], (int)i, i);
    }
    for (size_t i = 0; i < 200; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_int_equal(pieces[i][j], (uint8_t)i);
        }
    }
    arena_finish(&arena);
}

static void memory_is_zeroed_again_after_a_reset(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    uint8_t *first = arena_take(&arena, 1000);
    memset(first, 0xff, 1000);
    arena_reset(&arena);
    uint8_t *again = arena_take(&arena, 1000);
    assert_ptr_equal(first, again);
    assert_true(is_zero(again, 1000));
    arena_finish(&arena);
}

static void the_limit_is_hard_and_sticky(void **state)
{
    (void)state;
    static const size_t limits[] = {0, 1, 15, 16, 17, 1000, 4096, 4097, 100000};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        struct arena arena;
        arena_init(&arena, limits[i]);
        size_t taken = 0;
        while (arena_take(&arena, 10)) {
            taken += 10;
            assert_true(arena.total <= limits[i]);
        }
        assert_true(taken <= limits[i]);
        assert_true(limits[i] < 16 || taken * 2 >= limits[i]); /* 10 octets take 16 */
        assert_true(arena.overflowed);
        arena_finish(&arena);
    }
}

static void all_of_the_limit_can_be_taken_at_once(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 10001);
    assert_non_null(arena_take(&arena, 10001));
    assert_false(arena.overflowed);
    assert_null(arena_take(&arena, 1));
    assert_true(arena.overflowed);
    arena_reset(&arena);
    assert_false(arena.overflowed);
    assert_int_equal(arena.total, 10001);
    assert_non_null(arena_take(&arena, 10001));
    arena_finish(&arena);
    assert_int_equal(arena.total, 0);
    assert_non_null(arena_take(&arena, 1)); /* usable again */
    arena_finish(&arena);
}

static void absurd_sizes_are_refused(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    assert_null(arena_take(&arena, SIZE_MAX));
    assert_null(arena_take(&arena, SIZE_MAX - 8));
    assert_null(arena_copy(&arena, "x", SIZE_MAX));
    assert_true(arena.overflowed);
    assert_non_null(arena_take(&arena, 16));
    arena_finish(&arena);
}

static void a_copy_is_terminated(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 4096);
    char *copy = arena_copy(&arena, "abcdef", 3);
    assert_string_equal(copy, "abc");
    assert_string_equal(arena_copy(&arena, NULL, 0), "");
    arena_finish(&arena);
}

static void a_reset_keeps_only_the_newest_block(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    for (int i = 0; i < 100; i++) {
        assert_non_null(arena_take(&arena, 1000));
    }
    size_t before = arena.total;
    arena_reset(&arena);
    assert_true(arena.total > 0 && arena.total < before);
    arena_finish(&arena);
    arena_reset(&arena); /* empty: nothing to keep */
    assert_int_equal(arena.total, 0);
}

static void no_memory_is_an_overflow(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    fail_after(1);
    void *piece = arena_take(&arena, 10);
    assert_true(fail_stop());
    assert_null(piece);
    assert_true(arena.overflowed);
    arena_finish(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_aligned_zeroed_and_apart),
        cmocka_unit_test(memory_is_zeroed_again_after_a_reset),
        cmocka_unit_test(the_limit_is_hard_and_sticky),
        cmocka_unit_test(all_of_the_limit_can_be_taken_at_once),
        cmocka_unit_test(absurd_sizes_are_refused),
        cmocka_unit_test(a_copy_is_terminated),
        cmocka_unit_test(a_reset_keeps_only_the_newest_block),
        cmocka_unit_test(no_memory_is_an_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
