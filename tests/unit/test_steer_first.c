#include "server/steer_first.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_first_choice_is_kept_with_its_time(void **state)
{
    (void)state;
    struct steer_first *first = steer_first_create(100);
    uint32_t pool = 1, since_s = 2;
    assert_false(steer_first_get(first, 7, &pool, &since_s));
    assert_false(steer_first_get(first, 0, &pool, &since_s));
    assert_int_equal(pool, 1);
    steer_first_set(first, 7, 0xfffffffe, 1700000000);
    assert_true(steer_first_get(first, 7, &pool, &since_s));
    assert_int_equal(pool, 0xfffffffe);
    assert_int_equal(since_s, 1700000000);
    steer_first_destroy(first);
    steer_first_destroy(NULL);
}

/* 128 places: 7 and 135 share one. */
static void another_key_takes_the_place(void **state)
{
    (void)state;
    struct steer_first *first = steer_first_create(100);
    uint32_t pool, since_s;
    steer_first_set(first, 7, 1, 1);
    assert_false(steer_first_get(first, 135, &pool, &since_s));
    steer_first_set(first, 135, 2, 2);
    assert_false(steer_first_get(first, 7, &pool, &since_s));
    assert_true(steer_first_get(first, 135, &pool, &since_s));
    assert_int_equal(pool, 2);
    steer_first_destroy(first);
}

static void *write_often(void *context)
{
    struct steer_first *first = context;
    for (uint32_t i = 1; i <= 300000; i++) {
        steer_first_set(first, i % 4, i, i);
    }
    return NULL;
}

/* All keys share one place; a reader never sees halves of two writes. */
static void readers_see_whole_choices(void **state)
{
    (void)state;
    struct steer_first *first = steer_first_create(1);
    pthread_t writers[2];
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&writers[i], NULL, write_often, first), 0);
    }
    for (uint32_t i = 0; i < 300000; i++) {
        uint32_t pool, since_s;
        if (steer_first_get(first, i % 4, &pool, &since_s)) {
            assert_int_equal(pool, since_s);
            assert_int_equal(pool % 4, i % 4);
        }
    }
    for (unsigned i = 0; i < 2; i++) {
        pthread_join(writers[i], NULL);
    }
    steer_first_destroy(first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_choice_is_kept_with_its_time),
        cmocka_unit_test(another_key_takes_the_place),
        cmocka_unit_test(readers_see_whole_choices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
