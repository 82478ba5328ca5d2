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
#include "zones/zone_generate.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const uint8_t origin[] = "\2de";
static struct zone_record_state place;

struct lines {
    struct wr out;
    unsigned count;
    unsigned refuse; /* number of the record that the visit refuses; 0 for none */
};

static int print(void *context, const struct zone_text_record *record)
{
    struct lines *lines = context;
    if (++lines->count == lines->refuse) {
        return ERR_OUT_OF_ZONE;
    }
    return lines->count > 20 ? 0 : zone_text_print_record(record, &lines->out);
}

/* Run the rest of a $GENERATE line: records as lines, then an error as `column message`. */
static const char *run(const char *text, struct lines *lines)
{
    static char room[4000];
    static uint8_t octets[DNS_RDATA_MAX];
    const char *copy = guard_copy(text, strlen(text));
    struct err_at at = {.text = ""};
    struct dns_scan scan;
    struct wr rdata = wr_make(octets, sizeof octets);
    lines->out = wr_make(room, sizeof room - 1);
    lines->count = 0;
    dns_scan_init(&scan, copy, strlen(text), &at);
    (void)dns_scan_next(&scan); /* $GENERATE */
    int err = zone_generate_run(&scan, &place, &rdata, print, lines);
    if (err) {
        wr_print(&lines->out, "%u %s\n", at.column, scan.err ? at.text : err_text(err));
    } else {
        assert_int_equal(dns_scan_next(&scan).kind, DNS_SCAN_EOF);
    }
    guard_free(copy);
    room[wr_len(&lines->out)] = '\0';
    return room;
}

static void check_rows(const char *const (*rows)[3], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct lines lines = {.refuse = 0};
        zone_record_init(&place, origin, (struct zone_record_ttl){300, true});
        print_message("%s\n", rows[i][0]);
        assert_string_equal(run(rows[i][1], &lines), rows[i][2]);
    }
}

static void a_line_makes_a_record_for_each_number(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        {"plain", "$GENERATE 1-3 h$ A 10.0.0.$",
         "h1.de. 300 IN A 10.0.0.1\nh2.de. 300 IN A 10.0.0.2\nh3.de. 300 IN A 10.0.0.3\n"},
        {"one", "$GENERATE 7-7 h$ A 10.0.0.$ ; comment", "h7.de. 300 IN A 10.0.0.7\n"},
        {"step", "$GENERATE 0-5/2 h$ A 10.0.0.$",
         "h0.de. 300 IN A 10.0.0.0\nh2.de. 300 IN A 10.0.0.2\nh4.de. 300 IN A 10.0.0.4\n"},
        {"TTL and class", "$GENERATE 1-1 h$ IN 60 A 10.0.0.$", "h1.de. 60 IN A 10.0.0.1\n"},
        {"offset, width", "$GENERATE 8-9 h${-1,3} A 10.0.0.${10}",
         "h007.de. 300 IN A 10.0.0.18\nh008.de. 300 IN A 10.0.0.19\n"},
        {"bases", "$GENERATE 255-255 ${0,4,d}.${0,4,o}.${0,4,x}.${0,4,X} A 10.0.0.1",
         "0255.0377.00ff.00FF.de. 300 IN A 10.0.0.1\n"},
        {"nibbles", "$GENERATE 291-291 ${0,0,n}.${0,8,N} A 10.0.0.1",
         "3.2.1.3.2.1.0.0.de. 300 IN A 10.0.0.1\n"},
        {"nibbles of a letter", "$GENERATE 10-10 ${0,0,n}.${0,3,N} A 10.0.0.1",
         "a.A.0.de. 300 IN A 10.0.0.1\n"},
        {"several tokens", "$GENERATE 1-1 h$ MX 10 m$", "h1.de. 300 IN MX 10 m1.de.\n"},
        {"quoted RDATA", "$GENERATE 1-1 h$ MX \"10 m$\"", "h1.de. 300 IN MX 10 m1.de.\n"},
        {"quotes in quoted RDATA", "$GENERATE 1-1 h$ TXT \"\\\"a b $\\\" c\"",
         "h1.de. 300 IN TXT \"a b 1\" \"c\"\n"},
        {"two quoted texts", "$GENERATE 1-1 h$ TXT \"a $\" \"b\"",
         "h1.de. 300 IN TXT \"a 1\" \"b\"\n"},
        {"dollar signs", "$GENERATE 1-1 h$ TXT a$$b c\\$d", "h1.de. 300 IN TXT \"a$b\" \"c$d\"\n"},
        {"escape before a number", "$GENERATE 1-1 h$ TXT a\\\\$", "h1.de. 300 IN TXT \"a\\\\1\"\n"},
        {"absolute owner", "$GENERATE 1-1 h$. A 10.0.0.$", "h1. 300 IN A 10.0.0.1\n"},
        {"no number at all", "$GENERATE 1-2 h A 10.0.0.1",
         "h.de. 300 IN A 10.0.0.1\nh.de. 300 IN A 10.0.0.1\n"},
        {"type of ours", "$GENERATE 1-1 p$ CRES . cpu=$", "p1.de. 300 IN CRES . cpu=1\n"},
        {"quoted parentheses in RDATA", "$GENERATE 1-1 h$ TXT \"(a)\" \\(b",
         "h1.de. 300 IN TXT \"(a)\" \"(b\"\n"},
    };
    check_rows(rows, COUNT(rows));
}

