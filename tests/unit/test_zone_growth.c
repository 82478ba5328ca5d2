#include "zones/zone_growth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rcu.h"
#include "tests/lib/zones.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TEXT100                                                                                    \
    "01234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901" \
    "23456789"

static void what_adds_or_swells_is_growth_and_what_replaces_is_not(void **state)
{
    (void)state;
    const struct {
        const char *label, *remove, *add;
        bool is_more;
    } rows[] = {
        {"nothing", NULL, NULL, false},
        {"a record at a name", NULL, "x A 192.0.2.9\n", true},
        {"a new name", NULL, "new A 192.0.2.9\n", true},
        {"a record goes", "x A 192.0.2.1\n", NULL, false},
        {"a name goes", "y TXT short\n", NULL, false},
        {"one for another", "x A 192.0.2.1\n", "x A 192.0.2.9\n", false},
        {"two for one", "x A 192.0.2.1\n", "x A 192.0.2.8\nx A 192.0.2.9\n", true},
        {"here for there", "y TXT short\n", "z TXT short\n", false},
        {"a little longer", "y TXT short\n", "y TXT \"not so very short\"\n", false},
        {"much longer", "y TXT short\n", "y TXT " TEXT100 " " TEXT100 " " TEXT100 "\n", true},
    };
    rcu_enter();
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct zone *zone = zones_make("a.", "@ SOA m r 1 1 1 1 1\nx A 192.0.2.1\ny TXT short\n");
        struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
        zones_add(edit, "before TXT counts-for-nothing\n");
        struct zone_growth before = zone_growth_of(edit);
        assert_int_equal(before.records, 1);
        if (rows[i].remove) {
            zones_remove(edit, rows[i].remove);
        }
        if (rows[i].add) {
            zones_add(edit, rows[i].add);
        }
        struct zone_growth after = zone_growth_of(edit);
        if (zone_growth_is_more(&before, &after) != rows[i].is_more) {
            fail_msg("%s", rows[i].label);
        }
        zone_edit_abort(edit);
        zone_unref(zone);
    }
    zones_settle();
    rcu_leave();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_adds_or_swells_is_growth_and_what_replaces_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
