/* Answers are written as text, a message after the other; RFC 1995 section 7 is the model of the
 * changes. */
#include "zones/zone_xfr_in.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "tests/lib/guard.h"
#include "tests/lib/transfers.h"
#include "tests/lib/zones.h"
#include "zones/dns_code.h"
#include "zones/dns_edns.h"
#include "zones/dns_type.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SOA(serial)  "@ SOA m r " serial " 1 2 3 4\n"

enum { MESSAGES = 4, HAVE = 1 };

static uint8_t message[TRANSFERS_MAX];

static struct zone_xfr_in *begin(uint16_t type, uint64_t octets_max)
{
    const struct zone_xfr_in_ask ask = {.name = zones_name("T."),
                                        .key = &zones_key,
                                        .type = type,
                                        .id = TRANSFERS_ID,
                                        .serial = HAVE,
                                        .octets_max = octets_max};
    return zone_xfr_in_create(&ask);
}

/* Right before a page that may not be read. */
static int take(struct zone_xfr_in *xfr, size_t len)
{
    const uint8_t *copy = guard_copy(message, len);
    int err = zone_xfr_in_take(xfr, copy, len);
    guard_free(copy);
    return err;
}

static int take_text(struct zone_xfr_in *xfr, uint16_t type, const char *text)
{
    return take(xfr, transfers_write("t.", type, text, message));
}

/* The answer in messages; the error of the one that had it. */
static int take_all(struct zone_xfr_in *xfr, uint16_t type, const char *const texts[MESSAGES])
{
    int err = 0;
    for (unsigned i = 0; !err && i < MESSAGES && texts[i]; i++) {
        err = take_text(xfr, i == 0 ? type : 0, texts[i]);
    }
    return err;
}

static void assert_zone(struct zone *zone, const char *wanted)
{
    assert_non_null(zone);
    struct zone *model = zones_make("t.", wanted);
    char *text = zones_print(zone, zone_version(zone));
    char *model_text = zones_print(model, zone_version(model));
    assert_string_equal(text, model_text);
    zones_check(zone);
    mem_free(text);
    mem_free(model_text);
    zone_unref(model);
}

struct whole {
    const char *label;
    uint16_t type; /* that was asked for */
    const char *texts[MESSAGES];
    const char *zone;
    unsigned dropped;
};

