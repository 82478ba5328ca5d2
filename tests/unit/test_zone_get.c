#include "zones/zone_get.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rcu.h"
#include "tests/lib/zones.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void a_name_is_there_in_the_versions_that_have_it(void **state)
{
    (void)state;
    const struct {
        const char *name;
        bool before, after;
    } rows[] = {
        {"t.", true, true},     {"b.a.t.", true, true}, {"a.t.", true, true}, /* an empty one */
        {"c.t.", false, true},  {"d.t.", false, false}, {"c.b.a.t.", false, false},
        {"b.a.", false, false}, {".", false, false}, /* of no zone here */
    };
    rcu_enter();
    struct zone *zone = zones_make("t.", "@ SOA m r 1 1 1 1 1\nb.a A 192.0.2.1\n");
    struct zone_pin pin;
    zone_pin(zone, &pin);
    zones_change(zone, NULL, "c A 192.0.2.2\n");
    for (size_t i = 0; i < COUNT(rows); i++) {
        const uint8_t *name = zones_name(rows[i].name);
        const struct zone_node *node = zone_get_name(zone, zone_version(zone), name);
        assert_int_equal(zone_get_name(zone, pin.version, name) != NULL, rows[i].before);
        assert_int_equal(node != NULL, rows[i].after);
        if (node) {
            assert_memory_equal(node->owner, name, node->owner_len);
        }
    }
    zone_unpin(zone, &pin);
    zone_unref(zone);
    zones_settle();
    rcu_leave();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_there_in_the_versions_that_have_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
