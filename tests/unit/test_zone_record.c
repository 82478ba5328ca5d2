#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/guard.h"
#include "zones/dns_rdata.h"
#include "zones/dns_type.h"
#include "zones/zone_record.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const uint8_t origin[] = "\2de";

/* Read all records of a text: lines as zone_text prints them, or `line:column message` of an error. */
static const char *read_all(const char *text, struct zone_record_state *state)
{
    static char lines[4000];
    static uint8_t room[DNS_RDATA_MAX];
    const char *copy = guard_copy(text, strlen(text));
    struct err_at at = {.text = ""};
    struct dns_scan scan;
    struct wr out = wr_make(lines, sizeof lines - 1);
    dns_scan_init(&scan, copy, strlen(text), &at);
    for (;;) {
        struct dns_token first = dns_scan_next(&scan);
        struct wr rdata = wr_make(room, sizeof room);
        struct zone_text_record record;
        if (first.kind == DNS_SCAN_EOF) {
            break;
        }
        int err = scan.err ? scan.err : zone_record_parse(&scan, state, &first, &rdata, &record);
        if (err) {
            wr_print(&out, "%u:%u %s\n", at.line, at.column, at.text);
            dns_scan_recover(&scan);
        } else if (!record.owner) {
            wr_print(&out, "of nobody\n");
        } else {
            (void)zone_text_print_record(&record, &out);
        }
    }
    guard_free(copy);
    assert_int_equal(out.err, 0);
    lines[wr_len(&out)] = '\0';
    return lines;
}

static void check_rows(const char *const (*rows)[3], size_t count, struct zone_record_ttl ttl)
{
    for (size_t i = 0; i < count; i++) {
        struct zone_record_state state;
        zone_record_init(&state, origin, ttl);
        print_message("%s\n", rows[i][0]);
        assert_string_equal(read_all(rows[i][1], &state), rows[i][2]);
    }
}

static void owner_ttl_and_class_may_be_left_out(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        {"all there", "a 60 IN A 1.2.3.4", "a.de. 60 IN A 1.2.3.4\n"},
        {"class first", "a IN 60 A 1.2.3.4", "a.de. 60 IN A 1.2.3.4\n"},
        {"lower case", "a in 1m a 1.2.3.4", "a.de. 60 IN A 1.2.3.4\n"},
        {"class by number", "a CLASS1 A 1.2.3.4", "a.de. 300 IN A 1.2.3.4\n"},
        {"type by number", "a TYPE1 1.2.3.4", "a.de. 300 IN A 1.2.3.4\n"},
        {"the last owner", "a A 1.2.3.4\n  TXT x\n\tTXT y",
         "a.de. 300 IN A 1.2.3.4\na.de. 300 IN TXT \"x\"\n"
         "a.de. 300 IN TXT \"y\"\n"},
        {"the same owner again", "a A 1.2.3.4\na A 1.2.3.5\nb A 1.2.3.6\na A 1.2.3.7",
         "a.de. 300 IN A 1.2.3.4\na.de. 300 IN A 1.2.3.5\nb.de. 300 IN A 1.2.3.6\na.de. 300 IN A "
         "1.2.3.7\n"},
        {"origin", "@ A 1.2.3.4", "de. 300 IN A 1.2.3.4\n"},
        {"root", ". A 1.2.3.4", ". 300 IN A 1.2.3.4\n"},
        {"absolute", "a. A 1.2.3.4", "a. 300 IN A 1.2.3.4\n"},
        {"quoted", "\"a b\" A 1.2.3.4", "a\\032b.de. 300 IN A 1.2.3.4\n"},
        {"names like types and classes", "IN A 1.2.3.4\nA A 1.2.3.4",
         "IN.de. 300 IN A 1.2.3.4\nA.de. 300 IN A 1.2.3.4\n"},
        {"over lines", "a ( 60\n IN\n A 1.2.3.4 )", "a.de. 60 IN A 1.2.3.4\n"},
        {"dollar, escaped", "\\$a A 1.2.3.4", "\\$a.de. 300 IN A 1.2.3.4\n"},
    };
    check_rows(rows, COUNT(rows), (struct zone_record_ttl){300, true});
}

