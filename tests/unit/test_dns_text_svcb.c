#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/text.h"
#include "zones/dns_rdata_param.h"
#include "zones/dns_text_svcb.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct text_result result;

static int params(struct dns_scan *scan, void *context, struct wr *out)
{
    (void)context;
    return dns_text_svcb_parse(scan, out);
}

static void parameters_are_read_and_sorted(void **state)
{
    (void)state;
    static const struct {
        const char *label, *text, *octets;
    } rows[] = {
        {"none", "", ""},
        {"port, RFC 9460 D.2", "port=53", "000300020035"},
        {"unknown key", "key667=hello", "029b0005 68656c6c6f"},
        {"unknown key in quotes", "key667=\"hello\\210qoo\"", "029b0009 68656c6c6fd2716f6f"},
        {"unknown key without value", "key667", "029b0000"},
        {"the same with an equals sign", "key667=", "029b0000"},
        {"the same with quotes", "key667=\"\"", "029b0000"},
        {"two addresses", "ipv6hint=\"2001:db8::1,2001:db8::53:1\"",
         "00060020 20010db8000000000000000000000001 20010db8000000000000000000530001"},
        {"mapped address", "ipv6hint=\"2001:db8:122:344::192.0.2.33\"",
         "00060010 20010db8012203440000 0000c0000221"},
        {"any order", "alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1",
         "0000000400010004 000100090268320568332d3139 00040004c0000201"},
        {"backwards", "key9000 key8000=a key7000=bc key6000",
         "17700000 1b580002 6263 1f400001 61 23280000"},
        {"in between", "key1000=a key3000=b key2000=cd", "03e80001 61 07d00002 6364 0bb80001 62"},
        {"escaped comma in quotes", "alpn=\"f\\\\\\\\oo\\\\,bar,h2\"",
         "0001000c08665c6f6f2c626172026832"},
        {"escaped comma without quotes", "alpn=f\\\\\\092oo\\092,bar,h2",
         "0001000c08665c6f6f2c626172026832"},
        {"key by number", "key1=\\002h2", "00010003026832"},
        {"flags", "alpn=h2 no-default-alpn ohttp", "00010003026832 00020000 00080000"},
        {"ech", "ech=AEn+DQBF", "00050006 0049fe0d0045"},
        {"dohpath", "dohpath=/q{?dns}", "00070008 2f717b3f646e737d"},
        {"groups", "tls-supported-groups=29,23", "00090004 001d0017"},
        {"mandatory by number", "mandatory=key667 key667", "00000002029b 029b0000"},
        {"over lines", "( port=1\n alpn=h2 )", "00010003026832 000300020001"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t octets[100];
        size_t len = text_from_hex(rows[i].octets, octets, sizeof octets);
        print_message("%s\n", rows[i].label);
        text_run(params, NULL, rows[i].text, strlen(rows[i].text), &result);
        assert_string_equal(result.at.text, "");
        assert_int_equal(result.err, 0);
        assert_int_equal(result.len, len);
        assert_memory_equal(result.octets, octets, len);
        assert_true(dns_rdata_param_check(octets, len));
    }
}

static void wrong_parameters_have_a_place(void **state)
{
    (void)state;
    static const struct {
        const char *label, *text;
        int err;
        unsigned column;
        const char *message;
    } rows[] = {
        {"unknown name", "port=1 foo=1", ERR_SYNTAX, 8,
         "expected a parameter like alpn=h2 or key65280=\"...\", found 'foo=1'"},
        {"upper case", "PORT=1", ERR_SYNTAX, 1,
         "expected a parameter like alpn=h2 or key65280=\"...\", found 'PORT=1'"},
        {"leading zeros", "key0667=x", ERR_SYNTAX, 1,
         "expected a parameter like alpn=h2 or key65280=\"...\", found 'key0667=x'"},
        {"the invalid key", "key65535", ERR_SYNTAX, 1,
         "expected a parameter like alpn=h2 or key65280=\"...\", found 'key65535'"},
        {"no number", "key", ERR_SYNTAX, 1,
         "expected a parameter like alpn=h2 or key65280=\"...\", found 'key'"},
        {"twice", "port=1 port=1", ERR_EXISTS, 8, "the parameter is given twice"},
        {"twice by number", "alpn=h2 port=1 key1=\\002h2", ERR_EXISTS, 16,
         "the parameter is given twice"},
        {"port", "port=65536", ERR_SYNTAX, 6, "expected a port from 0 to 65535, found '65536'"},
        {"port in quotes", "port=\"x\"", ERR_SYNTAX, 7,
         "expected a port from 0 to 65535, found 'x'"},
        {"port with escape", "port=\\120", ERR_SYNTAX, 6,
         "expected a port from 0 to 65535, found 'x'"},
        {"no value", "port", ERR_SYNTAX, 5, "expected a value, found ''"},
        {"flag with value", "ohttp=1", ERR_SYNTAX, 7, "expected no value, found '1'"},
        {"IPv4", "ipv4hint=1.2.3.4,x", ERR_SYNTAX, 10,
         "expected IPv4 addresses, a comma between, found '1.2.3.4,x'"},
        {"comma at the end", "ipv4hint=1.2.3.4,", ERR_SYNTAX, 10,
         "expected IPv4 addresses, a comma between, found '1.2.3.4,'"},
        {"IPv6", "ipv6hint=1.2.3.4", ERR_SYNTAX, 10,
         "expected IPv6 addresses, a comma between, found '1.2.3.4'"},
        {"empty protocol", "alpn=h2,,h3", ERR_SYNTAX, 6,
         "expected protocols of 1 to 255 octets, a comma between, found 'h2,,h3'"},
        {"escape in a protocol", "alpn=h\\\\x", ERR_SYNTAX, 6,
         "expected \\\\, or \\\\\\\\ for a comma or a backslash in a protocol, found 'h\\x'"},
        {"escape at the end of protocols", "alpn=h\\\\", ERR_SYNTAX, 6,
         "expected \\\\, or \\\\\\\\ for a comma or a backslash in a protocol, found 'h\\'"},
        {"ech", "ech=AEn", ERR_SYNTAX, 5, "expected base64, found 'AEn'"},
        {"groups", "tls-supported-groups=29,x", ERR_SYNTAX, 22,
         "expected numbers from 0 to 65535, a comma between, found '29,x'"},
        {"bad escape", "key667=\\256", ERR_SYNTAX, 8,
         "expected a value of at most 65535 octets, escapes \\DDD up to \\255, found '\\256'"},
        {"mandatory missing", "mandatory=port alpn=h2", ERR_MISSING, 1,
         "mandatory key 3 is missing"},
        {"mandatory itself", "mandatory=mandatory", ERR_SYNTAX, 11,
         "expected keys, a comma between, each once and not mandatory itself, found 'mandatory'"},
        {"mandatory twice", "mandatory=alpn,alpn alpn=h2", ERR_SYNTAX, 11,
         "expected keys, a comma between, each once and not mandatory itself, found 'alpn,alpn'"},
        {"mandatory unknown", "mandatory=foo", ERR_SYNTAX, 11,
         "expected keys, a comma between, each once and not mandatory itself, found 'foo'"},
        {"no-default-alpn alone", "port=1 no-default-alpn", ERR_MISSING, 8,
         "no-default-alpn needs alpn"},
        {"quoted as a whole", "\"port=1\"", ERR_SYNTAX, 1,
         "expected a parameter like alpn=h2, found quoted 'port=1'"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].label);
        text_run(params, NULL, rows[i].text, strlen(rows[i].text), &result);
        assert_string_equal(result.at.text, rows[i].message);
        assert_int_equal(result.err, rows[i].err);
        assert_int_equal(result.at.column, rows[i].column);
    }
}

