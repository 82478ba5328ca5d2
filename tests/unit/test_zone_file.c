#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "tests/lib/guard.h"
#include "zones/dns_name.h"
#include "zones/dns_type.h"
#include "zones/zone_file.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const uint8_t origin[] = "\2de";
static char folder[] = "/tmp/test_zone_file.XXXXXX";

/* What a run gave: a line for each record (`LINE OWNER TTL IN TYPE RDATA`) and for each error
 * (`FILE:LINE:COLUMN TEXT`, without the folder). */
static struct seen {
    char text[40000];
    struct wr out;
    unsigned records;
    unsigned refuse; /* line whose records are refused */
    const char *why;
} seen;

static int see_record(void *context, const struct zone_text_record *record, unsigned line,
                      struct err_at *at)
{
    struct seen *run = context;
    run->records++;
    if (line == run->refuse) {
        return run->why ? err_at_set(at, ERR_ZONE_SOA, 0, 0, "%s", run->why) : ERR_ZONE_CNAME;
    }
    if (run->records <= 100) {
        wr_print(&run->out, "%u ", line);
        (void)zone_text_print_record(record, &run->out);
    }
    return 0;
}

static void see_error(void *context, const struct err_at *at)
{
    struct seen *run = context;
    const char *file = at->file ? at->file : "-";
    size_t len = strlen(folder);
    file += strncmp(file, folder, len) == 0 ? len + 1 : 0;
    wr_print(&run->out, "%s:%u:%u %s\n", file, at->line, at->column, at->text);
}

static struct zone_file_options options;

static void begin(void)
{
    seen.out = wr_make(seen.text, sizeof seen.text - 1);
    seen.records = 0;
}

static const char *end(void)
{
    assert_int_equal(seen.out.err, 0);
    seen.text[wr_len(&seen.out)] = '\0';
    return seen.text;
}

static unsigned read_octets(const char *text, size_t len)
{
    struct zone_file_sink sink = {&seen, see_record, see_error};
    const char *copy = guard_copy(text, len);
    begin();
    unsigned errors = zone_file_read_text("z", copy, len, &options, &sink);
    guard_free(copy);
    return errors;
}

static unsigned read_text(const char *text)
{
    return read_octets(text, strlen(text));
}

static void write_file(const char *name, const char *text)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static unsigned read_file(const char *name)
{
    struct zone_file_sink sink = {&seen, see_record, see_error};
    char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    begin();
    return zone_file_read(path, &options, &sink);
}