static void a_whole_zone_is_gathered(void **state)
{
    static const struct whole rows[] = {
        {"one message",
         DNS_TYPE_AXFR,
         {SOA("7") "a A 192.0.2.1\n" SOA("7")},
         SOA("7") "a A 192.0.2.1\n",
         0},
        {"a record a message",
         DNS_TYPE_AXFR,
         {SOA("7"), "a A 192.0.2.1\n", "b A 192.0.2.2\n", SOA("7")},
         SOA("7") "a A 192.0.2.1\nb A 192.0.2.2\n",
         0},
        {"nothing but the SOA", DNS_TYPE_AXFR, {SOA("7") SOA("7")}, SOA("7"), 0},
        {"the same for IXFR", DNS_TYPE_IXFR, {SOA("7") SOA("7")}, SOA("7"), 0},
        {"a whole zone for IXFR",
         DNS_TYPE_IXFR,
         {SOA("7") "a A 192.0.2.1\n" SOA("7")},
         SOA("7") "a A 192.0.2.1\n",
         0},
        {"one for IXFR in single records",
         DNS_TYPE_IXFR,
         {SOA("7"), "a A 192.0.2.1\n", SOA("7")},
         SOA("7") "a A 192.0.2.1\n",
         0},
        {"names in any case",
         DNS_TYPE_AXFR,
         {"T. SOA m r 7 1 2 3 4\nA.t. A 192.0.2.1\n" SOA("7")},
         "@ SOA m r 7 1 2 3 4\na A 192.0.2.1\n",
         0},
        {"a repeated record",
         DNS_TYPE_AXFR,
         {SOA("7") "a A 192.0.2.1\na 60 A 192.0.2.1\n" SOA("7")},
         SOA("7") "a A 192.0.2.1\n",
         0},
        {"names of others",
         DNS_TYPE_AXFR,
         {SOA("7") "a.u. A 192.0.2.1\nx.tt. A 192.0.2.1\n" SOA("7")},
         SOA("7"),
         2},
        {"a second record of a single type",
         DNS_TYPE_AXFR,
         {SOA("7") "a CNAME b\na CNAME c\n" SOA("7")},
         SOA("7") "a CNAME b\n",
         1},
        {"glue and what is hidden below a cut",
         DNS_TYPE_AXFR,
         {SOA("7") "c NS n.c\nn.c A 192.0.2.1\nx.y.c TXT hidden\n" SOA("7")},
         SOA("7") "c NS n.c\nn.c A 192.0.2.1\nx.y.c TXT hidden\n",
         0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct whole *row = &rows[i];
        struct zone_xfr_in *xfr = begin(row->type, 1 << 20);
        print_message("%s\n", row->label);
        assert_null(zone_xfr_in_take_zone(xfr));
        assert_int_equal(take_all(xfr, row->type, row->texts), 0);
        const struct zone_xfr_in_facts *facts = zone_xfr_in_facts(xfr);
        assert_true(facts->is_whole);
        assert_int_equal(facts->form, ZONE_XFR_IN_WHOLE);
        assert_int_equal(facts->serial, 7);
        assert_int_equal(facts->dropped, row->dropped);
        struct zone *zone = zone_xfr_in_take_zone(xfr);
        assert_zone(zone, row->zone);
        assert_int_equal(zone_version(zone), 1);
        assert_null(zone_xfr_in_take_zone(xfr));
        zone_unref(zone);
        zone_xfr_in_destroy(xfr);
    }
}

static void a_cname_beside_other_data_is_kept(void **state)
{
    (void)state;
    struct zone_xfr_in *xfr = begin(DNS_TYPE_AXFR, 1 << 20);
    const char *texts[MESSAGES] = {SOA("7") "a CNAME b\na A 192.0.2.1\n" SOA("7")};
    assert_int_equal(take_all(xfr, DNS_TYPE_AXFR, texts), 0);
    struct zone *zone = zone_xfr_in_take_zone(xfr);
    assert_int_equal(zones_get(zone, 1, "a.t.")->rrset_count, 2);
    zone_unref(zone);
    zone_xfr_in_destroy(xfr);
}

struct changes {
    const char *label;
    const char *texts[MESSAGES];
    const char *zone; /* after; NULL: it does not fit */
    int err;          /* of the application */
};

#define BEFORE SOA("1") "n A 133.69.136.1\nj A 192.41.197.2\n"

static void changes_are_applied_or_refused(void **state)
{
    static const struct changes rows[] = {
        {"RFC 1995 section 7, two sequences",
         {SOA("3")
              SOA("1") "n A 133.69.136.1\n" SOA("2") "x A 133.69.136.5\nx A 192.41.197.3\n" SOA(
                  "2") "x A 133.69.136.5\n" SOA("3") "x A 133.69.136.3\n" SOA("3")},
         SOA("3") "j A 192.41.197.2\nx A 133.69.136.3\nx A 192.41.197.3\n",
         0},
        {"the same in single records",
         {SOA("3") SOA("1"), "n A 133.69.136.1\n" SOA("2"), SOA("2"),
          SOA("3") "y A 192.0.2.1\n" SOA("3")},
         SOA("3") "j A 192.41.197.2\ny A 192.0.2.1\n",
         0},
        {"condensed",
         {SOA("3") SOA("1") "n A 133.69.136.1\n" SOA("3") SOA("3")},
         SOA("3") "j A 192.41.197.2\n",
         0},
        {"a TTL",
         {SOA("3") SOA("1") "n A 133.69.136.1\n" SOA("3") "n 9 A 133.69.136.1\n" SOA("3")},
         SOA("3") "j A 192.41.197.2\nn 9 A 133.69.136.1\n",
         0},
        {"nothing but the serial",
         {SOA("3") SOA("1") SOA("3") SOA("3")},
         SOA("3") "n A 133.69.136.1\nj A 192.41.197.2\n",
         0},
        {"names of others are passed over, on both sides",
         {SOA("3") SOA("1") "x.u. A 192.0.2.1\n" SOA("3") "y.u. A 192.0.2.1\n" SOA("3")},
         SOA("3") "n A 133.69.136.1\nj A 192.41.197.2\n",
         0},
        {"a deletion of what is not there",
         {SOA("3") SOA("1") "q A 133.69.136.1\n" SOA("3") SOA("3")},
         NULL,
         ERR_MISSING},
        {"an addition of what is there",
         {SOA("3") SOA("1") SOA("3") "n 9 A 133.69.136.1\n" SOA("3")},
         NULL,
         ERR_EXISTS},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct changes *row = &rows[i];
        struct zone_xfr_in *xfr = begin(DNS_TYPE_IXFR, 1 << 20);
        struct zone *zone = zones_make("t.", BEFORE);
        struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
        print_message("%s\n", row->label);
        assert_int_equal(take_all(xfr, DNS_TYPE_IXFR, row->texts), 0);
        assert_int_equal(zone_xfr_in_facts(xfr)->form, ZONE_XFR_IN_CHANGES);
        assert_true(zone_xfr_in_facts(xfr)->is_whole);
        assert_null(zone_xfr_in_take_zone(xfr));
        assert_int_equal(zone_xfr_in_apply(xfr, edit), row->err);
        if (row->zone) {
            assert_true(zone_edit_commit(edit));
            assert_zone(zone, row->zone);
        } else {
            zone_edit_abort(edit);
        }
        zone_unref(zone);
        zone_xfr_in_destroy(xfr);
    }
}

static void changes_fit_only_where_they_begin(void **state)
{
    (void)state;
    struct zone_xfr_in *xfr = begin(DNS_TYPE_IXFR, 1 << 20);
    struct zone *zone = zones_make("t.", SOA("2"));
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    assert_int_equal(take_text(xfr, DNS_TYPE_IXFR, SOA("3") SOA("1") SOA("3") SOA("3")), 0);
    assert_int_equal(zone_xfr_in_apply(xfr, edit), ERR_ZONE_SOA);
    zone_edit_abort(edit);
    zone_unref(zone);
    zone_xfr_in_destroy(xfr);
}

static void a_soa_alone_is_no_news(void **state)
{
    static const struct {
        const char *text;
        bool is_end;
    } rows[] = {{SOA("1"), true}, {SOA("4294967295"), true}, {SOA("2"), false}};
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct zone_xfr_in *xfr = begin(DNS_TYPE_IXFR, 1 << 20);
        assert_int_equal(take_text(xfr, DNS_TYPE_IXFR, rows[i].text), 0);
        const struct zone_xfr_in_facts *facts = zone_xfr_in_facts(xfr);
        assert_int_equal(facts->is_whole, rows[i].is_end);
        assert_int_equal(facts->form, rows[i].is_end ? ZONE_XFR_IN_SAME : ZONE_XFR_IN_OPEN);
        assert_null(zone_xfr_in_take_zone(xfr));
        zone_xfr_in_destroy(xfr);
    }
}

