#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/asker.h"
#include "tests/lib/zones.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct asker asker;

struct row {
    const char *label, *question, *expected;
};

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(asker_ask(&asker, rows[i].question), rows[i].expected) != 0) {
            print_message("case: %s\n", rows[i].label);
        }
        assert_string_equal(asker.text, rows[i].expected);
    }
}

static void serve(const char *first, const char *second)
{
    struct zone *zones[] = {zones_make("t.", first), second ? zones_make("u.", second) : NULL};
    asker_start(&asker, zones, second ? 2 : 1);
}

#define APEX  "@ 3600 SOA m r 7 1 2 3 60\n@ NS ns\n"
#define SOA   "NS t. 60 IN SOA m.t. r.t. 7 1 2 3 60\n"
#define SOA_U "NS u. 60 IN SOA m.u. r.u. 7 1 2 3 60\n"

static void plain_data_are_answered_without_authority(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"one record", "a.t. A", "NOERROR aa\nAN a.t. 300 IN A 192.0.2.1\n"},
        {"two records", "a.t. TXT",
         "NOERROR aa\nAN a.t. 60 IN TXT \"x\"\nAN a.t. 60 IN TXT \"y\"\n"},
        {"case of the question", "A.T. A", "NOERROR aa\nAN A.T. 300 IN A 192.0.2.1\n"},
        {"apex", "t. SOA", "NOERROR aa\nAN t. 3600 IN SOA m.t. r.t. 7 1 2 3 60\n"},
        {"our types", "p.c.t. CRES", "NOERROR aa\nAN p.c.t. 300 IN CRES . cpu=4\n"},
        {"unknown type", "a.t. TYPE65280", "NOERROR aa\nAN a.t. 300 IN TYPE65280 \\# 1 07\n"},
        {"no such type", "a.t. AAAA", "NOERROR aa\n" SOA}, /* RFC 2308 3 */
        {"no such name", "nx.t. A", "NXDOMAIN aa\n" SOA},
        {"no such name, other case", "nX.T. A",
         "NXDOMAIN aa\nNS T. 60 IN SOA m.t. r.t. 7 1 2 3 60\n"},
        {"empty non-terminal", "c.t. A", "NOERROR aa\n" SOA},
        {"wildcard", "q.w.t. TXT", "NOERROR aa\nAN q.w.t. 300 IN TXT \"wild\"\n"},
        {"wildcard, deep", "q.r.w.t. TXT", "NOERROR aa\nAN q.r.w.t. 300 IN TXT \"wild\"\n"},
        {"wildcard, no such type", "q.w.t. A", "NOERROR aa\n" SOA},
        {"wildcard as it is", "*.w.t. TXT", "NOERROR aa\nAN *.w.t. 300 IN TXT \"wild\"\n"},
    };
    serve(APEX "a A 192.0.2.1\na 60 TXT x\na 60 TXT y\na TYPE65280 \\# 1 07\np.c CRES . cpu=4\n"
               "*.w TXT wild\n",
          NULL);
    check_rows(rows, COUNT(rows));
    asker_stop(&asker);
}

/* RFC 2308 3: the smaller of the SOA's own TTL and its MINIMUM. */
static void negative_answers_have_the_smaller_ttl(void **state)
{
    (void)state;
    serve("@ 30 SOA m r 7 1 2 3 60\n@ NS ns\n", NULL);
    assert_string_equal(asker_ask(&asker, "x.t. A"),
                        "NXDOMAIN aa\nNS t. 30 IN SOA m.t. r.t. 7 1 2 3 60\n");
    asker_stop(&asker);
}

