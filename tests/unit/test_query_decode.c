#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/rand.h"
#include "base/rcu.h"
#include "tests/lib/asker.h"
#include "tests/lib/zones.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct asker asker;

static int start(void **state)
{
    (void)state;
    rcu_enter();
    struct zone *zones[] = {
        zones_make("t.", "@ SOA m r 7 1 1 1 60\n@ NS ns\nns A 192.0.2.1\nd.sub DS 1 8 2 00\n"),
        zones_make("sub.t.", "@ SOA m r 8 1 1 1 60\n@ NS ns.t.\n"),
        zones_make("lone.u.", "@ SOA m r 9 1 1 1 60\n@ NS ns.t.\n"),
    };
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

#define OCTETS(text)                 text, sizeof(text) - 1
#define HEADER(flags, q, an, ns, ar) "\22\64" flags "\0" q "\0" an "\0" ns "\0" ar
#define QUERY(q, an, ns, ar)         HEADER("\0\0", q, an, ns, ar)
#define NAME                         "\2ns\1t\0"
#define QUESTION                     NAME "\0\1\0\1"
#define RECORD                       "\300\14\0\1\0\1\0\0\0\1\0\4\1\2\3\4"
#define OPT                          "\0\0\51\4\320\0\0\0\0\0\0"
#define OPT_V1                       "\0\0\51\4\320\0\1\0\0\0\4\377\377\377\377" /* a broken option */
#define OPT_SHORT                    "\0\0\51\4\320\0\0\0\0\0\5\0\3\0\2x" /* runs past its end */
#define OPT_NAMED                    "\1x\0\0\51\4\320\0\0\0\0\0\0"
#define OPT_COOKIE                   "\0\0\51\4\320\0\0\0\0\0\14\0\12\0\10client--"
#define OPT_COOKIES                  "\0\0\51\4\320\0\0\0\0\0\30\0\12\0\10client--\0\12\0\10client--"
#define OPT_COOKIE_9                 "\0\0\51\4\320\0\0\0\0\0\15\0\12\0\11client---"

/* The first line of the answer; "" for none. */
static const struct {
    const char *label, *message;
    size_t len;
    const char *expected;
} messages[] = {
    {"plain", OCTETS(QUERY("\1", "\0", "\0", "\0") QUESTION), "NOERROR aa"},
    {"header alone", OCTETS(QUERY("\0", "\0", "\0", "\0")), "FORMERR noquestion"},
    {"no question but a cookie", OCTETS(QUERY("\0", "\0", "\0", "\1") OPT_COOKIE),
     "NOERROR noquestion"}, /* RFC 7873 5.4 */
    {"no question, no cookie", OCTETS(QUERY("\0", "\0", "\0", "\1") OPT), "FORMERR noquestion"},
    {"two questions", OCTETS(QUERY("\2", "\0", "\0", "\0") QUESTION QUESTION),
     "FORMERR noquestion"}, /* RFC 9619 */
    {"two questions counted, one there", OCTETS(QUERY("\2", "\0", "\0", "\0") QUESTION),
     "FORMERR noquestion"},
    {"a response", OCTETS(HEADER("\200\0", "\1", "\0", "\0", "\0") QUESTION), ""},
    {"a response without question", OCTETS(HEADER("\200\0", "\0", "\0", "\0", "\0")), ""},
    {"11 octets", OCTETS("\22\64\0\0\0\1\0\0\0\0\0"), ""},
    {"opcode IQUERY", OCTETS(HEADER("\10\0", "\0", "\1", "\0", "\0") RECORD), "NOTIMP noquestion"},
    {"opcode STATUS", OCTETS(HEADER("\20\0", "\0", "\0", "\0", "\0")), "NOTIMP noquestion"},
    {"opcode 3", OCTETS(HEADER("\30\0", "\1", "\0", "\0", "\0") QUESTION), "NOTIMP noquestion"},
    {"opcode UPDATE", OCTETS(HEADER("\50\0", "\1", "\0", "\0", "\0") QUESTION),
     "NOTIMP noquestion"}, /* by a transport that takes none */
    {"opcode DSO", OCTETS(HEADER("\60\0", "\0", "\0", "\0", "\0")), "NOTIMP noquestion"},
    {"opcode 15", OCTETS(HEADER("\170\0", "\0", "\0", "\0", "\0")), "NOTIMP noquestion"},
    {"flags that mean nothing here", OCTETS(HEADER("\7\260", "\1", "\0", "\0", "\0") QUESTION),
     "NOERROR aa"}, /* AA TC RD RA AD CD set */
    {"an RCODE in the query", OCTETS(HEADER("\0\17", "\1", "\0", "\0", "\0") QUESTION),
     "NOERROR aa"},
    {"no name", OCTETS(QUERY("\1", "\0", "\0", "\0")), "FORMERR noquestion"},
    {"name without end", OCTETS(QUERY("\1", "\0", "\0", "\0") "\2ns\1t"), "FORMERR noquestion"},
    {"label longer than the rest", OCTETS(QUERY("\1", "\0", "\0", "\0") "\77ns\1t\0\0\1\0\1"),
     "FORMERR noquestion"},
    {"pointer to itself", OCTETS(QUERY("\1", "\0", "\0", "\0") "\300\14\0\1\0\1"),
     "FORMERR noquestion"},
    {"pointer to the header", OCTETS(QUERY("\1", "\0", "\0", "\0") "\2ns\300\0\0\1\0\1"),
     "FORMERR noquestion"},
    {"label type 01", OCTETS(QUERY("\1", "\0", "\0", "\0") "\101ns\1t\0\0\1\0\1"),
     "FORMERR noquestion"},
    {"label type 10", OCTETS(QUERY("\1", "\0", "\0", "\0") "\201ns\1t\0\0\1\0\1"),
     "FORMERR noquestion"},
    {"no type", OCTETS(QUERY("\1", "\0", "\0", "\0") NAME), "FORMERR noquestion"},
    {"half a class", OCTETS(QUERY("\1", "\0", "\0", "\0") NAME "\0\1\0"), "FORMERR noquestion"},
    {"an octet behind the question", OCTETS(QUERY("\1", "\0", "\0", "\0") QUESTION "x"),
     "FORMERR noquestion"},
    {"an octet behind OPT", OCTETS(QUERY("\1", "\0", "\0", "\1") QUESTION OPT "x"),
     "FORMERR noquestion"},
    {"an answer in the query", OCTETS(QUERY("\1", "\1", "\0", "\0") QUESTION RECORD),
     "FORMERR noquestion"},
    {"an authority in the query", OCTETS(QUERY("\1", "\0", "\1", "\0") QUESTION RECORD),
     "FORMERR noquestion"},
    {"an additional record", OCTETS(QUERY("\1", "\0", "\0", "\1") QUESTION RECORD), "NOERROR aa"},
    {"an additional record and OPT", OCTETS(QUERY("\1", "\0", "\0", "\2") QUESTION RECORD OPT),
     "NOERROR aa"},
    {"OPT and an additional record", OCTETS(QUERY("\1", "\0", "\0", "\2") QUESTION OPT RECORD),
     "NOERROR aa"},
    {"an additional record that is cut",
     OCTETS(QUERY("\1", "\0", "\0", "\1") QUESTION "\300\14\0\1\0\1\0\0\0\1\0\5\1\2\3\4"),
     "FORMERR noquestion"},
    {"fewer records than counted", OCTETS(QUERY("\1", "\0", "\0", "\2") QUESTION OPT),
     "FORMERR noquestion"},
    {"more records than counted", OCTETS(QUERY("\1", "\0", "\0", "\0") QUESTION OPT),
     "FORMERR noquestion"},
    {"OPT", OCTETS(QUERY("\1", "\0", "\0", "\1") QUESTION OPT), "NOERROR aa"},
    {"two OPTs", OCTETS(QUERY("\1", "\0", "\0", "\2") QUESTION OPT OPT), "FORMERR noquestion"},
    {"OPT with a name", OCTETS(QUERY("\1", "\0", "\0", "\1") QUESTION OPT_NAMED),
     "FORMERR noquestion"}, /* RFC 6891 6.1.1 */
    {"OPT in the answer section", OCTETS(QUERY("\1", "\1", "\0", "\0") QUESTION OPT),
     "FORMERR noquestion"},
    {"OPT in the authority section", OCTETS(QUERY("\1", "\0", "\1", "\0") QUESTION OPT),
     "FORMERR noquestion"},
    {"OPT of version 1, options not looked at",
     OCTETS(QUERY("\1", "\0", "\0", "\1") QUESTION OPT_V1), "BADVERS"}, /* RFC 6891 6.1.3 */
    {"an option past the end of OPT", OCTETS(QUERY("\1", "\0", "\0", "\1") QUESTION OPT_SHORT),
     "FORMERR"},
    {"two cookies", OCTETS(QUERY("\1", "\0", "\0", "\1") QUESTION OPT_COOKIES), "FORMERR"},
    {"a cookie of 9 octets", OCTETS(QUERY("\1", "\0", "\0", "\1") QUESTION OPT_COOKIE_9),
     "FORMERR"}, /* RFC 7873 5.2.2 */
    {"OPT that is cut", OCTETS(QUERY("\1", "\0", "\0", "\1") QUESTION "\0\0\51\4\320\0\0\0\0\0"),
     "FORMERR noquestion"},
    {"TSIG before another record",
     OCTETS(QUERY("\1", "\0", "\0", "\2") QUESTION "\1k\0\0\372\0\377\0\0\0\0\0\1x" OPT),
     "FORMERR noquestion"},
    {"TSIG that can not be read",
     OCTETS(QUERY("\1", "\0", "\0", "\1") QUESTION "\1k\0\0\372\0\377\0\0\0\0\0\1x"),
     "FORMERR noquestion"},
};

static void every_message_gets_its_rcode_or_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(messages); i++) {
        asker.peer = (struct query_peer){.family = 4, .port = 53};
        (void)asker_send(&asker, messages[i].message, messages[i].len);
        char first[100];
        (void)snprintf(first, sizeof(first), "%.99s", asker_text(&asker));
        first[strcspn(first, "\n")] = 0;
        if (strcmp(first, messages[i].expected) != 0) {
            print_message("case: %s\n", messages[i].label);
        }
        assert_string_equal(first, messages[i].expected);
    }
}

