#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/cli/text.h"

struct number_case {
    int64_t number;
    const char *text;
};

static void numbers_get_commas(void **state)
{
    static const struct number_case cases[] = {
        {0, "0"},
        {999, "999"},
        {1000, "1,000"},
        {-1234567, "-1,234,567"},
        {INT64_MAX, "9,223,372,036,854,775,807"},
        {INT64_MIN, "-9,223,372,036,854,775,808"},
    };
    char out[CLI_TEXT_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(cli_text_number(out, cases[i].number), cases[i].text);
    }
}

static void sizes_get_binary_units(void **state)
{
    static const struct number_case cases[] = {
        {0, "0 octets"},     {1023, "1023 octets"}, {1024, "1.0 KiB"}, {1536, "1.5 KiB"},
        {102400, "100 KiB"}, {1 << 20, "1.0 MiB"},  {-1, "16.0 EiB"},
    };
    char out[CLI_TEXT_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(cli_text_size(out, (uint64_t)cases[i].number), cases[i].text);
    }
}

static void spans_show_their_two_largest_units(void **state)
{
    static const struct number_case cases[] = {
        {-5, "0 s"},        {0, "0 s"},          {59, "59 s"},
        {60, "1 min"},      {61, "1 min 1 s"},   {3599, "59 min 59 s"},
        {3600, "1 h"},      {3661, "1 h 1 min"}, {86400, "1 d"},
        {90000, "1 d 1 h"}, {86460, "1 d"},
    };
    char out[CLI_TEXT_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(cli_text_span(out, cases[i].number), cases[i].text);
    }
}

static void ages_look_both_ways(void **state)
{
    char out[CLI_TEXT_MAX];

    (void)state;
    assert_string_equal(cli_text_age(out, 100, 112), "12 s ago");
    assert_string_equal(cli_text_age(out, 112, 100), "in 12 s");
    assert_string_equal(cli_text_age(out, 100, 100), "now");
    assert_string_equal(cli_text_age(out, INT64_MIN, INT64_MAX), "never");
    assert_string_equal(cli_text_age(out, INT64_MAX, -1), "never");
}

static void short_spans_get_small_units(void **state)
{
    static const struct number_case cases[] = {
        {0, "0 ns"},         {999, "999 ns"},       {1000, "1.0 us"},          {123456, "123 us"},
        {2500000, "2.5 ms"}, {5000000000, "5.0 s"}, {5000000000000, "5000 s"},
    };
    char out[CLI_TEXT_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(cli_text_ns(out, (uint64_t)cases[i].number), cases[i].text);
    }
}

struct foreign_case {
    const char *text, *printed;
    size_t width;
};

static const struct foreign_case foreign[] = {
    {"", "", 0},
    {"plain.name.", "plain.name.", 11},
    {"\xe7\xae\x97\xe5\x9f\x9f", "\xe7\xae\x97\xe5\x9f\x9f", 4}, /* wide characters */
    {"e\xcc\x81", "e\xcc\x81", 1},                               /* a combining one */
    {"a\x1b[2Jb", "a\\x1b[2Jb", 9},
    {"a\nb\tc\x7f", "a\\x0ab\\x09c\\x7f", 15},
    {"\xc2\x9b", "\\x9b", 4},      /* CSI as C1 */
    {"\xff\xe7", "\\xff\\xe7", 8}, /* no UTF-8 */
    {"\xe2\x80\xae"
     "x",
     "\\u202ex", 7}, /* right-to-left override */
};

static void foreign_text_can_not_move_the_cursor(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
        char *printed = NULL;
        size_t len;
        FILE *out = open_memstream(&printed, &len);
        cli_text_put(out, foreign[i].text);
        fclose(out);
        assert_string_equal(printed, foreign[i].printed);
        assert_int_equal(cli_text_width(foreign[i].text), foreign[i].width);
        free(printed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_get_commas),
        cmocka_unit_test(sizes_get_binary_units),
        cmocka_unit_test(spans_show_their_two_largest_units),
        cmocka_unit_test(ages_look_both_ways),
        cmocka_unit_test(short_spans_get_small_units),
        cmocka_unit_test(foreign_text_can_not_move_the_cursor),
    };
    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