static void what_is_wrong_has_a_place(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        {"no range", "$GENERATE x h A 1.2.3.4",
         "11 expected a range like 1-100 or 0-254/2, found 'x'\n"},
        {"backwards", "$GENERATE 2-1 h A 1.2.3.4",
         "11 expected a range like 1-100 or 0-254/2, found '2-1'\n"},
        {"step 0", "$GENERATE 1-2/0 h A 1.2.3.4",
         "11 expected a range like 1-100 or 0-254/2, found '1-2/0'\n"},
        {"minus", "$GENERATE -1-2 h A 1.2.3.4",
         "11 expected a range like 1-100 or 0-254/2, found '-1-2'\n"},
        {"step before the range", "$GENERATE 1/2-3 h A 1.2.3.4",
         "11 expected a range like 1-100 or 0-254/2, found '1/2-3'\n"},
        {"large number", "$GENERATE 1-2147483648 h A 1.2.3.4",
         "11 expected a range like 1-100 or 0-254/2, found '1-2147483648'\n"},
        {"range in quotes", "$GENERATE \"1-2\" h A 1.2.3.4",
         "11 expected a range like 1-100 or 0-254/2, found quoted '1-2'\n"},
        {"too many", "$GENERATE 0-65536 h A 1.2.3.4",
         "11 the range makes more than 65536 records\n"},
        {"no owner", "$GENERATE 1-2\n",
         "14 expected a pattern for owner names, found the end of the record\n"},
        {"no type", "$GENERATE 1-2 h\n",
         "16 expected a TTL, class or record type, found the end of the record\n"},
        {"no RDATA", "$GENERATE 1-2 h A\n", "18 expected RDATA, found the end of the record\n"},
        {"RDATA on the next line", "$GENERATE 1-2 h A (\n 1.2.3.4 )",
         "2 expected RDATA without parentheses, at most 16384 octets\n"},
        {"parentheses", "$GENERATE 1-2 h TXT a (b)",
         "21 expected RDATA without parentheses, at most 16384 octets\n"},
        {"owner, second number", "$GENERATE 9-10 ${0,0,n}${-9} A 1.2.3.4",
         "90.de. 300 IN A 1.2.3.4\na1.de. 300 IN A 1.2.3.4\n"},
        {"bad RDATA at a number", "$GENERATE 255-256 h$ A 1.2.3.$",
         "h255.de. 300 IN A 1.2.3.255\n19 for number 256: expected an IPv4 address, found "
         "'1.2.3.256'\n"},
        {"bad owner at a number", "$GENERATE 1-1 h..$ A 1.2.3.4",
         "15 for number 1: syntax error\n"},
        {"below 0", "$GENERATE 1-2 h${-2} A 1.2.3.4", "15 for number 1: bad value\n"},
        {"below 0 in RDATA", "$GENERATE 1-2 h A 1.2.3.${-2}", "15 for number 1: bad value\n"},
        {"open brace", "$GENERATE 1-2 h${1 A 1.2.3.4", "15 for number 1: syntax error\n"},
        {"base", "$GENERATE 1-2 h${0,0,z} A 1.2.3.4", "15 for number 1: syntax error\n"},
        {"two bases", "$GENERATE 1-2 h${0,0,d,d} A 1.2.3.4", "15 for number 1: syntax error\n"},
        {"width", "$GENERATE 1-2 h${0,256} A 1.2.3.4", "15 for number 1: syntax error\n"},
        {"no offset", "$GENERATE 1-2 h${} A 1.2.3.4", "15 for number 1: syntax error\n"},
    };
    check_rows(rows, COUNT(rows));
}

