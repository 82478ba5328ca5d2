#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/text.h"
#include "zones/dns_name.h"
#include "zones/dns_text_field.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TEXT50       "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define TEXT255      TEXT50 TEXT50 TEXT50 TEXT50 TEXT50 "yyyyy"

static struct text_result result;
static const uint8_t origin[] = "\2de";

static int field(struct dns_scan *scan, void *context, struct wr *out)
{
    return dns_text_field_parse(scan, *(enum dns_field *)context, origin, out);
}

static int scheme(struct dns_scan *scan, void *context, struct wr *out)
{
    (void)context;
    return dns_text_field_parse_scheme(scan, out);
}

static void fields_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        enum dns_field field;
        const char *text, *octets, *next;
    } rows[] = {
        {"u8", DNS_FIELD_U8, "255 x", "ff", "x"},
        {"u16", DNS_FIELD_U16, "65535", "ffff", "END"},
        {"u32", DNS_FIELD_U32, "4294967295", "ffffffff", "END"},
        {"time of an SOA", DNS_FIELD_TTL, "1h", "00000e10", "END"},
        {"time of an SOA, 32 bits", DNS_FIELD_TTL, "4294967295", "ffffffff", "END"},
        {"stamp", DNS_FIELD_TIME, "20030322173103", "3e7c9dd7", "END"},
        {"type", DNS_FIELD_TYPE, "mx", "000f", "END"},
        {"type by number", DNS_FIELD_TYPE, "TYPE65534", "fffe", "END"},
        {"algorithm", DNS_FIELD_ALGORITHM, "13", "0d", "END"},
        {"algorithm by name", DNS_FIELD_ALGORITHM, "rsasha1-NSEC3-sha1", "07", "END"},
        {"algorithm 0 by name", DNS_FIELD_ALGORITHM, "DELETE", "00", "END"},
        {"certificate type", DNS_FIELD_CERT, "65535", "ffff", "END"},
        {"certificate type by name", DNS_FIELD_CERT, "pgp", "0003", "END"},
        {"name", DNS_FIELD_NAME, "a.b. x", "0161016200", "x"},
        {"relative name", DNS_FIELD_NAME, "a", "016102646500", "END"},
        {"origin", DNS_FIELD_NAME, "@", "02646500", "END"},
        {"IPv4", DNS_FIELD_A, "192.0.2.1", "c0000201", "END"},
        {"IPv6", DNS_FIELD_AAAA, "::1", "00000000000000000000000000000001", "END"},
        {"node", DNS_FIELD_NODE64, "14:4fff:ff20:ee64", "00144fffff20ee64", "END"},
        {"EUI-48", DNS_FIELD_EUI48, "00-00-5e-00-53-2a", "00005e00532a", "END"},
        {"EUI-64", DNS_FIELD_EUI64, "00-00-5e-ef-10-00-00-2a", "00005eef1000002a", "END"},
        {"string", DNS_FIELD_STRING, "\"a b\" c", "03612062", "c"},
        {"string, word", DNS_FIELD_STRING, "a\\ \\098", "03612062", "END"},
        {"string, empty", DNS_FIELD_STRING, "\"\"", "00", "END"},
        {"string, quotes", DNS_FIELD_STRING, "a\\\"=\\\"b", "0561223d2262", "END"},
        {"strings", DNS_FIELD_STRINGS, "a \"\" \"b c\"",
         "0161"
         "00"
         "03622063",
         "END"},
        {"strings over lines", DNS_FIELD_STRINGS, "( a\n b ) c\nd", "016101620163", "END"},
        {"tag", DNS_FIELD_TAG, "iSSue9", "06695353756539", "END"},
        {"text", DNS_FIELD_TEXT, "\"a\\\"\"", "6122", "END"},
        {"text, empty", DNS_FIELD_TEXT, "\"\"", "", "END"},
        {"hex", DNS_FIELD_HEX, "00 ff", "00ff", "END"},
        {"base64", DNS_FIELD_BASE64, "AA==", "00", "END"},
        {"salt", DNS_FIELD_HEX_LEN, "-", "00", "END"},
        {"hash", DNS_FIELD_BASE32_LEN, "VS", "01ff", "END"},
        {"bitmap", DNS_FIELD_BITMAP, "A", "000140", "END"},
        {"place", DNS_FIELD_LOC, "0 N 0 E 0", "00121613800000008000000000989680", "END"},
        {"parameters", DNS_FIELD_SVCPARAMS, "port=1", "000300020001", "END"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        enum dns_field kind = rows[i].field;
        print_message("%s\n", rows[i].label);
        text_run(field, &kind, rows[i].text, strlen(rows[i].text), &result);
        assert_string_equal(result.at.text, "");
        assert_int_equal(result.err, 0);
        assert_string_equal(result.hex, rows[i].octets);
        assert_string_equal(result.next, rows[i].next);
    }
}