static void what_is_wrong_has_a_place(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        {"no owner", " A 1.2.3.4", "1:1 no owner name here and no record before\n"},
        {"bad owner", "a..b A 1.2.3.4", "1:1 expected a domain name, found 'a..b'\n"},
        {"records of a bad owner belong to nobody",
         "a A 1.2.3.4\nb..c A 1.2.3.4\n A 1.2.3.4\nd A 1.2.3.4",
         "a.de. 300 IN A 1.2.3.4\n2:1 expected a domain name, found 'b..c'\nof nobody\nd.de. 300 "
         "IN A 1.2.3.4\n"},
        {"another class", "a CH TXT x", "1:3 expected class IN, found 'CH'\n"},
        {"another class by number", "a CLASS3 TXT x", "1:3 expected class IN, found 'CLASS3'\n"},
        {"class NONE", "a NONE TXT x", "1:3 expected class IN, found 'NONE'\n"},
        {"class twice", "a IN IN A 1.2.3.4",
         "1:6 expected a TTL, class or record type, found 'IN'\n"},
        {"TTL twice", "a 60 61 A 1.2.3.4",
         "1:6 expected a TTL, class or record type, found '61'\n"},
        {"TTL too large", "a 2147483648 A 1.2.3.4",
         "1:3 expected a TTL from 0 to 2147483647 or like 1h30m, found '2147483648'\n"},
        {"TTL in quotes", "a \"60\" A 1.2.3.4",
         "1:3 expected a TTL, class or record type, found quoted '60'\n"},
        {"unknown type", "a FOO 1.2.3.4",
         "1:3 expected a TTL, class or record type, found 'FOO'\n"},
        {"no type", "a\n",
         "1:2 expected a TTL, class or record type, found the end of the record\n"},
        {"no type, but RDATA", "a 1.2.3.4",
         "1:3 expected a TTL from 0 to 2147483647 or like 1h30m, found '1.2.3.4'\n"},
        {"pseudo type", "a ANY x",
         "1:3 expected a record type that can be zone data, found 'ANY'\n"},
        {"pseudo type by number", "a TYPE250 \\# 0",
         "1:3 expected a record type that can be zone data, found 'TYPE250'\n"},
        {"type 0", "a TYPE0 \\# 0",
         "1:3 expected a record type that can be zone data, found 'TYPE0'\n"},
        {"RDATA", "a A x", "1:5 expected an IPv4 address, found 'x'\n"},
        {"scanner", "a A )", "1:5 closing parenthesis without an opening one\n"},
    };
    check_rows(rows, COUNT(rows), (struct zone_record_ttl){300, true});
}

static void a_ttl_comes_from_the_record_or_the_last_one_or_the_soa(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        {"the SOA's MINIMUM", "@ SOA . . 1 2 3 4 30\na A 1.2.3.4",
         "de. 30 IN SOA . . 1 2 3 4 30\na.de. 30 IN A 1.2.3.4\n"},
        {"the SOA's TTL", "@ 77 SOA . . 1 2 3 4 30\na A 1.2.3.4",
         "de. 77 IN SOA . . 1 2 3 4 30\na.de. 77 IN A 1.2.3.4\n"},
        {"the last one", "a 60 A 1.2.3.4\nb A 1.2.3.4\nc 0 A 1.2.3.4\nd A 1.2.3.4",
         "a.de. 60 IN A 1.2.3.4\nb.de. 60 IN A 1.2.3.4\nc.de. 0 IN A 1.2.3.4\nd.de. 0 IN A "
         "1.2.3.4\n"},
        {"MINIMUM over the limit, RFC 2181 8", "@ SOA . . 1 2 3 4 2147483648\na A 1.2.3.4",
         "de. 0 IN SOA . . 1 2 3 4 2147483648\na.de. 0 IN A 1.2.3.4\n"},
        {"none", "a A 1.2.3.4\nb A 1.2.3.4\n@ SOA . . 1 2 3 4 30",
         "1:3 no TTL here, and no $TTL, record with a TTL or SOA before\n"
         "2:3 no TTL here, and no $TTL, record with a TTL or SOA before\nde. 30 IN SOA . . 1 2 3 4 "
         "30\n"},
    };
    check_rows(rows, COUNT(rows), (struct zone_record_ttl){0, false});
}

static void dollar_ttl_goes_before_the_last_one(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        {"RFC 2308 4", "a 60 A 1.2.3.4\nb A 1.2.3.4",
         "a.de. 60 IN A 1.2.3.4\nb.de. 300 IN A 1.2.3.4\n"},
        {"and before the SOA", "@ 60 SOA . . 1 2 3 4 30\nb A 1.2.3.4",
         "de. 60 IN SOA . . 1 2 3 4 30\nb.de. 300 IN A 1.2.3.4\n"},
    };
    check_rows(rows, COUNT(rows), (struct zone_record_ttl){300, true});
}

static void another_origin_makes_other_names_of_the_same_text(void **state)
{
    (void)state;
    struct zone_record_state place;
    zone_record_init(&place, origin, (struct zone_record_ttl){300, true});
    assert_string_equal(read_all("a A 1.2.3.4", &place), "a.de. 300 IN A 1.2.3.4\n");
    zone_record_set_origin(&place, (const uint8_t *)"\3com");
    assert_string_equal(
        read_all(" A 1.2.3.4\na A 1.2.3.4\nb CNAME c", &place),
        "a.de. 300 IN A 1.2.3.4\na.com. 300 IN A 1.2.3.4\nb.com. 300 IN CNAME c.com.\n");
}

static void a_head_is_ttl_class_and_type(void **state)
{
    (void)state;
    struct zone_record_head head;
    struct dns_scan scan;
    dns_scan_init(&scan, "x 1h IN MX 10", 13, NULL);
    (void)dns_scan_next(&scan);
    assert_int_equal(zone_record_parse_head(&scan, &head), 0);
    assert_true(head.ttl.known);
    assert_int_equal(head.ttl.s, 3600);
    assert_int_equal(head.type, DNS_TYPE_MX);
    assert_int_equal(head.type_token.column, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(owner_ttl_and_class_may_be_left_out),
        cmocka_unit_test(what_is_wrong_has_a_place),
        cmocka_unit_test(a_ttl_comes_from_the_record_or_the_last_one_or_the_soa),
        cmocka_unit_test(dollar_ttl_goes_before_the_last_one),
        cmocka_unit_test(another_origin_makes_other_names_of_the_same_text),
        cmocka_unit_test(a_head_is_ttl_class_and_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
