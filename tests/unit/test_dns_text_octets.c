#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/text.h"
#include "zones/dns_text_octets.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct text_result result;

static int hex(struct dns_scan *scan, void *context, struct wr *out)
{
    (void)context;
    return dns_text_octets_parse_hex(scan, out);
}

static int base64(struct dns_scan *scan, void *context, struct wr *out)
{
    (void)context;
    return dns_text_octets_parse_base64(scan, out);
}

static int salt(struct dns_scan *scan, void *context, struct wr *out)
{
    (void)context;
    return dns_text_octets_parse_salt(scan, out);
}

static int hash(struct dns_scan *scan, void *context, struct wr *out)
{
    (void)context;
    return dns_text_octets_parse_hash(scan, out);
}

static int eui48(struct dns_scan *scan, void *context, struct wr *out)
{
    (void)context;
    return dns_text_octets_parse_eui(scan, 6, out);
}

static int eui64(struct dns_scan *scan, void *context, struct wr *out)
{
    (void)context;
    return dns_text_octets_parse_eui(scan, 8, out);
}

static int generic(struct dns_scan *scan, void *context, struct wr *out)
{
    (void)context;
    return dns_text_octets_parse_generic(scan, out);
}

static void octets_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        text_parse *parse;
        const char *text, *octets, *next;
    } rows[] = {
        {"hex", hex, "00ffA5", "00ffa5", "END"},
        {"hex in words", hex, "0 0f fa5", "00ffa5", "END"},
        {"hex over lines", hex, "( 00\n ff\n)", "00ff", "END"},
        {"base64", base64, "AAEC", "000102", "END"},
        {"base64, one pad", base64, "AAE=", "0001", "END"},
        {"base64, two pads", base64, "AA==", "00", "END"},
        {"base64 in words", base64, "A A E C/ +8=", "000102ffef", "END"},
        {"base64, pads alone", base64, "( AAECAA =\n= )", "00010200", "END"},
        {"salt", salt, "00ff x", "0200ff", "x"},
        {"no salt", salt, "- x", "00", "x"},
        {"hash", hash, "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom x",
         "14065368abeed7ec6e9feba96b8c8bc3e8b791f716", "x"},
        {"hash of one octet", hash, "VS", "01ff", "END"},
        {"EUI-48", eui48, "00-00-5E-00-53-2a x", "00005e00532a", "x"},
        {"EUI-64", eui64, "00-00-5e-ef-10-00-00-2a", "00005eef1000002a", "END"},
        {"generic", generic, "2 00 ff\n", "00ff", "END"},
        {"generic, digits apart", generic, "2 0 0f f", "00ff", "END"},
        {"generic, nothing", generic, "0", "", "END"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].label);
        text_run(rows[i].parse, NULL, rows[i].text, strlen(rows[i].text), &result);
        assert_int_equal(result.err, 0);
        assert_string_equal(result.hex, rows[i].octets);
        assert_string_equal(result.next, rows[i].next);
    }
}

static void wrong_octets_have_a_place(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        text_parse *parse;
        const char *text;
        unsigned column;
        const char *message;
    } rows[] = {
        {"hex, odd", hex, "00 f\n", 5, "expected a hex digit, found the end of the record"},
        {"hex, letter", hex, "00f 0x00", 6, "expected a hex digit, found 'x'"},
        {"hex, letter last of an odd word", hex, "00g", 3, "expected a hex digit, found 'g'"},
        {"hex, letter behind a half octet", hex, "0 g0", 3, "expected a hex digit, found 'g'"},
        {"hex, high octet", hex, "0\300", 2, "expected a hex digit, found '\\192'"},
        {"hex, quoted", hex, "00 \"00\"", 4, "expected a hex digit, found quoted '00'"},
        {"hex, nothing", hex, "\n", 2, NULL},
        {"hex, open parenthesis", hex, "( 00", 1, "parenthesis is not closed"},
        {"base64, letter", base64, "AA*=", 3, "expected base64, found '*'"},
        {"base64, pad too early", base64, "A===", 2, "expected base64, found '='"},
        {"base64, pad in the middle", base64, "AA=A", 4, "expected base64, found 'A'"},
        {"base64, behind the pad", base64, "AA==AAAA", 5, "expected base64, found 'A'"},
        {"base64, unused bits, RFC 4648 3.5", base64, "AB==", 4, "expected base64, found '='"},
        {"base64, unused bits of two", base64, "AAB=", 4, "expected base64, found '='"},
        {"base64, cut", base64, "AAA\n", 4, "expected base64, found the end of the record"},
        {"base64, quoted", base64, "\"AAAA\"", 1, "expected base64, found quoted 'AAAA'"},
        {"salt, odd", salt, "0", 1, "expected a salt of whole octets, at most 255, found '0'"},
        {"salt, letter", salt, "0g", 2, "expected a hex digit, found 'g'"},
        {"salt, missing", salt, "( )\n", 4,
         "expected a salt in hex or '-', found the end of the record"},
        {"hash, one digit too many", hash, "VSV", 1, "expected a hash in base32hex, found 'VSV'"},
        {"hash, one digit", hash, "V", 1, "expected a hash in base32hex, found 'V'"},
        {"hash, unused bits", hash, "VV", 1, "unused bits at the end are not zero"},
        {"hash, letter", hash, "VSVSVSVW", 8, "expected a base32hex digit, found 'W'"},
        {"hash, quoted", hash, "\"VS\"", 1, "expected a hash in base32hex, found quoted 'VS'"},
        {"EUI, short", eui48, "00-00-5e-00-53", 1,
         "expected an EUI-48 like 00-00-5e-00-53-2a, found '00-00-5e-00-53'"},
        {"EUI, colons", eui48, "00:00:5e:00:53:2a", 1,
         "expected an EUI-48 like 00-00-5e-00-53-2a, found '00:00:5e:00:53:2a'"},
        {"EUI, letter", eui48, "00-00-5e-00-53-2g", 1,
         "expected an EUI-48 like 00-00-5e-00-53-2a, found '00-00-5e-00-53-2g'"},
        {"EUI-64, short", eui64, "00-00-5e-00-53-2a", 1,
         "expected an EUI-64 like 00-00-5e-ef-10-00-00-2a, found '00-00-5e-00-53-2a'"},
        {"generic, too few", generic, "3 0001", 1, "expected 3 octets of RDATA, found 2"},
        {"generic, too many", generic, "1 0001", 1, "expected 1 octets of RDATA, found 2"},
        {"generic, length", generic, "65536 00", 1,
         "expected a length from 0 to 65535, found '65536'"},
        {"generic, no number", generic, "x", 1, "expected a length from 0 to 65535, found 'x'"},
        {"generic, no length", generic, "( )", 4,
         "expected the length of the RDATA, found the end of the record"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].label);
        text_run(rows[i].parse, NULL, rows[i].text, strlen(rows[i].text), &result);
        assert_int_equal(result.err, ERR_SYNTAX);
        if (rows[i].message) {
            assert_string_equal(result.at.text, rows[i].message);
            assert_int_equal(result.at.column, rows[i].column);
        }
    }
}

