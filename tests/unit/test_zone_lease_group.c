#include "zones/zone_lease_group.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/rcu.h"
#include "tests/lib/zones.h"
#include "zones/dns_name.h"
#include "zones/dns_rdata.h"
#include "zones/dns_scan.h"
#include "zones/dns_type.h"
#include "zones/zone_diff.h"
#include "zones/zone_text.h"

/* A zone, its leases, and a group of messages under way. */
static struct zone *zone;
static struct zone_lease_group *group;
static struct zone_edit *edit;
static int64_t now_s; /* of the messages; leases end 100 s later */

static int enter(void **state)
{
    (void)state;
    rcu_enter();
    zone = zones_make("suanyu.test.", "@ SOA m r 1 1 1 1 1\n@ NS m\n"
                                      "p CRES . cpu=100\np CLOAD . obs=50 cpuf=1\n"
                                      "c CNET . region=1 obs=50\n");
    group = zone_lease_group_create(&zones_key);
    edit = zone_edit_begin(zone, &zones_limits);
    now_s = 1000;
    return 0;
}

static int leave(void **state)
{
    (void)state;
    zone_edit_abort(edit);
    zone_lease_group_unref(group);
    zone_unref(zone);
    zones_settle();
    rcu_leave();
    return 0;
}

/* RDATA of a text. */
static size_t parse(const char *type_text, const char *text, uint16_t *out_type, uint8_t *rdata)
{
    struct err_at at = {0};
    struct dns_scan scan;
    struct wr wr = wr_make(rdata, DNS_RDATA_MAX);
    assert_true(dns_type_parse(type_text, strlen(type_text), out_type));
    dns_scan_init(&scan, text, strlen(text), &at);
    assert_int_equal(zone_text_parse(&scan, *out_type, zone_name(zone), &wr), 0);
    return wr_len(&wr);
}

static struct zone_lease_term term_of(uint64_t signed_s)
{
    return (struct zone_lease_term){
        .end_s = now_s + 100, .due_s = now_s + 100, .length_s = 100, .signed_s = signed_s};
}

/* One message adds one record: with a lease ('+'), or for good ('='). */
static void add_signed(char how, const char *name, const char *type_text, const char *text,
                       uint64_t signed_s)
{
    uint8_t rdata[DNS_RDATA_MAX];
    uint16_t type;
    size_t len = parse(type_text, text, &type, rdata);
    struct zone_lease_term term = term_of(signed_s);
    int err = zone_edit_add(edit, zones_name(name), type, 60, rdata, len);
    assert_true(err == 0 || err == ERR_ZONE_CNAME);
    zone_lease_group_add(group, edit, zones_name(name), type, rdata, len, &term, how == '+');
}

static void add(char how, const char *name, const char *type_text, const char *text)
{
    add_signed(how, name, type_text, text, 0);
}

static void take_out(const char *name, const char *type_text)
{
    uint16_t type;
    assert_true(dns_type_parse(type_text, strlen(type_text), &type));
    zone_edit_set(edit, zones_name(name), type, 0, NULL, 0);
}

static void count_change(void *context, const struct zone_lease_group_change *change)
{
    (void)change;
    ++*(unsigned *)context;
}

/* End the group; returns how many rows the store would see. */
static unsigned commit(void)
{
    uint8_t *diff;
    size_t len;
    unsigned count = 0;
    zone_edit_keep(edit);
    zone_diff_make(edit, 1, &diff, &len);
    bool changes = zone_lease_group_settle(group, edit, diff, len);
    zone_lease_group_each(group, count_change, &count);
    assert_int_equal(changes, count > 0);
    zone_lease_group_commit(group);
    zone_edit_commit(edit);
    mem_free(diff);
    edit = zone_edit_begin(zone, &zones_limits);
    return count;
}

/* When the lease of a record ends, or 0 when it has none. */
static int64_t end_of(const char *name, const char *type_text, const char *text)
{
    uint8_t rdata[DNS_RDATA_MAX];
    uint16_t type;
    size_t len = parse(type_text, text, &type, rdata);
    struct zone_lease_id id = {zones_name(name), type, zone_lease_digest(type, rdata, len)};
    const struct zone_lease *lease = zone_lease_find(zone_lease_group_table(group), &id);
    return lease ? lease->term.end_s : 0;
}

#define A "a.suanyu.test.", "A", "192.0.2.1"
#define B "a.suanyu.test.", "A", "192.0.2.2"

static size_t count(void)
{
    return zone_lease_count(zone_lease_group_table(group));
}