static void remove_files(void)
{
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s/*", folder);
    assert_int_equal(system(command), 0);
}

static int fresh(void **state)
{
    (void)state;
    options = (struct zone_file_options){.origin = origin,
                                         .ttl = {300, true},
                                         .octets_max = 1 << 20,
                                         .records_max = 1 << 20,
                                         .includes = true};
    seen.refuse = 0;
    seen.why = NULL;
    return 0;
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    remove_files();
    return rmdir(folder);
}

static void records_and_directives_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *label, *text, *lines;
    } rows[] = {
        {"nothing", "", ""},
        {"only comments", "; a\n\n   ; b\n", ""},
        {"a zone", "@ SOA ns1 h 1 2 3 4 5\n  NS ns1 ; the server\nns1 A 1.2.3.4\n",
         "1 de. 300 IN SOA ns1.de. h.de. 1 2 3 4 5\n2 de. 300 IN NS ns1.de.\n3 ns1.de. 300 IN A "
         "1.2.3.4\n"},
        {"$ORIGIN", "$ORIGIN a.\nb A 1.2.3.4\n$ORIGIN c\nb A 1.2.3.4\n$origin .\nb A 1.2.3.4\n",
         "2 b.a. 300 IN A 1.2.3.4\n4 b.c.a. 300 IN A 1.2.3.4\n6 b. 300 IN A 1.2.3.4\n"},
        {"$TTL", "$TTL 1h\na A 1.2.3.4\n$TTL 5 ; s\na A 1.2.3.5\n",
         "2 a.de. 3600 IN A 1.2.3.4\n4 a.de. 5 IN A 1.2.3.5\n"},
        {"$GENERATE", "q A 1.1.1.1\n$GENERATE 1-2 h$ A 1.2.3.$\n  TXT q\n",
         "1 q.de. 300 IN A 1.1.1.1\n2 h1.de. 300 IN A 1.2.3.1\n2 h2.de. 300 IN A 1.2.3.2\n3 q.de. "
         "300 IN TXT \"q\"\n"},
        {"line of a record that goes over lines", "\na A (\n1.2.3.4\n)\nb A 1.2.3.4",
         "2 a.de. 300 IN A 1.2.3.4\n5 b.de. 300 IN A 1.2.3.4\n"},
        {"CRLF", "$TTL 5\r\na A 1.2.3.4\r\n\r\n TXT x\r\n",
         "2 a.de. 5 IN A 1.2.3.4\n4 a.de. 5 IN TXT \"x\"\n"},
        {"types of ours", "p CRES . cpu=1k ; cores\nc TYPE65360 \\# 1 00",
         "1 p.de. 300 IN CRES . cpu=1000\n2 c.de. 300 IN CENTRE .\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].label);
        assert_int_equal(read_text(rows[i].text), 0);
        assert_string_equal(end(), rows[i].lines);
    }
}

static void errors_have_file_line_and_column_and_reading_goes_on(void **state)
{
    (void)state;
    static const struct {
        const char *label, *text;
        unsigned errors;
        const char *lines;
    } rows[] = {
        {"one", "a A x\nb A 1.2.3.4\n", 1,
         "z:1:5 expected an IPv4 address, found 'x'\n2 b.de. 300 IN A 1.2.3.4\n"},
        {"three", "a A x\n\n b A\n  )\nc A 1.2.3.4", 3,
         "z:1:5 expected an IPv4 address, found 'x'\nz:3:2 expected a TTL, class or record type, "
         "found 'b'\n"
         "z:4:3 closing parenthesis without an opening one\n5 c.de. 300 IN A 1.2.3.4\n"},
        {"within parentheses", "a A ( x\n1.2.3.4\n)\nc A 1.2.3.4", 1,
         "z:1:7 expected an IPv4 address, found 'x'\n4 c.de. 300 IN A 1.2.3.4\n"},
        {"parenthesis never closed", "a A ( x\nc A 1.2.3.4\n", 2,
         "z:1:7 expected an IPv4 address, found 'x'\nz:1:5 parenthesis is not closed\n"},
        {"unknown directive", "$FOO 1\n$ 2\n", 2,
         "z:1:1 expected $ORIGIN, $TTL, $INCLUDE or $GENERATE, found '$FOO'\n"
         "z:2:1 expected $ORIGIN, $TTL, $INCLUDE or $GENERATE, found '$'\n"},
        {"$ORIGIN", "$ORIGIN\n$ORIGIN a..b\n$ORIGIN a b\n@ A 1.2.3.4", 3,
         "z:1:8 expected a domain name, found the end of the record\nz:2:9 expected a domain name, "
         "found 'a..b'\n"
         "z:3:11 expected the end of the line, found 'b'\n4 de. 300 IN A 1.2.3.4\n"},
        {"$TTL", "$TTL\n$TTL x\n$TTL \"5\"\n$TTL 5 6\n$TTL 2147483648\n", 5,
         "z:1:5 expected a TTL from 0 to 2147483647 or like 1h30m, found the end of the record\n"
         "z:2:6 expected a TTL from 0 to 2147483647 or like 1h30m, found 'x'\n"
         "z:3:6 expected a TTL from 0 to 2147483647 or like 1h30m, found quoted '5'\n"
         "z:4:8 expected the end of the line, found '6'\n"
         "z:5:6 expected a TTL from 0 to 2147483647 or like 1h30m, found '2147483648'\n"},
        {"$GENERATE", "$GENERATE 1-2 h A x\nb A 1.2.3.4\n", 1,
         "z:1:15 for number 1: expected an IPv4 address, found 'x'\n2 b.de. 300 IN A 1.2.3.4\n"},
        {"records of a bad owner", "b..c A 1.2.3.4\n  A 1.2.3.5\nb A 1.2.3.4", 1,
         "z:1:1 expected a domain name, found 'b..c'\n3 b.de. 300 IN A 1.2.3.4\n"},
        {"open quote", "a TXT \"x\nb A 1.2.3.4", 1,
         "z:1:7 quoted text is not closed on its line\n2 b.de. 300 IN A 1.2.3.4\n"},
        {"byte order mark", "\357\273\277a A 1.2.3.4\n", 1,
         "z:1:1 the file begins with a UTF-8 byte order mark: save it without\n1 a.de. 300 IN A "
         "1.2.3.4\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].label);
        assert_int_equal(read_text(rows[i].text), rows[i].errors);
        assert_string_equal(end(), rows[i].lines);
    }
}

static void a_text_with_octet_0_is_not_read(void **state)
{
    (void)state;
    assert_int_equal(read_octets("a A 1.2.3.4\n;\0\n", 15), 1);
    assert_string_equal(end(), "z:2:2 octet 0 in the text: is it UTF-16?\n");
    assert_int_equal(read_octets("\0", 1), 1);
    assert_string_equal(end(), "z:1:1 octet 0 in the text: is it UTF-16?\n");
}

static void reading_ends_after_20_errors(void **state)
{
    (void)state;
    char text[1000] = "";
    for (int i = 0; i < 19; i++) {
        strcat(text, "a A x\n");
    }
    strcat(text, "b A 1.2.3.4\n");
    assert_int_equal(read_text(text), 19);
    assert_int_equal(seen.records, 1);
    strcat(text, "a A x\nb A 1.2.3.4\na A x\n");
    assert_int_equal(read_text(text), 20);
    assert_int_equal(seen.records, 1);
    assert_non_null(strstr(end(), "z:21:5 "));
    assert_null(strstr(end(), "z:23:5 "));
}

static void what_the_callback_refuses_is_an_error_at_the_record(void **state)
{
    (void)state;
    seen.refuse = 2;
    seen.why = "a second SOA";
    assert_int_equal(read_text("a A 1.2.3.4\n  TXT (\nx )\nb A 1.2.3.4"), 1);
    assert_string_equal(end(),
                        "1 a.de. 300 IN A 1.2.3.4\nz:2:1 a second SOA\n4 b.de. 300 IN A 1.2.3.4\n");
    seen.why = NULL;
    assert_int_equal(read_text("a A 1.2.3.4\nb ( TXT\nx )\nb A 1.2.3.4"), 1);
    assert_string_equal(end(), "1 a.de. 300 IN A 1.2.3.4\nz:2:1 CNAME and other data at one name\n"
                               "4 b.de. 300 IN A 1.2.3.4\n");
    assert_int_equal(read_text("a A 1.2.3.4\n$GENERATE 1-9 h$ A 1.2.3.$\n"), 1);
    assert_string_equal(end(),
                        "1 a.de. 300 IN A 1.2.3.4\nz:2:1 CNAME and other data at one name\n");
}

static void too_many_records_end_the_reading(void **state)
{
    (void)state;
    options.records_max = 2;
    assert_int_equal(read_text("a A 1.2.3.4\nb A 1.2.3.4\n"), 0);
    assert_int_equal(read_text("a A 1.2.3.4\nb A 1.2.3.4\nc A 1.2.3.4\nd A 1.2.3.4\n"), 1);
    assert_string_equal(end(), "1 a.de. 300 IN A 1.2.3.4\n2 b.de. 300 IN A 1.2.3.4\n"
                               "z:3:1 the zone has more than 2 records\n");
    assert_int_equal(read_text("$GENERATE 1-9 h$ A 1.2.3.$\nx x x\n"), 1);
}

static void without_a_ttl_the_files_own_counts(void **state)
{
    (void)state;
    options.ttl.known = false;
    assert_int_equal(read_text("a A 1.2.3.4\nb 60 A 1.2.3.4\nc A 1.2.3.4\n"), 1);
    assert_string_equal(end(), "z:1:3 no TTL here, and no $TTL, record with a TTL or SOA before\n"
                               "2 b.de. 60 IN A 1.2.3.4\n3 c.de. 60 IN A 1.2.3.4\n");
}

static void a_text_may_have_no_name(void **state)
{
    (void)state;
    struct zone_file_sink sink = {&seen, see_record, see_error};
    begin();
    assert_int_equal(zone_file_read_text(NULL, "a A x", 5, &options, &sink), 1);
    assert_string_equal(end(), "-:1:5 expected an IPv4 address, found 'x'\n");
}

static void included_files_are_read_in_place(void **state)
{
    (void)state;
    char path[200];
    snprintf(path, sizeof path, "%s/sub", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    write_file("z", "o A 1.1.1.1\n"
                    "$INCLUDE sub/a\n"
                    " TXT o\n"
                    "$INCLUDE \"sub/a\" x ; with an origin\n"
                    "r A 1.1.1.1\n");
    write_file("sub/a", " TXT first\n$ORIGIN a\n$TTL 7\nx A 2.2.2.2\n$INCLUDE b\ny A 2.2.2.2\n");
    write_file("sub/b", "$ORIGIN b\nz A 3.3.3.3");
    assert_int_equal(read_file("z"), 0);
    assert_string_equal(end(), "1 o.de. 300 IN A 1.1.1.1\n"
                               "1 o.de. 300 IN TXT \"first\"\n"
                               "4 x.a.de. 7 IN A 2.2.2.2\n"
                               "2 z.b.a.de. 7 IN A 3.3.3.3\n"
                               "6 y.a.de. 7 IN A 2.2.2.2\n"
                               "3 o.de. 7 IN TXT \"o\"\n"
                               "1 o.de. 7 IN TXT \"first\"\n"
                               "4 x.a.x.de. 7 IN A 2.2.2.2\n"
                               "2 z.b.a.x.de. 7 IN A 3.3.3.3\n"
                               "6 y.a.x.de. 7 IN A 2.2.2.2\n"
                               "5 r.de. 7 IN A 1.1.1.1\n");
    remove_files();
}

static void an_included_soa_gives_its_minimum(void **state)
{
    (void)state;
    options.ttl.known = false;
    write_file("z", "$INCLUDE soa\na A 1.1.1.1\n");
    write_file("soa", "@ SOA . . 1 2 3 4 30\n");
    assert_int_equal(read_file("z"), 0);
    assert_string_equal(end(), "1 de. 30 IN SOA . . 1 2 3 4 30\n2 a.de. 30 IN A 1.1.1.1\n");
    remove_files();
}

static void errors_of_included_files_name_them(void **state)
{
    (void)state;
    write_file("z",
               "$INCLUDE a\n$INCLUDE b\n$INCLUDE\n$INCLUDE a x y\n$INCLUDE a x..y\n$INCLUDE .\n"
               "$INCLUDE \"\"\n$INCLUDE a\\000\n$INCLUDE \\256\nb A 1.1.1.1\n");
    write_file("a", "x A x\n");
    assert_int_equal(read_file("z"), 9);
    char wanted[2000];
    snprintf(wanted, sizeof wanted,
             "a:1:5 expected an IPv4 address, found 'x'\n"
             "z:2:10 cannot read %s/b: No such file or directory\n"
             "z:3:9 expected the path of a file, found the end of the record\n"
             "z:4:14 expected the end of the line, found 'y'\n"
             "z:5:12 expected a domain name, found 'x..y'\n"
             "z:6:10 cannot read %s/.: no regular file\n"
             "z:7:10 expected the path of a file, found quoted ''\n"
             "z:8:10 expected the path of a file, found 'a\\000'\n"
             "z:9:10 expected the path of a file, found '\\256'\n"
             "10 b.de. 300 IN A 1.1.1.1\n",
             folder, folder);
    assert_string_equal(end(), wanted);
    remove_files();
}

static void files_that_include_each_other_are_refused(void **state)
{
    (void)state;
    char wanted[2000];
    write_file("z", "a A 1.1.1.1\n$INCLUDE a\nb A 1.1.1.1\n");
    write_file("a", "$INCLUDE b\n");
    write_file("b", "c A 1.1.1.1\n$INCLUDE ./z\n");
    assert_int_equal(read_file("z"), 1);
    snprintf(wanted, sizeof wanted,
             "1 a.de. 300 IN A 1.1.1.1\n1 c.de. 300 IN A 1.1.1.1\nb:2:10 %s/./z includes itself\n"
             "3 b.de. 300 IN A 1.1.1.1\n",
             folder);
    assert_string_equal(end(), wanted);
    remove_files();
}

static void sixteen_files_may_be_inside_each_other(void **state)
{
    (void)state;
    for (int i = 0; i < 17; i++) {
        char name[20];
        char text[60];
        snprintf(name, sizeof name, "f%d", i);
        snprintf(text, sizeof text, i < 16 ? "$INCLUDE f%d\n" : "a A 1.1.1.%d\n", i + 1);
        write_file(name, text);
    }
    assert_int_equal(read_file("f0"), 0);
    assert_string_equal(end(), "1 a.de. 300 IN A 1.1.1.17\n");
    write_file("f16", "$INCLUDE f17\n");
    write_file("f17", "a A 1.1.1.1\n");
    assert_int_equal(read_file("f0"), 1);
    assert_string_equal(end(), "f16:1:10 more than 16 files inside each other\n");
    remove_files();
}

static void the_limit_holds_for_all_files_together(void **state)
{
    (void)state;
    write_file("z", "$INCLUDE a\n$INCLUDE a\n$INCLUDE a\n"); /* 33 octets */
    write_file("a", "a A 1.1.1.1\n");                        /* 12 octets */
    options.octets_max = 33 + 36;
    assert_int_equal(read_file("z"), 0);
    assert_int_equal(seen.records, 3);
    options.octets_max = 33 + 35;
    assert_int_equal(read_file("z"), 1);
    assert_int_equal(seen.records, 2);
    assert_non_null(strstr(end(), "z:3:10 cannot read "));
    assert_non_null(strstr(end(), "a: the zone's files are larger than the limit\n"));
    options.octets_max = 32;
    assert_int_equal(read_file("z"), 1);
    assert_string_equal(end(), "z:0:0 the zone's files are larger than the limit\n");
    remove_files();
}

