#include "server/secondary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/zones.h"

#define NS ((uint64_t)1000000000)

static struct server_conf_address addresses[] = {
    {4, 53, {192, 0, 2, 1}}, {6, 53, {0x20, 1, [15] = 1}}, {4, 54, {192, 0, 2, 1}}};
static const struct server_conf_server server = {
    .transfers_in = 3, .transfer_stall_s = 7, .transfer_octets = 1 << 20};

static struct server_conf_zone zone_of(const char *name, size_t primaries)
{
    return (struct server_conf_zone){
        .name = zones_name(name), .primary = {addresses, primaries}, .forward_updates = true};
}

static void only_zones_with_primaries_are_in_it(void **state)
{
    (void)state;
    struct server_conf_zone zones[] = {zone_of("z.", 2), zone_of("own.", 0), zone_of("a.", 1)};
    zones[0].primary_key = zones_name("k1.");
    struct secondary_set *set = secondary_create(&server, zones, 3, NULL);
    assert_int_equal(secondary_count(set), 2);
    assert_memory_equal(secondary_at(set, 0)->zone, "\1a", 3);
    assert_memory_equal(secondary_at(set, 1)->key, "\2k1", 4);
    assert_ptr_equal(secondary_find(set, zones_name("Z.")), secondary_at(set, 1));
    assert_null(secondary_find(set, zones_name("own.")));
    assert_null(secondary_find(set, zones_name("sub.z.")));
    assert_null(secondary_find(NULL, zones_name("z.")));
    assert_null(secondary_at(set, 0)->key);
    assert_true(secondary_at(set, 0)->forwards);
    assert_int_equal(secondary_get_limits(set)->stall_ms, 7000);
    assert_int_equal(secondary_get_limits(set)->transfers_max, 3);
    secondary_unref(set);
}

static void a_state_goes_on_from_set_to_set(void **state)
{
    (void)state;
    struct server_conf_zone zones[] = {zone_of("z.", 1), zone_of("a.", 1)};
    struct secondary_set *old = secondary_create(&server, zones, 2, NULL);
    struct secondary_state *kept = secondary_find(old, zones_name("z."))->state;
    secondary_serve(kept, true);
    struct secondary_set *new_set = secondary_create(&server, zones, 1, old);
    assert_ptr_equal(secondary_find(new_set, zones_name("z."))->state, kept);
    secondary_unref(old);
    assert_true(secondary_is_served(kept));
    zones[0].is_renewed = true; /* another zone of the same name */
    struct secondary_set *renewed = secondary_create(&server, zones, 1, new_set);
    assert_ptr_not_equal(secondary_find(renewed, zones_name("z."))->state, kept);
    assert_false(secondary_is_served(secondary_find(renewed, zones_name("z."))->state));
    secondary_unref(renewed);
    secondary_unref(new_set);
    secondary_unref(NULL);
    secondary_unref_state(NULL);
    assert_null(secondary_ref(NULL));
    assert_int_equal(secondary_count(NULL), 0);
}

static void a_primary_is_known_by_its_address(void **state)
{
    (void)state;
    struct server_conf_zone zone = zone_of("z.", 3);
    struct secondary_set *set = secondary_create(&server, &zone, 1, NULL);
    const struct secondary_zone *secondary = secondary_at(set, 0);
    size_t at = 9;
    assert_true(secondary_is_primary(secondary, 6, addresses[1].address, &at));
    assert_int_equal(at, 1);
    assert_true(secondary_is_primary(secondary, 4, addresses[2].address, &at));
    assert_int_equal(at, 0); /* whatever the port */
    const uint8_t other[16] = {192, 0, 2, 2};
    assert_false(secondary_is_primary(secondary, 4, other, NULL));
    assert_false(secondary_is_primary(secondary, 6, addresses[0].address, NULL));
    secondary_unref(set);
}

static void a_zone_ages(void **state)
{
    (void)state;
    struct server_conf_zone conf = zone_of("z.", 1);
    struct secondary_set *set = secondary_create(&server, &conf, 1, NULL);
    struct secondary_state *zone_state = secondary_at(set, 0)->state;
    struct zone *empty = zones_make("z.", ""), *full = zones_make("z.", "@ SOA m r 1 2 3 4 5\n");
    secondary_take_zone(zone_state, empty);
    assert_string_equal(secondary_look(zone_state, 0).state, "loading");
    secondary_take_zone(zone_state, full);
    secondary_take_zone(zone_state, full);
    secondary_serve(zone_state, true);
    secondary_set_times(zone_state, 100 * NS, 1700000000);
    struct secondary_view view = secondary_look(zone_state, 40 * NS);
    assert_string_equal(view.state, "ok");
    assert_int_equal(view.left_s, 60);
    assert_int_equal(view.refreshed_s, 1700000000);
    assert_int_equal(secondary_left_s(zone_state, 100 * NS), 0);
    assert_int_equal(secondary_left_s(zone_state, 900 * NS), 0);
    secondary_serve(zone_state, false);
    assert_string_equal(secondary_look(zone_state, 900 * NS).state, "expired");
    zone_unref(empty);
    zone_unref(full);
    secondary_unref(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_zones_with_primaries_are_in_it, zones_enter,
                                        zones_leave),
        cmocka_unit_test_setup_teardown(a_state_goes_on_from_set_to_set, zones_enter, zones_leave),
        cmocka_unit_test_setup_teardown(a_primary_is_known_by_its_address, zones_enter,
                                        zones_leave),
        cmocka_unit_test_setup_teardown(a_zone_ages, zones_enter, zones_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
