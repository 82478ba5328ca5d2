#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/guard.h"
#include "tests/lib/text.h"
#include "zones/dns_text_printer.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void fields_print(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        enum dns_field field;
        const char *octets, *text;
        size_t left; /* octets behind the field */
    } rows[] = {
        {"u8", DNS_FIELD_U8, "ff00", "255", 1},
        {"u16", DNS_FIELD_U16, "ffff", "65535", 0},
        {"u32", DNS_FIELD_U32, "ffffffff", "4294967295", 0},
        {"time of an SOA", DNS_FIELD_TTL, "00000e10", "3600", 0},
        {"stamp", DNS_FIELD_TIME, "3e7c9dd7", "20030322173103", 0},
        {"type", DNS_FIELD_TYPE, "000f", "MX", 0},
        {"type without a row", DNS_FIELD_TYPE, "fffe", "TYPE65534", 0},
        {"algorithm", DNS_FIELD_ALGORITHM, "0d", "13", 0},
        {"certificate type", DNS_FIELD_CERT, "0003", "PGP", 0},
        {"certificate type without a name", DNS_FIELD_CERT, "ffff", "65535", 0},
        {"name", DNS_FIELD_NAME, "0161016200ff", "a.b.", 1},
        {"root", DNS_FIELD_NAME, "00", ".", 0},
        {"IPv4", DNS_FIELD_A, "c0000201", "192.0.2.1", 0},
        {"IPv6", DNS_FIELD_AAAA, "00000000000000000000000000000001", "::1", 0},
        {"node", DNS_FIELD_NODE64, "00144fffff20ee64", "0014:4fff:ff20:ee64", 0},
        {"EUI-48", DNS_FIELD_EUI48, "00005e00532a", "00-00-5e-00-53-2a", 0},
        {"EUI-64", DNS_FIELD_EUI64, "00005eef1000002a", "00-00-5e-ef-10-00-00-2a", 0},
        {"string", DNS_FIELD_STRING, "0361206200", "\"a b\"", 1},
        {"string, odd octets", DNS_FIELD_STRING, "0700225c7fff3b7e",
         "\"\\000\\\"\\\\\\127\\255;~\"", 0},
        {"strings", DNS_FIELD_STRINGS, "01610003622063", "\"a\" \"\" \"b c\"", 0},
        {"tag", DNS_FIELD_TAG, "0669535375653961", "iSSue9", 1},
        {"text", DNS_FIELD_TEXT, "6122", "\"a\\\"\"", 0},
        {"text, empty", DNS_FIELD_TEXT, "", "\"\"", 0},
        {"hex", DNS_FIELD_HEX, "00ff", "00ff", 0},
        {"base64", DNS_FIELD_BASE64, "00", "AA==", 0},
        {"no salt", DNS_FIELD_HEX_LEN, "0000", "-", 1},
        {"salt", DNS_FIELD_HEX_LEN, "0200ff", "00ff", 0},
        {"hash", DNS_FIELD_BASE32_LEN, "01ff00", "vs", 1},
        {"bitmap", DNS_FIELD_BITMAP, "000140", "A", 0},
        {"place", DNS_FIELD_LOC, "00121613800000008000000000989680",
         "0 0 0.000 N 0 0 0.000 E 0.00m 1m 10000m 10m", 0},
        {"parameters", DNS_FIELD_SVCPARAMS, "000300020001", "port=1", 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t octets[100];
        char text[100];
        size_t len = text_from_hex(rows[i].octets, octets, sizeof octets);
        const uint8_t *copy = guard_copy(octets, len);
        struct rd rd = rd_make(copy, len);
        struct wr out = wr_make(text, sizeof text - 1);
        print_message("%s\n", rows[i].label);
        dns_text_printer_field(rows[i].field, &rd, &out);
        text[wr_len(&out)] = '\0';
        assert_int_equal(rd.err, 0);
        assert_int_equal(out.err, 0);
        assert_string_equal(text, rows[i].text);
        assert_int_equal(rd_left(&rd), rows[i].left);
        guard_free(copy);
    }
}

static void what_is_cut_or_empty_has_no_text(void **state)
{
    (void)state;
    static const struct {
        enum dns_field field;
        const char *octets;
        int err;
    } rows[] = {
        {DNS_FIELD_U8, "", ERR_SHORT},           {DNS_FIELD_U16, "00", ERR_SHORT},
        {DNS_FIELD_U32, "000000", ERR_SHORT},    {DNS_FIELD_TIME, "000000", ERR_SHORT},
        {DNS_FIELD_TYPE, "00", ERR_SHORT},       {DNS_FIELD_NAME, "0161", ERR_RDATA},
        {DNS_FIELD_NAME, "c000", ERR_RDATA},     {DNS_FIELD_A, "000000", ERR_SHORT},
        {DNS_FIELD_AAAA, "00000000", ERR_SHORT}, {DNS_FIELD_NODE64, "00", ERR_SHORT},
        {DNS_FIELD_EUI48, "0000", ERR_SHORT},    {DNS_FIELD_STRING, "0261", ERR_SHORT},
        {DNS_FIELD_STRINGS, "", ERR_SHORT},      {DNS_FIELD_STRINGS, "016102", ERR_SHORT},
        {DNS_FIELD_TAG, "0261", ERR_SHORT},      {DNS_FIELD_HEX, "", ERR_RDATA},
        {DNS_FIELD_BASE64, "", ERR_RDATA},       {DNS_FIELD_HEX_LEN, "0200", ERR_SHORT},
        {DNS_FIELD_BASE32_LEN, "", ERR_SHORT},   {DNS_FIELD_LOC, "00", ERR_SHORT},
        {DNS_FIELD_BITMAP, "000240", ERR_SHORT}, {DNS_FIELD_OPAQUE, "00", ERR_UNSUPPORTED},
        {DNS_FIELD_ATTRS, "", ERR_UNSUPPORTED},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t octets[100];
        char text[200];
        size_t len = text_from_hex(rows[i].octets, octets, sizeof octets);
        const uint8_t *copy = guard_copy(octets, len);
        struct rd rd = rd_make(copy, len);
        struct wr out = wr_make(text, sizeof text);
        dns_text_printer_field(rows[i].field, &rd, &out);
        assert_int_equal(rd.err, rows[i].err);
        guard_free(copy);
    }
}

static void text_that_does_not_fit_is_an_error(void **state)
{
    (void)state;
    static const uint8_t octets[] = "\3a\1\"";
    for (size_t room = 0; room < 9; room++) {
        char text[9];
        struct rd rd = rd_make(octets, 4);
        struct wr out = wr_make(text, room);
        dns_text_printer_field(DNS_FIELD_STRING, &rd, &out);
        assert_int_equal(out.err, ERR_SPACE);
    }
    char text[9];
    struct wr out = wr_make(text, 9);
    dns_text_printer_quoted(octets + 1, 3, &out);
    assert_int_equal(out.err, 0);
    assert_memory_equal(text, "\"a\\001\\\"\"", 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_print),
        cmocka_unit_test(what_is_cut_or_empty_has_no_text),
        cmocka_unit_test(text_that_does_not_fit_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
