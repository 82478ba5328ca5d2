#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/fail.h"
#include "tests/lib/text.h"
#include "zones/dns_rdata.h"
#include "zones/dns_type.h"
#include "zones/zone_import.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct text_result result;
static const uint8_t origin[] = "\2de";

static int import(struct dns_scan *scan, void *context, struct wr *out)
{
    return zone_import_parse(scan, *(uint16_t *)context, origin, out);
}

static void parse(uint16_t type, const char *text)
{
    text_run(import, &type, text, strlen(text), &result);
}

static const struct {
    const char *label;
    uint16_t type;
    const char *text, *octets, *printed;
} rows[] = {
    {"APL, RFC 3123 6", DNS_TYPE_APL, "1:192.168.32.0/21 !1:192.168.38.0/28",
     "00011503c0a820 00011c83c0a826", "1:192.168.32.0/21 !1:192.168.38.0/28"},
    {"APL over lines", DNS_TYPE_APL, "( 1:224.0.0.0/4\n 2:FF00:0:0:0:0:0:0:0/8 )",
     "00010401e0 00020801ff", "1:224.0.0.0/4 2:ff00:0000:0000:0000:0000:0000:0000:0000/8"},
    {"HIP, RFC 8005 6", DNS_TYPE_HIP, "2 200100107B1A74DF365639CC39F1D578 AAEC rvs",
     "10 02 0003 "
     "200100107b1a74df365639cc39f1d578 000102 0372767302646500",
     "2 200100107b1a74df365639cc39f1d578 AAEC rvs.de."},
};

static void odd_types_are_read_and_printed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t octets[200];
        char text[300];
        size_t len = text_from_hex(rows[i].octets, octets, sizeof octets);
        struct wr out = wr_make(text, sizeof text - 1);
        print_message("%s\n", rows[i].label);
        parse(rows[i].type, rows[i].text);
        assert_string_equal(result.at.text, "");
        assert_int_equal(result.err, 0);
        assert_int_equal(result.len, len);
        assert_memory_equal(result.octets, octets, len);
        assert_string_equal(result.next, "EOF");
        assert_int_equal(zone_import_print(rows[i].type, octets, len, &out), 0);
        text[wr_len(&out)] = '\0';
        assert_string_equal(text, rows[i].printed);
    }
}

static void wrong_text_has_a_place(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        uint16_t type;
        const char *text;
        int err;
        const char *message;
    } cases[] = {
        {"APL, read by ldns but wrong", DNS_TYPE_APL, "1:192.168.32.0/33", ERR_RDATA,
         "not RDATA of type APL: malformed RDATA"},
        {"HIP", DNS_TYPE_HIP, "2 zz AAEC", ERR_SYNTAX, "not RDATA of type HIP: syntax error"},
        {"escape", DNS_TYPE_HIP, "2 00 AAEC a\\;b", ERR_SYNTAX,
         "expected a word without quotes and escapes (or all in \\#), found 'a\\;b'"},
        {"quotes", DNS_TYPE_APL, "\"1:1.2.3.4/32\"", ERR_SYNTAX,
         "expected a word without quotes and escapes (or all in \\#), found quoted '1:1.2.3.4/32'"},
        {"control octet", DNS_TYPE_APL, "1:1.2.3.4/32\001", ERR_SYNTAX,
         "expected a word without quotes and escapes (or all in \\#), found '1:1.2.3.4/32\\001'"},
        {"open quote", DNS_TYPE_APL, "1:1.2.3.4/32 \"", ERR_SYNTAX,
         "quoted text is not closed on its line"},
        {"nothing", DNS_TYPE_HIP, "( )", ERR_SYNTAX, "not RDATA of type HIP: syntax error"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        print_message("%s\n", cases[i].label);
        parse(cases[i].type, cases[i].text);
        assert_string_equal(result.at.text, cases[i].message);
        assert_int_equal(result.err, cases[i].err);
        assert_int_equal(result.at.line, 1);
    }
}