static void a_protocol_has_at_most_255_octets(void **state)
{
    (void)state;
    char text[300] = "alpn=";
    memset(text + 5, 'a', 255);
    text_run(params, NULL, text, 5 + 255, &result);
    assert_int_equal(result.err, 0);
    text[5 + 255] = 'a';
    text_run(params, NULL, text, 5 + 256, &result);
    assert_int_equal(result.err, ERR_SYNTAX);
}

static void parameters_that_do_not_fit_are_an_error(void **state)
{
    (void)state;
    static const char text[] =
        "mandatory=port,alpn port=1 alpn=h2 ipv4hint=1.2.3.4 ech=AEn+DQBF key667=\"\\065\"";
    uint8_t octets[100];
    for (size_t room = 0; room < sizeof octets; room++) {
        struct err_at at = {.text = ""};
        struct dns_scan scan;
        struct wr out = wr_make(octets, room);
        dns_scan_init(&scan, text, sizeof text - 1, &at);
        int err = dns_text_svcb_parse(&scan, &out);
        if (err == 0) {
            assert_int_equal(room, 4 + 4 + 4 + 3 + 4 + 2 + 4 + 4 + 4 + 6 + 4 + 1);
            return;
        }
        assert_int_equal(err, ERR_SPACE);
        assert_string_equal(at.text, "the record is too long");
    }
    fail();
}

static void many_parameters_in_the_worst_order_are_sorted(void **state)
{
    (void)state;
    static char text[20000 * 10];
    size_t used = 0;
    for (unsigned key = 10000; key >= 100; key--) {
        used += (size_t)sprintf(text + used, "key%u=a ", key);
    }
    text_run(params, NULL, text, used, &result);
    assert_int_equal(result.err, 0);
    assert_int_equal(result.len, 9901 * 5);
    assert_true(dns_rdata_param_check(result.octets, result.len));
}

static void rows_are_found_by_key(void **state)
{
    (void)state;
    assert_string_equal(dns_text_svcb_find(0)->name, "mandatory");
    assert_string_equal(dns_text_svcb_find(9)->name, "tls-supported-groups");
    assert_null(dns_text_svcb_find(10));
    assert_null(dns_text_svcb_find(65535));
    for (uint16_t key = 0; key < 10; key++) {
        assert_int_equal(dns_text_svcb_find(key)->number, key);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_are_read_and_sorted),
        cmocka_unit_test(wrong_parameters_have_a_place),
        cmocka_unit_test(a_protocol_has_at_most_255_octets),
        cmocka_unit_test(parameters_that_do_not_fit_are_an_error),
        cmocka_unit_test(many_parameters_in_the_worst_order_are_sorted),
        cmocka_unit_test(rows_are_found_by_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
