#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/rcu.h"
#include "server/query_cookie.h"
#include "server/query_finish.h"
#include "tests/lib/asker.h"
#include "tests/lib/zones.h"
#include "zones/dns_code.h"
#include "zones/dns_name.h"
#include "zones/dns_type.h"
#include "zones/dns_write.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct asker asker;

static int start(void **state)
{
    (void)state;
    rcu_enter();
    struct zone *zones[] = {
        zones_make("z.t.", "@ SOA m r 258 1 1 3600 60\n@ NS ns\na A 192.0.2.1\ncut NS ns\n"
                           "ns A 192.0.2.2\n")};
    asker_start(&asker, zones, COUNT(zones));
    return 0;
}

static int stop(void **state)
{
    (void)state;
    asker_stop(&asker);
    zones_settle();
    rcu_leave();
    return 0;
}

/* The OPT line of an answer, without its end; "" for none. */
static const char *opt_of(const char *question)
{
    static char line[2000];
    const char *at = strstr(asker_ask(&asker, question), "OPT ");
    (void)snprintf(line, sizeof(line), "%.1999s", at ? at : "");
    line[strcspn(line, "\n")] = 0;
    return line;
}

#define CLIENT "0102030405060708"
#define COOKIE " 10:" CLIENT /* and 16 octets of the server */

static void each_option_is_answered_as_it_is_specified(void **state)
{
    (void)state;
    static const struct {
        const char *label, *question, *expected;
    } rows[] = {
        {"no OPT, no OPT", "a.z.t. A", ""},
        {"bare", "a.z.t. A edns=4096", "OPT 1232 0000"},
        {"a size below 512", "a.z.t. A edns=0", "OPT 1232 0000"},
        {"DO comes back", "a.z.t. A do", "OPT 1232 8000"}, /* RFC 3225 3 */
        {"other flags do not", "a.z.t. A flags=7fff", "OPT 1232 0000"},
        {"NSID", "a.z.t. A nsid", "OPT 1232 0000 3:69642e74657374"}, /* RFC 5001 */
        {"unknown options do not come back", "a.z.t. A opt=65001:0102 opt=1:00", "OPT 1232 0000"},
        {"client subnet, of no use here", "a.z.t. A opt=8:00011800c00002",
         "OPT 1232 0000 8:00011800c00002"}, /* RFC 7871 7.2.1 */
        {"client subnet, no name", "x.z.t. A opt=8:00023800200120012001ff",
         "OPT 1232 0000 8:00023800200120012001ff"},
        {"client subnet that is none", "a.z.t. A opt=8:00000000", "OPT 1232 0000 8:00000000"},
        {"of two client subnets the first", "a.z.t. A opt=8:000108000a opt=8:00011800c00002",
         "OPT 1232 0000 8:000108000a"},
        {"malformed client subnet", "a.z.t. A opt=8:00011801c00002", "OPT 1232 0000"},
        {"ZONEVERSION", "a.z.t. A zoneversion", "OPT 1232 0000 19:020000000102"}, /* RFC 9660 */
        {"ZONEVERSION of no name", "x.z.t. A zoneversion", "OPT 1232 0000 19:020000000102"},
        {"ZONEVERSION of a referral", "cut.z.t. A zoneversion", "OPT 1232 0000"},
        {"ZONEVERSION of elsewhere", "x. A zoneversion", NULL},
        {"EXPIRE", "z.t. SOA expire", "OPT 1232 0000 9:00000e10"}, /* RFC 7314 */
        {"EXPIRE with another type", "a.z.t. A expire", "OPT 1232 0000"},
        {"keepalive over UDP", "a.z.t. A keepalive", "OPT 1232 0000"}, /* RFC 7828 3.2.1 */
        {"keepalive over TCP", "a.z.t. A keepalive tcp", "OPT 1232 0000 11:012c"},
        {"keepalive with a time", "a.z.t. A opt=11:0001 tcp", "OPT 1232 0000"},
        {"version 1", "a.z.t. A version=1 nsid do", "OPT 1232 8000"},
        {"NXNAME", "a.z.t. NXNAME edns=512", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *opt = opt_of(rows[i].question);
        if (rows[i].expected && strcmp(opt, rows[i].expected) != 0) {
            print_message("case: %s\n", rows[i].label);
        }
        if (rows[i].expected) {
            assert_string_equal(opt, rows[i].expected);
        } else { /* an extended error in front of its text */
            assert_int_equal(strncmp(opt, "OPT 1232 0000 15:00", 19), 0);
        }
    }
}

static void client_subnets_that_are_not_believed_do_not_come_back(void **state)
{
    (void)state;
    asker.options.ecs = false;
    asker_configure(&asker);
    assert_string_equal(opt_of("a.z.t. A opt=8:00011800c00002"), "OPT 1232 0000");
    asker.options.ecs = true;
    asker_configure(&asker);
}

/* RFC 7871 7.2.1: what depends on the place says how far it holds; protocol errors, names that are not and empty
 * answers hold for everybody. */
static void a_scope_is_told_where_the_answer_depends_on_the_place(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        bool uses_place;
        unsigned rcode, answers, scope;
    } rows[] = {
        {"depends", true, DNS_RCODE_NOERROR, 1, 20},
        {"does not", false, DNS_RCODE_NOERROR, 1, 0},
        {"nothing fits", true, DNS_RCODE_NOERROR, 0, 0},
        {"no such name", true, DNS_RCODE_NXDOMAIN, 1, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].label);
        uint8_t out[512];
        struct query query = {.world = asker.handle.now, .stat = asker.stat, .peer = &asker.peer};
        query.verdict = QUERY_LOOKUP;
        query.limit = sizeof(out);
        query.out = wr_make(out, sizeof(out));
        query.out.pos += DNS_HEADER_LEN;
        query.ede = DNS_EDE_NONE;
        query.edns.present = query.asked.subnet = true;
        query.asked.client = (struct dns_edns_subnet){1, 24, {192, 0, 2}};
        query.uses_place = rows[i].uses_place;
        query.place_scope = 20;
        query.rcode = (uint16_t)rows[i].rcode;
        query.counts[0] = (uint16_t)rows[i].answers;
        const uint8_t option[] = {0, 8, 0, 7, 0, 1, 24, (uint8_t)rows[i].scope, 192, 0, 2};
        size_t len = query_finish(&query);
        assert_int_equal(len, DNS_HEADER_LEN + DNS_EDNS_LEN + sizeof(option));
        assert_memory_equal(out + len - sizeof(option), option, sizeof(option));
    }
}