static void a_file_that_is_not_there_is_one_error(void **state)
{
    (void)state;
    assert_int_equal(read_file("nope"), 1);
    assert_string_equal(end(), "nope:0:0 No such file or directory\n");
}

static void includes_may_be_forbidden(void **state)
{
    (void)state;
    options.includes = false;
    assert_int_equal(read_text("$INCLUDE /etc/passwd\na A 1.1.1.1\n"), 1);
    assert_string_equal(end(), "z:1:1 $INCLUDE is not allowed here\n2 a.de. 300 IN A 1.1.1.1\n");
}

static void an_error_limit_inside_an_included_file_ends_all(void **state)
{
    (void)state;
    char text[500] = "";
    for (int i = 0; i < 25; i++) {
        strcat(text, "a A x\n");
    }
    write_file("z", "$INCLUDE a\nb A 1.1.1.1\n");
    write_file("a", text);
    assert_int_equal(read_file("z"), 20);
    assert_int_equal(seen.records, 0);
    remove_files();
}

/* The sample zone is read as it is. */
static void the_sample_zone_has_no_errors(void **state)
{
    (void)state;
    struct zone_file_sink sink = {&seen, see_record, see_error};
    static const uint8_t name[] = "\7compute\3gba";
    options.origin = name;
    options.ttl.known = false;
    begin();
    if (access("zones/sample/compute.gba.zone", R_OK) != 0) {
        skip();
    }
    unsigned errors = zone_file_read("zones/sample/compute.gba.zone", &options, &sink);
    assert_string_equal(errors ? end() : "", "");
    assert_true(seen.records > 50);
}

#define TEST(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(records_and_directives_are_read),
        TEST(errors_have_file_line_and_column_and_reading_goes_on),
        TEST(a_text_with_octet_0_is_not_read),
        TEST(reading_ends_after_20_errors),
        TEST(what_the_callback_refuses_is_an_error_at_the_record),
        TEST(too_many_records_end_the_reading),
        TEST(without_a_ttl_the_files_own_counts),
        TEST(a_text_may_have_no_name),
        TEST(included_files_are_read_in_place),
        TEST(an_included_soa_gives_its_minimum),
        TEST(errors_of_included_files_name_them),
        TEST(files_that_include_each_other_are_refused),
        TEST(sixteen_files_may_be_inside_each_other),
        TEST(the_limit_holds_for_all_files_together),
        TEST(a_file_that_is_not_there_is_one_error),
        TEST(includes_may_be_forbidden),
        TEST(an_error_limit_inside_an_included_file_ends_all),
        TEST(the_sample_zone_has_no_errors),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
