#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/text.h"
#include "zones/dns_rdata.h"
#include "zones/dns_type.h"
#include "zones/zone_text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct text_result result;
static const uint8_t origin[] = "\2de";

static int rdata(struct dns_scan *scan, void *context, struct wr *out)
{
    return zone_text_parse(scan, *(uint16_t *)context, origin, out);
}

static void parse(uint16_t type, const char *text)
{
    text_run(rdata, &type, text, strlen(text), &result);
}

static const char *print(uint16_t type, const uint8_t *octets, size_t len)
{
    static char text[1 << 19];
    struct wr out = wr_make(text, sizeof text - 1);
    assert_int_equal(zone_text_print(type, octets, len, &out), 0);
    text[wr_len(&out)] = '\0';
    return text;
}

static void every_speller_is_behind_the_one_door(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        uint16_t type;
        const char *text, *octets, *printed;
    } rows[] = {
        {"type table", DNS_TYPE_MX, "10 mx", "000a026d7802646500", "10 mx.de."},
        {"attributes", DNS_TYPE_CRES, ". cpu=64 nodes=2", "00 0021000102 0022000140",
         ". nodes=2 cpu=64"},
        {"attributes in generic form", DNS_TYPE_CRES, "\\# 6 00 0022000140", "00 0022000140",
         ". cpu=64"},
        {"ldns", DNS_TYPE_APL, "1:224.0.0.0/4", "00010401e0", "1:224.0.0.0/4"},
        {"ldns in generic form", DNS_TYPE_APL, "\\# 5 00010401e0", "00010401e0", "1:224.0.0.0/4"},
        {"ldns has no text for it", DNS_TYPE_APL, "\\# 5 0009080107", "0009080107",
         "\\# 5 0009080107"},
        {"nothing, for ldns", DNS_TYPE_APL, "\\# 0", "", "\\# 0"},
        {"unknown type", 999, "\\# 1 ff", "ff", "\\# 1 ff"},
        {"leading blank", DNS_TYPE_A, "  1.2.3.4", "01020304", "1.2.3.4"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t octets[100];
        size_t len = text_from_hex(rows[i].octets, octets, sizeof octets);
        print_message("%s\n", rows[i].label);
        parse(rows[i].type, rows[i].text);
        assert_string_equal(result.at.text, "");
        assert_int_equal(result.err, 0);
        assert_int_equal(result.len, len);
        assert_memory_equal(result.octets, octets, len);
        assert_string_equal(result.next, "EOF");
        assert_string_equal(print(rows[i].type, octets, len), rows[i].printed);
    }
}

static void records_of_ours_come_out_canonical(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        uint16_t type;
        const char *text, *octets;
    } rows[] = {
        {"wide number", DNS_TYPE_CRES, "\\# 9 00 0022000400000040", "00 0022000140"},
        {"target in upper case, generic", DNS_TYPE_CNET, "\\# 3 014100", "016100"},
        {"target in upper case", DNS_TYPE_CNET, "A.", "016100"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t octets[100];
        size_t len = text_from_hex(rows[i].octets, octets, sizeof octets);
        print_message("%s\n", rows[i].label);
        parse(rows[i].type, rows[i].text);
        assert_int_equal(result.err, 0);
        assert_int_equal(result.len, len);
        assert_memory_equal(result.octets, octets, len);
    }
}

static void records_of_ours_pass_every_check(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        uint16_t type;
        const char *text;
        int err;
        unsigned column;
    } rows[] = {
        {"attributes that need another", DNS_TYPE_CRES, ". price=1", ERR_ATTR_CROSS, 1},
        {"the same, generic", DNS_TYPE_CRES, "\\# 6 00 0040000101", ERR_ATTR_CROSS, 1},
        {"another type's, generic", DNS_TYPE_CRES, "\\# 6 00 0061000101", ERR_ATTR_PLACE, 1},
        {"bad value, generic", DNS_TYPE_CRES, "\\# 6 00 0008000163", ERR_ATTR_VALUE, 1},
        {"bad order, generic", DNS_TYPE_CRES, "\\# 11 00 0022000101 0021000101", ERR_RDATA, 1},
        {"no obs", DNS_TYPE_CLOAD, ". run=1", ERR_ATTR_CROSS, 1},
        {"unknown word", DNS_TYPE_CENTRE, ". kind=foo", ERR_ATTR_VALUE, 3},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].label);
        parse(rows[i].type, rows[i].text);
        assert_int_equal(result.err, rows[i].err);
        assert_int_equal(result.at.column, rows[i].column);
        assert_true(result.at.text[0]);
    }
}

static void a_long_record_of_ours_stays_in_its_room(void **state)
{
    (void)state;
    uint8_t octets[32];
    for (size_t room = 0; room < 11; room++) {
        struct err_at at = {.text = ""};
        struct dns_scan scan;
        struct wr out = wr_make(octets, room);
        dns_scan_init(&scan, ". cpu=64 nodes=2", 16, &at);
        assert_int_equal(zone_text_parse(&scan, DNS_TYPE_CRES, NULL, &out), ERR_SPACE);
    }
}

static void records_print_as_lines(void **state)
{
    (void)state;
    static const uint8_t mx[] = "\0\12\2mx\2de";
    static const uint8_t cres[] = "\0\0\42\0\1\100";
    const struct zone_text_record rows[] = {
        {(const uint8_t *)"\3a.b\2de", 300, DNS_TYPE_MX, mx, sizeof mx},
        {(const uint8_t *)"", 2147483647, DNS_TYPE_CRES, cres, sizeof cres - 1},
        {(const uint8_t *)"\2de", 0, 999, mx, 2},
    };
    char text[200];
    struct wr out = wr_make(text, sizeof text - 1);
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(zone_text_print_record(&rows[i], &out), 0);
    }
    text[wr_len(&out)] = '\0';
    assert_string_equal(text, "a\\.b.de. 300 IN MX 10 mx.de.\n. 2147483647 IN CRES . cpu=64\n"
                              "de. 0 IN TYPE999 \\# 2 000a\n");
    size_t len = strlen("a\\.b.de. 300 IN MX 10 mx.de.\n");
    for (size_t room = 0; room < len; room++) {
        out = wr_make(text, room);
        assert_int_equal(zone_text_print_record(&rows[0], &out), ERR_SPACE);
    }
    out = wr_make(text, len);
    assert_int_equal(zone_text_print_record(&rows[0], &out), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_speller_is_behind_the_one_door),
        cmocka_unit_test(records_of_ours_come_out_canonical),
        cmocka_unit_test(records_of_ours_pass_every_check),
        cmocka_unit_test(a_long_record_of_ours_stays_in_its_room),
        cmocka_unit_test(records_print_as_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
