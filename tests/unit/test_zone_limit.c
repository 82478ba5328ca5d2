#include "zones/zone_limit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "tests/lib/zones.h"
#include "zones/dns_type.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char three_and_two[] = "@ A 192.0.2.1\n@ A 192.0.2.2\n@ A 192.0.2.3\n@ TXT x\n";

static void a_name_is_within_each_limit_up_to_it(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", three_and_two);
    const struct zone_node *node = zones_get(zone, 1, "t.");
    const size_t size = node->size;
    const struct {
        struct zone_edit_limits limits;
        const char *why;
    } rows[] = {
        {{3, 2, size}, NULL},
        {{3, 2, 0}, NULL},
        {{2, 2, 0}, "over the limit of 2 records of type A"},
        {{3, 1, 0}, "over the limit of 1 types at one name"},
        {{3, 2, size - 1}, "octets at one name"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char why[100] = "";
        assert_int_equal(zone_limit_holds(node, &rows[i].limits, why, sizeof(why)), !rows[i].why);
        assert_non_null(strstr(why, rows[i].why ? rows[i].why : ""));
        assert_true(zone_limit_holds(NULL, &rows[i].limits, why, sizeof(why)));
    }
    zone_unref(zone);
}

/* A zone file is checked record by record, an update by its result: one limit, one size. */
static void both_doors_have_the_same_limit_of_octets(void **state)
{
    (void)state;
    char why[100];
    for (size_t most = 60; most < 400; most++) {
        struct zone *zone = zones_make("t.", "");
        const struct zone_edit_limits limits = {9, 9, most};
        struct zone_edit *edit = zone_edit_begin(zone, &limits);
        int err = 0;
        for (unsigned i = 0; !err && i < 12; i++) {
            const uint8_t rdata[] = {1, (uint8_t)i};
            err = zone_edit_add(edit, zones_name("t."), i % 3 ? DNS_TYPE_TXT : (uint16_t)(4000 + i),
                                60, rdata, sizeof(rdata));
            assert_true(
                zone_limit_holds(zone_edit_get(edit, zones_name("t.")), &limits, why, sizeof(why)));
            if (err) {
                const struct zone_edit_limits wide = {9, 9, 0};
                assert_int_equal(zone_edit_swap_limits(edit, &wide).octets_max, most);
                assert_int_equal(zone_edit_add(edit, zones_name("t."),
                                               i % 3 ? DNS_TYPE_TXT : (uint16_t)(4000 + i), 60,
                                               rdata, sizeof(rdata)),
                                 0);
                assert_false(zone_limit_holds(zone_edit_get(edit, zones_name("t.")), &limits, why,
                                              sizeof(why)));
            }
        }
        assert_int_equal(err, most < 150 ? ERR_LIMIT : err);
        zone_edit_abort(edit);
        zone_unref(zone);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_within_each_limit_up_to_it),
        cmocka_unit_test(both_doors_have_the_same_limit_of_octets),
    };
    return cmocka_run_group_tests(tests, zones_enter, zones_leave);
}
