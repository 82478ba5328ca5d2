#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/zones.h"
#include "zones/dns_type.h"
#include "zones/zone_update_sets.h"

enum { OCTETS_MAX = 10000 };

static const char base[] = "a A 192.0.2.1\na A 192.0.2.2\na TXT x\nmx MX 10 Host.T.\n"
                           "e TYPE4711 \\# 0\ns NSEC t. A\n";

static struct zone *zone;
static struct zone_edit *edit;
static struct zone_update_sets sets;

static int begin(void **state)
{
    (void)state;
    zone = zones_make("t.", base);
    edit = zone_edit_begin(zone, &zones_limits);
    zone_update_sets_init(&sets, OCTETS_MAX);
    return 0;
}

static int end(void **state)
{
    (void)state;
    zone_update_sets_finish(&sets);
    zone_edit_abort(edit);
    zone_unref(zone);
    return 0;
}

static void add(const char *owner, uint16_t type, const char *rdata, size_t len)
{
    assert_true(zone_update_sets_add(&sets, zones_name(owner), type, (const uint8_t *)rdata, len));
}

static void nothing_given_holds(void **state)
{
    (void)state;
    assert_true(zone_update_sets_hold(&sets, edit));
}

static void sets_hold_in_any_order_and_with_repeated_records(void **state)
{
    (void)state;
    add("a.t.", DNS_TYPE_A, "\300\0\2\2", 4);
    add("mx.t.", DNS_TYPE_MX, "\0\12\4hOST\1t", 10);
    add("e.t.", 4711, "", 0);
    add("a.t.", DNS_TYPE_A, "\300\0\2\2", 4);
    add("a.t.", DNS_TYPE_A, "\300\0\2\1", 4);
    assert_true(zone_update_sets_hold(&sets, edit));
    assert_true(zone_update_sets_hold(&sets, edit)); /* asking changes nothing */
    add("a.t.", DNS_TYPE_TXT, "\1y", 2);
    assert_false(zone_update_sets_hold(&sets, edit));
}

static void a_subset_or_a_superset_is_another_set(void **state)
{
    (void)state;
    add("a.t.", DNS_TYPE_A, "\300\0\2\2", 4);
    assert_false(zone_update_sets_hold(&sets, edit));
    add("a.t.", DNS_TYPE_A, "\300\0\2\1", 4);
    assert_true(zone_update_sets_hold(&sets, edit));
    add("a.t.", DNS_TYPE_A, "\300\0\2\3", 4);
    assert_false(zone_update_sets_hold(&sets, edit));
}

static void what_is_not_there_or_made_by_signing_does_not_hold(void **state)
{
    static const struct {
        const char *owner;
        uint16_t type;
        const char *rdata;
        size_t len;
    } rows[] = {
        {"b.t.", DNS_TYPE_A, "\300\0\2\1", 4},
        {"e.t.", DNS_TYPE_A, "\300\0\2\1", 4},
        {"t.", DNS_TYPE_A, "\300\0\2\1", 4},
        {"s.t.", DNS_TYPE_NSEC, "\1t\0\0\1\100", 6},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct zone_update_sets one;
        zone_update_sets_init(&one, OCTETS_MAX);
        assert_true(zone_update_sets_add(&one, zones_name(rows[i].owner), rows[i].type,
                                         (const uint8_t *)rows[i].rdata, rows[i].len));
        assert_false(zone_update_sets_hold(&one, edit));
        zone_update_sets_finish(&one);
    }
    (void)state;
}

static void octets_are_limited(void **state)
{
    static const uint8_t rdata[1000];
    unsigned count = 0;
    (void)state;
    while (zone_update_sets_add(&sets, zones_name("a.t."), 4711, rdata, sizeof(rdata))) {
        count++;
        assert_true(count < 20);
    }
    assert_true(count >= 4);
}

int main(void)
{
#define EDIT_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        EDIT_TEST(nothing_given_holds),
        EDIT_TEST(sets_hold_in_any_order_and_with_repeated_records),
        EDIT_TEST(a_subset_or_a_superset_is_another_set),
        EDIT_TEST(what_is_not_there_or_made_by_signing_does_not_hold),
        EDIT_TEST(octets_are_limited),
    };
    return cmocka_run_group_tests(tests, zones_enter, zones_leave);
}