struct wrong {
    const char *label;
    uint16_t type;
    const char *texts[MESSAGES];
    int err;
};

static void what_is_no_transfer_is_refused(void **state)
{
    static const struct wrong rows[] = {
        {"no SOA first", DNS_TYPE_AXFR, {"a A 192.0.2.1\n" SOA("7")}, ERR_ZONE_SOA},
        {"a name of others first", DNS_TYPE_AXFR, {"a.u. A 192.0.2.1\n" SOA("7")}, ERR_ZONE_SOA},
        {"another SOA last", DNS_TYPE_AXFR, {SOA("7") "a A 192.0.2.1\n" SOA("8")}, ERR_ZONE_SOA},
        {"a SOA below the apex",
         DNS_TYPE_AXFR,
         {SOA("7") "a SOA m r 7 1 2 3 4\n" SOA("7")},
         ERR_ZONE_SOA},
        {"more after the end", DNS_TYPE_AXFR, {SOA("7") SOA("7") "a A 192.0.2.1\n"}, ERR_TRAILING},
        {"names of others after the end",
         DNS_TYPE_AXFR,
         {SOA("7") SOA("7") "a.u. A 192.0.2.1\n"},
         ERR_TRAILING},
        {"a message after the end", DNS_TYPE_AXFR, {SOA("7") SOA("7"), SOA("7")}, ERR_TRAILING},
        {"a message without records", DNS_TYPE_AXFR, {SOA("7"), ""}, ERR_VALUE},
        {"changes for AXFR", DNS_TYPE_AXFR, {SOA("3") SOA("1") SOA("3") SOA("3")}, ERR_ZONE_SOA},
        {"changes from another serial",
         DNS_TYPE_IXFR,
         {SOA("3") SOA("2") SOA("3") SOA("3")},
         ERR_ZONE_SOA},
        {"sequences that do not meet",
         DNS_TYPE_IXFR,
         {SOA("4") SOA("1") SOA("2") SOA("3") SOA("4") SOA("4")},
         ERR_ZONE_SOA},
        {"sequences that end too early",
         DNS_TYPE_IXFR,
         {SOA("4") SOA("1") SOA("2") SOA("4")},
         ERR_ZONE_SOA},
        {"more after the changes",
         DNS_TYPE_IXFR,
         {SOA("3") SOA("1") SOA("3") SOA("3") SOA("3")},
         ERR_TRAILING},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct zone_xfr_in *xfr = begin(rows[i].type, 1 << 20);
        print_message("%s\n", rows[i].label);
        assert_int_equal(take_all(xfr, rows[i].type, rows[i].texts), rows[i].err);
        zone_xfr_in_destroy(xfr);
    }
}