static void as_many_records_as_allowed_are_made(void **state)
{
    (void)state;
    struct lines lines = {.refuse = 0};
    zone_record_init(&place, origin, (struct zone_record_ttl){300, true});
    (void)run("$GENERATE 0-65535 h$ A 1.2.3.4", &lines);
    assert_int_equal(lines.count, 65536);
    (void)run("$GENERATE 0-131070/2 h$ A 1.2.3.4", &lines);
    assert_int_equal(lines.count, 65536);
}

static void the_callers_error_ends_the_run(void **state)
{
    (void)state;
    struct lines lines = {.refuse = 2};
    zone_record_init(&place, origin, (struct zone_record_ttl){300, true});
    assert_string_equal(run("$GENERATE 1-9 h$ A 10.0.0.$", &lines),
                        "h1.de. 300 IN A 10.0.0.1\n0 name is not in the zone\n");
    assert_int_equal(lines.count, 2);
}

static void the_ttl_is_learned_but_not_the_owner(void **state)
{
    (void)state;
    struct lines lines = {.refuse = 0};
    zone_record_init(&place, origin, (struct zone_record_ttl){0, false});
    assert_string_equal(run("$GENERATE 1-1 h$ 60 A 10.0.0.$", &lines), "h1.de. 60 IN A 10.0.0.1\n");
    assert_true(place.last_ttl.known);
    assert_int_equal(place.last_ttl.s, 60);
    assert_int_equal(place.owner_len, 0);
}

static void long_patterns_are_an_error(void **state)
{
    (void)state;
    static char text[20000];
    struct lines lines = {.refuse = 0};
    size_t used = (size_t)sprintf(text, "$GENERATE 1-1 h TXT ");
    while (used < 17000) {
        used += (size_t)sprintf(text + used, "x ");
    }
    zone_record_init(&place, origin, (struct zone_record_ttl){300, true});
    assert_string_equal(run(text, &lines),
                        "21 expected RDATA without parentheses, at most 16384 octets\n");
    used = (size_t)sprintf(text, "$GENERATE 1-1 h TXT ");
    while (used < 16000) {
        used += (size_t)sprintf(text + used, "${0,200} ");
    }
    assert_string_equal(run(text, &lines), "15 for number 1: output does not fit\n");
}

static void numbers_are_put_into_patterns(void **state)
{
    (void)state;
    char text[8];
    struct wr out = wr_make(text, sizeof text);
    assert_int_equal(zone_generate_expand("a${1}", 5, 2147483647, &out), ERR_SPACE);
    out = wr_make(text, sizeof text);
    assert_int_equal(zone_generate_expand("\\", 1, 1, &out),
                     0); /* a backslash at the end is the scanner's error */
    assert_int_equal(wr_len(&out), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_makes_a_record_for_each_number),
        cmocka_unit_test(what_is_wrong_has_a_place),
        cmocka_unit_test(as_many_records_as_allowed_are_made),
        cmocka_unit_test(the_callers_error_ends_the_run),
        cmocka_unit_test(the_ttl_is_learned_but_not_the_owner),
        cmocka_unit_test(long_patterns_are_an_error),
        cmocka_unit_test(numbers_are_put_into_patterns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
