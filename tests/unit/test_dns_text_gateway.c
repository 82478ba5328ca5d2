#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/text.h"
#include "zones/dns_rdata.h"
#include "zones/dns_text_gateway.h"
#include "zones/dns_type.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define KEY          "AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ=="
#define KEY_HEX      "0103515379 86ed35533b6064478eeeb27b5bd74dae149b6e81ba3a0521af82ab7801"

static struct text_result result;
static const uint8_t origin[] = "\2de";

static int gateway(struct dns_scan *scan, void *context, struct wr *out)
{
    return *(uint16_t *)context == DNS_TYPE_AMTRELAY
               ? dns_text_gateway_parse_relay(scan, origin, out)
               : dns_text_gateway_parse_key(scan, origin, out);
}

static void print(uint16_t type, struct rd *rd, struct wr *out)
{
    if (type == DNS_TYPE_AMTRELAY) {
        dns_text_gateway_print_relay(rd, out);
    } else {
        dns_text_gateway_print_key(rd, out);
    }
}

static void gateways_are_read_and_printed(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        uint16_t type;
        const char *text, *octets, *printed;
    } rows[] = {
        /* RFC 8777 4.3.2 */
        {"relay, IPv4", DNS_TYPE_AMTRELAY, "10 0 1 203.0.113.15", "0a01cb00710f",
         "10 0 1 203.0.113.15"},
        {"relay, IPv6", DNS_TYPE_AMTRELAY, "10 0 2 2001:db8::15",
         "0a02 20010db8000000000000000000000015", "10 0 2 2001:db8::15"},
        {"relay, name", DNS_TYPE_AMTRELAY, "128 1 3 relay", "8083 0572656c617902646500",
         "128 1 3 relay.de."},
        {"relay, none", DNS_TYPE_AMTRELAY, "0 1 0 .", "0080", "0 1 0 ."},
        /* RFC 4025 3.2 */
        {"key, IPv4", DNS_TYPE_IPSECKEY, "10 1 2 192.0.2.38 " KEY, "0a0102 c0000226" KEY_HEX,
         "10 1 2 192.0.2.38 " KEY},
        {"key, none", DNS_TYPE_IPSECKEY, "10 0 2 . " KEY, "0a0002" KEY_HEX, "10 0 2 . " KEY},
        {"key, name", DNS_TYPE_IPSECKEY, "10 3 2 gw ( AAEC )", "0a0302 02677702646500 000102",
         "10 3 2 gw.de. AAEC"},
        {"key, IPv6", DNS_TYPE_IPSECKEY, "10 2 2 2001:0DB8:0:8002::2000:1 AAEC",
         "0a0202 20010db8000080020000000020000001 000102", "10 2 2 2001:db8:0:8002::2000:1 AAEC"},
        {"no key", DNS_TYPE_IPSECKEY, "10 1 0 192.0.2.3", "0a0100 c0000203", "10 1 0 192.0.2.3"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint16_t type = rows[i].type;
        uint8_t octets[100];
        char text[100];
        size_t len = text_from_hex(rows[i].octets, octets, sizeof octets);
        print_message("%s\n", rows[i].label);
        text_run(gateway, &type, rows[i].text, strlen(rows[i].text), &result);
        assert_int_equal(result.err, 0);
        assert_string_equal(result.next, "END");
        assert_int_equal(result.len, len);
        assert_memory_equal(result.octets, octets, len);
        assert_int_equal(dns_rdata_check(type, octets, len), 0);
        struct rd rd = rd_make(octets, len);
        struct wr out = wr_make(text, sizeof text - 1);
        print(type, &rd, &out);
        text[wr_len(&out)] = '\0';
        assert_int_equal(rd.err, 0);
        assert_string_equal(text, rows[i].printed);
    }
}

static void wrong_gateways_have_a_place(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        uint16_t type;
        const char *text;
        unsigned column;
        const char *message;
    } rows[] = {
        {"precedence", DNS_TYPE_AMTRELAY, "256 0 1 1.2.3.4", 1,
         "expected a number from 0 to 255, found '256'"},
        {"D-bit", DNS_TYPE_AMTRELAY, "1 2 1 1.2.3.4", 3, "expected the D-bit, 0 or 1, found '2'"},
        {"type", DNS_TYPE_AMTRELAY, "1 0 4 1.2.3.4", 5,
         "expected a relay type from 0 to 3, found '4'"},
        {"another address", DNS_TYPE_AMTRELAY, "1 0 1 ::1", 7,
         "expected an IPv4 address, found '::1'"},
        {"another address", DNS_TYPE_AMTRELAY, "1 0 2 1.2.3.4", 7,
         "expected an IPv6 address, found '1.2.3.4'"},
        {"no dot", DNS_TYPE_AMTRELAY, "1 0 0 x", 7, "expected '.' for nothing, found 'x'"},
        {"name", DNS_TYPE_AMTRELAY, "1 0 3 a..b", 7, "expected a domain name, found 'a..b'"},
        {"end", DNS_TYPE_AMTRELAY, "1 0 1\n", 6,
         "expected an IPv4 address, found the end of the record"},
        {"gateway type", DNS_TYPE_IPSECKEY, "1 11 2 . AAEC", 3,
         "expected a gateway type from 0 to 3, found '11'"},
        {"algorithm", DNS_TYPE_IPSECKEY, "1 0 x . AAEC", 5,
         "expected a number from 0 to 255, found 'x'"},
        {"key missing", DNS_TYPE_IPSECKEY, "1 0 2 .\n", 8,
         "expected base64, found the end of the record"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint16_t type = rows[i].type;
        print_message("%s\n", rows[i].label);
        text_run(gateway, &type, rows[i].text, strlen(rows[i].text), &result);
        assert_int_equal(result.err, ERR_SYNTAX);
        assert_string_equal(result.at.text, rows[i].message);
        assert_int_equal(result.at.column, rows[i].column);
    }
}

static void without_an_algorithm_a_key_is_left_over(void **state)
{
    (void)state;
    uint16_t type = DNS_TYPE_IPSECKEY;
    text_run(gateway, &type, "1 0 0 . AAEC", 12, &result);
    assert_int_equal(result.err, 0);
    assert_string_equal(result.next, "AAEC");
}

static void gateways_of_unknown_types_have_no_text(void **state)
{
    (void)state;
    static const uint8_t octets[] = {1, 4, 1, 2, 3, 4};
    static const uint16_t types[] = {DNS_TYPE_AMTRELAY, DNS_TYPE_IPSECKEY};
    for (size_t i = 0; i < COUNT(types); i++) {
        char text[100];
        struct rd rd = rd_make(octets, sizeof octets);
        struct wr out = wr_make(text, sizeof text);
        print(types[i], &rd, &out);
        assert_int_equal(rd.err, ERR_RDATA);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gateways_are_read_and_printed),
        cmocka_unit_test(wrong_gateways_have_a_place),
        cmocka_unit_test(without_an_algorithm_a_key_is_left_over),
        cmocka_unit_test(gateways_of_unknown_types_have_no_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
