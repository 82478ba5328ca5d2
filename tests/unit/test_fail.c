#include "tests/lib/fail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

/* One allocation of each kind. */
static void *by_malloc(void)
{
    return malloc(8);
}

static void *by_calloc(void)
{
    return calloc(2, 8);
}

static void *by_realloc(void)
{
    return realloc(NULL, 8);
}

static void *by_reallocarray(void)
{
    return reallocarray(NULL, 2, 8);
}

static void *by_aligned_alloc(void)
{
    return aligned_alloc(64, 64);
}

static void *by_posix_memalign(void)
{
    void *got = NULL;
    return posix_memalign(&got, 64, 64) == 0 ? got : NULL;
}

static void *by_strdup(void)
{
    return strdup("text");
}

static void *by_strndup(void)
{
    return strndup("text", 2);
}

/* Volatile, so that no compiler looks inside and does without the allocation. */
static void *(*const volatile kinds[])(void) = {
    by_malloc,        by_calloc,         by_realloc, by_reallocarray,
    by_aligned_alloc, by_posix_memalign, by_strdup,  by_strndup,
};
static const size_t kinds_count = sizeof(kinds) / sizeof(kinds[0]);

static void the_nth_allocation_fails_and_no_other(void **state)
{
    (void)state;
    for (size_t n = 1; n <= kinds_count; n++) {
        fail_after(n);
        for (size_t i = 0; i < kinds_count; i++) {
            void *got = kinds[i]();
            assert_int_equal(got == NULL, i + 1 == n);
            free(got);
        }
        assert_true(fail_stop());
    }
}

static void a_failure_that_is_not_reached_is_told(void **state)
{
    (void)state;
    fail_after(2);
    free(kinds[0]());
    assert_false(fail_stop());
    void *got = kinds[0](); /* disarmed */
    assert_non_null(got);
    free(got);
}

static void nothing_fails_when_not_armed(void **state)
{
    (void)state;
    fail_after(0);
    for (size_t i = 0; i < kinds_count; i++) {
        void *got = kinds[i]();
        assert_non_null(got);
        free(got);
    }
    assert_false(fail_stop());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nth_allocation_fails_and_no_other),
        cmocka_unit_test(a_failure_that_is_not_reached_is_told),
        cmocka_unit_test(nothing_fails_when_not_armed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
