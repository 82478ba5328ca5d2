#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/text.h"
#include "zones/dns_rdata.h"
#include "zones/dns_text_loc.h"
#include "zones/dns_type.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct text_result result;

static int loc(struct dns_scan *scan, void *context, struct wr *out)
{
    (void)context;
    return dns_text_loc_parse(scan, out);
}

/* Text of 16 octets, or "" when they have none. */
static const char *print(const uint8_t *octets)
{
    static char text[200];
    struct rd rd = rd_make(octets, 16);
    struct wr out = wr_make(text, sizeof text - 1);
    dns_text_loc_print(&rd, &out);
    text[rd.err ? 0 : wr_len(&out)] = '\0';
    return text;
}

static void places_are_read_and_printed(void **state)
{
    (void)state;
    static const struct {
        const char *label, *text, *octets, *printed;
    } rows[] = {
        {"RFC 1876 4, cambridge-net.kei.com", "42 21 54 N 71 06 18 W -24m 30m",
         "0033161389172dd070be15f000988d20", "42 21 54.000 N 71 6 18.000 W -24.00m 30m 10000m 10m"},
        {"RFC 1876 4, rwy04L", "42 21 28.764 N 71 00 51.617 W -44m 2000m",
         "002516138916cb3c70c310df00988550",
         "42 21 28.764 N 71 0 51.617 W -44.00m 2000m 10000m 10m"},
        {"as short as can be", "0 N 0 E 0", "00121613800000008000000000989680",
         "0 0 0.000 N 0 0 0.000 E 0.00m 1m 10000m 10m"},
        {"corners", "90 S 180 w -100000.00m 0m 0.01m 90000000.00m",
         "000010996cb0270059604e0000000000",
         "90 0 0.000 S 180 0 0.000 W -100000.00m 0m 0.01m 90000000m"},
        {"other corners", "90 0 0 N 180 0 0.000 e 42849672.95M 9m 90m 900m",
         "00929394934fd900a69fb200ffffffff", "90 0 0.000 N 180 0 0.000 E 42849672.95m 9m 90m 900m"},
        {"parts of a second", "1 2 3.4 S 4 5 6.07 W 1.5 0.5 0.05", "00515013", NULL},
        {"sizes keep their first digit", "1 N 1 E 0 15m 99.99m 0.19m", "00139311", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].label);
        text_run(loc, NULL, rows[i].text, strlen(rows[i].text), &result);
        assert_int_equal(result.err, 0);
        assert_int_equal(result.len, 16);
        assert_int_equal(dns_rdata_check(DNS_TYPE_LOC, result.octets, 16), 0);
        if (rows[i].printed) {
            uint8_t octets[16];
            assert_int_equal(text_from_hex(rows[i].octets, octets, 16), 16);
            assert_memory_equal(result.octets, octets, 16);
            assert_string_equal(print(octets), rows[i].printed);
        } else {
            assert_memory_equal(result.hex, rows[i].octets, strlen(rows[i].octets));
        }
        assert_string_equal(result.next, "END");
    }
}

static void wrong_places_have_a_place(void **state)
{
    (void)state;
    static const struct {
        const char *label, *text;
        unsigned column;
        const char *message;
    } rows[] = {
        {"no direction", "42 21 54 71", 10, "expected a direction: N, S, E or W, found '71'"},
        {"wrong direction", "42 E", 4, "expected minutes (0 to 59) or a direction, found 'E'"},
        {"direction first", "N", 1, "expected degrees, found 'N'"},
        {"too far north", "91 N", 1, "expected degrees, found '91'"},
        {"too far north by a second", "90 0 0.001 N", 12, "expected at most 90 degrees"},
        {"too far east", "0 N 180 1 E", 11, "expected at most 180 degrees"},
        {"minutes", "1 60 N", 3, "expected minutes (0 to 59) or a direction, found '60'"},
        {"seconds", "1 0 60 N", 5, "expected seconds (0 to 59.999) or a direction, found '60'"},
        {"four digits behind the point", "1 0 0.0001 N", 5,
         "expected seconds (0 to 59.999) or a direction, found '0.0001'"},
        {"nothing behind the point", "1 0 0. N", 5,
         "expected seconds (0 to 59.999) or a direction, found '0.'"},
        {"parts of a degree", "1.5 N", 1, "expected degrees, found '1.5'"},
        {"minus", "-1 N", 1, "expected degrees, found '-1'"},
        {"altitude", "1 N 1 E x", 9,
         "expected an altitude from -100000.00m to 42849672.95m, found 'x'"},
        {"too low", "1 N 1 E -100000.01", 9,
         "expected an altitude from -100000.00m to 42849672.95m, found '-100000.01'"},
        {"too high", "1 N 1 E 42849672.96", 9,
         "expected an altitude from -100000.00m to 42849672.95m, found '42849672.96'"},
        {"no altitude", "1 N 1 E\n", 8,
         "expected an altitude from -100000.00m to 42849672.95m, found the end of the record"},
        {"size", "1 N 1 E 1m 90000000.01m", 12,
         "expected a size from 0m to 90000000m, found '90000000.01m'"},
        {"size in km", "1 N 1 E 1m 1km", 12, "expected a size from 0m to 90000000m, found '1km'"},
        {"quoted", "1 N 1 E 1m \"1m\"", 12,
         "expected a size from 0m to 90000000m, found quoted '1m'"},
        {"huge number", "99999999999999999999 N", 1,
         "expected degrees, found '99999999999999999999'"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].label);
        text_run(loc, NULL, rows[i].text, strlen(rows[i].text), &result);
        assert_true(result.err == ERR_SYNTAX || result.err == ERR_VALUE);
        assert_string_equal(result.at.text, rows[i].message);
        assert_int_equal(result.at.column, rows[i].column);
    }
}

static void a_fourth_size_is_left_for_the_caller(void **state)
{
    (void)state;
    text_run(loc, NULL, "1 N 1 E 1m 1m 1m 1m x", 21, &result);
    assert_int_equal(result.err, 0);
    assert_string_equal(result.next, "x");
}

static void what_prints_is_read_back(void **state)
{
    (void)state;
    srandom(7);
    unsigned printed = 0;
    for (unsigned i = 0; i < 100000; i++) {
        uint8_t octets[16] = {0};
        for (size_t k = 1; k < 16; k++) {
            octets[k] = (uint8_t)random();
        }
        octets[4] = (uint8_t)(0x6c + random() % 0x28);
        octets[8] = (uint8_t)(0x59 + random() % 0x4e);
        const char *text = print(octets);
        if (dns_rdata_check(DNS_TYPE_LOC, octets, 16) || !text[0]) {
            continue;
        }
        text_run(loc, NULL, text, strlen(text), &result);
        assert_int_equal(result.err, 0);
        assert_memory_equal(result.octets, octets, 16);
        printed++;
    }
    assert_true(printed > 1000);
}

static void what_has_no_text_is_told(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "01121613800000008000000000989680", /* another version */
        "00051613800000008000000000989680", /* nothing times 10^5 */
        "001a1613800000008000000000989680", /* power of ten is no digit */
        "00a21613800000008000000000989680", /* mantissa is no digit */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t octets[16];
        text_from_hex(rows[i], octets, 16);
        assert_string_equal(print(octets), "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_read_and_printed),
        cmocka_unit_test(wrong_places_have_a_place),
        cmocka_unit_test(a_fourth_size_is_left_for_the_caller),
        cmocka_unit_test(what_prints_is_read_back),
        cmocka_unit_test(what_has_no_text_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
