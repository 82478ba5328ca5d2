#include "server/update_lease.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/rcu.h"
#include "tests/lib/zones.h"
#include "zones/dns_type.h"

enum { NOW_S = 1700000000, MONO_S = 500 };

static struct held held;

static int enter(void **state)
{
    (void)state;
    rcu_enter();
    held = (struct held){
        .zone = zones_make("suanyu.test.", "@ SOA m r 1 1 1 1 1\n@ NS m\n"),
        .limits = zones_limits,
        .bounds = {30, 7200, 86400},
        .leases = zone_lease_group_create(&zones_key),
    };
    return 0;
}

static int leave(void **state)
{
    (void)state;
    held_finish(&held);
    zones_settle();
    rcu_leave();
    return 0;
}

static void the_same_message_is_granted_the_same(void **state)
{
    (void)state;
    static const uint8_t message[] = "some message", other[] = "another message";
    static const struct lease asked = {4, 7200, 7200};
    struct dns_tsig tsig = {.mac_len = 32, .mac = {1, 2, 3}};
    struct lease one = update_lease_grant(&held, &asked, NULL, message, sizeof(message));
    struct lease two = update_lease_grant(&held, &asked, NULL, message, sizeof(message));
    struct lease three = update_lease_grant(&held, &asked, NULL, other, sizeof(other));
    assert_memory_equal(&one, &two, sizeof(one));
    assert_int_not_equal(one.lease_s, three.lease_s);
    one = update_lease_grant(&held, &asked, &tsig, message, sizeof(message));
    two = update_lease_grant(&held, &asked, &tsig, other, sizeof(other)); /* the MAC covers it */
    assert_memory_equal(&one, &two, sizeof(one));
    tsig.mac[31] = 9;
    two = update_lease_grant(&held, &asked, &tsig, message, sizeof(message));
    assert_int_not_equal(one.lease_s, two.lease_s);
}

/* Add a record as zone_update_apply does; the lease that it has then, or NULL. */
static const struct zone_lease *add(struct update_lease *lease, uint16_t type)
{
    const uint8_t rdata[] = {2, 0, 3, 13, 1};
    const uint8_t *owner = zones_name("a.suanyu.test.");
    const struct zone_update_record record = {owner, type, false};
    struct zone_lease_id id = {owner, type, zone_lease_digest(type, rdata, sizeof(rdata))};
    assert_int_equal(zone_edit_add(lease->edit, owner, type, 60, rdata, sizeof(rdata)), 0);
    update_lease_added(lease, &record, rdata, sizeof(rdata));
    zone_lease_group_settle(held.leases, lease->edit, NULL, 0);
    zone_lease_group_commit(held.leases);
    return zone_lease_find(zone_lease_group_table(held.leases), &id);
}

static void records_live_as_long_as_was_granted_on_both_clocks(void **state)
{
    (void)state;
    static const struct lease granted = {8, 100, 1000}, none = {0};
    struct dns_tsig tsig = {.time_s = NOW_S - 7};
    struct update_lease lease = update_lease_begin(&held, &granted, &tsig, NOW_S, MONO_S);
    const struct zone_lease_term *term = &add(&lease, 65280)->term;
    assert_int_equal(term->length_s, 100);
    assert_int_equal(term->end_s, NOW_S + 100);
    assert_int_equal(term->due_s, MONO_S + 101); /* of a second that is not over */
    assert_int_equal(term->signed_s, NOW_S - 7);
    term = &add(&lease, DNS_TYPE_KEY)->term;
    assert_int_equal(term->length_s, 1000);
    assert_int_equal(term->end_s, NOW_S + 1000);
    lease = update_lease_begin(&held, &none, NULL, NOW_S, MONO_S);
    assert_null(add(&lease, DNS_TYPE_KEY));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_same_message_is_granted_the_same),
        TEST(records_live_as_long_as_was_granted_on_both_clocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