/* Messages that no writer of ours makes: single octets of a good one are changed. */
static void every_message_answers_the_request(void **state)
{
    static const struct {
        const char *label;
        size_t at;
        uint8_t octet;
        int err;
    } rows[] = {
        {"as it is", 0, 0x12, 0},
        {"another ID", 0, 0x13, ERR_VALUE},
        {"a request", 2, 0x04, ERR_VALUE},
        {"another opcode", 2, 0xac, ERR_VALUE},
        {"an error", 3, 5, ERR_DENIED},
        {"a question for another name", 13, 'u', ERR_VALUE},
        {"another question", 16, DNS_TYPE_IXFR & 0xff, ERR_VALUE},
        {"another class of the question", 18, 3, ERR_VALUE},
        {"another class of a record", 19 + 5, 3, ERR_TYPE}, /* its owner is a pointer */
        {"a meta type", 19 + 3, DNS_TYPE_OPT, ERR_EDNS},
        {"type 0", 19 + 3, 0, ERR_TYPE},
        {"type ANY", 19 + 3, 255, ERR_TYPE},
        {"more records than there are", 7, 9, ERR_SHORT},
        {"a TTL below 0 is 0", 19 + 6, 0x80, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct zone_xfr_in *xfr = begin(DNS_TYPE_AXFR, 1 << 20);
        size_t len =
            transfers_write("t.", DNS_TYPE_AXFR, SOA("7") "a A 192.0.2.1\n" SOA("7"), message);
        print_message("%s\n", rows[i].label);
        message[rows[i].at] = rows[i].octet;
        assert_int_equal(take(xfr, len), rows[i].err);
        assert_int_equal(zone_xfr_in_facts(xfr)->rcode, rows[i].err == ERR_DENIED ? 5 : 0);
        zone_xfr_in_destroy(xfr);
    }
}

static void ill_formed_rdata_ends_it(void **state)
{
    (void)state;
    struct zone_xfr_in *xfr = begin(DNS_TYPE_AXFR, 1 << 20);
    size_t len =
        transfers_write("t.", DNS_TYPE_AXFR, SOA("7") "a TYPE1 \\# 4 c0000201\n" SOA("7"), message);
    const uint8_t rdata[] = {0, 4, 0xc0, 0, 2, 1};
    uint8_t *at = memmem(message, len, rdata, sizeof(rdata));
    at[-7] = DNS_TYPE_AAAA; /* four octets are none */
    assert_int_equal(take(xfr, len), ERR_RDATA);
    zone_xfr_in_destroy(xfr);
}

static void memory_has_an_end(void **state)
{
    (void)state;
    uint16_t types[] = {DNS_TYPE_AXFR, DNS_TYPE_IXFR};
    for (unsigned i = 0; i < 2; i++) {
        struct zone_xfr_in *xfr = begin(types[i], 20000);
        int err = take_text(xfr, types[i], i ? SOA("3") SOA("1") SOA("3") : SOA("3"));
        unsigned taken = 0;
        for (; !err; taken++) {
            char text[64];
            snprintf(text, sizeof(text), "n%u TXT x\n", taken);
            err = take_text(xfr, 0, text);
        }
        assert_int_equal(err, ERR_LIMIT);
        assert_in_range(taken, 100, 200);
        zone_xfr_in_destroy(xfr);
    }
}

static void the_expire_option_is_read(void **state)
{
    (void)state;
    struct zone_xfr_in *xfr = begin(DNS_TYPE_IXFR, 1 << 20);
    size_t len = transfers_write("t.", DNS_TYPE_IXFR, SOA("1"), message);
    struct wr wr = wr_make(message, sizeof(message));
    wr.pos += len;
    size_t mark = dns_edns_write_begin(&wr, 1232, 0, 0);
    dns_edns_write_option(&wr, DNS_EDNS_EXPIRE, "\0\0\4\1", 4);
    dns_edns_write_end(&wr, mark);
    wr_patch_u16(&wr, 10, 1);
    assert_int_equal(take(xfr, wr_len(&wr)), 0);
    assert_true(zone_xfr_in_facts(xfr)->has_expire);
    assert_int_equal(zone_xfr_in_facts(xfr)->expire_s, 1025);
    zone_xfr_in_destroy(xfr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_whole_zone_is_gathered, zones_enter, zones_leave),
        cmocka_unit_test_setup_teardown(a_cname_beside_other_data_is_kept, zones_enter,
                                        zones_leave),
        cmocka_unit_test_setup_teardown(changes_are_applied_or_refused, zones_enter, zones_leave),
        cmocka_unit_test_setup_teardown(changes_fit_only_where_they_begin, zones_enter,
                                        zones_leave),
        cmocka_unit_test_setup_teardown(a_soa_alone_is_no_news, zones_enter, zones_leave),
        cmocka_unit_test_setup_teardown(what_is_no_transfer_is_refused, zones_enter, zones_leave),
        cmocka_unit_test_setup_teardown(every_message_answers_the_request, zones_enter,
                                        zones_leave),
        cmocka_unit_test_setup_teardown(ill_formed_rdata_ends_it, zones_enter, zones_leave),
        cmocka_unit_test_setup_teardown(memory_has_an_end, zones_enter, zones_leave),
        cmocka_unit_test_setup_teardown(the_expire_option_is_read, zones_enter, zones_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
