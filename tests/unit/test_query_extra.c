#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/asker.h"
#include "tests/lib/zones.h"
#include "zones/dns_code.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct asker asker;

static void serve(const char *first, const char *second)
{
    struct zone *zones[] = {zones_make("t.", first), second ? zones_make("u.", second) : NULL};
    asker_start(&asker, zones, second ? 2 : 1);
}

#define APEX "@ 3600 SOA m r 7 1 2 3 60\n@ NS ns\n"

static void targets_that_are_ours_bring_their_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *label, *question, *expected;
    } rows[] = {
        {"NS", "t. NS", "NOERROR aa\nAN t. 300 IN NS ns.t.\nAR ns.t. 300 IN A 192.0.2.1\n"},
        {"MX", "mail.t. MX",
         "NOERROR aa\nAN mail.t. 300 IN MX 10 ns.t.\nAR ns.t. 300 IN A 192.0.2.1\n"},
        {"SRV", "_s._tcp.t. SRV",
         "NOERROR aa\nAN _s._tcp.t. 300 IN SRV 0 0 22 b.u.\nAR b.u. 300 IN A 192.0.2.2\n"
         "AR b.u. 300 IN AAAA 2001:db8::2\n"},
        {"SVCB", "s.t. SVCB", /* RFC 9460 4.1 */
         "NOERROR aa\nAN s.t. 300 IN SVCB 1 ns.t. port=53\nAR ns.t. 300 IN A 192.0.2.1\n"},
        {"SVCB for its own name", "self.t. SVCB", /* RFC 9460 2.5.2 */
         "NOERROR aa\nAN self.t. 300 IN SVCB 1 .\nAR self.t. 300 IN A 192.0.2.5\n"},
        {"SVCB alias to nowhere", "none.t. SVCB", /* RFC 9460 2.5.1 */
         "NOERROR aa\nAN none.t. 300 IN SVCB 0 .\n"},
        {"HTTPS", "s.t. HTTPS",
         "NOERROR aa\nAN s.t. 300 IN HTTPS 0 self.t.\nAR self.t. 300 IN A 192.0.2.5\n"},
        {"PTR brings services, too", "browse.t. PTR", /* RFC 6763 12.1 */
         "NOERROR aa\nAN browse.t. 300 IN PTR p.t.\nAR p.t. 300 IN SRV 0 0 80 ns.t.\n"
         "AR p.t. 300 IN SVCB 1 .\nAR p.t. 300 IN TXT \"facts\"\nAR p.t. 300 IN A 192.0.2.6\n"},
        {"NAPTR", "naptr.t. NAPTR",
         "NOERROR aa\nAN naptr.t. 300 IN NAPTR 1 1 \"a\" \"\" \"\" ns.t.\n"},
        {"elsewhere", "far.t. MX", "NOERROR aa\nAN far.t. 300 IN MX 10 mail.example.\n"},
        {"no such name", "lost.t. MX", "NOERROR aa\nAN lost.t. 300 IN MX 10 nx.t.\n"},
        {"no mail at all", "nomail.t. MX", "NOERROR aa\nAN nomail.t. 300 IN MX 0 .\n"},
        {"no wildcard for a target", "wild.t. MX", "NOERROR aa\nAN wild.t. 300 IN MX 10 x.w.t.\n"},
        {"each target once", "twice.t. MX",
         "NOERROR aa\nAN twice.t. 300 IN MX 10 ns.t.\nAN twice.t. 300 IN MX 20 ns.t.\n"
         "AN twice.t. 300 IN MX 30 NS.T.\nAR ns.t. 300 IN A 192.0.2.1\n"},
        {"behind an alias", "alias.t. MX",
         "NOERROR aa\nAN alias.t. 300 IN CNAME mail.t.\nAN mail.t. 300 IN MX 10 ns.t.\n"
         "AR ns.t. 300 IN A 192.0.2.1\n"},
        {"of a wildcard", "q.mx.t. MX",
         "NOERROR aa\nAN q.mx.t. 300 IN MX 10 ns.t.\nAR ns.t. 300 IN A 192.0.2.1\n"},
        {"our types bring nothing", "net.t. CNET", "NOERROR aa\nAN net.t. 300 IN CNET ns.t.\n"},
        {"an alias alone brings nothing", "alias.t. CNAME",
         "NOERROR aa\nAN alias.t. 300 IN CNAME mail.t.\n"},
    };
    serve(APEX "ns A 192.0.2.1\nmail MX 10 ns\n_s._tcp SRV 0 0 22 b.u.\ns SVCB 1 ns port=53\n"
               "s HTTPS 0 self\nself SVCB 1 .\nself A 192.0.2.5\nnone SVCB 0 .\nnone A 192.0.2.9\n"
               "browse PTR p\np TXT facts\np SRV 0 0 80 ns\np SVCB 1 .\np A 192.0.2.6\n"
               "naptr NAPTR 1 1 a \"\" \"\" ns\nfar MX 10 mail.example.\nlost MX 10 nx\n"
               "nomail MX 0 .\nwild MX 10 x.w\n*.w A 192.0.2.7\ntwice MX 10 ns\ntwice MX 20 ns\n"
               "twice MX 30 NS.T.\nalias CNAME mail\n*.mx MX 10 ns\nnet CNET ns\n",
          APEX "b A 192.0.2.2\nb AAAA 2001:db8::2\n");
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (strcmp(asker_ask(&asker, rows[i].question), rows[i].expected) != 0) {
            print_message("case: %s\n", rows[i].label);
        }
        assert_string_equal(asker.text, rows[i].expected);
    }
    asker_stop(&asker);
}