static void errors_say_why(void **state)
{
    (void)state;
    static const struct {
        const char *question, *ede; /* code, then the beginning of its text */
    } rows[] = {
        {"x. A edns=1232", "15:0014"}, /* 20 Not Authoritative */
        {"a.z.t. A CLASS7 edns=1232", "15:0014"},
        {"a.z.t. NXNAME edns=1232", "15:001e"}, /* 30 Invalid Query Type, RFC 9824 3.2 */
        {"z.t. AXFR edns=1232 tcp", "15:0015"}, /* 21 Not Supported */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *at = strstr(opt_of(rows[i].question), rows[i].ede);
        if (!at) {
            print_message("case: %s\n%s", rows[i].question, asker.text);
        }
        assert_non_null(at);
        assert_true(strlen(at) > strlen(rows[i].ede)); /* with words for people */
    }
}

static void cookies_are_given_and_known_again(void **state)
{
    (void)state;
    char question[200], opt[200];
    (void)snprintf(opt, sizeof(opt), "%s", opt_of("a.z.t. A cookie=" CLIENT));
    assert_int_equal(strncmp(opt, "OPT 1232 0000" COOKIE "01000000", 13 + 20 + 8), 0);
    assert_int_equal(strlen(opt), 13 + 4 + 2 * 24);
    (void)snprintf(question, sizeof(question), "a.z.t. A cookie=%s", opt + 17);
    assert_string_equal(opt_of(question), opt);
    assert_int_equal(asker_count(&asker, STAT_cookie_good), 1);
    question[strlen(question) - 1] ^= 1; /* wrong: an answer and a new one */
    assert_string_equal(opt_of(question), opt);
    assert_int_equal(asker_count(&asker, STAT_cookie_bad), 1);
    assert_non_null(strstr(asker.text, "AN a.z.t. 300 IN A 192.0.2.1\n"));
    question[strlen(question) - 1] ^= 1;
    memcpy(asker.options.cookie_previous, asker.options.cookie_secret, 16); /* RFC 9018 5 */
    memset(asker.options.cookie_secret, 0x66, 16);
    asker_configure(&asker);
    assert_string_not_equal(opt_of(question), opt);
    assert_int_equal(asker_count(&asker, STAT_cookie_good), 2);
    memcpy(asker.options.cookie_secret, asker.options.cookie_previous, 16);
    asker_configure(&asker);
    asker.clock.wall += 4000; /* too old */
    assert_string_not_equal(opt_of(question), opt);
    assert_int_equal(asker_count(&asker, STAT_cookie_bad), 2);
    asker.options.cookies = false;
    asker_configure(&asker);
    assert_string_equal(opt_of("a.z.t. A cookie=" CLIENT), "OPT 1232 0000");
}