/* Cut and changed messages: whatever comes in, something right or nothing comes out (the checks of
 * asker_send), and nothing is read past the end. */
static void no_cut_or_changed_message_does_harm(void **state)
{
    (void)state;
    struct rand_fake rand;
    rand_fake_init(&rand, 1);
    for (size_t i = 0; i < COUNT(messages); i++) {
        for (size_t cut = 0; cut < messages[i].len; cut++) {
            (void)asker_send(&asker, messages[i].message, cut);
        }
        for (unsigned n = 0; n < 200; n++) {
            uint8_t changed[200];
            memcpy(changed, messages[i].message, messages[i].len);
            uint64_t bits = rand_u64(&rand.rand);
            changed[bits % messages[i].len] = (uint8_t)(bits >> 32);
            changed[(bits >> 8) % messages[i].len] ^= (uint8_t)(1u << (bits >> 40) % 8);
            asker.peer.transport = bits >> 62 ? QUERY_TCP : QUERY_UDP;
            (void)asker_send(&asker, changed, messages[i].len);
        }
    }
}

static void questions_that_no_zone_answers_get_their_rcode(void **state)
{
    (void)state;
    static const struct {
        const char *question, *expected;
    } rows[] = {
        {"ns.t. TYPE0", "FORMERR\n"},
        {"ns.t. OPT", "FORMERR\n"},
        {"ns.t. TSIG", "FORMERR\n"},
        {"ns.t. NXNAME", "FORMERR\n"}, /* RFC 9824 3.2 */
        {"ns.t. TKEY", "NOTIMP\n"},
        {"ns.t. MAILA", "NOTIMP\n"},
        {"ns.t. MAILB", "NOTIMP\n"},
        {"t. AXFR", "FORMERR\n"}, /* RFC 5936 4.2 */
        {"t. AXFR tcp", "REFUSED\n"},
        {"ns.u. A", "REFUSED\n"},
        {"u. A", "REFUSED\n"},
        {". NS", "REFUSED\n"},
        {"com. A", "REFUSED\n"},
        {"ns.t. A HS", "REFUSED\n"},
        {"ns.t. A ANY", "REFUSED\n"},
        {"ns.t. A NONE", "REFUSED\n"},
        {"ns.t. A CLASS77", "REFUSED\n"},
        {"ns.t. TYPE128", "FORMERR\n"},
        {"ns.t. TYPE65535", "NOERROR aa\nNS t. 60 IN SOA m.t. r.t. 7 1 1 1 60\n"},
        {"ns.t. MD", "NOERROR aa\nNS t. 60 IN SOA m.t. r.t. 7 1 1 1 60\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (strcmp(asker_ask(&asker, rows[i].question), rows[i].expected) != 0) {
            print_message("case: %s\n", rows[i].question);
        }
        assert_string_equal(asker.text, rows[i].expected);
    }
}