static void wrong_fields_have_a_place(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        enum dns_field field;
        const char *text;
        int err;
        const char *message;
    } rows[] = {
        {"u8", DNS_FIELD_U8, "256", ERR_SYNTAX, "expected a number from 0 to 255, found '256'"},
        {"u16", DNS_FIELD_U16, "x", ERR_SYNTAX, "expected a number from 0 to 65535, found 'x'"},
        {"u32", DNS_FIELD_U32, "4294967296", ERR_SYNTAX,
         "expected a number from 0 to 4294967295, found '4294967296'"},
        {"quoted number", DNS_FIELD_U8, "\"1\"", ERR_SYNTAX,
         "expected a number from 0 to 255, found quoted '1'"},
        {"time", DNS_FIELD_TTL, "1y", ERR_SYNTAX,
         "expected a time in seconds or like 1h30m, found '1y'"},
        {"stamp, no date", DNS_FIELD_TIME, "20031322173103", ERR_SYNTAX,
         "expected a time like 20261231235959, found '20031322173103'"},
        {"type", DNS_FIELD_TYPE, "FOO", ERR_SYNTAX, "expected a record type, found 'FOO'"},
        {"algorithm", DNS_FIELD_ALGORITHM, "256", ERR_SYNTAX,
         "expected an algorithm (a number or a name like ED25519), found '256'"},
        {"certificate type", DNS_FIELD_CERT, "PKI", ERR_SYNTAX,
         "expected a certificate type (a number or a name like PKIX), found 'PKI'"},
        {"name, empty label", DNS_FIELD_NAME, "a..b", ERR_SYNTAX,
         "expected a domain name, found 'a..b'"},
        {"name, quoted", DNS_FIELD_NAME, "\"a\"", ERR_SYNTAX,
         "expected a domain name, found quoted 'a'"},
        {"name, long label", DNS_FIELD_NAME, TEXT50 TEXT50, ERR_LABEL,
         "a label of the name is longer than 63 octets"},
        {"name, long", DNS_FIELD_NAME, TEXT50 "." TEXT50 "." TEXT50 "." TEXT50 "." TEXT50,
         ERR_NAME_LONG, "domain name longer than 255 octets"},
        {"IPv4", DNS_FIELD_A, "1.2.3", ERR_SYNTAX, "expected an IPv4 address, found '1.2.3'"},
        {"IPv6", DNS_FIELD_AAAA, "1.2.3.4", ERR_SYNTAX,
         "expected an IPv6 address, found '1.2.3.4'"},
        {"node, three groups", DNS_FIELD_NODE64, "1:2:3", ERR_SYNTAX,
         "expected four groups of hex digits like 1:2:3:4, found '1:2:3'"},
        {"node, shortened", DNS_FIELD_NODE64, "1::4", ERR_SYNTAX,
         "expected four groups of hex digits like 1:2:3:4, found '1::4'"},
        {"node, dotted", DNS_FIELD_NODE64, "1:2:1.2.3.4", ERR_SYNTAX,
         "expected four groups of hex digits like 1:2:3:4, found '1:2:1.2.3.4'"},
        {"node, long", DNS_FIELD_NODE64, "0000000000000000000000001:2:3:4", ERR_SYNTAX,
         "expected four groups of hex digits like 1:2:3:4, found "
         "'0000000000000000000000001:2:3:4'"},
        {"string, 256 octets", DNS_FIELD_STRING, TEXT255 "z", ERR_SPACE,
         "text is longer than 255 octets"},
        {"string, escape", DNS_FIELD_STRING, "\\256", ERR_SYNTAX,
         "bad escape: expected \\DDD up to \\255"},
        {"string, missing", DNS_FIELD_STRING, "( )", ERR_SYNTAX,
         "expected text, found the end of the record"},
        {"string, quotes inside", DNS_FIELD_STRING, "a=\"b c\"", ERR_SYNTAX,
         "expected quotes around the whole text, found 'a=\"b c\"'"},
        {"strings, second wrong", DNS_FIELD_STRINGS, "a \\256", ERR_SYNTAX,
         "bad escape: expected \\DDD up to \\255"},
        {"strings, open quote", DNS_FIELD_STRINGS, "a \"b", ERR_SYNTAX,
         "quoted text is not closed on its line"},
        {"tag", DNS_FIELD_TAG, "is-sue", ERR_SYNTAX,
         "expected a tag of letters and digits, found 'is-sue'"},
        {"tag, quoted", DNS_FIELD_TAG, "\"issue\"", ERR_SYNTAX,
         "expected a tag of letters and digits, found quoted 'issue'"},
        {"opaque", DNS_FIELD_OPAQUE, "x", ERR_UNSUPPORTED,
         "expected the generic form \\#, found 'x'"},
        {"attributes", DNS_FIELD_ATTRS, "x", ERR_UNSUPPORTED,
         "expected the generic form \\#, found 'x'"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        enum dns_field kind = rows[i].field;
        print_message("%s\n", rows[i].label);
        text_run(field, &kind, rows[i].text, strlen(rows[i].text), &result);
        assert_string_equal(result.at.text, rows[i].message);
        assert_int_equal(result.err, rows[i].err);
    }
}