static void long_text_is_refused(void **state)
{
    (void)state;
    static char text[ZONE_IMPORT_TEXT_MAX + 100];
    size_t used = 0;
    while (used + 20 < ZONE_IMPORT_TEXT_MAX) {
        memcpy(text + used, "1:192.168.32.0/24 ", 18);
        used += 18;
    }
    text[used] = '\0';
    parse(DNS_TYPE_APL, text);
    assert_int_equal(result.err, 0);
    memcpy(text + used, "1:192.168.32.0/24 1:1.2.3.4/32", 31);
    parse(DNS_TYPE_APL, text);
    assert_int_equal(result.err, ERR_LIMIT);
    assert_string_equal(result.at.text, "the record is too long");
}

static void what_is_not_valid_is_not_given_to_ldns(void **state)
{
    (void)state;
    static const struct {
        uint16_t type;
        const char *octets;
    } cases[] = {
        {DNS_TYPE_APL, ""},         {DNS_TYPE_APL, "0001"},       {DNS_TYPE_APL, "00010401"},
        {DNS_TYPE_HIP, "10020003"}, {DNS_TYPE_HIP, "ff02ffff00"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint8_t octets[20];
        char text[100];
        size_t len = text_from_hex(cases[i].octets, octets, sizeof octets);
        struct wr out = wr_make(text, sizeof text);
        assert_int_equal(zone_import_print(cases[i].type, octets, len, &out), ERR_UNSUPPORTED);
        assert_int_equal(wr_len(&out), 0);
    }
}

static void text_that_means_something_else_is_not_printed(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        uint16_t type;
        const char *octets;
    } cases[] = {
        {"a family without a text", DNS_TYPE_APL, "0009080107"},
        {"a name with a quote", DNS_TYPE_HIP, "01020001 aabb 033d226100"},
        {"a name with a semicolon", DNS_TYPE_HIP, "01020001 aabb 03613b6200"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint8_t octets[20];
        char text[100];
        size_t len = text_from_hex(cases[i].octets, octets, sizeof octets);
        struct wr out = wr_make(text, sizeof text);
        print_message("%s\n", cases[i].label);
        assert_int_equal(dns_rdata_check(cases[i].type, octets, len), 0);
        assert_int_equal(zone_import_print(cases[i].type, octets, len, &out), ERR_UNSUPPORTED);
        assert_int_equal(wr_len(&out), 0);
    }
}

static void without_memory_nothing_is_printed(void **state)
{
    (void)state;
    static const uint8_t octets[] = {0, 1, 4, 1, 0xe0};
    size_t n = 1;
    for (;; n++) {
        char text[100];
        struct wr out = wr_make(text, sizeof text);
        fail_after(n);
        int err = zone_import_print(DNS_TYPE_APL, octets, sizeof octets, &out);
        if (!fail_stop()) {
            assert_int_equal(err, 0);
            break;
        }
        assert_int_equal(err, ERR_UNSUPPORTED);
        assert_int_equal(wr_len(&out), 0);
    }
    assert_true(n > 2);
}

static void text_that_does_not_fit_is_an_error(void **state)
{
    (void)state;
    static const uint8_t octets[] = {0, 1, 4, 1, 0xe0};
    char text[20];
    struct wr out = wr_make(text, 12);
    assert_int_equal(zone_import_print(DNS_TYPE_APL, octets, sizeof octets, &out), ERR_SPACE);
    out = wr_make(text, 13); /* 1:224.0.0.0/4 */
    assert_int_equal(zone_import_print(DNS_TYPE_APL, octets, sizeof octets, &out), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(odd_types_are_read_and_printed),
        cmocka_unit_test(wrong_text_has_a_place),
        cmocka_unit_test(long_text_is_refused),
        cmocka_unit_test(what_is_not_valid_is_not_given_to_ldns),
        cmocka_unit_test(text_that_means_something_else_is_not_printed),
        cmocka_unit_test(without_memory_nothing_is_printed),
        cmocka_unit_test(text_that_does_not_fit_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