static void a_refresh_extends_and_changes_nothing_else(void **state)
{
    (void)state;
    add('+', A);
    assert_int_equal(commit(), 1);
    assert_int_equal(end_of(A), 1100);
    uint64_t version = zone_version(zone);
    now_s = 1050;
    add('+', A);
    assert_int_equal(commit(), 1);
    assert_int_equal(end_of(A), 1150);
    assert_int_equal(zone_version(zone), version);
    add('+', B);
    assert_int_equal(commit(), 1);
    assert_int_equal(end_of(A), 1150);
    assert_int_equal(count(), 2);
}

static void a_record_that_is_added_for_good_stays(void **state)
{
    (void)state;
    add('=', A);
    assert_int_equal(commit(), 0);
    assert_int_equal(count(), 0);
    add('+', A); /* asked for a lease, it has one from now on */
    assert_int_equal(commit(), 1);
    assert_int_equal(end_of(A), 1100);
    add('=', A);
    assert_int_equal(commit(), 1);
    assert_int_equal(count(), 0);
}

static void a_record_that_goes_takes_its_lease_with_it(void **state)
{
    (void)state;
    add('+', A);
    add('+', B);
    assert_int_equal(commit(), 2);
    take_out("a.suanyu.test.", "A");
    assert_int_equal(commit(), 2);
    assert_int_equal(count(), 0);
    add('=', A);
    assert_int_equal(commit(), 0);
    assert_int_equal(end_of(A), 0);
}

static void another_ttl_or_other_letters_are_the_same_record(void **state)
{
    (void)state;
    add('+', "a.suanyu.test.", "PTR", "Host.Example.");
    assert_int_equal(commit(), 1);
    zones_add(edit, "a 7 PTR host.example.\n");
    assert_int_equal(commit(), 0);
    assert_int_equal(end_of("a.suanyu.test.", "PTR", "HOST.example."), 1100);
}

/* Messages of one group, in order: the last word about a record counts, when the record is there. */
static void within_a_group_the_end_counts(void **state)
{
    (void)state;
    add('+', A); /* added with a lease, and taken out */
    take_out("a.suanyu.test.", "A");
    assert_int_equal(commit(), 0);
    add('+', A); /* and added for good */
    take_out("a.suanyu.test.", "A");
    add('=', A);
    assert_int_equal(commit(), 0);
    assert_int_equal(count(), 0);
    take_out("a.suanyu.test.", "A"); /* there for good, taken out, added with a lease */
    add('+', A);
    assert_int_equal(commit(), 1);
    assert_int_equal(end_of(A), 1100);
    now_s = 1050;
    take_out("a.suanyu.test.", "A"); /* a full refresh: out and in */
    add('+', A);
    assert_int_equal(commit(), 1);
    assert_int_equal(end_of(A), 1150);
    add('+', A); /* two messages, the second one for good */
    add('=', A);
    assert_int_equal(commit(), 1);
    assert_int_equal(count(), 0);
    add('+', A); /* and the other way round */
    assert_int_equal(commit(), 1);
    take_out("a.suanyu.test.", "A"); /* replaced by another one */
    add('=', B);
    assert_int_equal(commit(), 1);
    assert_int_equal(count(), 0);
}

static void a_message_that_is_taken_back_says_nothing(void **state)
{
    (void)state;
    add('+', A);
    size_t mark = zone_lease_group_mark(group), edit_mark = zone_edit_mark(edit);
    add('=', A);
    add('+', B);
    zone_edit_rewind(edit, edit_mark);
    zone_lease_group_rewind(group, mark);
    assert_int_equal(commit(), 1);
    assert_int_equal(end_of(A), 1100);
    assert_int_equal(end_of(B), 0);
    take_out("a.suanyu.test.", "A"); /* the store fails: nothing of the group is true */
    add('+', B);
    zone_edit_keep(edit);
    assert_true(zone_lease_group_settle(group, edit, NULL, 0));
    zone_lease_group_abort(group);
    zone_edit_abort(edit);
    edit = zone_edit_begin(zone, &zones_limits);
    assert_int_equal(commit(), 0);
    assert_int_equal(end_of(A), 1100);
    assert_int_equal(end_of(B), 0);
}

static void what_was_added_in_vain_has_no_lease(void **state)
{
    (void)state;
    add('=', A);
    commit();
    add('+', "a.suanyu.test.", "CNAME", "b");         /* beside an address: passed over */
    add('+', "suanyu.test.", "SOA", "m r 2 1 1 1 1"); /* a zone always has one */
    commit();
    assert_int_equal(count(), 0);
}

#define LOAD(text) "p.suanyu.test.", "CLOAD", text
#define NET(text)  "c.suanyu.test.", "CNET", text

