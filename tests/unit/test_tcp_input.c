#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "server/tcp_input.h"
#include "tests/lib/fail.h"

static void what_goes_in_comes_out_in_order(void **state)
{
    struct tcp_input input = {0};

    (void)state;
    assert_true(tcp_input_add(&input, (const uint8_t *)"abc", 3));
    assert_true(tcp_input_add(&input, (const uint8_t *)"defg", 4));
    assert_int_equal(input.len, 7);
    assert_memory_equal(input.data, "abcdefg", 7);
    tcp_input_drop(&input, 2);
    assert_int_equal(input.len, 5);
    assert_memory_equal(input.data, "cdefg", 5);
    tcp_input_finish(&input);
}

static void nothing_held_is_no_memory(void **state)
{
    struct tcp_input input = {0};

    (void)state;
    assert_true(tcp_input_add(&input, (const uint8_t *)"", 0));
    assert_null(input.data);
    assert_true(tcp_input_add(&input, (const uint8_t *)"abc", 3));
    tcp_input_drop(&input, 3);
    assert_null(input.data);
    assert_int_equal(input.len, 0);
    tcp_input_drop(&input, 0);
}

static void memory_follows_what_is_held(void **state)
{
    static uint8_t data[130000];
    struct tcp_input input = {0};

    (void)state;
    assert_true(tcp_input_add(&input, data, 2)); /* a length of 65535 announces, but is not there */
    assert_in_range(input.room, 2, 1024);
    assert_true(tcp_input_add(&input, data, sizeof(data)));
    tcp_input_drop(&input, sizeof(data));
    assert_int_equal(input.len, 2);
    assert_in_range(input.room, 2, 1024);
    tcp_input_finish(&input);
}

static void without_memory_what_is_held_stays(void **state)
{
    static uint8_t data[10000];
    struct tcp_input input = {0};

    (void)state;
    assert_true(tcp_input_add(&input, (const uint8_t *)"abc", 3));
    fail_after(1);
    const bool is_added = tcp_input_add(&input, data, sizeof(data));
    assert_true(fail_stop());
    assert_false(is_added);
    assert_int_equal(input.len, 3);
    assert_memory_equal(input.data, "abc", 3);
    assert_true(tcp_input_add(&input, data, sizeof(data)));
    fail_after(1);
    tcp_input_drop(&input, sizeof(data)); /* giving back may fail as well */
    assert_true(fail_stop());
    assert_int_equal(input.len, 3);
    tcp_input_finish(&input);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_in_comes_out_in_order),
        cmocka_unit_test(nothing_held_is_no_memory),
        cmocka_unit_test(memory_follows_what_is_held),
        cmocka_unit_test(without_memory_what_is_held_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