static void the_zone_is_the_longest_that_matches(void **state)
{
    (void)state;
    static const struct {
        const char *label, *question, *soa; /* the SOA of the negative answer */
    } rows[] = {
        {"name in the parent", "x.t. A", "NS t. "},
        {"name in the child", "x.sub.t. A", "NS sub.t. "},
        {"apex of the child", "sub.t. A", "NS sub.t. "},
        {"DS of the child is the parent's", "sub.t. DS", "NS t. "}, /* RFC 4035 3.1.4.1 */
        {"DS below the child's apex", "x.sub.t. DS", "NS sub.t. "},
        {"DS of a zone without parent here", "lone.u. DS", "NS lone.u. "},
        {"DS of the topmost", "t. DS", "NS t. "},
        {"any case of letters", "X.SuB.T. A", "NS SuB.T. "}, /* as it was asked */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (!strstr(asker_ask(&asker, rows[i].question), rows[i].soa)) {
            print_message("case: %s\n%s", rows[i].label, asker.text);
            fail();
        }
    }
}

static void names_of_255_octets_are_answered(void **state)
{
    (void)state;
    char question[300] = "";
    for (unsigned i = 0; i < 126; i++) {
        (void)strcat(question, "l.");
    }
    (void)strcat(question, "t. A edns=512");
    assert_string_equal(asker_ask(&asker, question),
                        "NXDOMAIN aa\nNS t. 60 IN SOA m.t. r.t. 7 1 1 1 60\nOPT 1232 0000\n");
}