static unsigned count_lines(const char *text, const char *begin)
{
    unsigned count = 0;
    for (const char *line = text; line && *line; line = strchr(line, '\n') + 1) {
        count += strncmp(line, begin, strlen(begin)) == 0 ? 1 : 0;
    }
    return count;
}

/* Threats row 8: work for one answer is bounded, over UDP tighter. */
static void targets_are_looked_at_up_to_a_number(void **state)
{
    (void)state;
    char text[40000] = APEX, line[80];
    for (unsigned i = 0; i < 300; i++) {
        (void)snprintf(line, sizeof(line), "%s SRV 0 0 %u h%u\nh%u A 192.0.2.1\n",
                       i < 20 ? "few" : "many", i, i, i);
        (void)strcat(text, line);
    }
    serve(text, NULL);
    asker.options.udp_payload = 4096;
    asker_configure(&asker);
    (void)asker_ask(&asker, "few.t. SRV edns=4096");
    assert_int_equal(count_lines(asker.text, "AN "), 20);
    assert_int_equal(count_lines(asker.text, "AR "), 16);
    (void)asker_ask(&asker, "few.t. SRV tcp");
    assert_int_equal(count_lines(asker.text, "AR "), 20);
    (void)asker_ask(&asker, "many.t. SRV tcp");
    assert_int_equal(count_lines(asker.text, "AN "), 280);
    assert_int_equal(count_lines(asker.text, "AR "), 256);
    asker_stop(&asker);
}

/* What is only helpful is left out whole when it does not fit, without TC (RFC 2181 9). */
static void additional_data_that_do_not_fit_are_left_out(void **state)
{
    (void)state;
    char text[4000] = APEX "m MX 1 big\nm MX 2 small\nsmall A 192.0.2.1\n", line[60];
    for (unsigned i = 0; i < 40; i++) {
        (void)snprintf(line, sizeof(line), "big A 192.0.2.%u\n", i);
        (void)strcat(text, line);
    }
    serve(text, NULL);
    (void)asker_ask(&asker, "m.t. MX");
    assert_string_equal(asker.text,
                        "NOERROR aa\nAN m.t. 300 IN MX 1 big.t.\n"
                        "AN m.t. 300 IN MX 2 small.t.\nAR small.t. 300 IN A 192.0.2.1\n");
    (void)asker_ask(&asker, "m.t. MX edns=1232");
    assert_int_equal(count_lines(asker.text, "AR big.t. "), 40);
    asker_stop(&asker);
}

