#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "tests/lib/guard.h"
#include "zones/dns_text_address.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void ipv4_addresses_are_four_plain_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *label, *text;
        int err;
        uint8_t address[4];
    } rows[] = {
        {"lowest", "0.0.0.0", 0, {0, 0, 0, 0}},
        {"highest", "255.255.255.255", 0, {255, 255, 255, 255}},
        {"plain", "192.0.2.10", 0, {192, 0, 2, 10}},
        {"leading zero", "192.0.2.010", ERR_VALUE, {0}},
        {"two zeros", "192.0.2.00", ERR_VALUE, {0}},
        {"256", "192.0.2.256", ERR_VALUE, {0}},
        {"long number", "192.0.2.1111111111111111111", ERR_VALUE, {0}},
        {"three parts", "192.0.2", ERR_VALUE, {0}},
        {"three parts and a dot", "192.0.2.", ERR_VALUE, {0}},
        {"five parts", "192.0.2.1.1", ERR_VALUE, {0}},
        {"dot behind", "192.0.2.1.", ERR_VALUE, {0}},
        {"no first part", ".0.2.1", ERR_VALUE, {0}},
        {"hex", "0x1.0.2.1", ERR_VALUE, {0}},
        {"blank", "192.0.2.1 ", ERR_VALUE, {0}},
        {"nothing", "", ERR_VALUE, {0}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t address[4];
        const char *copy = guard_copy(rows[i].text, strlen(rows[i].text));
        print_message("%s\n", rows[i].label);
        assert_int_equal(dns_text_address_parse4(copy, strlen(rows[i].text), address), rows[i].err);
        if (!rows[i].err) {
            assert_memory_equal(address, rows[i].address, 4);
        }
        guard_free(copy);
    }
}

static void ipv6_addresses_are_read_like_the_c_library_reads_them(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "::",
        "::1",
        "1::",
        "1::8",
        "1:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7::",
        "::2:3:4:5:6:7:8",
        "1:2::7:8",
        "2001:DB8::a",
        "fd00::0:0",
        "::1.2.3.4",
        "::ffff:1.2.3.4",
        "1:2:3:4:5:6:1.2.3.4",
        "1::1.2.3.4",
        "64:ff9b::192.0.2.33",
        "0:0:0:0:0:0:0:0",
        "00ff::0ff0",
        /* wrong ones */
        "",
        ":",
        ":1",
        "1:",
        ":::",
        "1:::2",
        "1::2::3",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7:8:",
        "1:2:3:4:5:6:7:8::",
        "::1:2:3:4:5:6:7:8",
        "12345::",
        "g::",
        "1:2:3:4:5:6:7:1.2.3.4",
        "::1.2.3",
        "::1.2.3.256",
        "::1.2.3.4:5",
        "1.2.3.4",
        "fe80::1%eth0",
        "::/64",
        " ::",
        ":: ",
        "1:2:3:4:5:6:7:8:1.2.3.4",
        "::01.2.3.4",
        "1::2:",
        ":1::2",
        "::1.2.3.4.",
        "1:2:3:4:5::6:7:8",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        uint8_t ours[16];
        uint8_t theirs[16];
        size_t len = strlen(texts[i]);
        const char *copy = guard_copy(texts[i], len);
        int wanted = inet_pton(AF_INET6, texts[i], theirs) == 1 ? 0 : ERR_VALUE;
        print_message("'%s'\n", texts[i]);
        assert_int_equal(dns_text_address_parse6(copy, len, ours), wanted);
        if (!wanted) {
            assert_memory_equal(ours, theirs, 16);
        }
        guard_free(copy);
    }
}

static void ipv6_addresses_print_in_their_canonical_form(void **state)
{
    (void)state;
    static const struct {
        const char *label, *text, *canonical;
    } rows[] = {
        {"leading zeros, RFC 5952 4.1", "2001:0db8::0001", "2001:db8::1"},
        {"shorten as much as possible, 4.2.1", "2001:db8:0:0:0:0:2:1", "2001:db8::2:1"},
        {"a single group is not shortened, 4.2.2", "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
        {"the longest run, 4.2.3", "2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
        {"the first of equal runs, 4.2.3", "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
        {"lower case, 4.3", "2001:DB8::ABCD", "2001:db8::abcd"},
        {"mapped, 5", "::ffff:c000:201", "::ffff:192.0.2.1"},
        {"all zeros", "0:0:0:0:0:0:0:0", "::"},
        {"zeros first", "0:0:0:0:0:0:0:1", "::1"},
        {"zeros last", "1:0:0:0:0:0:0:0", "1::"},
        {"no zeros", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
        {"longest", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
         "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t address[16];
        char text[DNS_TEXT_ADDRESS_MAX + 1] = "";
        print_message("%s\n", rows[i].label);
        assert_int_equal(dns_text_address_parse6(rows[i].text, strlen(rows[i].text), address), 0);
        text[dns_text_address_print6(address, text)] = '\0';
        assert_string_equal(text, rows[i].canonical);
    }
}

static void printed_addresses_are_read_back_by_us_and_by_the_c_library(void **state)
{
    (void)state;
    srandom(7);
    for (unsigned i = 0; i < 20000; i++) {
        uint8_t address[16];
        uint8_t again[16];
        char text[DNS_TEXT_ADDRESS_MAX + 1];
        for (unsigned k = 0; k < 16; k++) { /* many zero groups */
            address[k] = random() % 3 ? 0 : (uint8_t)random();
        }
        size_t len = dns_text_address_print6(address, text);
        text[len] = '\0';
        assert_int_equal(dns_text_address_parse6(text, len, again), 0);
        assert_memory_equal(address, again, 16);
        assert_int_equal(inet_pton(AF_INET6, text, again), 1);
        assert_memory_equal(address, again, 16);
        len = dns_text_address_print4(address, text);
        text[len] = '\0';
        assert_int_equal(dns_text_address_parse4(text, len, again), 0);
        assert_memory_equal(address, again, 4);
        assert_int_equal(inet_pton(AF_INET, text, again), 1);
        assert_memory_equal(address, again, 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ipv4_addresses_are_four_plain_numbers),
        cmocka_unit_test(ipv6_addresses_are_read_like_the_c_library_reads_them),
        cmocka_unit_test(ipv6_addresses_print_in_their_canonical_form),
        cmocka_unit_test(printed_addresses_are_read_back_by_us_and_by_the_c_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
