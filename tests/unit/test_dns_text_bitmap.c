#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/text.h"
#include "zones/dns_text_bitmap.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct text_result result;

static int bitmap(struct dns_scan *scan, void *context, struct wr *out)
{
    (void)context;
    return dns_text_bitmap_parse(scan, out);
}

static const char *print(const uint8_t *octets, size_t len)
{
    static char text[1 << 20];
    struct rd rd = rd_make(octets, len);
    struct wr out = wr_make(text, sizeof text - 1);
    dns_text_bitmap_print(&rd, &out);
    assert_int_equal(out.err, 0);
    assert_int_equal(rd_left(&rd), 0);
    text[wr_len(&out)] = '\0';
    return text;
}

static void types_become_windows_and_come_back_in_order(void **state)
{
    (void)state;
    static const struct {
        const char *label, *text, *octets, *printed;
    } rows[] = {
        {"RFC 4034 4.3", "A MX RRSIG NSEC TYPE1234",
         "0006400100000003041b000000000000000000000000000000000000000000000000000020",
         "A MX RRSIG NSEC TYPE1234"},
        {"any order, twice", "MX a MX", "00024001", "A MX"},
        {"none", "", "", ""},
        {"type 0", "TYPE0", "000180", "TYPE0"},
        {"last of a window", "TYPE255",
         "0020"
         "0000000000000000000000000000000000000000000000000000000000000001",
         "ANY"},
        {"first of the next one", "CAA URI", "0101c0", "URI CAA"},
        {"last of all", "TYPE65535",
         "ff20"
         "0000000000000000000000000000000000000000000000000000000000000001",
         "TYPE65535"},
        {"ours", "CRES A", "000140ff0b0000000000000000000040", "A CRES"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].label);
        text_run(bitmap, NULL, rows[i].text, strlen(rows[i].text), &result);
        assert_int_equal(result.err, 0);
        assert_string_equal(result.hex, rows[i].octets);
        assert_string_equal(print(result.octets, result.len), rows[i].printed);
    }
}

static void all_types_at_once_are_read_back(void **state)
{
    (void)state;
    static char text[65536 * 10];
    static uint8_t first[70000];
    size_t used = 0;
    for (unsigned type = 0; type < 65536; type++) {
        used += (size_t)sprintf(text + used, "TYPE%u ", 65535 - type);
    }
    text_run(bitmap, NULL, text, used, &result);
    assert_int_equal(result.err, 0);
    assert_int_equal(result.len, 256 * 34);
    memcpy(first, result.octets, result.len);
    const char *printed = print(result.octets, result.len);
    text_run(bitmap, NULL, printed, strlen(printed), &result);
    assert_int_equal(result.len, 256 * 34);
    assert_memory_equal(result.octets, first, result.len);
}

static void what_is_no_type_has_a_place(void **state)
{
    (void)state;
    text_run(bitmap, NULL, "A FOO", 5, &result);
    assert_int_equal(result.err, ERR_SYNTAX);
    assert_int_equal(result.at.column, 3);
    assert_string_equal(result.at.text, "expected a record type, found 'FOO'");
    text_run(bitmap, NULL, "A \"MX\"", 6, &result);
    assert_string_equal(result.at.text, "expected a record type, found quoted 'MX'");
    text_run(bitmap, NULL, "A )", 3, &result);
    assert_string_equal(result.at.text, "closing parenthesis without an opening one");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_become_windows_and_come_back_in_order),
        cmocka_unit_test(all_types_at_once_are_read_back),
        cmocka_unit_test(what_is_no_type_has_a_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