/* The zone has a load and a path of obs 50, both for good; threats row 40. */
static void an_observation_that_is_not_newer_changes_no_lease(void **state)
{
    (void)state;
    add('+', LOAD(". obs=50 cpuf=1")); /* equal to what is there for good */
    add('+', NET(". region=1 obs=50"));
    assert_int_equal(commit(), 0);
    add('+', LOAD(". obs=60 cpuf=1")); /* news */
    add('+', NET(". region=1 obs=60"));
    add('+', NET(". region=2 obs=50")); /* of another path: news, too */
    assert_int_equal(commit(), 3);
    assert_int_equal(end_of(LOAD(". obs=60 cpuf=1")), 1100);
    now_s = 1050;
    take_out("p.suanyu.test.", "CLOAD"); /* captured and sent again, out and in */
    add('+', LOAD(". obs=60 cpuf=1"));
    add('=', LOAD(". obs=60 cpuf=1"));
    take_out("c.suanyu.test.", "CNET");
    add('+', NET(". region=1 obs=60"));
    add('+', NET(". region=2 obs=50"));
    assert_int_equal(commit(), 0);
    assert_int_equal(count(), 3);
    assert_int_equal(end_of(LOAD(". obs=60 cpuf=1")), 1100);
    add('=', LOAD(". obs=60 cpuf=9")); /* other numbers of the same moment: the lease goes on */
    assert_int_equal(commit(), 2);
    assert_int_equal(end_of(LOAD(". obs=60 cpuf=9")), 1100);
    assert_int_equal(end_of(LOAD(". obs=60 cpuf=1")), 0);
    add('+', LOAD(". obs=61 cpuf=9"));
    assert_int_equal(commit(), 2);
    assert_int_equal(end_of(LOAD(". obs=61 cpuf=9")), 1150);
    assert_int_equal(count(), 3);
}

static void a_captured_message_extends_nothing(void **state)
{
    (void)state;
    add_signed('+', "a.suanyu.test.", "A", "192.0.2.1", 900);
    commit();
    now_s = 1050;
    static const struct {
        const char *label;
        char how;
        uint64_t signed_s;
        int64_t end_s;
    } rows[] = {
        {"signed before", '+', 899, 1100},
        {"signed before, for good", '=', 899, 1100},
        {"as long before as can be", '+', 300, 1100},
        {"in the same second: another message", '+', 900, 1150},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        add_signed(rows[i].how, "a.suanyu.test.", "A", "192.0.2.1", rows[i].signed_s);
        commit();
        if (end_of(A) != rows[i].end_s) {
            fail_msg("%s: %lld", rows[i].label, (long long)end_of(A));
        }
    }
    now_s = 1060;
    add_signed('+', "a.suanyu.test.", "A", "192.0.2.1", 299); /* our clock was set back */
    commit();
    assert_int_equal(end_of(A), 1160);
    add_signed('=', "a.suanyu.test.", "A", "192.0.2.1", 300);
    assert_int_equal(commit(), 1);
    assert_int_equal(count(), 0);
}

static void a_captured_message_extends_nothing_after_a_start(void **state)
{
    (void)state;
    uint8_t rdata[] = {192, 0, 2, 1};
    struct zone_lease_id id = {zones_name("a.suanyu.test."), DNS_TYPE_A,
                               zone_lease_digest(DNS_TYPE_A, rdata, sizeof(rdata))};
    struct zone_lease_term term = term_of(900);
    term.is_restored = true;
    zones_add(edit, "a A 192.0.2.1\n");
    commit();
    zone_lease_set(zone_lease_group_table(group), &id, &term);
    now_s = 1050;
    add_signed('+', "a.suanyu.test.", "A", "192.0.2.1", 900);
    assert_int_equal(commit(), 0);
    assert_int_equal(end_of(A), 1100);
    add_signed('+', "a.suanyu.test.", "A", "192.0.2.1", 901);
    assert_int_equal(commit(), 1);
    assert_int_equal(end_of(A), 1150);
}

static void a_lease_without_its_record_is_dropped(void **state)
{
    (void)state;
    add('+', A);
    commit();
    struct zone_lease_group *shared = zone_lease_group_ref(group);
    const struct zone_lease *lease[1];
    assert_int_equal(zone_lease_due(zone_lease_group_table(shared), 5000, lease, 1), 1);
    zone_lease_group_drop(shared, &lease[0]->id);
    zone_lease_group_unref(shared);
    assert_int_equal(commit(), 1);
    assert_int_equal(count(), 0);
    zone_lease_group_unref(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_refresh_extends_and_changes_nothing_else),
        TEST(a_record_that_is_added_for_good_stays),
        TEST(a_record_that_goes_takes_its_lease_with_it),
        TEST(another_ttl_or_other_letters_are_the_same_record),
        TEST(within_a_group_the_end_counts),
        TEST(a_message_that_is_taken_back_says_nothing),
        TEST(what_was_added_in_vain_has_no_lease),
        TEST(an_observation_that_is_not_newer_changes_no_lease),
        TEST(a_captured_message_extends_nothing),
        TEST(a_captured_message_extends_nothing_after_a_start),
        TEST(a_lease_without_its_record_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