static void the_server_tells_of_itself_what_it_may(void **state)
{
    (void)state;
    static const struct {
        const char *question, *expected;
    } rows[] = {
        {"version.bind. TXT CH", "NOERROR aa\nAN version.bind. 0 CH TXT \"v1\"\n"},
        {"version.server. TXT CH", "NOERROR aa\nAN version.server. 0 CH TXT \"v1\"\n"},
        {"id.server. TXT CH", "NOERROR aa\nAN id.server. 0 CH TXT \"id.test\"\n"},
        {"HOSTNAME.Bind. ANY CH", "NOERROR aa\nAN HOSTNAME.Bind. 0 CH TXT \"id.test\"\n"},
        {"id.server. A CH", "REFUSED\n"},
        {"other.server. TXT CH", "REFUSED\n"},
        {"a.z.t. A CH", "REFUSED\n"},
        {"id.server. TXT", "REFUSED\n"}, /* class IN */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (strcmp(asker_ask(&asker, rows[i].question), rows[i].expected) != 0) {
            print_message("case: %s\n", rows[i].question);
        }
        assert_string_equal(asker.text, rows[i].expected);
    }
    asker.options.identity = NULL;
    asker.options.version = NULL;
    asker_configure(&asker);
    assert_string_equal(asker_ask(&asker, "version.bind. TXT CH"), "REFUSED\n");
    assert_string_equal(asker_ask(&asker, "id.server. TXT CH"), "REFUSED\n");
    assert_string_equal(opt_of("a.z.t. A nsid"), "OPT 1232 0000");
    asker.options.identity = "x";
    asker.options.nsid = false;
    asker_configure(&asker);
    assert_string_equal(opt_of("a.z.t. A nsid"), "OPT 1232 0000");
}

/* The longest question, everything asked for, the least room: what is sent is always whole. */
static void answers_are_whole_however_little_room_there_is(void **state)
{
    (void)state;
    char identity[256], question[600] = "", labels[300] = "";
    memset(identity, 'i', 255);
    for (unsigned i = 0; i < 125; i++) {
        (void)strcat(labels, "l.");
    }
    for (unsigned len = 0; len <= 255; len++) {
        identity[len] = 0;
        asker.options.identity = identity;
        asker_configure(&asker);
        (void)snprintf(question, sizeof(question),
                       "%sz.t. SOA edns=512 nsid cookie=" CLIENT " zoneversion expire", labels);
        (void)asker_ask(&asker, question);
        (void)snprintf(question, sizeof(question), "%sz.t. NXNAME edns=512 nsid cookie=" CLIENT,
                       labels);
        (void)asker_ask(&asker, question);
        (void)asker_ask(&asker, "id.server. TXT CH edns=512 nsid");
        identity[len] = 'i';
    }
}