static void octets_that_do_not_fit_are_an_error(void **state)
{
    (void)state;
    static const struct {
        text_parse *parse;
        const char *text;
    } rows[] = {
        {hex, "00112233"}, {hex, "001 122 33"}, {base64, "AAAAAA=="},         {salt, "001122"},
        {hash, "VSVSVS0"}, {salt, "-"},         {eui48, "00-00-5e-00-53-2a"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (size_t room = 0; room < 3; room++) {
            uint8_t octets[3];
            struct err_at at;
            struct dns_scan scan;
            struct wr out =
                wr_make(octets, rows[i].parse == salt && rows[i].text[0] == '-' ? 0 : room);
            dns_scan_init(&scan, rows[i].text, strlen(rows[i].text), &at);
            assert_int_equal(rows[i].parse(&scan, NULL, &out), ERR_SPACE);
            assert_string_equal(at.text, "the record is too long");
        }
    }
}

static void printed_octets_are_read_back(void **state)
{
    (void)state;
    static uint8_t octets[300];
    srandom(7);
    for (size_t len = 1; len <= 255; len++) {
        char text[1000];
        for (size_t i = 0; i < len; i++) {
            octets[i] = (uint8_t)random();
        }
        struct wr out = wr_make(text, sizeof text);
        dns_text_octets_print_hex(octets, len, &out);
        text_run(hex, NULL, text, wr_len(&out), &result);
        assert_int_equal(result.len, len);
        assert_memory_equal(result.octets, octets, len);

        out = wr_make(text, sizeof text);
        dns_text_octets_print_base64(octets, len, &out);
        text_run(base64, NULL, text, wr_len(&out), &result);
        assert_int_equal(result.len, len);
        assert_memory_equal(result.octets, octets, len);

        out = wr_make(text, sizeof text);
        dns_text_octets_print_base32(octets, len, &out);
        text_run(hash, NULL, text, wr_len(&out), &result);
        assert_int_equal(result.len, len + 1);
        assert_int_equal(result.octets[0], len);
        assert_memory_equal(result.octets + 1, octets, len);
    }
}

static void octets_print(void **state)
{
    (void)state;
    char text[64];
    struct wr out = wr_make(text, sizeof text);
    static const uint8_t octets[] = {0, 0x1f, 0xff, 'f', 'o', 'o', 'b'};
    dns_text_octets_print_hex(octets, 3, &out);
    wr_u8(&out, ' ');
    dns_text_octets_print_eui(octets, 3, &out);
    wr_u8(&out, ' ');
    dns_text_octets_print_base64(octets + 3, 4, &out); /* RFC 4648 10 */
    wr_u8(&out, ' ');
    dns_text_octets_print_base32(octets + 3, 4, &out);
    wr_u8(&out, 0);
    assert_string_equal(text, "001fff 00-1f-ff Zm9vYg== cpnmuog");
}

static void base64_in_a_value_is_decoded_whole(void **state)
{
    (void)state;
    static const struct {
        const char *label, *text;
        int err;
        size_t len;
    } rows[] = {
        {"whole", "Zm9vYg==", 0, 4},
        {"nothing", "", 0, 0},
        {"cut", "Zm9vYg=", ERR_SYNTAX, 0},
        {"blank", "Zm9v Yg==", ERR_SYNTAX, 0},
        {"too long", "Zm9vYmFyZm9v", ERR_SPACE, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t octets[8];
        struct wr out = wr_make(octets, sizeof octets);
        print_message("%s\n", rows[i].label);
        assert_int_equal(dns_text_octets_decode_base64(rows[i].text, strlen(rows[i].text), &out),
                         rows[i].err);
        if (!rows[i].err) {
            assert_int_equal(wr_len(&out), rows[i].len);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(octets_are_read),
        cmocka_unit_test(wrong_octets_have_a_place),
        cmocka_unit_test(octets_that_do_not_fit_are_an_error),
        cmocka_unit_test(printed_octets_are_read_back),
        cmocka_unit_test(octets_print),
        cmocka_unit_test(base64_in_a_value_is_decoded_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
