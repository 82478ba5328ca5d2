#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

#include "base/log_line.h"

/* The fields of one format as terminated text, without the newline. */
__attribute__((format(printf, 1, 2))) static const char *fields(const char *format, ...)
{
    static struct log_line line;
    va_list list;
    va_start(list, format);
    log_line_init(&line);
    log_line_fields(&line, format, list);
    va_end(list);
    log_line_end(&line, 0);
    assert_int_equal(line.text[line.len - 1], '\n');
    line.text[line.len - 1] = '\0';
    return line.text;
}

static void each_conversion_prints_as_printf_does(void **state)
{
    (void)state;
    assert_string_equal(fields("a=%d b=%i c=%u d=%x e=%X f=%o", -5, 6, 7u, 0xabu, 0xcdu, 8u),
                        " a=-5 b=6 c=7 d=ab e=CD f=10");
    assert_string_equal(fields("a=%ld b=%lu c=%lld d=%llu", LONG_MIN, ULONG_MAX, -1ll, ULLONG_MAX),
                        " a=-9223372036854775808 b=18446744073709551615 c=-1 "
                        "d=18446744073709551615");
    assert_string_equal(fields("a=%zu b=%zd c=%td d=%jd e=%ju", SIZE_MAX, (ssize_t)-2,
                               (ptrdiff_t)-3, INTMAX_MIN, UINTMAX_MAX),
                        " a=18446744073709551615 b=-2 c=-3 d=-9223372036854775808 "
                        "e=18446744073709551615");
    assert_string_equal(
        fields("a=%" PRIu64 " b=%" PRId64 " c=%" PRIx64, UINT64_MAX, INT64_MIN, UINT64_MAX),
        " a=18446744073709551615 b=-9223372036854775808 c=ffffffffffffffff");
    assert_string_equal(
        fields("a=%hhu b=%hu c=%hd", (unsigned char)255, (unsigned short)65535, (short)-1),
        " a=255 b=65535 c=-1");
    assert_string_equal(fields("a=%f b=%.3f c=%g d=%.0e", 1.5, 2.0, 0.25, 3e9),
                        " a=1.500000 b=2.000 c=0.25 d=3e+09");
    assert_string_equal(fields("a=%c b=%d%% c=%p", 'x', 50, (void *)0), " a=x b=50% c=(nil)");
}

static void width_precision_and_flags_are_kept(void **state)
{
    (void)state;
    assert_string_equal(fields("a=%04x b=%+d c=%#x d=%.5d e=%0*d", 10u, 3, 255u, 42, 6, 7),
                        " a=000a b=+3 c=0xff d=00042 e=000007");
    assert_string_equal(fields("a=%.*s b=%.2s c=%.*s d=%d", 3, "abcdef", "xyz", -1, "all", 9),
                        " a=abc b=xy c=all d=9");
    assert_string_equal(fields("a=%5d b=%.0s c=%d", 42, "gone", 1), " a=\"   42\" b=\"\" c=1");
}

static void several_conversions_make_one_value(void **state)
{
    (void)state;
    assert_string_equal(fields("peer=%s#%u at=%s:%d", "::1", 53u, "a b", 3),
                        " peer=::1#53 at=\"a b:3\"");
    assert_string_equal(fields("word  key=plain  %d ", 7), " word key=plain 7");
}

