#include "zones/zone_copy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "tests/lib/zones.h"
#include "zones/dns_type.h"

static const uint8_t address[] = {192, 0, 2, 7};
static const uint8_t alias[] = "\1b\1t"; /* the end of the text is the root */

static void assert_says(struct zone *zone, struct zone_edit *edit, const char *wanted)
{
    assert_true(zone_edit_commit(edit));
    char *text = zones_print(zone, zone_version(zone));
    assert_string_equal(text, wanted);
    zones_check(zone);
    mem_free(text);
    zone_unref(zone);
}

static void a_cname_may_stand_beside_other_data(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", "a A 192.0.2.1\n");
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    const uint8_t *owner = zones_name("a.t.");
    assert_int_equal(zone_copy_add(edit, owner, DNS_TYPE_CNAME, 60, alias, sizeof(alias)), 0);
    assert_int_equal(zone_copy_add(edit, owner, DNS_TYPE_A, 60, address, 4), 0);
    assert_says(zone, edit,
                "a.t. 300 IN A 192.0.2.1\na.t. 60 IN A 192.0.2.7\na.t. 60 IN CNAME b.t.\n");
}

static void what_is_there_already_is_told(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", "a A 192.0.2.7\nc CNAME d\n");
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    const uint8_t *owner = zones_name("c.t.");
    /* another TTL is no other record, and a CNAME is one at most */
    assert_int_equal(zone_copy_add(edit, zones_name("a.t."), DNS_TYPE_A, 60, address, 4),
                     ERR_EXISTS);
    assert_int_equal(zone_copy_add(edit, owner, DNS_TYPE_CNAME, 60, alias, sizeof(alias)),
                     ERR_EXISTS);
    assert_false(zone_edit_commit(edit));
    zone_unref(zone);
}

static void a_name_outside_is_refused(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", "a A 192.0.2.7\n");
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    assert_int_equal(zone_copy_add(edit, zones_name("a.u."), DNS_TYPE_A, 60, address, 4),
                     ERR_OUT_OF_ZONE);
    zone_edit_abort(edit);
    zone_unref(zone);
}

static void an_rrset_has_an_end(void **state)
{
    (void)state;
    static uint8_t text[60000];
    struct zone *zone = zones_make("t.", "a A 192.0.2.7\n");
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    const uint8_t *owner = zones_name("a.t.");
    assert_int_equal(zone_copy_add(edit, owner, 65280, 60, text, sizeof(text)), 0);
    text[0] = 1;
    assert_int_equal(zone_copy_add(edit, owner, 65280, 60, text, sizeof(text)), ERR_LIMIT);
    assert_int_equal(zone_copy_add(edit, owner, 65280, 60, text, 4000), 0);
    assert_int_equal(zone_copy_add(edit, owner, 65281, 60, text, 65001), ERR_LIMIT);
    zone_edit_abort(edit);
    zone_unref(zone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_cname_may_stand_beside_other_data, zones_enter,
                                        zones_leave),
        cmocka_unit_test_setup_teardown(what_is_there_already_is_told, zones_enter, zones_leave),
        cmocka_unit_test_setup_teardown(a_name_outside_is_refused, zones_enter, zones_leave),
        cmocka_unit_test_setup_teardown(an_rrset_has_an_end, zones_enter, zones_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
