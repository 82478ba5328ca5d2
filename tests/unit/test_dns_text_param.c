#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/guard.h"
#include "tests/lib/text.h"
#include "zones/dns_rdata_param.h"
#include "zones/dns_text_param.h"
#include "zones/dns_text_svcb.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct text_result result;

static int params(struct dns_scan *scan, void *context, struct wr *out)
{
    (void)context;
    return dns_text_svcb_parse(scan, out);
}

static const char *print(const uint8_t *octets, size_t len)
{
    static char text[1 << 18];
    const uint8_t *copy = guard_copy(octets, len);
    struct rd rd = rd_make(copy, len);
    struct wr out = wr_make(text, sizeof text - 1);
    dns_text_param_print(&rd, &out);
    assert_int_equal(out.err, 0);
    text[rd.err ? 0 : wr_len(&out)] = '\0';
    guard_free(copy);
    return text;
}

static void parameters_print_by_name_and_kind(void **state)
{
    (void)state;
    static const struct {
        const char *label, *octets, *text;
    } rows[] = {
        {"none", "", ""},
        {"all",
         "0000000400010003 00010009 0268320568332d3139 00020000 000300020035 "
         "00040008c0000201c0000202"
         "00050003 000102 0006001020010db8000000000000000000000001 00070008 2f717b3f646e737d "
         "00080000 00090004001d0017",
         "mandatory=alpn,port alpn=h2,h3-19 no-default-alpn port=53 ipv4hint=192.0.2.1,192.0.2.2 "
         "ech=AAEC "
         "ipv6hint=2001:db8::1 dohpath=\"/q{?dns}\" ohttp tls-supported-groups=29,23"},
        {"unknown", "029b0009 68656c6c6fd2716f6f ff000000", "key667=\"hello\\210qoo\" key65280"},
        {"mandatory unknown", "00000002029b 029b0000", "mandatory=key667 key667"},
        {"protocol with comma, backslash and quote", "00010006 05 2c5c22203b",
         "alpn=\"\\\\,\\\\\\\\\\\" ;\""},
        {"protocol with a zero", "00010003 02 0061", "alpn=\"\\000a\""},
        {"text with a backslash and a quote", "00070005 2f5c22 7f61",
         "dohpath=\"/\\\\\\\"\\127a\""},
        {"flag with a value", "00020001 61", "key2=\"a\""},
        {"short port", "0003000135", "key3=\"5\""},
        {"odd mandatory", "0000000135", "key0=\"5\""},
        {"empty protocol", "0001000100", "key1=\"\\000\""},
        {"protocol cut", "0001000202 61", "key1=\"\\002a\""},
        {"no addresses", "00040000", "key4"},
        {"cut address", "000600020001", "key6=\"\\000\\001\""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t octets[200];
        size_t len = text_from_hex(rows[i].octets, octets, sizeof octets);
        print_message("%s\n", rows[i].label);
        assert_string_equal(print(octets, len), rows[i].text);
    }
}

static void what_is_cut_has_no_text(void **state)
{
    (void)state;
    static const char *const rows[] = {"00",       "0003",       "000300",
                                       "00030002", "0003000235", "00030002003500"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t octets[16];
        size_t len = text_from_hex(rows[i], octets, sizeof octets);
        assert_string_equal(print(octets, len), "");
    }
}

/* Append a random value of a key, right or nearly so. */
static size_t make_value(unsigned key, uint8_t *out)
{
    size_t len = (size_t)random() % 40;
    for (size_t i = 0; i < len; i++) {
        out[i] = random() % 3 ? (uint8_t)random() : (uint8_t) "\"\\,; ="[random() % 6];
    }
    if (key == 1 && len > 0) {
        out[0] = (uint8_t)(len - 1);
    }
    if (key == 7 && len > 8) {
        memcpy(out, "/{?dns}", 7);
    }
    return key == 2 || key == 8 ? 0 : key == 3 ? 2 : len;
}

static void what_prints_is_read_back(void **state)
{
    (void)state;
    srandom(7);
    unsigned valid = 0;
    for (unsigned i = 0; i < 20000; i++) {
        uint8_t octets[400];
        size_t len = 0;
        for (unsigned key = (unsigned)random() % 4; key < 12; key += 1 + (unsigned)random() % 6) {
            size_t value_len = make_value(key, octets + len + 4);
            octets[len] = 0;
            octets[len + 1] = (uint8_t)key;
            octets[len + 2] = 0;
            octets[len + 3] = (uint8_t)value_len;
            len += 4 + value_len;
        }
        if (!dns_rdata_param_check(octets, len)) {
            continue;
        }
        const char *text = print(octets, len);
        text_run(params, NULL, text, strlen(text), &result);
        assert_int_equal(result.err, 0);
        assert_int_equal(result.len, len);
        assert_memory_equal(result.octets, octets, len);
        valid++;
    }
    assert_true(valid > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_print_by_name_and_kind),
        cmocka_unit_test(what_is_cut_has_no_text),
        cmocka_unit_test(what_prints_is_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