/* An unknown key with names so long that the answer has no room for its TSIG. */
static void an_unknown_key_is_told_where_there_is_room(void **state)
{
    (void)state;
    uint8_t key[DNS_NAME_MAX + 1], rdata[DNS_NAME_MAX + 64];
    for (unsigned labels = 1; labels <= 127; labels += 6) {
        for (unsigned i = 0; i < labels; i++) {
            memcpy(key + 2 * (size_t)i, "\1k", 3);
        }
        struct dns_write w;
        struct wr wr = wr_make(rdata, sizeof(rdata));
        wr_bytes(&wr, key, 2 * (size_t)labels + 1);
        wr_uint(&wr, ASKER_NOW_S, 6);
        wr_u16(&wr, 300);
        wr_u16(&wr, 0); /* MAC */
        wr_u16(&wr, 0x1234);
        wr_u16(&wr, 0);
        wr_u16(&wr, 0);
        assert_int_equal(wr.err, 0);
        for (unsigned more = 0; more < 2; more++) {
            dns_write_begin(&w, asker.message, sizeof(asker.message), 0x1234, 0);
            dns_write_question(&w, more ? key : zones_name("a.z.t."), DNS_TYPE_A, DNS_CLASS_IN);
            dns_write_rr(&w, DNS_SECTION_ADDITIONAL, key, DNS_TYPE_TSIG, DNS_CLASS_ANY, 0, rdata,
                         wr_len(&wr));
            assert_int_equal(dns_write_end(&w, &asker.message_len), 0);
            asker.peer = (struct query_peer){.family = 4, .port = 1};
            (void)asker_send(&asker, asker.message, asker.message_len);
            const char *text = asker_text(&asker);
            assert_int_equal(strncmp(text, "NOTAUTH", 7), 0); /* RFC 8945 5.2.1 */
            bool has_tsig = strstr(text, " TSIG ") != NULL;
            assert_true(has_tsig || (labels > 40 && (asker.answer[2] & 2))); /* else TC */
            asker.peer.transport = QUERY_TCP;
            (void)asker_send(&asker, asker.message, asker.message_len);
            assert_non_null(strstr(asker_text(&asker), " TSIG "));
        }
    }
}

static void the_size_that_the_client_takes_is_kept(void **state)
{
    (void)state;
    static const struct {
        const char *question;
        unsigned payload; /* ours */
        bool fits;        /* 31 addresses: 520 octets and OPT */
    } rows[] = {
        {"many.t. A", 1232, false},          {"many.t. A edns=512", 1232, false},
        {"many.t. A edns=530", 1232, false}, {"many.t. A edns=531", 1232, true},
        {"many.t. A edns=4096", 1232, true}, {"many.t. A edns=4096", 530, false},
        {"many.t. A edns=4096", 531, true},  {"many.t. A edns=532 nsid", 1232, false},
        {"many.t. A tcp", 512, true},        {"many.t. A tcp edns=512", 512, true},
    };
    char text[2000] = "@ SOA m r 1 1 1 1 1\n@ NS ns\n", line[40];
    for (unsigned i = 0; i < 31; i++) {
        (void)snprintf(line, sizeof(line), "many A 192.0.2.%u\n", i);
        (void)strcat(text, line);
    }
    asker_stop(&asker);
    struct zone *zone = zones_make("t.", text);
    asker_start(&asker, &zone, 1);
    for (size_t i = 0; i < COUNT(rows); i++) {
        asker.options.udp_payload = (uint16_t)rows[i].payload;
        asker_configure(&asker);
        const char *got = asker_ask(&asker, rows[i].question);
        bool cut = strncmp(got, "NOERROR aa tc\n", 14) == 0;
        if (cut == rows[i].fits) {
            print_message("case: %s of %u\n", rows[i].question, rows[i].payload);
        }
        assert_int_equal(cut, !rows[i].fits);
        assert_int_equal(asker.answer[7], rows[i].fits ? 31 : 0); /* RFC 2181 9: all or none */
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_option_is_answered_as_it_is_specified),
        TEST(client_subnets_that_are_not_believed_do_not_come_back),
        TEST(a_scope_is_told_where_the_answer_depends_on_the_place),
        TEST(errors_say_why),
        TEST(cookies_are_given_and_known_again),
        TEST(the_server_tells_of_itself_what_it_may),
        TEST(answers_are_whole_however_little_room_there_is),
        TEST(an_unknown_key_is_told_where_there_is_room),
        TEST(the_size_that_the_client_takes_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