static void aliases_are_followed_in_all_our_zones(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"one alias", "one.t. A",
         "NOERROR aa\nAN one.t. 60 IN CNAME a.t.\n"
         "AN a.t. 300 IN A 192.0.2.1\n"},
        {"the alias itself", "one.t. CNAME", "NOERROR aa\nAN one.t. 60 IN CNAME a.t.\n"},
        {"two", "two.t. A",
         "NOERROR aa\nAN two.t. 300 IN CNAME one.t.\n"
         "AN one.t. 60 IN CNAME a.t.\nAN a.t. 300 IN A 192.0.2.1\n"},
        {"no such type at the end", "one.t. MX", "NOERROR aa\nAN one.t. 60 IN CNAME a.t.\n" SOA},
        {"no such name at the end", "lost.t. A", /* RFC 6604 3 */
         "NXDOMAIN aa\nAN lost.t. 300 IN CNAME nx.t.\n" SOA},
        {"elsewhere", "far.t. A", "NOERROR aa\nAN far.t. 300 IN CNAME www.example.\n"},
        {"another zone of ours", "u.t. A",
         "NOERROR aa\nAN u.t. 300 IN CNAME b.u.\n"
         "AN b.u. 300 IN A 192.0.2.2\n"},
        {"there and back", "back.t. A",
         "NOERROR aa\nAN back.t. 300 IN CNAME back.u.\nAN back.u. 300 IN CNAME a.t.\n"
         "AN a.t. 300 IN A 192.0.2.1\n"},
        {"lost in another zone", "lostu.t. A",
         "NXDOMAIN aa\nAN lostu.t. 300 IN CNAME nx.u.\n" SOA_U},
        {"to a wildcard", "wild.t. A",
         "NOERROR aa\nAN wild.t. 300 IN CNAME x.w.t.\n"
         "AN x.w.t. 300 IN A 192.0.2.3\n"},
        {"of a wildcard", "q.v.t. A",
         "NOERROR aa\nAN q.v.t. 300 IN CNAME a.t.\n"
         "AN a.t. 300 IN A 192.0.2.1\n"},
        {"to a delegation", "sub.t. A", /* RFC 1034 4.3.2: AA is of the first owner */
         "NOERROR aa\nAN sub.t. 300 IN CNAME x.cut.t.\nNS cut.t. 300 IN NS ns.cut.t.\n"
         "AR ns.cut.t. 300 IN A 192.0.2.4\n"},
        {"to upper case", "upper.t. A",
         "NOERROR aa\nAN upper.t. 300 IN CNAME A.T.\n"
         "AN A.T. 300 IN A 192.0.2.1\n"},
        {"all types do not follow", "one.t. ANY", "NOERROR aa\nAN one.t. 60 IN CNAME a.t.\n"},
    };
    serve(APEX "a A 192.0.2.1\none 60 CNAME a\ntwo CNAME one\nlost CNAME nx\n"
               "far CNAME www.example.\nu CNAME b.u.\nback CNAME back.u.\nlostu CNAME nx.u.\n"
               "wild CNAME x.w\n*.w A 192.0.2.3\n*.v CNAME a\nsub CNAME x.cut\ncut NS ns.cut\n"
               "ns.cut A 192.0.2.4\nupper CNAME A.T.\n",
          APEX "b A 192.0.2.2\nback CNAME a.t.\n");
    check_rows(rows, COUNT(rows));
    asker_stop(&asker);
}

static void loops_of_aliases_end_where_they_close(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"itself", "self.t. A", "NOERROR aa\nAN self.t. 300 IN CNAME self.t.\n"},
        {"two", "a.t. A", "NOERROR aa\nAN a.t. 300 IN CNAME b.t.\nAN b.t. 300 IN CNAME a.t.\n"},
        {"into a loop", "in.t. A",
         "NOERROR aa\nAN in.t. 300 IN CNAME a.t.\n"
         "AN a.t. 300 IN CNAME b.t.\nAN b.t. 300 IN CNAME a.t.\n"},
        {"a wildcard for its own target", "q.w.t. A",
         "NOERROR aa\nAN q.w.t. 300 IN CNAME x.w.t.\nAN x.w.t. 300 IN CNAME x.w.t.\n"},
        {"through a wildcard", "q.v.t. A",
         "NOERROR aa\nAN q.v.t. 300 IN CNAME v.t.\nAN v.t. 300 IN CNAME r.v.t.\n"
         "AN r.v.t. 300 IN CNAME v.t.\n"},
    };
    serve(APEX "self CNAME self\na CNAME b\nb CNAME a\nin CNAME a\n*.w CNAME x.w\n"
               "*.v CNAME v\nv CNAME r.v\n",
          NULL);
    check_rows(rows, COUNT(rows));
    asker_stop(&asker);
}

static void long_chains_of_aliases_are_cut(void **state)
{
    (void)state;
    char text[2000] = APEX, line[60], expected[2000] = "NOERROR aa\n";
    for (unsigned i = 0; i < 20; i++) {
        (void)snprintf(line, sizeof(line), "c%u CNAME c%u\n", i, i + 1);
        (void)strcat(text, line);
    }
    serve(strcat(text, "c20 A 192.0.2.1\n"), NULL);
    for (unsigned i = 3; i < 20; i++) { /* 17 aliases: 16 are followed */
        (void)snprintf(line, sizeof(line), "AN c%u.t. 300 IN CNAME c%u.t.\n", i, i + 1);
        (void)strcat(expected, line);
    }
    assert_string_equal(asker_ask(&asker, "c3.t. A"), expected);
    const char *tail = strstr(asker_ask(&asker, "c4.t. A"), "AN c20.t. 300 IN A 192.0.2.1\n");
    assert_non_null(tail); /* 16 aliases and what they lead to */
    asker_stop(&asker);
}