static void a_value_that_could_lie_is_quoted_and_escaped(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        const char *value;
        const char *shown;
    } rows[] = {
        {"plain", "abc.example-1_/:[]", "abc.example-1_/:[]"},
        {"empty", "", "\"\""},
        {"blank", "a b", "\"a b\""},
        {"quote", "a\"b", "\"a\\\"b\""},
        {"equals sign", "a=b", "\"a=b\""},
        {"backslash alone is literal", "a\\046b", "a\\046b"},
        {"backslash in quotes is doubled", "a\\ b", "\"a\\\\ b\""},
        {"newline", "a\nerror forged", "\"a\\nerror forged\""},
        {"carriage return", "a\rb", "\"a\\x0db\""},
        {"tab", "a\tb", "\"a\\x09b\""},
        {"ESC", "\x1b[31m", "\"\\x1b[31m\""},
        {"DEL", "\x7f", "\"\\x7f\""},
        {"UTF-8", "\xe7\xae\x97\xe5\x9f\x9f", "\xe7\xae\x97\xe5\x9f\x9f"},
        {"UTF-8 of four octets", "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
        {"UTF-8 in quotes", "\xc3\xbc x", "\"\xc3\xbc x\""},
        {"lone continuation", "a\x80", "\"a\\x80\""},
        {"cut sequence", "a\xe7\xae", "\"a\\xe7\\xae\""},
        {"overlong slash", "\xc0\xaf", "\"\\xc0\\xaf\""},
        {"overlong of three octets", "\xe0\x80\xaf", "\"\\xe0\\x80\\xaf\""},
        {"surrogate", "\xed\xa0\x80", "\"\\xed\\xa0\\x80\""},
        {"beyond Unicode", "\xf4\x90\x80\x80", "\"\\xf4\\x90\\x80\\x80\""},
        {"no such first octet", "\xff", "\"\\xff\""},
        {"C1 control (CSI)",
         "\xc2\x9b"
         "31m",
         "\"\\xc2\\x9b31m\""},
        {"right-to-left override", "\xe2\x80\xae", "\"\\xe2\\x80\\xae\""},
        {"line separator", "\xe2\x80\xa8", "\"\\xe2\\x80\\xa8\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char expected[100];
        (void)snprintf(expected, sizeof expected, " k=%s", rows[i].shown);
        const char *got = fields("k=%s", rows[i].value);
        if (strcmp(got, expected) != 0) {
            fail_msg("%s: got <%s>, expected <%s>", rows[i].label, got, expected);
        }
    }
    assert_string_equal(fields("c=%c d=%c", '\n', 0), " c=\"\\n\" d=\"\\x00\"");
}

static void a_missing_text_is_said(void **state)
{
    (void)state;
    const char *volatile none = NULL; /* hidden from the compiler's format check */
    assert_string_equal(fields("a=%s b=%d", none, 4), " a=(null) b=4");
}

static void an_unknown_conversion_ends_the_fields(void **state)
{
    (void)state;
    const char *volatile format = "a=%d b=%y c=%d"; /* hidden from the compiler's format check */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-security"
    assert_string_equal(fields(format, 1, 2, 3), " a=1 b=?");
    format = "a=%d b=%";
    assert_string_equal(fields(format, 1, 2), " a=1 b=\"\"");
#pragma GCC diagnostic pop
}

static void no_format_adds_nothing(void **state)
{
    (void)state;
    const char *volatile format = NULL;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-security"
    assert_string_equal(fields(format), "");
#pragma GCC diagnostic pop
}

/* One value of len octets, each of them what; the line must end whole whatever len is. */
static void check_cut(size_t len, char what, bool *out_cut)
{
    static char value[LOG_LINE_SIZE * 3];
    memset(value, what, len);
    value[len] = '\0';
    const char *text = fields("before=%d k=%s after=%s", 1, value, "a b");
    size_t shown = strlen(text);
    assert_true(shown < LOG_LINE_SIZE);
    assert_memory_equal(text, " before=1 k", 11);
    size_t quotes = 0;
    for (const char *p = text; (p = strchr(p, '"')); p++) {
        quotes++;
    }
    assert_int_equal(quotes % 2, 0); /* each one is closed */
    const char *cut = strstr(text, " cut=true");
    *out_cut = cut != NULL;
    assert_true(cut ? cut[9] == '\0' : strstr(text, " after=\"a b\"") != NULL);
}

static void what_does_not_fit_is_cut_and_said(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        char what;
        size_t fits, too_long;
    } rows[] = {
        {"plain", 'x', 4000, 4040},
        {"escaped to two", '\n', 2000, 2020},
        {"escaped to four", '\x01', 1000, 1010},
        {"blanks", ' ', 4000, 4030},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool cut = false;
        for (size_t len = rows[i].fits - 20; len < rows[i].too_long + 20; len++) {
            check_cut(len, rows[i].what, &cut);
            if ((len <= rows[i].fits && cut) || (len >= rows[i].too_long && !cut)) {
                fail_msg("%s, %zu octets: cut is %d", rows[i].label, len, cut);
            }
        }
        check_cut((size_t)LOG_LINE_SIZE * 2, rows[i].what, &cut);
        assert_true(cut);
    }
}

static void a_quote_closed_at_the_very_end_lets_nothing_follow(void **state)
{
    (void)state;
    static char blanks[LOG_LINE_SIZE + 1];
    memset(blanks, ' ', LOG_LINE_SIZE);
    for (int len = 3900; len < LOG_LINE_SIZE; len++) {
        const char *text = fields("k=%.*s after=%.*s", len, blanks, 100, blanks);
        assert_true(strlen(text) < LOG_LINE_SIZE - 30); /* room for `suppressed=` is left */
    }
    assert_non_null(strstr(fields("k=%05000d", 7), "000 cut=true"));
}

static void nothing_is_added_after_a_cut(void **state)
{
    (void)state;
    static struct log_line line;
    static char big[LOG_LINE_SIZE];
    log_line_init(&line);
    log_line_add(&line, big, sizeof big);
    assert_true(line.cut);
    assert_int_equal(line.len, 0);
    log_line_add(&line, "small", 5);
    assert_int_equal(line.len, 0);
    log_line_end(&line, UINT64_MAX);
    assert_int_equal(line.len, strlen(" suppressed=18446744073709551615 cut=true\n"));
    assert_memory_equal(line.text, " suppressed=18446744073709551615 cut=true\n", line.len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_conversion_prints_as_printf_does),
        cmocka_unit_test(width_precision_and_flags_are_kept),
        cmocka_unit_test(several_conversions_make_one_value),
        cmocka_unit_test(a_value_that_could_lie_is_quoted_and_escaped),
        cmocka_unit_test(a_missing_text_is_said),
        cmocka_unit_test(an_unknown_conversion_ends_the_fields),
        cmocka_unit_test(no_format_adds_nothing),
        cmocka_unit_test(what_does_not_fit_is_cut_and_said),
        cmocka_unit_test(a_quote_closed_at_the_very_end_lets_nothing_follow),
        cmocka_unit_test(nothing_is_added_after_a_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
