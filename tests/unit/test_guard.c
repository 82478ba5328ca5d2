#include "tests/lib/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const size_t lengths[] = {1, 2, 511, 4095, 4096, 4097, 8192, 70000};

static void copies_hold_what_was_given(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        uint8_t *data = malloc(lengths[i]);
        assert_non_null(data);
        memset(data, (int)i + 1, lengths[i]);
        const void *copy = guard_copy(data, lengths[i]);
        assert_memory_equal(copy, data, lengths[i]);
        guard_free(copy);
        free(data);
    }
}

static void empty_copies_and_null_are_fine(void **state)
{
    (void)state;
    const void *copy = guard_copy(NULL, 0);
    assert_non_null(copy);
    guard_free(copy);
    guard_free(NULL);
}

/* Read at an offset in a child: true when the child lived. */
static bool survives_reading(const void *copy, size_t offset)
{
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(STDERR_FILENO); /* a sanitizer would report it at length */
        const volatile uint8_t *octets = copy;
        (void)octets[offset];
        _exit(EXIT_SUCCESS);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

static void reading_past_the_end_ends_the_process(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        uint8_t *data = calloc(1, lengths[i]);
        assert_non_null(data);
        const void *copy = guard_copy(data, lengths[i]);
        assert_true(survives_reading(copy, lengths[i] - 1));
        assert_false(survives_reading(copy, lengths[i]));
        guard_free(copy);
        free(data);
    }
    const void *empty = guard_copy(NULL, 0);
    assert_false(survives_reading(empty, 0));
    guard_free(empty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_hold_what_was_given),
        cmocka_unit_test(empty_copies_and_null_are_fine),
        cmocka_unit_test(reading_past_the_end_ends_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