static void names_below_a_dname_are_redirected(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"its owner", "d.t. TXT", "NOERROR aa\nAN d.t. 300 IN TXT \"own\"\n"},
        {"itself", "d.t. DNAME", "NOERROR aa\nAN d.t. 90 IN DNAME e.t.\n"},
        {"no such type at its owner", "d.t. A", "NOERROR aa\n" SOA},
        {"below", "x.d.t. A",
         "NOERROR aa\nAN d.t. 90 IN DNAME e.t.\nAN x.d.t. 90 IN CNAME x.e.t.\n"
         "AN x.e.t. 300 IN A 192.0.2.1\n"},
        {"case of the question", "X.D.t. A",
         "NOERROR aa\nAN D.t. 90 IN DNAME e.t.\nAN X.D.t. 90 IN CNAME x.e.t.\n"
         "AN x.e.t. 300 IN A 192.0.2.1\n"},
        {"no such name there", "y.d.t. A",
         "NXDOMAIN aa\nAN d.t. 90 IN DNAME e.t.\nAN y.d.t. 90 IN CNAME y.e.t.\n" SOA},
        {"the made alias is what is asked for", "x.d.t. CNAME",
         "NOERROR aa\nAN d.t. 90 IN DNAME e.t.\nAN x.d.t. 90 IN CNAME x.e.t.\n"},
        {"elsewhere", "x.far.t. A",
         "NOERROR aa\nAN far.t. 300 IN DNAME example.\nAN x.far.t. 300 IN CNAME x.example.\n"},
        {"to the root", "x.y.top.t. A",
         "NOERROR aa\nAN top.t. 300 IN DNAME .\nAN x.y.top.t. 300 IN CNAME x.y.\n"},
        {"one after the other", "x.two.t. A",
         "NOERROR aa\nAN two.t. 300 IN DNAME d.t.\nAN x.two.t. 300 IN CNAME x.d.t.\n"
         "AN d.t. 90 IN DNAME e.t.\nAN x.d.t. 90 IN CNAME x.e.t.\nAN x.e.t. 300 IN A 192.0.2.1\n"},
        {"a loop of two", "x.l1.t. A",
         "NOERROR aa\nAN l1.t. 300 IN DNAME l2.t.\nAN x.l1.t. 300 IN CNAME x.l2.t.\n"
         "AN l2.t. 300 IN DNAME l1.t.\nAN x.l2.t. 300 IN CNAME x.l1.t.\n"},
        {"to below itself", "x.in.t. A", /* it would grow: the resolver may go on */
         "NOERROR aa\nAN in.t. 300 IN DNAME y.in.t.\nAN x.in.t. 300 IN CNAME x.y.in.t.\n"},
        {"from an alias", "alias.t. A",
         "NOERROR aa\nAN alias.t. 300 IN CNAME x.d.t.\nAN d.t. 90 IN DNAME e.t.\n"
         "AN x.d.t. 90 IN CNAME x.e.t.\nAN x.e.t. 300 IN A 192.0.2.1\n"},
    };
    serve(APEX "d 90 DNAME e\nd TXT own\nx.e A 192.0.2.1\nfar DNAME example.\ntop DNAME .\n"
               "two DNAME d\nl1 DNAME l2\nl2 DNAME l1\nin DNAME y.in\nalias CNAME x.d\n",
          NULL);
    check_rows(rows, COUNT(rows));
    asker_stop(&asker);
}

/* RFC 6672 3.2: the name that would have 256 octets or more is YXDOMAIN, the DNAME says why. */
static void a_redirected_name_that_is_too_long_is_told(void **state)
{
    (void)state;
    char labels[130] = "", text[400], question[400], expected[600];
    for (unsigned i = 0; i < 60; i++) {
        (void)strcat(labels, "l.");
    }
    (void)snprintf(text, sizeof(text), APEX "d DNAME %slong.\n", labels);
    serve(text, NULL); /* 120 octets, "long" and the root: 126 */
    (void)snprintf(question, sizeof(question), "%sabcdefgh.d.t. A edns=1232", labels); /* + 129 */
    assert_int_equal(strncmp(asker_ask(&asker, question), "NOERROR aa\n", 11), 0);
    assert_int_equal(asker.answer[7], 2);
    (void)snprintf(question, sizeof(question), "%sabcdefghi.d.t. A edns=1232", labels);
    (void)snprintf(expected, sizeof(expected),
                   "YXDOMAIN aa\nAN d.t. 300 IN DNAME %slong.\nOPT 1232 0000\n", labels);
    assert_string_equal(asker_ask(&asker, question), expected);
    asker_stop(&asker);
}