/* A delegation whose glue has n addresses each inside and beside the cut. */
static void serve_cut(unsigned inside, unsigned beside)
{
    char text[8000] = APEX "cut NS ns.cut\ncut NS ns.side\n", line[60];
    for (unsigned i = 0; i < inside; i++) {
        (void)snprintf(line, sizeof(line), "ns.cut A 192.0.2.%u\n", i);
        (void)strcat(text, line);
    }
    for (unsigned i = 0; i < beside; i++) {
        (void)snprintf(line, sizeof(line), "ns.side A 192.0.2.%u\n", i);
        (void)strcat(text, line);
    }
    serve(text, NULL);
}

/* RFC 9471 3: a referral whose in-domain glue does not fit must say so. */
static void glue_below_the_cut_is_required(void **state)
{
    (void)state;
    serve_cut(20, 20); /* about 350 octets each */
    assert_null(strstr(asker_ask(&asker, "x.cut.t. A"), " tc"));
    assert_int_equal(count_lines(asker.text, "AR ns.cut.t. "), 20);
    assert_int_equal(count_lines(asker.text, "AR ns.side.t. "), 0); /* helpful only */
    (void)asker_ask(&asker, "x.cut.t. A edns=1232");
    assert_int_equal(count_lines(asker.text, "AR ns.side.t. "), 20);
    asker_stop(&asker);
    serve_cut(40, 0);
    assert_string_equal(asker_ask(&asker, "x.cut.t. A"), "NOERROR tc\n");
    assert_int_equal(asker_count(&asker, STAT_truncated), 1);
    (void)asker_ask(&asker, "x.cut.t. A tcp");
    assert_int_equal(count_lines(asker.text, "AR ns.cut.t. "), 40);
    asker_stop(&asker);
}

/* Glue inside the cut is found also behind large glue from beside it. */
static void required_glue_comes_before_helpful_glue(void **state)
{
    (void)state;
    char text[4000] = APEX "cut NS ns.side\ncut NS ns.cut\nns.cut A 192.0.2.200\n", line[60];
    for (unsigned i = 0; i < 25; i++) { /* 400 octets: fits alone, but not with the other */
        (void)snprintf(line, sizeof(line), "ns.side A 192.0.2.%u\n", i);
        (void)strcat(text, line);
    }
    serve(text, NULL);
    (void)asker_ask(&asker, "cut.t. A");
    assert_null(strstr(asker.text, " tc"));
    assert_int_equal(count_lines(asker.text, "AR ns.cut.t. "), 1);
    asker_stop(&asker);
}

static void glue_of_other_zones_is_no_glue(void **state)
{
    (void)state;
    serve(APEX "cut NS b.u.\ncut NS c.cut\nc.cut A 192.0.2.9\n", APEX "b A 192.0.2.2\n");
    assert_string_equal(asker_ask(&asker, "x.cut.t. A"),
                        "NOERROR\nNS cut.t. 300 IN NS b.u.\nNS cut.t. 300 IN NS c.cut.t.\n"
                        "AR c.cut.t. 300 IN A 192.0.2.9\n");
    asker_stop(&asker);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, zones_enter, zones_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(targets_that_are_ours_bring_their_addresses),
        TEST(targets_are_looked_at_up_to_a_number),
        TEST(additional_data_that_do_not_fit_are_left_out),
        TEST(glue_below_the_cut_is_required),
        TEST(required_glue_comes_before_helpful_glue),
        TEST(glue_of_other_zones_is_no_glue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
