#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/guard.h"
#include "zones/dns_type.h"

static void types_are_read_by_name_and_by_number(void **state)
{
    (void)state;
    static const struct {
        const char *label, *text;
        int number; /* -1: refused */
    } rows[] = {
        {"first", "A", 1},
        {"name that begins another", "NS", 2},
        {"name that is begun by another", "NSEC3PARAM", 51},
        {"long", "OPENPGPKEY", 61},
        {"case does not count", "cAa", 257},
        {"meta", "AXFR", 252},
        {"ours, first", "CENTRE", 65360},
        {"ours, last", "cpol", 65366},
        {"generic for a known type", "TYPE16", 16},
        {"generic, any case", "type65361", 65361},
        {"generic for an unknown type", "TYPE65280", 65280},
        {"largest", "TYPE65535", 65535},
        {"one too many", "TYPE65536", -1},
        {"no digits", "TYPE", -1},
        {"sign", "TYPE-1", -1},
        {"unknown word", "FOO", -1},
        {"name and a zero octet", "MX\0", -1},
        {"sixteen octets", "ABCDEFGHIJKLMNOP", -1},
        {"seventeen octets", "NSEC3PARAM1234567", -1},
        {"empty", "", -1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        print_message("%s\n", rows[i].label);
        const bool zero = strstr(rows[i].label, "zero") != NULL;
        const size_t len = strlen(rows[i].text) + zero;
        const char *text = guard_copy(rows[i].text, len);
        uint16_t number = 4711;
        const bool read = dns_type_parse(text, len, &number);
        guard_free(text);
        assert_int_equal(read, rows[i].number >= 0);
        assert_int_equal(number, read ? rows[i].number : 4711);
    }
}

static void every_type_is_read_back_from_its_text(void **state)
{
    (void)state;
    for (unsigned type = 0; type <= UINT16_MAX; type++) {
        char text[16];
        dns_type_print((uint16_t)type, text);
        uint16_t back = 0;
        assert_true(dns_type_parse(text, strlen(text), &back));
        assert_int_equal(back, type);
    }
}

static void each_row_of_the_table_is_found_by_its_number(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint16_t number, flags;
    } rows[] = {
#define C                              DNS_TYPE_COMPRESS
#define F                              DNS_TYPE_FOLD
#define M                              DNS_TYPE_META
#define O                              DNS_TYPE_ONE
#define L                              DNS_TYPE_LDNS
#define S                              DNS_TYPE_SIGNED
#define TYPE(name, number, flags, ...) {#name, number, flags},
#include "zones/dns_type.def"
#undef TYPE
    };
    size_t found = 0;
    for (unsigned type = 0; type <= UINT16_MAX; type++) {
        found += dns_type_find((uint16_t)type) != NULL;
    }
    assert_int_equal(found, sizeof(rows) / sizeof(rows[0]));
    for (size_t i = 0; i < found; i++) {
        const struct dns_type_row *row = dns_type_find(rows[i].number);
        assert_non_null(row);
        assert_string_equal(row->name, rows[i].name);
        assert_int_equal(row->number, rows[i].number);
        assert_int_equal(row->flags, rows[i].flags);
        assert_non_null(memchr(row->fields, DNS_FIELD_END, sizeof(row->fields)));
        assert_int_not_equal(row->fields[0], DNS_FIELD_END);
    }
}

static void types_without_a_row_have_none(void **state)
{
    (void)state;
    static const uint16_t types[] = {0, 38, 255 + 256, 512, 65359, 65367, 65535};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        assert_null(dns_type_find(types[i]));
    }
}

static void meta_types_are_those_that_no_zone_may_hold(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        uint16_t type;
        bool meta;
    } rows[] = {
        {"0 is reserved", 0, true},
        {"A", 1, false},
        {"OPT lies among data types", DNS_TYPE_OPT, true},
        {"SIG has given way to RRSIG", DNS_TYPE_SIG, true},
        {"RRSIG", DNS_TYPE_RRSIG, false},
        {"127", 127, false},
        {"NXNAME begins the range", 128, true},
        {"unassigned in the range", 200, true},
        {"ANY ends the range", 255, true},
        {"URI", 256, false},
        {"ours", DNS_TYPE_CRES, false},
        {"unknown", 65280, false},
        {"65535 is reserved", 65535, true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        print_message("%s\n", rows[i].label);
        assert_int_equal(dns_type_is_meta(rows[i].type), rows[i].meta);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_are_read_by_name_and_by_number),
        cmocka_unit_test(every_type_is_read_back_from_its_text),
        cmocka_unit_test(each_row_of_the_table_is_found_by_its_number),
        cmocka_unit_test(types_without_a_row_have_none),
        cmocka_unit_test(meta_types_are_those_that_no_zone_may_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