static void delegations_are_referrals(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"at the cut", "cut.t. A",
         "NOERROR\nNS cut.t. 300 IN NS ns.cut.t.\nAR ns.cut.t. 300 IN A 192.0.2.4\n"
         "AR ns.cut.t. 300 IN AAAA 2001:db8::4\n"},
        {"below", "x.y.cut.t. ANY",
         "NOERROR\nNS cut.t. 300 IN NS ns.cut.t.\nAR ns.cut.t. 300 IN A 192.0.2.4\n"
         "AR ns.cut.t. 300 IN AAAA 2001:db8::4\n"},
        {"case of the question", "x.CUT.t. A",
         "NOERROR\nNS CUT.t. 300 IN NS ns.cut.t.\nAR ns.cut.t. 300 IN A 192.0.2.4\n"
         "AR ns.cut.t. 300 IN AAAA 2001:db8::4\n"},
        {"servers beside the cut", "side.t. NS",
         "NOERROR\nNS side.t. 300 IN NS ns.cut.t.\nNS side.t. 300 IN NS a.t.\n"
         "NS side.t. 300 IN NS ns.example.\nAR ns.cut.t. 300 IN A 192.0.2.4\n"
         "AR ns.cut.t. 300 IN AAAA 2001:db8::4\nAR a.t. 300 IN A 192.0.2.1\n"},
        {"DS from this side", "cut.t. DS", "NOERROR aa\nAN cut.t. 300 IN DS 1 13 2 00\n"},
        {"no DS", "side.t. DS", "NOERROR aa\n" SOA},
    };
    serve(APEX "cut NS ns.cut\ncut DS 1 13 2 00\nns.cut A 192.0.2.4\nns.cut AAAA 2001:db8::4\n"
               "side NS ns.cut\nside NS a\nside NS ns.example.\na A 192.0.2.1\n",
          NULL);
    check_rows(rows, COUNT(rows));
    asker_stop(&asker);
}

/* RFC 8482: one RRset over UDP, all over a stream. */
static void all_types_are_told_to_proved_addresses_only(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"over UDP", "a.t. ANY",
         "NOERROR aa\nAN a.t. 300 IN A 192.0.2.1\nAN a.t. 300 IN A 192.0.2.2\n"},
        {"over TCP", "a.t. ANY tcp",
         "NOERROR aa\nAN a.t. 300 IN A 192.0.2.1\nAN a.t. 300 IN A 192.0.2.2\n"
         "AN a.t. 300 IN TXT \"x\"\n"},
        {"at an empty name", "c.t. ANY tcp", "NOERROR aa\n" SOA},
        {"at no name", "x.t. ANY tcp", "NXDOMAIN aa\n" SOA},
        {"by a wildcard", "x.w.t. ANY tcp", "NOERROR aa\nAN x.w.t. 300 IN TXT \"w\"\n"},
    };
    serve(APEX "a A 192.0.2.1\na A 192.0.2.2\na TXT x\nb.c TXT x\n*.w TXT w\n", NULL);
    check_rows(rows, COUNT(rows));
    asker_stop(&asker);
}

static void a_zone_without_soa_or_content_fails(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"no SOA", "x.t. A", "SERVFAIL aa\n"},
        {"data are there, though", "a.t. TXT", "NOERROR aa\nAN a.t. 300 IN TXT \"x\"\n"},
    };
    serve("a TXT x\n", NULL);
    check_rows(rows, COUNT(rows));
    asker_stop(&asker);
    serve("", NULL);
    assert_string_equal(asker_ask(&asker, "t. SOA"), "SERVFAIL\n"); /* as of a stand-in */
    asker_stop(&asker);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, zones_enter, zones_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(plain_data_are_answered_without_authority),
        TEST(negative_answers_have_the_smaller_ttl),
        TEST(aliases_are_followed_in_all_our_zones),
        TEST(loops_of_aliases_end_where_they_close),
        TEST(long_chains_of_aliases_are_cut),
        TEST(names_below_a_dname_are_redirected),
        TEST(a_redirected_name_that_is_too_long_is_told),
        TEST(delegations_are_referrals),
        TEST(all_types_are_told_to_proved_addresses_only),
        TEST(a_zone_without_soa_or_content_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
