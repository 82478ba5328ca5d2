#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/err.h"
#include "tests/lib/guard.h"
#include "zones/dns_text_number.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define UNTOUCHED    12345u

static void numbers_are_decimal_digits_up_to_a_limit(void **state)
{
    (void)state;
    static const struct {
        const char *label, *text;
        uint32_t max;
        int err;
        uint32_t number;
    } rows[] = {
        {"zero", "0", 255, 0, 0},
        {"leading zeros", "007", 255, 0, 7},
        {"limit", "255", 255, 0, 255},
        {"over the limit", "256", 255, ERR_VALUE, 0},
        {"widest", "4294967295", UINT32_MAX, 0, UINT32_MAX},
        {"over the widest", "4294967296", UINT32_MAX, ERR_VALUE, 0},
        {"far over", "99999999999999999999999999", UINT32_MAX, ERR_VALUE, 0},
        {"nothing", "", 255, ERR_VALUE, 0},
        {"sign", "+1", 255, ERR_VALUE, 0},
        {"minus", "-1", 255, ERR_VALUE, 0},
        {"letter", "1a", 255, ERR_VALUE, 0},
        {"high octet", "\2611", 255, ERR_VALUE, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint32_t number = UNTOUCHED;
        const char *copy = guard_copy(rows[i].text, strlen(rows[i].text));
        print_message("%s\n", rows[i].label);
        assert_int_equal(dns_text_number_parse(copy, strlen(rows[i].text), rows[i].max, &number),
                         rows[i].err);
        assert_int_equal(number, rows[i].err ? UNTOUCHED : rows[i].number);
        guard_free(copy);
    }
}

static void periods_are_seconds_or_numbers_with_units(void **state)
{
    (void)state;
    static const struct {
        const char *label, *text;
        uint32_t max;
        int err;
        uint32_t period_s;
    } rows[] = {
        {"seconds", "300", UINT32_MAX, 0, 300},
        {"zero", "0", UINT32_MAX, 0, 0},
        {"each unit", "1w2d3h4m5s", UINT32_MAX, 0, 604800 + 2 * 86400 + 3 * 3600 + 4 * 60 + 5},
        {"upper case", "1W2D3H4M5S", UINT32_MAX, 0, 604800 + 2 * 86400 + 3 * 3600 + 4 * 60 + 5},
        {"any order, twice", "1s1h1s", UINT32_MAX, 0, 3602},
        {"largest TTL", "2147483647", 2147483647, 0, 2147483647},
        {"over the largest TTL", "2147483648", 2147483647, ERR_VALUE, 0},
        {"over it by units", "24855d3h14m8s", 2147483647, ERR_VALUE, 0},
        {"just it by units", "24855d3h14m7s", 2147483647, 0, 2147483647},
        {"number behind a unit", "1h30", UINT32_MAX, ERR_VALUE, 0},
        {"unit alone", "h", UINT32_MAX, ERR_VALUE, 0},
        {"two units", "1hm", UINT32_MAX, ERR_VALUE, 0},
        {"unknown unit", "1y", UINT32_MAX, ERR_VALUE, 0},
        {"nothing", "", UINT32_MAX, ERR_VALUE, 0},
        {"minus", "-1", UINT32_MAX, ERR_VALUE, 0},
        {"overflow", "99999999999999999999", UINT32_MAX, ERR_VALUE, 0},
        {"overflow by a unit", "4294967295w", UINT32_MAX, ERR_VALUE, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint32_t period_s = UNTOUCHED;
        const char *copy = guard_copy(rows[i].text, strlen(rows[i].text));
        print_message("%s\n", rows[i].label);
        assert_int_equal(
            dns_text_number_parse_period(copy, strlen(rows[i].text), rows[i].max, &period_s),
            rows[i].err);
        assert_int_equal(period_s, rows[i].err ? UNTOUCHED : rows[i].period_s);
        guard_free(copy);
    }
}

static void stamps_are_dates_or_seconds(void **state)
{
    (void)state;
    static const struct {
        const char *label, *text;
        int err;
        uint32_t epoch_s;
    } rows[] = {
        {"epoch", "19700101000000", 0, 0},
        {"RFC 4034 3.3", "20030322173103", 0, 1048354263},
        {"leap day", "20000229235959", 0, 951868799},
        {"behind a leap day", "20000301000000", 0, 951868800},
        {"2038", "20380119031408", 0, 2147483648u},
        {"last second", "21060207062815", 0, UINT32_MAX},
        {"one second later", "21060207062816", ERR_VALUE, 0},
        {"seconds", "1048354263", 0, 1048354263},
        {"seconds, largest", "4294967295", 0, UINT32_MAX},
        {"seconds, too large", "4294967296", ERR_VALUE, 0},
        {"zero", "0", 0, 0},
        {"no leap year", "21000229000000", ERR_VALUE, 0},
        {"no leap day", "20010229000000", ERR_VALUE, 0},
        {"month 0", "20010001000000", ERR_VALUE, 0},
        {"month 13", "20011301000000", ERR_VALUE, 0},
        {"day 0", "20010100000000", ERR_VALUE, 0},
        {"day 31 of April", "20010431000000", ERR_VALUE, 0},
        {"hour 24", "20010101240000", ERR_VALUE, 0},
        {"minute 60", "20010101006000", ERR_VALUE, 0},
        {"second 60", "20010101000060", ERR_VALUE, 0},
        {"before 1970", "19691231235959", ERR_VALUE, 0},
        {"11 digits", "12345678901", ERR_VALUE, 0},
        {"15 digits", "200303221731030", ERR_VALUE, 0},
        {"letter", "2003032217310x", ERR_VALUE, 0},
        {"nothing", "", ERR_VALUE, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint32_t epoch_s = UNTOUCHED;
        const char *copy = guard_copy(rows[i].text, strlen(rows[i].text));
        print_message("%s\n", rows[i].label);
        assert_int_equal(dns_text_number_parse_stamp(copy, strlen(rows[i].text), &epoch_s),
                         rows[i].err);
        assert_int_equal(epoch_s, rows[i].err ? UNTOUCHED : rows[i].epoch_s);
        guard_free(copy);
    }
}

static void stamps_print_as_the_c_library_prints_them_and_are_read_back(void **state)
{
    (void)state;
    for (uint64_t epoch_s = 0; epoch_s <= UINT32_MAX; epoch_s += 86399 * 7 + 1) {
        char ours[DNS_TEXT_NUMBER_STAMP + 1] = "";
        char theirs[32];
        time_t moment = (time_t)epoch_s;
        struct tm parts;
        uint32_t again;
        dns_text_number_print_stamp((uint32_t)epoch_s, ours);
        assert_non_null(gmtime_r(&moment, &parts));
        strftime(theirs, sizeof theirs, "%Y%m%d%H%M%S", &parts);
        assert_string_equal(ours, theirs);
        assert_int_equal(dns_text_number_parse_stamp(ours, DNS_TEXT_NUMBER_STAMP, &again), 0);
        assert_int_equal(again, epoch_s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_decimal_digits_up_to_a_limit),
        cmocka_unit_test(periods_are_seconds_or_numbers_with_units),
        cmocka_unit_test(stamps_are_dates_or_seconds),
        cmocka_unit_test(stamps_print_as_the_c_library_prints_them_and_are_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