static void a_string_of_255_octets_fits(void **state)
{
    (void)state;
    enum dns_field kind = DNS_FIELD_STRING;
    text_run(field, &kind, TEXT255, 255, &result);
    assert_int_equal(result.err, 0);
    assert_int_equal(result.len, 256);
    assert_int_equal(result.octets[0], 255);
}

static void schemes_have_a_name(void **state)
{
    (void)state;
    text_run(scheme, NULL, "notify", 6, &result);
    assert_string_equal(result.hex, "01");
    text_run(scheme, NULL, "255", 3, &result);
    assert_string_equal(result.hex, "ff");
    text_run(scheme, NULL, "PUSH", 4, &result);
    assert_string_equal(result.at.text, "expected a scheme (a number or NOTIFY), found 'PUSH'");
}

static void names_may_be_quoted_where_the_caller_allows_it(void **state)
{
    (void)state;
    struct err_at at = {.text = ""};
    struct dns_scan scan;
    uint8_t name[DNS_NAME_MAX];
    size_t len;
    dns_scan_init(&scan, "\"a\" (", 5, &at);
    struct dns_token token = dns_scan_next(&scan);
    assert_int_equal(dns_text_field_name(&scan, &token, origin, name, &len), 0);
    assert_int_equal(len, 6);
    token = dns_scan_next(&scan);
    assert_int_equal(dns_text_field_name(&scan, &token, origin, name, &len), ERR_SYNTAX);
    assert_string_equal(at.text, "parenthesis is not closed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_read),
        cmocka_unit_test(wrong_fields_have_a_place),
        cmocka_unit_test(a_string_of_255_octets_fits),
        cmocka_unit_test(schemes_have_a_name),
        cmocka_unit_test(names_may_be_quoted_where_the_caller_allows_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