static void answers_are_counted_by_their_kind(void **state)
{
    (void)state;
    static const struct {
        const char *question;
        enum stat_counter counter;
    } rows[] = {
        {"ns.t. A", STAT_query_udp4},
        {"ns.t. A six", STAT_query_udp6},
        {"ns.t. A tcp", STAT_query_tcp4},
        {"ns.t. A tcp six", STAT_query_tcp6},
        {"ns.t. A", STAT_answer_noerror},
        {"x.t. A", STAT_answer_nxdomain},
        {"u. A", STAT_answer_refused},
        {"ns.t. OPT", STAT_answer_formerr},
        {"ns.t. TKEY", STAT_answer_notimp},
        {"ns.t. A version=1", STAT_answer_badvers},
        {"ns.t. A edns=512", STAT_edns},
        {"ns.t. AAAA", STAT_nodata},
        {"ns.t. A", STAT_cookie_none},
        {"ns.t. A edns=512", STAT_cookie_none},
        {"ns.t. ANY", STAT_query_any},
        {"id.server. TXT CH", STAT_query_chaos},
        {"ns.t. A cookie=0102030405060708", STAT_cookie_client},
        {"ns.t. A cookie=010203040506070801020304050607080102030405060708", STAT_cookie_bad},
        {"ns.t. A cookie=01020304050607080102030405060708", STAT_cookie_bad},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t before = asker_count(&asker, rows[i].counter);
        (void)asker_ask(&asker, rows[i].question);
        if (asker_count(&asker, rows[i].counter) != before + 1) {
            print_message("case: %s\n", rows[i].question);
        }
        assert_int_equal(asker_count(&asker, rows[i].counter), before + 1);
    }
    assert_int_equal(asker_count(&asker, STAT_drop_response), 0);
    (void)asker_send(&asker, HEADER("\200\0", "\0", "\0", "\0", "\0"), 12);
    assert_int_equal(asker_count(&asker, STAT_drop_response), 1);
    (void)asker_send(&asker, "\0\0", 2);
    assert_int_equal(asker_count(&asker, STAT_drop_short), 1);
    (void)asker_send(&asker, HEADER("\20\0", "\0", "\0", "\0", "\0"), 12);
    assert_int_equal(asker_count(&asker, STAT_query_notimp), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_message_gets_its_rcode_or_nothing, start, stop),
        cmocka_unit_test_setup_teardown(no_cut_or_changed_message_does_harm, start, stop),
        cmocka_unit_test_setup_teardown(questions_that_no_zone_answers_get_their_rcode, start,
                                        stop),
        cmocka_unit_test_setup_teardown(the_zone_is_the_longest_that_matches, start, stop),
        cmocka_unit_test_setup_teardown(names_of_255_octets_are_answered, start, stop),
        cmocka_unit_test_setup_teardown(answers_are_counted_by_their_kind, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
