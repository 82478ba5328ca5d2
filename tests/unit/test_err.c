#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/err.h"

static void every_code_has_the_text_of_its_row(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        int err;
        const char *text;
    } rows[] = {
        {"success", 0, "Success"},
        {"first of ours", ERR_SHORT, "input ends too early"},
        {"a limit", ERR_LIMIT, "a configured limit is reached"},
        {"negated errno", -ENOENT, "No such file or directory"},
        {"event loop", -4095, "end of stream"},
        {"event loop, look-up", -3008, "unknown host or service"},
        {"store", -30796, "store: page of a wrong kind, the file is damaged"},
        {"store, last", -30779, "store: unexpected problem, the transaction should end"},
        {"gap in ours", -5019, "unknown error"},
        {"gap in errno", -3900, "unknown error"},
        {"positive", 5, "unknown error"},
        {"lowest", INT32_MIN, "unknown error"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(err_text(rows[i].err), rows[i].text) != 0) {
            fail_msg("%s: %d gives '%s'", rows[i].label, rows[i].err, err_text(rows[i].err));
        }
    }
}

static void a_place_keeps_line_column_and_text_and_returns_the_code(void **state)
{
    (void)state;
    struct err_at at = {.file = "here"};
    assert_int_equal(err_at_set(&at, ERR_SYNTAX, 3, 14, "found '%s', expected %d", "x", 7),
                     ERR_SYNTAX);
    assert_string_equal(at.file, "here");
    assert_int_equal(at.line, 3);
    assert_int_equal(at.column, 14);
    assert_string_equal(at.text, "found 'x', expected 7");
}

static void a_long_text_is_cut_and_terminated(void **state)
{
    (void)state;
    char longer[500];
    memset(longer, 'y', sizeof longer);
    struct err_at at = {0};
    assert_int_equal(err_at_set(&at, ERR_VALUE, 1, 1, "%.*s", 500, longer), ERR_VALUE);
    assert_int_equal(strlen(at.text), sizeof at.text - 1);
}

static void no_place_is_accepted(void **state)
{
    (void)state;
    assert_int_equal(err_at_set(NULL, ERR_VALUE, 1, 1, "nobody reads this"), ERR_VALUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_the_text_of_its_row),
        cmocka_unit_test(a_place_keeps_line_column_and_text_and_returns_the_code),
        cmocka_unit_test(a_long_text_is_cut_and_terminated),
        cmocka_unit_test(no_place_is_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
